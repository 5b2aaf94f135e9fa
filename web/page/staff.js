// @ts-check
/** What is said of the station's people. No DOM. */

import { since } from "./times.js";
import { listed } from "./passkeys.js";

/** @typedef {import("./apipeople.js").Member} Member */

/** plural @param {number} n @param {string} thing */
const plural = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;

/** standing says how a person gets in. @param {Member} m @param {number} now ms */
export function standing(m, now) {
  const last = Math.max(0, ...m.keys.map((k) => Date.parse(k.used)));
  const hosts = [...new Set(m.keys.map((k) => k.host))].join(", ");
  const parts = [m.keys.length ? `${plural(m.keys.length, "passkey")} for ${hosts}, last used ${since(last, now, false).replace(/^since /, "")}` : "Not enrolled"];
  if (m.in) parts.push(`logged in at ${plural(m.in, "browser")}`);
  if (m.link) parts.push(`a link waits to be used, until ${since(Date.parse(m.link.expires), now, false).replace(/^since /, "")}`);
  return `${parts.join("; ")}.`;
}

/** doubt says what is wrong with a person's passkeys, if anything. @param {Member} m */
export function doubt(m) {
  const n = m.keys.filter((k) => k.copied).length;
  return n ? `${plural(n, "passkey")} refused: the counter went back, so another device must have a copy. Press “Passkeys lost” to begin anew.` : "";
}

/** sure asks back before something that hurts. @param {"lost"|"remove"} act @param {Member} m */
export function sure(act, m) {
  return act === "lost"
    ? `End the passkeys of ${m.name}? They are logged out everywhere and need the new link. Those of the only administrator end when the link is used.`
    : `Remove ${m.name}? They are logged out everywhere at once. What they did stays in the record.`;
}

/** same says whether two lists name the same roles. @param {string[]} a @param {string[]} b */
export const same = (a, b) => a.length === b.length && a.every((r) => b.includes(r));

/** @param {Member} m */
export const summary = (m) => listed(m.roles);
