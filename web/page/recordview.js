// @ts-check
/**
 * The list of the record. Only the stretches near what is seen have their rows in the
 * document; the others are boxes of the height they had, so a record of any length stays light.
 */

import { any, Keyed } from "./dom.js";
import { recordRow } from "./rows.js";

/** @typedef {import("./timeline.js").Chunk} Chunk */
/** @typedef {import("./rows.js").Sight} Sight */

const near = "1200px 0px"; // beyond the window, in which rows are kept
const guess = 96; // px a row, for what was never drawn

/**
 * A Stretch is one chunk in the document.
 * @typedef {{el: HTMLElement, rows: Keyed<Sight>, chunk: Chunk, near: boolean, drawn: boolean}} Stretch
 */

export class RecordView {
  #list = any("timeline");
  #hooks;
  /** @type {Map<string, Stretch>} */
  #stretches = new Map();
  #near;
  #seen;
  #end;
  /** @type {((row: import("./timeline.js").Row) => Sight)|null} */
  #sight = null;

  /**
   * @param {import("./rows.js").RowHooks & {more: () => void, seen: (key: string, on: boolean) => void}} hooks
   */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#near = new IntersectionObserver((list) => this.#moved(list), { rootMargin: near });
    this.#seen = new IntersectionObserver((list) => this.#saw(list), { threshold: [0, 0.25, 0.5, 0.75, 1] });
    this.#end = new IntersectionObserver((list) => list.some((e) => e.isIntersecting) && hooks.more(), { rootMargin: near });
    this.#end.observe(any("timeline-end"));
  }

  /** show prints the chunks. @param {Chunk[]} chunks @param {(row: import("./timeline.js").Row) => Sight} sight */
  show(chunks, sight) {
    this.#sight = sight;
    const keys = new Set(chunks.map((c) => c.key));
    for (const [key, s] of this.#stretches) if (!keys.has(key)) this.#drop(key, s);
    chunks.forEach((chunk, i) => {
      const s = this.#stretches.get(chunk.key) ?? this.#make(chunk, i < 2);
      s.chunk = chunk;
      if (this.#list.children[i] !== s.el) this.#list.insertBefore(s.el, this.#list.children[i] ?? null);
      this.#print(s);
    });
  }

  /** again looks once more whether the end is near: a page that came may have been short. */
  again() {
    this.#end.unobserve(any("timeline-end"));
    this.#end.observe(any("timeline-end"));
  }

  /** @param {Chunk} chunk @param {boolean} isNear */
  #make(chunk, isNear) {
    const el = document.createElement("ul");
    el.className = "stretch";
    const s = { el, rows: new Keyed(el, () => recordRow(this.#hooks)), chunk, near: isNear, drawn: false };
    this.#stretches.set(chunk.key, s);
    this.#near.observe(el);
    return s;
  }

  /** @param {string} key @param {Stretch} s */
  #drop(key, s) {
    this.#near.unobserve(s.el);
    this.#unwatch(s);
    s.el.remove();
    this.#stretches.delete(key);
  }

  /** @param {Stretch} s */
  #print(s) {
    const sight = this.#sight;
    if (!sight) return;
    if (!s.near && !s.el.contains(document.activeElement)) {
      if (s.drawn) s.el.style.height = `${s.el.offsetHeight}px`;
      else if (!s.el.style.height) s.el.style.height = `${s.chunk.rows.length * guess}px`;
      if (s.drawn) this.#unwatch(s);
      s.rows.show([], () => "");
      s.drawn = false;
      return;
    }
    s.rows.show(s.chunk.rows.map(sight), ({ row }) => row.key);
    s.el.style.height = "";
    s.drawn = true;
    for (const el of s.el.children) if (isWatched(el)) this.#seen.observe(el);
  }

  /** @param {Stretch} s */
  #unwatch(s) {
    for (const el of s.el.children) {
      if (!isWatched(el)) continue;
      this.#seen.unobserve(el);
      this.#hooks.seen(el.dataset.key ?? "", false);
    }
  }

  /** @param {IntersectionObserverEntry[]} list */
  #moved(list) {
    for (const e of list) {
      for (const s of this.#stretches.values()) {
        if (s.el !== e.target || s.near === e.isIntersecting) continue;
        s.near = e.isIntersecting;
        this.#print(s);
      }
    }
  }

  /** A message has been seen when half of it, or half of the window, is on the screen. @param {IntersectionObserverEntry[]} list */
  #saw(list) {
    for (const e of list) {
      const half = e.intersectionRatio >= 0.5 || e.intersectionRect.height >= innerHeight / 2;
      if (e.target instanceof HTMLElement) this.#hooks.seen(e.target.dataset.key ?? "", e.isIntersecting && half);
    }
  }
}

/** Only their messages are told to have been shown. @param {Element} el @returns {el is HTMLElement} */
const isWatched = (el) => el instanceof HTMLElement && el.dataset.kind === "message" && el.dataset.by === "them";
