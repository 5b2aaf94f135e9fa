// @ts-check
/**
 * The console page: ties the conversation with the station (protocol.js), voice
 * (voice.js), equipment and bells to the view. The station owns the call; this
 * page shows what the station says and passes on what a person presses.
 *
 * Queries of the page's address, for tests, kiosks and the demo:
 *
 *   ready=1          ready at once, on this machine's own addresses only
 *   voice=recorded   the station speaks a recording in place of a microphone
 *   name=…           the name of this console, unless the person chose one
 *   mic=plain        echo and noise are not taken out, in this page only
 */

import { any, byId } from "./dom.js";
import { Bells } from "./bells.js";
import { mayAct } from "./rights.js";
import { Company } from "./companyview.js";
import { Equipment } from "./equipment.js";
import { Fields } from "./fields.js";
import { History } from "./history.js";
import { Identity } from "./identity.js";
import * as model from "./model.js";
import { Refusal, Station } from "./protocol.js";
import { Presence } from "./presence.js";
import { Recording } from "./recording.js";
import { Meter } from "./sound.js";
import { tell } from "./story.js";
import { TestPanel } from "./testpanel.js";
import { follow } from "./theme.js";
import { parse } from "./times.js";
import { View } from "./view.js";
import { Voice } from "./voice.js";
import { overtaken } from "./watchmodel.js";
import { WatchPanel } from "./watchpanel.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Event} Event */
/** @typedef {import("./api.js").Line} Line */

const query = new URLSearchParams(location.search);
const onThisMachine = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
const recorded = query.get("voice") === "recorded";

const wantedKey = "ringdown.wanted";
const nameKey = "ringdown.name";
const guard = 400; // ms in which a press cannot mean what the control says since then
const guardAfterCall = 1000; // ms: who hangs up just when the other did must not call again
const sleepGap = 10_000; // ms in which nothing at all ran
const storyLength = 100;

/** @type {model.Desk} */
const desk = {
  link: "connecting", me: "", station: "", consoles: [], lines: [], notices: [], overtaken: "", front: "", seen: new Set(),
  wanted: false, ready: false, faults: [], warnings: [], slept: null, muted: false, utc: false,
};

/** @type {import("./view.js").Around} */
const around = { history: new History(), story: [], refusal: null, version: "", voice: recorded ? "recorded" : "", listening: false, tested: 0 };

const identity = new Identity();
const equipment = new Equipment(recorded, query.get("mic") === "plain");
const station = new Station(new URL(location.href), () => ({
  type: "attach", console: identity.id, name: ownName(), kind: "browser", ...(recorded && { voice: "recorded" }),
}));
const voice = new Voice((sdp) => station.tell({ type: "sdp", sdp }));
const bells = new Bells(equipment, (slug, on) => station.tell({ type: "ringing", slug, on }));
const view = new View({
  act: press, decline, mute, listen,
  pick: (slug) => choose(slug),
  answer: (slug) => answerSecond(slug),
  concern: (c) => concern(c),
});
const recording = new Recording({
  name: ownName, changed, pick: (slug) => choose(slug),
  shown: (slug, keys) => station.ask({ type: "shown", slug, keys }),
});
const presence = new Presence(changed);
const watchPanel = new WatchPanel(changed);
const testPanel = new TestPanel({ name: ownName, changed });
const company = new Company({
  ask: (m) => ask({ ...m, slug: desk.front }),
  join, drill: () => ask({ type: "call", slug: desk.front, drill: true }), real: () => ask({ type: "call", slug: desk.front }),
});
const fields = new Fields(equipment, { name: ownName, rename, standDown });

let skew = 0; // our station's clock less this page's, ms
let told = false; // what the station was last told of ready
/** @type {(() => void)[]} */
let whenReady = [];
let answering = ""; // slug of the line just answered
let meaning = { word: "", of: "", since: -Infinity, guard, leadsOn: false }, place = { top: 0, since: -Infinity };
/** @type {ReturnType<typeof setTimeout>|undefined} */
let waiting; // a press that waits for its word to have stood long enough
/** How loud each voice is that is heard here. @type {Meter[]} */
const meters = [];
let drawing = false;
let alive = Date.now();

const now = () => Date.now() + skew;

function ownName() {
  return localStorage.getItem(nameKey) || query.get("name") || `Console ${identity.place}`;
}

/* What the station says. */

station.onstate = () => {
  desk.link = station.state;
  if (station.state !== "attached") {
    told = false;
    bells.forget();
  }
  if (station.state === "displaced") standDown();
  changed();
};

station.onrefused = refused;

