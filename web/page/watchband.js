// @ts-check
/** The roster as it is drawn: from a book to bands of days, and to sentences. Pure functions, no DOM. */

import { months, parse } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./apiwatch.js").WatchBook} WatchBook */
/** @typedef {import("./apiwatch.js").Stretch} Stretch */

/**
 * A Block is a part of a day's band.
 * @typedef {object} Block
 * @property {"one"|"gap"|"overlap"} kind
 * @property {string} text
 * @property {string} title the whole of it
 * @property {number} left percent of the day
 * @property {number} width
 */

/**
 * A Band is one day.
 * @typedef {object} Band
 * @property {string} date
 * @property {string} label "Mon 23 Nov"
 * @property {string} note where the clock changes
 * @property {boolean} today
 * @property {number} now percent of the day; NaN on other days
 * @property {Block[]} blocks
 */

/** kindOf says what a stretch is. @param {Stretch} s @returns {Block["kind"]} */
export const kindOf = (s) => (s.officers.length === 0 ? "gap" : s.officers.length > 1 ? "overlap" : "one");

/** bands lays the stretches of a book on its days; a day where the clock changes has its real length. @param {WatchBook} b @returns {Band[]} */
export function bands(b) {
  return b.days.map((d) => {
    const from = parse(d.from), to = parse(d.to), whole = to - from, now = parse(b.now);
    const hours = whole / 3_600_000;
    return {
      date: d.date, label: dayLabel(d.date), today: d.date === b.today, now: now >= from && now < to ? (100 * (now - from)) / whole : NaN,
      note: hours === 24 ? "" : hours === 0 ? "left out" : `${+hours.toFixed(2)} h`,
      blocks: whole <= 0 ? [] : b.stretches.filter((s) => parse(s.from) < to && parse(s.to) > from).map((s) => block(s, from, to, b.settings.roster.zone)),
    };
  });
}

/** @param {Stretch} s @param {number} from @param {number} to @param {string} zone @returns {Block} */
function block(s, from, to, zone) {
  const a = Math.max(parse(s.from), from), z = Math.min(parse(s.to), to), kind = kindOf(s);
  const who = kind === "gap" ? "nobody" : s.officers.map(words.name).join(" + ");
  return {
    kind, text: kind === "gap" ? "GAP" : who, title: `${who}, ${wall(parse(s.from), zone)} to ${wall(parse(s.to), zone)}`,
    left: (100 * (a - from)) / (to - from), width: (100 * (z - a)) / (to - from),
  };
}

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** @param {string} date */
export function dayLabel(date) {
  const [y, m, d] = date.split("-").map(Number);
  return `${weekdays[new Date(Date.UTC(y, m - 1, d)).getUTCDay()]} ${d} ${months[m - 1].slice(0, 3)}`;
}

/** shift moves a date by days. @param {string} date @param {number} days */
export function moved(date, days) {
  const [y, m, d] = date.split("-").map(Number);
  return new Date(Date.UTC(y, m - 1, d + days)).toISOString().slice(0, 10);
}

/** monday is that of a date's week. @param {string} date */
export function monday(date) {
  const [y, m, d] = date.split("-").map(Number);
  return moved(date, -((new Date(Date.UTC(y, m - 1, d)).getUTCDay() + 6) % 7));
}

/** wall is an instant as the roster's wall shows it; in UTC, and says so, where this browser does not know the zone. @param {number} ms @param {string} zone */
export function wall(ms, zone) {
  const { format, mark } = wallOf(zone), p = Object.fromEntries(format.formatToParts(ms).map((x) => [x.type, x.value]));
  return `${p.weekday} ${p.day} ${p.month.slice(0, 3)} ${p.hour}:${p.minute}${mark}`;
}

/** The station's zones may be newer than this browser's. @param {string} zone */
function wallOf(zone) {
  const of = (/** @type {string} */ timeZone) => new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  try {
    return { format: of(zone || "UTC"), mark: "" };
  } catch {
    return { format: of("UTC"), mark: " UTC" };
  }
}

/** faults are the gaps and overlaps that are still to come, in words. @param {WatchBook} b @returns {{kind: "gap"|"overlap", text: string}[]} */
export function faults(b) {
  const zone = b.settings.roster.zone, list = [];
  for (const s of b.stretches) {
    const kind = kindOf(s);
    if (kind === "one" || parse(s.to) <= parse(b.now)) continue;
    const when = `${wall(parse(s.from), zone)} to ${wall(parse(s.to), zone)}`;
    list.push({ kind, text: kind === "gap" ? `Gap: nobody from ${when}.` : `Overlap: ${s.officers.map(words.name).join(" and ")} from ${when}.` });
  }
  return list;
}

const groups = { duty: "who has the watch, and who is on the roster", deputies: "the deputies", named: "", everybody: "everybody" };

/** planWords says the ringing plan. @param {WatchBook} b @returns {string[]} */
export function planWords(b) {
  const { waves = [], deputies = [] } = b.settings.plan;
  if (waves.length === 0) return ["Every ready console rings at once."];
  const lines = waves.map((w) => {
    const who = w.who === "named" ? (w.names ?? []).map((o) => words.name(o.name)).join(", ")
      : w.who === "deputies" ? `the deputies (${deputies.map((o) => words.name(o.name)).join(", ") || "none named"})` : groups[/** @type {keyof typeof groups} */ (w.who)] ?? w.who;
    return w.after_s === 0 ? `At once: ${who}.` : `After ${w.after_s} s: ${who}.`;
  });
  if (!waves.some((w) => w.who === "everybody")) lines.push("After 60 s: everybody, whatever the plan says.");
  return [...lines, "If nobody of a wave is there, the next rings at once."];
}

/** @param {import("./apiwatch.js").WatchEvent} e */
export function eventWords(e) {
  const who = words.name(e.who), note = e.note ? `: “${words.plain(e.note)}”` : "";
  switch (e.act) {
    case "taken": return `${who} took the watch.`;
    case "handed": return `${who} handed it over to ${e.to ? words.name(e.to) : "whoever takes it"}${note}`;
    case "left": return `${who} left it with nobody${note}`;
    case "acknowledged": return `${who} read the notes.`;
    case "set": return e.who ? `${who} changed the roster.` : "The roster was changed.";
  }
  return `${who}: ${words.plain(e.act)}`;
}
