// @ts-check
/**
 * The stage of the demo: both consoles, and between them the paths of their line,
 * drawn from what the demo's own wires count. What is done here to a path is
 * done to real datagrams.
 */

import { any, byId, say } from "./dom.js";
import { Lane } from "./lane.js";
import { drawVoices, drawWire, Strip } from "./plot.js";
import { level } from "./sound.js";
import { follow } from "./theme.js";

/** @typedef {import("./flow.js").Flow} Flow */
/** @typedef {import("./flow.js").Settings} Settings */
/** @typedef {{north: string, south: string, paths: (number|{path: number, name?: string})[]}} Stage */

const patchEvery = 80; // ms between two requests for one path
const sampleEvery = 100; // ms of the strips
const frameEvery = 30; // ms between two drawings of the lanes: the consoles beside must answer in time

const frames = { north: byId("north", HTMLIFrameElement), south: byId("south", HTMLIFrameElement) };
const theme = byId("theme", HTMLSelectElement);
const voicesCanvas = byId("voices", HTMLCanvasElement), sizesCanvas = byId("sizes", HTMLCanvasElement);
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Map<number, Lane>} */
const lanes = new Map();
/** The newest counts of each path. @type {Map<number, Flow>} */
const flows = new Map();
/** @type {Strip<import("./plot.js").Voices>} */
const voices = new Strip();
/** @type {Strip<import("./plot.js").Wire>} */
const wire = new Strip();
/** What the consoles say of their levels, in dB. @type {{near?: number, far?: number}} */
let heard = {};
let inCall = false;

/** @param {string} text */
function trouble(text) {
  any("trouble").hidden = text === "";
  say(any("trouble"), text);
}

/** A queue of one for each path: the newest wish wins, not too many a second. @param {number} path */
function patcher(path) {
  /** @type {Partial<Settings>} */
  let wish = {};
  let busy = false;
  const send = async () => {
    busy = true;
    const body = JSON.stringify(wish);
    wish = {};
    const ok = await fetch(`/paths/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body }).then((r) => r.ok, () => false);
    trouble(ok ? "" : `The demo did not change path ${path}. Look at where it was started: it may have ended.`);
    setTimeout(() => {
      busy = false;
      if (Object.keys(wish).length > 0) send();
    }, patchEvery);
  };
  return (/** @type {Partial<Settings>} */ patch) => {
    Object.assign(wish, patch);
    if (!busy) send();
  };
}

/** @param {Stage} s */
function build(s) {
  frames.north.src = s.north;
  frames.south.src = s.south;
  s.paths.forEach((p, i) => {
    const number = typeof p === "number" ? p : p.path ?? i + 1;
    const lane = new Lane(number, typeof p === "number" ? "" : p.name ?? "", patcher(number));
    lanes.set(number, lane);
    any("paths").append(lane.el);
  });
}

function listen() {
  const source = new EventSource("/api/flow");
  source.onmessage = (m) => {
    /** @type {Flow} */
    const f = JSON.parse(m.data);
    flows.set(f.path, f);
    lanes.get(f.path)?.take(f, performance.now());
    trouble("");
  };
  source.onerror = () => trouble("The demo is not reached: the drawing stands still. Look at where it was started.");
}

/** Both consoles say how loud their voices are; the far voice of one is the near voice of the other. */
function listenToConsoles() {
  addEventListener("message", (e) => {
    if (e.source !== frames.north.contentWindow || e.data?.ringdown !== "levels") return;
    heard = { near: e.data.near, far: e.data.far };
    inCall = e.data.call === "active";
  });
}

/** @param {unknown} db */
const loud = (db) => (inCall && typeof db === "number" ? level(db) : 0);

function sample() {
  const now = performance.now();
  voices.add(now, { near: loud(heard.near), far: loud(heard.far) });
  wire.add(now, [...flows].flatMap(([path, f]) => [f.ab, f.ba].map((t, i) => ({
    path, bytes: t.size ?? 0, perSecond: lanes.get(path)?.rates[i].perSecond ?? NaN,
  }))));
  const all = wire.points.at(-1)?.v ?? [], sizes = [...new Set(all.map((d) => d.bytes).filter((b) => b > 0))];
  say(any("sizes-word"), sizes.length === 1 ? `${sizes[0]} bytes every time, in speech and in silence.` : "");
  say(any("voices-word"), inCall ? "North above, South below." : "No call now.");
  if (still.matches && Math.floor(now / 1000) === Math.floor((now - sampleEvery) / 1000)) return; // once a second is enough
  drawVoices(voicesCanvas, voices, now, "North", "South");
  drawWire(sizesCanvas, wire, now);
}

let painted = 0;

/** @param {number} now */
function paint(now) {
  if (now - painted >= frameEvery) {
    painted = now;
    for (const lane of lanes.values()) lane.draw(now, still.matches);
  }
  if (still.matches) setTimeout(() => paint(performance.now()), 1000);
  else requestAnimationFrame(paint);
}

/** Sound needs a press somewhere on the stage, once. */
function hint() {
  any("hint").hidden = navigator.userActivation?.hasBeenActive ?? true;
}

async function start() {
  const dress = () => {
    for (const f of Object.values(frames)) f.contentWindow?.postMessage({ ringdown: "theme", theme: theme.value }, "*");
  };
  for (const f of Object.values(frames)) f.addEventListener("load", dress);
  follow(theme, dress);
  try {
    build(await (await fetch("/api/stage")).json());
  } catch {
    trouble("The demo is not reached. Start it with “ringdown demo” and load this page again.");
    return;
  }
  listen();
  listenToConsoles();
  setInterval(sample, sampleEvery);
  setInterval(hint, 500);
  hint();
  paint(performance.now());
}

start();
