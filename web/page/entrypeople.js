// @ts-check
/**
 * What items say of people: the steps of calls and drills, tests that they make of the line, proofs
 * that a principal's key was touched, the right to call. Pure, like entry.js.
 */

import { visible } from "./plain.js";
import { clock, duration, minute, parse } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./apirecord.js").Item} Item */
/** @typedef {import("./entry.js").Around} Around */

/** The mark of a drill: the word stands wherever a drill is spoken of, whatever the colours. */
export const drillMark = "DRILL";

/** Whether an item is of a drill. @param {Item} i */
export const isDrill = (i) => i.call?.drill === true || i.presence?.drill === true;

/** @param {string} by @param {Around} a */
const side = (by, a) => words.name(by === "us" ? a.us : a.them);

/** @param {string} by @param {Around} a */
const other = (by, a) => side(by === "us" ? "them" : "us", a);

/** A person's name, plain, isolated and not too long; empty if none is stated. @param {string|undefined} text */
export const person = (text) => (text ? words.name(visible(text)) : "");

/** What a person wrote in one line, the same; longer. @param {string|undefined} text */
function written(text) {
  const letters = [...visible(text ?? "").trim()];
  return `\u2068${letters.length > 256 ? letters.slice(0, 255).join("") + "…" : letters.join("")}\u2069`;
}

/** @type {Partial<Record<import("./apiperson.js").Role, string>>} */
const roles = { officer: "watch officer", principal: "principal", observer: "observer" };

/** Roles in words; empty for none. @param {import("./apiperson.js").Role|undefined} role */
const roleWord = (role) => (role ? roles[role] ?? "" : "");

/** who names the side and, if stated, the person with the role. @param {string} by @param {string|undefined} name @param {import("./apiperson.js").Role|undefined} role @param {Around} a */
export function whoActs(by, name, role, a) {
  return [side(by, a), person(name), roleWord(role)].filter(Boolean).join(", ");
}

/** The steps of a call that are more than their name. @type {Record<string, (s: import("./apirecord.js").RecordedStep) => string>} */
const steps = {
  "reached": (s) => (s.count ? `reached, ${s.count} ready` : "reached, nobody ready"),
  "ringing": (s) => (s.count ? `ringing at ${s.count}` : "ringing"),
  "asked": () => "asked for the principal",
  "fetching": (s) => (s.minutes ? `fetching the principal, ${s.minutes} min` : "fetching the principal"),
  "present": () => "principal present",
  "joined": (s) => (s.speaks ? "joined, speaks" : "joined, listens"),
  "handed": () => "handed over",
  "": () => "erased here",
};

/** One rung of a recorded call in words. @param {import("./apirecord.js").RecordedStep} s @param {Around} a */
export function step(s, a) {
  const word = (steps[s.step] ?? (() => s.step))(s);
  return { word: `${word}${s.reason ? `: ${s.reason}` : ""}`, by: whoActs(s.by, s.who, s.role, a), time: clock(parse(s.at), a.utc) };
}

/** drill says what a row of a drill says, after its mark. @param {Item} i @param {Around} a */
export function drill(i, a) {
  const c = i.call, way = `${side(i.by, a)} rang ${other(i.by, a)}`;
  if (!c) return { what: way, detail: "", missed: false };
  if (!c.ended) return { what: way, detail: "The drill goes on.", missed: false };
  const what = c.answered ? `${way} · ${duration(c.length_ms)}` : `${way} · not answered`;
  const detail = c.reason === "interrupted" ? "It gave way to a real call." : `It ended: ${c.reason ?? "no reason stated"}.`;
  return { what, detail, missed: false };
}

/** @typedef {{what: string, detail: string, failed: boolean, facts: string[], steps: {key: string, time: string, title: string, word: string, by: string}[]}} TestSays */

/** test says what a row of a test says. @param {Item} i @param {Around} a @returns {TestSays} */
export function test(i, a) {
  const t = i.test;
  if (!t) return { what: "Test", detail: "", failed: false, facts: [], steps: [] };
  const asked = t.text ? `“${written(t.text)}” to be read back` : "erased here";
  const results = /** @type {Record<string, string>} */ ({ passed: "Passed.", failed: "Failed.", "": t.act === "read back" ? "Read back, not judged yet." : "Not read back yet." });
  const why = t.steps.find((s) => s.act === "failed")?.text;
  return {
    what: `Test by ${whoActs(i.by, t.who, undefined, a)}: ${asked}`,
    detail: t.result === "failed" && why ? `Failed: ${written(why)}` : results[t.result ?? ""] ?? "",
    failed: t.result === "failed",
    facts: [...(t.slot ? [`For the agreed time ${minute(parse(t.slot), a.utc)}.`] : []), ...paths(t.paths, i.by, a), ...t.steps.flatMap((s) => paths(s.paths, s.by, a))],
    steps: t.steps.map((s) => ({
      key: s.key, time: clock(parse(s.at), a.utc), title: s.at, by: whoActs(s.by, s.who, undefined, a),
      word: s.act === "read back" ? `read back “${written(s.text)}”` : s.act === "failed" ? `failed: ${written(s.text)}` : s.act,
    })),
  };
}

/** What a side saw of the paths. @param {import("./apirecord.js").RecordedPath[]|undefined} list @param {string} by @param {Around} a */
function paths(list, by, a) {
  return (list ?? []).map((p) => `Path ${p.number} ${p.up ? `up, ${p.rtt_ms ? `${p.rtt_ms} ms, ` : ""}${(p.loss_permille / 10).toFixed(1)} % lost` : "down"}, as ${side(by, a)} saw it.`);
}

/** presence says what a row of a proof of presence says. @param {Item} i @param {Around} a */
export function presence(i, a) {
  const p = i.presence, who = person(p?.who) || "A principal";
  const what = `${who}’s key, vouched for by ${side(i.by, a)}`, judge = other(i.by, a);
  switch (p?.act) {
    case "claimed": return { what, detail: `Not checked by ${judge} yet.`, failed: false };
    case "verified": return { what, detail: `Checked by ${judge}: a registered key was touched there for this ${p.drill ? "drill" : "call"}.`, failed: false };
    case "refused": return { what, detail: `Refused by ${judge}: ${written(p.reason)}`, failed: true };
  }
  return { what, detail: "Erased here.", failed: false };
}

/** right says what a row of the right to call says. @param {Item} i @param {Around} a */
export function right(i, a) {
  const by = whoActs(i.by, i.right?.who, undefined, a), why = i.right?.text ? `: ${written(i.right.text)}` : "";
  const suspended = i.act === "suspended";
  return { what: suspended ? `${by} suspended the right to call${why}` : `${by} restored the right to call${why}`, suspended };
}
