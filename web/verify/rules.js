// @ts-check
// What each kind of disclosure must show, and what the accord's rule asked for.
import { DISCLOSURE_ACTS, KINDS, RELATIONS, RULES, STEPS } from "./body.js";
import { cosignedAt } from "./check.js";
import { nameOf } from "./file.js";
import { equal, escaped, failure } from "./text.js";

/**
 * @typedef {import("./file.js").File} File
 * @typedef {import("./file.js").Place} Place
 * @typedef {import("./body.js").Entry} Entry
 */

/**
 * An entry that is shown.
 * @param {File} file
 * @param {number} side
 * @param {number} number
 * @returns {Entry | undefined}
 */
export function entryAt(file, side, number) {
  const list = file.logs[side].entries;
  let low = 0, high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (list[mid].number < number) low = mid + 1;
    else high = mid;
  }
  return list[low]?.number === number ? list[low] : undefined;
}

/**
 * The entries that the disclosure is about: not the first of each log, nor those that carry
 * the rule out.
 * @param {File} file
 * @returns {{side: number, e: Entry}[]}
 */
export function chosen(file) {
  /** @param {Place | null} p @param {number} side @param {number} n */
  const is = (p, side, n) => p !== null && p.side === side && p.number === n;
  return [0, 1].flatMap((side) => file.logs[side].entries.filter((e) => e.number !== 0 && !is(file.asked, side, e.number) && !is(file.answer, side, e.number)).map((e) => ({ side, e })));
}

/** @param {File} file */
export function checkFirstEntries(file) {
  for (const side of [0, 1]) {
    const log = nameOf(file, side);
    const e = entryAt(file, side, 0);
    if (!e?.body || KINDS[e.kind] !== "accord" || e.body.serial !== 0 || !equal(e.body.sha256, file.accord)) throw failure("first-entry", { log });
    if (e.body.rule !== file.rule) throw failure("rule", { log, found: RULES[e.body.rule], stated: RULES[file.rule] });
  }
}

/** @param {File} file */
export function checkKind(file) {
  if (file.kind === "contact") checkContact(file);
  else if (file.kind === "range") for (const side of [0, 1]) checkRange(file, side);
  else if (chosen(file).length === 0) throw failure("nothing");
}

/** @param {File} file */
function checkContact(file) {
  const steps = new Set();
  for (const { side, e } of chosen(file)) {
    const step = e.body && KINDS[e.kind] === "call" ? STEPS[e.body.step] : "";
    if (e.call !== file.call || (step !== "answered" && step !== "ended")) throw failure("contact-more", { number: e.number, log: nameOf(file, side) });
    steps.add(step);
  }
  if (steps.size < 2) throw failure("contact-less");
}

/**
 * @param {File} file
 * @param {number} side
 */
function checkRange(file, side) {
  const { first, end } = file.ranges[side];
  const size = file.logs[side].newest.size, log = nameOf(file, side);
  const last = Math.min(end, size - 1);
  for (let number = first - 1; number <= last; number++) {
    if (!entryAt(file, side, number)) throw failure("range-less", { number, log });
  }
  if (end > size) throw failure("range-less", { number: end - 1, log });
  for (const { side: of, e } of chosen(file)) {
    if (of === side && (e.number < first - 1 || e.number > last)) throw failure("range-more", { number: e.number, log });
  }
  checkEnds(file, side);
}

/**
 * @param {File} file
 * @param {number} side
 */
function checkEnds(file, side) {
  const { first, end } = file.ranges[side];
  const { size, cosignature } = file.logs[side].newest, log = nameOf(file, side);
  const before = entryAt(file, side, first - 1), after = entryAt(file, side, end);
  if (first > 1 && before && before.time >= file.from) throw failure("range-early", { number: first - 1, log });
  if (end < size) {
    if (after && after.time < file.until) throw failure("range-late", { number: end, log });
    return;
  }
  if (cosignature && cosignedAt(cosignature) < file.until) throw failure("range-open", { log });
  for (const e of file.logs[1 - side].entries) {
    if (e.seen.size > size) throw failure("range-hides", { log, number: e.number, other: nameOf(file, 1 - side) });
  }
}

/**
 * The body of an entry about a disclosure, if it is shown.
 * @param {File} file
 * @param {Place} p
 */
export function disclosureAt(file, p) {
  const e = entryAt(file, p.side, p.number);
  return e?.body && KINDS[e.kind] === "disclosure" ? e.body : null;
}

/** @param {File} file */
export function checkAsked(file) {
  if (!file.asked) return;
  const asked = disclosureAt(file, file.asked);
  if (!asked || file.asked.side !== file.by || DISCLOSURE_ACTS[asked.act] !== "asked") {
    throw failure("asked", { number: file.asked.number, log: nameOf(file, file.asked.side) });
  }
  if (asked.to !== file.to) throw failure("recipient", { found: escaped(asked.to), stated: escaped(file.to) });
  for (const { side, e } of chosen(file)) {
    const covered = asked.ranges.some((r) => r.other === (side !== file.by) && r.first <= e.number && e.number <= r.last && (r.bodies || e.body === null));
    if (!covered && !isNeighbour(file, side, e)) throw failure("asked-more", { number: e.number, log: nameOf(file, side) });
  }
  if (file.answer) checkAnswer(file, file.asked, file.answer);
}

/**
 * @param {File} file
 * @param {Place} asked
 * @param {Place} answer
 */
function checkAnswer(file, asked, answer) {
  const d = disclosureAt(file, answer);
  const ref = entryAt(file, answer.side, answer.number)?.about.find((r) => RELATIONS[r.relation] === "answers");
  const act = d ? DISCLOSURE_ACTS[d.act] : "";
  const fits = d && answer.side !== file.by && (act === "consented" || act === "refused") && ref?.other && ref.number === asked.number && d.sha256.every((b) => b === 0);
  if (!fits) throw failure("answer", { number: answer.number, log: nameOf(file, answer.side) });
}

/**
 * Whether an entry is shown, without its body, only to bound a range.
 * @param {File} file
 * @param {number} side
 * @param {Entry} e
 */
function isNeighbour(file, side, e) {
  return file.kind === "range" && e.body === null && (e.number === file.ranges[side].first - 1 || e.number === file.ranges[side].end);
}
