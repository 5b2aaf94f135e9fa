// @ts-check
/**
 * Who is in a call, and what whoever sits here can do in it: pure functions over the desk.
 */

import * as model from "./model.js";
import { mayAct } from "./rights.js";
import { noCalls } from "./testmodel.js";
import { titled } from "./titles.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Call} Call */
/** @typedef {import("./api.js").Line} Line */
/** @typedef {import("./apiperson.js").Role} Role */
/** @typedef {model.Desk} Desk */

/**
 * One person in a call. Stream is where this page hears the voice: -1 where it is its own, or none.
 * @typedef {{key: string, side: "us"|"them", who: string, part: string, speaks: boolean, here: boolean, stream: number}} Present
 */

/** How many voices one side of a line may send. @param {Line} l */
const talkers = (l) => ({ thin: 1, standard: 2, wide: 4 }[l.profile] ?? 1);

/** Everybody in a call, who speaks for a side first. @param {Desk} d @param {Line} l @param {Call} c @returns {Present[]} */
export function present(d, l, c) {
  if (c.state !== "active" && c.state !== "held") return [];
  const own = d.consoles.find((o) => o.id === c.console);
  const far = c.steps.findLast((s) => s.by === "them" && ["called", "answered", "handed"].includes(s.step));
  /** @type {Present[]} */
  const list = [
    { key: "us", side: "us", who: own ? titled(own.person || own.name, acts(own.roles)) : "nobody", part: c.held === "our console lost" ? "lost" : "in the call", speaks: true, here: model.mine(d, c), stream: talkers(l) },
    { key: "them", side: "them", who: titled(far?.who, far?.role) || words.name(l.peer), part: c.held === "their console lost" ? "lost" : "in the call", speaks: true, here: false, stream: 0 },
  ];
  for (const [i, j] of (c.joined ?? []).entries()) {
    const side = j.side === "us" ? "us" : "them", here = side === "us" && j.console === d.me;
    list.push({
      key: `${side}/${j.console ?? i}`, side, who: titled(j.person, j.role) || "somebody", part: j.speaks ? "speaks too" : "listens", speaks: j.speaks, here,
      stream: j.speaks ? (side === "us" ? talkers(l) : 0) + (j.talker ?? 0) : -1,
    });
  }
  for (const p of list) if (p.here) p.stream = -1;
  return list.sort((a, b) => Number(a.side === "them") - Number(b.side === "them"));
}

/** In which role a person speaks to the other side. @param {Role[]|undefined} roles @returns {Role|undefined} */
const acts = (roles) => (roles?.includes("principal") ? "principal" : roles?.includes("officer") ? "officer" : undefined);

/**
 * What can be done here in the call of a line.
 * @typedef {object} Room
 * @property {boolean} listen this console may join to listen
 * @property {boolean} speak and to speak
 * @property {string} full why not to speak; empty: it may, or it is in the call already
 * @property {boolean} leave
 * @property {boolean} ask for their principal
 * @property {boolean} fetch ours
 * @property {boolean} here this console is in the call, so it may say that ours is there
 * @property {{id: string, who: string}[]} hand whom the call can be handed to
 * @property {boolean} real a real call may end this drill
 */

/** @type {Room} */
const nothing = { listen: false, speak: false, full: "", leave: false, ask: false, fetch: false, here: false, hand: [], real: false };

/** @param {Desk} d @returns {Room} */
export function room(d) {
  const l = model.front(d), c = model.live(l);
  if (!l || !c || d.link !== "attached") return nothing;
  const may = mayAct(d), real = c.drill === true && may && !model.elsewhere(d, l);
  if (c.state !== "active" && c.state !== "held") return { ...nothing, real };
  const mine = model.mine(d, c), guest = model.guest(d, c), free = !model.elsewhere(d, l) && !mine;
  const voices = (c.joined ?? []).filter((j) => j.side === "us" && j.speaks).length + 1;
  const full = voices >= talkers(l) ? `This line carries ${talkers(l) === 1 ? "one voice" : `${talkers(l)} voices`} of a side, and ${talkers(l) === 1 ? "that is" : "all are"} taken.` : "";
  return {
    listen: free && (!guest || guest.speaks),
    speak: free && may && !guest?.speaks && full === "",
    full: free && may && !guest?.speaks ? full : "",
    leave: guest !== undefined,
    ask: may, fetch: may, here: may && model.within(d, c), real,
    hand: mine && c.state === "active" ? others(d) : [],
  };
}

/** Consoles that the call can be handed to. @param {Desk} d */
function others(d) {
  return d.consoles.filter((o) => o.id !== d.me && o.ready && !o.lost && (!o.roles || acts(o.roles)))
    .map((o) => ({ id: o.id, who: titled(o.person || o.name || o.kind, acts(o.roles) === "principal" ? "principal" : undefined) }));
}

/** A drill may be begun here now. @param {Desk} d */
export function mayDrill(d) {
  const l = model.front(d);
  return l !== undefined && d.link === "attached" && d.ready && mayAct(d) && !model.live(l) && !model.busyWith(d) && l.state !== "unconfirmed" && l.state !== "half-signed" && !noCalls(l);
}
