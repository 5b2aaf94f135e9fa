// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import * as entry from "../page/entry.js";
import * as people from "../page/entrypeople.js";
import { ago } from "./desk.js";
import { around, call, read } from "./items.js";
import { matches } from "../page/record.js";

/** @returns {import("../page/apirecord.js").Item} */
const item = (o = {}) => ({ key: "them/9", position: 9, kind: "test", by: "them", at: ago(0), proof: "full", ...o });
/** @returns {import("../page/apirecord.js").RecordedStep} */
const step = (o = {}) => ({ key: "them/3", step: "answered", by: "them", at: ago(0), ...o });

test("a step says who took it, as their station states", () => {
  const s = people.step({ key: "them/3", step: "answered", by: "them", at: ago(0), who: "I. Petrova" }, around());
  assert.deepEqual([s.word, read(s.by), s.time], ["answered", "South, I. Petrova", "14:00:00"]);
  assert.equal(people.step({ key: "them/3", step: "ringing", by: "them", at: ago(0), count: 2 }, around()).word, "ringing at 2");
});

test("every step of a person has its words, with the role that the station states", () => {
  /** @type {[object, string, string][]} */
  const all = [
    [{ step: "answered", who: "Bo", role: "officer" }, "answered", "South, Bo, watch officer"],
    [{ step: "asked" }, "asked for the principal", "South"],
    [{ step: "fetching", who: "Holm", minutes: 12 }, "fetching the principal, 12 min", "South, Holm"],
    [{ step: "fetching" }, "fetching the principal", "South"],
    [{ step: "present", who: "Holm", role: "principal" }, "principal present", "South, Holm, principal"],
    [{ step: "joined", who: "Cy", role: "observer" }, "joined, listens", "South, Cy, observer"],
    [{ step: "joined", who: "Dee", speaks: true }, "joined, speaks", "South, Dee"],
    [{ step: "left", who: "Cy" }, "left", "South, Cy"],
    [{ step: "handed", who: "Holm", role: "principal" }, "handed over", "South, Holm, principal"],
    [{ step: "ended", reason: "interrupted" }, "ended: interrupted", "South"],
    [{ step: "" }, "erased here", "South"],
  ];
  for (const [o, word, by] of all) {
    const s = people.step(step(o), around());
    assert.deepEqual([s.word, read(s.by)], [word, by]);
  }
});

test("a drill says so, is never a missed call, and is found by its own filter", () => {
  const i = call({ by: "them", key: "drill/c1" }, { drill: true, answered: undefined, length_ms: 0, reason: "interrupted", ended_by: "" });
  assert.ok(people.isDrill(i) && !people.isDrill(call()));
  const says = entry.call(i, around());
  assert.deepEqual([read(says.what), says.detail, says.missed], ["South rang North · not answered", "It gave way to a real call.", false]);
  const q = { matter: "", kinds: "drill", search: "", unread: false, from: 0, to: 0 };
  assert.ok(matches(q, i) && !matches(q, call()) && matches({ ...q, kinds: "call" }, i));
  assert.equal(entry.call(call({}, { drill: true, ended: undefined }), around()).detail, "The drill goes on.");
});

const asked = { act: "asked", who: "Ada", text: "amber \u202eseven", slot: ago(0), paths: [{ number: 2, up: true, loss_permille: 4, rtt_ms: 272 }, { number: 3, up: false, loss_permille: 1000, rtt_ms: 0 }], steps: [] };

test("a test tells what was asked, read and judged", () => {
  const t = people.test(item({ test: asked }), around());
  assert.equal(read(t.what), "Test by South, Ada: “amber ⟨U+202E⟩seven” to be read back");
  assert.equal(t.detail, "Not read back yet.");
  assert.deepEqual(t.facts.map(read), ["For the agreed time 14:00.", "Path 2 up, 272 ms, 0.4 % lost, as South saw it.", "Path 3 down, as South saw it."]);
  const readBack = { key: "us/4", act: "read back", by: "us", at: ago(0), who: "Bo", text: "amber 7" };
  assert.equal(people.test(item({ test: { ...asked, act: "read back", steps: [readBack] } }), around()).detail, "Read back, not judged yet.");
  const done = people.test(item({ test: { ...asked, act: "failed", result: "failed", steps: [readBack, { key: "them/10", act: "failed", by: "them", at: ago(0), text: "other words" }] } }), around());
  assert.deepEqual([read(done.detail), done.failed], ["Failed: other words", true]);
  assert.deepEqual(done.steps.map((s) => [read(s.word), read(s.by)]), [["read back “amber 7”", "North, Bo"], ["failed: other words", "South"]]);
  assert.equal(people.test(item({ test: { ...asked, act: "passed", result: "passed" } }), around()).detail, "Passed.");
});

test("a proof of presence claims no more than that a key was touched", () => {
  const p = { act: "claimed", call: "call/c1", who: "Holm", role: "principal" };
  const says = (/** @type {object} */ o) => people.presence(item({ kind: "presence", presence: { ...p, ...o } }), around());
  assert.equal(read(says({}).what), "Holm’s key, vouched for by South");
  assert.equal(read(says({}).detail), "Not checked by North yet.");
  assert.equal(read(says({ act: "verified" }).detail), "Checked by North: a registered key was touched there for this call.");
  assert.match(says({ act: "verified", drill: true }).detail, /for this drill/);
  assert.deepEqual([read(says({ act: "refused", reason: "used before" }).detail), says({ act: "refused" }).failed], ["Refused by North: used before", true]);
  assert.ok(people.isDrill(item({ presence: { ...p, drill: true } })));
});

test("the right to call says who suspended it, and why", () => {
  const says = (/** @type {object} */ o) => read(entry.event(item({ kind: "right", ...o }), around()));
  assert.equal(says({ act: "suspended", right: { who: "Holm", text: "under review" } }), "South, Holm suspended the right to call: under review");
  assert.equal(says({ act: "restored", right: {} }), "South restored the right to call");
});

test("names and texts of the other side stay plain and inside their isolates", () => {
  const s = people.step(step({ who: "A\u202eB".repeat(50) }), around());
  assert.ok(!s.by.includes("\u202e") && s.by.endsWith("\u2069") && s.by.length < 100);
});
