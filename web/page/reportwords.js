// @ts-check
/**
 * What the report says in words and in its tables. Pure.
 */

import { length, seconds } from "./reportplan.js";
import { day, minute, parse } from "./times.js";
import { name } from "./words.js";

/** @typedef {import("./apireport.js").Report} Report */
/** @typedef {import("./apireport.js").Period} Period */
/** @typedef {import("./apireport.js").Availability} Availability */
/** @typedef {import("./apireport.js").CallFigures} CallFigures */
/** @typedef {import("./apireport.js").Within} Within */

/** @typedef {{strong: string, words: string, more: string}} Fact */

/** What share of calls is to be answered within so many seconds, in percent, and who says so. */
export const goals = new Map([[10, { percent: 90, by: "NFPA 1225" }], [15, { percent: 90, by: "NENA" }], [20, { percent: 95, by: "NENA" }]]);

/** "12 June 2026 04:10" @param {string} time */
const instant = (time) => {
  const ms = parse(time);
  return `${day(ms, true)} ${new Date(ms).getUTCFullYear()} ${minute(ms, true)}`;
};

/** title names the line. @param {Report} r */
export const title = (r) => `${name(r.parties[0])} – ${name(r.parties[1])}`;

/** made says of which time and of what the report is made. @param {Report} r */
export function made(r) {
  const until = parse(r.to) - parse(r.until) > 120_000 ? ` The record speaks until ${instant(r.until)}; nobody has entered anything since.` : "";
  return `${instant(r.from)} to ${instant(r.to)} UTC, from ${r.entries[0]} entries of ${name(r.parties[0])} and ${r.entries[1]} of ${name(r.parties[1])}, all co-signed.${until}`;
}

/** share is how much of the time that is known it was up; rounded down, so that 100 % means all of it. @param {Availability} a */
export function share(a) {
  const known = a.up_ms + a.down_ms;
  if (known === 0) return "not known";
  return `${(Math.floor((a.up_ms / known) * 100_000) / 1000).toFixed(3)} %`;
}

/** "never", "once", "3 times" @param {number} n */
const times = (n) => (n === 0 ? "never" : n === 1 ? "once" : `${n} times`);

/** downs says how often and how long something was down. @param {Availability} a */
export function downs(a) {
  if (a.up_ms + a.down_ms === 0) return "Nothing is known of it.";
  const down = a.down_ms === 0 ? "Never down" : `Down ${a.downs === 0 ? "from before" : times(a.downs)}, ${length(a.down_ms)} in all, at most ${length(a.longest_ms)}`;
  return a.unknown_ms > 0 ? `${down}; not known for ${length(a.unknown_ms)}.` : `${down}.`;
}

/** "14 of 16" @param {Within|undefined} w */
export const within = (w) => (w && w.of > 0 ? `${w.met} of ${w.of}` : "–");

/** goal says whether a mark's goal is met. @param {Within} w */
export function goal(w) {
  const g = goals.get(w.seconds);
  if (!g || w.of === 0) return "";
  const met = w.met * 100 >= g.percent * w.of;
  return `${(Math.floor((w.met / w.of) * 1000) / 10).toFixed(1)} %; the goal of ${g.percent} % (${g.by}) is ${met ? "met" : "missed"}`;
}

/** facts are what one sees first. @param {Report} r @returns {Fact[]} */
export function facts(r) {
  const w = r.whole, a = w.calls.answer, p = w.calls.principal, t = w.tests;
  const mark = (a.within ?? []).find((m) => m.seconds === 15) ?? { seconds: 15, met: 0, of: 0 };
  const due = t.passed + t.failed + t.missed;
  return [
    { strong: share(w.line), words: "of the time the line was up", more: downs(w.line) },
    { strong: within(mark), words: "calls answered within 15 s", more: mark.of ? `${upper(goal(mark))}.` : "No call has told it yet." },
    { strong: p.count ? length(p.median_ms) : "–", words: "until the principal was there", more: p.count ? `${p.count === 1 ? "Once." : `Half of ${p.count} times.`} ${proven(w.calls)}` : asked(w.calls) },
    { strong: due ? `${t.passed} of ${due}` : "–", words: "tests passed", more: due ? `${t.failed} failed, ${t.missed} missed.` : "No test was due yet." },
  ];
}

/** @param {string} s */
const upper = (s) => s.charAt(0).toUpperCase() + s.slice(1);

/** @param {CallFigures} c */
const proven = (c) => `Asked for in ${calls(c.asked)}, proven with a key in ${c.proven}.`;

/** @param {CallFigures} c */
const asked = (c) => (c.asked ? `Asked for in ${calls(c.asked)}, and never there.` : "In no call was the principal asked for.");

