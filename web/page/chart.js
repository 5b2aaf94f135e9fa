// @ts-check
/** The strip chart of a path: round trip as a line, loss as bars from below, silence hatched. */

import { ceiling, kept } from "./history.js";

/** @typedef {import("./history.js").Sample} Sample */

/**
 * fit sizes a canvas to its place in the page, in real pixels.
 * @param {HTMLCanvasElement} canvas
 */
export function fit(canvas) {
  const scale = devicePixelRatio || 1;
  const w = Math.round(canvas.clientWidth * scale), h = Math.round(canvas.clientHeight * scale);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("chart: the browser draws no canvas");
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  return ctx;
}

/** @type {Map<string, string>} */
const read = new Map();
let readAt = -Infinity;
const fresh = 300; // ms that a colour is believed: asking the browser costs more than drawing

/** colour reads a token of theme.css. @param {Element} el @param {string} token */
export function colour(el, token) {
  const now = performance.now();
  if (now - readAt > fresh) {
    read.clear();
    readAt = now;
  }
  let value = read.get(token);
  if (value === undefined) read.set(token, value = getComputedStyle(el).getPropertyValue(token).trim());
  return value;
}

const foot = 12; // px kept for loss

/** draw paints a path's last two minutes; the newest second is at the right. @param {HTMLCanvasElement} canvas @param {Sample[]} samples */
export function draw(canvas, samples) {
  const ctx = fit(canvas);
  const w = canvas.clientWidth, h = canvas.clientHeight, step = w / kept;
  ctx.clearRect(0, 0, w, h);
  const x = (/** @type {number} */ i) => w - (samples.length - i) * step;
  hatch(ctx, samples, x, step, h, colour(canvas, "--amber"));
  drawLoss(ctx, samples, x, step, h, canvas);
  const top = ceiling(samples);
  ctx.strokeStyle = colour(canvas, "--rule");
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(0, h - foot + 0.5);
  ctx.lineTo(w, h - foot + 0.5);
  ctx.stroke();
  drawRoundTrip(ctx, samples, x, (h - foot - 4) / top, h - foot, colour(canvas, "--ink"));
  ctx.fillStyle = colour(canvas, "--soft");
  ctx.font = "11px sans-serif";
  ctx.textBaseline = "top";
  ctx.fillText(`${top} ms`, 4, 3);
}

/** @param {CanvasRenderingContext2D} ctx @param {Sample[]} samples @param {(i: number) => number} x @param {number} perMS @param {number} base @param {string} ink */
function drawRoundTrip(ctx, samples, x, perMS, base, ink) {
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1.5;
  ctx.lineJoin = "round";
  ctx.beginPath();
  let pen = false;
  samples.forEach((s, i) => {
    if (!Number.isFinite(s.rtt)) {
      pen = false;
      return;
    }
    const px = x(i + 0.5), py = base - s.rtt * perMS;
    if (pen) ctx.lineTo(px, py);
    else ctx.moveTo(px, py);
    if (!pen) ctx.lineTo(px + 0.5, py);
    pen = true;
  });
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {Sample[]} samples @param {(i: number) => number} x @param {number} step @param {number} h @param {HTMLCanvasElement} canvas */
function drawLoss(ctx, samples, x, step, h, canvas) {
  const amber = colour(canvas, "--amber"), red = colour(canvas, "--red");
  samples.forEach((s, i) => {
    const loss = Math.max(s.lossIn, s.lossOut);
    if (loss === 0 || !s.up) return;
    const height = Math.max(2, (foot - 1) * Math.sqrt(loss / 1000));
    ctx.fillStyle = loss >= 200 ? red : amber;
    ctx.fillRect(x(i), h - height, Math.max(1, step - 0.5), height);
  });
}

/** Seconds in which nothing was heard are hatched, so that they read without colour. @param {CanvasRenderingContext2D} ctx @param {Sample[]} samples @param {(i: number) => number} x @param {number} step @param {number} h @param {string} ink */
function hatch(ctx, samples, x, step, h, ink) {
  ctx.save();
  ctx.beginPath();
  samples.forEach((s, i) => {
    if (!s.up) ctx.rect(x(i), 0, step + 0.5, h);
  });
  ctx.clip();
  ctx.strokeStyle = ink;
  ctx.globalAlpha = 0.6;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let k = -h; samples.some((s) => !s.up) && k < x(samples.length); k += 6) {
    ctx.moveTo(k, h);
    ctx.lineTo(k + h, 0);
  }
  ctx.stroke();
  ctx.restore();
}
