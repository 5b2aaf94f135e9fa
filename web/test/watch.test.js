// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { concerns, farSide } from "../page/model.js";
import * as band from "../page/watchband.js";
import { calls, farWatch, mine, overtaken, panel, watchConcerns } from "../page/watchmodel.js";
import { ago, desk, line, t0 } from "./desk.js";

/** @returns {import("../page/apiwatch.js").Watch} */
const watch = (o = {}) => ({ state: "kept", used: true, officer: "A. Weber", since: ago(3_600_000), notes: [], zone: "UTC", alarms: [], ...o });

/** A desk at which somebody sits. @param {Partial<import("../page/apiwatch.js").Watch>} o */
const at = (o, person = "A. Weber", roles = ["officer"]) => desk({
  watch: watch(o), consoles: [{ id: "me", name: "Desk 1", ready: true, lost: false, muted: false, kind: "browser", person, roles }],
});

const plain = (/** @type {string} */ s) => s.replace(/[\u2068\u2069]/gu, "");

test("who has the watch, for whoever sits there", () => {
  const own = panel(at({}), t0), other = panel(at({}, "B. Novak"), t0);
  assert.equal(own?.who, "You have the watch");
  assert.deepEqual([own?.take, own?.hand, own?.here], ["", true, false]);
  assert.equal(plain(other?.who ?? ""), "A. Weber has the watch");
  assert.deepEqual([other?.take, other?.sure, other?.hand], ["Take the watch", true, false]);
  assert.equal(panel(at({}, "O. Bserver", ["observer"]), t0)?.take, "");
});

test("a kiosk is called after its console", () => assert.ok(mine(desk({ watch: watch({ officer: "Desk 1" }) }))));

test("who was removed and added anew is another person, and may take the watch", () => {
  const d = at({ officer_id: "aa" });
  d.consoles[0].person_id = "bb";
  assert.equal(mine(d), false);
  assert.equal(panel(d, t0)?.take, "Take the watch");
  d.consoles[0].person_id = "aa";
  assert.equal(mine(d), true);
});

test("a watch that is offered to somebody else is taken over only for sure", () => {
  const sure = (/** @type {string|undefined} */ to) => panel(at({ offer: { to, at: ago(1000) } }, "B. Novak"), t0)?.sure;
  assert.deepEqual([sure("B. Novak"), sure("C. Ode"), sure(undefined)], [false, true, false]);
});

test("whoever it is offered to is told, and heard once", () => {
  const offer = { to: "B. Novak", at: ago(1000) }, d = at({ offer }, "B. Novak");
  assert.deepEqual(watchConcerns(d).map((c) => [plain(c.what), c.button, c.does]), [["A. Weber hands the watch over to you.", "Take the watch", "take"]]);
  assert.deepEqual(calls(d), { about: "watch:offer", again: false });
  assert.deepEqual(watchConcerns(at({ offer }, "C. Ode")), []);
  assert.deepEqual(watchConcerns(at({ offer })), [], "to whoever hands it over it is no news");
});

test("from whom the watch was taken is told, until it is seen or taken back", () => {
  const before = at({}), after = at({ officer: "B. Novak", since: ago(500) });
  after.overtaken = overtaken(before, after);
  assert.deepEqual(watchConcerns(after).map((c) => [plain(c.what), c.button, c.does]),
    [["Another has taken the watch from you; B. Novak has it now.", "Seen", "seen"]]);
  assert.deepEqual(calls(after), { about: "watch:overtaken", again: false });
  assert.equal(overtaken(after, { ...at({ officer: "B. Novak" }), overtaken: "" }), after.overtaken, "it stays");
  assert.deepEqual(watchConcerns({ ...after, seen: new Set([after.overtaken]) }), []);
  assert.equal(overtaken(after, before), "", "they have it again");
  assert.equal(overtaken(at({ offer: { at: ago(1000) } }), after), "", "it was handed over");
  assert.equal(overtaken(before, at({}, "C. Ode")), "", "they logged out");
  assert.equal(overtaken(before, at({ state: "vacant", officer: undefined })), "", "it was left");
});

