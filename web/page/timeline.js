// @ts-check
/**
 * The timeline: items of the record as they come in pages and by events, and the rows
 * that are shown of them. Pure. The newest stands first: what is new is nearest to the
 * eye, and one reads down into the past.
 */

import { day, dayKey, parse } from "./times.js";

/** @typedef {import("./apirecord.js").Item} Item */

/**
 * A Row is an item or the heading of a day.
 * @typedef {object} Row
 * @property {string} key
 * @property {string} heading
 * @property {Item|null} item
 * @property {Item[]} [group] what befell line and paths at once, the newest first; item is the oldest
 * @property {boolean} dated its time needs its date, because it stands under another day
 */

/** A Chunk is a stretch of rows that is shown or folded as one. @typedef {{key: string, rows: Row[]}} Chunk */

export const chunkSize = 50;

/** @param {string} key */
const waits = (key) => key.startsWith("waiting/");

export class Timeline {
  /** Numbered items, the newest first. @type {Item[]} */
  items = [];
  /** What is not numbered yet, the newest first. @type {Item[]} */
  waiting = [];
  /** Before of the next page; 0: there is no more. */
  next = 0;

  /** begin takes the first page. @param {import("./apirecord.js").RecordPage} p */
  begin(p) {
    this.items = [];
    this.waiting = p.waiting;
    this.#take(p.items);
    this.next = p.next;
  }

  /** extend takes a further page. @param {import("./apirecord.js").RecordPage} p */
  extend(p) {
    this.#take(p.items);
    this.next = p.next;
  }

  /**
   * merge takes what an event brought: what is shown is replaced, what is new and belongs to what is
   * shown is added. It says whether something was new that is not shown.
   * @param {Item[]} items @param {string[]} gone @param {(i: Item) => boolean} belongs
   */
  merge(items, gone, belongs) {
    const drop = new Set(gone), fresh = /** @type {Item[]} */ ([]);
    let left = false;
    this.waiting = this.waiting.filter((i) => !drop.has(i.key));
    this.items = this.items.filter((i) => !drop.has(i.key));
    for (const i of items) {
      if (drop.has(i.key)) continue;
      if (this.replace(i)) continue;
      if (!belongs(i)) left = true;
      else if (waits(i.key)) this.waiting = [i, ...this.waiting];
      else if (this.next === 0 || i.position >= this.next) fresh.push(i);
    }
    this.#take(fresh);
    return left;
  }

  /** replace puts an item in the place of its older state. @param {Item} item */
  replace(item) {
    for (const list of [this.items, this.waiting]) {
      const at = list.findIndex((i) => i.key === item.key);
      if (at < 0) continue;
      list[at] = item;
      return true;
    }
    return false;
  }

  /** @param {string} key */
  find(key) {
    return this.items.find((i) => i.key === key) ?? this.waiting.find((i) => i.key === key);
  }

  /** @param {Item[]} items */
  #take(items) {
    const had = new Map(this.items.map((i) => [i.key, i]));
    for (const i of items) had.set(i.key, i);
    this.items = [...had.values()].sort((a, b) => b.position - a.position);
  }

  /**
   * chunks cuts the rows into stretches. A stretch keeps its key as new items come before it, because
   * it is counted from the oldest that was loaded with its place.
   * @param {number} now @param {boolean} utc @param {boolean} [each] each item has its own row @returns {Chunk[]}
   */
  chunks(now, utc, each = false) {
    /** @type {Chunk[]} */
    const chunks = [];
    const list = rows(this.waiting, this.items, now, utc), shown = each ? list : together(list);
    let chunk = /** @type {Chunk|null} */ (null), of = "";
    for (const r of shown) {
      const at = r.item ? (waits(r.item.key) ? "waiting" : String(Math.floor(r.item.position / chunkSize))) : "";
      if (!chunk || (at !== "" && of !== "" && at !== of)) chunks.push(chunk = { key: at, rows: [] });
      if (at !== "") of = chunk.key = at;
      chunk.rows.push(r);
    }
    return leadHeadings(chunks);
  }
}

