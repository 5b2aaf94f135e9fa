// @ts-check
/**
 * The record of one line over HTTP: what is asked of the station and what it answers.
 * No DOM: only fetch and timers. What happens comes by the WebSocket (protocol.js).
 */

import { isUnread } from "./entry.js";
import { Refusal } from "./protocol.js";

/** @typedef {import("./apirecord.js").Item} Item */
/** @typedef {import("./apirecord.js").RecordPage} RecordPage */

/**
 * A Query is which part of the record is wanted; what is empty does not restrict.
 * @typedef {object} Query
 * @property {number} from ms, 0: from the beginning
 * @property {number} to ms, 0: to the end
 * @property {string} matter
 * @property {string} kinds "message,call"
 * @property {string} search
 * @property {boolean} unread
 */

/** @type {Query} */
export const everything = { from: 0, to: 0, matter: "", kinds: "", search: "", unread: false };

/** isAll says whether a query restricts nothing. @param {Query} q */
export const isAll = (q) => !q.from && !q.to && !q.matter && !q.kinds && !q.search && !q.unread;

/** parameters writes a query as an address has it. @param {Query} q @param {Record<string, string|number>} [more] */
export function parameters(q, more = {}) {
  const p = new URLSearchParams();
  for (const [name, value] of Object.entries({
    ...more, from: q.from && new Date(q.from).toISOString(), to: q.to && new Date(q.to).toISOString(),
    matter: q.matter, kinds: q.kinds, search: searchable(q.search), unread: q.unread && "true",
  })) {
    if (value) p.set(name, String(value));
  }
  return p.toString();
}

const longestSearch = 200; // characters

/** @param {string} text */
const searchable = (text) => [...text.trim()].slice(0, longestSearch).join("");

/** matches says whether an item belongs to what a query shows; nothing is known of words. @param {Query} q @param {Item} i */
export function matches(q, i) {
  const at = Date.parse(i.at);
  return (!q.from || at >= q.from) && (!q.to || at < q.to)
    && (!q.matter || i.matter === q.matter || i.key === q.matter)
    && (!q.kinds || q.kinds.split(",").some((k) => k === i.kind || (k === "drill" && i.call?.drill === true)))
    && (!q.unread || isUnread(i))
    && !q.search;
}

/** There is no record of this line yet, or the station knows none. */
export class NoRecord extends Error {}

const failed = { code: "unreachable", text: "The station was not reached, so nothing was done.", action: "Wait until the page is connected again, then try once more." };

export class Ledger {
  #base;

  /** @param {string} slug */
  constructor(slug) {
    this.slug = slug;
    this.#base = `/api/lines/${encodeURIComponent(slug)}/`;
  }

  /** A page of the timeline, the newest first. @param {Query} q @param {number} before position; 0: from the newest on @returns {Promise<RecordPage>} */
  async page(q, before) {
    const p = await this.#get(`record?${parameters(q, { before, limit: 100 })}`);
    return { items: p.items ?? [], waiting: p.waiting ?? [], next: p.next ?? 0 };
  }

  /** @param {string} key @returns {Promise<Item>} */
  item(key) {
    return this.#get(`record/${segments(key)}`);
  }

  /** @param {import("./apirecord.js").NewMessage} m @returns {Promise<import("./apirecord.js").Written>} */
  send(m) {
    return this.#post("messages", m);
  }

  /** keep gives the station a file that waits for its message. @param {globalThis.File} file @returns {Promise<import("./apirecord.js").Kept>} */
  keep(file) {
    return this.#ask(`files?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } });
  }

  /** @param {import("./apirecord.js").Marks} m */
  read(m) {
    return this.#post("read", m);
  }

  /** @param {string[]} keys */
  withdraw(keys) {
    return this.#post("withdraw", { keys });
  }

  /** @returns {Promise<import("./apirecord.js").Matter[]>} */
  async matters() {
    return await this.#get("matters") ?? [];
  }

  /** @param {import("./apirecord.js").MatterAct} act @returns {Promise<import("./apirecord.js").Written>} */
  matter(act) {
    return this.#post("matters", act);
  }

  /** @returns {Promise<import("./apirecord.js").Disclosure[]>} */
  async disclosures() {
    return await this.#get("disclosures") ?? [];
  }

  /** @param {import("./apirecord.js").NewDisclosure} d @returns {Promise<import("./apirecord.js").Disclosure>} */
  disclose(d) {
    return this.#post("disclosures", d);
  }

  /** @param {import("./apirecord.js").DisclosureAnswer} a @returns {Promise<import("./apirecord.js").Written>} */
  answerDisclosure(a) {
    return this.#post("disclosures/answer", a);
  }

  /** Where a file is saved from. @param {string} key */
  fileAddress(key) {
    return `${this.#base}files/${segments(key)}`;
  }

  /** @param {string} id */
  disclosureAddress(id) {
    return `${this.#base}disclosures/${segments(id)}`;
  }

  /** @param {"json"|"html"} form @param {Query} q */
  exportAddress(form, q) {
    return `${this.#base}export?${parameters({ ...q, kinds: "", search: "", unread: false }, { form })}`;
  }

  /** @param {string} path */
  #get(path) {
    return this.#ask(path, { cache: "no-store" });
  }

  /** @param {string} path @param {object} body */
  #post(path, body) {
    return this.#ask(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  }

  /** @param {string} path @param {RequestInit} init */
  async #ask(path, init) {
    const reply = await fetch(this.#base + path, init).catch(() => null);
    if (!reply) throw new Refusal(failed);
    const body = await reply.json().catch(() => null);
    if (reply.ok) return body;
    if (reply.status === 404 && init.method !== "POST") throw new NoRecord();
    throw new Refusal(body?.text ? body : failed);
  }
}

/** A key is part of an address piece by piece. @param {string} key */
const segments = (key) => key.split("/").map(encodeURIComponent).join("/");

/**
 * Newest runs one piece of work at a time, after a pause; what a later one has overtaken
 * is not heard of again.
 */
export class Newest {
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /**
   * run does the work after a pause, and says what came of it unless it was overtaken.
   * @template T
   * @param {number} pause ms @param {() => Promise<T>} work @param {(result: T) => void} done @param {(e: unknown) => void} failed
   */
  run(pause, work, done, failed) {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    const begin = () => work().then((r) => turn === this.#turn && done(r), (e) => turn === this.#turn && failed(e));
    if (pause) this.#timer = setTimeout(begin, pause);
    else begin();
  }

  /** drop forgets what is under way. */
  drop() {
    clearTimeout(this.#timer);
    this.#turn++;
  }
}
