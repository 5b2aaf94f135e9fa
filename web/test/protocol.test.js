// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { Refusal, Station } from "../page/protocol.js";

/** A WebSocket that a test holds the other end of. */
class FakeSocket {
  static OPEN = 1;
  /** @type {FakeSocket[]} */
  static all = [];
  readyState = 0;
  /** @type {any[]} */
  sent = [];
  closed = false;
  /** @type {(() => void)|null} */
  onopen = null;
  /** @type {((m: {data: string}) => void)|null} */
  onmessage = null;
  /** @type {((c: {code: number}) => void)|null} */
  onclose = null;

  /** @param {URL} url */
  constructor(url) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  accept() {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  /** @param {object} e */
  say(e) {
    this.onmessage?.({ data: JSON.stringify(e) });
  }
}

/** Timers that run when the test says so. */
class FakeTime {
  now = 0;
  #next = 1;
  /** @type {Map<number, {at: number, every: number, run: () => void}>} */
  #timers = new Map();

  /** @param {() => void} run @param {number} ms @param {number} [every] */
  add(run, ms, every = 0) {
    this.#timers.set(this.#next, { at: this.now + ms, every, run });
    return this.#next++;
  }

  /** @param {number} id */
  drop(id) {
    this.#timers.delete(id);
  }

  /** pass lets time go by, and what was promised meanwhile be done. @param {number} ms */
  async pass(ms) {
    for (const end = this.now + ms; this.now < end;) {
      this.now += 100;
      for (const [id, t] of this.#timers) {
        if (t.at > this.now) continue;
        if (t.every) t.at += t.every;
        else this.#timers.delete(id);
        t.run();
      }
      for (let i = 0; i < 8; i++) await null;
    }
  }
}

/**
 * begin makes a station whose socket, timers, clock and fetch are the test's.
 * @param {import("node:test").TestContext} t @param {number} [status] what /api/status answers
 */
function begin(t, status = 200) {
  FakeSocket.all = [];
  const time = new FakeTime();
  const { setTimeout, setInterval, clearTimeout, fetch } = globalThis;
  Object.assign(globalThis, {
    WebSocket: FakeSocket,
    fetch: async () => ({ status }),
    setTimeout: (/** @type {() => void} */ f, /** @type {number} */ ms) => time.add(f, ms),
    setInterval: (/** @type {() => void} */ f, /** @type {number} */ ms) => time.add(f, ms, ms),
    clearTimeout: (/** @type {number} */ id) => time.drop(id),
  });
  t.mock.method(performance, "now", () => time.now);
  t.after(() => Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, fetch }));
  const s = new Station(new URL("https://north.example/?ready=1"), () => ({ type: "attach", console: "7f" }));
  return { s, pass: (/** @type {number} */ ms) => time.pass(ms), newest: () => FakeSocket.all[FakeSocket.all.length - 1] };
}

test("it attaches, and is attached when it was welcomed", (t) => {
  const { s, newest } = begin(t);
  s.open();
  assert.equal(String(newest().url), "wss://north.example/api/ws");
  newest().accept();
  assert.deepEqual(newest().sent, [{ type: "attach", console: "7f" }]);
  assert.equal(s.state, "connecting");
  newest().say({ type: "welcome", at: "", console: "7f" });
  assert.equal(s.state, "attached");
});

test("a ping is answered at once, with its number", (t) => {
  const { s, newest } = begin(t);
  s.open();
  newest().accept();
  newest().say({ type: "ping", at: "", n: 41 });
  assert.deepEqual(newest().sent.at(-1), { type: "pong", n: 41 });
});

test("requests are answered by their number, in any order", async (t) => {
  const { s, newest } = begin(t);
  s.open();
  newest().accept();
  newest().say({ type: "welcome", at: "" });
  const first = s.ask({ type: "call", slug: "south" }), second = s.ask({ type: "hangup", slug: "south" });
  newest().say({ type: "refused", ref: 2, error: { code: "no-call", text: "There is no call.", action: "Call first." } });
  newest().say({ type: "done", ref: 1 });
  await first;
  await assert.rejects(second, (e) => e instanceof Refusal && e.code === "no-call" && e.action === "Call first.");
});

test("an attachment that is refused is said", (t) => {
  const { s, newest } = begin(t);
  /** @type {string[]} */
  const heard = [];
  s.onrefused = (r) => heard.push(r.code);
  s.open();
  newest().accept();
  newest().say({ type: "refused", error: { code: "full", text: "Too many consoles." } });
  assert.deepEqual(heard, ["full"]);
});

test("a station that says nothing is left, and asked again", async (t) => {
  const { s, pass, newest } = begin(t);
  s.open();
  newest().accept();
  newest().say({ type: "welcome", at: "" });
  const lost = assert.rejects(s.ask({ type: "call", slug: "south" }), Refusal);
  const old = newest();
  await pass(3000);
  await lost;
  assert.equal(s.state, "unreachable");
  assert.ok(old.closed);
  await pass(600);
  assert.notEqual(newest(), old);
  assert.equal(s.state, "unreachable", "trying is not having");
  newest().accept();
  newest().say({ type: "welcome", at: "" });
  assert.equal(s.state, "attached");
});

test("attempts grow rarer, and never stop", async (t) => {
  const { s, pass, newest } = begin(t);
  s.open();
  for (let i = 0; i < 12; i++) {
    newest().onclose?.({ code: 1006 });
    await pass(6100);
  }
  assert.ok(FakeSocket.all.length >= 13, `${FakeSocket.all.length} attempts`);
  newest().onclose?.({ code: 1006 });
  const before = FakeSocket.all.length;
  await pass(3900);
  assert.equal(FakeSocket.all.length, before, "not sooner than four seconds");
});

test("a session that has ended is told apart from a lost network", async (t) => {
  const { s, pass, newest } = begin(t, 401);
  s.open();
  newest().onclose?.({ code: 1006 });
  await pass(500);
  assert.equal(s.state, "refused");
});

test("two windows do not fight for one place", async (t) => {
  const { s, pass, newest } = begin(t);
  s.open();
  newest().accept();
  newest().say({ type: "welcome", at: "" });
  newest().onclose?.({ code: 4002 });
  assert.equal(s.state, "displaced");
  await pass(60_000);
  assert.equal(FakeSocket.all.length, 1);
  s.open();
  assert.equal(FakeSocket.all.length, 2);
});

test("nothing is promised while there is no station", async (t) => {
  const { s } = begin(t);
  await assert.rejects(s.ask({ type: "call", slug: "south" }), (e) => e instanceof Refusal && e.action !== "");
});
