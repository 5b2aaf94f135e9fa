// @ts-check
/** What pages ask of the station about its watch. No DOM: only fetch. */

import { Refusal } from "./protocol.js";

/** @typedef {import("./apiwatch.js").WatchAct} WatchAct */
/** @typedef {import("./apiwatch.js").WatchBook} WatchBook */
/** @typedef {import("./apiwatch.js").WatchSettings} WatchSettings */

const failed = { code: "unreachable", text: "The station was not reached, so nothing was done.", action: "Wait until the page is connected again, then try once more." };

/**
 * @param {string} path @param {RequestInit} [init] @returns {Promise<any>}
 */
export async function ask(path, init) {
  const reply = await fetch(path, init).catch(() => null);
  if (!reply) throw new Refusal(failed);
  if (reply.status === 204) return null;
  const body = await reply.json().catch(() => null);
  if (!reply.ok) throw new Refusal(body?.text ? body : failed);
  return body;
}

/** @param {string} method @param {unknown} body @returns {RequestInit} */
export const json = (method, body) => ({ method, body: JSON.stringify(body), headers: { "content-type": "application/json" } });

/** act carries out an officer's act. @param {"take"|"hand"|"leave"|"here"|"acknowledge"} what @param {WatchAct} m @returns {Promise<void>} */
export const act = (what, m) => ask(`/api/watch/${what}`, json("POST", m));

/** book is all that is kept, and the roster of some days. @param {string} from a day, or "" @param {number} days @returns {Promise<WatchBook>} */
export const book = (from, days) => ask(`/api/watch?${new URLSearchParams({ ...(from && { from }), days: String(days) })}`);

/** set puts a roster, a plan and periods in force. @param {WatchSettings} m @returns {Promise<void>} */
export const set = (m) => ask("/api/watch", json("PUT", m));
