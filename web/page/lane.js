// @ts-check
/**
 * One path on the stage: the lane with its datagrams both ways, the scissors,
 * and the knobs. It prints a Flow and tells what was asked of the path.
 */

import { colour, fit } from "./chart.js";
import { make, say } from "./dom.js";
import { Cadence, falling, Rate } from "./flow.js";
import { Knob } from "./knob.js";

/** @typedef {import("./flow.js").Flow} Flow */
/** @typedef {import("./flow.js").Settings} Settings */
/** @typedef {import("./flow.js").Mark} Mark */

const height = 12, width = 4; // px of a mark: all datagrams are of one size
const middle = 32, half = 26, gap = 38; // px: the lane's middle line, its half height, half of the gap of a cut
const dragged = 6; // px from which a press on the scissors is a drag

const drawing = `M6 5 19 20M18 5 5 20M7.2 19.6a2.6 2.6 0 1 1-3.6 3.7 2.6 2.6 0 0 1 3.6-3.7ZM16.8 19.6a2.6 2.6 0 1 0 3.6 3.7 2.6 2.6 0 0 0-3.6-3.7Z`;
const mending = `M10 14.5 5.8 18.7a3.6 3.6 0 0 0 5 5L15 19.500M14 9.500l4.200-4.200a3.600 3.600 0 0 1 5 5L19 14.500M9 19l10-10`;

export class Lane {
  el = make("fieldset", "path");
  /** @type {Settings} */
  settings = { cut: false, delay_ms: 0, jitter_ms: 0, loss: 0 };
  rates = [new Rate(2000), new Rate(2000)];

  #canvas = make("canvas");
  #scissors = make("button", "scissors");
  #word = make("span");
  #there = new Cadence(Math.random);
  #back = new Cadence(Math.random);
  #cutAt = 0.5;
  #knobs;
  #ask;

