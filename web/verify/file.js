// @ts-check
// The file, taken apart line by line. What the parts mean to each other is not asked here.
import { MAX48, RULES } from "./body.js";
import { readEntry } from "./entrytext.js";
import { base64, escaped, excerpt, failure, hex, isVisibleLine, unbase64, unescaped, unhex, utf8 } from "./text.js";

const MAX_FILE = 64 * 1024 * 1024, MAX_LINE = 256 * 1024;
const INTRO_END = `Check it with "ringdown verify FILE", or offline with Ringdown's verification page.
Unchecked it shows nothing: whoever likes can write such a file.

`;
const INTRO = "Ringdown disclosure: entries of the record of a direct line, with proof.\n" + INTRO_END;
const FORK_INTRO = "Ringdown disclosure: proof that one side of a direct line signed two histories of its log.\n" + INTRO_END;
const HEADING = "ringdown disclosure ";
export const SIDES = ["first", "second"];
export const SECTIONS = ["terms", "first", "first-ends", "once", "answer", "second", "second-ends", "sealed"];
export const ROLES = ["identity", "line", "log", "cosign", "cosign-pq"];
const MAX_TIME = 253402300799999;

/**
 * @typedef {{origin: string, size: number, root: Uint8Array, signature: Uint8Array, cosignature: Uint8Array | null, cosignaturePQ: Uint8Array | null, text: string}} Checkpoint
 * @typedef {{newest: Checkpoint, full: Checkpoint | null, entries: import("./body.js").Entry[], hashes: Uint8Array[]}} Log
 * @typedef {{text: string, name: string, keys: Uint8Array[]}} Party
 * @typedef {{side: number, number: number}} Place
 * @typedef {{log: number, a: Checkpoint, b: Checkpoint, root: Uint8Array, proof: Uint8Array[]}} Fork
 * @typedef {{kind: string, by: number, made: number, to: string, rule: number, call: string, from: number, until: number, ranges: {first: number, end: number}[],
 *   asked: Place | null, answer: Place | null, accord: Uint8Array, digests: Uint8Array[], parties: Party[], prints: Uint8Array[], logs: Log[], fork: Fork | null, sum: string, summed: string}} File
 */

/** Takes lines. The first that is wrong is thrown. */
export class Reader {
  /**
   * @param {string} text
   * @param {number} line how many were read before
   */
  constructor(text, line) {
    this.text = text;
    this.at = 0;
    this.line = line;
    this.now = "";
    this.odd = 0; // the first line that is not written in its one way
  }

  /** @returns {import("./text.js").Failure} */
  bad() {
    return failure("line", { line: this.line, found: excerpt(this.now) });
  }

  /** @returns {string | null} the next line */
  peek() {
    const end = this.text.indexOf("\n", this.at);
    if (end < 0) return null;
    const l = this.text.slice(this.at, end);
    return l.length > MAX_LINE || utf8(l).length > MAX_LINE ? null : l;
  }

  /** @param {string} key */
  next(key) {
    const l = this.peek();
    return l !== null && (l === key || l.startsWith(key + " "));
  }

  /**
   * @param {string} key
   * @returns {string} what follows the key
   */
  take(key) {
    const l = this.peek();
    this.line++;
    this.now = l ?? this.text.slice(this.at, this.at + 240).split("\n")[0];
    if (l === null) throw this.bad();
    this.at += l.length + 1;
    if (l === key) return "";
    if (!l.startsWith(key + " ") || l === key + " ") throw this.bad();
    return l.slice(key.length + 1);
  }

  /**
   * Notes a line that means what another form of it would.
   * @param {boolean} is
   */
  same(is) {
    if (!is && this.odd === 0) this.odd = this.line;
  }

  /** @param {string} key */
  alone(key) {
    if (this.take(key) !== "") throw this.bad();
  }

  /**
   * @param {string} key
   * @param {number} least
   * @param {number} [most]
   */
  fields(key, least, most = least) {
    const f = this.take(key).split(" ");
    if (f.length < least || f.length > most) throw this.bad();
    return f;
  }

  /**
   * @param {string} s
   * @param {number} least
   * @param {number} most
   */
  value(s, least, most) {
    const n = numberOf(s, most);
    if (n < least) throw this.bad();
    this.same(String(n) === s);
    return n;
  }

  /**
   * @param {string} key
   * @param {number} most
   */
  number(key, most) {
    return this.value(this.take(key), 0, most);
  }

  /**
   * @param {string} key
   * @param {boolean} fine to the millisecond
   */
  time(key, fine) {
    const s = this.take(key);
    const form = fine ? /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
    const ms = form.test(s) ? Date.parse(s) : NaN;
    if (!(ms >= 1 && ms <= MAX_TIME)) throw this.bad();
    const again = new Date(ms).toISOString();
    if ((fine ? again : again.slice(0, -5) + "Z") !== s) throw this.bad();
    return ms;
  }

  /**
   * @param {string} s
   * @param {number} size
   */
  digits(s, size) {
    if (s.length !== 2 * size || !/^[0-9a-fA-F]*$/.test(s)) throw this.bad();
    const b = unhex(s);
    this.same(hex(b) === s);
    return b;
  }

