// @ts-check
/**
 * What the console says of a principal's presence: no more than was proven. Pure: text out.
 */

import { clock } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./apipresence.js").Presence} Presence */
/** @typedef {import("./api.js").Line} Line */
/** @typedef {{state: string, what: string, action: string}} Said */

/**
 * said is one proof in words: what is, and what can be done.
 * @param {Presence} p @param {string} station ours @param {string} peer theirs @param {boolean} utc @returns {Said}
 */
export function said(p, station, peer, utc) {
  const key = `${words.name(p.name)}'s key`, at = clock(Date.parse(p.at), utc);
  const own = p.side === "us", us = words.name(station), them = words.name(peer);
  const claimant = own ? us : them, verifier = own ? them : us;
  switch (p.state) {
    case "asked":
      return own ? { state: p.state, what: "Touch your key.", action: `${words.name(p.name)}, the key waits for you: ${them} asks for it once, and for a minute.` }
        : { state: p.state, what: `${claimant} asks for ${key}.`, action: "Wait: nothing is proven yet." };
    case "claimed":
      return { state: p.state, what: `${key} was touched; ${verifier} checks it.`, action: "Wait: nothing is proven yet." };
    case "verified":
      return { state: p.state, what: `${key}, vouched for by ${claimant}`, action: `Touched for this call at ${at}, checked by ${verifier} against the accord.` };
    default:
      return {
        state: "refused", what: `${verifier} refused ${key} at ${at}: ${words.plain(p.reason ?? "")}.`,
        action: own ? "Touch the key again, or read the four words to each other." : "Do not take it as proof. Ask them to touch the key again, or read the four words to each other.",
      };
  }
}

/**
 * reading tells which of the four words are read aloud here: whoever lifted begins.
 * @param {Line} l @returns {{mine: string[], theirs: string[], how: string}|null}
 */
export function reading(l) {
  const c = l.call, four = c?.words ?? [];
  if (!c || four.length !== 4) return null;
  const first = four.slice(0, 2), last = four.slice(2);
  const peer = words.name(l.peer);
  return c.outgoing ? { mine: first, theirs: last, how: `Read the first two to ${peer}. They read you the other two.` }
    : { mine: last, theirs: first, how: `${peer} reads you the first two. Read them the other two.` };
}

/**
 * addresses are those that a person names beside the page's own, each as a browser has it; what is none stays as it is
 * written, for the station to name it.
 * @param {string} text @param {string} own
 */
export function addresses(text, own) {
  const list = text.split(/[\s,;]+/).filter((s) => s !== "").map((s) => /^https?:\/\//i.test(s) && URL.canParse(s) ? new URL(s).origin : s);
  return [...new Set(list)].filter((s) => s !== own);
}
