// @ts-check
/** What the console says of tests by people and of the right to call. Pure. */

import { visible } from "./plain.js";
import { mayAct, mayDecide } from "./rights.js";
import { millis, parse, percent, since } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Line} Line */
/** @typedef {import("./apitests.js").LineTest} LineTest */
/** @typedef {import("./apitests.js").OpenTest} OpenTest */
/** @typedef {import("./apitests.js").TestResult} TestResult */
/** @typedef {import("./model.js").Concern} Concern */
/** @typedef {import("./model.js").Desk} Desk */

/**
 * @typedef {object} TestPanelState
 * @property {"none"|"passed"|"warning"|"failure"} tone
 * @property {string} state the newest result, in words
 * @property {string} why it failed; else empty
 * @property {string} next when the next one is due
 * @property {string[]} paths what each was like, the spare ones too
 * @property {string} ours what we ask and is not read back yet; else empty
 * @property {string} ask what they ask of us; else empty
 * @property {string} read the words that they ask us to read back; empty: nothing to read
 * @property {string} key of that test
 * @property {boolean} start a test can be started
 * @property {boolean} suspend calls can be suspended by who sits here
 * @property {boolean} resume and restored
 */

const answerTime = 10 * 60_000; // ms in which words are to be read back

/** panel is what the panel shows of the line in front; null before its record is open. @param {Desk} d @param {number} now @returns {TestPanelState|null} */
export function panel(d, now) {
  const l = d.lines.find((l) => l.line === d.front), t = l?.test;
  if (!l || !t) return null;
  const peer = words.name(l.peer), theirs = t.open.find((o) => o.by === "them"), ours = t.open.find((o) => o.by === "us");
  return {
    tone: tone(t), state: state(t, now, d.utc), why: t.last?.why ? `${visible(t.last.why)}.` : "", next: next(t, now, d.utc),
    paths: t.last ? t.last.paths.map(path) : [],
    ours: ours ? asked(ours, peer, now) : "",
    ask: theirs ? `${peer} tests the line${theirs.who ? ` (${words.name(theirs.who)})` : ""}: ${theirs.read ? "the words are read back, the result is on its way." : "read these words back."}` : "",
    read: theirs && !theirs.read && mayAct(d) ? visible(theirs.words) : "", key: theirs?.key ?? "",
    suspend: mayDecide(d) && !ownSuspension(d), resume: mayDecide(d) && ownSuspension(d) !== undefined,
    start: mayAct(d) && !ours && l.state !== "down" && l.state !== "unconfirmed",
  };
}

/** @param {LineTest} t @returns {TestPanelState["tone"]} */
function tone(t) {
  if (t.missed.length > 0 || t.last?.result === "failed") return "warning";
  return t.last ? "passed" : "none";
}

/** @param {LineTest} t @param {number} now @param {boolean} utc */
function state(t, now, utc) {
  if (!t.last) return "Not tested yet";
  return `${t.last.result === "passed" ? "Passed" : "Failed"} ${since(parse(t.last.at), now, utc)}`;
}

/** @param {LineTest} t @param {number} now @param {boolean} utc */
function next(t, now, utc) {
  if (t.due) return `The test of ${since(parse(t.due), now, utc)} is due.`;
  return t.next ? `Next ${since(parse(t.next), now, utc)}.` : "No times are agreed.";
}

/** @param {OpenTest} o @param {string} peer @param {number} now */
function asked(o, peer, now) {
  if (o.read) return `${peer} has read the words back; they are compared.`;
  const left = Math.max(1, Math.ceil((parse(o.at) + answerTime - now) / 60_000));
  return `${peer} is asked to read back “${visible(o.words)}” within ${left === 1 ? "a minute" : `${left} minutes`}.`;
}

/** @param {import("./apirecord.js").RecordedPath} p */
const path = (p) => (p.up ? `path ${p.number} up, ${p.rtt_ms ? millis(p.rtt_ms) : "–"}, ${percent(p.loss_permille)} lost` : `path ${p.number} was not up`);

/** inGlance is the newest test in the band of facts; empty before the first. @param {Line} l @param {number} now @param {boolean} utc */
export function inGlance(l, now, utc) {
  const last = l.test?.last;
  return last ? `last test ${since(parse(last.at), now, utc)} ${last.result}` : "";
}

/** testConcerns rises what waits to be read back. @param {Desk} d @returns {Concern[]} */
export function testConcerns(d) {
  if (!mayAct(d)) return [];
  return d.lines.flatMap((l) => (l.test?.open ?? []).filter((o) => o.by === "them" && !o.read).map((o) => ({
    key: `test:${l.line}:${o.key}`, severity: /** @type {const} */ ("warning"), what: `${words.name(l.peer)} tests the line: two words wait to be read back.`,
    action: "It fails after ten minutes.", button: "Read back", does: /** @type {const} */ ("test"), about: l.line,
  })));
}

/** noCalls says why no call passes; empty: calls do. @param {Line} l */
export function noCalls(l) {
  const s = l.suspended?.[0];
  if (!s) return "";
  return s.by === "us" ? "This side has suspended the right to call." : `${words.name(l.peer)} has suspended the right to call.`;
}

/** suspended says who has suspended the right to call, and since when; the notice beside it says why. @param {Line} l @param {boolean} utc @param {number} now */
export function suspended(l, utc, now) {
  const s = l.suspended?.[0], by = s?.by === "us" ? "by this side" : `by ${words.name(l.peer)}`, from = parse(s?.at);
  return `${by}${Number.isNaN(from) ? "" : ` since ${since(from, now, utc)}`}. The line itself is open.`;
}

/** ownSuspension is ours, if there is one. @param {Desk} d */
export const ownSuspension = (d) => d.lines.find((l) => l.line === d.front)?.suspended?.find((s) => s.by === "us");