test("nobody has the watch", () => {
  const p = panel(at({ state: "vacant", officer: undefined, since: undefined, used: false }), t0);
  assert.equal(p?.who, "Nobody has the watch");
  assert.deepEqual([p?.take, p?.sure], ["Take the watch", false]);
  assert.match(p?.more.join() ?? "", /every ready console rings at once/);
});

test("the question is asked of the officer on watch, at the officer's console alone", () => {
  const asked = { state: "asked", until: ago(-300_000) };
  assert.equal(panel(at(asked), t0)?.here, true);
  assert.deepEqual(watchConcerns(at(asked)).map((c) => [c.what, c.button, c.does, c.severity]), [["Still here?", "Still here", "here", "warning"]]);
  assert.deepEqual(watchConcerns(at(asked, "B. Novak")), []);
  assert.match(plain(panel(at(asked, "B. Novak"), t0)?.more.join() ?? ""), /A\. Weber is asked “Still here\?”, until 14:05/);
});

test("an alarm rises to the top, in one sentence with one action", () => {
  const alarm = { kind: "ahead", severity: "warning", from: ago(-1000), text: "Nobody is on the roster from 14:30.", action: "Put somebody on the roster.", act: "roster" };
  const c = concerns(at({ alarms: [alarm] })).find((c) => c.key === "watch:ahead");
  assert.deepEqual([c?.what, c?.action, c?.button, c?.does], [alarm.text, alarm.action, "Roster", "roster"]);
  assert.equal(panel(at({ alarms: [alarm] }), t0)?.tone, "warning");
});

test("who is absent is asked; the others are told", () => {
  const alarms = [{ kind: "absent", severity: "failure", from: ago(1000), text: "A. Weber does not answer.", action: "Take the watch.", act: "take" }];
  assert.deepEqual(watchConcerns(at({ state: "absent", alarms })).map((c) => c.does), ["here"]);
  assert.deepEqual(watchConcerns(at({ state: "absent", alarms }, "B. Novak")).map((c) => c.does), ["take"]);
});

test("a sound calls the officer who is asked, and everybody when nobody keeps the watch", () => {
  const asked = { state: "asked", until: ago(-300_000) };
  const none = { about: "", again: false };
  assert.deepEqual(calls(at(asked)), { about: "watch:here", again: true });
  assert.deepEqual(calls(at(asked, "B. Novak")), none);
  const vacant = { kind: "vacant", severity: "failure", from: ago(1000), text: "Nobody has the watch.", action: "Take the watch.", act: "take" };
  const ahead = { kind: "ahead", severity: "warning", from: ago(-1000), text: "Nobody is on the roster from 14:30.", action: "Put somebody on the roster.", act: "roster" };
  assert.deepEqual(calls(at({ state: "vacant", officer: undefined, alarms: [ahead, vacant] })), { about: "watch:vacant", again: true });
  assert.deepEqual(calls({ ...at({ state: "vacant", officer: undefined, alarms: [vacant] }), ready: false }), none);
  assert.deepEqual(calls(at({ alarms: [ahead] })), { about: "watch:ahead", again: false }, "a gap that comes");
  assert.deepEqual(calls(at({})), none);
});

test("a hand-over is both sides' to see, and the notes only the officer's on watch", () => {
  const offer = { to: "B. Novak", at: ago(1000), note: "All quiet." }, notes = [{ from: "C. Ode", at: ago(9000), text: "Look\nat the radio." }];
  assert.match(plain(panel(at({ offer, notes }), t0)?.more.join() ?? ""), /You hand it over to B\. Novak; it stays yours/);
  assert.equal(panel(at({ offer, notes }), t0)?.notes.length, 1);
  const other = panel(at({ offer, notes }, "B. Novak"), t0);
  assert.deepEqual([other?.take, other?.sure, other?.notes.length], ["Take the watch", false, 0]);
});

