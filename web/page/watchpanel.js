// @ts-check
/** The watch panel of the console: who has the watch, and what this person can do about it. */

import { any, byId, flag, Keyed, make, say } from "./dom.js";
import { act } from "./watchapi.js";
import * as model from "./watchmodel.js";

/** @typedef {import("./model.js").Desk} Desk */

const sureFor = 5000; // ms that a second press confirms the first

export class WatchPanel {
  #notes = new Keyed(any("watch-notes"), noteRow);
  #more = new Keyed(any("watch-more"), lineRow);
  #changed;
  #me = "";
  #upTo = "";
  #sure = false;
  #pressed = -Infinity;
  #handing = false;
  #error = "";

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
    any("watch-take").addEventListener("click", () => this.#take());
    any("watch-here").addEventListener("click", () => this.do("here"));
    any("watch-ack").addEventListener("click", () => this.do("acknowledge", { up_to: this.#upTo }));
    any("watch-hand").addEventListener("click", () => this.#open(!this.#handing));
    any("watch-cancel").addEventListener("click", () => this.#open(false));
    any("watch-hand-go").addEventListener("click", () => this.#hand("hand"));
    any("watch-leave").addEventListener("click", () => this.#hand("leave"));
  }

  /** do carries out an act; what is refused is said. @param {"take"|"hand"|"leave"|"here"|"acknowledge"} what @param {import("./apiwatch.js").WatchAct} m */
  async do(what, m = {}) {
    this.#error = await act(what, { console: this.#me, ...m }).then(() => "", (e) => `${e.message} ${e.action ?? ""}`);
    this.#changed();
    return this.#error === "";
  }

  #take() {
    const again = performance.now() - this.#pressed < sureFor;
    if (this.#sure && !again) {
      this.#pressed = performance.now();
      setTimeout(this.#changed, sureFor + 50);
      this.#changed();
      return;
    }
    this.#pressed = -Infinity;
    this.do("take");
  }

  /** @param {boolean} open */
  #open(open) {
    this.#handing = open;
    this.#changed();
    if (open) any("watch-to").focus();
  }

  /** @param {"hand"|"leave"} what */
  async #hand(what) {
    const to = byId("watch-to", HTMLInputElement), note = byId("watch-note", HTMLTextAreaElement);
    const m = { note: note.value, ...(what === "hand" && to.value.trim() && { to: { name: to.value.trim() } }) };
    if (!await this.do(what, m)) return;
    to.value = note.value = "";
    this.#open(false);
  }

  /** @param {Desk} d @param {number} now */
  show(d, now) {
    this.#me = d.me;
    const p = model.panel(d, now);
    any("watch-section").hidden = !p;
    if (!p) return;
    this.#sure = p.sure;
    this.#upTo = p.upTo;
    any("watch-section").dataset.tone = p.tone;
    say(any("watch-who"), p.who);
    say(any("watch-when"), p.when);
    this.#more.show(p.more.map((text, i) => ({ text, i })), ({ i }) => String(i));
    this.#notes.show(p.notes.map((n, i) => ({ ...n, i })), ({ i, from, when }) => `${i}/${from}/${when}`);
    any("watch-notes-box").hidden = p.notes.length === 0;
    const asking = p.sure && performance.now() - this.#pressed < sureFor;
    any("watch-take").hidden = p.take === "";
    say(any("watch-take"), asking ? "Press again to take it over" : p.take);
    any("watch-here").hidden = !p.here;
    any("watch-hand").hidden = !p.hand;
    if (!p.hand) this.#handing = false;
    any("watch-hand").setAttribute("aria-expanded", String(this.#handing));
    any("watch-form").hidden = !this.#handing;
    this.#names(d.watch);
    say(any("watch-error"), this.#error);
    flag(any("watch-section"), "data-mine", model.mine(d));
  }

  /** The officers whom the roster names next are offered. @param {import("./apiwatch.js").Watch|undefined} w */
  #names(w) {
    const names = [...new Set([...(w?.next?.officers ?? []), ...(w?.rostered?.officers ?? [])])].filter((n) => n !== w?.officer);
    const box = any("watch-names");
    if (box.children.length === names.length && names.every((n, i) => /** @type {HTMLOptionElement} */ (box.children[i]).value === n)) return;
    box.replaceChildren(...names.map((n) => Object.assign(make("option"), { value: n })));
  }
}

function noteRow() {
  const head = make("b"), when = make("span", "soft"), text = make("p"), el = make("li", "", head, " ", when, text);
  text.dir = "auto";
  return {
    el,
    /** @param {{from: string, when: string, text: string, i: number}} n */
    update(n) {
      say(head, n.from);
      say(when, n.when);
      say(text, n.text);
    },
  };
}

function lineRow() {
  const el = make("li");
  return {
    el,
    /** @param {{text: string, i: number}} l */
    update: ({ text }) => say(el, text),
  };
}
