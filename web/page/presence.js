// @ts-check
/**
 * Presence in a call: a principal touches a key, both consoles show what the other side found. Those without a key
 * read words to each other.
 */

import { any, byId, Keyed, make, say } from "./dom.js";
import * as model from "./model.js";
import { reading, said } from "./presencewords.js";
import { Refusal } from "./protocol.js";
import { touch } from "./webauthn.js";
import * as words from "./words.js";

/** @typedef {import("./model.js").Desk} Desk */
/** @typedef {import("./api.js").Line} Line */

export class Presence {
  #keys = new Keyed(any("presence-keys"), () => this.#button());
  #proofs = new Keyed(any("presence-proofs"), proofRow);
  #words = byId("presence-words", HTMLDetailsElement);
  #changed;
  #busy = "";
  #call = "";
  #slug = "";
  /** @type {{text: string, action: string}|null} */
  #refusal = null;

  /** @param {() => void} changed something is to be drawn anew */
  constructor(changed) {
    this.#changed = changed;
  }

  /** show draws the presence of the line in front. @param {Desk} d */
  show(d) {
    const l = model.front(d), c = model.live(l);
    const shown = l && c && (c.state === "active" || c.state === "held" || (c.presence ?? []).length > 0);
    any("presence").hidden = !shown;
    if (!shown) return;
    if (c.id !== this.#call) {
      this.#refusal = null;
      this.#words.open = !(l.keys ?? []).length && !(l.far_keys ?? []).length;
    }
    this.#call = c.id;
    this.#slug = l.line;
    const proven = (/** @type {string} */ name) => (c.presence ?? []).some((p) => p.side === "us" && p.name === name && p.state === "verified");
    this.#keys.show((l.keys ?? []).filter((name) => !proven(name)).map((name) => ({ name, busy: this.#busy })), ({ name }) => name);
    this.#proofs.show((c.presence ?? []).map((p) => said(p, d.station, l.peer, d.utc)), (s) => s.what);
    any("presence-refusal").hidden = !this.#refusal;
    say(any("presence-refusal"), this.#refusal ? `${this.#refusal.text} ${this.#refusal.action}` : "");
    byId("presence-register", HTMLAnchorElement).href = `key.html?line=${encodeURIComponent(l.line)}`;
    const read = reading(l);
    this.#words.hidden = !read;
    if (!read) return;
    say(any("presence-how"), `${read.how} They are the same on both consoles of this call and on no other. Whoever reads wrong ones is not in this call; who is right you know by the voice alone.`);
    say(any("presence-first"), c.words?.slice(0, 2).join("  ") ?? "");
    say(any("presence-last"), c.words?.slice(2).join("  ") ?? "");
  }

  #button() {
    const el = make("button", "touch");
    el.type = "button";
    let name = "";
    el.addEventListener("click", () => this.#prove(name));
    return {
      el,
      /** @param {{name: string, busy: string}} item */
      update(item) {
        name = item.name;
        say(el, item.busy === name ? "Touch your key" : `Prove ${words.name(name)}'s presence`);
        el.disabled = item.busy !== "";
      },
    };
  }

  /** prove has a key touched for the call in front. @param {string} name */
  async #prove(name) {
    const slug = this.#slug;
    this.#busy = name;
    this.#refusal = null;
    this.#changed();
    try {
      const t = /** @type {import("./apipresence.js").Touch} */ (await post(slug, "presence/ask", { name }));
      await post(slug, "presence/claim", await touch(t));
    } catch (e) {
      this.#refusal = e instanceof Refusal ? { text: words.plain(e.message), action: words.plain(e.action) } : { text: String(e), action: "" };
    }
    this.#busy = "";
    this.#changed();
  }
}

function proofRow() {
  const what = make("b"), action = make("span"), el = make("li", "", what, action);
  return {
    el,
    /** @param {import("./presencewords.js").Said} s */
    update(s) {
      el.className = s.state;
      say(what, s.what);
      say(action, s.action);
    },
  };
}

/** post asks the station something about a line. @param {string} slug @param {string} path @param {object} body */
export async function post(slug, path, body) {
  const reply = await fetch(`/api/lines/${encodeURIComponent(slug)}/${path}`, {
    method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" },
  }).catch(() => null);
  const text = await reply?.json().catch(() => null);
  if (reply?.ok) return text;
  throw new Refusal(text?.text ? text : { code: "unreachable", text: "The station was not reached.", action: "Wait until the page is connected again, then try once more." });
}
