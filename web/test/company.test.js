// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import * as company from "../page/company.js";
import * as model from "../page/model.js";
import { ago, call, desk, inCall, line, steps, t0 } from "./desk.js";

/** @param {string} id @param {import("../page/apiperson.js").Role[]} roles @returns {import("../page/api.js").Console} */
const seat = (id, roles = ["officer"], o = {}) => ({ id, name: id, ready: true, lost: false, muted: false, kind: "browser", roles, ...o });

const drilled = (/** @type {object} */ c, d = {}) => inCall({ drill: true, ...c }, {}, d);

/** @type {[string, model.Desk, string, string, string][]} */
const drills = [
  ["calls", drilled({ state: "calling" }), "DRILL · Calling", "Hang up DRILL", "hangup"],
  ["rings", drilled({ state: "ringing" }), "DRILL · Ringing", "Hang up DRILL", "hangup"],
  ["comes", drilled({ state: "incoming", outgoing: false, console: "" }), "DRILL · Incoming call", "Answer DRILL", "answer"],
  ["is spoken in", drilled({}), "DRILL · In call", "Hang up DRILL", "hangup"],
  ["is held", drilled({ state: "held", held: "line down" }), "DRILL · Held", "Hang up DRILL", "hangup"],
  ["is in use", drilled({ console: "other" }), "DRILL · In call", "In use DRILL", ""],
  ["has ended", drilled({ state: "ended", reason: "hung up", since: ago(1000) }), "DRILL · Call ended", "Call", "call"],
];

for (const [name, d, phrase, word, does] of drills) {
  test(`a drill ${name}: every word of it says so`, () => {
    const h = model.headline(d, t0), a = model.act(d);
    assert.deepEqual([h.phrase, h.drill, a.word, a.does], [phrase, true, word, does]);
    if (model.live(model.front(d))) {
      assert.match(a.note, /^DRILL/);
      assert.match(model.brief(d, d.lines[0]).text, /^DRILL/);
    }
  });
}

test("after a drill nobody is told to press Call as if it went on", () => {
  assert.equal(model.headline(drilled({ state: "ended", reason: "hung up", since: ago(1000) }), t0).action, "The drill is over: Call is a real call.");
});

test("a real call that ended a drill is told first, until it is over or seen", () => {
  const real = inCall({ id: "r", state: "incoming", outgoing: false, console: "" }, {}, { interrupted: "r" });
  const [first] = model.concerns(real);
  assert.equal(first.what, "The drill was interrupted: \u2068South\u2069 calls.");
  assert.match(first.action, /no drill/);
  assert.deepEqual(model.concerns({ ...real, seen: new Set(["r"]) }), []);
  assert.deepEqual(model.concerns(inCall({ id: "r", state: "ended", reason: "hung up" }, {}, { interrupted: "r" })), []);
  assert.deepEqual(model.concerns(inCall({ id: "other" }, {}, { interrupted: "r" })), []);
});

test("who is in the call, and where each is heard", () => {
  const d = inCall({
    steps: steps(["called", 9000, "us"]).concat([{ step: "answered", at: ago(8000), by: "them", who: "I. Petrova", role: "officer" }]),
    joined: [
      { side: "us", console: "b", person: "Lind", role: "observer", speaks: false },
      { side: "us", console: "c", person: "Ode", role: "principal", speaks: true, talker: 1 },
      { side: "them", person: "Aide", role: "officer", speaks: true, talker: 1 },
    ],
  }, {}, { consoles: [seat("me", ["officer"], { person: "Weber" }), seat("b"), seat("c")] });
  const list = company.present(d, d.lines[0], /** @type {import("../page/api.js").Call} */ (d.lines[0].call));
  assert.deepEqual(list.map((p) => [p.side, p.who.replace(/[\u2068\u2069]/g, ""), p.part, p.here, p.stream]), [
    ["us", "Weber, watch officer", "in the call", true, -1],
    ["us", "Lind, observer", "listens", false, -1],
    ["us", "Ode, principal", "speaks too", false, 3],
    ["them", "I. Petrova, watch officer", "in the call", false, 0],
    ["them", "Aide, watch officer", "speaks too", false, 1],
  ]);
});

