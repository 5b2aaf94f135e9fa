// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { chunkSize, dayName, rows, Timeline, together } from "../page/timeline.js";
import { t0 } from "./desk.js";
import { message } from "./items.js";

const hour = 3_600_000, day = 24 * hour;
/** @param {number} position @param {number} before ms before t0 */
const at = (position, before, o = {}) => message({ key: `them/${position}`, position, at: new Date(t0 - before).toISOString(), ...o });
/** @param {import("../page/timeline.js").Row[]} list */
const told = (list) => list.map((r) => r.heading || `${r.item?.key}${r.dated ? " dated" : ""}`);

test("the newest stands first, and each day has one heading", () => {
  const list = rows([], [at(3, hour), at(2, day), at(1, day + hour)], t0, true);
  assert.deepEqual(told(list), ["Today, 12 June", "them/3", "Yesterday, 11 June", "them/2", "them/1"]);
});

test("what came late stands where it came, with its own date", () => {
  const list = rows([], [at(4, hour), at(3, 2 * day), at(2, 2 * hour), at(1, 2 * day)], t0, true);
  assert.deepEqual(told(list), ["Today, 12 June", "them/4", "them/3 dated", "them/2", "Wednesday, 10 June", "them/1"]);
});

test("who misdates an entry moves no heading", () => {
  const list = rows([], [at(3, hour), at(2, 400 * day, { misdated_ms: -day }), at(1, -5 * day)], t0, true);
  assert.deepEqual(told(list), ["Today, 12 June", "them/3", "them/2 dated", "them/1 dated"]);
});

test("what waits stands above all else", () => {
  const list = rows([at(0, 0, { key: "waiting/ab" })], [at(1, hour)], t0, true);
  assert.deepEqual(told(list), ["Waiting here", "waiting/ab", "Today, 12 June", "them/1"]);
});

test("a day is named as a person names it", () => {
  assert.equal(dayName(t0, t0, true), "Today, 12 June");
  assert.equal(dayName(t0 - day, t0, true), "Yesterday, 11 June");
  assert.equal(dayName(t0 - 3 * day, t0, true), "Tuesday, 9 June");
  assert.equal(dayName(t0 - 365 * day, t0, true), "Thursday, 12 June 2025");
});

/** @param {Timeline} t */
const keys = (t) => t.items.map((i) => i.position);

test("pages follow each other, and an event replaces or adds", () => {
  const t = new Timeline();
  t.begin({ items: [at(9, 0), at(8, 0)], waiting: [at(0, 0, { key: "waiting/ab" })], next: 8 });
  t.extend({ items: [at(7, 0), at(6, 0)], waiting: [], next: 6 });
  assert.deepEqual(keys(t), [9, 8, 7, 6]);
  t.merge([at(8, 0, { text: "changed" }), at(10, 0)], ["waiting/ab"], () => true);
  assert.deepEqual(keys(t), [10, 9, 8, 7, 6]);
  assert.equal(t.find("them/8")?.text, "changed");
  assert.deepEqual(t.waiting, []);
});

test("what lies below the pages that are here, or outside the filter, is not added", () => {
  const t = new Timeline();
  t.begin({ items: [at(9, 0), at(8, 0)], waiting: [], next: 8 });
  assert.equal(t.merge([at(3, 0)], [], () => true), false);
  assert.deepEqual(keys(t), [9, 8]);
  assert.equal(t.merge([at(10, 0)], [], () => false), true);
  assert.deepEqual(keys(t), [9, 8]);
});

test("an item that gets its number takes the place of what waited", () => {
  const t = new Timeline();
  t.begin({ items: [], waiting: [at(0, 0, { key: "waiting/ab", by: "us" })], next: 0 });
  t.merge([at(1, 0, { key: "us/4", by: "us" })], ["waiting/ab"], () => true);
  assert.deepEqual([t.waiting.length, t.items[0].key], [0, "us/4"]);
});

test("a stretch keeps its key and its rows while newer ones come", () => {
  const t = new Timeline(), all = Array.from({ length: 3 * chunkSize }, (_, i) => at(i + 1, (3 * chunkSize - i) * 60_000));
  t.begin({ items: all.slice(0, 2 * chunkSize).reverse(), waiting: [], next: 0 });
  const before = t.chunks(t0, true).at(-2);
  t.merge(all.slice(2 * chunkSize), [], () => true);
  const after = t.chunks(t0, true);
  assert.deepEqual(after.find((c) => c.key === before?.key)?.rows.map((r) => r.item?.key).filter(Boolean), before?.rows.map((r) => r.item?.key).filter(Boolean));
  assert.equal(new Set(after.map((c) => c.key)).size, after.length);
  assert.equal(after.flatMap((c) => c.rows).filter((r) => r.item).length, 3 * chunkSize);
  assert.ok(after.every((c) => c.rows.some((r) => r.item)), "a heading stands alone");
});

test("what befell all paths at once is one row, and what came back another", () => {
  const l = (/** @type {number} */ position, /** @type {number} */ before, o = {}) => at(position, before, { kind: "line", up: false, path: position % 3, ...o });
  const list = rows([], [l(6, 0, { up: true }), l(5, 600_000), l(4, 601_000, { by: "us" }), l(3, 900_000), at(2, 900_000), l(1, 900_000)], t0, true);
  assert.deepEqual(together(list).map((r) => r.group?.map((i) => i.position) ?? r.item?.position ?? 0), [0, 6, [5, 4], 3, 2, 1]);
});
