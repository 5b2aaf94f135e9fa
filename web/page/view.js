// @ts-check
/**
 * The view of the console: it prints a Desk and tells its hooks what was pressed.
 * No sockets, no sound, no decisions: those are in console.js and model.js.
 */

import { any, byId, flag, Keyed, make, say } from "./dom.js";
import * as model from "./model.js";
import { Side } from "./side.js";
import { level, speaking } from "./sound.js";
import { clock, duration, millis, short } from "./times.js";
import * as words from "./words.js";

/** @typedef {import("./model.js").Desk} Desk */
/** @typedef {import("./api.js").Line} Line */

/**
 * Hooks are what a person can do.
 * @typedef {object} Hooks
 * @property {(clicks: number) => void} act the one control, pressed by pointer (2: as the second of a double click) or by key (0)
 * @property {(slug: string) => void} decline
 * @property {() => void} mute mutes or unmutes
 * @property {() => void} listen plays the far voice, or not
 * @property {(slug: string) => void} pick brings a line to the front
 * @property {(slug: string) => void} answer answers a line that is not in front
 * @property {(c: model.Concern) => void} concern presses a concern's button
 */

/**
 * What the view shows besides the desk.
 * @typedef {object} Around
 * @property {import("./history.js").History} history
 * @property {import("./story.js").Entry[]} story newest first
 * @property {{text: string, action: string}|null} refusal why the last press did nothing
 * @property {string} version
 * @property {string} voice "recorded" or ""
 * @property {boolean} listening the far voice is played here
 * @property {number} tested when the ringer was last tested, 0 if never
 */

export class View {
  #act = byId("act", HTMLButtonElement);
  #mute = byId("mute", HTMLButtonElement);
  #heard = true; // the other side hears this console
  #side = new Side();
  #concerns;
  #lines;
  #rungs = new Keyed(any("ladder"), rungRow);
  #front = "";
  #live = false;

