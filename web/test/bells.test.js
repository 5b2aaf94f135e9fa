// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { Bells } from "../page/bells.js";
import { ago, desk, inCall } from "./desk.js";

/** What an output of the page was asked to play. */
class Heard {
  /** What lasts. @type {Set<string>} */ on = new Set();
  /** What sounds once. @type {string[]} */ once = [];
  audible = true;
  sounding = true;
  /** @param {string} s @param {boolean} is */
  set(s, is) { is ? this.on.add(s) : this.on.delete(s); }
  /** @param {string} s */
  play(s) { this.once.push(s); }
  /** @param {string} s */
  stop(s) { this.on.delete(s); }
  /** @param {string} s */
  isPlaying(s) { return this.on.has(s); }
}

function bells() {
  const ringer = new Heard(), headset = new Heard(), /** @type {[string, boolean][]} */ told = [];
  const equipment = { ringer, headset, settings: { tick: false }, testing: false, bell: "", onchange() {} };
  return { ringer, headset, told, bells: new Bells(/** @type {any} */ (equipment), (slug, on) => told.push([slug, on])) };
}

test("a drill rings as one, until anything rings for real", () => {
  const { ringer, told, bells: b } = bells();
  b.shall("south", true, true);
  assert.deepEqual([...ringer.on], ["drill"]);
  b.shall("east", true, false);
  assert.deepEqual([...ringer.on], ["ring"]);
  b.shall("east", false, false);
  b.shall("south", false, true);
  assert.deepEqual([...ringer.on], []);
  assert.deepEqual(told, [["south", true], ["east", true], ["east", false], ["south", false]]);
});

test("whoever calls hears a drill from a call, and nothing once it is answered or over", () => {
  const { headset, bells: b } = bells();
  const sounds = (/** @type {import("../page/model.js").Desk} */ d) => {
    b.sound(d);
    return [...headset.on];
  };
  assert.deepEqual(sounds(inCall({ state: "ringing" })), ["ringback"]);
  assert.deepEqual(sounds(inCall({ state: "ringing", drill: true })), ["drillback"]);
  assert.deepEqual(sounds(inCall({ state: "active", drill: true })), []);
  b.sound(inCall({ state: "ringing", drill: true }));
  assert.deepEqual(sounds(desk()), []);
  b.sound(inCall({ state: "ringing" }));
  assert.deepEqual(sounds(desk()), []);
  assert.deepEqual(sounds(inCall({ state: "held" })), ["held"]);
});

test("a gap that comes is heard once, a watch that nobody has every minute", (t) => {
  let now = 1_000_000;
  t.mock.method(performance, "now", () => now);
  const watch = (/** @type {string} */ kind, /** @type {string} */ severity) => desk({
    watch: { state: "kept", notes: [], alarms: [{ kind, severity, from: ago(0), text: "It is so.", action: "Act.", act: "" }] },
  });
  const count = (/** @type {import("../page/model.js").Desk} */ d) => {
    const { ringer, bells: b } = bells();
    for (let s = 0; s < 200; s++, now += 1000) b.sound(d);
    return ringer.once;
  };
  assert.deepEqual(count(watch("ahead", "warning")), ["chased"]);
  assert.deepEqual(count(watch("vacant", "failure")), ["chased", "chased", "chased", "chased"]);
  assert.deepEqual(count(watch("late", "warning")), []);
});

test("in a call what concerns the watch sounds softly in the ear", () => {
  const { ringer, headset, bells: b } = bells();
  b.sound({ ...inCall(), watch: /** @type {any} */ ({ state: "vacant", notes: [], alarms: [{ kind: "vacant", severity: "failure", from: ago(0), text: "Nobody.", action: "Act.", act: "" }] }) });
  assert.deepEqual([ringer.once, headset.once], [[], ["chased"]]);
});