  /**
   * @param {string} key
   * @param {number} size
   */
  hex(key, size) {
    return this.digits(this.take(key), size);
  }

  /**
   * Octets of no fixed number.
   * @param {string} key
   * @param {number} most
   */
  octets(key, most) {
    const s = this.take(key);
    return this.digits(s, Math.min(s.length >> 1, most));
  }

  /** @param {string} key */
  yes(key) {
    return this.word(key, ["no", "yes"]) === 1;
  }

  /** @param {string} s a hash */
  root(s) {
    const plain = s.replaceAll("\r", "");
    if (!/^[A-Za-z0-9+/]{43}=$/.test(plain)) throw this.bad();
    const b = Uint8Array.from(atob(plain), (c) => c.charCodeAt(0));
    this.same(base64(b) === s);
    return b;
  }

  /** @param {string} key */
  text1(key) {
    const s = unescaped(this.take(key));
    if (s === null) throw this.bad();
    return s;
  }

  /**
   * The place of a word in a list.
   * @param {string} key
   * @param {string[]} words
   * @param {number} [least]
   */
  word(key, words, least = 0) {
    return this.find(this.take(key), words, least);
  }

  /**
   * @param {string} s
   * @param {string[]} words
   * @param {number} [least]
   */
  find(s, words, least = 0) {
    const i = words.indexOf(s);
    if (i < least) throw this.bad();
    return i;
  }

  /**
   * Lines behind "|", at least one.
   * @param {number} most bytes
   */
  quoted(most) {
    let s = this.take("|") + "\n";
    while (this.next("|") && utf8(s).length <= most) s += this.take("|") + "\n";
    if (utf8(s).length > most) throw this.bad();
    return s;
  }
}

/**
 * -1 for what is no number from 0 to most.
 * @param {string} s
 * @param {number} most
 */
function numberOf(s, most) {
  return /^[0-9]+$/.test(s) && Number(s) <= most ? Number(s) : -1;
}

/**
 * @param {Uint8Array} bytes
 * @returns {File}
 */
export function parse(bytes) {
  if (bytes.length > MAX_FILE) throw failure("size", { found: bytes.length });
  if (bytes.length === 0) throw failure("empty");
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw failure("encoding");
  }
  const forked = text.startsWith(FORK_INTRO), intro = forked ? FORK_INTRO : INTRO;
  if (!text.startsWith(intro + HEADING)) throw failure("heading");
  const begin = intro.length + HEADING.length;
  if (!text.startsWith("1\n", begin)) {
    const found = new TextDecoder().decode(bytes.subarray(begin, begin + 80)).split("\n")[0];
    throw failure("version", { found: excerpt(found) });
  }
  const r = new Reader(text, INTRO.split("\n").length);
  r.at = begin + 2;
  const file = forked ? fork(r) : head(r);
  if (!forked) {
    accord(r, file);
    for (const side of [0, 1]) file.logs.push(log(r, side));
  }
  file.summed = text.slice(0, text.lastIndexOf("sum "));
  const odd = r.odd;
  file.sum = r.take("sum");
  r.digits(file.sum, 32);
  if (r.at < text.length) {
    r.line++;
    r.now = text.slice(r.at, r.at + 240).split("\n")[0];
    throw r.bad();
  }
  if (odd !== 0) throw failure("canonical", { line: odd });
  return file;
}

/** @type {File} */
const EMPTY = {
  kind: "", by: 0, made: 0, to: "", rule: 0, call: "", from: 0, until: 0, ranges: [], asked: null, answer: null, accord: new Uint8Array(), digests: [],
  parties: [], prints: [], logs: [], fork: null, sum: "", summed: "",
};

/**
 * A file that shows two histories.
 * @param {Reader} r
 * @returns {File}
 */
function fork(r) {
  r.word("kind", ["fork"]);
  const side = r.word("log", SIDES);
  const file = { ...EMPTY, kind: "fork", digests: [], parties: [], prints: [] };
  accord(r, file);
  const [a, b] = [0, 1].map(() => {
    r.alone("checkpoint");
    return note(r, side, 1, 1);
  });
  const root = r.root(r.take("root"));
  const proof = [];
  while (r.next("hash")) proof.push(r.root(r.take("hash")));
  return { ...file, fork: { log: side, a, b, root, proof } };
}

/**
 * @param {Reader} r
 * @returns {File}
 */
function head(r) {
  const kinds = ["entries", "range", "contact"];
  const kind = kinds[r.word("kind", kinds)];
  const by = r.word("by", SIDES);
  const made = r.time("made", false);
  const to = r.take("to");
  if (to !== "" && !isVisibleLine(to, 1, 256)) throw r.bad();
  const rule = r.word("rule", RULES, 1);
  const file = { ...EMPTY, kind, by, made, to, rule, ranges: [], digests: [], parties: [], prints: [], logs: [] };
  if (kind === "contact") file.call = hex(r.hex("call", 16));
  if (kind === "range") range(r, file);
  if (r.next("asked")) {
    file.asked = place(r, "asked");
    if (r.next("answer")) file.answer = place(r, "answer");
  }
  return file;
}

