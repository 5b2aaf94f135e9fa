// @ts-check
/**
 * Times as people on watch write them: 24 hours, dates in words, never 06/12.
 * Everything here is pure: milliseconds in, text out.
 */

export const months = ["January", "February", "March", "April", "May", "June", "July",
  "August", "September", "October", "November", "December"];

/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");

/**
 * parts splits an instant into figures, local or UTC.
 * @param {number} ms @param {boolean} utc
 */
function parts(ms, utc) {
  const d = new Date(ms);
  return utc
    ? { year: d.getUTCFullYear(), month: d.getUTCMonth(), day: d.getUTCDate(), h: d.getUTCHours(), m: d.getUTCMinutes(), s: d.getUTCSeconds() }
    : { year: d.getFullYear(), month: d.getMonth(), day: d.getDate(), h: d.getHours(), m: d.getMinutes(), s: d.getSeconds() };
}

/** "14:02:11" @param {number} ms @param {boolean} utc */
export function clock(ms, utc) {
  const p = parts(ms, utc);
  return `${two(p.h)}:${two(p.m)}:${two(p.s)}`;
}

/** "14:02" @param {number} ms @param {boolean} utc */
export const minute = (ms, utc) => clock(ms, utc).slice(0, 5);

/** "12 June" @param {number} ms @param {boolean} utc */
export function day(ms, utc) {
  const p = parts(ms, utc);
  return `${p.day} ${months[p.month]}`;
}

/** 20260612: rises from day to day. @param {number} ms @param {boolean} utc */
export function dayKey(ms, utc) {
  const p = parts(ms, utc);
  return p.year * 10_000 + (p.month + 1) * 100 + p.day;
}

/** When the day of an instant begins, and the next. @param {number} ms @param {boolean} utc @returns {{from: number, to: number}} */
export function wholeDay(ms, utc) {
  const { year, month, day } = parts(ms, utc);
  const begin = (/** @type {number} */ d) => (utc ? Date.UTC(year, month, d) : new Date(year, month, d).getTime());
  return { from: begin(day), to: begin(day + 1) };
}

/** When a day begins that is given by its figures; NaN if there is no such day. @param {number} year @param {number} month 0 to 11 @param {number} d @param {boolean} utc */
export function dayOf(year, month, d, utc) {
  const ms = utc ? Date.UTC(year, month, d) : new Date(year, month, d).getTime();
  return parts(ms, utc).month === month && parts(ms, utc).day === d ? ms : NaN;
}

/**
 * since says when something began, as seen now: "04:10" if it was today, else
 * "12 June 04:10", with the year when that is another one.
 * @param {number} ms @param {number} now @param {boolean} utc
 */
export function since(ms, now, utc) {
  const a = parts(ms, utc), b = parts(now, utc);
  if (a.year !== b.year) return `${day(ms, utc)} ${a.year} ${minute(ms, utc)}`;
  if (a.month !== b.month || a.day !== b.day) return `${day(ms, utc)} ${minute(ms, utc)}`;
  return minute(ms, utc);
}

/** "0:07", "11:04", "1:00:09" @param {number} ms */
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** "4 s", "11 min", "11 min 4 s", "2 h 5 min", "3 days" @param {number} ms */
export function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`;
  if (s < 172800) {
    const m = Math.floor(s / 60) % 60, h = Math.floor(s / 3600);
    return m ? `${h} h ${m} min` : `${h} h`;
  }
  return `${Math.floor(s / 86400)} days`;
}

/** "0.4 s", for what is over in seconds. @param {number} ms */
export const short = (ms) => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms));

/** parse reads RFC 3339; NaN if there is nothing to read. @param {string|undefined} t */
export const parse = (t) => (t ? Date.parse(t) : NaN);

/** "41 ms", or a dash where nothing is known. @param {number|undefined} ms */
export function millis(ms) {
  if (ms === undefined || !Number.isFinite(ms)) return "–";
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** "0.4 %" @param {number} permille */
export const percent = (permille) => `${(permille / 10).toFixed(permille >= 1000 ? 0 : 1)} %`;
