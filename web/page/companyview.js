// @ts-check
/**
 * The room of a call: who is in it, and what can be done there beside speaking. And the drill: a small
 * control, apart, that needs a second step.
 */

import * as company from "./company.js";
import { any, byId, Keyed, make, say } from "./dom.js";
import * as model from "./model.js";
import { level, speaking } from "./sound.js";
import * as words from "./words.js";

/** @typedef {model.Desk} Desk */
/** @typedef {import("./api.js").ToStation} ToStation */

/**
 * What a person can do here.
 * @typedef {object} Hooks
 * @property {(m: ToStation) => void} ask brings a message about the line in front to the station
 * @property {(speaks: boolean) => void} join
 * @property {() => void} drill
 * @property {() => void} real
 */

export class Company {
  #people = new Keyed(any("company-people"), personRow);
  #hand = byId("hand-to", HTMLSelectElement);
  #drill = byId("drill", HTMLDetailsElement);
  /** @type {company.Present[]} */
  #shown = [];

  /** @param {Hooks} hooks */
  constructor(hooks) {
    const press = (/** @type {string} */ id, /** @type {() => void} */ f) => any(id).addEventListener("click", f);
    press("join-listen", () => hooks.join(false));
    press("join-speak", () => hooks.join(true));
    press("ask-principal", () => hooks.ask({ type: "ask-principal" }));
    press("fetch-go", () => {
      hooks.ask({ type: "fetching", minutes: Number(byId("fetch-minutes", HTMLSelectElement).value) });
      byId("fetch", HTMLDetailsElement).open = false;
    });
    press("principal-here", () => hooks.ask({ type: "present" }));
    press("hand-go", () => {
      if (this.#hand.value) hooks.ask({ type: "hand", to: this.#hand.value });
      byId("hand", HTMLDetailsElement).open = false;
    });
    press("drill-go", () => {
      this.#drill.open = false;
      hooks.drill();
    });
    press("drill-real", () => hooks.real());
  }

  /** show draws the room of the line in front. @param {Desk} d */
  show(d) {
    const l = model.front(d), c = model.live(l), peer = words.name(l?.peer ?? ""), r = company.room(d);
    this.#shown = l && c ? company.present(d, l, c) : [];
    any("company").hidden = this.#shown.length === 0 && !r.real;
    any("company-people").hidden = any("company-acts").hidden = this.#shown.length === 0;
    this.#people.show(this.#shown.map((p) => ({ p, side: p.side === "us" ? words.name(d.station) : peer })), ({ p }) => p.key);
    any("join-listen").hidden = !r.listen;
    say(any("join-listen"), model.guest(d, c)?.speaks ? "Only listen" : "Join to listen");
    any("join-speak").hidden = !r.speak;
    any("join-full").hidden = r.full === "";
    say(any("join-full"), r.full);
    any("ask-principal").hidden = !r.ask;
    any("fetch").hidden = !r.fetch;
    any("principal-here").hidden = !r.here;
    this.#drawHand(r.hand);
    any("real-row").hidden = !r.real;
    say(any("drill-real"), `Call ${peer} for real`);
    this.#drill.hidden = !company.mayDrill(d);
    if (this.#drill.hidden) this.#drill.open = false;
    say(any("drill-go"), `Begin a DRILL with ${peer}`);
  }

  /** @param {{id: string, who: string}[]} to */
  #drawHand(to) {
    any("hand").hidden = to.length === 0;
    const want = to.map((t) => `${t.id} ${t.who}`).join("\n");
    if (this.#hand.dataset.shown === want) return;
    this.#hand.dataset.shown = want;
    const chosen = this.#hand.value;
    const gone = chosen !== "" && !to.some((t) => t.id === chosen); // nobody else is chosen in its place
    this.#hand.replaceChildren(...(gone ? [new Option("choose …", "")] : []), ...to.map((t) => new Option(t.who, t.id, false, t.id === chosen)));
  }

  /** levels marks who speaks. @param {number|undefined} near @param {(number|undefined)[]} far by stream @param {boolean} muted */
  levels(near, far, muted) {
    for (const [i, p] of this.#shown.entries()) {
      const db = p.here ? (muted ? undefined : near) : p.stream >= 0 ? far[p.stream] : undefined;
      const row = any("company-people").children[i];
      row?.toggleAttribute("data-speaking", p.speaks && db !== undefined && level(db) > speaking);
    }
  }
}

function personRow() {
  const sign = make("i"), who = make("b"), part = make("span"), el = make("li", "", sign, who, part);
  sign.setAttribute("aria-hidden", "true");
  return {
    el,
    /** @param {{p: company.Present, side: string}} item */
    update({ p, side }) {
      say(who, p.here ? `${p.who} (this console)` : p.who);
      say(part, `${side} · ${p.part}`);
      el.dataset.part = p.speaks ? "speaks" : "listens";
    },
  };
}
