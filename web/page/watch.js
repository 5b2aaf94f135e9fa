// @ts-check
/** The page of the watch: the week, the plan, what was handed over; and the editor for administrators. */

import { any, byId, flag, make, say } from "./dom.js";
import { ask, book, set } from "./watchapi.js";
import { Hooks } from "./hooks.js";
import * as band from "./watchband.js";
import { Editor } from "./watchedit.js";

/** @typedef {import("./apiwatch.js").WatchBook} WatchBook */
/** @typedef {import("./apipeople.js").Member} Member */

const editor = new Editor(), hooks = new Hooks(), refreshEvery = 30_000;
let first = ""; // the Monday shown; "": this week's
let edited = false;

/** load asks for the week and shows it. @param {boolean} fields the editor's too */
async function load(fields) {
  const b = await book(first, 7).catch((e) => {
    say(any("error"), `${e.message} ${e.action ?? ""}`);
    return null;
  });
  if (!b) return;
  say(any("error"), "");
  show(b);
  if (fields) {
    editor.show(b.settings);
    edited = false;
  }
}

/** The editor is for administrators, and so is trying what is told over HTTP. */
async function whoAmI() {
  const me = await fetch("/api/me").then((r) => (r.ok ? r.json() : null), () => null);
  const may = me === null || me.person.roles.includes("administrator");
  any("edit").hidden = !may;
  if (!may) return;
  ask("/api/people").then((staff) => editor.know(staff.people.filter((/** @type {Member} */ p) => p.roles.includes("officer"))), () => {}); // names can be typed without it
  hooks.load();
  setInterval(() => hooks.load(), refreshEvery);
}

/** @param {WatchBook} b */
function show(b) {
  const zone = b.settings.roster.zone || "UTC", empty = b.settings.roster.weekly.length + b.settings.roster.single.length === 0;
  say(any("now"), `${band.wall(Date.parse(b.now), zone)} in ${zone}`);
  say(any("week-h"), `Roster, ${band.dayLabel(b.days[0].date)} to ${band.dayLabel(b.days[b.days.length - 1].date)}`);
  say(any("zone"), empty ? "The roster is empty: nobody is expected, and no gap alarms." : "");
  any("hours").replaceChildren(...["0", "6", "12", "18", "24"].map((h) => make("span", "", h)));
  any("week").replaceChildren(...band.bands(b).map(dayRow));
  const faults = band.faults(b);
  any("week-words").replaceChildren(...(faults.length ? faults : empty ? [] : [{ kind: "", text: "No gap and no overlap to come in this week." }]).map((f) => make("li", f.kind, f.text)));
  any("plan-words").replaceChildren(...band.planWords(b).map((t) => make("li", "", t)));
  any("log").replaceChildren(...(b.log.length ? b.log.map((e) => make("li", "", make("span", "", band.wall(Date.parse(e.at), zone)), band.eventWords(e))) : [make("li", "", "Nobody has taken the watch yet.")]));
}

/** @param {band.Band} d */
function dayRow(d) {
  const blocks = d.blocks.map((k) => {
    const el = make("div", k.kind, k.text);
    el.title = k.title;
    el.style.left = `${k.left}%`;
    el.style.width = `${k.width}%`;
    return el;
  });
  if (!Number.isNaN(d.now)) {
    const now = make("div", "now");
    now.style.left = `${d.now}%`;
    blocks.push(now);
  }
  const row = make("div", "roster-day", make("span", "", d.label, ...(d.note ? [make("i", "", d.note)] : [])), make("div", "band", ...blocks));
  row.setAttribute("role", "img");
  row.setAttribute("aria-label", `${d.label}: ${d.blocks.map((k) => k.title).join("; ") || "no roster"}`);
  flag(row, "data-today", d.today);
  return row;
}

/** @param {number} days */
function step(days) {
  first = days === 0 ? "" : band.moved(first || band.monday(new Date().toISOString().slice(0, 10)), days);
  load(false);
}

any("before").addEventListener("click", () => step(-7));
any("this").addEventListener("click", () => step(0));
any("after").addEventListener("click", () => step(7));
any("undo").addEventListener("click", () => load(true));
byId("form", HTMLFormElement).addEventListener("input", () => {
  edited = true;
  say(any("saved"), "");
});
byId("form", HTMLFormElement).addEventListener("submit", async (e) => {
  e.preventDefault();
  const refused = await set(editor.said()).then(() => "", (r) => `${r.message} ${r.action ?? ""}`);
  say(any("form-error"), refused);
  if (refused) return;
  await load(true);
  say(any("saved"), "Saved.");
});
setInterval(() => load(false), refreshEvery);
addEventListener("beforeunload", (e) => edited && e.preventDefault());
whoAmI();
load(true);
