// @ts-check
/**
 * From what the page knows (a Desk) to what it says: pure functions, no DOM, no
 * clock. The view prints what they return.
 */

import { recordConcerns } from "./attention.js";
import { news } from "./news.js";
import { mayAct, mayDecide } from "./rights.js";
import { inGlance, noCalls, suspended, testConcerns } from "./testmodel.js";
import { rungWord, titled } from "./titles.js";
import * as words from "./words.js";
import { counted, watchConcerns } from "./watchmodel.js";
import { clock, millis, parse, since, span } from "./times.js";

/** @typedef {import("./api.js").Line} Line */
/** @typedef {import("./api.js").Call} Call */
/** @typedef {import("./protocol.js").LinkState} LinkState */

/**
 * A Desk is all that this page knows.
 * @typedef {object} Desk
 * @property {LinkState} link
 * @property {string} me this console's id
 * @property {string} station its name
 * @property {import("./api.js").Console[]} consoles
 * @property {Line[]} lines
 * @property {import("./api.js").Notice[]} notices
 * @property {import("./apiwatch.js").Watch} [watch] nothing: the station says nothing of it
 * @property {string} overtaken since when another has the watch that was had here; empty: nobody took it
 * @property {string} front slug of the line shown
 * @property {Set<string>} seen what needs no more attention: ids of ended calls, and overtaken
 * @property {boolean} wanted this console shall be ready
 * @property {boolean} ready it is, and the station knows
 * @property {string[]} faults keys of words.faults, the gravest first
 * @property {string[]} warnings keys of words.warnings
 * @property {{from: number, to: number}|null} slept when nothing ran here, by our clock
 * @property {boolean} muted
 * @property {boolean} utc times are shown in UTC
 * @property {string} [interrupted] id of the real call that interrupted a drill
 */

/** @param {Desk} d */
export const front = (d) => d.lines.find((l) => l.line === d.front);

/** A call that has not ended. @param {Line|undefined} l @returns {Call|undefined} */
export const live = (l) => (l?.call && l.call.state !== "ended" ? l.call : undefined);

/** @param {Desk} d @param {Call} c */
export const mine = (d, c) => c.console === d.me && d.me !== "";

/** This console as one that has joined a call; nothing if it has not. @param {Desk} d @param {Call|undefined} c */
export const guest = (d, c) => c?.joined?.find((j) => j.side === "us" && j.console === d.me && d.me !== "");

/** This console is in a call, speaking for its side or joined. @param {Desk} d @param {Call} c */
export const within = (d, c) => mine(d, c) || guest(d, c) !== undefined;

/** The line whose live call this console is in. @param {Desk} d */
export const busyWith = (d) => d.lines.find((l) => {
  const c = live(l);
  return c !== undefined && within(d, c);
});

/** This console is in the call of another line. @param {Desk} d @param {Line} l */
export function elsewhere(d, l) {
  const busy = busyWith(d);
  return busy !== undefined && busy.line !== l.line;
}

/** The other side hears this console. @param {Desk} d @param {Call} c */
export const speaksIn = (d, c) => mine(d, c) || guest(d, c)?.speaks === true;

/** The isolated name of a console of ours. @param {Desk} d @param {string} id */
export function consoleName(d, id) {
  const c = d.consoles.find((c) => c.id === id);
  return c ? words.name(c.name || "another console") : "another console";
}

/** When a step was taken, by its author; NaN if it was not. @param {Call} c @param {string} step */
export const at = (c, step) => parse(c.steps.find((s) => s.step === step)?.at);

const endedShown = 20_000; // ms that "Call ended" stays after the end

/** A call of theirs that nobody here took or declined. @param {Call} c */
export const missed = (c) => c.state === "ended" && !c.outgoing && Number.isNaN(at(c, "answered")) && c.reason !== "declined";

/** @param {Desk} d @param {Call} c @param {number} now */
const justEnded = (d, c, now) => c.state === "ended" && !d.seen.has(c.id) && now - parse(c.since) < endedShown;

