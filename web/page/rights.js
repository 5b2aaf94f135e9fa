// @ts-check
/** What the roles of who sits here allow; the station holds them to it. Pure. */

/** @typedef {import("./model.js").Desk} Desk */

/** @param {Desk} d @param {string[]} wanted */
function is(d, ...wanted) {
  const roles = d.consoles.find((c) => c.id === d.me)?.roles;
  return !roles || roles.some((r) => wanted.includes(r));
}

/** mayAct says whether who sits here may speak and write to the other side. @param {Desk} d */
export const mayAct = (d) => is(d, "officer", "principal");

/** mayDecide says whether who sits here may suspend the right to call, and restore it. @param {Desk} d */
export const mayDecide = (d) => is(d, "principal", "administrator");
