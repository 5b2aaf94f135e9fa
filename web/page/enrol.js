// @ts-check
/** The page that an enrolment link opens. The link's secret stands behind # and leaves this page only to the station. */

import { any, byId, say } from "./dom.js";
import { fault, noFault } from "./door.js";
import { ask, listed, make, place, why } from "./passkeys.js";

/** @typedef {import("./apipeople.js").EnrolOptions} EnrolOptions */

const go = byId("go", HTMLButtonElement);

/** @returns {Promise<EnrolOptions>} */
const begin = () => ask("POST", "/api/enrol/begin", { token: location.hash.slice(1) });

async function greet() {
  const here = place(new URL(location.href), isSecureContext);
  if (here) {
    say(any("who"), "Your link cannot be used at this address.");
    fault(here);
    return;
  }
  const { person } = await begin();
  say(any("title"), `Welcome, ${person.name}`);
  say(any("who"), `You are to be ${listed(person.roles)} at this station. Make the passkey by which you will log in.`);
  go.hidden = any("note").hidden = false;
  go.focus();
}

async function enrol() {
  go.disabled = true;
  noFault();
  try {
    const { options } = await begin(); // anew: the person may have read for longer than a challenge lives
    const me = await ask("POST", "/api/enrol/finish", await make(options));
    history.replaceState(null, "", location.pathname);
    say(any("title"), "You are enrolled");
    say(any("who"), `${me.person.name} is logged in at this browser. The link is used up.`);
    go.hidden = any("note").hidden = true;
    any("done").hidden = false;
  } catch (e) {
    fault(why(e));
    go.disabled = false;
    go.focus();
  }
}

go.addEventListener("click", enrol);
greet().catch((e) => {
  say(any("who"), "This link does not enrol anybody.");
  fault(why(e));
});
