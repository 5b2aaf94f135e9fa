// @ts-check
/** The lamp, the horn, the pager: what this station tells over HTTP, and a try of each. */

import { any, Keyed, make, say } from "./dom.js";
import * as hookwords from "./hookwords.js";
import { visible } from "./plain.js";
import { ask, json } from "./watchapi.js";

/** @typedef {import("./apitests.js").Webhook} Webhook */

export class Hooks {
  /** @type {Keyed<Webhook>} */
  #rows = new Keyed(any("hook-list"), () => row(() => this.load()));

  /** load asks how each stands, and shows it. */
  async load() {
    /** @type {Webhook[]|string} */
    const list = await ask("/api/webhooks").then((l) => l ?? [], (e) => `${e.message} ${e.action ?? ""}`);
    any("hooks").hidden = false;
    const none = typeof list === "string" ? list : list.length === 0 ? "None is set: a section [[webhook]] in station.toml makes one." : "";
    say(any("hooks-none"), none);
    any("hooks-none").hidden = none === "";
    if (typeof list !== "string") this.#rows.show(list, (w) => w.name);
  }
}

/** @param {() => void} tried */
function row(tried) {
  const name = make("b"), of = make("span", "soft"), state = make("p"), outcome = make("p", "outcome"), button = make("button", "quiet", "Try");
  outcome.setAttribute("role", "status");
  button.type = "button";
  let hook = "";
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return; // disabled, it would lose the focus
    button.setAttribute("aria-disabled", "true");
    say(outcome, "Trying …");
    say(outcome, await ask(`/api/webhooks/${encodeURIComponent(hook)}/test`, json("POST", {})).then(hookwords.outcome, (e) => `${e.message} ${e.action ?? ""}`));
    button.removeAttribute("aria-disabled");
    tried();
  });
  return {
    el: make("li", "", make("p", "", name, " ", of), state, outcome, button),
    /** @param {Webhook} w */
    update(w) {
      hook = w.name;
      const s = hookwords.state(w, Date.now(), false);
      say(name, visible(w.name));
      say(of, `at ${visible(w.to)}, ${hookwords.told(w)}`);
      say(state, s.text);
      state.className = s.failing ? "failing" : "soft";
      button.setAttribute("aria-label", `Try ${visible(w.name)}`);
    },
  };
}
