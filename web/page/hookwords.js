// @ts-check
/** What the page says of webhooks and of a try. Pure. */

import { visible } from "./plain.js";
import { millis, parse, since } from "./times.js";

/** @typedef {import("./apitests.js").Webhook} Webhook */
/** @typedef {import("./apitests.js").WebhookResult} WebhookResult */

/** Why, as the end of a sentence. @param {string|undefined} why */
const because = (why) => (why ? `: ${visible(why).replace(/[.\s]+$/, "")}.` : ".");

/** told says of what it is told. @param {Webhook} w */
export const told = (w) => (w.events.length === 0 ? "is told of everything" : `is told of ${w.events.map(visible).join(", ")}`);

/** state says how it stands. @param {Webhook} w @param {number} now @param {boolean} utc @returns {{text: string, failing: boolean}} */
export function state(w, now, utc) {
  const waits = w.waiting > 0 ? ` ${w.waiting} ${w.waiting === 1 ? "event waits" : "events wait"}.` : "";
  const lost = w.lost > 0 ? ` ${w.lost} ${w.lost === 1 ? "event was" : "events were"} lost.` : "";
  if (w.failing) return { text: `Not reached since ${since(parse(w.failing), now, utc)}${because(w.why)}${waits}${lost}`, failing: true };
  if (w.last) return { text: `Last told ${since(parse(w.last), now, utc)}.${waits}${lost}`, failing: false };
  return { text: `Nothing was to be told yet.${waits}${lost}`, failing: false };
}

/** outcome says how a try went, and what can be done. @param {WebhookResult} r */
export const outcome = (r) => (r.arrived ? `Told, in ${millis(r.took_ms)}. Look whether it lit, sounded or rang.`
  : `Not told${because(r.why)} Look at what stands behind it, and at its section in station.toml.`);
