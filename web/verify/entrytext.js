// @ts-check
// Entries as a file writes them, line by line.
import {
  BYS, DISCLOSURE_ACTS, KINDS, MATTER_ACTS, MAX48, MAX_ASSERTION, MAX_AUTH_DATA, MAX_CLIENT_DATA, MAX_TEXT, PERSON_ROLES, PRESENCE_ACTS, REASONS, RELATIONS,
  RIGHT_ACTS, RULES, RUNGS, STEPS, TEST_ACTS,
} from "./body.js";
import { hex, utf8 } from "./text.js";

/** @typedef {import("./file.js").Reader} Reader */

/**
 * @param {Reader} r
 * @returns {import("./body.js").Entry}
 */
export function readEntry(r) {
  const line = r.line + 1;
  const number = r.number("entry", MAX48 - 1);
  const kind = r.word("kind", KINDS, 1);
  const time = r.time("time", true);
  let call = "";
  if (r.next("call")) {
    call = hex(r.hex("call", 16));
    if (/^0*$/.test(call)) {
      r.same(false);
      call = "";
    }
  }
  const seen = readSeen(r);
  const about = [];
  while (about.length < 16 && r.next("about")) about.push(readAbout(r));
  const e = { number, kind, time, call, seen, about, salt: r.hex("salt", 16), body: null, bodySalt: new Uint8Array(), hidden: new Uint8Array(), line };
  if (r.next("hidden")) {
    e.hidden = r.root(r.take("hidden"));
    return e;
  }
  e.bodySalt = r.hex("body", 16);
  return { ...e, body: readBody(r, KINDS[kind]) };
}

/** @param {Reader} r */
function readSeen(r) {
  const f = r.fields("seen", 1, 2);
  const size = r.value(f[0], 0, MAX48);
  if (size > 0 !== (f.length === 2)) throw r.bad();
  return { size, root: f.length === 2 ? r.root(f[1]) : new Uint8Array() };
}

/** @param {Reader} r */
function readAbout(r) {
  const [relation, whose, n] = r.fields("about", 3);
  const number = r.value(n, 0, MAX48);
  return { relation: r.find(relation, RELATIONS, 1), other: r.find(whose, ["own", "other"]) === 1, number };
}

/**
 * @param {Reader} r
 * @param {string} kind
 * @returns {import("./body.js").Body}
 */
function readBody(r, kind) {
  const b = {
    text: "", length: 0, sha256: new Uint8Array(), name: "", rung: 0, who: "", step: 0, reason: 0, by: 0, count: 0, given: "", path: 0, up: false,
    act: 0, title: "", serial: 0, rule: 0, ranges: /** @type {import("./body.js").Range[]} */ ([]), to: "",
    speaks: false, role: 0, slot: 0, paths: /** @type {import("./body.js").TestPath[]} */ ([]), drill: false, why: "",
    claim: /** @type {import("./body.js").Claim | null} */ (null),
  };
  switch (kind) {
    case "message":
      b.text = readMessage(r);
      break;
    case "attachment":
      b.length = r.number("length", 1 << 20);
      b.sha256 = r.hex("sha256", 32);
      b.name = r.text1("name");
      break;
    case "receipt":
      b.rung = r.word("rung", RUNGS, 1);
      b.who = r.text1("who");
      break;
    case "call":
    case "drill":
      b.step = r.word("step", STEPS, 1);
      b.reason = r.word("reason", REASONS);
      b.by = r.word("ended-by", BYS);
      b.count = r.number("count", 255);
      if (STEPS[b.step] === "crossed") b.given = hex(r.hex("given-up", 16));
      if (STEPS[b.step] === "joined") b.speaks = r.yes("speaks");
      b.who = r.text1("who");
      if (r.next("role")) b.role = r.word("role", PERSON_ROLES, 1);
      break;
    case "line":
      b.path = r.number("path", 8);
      b.up = r.word("state", ["down", "up"]) === 1;
      break;
    case "matter":
      b.act = r.word("act", MATTER_ACTS, 1);
      b.title = r.text1("title");
      break;
    case "accord":
      b.serial = r.number("serial", 2 ** 31 - 1);
      b.sha256 = r.hex("sha256", 32);
      b.rule = r.word("rule", RULES);
      break;
    case "test":
      b.act = r.word("act", TEST_ACTS, 1);
      b.slot = r.number("slot", MAX48);
      while (b.paths.length < 8 && r.next("path")) b.paths.push(readPath(r));
      b.who = r.text1("who");
      b.text = r.text1("text");
      break;
    case "presence":
      b.act = r.word("act", PRESENCE_ACTS, 1);
      b.drill = r.yes("drill");
      b.who = r.text1("who");
      if (PRESENCE_ACTS[b.act] === "claimed") b.claim = readClaim(r);
      if (PRESENCE_ACTS[b.act] === "refused") b.why = r.text1("reason");
      break;
    case "right":
      b.act = r.word("act", RIGHT_ACTS, 1);
      b.who = r.text1("who");
      b.text = r.text1("text");
      break;
    default:
      b.act = r.word("act", DISCLOSURE_ACTS, 1);
      b.sha256 = r.hex("sha256", 32);
      while (b.ranges.length < 64 && r.next("entries")) b.ranges.push(readSpan(r));
      b.to = r.text1("for");
  }
  return b;
}

/** @param {Reader} r */
function readPath(r) {
  const [number, state, loss, rtt] = r.fields("path", 4);
  return { number: r.value(number, 1, 8), loss: r.value(loss, 0, 1000), rtt: r.value(rtt, 0, 65535), up: r.find(state, ["down", "up"]) === 1 };
}

/** @param {Reader} r */
function readClaim(r) {
  return {
    credential: r.hex("credential", 32), own: r.hex("own", 8), far: r.hex("far", 8), role: r.word("role", PERSON_ROLES, 1), nonce: r.hex("nonce", 32),
    authData: r.octets("auth-data", MAX_AUTH_DATA), clientData: r.octets("client-data", MAX_CLIENT_DATA), signature: r.octets("signature", MAX_ASSERTION),
  };
}

/** @param {Reader} r */
function readMessage(r) {
  const parts = [];
  let size = -1;
  do {
    const part = r.text1("|");
    r.same(!part.includes("\n"));
    parts.push(part);
    size += 1 + utf8(part).length;
  } while (size <= MAX_TEXT && r.next("|"));
  return parts.join("\n");
}

/** @param {Reader} r */
function readSpan(r) {
  const [whose, first, last, what] = r.fields("entries", 4);
  return {
    other: r.find(whose, ["own", "other"]) === 1, first: r.value(first, 0, MAX48), last: r.value(last, 0, MAX48), bodies: r.find(what, ["headers", "bodies"]) === 1,
  };
}
