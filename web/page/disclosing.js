// @ts-check
/** The form that asks for a disclosure, and the list of those that were asked for or made. */

import { any, byId, flag, Keyed, make, say } from "./dom.js";
import { DayField } from "./dayfield.js";
import * as disclose from "./disclose.js";
import { everyTime, when } from "./entry.js";
import { visible } from "./plain.js";
import { button } from "./rowparts.js";

/** @typedef {import("./apirecord.js").Disclosure} Disclosure */
/** @typedef {import("./entry.js").Around} Around */

/**
 * @typedef {object} DiscloseHooks
 * @property {(d: import("./apirecord.js").NewDisclosure) => Promise<Disclosure>} disclose
 * @property {(key: string, consent: boolean) => Promise<void>} answer
 * @property {(id: string) => string} address
 * @property {() => void} changed what is ticked, or whether anything can be
 */

export class Disclosing {
  #hooks;
  /** Keys that are ticked, in their order. @type {Set<string>} */
  ticked = new Set();
  #open = false;
  #utc = false;
  #rule = "";
  #peer = "";
  #from = new DayField("First day", () => this.#print());
  #until = new DayField("Last day", () => this.#print());
  #to = byId("disclose-to", HTMLInputElement);
  #bodies = byId("disclose-bodies", HTMLInputElement);
  #anyway = byId("disclose-anyway", HTMLInputElement);
  #go = byId("disclose-go", HTMLButtonElement);
  #rows;

