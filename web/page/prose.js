// @ts-check
/**
 * Text of others in the page: text nodes and marks, in a box of its own whose writing
 * direction ends with it. A long one is folded until a person asks for the rest.
 */

import { make, say } from "./dom.js";
import { size } from "./entry.js";
import { parts } from "./plain.js";

const foldedChars = 900, foldedLines = 10;

/** spell puts a text into an element, what is unseen in it as marks. @param {Element} el @param {string} text */
export function spell(el, text) {
  el.replaceChildren(...parts(text).map((p) => {
    if (p.kind === "") return document.createTextNode(p.text);
    const mark = make("span", `mark ${p.kind}`, p.text);
    mark.title = p.why;
    return mark;
  }));
}

/** fold is the beginning of a long text, or the whole of another. @param {string} text */
export function fold(text) {
  const lines = text.split("\n", foldedLines + 1);
  const few = lines.length > foldedLines ? lines.slice(0, foldedLines).join("\n") : text;
  const chars = [...few.slice(0, 2 * foldedChars)];
  const short = chars.length > foldedChars ? chars.slice(0, foldedChars).join("") : few;
  return short.length < text.length - 80 ? short : text; // a few letters more are not worth a press
}

/** A Prose shows one text. */
export class Prose {
  #text = "";
  #open = false;
  #body = make("div", "prose");
  #more = make("button", "more");
  el = make("div", "prose-box", this.#body, this.#more);

  constructor() {
    this.#body.dir = "auto";
    this.#more.type = "button";
    this.#more.hidden = true;
    this.#more.addEventListener("click", () => {
      this.#open = !this.#open;
      this.#print();
    });
  }

  /** show prints a text; the same text is left alone. @param {string} text */
  show(text) {
    if (text === this.#text) return;
    this.#text = text;
    this.#open = false;
    this.#print();
  }

  #print() {
    const short = fold(this.#text);
    this.#more.hidden = short === this.#text;
    this.#more.setAttribute("aria-expanded", String(this.#open));
    say(this.#more, this.#open ? "Show less" : `… show all, ${size(new TextEncoder().encode(this.#text).length)}`);
    spell(this.#body, this.#open ? this.#text : short);
  }
}
