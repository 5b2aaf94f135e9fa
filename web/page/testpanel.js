// @ts-check
/** The panel of tests: when the next is due, how the last one went, words to read back; and the right to call. */

import { any, byId, make, say } from "./dom.js";
import * as model from "./testmodel.js";
import { ask, json } from "./watchapi.js";

/** @typedef {import("./model.js").Desk} Desk */

export class TestPanel {
  #owner;
  #slug = "";
  #key = "";
  #asking = false; // for the reason of a suspension
  #busy = false;
  #error = "";
  #shown = "";

  /** @param {{name: () => string, changed: () => void}} owner */
  constructor(owner) {
    this.#owner = owner;
    any("test-start").addEventListener("click", () => this.#do("test", {}));
    byId("test-form", HTMLFormElement).addEventListener("submit", (e) => {
      e.preventDefault();
      this.#readBack();
    });
    any("suspend").addEventListener("click", () => this.#open(true));
    any("suspend-cancel").addEventListener("click", () => this.#open(false));
    any("resume").addEventListener("click", () => this.#do("resume", {}));
    byId("suspend-form", HTMLFormElement).addEventListener("submit", (e) => {
      e.preventDefault();
      this.#suspend();
    });
  }

  /** reveal brings the words to read back before a person's eyes. */
  reveal() {
    any("test-section").scrollIntoView({ block: "nearest" });
    byId("test-read", HTMLInputElement).focus();
  }

  /** start and resume do on a line what the buttons here do; what is refused is brought before a person's eyes. @param {string} line */
  start(line) { this.#elsewhere("test", line); }

  /** @param {string} line */
  resume(line) { this.#elsewhere("resume", line); }

  /** @param {string} what @param {string} line */
  async #elsewhere(what, line) {
    this.#slug = line;
    if (!await this.#do(what, {})) any("test-section").scrollIntoView({ block: "nearest" });
  }

  async #readBack() {
    const field = byId("test-read", HTMLInputElement);
    if (await this.#do("test/read-back", { key: this.#key, words: field.value })) field.value = "";
  }

  async #suspend() {
    const field = byId("suspend-reason", HTMLInputElement);
    if (!await this.#do("suspend", { reason: field.value.trim() })) return;
    field.value = "";
    this.#open(false);
  }

  /** @param {boolean} open */
  #open(open) {
    this.#asking = open;
    this.#error = "";
    this.#owner.changed();
    any("suspend-form").hidden = !open;
    if (open) byId("suspend-reason", HTMLInputElement).focus();
  }

  /** #do asks the station once; what is refused is said. @param {string} what @param {object} m */
  async #do(what, m) {
    if (this.#busy) return false;
    this.#busy = true;
    const url = `/api/lines/${encodeURIComponent(this.#slug)}/${what}`;
    this.#error = await ask(url, json("POST", { ...m, name: this.#owner.name() })).then(() => "", (e) => `${e.message} ${e.action ?? ""}`);
    this.#busy = false;
    this.#owner.changed();
    return this.#error === "";
  }

  /** @param {Desk} d @param {number} now */
  show(d, now) {
    if (d.front !== this.#slug) this.#asking = false;
    this.#slug = d.front;
    const p = model.panel(d, now);
    any("test-section").hidden = !p;
    if (!p) return;
    this.#key = p.key;
    any("test-section").dataset.tone = p.tone;
    say(any("test-state"), p.state);
    say(any("test-next"), p.next);
    say(any("test-why"), p.why);
    say(any("test-ours"), p.ours);
    say(any("test-ask"), p.ask);
    say(any("test-words"), p.read);
    any("test-words").hidden = any("test-form").hidden = p.read === "";
    any("test-start").hidden = !p.start;
    this.#paths(p.paths);
    any("suspend").hidden = !p.suspend || this.#asking;
    any("suspend-form").hidden = !p.suspend || !this.#asking;
    any("resume").hidden = !p.resume;
    say(any("test-error"), this.#error);
  }

  /** @param {string[]} list */
  #paths(list) {
    const text = list.join("\n");
    if (text === this.#shown) return;
    this.#shown = text;
    any("test-paths").replaceChildren(...list.map((t) => make("li", "", t)));
  }
}