/**
 * The outward sign of a state: it picks colour and shape.
 * @typedef {"unknown"|"open"|"degraded"|"down"|"ringing"|"call"|"held"|"ended"} Tone
 */

/**
 * A Headline is the state in words: the phrase of the status element, the
 * sentence after it, what can be done, and its sign; of a drill the phrase begins with that word.
 * @typedef {{phrase: string, detail: string, action: string, tone: Tone, drill?: boolean}} Headline
 */

/** @param {Call} c @param {Headline} h @returns {Headline} */
const marked = (c, h) => (c.drill ? { ...h, phrase: `DRILL · ${h.phrase}`, drill: true } : h);

/** @param {Desk} d @param {number} now @returns {Headline} */
export function headline(d, now) {
  const l = front(d);
  if (d.link !== "attached") return unlinked(d.link);
  if (!l) return { phrase: "No line", detail: "This station has no line yet.", action: "Make an accord with another station: “ringdown invite” begins it.", tone: "unknown" };
  const c = l.call;
  if (c && c.state !== "ended") return marked(c, callHeadline(d, l, c, now));
  if (c && justEnded(d, c, now)) {
    const e = words.ended(words.name(l.peer), c, rang(c));
    return marked(c, { phrase: "Call ended", detail: e.what, action: c.drill && /^Press Call/.test(e.action) ? "The drill is over: Call is a real call." : e.action, tone: "ended" });
  }
  return lineHeadline(l, d.utc, now);
}

/** @param {LinkState} link @returns {Headline} */
function unlinked(link) {
  const key = faultOfLink(link);
  if (!key) return { phrase: "Connecting", detail: "to the station.", action: "", tone: "unknown" };
  return { phrase: "Not known", detail: words.faults[key].what, action: words.faults[key].action, tone: "unknown" };
}

/** The fault that a lost connection is; empty if it is none. @param {LinkState} link */
export function faultOfLink(link) {
  switch (link) {
    case "refused": return "session-ended";
    case "displaced": return "displaced";
    case "unreachable": return "station-unreachable";
    default: return "";
  }
}

/** How long it rang before it ended. @param {Call} c */
export function rang(c) {
  const from = at(c, "ringing"), to = at(c, "ended");
  return Number.isFinite(to - from) ? to - from : 0;
}

/** @param {Line} l @param {boolean} utc @param {number} now @returns {Headline} */
function lineHeadline(l, utc, now) {
  if (noCalls(l) && (l.state === "open" || l.state === "degraded")) return { phrase: "Calls suspended", detail: suspended(l, utc, now), action: "", tone: "held" };
  if (l.state === "open") return { phrase: "Line open", detail: `to ${words.name(l.peer)}, on every path.`, action: "", tone: "open" };
  if (l.state === "degraded") return { phrase: "Line open", detail: degraded(l), action: "", tone: "degraded" };
  const s = (words.closed[l.state] ?? words.closed.down)(words.name(l.peer));
  return { phrase: "Line down", detail: s.what, action: s.action, tone: "down" };
}

/** @param {Line} l */
function degraded(l) {
  const bad = l.paths.filter((p) => p.state !== "up").map((p) => `path ${p.path} (${words.name(p.name)}) is ${words.paths[p.state]?.what ?? p.state}`);
  const text = bad.join(", ");
  return text ? text[0].toUpperCase() + text.slice(1) + "." : "";
}

/** @param {Desk} d @param {Line} l @param {Call} c @param {number} now @returns {Headline} */
function callHeadline(d, l, c, now) {
  const peer = words.name(l.peer), own = mine(d, c);
  const where = own || !c.console ? "" : ` at ${consoleName(d, c.console)}`;
  switch (c.state) {
    case "calling":
      return { phrase: "Calling", detail: `${peer}${where}. ${reach(d, l, c, now)}`, action: "", tone: "ringing" };
    case "ringing":
      return { phrase: "Ringing", detail: `at ${words.consoles(c.ringing)} of ${peer}${where && `, called${where}`}.`, action: "", tone: "ringing" };
    case "incoming":
      return { phrase: "Incoming call", detail: `from ${peer}${farPerson(c)}.`, action: "", tone: "ringing" };
    case "active":
      return { phrase: "In call", ...newest(d, l, c, `with ${peer}${farPerson(c)}${own ? "." : `, answered${where}.`}`), tone: "call" };
    default: {
      const s = words.held(peer, c, own);
      return { phrase: "Held", detail: s.what, action: s.action, tone: "held" };
    }
  }
}

