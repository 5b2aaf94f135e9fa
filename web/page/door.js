// @ts-check
/** What the pages to log in and to enrol have in common: the one place where it stands what is wrong. */

import { any, byId, say } from "./dom.js";
import { dress } from "./theme.js";

dress();

/** fault says what is wrong, what can be done, and where. @param {{what: string, action: string, href?: string}} f */
export function fault(f) {
  say(any("what"), f.what);
  say(any("action"), f.action);
  const there = byId("there", HTMLAnchorElement);
  there.hidden = !f.href;
  if (f.href) {
    there.href = f.href;
    say(there, f.href.replace(/#.*/, ""));
  }
  any("fault").hidden = false;
}

export function noFault() {
  any("fault").hidden = true;
}
