// @ts-check
/** A knob to grab: drag it, turn the wheel on it, or use the arrow keys. */

import { make, say } from "./dom.js";

const throughout = 220; // px of drag from one end to the other

export class Knob {
  el;
  #dial = make("div", "dial");
  #word = make("output");
  #most;
  #step;
  #unit;
  #value = 0;
  #change;
  #grabbed = false;
  #touched = -Infinity;

  /**
   * @param {string} label @param {string} path what it belongs to, for those who cannot see it
   * @param {{most: number, step: number, unit: string, harm?: boolean}} range
   * @param {(value: number) => void} change
   */
  constructor(label, path, { most, step, unit, harm }, change) {
    this.#most = most;
    this.#step = step;
    this.#unit = unit;
    this.#change = change;
    const d = this.#dial;
    d.tabIndex = 0;
    d.setAttribute("role", "slider");
    d.setAttribute("aria-label", `${label} of ${path}`);
    d.setAttribute("aria-valuemin", "0");
    d.setAttribute("aria-valuemax", String(most));
    d.toggleAttribute("data-harm", harm === true);
    d.addEventListener("keydown", (e) => this.#key(e));
    d.addEventListener("wheel", (e) => this.#turn(e, this.#value - Math.sign(e.deltaY) * step * 2), { passive: false });
    d.addEventListener("pointerdown", (e) => this.#grab(e));
    this.el = make("div", "knob", make("span", "", label), d, this.#word);
    this.#print();
  }

  /** show takes the value from outside, unless a hand is on the knob. @param {number} value */
  show(value) {
    if (this.#grabbed || performance.now() - this.#touched < 600 || value === this.#value) return;
    this.#value = value;
    this.#print();
  }

  /** @param {number} value */
  #set(value) {
    const v = Math.min(this.#most, Math.max(0, Math.round(value / this.#step) * this.#step));
    this.#touched = performance.now();
    if (v === this.#value) return;
    this.#value = v;
    this.#print();
    this.#change(v);
  }

  #print() {
    const text = `${Math.round(this.#value)} ${this.#unit}`;
    this.#dial.style.setProperty("--turn", String(Math.min(1, this.#value / this.#most)));
    this.#dial.setAttribute("aria-valuenow", String(Math.round(this.#value)));
    this.#dial.setAttribute("aria-valuetext", text);
    say(this.#word, text);
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    const to = {
      ArrowUp: this.#value + this.#step, ArrowRight: this.#value + this.#step,
      ArrowDown: this.#value - this.#step, ArrowLeft: this.#value - this.#step,
      PageUp: this.#value + 10 * this.#step, PageDown: this.#value - 10 * this.#step,
      Home: 0, End: this.#most,
    }[e.key];
    if (to !== undefined) this.#turn(e, to);
  }

  /** @param {Event} e @param {number} to */
  #turn(e, to) {
    e.preventDefault();
    this.#set(to);
  }

  /** @param {PointerEvent} down */
  #grab(down) {
    const from = this.#value, d = this.#dial;
    this.#grabbed = true;
    d.setPointerCapture(down.pointerId);
    /** @param {PointerEvent} e */
    const move = (e) => this.#set(from + ((e.clientX - down.clientX - (e.clientY - down.clientY)) / throughout) * this.#most);
    const release = () => {
      this.#grabbed = false;
      d.removeEventListener("pointermove", move);
    };
    d.addEventListener("pointermove", move);
    d.addEventListener("lostpointercapture", release, { once: true });
  }
}
