// @ts-check
// What a file that holds proves, and what it does not show, in sentences.
import { DISCLOSURE_ACTS, RULES, STEPS } from "./body.js";
import { checkAccord, checkFork, checkLog, checkSum, cosignedAt } from "./check.js";
import { ROLES, SIDES, nameOf, parse } from "./file.js";
import { drillsSay } from "./people.js";
import { checkAsked, checkFirstEntries, checkKind, chosen, disclosureAt } from "./rules.js";
import { TOLERANCE, entriesOf, fullSize } from "./says.js";
import { Failure, base64, counted, day, escaped, failure, hex, moment, say } from "./text.js";

/**
 * @typedef {import("./file.js").File} File
 * @typedef {{kind: string, title: string, provided?: string, accord: string, rule: string, parties: {name: string, fingerprint: string, confirmed: boolean}[],
 *   entries: import("./says.js").Said[], proven: string[], not_shown: string[], warnings: string[]}} Report
 * @typedef {{proven: boolean, code?: string, sentence?: string, report?: Report}} Result
 */

/**
 * Verifies a disclosure, as "ringdown verify" does.
 * @param {Uint8Array} bytes
 * @param {string[]} [keys] fingerprints that parties must have
 * @returns {Promise<Result>}
 */
export async function verify(bytes, keys = []) {
  try {
    const file = parse(bytes);
    await checkAccord(file);
    if (file.fork) {
      await checkFork(file, file.fork);
    } else {
      for (const side of [0, 1]) await checkLog(file, side);
      checkFirstEntries(file);
      checkKind(file);
      checkAsked(file);
    }
    await checkSum(file);
    const prints = file.prints.map(hex);
    const found = keys.find((k) => !prints.includes(k));
    if (found !== undefined) throw failure("stranger", { found });
    return { proven: true, report: file.fork ? forkReport(file, file.fork, keys) : reportOf(file, keys) };
  } catch (err) {
    if (err instanceof Failure) return { proven: false, code: err.code, sentence: err.message };
    throw err;
  }
}

/**
 * A report of which only the parties are known.
 * @param {File} file
 * @param {string[]} keys
 * @returns {Report}
 */
function reportOn(file, keys) {
  return {
    kind: file.kind, title: "", accord: hex(file.accord), rule: "", entries: [], proven: [], not_shown: [], warnings: [],
    parties: file.prints.map((p, side) => ({ name: nameOf(file, side), fingerprint: hex(p), confirmed: keys.includes(hex(p)) })),
  };
}

/**
 * @param {File} file
 * @param {import("./file.js").Fork} k
 * @param {string[]} keys
 * @returns {Report}
 */
function forkReport(file, k, keys) {
  const r = reportOn(file, keys);
  const author = nameOf(file, k.log), other = nameOf(file, 1 - k.log);
  r.title = say("title.fork", { author, other });
  r.proven.push(say("proven.fork-accord", { accord: r.accord, first: nameOf(file, 0), second: nameOf(file, 1) }));
  for (const p of r.parties) if (p.confirmed) r.proven.push(say("proven.key", { party: p.name }));
  r.proven.push(say("proven.fork-key", { author, key: hex(file.parties[k.log].keys[ROLES.indexOf("log")]) }));
  r.proven.push(say(k.a.size === k.b.size ? "proven.fork-same" : "proven.fork-apart", {
    author, count: counted("entry", k.a.size), more: counted("entry", k.b.size), a: base64(k.a.root), b: base64(k.root),
  }));
  r.proven.push(say("proven.fork", { author }));
  if (!r.parties[k.log].confirmed) {
    r.provided = say("provided.one", { party: author });
    r.not_shown.push(say("not.key", { party: author }));
  }
  r.not_shown.push(say("not.fork-true"), say("not.fork-why", { author }), say("not.fork-when"));
  return r;
}

/**
 * @param {File} file
 * @param {string[]} keys
 * @returns {Report}
 */
function reportOf(file, keys) {
  const names = { first: nameOf(file, 0), second: nameOf(file, 1) };
  const r = reportOn(file, keys);
  r.rule = RULES[file.rule];
  r.proven.push(say("proven.accord", { accord: r.accord, ...names }));
  const open = r.parties.filter((p) => !p.confirmed);
  if (open.length === 2) r.provided = say("provided.both", names);
  if (open.length === 1) r.provided = say("provided.one", { party: open[0].name });
  for (const p of r.parties) if (p.confirmed) r.proven.push(say("proven.key", { party: p.name }));
  drillsSay(file, r.warnings);
  for (const side of [0, 1]) logSays(file, side, r);
  if (file.kind === "range") rangeSays(file, r);
  else if (file.kind === "contact") contactSays(file, r);
  else r.title = say("title.entries", { count: counted("entry", chosen(file).length), ...names });
  ruleSays(file, r);
  r.entries = entriesOf(file, r.warnings);
  notShown(file, r);
  return r;
}

/**
 * The newest Ed25519 co-signature's time; every file that holds has one.
 * @param {File} file
 * @param {number} side
 */
function newestAt(file, side) {
  return moment(cosignedAt(/** @type {Uint8Array} */ (file.logs[side].newest.cosignature)));
}

/**
 * @param {File} file
 * @param {number} side
 * @param {Report} r
 */
