// @ts-check
/**
 * The story of this session: what the station told this page, in sentences. It is
 * made from events alone, and ends with the page. Pure: two states in, lines out.
 */

import { at, missed, rang, talked } from "./model.js";
import { duration, parse, span } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Line} Line */

/**
 * An Entry is one line of the story.
 * @typedef {{at: number, peer: string, text: string, mark: ""|"amber"|"red"}} Entry
 */

/** tell compares a line with what it was and says what happened. @param {Line|undefined} was @param {Line} is @param {number} now @returns {Entry[]} */
export function tell(was, is, now) {
  return [...tellCall(was, is), ...(was ? [...tellLine(was, is, now), ...tellPaths(was, is, now)] : [])];
}

/** @param {Line} was @param {Line} is @param {number} now @returns {Entry[]} */
function tellLine(was, is, now) {
  if (was.state === is.state) return [];
  const text = { open: "the line is open on every path", degraded: "the line is open on fewer paths", down: "the line is down", unconfirmed: "the accord is not confirmed", "half-signed": "the accord is half-signed" }[is.state];
  const before = was.state === "down" ? ` after ${span(parse(is.since) - parse(was.since))}` : "";
  return [{ at: parse(is.since) || now, peer: is.peer, text: text + before, mark: is.state === "open" ? "" : is.state === "degraded" ? "amber" : "red" }];
}

/** @param {Line} was @param {Line} is @param {number} now @returns {Entry[]} */
function tellPaths(was, is, now) {
  /** @type {Entry[]} */
  const entries = [];
  for (const p of is.paths) {
    const before = was.paths.find((q) => q.path === p.path);
    if (!before || before.state === p.state) continue;
    entries.push({
      at: parse(p.since) || now, peer: is.peer, mark: p.state === "up" ? "" : "amber",
      text: `path ${p.path} (${words.name(p.name)}) is ${words.paths[p.state]?.what ?? p.state}`,
    });
  }
  return entries;
}

/** A call is told once, when it has ended. @param {Line|undefined} was @param {Line} is @returns {Entry[]} */
function tellCall(was, is) {
  const c = is.call;
  if (!c || c.state !== "ended" || (was?.call?.id === c.id && was.call.state === "ended")) return [];
  const end = words.ended(words.name(is.peer), c, rang(c));
  const length = talked(is, c, parse(c.since));
  const called = at(c, "called");
  return [{
    at: Number.isNaN(called) ? parse(c.since) : called, peer: is.peer,
    text: `${c.drill ? "DRILL, " : ""}${c.outgoing ? "call to them" : "call from them"}${Number.isNaN(length) ? "" : `, ${duration(length)}`}: ${end.what}`,
    mark: missed(c) ? "amber" : "",
  }];
}
