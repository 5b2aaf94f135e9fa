// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import * as model from "../page/model.js";
import { endings } from "../page/words.js";
import { ago, call, desk, inCall, line, path, steps, t0 } from "./desk.js";

const phrases = ["Line open", "Line down", "Calling", "Ringing", "Incoming call", "In call", "Held", "Call ended"];

/** Each state that the page can be in, and what it says and offers. @type {[string, import("../page/model.js").Desk, string, string, string][]} */
const states = [
  ["open", desk(), "Line open", "Call", "call"],
  ["degraded", desk({ lines: [line({ state: "degraded", paths: [path(), path({ path: 2, state: "silent" })] })] }), "Line open", "Call", "call"],
  ["down", desk({ lines: [line({ state: "down" })] }), "Line down", "Call", "call"],
  ["unconfirmed", desk({ lines: [line({ state: "unconfirmed" })] }), "Line down", "Call", ""],
  ["half-signed", desk({ lines: [line({ state: "half-signed" })] }), "Line down", "Call", ""],
  ["not ready", desk({ wanted: false, ready: false }), "Line open", "Ready", "ready"],
  ["opening", desk({ ready: false, faults: ["voice-connecting"] }), "Line open", "Ready", ""],
  ["fault", desk({ ready: false, faults: ["microphone-lost"] }), "Line open", "Ready", "ready"],
  ["calling, not reached", inCall({ state: "calling", reached: false }), "Calling", "Hang up", "hangup"],
  ["calling, nobody there", inCall({ state: "calling", far_ready: 0 }), "Calling", "Hang up", "hangup"],
  ["calling, about to ring", inCall({ state: "calling" }), "Calling", "Hang up", "hangup"],
  ["calling elsewhere", inCall({ state: "calling", console: "other" }), "Calling", "In use", ""],
  ["ringing", inCall({ state: "ringing" }), "Ringing", "Hang up", "hangup"],
  ["incoming", inCall({ state: "incoming", outgoing: false, console: "" }), "Incoming call", "Answer", "answer"],
  ["in call", inCall(), "In call", "Hang up", "hangup"],
  ["in call elsewhere", inCall({ console: "other" }), "In call", "In use", ""],
  ["held, theirs", inCall({ state: "held", held: "their console lost" }), "Held", "Hang up", "hangup"],
  ["held, line", inCall({ state: "held", held: "line down" }, { state: "down" }), "Held", "Hang up", "hangup"],
  ["held, ours", inCall({ state: "held", held: "our console lost", console: "other" }), "Held", "Answer", "answer"],
  ["ended", inCall({ state: "ended", reason: "hung up", since: ago(1000) }), "Call ended", "Call", "call"],
  ["ended long ago", inCall({ state: "ended", reason: "hung up", since: ago(60_000) }), "Line open", "Call", "call"],
  ["ended and seen", inCall({ state: "ended", reason: "hung up", since: ago(1000) }, {}, { seen: new Set(["c1"]) }), "Line open", "Call", "call"],
];

for (const [name, d, phrase, word, does] of states) {
  test(`state: ${name}`, () => {
    const h = model.headline(d, t0), a = model.act(d);
    assert.equal(h.phrase, phrase);
    assert.equal(a.word, word);
    assert.equal(a.does, does);
    const status = `${h.phrase} ${h.detail}`.toLowerCase();
    assert.deepEqual(phrases.filter((p) => status.includes(p.toLowerCase())), [phrase], `the status says "${status}"`);
  });
}

test("without its station the page claims nothing of the line", () => {
  for (const link of /** @type {const} */ (["unreachable", "refused", "displaced", "connecting"])) {
    const h = model.headline(desk({ link }), t0);
    assert.ok(!phrases.includes(h.phrase), h.phrase);
  }
});

test("every end of a call has its words, both ways", () => {
  for (const reason of /** @type {import("../page/api.js").EndReason[]} */ (Object.keys(endings))) {
    for (const outgoing of [true, false]) {
      const h = model.headline(inCall({ state: "ended", reason, outgoing, since: ago(100) }), t0);
      assert.equal(h.phrase, "Call ended");
      assert.match(h.detail, /\.$/);
      assert.match(h.action, /\.$/);
    }
  }
});

