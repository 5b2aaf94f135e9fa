// @ts-check
/** What the page Accord says: pure functions of the accord. */

import { minute, months, parse } from "./times.js";
import { name } from "./words.js";

/** @typedef {import("./apiaccord.js").Accord} Accord */
/** @typedef {import("./apiaccord.js").Proposal} Proposal */
/** @typedef {import("./apiaccord.js").Rules} Rules */

/** What each side sees of the other's watch. @type {Record<string, string>} */
const watches = {
  nothing: "nothing of the watch",
  staffed: "whether somebody has the watch",
  count: "how many consoles are ready",
  names: "who has the watch",
};

/** @param {string[]} list */
const both = (list) => (list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`);

/** sentences say what rules mean, one each. @param {Rules} r */
export const sentences = (r) => [
  `Each side sees ${watches[r.watch] ?? r.watch}.`,
  r.tests.length ? `People test the line every day at ${both(r.tests)} UTC.` : "People do not test the line at set times.",
  r.suspended_text ? "While a side has suspended calls, text still passes." : "While a side has suspended calls, no text passes.",
];

/**
 * timesOf reads what a person typed: times of day between commas or spaces, in any order. A string is what
 * is wrong with it.
 * @param {string} typed @returns {string[]|string}
 */
export function timesOf(typed) {
  const list = typed.split(/[\s,;]+/).filter(Boolean).map((t) => (/^\d:\d\d$/.test(t) ? `0${t}` : t));
  const bad = list.find((t) => !/^([01]\d|2[0-3]):[0-5]\d$/.test(t));
  if (bad !== undefined) return `“${bad.slice(0, 20)}” is no time of day: write it as 08:00.`;
  if (new Set(list).size < list.length) return "A time stands there twice.";
  if (list.length > 4) return `${list.length} times are written; four are the most.`;
  return list.sort();
}

/** differences are the sentences that would be others. @param {Rules} now @param {Rules} other */
export const differences = (now, other) => sentences(other).filter((s, i) => s !== sentences(now)[i]);

/** grouped makes a fingerprint readable: eight digits at a time. @param {string} hex */
export const grouped = (hex) => hex.replace(/(.{8})(?=.)/g, "$1 ");

/** dated is a day with its year: accords last. @param {number} ms @param {boolean} utc */
function dated(ms, utc) {
  const d = new Date(ms);
  return utc ? `${d.getUTCDate()} ${months[d.getUTCMonth()]} ${d.getUTCFullYear()}` : `${d.getDate()} ${months[d.getMonth()]} ${d.getFullYear()}`;
}

/** stamp is a day and a minute. @param {string|undefined} at @param {boolean} utc */
export const stamp = (at, utc) => `${dated(parse(at), utc)}, ${minute(parse(at), utc)}${utc ? " UTC" : ""}`;

/** What a role's key is for. @type {Record<string, string>} */
export const roles = {
  identity: "signs this accord and its changes",
  line: "opens the line",
  log: "signs the side’s own record",
  cosign: "co-signs the other’s record",
  "cosign-pq": "co-signs it against quantum computers",
};

/**
 * said is how a proposal stands, in one sentence, and what can be done.
 * @param {Proposal} p @param {Accord} a @param {boolean} may this person may decide @param {boolean} utc
 * @returns {{tone: string, text: string, does: ("approve"|"refuse"|"withdraw")[], word: string}}
 */
export function said(p, a, may, utc) {
  const peer = name(a.peer);
  if (p.by === "them") {
    if (p.state === "approved") return { tone: "", text: `Approved here on ${stamp(p.at, utc)}. It comes into force by itself as soon as the line is open.`, does: [], word: "" };
    const text = may ? "What is approved is not taken back; it comes into force on both sides and is entered in both records." : "An administrator of this station approves or refuses it.";
    return { tone: "asks", text, does: may ? ["approve", "refuse"] : [], word: "" };
  }
  switch (p.state) {
    case "approved":
      return { tone: "", text: `Approved by ${peer} on ${stamp(p.at, utc)}. It comes into force by itself as soon as the line is open.`, does: [], word: "" };
    case "refused":
      return { tone: "refused", text: `Refused by ${peer} on ${stamp(p.at, utc)}.`, does: may ? ["withdraw"] : [], word: "Take note" };
  }
  return { tone: "", text: `Waits for a person at ${peer}.`, does: may ? ["withdraw"] : [], word: "Take it back" };
}

/** terms are what is fixed until a new accord, by their names. @param {Accord} a @returns {[string, string][]} */
export function terms(a) {
  return [
    ["Datagrams", { standard: "standard: 320 bytes every 20 ms", wide: "wide: 640 bytes every 20 ms", thin: "thin: 320 bytes every 60 ms" }[a.profile] ?? a.profile],
    ["Voice", a.hold_back === "hitless" ? "hitless: the cut of a path is not heard" : "first copy: the least delay"],
    ["Showing the record to others", { free: "free", told: "after telling the other side", consent: "with the other side’s consent" }[a.disclosure] ?? a.disclosure],
    ["To be renewed by", dated(Date.parse(`${a.expires}T00:00:00Z`), true)],
  ];
}
