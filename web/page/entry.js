// @ts-check
/**
 * What one item of the record says: its sentences, its ladder, its proof. Pure: the
 * rows print what these return. Names and titles of others are isolated and plain.
 */

import * as people from "./entrypeople.js";
import { clock, day, dayKey, duration, minute, parse, span } from "./times.js";
import { rang } from "./model.js";
import { visible } from "./plain.js";
import * as words from "./words.js";

/** @typedef {import("./apirecord.js").Item} Item */
/** @typedef {import("./apirecord.js").Stage} Stage */

/**
 * Around says who the two are and how times are written.
 * @typedef {{us: string, them: string, utc: boolean, now: number, ahead: number}} Around ahead: their clock less ours, ms
 */

/** bidi isolates text of others in a sentence, plain and not too long. @param {string} text @param {number} [longest] */
export function isolated(text, longest = 80) {
  const letters = [...visible(text).replace(/\s+/gu, " ").trim()];
  const short = letters.length > longest ? letters.slice(0, longest - 1).join("") + "…" : letters.join("");
  return `\u2068${short || "unnamed"}\u2069`;
}

/** who names a side. @param {string} by @param {Around} a */
export const who = (by, a) => words.name(by === "us" ? a.us : a.them);

/** when is the time in a row: with its date where it stands under another day. @param {string|undefined} at @param {boolean} dated @param {Around} a */
export function when(at, dated, a) {
  const ms = parse(at);
  if (Number.isNaN(ms)) return "–";
  const year = Math.floor(dayKey(ms, a.utc) / 10_000), other = year !== Math.floor(dayKey(a.now, a.utc) / 10_000);
  return dated ? `${day(ms, a.utc)}${other ? ` ${year}` : ""} ${minute(ms, a.utc)}` : minute(ms, a.utc);
}

/** @param {Item} i @param {Around} a */
export const minuteOf = (i, a) => when(i.at, dayKey(parse(i.at), a.utc) !== dayKey(a.now, a.utc), a);

/** Every way of telling a time: here, there, UTC. @param {string|undefined} at @param {Around} a */
export function everyTime(at, a) {
  const ms = parse(at);
  if (Number.isNaN(ms)) return "";
  const there = Math.abs(a.ahead) > 1000 ? ` · ${clock(ms + a.ahead, false)} by their clock` : "";
  return `${day(ms, false)} ${clock(ms, false)} here${there} · ${day(ms, true)} ${clock(ms, true)} UTC`;
}

/** The stages in their order. @type {Stage[]} */
export const stages = ["waiting", "on the line", "delivered", "shown", "read", "seen"];

/** What each stage means, of a message of ours. @type {Record<Stage, string>} */
export const stageMeaning = {
  "waiting": "Written and safe on this disk. It is sent by itself, in order.",
  "on the line": "Numbered and signed here, on its way.",
  "delivered": "On their disk, and co-signed by their station.",
  "shown": "It has stood on the screen of a ready console there.",
  "read": "A person there has marked it read.",
  "seen": "The principal there, logged in, has marked it read.",
};

/**
 * A Progress is the ladder at a glance: how many rungs, a word, and whether a person should look.
 * @typedef {{rungs: number, word: string, chased: boolean, title: string}} Progress
 */

/** Their message that waits for a person here to mark it read. @param {Item} i */
export const isUnread = (i) => i.kind === "message" && i.by === "them" && i.ladder?.stage !== "read" && i.ladder?.stage !== "seen" && !i.retracted_by && !i.amended_by;

/** progress says how far a message has got: ours there, theirs here. @param {Item} i @param {Around} a @returns {Progress} */
export function progress(i, a) {
  const l = i.ladder, stage = l?.stage ?? "waiting", rungs = stages.indexOf(stage) + 1;
  const read = l?.seen_at ? `seen by the principal ${isolated(l.seen_by || "", 40)} ${minute(parse(l.seen_at), a.utc)}`
    : l?.read_at ? `read by ${isolated(l.read_by || "somebody", 40)} ${minute(parse(l.read_at), a.utc)}` : "";
  const title = ladderLines(i, a).join("\n");
  if (i.by === "us") return { rungs, word: (read || stage) + (l?.chased ? ", not read" : ""), chased: l?.chased === true, title };
  const word = stage === "read" || stage === "seen" ? read || stage : !isUnread(i) ? "" : l?.chased ? "not marked read · chased" : "not marked read";
  return { rungs, word, chased: l?.chased === true, title };
}

/** ladderLines tells each rung with its time, as far as it is known. @param {Item} i @param {Around} a @returns {string[]} */
export function ladderLines(i, a) {
  const l = i.ladder, reached = stages.indexOf(l?.stage ?? "waiting");
  const there = i.by === "us" ? "there" : "here";
  /** @param {string|undefined} at */
  const at = (at) => (at ? ` ${everyTime(at, a)}` : "");
  return [
    `written${at(i.at)}`,
    ...(i.by === "us" ? [reached >= 1 ? "numbered and signed, on the line" : "waits for its number"] : []),
    ...(reached >= 2 ? [i.by === "us" ? "delivered: on their disk, co-signed" : "on this disk, co-signed"] : []),
    ...(reached >= 3 ? [`shown on a ready console ${there}${at(l?.shown_at)}`] : []),
    ...(reached >= 4 && (l?.read_at || !l?.seen_at) ? [`marked read ${there} by ${isolated(l?.read_by || "somebody", 40)}${at(l?.read_at)}`] : []),
    ...(reached >= 5 ? [`seen ${there} by the principal, ${isolated(l?.seen_by || "", 40)}${at(l?.seen_at)}`] : []),
  ];
}

