// @ts-check
// What each entry says, and when it was written by the other side's clock.
import { BYS, DISCLOSURE_ACTS, KINDS, MATTER_ACTS, REASONS, RELATIONS, RULES, RUNGS } from "./body.js";
import { cosignedAt } from "./check.js";
import { SIDES, nameOf } from "./file.js";
import { pathsSay, personSays, presenceSays, rightSays, stepSays, testSays } from "./people.js";
import { entryAt } from "./rules.js";
import { counted, escaped, hex, moment, say } from "./text.js";

/**
 * @typedef {import("./file.js").File} File
 * @typedef {import("./body.js").Entry} Entry
 * @typedef {{log: string, number: number, kind: string, time: number, proof: string, head: string, says: string, text?: string, notes: string[]}} Said
 */

/** How far clocks may differ before it is said, in milliseconds. */
export const TOLERANCE = 10000;

/**
 * How many entries of a log are co-signed with ML-DSA-44, and when.
 * @param {import("./file.js").Log} l
 */
export function fullSize(l) {
  const c = l.full ?? l.newest;
  return c.cosignaturePQ ? { size: c.size, at: cosignedAt(c.cosignaturePQ) } : { size: 0, at: 0 };
}

/**
 * @param {File} file
 * @param {string[]} warnings is added to
 * @returns {Said[]}
 */
export function entriesOf(file, warnings) {
  return [0, 1].flatMap((side) => {
    const { size } = fullSize(file.logs[side]);
    return file.logs[side].entries.map((e) => {
      const [says, text] = saysOf(file, side, e);
      const notes = e.about.map((r) => say("entry." + RELATIONS[r.relation], { number: r.number, author: nameOf(file, r.other ? 1 - side : side) }));
      notes.push(...pathsSay(nameOf(file, side), e));
      notes.push(bounds(file, side, e, warnings));
      takenBack(file, side, e, warnings);
      const head = say("entry.head", { author: nameOf(file, side), number: e.number, at: moment(e.time) });
      const said = { log: SIDES[side], number: e.number, kind: KINDS[e.kind], time: e.time, proof: e.number < size ? "full" : "classical", head, says, notes };
      return text === "" ? said : { ...said, text };
    });
  });
}

/**
 * @param {File} file
 * @param {number} side
 * @param {Entry} e
 * @param {string[]} warnings
 */
function takenBack(file, side, e, warnings) {
  for (const r of e.about) {
    const target = entryAt(file, side, r.number);
    if (r.other || !target || KINDS[target.kind] !== "message") continue;
    const words = { number: r.number, author: nameOf(file, side), by: e.number };
    if (RELATIONS[r.relation] === "retracts") warnings.push(say("warn.retracted", words));
    if (RELATIONS[r.relation] === "amends") warnings.push(say("warn.amended", words));
  }
}

/**
 * @param {File} file
 * @param {number} side
 * @param {Entry} e
 * @param {string[]} warnings
 */
function bounds(file, side, e, warnings) {
  const l = file.logs[side], other = nameOf(file, 1 - side);
  let before = cosignedAt(/** @type {Uint8Array} */ (l.newest.cosignature));
  if (l.full?.cosignaturePQ && e.number < l.full.size) before = Math.min(before, cosignedAt(l.full.cosignaturePQ));
  before += 1000; // it says whole seconds, rounded down
  const seen = entryAt(file, 1 - side, e.seen.size - 1);
  for (const h of file.logs[1 - side].entries) if (h.seen.size > e.number) before = Math.min(before, h.time);
  if (seen && before < seen.time) return say("entry.turned", { other });
  const off = seen && e.time < seen.time ? e.time - seen.time : Math.max(0, e.time - before);
  if (Math.abs(off) > TOLERANCE) {
    warnings.push(say("warn.misdated", {
      number: e.number, author: nameOf(file, side), seconds: counted("second", Math.floor(Math.abs(off) / 1000)), before: say(off < 0 ? "before" : "after"), other,
    }));
  }
  if (!seen) return say("entry.before", { other, before: moment(before) });
  return say("entry.bounds", { other, after: moment(seen.time), before: moment(before) });
}

/**
 * What an entry says in a sentence and, of a message, its text.
 * @param {File} file
 * @param {number} side
 * @param {Entry} e
 * @returns {[string, string]}
 */
function saysOf(file, side, e) {
  const b = e.body, author = nameOf(file, side), other = nameOf(file, 1 - side);
  if (b === null) return [KINDS[e.kind] === "drill" ? say("entry.hidden-drill") : say("entry.hidden", { kind: KINDS[e.kind] }), ""];
  switch (KINDS[e.kind]) {
    case "message":
      return b.text === "" ? [say("entry.message-empty"), ""] : [say("entry.message"), b.text.split("\n").map(escaped).join("\n")];
    case "attachment":
      return [say("entry.attachment", { name: escaped(b.name), length: b.length, sha256: hex(b.sha256) }), ""];
    case "receipt":
      return [say("entry.receipt-" + RUNGS[b.rung], { who: escaped(b.who), author }), ""];
    case "call":
    case "drill":
      return [callSays(file, side, e, b), ""];
    case "line":
      return [say(b.path === 0 ? "entry.line" : "entry.path", { path: b.path, state: b.up ? "up" : "down" }), ""];
    case "matter":
      return [say(MATTER_ACTS[b.act] === "opened" ? "entry.matter-opened" : "entry.matter", { act: MATTER_ACTS[b.act], title: escaped(b.title) }), ""];
    case "accord":
      return [say(b.serial > 0 ? "entry.amendment" : "entry.accord", { rule: RULES[b.rule], serial: b.serial, sha256: hex(b.sha256) }), ""];
    case "test":
      return [testSays(author, b), ""];
    case "presence":
      return [presenceSays(author, other, e, b), ""];
    case "right":
      return [rightSays(author, b), ""];
  }
  return [say(b.to === "" ? "entry.disclosure" : "entry.disclosure-for", { act: DISCLOSURE_ACTS[b.act], to: escaped(b.to) }), ""];
}

/**
 * @param {File} file
 * @param {number} side
 * @param {Entry} e
 * @param {import("./body.js").Body} b
 */
function callSays(file, side, e, b) {
  const author = nameOf(file, side), other = nameOf(file, 1 - side);
  let reason = "";
  if (b.reason > 0) {
    const words = { reason: REASONS[b.reason], by: BYS[b.by] === "author" ? author : other };
    reason = say(BYS[b.by] === "nobody" ? "entry.reason" : "entry.reason-by", words);
  }
  const words = { call: e.call, step: stepSays(author, other, b), who: personSays(author, b.who, b.role), reason };
  return say(KINDS[e.kind] === "drill" ? "entry.drill" : "entry.call", words);
}