  /** @param {number} number @param {string} name @param {(patch: Partial<Settings>) => void} ask */
  constructor(number, name, ask) {
    this.#ask = ask;
    const title = `path ${number}${name ? `, ${name}` : ""}`;
    this.#canvas.setAttribute("role", "img");
    this.#scissors.type = "button";
    this.#scissors.append(icon("cut", drawing), icon("mend", mending));
    this.#knobs = {
      delay_ms: new Knob("delay", title, { most: 700, step: 5, unit: "ms" }, (v) => ask({ delay_ms: v })),
      jitter_ms: new Knob("jitter", title, { most: 200, step: 2, unit: "ms" }, (v) => ask({ jitter_ms: v })),
      loss: new Knob("loss", title, { most: 100, step: 1, unit: "%", harm: true }, (v) => ask({ loss: v / 100 })),
    };
    this.#holdScissors();
    this.el.append(
      make("legend", "", make("b", "", `${number} ${name}`), this.#word),
      make("div", "lane", this.#canvas, this.#scissors),
      make("div", "knobs", ...Object.values(this.#knobs).map((k) => k.el)),
    );
    this.#title = title;
    this.#print();
  }

  #title;

  /** take takes what the stage's server says of this path. @param {Flow} f @param {number} now */
  take(f, now) {
    this.settings = f.settings;
    this.#there.count(now, f.ab);
    this.#back.count(now, f.ba);
    this.rates[0].add(now, f.ab.seen);
    this.rates[1].add(now, f.ba.seen);
    this.#knobs.delay_ms.show(f.settings.delay_ms);
    this.#knobs.jitter_ms.show(f.settings.jitter_ms);
    this.#knobs.loss.show(f.settings.loss * 100);
    this.#print();
  }

  /** draw paints this moment. @param {number} now @param {boolean} still nothing may move */
  draw(now, still) {
    const ctx = fit(this.#canvas), w = this.#canvas.clientWidth;
    this.#there.advance(now, this.settings, this.#cutAt - gap / w);
    this.#back.advance(now, this.settings, 1 - this.#cutAt - gap / w);
    const ink = colour(this.#canvas, "--ink"), red = colour(this.#canvas, "--red");
    ctx.clearRect(0, 0, w, this.#canvas.clientHeight);
    this.#tube(ctx, w);
    const lanes = [{ c: this.#there, y: middle - 12, flip: false }, { c: this.#back, y: middle + 12, flip: true }];
    for (const { c, y, flip } of lanes) {
      if (still) drawStill(ctx, c.marks.length, w, y, ink);
      else for (const m of c.marks) drawMark(ctx, m, now, w, y, flip, ink, red);
    }
  }

  /** The path itself; where it is cut, a gap with two ends. @param {CanvasRenderingContext2D} ctx @param {number} w */
  #tube(ctx, w) {
    const at = this.#cutAt * w, open = this.settings.cut ? gap : 0;
    ctx.fillStyle = colour(this.#canvas, "--track");
    ctx.fillRect(0, middle - half, at - open, 2 * half);
    ctx.fillRect(at + open, middle - half, w - at - open, 2 * half);
    if (!open) return;
    ctx.strokeStyle = colour(this.#canvas, "--red");
    ctx.lineWidth = 2;
    for (const side of [-1, 1]) {
      ctx.beginPath();
      for (let i = 0; i <= 6; i++) ctx.lineTo(at + side * (gap + (i % 2 ? 5 : 0)), middle - half + (i * half) / 3);
      ctx.stroke();
    }
  }

  #print() {
    const { cut, loss } = this.settings;
    const verb = cut ? "Mend" : "Cut";
    this.#scissors.setAttribute("aria-label", `${verb} ${this.#title}`);
    this.#scissors.title = `${verb} ${this.#title}`;
    this.#scissors.setAttribute("aria-pressed", String(cut));
    const rate = Math.round(this.rates[0].perSecond + this.rates[1].perSecond);
    const text = cut ? "cut" : Number.isNaN(rate) ? "" : `${rate} datagrams/s${loss > 0 ? `, ${Math.round(loss * 100)} % lost` : ""}`;
    say(this.#word, text);
    this.#canvas.setAttribute("aria-label", `${this.#title}: ${text || "waiting for its first second"}`);
  }

  /** A press cuts or mends; a drag moves the place. */
  #holdScissors() {
    const s = this.#scissors;
    let moved = false;
    s.addEventListener("pointerdown", (down) => {
      moved = false;
      s.setPointerCapture(down.pointerId);
      const box = this.#canvas.getBoundingClientRect();
      /** @param {PointerEvent} e */
      const move = (e) => {
        moved ||= Math.abs(e.clientX - down.clientX) > dragged;
        if (moved) this.#place((e.clientX - box.left) / box.width);
      };
      s.addEventListener("pointermove", move);
      s.addEventListener("lostpointercapture", () => s.removeEventListener("pointermove", move), { once: true });
    });
    s.addEventListener("click", () => {
      if (!moved) this.#ask({ cut: !this.settings.cut });
      moved = false;
    });
  }

  /** @param {number} at 0 to 1 */
  #place(at) {
    this.#cutAt = Math.min(0.9, Math.max(0.1, at));
    this.#scissors.style.left = `${this.#cutAt * 100}%`;
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {Mark} m @param {number} now @param {number} w @param {number} y @param {boolean} flip @param {string} ink @param {string} red */
function drawMark(ctx, m, now, w, y, flip, ink, red) {
  const at = Math.min(1, ((m.fell || now) - m.born) / m.travel);
  const x = (flip ? 1 - at : at) * w;
  if (!m.fell) {
    ctx.fillStyle = ink;
    ctx.fillRect(x - width / 2, y - height / 2, width, height);
    return;
  }
  const t = (now - m.fell) / falling;
  ctx.save();
  ctx.globalAlpha = 1 - t;
  ctx.fillStyle = red;
  ctx.translate(x + (flip ? -14 : 14) * t, y + 70 * t * t);
  ctx.rotate((flip ? -2 : 2) * t);
  ctx.fillRect(-width / 2, -height / 2, width, height);
  ctx.restore();
}

/** For those who want no motion: as many marks as are on their way, standing. @param {CanvasRenderingContext2D} ctx @param {number} n @param {number} w @param {number} y @param {string} ink */
function drawStill(ctx, n, w, y, ink) {
  ctx.fillStyle = ink;
  for (let i = 0; i < n; i++) ctx.fillRect(((i + 0.5) / n) * w - width / 2, y - height / 2, width, height);
}

/** @param {string} className @param {string} d */
function icon(className, d) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg"), p = document.createElementNS(ns, "path");
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", "0 0 28 28");
  svg.setAttribute("aria-hidden", "true");
  p.setAttribute("d", d);
  svg.append(p);
  return svg;
}
