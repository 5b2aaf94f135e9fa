// @ts-check
/** The side of the console's view: paths with their charts, the other side, this console; and the story below. */

import { draw } from "./chart.js";
import { any, flag, Keyed, make, say } from "./dom.js";
import { describe } from "./history.js";
import { showOwn } from "./own.js";
import * as model from "./model.js";
import { mayAct } from "./rights.js";
import { clock, millis, percent, since } from "./times.js";
import { farWatch } from "./watchmodel.js";
import * as words from "./words.js";

/** @typedef {import("./model.js").Desk} Desk */
/** @typedef {import("./view.js").Around} Around */

export class Side {
  #paths = new Keyed(any("paths"), pathRow);
  #others = new Keyed(any("others"), otherRow);
  #words = new Keyed(any("words"), wordRow);
  #story = new Keyed(any("story"), storyRow);

  /** @param {Desk} d @param {Around} around @param {number} now */
  show(d, around, now) {
    const l = model.front(d);
    const stale = d.link !== "attached";
    flag(document.body, "data-stale", stale);
    this.#paths.show((l?.paths ?? []).map((p) => ({ p, stale, samples: around.history.of(d.front, p.path), now, utc: d.utc })), ({ p }) => `${d.front}/${p.path}`);
    say(any("far-side"), l ? model.farSide(d, l, now) : "");
    say(any("far-watch"), l ? farWatch(words.name(l.peer), l.far_watch, l.state === "down", now, d.utc) : "");
    this.#own(d, around, now);
    this.#others.show(d.consoles.filter((c) => c.id !== d.me), (c) => c.id);
    any("others-section").hidden = d.consoles.every((c) => c.id === d.me);
    const twelve = l?.state === "unconfirmed" ? l.words ?? [] : [];
    any("words-section").hidden = twelve.length === 0;
    this.#words.show(twelve.map((word, i) => ({ word, i })), ({ i }) => String(i));
    say(any("version"), around.version && `ringdown ${around.version}`);
    this.#story.show(storyOf(around, d, now), (e) => e.key);
  }

  /** @param {Desk} d @param {Around} around @param {number} now */
  #own(d, around, now) {
    say(any("own-ready"), d.ready ? "ready" : "not ready");
    flag(any("own-ready"), "data-ready", d.ready);
    const own = d.consoles.find((c) => c.id === d.me);
    say(any("own-name"), own ? words.name(own.name) : "");
    showOwn(d);
    any("own-meter-row").hidden = !d.wanted || around.voice !== "" || !mayAct(d);
    const tested = around.tested ? `Ringer tested ${since(around.tested, now, d.utc)}.` : "Ringer not tested yet.";
    say(any("own-tested"), around.voice ? `Speaks a recording. ${tested}` : tested);
    any("stand-down").hidden = !d.wanted;
  }
}

/** @param {Around} around @param {Desk} d @param {number} now */
function storyOf(around, d, now) {
  const nothing = { key: "none", when: "", peer: "", text: "Nothing has happened since this page was opened.", mark: "none" };
  if (around.story.length === 0) return [nothing];
  return around.story.map((e) => ({
    key: `${e.at}/${e.peer}/${e.text}`, mark: e.mark, text: e.text,
    when: now - e.at < 43_200_000 ? clock(e.at, d.utc) : since(e.at, now, d.utc),
    peer: e.peer && words.name(e.peer),
  }));
}

function storyRow() {
  const when = make("time"), peer = make("b"), text = make("span"), el = make("li", "", when, peer, text);
  return {
    el,
    /** @param {{key: string, when: string, peer: string, text: string, mark: string}} e */
    update(e) {
      el.className = e.mark;
      say(when, e.when);
      say(peer, e.peer);
      say(text, e.text);
    },
  };
}

function pathRow() {
  const title = make("span", "path-name"), figures = make("span", "path-figures"), chart = make("canvas"), note = make("span", "path-note");
  chart.setAttribute("role", "img");
  const el = make("li", "", title, figures, chart, note);
  return {
    el,
    /** @param {{p: import("./api.js").Path, stale: boolean, samples: import("./history.js").Sample[], now: number, utc: boolean}} item */
    update({ p, stale, samples, now, utc }) {
      const state = stale ? words.pathNotKnown : words.paths[p.state] ?? { what: p.state, action: "" };
      const up = p.state === "up" && !stale;
      el.dataset.state = stale ? "silent" : p.state;
      say(title, `${p.path} ${words.name(p.name)}`);
      say(figures, up ? millis(p.rtt_ms) : state.what);
      chart.setAttribute("aria-label", `Path ${p.path}: ${describe(samples)}`);
      const loss = `loss ${lossOf(p.in)} in, ${lossOf(p.out)} out · spread ${p.in.known ? millis(p.in.spread_ms) : "–"}`;
      const heard = p.heard ? ` Last heard ${since(Date.parse(p.heard), now, utc)}.` : "";
      say(note, up ? loss : state.action + heard);
      draw(chart, samples);
    },
  };
}

/** @param {import("./api.js").Quality} q */
const lossOf = (q) => (q.known ? percent(q.loss_permille) : "–");

function otherRow() {
  const name = make("b"), state = make("span"), el = make("li", "", name, state);
  return {
    el,
    /** @param {import("./api.js").Console} c */
    update(c) {
      say(name, c.person ? `${words.name(c.person)}, ${words.name(c.name || c.kind)}` : words.name(c.name || c.kind));
      say(state, c.lost ? "lost" : c.ready ? "ready" : "not ready");
    },
  };
}

function wordRow() {
  const el = make("li");
  return {
    el,
    /** @param {{word: string, i: number}} item */
    update: ({ word }) => say(el, word),
  };
}