/** What can be done: [who sits here, the call, what is offered]. @type {[string, model.Desk, string][]} */
const rooms = [
  ["no call", desk(), ""],
  ["ringing", inCall({ state: "ringing" }), ""],
  ["a drill rings", drilled({ state: "incoming", console: "" }), "real"],
  ["in the call", inCall({}, {}, { consoles: [seat("me"), seat("b"), seat("c", ["observer"]), seat("d", ["principal"], { ready: false })] }), "ask fetch here hand:b"],
  ["in a drill", drilled({}), "ask fetch here real"],
  ["beside it", inCall({ console: "b" }, {}, { consoles: [seat("me"), seat("b")] }), "listen speak ask fetch"],
  ["an observer", inCall({ console: "b" }, {}, { consoles: [seat("me", ["observer"]), seat("b")] }), "listen"],
  ["listening", inCall({ console: "b", joined: [{ side: "us", console: "me", speaks: false }] }), "speak leave ask fetch here"],
  ["speaking too", inCall({ console: "b", joined: [{ side: "us", console: "me", speaks: true, talker: 1 }] }), "listen leave ask fetch here"],
  ["all voices taken", inCall({ console: "b", joined: [{ side: "us", console: "c", speaks: true, talker: 1 }] }), "listen full ask fetch"],
  ["a thin line", inCall({ console: "b" }, { profile: "thin" }), "listen full ask fetch"],
];

for (const [name, d, want] of rooms) {
  test(`room: ${name}`, () => {
    const r = company.room(d);
    const got = [r.listen && "listen", r.speak && "speak", r.full && "full", r.leave && "leave", r.ask && "ask", r.fetch && "fetch", r.here && "here", r.hand.length && `hand:${r.hand.map((h) => h.id)}`, r.real && "real"];
    assert.equal(got.filter(Boolean).join(" "), want);
  });
}

test("who has joined leaves by the one control", () => {
  assert.deepEqual(["word", "does"].map((k) => model.act(inCall({ console: "b", joined: [{ side: "us", console: "me", speaks: false }] }))[k]), ["Leave", "leave"]);
  const lost = inCall({ console: "b", state: "held", held: "our console lost", joined: [{ side: "us", console: "me", speaks: true }] });
  assert.equal(model.act(lost).word, "Answer"); // the call is theirs to take
});

test("the glance names who calls and who speaks", () => {
  const called = { step: "called", at: ago(3000), by: "them", who: "Berg", role: "officer" };
  const says = (/** @type {object} */ c) => model.headline(inCall(c), t0).detail.replace(/[\u2068\u2069]/g, "");
  assert.equal(says({ state: "incoming", outgoing: false, console: "", steps: [called] }), "from South: Berg, watch officer.");
  assert.equal(says({ state: "incoming", outgoing: false, console: "", steps: [{ ...called, who: undefined, role: undefined }] }), "from South.");
  assert.equal(says({ steps: [{ ...called, step: "answered" }, { ...called, step: "handed", who: "Ode", role: "principal" }] }), "with South: Ode, principal.");
  assert.equal(says({ steps: [{ ...called, step: "answered" }, { ...called, step: "present", who: "Ode", role: "principal" }] }), "with South. Ode, their principal, is there.");
});

test("an observer who listens can leave", () => {
  const d = inCall({ console: "b", joined: [{ side: "us", console: "me", speaks: false }] }, {}, { consoles: [seat("me", ["observer"]), seat("b")] });
  assert.deepEqual([model.act(d).word, model.act(d).does], ["Leave", "leave"]);
  const out = inCall({ console: "b" }, {}, { consoles: [seat("me", ["observer"]), seat("b")] });
  assert.equal(model.act(out).does, "");
});