/** Who speaks for the other side, as their station states it, after its name; empty: it does not say, or a principal is there, which is said anyway. @param {Call} c */
function farPerson(c) {
  const s = c.steps.findLast((s) => s.by === "them" && s.who && ["called", "answered", "handed", "present"].includes(s.step)), who = titled(s?.who, s?.role);
  return who && s?.step !== "present" ? `: ${who}` : "";
}

/** What was last asked or told of a principal stands in the glance: the ladder may be out of sight. @param {Desk} d @param {Line} l @param {Call} c @param {string} whom */
function newest(d, l, c, whom) {
  const n = news(d, l, c, within(d, c));
  return { detail: n.what ? `${whom} ${n.what}` : whom, action: n.action };
}

/** One line of the list of lines: its state in a few words. @param {Desk} d @param {Line} l @returns {{text: string, tone: Tone}} */
export function brief(d, l) {
  const c = live(l);
  if (!c) {
    const h = lineHeadline(l, d.utc, NaN);
    return { text: `${h.phrase} · ${pathsUp(l)}`, tone: h.tone };
  }
  const h = marked(c, callHeadline(d, l, c, NaN));
  const who = mine(d, c) ? " here" : c.console ? ` at ${consoleName(d, c.console)}` : "";
  return { text: h.phrase + who, tone: h.tone };
}

/** How far a call that does not ring yet has got. @param {Desk} d @param {Line} l @param {Call} c @param {number} now */
function reach(d, l, c, now) {
  if (!c.reached) return "Their station is not reached yet.";
  if (c.far_ready > 0) return "Their station is reached; a console there is about to ring.";
  const from = parse(l.far.since);
  return `Their station is reached; no console there is ready${Number.isNaN(from) ? "" : ` (since ${since(from, now, d.utc)})`}.`;
}

/**
 * The one control: the word on it, what a press does, and the line under it.
 * @typedef {object} Act
 * @property {string} word "Call", "Answer", "Hang up", "Leave", "Ready", "In use"; in a drill with DRILL after it
 * @property {"call"|"answer"|"hangup"|"leave"|"ready"|""} does nothing: it cannot be pressed, and note says why
 * @property {boolean} decline Decline stands beside it
 * @property {string} note
 */

/** @param {Desk} d @returns {Act} */
export function act(d) {
  const l = front(d), c = live(l);
  if (d.link === "displaced") return does("Ready", "ready", "Takes this console back from the other window.");
  if (d.link !== "attached") return c && mine(d, c)
    ? does("Hang up", "", "The station holds the call until this page is connected again.")
    : does("Call", "", "");
  if (!l) return does("Call", "", "");
  if (!mayAct(d) && !guest(d, c)) return onlySees(d);
  if (c) return c.drill ? drilled(actInCall(d, c)) : actInCall(d, c);
  const other = busyWith(d);
  if (other) return does("Call", "", `This console is in a call with ${words.name(other.peer)}.`);
  if (!d.ready) return notReady(d);
  if (l.state === "unconfirmed" || l.state === "half-signed") return does("Call", "", "");
  if (noCalls(l)) return does("Call", "", noCalls(l));
  return does("Call", "call", `Space or Enter · ${ringsThere(l)}`);
}

/** meant is what the control's word is about: the line, and while one answers the call. @param {Desk} d */
export function meant(d) {
  const c = live(front(d));
  return `${d.front} ${c && act(d).does === "answer" ? c.id : ""}`;
}

