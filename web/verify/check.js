// @ts-check
// Whether the parts of a file hold: digests, trees, signatures.
import { canBe, continues, roots } from "./entry.js";
import { ROLES, SECTIONS, SIDES, nameOf } from "./file.js";
import { verifyMLDSA44 } from "./mldsa.js";
import { base64, big, equal, failure, hex, joinBytes, sha256, utf8 } from "./text.js";

/**
 * @typedef {import("./file.js").File} File
 * @typedef {import("./file.js").Checkpoint} Checkpoint
 */

const LOG = 2, COSIGN = 3, COSIGN_PQ = 4;

/** Under these anybody can sign: points of small order, the sign bit cleared. */
const WEAK = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/** @param {File} file */
export async function checkAccord(file) {
  let statement = "ringdown accord statement 1\n";
  for (const [i, name] of SECTIONS.entries()) {
    const side = SIDES.indexOf(name);
    const digest = side < 0 ? file.digests[i] : await sha256(utf8(`ringdown section 1 ${name}\n${file.parties[side].text}`));
    statement += `${name} ${hex(digest)}\n`;
  }
  if (!equal(await sha256(utf8(statement)), file.accord)) throw failure("accord");
  const seen = new Set();
  for (const side of [0, 1]) {
    for (const [i, key] of file.parties[side].keys.entries()) {
      if (isWeak(key) || seen.has(hex(key))) throw failure("key", { key: `${SIDES[side]} ${ROLES[i]}` });
      seen.add(hex(key));
    }
  }
  for (const side of [0, 1]) {
    const print = await sha256(utf8("ringdown party 1\n" + file.parties[side].text));
    if (!equal(print, file.prints[side])) throw failure("fingerprint", { party: nameOf(file, side) });
  }
}

/** @param {Uint8Array} key */
function isWeak(key) {
  if (key.length !== 32) return false;
  const y = key.slice();
  y[31] &= 0x7f;
  return WEAK.includes(hex(y));
}

/**
 * @param {File} file
 * @param {number} side
 */
function originOf(file, side) {
  return `ringdown/${hex(file.accord)}/${SIDES[side]}`;
}

/**
 * @param {File} file
 * @param {number} side
 */
export async function checkLog(file, side) {
  const l = file.logs[side];
  const log = nameOf(file, side);
  const origin = originOf(file, side);
  if (l.newest.origin !== origin || (l.full && l.full.origin !== origin)) throw failure("origin", { log });
  if (l.full && (l.newest.cosignaturePQ !== null || l.full.size >= l.newest.size)) throw failure("full", { log });
  checkEntries(file, side);
  const { newest, full, exact } = await roots(l.newest.size, l.full?.size ?? 0, l.entries, l.hashes);
  if (!exact) throw failure("hashes", { log });
  if (!equal(newest, l.newest.root)) throw failure("root", { log });
  if (l.full && !equal(full, l.full.root)) throw failure("full-root", { log });
  await checkNote(file, side, l.newest);
  if (l.full) await checkNote(file, side, l.full);
}

/**
 * @param {File} file
 * @param {number} side
 */
function checkEntries(file, side) {
  const l = file.logs[side];
  for (const [i, e] of l.entries.entries()) {
    const words = { number: e.number, log: nameOf(file, side), line: e.line };
    if (!canBe(e)) throw failure("entry", words);
    if (e.number >= l.newest.size) throw failure("beyond", words);
    if (i === 0) continue;
    const before = l.entries[i - 1];
    if (before.number >= e.number) throw failure("order", words);
    if (before.seen.size > e.seen.size || (before.seen.size === e.seen.size && !equal(before.seen.root, e.seen.root))) throw failure("seen", words);
  }
}

/**
 * The time in a co-signature, in seconds; more than any clock shows is Infinity.
 * @param {Uint8Array} signature
 */
function secondsIn(signature) {
  let n = 0;
  for (const byte of signature.subarray(0, 8)) n = n * 256 + byte;
  return n <= 281474976710 ? n : Infinity;
}

