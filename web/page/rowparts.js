// @ts-check
/** What the rows of the record have in common. */

import { flag, make, say } from "./dom.js";
import * as entry from "./entry.js";

/** @typedef {import("./apirecord.js").Item} Item */
/** @typedef {import("./rows.js").Sight} Sight */

/** button makes one that does not send a form. @param {string} className @param {string} text @param {() => void} press */
export function button(className, text, press) {
  const b = make("button", className, text);
  b.type = "button";
  b.addEventListener("click", press);
  return b;
}

/** opener makes the button at the end of a row, which opens what else there is. @param {string} label @param {() => void} press */
export function opener(label, press) {
  const b = button("opener", "", press);
  b.setAttribute("aria-label", label);
  b.setAttribute("aria-expanded", "false");
  b.title = label;
  return b;
}

/** showTime prints a time with all its other ways of being told. @param {HTMLElement} el @param {Item} i @param {Sight} s */
export function showTime(el, i, s) {
  say(el, entry.when(i.at, s.row.dated, s.around));
  el.title = entry.everyTime(i.at, s.around);
  flag(el, "data-dated", s.row.dated);
}

/** showProof prints how far an item can be proven. @param {HTMLElement} el @param {Item} i */
export function showProof(el, i) {
  const p = entry.proof(i), mark = el.firstElementChild ?? el.appendChild(make("i"));
  const word = el.lastElementChild !== mark ? /** @type {Element} */ (el.lastElementChild) : el.appendChild(make("span"));
  mark.setAttribute("aria-hidden", "true");
  el.hidden = i.key.startsWith("waiting/");
  el.dataset.proof = i.proof;
  el.title = p.why;
  say(mark, p.mark);
  say(word, p.word);
}

/** showMisdated prints what is wrong with an author's time, if anything is. @param {HTMLElement} el @param {Item} i @param {Sight} s */
export function showMisdated(el, i, s) {
  say(el, entry.misdated(i, s.around));
  el.hidden = el.textContent === "";
}

/** stepLine makes a step of a call or a test: when, what, by whom. */
export function stepLine() {
  const time = make("time"), word = make("b"), by = make("span"), el = make("li", "", time, word, by);
  return {
    el,
    /** @param {{key: string, time: string, title: string, word: string, by: string}} s */
    update(s) {
      say(time, s.time);
      time.title = s.title;
      say(word, s.word);
      say(by, s.by);
    },
  };
}
