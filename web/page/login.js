// @ts-check
/** The page on which a person logs in. */

import { any, byId, say } from "./dom.js";
import { fault, noFault } from "./door.js";
import { ask, find, listed, onward, place, Refused, why } from "./passkeys.js";

/** @typedef {import("./apipeople.js").Me} Me */

const go = byId("go", HTMLButtonElement);
const next = onward(new URLSearchParams(location.search).get("next"), location.origin);

async function logIn() {
  go.disabled = true;
  noFault();
  try {
    const options = await ask("POST", "/api/login/begin");
    await ask("POST", "/api/login/finish", await find(options));
    location.assign(next);
  } catch (e) {
    fault(why(e));
    go.disabled = false;
    go.focus();
  }
}

/** begin says what is known before anything is pressed. */
async function begin() {
  const here = place(new URL(location.href), isSecureContext);
  if (here) {
    go.disabled = true;
    fault(here);
    return;
  }
  /** @type {Me} */
  const me = await ask("GET", "/api/me");
  if (!me.enrolled) {
    go.disabled = true;
    throw new Refused("Nobody is enrolled at this station yet, so nobody can log in.", "Whoever runs it adds the first administrator: ringdown people add.");
  }
  if (me.person.name) say(any("who"), `${me.person.name} (${listed(me.person.roles)}) is logged in at this browser. Log in to change that.`);
  else if (me.kiosk) say(any("who"), "This browser is a kiosk, where nobody needs to log in. Whoever logs in ends that.");
}

go.addEventListener("click", logIn);
begin().catch((e) => fault(why(e)));
