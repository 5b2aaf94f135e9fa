// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { ceiling, describe, History, kept } from "../page/history.js";
import { tell } from "../page/story.js";
import { ago, call, line, path, steps, t0 } from "./desk.js";

const text = (/** @type {import("../page/story.js").Entry[]} */ l) => l.map((e) => e.text.replace(/[\u2068\u2069]/g, ""));

test("a call is told once, when it has ended", () => {
  const ended = line({
    call: call({ state: "ended", reason: "hung up", ended_by: "them", steps: steps(["called", 70_000, "us"], ["answered", 66_000, "them"], ["ended", 2000, "them"]) }),
  });
  assert.deepEqual(text(tell(line({ call: call() }), ended, t0)), ["call to them, 1:04: South hung up."]);
  assert.deepEqual(tell(ended, ended, t0), []);
  assert.deepEqual(tell(undefined, line({ call: call() }), t0), []);
});

test("a line that goes down and comes back says how long it was away", () => {
  const down = line({ state: "down", since: ago(20_000) });
  assert.deepEqual(text(tell(line(), down, t0)), ["the line is down"]);
  assert.deepEqual(text(tell(down, line({ since: ago(0) }), t0)), ["the line is open on every path after 20 s"]);
});

test("a path is told when its state changes", () => {
  const silent = line({ paths: [path({ state: "silent" })] });
  assert.deepEqual(text(tell(line(), silent, t0)), ["path 1 (fibre) is silent"]);
  assert.deepEqual(tell(line(), line(), t0), []);
});

test("history keeps one sample a second, two minutes of them", () => {
  const h = new History();
  for (let ms = 0; ms < 300_000; ms += 250) h.add("south", path(), ms);
  assert.equal(h.of("south", 1).length, kept);
  h.add("south", path({ state: "silent" }), 400_000);
  assert.ok(Number.isNaN(h.of("south", 1).at(-1)?.rtt));
  assert.match(describe(h.of("south", 1)), /^round trip 40 to 40 ms, loss at most 0\.0 %, silent for 1 s/);
  h.forget("south");
  assert.equal(h.of("south", 1).length, 0);
});

test("the chart's scale has round steps above what was measured", () => {
  assert.equal(ceiling([{ at: 0, rtt: 41, lossIn: 0, lossOut: 0, up: true }]), 50);
  assert.equal(ceiling([{ at: 0, rtt: NaN, lossIn: 0, lossOut: 0, up: false }]), 25);
  assert.equal(ceiling([{ at: 0, rtt: 1e9, lossIn: 0, lossOut: 0, up: true }]), 6400);
});