/** The control of a drill says so: a press that was meant for a drill never does what a real call asks for. @param {Act} a @returns {Act} */
const drilled = (a) => ({ ...a, word: `${a.word} DRILL`, note: `DRILL · ${a.note}` });

/** @param {Act["word"]} word @param {Act["does"]} what @param {string} note @returns {Act} */
const does = (word, what, note) => ({ word, does: what, note, decline: false });

/** @param {Line} l */
function ringsThere(l) {
  if (l.state === "down") return "rings there once the line is back";
  if (!l.far.known || !counted(l)) return "they ring at once";
  return l.far.ready > 0 ? `rings ${words.consoles(l.far.ready)} at once` : "no console there is ready";
}

/** @param {Desk} d @returns {Act} */
function onlySees(d) {
  if (!d.wanted) return does("Ready", "ready", "Opens the sound, to listen to a call. This console does not ring.");
  return does("Call", "", "This console sees and listens. Only a watch officer or a principal calls and answers.");
}

/** @param {Desk} d @returns {Act} */
function notReady(d) {
  if (d.wanted && d.faults.every((f) => words.quiet.has(f))) {
    const f = words.faults[d.faults[0]];
    return does("Ready", "", f ? `${f.what} ${f.action}` : "Telling the station.");
  }
  return does("Ready", "ready", "Opens sound and microphone. Until then this console does not ring.");
}

/** @param {Desk} d @param {Call} c @returns {Act} */
function actInCall(d, c) {
  const other = busyWith(d);
  if (mine(d, c)) return does("Hang up", "hangup", "Space or Enter");
  const takeOver = c.state === "held" && c.held === "our console lost";
  if (c.state === "incoming" || takeOver) {
    const note = other ? `First hang up with ${words.name(other.peer)}.`
      : d.ready ? "Space or Enter" : "Opens sound and microphone, then answers.";
    return { word: "Answer", does: "answer", note, decline: !takeOver };
  }
  const joined = guest(d, c);
  if (joined) return does("Leave", "leave", joined.speaks ? "They hear this console too." : "This console listens; nobody hears it.");
  const verb = c.state === "active" || c.state === "held" ? "Answered at" : "Called from";
  return does("In use", "", `${verb} ${consoleName(d, c.console)}.`);
}

/**
 * A Rung is one step of the ladder: taken (with its time), waited for, or open.
 * @typedef {{word: string, at: number, by: string, state: "done"|"waiting"|"open"}} Rung
 */

const toAnAnswer = ["called", "reached", "ringing", "answered"];

/**
 * ladder lists the rungs of a call: the four that lead to an answer, then what
 * befell it; of many, the last ones and how many there were.
 * @param {Call} c @returns {Rung[]}
 */
export function ladder(c) {
  /** @type {Rung[]} */
  const rungs = [];
  for (const step of toAnAnswer) {
    const s = c.steps.find((s) => s.step === step);
    if (s) rungs.push({ word: step === "ringing" && c.ringing > 0 ? `ringing at ${c.ringing}` : named(s), at: parse(s.at), by: s.by, state: "done" });
    else if (c.state !== "ended") rungs.push({ word: step, at: NaN, by: "", state: rungs.some((r) => r.state === "waiting") ? "open" : "waiting" });
  }
  return rungs.concat(shorten(befell(c)), expected(c));
}

/** The step with who took it. @param {import("./api.js").Step} s */
function named(s) {
  const who = titled(s.who, s.role);
  return s.step === "answered" && who ? `answered by ${who}` : s.step;
}

/** A principal who was asked for and is not there is waited for. @param {Call} c @returns {Rung[]} */
function expected(c) {
  const newest = c.steps.findLast((s) => ["asked", "fetching", "present"].includes(s.step));
  return newest && newest.step !== "present" && c.state !== "ended" ? [{ word: "principal is there", at: NaN, by: "", state: "waiting" }] : [];
}

const together = 2000; // ms within which both sides say the same step

