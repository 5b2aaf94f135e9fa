// @ts-check
/** Which part of the record is shown: day, matter, kind, words, unread. */

import { any, byId, make } from "./dom.js";
import { DayField } from "./dayfield.js";
import { isolated } from "./entry.js";
import { everything } from "./record.js";
import { dayName } from "./timeline.js";
import { wholeDay } from "./times.js";

/** @typedef {import("./record.js").Query} Query */

const listedDays = 14;

export class Filters {
  #day = byId("filter-day", HTMLSelectElement);
  #matter = byId("filter-matter", HTMLSelectElement);
  #kind = byId("filter-kind", HTMLSelectElement);
  #search = byId("filter-search", HTMLInputElement);
  #unread = byId("filter-unread", HTMLInputElement);
  #other;
  #utc = false;
  #now = 0;
  #days = "";

  /** @param {(typing: boolean) => void} changed */
  constructor(changed) {
    this.#other = new DayField("Day", () => changed(false));
    any("filter-other-day").append(this.#other.el);
    for (const s of [this.#matter, this.#kind, this.#unread]) s.addEventListener("change", () => changed(false));
    this.#day.addEventListener("change", () => {
      if (this.#day.value === "other") this.#other.set(this.#now, this.#utc);
      any("filter-other-day").hidden = this.#day.value !== "other";
      changed(false);
    });
    this.#search.addEventListener("input", () => changed(true));
  }

  /** show lists days and matters; what is chosen stays. @param {import("./apirecord.js").Matter[]} matters @param {number} now @param {boolean} utc */
  show(matters, now, utc) {
    this.#now = now;
    this.#utc = utc;
    const days = Array.from({ length: listedDays }, (_, i) => wholeDay(now - i * 86_400_000, utc));
    const known = `${days[0].from}/${utc}`;
    if (known !== this.#days) {
      this.#days = known;
      if (this.#day.value !== "other") this.#day.value = "";
      fill(this.#day, [["", "all days"], ...days.map((d) => /** @type {[string, string]} */ ([String(d.from), dayName(d.from, now, utc)])), ["other", "another day"]]);
    }
    fill(this.#matter, [["", "all matters"], ...matters.map((m) => /** @type {[string, string]} */ ([m.key, isolated(m.title, 60) + (m.closed ? " (closed)" : "")]))]);
  }

  /** @returns {Query} */
  get query() {
    const d = this.#day.value === "other" ? this.#other.get(this.#utc) : this.#day.value ? wholeDay(Number(this.#day.value), this.#utc) : null;
    return { ...everything, ...d, matter: this.#matter.value, kinds: this.#kind.value, search: this.#search.value, unread: this.#unread.checked };
  }

  /** set chooses anew. @param {Partial<Query>} q */
  set(q) {
    if (q.matter !== undefined) {
      if (q.matter && ![...this.#matter.options].some((o) => o.value === q.matter)) this.#matter.append(new Option("a matter", q.matter));
      this.#matter.value = q.matter;
    }
    if (q.unread !== undefined) this.#unread.checked = q.unread;
    if (q.search !== undefined) this.#search.value = q.search;
    if (q.kinds !== undefined) this.#kind.value = q.kinds;
    if (q.from === 0) {
      this.#day.value = "";
      any("filter-other-day").hidden = true;
    }
  }
}

/** fill lists choices; what was chosen stays chosen. @param {HTMLSelectElement} select @param {[string, string][]} choices value, text */
function fill(select, choices) {
  const chosen = select.value;
  // What is chosen and not listed (yet) stays chosen.
  if (chosen && !choices.some(([v]) => v === chosen)) choices = [...choices, [chosen, "a matter"]];
  const now = JSON.stringify(choices);
  if (select.dataset.list === now) return;
  select.dataset.list = now;
  select.replaceChildren(...choices.map(([value, text]) => {
    const o = make("option", "", text);
    o.value = value;
    return o;
  }));
  select.value = chosen;
}
