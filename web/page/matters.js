// @ts-check
/** The list of matters, and the head of one matter's page. */

import { any, byId, Keyed, make, say } from "./dom.js";
import { everyTime, isolated, when, who } from "./entry.js";
import { button } from "./rowparts.js";

/** @typedef {import("./apirecord.js").Matter} Matter */
/** @typedef {import("./entry.js").Around} Around */

/**
 * @typedef {object} MatterHooks
 * @property {(act: import("./apirecord.js").MatterAct) => Promise<void>} act
 */

/** counts says what is filed under a matter. @param {Matter} m */
export function counts(m) {
  const n = (/** @type {number} */ k, /** @type {string} */ word) => `${k} ${word}${k === 1 ? "" : "s"}`;
  return [n(m.messages, "message"), n(m.calls, "call"), m.unread ? `${m.unread} not marked read` : ""].filter(Boolean).join(" · ");
}

/** stateOf says how a matter stands. @param {Matter} m @param {Around} a */
export function stateOf(m, a) {
  if (m.waiting) return "waits for the line";
  if (m.closed) return `closed by ${who(m.closed_by ?? m.by, a)}, ${when(m.closed, true, a)}`;
  if (m.acknowledged) return `opened by ${who(m.by, a)}, acknowledged`;
  return `opened by ${who(m.by, a)}, not acknowledged yet`;
}

/** orderly: what is open stands first, the newest first in each. @param {Matter[]} list */
export const orderly = (list) => [...list].sort((a, b) => Number(!!a.closed) - Number(!!b.closed) || (a.opened < b.opened ? 1 : -1));

export class Matters {
  #rows = new Keyed(any("matter-list"), matterRow);
  #title = byId("matter-title", HTMLInputElement);
  #acknowledge = byId("matter-acknowledge", HTMLButtonElement);
  #close = byId("matter-close", HTMLButtonElement);
  #shown = "";

  /** @param {MatterHooks} hooks */
  constructor(hooks) {
    /** @param {import("./apirecord.js").MatterAct} act @param {HTMLElement} error */
    const act = (act, error) => hooks.act(act).then(() => say(error, ""), (e) => say(error, `${e.message} ${e.action ?? ""}`));
    const open = () => {
      const title = this.#title.value.trim();
      if (!title) return;
      hooks.act({ act: "open", title }).then(() => {
        this.#title.value = "";
        say(any("matter-error"), "");
      }, (e) => say(any("matter-error"), `${e.message} ${e.action ?? ""}`));
    };
    any("matter-open").addEventListener("click", open);
    this.#title.addEventListener("keydown", (e) => e.key === "Enter" && open());
    this.#acknowledge.addEventListener("click", () => act({ act: "acknowledge", matter: this.#shown }, any("matter-head-error")));
    this.#close.addEventListener("click", () => {
      const sure = any("matter-sure");
      sure.hidden = !sure.hidden;
    });
    any("matter-sure").append("It can be read as before; nothing new is filed under it. ", button("mark-read", "Close it", () => {
      any("matter-sure").hidden = true;
      act({ act: "close", matter: this.#shown }, any("matter-head-error"));
    }));
  }

  /** @param {Matter[]} list @param {string} shown key of the one whose page this is @param {Around} a */
  show(list, shown, a) {
    const open = list.filter((m) => !m.closed).length;
    say(any("matters-summary"), list.length === 0 ? "Matters" : `Matters · ${open} open`);
    this.#rows.show(orderly(list).map((m) => ({ m, a, shown })), ({ m }) => m.key);
    const m = list.find((m) => m.key === shown);
    any("matter-head").hidden = !m;
    if (shown !== this.#shown) any("matter-sure").hidden = true;
    this.#shown = shown;
    if (!m) return;
    say(any("matter-name"), isolated(m.title, 256));
    say(any("matter-state"), `${stateOf(m, a)} · ${counts(m)}`);
    any("matter-state").title = `Opened ${everyTime(m.opened, a)}`;
    this.#acknowledge.hidden = m.by === "us" || !!m.acknowledged || !!m.closed;
    this.#close.hidden = !!m.closed || m.waiting === true;
  }
}

function matterRow() {
  const link = make("a"), state = make("span", "soft"), count = make("span", "soft"), el = make("li", "", link, state, count);
  return {
    el,
    /** @param {{m: Matter, a: Around, shown: string}} item */
    update({ m, a, shown }) {
      say(link, isolated(m.title, 120));
      link.href = `#matter=${encodeURIComponent(m.key)}`;
      if (m.key === shown) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      el.toggleAttribute("data-closed", !!m.closed);
      say(state, stateOf(m, a));
      say(count, counts(m));
    },
  };
}
