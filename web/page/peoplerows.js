// @ts-check
/** Rows of tests and of proofs of presence, and the mark that every row of a drill carries. */

import { flag, Keyed, make, say } from "./dom.js";
import * as people from "./entrypeople.js";
import { opener, showMisdated, showProof, showTime, stepLine } from "./rowparts.js";

/** @typedef {import("./apirecord.js").Item} Item */
/** @typedef {import("./rows.js").Sight} Sight */

/** drillMark makes the mark, hidden until a row is of a drill. */
export function drillMark() {
  const el = make("strong", "drill-mark", people.drillMark);
  el.title = "An exercise, and no real call";
  el.hidden = true;
  return el;
}

/** A test: one row that opens to what was read, judged and seen of the paths. */
export function testRow() {
  const time = make("time"), what = make("b"), detail = make("span", "call-end"), proof = make("span", "proof"), note = make("p", "misdated");
  const steps = make("ol", "steps"), facts = make("ul", "facts-list");
  const list = new Keyed(steps, stepLine), told = new Keyed(facts, fact);
  let opened = false;
  /** @type {people.TestSays|null} */
  let says = null;
  const print = () => {
    open.setAttribute("aria-expanded", String(opened));
    steps.hidden = facts.hidden = !opened;
    list.show(opened && says ? says.steps : [], (s) => s.key);
    told.show(opened && says ? says.facts : [], (f) => f);
  };
  const open = opener("What was read back, and the paths", () => {
    opened = !opened;
    print();
  });
  return {
    parts: [time, make("div", "entry-body", make("p", "call-line", what, " ", detail), note, steps, facts), make("div", "status", proof), open],
    /** @param {Sight} s @param {Item} i */
    update(s, i) {
      says = people.test(i, s.around);
      showTime(time, i, s);
      say(what, says.what);
      say(detail, says.detail);
      flag(detail, "data-failed", says.failed);
      showMisdated(note, i, s);
      showProof(proof, i);
      print();
    },
  };
}

function fact() {
  const el = make("li", "fact");
  return { el, update: (/** @type {string} */ text) => say(el, text) };
}

/** A proof of presence: whose key, who vouches for it, and what the other side found. */
export function presenceRow() {
  const time = make("time"), mark = drillMark(), what = make("b"), detail = make("span", "call-end"), proof = make("span", "proof"), note = make("p", "misdated");
  return {
    parts: [time, make("div", "entry-body", make("p", "call-line", mark, " ", what, " · ", detail), note), make("div", "status", proof)],
    /** @param {Sight} s @param {Item} i */
    update(s, i) {
      const p = people.presence(i, s.around);
      mark.hidden = !people.isDrill(i);
      showTime(time, i, s);
      say(what, p.what);
      say(detail, p.detail);
      flag(detail, "data-failed", p.failed);
      showMisdated(note, i, s);
      showProof(proof, i);
    },
  };
}
