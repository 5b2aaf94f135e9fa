// @ts-check
import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import * as plan from "../page/reportplan.js";
import * as words from "../page/reportwords.js";

/** load reads a report that package report must make, too. @param {string} story @returns {import("../page/apireport.js").Report} */
const load = (story) => JSON.parse(fs.readFileSync(new URL(`../../report/testdata/${story}.json`, import.meta.url), "utf8"));

const stories = ["answers", "lies", "restarts", "tests", "weeks"].map(load);

/** drawings are all that a report draws. @param {import("../page/apireport.js").Report} r @param {number} width */
const drawings = (r, width) => [
  plan.strip(r.days, (d) => d.line, width), ...r.whole.paths.map((_, i) => plan.strip(r.days, (d) => d.paths[i], width)),
  plan.columns(r.whole.calls.answer.spread ?? [], width), plan.trend(r.weeks, width), plan.dots(r.tests, r.from, r.to, width),
];

test("nothing is drawn beside the paper, and nothing has no place", () => {
  for (const r of stories) {
    for (const width of [240, 328, 1032]) {
      for (const d of drawings(r, width)) {
        for (const s of d.shapes) {
          for (const [name, value] of Object.entries(s.at)) {
            if (typeof value === "number") assert.ok(Number.isFinite(value), `${s.tag} ${name} is ${value}`);
          }
          const { x = s.at.cx ?? s.at.x1 ?? 0, y = s.at.cy ?? s.at.y1 ?? 0, width: w = 0, height: h = 0, r: radius = 0 } = s.at;
          assert.ok(Number(x) - Number(radius) >= -0.1 && Number(x) + Number(w) + Number(radius) <= width + 0.1, `${s.tag} at ${x}, ${w} wide, of ${width}`);
          assert.ok(Number(y) - Number(radius) >= -0.1 && Number(y) + Number(h) + Number(radius) <= d.height + 0.1, `${s.tag} at ${y}, ${h} high, of ${d.height}`);
        }
      }
    }
  }
});

test("a strip has a field for each day, and says what it was", () => {
  const r = load("restarts");
  const line = plan.strip(r.days, (d) => d.line, 300);
  assert.deepEqual(line.shapes.map((s) => [s.at.class, s.title]), [["part", "2 November: down for 9 min 59 s"]]);
  const w = plan.strip(load("weeks").days, (d) => d.paths[0], 300).shapes;
  assert.equal(w.length, 19);
  assert.equal(w.filter((s) => s.at.class === "down").length, 7);
  const heights = ["up", "part", "down"].map((kind) => w.concat(line.shapes).find((s) => s.at.class === kind)?.at.height);
  assert.equal(new Set(heights).size, 3, "what a day was can be told without colour");
});

test("answers after twenty seconds stand out, and marks stand where they belong", () => {
  const d = plan.columns(load("answers").whole.calls.answer.spread ?? [], 610);
  assert.deepEqual(d.shapes.filter((s) => s.tag === "rect").map((s) => [s.at.class, s.title]),
    [["column", "8 to 9 s: 1 call"], ["column", "10 to 11 s: 2 calls"], ["late", "31 to 32 s: 1 call"]]);
  assert.deepEqual(d.shapes.filter((s) => s.at.class === "mark").map((s) => s.at.x1), [100, 150, 200]);
});

test("tests stand under their day, each with its own shape", () => {
  const r = load("tests");
  const d = plan.dots(r.tests, r.from, r.to, 400);
  assert.equal(d.shapes.length, 8);
  assert.deepEqual(d.shapes.map((s) => s.at.class), ["passed", "failed", "passed", "passed", "missed", "missed", "failed", "missed"]);
  assert.equal(d.shapes[2].title, "2 November 08:05, out of turn: passed");
});

test("what did not meet a mark never reads as if it did", () => {
  assert.equal(plan.seconds(10_000), "10.0 s");
  assert.equal(plan.seconds(10_001), "10.1 s");
  const a = { path: 0, up_ms: 365 * 86_400_000, down_ms: 1, unknown_ms: 0, downs: 1, longest_ms: 1 };
  assert.equal(words.share(a), "99.999 %");
  assert.equal(words.share({ ...a, down_ms: 0 }), "100.000 %");
  assert.equal(words.share({ ...a, up_ms: 0, down_ms: 0 }), "not known");
  assert.equal(words.goal({ seconds: 15, met: 9, of: 10 }), "90.0 %; the goal of 90 % (NENA) is met");
  assert.equal(words.goal({ seconds: 20, met: 949, of: 1000 }), "94.9 %; the goal of 95 % (NENA) is missed");
  assert.equal(words.goal({ seconds: 20, met: 0, of: 0 }), "");
});

test("the words of a report", () => {
  const r = load("answers");
  assert.equal(words.answers(r.whole.calls), "13 calls, 4 answered. Half of the answers came within 10.0 s, 90 % within 31.0 s, 95 % within 31.0 s.");
  assert.match(words.ends(r.whole.calls), /^The others: 1 declined, 1 nobody answered, .* 1 both lifted at once, 1 not ended in the record\.$/u);
  assert.equal(words.downs(load("restarts").whole.line), "Down once, 9 min 59 s in all, at most 9 min 59 s; not known for 4 h 30 min.");
  assert.match(words.answers(load("lies").whole.calls), /In 2 calls the two sides’ times contradict each other; they are in no figure\.$/u);
  assert.equal(words.tests(load("tests")), "Due every day at 08:00 and 20:00 UTC: 2 passed, 1 failed, 3 missed. Out of turn: 1 passed, 1 failed.");
  assert.match(words.made(r), /^2 November 2026 00:00 to 9 November 2026 00:00 UTC, from 31 entries of .* The record speaks until 5 November 2026 12:03;/u);
  for (const s of stories) {
    const w = s.weeks.map((p) => words.periodRow(words.periodName(p), p));
    for (const row of w) assert.equal(row.length, words.periodHead(s).length);
    for (const row of words.calledRows(s)) assert.equal(row.length, words.calledHead.length);
    for (const f of words.facts(s)) assert.match(f.more, /^[A-Z0-9].*\.$/u);
  }
  assert.deepEqual(load("weeks").months.map(words.periodName), ["December 2026", "January 2027"]);
  assert.equal(words.periodName(load("weeks").weeks[1]), "28 December, week 53");
});
