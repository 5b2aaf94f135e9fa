// @ts-check
/** From what the page knows of the watch to what it says: pure functions, no DOM, no clock. */

import { visible } from "./plain.js";
import { minute, parse, since } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./apiwatch.js").Watch} Watch */
/** @typedef {import("./apiwatch.js").FarWatch} FarWatch */
/** @typedef {import("./model.js").Desk} Desk */
/** @typedef {import("./model.js").Concern} Concern */

/** mine says whether whoever sits at this console has the watch. @param {Desk} d */
export function mine(d) {
  const w = d.watch, me = d.consoles.find((c) => c.id === d.me);
  if (!w || !me || w.state === "vacant" || !w.officer) return false;
  return w.officer_id && me.person_id ? w.officer_id === me.person_id : w.officer === (me.person || me.name);
}

/** The watch is handed over to whoever sits here, by name. @param {Desk} d */
function offeredMe(d) {
  const me = d.consoles.find((c) => c.id === d.me), to = d.watch?.offer?.to;
  return to !== undefined && to !== "" && to === (me?.person || me?.name);
}

/**
 * overtaken is since when another has the watch that whoever sits here had, and did not hand over; empty once they have it again.
 * @param {Desk} was @param {Desk} is
 */
export function overtaken(was, is) {
  if (mine(is)) return "";
  const by = is.watch?.state !== "vacant" && is.watch?.officer, since = is.watch?.since ?? "";
  return by && mine(was) && !was.watch?.offer && since !== was.watch?.since ? since : was.overtaken;
}

/** may says whether whoever sits here may take the watch; a console whose roles are not told may. @param {Desk} d */
export function may(d) {
  const roles = d.consoles.find((c) => c.id === d.me)?.roles;
  return !roles || roles.length === 0 || roles.includes("officer");
}

/** counted says whether the accord lets us see how many consoles are ready there. @param {import("./api.js").Line} l */
export const counted = (l) => l.far_watch?.rule !== "nothing" && l.far_watch?.rule !== "staffed";

/** @param {string[]} names */
export const list = (names) => names.map(words.name).join(", ");

/**
 * What the watch panel says.
 * @typedef {object} Panel
 * @property {string} who the first line: who has it
 * @property {string} when since when
 * @property {""|"warning"|"failure"} tone
 * @property {string[]} more further lines
 * @property {{from: string, when: string, text: string}[]} notes to whoever has it
 * @property {string} upTo of the newest note, for acknowledging
 * @property {string} take the word of the button; empty: none
 * @property {boolean} sure taking needs a second press, because somebody else has it, or is to have it
 * @property {boolean} here the officer is asked
 * @property {boolean} hand the watch can be handed over here
 */

/** @param {Desk} d @param {number} now @returns {Panel|null} */
export function panel(d, now) {
  const w = d.watch;
  if (!w) return null;
  const own = mine(d), officer = words.name(w.officer ?? "");
  const from = parse(w.since), when = Number.isNaN(from) ? "" : `since ${since(from, now, d.utc)}`;
  const worst = w.alarms[0]?.severity;
  /** @type {Panel} */
  const p = {
    who: w.state === "vacant" ? "Nobody has the watch" : own ? "You have the watch" : `${officer} has the watch`, when,
    tone: worst === "failure" ? "failure" : worst || w.state === "asked" ? "warning" : "",
    more: [], notes: own ? w.notes.map((n) => ({ from: words.name(n.from), when: since(parse(n.at), now, d.utc), text: words.plain(n.text) })) : [],
    upTo: own ? w.notes.at(-1)?.at ?? "" : "",
    take: !may(d) || own && !w.offer ? "" : own ? "Keep the watch" : "Take the watch",
    sure: !own && w.state !== "vacant" && w.state !== "absent" && !(w.offer && (!w.offer.to || offeredMe(d))),
    here: own && (w.state === "asked" || w.state === "absent"), hand: own && !w.offer,
  };
  if (!w.used) p.more.push("No watch is kept: every ready console rings at once.");
  if (w.state === "asked" && !own) p.more.push(`${officer} is asked “Still here?”, until ${minute(parse(w.until), d.utc)}.`);
  if (w.offer) p.more.push(offered(w, own, officer));
  else p.more.push(...ahead(w, now, d.utc));
  return p;
}

