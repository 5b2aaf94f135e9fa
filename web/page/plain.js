// @ts-check
/**
 * Hostile text made plain: what is unseen in it, or seems to be what it is not, becomes
 * a small visible mark. Pure. The same rules as the station's own (message.Visible); the
 * head of message/testdata/visible.txt has them, and a test walks through its vectors.
 */

import { eastern, fullWidth, has, joining, mistaken, pictures, scriptOf, scripts, stacking, unseen } from "./plaintables.js";

/**
 * A Part is a stretch of text as it stands (kind ""), or a mark in place of a finding.
 * @typedef {object} Part
 * @property {string} text what is shown
 * @property {""|"direction"|"invisible"|"space"|"private"|"mark"|"control"|"combining"|"lookalike"|"double"} kind
 * @property {string} why of a mark: what stood there, in words
 */

/** A finding, while it grows. @typedef {{kind: Part["kind"], start: number, end: number, last: number, count: number}} Finding */

const maxStacked = 4; // marks on a letter: more no script has
const joinerAt = 0x200d, nonJoiner = 0x200c, asText = 0xfe0e, asPicture = 0xfe0f, keycap = 0x20e3;

/** parts cuts a text into what is shown as it is, and marks. @param {string} text @returns {Part[]} */
export function parts(text) {
  const chars = [...text].map((c) => (isSurrogate(c) ? "\ufffd" : c));
  if (isPrintable(text)) return text === "" ? [] : [asItIs(text)];
  /** @type {Part[]} */
  const list = [];
  let at = 0;
  for (const f of find(chars.map(code))) {
    if (at < f.start) list.push(asItIs(chars.slice(at, f.start).join("")));
    list.push(marked(f));
    at = f.end;
  }
  if (at < chars.length) list.push(asItIs(chars.slice(at).join("")));
  return list;
}

/** visible is a text with its marks in it: for titles, and where no element can stand. @param {string} text */
export const visible = (text) => parts(text).map((p) => p.text).join("");

/** @param {string} c */
const code = (c) => /** @type {number} */ (c.codePointAt(0));

/** Half a pair is no character. @param {string} c */
const isSurrogate = (c) => c.length === 1 && c >= "\ud800" && c <= "\udfff";

/** The quick way for most texts. @param {string} text */
const isPrintable = (text) => /^[\n\t\x20-\x7e]*$/.test(text);

/** @param {string} text @returns {Part} */
const asItIs = (text) => ({ text, kind: "", why: "" });

/** @param {number[]} runes @returns {Finding[]} */
function find(runes) {
  const wide = runes.some((r) => has(eastern, r));
  const foreign = lookalikes(runes);
  /** @type {Finding[]} */
  const findings = [];
  let row = 0; // combining marks so far
  runes.forEach((r, i) => {
    if (foreign.has(i)) {
      row = 0;
      findings.push({ kind: "lookalike", start: i, end: i + 1, last: r, count: 1 });
      return;
    }
    const kind = unseenAt(runes, i, wide);
    if (kind) again(findings, kind, r, i);
    else if (!has(stacking, r)) row = 0;
    else if (++row > maxStacked) again(findings, "combining", r, i);
  });
  return findings;
}

/** again adds a finding, or makes the one directly before longer if it is of the same. @param {Finding[]} findings @param {Finding["kind"]} kind @param {number} r @param {number} i */
function again(findings, kind, r, i) {
  const f = findings.at(-1);
  if (f && f.end === i && f.kind === kind && (kind === "combining" || f.last === r)) {
    f.count++;
    f.end = i + 1;
  } else {
    findings.push({ kind, start: i, end: i + 1, last: r, count: 1 });
  }
}

const kinds = /** @type {(keyof typeof unseen)[]} */ (Object.keys(unseen));

/** Why a character alone is not simply shown. @param {number} r @returns {Part["kind"]} */
const unseenAlone = (r) => (r >= 0x20 && r < 0x7f ? "" : kinds.find((k) => has(unseen[k], r)) ?? "");

/** @param {number[]} runes @param {number} i @param {boolean} wide wide letters are at home @returns {Part["kind"]} */
function unseenAt(runes, i, wide) {
  const kind = unseenAlone(runes[i]);
  return (kind === "invisible" && belongs(runes, i)) || (kind === "double" && wide && has(fullWidth, runes[i])) ? "" : kind;
}

