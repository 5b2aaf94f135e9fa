// @ts-check
/** How a person in a call is called, and what the rungs of people say. Pure. */

import * as words from "./words.js";

/** @typedef {import("./api.js").Step} Step */
/** @typedef {import("./apiperson.js").Role} Role */

/** What a role is called beside a name. @type {Record<Role, string>} */
export const roleWords = { officer: "watch officer", principal: "principal", observer: "observer", administrator: "administrator" };

/** "I. Petrova, watch officer"; without a name the role, without either nothing. @param {string|undefined} who @param {Role|undefined} role */
export function titled(who, role) {
  const what = role ? roleWords[role] ?? "" : "";
  if (!who) return what ? `the ${what}` : "";
  return what ? `${words.name(who)}, ${what}` : words.name(who);
}

/** A rung of people in words. @param {Step} s */
export function rungWord(s) {
  const who = titled(s.who, s.role) || "somebody";
  switch (s.step) {
    case "asked": return "principal asked for";
    case "fetching": return s.minutes ? `${s.who ? words.name(s.who) : "principal"} expected in ${s.minutes} min` : `${s.who ? words.name(s.who) : "principal"} is fetched`;
    case "present": return s.who ? `${words.name(s.who)}, principal, is there` : "principal is there";
    case "joined": return `${who} joined to ${s.speaks ? "speak" : "listen"}`;
    case "left": return `${who} left`;
    case "handed": return `handed to ${who}`;
  }
  return s.step;
}
