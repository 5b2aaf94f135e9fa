// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { recordConcerns } from "../page/attention.js";
import { letter } from "../page/bells.js";
import * as disclose from "../page/disclose.js";
import * as draft from "../page/draft.js";
import { Dwell } from "../page/dwell.js";
import { everything, isAll, Ledger, matches, Newest, NoRecord, parameters } from "../page/record.js";
import { matterOf } from "../page/recording.js";
import { dayOf, wholeDay } from "../page/times.js";
import { ago, desk, line, t0 } from "./desk.js";
import { around, message, read, state } from "./items.js";

test("a query names only what restricts", () => {
  assert.equal(parameters(everything), "");
  assert.equal(isAll(everything), true);
  assert.equal(parameters({ ...everything, from: t0, matter: "us/2", search: " line 7 ", unread: true, kinds: "call" }, { limit: 100, before: 0 }),
    "limit=100&from=2026-06-12T14%3A00%3A00.000Z&matter=us%2F2&kinds=call&search=line+7&unread=true");
  assert.equal([...new URLSearchParams(parameters({ ...everything, search: "\u{1F600}".repeat(300) })).get("search") ?? ""].length, 200);
});

test("what an event brings is shown if it belongs to what is asked for", () => {
  const m = message();
  assert.ok(matches(everything, m));
  assert.ok(!matches({ ...everything, from: t0 }, m));
  assert.ok(!matches({ ...everything, to: t0 - 60_000 }, m));
  assert.ok(!matches({ ...everything, kinds: "call,matter" }, m));
  assert.ok(matches({ ...everything, matter: "us/2" }, message({ matter: "us/2" })));
  assert.ok(matches({ ...everything, unread: true }, m));
  assert.ok(!matches({ ...everything, unread: true }, message({ ladder: { stage: "read" } })));
  assert.ok(!matches({ ...everything, search: "line" }, m), "only the station knows what a word finds");
});

test("of two answers the older one is dropped, however late it comes", async () => {
  const n = new Newest(), got = /** @type {string[]} */ ([]);
  /** @type {(v: string) => void} */
  let slow = () => {};
  n.run(0, () => new Promise((r) => (slow = r)), (v) => got.push(v), () => got.push("failed"));
  n.run(0, async () => "second", (v) => got.push(v), () => got.push("failed"));
  await new Promise(setImmediate);
  slow("first");
  await new Promise(setImmediate);
  assert.deepEqual(got, ["second"]);
});

/** @param {number} status @param {unknown} body */
const answers = (status, body) => {
  const asked = /** @type {[string, any][]} */ ([]);
  globalThis.fetch = /** @type {any} */ (async (/** @type {string} */ url, /** @type {any} */ init) => {
    asked.push([url, init]);
    return { ok: status < 400, status, json: async () => body };
  });
  return asked;
};

test("a station without a record is told apart from one that refuses", async () => {
  answers(404, { code: "no-record", text: "No." });
  await assert.rejects(() => new Ledger("south").page(everything, 0), NoRecord);
  answers(507, { code: "disk-full", text: "The disk is full.", action: "Free some." });
  await assert.rejects(() => new Ledger("south").send({ text: "x" }), { message: "The disk is full.", action: "Free some." });
  answers(502, null);
  await assert.rejects(() => new Ledger("south").send({ text: "x" }), /not reached/);
  globalThis.fetch = async () => Promise.reject(new TypeError("net"));
  await assert.rejects(() => new Ledger("south").matters(), /not reached/);
});

test("keys go into addresses piece by piece", async () => {
  const asked = answers(200, {});
  await new Ledger("so/uth").item("them/../7");
  assert.equal(asked[0][0], "/api/lines/so%2Futh/record/them/../7");
  assert.equal(new Ledger("south").exportAddress("html", { ...everything, matter: "us/2", search: "x" }), "/api/lines/south/export?form=html&matter=us%2F2");
});

test("bytes are counted as the station counts them", () => {
  assert.equal(draft.bytesLeft(""), 16_384);
  assert.equal(draft.bytesLeft("ä€\u{1F600}"), 16_384 - 9);
  assert.match(draft.refusal({ ...draft.empty, text: "x".repeat(16_390) }), /^6 bytes too long/);
  assert.equal(draft.refusal({ ...draft.empty, text: " \n" }), "Write something first.");
  assert.equal(draft.refusal({ ...draft.empty, files: [{ id: "a", name: "a", length: 1 }] }), "");
});

test("a file is refused in words before it is sent", () => {
  assert.equal(draft.refuseFile({ name: "a", size: 1 << 20 }, 7), "");
  assert.match(draft.refuseFile({ name: "a", size: (1 << 20) + 1 }, 0), /larger than 1 MiB/);
  assert.match(draft.refuseFile({ name: "a", size: 1 }, 8), /at most 8 files/);
  assert.match(draft.refuseFile({ name: "a", size: 0 }, 0), /empty/);
});

