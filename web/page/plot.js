// @ts-check
/**
 * Two strips on one time axis: how loud each side speaks, and what the wire
 * shows of it, which is nothing: one size, one cadence.
 */

import { colour, fit } from "./chart.js";

const span = 20_000; // ms shown
const byteScale = 480, rateScale = 75; // tops of the two scales

/** A Strip keeps what came in the last twenty seconds. @template T */
export class Strip {
  /** @type {{at: number, v: T}[]} */
  points = [];

  /** @param {number} at @param {T} v */
  add(at, v) {
    this.points.push({ at, v });
    while (this.points.length > 0 && at - this.points[0].at > span + 1000) this.points.shift();
  }
}

/** @typedef {{near: number, far: number}} Voices 0 to 1 each */
/** @typedef {{path: number, bytes: number, perSecond: number}[]} Wire one for each path and direction */

/**
 * drawVoices paints north upwards and south downwards from the middle.
 * @param {HTMLCanvasElement} canvas @param {Strip<Voices>} strip @param {number} now
 * @param {string} north @param {string} south
 */
export function drawVoices(canvas, strip, now, north, south) {
  const ctx = fit(canvas), w = canvas.clientWidth, h = canvas.clientHeight;
  const bar = Math.max(1, (w / span) * 100 - 0.5);
  ctx.clearRect(0, 0, w, h);
  ctx.fillStyle = colour(canvas, "--ink");
  for (const { at, v } of strip.points) {
    const x = w - ((now - at) / span) * w;
    ctx.fillRect(x - bar, h / 2 - v.near * (h / 2 - 4), bar, v.near * (h / 2 - 4));
    ctx.fillRect(x - bar, h / 2 + 1, bar, v.far * (h / 2 - 4));
  }
  ctx.fillStyle = colour(canvas, "--soft");
  ctx.fillRect(0, h / 2, w, 1);
  label(ctx, north, 6, 10);
  label(ctx, south, 6, h - 10);
}

/**
 * drawWire paints the size of each datagram as a line, and their number below.
 * @param {HTMLCanvasElement} canvas @param {Strip<Wire>} strip @param {number} now
 */
export function drawWire(canvas, strip, now) {
  const ctx = fit(canvas), w = canvas.clientWidth, h = canvas.clientHeight, half = h / 2;
  ctx.clearRect(0, 0, w, h);
  const ink = colour(canvas, "--ink"), rule = colour(canvas, "--rule");
  ctx.fillStyle = rule;
  ctx.fillRect(0, half, w, 1);
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1.5;
  const count = strip.points.at(-1)?.v.length ?? 0;
  for (let i = 0; i < count; i++) {
    trace(ctx, strip.points.map(({ at, v }) => ({ at, y: half - 1 - ((v[i]?.bytes || NaN) / byteScale) * (half - 4) })), now, w);
    trace(ctx, strip.points.map(({ at, v }) => ({ at, y: h - 1 - (Math.min(rateScale, v[i]?.perSecond ?? NaN) / rateScale) * (half - 4) })), now, w);
  }
  ctx.fillStyle = colour(canvas, "--soft");
  label(ctx, "size of each datagram", 6, 10);
  label(ctx, "datagrams a second", 6, half + 11);
}

/** A line through what is known. @param {CanvasRenderingContext2D} ctx @param {{at: number, y: number}[]} points @param {number} now @param {number} w */
function trace(ctx, points, now, w) {
  ctx.beginPath();
  for (const { at, y } of points) if (Number.isFinite(y)) ctx.lineTo(w - ((now - at) / span) * w, y);
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} x @param {number} y */
function label(ctx, text, x, y) {
  ctx.font = "12px sans-serif";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x, y);
}
