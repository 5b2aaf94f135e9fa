// @ts-check
/** What is being written, before it is sent. Pure, but for a store that is handed in. */

import { isolated } from "./entry.js";

/** @typedef {import("./api.js").Line} Line */

export const longestText = 16_384; // bytes of UTF-8
export const mostFiles = 8;
export const largestFile = 1 << 20; // bytes

/**
 * A Draft is one line's message in the making.
 * @typedef {object} Draft
 * @property {string} text
 * @property {string} matter
 * @property {string} answers key of the message that it answers
 * @property {string} amends key of the message in whose place it shall stand
 * @property {import("./apirecord.js").Kept[]} files
 */

/** @type {Draft} */
export const empty = { text: "", matter: "", answers: "", amends: "", files: [] };

/** @param {Draft} d */
export const isEmpty = (d) => d.text.trim() === "" && d.files.length === 0;

const encoder = new TextEncoder();

/** bytesLeft counts as the station does. @param {string} text */
export const bytesLeft = (text) => longestText - encoder.encode(text).length;

/** @param {string} slug */
const keyOf = (slug) => `ringdown.draft.${slug}`;

/** load finds a line's draft again after a reload. @param {Storage} store @param {string} slug @returns {Draft} */
export function load(store, slug) {
  try {
    const d = JSON.parse(store.getItem(keyOf(slug)) ?? "{}");
    const text = (/** @type {unknown} */ x) => (typeof x === "string" ? x : "");
    const files = Array.isArray(d.files) ? d.files.filter((/** @type {any} */ f) => typeof f?.id === "string" && typeof f.name === "string") : [];
    return { text: text(d.text), matter: text(d.matter), answers: text(d.answers), amends: text(d.amends), files: files.slice(0, mostFiles) };
  } catch {
    return { ...empty };
  }
}

/** save keeps it as long as this tab lives. @param {Storage} store @param {string} slug @param {Draft} d */
export function save(store, slug, d) {
  try {
    if (isEmpty(d) && !d.answers && !d.amends && !d.matter) store.removeItem(keyOf(slug));
    else store.setItem(keyOf(slug), JSON.stringify(d));
  } catch {
    // A full store must not keep anybody from writing.
  }
}

/** message is what is asked of the station. @param {Draft} d @returns {import("./apirecord.js").NewMessage} */
export function message(d) {
  return {
    ...(d.text && { text: d.text }), ...(d.matter && { matter: d.matter }),
    ...(d.answers && { answers: d.answers }), ...(d.amends && { amends: d.amends }),
    ...(d.files.length > 0 && { files: d.files.map((f) => f.id) }),
  };
}

/** refusal says why a draft cannot be sent yet; empty if it can. @param {Draft} d */
export function refusal(d) {
  const left = bytesLeft(d.text);
  if (left < 0) return `${-left} bytes too long: send it in two messages, or as a file.`;
  if (isEmpty(d)) return "Write something first.";
  return "";
}

/** refuseFile says why a file cannot be taken; empty if it can. @param {{name: string, size: number}} f @param {number} had */
export function refuseFile(f, had) {
  const name = isolated(f.name, 60);
  if (had >= mostFiles) return `A message carries at most ${mostFiles} files; ${name} was left out.`;
  if (f.size > largestFile) return `${name} is larger than 1 MiB, so the line does not carry it.`;
  if (f.size === 0) return `${name} is empty, or a folder.`;
  return "";
}

/** fate says what will happen to a message that is sent now. @param {Line} l @param {string} peer isolated */
export function fate(l, peer) {
  if (l.state === "down") return "The line is down: it waits here and is sent by itself.";
  if (l.state === "half-signed") return "The accord is half-signed: it waits here and is sent by itself.";
  switch (l.record?.standing) {
    case "stands": return l.record.far_full ? `The station of ${peer} has no room for more: it waits here and is sent by itself when there is room again.` : `It goes to ${peer} at once.`;
    case "forked": return "Two histories were signed, so nothing is numbered: it waits here until that is settled.";
    case "behind": return `This station lost a part of its own record and gets it back from the station of ${peer}: it waits here and is sent by itself.`;
    case "far behind": return `The station of ${peer} lost a part of our record and gets it back from here: it waits here and is sent by itself.`;
  }
  return `The station of ${peer} has not said yet where the record stands: it waits here and is sent by itself.`;
}