test("a draft survives a reload, and a store that holds nonsense", () => {
  const kept = new Map();
  const store = /** @type {any} */ ({ getItem: (/** @type {string} */ k) => kept.get(k) ?? null, setItem: (/** @type {string} */ k, /** @type {string} */ v) => kept.set(k, v), removeItem: (/** @type {string} */ k) => kept.delete(k) });
  const d = { text: "half a sen", matter: "us/2", answers: "them/7", amends: "", files: [{ id: "f", name: "a.pdf", length: 3 }] };
  draft.save(store, "south", d);
  assert.deepEqual(draft.load(store, "south"), d);
  assert.deepEqual(draft.load(store, "west"), draft.empty);
  draft.save(store, "south", draft.empty);
  assert.equal(kept.size, 0);
  for (const nonsense of ["{", "null", "[1]", '{"text":1,"files":[1,null,{"id":2}]}']) {
    kept.set("ringdown.draft.south", nonsense);
    assert.deepEqual(draft.load(store, "south"), draft.empty, nonsense);
  }
});

test("what will happen to a message is said before it is sent", () => {
  const fate = (/** @type {object} */ o) => draft.fate(line({ record: state(), ...o }), "South");
  assert.equal(fate({}), "It goes to South at once.");
  assert.equal(fate({ state: "down" }), "The line is down: it waits here and is sent by itself.");
  assert.equal(fate({ record: state({ far_full: true }) }), "The station of South has no room for more: it waits here and is sent by itself when there is room again.");
  for (const [standing, says] of Object.entries({
    "unheard": "The station of South has not said yet where the record stands",
    "behind": "This station lost a part of its own record and gets it back from the station of South",
    "far behind": "The station of South lost a part of our record and gets it back from here",
    "new word": "The station of South has not said yet where the record stands",
  })) {
    assert.equal(fate({ record: state({ standing }) }), `${says}: it waits here and is sent by itself.`);
  }
  assert.equal(fate({ record: state({ standing: "forked" }) }), "Two histories were signed, so nothing is numbered: it waits here until that is settled.");
});

/** @param {Partial<import("../page/apirecord.js").RecordState>} o */
const concerns = (o, d = {}) => recordConcerns(desk({ lines: [line({ record: state(o) })], ...d }));

test("what needs a person is one sentence and at most one press", () => {
  assert.deepEqual(concerns({}), []);
  const says = (/** @type {object} */ o) => concerns(o).map((c) => read(c.what));
  assert.deepEqual(says({ unread: 1 }), ["1 message of South is not marked read."]);
  assert.deepEqual(says({ unread: 3, chased: 3 }), ["3 messages of South are not marked read for more than ten minutes."]);
  assert.deepEqual(says({ unread: 3, chased: 1 }), ["3 messages of South are not marked read, 1 of them for more than ten minutes."]);
  assert.deepEqual(says({ unheeded: 2 }), ["South has not marked 2 messages of ours read for more than ten minutes."]);
  assert.deepEqual(concerns({ unread: 1 }).map((c) => [c.button, c.does, c.about]), [["Show", "unread", "south"]]);
  assert.equal(concerns({ asked: 1 })[0].does, "asked");
});

test("ours that is unheeded was seen until one more is", () => {
  const [c] = concerns({ unheeded: 1 });
  assert.deepEqual(concerns({ unheeded: 1 }, { seen: new Set([c.about]) }), []);
  assert.equal(concerns({ unheeded: 2 }, { seen: new Set([c.about]) }).length, 1);
});

test("a message and one that is chased sound once, and differently", () => {
  const l = (/** @type {object} */ o) => line({ record: state(o) });
  const far = (/** @type {number} */ size) => ({ size, classical: 0, full: 0 });
  assert.equal(letter(l({}), l({ unread: 1, far: far(10) })), "message");
  assert.equal(letter(l({ unread: 1 }), l({ unread: 1, chased: 1 })), "chased");
  assert.equal(letter(l({ unread: 2 }), l({ unread: 1 })), "");
  assert.equal(letter(line(), l({ unread: 2 })), "", "a page that is opened does not ring for what was there");
});

test("shown means a second on the screen", () => {
  const d = new Dwell();
  d.enter("them/1", 0);
  d.enter("them/1", 900);
  assert.deepEqual(d.due(999), []);
  assert.deepEqual(d.due(1000), ["them/1"]);
  assert.deepEqual(d.due(5000), [], "told once");
  d.again(["them/1"]);
  assert.deepEqual(d.due(5000), ["them/1"]);
});

test("what left the screen, or was behind a hidden page, was not shown", () => {
  const d = new Dwell();
  d.enter("them/1", 0);
  d.enter("them/2", 0);
  d.leave("them/1");
  d.restart(900);
  assert.deepEqual(d.due(1800), []);
  assert.deepEqual(d.due(1900), ["them/2"]);
});

