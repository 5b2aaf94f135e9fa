// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { level, render, score } from "../page/sound.js";

const rate = 8000; // Hz: enough to tell the sounds apart
const half = rate / 2; // samples in which they must differ

/** wave renders a sound without a browser. @param {string} sound @returns {Float32Array} */
function wave(sound) {
  let data = new Float32Array(0);
  const ctx = {
    sampleRate: rate,
    createBuffer: (/** @type {number} */ _, /** @type {number} */ length) => ({ getChannelData: () => (data = new Float32Array(length)) }),
  };
  render(/** @type {any} */ (ctx), /** @type {import("../page/sound.js").Sound} */ (sound));
  return data;
}

/** How strong a frequency is in a stretch of a wave. @param {Float32Array} w @param {number} from @param {number} n @param {number} hz */
function strength(w, from, n, hz) {
  let re = 0, im = 0;
  for (let i = 0; i < n; i++) {
    const x = w[from + i] ?? 0;
    re += x * Math.cos((2 * Math.PI * hz * i) / rate);
    im += x * Math.sin((2 * Math.PI * hz * i) / rate);
  }
  return Math.hypot(re, im) / n;
}

/** What an ear gets of the first half second: ten slices, each by frequency. @param {Float32Array} w */
function impression(w) {
  const all = [];
  for (let slice = 0; slice < 10; slice++) {
    for (let hz = 200; hz < 3200; hz *= 1.15) all.push(strength(w, slice * (half / 10), half / 10, hz));
  }
  const length = Math.hypot(...all);
  return all.map((x) => x / length);
}

const sounds = Object.keys(score);

test("each sound is heard within half a second, and none is torn", () => {
  for (const s of sounds) {
    const w = wave(s), peak = Math.max(...w.map(Math.abs));
    assert.ok(peak <= 1, `${s} reaches ${peak}`);
    assert.ok(Math.max(...w.subarray(0, half).map(Math.abs)) > 0.1, `${s} is silent`);
  }
});

test("each sound differs from every other within half a second", () => {
  const heard = sounds.map((s) => impression(wave(s)));
  for (let i = 0; i < sounds.length; i++) {
    for (let j = 0; j < i; j++) {
      const alike = heard[i].reduce((sum, x, k) => sum + x * heard[j][k], 0);
      assert.ok(alike < 0.7, `${sounds[i]} and ${sounds[j]} are ${alike.toFixed(2)} alike`);
    }
  }
});

test("a bell that is looped begins and ends at rest", () => {
  for (const s of sounds) {
    const w = wave(s);
    assert.ok(Math.abs(w[0]) < 0.02 && Math.abs(w[w.length - 1]) < 0.02, `${s} begins at ${w[0]}, ends at ${w[w.length - 1]}`);
  }
});

test("a meter spans from a quiet room to a raised voice", () => {
  assert.equal(level(-Infinity), 0);
  assert.equal(level(-60), 0);
  assert.equal(level(0), 1);
  assert.ok(level(-20) > 0.7);
});