test("a call of ours that is lost is held, and the page says it cannot act", () => {
  const a = model.act(inCall({}, {}, { link: "unreachable" }));
  assert.equal(a.word, "Hang up");
  assert.equal(a.does, "");
});

test("a second call offers its answer and is never taken for the first", () => {
  const west = line({ line: "west", peer: "West", call: call({ id: "c2", state: "incoming", outgoing: false, console: "" }) });
  const d = desk({ lines: [line({ call: call() }), west], front: "west" });
  assert.equal(model.act(d).word, "Answer");
  assert.match(model.act(d).note, /^First hang up with/);
  assert.equal(model.busyWith(d)?.line, "south");
});

test("a call missed here rises until it was seen", () => {
  const missed = inCall({
    state: "ended", reason: "cancelled", outgoing: false, console: "", since: ago(60_000),
    steps: steps(["called", 70_000, "them"], ["ringing", 69_000, "us"], ["ended", 60_000, "them"]),
  });
  const [c] = model.concerns(missed);
  assert.equal(c.does, "seen");
  assert.match(c.what, /^Missed at 13:58\. .*after 9 s/);
  missed.seen.add(c.about);
  assert.deepEqual(model.concerns(missed), []);
});

test("a call that was declined or placed here is not missed", () => {
  assert.deepEqual(model.concerns(inCall({ state: "ended", reason: "declined", outgoing: false, steps: [] })), []);
  assert.deepEqual(model.concerns(inCall({ state: "ended", reason: "no answer", outgoing: true, steps: [] })), []);
});

test("in a call, a fault brings its own button; before, the act is that button", () => {
  const [inside] = model.concerns(inCall({}, {}, { ready: false, faults: ["microphone-lost"] }));
  assert.equal(inside.button, "Ready");
  const [before] = model.concerns(desk({ ready: false, faults: ["microphone-lost"] }));
  assert.equal(before.button, "");
});

test("failures stand before warnings", () => {
  const d = desk({ warnings: ["wake-lock"], notices: [{ severity: "failure", text: "The disk is full.", action: "Free it." }] });
  assert.deepEqual(model.concerns(d).map((c) => c.severity), ["failure", "warning"]);
});

test("the ladder waits for the next rung", () => {
  const rungs = model.ladder(call({ state: "calling", steps: steps(["called", 100, "us"]) }));
  assert.deepEqual(rungs.map((r) => `${r.word} ${r.state}`), ["called done", "reached waiting", "ringing open", "answered open"]);
});

test("the ladder of an ended call promises nothing", () => {
  const rungs = model.ladder(call({ state: "ended", steps: steps(["called", 100, "us"], ["ended", 1, "us"]) }));
  assert.deepEqual(rungs.map((r) => r.word), ["called", "ended"]);
});

test("what both sides say at once is one rung; of many, the last", () => {
  /** @type {[string, number, string][]} */
  const many = [];
  for (let i = 9; i > 0; i--) many.push(["held", i * 10_000, "us"], ["held", i * 10_000 - 50, "them"], ["resumed", i * 10_000 - 3000, "them"]);
  const rungs = model.ladder(call({ steps: steps(...many) })).filter((r) => r.state === "done");
  assert.deepEqual(rungs.map((r) => `${r.word} ${r.by}`), ["held 9 times both", "resumed them", "held both", "resumed them"]);
});

test("how long they spoke is counted by our clock", () => {
  const l = line({ clock: { ms: 600_000 } });
  const c = call({ steps: steps(["answered", 5000 - 600_000, "them"]) });
  assert.equal(model.talked(l, c, t0), 5000);
  assert.ok(Number.isNaN(model.talked(l, call({ steps: [] }), t0)));
});

test("the clock difference is worth a word from two seconds on", () => {
  assert.equal(model.clockNote(line({ clock: { ms: 2000 } })), "");
  assert.equal(model.clockNote(line({ clock: { ms: -2001 } })), "their clock is 2 s behind");
  assert.equal(model.clockNote(line({ clock: { ms: 187_000 } })), "their clock is 3 min 7 s ahead");
});

test("voice delay is half the round trip and the hold", () => {
  assert.equal(model.voiceDelay(line()), 30);
  assert.equal(model.voiceDelay(line({ rtt_ms: undefined })), undefined);
});
