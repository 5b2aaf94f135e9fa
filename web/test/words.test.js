// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { clock, duration, millis, percent, short, since, span } from "../page/times.js";
import * as words from "../page/words.js";
import { call } from "./desk.js";

/** Everything the tables can say. */
function sayings() {
  /** @type {[string, import("../page/words.js").Saying][]} */
  const all = Object.entries({ ...words.faults, ...words.warnings });
  for (const [k, say] of Object.entries(words.closed)) all.push([k, say("South")]);
  for (const [k, say] of Object.entries(words.holds)) all.push([k, say("South", true)], [k, say("South", false)]);
  for (const [k, e] of Object.entries(words.endings)) {
    for (const ended_by of ["us", "them", undefined]) {
      const about = { peer: "South", call: call({ ended_by }), rang: 4000 };
      all.push([k, e.outgoing(about)], [k, e.incoming(about)]);
    }
  }
  return all;
}

test("each failure has one sentence and one action, plainly put", () => {
  for (const [key, s] of sayings()) {
    for (const text of [s.what, s.action]) {
      assert.match(text, /^[A-Z].*\.$/u, `${key}: ${text}`);
      assert.doesNotMatch(text, /!|sorry|please|oops|websocket|webrtc|getusermedia/i, `${key}: ${text}`);
    }
  }
});

test("a hostile name stays a short word of its own", () => {
  const n = words.name("\u202egro.live\u2069\u0000\n\t Z\u0301\u0301\u0301\u0301\u0301\u0301 " + "W".repeat(1000));
  assert.ok(n.startsWith("\u2068") && n.endsWith("\u2069"));
  assert.equal(n.slice(1, -1).search(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/), -1);
  assert.ok([...n].length <= 42);
  assert.ok((n.match(/\p{M}/gu) ?? []).length <= 3);
  assert.equal(words.name("\u2069\u202e"), "\u2068unnamed\u2069");
  assert.equal(words.name("Königsstuhl ハルビン"), "\u2068Königsstuhl ハルビン\u2069");
});

test("text of the station loses what turns the page around", () => {
  assert.equal(words.plain("a\u202eb\u0007c"), "abc");
});

test("times are written as on watch", () => {
  const t = Date.UTC(2026, 5, 12, 4, 10, 7);
  assert.equal(clock(t, true), "04:10:07");
  assert.equal(since(t, t + 3600_000, true), "04:10");
  assert.equal(since(t, t + 86_400_000, true), "12 June 04:10");
  assert.equal(since(t, t + 366 * 86_400_000, true), "12 June 2026 04:10");
  assert.equal(duration(3_609_000), "1:00:09");
  assert.equal(duration(7000), "0:07");
  assert.deepEqual([4000, 660_000, 664_000, 7_500_000, 259_200_000].map(span), ["4 s", "11 min", "11 min 4 s", "2 h 5 min", "3 days"]);
  assert.deepEqual([400, 9_960, 61_000].map(short), ["0.4 s", "10.0 s", "1 min 1 s"]);
  assert.deepEqual([undefined, NaN, 0.44, 41.4, 272].map((x) => millis(x)), ["–", "–", "0.4 ms", "41 ms", "272 ms"]);
  assert.deepEqual([0, 4, 1000].map(percent), ["0.0 %", "0.4 %", "100 %"]);
});