station.onevent = (/** @type {Event} */ e) => {
  ranUntilNow();
  switch (e.type) {
    case "ping":
      skew = parse(e.at) - Date.now();
      return;
    case "welcome":
      welcome(e);
      break;
    case "station":
      if (e.status) takeStation(e.status);
      break;
    case "line":
    case "quality":
      if (e.line) takeLine(e.line);
      break;
    case "gone":
      desk.lines = desk.lines.filter((l) => l.line !== e.slug);
      around.history.forget(e.slug ?? "");
      break;
    case "ring":
      bells.shall(e.slug ?? "", e.ring === true, e.drill === true);
      break;
    case "record":
      recording.event(e);
      break;
    case "sdp":
      voice.answer(e.sdp ?? "");
  }
  changed();
};

/** @param {Event} e */
function welcome(e) {
  skew = parse(e.at) - Date.now();
  desk.me = e.console ?? "";
  identity.welcome(desk.me);
  if (e.status) {
    takeStation(e.status);
    desk.lines = desk.lines.filter((l) => e.status?.lines?.some((m) => m.line === l.line));
    for (const l of e.status.lines ?? []) takeLine(l);
  }
  const spoken = model.busyWith(desk);
  if (equipment.isOpen && equipment.track) voice.start(equipment.track);
  else if (wantedBefore() || spoken) makeReady();
  // The station's word counts: nobody shall be muted and not know it.
  desk.muted = desk.consoles.find((c) => c.id === desk.me)?.muted ?? false;
}

/** @param {import("./api.js").Status} s */
function takeStation(s) {
  const was = { ...desk };
  desk.station = s.name;
  desk.consoles = s.consoles ?? [];
  desk.notices = s.notices ?? [];
  desk.watch = s.watch;
  desk.overtaken = overtaken(was, desk);
  around.version = s.version;
  equipment.onlyListen(!mayAct(desk)); // who only sees and listens has no microphone that is open
}

/** @param {Line} l */
function takeLine(l) {
  l = { ...l, paths: l.paths ?? [], notices: l.notices ?? [], call: l.call && { ...l.call, steps: l.call.steps ?? [] } };
  const i = desk.lines.findIndex((m) => m.line === l.line), was = desk.lines[i];
  if (was) desk.lines[i] = l;
  else desk.lines.push(l);
  desk.lines.sort((a, b) => (a.line < b.line ? -1 : 1));
  for (const p of l.paths) around.history.add(l.line, p, now());
  around.story.unshift(...tell(was, l, now()).reverse());
  around.story.length = Math.min(around.story.length, storyLength);
  if (l.call && l.call.id !== was?.call?.id) newCall(l, was);
  bells.line(was, l, desk);
}

/** newCall brings a call forward, unless this console is in another one. @param {Line} l @param {Line|undefined} was */
function newCall(l, was) {
  if (model.live(was)?.drill && model.live(l) && !l.call?.drill) desk.interrupted = l.call?.id;
  const busy = model.busyWith(desk);
  if (desk.muted && (!busy || busy.line === l.line)) mute();
  if (model.live(l) && !busy) desk.front = l.line;
}

/* Ready. */

/** makeReady opens what a console needs; a press makes it likelier that the browser gives it. */
async function makeReady() {
  desk.wanted = true;
  sessionStorage.setItem(wantedKey, "1");
  if (station.state === "displaced") station.open();
  changed();
  await equipment.open();
  if (equipment.track && voice.state === "off" && station.state === "attached") voice.start(equipment.track);
  changed();
}

const wantedBefore = () => sessionStorage.getItem(wantedKey) === "1" || (onThisMachine && query.get("ready") === "1");

function standDown() {
  desk.wanted = false;
  sessionStorage.setItem(wantedKey, "0");
  equipment.close();
  voice.stop();
  changed();
}

/** Why this console is not ready, the gravest first. */
function faults() {
  const list = equipment.faults;
  const link = model.faultOfLink(station.state);
  if (link) list.unshift(link);
  if (voice.state === "lost") list.push("voice-lost");
  else if (voice.state !== "up") list.push("voice-connecting");
  return desk.wanted ? list : [];
}

/** report tells the station whether this console is ready, when that has changed. */
function report() {
  const is = desk.wanted && desk.faults.length === 0 && station.state === "attached" && mayAct(desk);
  if (!is) desk.ready = false;
  if (is === told || station.state !== "attached") return;
  told = is;
  station.ask({ type: "ready", ready: is, why: is ? "" : desk.faults[0] ?? "stood down" }).then(() => {
    desk.ready = is && told;
    if (desk.ready) whenReady.splice(0).forEach((f) => f());
    changed();
  }, refused);
}