/**
 * @param {Reader} r
 * @param {File} file
 */
function range(r, file) {
  file.from = r.time("from", true);
  file.until = r.time("until", true);
  if (file.until <= file.from) throw r.bad();
  for (const side of SIDES) {
    const [of, first, end] = r.fields("range", 3);
    const span = { first: r.value(first, 1, MAX48), end: r.value(end, 1, MAX48) };
    if (of !== side || span.end < span.first) throw r.bad();
    file.ranges.push(span);
  }
}

/**
 * @param {Reader} r
 * @param {string} key
 * @returns {Place}
 */
function place(r, key) {
  const [side, number] = r.fields(key, 2);
  return { side: r.find(side, SIDES), number: r.value(number, 0, MAX48) };
}

/**
 * @param {Reader} r
 * @param {File} file
 */
function accord(r, file) {
  file.accord = r.hex("accord", 32);
  for (const name of SECTIONS) {
    if (SIDES.includes(name)) {
      file.parties.push(party(r, name));
      file.digests.push(new Uint8Array());
      continue;
    }
    const [found, digest] = r.fields("section", 2);
    if (found !== name) throw r.bad();
    file.digests.push(r.digits(digest, 32));
  }
  for (const side of SIDES) {
    const [found, print] = r.fields("fingerprint", 2);
    if (found !== side) throw r.bad();
    file.prints.push(r.digits(print, 32));
  }
}

/**
 * @param {Reader} r
 * @param {string} side
 * @returns {Party}
 */
function party(r, side) {
  if (r.take("section") !== side) throw r.bad();
  const line = r.line + 1;
  const text = r.quoted(16384);
  const bad = failure("party", { line, party: side });
  const lines = text.slice(0, -1).split("\n");
  const first = /** @type {string} */ (lines.shift());
  const name = first.slice(5);
  if (!first.startsWith("name ") || !isVisibleLine(name, 1, 256)) throw bad;
  const keys = ROLES.map((role) => {
    const pq = role === "cosign-pq";
    const size = pq ? 1312 : 32;
    const f = (lines.shift() ?? "").split(" ");
    if (f.length !== 5 || f[0] !== "key" || f[1] !== role || numberOf(f[2], 2 ** 31 - 1) < 1) throw bad;
    if ((f[3] !== "accord" && f[3] !== "identity") || f[4] !== (pq ? "ml-dsa-44" : "ed25519")) throw bad;
    const block = lines.splice(0, Math.ceil(Math.ceil((size * 4) / 3) / 64));
    if (block.some((l, i) => !l.startsWith("  ") || (i < block.length - 1 && l.length !== 66))) throw bad;
    const key = unbase64(block.map((l) => l.slice(2)).join(""), false);
    if (key === null || key.length !== size) throw bad;
    return key;
  });
  if (lines.length > 0) throw bad;
  return { text, name, keys };
}

/**
 * @param {Reader} r
 * @param {number} side
 * @returns {Log}
 */
function log(r, side) {
  if (r.take("log") !== SIDES[side]) throw r.bad();
  r.alone("checkpoint");
  const newest = note(r, side, 2, 3);
  let full = null;
  if (r.next("full")) {
    r.alone("full");
    full = note(r, side, 2, 2);
    full.cosignaturePQ = full.cosignature;
    full.cosignature = null;
  }
  const entries = [];
  while (r.next("entry")) entries.push(readEntry(r));
  r.alone("tree");
  const hashes = [];
  while (r.next("hash")) hashes.push(r.root(r.take("hash")));
  return { newest, full, entries, hashes };
}

/**
 * A checkpoint with so many signatures.
 * @param {Reader} r
 * @param {number} side
 * @param {number} least
 * @param {number} most
 * @returns {Checkpoint}
 */
function note(r, side, least, most) {
  const line = r.line + 1;
  const text = r.quoted(5120);
  const bad = failure("note", { line, log: SIDES[side] });
  const lines = text.slice(0, -1).split("\n");
  if (lines.length < 4 + least || lines.length > 4 + most || lines[3] !== "") throw bad;
  const size = numberOf(lines[1], MAX48);
  const root = unbase64(lines[2]);
  if (size < 1 || String(size) !== lines[1] || root === null || root.length !== 32) throw bad;
  const signatures = lines.slice(4).map((l) => {
    const w = l.split(" ");
    const sig = unbase64(w[w.length - 1]);
    if (sig === null || w.length !== 3 || w[0] !== "—" || sig.length < 4) throw bad;
    return sig.subarray(4);
  });
  return { origin: lines[0], size, root, signature: signatures[0], cosignature: signatures[1] ?? null, cosignaturePQ: signatures[2] ?? null, text };
}

/**
 * The name of a party, as it is shown.
 * @param {File} file
 * @param {number} side
 */
export function nameOf(file, side) {
  return escaped(file.parties[side].name);
}
