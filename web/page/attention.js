// @ts-check
/** What of the record needs a person: each one sentence and one action. Pure. */

import * as words from "./words.js";

/** @typedef {import("./api.js").Line} Line */
/** @typedef {import("./model.js").Concern} Concern */
/** @typedef {import("./model.js").Desk} Desk */

/**
 * recordConcerns lists what the records of all lines ask of a person. Forks, damage and
 * co-signatures held back are notices of the line. @param {Desk} d @returns {Concern[]}
 */
export function recordConcerns(d) {
  return d.lines.flatMap((l) => (l.record ? [...unread(l, l.record), ...asked(l, l.record), ...unheeded(l, l.record, d)] : []));
}

/** @param {Line} l @param {import("./apirecord.js").RecordState} r @returns {Concern[]} */
function unread(l, r) {
  if (r.unread === 0) return [];
  const n = r.unread === 1 ? "1 message" : `${r.unread} messages`, peer = words.name(l.peer);
  const late = r.chased === 0 ? "" : r.chased === r.unread ? " for more than ten minutes" : `, ${r.chased} of them for more than ten minutes`;
  const verb = r.unread === 1 ? "is" : "are";
  return [{ ...make(`unread:${l.line}`, "warning", `${n} of ${peer} ${verb} not marked read${late}.`,
    r.chased > 0 ? `${peer} is told so.` : ""), button: "Show", does: "unread", about: l.line }];
}

/** @param {Line} l @param {import("./apirecord.js").RecordState} r @returns {Concern[]} */
function asked(l, r) {
  if (r.asked === 0) return [];
  return [{ ...make(`asked:${l.line}`, "warning", `${words.name(l.peer)} asks to disclose a part of the record.`, ""), button: "Show", does: "asked", about: l.line }];
}

/** @param {Line} l @param {import("./apirecord.js").RecordState} r @param {Desk} d @returns {Concern[]} */
function unheeded(l, r, d) {
  const key = `unheeded:${l.line}:${r.unheeded}`;
  if (r.unheeded === 0 || d.seen.has(key)) return [];
  const n = r.unheeded === 1 ? "1 message of ours" : `${r.unheeded} messages of ours`;
  return [{ ...make(key, "warning", `${words.name(l.peer)} has not marked ${n} read for more than ten minutes.`, "Call them, or reach them another way."), button: "Seen", does: "seen", about: key }];
}

/** @param {string} key @param {Concern["severity"]} severity @param {string} what @param {string} action @returns {Concern} */
const make = (key, severity, what, action) => ({ key, severity, what, action, button: "", does: "", about: "" });
