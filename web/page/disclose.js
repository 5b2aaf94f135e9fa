// @ts-check
/** Disclosures in words, and what is asked of the station for one. Pure. */

import { isolated, who } from "./entry.js";

/** @typedef {import("./apirecord.js").Disclosure} Disclosure */
/** @typedef {import("./apirecord.js").NewDisclosure} NewDisclosure */

/**
 * A Wish is what the form holds.
 * @typedef {object} Wish
 * @property {"entries"|"range"|"contact"} what
 * @property {string[]} ticked keys of items, in the order they were ticked
 * @property {boolean} bodies
 * @property {number} from ms
 * @property {number} until ms
 * @property {string} to
 * @property {boolean} anyway
 */

export const mostEntries = 256;

/** refusal says why a wish cannot be asked yet; empty if it can. @param {Wish} w */
export function refusal(w) {
  const calls = w.ticked.filter((k) => k.startsWith("call/"));
  switch (w.what) {
    case "entries":
      if (w.ticked.length === 0) return "Tick the entries to show, in the record below.";
      return w.ticked.length > mostEntries ? `At most ${mostEntries} entries are shown at once; choose a range of days instead.` : "";
    case "contact":
      return calls.length === 1 && w.ticked.length === 1 ? "" : "Tick one call, and nothing else, in the record below.";
    default:
      return w.from < w.until ? "" : "The first day must not come after the last.";
  }
}

/** chosen says what a wish that can be asked shows. @param {Wish} w */
export function chosen(w) {
  switch (w.what) {
    case "entries": return w.ticked.length === 1 ? "1 entry ticked." : `${w.ticked.length} entries ticked.`;
    case "contact": return "That there was contact, when, and for how long; nothing of what was said.";
    default: return `${w.bodies ? "Every entry" : "The header of every entry"} in both records between these days, so nothing can be left out.`;
  }
}

/** request is what is asked of the station. @param {Wish} w @returns {NewDisclosure} */
export function request(w) {
  const all = { ...(w.to.trim() && { to: w.to.trim() }), ...(w.anyway && { anyway: true }) };
  switch (w.what) {
    case "entries": return { ...all, entries: w.ticked, ...(w.bodies && { bodies: true }) };
    case "contact": return { ...all, contact: w.ticked[0] };
    default: return { ...all, from: new Date(w.from).toISOString(), until: new Date(w.until).toISOString(), ...(w.bodies && { bodies: true }) };
  }
}

/** What the accord's rule does. @type {Record<string, (peer: string) => string>} */
export const rules = {
  free: () => "By the accord this is free: the file is made at once, and an entry in the record says so.",
  told: (peer) => `By the accord ${peer} is told first: the file is made as soon as their station has co-signed that.`,
  consent: (peer) => `By the accord ${peer} must agree: the file is made as soon as a person there has.`,
  "": (peer) => `The accord’s rule is carried out by itself: free makes the file at once; told, once ${peer} is told; consent, once ${peer} agrees.`,
};

/** @param {string} rule @param {string} peer isolated */
export const ruleSays = (rule, peer) => (rules[rule] ?? rules[""])(peer);

/** What "anyway" comes to. @param {string} rule */
export const anywaySays = (rule) => (rule === "told" ? "Make it without telling them first. Whoever verifies it is told so." : "Make it without their consent. Whoever verifies it is told so.");

/** state says how far a disclosure is. @param {Disclosure} d @param {string} peer isolated */
export function state(d, peer) {
  const ours = d.by === "us";
  switch (d.state) {
    case "waiting": return ours ? "Waits for the line; it goes on by itself." : "Waits for the line.";
    case "asked":
      if (!ours) return d.rule === "consent" ? `${peer} asks for our consent.` : `${peer} tells us that this will be disclosed.`;
      return d.rule === "consent" ? `Asked. It is made as soon as ${peer} agrees.` : `${peer} is being told. It is made by itself.`;
    case "consented": return ours ? `${peer} has agreed; the file is being made.` : "We agreed.";
    case "refused": return ours ? `${peer} refused; no file was made.` : "We refused.";
    case "made": return ours ? "The file is made." : `${peer} has made the file.`;
  }
  return "";
}

/** needsAnswer: the other side asks, and nobody here has answered. @param {Disclosure} d */
export const needsAnswer = (d) => d.by === "them" && d.state === "asked" && d.rule === "consent";

/** to names for whom. A proof that one side signed two histories is for everybody. @param {Disclosure} d */
export const to = (d) => (d.id.startsWith("fork-") ? "A proof, for whoever shall see it" : d.to ? `For ${isolated(d.to, 120)}` : "For nobody named");

/** shows says in words what a disclosure shows; what it does not understand it leaves as it is. @param {string} text @param {import("./entry.js").Around} a */
export function shows(text, a) {
  const m = /^(headers of )?(us|them)\/(\d+)(?: to \2\/(\d+))?$/.exec(text);
  if (!m) return isolated(text, 200);
  const [, headers, by, from, to] = m, how = headers ? "without their text" : "with their text";
  return `${who(by, a)}’s ${to ? `entries ${from} to ${to}` : `entry ${from}`}, ${to ? how : how.replace("their", "its")}`;
}
