// @ts-check
/** Desks, lines and calls to test with. */

export const t0 = Date.parse("2026-06-12T14:00:00.000Z");

/** @param {number} ms before t0 */
export const ago = (ms) => new Date(t0 - ms).toISOString();

/** @returns {import("../page/api.js").Path} */
export const path = (o = {}) => ({
  path: 1, name: "fibre", local: "", remote: "", roams: false, state: "up", since: ago(9000), rtt_ms: 40,
  in: { known: true, loss_permille: 0, spread_ms: 1 }, out: { known: true, loss_permille: 0, spread_ms: 1 }, sent: 0, arrived: 0, ...o,
});

/** @returns {import("../page/api.js").Line} */
export const line = (o = {}) => ({
  line: "south", peer: "South", profile: "standard", state: "open", since: ago(60_000), paths: [path()],
  far: { known: true, ready: 2, since: ago(60_000) }, rtt_ms: 40, hold: { ms: 10 }, notices: [], ...o,
});

/** @param {...[string, number, string]} list */
export const steps = (...list) => list.map(([step, before, by]) => ({ step, at: ago(before), by }));

/** @returns {import("../page/api.js").Call} */
export const call = (o = {}) => ({
  id: "c1", state: "active", since: ago(5000), outgoing: true, console: "me", reached: true, ringing: 1, far_ready: 1, gap_ms: 0,
  steps: steps(["called", 8000, "us"], ["reached", 7900, "them"], ["ringing", 7900, "them"], ["answered", 5000, "them"]), ...o,
});

/** @returns {import("../page/model.js").Desk} */
export const desk = (o = {}) => ({
  link: "attached", me: "me", station: "North", consoles: [{ id: "me", name: "Desk 1", ready: true, lost: false, muted: false, kind: "browser" }],
  lines: [line()], notices: [], overtaken: "", front: "south", seen: new Set(), wanted: true, ready: true, faults: [], warnings: [], slept: null, muted: false, utc: true, ...o,
});

/** A desk whose only line carries this call. */
export const inCall = (c = {}, l = {}, d = {}) => desk({ lines: [line({ call: call(c), ...l })], ...d });