/** Whether an invisible character is part of how a picture or a word is spelled. @param {number[]} runes @param {number} i */
function belongs(runes, i) {
  const r = runes[i], before = runes[i - 1] ?? -1, after = runes[i + 1] ?? -1;
  if (r === asText || r === asPicture) {
    return has(pictures, before) || (after === keycap && before > 0 && "0123456789#*".includes(String.fromCodePoint(before)));
  }
  if (r !== joinerAt && r !== nonJoiner) return false;
  if (spelled(before) && spelled(after)) return true;
  const picture = before === asPicture ? runes[i - 2] ?? -1 : before;
  return r === joinerAt && has(pictures, picture) && has(pictures, after);
}

/** @param {number} r */
const spelled = (r) => has(joining, r) && unseenAlone(r) === "";

/** lookalikes are the letters that are mistaken for others of their word, or of Latin ones. @param {number[]} runes @returns {Set<number>} */
function lookalikes(runes) {
  /** @type {Set<number>} */
  const found = new Set();
  const plain = new Set(runes.map((r) => ({ r, s: scriptOf(r) })).filter(({ r, s }) => s >= 0 && !mistaken(r, s, 0)).map(({ s }) => s)); // scripts that have a letter like no Latin one
  let start = 0;
  for (let i = 0; i <= runes.length; i++) {
    if (i < runes.length && inWord(runes[i])) continue;
    judge(runes, start, i, plain, found);
    start = i + 1;
  }
  return found;
}

/** @param {number} r */
const inWord = (r) => (r >= 0x30 && r <= 0x39) || scriptOf(r) >= 0 || (has(stacking, r) && unseenAlone(r) === "");

/** @param {number[]} runes @param {number} start @param {number} end @param {Set<number>} plain @param {Set<number>} found */
function judge(runes, start, end, plain, found) {
  const counts = scripts.map(() => 0);
  for (let i = start; i < end; i++) {
    const s = scriptOf(runes[i]);
    if (s >= 0) counts[s]++;
  }
  const main = counts.indexOf(Math.max(...counts));
  const whole = main > 0 && counts[main] > 1 && !plain.has(main); // every letter of it looks like a Latin one
  for (let i = start; i < end; i++) {
    const s = scriptOf(runes[i]);
    if (s >= 0 && (s === main ? whole : mistaken(runes[i], s, main))) found.add(i);
  }
}

/** @param {number} r */
const unicode = (r) => "U+" + r.toString(16).toUpperCase().padStart(4, "0");

/** The characters that hostile texts are made of, by name. @type {Record<number, string>} */
const names = {
  0xa0: "no-break space", 0xad: "soft hyphen", 0x61c: "Arabic letter mark", 0x200b: "zero-width space", 0x200c: "zero-width non-joiner",
  0x200d: "zero-width joiner", 0x200e: "left-to-right mark", 0x200f: "right-to-left mark", 0x2028: "line separator",
  0x2029: "paragraph separator", 0x202a: "left-to-right embedding", 0x202b: "right-to-left embedding", 0x202c: "end of embedding or override",
  0x202d: "left-to-right override", 0x202e: "right-to-left override", 0x202f: "narrow no-break space", 0x2060: "word joiner",
  0x2066: "left-to-right isolate", 0x2067: "right-to-left isolate", 0x2068: "first-strong isolate", 0x2069: "end of isolate",
  0x2800: "empty Braille pattern", 0x3000: "ideographic space", 0x3164: "Hangul filler", 0xfeff: "byte order mark",
};

/** What each kind is, after the name of the character. */
const whys = {
  direction: "turns the direction of the text around it", invisible: "is not seen", space: "looks like a space and is another character",
  private: "means what a font says", double: "looks like a common letter or sign and is another character", mark: "a bracket that the marks of this page are made of", control: "a control character",
};

/** @param {Finding} f @returns {Part} */
function marked(f) {
  const { kind, last, count } = f;
  if (kind === "combining") {
    return { kind, text: `⟨+${count} combining⟩`, why: `${count} more combining marks than the four that are shown` };
  }
  if (kind === "lookalike") {
    const script = scripts[scriptOf(last)].name, letter = String.fromCodePoint(last);
    return { kind, text: `⟨${script} ${letter}⟩`, why: `${unicode(last)}: a ${script} letter where one of another script is expected that looks like it` };
  }
  const name = names[last] ?? (last >= 0xe0000 && last < 0xe1000 ? "tag character" : "");
  const why = whys[/** @type {keyof typeof whys} */ (kind)];
  return { kind, text: `⟨${unicode(last)}${count > 1 ? ` ×${count}` : ""}⟩`, why: `${unicode(last)}${name && ` ${name}`}: ${why}` };
}