  /** @param {Hooks} hooks */
  constructor(hooks) {
    this.#act.addEventListener("click", (e) => hooks.act(e.detail));
    any("dock-act").addEventListener("click", (e) => hooks.act(e.detail));
    for (const moved of ["scroll", "resize"]) addEventListener(moved, () => this.#dock(), { passive: true });
    any("decline").addEventListener("click", () => hooks.decline(this.#front));
    this.#mute.addEventListener("click", () => hooks.mute());
    any("listen").addEventListener("click", () => hooks.listen());
    this.#concerns = new Keyed(any("notices"), () => concernRow(hooks));
    this.#lines = new Keyed(any("line-list"), () => lineRow(hooks));
  }

  /** show prints all of it; what did not change is left alone. @param {Desk} d @param {Around} around @param {number} now our station's clock */
  show(d, around, now) {
    this.#front = d.front;
    this.#glance(d, now);
    this.#concerns.show(model.concerns(d), (c) => c.key);
    any("lines").hidden = d.lines.length < 2;
    this.#lines.show(d.lines.length < 2 ? [] : d.lines.map((l) => ({ l, d })), ({ l }) => l.line);
    this.#theAct(d, around);
    this.#call(d, around, now);
    this.#ladder(d, now);
    this.#side.show(d, around, now);
  }

  /** @param {Desk} d @param {number} now */
  #glance(d, now) {
    const l = model.front(d), h = model.headline(d, now);
    document.body.dataset.tone = h.tone;
    say(any("station"), d.station ? words.name(d.station) : "Ringdown");
    say(any("direct"), l ? `direct line to ${words.name(l.peer)}` : "");
    say(any("phrase"), h.phrase);
    say(any("dock-word"), h.phrase);
    say(any("detail"), h.detail);
    say(any("action"), h.action);
    say(any("facts"), model.facts(d, now).join(" · "));
    this.#clocks(d, l, now);
    const title = d.station ? `${h.phrase} · ${d.station}` : h.phrase;
    if (document.title !== title) document.title = title;
    const incoming = h.phrase.endsWith("Incoming call");
    flag(document.body, "data-incoming", incoming);
    flag(document.body, "data-drill", h.drill === true);
    const broke = d.interrupted !== undefined && d.interrupted === l?.call?.id ? "The drill was interrupted. This is no drill. " : "";
    say(any("alert"), incoming ? `${broke}${h.phrase} ${h.detail} ${model.act(d).note}` : "");
  }

  /** @param {Desk} d @param {Line|undefined} l @param {number} now */
  #clocks(d, l, now) {
    say(any("here"), d.link === "connecting" ? "--:--:--" : clock(now, d.utc));
    say(any("here-word"), d.utc ? "UTC, here" : "here");
    any("there-row").hidden = !l?.clock;
    say(any("there"), clock(now + (l?.clock?.ms ?? 0), d.utc));
    const note = model.clockNote(l);
    any("clock-row").hidden = note === "";
    say(any("clock-note"), note);
  }

  /** @param {Desk} d @param {Around} around */
  #theAct(d, around) {
    const a = model.act(d), r = around.refusal;
    say(this.#act, a.word);
    this.#act.dataset.does = a.does || "nothing";
    this.#act.setAttribute("aria-disabled", String(a.does === ""));
    any("decline").hidden = !a.decline;
    say(any("act-note"), a.note);
    this.#live = model.live(model.front(d)) !== undefined && a.does !== "";
    say(any("dock-act"), a.word);
    this.#dock();
    any("refusal").hidden = !r;
    say(any("refusal"), r ? `${r.text} ${r.action}` : "");
  }

  /** The act is on the screen, and nobody reads far below what is said of the call: a key that is pressed then is meant for it. */
  get actInSight() {
    return inSight(this.#act) && inSight(any("act-side"));
  }

  /** A live call's act follows a person who reads far below. */
  #dock() {
    any("dock").hidden = !this.#live || inSight(this.#act);
  }

  /** Where the act stands, px from the top of the page, or of a narrow window: what moves can be hit by mistake. */
  get actTop() {
    let top = 0;
    for (let e = /** @type {Element|null} */ (this.#act); e instanceof HTMLElement; e = e.offsetParent) top += e.offsetTop;
    return top;
  }

  /** What is shown while this console speaks. @param {Desk} d @param {Around} around @param {number} now */
  #call(d, around, now) {
    const l = model.front(d), c = model.live(l);
    const shown = l && c && model.busyWith(d) === l && (c.state === "active" || c.state === "held");
    any("in-call").hidden = !shown;
    say(this.#mute, d.muted ? "Unmute" : "Mute");
    flag(this.#mute, "data-muted", d.muted);
    if (!shown) return;
    this.#heard = model.speaksIn(d, c);
    flag(any("in-call"), "data-listens", !this.#heard);
    say(any("near-who"), around.voice ? "Recording" : "You");
    say(any("far-who"), words.name(l.peer));
    say(any("spoken"), duration(model.talked(l, c, now) || 0));
    say(any("delay"), millis(model.voiceDelay(l)));
    any("gap-row").hidden = c.gap_ms === 0;
    say(any("gap"), short(c.gap_ms));
    any("listen-row").hidden = around.voice === "";
    any("listen").setAttribute("aria-pressed", String(around.listening));
  }

  /** @param {Desk} d @param {number} now */
  #ladder(d, now) {
    const l = model.front(d), c = l?.call;
    const shown = c && (c.state !== "ended" || model.headline(d, now).phrase === "Call ended");
    any("ladder").hidden = !shown;
    const rungs = shown ? model.ladder(c) : [];
    const peer = words.name(l?.peer ?? "");
    this.#rungs.show(rungs.map((r, i) => ({ r, i, peer, utc: d.utc })), ({ i }) => `${c?.id}/${i}`);
  }

  /**
   * levels moves the meters; dB, undefined where nothing is measured.
   * @param {number|undefined} near @param {number|undefined} far @param {Desk} d
   */
  levels(near, far, d) {
    const heard = d.muted || !this.#heard ? undefined : near;
    bar("near-meter", heard);
    bar("far-meter", far);
    bar("own-meter", near);
    say(any("near-word"), !this.#heard ? "not heard" : d.muted ? "muted" : speaks(heard));
    say(any("far-word"), speaks(far));
  }
}

/** @param {Element} e */
function inSight(e) {
  const { top, bottom } = e.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** @param {string} id @param {number|undefined} db */
function bar(id, db) {
  const i = /** @type {HTMLElement} */ (any(id).firstElementChild);
  i.style.transform = `scaleX(${db === undefined ? 0 : level(db).toFixed(3)})`;
}

/** @param {number|undefined} db */
const speaks = (db) => (db !== undefined && level(db) > speaking ? "speaking" : "");

/** @param {Hooks} hooks */
function concernRow(hooks) {
  const what = make("strong"), action = make("span"), button = make("button");
  button.type = "button";
  /** @type {model.Concern|null} */
  let shown = null;
  button.addEventListener("click", () => shown && hooks.concern(shown));
  const el = make("div", "notice", make("p", "", what, " ", action), button);
  return {
    el,
    /** @param {model.Concern} c */
    update(c) {
      shown = c;
      el.className = `notice ${c.severity}`;
      say(what, c.what);
      say(action, c.action);
      say(button, c.button);
      button.hidden = c.button === "";
    },
  };
}

/** @param {Hooks} hooks */
function lineRow(hooks) {
  const sign = make("i"), peer = make("b"), state = make("span");
  const pick = make("button", "pick", sign, peer, state), second = make("button", "second", "Answer");
  pick.type = second.type = "button";
  let slug = "";
  pick.addEventListener("click", () => hooks.pick(slug));
  second.addEventListener("click", () => hooks.answer(slug));
  const el = make("li", "", pick, second);
  return {
    el,
    /** @param {{l: Line, d: Desk}} item */
    update({ l, d }) {
      slug = l.line;
      const h = model.brief(d, l), front = l.line === d.front;
      sign.className = h.tone;
      say(peer, words.name(l.peer));
      say(state, h.text);
      peer.id = `line-${l.line}`;
      second.setAttribute("aria-describedby", peer.id);
      pick.setAttribute("aria-current", String(front));
      second.hidden = front || h.tone !== "ringing" || l.call?.state !== "incoming";
      el.classList.toggle("calls", h.tone === "ringing");
    },
  };
}

function rungRow() {
  const word = make("b"), when = make("span"), el = make("li", "", word, when);
  return {
    el,
    /** @param {{r: model.Rung, i: number, peer: string, utc: boolean}} item */
    update({ r, peer, utc }) {
      el.className = r.state;
      say(word, r.word);
      const by = r.by === "us" ? "here" : r.by === "both" ? "both" : peer;
      say(when, r.state === "done" ? `${clock(r.at, utc)} ${by}` : r.state === "waiting" ? "awaited" : "");
    },
  };
}
