// @ts-check
/**
 * The page's record: keeps the timeline of one line as the station tells it, and ties
 * it to what a person sees and presses. It follows the line in front, except while somebody
 * writes to another: a message must never change its addressee under the hand.
 */

import { any, say } from "./dom.js";
import { Composer } from "./composer.js";
import { Disclosing } from "./disclosing.js";
import { Dwell } from "./dwell.js";
import { everyTime, isolated, minuteOf } from "./entry.js";
import { Filters } from "./filters.js";
import { Matters } from "./matters.js";
import { everything, isAll, Ledger, matches, Newest, NoRecord } from "./record.js";
import { Refusal } from "./protocol.js";
import { RecordView } from "./recordview.js";
import { Timeline } from "./timeline.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Event} Event */
/** @typedef {import("./api.js").Line} Line */
/** @typedef {import("./apirecord.js").Item} Item */
/** @typedef {import("./model.js").Desk} Desk */

/**
 * @typedef {object} Owner
 * @property {() => string} name of this console
 * @property {(slug: string, keys: string[]) => Promise<void>} shown tells the station what stood on the screen
 * @property {() => void} changed something of the desk is new
 * @property {(slug: string) => void} pick brings a line to the front
 */

const typingPause = 100, settlePause = 400, retryPause = 3000; // ms
const mostEarly = 100;
const readerKey = "ringdown.reader";

/** matterOf reads which matter's page an address asks for; empty: none. @param {string} hash */
export function matterOf(hash) {
  const m = /^#matter=(us|them|waiting)(?:%2[Ff]|\/)([0-9a-f]+)$/.exec(hash);
  return m ? `${m[1]}/${m[2]}` : "";
}

/** What a person reads of a failure. @param {unknown} e */
const sentence = (e) => (e instanceof Refusal ? `${e.message} ${e.action}` : String(e));

export class Recording {
  #owner;
  #ledger = /** @type {Ledger|null} */ (null);
  #timeline = new Timeline();
  #pages = new Newest();
  #further = new Newest();
  #side = new Newest();
  #dwell = new Dwell();
  #view;
  #filters;
  #composer;
  #matters;
  #disclosing;
  #list = /** @type {import("./apirecord.js").Matter[]} */ ([]);
  #disclosures = /** @type {import("./apirecord.js").Disclosure[]} */ ([]);
  #query = { ...everything };
  #state = /** @type {"none"|"loading"|"here"|"failed"} */ ("none");
  #desk = /** @type {Desk|null} */ (null);
  #now = 0;
  #front = "";
  #loading = false;
  #drawn = "";
  #attached = false;
  /** What was said while a first page was under way: it may be newer than that page. @type {Event[]} */
  #early = [];
  #asking = false;

