// @ts-check
/** A day, chosen by its figures and its month's name: the browser's own field may write 06/12. */

import { make } from "./dom.js";
import { dayOf, months, wholeDay } from "./times.js";

export class DayField {
  #day = make("select");
  #month = make("select");
  #year = make("input");
  el;

  /** @param {string} label @param {() => void} changed */
  constructor(label, changed) {
    this.#day.append(...Array.from({ length: 31 }, (_, i) => new Option(String(i + 1), String(i + 1))));
    this.#month.append(...months.map((m, i) => new Option(m, String(i))));
    this.#year.inputMode = "numeric";
    this.#year.maxLength = 4;
    const named = /** @type {[HTMLElement, string][]} */ ([[this.#day, "day"], [this.#month, "month"], [this.#year, "year"]]);
    for (const [field, part] of named) {
      field.setAttribute("aria-label", `${label}, ${part}`);
      field.addEventListener("change", changed);
    }
    this.el = make("span", "day-field", this.#day, this.#month, this.#year);
  }

  /** @param {number} ms @param {boolean} utc */
  set(ms, utc) {
    const d = new Date(ms);
    this.#day.value = String(utc ? d.getUTCDate() : d.getDate());
    this.#month.value = String(utc ? d.getUTCMonth() : d.getMonth());
    this.#year.value = String(utc ? d.getUTCFullYear() : d.getFullYear());
  }

  /** When the chosen day begins, and the next; nothing if there is no such day. @param {boolean} utc */
  get(utc) {
    const begin = dayOf(Number(this.#year.value), Number(this.#month.value), Number(this.#day.value), utc);
    return Number.isNaN(begin) ? null : wholeDay(begin, utc);
  }
}
