// @ts-check
/** What of the record needs a person: each one sentence and one action. Pure. */

import { parse, since } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Line} Line */
/** @typedef {import("./model.js").Concern} Concern */
/** @typedef {import("./model.js").Desk} Desk */

/** recordConcerns lists what the records of all lines ask for, the gravest first. @param {Desk} d @param {number} now @returns {Concern[]} */
export function recordConcerns(d, now) {
  return d.lines.flatMap((l) => (l.record ? [...grave(l, l.record, d, now), ...unread(l, l.record), ...asked(l, d), ...unheeded(l, l.record, d)] : []));
}

/** @param {Line} l @param {import("./apirecord.js").RecordState} r @param {Desk} d @param {number} now @returns {Concern[]} */
function grave(l, r, d, now) {
  const peer = words.name(l.peer), list = /** @type {Concern[]} */ ([]);
  if (r.fork) {
    const whose = r.fork === "us" ? "Our own station" : peer;
    list.push(make(`fork:${l.line}`, "failure", `${whose} has signed two different histories.`,
      "The proof is kept. Tell whoever runs the station, and settle it with the other side in person."));
  }
  if (r.withheld) {
    list.push(make(`withheld:${l.line}`, "warning", `${peer} is there and holds back its co-signature since ${since(parse(r.withheld), now, d.utc)}.`,
      "What is not co-signed cannot be proven. Ask them why."));
  }
  if (r.damaged > 0) {
    const n = r.damaged === 1 ? "1 entry of the record is damaged" : `${r.damaged} entries of the record are damaged`;
    list.push(make(`damaged:${l.line}`, "failure", `${n} on this disk.`, `They are fetched again from ${peer}. Have the disk looked at.`));
  }
  return list;
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

/** @param {Line} l @param {Desk} d @returns {Concern[]} */
function asked(l, d) {
  if (!d.asked?.has(l.line)) return [];
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