test("what the other side states is their word", () => {
  const far = { rule: "names", staffed: true, ready: 1, names: ["I. Petrova"], since: ago(60_000), heard: ago(1000) };
  assert.equal(plain(farWatch("South", far, false, t0, true)), "I. Petrova on watch since 13:59, as South states");
  assert.match(plain(farWatch("South", { ...far, names: [], staffed: false }, true, t0, true)), /^watch not staffed since .*, as South states, last heard /);
  assert.equal(farWatch("South", { ...far, rule: "nothing" }, false, t0, true), "");
  assert.equal(farWatch("South", undefined, false, t0, true), "");
  const trick = plain(farWatch("South", { ...far, names: ["\u0410dmin"] }, false, t0, true)); // a Cyrillic A
  assert.match(trick, /⟨/);
});

test("what the accord does not show is not taken for none", () => {
  const l = line({ far: { known: true, ready: 0, since: ago(1000) }, far_watch: { rule: "nothing", staffed: false, ready: 0, names: [], heard: ago(1000) } });
  assert.match(farSide(desk(), l, t0), /is not shown, by the accord/);
});

/** @returns {import("../page/apiwatch.js").WatchBook} */
const book = () => ({
  now: "2026-03-29T10:00:00Z", today: "2026-03-29", shifts: [], log: [],
  days: [{ date: "2026-03-28", from: "2026-03-27T23:00:00Z", to: "2026-03-28T23:00:00Z" }, { date: "2026-03-29", from: "2026-03-28T23:00:00Z", to: "2026-03-29T22:00:00Z" }],
  stretches: [
    { from: "2026-03-27T23:00:00Z", to: "2026-03-28T19:00:00Z", officers: [] }, { from: "2026-03-28T19:00:00Z", to: "2026-03-29T06:00:00Z", officers: ["B"] },
    { from: "2026-03-29T06:00:00Z", to: "2026-03-29T18:00:00Z", officers: ["A", "B"] }, { from: "2026-03-29T18:00:00Z", to: "2026-03-29T22:00:00Z", officers: [] },
  ],
  settings: { revision: 1, roster: { zone: "Europe/Warsaw", weekly: [], single: [] }, plan: {}, periods: { here_min: 60, grace_min: 5, ahead_min: 30 } },
});

test("a day of the clock's change has its real length, and its band is full", () => {
  const [, sunday] = band.bands(book());
  assert.deepEqual([sunday.label, sunday.note, sunday.today], ["Sun 29 Mar", "23 h", true]);
  assert.equal(Math.round(sunday.blocks.reduce((sum, b) => sum + b.width, 0)), 100);
  assert.equal(Math.round(sunday.now), Math.round(1100 / 23));
  assert.deepEqual(sunday.blocks.map((b) => b.kind), ["one", "overlap", "gap"]);
});

test("gaps and overlaps to come are said in the roster's time", () => {
  assert.deepEqual(band.faults(book()).map((f) => plain(f.text)), [
    "Overlap: A and B from Sun 29 Mar 08:00 to Sun 29 Mar 20:00.", "Gap: nobody from Sun 29 Mar 20:00 to Mon 30 Mar 00:00."]);
});

test("the plan is said in words", () => {
  const b = book();
  assert.deepEqual(band.planWords(b), ["Every ready console rings at once."]);
  b.settings.plan = { deputies: [{ name: "D" }], waves: [{ after_s: 0, who: "duty" }, { after_s: 15, who: "deputies" }] };
  assert.deepEqual(band.planWords(b).map(plain), ["At once: who has the watch, and who is on the roster.", "After 15 s: the deputies (D).",
    "After 60 s: everybody, whatever the plan says.", "If nobody of a wave is there, the next rings at once."]);
});

test("weeks begin on Monday", () => {
  assert.equal(band.monday("2026-03-29"), "2026-03-23");
  assert.equal(band.monday("2026-03-23"), "2026-03-23");
  assert.equal(band.moved("2026-03-29", 7), "2026-04-05");
});

test("a zone that this browser does not know is shown in UTC, and the roster still", () => {
  assert.equal(band.wall(Date.UTC(2026, 2, 29, 12), "Mars/Olympus"), "Sun 29 Mar 12:00 UTC");
  assert.equal(band.wall(Date.UTC(2026, 2, 29, 12), ""), "Sun 29 Mar 12:00");
  const b = book();
  b.settings.roster.zone = "Mars/Olympus";
  assert.equal(band.bands(b).length, b.days.length);
});