/** ready makes this console ready and waits for it. @returns {Promise<void>} */
function ready() {
  if (desk.ready) return Promise.resolve();
  makeReady();
  return new Promise((resolve) => whenReady.push(resolve));
}

equipment.onchange = changed;
equipment.ontrack = () => {
  if (!equipment.track) return;
  if (voice.state === "off") {
    if (station.state === "attached") voice.start(equipment.track);
  } else voice.speak(equipment.track);
};
voice.onstate = changed;
voice.onfar = (/** @type {MediaStream} */ stream, /** @type {number} */ place) => {
  equipment.hear(stream, place);
  meters[place]?.close();
  if (equipment.headset) meters[place] = new Meter(equipment.headset.ctx, stream);
};

/* What a person presses. */

/**
 * press is the one control. What comes while its word, its line or its place is new may have been meant for
 * the one before. It is done once that time is over, if the word still stands and only led on
 * (to Ready, to Call after Ready, to Answer after Call); what could end or begin a call by mistake, and the
 * second half of a double click, is not done at all.
 * @param {number} clicks 0: by key; a pointer must also find the control where the eye saw it
 */
function press(clicks) {
  const pressed = performance.now();
  const wait = Math.max(meaning.since + meaning.guard, clicks > 0 ? place.since + guard : 0) - pressed;
  if (wait <= 0) {
    act();
  } else if (clicks < 2 && (meaning.leadsOn || pressed - meaning.since >= meaning.guard)) {
    const { word, of } = meaning;
    clearTimeout(waiting);
    waiting = setTimeout(() => word === meaning.word && of === meaning.of && act(), wait);
  }
}

/** act does what the control says. */
function act() {
  const a = model.act(desk);
  clearTimeout(waiting);
  around.refusal = null;
  bells.quietAlarm();
  switch (a.does) {
    case "ready": makeReady(); break;
    case "call": ask({ type: "call", slug: desk.front }); break;
    case "answer": answer(desk.front); break;
    case "leave": ask({ type: "leave", slug: desk.front }); break;
    case "hangup": ask({ type: "hangup", slug: desk.front }); break;
    default:
      if (a.note) around.refusal = { text: a.note, action: "" };
  }
  changed();
}

/** @param {string} slug */
async function answer(slug) {
  const busy = model.busyWith(desk);
  if (busy && busy.line !== slug) return answerSecond(slug);
  const ringing = () => model.live(desk.lines.find((l) => l.line === slug))?.id;
  const meant = ringing();
  await ready();
  if (ringing() !== meant) return; // it took too long: this is another call, or none
  answering = slug; // speak from now on: no syllable waits for the station's word
  changed();
  await ask({ type: "answer", slug });
  answering = "";
  changed();
}

/** join takes part in the call in front: to speak, this console is made ready first. @param {boolean} speaks */
async function join(speaks) {
  const slug = desk.front, id = model.live(model.front(desk))?.id;
  if (speaks) await ready();
  else if (!equipment.isOpen) makeReady();
  if (model.live(desk.lines.find((l) => l.line === slug))?.id === id) await ask({ type: "join", slug, on: speaks });
}

/** answerSecond answers a line that is not in front; a call that goes on is never dropped for it. @param {string} slug */
function answerSecond(slug) {
  const busy = model.busyWith(desk), l = desk.lines.find((l) => l.line === slug);
  if (!busy) {
    choose(slug);
    answer(slug);
  } else if (l) {
    around.refusal = {
      text: `You are in a call with ${words.name(busy.peer)}.`,
      action: `Hang up there first, then answer ${words.name(l.peer)}; or let another console answer.`,
    };
  }
  changed();
}

/** @param {string} slug */
function decline(slug) {
  if (performance.now() - meaning.since < guard) return;
  ask({ type: "decline", slug });
}

function mute() {
  desk.muted = !desk.muted;
  ask({ type: "mute", on: desk.muted });
  changed();
}

function listen() {
  around.listening = !around.listening;
  equipment.listen(around.listening);
  changed();
}

/** @param {string} slug */
function choose(slug) {
  desk.front = slug;
  around.refusal = null;
  changed();
}

/** @param {model.Concern} c */
function concern(c) {
  if (c.does === "ready") makeReady();
  else if (c.does === "seen") desk.seen.add(c.about);
  else if (c.does === "awake") desk.slept = null;
  else if (c.does === "here" || c.does === "take") watchPanel.do(c.does);
  else if (c.does === "test") {
    choose(c.about);
    testPanel.reveal();
  } else if (c.does === "start" || c.does === "resume") {
    choose(c.about);
    testPanel[c.does](c.about);
  } else if (c.does === "roster") location.assign("watch.html");
  else if (c.does === "open") open(c.about, "ringdown-page"); // beside this one: a console stays where it is
  else if (c.does === "unread" || c.does === "asked") recording.reveal(c.about, c.does);
  changed();
}