/** How far an entry can be proven. @type {Record<string, {mark: string, word: string, why: string}>} */
export const proofs = {
  none: { mark: "○", word: "no proof yet", why: "The other side has not co-signed it yet: until then it is one side’s claim." },
  classical: { mark: "◐", word: "classical proof", why: "Co-signed with Ed25519. The post-quantum co-signature follows within ten minutes." },
  full: { mark: "●", word: "full proof", why: "Co-signed with Ed25519 and ML-DSA-44." },
};

/** @param {Item} i */
export const proof = (i) => proofs[i.proof] ?? proofs.none;

/** misdated says that the author's time cannot be right; empty if it can. @param {Item} i @param {Around} a */
export function misdated(i, a) {
  const ms = i.misdated_ms ?? 0;
  if (ms === 0) return "";
  const by = i.by === "us" ? "Our station" : who(i.by, a);
  return `${by} gave it this time, but by what both sides signed it was written ${span(Math.abs(ms))} ${ms < 0 ? "later" : "earlier"}.`;
}

/** call says what a row of a call says. @param {Item} i @param {Around} a @returns {{what: string, detail: string, missed: boolean}} */
export function call(i, a) {
  if (people.isDrill(i)) return people.drill(i, a);
  const c = i.call, outgoing = i.by === "us";
  const way = `${who(i.by, a)} called ${who(outgoing ? "them" : "us", a)}`;
  if (!c) return { what: way, detail: "", missed: false };
  const what = c.answered ? `${way} · ${duration(c.length_ms)}` : `${way} · not answered`;
  if (!c.ended) return { what: c.answered ? `${way}` : way, detail: "The call goes on.", missed: false };
  const steps = c.steps.map((s) => ({ step: s.step, at: s.at, by: s.by }));
  const as = /** @type {import("./api.js").Call} */ (/** @type {unknown} */ ({ outgoing, steps, reason: c.reason, ended_by: c.ended_by }));
  const missed = !outgoing && !c.answered && c.reason !== "declined";
  return { what, detail: words.ended(words.name(a.them), as, rang(as)).what, missed };
}

/** What is neither message nor call, in one sentence. @param {Item} i @param {Around} a */
export function event(i, a) {
  const by = who(i.by, a), title = isolated(i.title ?? "", 120);
  switch (i.kind) {
    case "matter":
      return i.act === "filed" ? `${by} filed a call under the matter ${title}` : `${by} ${i.act} the matter ${title}`;
    case "line":
      return `${by} saw ${i.path ? `path ${i.path}` : "the line"} ${i.up ? "come up" : "go down"}`;
    case "accord":
      return i.serial ? `${by} entered amendment ${i.serial} of the accord` : `${by} entered the accord`;
    case "disclosure":
      return disclosure(i, by);
    case "right":
      return people.right(i, a).what;
  }
  return `${by}: an entry of a kind that this page does not know`;
}

/** What befell line and paths at once, as both sides saw it. @param {Item[]} group @param {Around} a */
export function lines(group, a) {
  const saw = (/** @type {string} */ by) => {
    const paths = [...new Set(group.filter((i) => i.by === by).map((i) => i.path ?? 0))].sort((x, y) => x - y);
    return list(paths.map((p) => (p ? `path ${p}` : "the line")));
  };
  const us = saw("us"), them = saw("them"), up = group[0]?.up ? "come up" : "go down";
  if (us === them) return `${who("us", a)} and ${who("them", a)} saw ${us} ${up}`;
  return [us && `${who("us", a)} saw ${us} ${up}`, them && `${who("them", a)} saw ${them} ${up}`].filter(Boolean).join("; ");
}

/** "the line, path 1 and path 2" @param {string[]} words */
const list = (words) => (words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

/** The least that can be proven of several entries. @param {Item[]} group */
export const least = (group) => ["none", "classical", "full"].find((p) => group.some((i) => i.proof === p)) ?? "none";

/** @param {Item} i @param {string} by */
function disclosure(i, by) {
  const to = i.to ? ` to ${isolated(i.to)}` : "";
  switch (i.act) {
    case "asked": return `${by} asked to disclose ${shown(i)}${to}`;
    case "consented": return `${by} agreed to a disclosure`;
    case "refused": return `${by} refused a disclosure`;
  }
  return `${by} made a disclosure of ${shown(i)}${to}`;
}

/** @param {Item} i */
function shown(i) {
  const bodies = i.bodies ?? 0, headers = i.headers ?? 0;
  const list = [bodies && `${bodies} with their text`, headers && `${headers} without`].filter(Boolean);
  return `${bodies + headers === 1 ? "1 entry" : `${bodies + headers} entries`}${list.length ? ` (${list.join(", ")})` : ""}`;
}

/** "14 kB", as a person counts. @param {number} bytes */
export const size = (bytes) => (bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${(bytes / 1000).toFixed(bytes < 1e4 ? 1 : 0)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