/** A day's heading stands with what follows it. @param {Chunk[]} chunks */
function leadHeadings(chunks) {
  for (let i = 0; i + 1 < chunks.length; i++) {
    const last = chunks[i].rows.at(-1);
    if (last && !last.item) {
      chunks[i].rows.pop();
      chunks[i + 1].rows.unshift(last);
    }
  }
  return chunks.filter((c) => c.rows.length > 0);
}

/**
 * rows puts headings between the days. Items stand as they came here, and what was written during
 * an outage came late: a heading is the latest day of what is below it, and what is of another day carries
 * its own date. What is misdated, or lies in the future, decides nothing.
 * @param {Item[]} waiting @param {Item[]} items @param {number} now @param {boolean} utc @returns {Row[]}
 */
export function rows(waiting, items, now, utc) {
  /** @type {Row[]} */
  const list = [];
  if (waiting.length > 0) list.push({ key: "heading/waiting", heading: "Waiting here", item: null, dated: false });
  const today = dayKey(now, utc);
  for (const item of waiting) list.push({ key: item.key, heading: "", item, dated: dayKey(parse(item.at), utc) !== today });
  const heads = headings(items, now, utc);
  let heading = NaN;
  items.forEach((item, i) => {
    const { day, at } = heads[i];
    if (day !== heading) list.push({ key: `heading/${day}`, heading: dayName(at, now, utc), item: null, dated: false });
    heading = day;
    list.push({ key: item.key, heading: "", item, dated: dayKey(parse(item.at), utc) !== day });
  });
  return list;
}

/** headings gives each item the day that it stands under, and an instant of it. @param {Item[]} items the newest first @param {number} now @param {boolean} utc */
function headings(items, now, utc) {
  const heads = new Array(items.length), today = dayKey(now, utc);
  let latest = { day: -Infinity, at: NaN };
  for (let i = items.length - 1; i >= 0; i--) {
    const at = parse(items[i].at), day = dayKey(at, utc);
    if (day > latest.day && day <= today && !items[i].misdated_ms) latest = { day, at };
    heads[i] = latest;
  }
  // What stands below all that is dated well stands with the oldest of these.
  const oldest = heads.findLast((h) => h.day !== -Infinity) ?? { day: today, at: now };
  return heads.map((h) => (h.day === -Infinity ? oldest : h));
}

const atOnce = 120_000; // ms in which both sides see what befell all paths

/** together makes one row of what befell line and paths at once. @param {Row[]} list @returns {Row[]} */
export function together(list) {
  /** @type {Row[]} */
  const shown = [];
  for (const r of list) {
    const last = shown.at(-1), a = r.item, b = last?.item;
    const same = last && a?.kind === "line" && b?.kind === "line" && !a.up === !b.up && !r.dated && !last.dated
      && Math.abs(parse(a.at) - parse(b.at)) <= atOnce && !a.misdated_ms && !b.misdated_ms;
    if (same) shown[shown.length - 1] = { ...r, group: [...(last.group ?? [b]), a] };
    else shown.push(r);
  }
  return shown;
}

/** "Today, 12 June" @param {number} at @param {number} now @param {boolean} utc */
export function dayName(at, now, utc) {
  const name = day(at, utc), ago = dayKey(now, utc) - dayKey(at, utc);
  if (ago === 0) return `Today, ${name}`;
  if (dayKey(now - 86_400_000, utc) === dayKey(at, utc)) return `Yesterday, ${name}`;
  const year = Math.floor(dayKey(at, utc) / 10_000);
  return year === Math.floor(dayKey(now, utc) / 10_000) ? `${weekday(at, utc)}, ${name}` : `${weekday(at, utc)}, ${name} ${year}`;
}

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** @param {number} at @param {boolean} utc */
const weekday = (at, utc) => weekdays[utc ? new Date(at).getUTCDay() : new Date(at).getDay()];
