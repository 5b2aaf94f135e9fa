// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { Cadence, Rate, travel } from "../page/flow.js";

const open = { cut: false, delay_ms: 20, jitter_ms: 0, loss: 0 };

/**
 * run counts 50 datagrams a second for a while and watches the marks.
 * @param {{settings?: typeof open, lost?: (seen: number) => number, seconds?: number}} o
 */
function run({ settings = open, lost = () => 0, seconds = 10 }) {
  let state = 1;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  const c = new Cadence(random), births = new Set(), falls = new Set();
  for (let now = 0; now <= seconds * 1000; now += 10) {
    const seen = Math.floor(now / 20);
    if (now % 50 === 0) c.count(now, { seen, carried: seen - lost(seen), lost: lost(seen) });
    c.advance(now, settings, 0.4);
    for (const m of c.marks) {
      births.add(m.born);
      if (m.fell) falls.add(m.born);
    }
  }
  return { births: [...births].sort((a, b) => a - b), falls };
}

test("each datagram counted is one mark, in even step", () => {
  const { births, falls } = run({});
  assert.ok(Math.abs(births.length - 500) < 40, `${births.length} marks of 500 datagrams`);
  assert.equal(falls.size, 0);
  const late = births.filter((b) => b > 3000), gaps = late.slice(1).map((b, i) => b - late[i]);
  assert.ok(Math.max(...gaps) < 30 && Math.min(...gaps) > 12, `gaps of ${Math.min(...gaps)} to ${Math.max(...gaps)} ms`);
});

test("what was lost falls, and nothing else", () => {
  const { births, falls } = run({ lost: (seen) => Math.floor(seen * 0.5) });
  assert.ok(Math.abs(falls.size / births.length - 0.5) < 0.1, `${falls.size} of ${births.length} fell`);
});

test("what reaches a cut falls there", () => {
  const { falls } = run({ settings: { ...open, cut: true }, lost: (seen) => seen });
  assert.ok(falls.size > 350, `${falls.size} fell`);
});

test("a page that was away does not replay the past", () => {
  const c = new Cadence(Math.random);
  c.count(0, { seen: 0, carried: 0, lost: 0 });
  c.count(600, { seen: 30, carried: 30, lost: 0 });
  c.advance(600, open, 0.4);
  c.count(3_600_000, { seen: 180_000, carried: 180_000, lost: 0 });
  c.advance(3_600_000, open, 0.4);
  assert.ok(c.marks.length <= 60, `${c.marks.length} marks`);
});

test("a wire that was started again counts from nothing", () => {
  const r = new Rate(1000);
  for (let i = 0; i <= 20; i++) r.add(i * 50, 1000 + i * 2.5);
  assert.equal(r.perSecond, 50);
  r.add(1050, 0);
  assert.ok(Number.isNaN(r.perSecond));
});

test("delay and jitter are seen as time on the way", () => {
  assert.ok(travel({ ...open, delay_ms: 700 }, 0) > 3 * travel(open, 0));
  assert.ok(travel({ ...open, jitter_ms: 100 }, 1) > travel({ ...open, jitter_ms: 100 }, 0));
});