/** @param {number} n */
const calls = (n) => (n === 1 ? "1 call" : `${n} calls`);

/** answers says how fast calls were answered. @param {CallFigures} c */
export function answers(c) {
  const a = c.answer;
  if (c.count === 0) return "Nobody has called in this time.";
  const fast = a.count === 0 ? "" : ` Half of the answers came within ${seconds(a.median_ms)}, 90 % within ${seconds(a.p90_ms)}, 95 % within ${seconds(a.p95_ms)}.`;
  const apart = c.contradicted === 0 ? "" : ` In ${calls(c.contradicted)} the two sides’ times contradict each other; they are in no figure.`;
  return `${upper(calls(c.count))}, ${c.answered} answered.${fast}${apart}`;
}

/** endings are how calls that were not answered ended. @type {[keyof CallFigures, string][]} */
export const endings = [
  ["declined", "declined"], ["no_answer", "nobody answered"], ["nobody_ready", "nobody was ready"], ["given_up", "given up by the caller"],
  ["not_reached", "other station not reached"], ["broken_off", "broken off before the answer"], ["suspended", "suspended"],
  ["interrupted", "gave way to a real call"], ["crossed", "both lifted at once"], ["open", "not ended in the record"],
];

/** ends lists them. @param {CallFigures} c */
export function ends(c) {
  const list = endings.filter(([key]) => Number(c[key]) > 0).map(([key, words]) => `${c[key]} ${words}`);
  return list.length ? `The others: ${list.join(", ")}.` : "";
}

/** tests says how tests went. @param {Report} r */
export function tests(r) {
  const t = r.whole.tests, when = r.test_times.join(" and ");
  const due = r.test_times.length ? `Due every day at ${when} UTC: ${t.passed} passed, ${t.failed} failed, ${t.missed} missed.` : "The accord names no times for tests.";
  return t.extra_passed + t.extra_failed ? `${due} Out of turn: ${t.extra_passed} passed, ${t.extra_failed} failed.` : due;
}

/** A Row of a table: its head, and what follows. @typedef {string[]} Row */

/** calledHead and calledRows are the table of who answers how fast. @type {Row} */
export const calledHead = ["Called", "Calls", "Answered", "Within 10 s", "Within 15 s", "Within 20 s", "Half within", "90 %", "95 %", "Principal, half within"];

/** @param {Report} r @returns {Row[]} */
export function calledRows(r) {
  return [
    [name(r.parties[0]), ...figures(r.whole.called[0])], [name(r.parties[1]), ...figures(r.whole.called[1])],
    ["Drills", ...figures(r.whole.drills)], ["Both", ...figures(r.whole.calls)],
  ];
}

/** figures of calls, as calledHead names them. @param {CallFigures} c @returns {Row} */
function figures(c) {
  const a = c.answer, told = (/** @type {number} */ ms) => (a.count ? seconds(ms) : "–");
  return [
    String(c.count), String(c.answered), ...[10, 15, 20].map((s) => within((a.within ?? []).find((w) => w.seconds === s))),
    told(a.median_ms), told(a.p90_ms), told(a.p95_ms), c.principal.count ? length(c.principal.median_ms) : "–",
  ];
}

/** @param {Report} r @returns {Row} */
export const periodHead = (r) => ["", "Line up", ...r.whole.paths.map((p) => `Path ${p.path} up`), "Line down", "Not known", ...calledHead.slice(1), "Drills answered", "Tests passed", "failed", "missed"];

/** periodRow is a week or month of the table. @param {string} head @param {Period} p @returns {Row} */
export const periodRow = (head, p) => [
  head, share(p.line), ...p.paths.map(share), none(p.line.down_ms), none(p.line.unknown_ms), ...figures(p.calls),
  p.drills.count ? `${p.drills.answered} of ${p.drills.count}` : "–", String(p.tests.passed), String(p.tests.failed), String(p.tests.missed),
];

/** @param {number} ms */
const none = (ms) => (ms === 0 ? "–" : length(ms));

/** isBlank says whether nothing at all is known of a period. @param {Period} p */
export const isBlank = (p) => p.line.up_ms + p.line.down_ms === 0 && p.calls.count + p.drills.count + p.tests.passed + p.tests.failed + p.tests.missed === 0;

/** periodName: "2 November, week 45"; "November 2026". @param {Period} p */
export function periodName(p) {
  const [year, week] = p.name.split("-W");
  if (week) return `${day(parse(p.from), true)}, week ${Number(week)}`;
  return `${day(parse(`${p.name}-01T00:00:00Z`), true).replace(/^1 /u, "")} ${year.slice(0, 4)}`;
}
