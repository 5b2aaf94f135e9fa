// @ts-check
/** Items of a record to test with. */

import { ago, t0 } from "./desk.js";

/** @returns {import("../page/apirecord.js").Item} */
export const message = (o = {}) => ({
  key: "them/7", position: 7, kind: "message", by: "them", at: ago(60_000), proof: "classical", text: "Lines 4 and 7 are back.",
  ladder: { stage: "delivered" }, ...o,
});

/** @returns {import("../page/apirecord.js").Item} */
export const call = (o = {}, c = {}) => ({
  key: "call/c1", position: 8, kind: "call", by: "us", at: ago(700_000), proof: "full",
  call: {
    id: "c1", answered: ago(690_000), ended: ago(30_000), length_ms: 660_000, reason: "hung up", ended_by: "them",
    steps: [{ key: "us/1", step: "called", by: "us", at: ago(700_000) }], ...c,
  }, ...o,
});

/** @returns {import("../page/entry.js").Around} */
export const around = (o = {}) => ({ us: "North", them: "South", utc: true, now: t0, ahead: 0, ...o });

/** @returns {import("../page/apirecord.js").RecordState} */
export const state = (o = {}) => ({
  standing: "stands", own: { size: 9, classical: 9, full: 9 }, far: { size: 9, classical: 9, full: 9 }, waiting: 0, unread: 0, chased: 0, unheeded: 0, asked: 0, rule: "told", damaged: 0, far_full: false, ...o,
});

/** What a person reads: without the isolates around names. @param {string} text */
export const read = (text) => text.replace(/[\u2068\u2069]/g, "");
