// @ts-check
/** The page on which an administrator looks after the station's people. */

import { any, byId, Keyed, make, say } from "./dom.js";
import { fault, noFault } from "./door.js";
import { ask, listed, roles, why } from "./passkeys.js";
import { doubt, same, standing, sure } from "./staff.js";

/** @typedef {import("./apipeople.js").Member} Member */
/** @typedef {import("./apipeople.js").Members} Members */
/** @typedef {import("./apipeople.js").Invited} Invited */
/** @typedef {import("./apiperson.js").Role} Role */
/** @typedef {{el: HTMLElement, boxes: Map<string, HTMLInputElement>}} Choice */

const order = /** @type {Role[]} */ (Object.keys(roles));
const list = new Keyed(any("members"), row);
let now = Date.now();

async function load() {
  /** @type {Members} */
  const all = await ask("GET", "/api/people");
  now = Date.parse(all.now);
  any("none").hidden = all.people.length > 0;
  any("all").hidden = any("add").hidden = false;
  list.show(all.people, (m) => m.id);
}

/** again loads and says what is wrong. */
async function again() {
  try {
    await load();
    noFault();
  } catch (e) {
    fault(why(e));
  }
}

/** @param {HTMLElement} into @returns {Map<string, HTMLInputElement>} */
function choices(into) {
  /** @type {Map<string, HTMLInputElement>} */
  const boxes = new Map();
  for (const r of order) {
    const box = make("input");
    box.type = "checkbox";
    box.value = r;
    boxes.set(r, box);
    const label = make("label", "check", box, roles[r].name);
    label.title = roles[r].may;
    into.append(label);
  }
  return boxes;
}

/** @param {Map<string, HTMLInputElement>} boxes */
const chosen = (boxes) => order.filter((r) => boxes.get(r)?.checked);

/** button @param {string} className @param {string} text @param {() => void} press */
function button(className, text, press) {
  const b = make("button", className, text);
  b.type = "button";
  b.addEventListener("click", press);
  return b;
}

/** A row is one person. */
function row() {
  /** @type {Member} */
  let m;
  /** @type {"lost"|"remove"} */
  let meant = "lost";
  const name = make("h3"), state = make("p", "soft"), wrong = make("p", "doubt"), error = make("p", "row-error");
  const set = make("fieldset", "roles", make("legend", "", "What they are"));
  const boxes = choices(set);
  error.setAttribute("role", "alert");

  /** carry does something to this person, and shows how all stand then. @param {() => Promise<unknown>} act */
  const carry = async (act) => {
    say(error, "");
    try {
      await act();
      await load();
    } catch (e) {
      const { what, action } = why(e);
      say(error, `${what} ${action}`);
    }
    settle();
  };
  const save = button("send", "Save the roles", () => carry(() => ask("PUT", `/api/people/${m.id}/roles`, { roles: chosen(boxes) })));
  const question = make("p"), asked = make("div", "acts");
  asked.append(
    button("send", "Yes", () => {
      asked.hidden = question.hidden = true;
      carry(async () => (meant === "remove" ? ask("DELETE", `/api/people/${m.id}`) : fresh(await ask("POST", `/api/people/${m.id}/link`, { lost: true }))));
    }),
    button("small", "No", () => { asked.hidden = question.hidden = true; }),
  );
  asked.hidden = question.hidden = true;
  /** @param {"lost"|"remove"} act */
  const askBack = (act) => {
    meant = act;
    say(question, sure(act, m));
    asked.hidden = question.hidden = false;
    asked.querySelector("button")?.focus();
  };
  const settle = () => { save.hidden = same(chosen(boxes), m.roles); };
  set.addEventListener("change", settle);
  const acts = make("div", "acts", save,
    button("small", "New link", () => carry(async () => fresh(await ask("POST", `/api/people/${m.id}/link`, {})))),
    button("small", "Passkeys lost …", () => askBack("lost")),
    button("small", "Remove …", () => askBack("remove")));
  const el = make("li", "", name, state, wrong, set, acts, question, asked, error);
  return {
    el,
    /** @param {Member} member */
    update(member) {
      const untouched = !m || same(chosen(boxes), m.roles);
      m = member;
      say(name, m.name);
      say(state, standing(m, now));
      say(wrong, doubt(m));
      wrong.hidden = !doubt(m);
      if (untouched || same(chosen(boxes), m.roles)) for (const [r, box] of boxes) box.checked = m.roles.includes(/** @type {Role} */ (r));
      settle();
    },
  };
}

/** fresh shows a link, this once. @param {Invited} i */
function fresh(i) {
  say(any("fresh-what"), `${i.member.name} enrols by opening this link, once, within 24 hours. It is shown only now.`);
  byId("fresh-url", HTMLInputElement).value = i.url;
  say(any("fresh-copied"), "");
  any("fresh").hidden = false;
  any("fresh").focus();
}

any("fresh-copy").addEventListener("click", async () => {
  const url = byId("fresh-url", HTMLInputElement);
  url.select();
  await navigator.clipboard.writeText(url.value).then(() => say(any("fresh-copied"), "Copied."), () => say(any("fresh-copied"), "Copy it by hand: it is selected."));
});
any("fresh-done").addEventListener("click", () => {
  byId("fresh-url", HTMLInputElement).value = "";
  any("fresh").hidden = true;
});

const newRoles = choices(any("new-roles"));
byId("new", HTMLFormElement).addEventListener("submit", async (e) => {
  e.preventDefault();
  const name = byId("new-name", HTMLInputElement);
  say(any("new-error"), "");
  try {
    fresh(await ask("POST", "/api/people", { name: name.value.trim(), roles: chosen(newRoles) }));
    name.value = "";
    for (const box of newRoles.values()) box.checked = false;
    await load();
  } catch (err) {
    const { what, action } = why(err);
    say(any("new-error"), `${what} ${action}`);
  }
});

ask("GET", "/api/me").then(({ person }) => say(any("me"), person.name ? `${person.name}, ${listed(person.roles)}` : "Nobody is logged in."), () => {});
again();
setInterval(again, 10_000);