  /** @param {DiscloseHooks} hooks */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#rows = new Keyed(any("disclosure-list"), () => disclosureRow(hooks));
    any("disclose-days").append("from ", this.#from.el, " to ", this.#until.el);
    any("disclose-button").addEventListener("click", () => this.#toggle(!this.#open));
    any("disclose-cancel").addEventListener("click", () => this.#toggle(false));
    any("disclose-form").addEventListener("keydown", (e) => e.key === "Escape" && this.#toggle(false));
    for (const f of [...this.#ways(), this.#bodies, this.#anyway, this.#to]) f.addEventListener("change", () => this.#print());
    this.#go.addEventListener("click", () => this.#ask());
  }

  /** Entries can be ticked now. */
  get ticking() {
    return this.#open && this.#what !== "range";
  }

  /** @param {string} key @param {boolean} on */
  tick(key, on) {
    if (on) this.ticked.add(key);
    else this.ticked.delete(key);
    this.#print();
  }

  /** @param {Disclosure[]} list @param {Around} a @param {string} peer isolated @param {string} rule of the accord */
  show(list, a, peer, rule) {
    this.#utc = a.utc;
    this.#peer = peer;
    this.#rule = rule;
    any("disclosures").hidden = list.length === 0;
    const waits = list.filter(disclose.needsAnswer).length;
    say(any("disclosures-summary"), `Disclosures · ${list.length}${waits ? `, ${waits} to answer` : ""}`);
    this.#rows.show([...list].sort((x, y) => (x.at < y.at ? 1 : -1)).map((d) => ({ d, a, peer })), ({ d }) => `${d.by}/${d.id}`);
    this.#print();
  }

  /** reveal opens the list: a person shall see what is asked. */
  reveal() {
    any("disclosures").toggleAttribute("open", true);
    any("disclosures").scrollIntoView({ block: "start" });
  }

  /** forget: another record is shown. */
  forget() {
    this.ticked.clear();
    this.#toggle(false);
  }

  #ways() {
    return [...document.querySelectorAll("input[name=disclose-what]")].filter((e) => e instanceof HTMLInputElement);
  }

  /** @returns {disclose.Wish["what"]} */
  get #what() {
    return /** @type {disclose.Wish["what"]} */ (this.#ways().find((w) => w.checked)?.value ?? "entries");
  }

  /** @returns {disclose.Wish} */
  get #wish() {
    const from = this.#from.get(this.#utc)?.from ?? NaN, until = this.#until.get(this.#utc)?.to ?? NaN;
    return { what: this.#what, ticked: [...this.ticked], bodies: this.#bodies.checked, from, until, to: this.#to.value, anyway: this.#anyway.checked };
  }

  /** @param {boolean} open */
  #toggle(open) {
    if (open && !this.#open) {
      this.#from.set(Date.now(), this.#utc);
      this.#until.set(Date.now(), this.#utc);
      this.#anyway.checked = false;
    }
    if (!open) this.ticked.clear();
    this.#open = open;
    any("disclose-form").hidden = !open;
    any("disclose-button").setAttribute("aria-expanded", String(open));
    say(any("disclose-error"), "");
    this.#print();
    if (open) any("disclose-form").focus();
  }

  #print() {
    if (this.#open) {
      const w = this.#wish, why = disclose.refusal(w);
      any("disclose-days").hidden = w.what !== "range";
      any("disclose-bodies-field").hidden = w.what === "contact";
      any("disclose-anyway-field").hidden = this.#rule === "free";
      say(any("disclose-anyway-word"), disclose.anywaySays(this.#rule));
      say(any("disclose-count"), why || disclose.chosen(w));
      say(any("disclose-rule"), w.anyway ? "Made at once, against the accord’s rule." : disclose.ruleSays(this.#rule, this.#peer));
      this.#go.setAttribute("aria-disabled", String(why !== ""));
    }
    flag(document.body, "data-ticking", this.ticking);
    this.#hooks.changed();
  }

  async #ask() {
    const w = this.#wish, why = disclose.refusal(w);
    if (why) return say(any("disclose-error"), why);
    try {
      await this.#hooks.disclose(disclose.request(w));
      this.#toggle(false);
      this.reveal();
    } catch (e) {
      say(any("disclose-error"), e instanceof Error ? `${e.message} ${/** @type {any} */ (e).action ?? ""}` : String(e));
    }
  }
}

/** @param {DiscloseHooks} hooks */
function disclosureRow(hooks) {
  const time = make("time"), what = make("b"), shows = make("ul", "shows"), state = make("p"), sum = make("p", "fact");
  const save = make("a", "save", "Save the file"), verify = make("a", "quiet-link", "Check it on the verification page"), error = make("p", "row-error");
  verify.href = "/verify.html";
  verify.target = "_blank";
  verify.rel = "noopener";
  let key = "";
  /** @param {boolean} consent */
  const answer = (consent) => hooks.answer(key, consent).then(() => say(error, ""), (e) => say(error, `${e.message} ${e.action ?? ""}`));
  const agree = button("mark-read", "Agree", () => answer(true)), refuse = button("quiet", "Refuse", () => answer(false));
  const list = new Keyed(shows, () => {
    const el = make("li");
    return { el, /** @param {{text: string, n: number}} s */ update: (s) => say(el, s.text) };
  });
  const links = make("p", "below", save, verify), answers = make("div", "below", agree, refuse);
  const el = make("li", "", time, make("div", "entry-body", what, state, shows, sum, links, answers, error));
  return {
    el,
    /** @param {{d: Disclosure, a: Around, peer: string}} item */
    update({ d, a, peer }) {
      key = d.key;
      say(time, when(d.at, true, a));
      time.title = everyTime(d.at, a);
      say(what, disclose.to(d));
      say(state, disclose.state(d, peer));
      list.show((d.shows ?? []).map((text, n) => ({ text: disclose.shows(text, a), n })), ({ n }) => String(n));
      say(sum, d.sha256 ? `SHA-256 ${visible(d.sha256)}` : "");
      sum.hidden = !d.sha256;
      links.hidden = !(d.by === "us" && d.state === "made");
      save.href = hooks.address(d.id);
      save.download = "disclosure.txt";
      answers.hidden = !disclose.needsAnswer(d);
      flag(el, "data-asks", disclose.needsAnswer(d));
    },
  };
}