/** The steps after an answer; what both sides say at once is one. @param {Call} c */
function befell(c) {
  /** @type {Rung[]} */
  const rungs = [];
  for (const s of c.steps) {
    if (toAnAnswer.includes(s.step)) continue;
    const word = rungWord(s), at = parse(s.at), twin = rungs.find((r) => r.word === word && r.by !== s.by && Math.abs(r.at - at) <= together);
    if (twin) twin.by = "both";
    else rungs.push({ word, at, by: s.by, state: "done" });
  }
  return rungs;
}

const befellShown = 4, heldShown = 2, peopleShown = 10;
const isHold = (/** @type {Rung} */ r) => r.word === "held" || r.word === "resumed";

/** Many holds are told as one; of what people did, the newest stands. @param {Rung[]} rungs */
function shorten(rungs) {
  const holds = rungs.filter(isHold), held = holds.filter((r) => r.word === "held");
  if (rungs.length === holds.length + rungs.filter((r) => r.word === "ended").length) {
    if (rungs.length <= befellShown) return rungs;
    return [{ ...held[0] ?? rungs[0], word: `held ${held.length} times` }, ...rungs.slice(1 - befellShown)];
  }
  const rest = held.length > heldShown ? rungs.filter((r) => !isHold(r)) : rungs;
  const many = held.length > heldShown ? [{ ...held[0], word: `held ${held.length} times` }] : [];
  return [...many, ...rest.slice(-peopleShown)];
}

/**
 * How long the two have spoken, or spoke, by our clock; NaN before an answer.
 * @param {Line} l @param {Call} c @param {number} now
 */
export function talked(l, c, now) {
  const ahead = l.clock?.ms ?? 0;
  /** @param {string} step */
  const ours = (step) => {
    const s = c.steps.find((s) => s.step === step);
    return parse(s?.at) - (s?.by === "them" ? ahead : 0);
  };
  const from = ours("answered"), to = ours("ended");
  return Number.isNaN(from) ? NaN : (Number.isNaN(to) ? now : to) - from;
}

/** What the line adds from mouth to ear: half the round trip, and the hold. @param {Line} l */
export const voiceDelay = (l) => (l.rtt_ms === undefined ? undefined : l.rtt_ms / 2 + (l.hold?.ms ?? 0));

/** "2 of 2 paths" @param {Line} l */
export const pathsUp = (l) => `${l.paths.filter((p) => p.state === "up").length} of ${l.paths.length} ${l.paths.length === 1 ? "path" : "paths"}`;

/** The facts under the headline. @param {Desk} d @param {number} now @returns {string[]} */
export function facts(d, now) {
  const l = front(d);
  if (!l || d.link !== "attached") return [];
  const from = parse(l.since), word = { open: "open", degraded: "degraded", down: "down", unconfirmed: "not confirmed", "half-signed": "half-signed" }[l.state];
  return [
    Number.isNaN(from) ? "" : `${word} since ${since(from, now, d.utc)}`,
    pathsUp(l),
    l.rtt_ms === undefined ? "" : `${millis(l.rtt_ms)} round trip`,
    inGlance(l, now, d.utc),
  ].filter(Boolean).map((f) => f.replaceAll(" ", "\u00a0"));
}

const clockLimit = 2000; // ms; smaller differences are not worth a word

/** What the other clock says against ours. @param {Line|undefined} l */
export function clockNote(l) {
  const ms = l?.clock?.ms ?? 0;
  if (Math.abs(ms) <= clockLimit) return "";
  return `their clock is ${span(Math.abs(ms))} ${ms > 0 ? "ahead" : "behind"}`;
}

/** The other side in a few words. @param {Desk} d @param {Line} l @param {number} now */
export function farSide(d, l, now) {
  if (!l.far.known) return "Not heard from since this station was started.";
  if (!counted(l)) return "How many are ready there is not shown, by the accord.";
  const from = parse(l.far.since), when = Number.isNaN(from) ? "" : ` since ${since(from, now, d.utc)}`;
  return l.far.ready > 0 ? `${l.far.ready} ready${when}` : `No console ready${when}`;
}

