// @ts-check
// Entries: their headers, their commitments, and their place in a tree.
import { KINDS, RELATIONS, bodyCanBe, encodeBody } from "./body.js";
import { big, equal, joinBytes, sha256, unhex, utf8 } from "./text.js";

/** @typedef {import("./body.js").Entry} Entry */

/**
 * How many references of a relation an entry of a kind may have, and whether they may
 * point into the other log.
 * @param {string} kind
 * @param {string} relation
 * @returns {[number, boolean]}
 */
function allowed(kind, relation) {
  switch (relation) {
    case "answers":
      if (kind === "message" || kind === "receipt") return [16, true];
      return kind === "disclosure" || kind === "test" || kind === "presence" ? [1, true] : [0, false];
    case "under": return kind === "message" || kind === "call" || kind === "drill" || kind === "matter" ? [1, true] : [0, false];
    case "carries": return kind === "message" ? [16, false] : [0, false];
  }
  return kind === "message" ? [1, false] : [0, false];
}

/**
 * The byte before the number of a reference.
 * @param {import("./body.js").Ref} r
 */
function refKey(r) {
  return r.relation | (r.other ? 0x80 : 0);
}

/**
 * Whether a station can have written that entry.
 * @param {Entry} e
 */
export function canBe(e) {
  const kind = KINDS[e.kind];
  const ofCall = kind === "call" || kind === "drill" || kind === "presence";
  if (ofCall && e.call === "") return false;
  if (e.call !== "" && !ofCall && !["message", "attachment", "matter"].includes(kind)) return false;
  /** @type {Record<string, number>} */
  const count = {};
  for (let i = 0; i < e.about.length; i++) {
    const r = e.about[i];
    if (i > 0) {
      const last = e.about[i - 1];
      if (refKey(last) > refKey(r) || (refKey(last) === refKey(r) && last.number >= r.number)) return false;
    }
    if (r.number >= (r.other ? e.seen.size : e.number)) return false;
    const relation = RELATIONS[r.relation];
    const [most, other] = allowed(kind, relation);
    count[relation] = (count[relation] ?? 0) + 1;
    if (count[relation] > most || (r.other && !other)) return false;
  }
  return e.body === null || bodyCanBe(e, e.body);
}

/**
 * @param {Entry} e
 * @returns {Uint8Array}
 */
export function encodeHeader(e) {
  return joinBytes(
    Uint8Array.of(e.kind | (e.call === "" ? 0 : 0x80)), big(e.number, 6), big(e.time, 6), unhex(e.call), big(e.seen.size, 6), e.seen.root,
    Uint8Array.of(e.about.length), ...e.about.map((r) => joinBytes(Uint8Array.of(refKey(r)), big(r.number, 6))),
  );
}

/**
 * The hash of an entry's leaf.
 * @param {Entry} e
 * @returns {Promise<Uint8Array>}
 */
export async function leafHash(e) {
  const header = await sha256(utf8("ringdown record header 1\n"), e.salt, encodeHeader(e));
  const body = e.body === null ? e.hidden : await sha256(utf8("ringdown record body 1\n"), e.bodySalt, encodeBody(e.kind, e.body));
  return sha256(Uint8Array.of(0), header, body);
}

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
function nodeHash(left, right) {
  return sha256(Uint8Array.of(1), left, right);
}

/**
 * Where a tree over the entries first ≤ n < end parts (RFC 6962, section 2.1).
 * @param {number} first
 * @param {number} end
 */
function halfway(first, end) {
  let k = 1;
  while (k * 2 < end - first) k *= 2;
  return first + k;
}

/**
 * The roots of a tree and of its first entries, as many as edge says, from the entries shown and
 * the hashes of all parts without one. Entries are in rising order and in the tree.
 * @param {number} size
 * @param {number} edge 0: there is no smaller tree
 * @param {Entry[]} entries
 * @param {Uint8Array[]} hashes
 * @returns {Promise<{newest: Uint8Array, full: Uint8Array, exact: boolean}>}
 */
export async function roots(size, edge, entries, hashes) {
  let used = 0;
  const none = new Uint8Array(32);
  /**
   * @param {number} first
   * @param {number} end
   * @param {Entry[]} inside
   * @returns {Promise<Uint8Array[]>} over all, and over those below the edge
   */
  async function walk(first, end, inside) {
    const cut = first < edge && edge < end;
    if (inside.length === 0 && !cut) {
      const h = hashes[used++] ?? none;
      return [h, end <= edge ? h : none];
    }
    if (end - first === 1) {
      const h = await leafHash(inside[0]);
      return [h, end <= edge ? h : none];
    }
    const middle = halfway(first, end);
    let i = inside.findIndex((e) => e.number >= middle);
    if (i < 0) i = inside.length;
    const [left, leftBelow] = await walk(first, middle, inside.slice(0, i));
    const [right, rightBelow] = await walk(middle, end, inside.slice(i));
    const all = await nodeHash(left, right);
    if (!cut) return [all, end <= edge ? all : none];
    return [all, edge <= middle ? leftBelow : await nodeHash(left, rightBelow)];
  }
  const [newest, full] = await walk(0, size, entries);
  return { newest, full, exact: used === hashes.length };
}

/**
 * Whether hashes prove that a tree's first entries, as many as size says, have that root (RFC 6962, section 2.1.2).
 * @param {number} size
 * @param {Uint8Array} root
 * @param {{size: number, root: Uint8Array}} tree
 * @param {Uint8Array[]} hashes
 */
export async function continues(size, root, tree, hashes) {
  if (size > tree.size) return false;
  /**
   * @param {number} first
   * @param {number} end
   * @param {number} left how many of the hashes
   * @returns {Promise<Uint8Array[] | null>} over those below size, and over all
   */
  async function walk(first, end, left) {
    if (size === end) {
      if (left !== (first === 0 ? 0 : 1)) return null;
      return first === 0 ? [root, root] : [hashes[0], hashes[0]];
    }
    if (left === 0) return null;
    const last = hashes[left - 1], middle = halfway(first, end), before = size <= middle;
    const found = await (before ? walk(first, middle, left - 1) : walk(middle, end, left - 1));
    if (!found) return null;
    return before ? [found[0], await nodeHash(found[1], last)] : [await nodeHash(last, found[0]), await nodeHash(last, found[1])];
  }
  const found = await walk(0, tree.size, hashes.length);
  return found !== null && equal(found[0], root) && equal(found[1], tree.root);
}
