// @ts-check
// What people do beside writing: tests, proofs of presence, drills, the right to call, and who they are.
import { KINDS, PERSON_ROLES, PRESENCE_ACTS, RIGHT_ACTS, STEPS, TEST_ACTS } from "./body.js";
import { nameOf } from "./file.js";
import { counted, escaped, moment, say } from "./text.js";

/**
 * @typedef {import("./body.js").Entry} Entry
 * @typedef {import("./body.js").Body} Body
 */

/**
 * Warns of what belongs to a drill, so that nobody takes it for real.
 * @param {import("./file.js").File} file
 * @param {string[]} warnings is added to
 */
export function drillsSay(file, warnings) {
  for (const side of [0, 1]) {
    const n = file.logs[side].entries.filter((e) => KINDS[e.kind] === "drill" || e.body?.drill).length;
    if (n > 0) warnings.push(say("warn.drill", { count: counted("entry", n), author: nameOf(file, side) }));
  }
}

/**
 * Who did something, as the author states; nothing if it does not.
 * @param {string} author
 * @param {string} who
 * @param {number} role
 */
export function personSays(author, who, role) {
  const words = { author, who: escaped(who), role: PERSON_ROLES[role] };
  if (who === "") return role === 0 ? "" : say("entry.role", words);
  return say(role === 0 ? "entry.who" : "entry.who-role", words);
}

/**
 * A step of a call in words; the first of them are their names.
 * @param {string} author
 * @param {string} other
 * @param {Body} b
 */
export function stepSays(author, other, b) {
  const step = STEPS[b.step];
  if (b.step <= STEPS.indexOf("ended")) return step;
  const more = step === "fetching" && b.count > 0 ? "-in" : b.speaks ? "-speaks" : "";
  return say("step." + step + more, { author, other, minutes: counted("minute", b.count) });
}

/**
 * @param {string} author
 * @param {Body} b
 */
export function testSays(author, b) {
  const slot = b.slot > 0 ? say("entry.test-slot", { at: moment(b.slot) }) : "";
  const act = TEST_ACTS[b.act].replace(" ", "-");
  return say("entry.test-" + act, { text: escaped(b.text), slot, who: personSays(author, b.who, 0) });
}

/**
 * What the author of a test saw of its paths.
 * @param {string} author
 * @param {Entry} e
 */
export function pathsSay(author, e) {
  return (e.body?.paths ?? []).map((p) => say(p.up ? "entry.test-path" : "entry.test-path-down", { path: p.number, loss: p.loss, rtt: p.rtt, author }));
}

/**
 * @param {string} author
 * @param {string} other
 * @param {Entry} e
 * @param {Body} b
 */
export function presenceSays(author, other, e, b) {
  const call = say(b.drill ? "entry.presence-drill" : "entry.presence-call", { call: e.call });
  return say("entry.presence-" + PRESENCE_ACTS[b.act], { author, other, who: escaped(b.who), call, reason: escaped(b.why) });
}

/**
 * @param {string} author
 * @param {Body} b
 */
export function rightSays(author, b) {
  const why = b.text === "" ? "" : say("entry.right-why", { text: escaped(b.text) });
  return say("entry.right-" + RIGHT_ACTS[b.act], { author, who: personSays(author, b.who, 0), why });
}
