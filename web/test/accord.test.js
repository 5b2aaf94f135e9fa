// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import * as says from "../page/accordwords.js";
import { name } from "../page/words.js";

/** @typedef {import("../page/apiaccord.js").Accord} Accord */
/** @typedef {import("../page/apiaccord.js").Proposal} Proposal */

const rules = { watch: "count", tests: ["08:00", "20:00"], suspended_text: true };

const accord = /** @type {Accord} */ (/** @type {unknown} */ ({ peer: "South", profile: "standard", hold_back: "hitless", disclosure: "told", expires: "2028-06-29", rules }));

/** @param {Partial<Proposal>} p @returns {Proposal} */
const proposal = (p) => ({ id: "ab", by: "them", made: "2026-06-29T12:00:00Z", sort: "rules", text: "South proposes new rules: …", state: "waiting", at: "2026-06-30T08:15:00Z", ...p });

test("rules are three sentences", () => {
  assert.deepEqual(says.sentences(rules), ["Each side sees how many consoles are ready.", "People test the line every day at 08:00 and 20:00 UTC.",
    "While a side has suspended calls, text still passes."]);
  assert.deepEqual(says.sentences({ watch: "names", tests: [], suspended_text: false }), ["Each side sees who has the watch.", "People do not test the line at set times.",
    "While a side has suspended calls, no text passes."]);
  assert.match(says.sentences({ ...rules, tests: ["06:00", "12:00", "18:00"] })[1], /06:00, 12:00 and 18:00 UTC/);
  assert.equal(new Set(["nothing", "staffed", "count", "names"].map((watch) => says.sentences({ ...rules, watch })[0])).size, 4);
});

test("times are read as people write them", () => {
  for (const [typed, want] of /** @type {[string, string[]][]} */ ([["", []], [" ", []], ["20:00, 8:00", ["08:00", "20:00"]], ["00:00 23:59;12:30", ["00:00", "12:30", "23:59"]]])) {
    assert.deepEqual(says.timesOf(typed), want, typed);
  }
  for (const [typed, why] of [["8", /“8” is no time of day: write it as 08:00/], ["24:00", /no time of day/], ["08:60", /no time/], ["8:00 08:00", /twice/], ["1:00 2:00 3:00 4:00 5:00", /5 times are written; four/],
    [`${"9".repeat(60)}`, /^“9{20}” is/], ["08:00<b>", /no time/]]) {
    const got = says.timesOf(String(typed));
    assert.equal(typeof got, "string", String(typed));
    assert.match(String(got), /** @type {RegExp} */ (why));
  }
});

test("only what would be otherwise is said", () => {
  assert.deepEqual(says.differences(rules, { ...rules }), []);
  assert.deepEqual(says.differences(rules, { ...rules, watch: "names" }), ["Each side sees who has the watch."]);
});

test("a proposal says how it stands, and who may do what", () => {
  const buttons = (/** @type {Partial<Proposal>} */ p, may = true) => says.said(proposal(p), accord, may, true).does;
  assert.deepEqual(buttons({}), ["approve", "refuse"]);
  assert.deepEqual(buttons({}, false), []);
  assert.deepEqual(buttons({ state: "approved" }), []);
  assert.deepEqual(buttons({ by: "us" }), ["withdraw"]);
  assert.deepEqual(buttons({ by: "us" }, false), []);
  assert.deepEqual(buttons({ by: "us", state: "approved" }), []);
  assert.deepEqual(buttons({ by: "us", state: "refused" }), ["withdraw"]);
  assert.equal(says.said(proposal({ by: "us", state: "refused" }), accord, true, true).text, `Refused by ${name("South")} on 30 June 2026, 08:15 UTC.`);
  assert.equal(says.said(proposal({ by: "us" }), accord, true, true).text, `Waits for a person at ${name("South")}.`);
  assert.match(says.said(proposal({}), accord, false, true).text, /administrator of this station/);
});

test("terms and fingerprints are readable", () => {
  assert.deepEqual(says.terms(accord).at(-1), ["To be renewed by", "29 June 2028"]);
  assert.ok(says.terms(accord).every(([what, is]) => what && is && !/undefined/.test(is)));
  assert.equal(says.grouped("0123456789abcdef0"), "01234567 89abcdef 0");
});
