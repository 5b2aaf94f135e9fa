// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import * as entry from "../page/entry.js";
import { fileName } from "../page/messagerow.js";
import { counts, orderly, stateOf } from "../page/matters.js";
import { fold } from "../page/prose.js";
import { ago, t0 } from "./desk.js";
import { around, call, message, read } from "./items.js";

test("each stage of a message of ours has its rung and its word", () => {
  const rungs = entry.stages.map((stage) => entry.progress(message({ by: "us", ladder: { stage } }), around()));
  assert.deepEqual(rungs.map((p) => p.rungs), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(rungs.map((p) => p.word), ["waiting", "on the line", "delivered", "shown", "read", "seen"]);
});

test("who read it is named as their station states it, and cannot turn the sentence around", () => {
  const p = entry.progress(message({ by: "us", ladder: { stage: "read", read_at: ago(0), read_by: "A.\u202e Weber" } }), around());
  assert.equal(p.word, "read by \u2068A.⟨U+202E⟩ Weber\u2069 14:00");
});

test("their message is not marked read until a person here has", () => {
  assert.equal(entry.progress(message({ ladder: { stage: "shown" } }), around()).word, "not marked read");
  const chased = entry.progress(message({ ladder: { stage: "shown", chased: true } }), around());
  assert.deepEqual([chased.word, chased.chased], ["not marked read · chased", true]);
});

test("what the principal has seen says so, and who read it before is told", () => {
  const i = message({ by: "us", ladder: { stage: "seen", read_at: ago(60_000), read_by: "Bo", seen_at: ago(0), seen_by: "Holm" } });
  assert.match(read(entry.progress(i, around()).word), /^seen by the principal Holm /);
  const lines = entry.ladderLines(i, around()).map(read);
  assert.match(lines.at(-2) ?? "", /by Bo/);
  assert.match(lines.at(-1) ?? "", /seen there by the principal, Holm/);
  assert.equal(entry.ladderLines(message({ by: "us", ladder: { stage: "seen", seen_at: ago(0), seen_by: "Holm" } }), around()).length, 5);
  assert.equal(entry.isUnread(message({ ladder: { stage: "seen" } })), false);
});

test("the ladder tells nothing that has not happened", () => {
  const lines = (/** @type {import("../page/apirecord.js").Stage} */ stage) => entry.ladderLines(message({ by: "us", ladder: { stage } }), around()).length;
  assert.deepEqual(entry.stages.map(lines), [2, 2, 3, 4, 5, 6]);
  assert.match(entry.ladderLines(message({ by: "us", ladder: { stage: "waiting" } }), around())[1], /waits for its number/);
});

test("every time is told here, there and in UTC", () => {
  assert.match(entry.everyTime(ago(0), around({ ahead: 60_000 })), /here · .* by their clock · 12 June 14:00:00 UTC$/);
  assert.doesNotMatch(entry.everyTime(ago(0), around()), /their clock/);
  assert.equal(entry.everyTime(undefined, around()), "");
  assert.equal(entry.when(ago(0), true, around({ now: t0 + 366 * 86_400_000 })), "12 June 2026 14:00");
});

test("a time that cannot be right is called so, with its author", () => {
  assert.equal(entry.misdated(message(), around()), "");
  assert.equal(read(entry.misdated(message({ misdated_ms: -3_600_000 }), around())), "South gave it this time, but by what both sides signed it was written 1 h later.");
  assert.match(entry.misdated(message({ by: "us", misdated_ms: 60_000 }), around()), /^Our station .* 1 min earlier\.$/);
});

test("a call is one row: who, how long, how it ended", () => {
  const c = entry.call(call(), around());
  assert.deepEqual([read(c.what), read(c.detail), c.missed], ["North called South · 11:00", "South hung up.", false]);
  const lost = entry.call(call({ by: "them" }, { answered: undefined, length_ms: 0, reason: "no answer", ended_by: "" }), around());
  assert.deepEqual([read(lost.what), lost.missed], ["South called North · not answered", true]);
  assert.equal(entry.call(call({ by: "them" }, { answered: undefined, reason: "declined" }), around()).missed, false);
  assert.equal(entry.call(call({}, { ended: undefined, reason: undefined }), around()).detail, "The call goes on.");
});

test("every other kind has its sentence", () => {
  const says = (/** @type {object} */ o) => read(entry.event(message(o), around()));
  assert.equal(says({ kind: "matter", act: "opened", title: "Line 7" }), "South opened the matter Line 7");
  assert.equal(says({ kind: "matter", act: "filed", title: "Line 7" }), "South filed a call under the matter Line 7");
  assert.equal(says({ kind: "line", path: 2, up: false }), "South saw path 2 go down");
  assert.equal(says({ kind: "line", up: true }), "South saw the line come up");
  assert.equal(says({ kind: "accord", serial: 0 }), "South entered the accord");
  assert.equal(says({ kind: "accord", serial: 3 }), "South entered amendment 3 of the accord");
  assert.equal(says({ kind: "disclosure", act: "made", to: "Court", bodies: 1, headers: 3 }), "South made a disclosure of 4 entries (1 with their text, 3 without) to Court");
  assert.equal(says({ kind: "disclosure", act: "asked", headers: 1 }), "South asked to disclose 1 entry (1 without)");
  assert.match(says({ kind: "poem" }), /does not know/);
});

test("each proof state has a mark, a word and a reason", () => {
  const all = ["none", "classical", "full"].map((p) => entry.proof(message({ proof: p })));
  assert.equal(new Set(all.map((p) => p.mark)).size, 3);
  assert.equal(new Set(all.map((p) => p.word)).size, 3);
  assert.equal(entry.proof(message({ proof: "unheard of" })).word, "no proof yet");
});

test("a title of others stays short and in its own direction", () => {
  const t = entry.isolated("x".repeat(500) + "\u202e", 48);
  assert.equal([...t].length, 50);
  assert.equal(entry.isolated(" \n "), "\u2068unnamed\u2069");
});

test("a long text is folded, a short one is not, and a few letters more are worth no press", () => {
  assert.equal(fold("short"), "short");
  assert.ok(fold("x".repeat(16_384)).length <= 900);
  assert.equal(fold("x".repeat(950)).length, 950);
  assert.equal(fold("a line\n".repeat(500)).split("\n").length, 10);
  assert.doesNotMatch(fold("\u{1F600}".repeat(5000)), /[\ud800-\udbff]$/);
});

test("a file is saved under a name that hides nothing and stays in its folder", () => {
  assert.equal(fileName("../../etc/passwd"), "__.._etc_passwd");
  assert.equal(fileName("a\u202efdp.exe"), "a⟨U+202E⟩fdp.exe");
  assert.equal(fileName(""), "file");
});

test("sizes are told as a person counts", () => {
  assert.deepEqual([12, 1200, 48_000, 1_048_576].map(entry.size), ["12 bytes", "1.2 kB", "48 kB", "1.05 MB"]);
});

/** @returns {import("../page/apirecord.js").Matter} */
const matter = (o = {}) => ({ key: "us/2", title: "Line 7", by: "them", opened: ago(9000), messages: 1, calls: 2, unread: 0, ...o });

test("a matter says how it stands and what is in it", () => {
  assert.equal(counts(matter({ unread: 3 })), "1 message · 2 calls · 3 not marked read");
  assert.equal(read(stateOf(matter(), around())), "opened by South, not acknowledged yet");
  assert.equal(read(stateOf(matter({ acknowledged: ago(0) }), around())), "opened by South, acknowledged");
  assert.equal(read(stateOf(matter({ closed: ago(0), closed_by: "us" }), around())), "closed by North, 12 June 14:00");
  assert.equal(stateOf(matter({ waiting: true }), around()), "waits for the line");
  const list = orderly([matter({ key: "1", closed: ago(0) }), matter({ key: "2", opened: ago(99_000) }), matter({ key: "3" })]);
  assert.deepEqual(list.map((m) => m.key), ["3", "2", "1"]);
});

test("what befell line and paths is said once, if both saw the same", () => {
  const saw = (/** @type {string} */ by, /** @type {number} */ path, o = {}) => message({ kind: "line", by, path, up: false, ...o });
  const says = (/** @type {import("../page/apirecord.js").Item[]} */ ...group) => read(entry.lines(group, around()));
  assert.equal(says(saw("us", 2), saw("them", 0), saw("us", 0), saw("them", 2)), "North and South saw the line and path 2 go down");
  assert.equal(says(saw("us", 1), saw("us", 2), saw("us", 0)), "North saw the line, path 1 and path 2 go down");
  assert.equal(says(saw("us", 1), saw("them", 0)), "North saw path 1 go down; South saw the line go down");
  assert.equal(entry.least([saw("us", 1, { proof: "full" }), saw("us", 1, { proof: "classical" })]), "classical");
});