  /** @param {Owner} owner */
  constructor(owner) {
    this.#owner = owner;
    const changed = () => this.#draw();
    this.#filters = new Filters((typing) => this.#ask(typing ? typingPause : 0));
    this.#composer = new Composer({ send: (m) => this.#book.send(m).then(changed), keep: (f) => this.#book.keep(f) });
    this.#matters = new Matters({ act: (a) => this.#book.matter(a).then(() => this.#reloadSides(0)) });
    this.#disclosing = new Disclosing({
      disclose: (d) => this.#book.disclose(d).finally(() => this.#reloadSides(0)),
      answer: (key, consent) => this.#book.answerDisclosure({ key, consent }).then(() => this.#reloadSides(0)),
      address: (id) => this.#book.disclosureAddress(id), changed,
    });
    this.#view = new RecordView({ ...this.#rowHooks(), more: () => this.#extend(), seen: (key, on) => this.#saw(key, on) });
    any("record-follow").addEventListener("click", () => this.#turnTo(this.#front));
    any("filter-clear").addEventListener("click", () => this.#narrow({ ...everything }));
    any("record-retry").addEventListener("click", () => this.#ask(0));
    addEventListener("hashchange", () => this.#followHash());
    document.addEventListener("visibilitychange", () => this.#dwell.restart(performance.now()));
  }

  get #book() {
    if (!this.#ledger) throw new NoRecord("There is no record here yet.");
    return this.#ledger;
  }

  /** @returns {import("./rows.js").RowHooks} */
  #rowHooks() {
    const about = (/** @type {Item} */ i) => `of ${minuteOf(i, this.#around)}: ${isolated(i.text ?? "", 60)}`;
    return {
      answer: (i) => this.#composer.about(i, "answers", `Answers the message ${about(i)}`),
      correct: (i) => this.#composer.about(i, "amends", `Will stand in the place of the message ${about(i)}`),
      retract: (i) => this.#book.send({ retracts: i.key, ...(i.matter && { matter: i.matter }) }).then(() => {}),
      withdraw: (i) => this.#book.withdraw([i.key]).then(() => this.#composer.fill(i.text ?? "")),
      read: (i, name) => this.#markRead(i, name),
      reader: () => {
        const kept = localStorage.getItem(readerKey);
        return { name: kept ?? this.#owner.name(), kept: kept !== null };
      },
      find: async (key) => this.#timeline.find(key) ?? this.#book.item(key),
      file: (i, matter) => this.#book.matter({ act: "file", matter, call: i.key }).then(() => {}),
      fileAddress: (key) => this.#book.fileAddress(key),
      tick: (i, on) => this.#disclosing.tick(i.key, on),
    };
  }

  /** show prints what the desk says now. @param {Desk} d @param {number} now our station's clock */
  show(d, now) {
    this.#desk = d;
    this.#now = now;
    if (d.front !== this.#front) {
      this.#front = d.front;
      if (!this.#composer.busy || !this.#line) this.#turnTo(d.front);
    }
    if (this.#ledger && !this.#line) this.#turnTo(d.front);
    const attached = d.link === "attached";
    if (attached && !this.#attached && this.#ledger) this.#ask(0);
    this.#attached = attached;
    if (this.#line?.record && this.#state === "none") this.#open();
    this.#tellShown();
    this.#draw();
  }

  /** event takes what the station said of a record. @param {Event} e */
  event(e) {
    if (e.slug !== this.#ledger?.slug) return;
    if (this.#asking) this.#early = this.#early.length < mostEarly ? [...this.#early, e] : [{ ...e, more: true }];
    if (this.#state !== "here") return;
    if (e.more) return this.#ask(settlePause);
    const items = e.items ?? [], belongs = (/** @type {Item} */ i) => matches(this.#query, i);
    const left = this.#timeline.merge(items, e.gone ?? [], belongs);
    if (left && this.#query.search) this.#ask(settlePause);
    if (items.some((i) => i.kind !== "line" && i.kind !== "accord")) this.#reloadSides(settlePause);
    this.#drawn = "";
    this.#draw();
  }

  /** reveal shows what a concern is about. @param {string} slug @param {"unread"|"asked"} what */
  reveal(slug, what) {
    if (slug !== this.#ledger?.slug) {
      this.#owner.pick(slug);
      this.#turnTo(slug);
    }
    if (what === "asked") return this.#disclosing.reveal();
    this.#narrow({ ...everything, unread: true });
    any("record").scrollIntoView({ block: "start" });
  }

  get #line() {
    return this.#desk?.lines.find((l) => l.line === this.#ledger?.slug);
  }

  /** turnTo takes up the record of a line. @param {string} slug */
  #turnTo(slug) {
    if (slug === this.#ledger?.slug) return;
    this.#ledger = slug ? new Ledger(slug) : null;
    this.#state = "none";
    this.#asking = false;
    this.#query = { ...everything };
    this.#timeline = new Timeline();
    this.#list = [];
    this.#disclosures = [];
    this.#drawn = "";
    this.#dwell.forget();
    this.#disclosing.forget();
    for (const n of [this.#pages, this.#further, this.#side]) n.drop();
    if (this.#line?.record) this.#open();
    this.#draw();
  }

  #open() {
    this.#state = "loading";
    this.#filters.set({ ...everything });
    this.#followHash();
    this.#ask(0);
  }

  #followHash() {
    const matter = matterOf(location.hash);
    this.#filters.set({ matter });
    if (this.#state === "here") {
      this.#ask(0);
      if (matter) any("record").scrollIntoView({ block: "start" });
    }
  }

  /** narrow shows another part. @param {import("./record.js").Query} q */
  #narrow(q) {
    this.#filters.set(q);
    this.#ask(0);
  }

  /** ask loads the first page of what is wanted now. @param {number} pause ms */
  #ask(pause) {
    const ledger = this.#ledger;
    if (!ledger || !this.#line?.record) return;
    const q = this.#filters.query, hash = q.matter ? `#matter=${encodeURIComponent(q.matter)}` : "";
    if (location.hash !== hash && (hash || location.hash.startsWith("#matter="))) history.replaceState(null, "", hash || location.pathname + location.search);
    this.#early = [];
    this.#pages.run(pause, () => {
      this.#asking = true;
      return ledger.page(q, 0);
    }, (page) => {
      this.#asking = false;
      say(any("record-error"), "");
      this.#further.drop();
      this.#loading = false;
      const turned = q.matter !== this.#query.matter;
      this.#query = q;
      this.#state = "here";
      if (!isAll({ ...q, matter: "" })) page = { ...page, waiting: page.waiting.filter((i) => matches(q, i)) };
      this.#timeline.begin(page);
      this.#drawn = "";
      this.#draw();
      if (turned) this.#composer.choose(q.matter);
      this.#view.again();
      for (const e of this.#early.splice(0)) this.event(e);
    }, (e) => {
      this.#asking = false;
      say(any("record-error"), e instanceof NoRecord ? "" : sentence(e));
      this.#state = e instanceof NoRecord ? "none" : this.#state === "here" ? "here" : "failed";
      if (this.#state === "failed") this.#pages.run(retryPause, async () => {}, () => this.#ask(0), () => {});
      this.#draw();
    });
    this.#reloadSides(pause);
  }

  /** extend loads the next page, when the end comes near. */
  #extend() {
    const ledger = this.#ledger, { next } = this.#timeline, q = this.#query;
    if (!ledger || this.#loading || next === 0 || this.#state !== "here") return;
    this.#loading = true;
    this.#further.run(0, () => ledger.page(q, next), (page) => {
      this.#loading = false;
      this.#timeline.extend(page);
      this.#drawn = "";
      this.#draw();
      this.#view.again();
    }, () => (this.#loading = false));
  }

  /** Matters and disclosures are short lists and are asked for whole. @param {number} pause ms */
  #reloadSides(pause) {
    const ledger = this.#ledger;
    if (!ledger) return;
    this.#side.run(pause, () => Promise.all([ledger.matters(), ledger.disclosures()]), ([matters, disclosures]) => {
      this.#list = matters;
      this.#disclosures = disclosures;
      this.#drawn = "";
      this.#owner.changed();
    }, () => {});
  }

  /** @param {Item} i @param {string} name */
  async #markRead(i, name) {
    await this.#book.read({ keys: [i.key], ...(name && { name }) });
    localStorage.setItem(readerKey, name || this.#owner.name());
  }

  /** @param {string} key @param {boolean} on */
  #saw(key, on) {
    if (on && this.#timeline.find(key)?.ladder?.shown_at === undefined) this.#dwell.enter(key, performance.now());
    else this.#dwell.leave(key);
  }

  /** tellShown tells the station what has stood on a ready console's screen. */
  #tellShown() {
    const slug = this.#ledger?.slug;
    if (!slug || !this.#desk?.ready || document.hidden) return this.#dwell.restart(performance.now());
    const keys = this.#dwell.due(performance.now());
    if (keys.length > 0) this.#owner.shown(slug, keys).catch(() => this.#dwell.again(keys));
  }

  get #around() {
    const l = this.#line;
    return { us: this.#desk?.station ?? "", them: l?.peer ?? "", utc: this.#desk?.utc ?? false, now: this.#now, ahead: l?.clock?.ms ?? 0 };
  }

  #draw() {
    const l = this.#line, d = this.#desk, here = this.#state === "here" && l !== undefined;
    for (const id of ["record-body", "record-tools", "compose"]) any(id).hidden = !here;
    any("record-none").hidden = here;
    say(any("record-none-word"), this.#noneWord());
    any("record-retry").hidden = this.#state !== "failed";
    if (!l || !d) return;
    const peer = words.name(l.peer), front = d.lines.find((m) => m.line === this.#front);
    say(any("record-h"), d.lines.length > 1 ? `Record with ${peer}` : "Record");
    any("record-follow").hidden = this.#front === l.line || !front;
    say(any("record-follow"), front ? `Show the record with ${words.name(front.peer)}` : "");
    if (!here) return;
    this.#composer.show(l, peer, this.#list);
    const minute = Math.floor(this.#now / 60_000);
    const sight = JSON.stringify([minute, d.utc, d.station, l.peer, this.#disclosing.ticking, [...this.#disclosing.ticked], this.#around.ahead]);
    if (sight === this.#drawn) return;
    this.#drawn = sight;
    this.#drawList(peer);
  }

  /** @param {string} peer */
  #drawList(peer) {
    const a = this.#around, q = this.#query, { ticking, ticked } = this.#disclosing;
    this.#filters.show(this.#list, this.#now, a.utc);
    this.#matters.show(this.#list, q.matter, a);
    this.#disclosing.show(this.#disclosures, a, peer, this.#line?.record?.rule ?? "");
    const t = this.#timeline;
    this.#view.show(t.chunks(this.#now, a.utc, ticking), (row) => ({
      row, around: a, ticking, ticked: row.item !== null && ticked.has(row.item.key), matters: this.#list, within: q.matter,
    }));
    const none = t.items.length === 0 && t.waiting.length === 0;
    any("filter-clear").hidden = isAll(q);
    any("timeline-empty").hidden = !none;
    say(any("timeline-empty"), isAll(q) ? "Nothing has been written and nobody has called yet." : "Nothing in the record is so.");
    say(any("timeline-end"), t.next ? "Earlier entries are being fetched …" : none ? "" : isAll(q) ? "This is where the record begins." : "No more that is so.");
    this.#exports(q);
  }

  /** @param {import("./record.js").Query} q */
  #exports(q) {
    const what = q.matter ? "this matter" : q.from ? "this day" : "the whole record";
    say(any("export-what"), `Save ${what}:`);
    any("report-link").setAttribute("href", `report.html?line=${encodeURIComponent(this.#book.slug)}`);
    for (const form of /** @type {const} */ (["html", "json"])) {
      const link = any(`export-${form}`);
      link.setAttribute("href", this.#book.exportAddress(form, q));
      link.title = `As seen ${everyTime(new Date(this.#now).toISOString(), this.#around)}`;
    }
  }

  #noneWord() {
    switch (this.#state) {
      case "loading": return "The record is being fetched.";
      case "failed": return "The record could not be fetched from the station. It is tried again by itself.";
    }
    if (!this.#line && this.#desk?.link !== "attached") return "What the record holds is not known until this page reaches its station.";
    return this.#line && !this.#line.record && this.#line.state === "unconfirmed" ? "The record begins when the twelve words are confirmed." : "There is no record here.";
  }
}