/**
 * The same in milliseconds.
 * @param {Uint8Array} signature
 */
export function cosignedAt(signature) {
  return secondsIn(signature) * 1000;
}

/**
 * @param {File} file
 * @param {number} side
 * @param {Checkpoint} c
 */
async function checkNote(file, side, c) {
  const author = file.parties[side], other = file.parties[1 - side];
  const log = nameOf(file, side), names = { log, other: nameOf(file, 1 - side) };
  const otherName = originOf(file, 1 - side);
  const signed = `${c.origin}\n${c.size}\n${base64(c.root)}\n`;
  let again = signed + "\n" + (await signatureLine(c.origin, 1, author.keys[LOG], c.signature));
  if (c.cosignature) again += await signatureLine(otherName, 4, other.keys[COSIGN], c.cosignature);
  if (c.cosignaturePQ) again += await signatureLine(otherName, 6, other.keys[COSIGN_PQ], c.cosignaturePQ);
  if (again !== c.text) throw failure("signer", { log });
  if (!(await verifyEd25519(author.keys[LOG], utf8(signed), c.signature))) throw failure("signature", { log });
  if (c.cosignature) {
    const at = secondsIn(c.cosignature);
    const held = c.cosignature.length === 72 && at !== Infinity &&
      (await verifyEd25519(other.keys[COSIGN], utf8(`cosignature/v1\ntime ${at}\n${signed}`), c.cosignature.subarray(8)));
    if (!held) throw failure("cosignature", names);
  }
  if (c.cosignaturePQ) {
    const at = secondsIn(c.cosignaturePQ);
    const held = at !== Infinity && verifyMLDSA44(other.keys[COSIGN_PQ], subtree(otherName, c, at), c.cosignaturePQ.subarray(8));
    if (!held) throw failure("cosignature-pq", names);
  }
}

/**
 * One line of a signed note, with the id of its key.
 * @param {string} name
 * @param {number} algorithm
 * @param {Uint8Array} key
 * @param {Uint8Array} signature
 */
async function signatureLine(name, algorithm, key, signature) {
  const id = (await sha256(utf8(name + "\n"), Uint8Array.of(algorithm), key)).subarray(0, 4);
  return `— ${name} ${base64(joinBytes(id, signature))}\n`;
}

/**
 * What an ML-DSA-44 co-signature signs.
 * @param {string} name
 * @param {Checkpoint} c
 * @param {number} at seconds
 */
function subtree(name, c, at) {
  return joinBytes(
    utf8("subtree/v1\n\0"), Uint8Array.of(name.length), utf8(name), big(at, 8), Uint8Array.of(c.origin.length), utf8(c.origin), big(0, 8), big(c.size, 8), c.root,
  );
}

/**
 * @param {Uint8Array} key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 * @returns {Promise<boolean>}
 */
async function verifyEd25519(key, message, signature) {
  if (signature.length !== 64) return false;
  try {
    const k = await crypto.subtle.importKey("raw", joinBytes(key), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", k, joinBytes(signature), joinBytes(message));
  } catch (err) {
    if (err instanceof DOMException && err.name === "NotSupportedError") throw new Error("this browser does not know Ed25519", { cause: err });
    return false; // a key that is no point
  }
}

/**
 * Both checkpoints signed by the same key, and the first not continued by the second.
 * @param {File} file
 * @param {import("./file.js").Fork} k
 */
export async function checkFork(file, k) {
  const log = nameOf(file, k.log);
  for (const c of [k.a, k.b]) {
    if (c.origin !== originOf(file, k.log)) throw failure("origin", { log });
    await checkNote(file, k.log, c);
  }
  if (!(await continues(k.a.size, k.root, k.b, k.proof))) throw failure("two-proof", { log });
  if (equal(k.root, k.a.root)) throw failure("two-agree", { log });
}

/** @param {File} file */
export async function checkSum(file) {
  if (hex(await sha256(utf8(file.summed))) !== file.sum) throw failure("sum");
}