/** @param {Watch} w @param {boolean} own @param {string} officer */
function offered(w, own, officer) {
  const to = w.offer?.to ? words.name(w.offer.to) : "whoever takes it";
  return own ? `You hand it over to ${to}; it stays yours until it is taken.` : `${officer} hands it over to ${to}.`;
}

/** What the roster says of now and next. @param {Watch} w @param {number} now @param {boolean} utc */
function ahead(w, now, utc) {
  const lines = [];
  if (w.rostered && w.rostered.officers.length > 1) lines.push(`Overlap on the roster: ${list(w.rostered.officers)}.`);
  if (w.rostered && w.next && w.next.officers.length > 0) {
    const at = parse(w.next.from);
    lines.push(`${list(w.next.officers)} from ${at - now < 43_200_000 ? minute(at, utc) : since(at, now, utc)}.`);
  }
  return lines;
}

/** What needs a person about the watch. @param {Desk} d @returns {Concern[]} */
export function watchConcerns(d) {
  const w = d.watch;
  if (!w) return [];
  /** @type {Concern[]} */
  const list = [];
  const own = mine(d);
  if (own && (w.state === "asked" || w.state === "absent")) {
    const action = w.state === "asked" ? `Answer until ${minute(parse(w.until), d.utc)}; after that the next wave rings at once.` : "You count as absent; the next wave rings at once.";
    list.push({ key: "watch:here", severity: w.state === "asked" ? "warning" : "failure", what: "Still here?", action, button: "Still here", does: "here", about: "" });
  }
  const officer = words.name(w.officer ?? "");
  if (!own && offeredMe(d) && may(d)) {
    list.push({
      key: "watch:offer", severity: "warning", what: `${officer} hands the watch over to you.`, action: "It stays theirs until you take it.", button: "Take the watch", does: "take", about: "",
    });
  }
  if (d.overtaken && !d.seen.has(d.overtaken)) {
    list.push({
      key: "watch:overtaken", severity: "warning", what: `Another has taken the watch from you; ${officer} has it now.`, action: "If that is wrong, speak with them.", button: "Seen", does: "seen", about: d.overtaken,
    });
  }
  for (const a of w.alarms) {
    if (own && a.kind === "absent") continue;
    const does = a.act === "take" && may(d) ? "take" : a.act === "roster" ? "roster" : "";
    list.push({
      key: `watch:${a.kind}`, severity: a.severity === "failure" ? "failure" : "warning", what: words.plain(a.text), action: words.plain(a.action),
      button: does === "take" ? "Take the watch" : does === "roster" ? "Roster" : "", does, about: "",
    });
  }
  return list;
}

const once = ["watch:offer", "watch:overtaken", "watch:ahead"];

/**
 * calls says for what a sound calls a person here, and whether again and again; about is empty where nothing does. The
 * question is for the officer on watch alone; a gap that comes sounds once, while there is time to fill it.
 * @param {Desk} d
 */
export function calls(d) {
  const list = d.ready ? watchConcerns(d) : [];
  const urgent = list.find((c) => c.does === "here" || c.severity === "failure");
  return { about: (urgent ?? list.find((c) => once.includes(c.key)))?.key ?? "", again: urgent !== undefined };
}

/**
 * What the other side states of its watch, in a sentence that says whose word it is; empty where nothing is stated.
 * @param {string} peer isolated @param {FarWatch|undefined} f @param {boolean} stale the line is down @param {number} now @param {boolean} utc
 */
export function farWatch(peer, f, stale, now, utc) {
  if (!f || f.rule === "nothing") return "";
  const from = parse(f.since), when = Number.isNaN(from) ? "" : ` since ${since(from, now, utc)}`;
  const who = f.names.length > 0 ? `${list(f.names.map(visible))} on watch` : f.staffed ? "watch staffed" : "watch not staffed";
  const heard = stale ? `, last heard ${since(parse(f.heard), now, utc)}` : "";
  return `${who}${when}, as ${peer} states${heard}`;
}
