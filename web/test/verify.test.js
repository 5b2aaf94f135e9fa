// The verification page's script agrees with "ringdown verify" on every vector: code, sentences, report.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { verify } from "../verify/report.js";
import { SENTENCES } from "../verify/sentences.js";

const vectors = new URL("../../disclose/testdata/", import.meta.url);

test("the page says of every vector what the command says", async (t) => {
  const names = readdirSync(vectors).filter((n) => n.endsWith(".txt"));
  assert.ok(names.length > 50);
  for (const name of names) {
    await t.test(name, async () => {
      const want = JSON.parse(readFileSync(new URL(name.replace(/txt$/, "json"), vectors), "utf8"));
      assert.deepEqual(await verify(readFileSync(new URL(name, vectors))), want);
    });
  }
});

test("the page's sentences are the command's", () => {
  assert.deepEqual(SENTENCES, JSON.parse(readFileSync(new URL("../sentences.json", vectors), "utf8")));
});
