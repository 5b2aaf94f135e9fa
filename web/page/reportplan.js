// @ts-check
/**
 * What the report draws: shapes in pixels, made from figures alone. Pure: no document, no clock.
 */

import { day, minute, span } from "./times.js";

/** @typedef {import("./apireport.js").ReportDay} ReportDay */
/** @typedef {import("./apireport.js").DayUse} DayUse */
/** @typedef {import("./apireport.js").Period} Period */
/** @typedef {import("./apireport.js").TestDot} TestDot */

/**
 * A Shape is one element of a drawing.
 * @typedef {object} Shape
 * @property {"rect"|"circle"|"line"|"path"|"text"} tag
 * @property {Record<string, string|number>} at its attributes
 * @property {string} [title] what it says when asked
 * @property {string} [text]
 */

/** @typedef {{width: number, height: number, shapes: Shape[]}} Drawing */

/** marks are the seconds within which calls are to be answered. */
export const marks = [10, 15, 20];

const stripHeight = 32;

/** round keeps what is written short. @param {number} n */
const round = (n) => Math.round(n * 10) / 10;

/** @param {string} date "2026-11-22" */
const dayWords = (date) => day(Date.parse(`${date}T00:00:00Z`), true);

/**
 * dayShape draws one day: what it was stands in height as well as in colour.
 * @param {DayUse} u @param {string} date @param {number} x @param {number} w @returns {Shape}
 */
function dayShape(u, date, x, w) {
  /** @param {string} kind @param {number} h @param {string} words @returns {Shape} */
  const shape = (kind, h, words) => ({
    tag: "rect", at: { class: kind, x: round(x), y: stripHeight - h, width: round(w), height: h }, title: `${dayWords(date)}: ${words}`,
  });
  if (u.up_ms + u.down_ms === 0) {
    const s = shape("none", stripHeight - 1, "not known");
    return { ...s, at: { ...s.at, x: round(x + 0.5), y: 0.5, width: round(Math.max(0.5, w - 1)) } };
  }
  if (u.up_ms === 0) return shape("down", 7, "down all day");
  if (u.down_ms > 0) return shape("part", 16, `down for ${length(u.down_ms)}`);
  return shape("up", stripHeight, u.unknown_ms > 0 ? `up; for ${length(u.unknown_ms)} not known` : "up all day");
}

/** length says "0.4 s", "3 min 4 s". @param {number} ms */
export const length = (ms) => (ms < 1000 ? `${(ms / 1000).toFixed(1)} s` : span(ms));

/** strip draws days side by side. @param {ReportDay[]} days @param {(d: ReportDay) => DayUse} use @param {number} width @returns {Drawing} */
export function strip(days, use, width) {
  const step = Math.min(24, width / Math.max(1, days.length)), gap = step > 4 ? 1 : 0;
  return { width, height: stripHeight, shapes: days.map((d, i) => dayShape(use(d), d.day, i * step, step - gap)) };
}

/** columns draws how many calls were answered in each second. @param {number[]} spread @param {number} width @returns {Drawing} */
export function columns(spread, width) {
  const seconds = 61, head = 24, base = 148, step = width / seconds;
  const most = Math.max(1, ...spread);
  /** @type {Shape[]} */
  const shapes = [];
  spread.forEach((n, s) => {
    if (n === 0) return;
    const h = Math.max(3, (n / most) * (base - head));
    const when = s === 60 ? "a minute or more" : `${s} to ${s + 1} s`;
    shapes.push({
      tag: "rect", at: { class: s >= 20 ? "late" : "column", x: round(s * step), y: round(base - h), width: round(Math.max(2, step - 1)), height: round(h) },
      title: `${when}: ${n === 1 ? "1 call" : `${n} calls`}`,
    });
  });
  shapes.push({ tag: "line", at: { class: "axis", x1: 0, x2: width, y1: base + 0.5, y2: base + 0.5 } });
  for (const m of marks) {
    const x = round(m * step);
    shapes.push({ tag: "line", at: { class: "mark", x1: x, x2: x, y1: head - 4, y2: base } });
    shapes.push({ tag: "text", at: { x, y: base + 18, "text-anchor": "middle" }, text: String(m) });
  }
  shapes.push({ tag: "text", at: { x: 0, y: base + 18 }, text: "0 s" });
  for (const s of [30, 45]) shapes.push({ tag: "text", at: { x: round(s * step), y: base + 18, "text-anchor": "middle" }, text: String(s) });
  shapes.push({ tag: "text", at: { x: width, y: base + 18, "text-anchor": "end" }, text: "60 s" });
  return { width, height: base + 26, shapes };
}

