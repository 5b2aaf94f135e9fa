// @ts-check
/** The newest of a call's principals and proofs, in a sentence for the glance. Pure. */

import { said } from "./presencewords.js";
import { mayAct } from "./rights.js";
import { clock, parse } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Line} Line */
/** @typedef {import("./api.js").Call} Call */
/** @typedef {import("./api.js").Step} Step */
/** @typedef {import("./model.js").Desk} Desk */

const none = { what: "", action: "" };

/** news says what was last asked, told or proven of a principal, and what can be done. @param {Desk} d @param {Line} l @param {Call} c @param {boolean} within this console is in the call @returns {words.Saying} */
export function news(d, l, c, within) {
  const step = c.steps.findLast((s) => ["asked", "fetching", "present"].includes(s.step));
  const proof = c.presence?.reduce((a, b) => (parse(b.at) > parse(a.at) ? b : a), c.presence[0]);
  if (proof && (!step || parse(proof.at) >= parse(step.at) || step.step === "present")) {
    const p = said(proof, d.station, l.peer, d.utc);
    return { what: /\.$/.test(p.what) ? p.what : `${p.what}.`, action: p.action };
  }
  return step ? ofStep(d, step, mayAct(d), within) : none;
}

/** @param {Desk} d @param {Step} s @param {boolean} acts @param {boolean} within @returns {words.Saying} */
function ofStep(d, s, acts, within) {
  const theirs = s.by === "them", whose = theirs ? "their" : "our", who = s.who ? `${words.name(s.who)}, ${whose} principal,` : `${theirs ? "Their" : "Our"} principal`;
  const here = acts && within && !theirs ? "When the principal stands beside you, press Principal is here." : "";
  switch (s.step) {
    case "asked":
      return theirs ? { what: "They ask for our principal.", action: acts ? "Press Fetch our principal, and tell them in how many minutes." : "" }
        : { what: "Their principal is asked for.", action: "" };
    case "fetching":
      return { what: s.minutes ? `${who} is expected by ${clock(parse(s.at) + s.minutes * 60_000, d.utc).slice(0, 5)}.` : `${who} is fetched.`, action: here };
    default:
      return { what: `${who} is ${theirs ? "there" : "here"}.`, action: "" };
  }
}
