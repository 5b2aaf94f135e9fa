// @ts-check
import assert from "node:assert/strict";
import test from "node:test";

import { outcome, state, told } from "../page/hookwords.js";
import { ago, t0 } from "./desk.js";

/** @returns {import("../page/apitests.js").Webhook} */
const hook = (o = {}) => ({ name: "horn", to: "http://192.0.2.7", events: [], waiting: 0, arrived: 0, lost: 0, ...o });

test("how a webhook stands, in words", () => {
  assert.equal(state(hook(), t0, true).text, "Nothing was to be told yet.");
  assert.equal(state(hook({ last: ago(3_600_000) }), t0, true).text, "Last told 13:00.");
  const bad = state(hook({ failing: ago(600_000), why: "connection refused.", waiting: 1, lost: 2 }), t0, true);
  assert.deepEqual([bad.text, bad.failing], ["Not reached since 13:50: connection refused. 1 event waits. 2 events were lost.", true]);
});

test("of what it is told", () => {
  assert.equal(told(hook()), "is told of everything");
  assert.equal(told(hook({ events: ["ring", "missed"] })), "is told of ring, missed");
});

test("how a try went, and nothing hostile in it", () => {
  assert.match(outcome({ name: "horn", arrived: true, took_ms: 12 }), /^Told, in 12 ms\. /);
  const no = outcome({ name: "horn", arrived: false, took_ms: 5000, why: "no answer\u202e" });
  assert.match(no, /^Not told: no answer.*\. Look at/);
  assert.ok(!no.includes("\u202e"));
});
