// @ts-nocheck
/** The console's page as a whole, with stand-ins for the browser: what a press does when the call under the control changes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, line } from "./desk.js";

/** An El stands for any element: it keeps what is set and does nothing. */
class El extends EventTarget {
  dataset = {};
  style = { setProperty() {} };
  classList = { toggle() {}, add() {}, remove() {} };
  children = [];
  textContent = "";
  value = "";
  offsetTop = 0;
  append(...kids) { this.children.push(...kids); }
  replaceChildren(...kids) { this.children = kids; }
  insertBefore(kid, before) {
    this.children = this.children.filter((k) => k !== kid);
    const at = this.children.indexOf(before);
    this.children.splice(at < 0 ? this.children.length : at, 0, kid);
  }
  querySelector() { return new El(); }
  querySelectorAll() { return []; }
  closest() { return null; }
  contains() { return false; }
  getContext() { return new Proxy({}, { get: () => () => null }); }
  getBoundingClientRect() { return { top: 10, bottom: 20 }; }
}
for (const nothing of ["prepend", "remove", "focus", "setAttribute", "removeAttribute", "toggleAttribute", "getAttribute"]) El.prototype[nothing] = () => null;

/** The socket that the page has open. */
let socket;
class Socket {
  static OPEN = 1;
  readyState = 1;
  sent = [];
  constructor() {
    socket = this;
    queueMicrotask(() => this.onopen());
  }
  send(text) { this.sent.push(JSON.parse(text)); }
  close() {}
}

const ids = new Map();
const element = (id) => ids.get(id) ?? ids.set(id, new El()).get(id);
function store() {
  const kept = new Map();
  return { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: (k) => kept.delete(k) };
}

class Observer {
  observe() {}
}

let clock = 100_000; // ms

function browser() {
  const kinds = ["", "Select", "Input", "Button", "Details", "Anchor", "TextArea", "Form", "Option", "Dialog", "Meter", "Canvas", "Audio", "Table", "Progress", "Media"];
  for (const kind of ["Element", "Node", "Option", ...kinds.map((k) => `HTML${k}Element`)]) globalThis[kind] = El;
  const document = Object.assign(new El(), { getElementById: element, createElement: () => new El(), documentElement: new El(), body: new El(), visibilityState: "visible" });
  Object.assign(globalThis, {
    document, location: new URL("http://localhost:8400/"), localStorage: store(), sessionStorage: store(), WebSocket: Socket,
    innerHeight: 800, devicePixelRatio: 1, getComputedStyle: () => ({ getPropertyValue: () => "" }),
    matchMedia: () => ({ matches: false, addEventListener() {} }), addEventListener() {}, ResizeObserver: Observer, IntersectionObserver: Observer, setInterval: () => 0,
  });
  globalThis.window = globalThis.parent = globalThis;
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { mediaDevices: { addEventListener() {}, enumerateDevices: async () => [] } } });
  performance.now = () => clock;
}

const soon = () => new Promise((done) => setTimeout(done, 5));

async function hears(event) {
  socket.onmessage({ data: JSON.stringify({ at: new Date().toISOString(), ...event }) });
  await soon();
}

const ringing = (id) => call({ id, state: "incoming", outgoing: false, console: "", steps: [] });

test("what was meant for the call before is not done to the one that came forward", async () => {
  browser();
  await import("../page/console.js");
  await soon();
  const lines = [line(), line({ line: "west", peer: "West" })];
  await hears({ type: "welcome", console: "me", status: { name: "North", consoles: [{ id: "me", name: "Desk", ready: true, kind: "browser" }], lines } });
  await hears({ type: "line", line: line({ call: ringing("s") }) });
  clock += 5000;
  const declined = () => socket.sent.filter((m) => m.type === "decline").map((m) => m.slug);
  await hears({ type: "line", line: line({ line: "west", peer: "West", call: ringing("w") }) });
  clock += 100; // a finger was on its way
  element("decline").dispatchEvent(new Event("click"));
  assert.deepEqual(declined(), []);
  clock += 1000;
  element("decline").dispatchEvent(new Event("click"));
  assert.deepEqual(declined(), ["west"]);
});
