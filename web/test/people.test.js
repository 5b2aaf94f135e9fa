// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { act } from "../page/model.js";
import { mayAct } from "../page/rights.js";
import { listed, onward, place, Refused, why } from "../page/passkeys.js";
import { doubt, same, standing, sure } from "../page/staff.js";

test("a page leads on only within its station", () => {
  const here = "http://localhost:8400";
  for (const [next, want] of [
    [null, "/"], ["", "/"], ["/?line=south", "/?line=south"], ["/people.html", "/people.html"],
    ["//evil.example", "/"], ["/\\evil.example", "/"], ["https://evil.example", "/"], ["javascript:alert(1)", "/"], ["/\t/evil.example", "/"], ["/a#b", "/a"],
  ]) {
    const got = onward(/** @type {string|null} */ (next), here);
    assert.equal(new URL(got, here).origin, here, String(next));
    assert.equal(got, want, String(next));
  }
});

test("an address is no place for passkeys", () => {
  const near = place(new URL("http://127.0.0.1:8400/enrol.html#abc"), true);
  assert.match(near?.what ?? "", /127\.0\.0\.1, and passkeys work only under a name/);
  assert.equal(near?.href, "http://localhost:8400/enrol.html#abc");
  assert.equal(place(new URL("https://[::1]:8400/"), true)?.href, "https://localhost:8400/");
  assert.equal(place(new URL("https://192.0.2.7/"), true)?.href, "");
  assert.match(place(new URL("http://station.example/"), false)?.what ?? "", /plain HTTP/);
  assert.equal(place(new URL("http://localhost:8400/"), true), null);
  assert.equal(place(new URL("https://station.example/"), true), null);
});

test("each failure has one sentence and one action", () => {
  assert.deepEqual(why(new Refused("A.", "B.")), { what: "A.", action: "B." });
  for (const name of ["NotAllowedError", "InvalidStateError", "SecurityError", "AbortError", "Other"]) {
    const e = new Error("x");
    e.name = name;
    const { what, action } = why(e);
    assert.match(what, /^[A-Z].*\.$/);
    assert.match(action, /^[A-Z].*\.$/);
  }
});

const now = Date.parse("2026-06-12T08:00:00Z");
/** @type {import("../page/apipeople.js").Member} */
const anna = { id: "1", name: "Anna", roles: ["officer", "administrator"], added: "2026-06-12T07:00:00Z", keys: [], in: 0 };
const key = { host: "localhost", added: "2026-06-12T07:00:00Z", used: "2026-06-12T07:30:00Z", syncs: false };

test("how a person gets in is said", () => {
  assert.equal(standing(anna, now), "Not enrolled.");
  assert.match(standing({ ...anna, keys: [key], in: 2 }, now), /^1 passkey for localhost, last used .+; logged in at 2 browsers\.$/);
  assert.match(standing({ ...anna, link: { expires: "2026-06-13T07:00:00Z", replaces: false } }, now), /a link waits to be used, until /);
  assert.equal(doubt(anna), "");
  assert.match(doubt({ ...anna, keys: [key, { ...key, copied: "2026-06-12T07:40:00Z" }] }), /^1 passkey refused: the counter went back/);
  assert.match(sure("remove", anna), /^Remove Anna\?/);
  assert.match(sure("lost", anna), /^End the passkeys of Anna\?/);
  assert.equal(listed(anna.roles), "watch officer, administrator");
  assert.ok(same(["a", "b"], ["b", "a"]) && !same(["a"], ["a", "b"]));
});

test("an observer’s console has nothing to press that would be refused", () => {
  /** @type {any} */
  const desk = { link: "attached", me: "c1", consoles: [{ id: "c1", name: "Desk", person: "Vera", roles: ["observer"] }], lines: [{ line: "south", peer: "South", state: "open", far: { known: true, ready: 1 }, call: { id: "1", state: "incoming", console: "", steps: [] } }], front: "south", wanted: false, faults: [] };
  assert.equal(mayAct(desk), false);
  assert.deepEqual([act(desk).does, act(desk).decline], ["ready", false]);
  assert.deepEqual([act({ ...desk, wanted: true }).does, act({ ...desk, wanted: true }).decline], ["", false]);
  const officer = { ...desk, consoles: [{ id: "c1", name: "Desk", roles: ["officer"] }] };
  assert.equal(mayAct(officer), true);
  assert.equal(act(officer).does, "answer");
});
