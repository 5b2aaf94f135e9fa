// @ts-check
/** The rows of the record: one element an item, by its kind. They print and tell; they decide nothing. */

import { flag, Keyed, make, say } from "./dom.js";
import * as entry from "./entry.js";
import * as people from "./entrypeople.js";
import { MessageRow } from "./messagerow.js";
import { drillMark, presenceRow, testRow } from "./peoplerows.js";
import { opener, showMisdated, showProof, showTime, stepLine } from "./rowparts.js";
import { parse } from "./times.js";

/** @typedef {import("./apirecord.js").Item} Item */
/** @typedef {import("./timeline.js").Row} Row */

/**
 * RowHooks are what a person can do in a row.
 * @typedef {object} RowHooks
 * @property {(i: Item) => void} answer
 * @property {(i: Item) => void} correct
 * @property {(i: Item) => Promise<void>} retract
 * @property {(i: Item) => Promise<void>} withdraw
 * @property {(i: Item, name: string) => Promise<void>} read
 * @property {() => {name: string, kept: boolean}} reader the name that a receipt would carry, and whether a person gave it
 * @property {(key: string) => Promise<Item>} find another item
 * @property {(i: Item, matter: string) => Promise<void>} file
 * @property {(key: string) => string} fileAddress
 * @property {(i: Item, on: boolean) => void} tick
 */

/**
 * A Sight is all that a row is printed from.
 * @typedef {object} Sight
 * @property {Row} row
 * @property {entry.Around} around
 * @property {boolean} ticking entries can be ticked for a disclosure
 * @property {boolean} ticked
 * @property {import("./apirecord.js").Matter[]} matters
 * @property {string} within key of the matter whose page this is
 */

/** A row of the list: a heading or an item. @param {RowHooks} hooks */
export function recordRow(hooks) {
  const el = make("li", "entry");
  /** @type {{update: (s: Sight, i: Item) => void}|null} */
  let inner = null;
  /** @type {Item|null} */
  let item = null;
  const tick = make("input"), box = make("label", "tick", tick, make("span", "unseen", "Show this entry"));
  tick.type = "checkbox";
  tick.addEventListener("change", () => item && hooks.tick(item, tick.checked));
  return {
    el,
    /** @param {Sight} s */
    update(s) {
      item = s.row.item;
      if (!item) {
        if (!el.firstChild) el.append(make("h3"));
        el.className = "day";
        say(/** @type {Element} */ (el.firstChild), s.row.heading);
        return;
      }
      inner ??= begin(item.kind, el, hooks, box);
      el.dataset.key = item.key;
      el.dataset.kind = item.kind;
      flag(el, "data-drill", people.isDrill(item));
      box.hidden = !s.ticking || item.key.startsWith("waiting/");
      tick.checked = s.ticked;
      inner.update(s, item);
    },
  };
}

/** @param {string} kind @param {HTMLElement} el @param {RowHooks} hooks @param {HTMLElement} box */
function begin(kind, el, hooks, box) {
  const row = kind === "message" ? new MessageRow(hooks) : kind === "call" ? callRow(hooks) : kind === "test" ? testRow() : kind === "presence" ? presenceRow() : eventRow();
  el.append(box, ...row.parts);
  return row;
}

/** A call: one row that opens to its ladder. @param {RowHooks} hooks */
function callRow(hooks) {
  const time = make("time"), mark = drillMark(), what = make("b"), detail = make("span", "call-end"), proof = make("span", "proof");
  const steps = make("ol", "steps"), note = make("p", "misdated");
  const under = make("select"), file = make("button", "quiet", "File"), filing = make("div", "filing", make("label", "", "File under ", under), file);
  file.type = "button";
  const list = new Keyed(steps, stepRow);
  const body = make("div", "entry-body", make("p", "call-line", mark, " ", what, " ", detail), note, steps, filing);
  /** @type {Item|null} */
  let item = null;
  let opened = false;
  /** @type {Sight|null} */
  let last = null;
  const print = () => {
    if (!item || !last) return;
    const a = last.around;
    open.setAttribute("aria-expanded", String(opened));
    steps.hidden = !opened;
    list.show(opened ? (item.call?.steps ?? []).map((s) => ({ s, a })) : [], ({ s }) => s.key);
    const choice = last.matters.filter((m) => !m.closed && m.key !== item?.matter);
    filing.hidden = !opened || choice.length === 0 || people.isDrill(item);
    const keys = choice.map((m) => m.key).join();
    if (under.dataset.keys !== keys) {
      under.dataset.keys = keys;
      under.replaceChildren(...choice.map((m) => new Option(entry.isolated(m.title, 60), m.key)));
    }
  };
  const open = opener("The steps of this call", () => {
    opened = !opened;
    print();
  });
  file.addEventListener("click", () => item && hooks.file(item, under.value).catch(() => {}));
  return {
    parts: [time, body, make("div", "status", proof), open],
    /** @param {Sight} s @param {Item} i */
    update(s, i) {
      item = i;
      last = s;
      const c = entry.call(i, s.around);
      mark.hidden = !people.isDrill(i);
      showTime(time, i, s);
      say(what, c.what);
      say(detail, c.detail);
      flag(what, "data-missed", c.missed);
      showMisdated(note, i, s);
      showProof(proof, i);
      print();
    },
  };
}

function stepRow() {
  const line = stepLine();
  return {
    el: line.el,
    /** @param {{s: import("./apirecord.js").RecordedStep, a: entry.Around}} item */
    update: ({ s, a }) => line.update({ ...people.step(s, a), key: s.key, title: Number.isNaN(parse(s.at)) ? "" : entry.everyTime(s.at, a) }),
  };
}

/** What is neither message nor call: one quiet line. */
function eventRow() {
  const time = make("time"), what = make("p", "event"), proof = make("span", "proof");
  return {
    parts: [time, make("div", "entry-body", what), make("div", "status", proof)],
    /** @param {Sight} s @param {Item} i */
    update(s, i) {
      showTime(time, i, s);
      const { group } = s.row;
      say(what, [group ? entry.lines(group, s.around) : entry.event(i, s.around), entry.misdated(i, s.around)].filter(Boolean).join(". "));
      flag(what, "data-down", i.kind === "line" && !i.up);
      flag(what, "data-suspended", i.kind === "right" && i.act === "suspended");
      showProof(proof, group ? { ...i, proof: entry.least(group) } : i);
    },
  };
}
