// @ts-check
/** Who is at this console, in its side panel: the name, what they are, and the way out. */

import { any, byId, flag, say } from "./dom.js";
import * as model from "./model.js";
import { ask, listed } from "./passkeys.js";
import { mayAct } from "./rights.js";

const out = byId("log-out", HTMLButtonElement);

out.addEventListener("click", async () => {
  out.disabled = true;
  await ask("POST", "/api/logout").catch(() => null);
  location.assign("/login.html");
});

/** showOwn shows who the station says is here. @param {model.Desk} d */
export function showOwn(d) {
  const own = d.consoles.find((c) => c.id === d.me), ended = d.link === "refused";
  const roles = own?.roles ?? [];
  say(any("own-who"), own?.person && !ended ? `${own.person}, ${listed(roles)}` : "");
  any("own-person").hidden = !own?.person && !ended;
  out.hidden = !own?.person || ended;
  out.disabled = model.busyWith(d) !== undefined;
  out.title = out.disabled ? "Hang up first, or let another console take the call." : "";
  any("log-in").hidden = !ended;
  flag(document.body, "data-observes", !mayAct(d));
  any("own-people").hidden = ended || !roles.includes("administrator");
}