const trendTop = 30; // seconds: what is slower stands at the top

/** trend draws each week's answers, from the median to the 95th percentile. @param {Period[]} weeks @param {number} width @returns {Drawing} */
export function trend(weeks, width) {
  const left = 44, base = 132, head = 10, step = (width - left) / Math.max(1, weeks.length);
  const y = (/** @type {number} */ ms) => round(base - (Math.min(ms / 1000, trendTop) / trendTop) * (base - head));
  /** @type {Shape[]} */
  const shapes = [{ tag: "line", at: { class: "axis", x1: left, x2: width, y1: base + 0.5, y2: base + 0.5 } }];
  for (const m of marks) {
    shapes.push({ tag: "line", at: { class: "mark", x1: left, x2: width, y1: y(m * 1000), y2: y(m * 1000) } });
    shapes.push({ tag: "text", at: { x: 0, y: y(m * 1000) + 5 }, text: `${m} s` });
  }
  let told = -Infinity;
  weeks.forEach((p, i) => {
    const x = round(left + (i + 0.5) * step), a = p.calls.answer;
    if (a.count > 0) {
      const title = `${weekWords(p)}: ${a.count === 1 ? "1 answer" : `${a.count} answers`}, half within ${seconds(a.median_ms)}, 95 % within ${seconds(a.p95_ms)}`;
      shapes.push({ tag: "line", at: { class: "range", x1: x, x2: x, y1: y(a.median_ms), y2: y(a.p95_ms) }, title });
      shapes.push({ tag: "circle", at: { class: "median", cx: x, cy: y(a.median_ms), r: Math.min(5, Math.max(2, step / 3)) }, title });
    }
    if (x - told >= 64 && x <= width - 28) {
      shapes.push({ tag: "text", at: { x, y: base + 18, "text-anchor": "middle" }, text: shortDay(p.from) });
      told = x;
    }
  });
  return { width, height: base + 26, shapes };
}

/** "2 Nov" @param {string} time */
export const shortDay = (time) => day(Date.parse(time), true).replace(/^(\d+ \S{3})\S*/u, "$1");

/** "the week of 2 November" @param {Period} p */
export const weekWords = (p) => `the week of ${day(Date.parse(p.from), true)}`;

/** Seconds, rounded up: what took longer than a mark never reads as if it met it. @param {number} ms */
export const seconds = (ms) => `${(Math.ceil(ms / 100) / 10).toFixed(1)} s`;

const dayMS = 86_400_000;

/** dots draws tests, a column a day. @param {TestDot[]} tests @param {string} from @param {string} to @param {number} width @returns {Drawing} */
export function dots(tests, from, to, width) {
  const first = Math.floor(Date.parse(from) / dayMS), days = Math.max(1, Math.ceil(Date.parse(to) / dayMS) - first);
  const step = Math.min(24, width / days), r = Math.min(5, Math.max(1.5, step / 2 - 0.5)), row = 2 * r + 4;
  /** @type {Map<number, number>} */
  const stacked = new Map();
  let rows = 1;
  const shapes = tests.map((t) => {
    const d = Math.floor(Date.parse(t.at) / dayMS) - first, n = stacked.get(d) ?? 0;
    stacked.set(d, n + 1);
    rows = Math.max(rows, n + 1);
    return dot(t, round((d + 0.5) * step), round(n * row + r + 2), r);
  });
  return { width, height: rows * row + 4, shapes };
}

/** @param {TestDot} t @param {number} x @param {number} y @param {number} r @returns {Shape} */
function dot(t, x, y, r) {
  const at = Date.parse(t.at);
  const title = `${day(at, true)} ${minute(at, true)}${t.due ? "" : ", out of turn"}: ${t.result}`;
  if (t.result === "failed") return { tag: "path", at: { class: "failed", d: `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}` }, title };
  return { tag: "circle", at: { class: t.result === "passed" ? "passed" : "missed", cx: x, cy: y, r: t.result === "passed" ? r : Math.max(1, r - 1) }, title };
}