test("what was last asked, told or proven of a principal stands in the glance", () => {
  /** @param {object[]} more @param {object[]} [presence] */
  const told = (more, presence, o = {}) => {
    const h = model.headline(inCall({ steps: steps(["called", 9000, "us"], ["answered", 8000, "them"]).concat(/** @type {any} */ (more)), presence }, {}, o), t0);
    return [h.detail.replace(/[\u2068\u2069]/g, ""), h.action.replace(/[\u2068\u2069]/g, "")];
  };
  const asked = { step: "asked", at: ago(7000), by: "them" };
  assert.deepEqual(told([]), ["with South.", ""]);
  assert.deepEqual(told([asked]), ["with South. They ask for our principal.", "Press Fetch our principal, and tell them in how many minutes."]);
  assert.equal(told([asked], undefined, { consoles: [seat("me", ["observer"])] })[1], "");
  assert.equal(told([{ ...asked, by: "us" }, { step: "fetching", at: ago(0), by: "them", minutes: 5 }])[0], "with South. Their principal is expected by 14:05.");
  assert.match(told([asked, { step: "fetching", at: ago(0), by: "us", minutes: 0 }])[1], /Principal is here/);
  assert.equal(told([asked, { step: "fetching", at: ago(0), by: "us", minutes: 0 }], undefined, { me: "b", consoles: [seat("me"), seat("b")] })[1], ""); // not in the call
  const there = { step: "present", at: ago(4000), by: "them", who: "Ode", role: "principal" };
  assert.equal(told([there])[0], "with South. Ode, their principal, is there.");
  assert.equal(told([there], [{ side: "them", name: "Ode", state: "verified", at: ago(3000) }])[0], "with South. Ode's key, vouched for by South.");
  assert.match(told([there], [{ side: "them", name: "Ode", state: "refused", reason: "old", at: ago(3000) }])[1], /Do not take it as proof/);
});

test("the rungs of people, and who is waited for", () => {
  const c = call({
    steps: steps(["called", 9000, "us"], ["reached", 8900, "them"], ["ringing", 8800, "them"]).concat([
      { step: "answered", at: ago(8000), by: "them", who: "Petrova", role: "officer" },
      { step: "asked", at: ago(7000), by: "us" },
      { step: "fetching", at: ago(6000), by: "them", minutes: 5 },
    ]),
  });
  const plain = (/** @type {model.Rung[]} */ l) => l.map((r) => `${r.word.replace(/[\u2068\u2069]/g, "")} ${r.state}`);
  assert.deepEqual(plain(model.ladder(c)).slice(3), ["answered by Petrova, watch officer done", "principal asked for done", "principal expected in 5 min done", "principal is there waiting"]);
  c.steps.push({ step: "present", at: ago(5000), by: "them", who: "Ode", role: "principal" }, { step: "handed", at: ago(4000), by: "them", who: "Ode", role: "principal" });
  assert.deepEqual(plain(model.ladder(c)).slice(6), ["Ode, principal, is there done", "handed to Ode, principal done"]);
});

test("a flood of rungs is told in a bounded way", () => {
  const many = Array.from({ length: 60 }, (_, i) => ({ step: i % 2 ? "left" : "joined", at: ago(9000 - i), by: "them", who: `P${i >> 1}` }));
  assert.ok(model.ladder(call({ steps: call().steps.concat(many) })).length < 20);
});

test("a drill is begun only where a call could be", () => {
  assert.ok(company.mayDrill(desk()));
  for (const d of [inCall({}), drilled({}), desk({ ready: false }), desk({ lines: [line({ state: "unconfirmed" })] }), desk({ link: "unreachable" }), desk({ consoles: [seat("me", ["observer"])] })]) {
    assert.ok(!company.mayDrill(d));
  }
});