/** @param {string} name */
function rename(name) {
  localStorage.setItem(nameKey, name);
  if (!model.busyWith(desk)) station.open();
}

/** @param {import("./api.js").ToStation} m */
function ask(m) {
  return station.ask(m).catch(refused);
}

/** @param {unknown} e */
function refused(e) {
  around.refusal = e instanceof Refusal ? { text: words.plain(e.message), action: words.plain(e.action) } : { text: String(e), action: "" };
  changed();
}

/** isForAct: a key is meant for the one control. Who reads far below turns the page by Space, unless somebody calls. @param {Element} at @param {string} key */
function isForAct(at, key) {
  if (at.closest("button:not(#act), input, select, summary, textarea, a")) return false;
  const { does } = model.act(desk);
  return view.actInSight || does === "answer" || (does === "hangup" && key === "Enter");
}

document.addEventListener("keydown", (e) => {
  bells.quietAlarm();
  equipment.retrySound();
  const at = e.target instanceof Element ? e.target : document.body;
  if (e.repeat || e.ctrlKey || e.altKey || e.metaKey || (e.key !== " " && e.key !== "Enter")) return;
  if (!isForAct(at, e.key)) return;
  e.preventDefault();
  press(0);
});
// What was taken for the act must not turn the page as well.
document.addEventListener("keypress", (e) => e.key === " " && e.target === document.body && view.actInSight && e.preventDefault());
// The key's way back up would press a focused button once more.
document.addEventListener("keyup", (e) => e.key === " " && e.target === any("act") && e.preventDefault());
document.addEventListener("pointerdown", () => {
  bells.quietAlarm();
  equipment.retrySound();
});

/* Each moment. */

/** changed draws the conclusions of any change, once for all that changed together. */
function changed() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    conclude();
  });
}

function conclude() {
  if (!desk.lines.some((l) => l.line === desk.front)) desk.front = desk.lines[0]?.line ?? "";
  byId("to-accord", HTMLAnchorElement).href = `accord.html?line=${encodeURIComponent(desk.front)}`;
  desk.faults = faults();
  desk.warnings = equipment.warnings;
  around.tested = equipment.settings.tested;
  report();
  const spoken = model.busyWith(desk);
  const call = model.live(spoken);
  equipment.speak((answering !== "" || (call !== undefined && model.speaksIn(desk, call))) && !desk.muted);
  bells.sound(desk);
  const { word } = model.act(desk), of = model.meant(desk);
  if (word !== meaning.word || of !== meaning.of) {
    meaning = {
      word, of, since: performance.now(),
      guard: word === "Call" && /^(Hang up|Leave)/.test(meaning.word) ? guardAfterCall : guard,
      leadsOn: ["", "Ready", "Call"].includes(meaning.word) && ["Ready", "Call", "Answer"].includes(word),
    };
    around.refusal = null;
  }
  view.show(desk, around, now());
  company.show(desk);
  presence.show(desk);
  recording.show(desk, now());
  watchPanel.show(desk, now());
  testPanel.show(desk, now());
  if (view.actTop !== place.top) place = { top: view.actTop, since: performance.now() };
}

/** ranUntilNow notices that nothing ran for a while: the computer slept. */
function ranUntilNow() {
  const t = Date.now();
  if (t - alive > sleepGap && desk.wanted) desk.slept = { from: alive + skew, to: t + skew };
  alive = t;
}

function levels() {
  const near = recorded ? undefined : equipment.meter?.db;
  const heard = meters.map((m) => m.db);
  view.levels(near, heard[0], desk);
  company.levels(near, heard, desk.muted);
  // The demo's stage draws the voices beside what the wire shows of them.
  if (window !== parent && onThisMachine) {
    parent.postMessage({ ringdown: "levels", near: desk.muted ? undefined : near, far: heard[0], call: model.live(model.front(desk))?.state }, "*");
  }
}

async function start() {
  follow(byId("theme", HTMLSelectElement), changed);
  const utc = byId("utc", HTMLInputElement);
  utc.addEventListener("change", () => {
    desk.utc = utc.checked;
    changed();
  });
  addEventListener("online", () => station.state === "unreachable" && station.open());
  setInterval(levels, matchMedia("(prefers-reduced-motion: reduce)").matches ? 250 : 60);
  setInterval(() => {
    ranUntilNow();
    equipment.retrySound();
    fields.show();
    changed();
  }, 1000);
  await identity.claim();
  station.open();
  changed();
}

start();
