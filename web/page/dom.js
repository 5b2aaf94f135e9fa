// @ts-check
/** The few things the views need of the document. Text goes in as text, always. */

/**
 * byId finds an element that the page is known to have.
 * @template {HTMLElement} T
 * @param {string} id @param {new () => T} kind @returns {T}
 */
export function byId(id, kind) {
  const el = document.getElementById(id);
  if (!(el instanceof kind)) throw new Error(`page: no ${kind.name} with id ${id}`);
  return el;
}

/** any finds an element of whatever kind. @param {string} id */
export const any = (id) => byId(id, HTMLElement);

/** say sets the text of an element, only if it changed: a screen reader hears each change. @param {Element} el @param {string} text */
export function say(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/**
 * make creates an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {string} className @param {(Node|string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className = "", ...children) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  el.append(...children);
  return el;
}

/** flag sets or removes an attribute without value. @param {Element} el @param {string} attribute @param {boolean} on */
export const flag = (el, attribute, on) => el.toggleAttribute(attribute, on);

/**
 * A Keyed list keeps one element for each item, by key, so that focus stays
 * where it was when the list changes.
 * @template T
 */
export class Keyed {
  #parent;
  #make;
  /** @type {Map<string, {el: HTMLElement, update: (item: T) => void}>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} parent
   * @param {() => {el: HTMLElement, update: (item: T) => void}} make
   */
  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /** show makes the list show these items, in this order. @param {T[]} items @param {(item: T) => string} key */
  show(items, key) {
    const keys = new Set(items.map(key));
    for (const [k, row] of this.#rows) {
      if (!keys.has(k)) {
        row.el.remove();
        this.#rows.delete(k);
      }
    }
    items.forEach((item, i) => {
      let row = this.#rows.get(key(item));
      if (!row) this.#rows.set(key(item), row = this.#make());
      row.update(item);
      if (this.#parent.children[i] !== row.el) this.#parent.insertBefore(row.el, this.#parent.children[i] ?? null);
    });
  }
}