test("at most sixteen are told at once", () => {
  const d = new Dwell();
  for (let i = 0; i < 40; i++) d.enter(`them/${i}`, 0);
  assert.deepEqual([d.due(1000).length, d.due(1000).length, d.due(1000).length, d.due(1000).length], [16, 16, 8, 0]);
});

/** @returns {disclose.Wish} */
const wish = (o = {}) => ({ what: "entries", ticked: ["us/12", "call/c1"], bodies: false, from: t0, until: t0 + 1, to: "", anyway: false, ...o });

test("a disclosure asks for what was ticked, and no more", () => {
  assert.deepEqual(disclose.request(wish()), { entries: ["us/12", "call/c1"] });
  assert.deepEqual(disclose.request(wish({ bodies: true, to: " Court ", anyway: true })), { to: "Court", anyway: true, entries: ["us/12", "call/c1"], bodies: true });
  assert.deepEqual(disclose.request(wish({ what: "contact", ticked: ["call/c1"], bodies: true })), { contact: "call/c1" });
  assert.deepEqual(disclose.request(wish({ what: "range" })), { from: "2026-06-12T14:00:00.000Z", until: "2026-06-12T14:00:00.001Z" });
});

test("a wish that cannot be asked says why", () => {
  assert.equal(disclose.refusal(wish()), "");
  assert.match(disclose.refusal(wish({ ticked: [] })), /Tick/);
  assert.match(disclose.refusal(wish({ ticked: Array.from({ length: 257 }, (_, i) => `us/${i}`) })), /256/);
  assert.match(disclose.refusal(wish({ what: "contact" })), /one call/);
  assert.match(disclose.refusal(wish({ what: "range", until: t0 })), /first day/);
  assert.match(disclose.refusal(wish({ what: "range", from: NaN })), /first day/);
});

test("what a disclosure will show is said as it is", () => {
  assert.match(disclose.chosen(wish()), /^2 entries/);
  assert.match(disclose.chosen(wish({ what: "contact", bodies: true })), /nothing of what was said/);
  assert.match(disclose.chosen(wish({ what: "range" })), /^The header of every entry in both records/);
  assert.match(disclose.chosen(wish({ what: "range", bodies: true })), /^Every entry in both records/);
  assert.equal(disclose.request(wish({ what: "range", bodies: true })).bodies, true);
});

test("every rule and state of a disclosure has its sentence", () => {
  for (const rule of ["free", "told", "consent", "unknown"]) assert.match(disclose.ruleSays(rule, "South"), /\.$/);
  for (const by of ["us", "them"]) {
    for (const s of ["waiting", "asked", "consented", "refused", "made"]) {
      for (const rule of ["free", "told", "consent"]) {
        const d = { id: "1", key: "us/1", by, state: s, to: "", at: ago(0), rule, shows: [] };
        assert.match(disclose.state(d, "South"), /^[A-Z].*\.$/, `${by} ${s} ${rule}`);
        assert.equal(disclose.needsAnswer(d), by === "them" && s === "asked" && rule === "consent");
      }
    }
  }
});

test("a proof of two histories is for everybody, and says whose they are", () => {
  const d = { id: "fork-them", key: "", by: "us", state: "made", to: "", at: ago(0), rule: "told", shows: ["that South signed two histories of its log"] };
  assert.equal(disclose.to(d), "A proof, for whoever shall see it");
  assert.equal(disclose.state(d, "South"), "The file is made.");
  assert.equal(disclose.to({ ...d, id: "1f" }), "For nobody named");
});

test("what a disclosure shows is told by whose entries they are", () => {
  const says = (/** @type {string} */ t) => read(disclose.shows(t, around()));
  assert.equal(says("us/73"), "North’s entry 73, with its text");
  assert.equal(says("headers of them/72 to them/73"), "South’s entries 72 to 73, without their text");
  assert.equal(says("something\u202e new"), "something⟨U+202E⟩ new");
});

test("a day ends where the next begins, here and in UTC", () => {
  const d = wholeDay(t0, true);
  assert.deepEqual([d.from, d.to], [Date.UTC(2026, 5, 12), Date.UTC(2026, 5, 13)]);
  assert.equal(dayOf(2026, 5, 12, true), d.from);
  assert.ok(Number.isNaN(dayOf(2026, 1, 30, true)));
});

test("only an address that names a matter opens its page", () => {
  assert.equal(matterOf("#matter=us%2F12"), "us/12");
  assert.equal(matterOf("#matter=waiting/0abc"), "waiting/0abc");
  for (const h of ["", "#", "#matter=", "#matter=us%252F12", "#matter=us/1&x=<b>", "#matter=%E0%A4%A"]) assert.equal(matterOf(h), "", h);
});