/**
 * A Concern needs a person: one sentence, one action, and perhaps a button.
 * @typedef {object} Concern
 * @property {string} key the same as long as it is the same concern
 * @property {"warning"|"failure"} severity
 * @property {string} what
 * @property {string} action
 * @property {string} button its word; empty: none
 * @property {"ready"|"seen"|"awake"|"unread"|"asked"|"here"|"take"|"roster"|"open"|"test"|"resume"|"start"|""} does
 * @property {string} about a call id or a slug
 */

/** What needs a person now, the gravest first. @param {Desk} d @returns {Concern[]} */
export function concerns(d) {
  const list = [...interrupted(d), ...faultConcerns(d), ...watchConcerns(d), ...testConcerns(d), ...missedCalls(d), ...recordConcerns(d)];
  if (d.slept) {
    list.push(concern("slept", "warning", {
      what: `This computer slept from ${clock(d.slept.from, d.utc)} to ${clock(d.slept.to, d.utc)}; nothing could ring here.`,
      action: "Switch off sleep in the system’s settings while on watch.",
    }, "Seen", "awake"));
  }
  for (const w of d.warnings) list.push(concern(w, "warning", words.warnings[w]));
  const from = [...d.notices.map((n) => ({ n, of: "" })), ...d.lines.flatMap((l) => l.notices.map((n) => ({ n, of: l.line })))];
  for (const { n, of } of from) {
    const press = pressFor(d, n);
    list.push(concern(`${of}:${n.text}`, n.severity === "failure" ? "failure" : "warning", { what: words.plain(n.text), action: words.plain(n.action ?? "") }, press.button, press.does, n.link ?? of));
  }
  return list.sort((a, b) => Number(b.severity === "failure") - Number(a.severity === "failure"));
}

/** What a press can do about a notice, by who sits here. @param {Desk} d @param {import("./api.js").Notice} n @returns {{button: string, does: Concern["does"]}} */
function pressFor(d, n) {
  if (n.link) return { button: "Open the page", does: "open" };
  if (n.act === "resume" && mayDecide(d)) return { button: "Restore calls", does: "resume" };
  if (n.act === "test" && mayAct(d)) return { button: "Start a test", does: "start" };
  return { button: "", does: "" };
}

/** @param {string} key @param {"warning"|"failure"} severity @param {words.Saying} s @param {string} button @param {Concern["does"]} does @returns {Concern} */
const concern = (key, severity, s, button = "", does = "", about = "") => ({ key, severity, what: s.what, action: s.action, button, does, about });

/** A real call has ended a drill: said until it is over or seen. @param {Desk} d */
function interrupted(d) {
  const l = d.lines.find((l) => l.call?.id === d.interrupted), c = live(l);
  if (!l || !c || d.seen.has(c.id)) return [];
  const who = c.outgoing ? `${words.name(d.station)} calls` : `${words.name(l.peer)} calls`;
  return [concern(`interrupted:${c.id}`, "failure", { what: `The drill was interrupted: ${who}.`, action: c.state === "incoming" ? "This is no drill: answer it." : "This is no drill." }, "Seen", "seen", c.id)];
}

/** A console on watch that is not ready: why. The link's own faults are the headline's. @param {Desk} d */
function faultConcerns(d) {
  const worst = d.faults.find((f) => !words.quiet.has(f));
  if (!worst || !d.wanted || d.link !== "attached") return [];
  const button = act(d).word === "Ready" ? "" : "Ready";
  return [concern(worst, "failure", words.faults[worst], button, button ? "ready" : "")];
}

/** @param {Desk} d */
function missedCalls(d) {
  return d.lines.flatMap((l) => {
    const c = l.call;
    if (!c || !missed(c) || d.seen.has(c.id)) return [];
    const when = clock(at(c, "called") || parse(c.since), d.utc).slice(0, 5);
    const e = words.ended(words.name(l.peer), c, rang(c));
    return [concern(`missed:${c.id}`, "warning", { what: `${c.drill ? "DRILL missed" : "Missed"} at ${when}. ${e.what}`, action: e.action }, "Seen", "seen", c.id)];
  });
}
