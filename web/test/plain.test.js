// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { parts, visible } from "../page/plain.js";

/** unescape reads \u{HEX} and \u{HEX*N}. @param {string} text */
const unescape = (text) => text.replace(/\\u\{([0-9a-f]+)(?:\*(\d+))?\}/gi, (_, hex, n) => String.fromCodePoint(parseInt(hex, 16)).repeat(Number(n ?? 1)));

/** The station's own vectors. */
function vectors() {
  const text = readFileSync(new URL("../../message/testdata/visible.txt", import.meta.url), "utf8");
  const lines = text.split("\n").filter((l) => l !== "" && !l.startsWith("#"));
  /** @type {{input: string, out: string, finds: string[]}[]} */
  const list = [];
  for (let i = 0; i + 2 < lines.length; i += 3) {
    const [input, out, finds] = ["in", "out", "finds"].map((word, k) => {
      assert.match(lines[i + k], new RegExp(`^${word}(\\s|$)`));
      return lines[i + k].slice(6);
    });
    list.push({ input: unescape(input), out: unescape(out), finds: finds.split(" ").filter(Boolean) });
  }
  return list;
}

test("every vector of the station's is shown as the station shows it", () => {
  const all = vectors();
  assert.ok(all.length > 20, `only ${all.length} vectors`);
  for (const v of all) {
    assert.equal(visible(v.input), v.out);
    assert.deepEqual(parts(v.input).map((p) => p.kind).filter(Boolean), v.finds, JSON.stringify(v.input));
  }
});

test("each mark says in words what stood there", () => {
  for (const v of vectors()) {
    for (const p of parts(v.input)) assert.equal(p.why !== "", p.kind !== "", p.text);
  }
  assert.equal(parts("a\u202e")[1].why, "U+202E right-to-left override: turns the direction of the text around it");
  assert.match(parts("\u{e0041}")[0].why, /^U\+E0041 tag character/);
});

test("half a pair is shown as what it is: no character", () => {
  assert.equal(visible("a\ud800b"), "a\ufffdb");
});

test("ten thousand combining marks are four and a mark", () => {
  assert.equal(visible("a" + "\u0301".repeat(10_000)), "a\u0301\u0301\u0301\u0301⟨+9996 combining⟩");
});

test("the greatest message is read in no time", () => {
  const began = performance.now();
  parts("\u0430a\u200b ".repeat(2500));
  assert.ok(performance.now() - began < 500);
});