function logSays(file, side, r) {
  const l = file.logs[side];
  const names = { author: nameOf(file, side), other: nameOf(file, 1 - side) };
  r.proven.push(say("proven.log", { ...names, count: counted("entry", l.newest.size), at: newestAt(file, side) }));
  const { size, at } = fullSize(l);
  if (size > 0) r.proven.push(say("proven.full", { ...names, count: counted("entry", size), at: moment(at) }));
  r.proven.push(say("proven.entries", names));
  const classical = l.entries.filter((e) => e.number >= size).length;
  if (classical > 0) r.warnings.push(say("warn.classical", { count: counted("entry", classical), ...names }));
}

/**
 * @param {File} file
 * @param {Report} r
 */
function rangeSays(file, r) {
  r.title = say("title.range", { first: nameOf(file, 0), second: nameOf(file, 1), from: moment(file.from), until: moment(file.until) });
  for (const side of [0, 1]) {
    const { first, end } = file.ranges[side];
    const key = "proven.range" + (end === file.logs[side].newest.size ? "-open" : "") + (first === end ? "-none" : "");
    r.proven.push(say(key, {
      author: nameOf(file, side), from: first, last: end - 1, before: first - 1, after: end,
      count: counted("entry", end - first), other: nameOf(file, 1 - side), at: newestAt(file, side),
    }));
  }
}

/**
 * Only two times by one clock make a length.
 * @param {File} file
 * @param {Report} r
 */
function contactSays(file, r) {
  /** @type {Record<string, (number | undefined)[]>} */
  const times = { answered: [], ended: [] };
  const speaks = [false, false];
  for (const { side, e } of chosen(file)) {
    const step = STEPS[e.body?.step ?? 0];
    if (step === "ended") times.ended[side] = e.time; // the last: it may have rung anew after a restart
    else times.answered[side] ??= e.time;
    speaks[side] = true;
    r.proven.push(say("proven." + step, { author: nameOf(file, side), at: moment(e.time) }));
  }
  lasted(file, r, times);
  for (const side of [0, 1]) {
    if (!speaks[1 - side]) r.warnings.push(say("warn.one-sided", { author: nameOf(file, side), other: nameOf(file, 1 - side) }));
  }
  const [a, b] = times.ended;
  if (a !== undefined && b !== undefined && Math.abs(a - b) > TOLERANCE) {
    r.warnings.push(say("warn.ends", { seconds: counted("second", Math.floor(Math.abs(a - b) / 1000)) }));
  }
}

/**
 * @param {File} file
 * @param {Report} r
 * @param {Record<string, (number | undefined)[]>} times
 */
function lasted(file, r, times) {
  let key = "title.contact-unmeasured", on = 0, minutes = 0;
  for (const side of [1, 0]) {
    const answered = times.answered[side], ended = times.ended[side];
    if (answered === undefined) continue;
    on = answered;
    if (ended === undefined || ended < answered) continue;
    minutes = Math.floor((ended - answered) / 60000);
    let length = counted("second", Math.floor((ended - answered) / 1000) % 60);
    key = "title.contact-short";
    if (minutes > 0) {
      length = say("length", { minutes: counted("minute", minutes), seconds: length });
      key = "title.contact";
    }
    r.proven.push(say("proven.lasted", { author: nameOf(file, side), length }));
    break;
  }
  r.title = say(key, { first: nameOf(file, 0), second: nameOf(file, 1), day: day(on), minutes: counted("minute", minutes) });
}

/**
 * @param {File} file
 * @param {Report} r
 */
function ruleSays(file, r) {
  const maker = nameOf(file, file.by), other = nameOf(file, 1 - file.by);
  const answer = file.answer && disclosureAt(file, file.answer);
  const rule = RULES[file.rule];
  if (rule === "free") r.proven.push(say("proven.rule-free"));
  else if (rule === "told" && file.asked) r.proven.push(say("proven.rule-told", { maker, number: file.asked.number, other, at: newestAt(file, file.by) }));
  else if (rule === "told") r.warnings.push(say("warn.untold"));
  else if (!answer || !file.answer || !file.asked) r.warnings.push(say("warn.no-consent"));
  else if (DISCLOSURE_ACTS[answer.act] === "refused") r.warnings.push(say("warn.refused", { other, number: file.answer.number }));
  else r.proven.push(say("proven.rule-consent", { maker, asked: file.asked.number, other, number: file.answer.number }));
}

/**
 * @param {File} file
 * @param {Report} r
 */
function notShown(file, r) {
  const not = r.not_shown;
  for (const p of r.parties) if (!p.confirmed) not.push(say("not.key", { party: p.name }));
  not.push(say("not.agreed"), say("not.time"));
  const to = file.to === "" ? say("for.nobody") : say("for.whom", { to: escaped(file.to) });
  not.push(say("not.maker", { maker: nameOf(file, file.by), made: moment(file.made), to }));
  if (file.kind === "range") not.push(say("not.complete-range"), say("not.range-clock"));
  else if (file.kind === "contact") not.push(say("not.contact"), say("not.complete"));
  else not.push(say("not.complete"));
  const hidden = SIDES.reduce((n, _, side) => n + file.logs[side].entries.filter((e) => e.body === null).length, 0);
  if (hidden > 0) not.push(say("not.bodies", { count: counted("entry", hidden) }));
  not.push(say("not.together"));
}
