// @ts-check
import assert from "node:assert/strict";
import test from "node:test";

import * as model from "../page/model.js";
import { noCalls, panel, testConcerns } from "../page/testmodel.js";
import { ago, desk, line, t0 } from "./desk.js";

/** @returns {import("../page/apitests.js").LineTest} */
const tests = (o = {}) => ({ times: ["08:00", "20:00"], next: "2026-06-12T20:00:00.000Z", open: [], missed: [], ...o });

/** @returns {import("../page/apitests.js").TestResult} */
const result = (o = {}) => ({
  key: "us/7", by: "us", at: ago(3_600_000), result: "passed",
  paths: [{ number: 1, up: true, loss_permille: 0, rtt_ms: 41 }, { number: 2, up: false, loss_permille: 0, rtt_ms: 0 }], ...o,
});

const theirs = { key: "them/9", by: /** @type {const} */ ("them"), at: ago(60_000), words: "amber seven", read: false };
const withTests = (o = {}, l = {}) => desk({ lines: [line({ test: tests(o), ...l })] });

test("before the first test, and after one", () => {
  const none = panel(withTests(), t0);
  assert.equal(none?.state, "Not tested yet");
  assert.equal(none?.next, "Next 20:00.");
  const p = panel(withTests({ last: result() }), t0);
  assert.equal(p?.state, "Passed 13:00");
  assert.equal(p?.tone, "passed");
  assert.deepEqual(p?.paths, ["path 1 up, 41 ms, 0.0 % lost", "path 2 was not up"]);
  assert.equal(panel(desk(), t0), null);
});

test("a test that failed or was missed is amber", () => {
  const p = panel(withTests({ last: result({ result: "failed", why: "nobody read the words back within ten minutes" }) }), t0);
  assert.deepEqual([p?.tone, p?.state, p?.why], ["warning", "Failed 13:00", "nobody read the words back within ten minutes."]);
  assert.equal(panel(withTests({ last: result(), missed: ["2026-06-12T08:00:00.000Z"] }), t0)?.tone, "warning");
});

test("their words are shown to be read, plain, and rise to the top", () => {
  const d = withTests({ open: [theirs] });
  const p = panel(d, t0);
  assert.deepEqual([p?.read, p?.key, p?.ask], ["amber seven", "them/9", "\u2068South\u2069 tests the line: read these words back."]);
  assert.deepEqual(testConcerns(d).map((c) => [c.does, c.about]), [["test", "south"]]);
  const hostile = panel(withTests({ open: [{ ...theirs, words: "amber\u202eneves" }] }), t0);
  assert.ok(!hostile?.read.includes("\u202e"));
  const read = withTests({ open: [{ ...theirs, read: true }] });
  assert.equal(panel(read, t0)?.read, "");
  assert.deepEqual(testConcerns(read), []);
});

test("ours counts down, and no second one is started beside it", () => {
  const p = panel(withTests({ open: [{ ...theirs, key: "us/3", by: "us" }] }), t0);
  assert.equal(p?.ours, "\u2068South\u2069 is asked to read back “amber seven” within 9 minutes.");
  assert.equal(p?.start, false);
  assert.equal(panel(withTests({}, { state: "down" }), t0)?.start, false);
  assert.equal(panel(withTests(), t0)?.start, true);
});

test("who only sees has nothing to press", () => {
  /** @param {import("../page/apiperson.js").Role[]} roles */
  const as = (...roles) => {
    const d = withTests({ open: [theirs] });
    return { ...d, consoles: d.consoles.map((c) => ({ ...c, roles })) };
  };
  const press = (/** @type {import("../page/model.js").Desk} */ d) => [panel(d, t0)?.start, panel(d, t0)?.read !== "", panel(d, t0)?.suspend, testConcerns(d).length > 0];
  assert.deepEqual(press(as("observer")), [false, false, false, false]);
  assert.deepEqual(press(as("officer")), [true, true, false, true]);
  assert.deepEqual(press(as("administrator")), [false, false, true, false]);
  assert.deepEqual(press(as("principal")), [true, true, true, true]);
});

test("the glance has the last test", () => {
  assert.ok(model.facts(withTests({ last: result() }), t0).includes("last\u00a0test\u00a013:00\u00a0passed"));
});

test("the headline says that calls are suspended, and who may restores them by the notice", () => {
  const s = { by: "us", at: ago(3_600_000), known: ago(3_600_000), who: "Adler", reason: "review" };
  const notice = { severity: "warning", text: "This side has suspended the right to call.", action: "Restore it.", act: "resume" };
  /** @param {string[]} [roles] */
  const d = (roles, more = {}) => desk({ consoles: [{ ...desk().consoles[0], roles }], lines: [line({ suspended: [s], notices: [notice], ...more })] });
  const h = model.headline(d(), t0);
  assert.deepEqual([h.phrase, h.detail, h.tone], ["Calls suspended", "by this side since 13:00. The line itself is open.", "held"]);
  assert.equal(model.headline(d(undefined, { state: "down" }), t0).phrase, "Line down");
  const c = model.concerns(d(["principal"]))[0];
  assert.deepEqual([c.button, c.does, c.about], ["Restore calls", "resume", "south"]);
  assert.equal(model.concerns(d(["officer"]))[0].button, "");
  const missed = { severity: "warning", text: "The test was missed.", action: "Start one now.", act: "test" };
  assert.equal(model.concerns(desk({ lines: [line({ notices: [missed] })] }))[0].does, "start");
});

test("while calls are suspended the control says so and does nothing", () => {
  const s = { by: "them", at: ago(60_000), known: ago(60_000), reason: "an exercise" };
  const d = desk({ lines: [line({ suspended: [s] })] });
  const a = model.act(d);
  assert.deepEqual([a.does, a.note], ["", "\u2068South\u2069 has suspended the right to call."]);
  assert.equal(noCalls(line({ suspended: [{ ...s, by: "us" }] })), "This side has suspended the right to call.");
  assert.equal(noCalls(line()), "");
});
