// @ts-check
// Bodies of entries: what they may say, and the bytes that say it (package record).
import { big, isLine, joinBytes, unhex, utf8 } from "./text.js";

export const KINDS = ["", "message", "attachment", "receipt", "call", "line", "matter", "accord", "disclosure", "test", "drill", "presence", "right"];
export const RELATIONS = ["", "answers", "amends", "retracts", "under", "carries"];
export const RUNGS = ["", "shown", "read", "seen"];
export const STEPS = ["", "called", "crossed", "reached", "ringing", "answered", "held", "resumed", "ended",
  "asked", "fetching", "present", "joined", "left", "handed"];
export const PERSON_ROLES = ["", "watch officer", "principal", "observer"];
export const REASONS = ["", "hung up", "declined", "no answer", "nobody ready", "not reached", "cancelled", "console lost", "line lost",
  "station restarted", "station stopping", "suspended", "interrupted"];
export const BYS = ["nobody", "author", "other"];
export const MATTER_ACTS = ["", "opened", "acknowledged", "closed", "filed"];
export const DISCLOSURE_ACTS = ["", "asked", "consented", "refused", "made"];
export const RULES = ["", "free", "told", "consent"];
export const TEST_ACTS = ["", "asked", "read back", "passed", "failed"];
export const PRESENCE_ACTS = ["", "claimed", "verified", "refused"];
export const RIGHT_ACTS = ["", "suspended", "restored"];

export const MAX48 = 2 ** 48 - 1;
export const MAX_TEXT = 16384;
const MAX_TITLE = 256, MAX_WHO = 128, MAX_NAME = 128, MAX_WHY = 256;
export const MAX_AUTH_DATA = 512, MAX_CLIENT_DATA = 1024, MAX_ASSERTION = 512;

/**
 * A reference to an earlier entry.
 * @typedef {{relation: number, other: boolean, number: number}} Ref
 *
 * Entries of one log that somebody asks to show.
 * @typedef {{other: boolean, bodies: boolean, first: number, last: number}} Range
 *
 * What a path was like during a test.
 * @typedef {{number: number, up: boolean, loss: number, rtt: number}} TestPath
 *
 * What a claim of presence was made over, and the assertion.
 * @typedef {{credential: Uint8Array, own: Uint8Array, far: Uint8Array, role: number, nonce: Uint8Array, authData: Uint8Array, clientData: Uint8Array,
 *   signature: Uint8Array}} Claim
 *
 * What an entry says beside its header: the fields of its kind are set.
 * @typedef {{text: string, length: number, sha256: Uint8Array, name: string, rung: number, who: string, step: number, reason: number, by: number,
 *   count: number, given: string, path: number, up: boolean, act: number, title: string, serial: number, rule: number, ranges: Range[], to: string,
 *   speaks: boolean, role: number, slot: number, paths: TestPath[], drill: boolean, claim: Claim | null, why: string}} Body
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
    case "call":
    case "drill": return joinBytes(Uint8Array.of(b.step, b.reason, b.speaks ? 1 : b.by, b.role || b.count), unhex(b.given), utf8(b.who));
    case "line": return Uint8Array.of(b.path, b.up ? 1 : 0);
    case "matter": return joinBytes(Uint8Array.of(b.act), utf8(b.title));
    case "accord": return joinBytes(big(b.serial, 4), b.sha256, Uint8Array.of(b.rule));
    case "test": return encodeTest(b);
    case "presence": return encodePresence(b);
    case "right": return joinBytes(Uint8Array.of(b.act), sized(utf8(b.who), 1), utf8(b.text));
  }
  const ranges = b.ranges.map((r) => joinBytes(Uint8Array.of((r.other ? 2 : 0) | (r.bodies ? 1 : 0)), big(r.first, 6), big(r.last, 6)));
  return joinBytes(Uint8Array.of(b.act), b.sha256, Uint8Array.of(b.ranges.length), ...ranges, utf8(b.to));
}

/**
 * @param {Uint8Array} bytes behind their length
 * @param {number} size of the length
 */
function sized(bytes, size) {
  return joinBytes(big(bytes.length, size), bytes);
}

/** @param {Body} b */
function encodeTest(b) {
  const paths = b.paths.map((p) => joinBytes(Uint8Array.of(p.number, p.up ? 1 : 0), big(p.loss, 2), big(p.rtt, 2)));
  return joinBytes(Uint8Array.of(b.act), big(b.slot, 6), Uint8Array.of(paths.length), ...paths, sized(utf8(b.who), 1), utf8(b.text));
}

/** @param {Body} b */
function encodePresence(b) {
  const head = joinBytes(Uint8Array.of(b.act, b.drill ? 1 : 0), sized(utf8(b.who), 1));
  if (b.claim === null) return joinBytes(head, utf8(b.why));
  const c = b.claim;
  return joinBytes(head, c.credential, c.own, c.far, Uint8Array.of(c.role), c.nonce, sized(c.authData, 2), sized(c.clientData, 2), sized(c.signature, 2));
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
    case "call":
    case "drill": return callCanBe(e, b);
    case "test": return testCanBe(e, b);
    case "presence": return presenceCanBe(e, b);
    case "right": return isLine(b.who, 0, MAX_WHO) && isLine(b.text, RIGHT_ACTS[b.act] === "suspended" ? 1 : 0, MAX_WHY);
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
  const counts = step === "reached" || step === "ringing" || step === "fetching";
  const person = step === "called" || step === "answered" || b.step >= STEPS.indexOf("ended");
  if (stops !== b.reason > 0 || (b.by > 0 && step !== "ended")) return false;
  if (REASONS[b.reason] === "interrupted" && KINDS[e.kind] !== "drill") return false;
  if ((b.count > 0 && !counts) || (b.count === 0 && step === "ringing")) return false;
  if (step === "crossed" && (/^0*$/.test(b.given) || b.given === e.call)) return false;
  if ((b.who !== "" && !person) || (b.role > 0 && (!person || counts))) return false;
  return isLine(b.who, 0, MAX_WHO);
}

/**
 * @param {Entry} e
 * @param {Body} b
 */
function testCanBe(e, b) {
  const act = TEST_ACTS[b.act];
  const answer = e.about.find((r) => RELATIONS[r.relation] === "answers");
  if ((b.slot > 0 && act !== "asked") || (answer === undefined) !== (act === "asked")) return false;
  if (answer && !answer.other && act !== "failed") return false;
  if (b.paths.some((p, i) => i > 0 && p.number <= b.paths[i - 1].number)) return false;
  return isLine(b.who, 0, MAX_WHO) && (act === "passed" ? b.text === "" : isLine(b.text, 1, MAX_WHY));
}

/**
 * @param {Entry} e
 * @param {Body} b
 */
function presenceCanBe(e, b) {
  const act = PRESENCE_ACTS[b.act];
  const answer = e.about.find((r) => RELATIONS[r.relation] === "answers");
  if ((answer === undefined) !== (act === "claimed") || (answer && !answer.other)) return false;
  if (b.claim && (b.claim.authData.length < 37 || b.claim.clientData.length < 1 || b.claim.signature.length < 1)) return false;
  return isLine(b.who, 1, MAX_WHO) && (act === "refused" ? isLine(b.why, 1, MAX_WHY) : b.why === "");
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
