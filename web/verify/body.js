// @ts-check
// Bodies of entries: what they may say, and the bytes that say it (package record).
import { big, isLine, joinBytes, unhex, utf8 } from "./text.js";

export const KINDS = ["", "message", "attachment", "receipt", "call", "line", "matter", "accord", "disclosure"];
export const RELATIONS = ["", "answers", "amends", "retracts", "under", "carries"];
export const RUNGS = ["", "shown", "read"];
export const STEPS = ["", "called", "crossed", "reached", "ringing", "answered", "held", "resumed", "ended"];
export const REASONS = ["", "hung up", "declined", "no answer", "nobody ready", "not reached", "cancelled", "console lost", "line lost", "station restarted", "station stopping"];
export const BYS = ["nobody", "author", "other"];
export const MATTER_ACTS = ["", "opened", "acknowledged", "closed", "filed"];
export const DISCLOSURE_ACTS = ["", "asked", "consented", "refused", "made"];
export const RULES = ["", "free", "told", "consent"];

export const MAX48 = 2 ** 48 - 1;
export const MAX_TEXT = 16384;
const MAX_TITLE = 256, MAX_WHO = 128, MAX_NAME = 128;

/**
 * A reference to an earlier entry.
 * @typedef {{relation: number, other: boolean, number: number}} Ref
 *
 * Entries of one log that somebody asks to show.
 * @typedef {{other: boolean, bodies: boolean, first: number, last: number}} Range
 *
 * What an entry says beside its header: the fields of its kind are set.
 * @typedef {{text: string, length: number, sha256: Uint8Array, name: string, rung: number, who: string, step: number, reason: number, by: number,
 *   count: number, given: string, path: number, up: boolean, act: number, title: string, serial: number, rule: number, ranges: Range[], to: string}} Body
 *
 * @typedef {{number: number, kind: number, time: number, call: string, seen: {size: number, root: Uint8Array}, about: Ref[], salt: Uint8Array,
 *   body: Body | null, bodySalt: Uint8Array, hidden: Uint8Array, line: number}} Entry
 */

/**
 * The bytes of a body.
 * @param {number} kind
 * @param {Body} b
 * @returns {Uint8Array}
 */
export function encodeBody(kind, b) {
  switch (KINDS[kind]) {
    case "message": return utf8(b.text);
    case "attachment": return joinBytes(big(b.length, 4), b.sha256, utf8(b.name));
    case "receipt": return joinBytes(Uint8Array.of(b.rung), utf8(b.who));
    case "call": return joinBytes(Uint8Array.of(b.step, b.reason, b.by, b.count), unhex(b.given), utf8(b.who));
    case "line": return Uint8Array.of(b.path, b.up ? 1 : 0);
    case "matter": return joinBytes(Uint8Array.of(b.act), utf8(b.title));
    case "accord": return joinBytes(big(b.serial, 4), b.sha256, Uint8Array.of(b.rule));
  }
  const ranges = b.ranges.map((r) => joinBytes(Uint8Array.of((r.other ? 2 : 0) | (r.bodies ? 1 : 0)), big(r.first, 6), big(r.last, 6)));
  return joinBytes(Uint8Array.of(b.act), b.sha256, Uint8Array.of(b.ranges.length), ...ranges, utf8(b.to));
}

/**
 * Whether a station can have written that body under that header.
 * @param {Entry} e
 * @param {Body} b
 */
export function bodyCanBe(e, b) {
  /** @param {string} relation */
  const has = (relation) => e.about.some((r) => RELATIONS[r.relation] === relation);
  switch (KINDS[e.kind]) {
    case "message":
      if (has("retracts") && (has("amends") || has("carries"))) return false;
      if (b.text === "" && !has("retracts") && !has("carries")) return false;
      return utf8(b.text).length <= MAX_TEXT && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(b.text);
    case "attachment":
      return b.length >= 1 && b.length <= 1 << 20 && isLine(b.name, 1, MAX_NAME) && !/[/\\:]/.test(b.name) && b.name[0] !== ".";
    case "receipt":
      if (e.about.length === 0 || e.about.some((r) => !r.other)) return false;
      return RUNGS[b.rung] === "shown" ? b.who === "" : isLine(b.who, 1, MAX_WHO);
    case "call": return callCanBe(e, b);
    case "line": return b.path <= 8;
    case "matter": return matterCanBe(e, b);
    case "accord": return b.serial === 0 ? b.rule > 0 : b.rule === 0;
  }
  return disclosureCanBe(e, b);
}

/**
 * @param {Entry} e
 * @param {Body} b
 */
function callCanBe(e, b) {
  const step = STEPS[b.step];
  const stops = step === "held" || step === "ended";
  if (stops !== b.reason > 0 || (b.by > 0 && step !== "ended")) return false;
  if ((b.count > 0 && step !== "reached" && step !== "ringing") || (b.count === 0 && step === "ringing")) return false;
  if (step === "crossed" && (/^0*$/.test(b.given) || b.given === e.call)) return false;
  if (b.who !== "" && step !== "called" && step !== "answered" && step !== "ended") return false;
  return isLine(b.who, 0, MAX_WHO);
}

/**
 * @param {Entry} e
 * @param {Body} b
 */
function matterCanBe(e, b) {
  const act = MATTER_ACTS[b.act];
  const under = e.about.find((r) => RELATIONS[r.relation] === "under");
  if ((act === "filed") !== (e.call !== "") || (act === "opened") === (under !== undefined)) return false;
  if (act === "acknowledged" && under && !under.other) return false;
  return act === "opened" ? isLine(b.title, 1, MAX_TITLE) : b.title === "";
}

/**
 * @param {Entry} e
 * @param {Body} b
 */
function disclosureCanBe(e, b) {
  const act = DISCLOSURE_ACTS[b.act];
  const shows = act === "asked" || act === "made";
  const answer = e.about.find((r) => RELATIONS[r.relation] === "answers");
  if (shows === (b.ranges.length === 0)) return false;
  if (act === "made" && b.sha256.every((byte) => byte === 0)) return false;
  if (!shows && b.to !== "") return false;
  if ((act === "asked" && answer) || (!shows && !answer) || (answer && !answer.other)) return false;
  for (let i = 0; i < b.ranges.length; i++) {
    const r = b.ranges[i];
    if (r.first > r.last || r.last >= (r.other ? e.seen.size : e.number)) return false;
    if (i > 0 && !before(b.ranges[i - 1], r)) return false;
  }
  return isLine(b.to, 0, MAX_TITLE);
}

/**
 * @param {Range} a
 * @param {Range} b
 */
function before(a, b) {
  if (a.other !== b.other) return b.other;
  return a.bodies !== b.bodies ? a.last < b.first : a.last + 1 < b.first;
}
