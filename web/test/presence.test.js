import assert from "node:assert/strict";
import test from "node:test";

import { addresses, reading, said } from "../page/presencewords.js";
import { base64url, bytesOf } from "../page/webauthn.js";

const plain = (/** @type {string} */ s) => s.replace(/[\u2068\u2069]/g, "");

/** @param {object} p */
const say = (p) => {
  const s = said({ side: "them", name: "A. Weber", state: "asked", at: "2027-06-12T14:02:11.000Z", ...p }, "South", "North", true);
  return [plain(s.what), plain(s.action)];
};

test("a proof says no more than was proven, on either side", () => {
  assert.deepEqual(say({ state: "verified" }),
    ["A. Weber's key, vouched for by North", "Touched for this call at 14:02:11, checked by South against the accord."]);
  assert.deepEqual(say({ side: "us", name: "I. Petrova", state: "verified" }),
    ["I. Petrova's key, vouched for by South", "Touched for this call at 14:02:11, checked by North against the accord."]);
});

test("until the other side has checked it, nothing is proven", () => {
  for (const state of ["asked", "claimed"]) {
    assert.match(say({ state })[1], /nothing is proven yet/);
    assert.doesNotMatch(say({ state }).join(" "), /vouched/);
  }
  assert.equal(say({ side: "us", state: "asked" })[0], "Touch your key.");
});

test("a refusal gives its reason and says what to do", () => {
  const [what, action] = say({ state: "refused", reason: "the key signed for another call" });
  assert.equal(what, "South refused A. Weber's key at 14:02:11: the key signed for another call.");
  assert.match(action, /Do not take it as proof/);
  assert.match(say({ side: "us", state: "refused", reason: "x" })[1], /Touch the key again/);
});

test("names and reasons of the other side cannot turn the sentence", () => {
  const s = said({ side: "them", name: "A\u202e", state: "refused", reason: "b\u202ec", at: "2027-06-12T14:02:11Z" }, "South", "North", true);
  assert.doesNotMatch(s.what, /\u202e/);
});

test("who lifted reads first", () => {
  const words = ["amber", "seven", "copper", "field"];
  const line = (/** @type {boolean} */ outgoing) => /** @type {any} */ ({ peer: "North", call: { outgoing, words } });
  assert.deepEqual(reading(line(true))?.mine, ["amber", "seven"]);
  assert.deepEqual(reading(line(false))?.mine, ["copper", "field"]);
  assert.equal(reading(/** @type {any} */ ({ peer: "North", call: { outgoing: true } })), null);
  assert.equal(reading(/** @type {any} */ ({ peer: "North" })), null);
});

test("further addresses of a console are taken as browsers have them", () => {
  const own = "https://console.north.example";
  assert.deepEqual(addresses("", own), []);
  assert.deepEqual(addresses(" https://Console.north.example:7101/index.html?line=south,\nhttps://console.north.example:443/ https://console.north.example:7101", own),
    ["https://console.north.example:7101"]);
  assert.deepEqual(addresses("console.north.example:7101 javascript:alert(1) https://", own), ["console.north.example:7101", "javascript:alert(1)", "https://"]);
});

test("base64url without padding, both ways", () => {
  for (const bytes of [[], [0], [255, 254], [1, 2, 3, 250, 251]]) {
    const text = base64url(Uint8Array.from(bytes).buffer);
    assert.doesNotMatch(text, /[+/=]/);
    assert.deepEqual([...bytesOf(text)], bytes);
  }
});
