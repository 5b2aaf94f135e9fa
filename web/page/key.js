// @ts-check
/**
 * The page on which a principal's key is registered: /key.html?line=SLUG.
 */

import { any, byId, make, say } from "./dom.js";
import { post } from "./presence.js";
import { addresses } from "./presencewords.js";
import { Refusal } from "./protocol.js";
import { follow } from "./theme.js";
import { create } from "./webauthn.js";
import * as words from "./words.js";

/** @typedef {import("./api.js").Line} Line */

const wanted = new URLSearchParams(location.search).get("line") ?? "";
const name = byId("key-name", HTMLInputElement);
const also = byId("key-also", HTMLInputElement);
const button = byId("key-register", HTMLButtonElement);
let peer = "";

/** load shows the line and the keys that are registered. */
async function load() {
  const reply = await fetch("/api/status", { cache: "no-store" });
  const status = /** @type {import("./api.js").Status} */ (await reply.json());
  const l = status.lines.find((l) => l.line === wanted) ?? (wanted ? undefined : status.lines[0]);
  button.disabled = !l;
  if (!l) {
    say(any("for"), "This station has no such line. Open this page from the accord of a line.");
    return "";
  }
  peer = words.name(l.peer);
  say(any("for"), `For the line of ${words.name(status.name)} with ${peer}, on this page's address: ${location.origin}.`);
  const keys = l.keys ?? [];
  any("key-none").hidden = keys.length > 0;
  any("key-list").replaceChildren(...keys.map((k) => make("li", "", words.name(k))));
  return l.line;
}

/** @param {string} slug @param {string} who */
async function register(slug, who) {
  const asked = /** @type {import("./apipresence.js").NewKey} */ (await post(slug, "presence/keys/new", { name: who, origin: location.origin, also: addresses(also.value, location.origin) }));
  say(any("key-told"), "Touch the key.");
  await post(slug, "presence/keys", await create(asked));
}

byId("new-key", HTMLFormElement).addEventListener("submit", async (e) => {
  e.preventDefault();
  const who = name.value.trim();
  button.disabled = true;
  try {
    const slug = await load();
    if (slug) {
      button.disabled = true;
      await register(slug, who);
      say(any("key-told"), `The key is made and proposed to ${peer}. It counts when they have approved it.`);
    }
  } catch (e) {
    say(any("key-told"), e instanceof Refusal ? words.plain(`${e.message} ${e.action}`) : String(e));
  }
  button.disabled = false;
});

follow(byId("theme", HTMLSelectElement), () => {});
load().catch(() => say(any("for"), "The station was not reached. Load this page again."));
