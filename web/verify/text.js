// @ts-check
// Bytes, texts and sentences: what everything else here is written with.
import { SENTENCES } from "./sentences.js";

/** Why a disclosure proves nothing. */
export class Failure extends Error {
  /**
   * @param {string} code
   * @param {string} sentence
   */
  constructor(code, sentence) {
    super(sentence);
    this.code = code;
  }
}

/**
 * Fills a sentence of the table.
 * @param {string} key
 * @param {Record<string, string | number>} [words]
 * @returns {string}
 */
export function say(key, words = {}) {
  const sentence = SENTENCES[key];
  if (sentence === undefined) throw new Error("no sentence " + key);
  return sentence.replace(/\{([a-z0-9]+)\}/g, (all, name) => (name in words ? String(words[name]) : all));
}

/**
 * @param {string} code
 * @param {Record<string, string | number>} [words]
 * @returns {Failure}
 */
export function failure(code, words) {
  return new Failure(code, say("fail." + code, words));
}

/** Characters that texts do not show as they are, from and to. */
const INVISIBLE = [
  [0x00, 0x1f], [0x7f, 0x9f], [0xad, 0xad], [0x34f, 0x34f], [0x61c, 0x61c], [0x115f, 0x1160], [0x17b4, 0x17b5], [0x180b, 0x180f],
  [0x200b, 0x200f], [0x2028, 0x202e], [0x2060, 0x206f], [0x3164, 0x3164], [0xfe00, 0xfe0f], [0xfeff, 0xfeff],
  [0xffa0, 0xffa0], [0xfff0, 0xfffb], [0x1d173, 0x1d17a], [0xe0000, 0xe0fff],
];

/** @param {number} c */
function invisible(c) {
  return INVISIBLE.some(([from, to]) => from <= c && c <= to);
}

/**
 * Writes a text so that each of its characters shows.
 * @param {string} s
 * @returns {string}
 */
export function escaped(s) {
  let out = "";
  for (const c of s) {
    const code = /** @type {number} */ (c.codePointAt(0));
    out += c === "\\" ? "\\\\" : invisible(code) ? `\\u{${code.toString(16)}}` : c;
  }
  return out;
}

/**
 * Reads what escaped writes; null for all else.
 * @param {string} s
 * @returns {string | null}
 */
export function unescaped(s) {
  let bad = false;
  const out = s.replace(/\\(?:\\|u\{([0-9a-f]{1,6})\}|)/g, (all, digits) => {
    const code = parseInt(digits, 16);
    if (all === "\\\\") return "\\";
    if (digits && code < 0x110000 && invisible(code)) return String.fromCodePoint(code);
    bad = true;
    return "";
  });
  return bad || escaped(out) !== s ? null : out;
}

/**
 * The beginning of a line, for people.
 * @param {string} s
 */
export function excerpt(s) {
  const runes = [...s];
  return runes.length > 60 ? escaped(runes.slice(0, 60).join("")) + "…" : escaped(s);
}

/**
 * Names and titles: one line, visible characters, no space at an end.
 * @param {string} s
 * @param {number} least bytes
 * @param {number} most bytes
 */
export function isLine(s, least, most) {
  const size = utf8(s).length;
  return size >= least && size <= most && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(s) && s.trim() === s;
}

/**
 * The same without what looks like nothing.
 * @param {string} s
 * @param {number} least
 * @param {number} most
 */
export function isVisibleLine(s, least, most) {
  return isLine(s, least, most) && ![...s].some((c) => invisible(/** @type {number} */ (c.codePointAt(0))));
}

/**
 * @param {string} s
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function utf8(s) {
  return new TextEncoder().encode(s);
}

/**
 * @param {Uint8Array} b
 * @returns {string}
 */
export function hex(b) {
  return Array.from(b, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} s
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function unhex(s) {
  return Uint8Array.from(s.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

/**
 * @param {Uint8Array} b
 * @returns {string}
 */
export function base64(b) {
  let s = "";
  for (const byte of b) s += String.fromCharCode(byte);
  return btoa(s);
}

/**
 * Reads base64 in its one form; null for all else.
 * @param {string} s
 * @param {boolean} [padded]
 * @returns {Uint8Array<ArrayBuffer> | null}
 */
export function unbase64(s, padded = true) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(s) || (padded ? s.length % 4 !== 0 : s.includes("=") || s.length % 4 === 1)) return null;
  const b = Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
  const again = base64(b);
  return (padded ? again : again.replace(/=+$/, "")) === s ? b : null;
}

/**
 * @param {Uint8Array[]} parts
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function joinBytes(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/**
 * A number in so many bytes, the highest first.
 * @param {number} n
 * @param {number} size
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function big(n, size) {
  const b = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--) {
    b[i] = n % 256;
    n = Math.floor(n / 256);
  }
  return b;
}

/**
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
export function equal(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * @param {Uint8Array[]} parts
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joinBytes(...parts)));
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** @param {number} ms */
export function day(ms) {
  const t = new Date(ms);
  return `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]} ${String(t.getUTCFullYear()).padStart(4, "0")}`;
}

/** @param {number} ms */
export function moment(ms) {
  return `${day(ms)} ${new Date(ms).toISOString().slice(-13, -5)} UTC`;
}

/**
 * @param {"entry" | "minute" | "second"} what
 * @param {number} n
 */
export function counted(what, n) {
  return n === 1 ? say(what + ".one") : say(what + ".many", { n });
}
