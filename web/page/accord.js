// @ts-check
/**
 * The page Accord: who agreed on what, what was changed since, what is proposed. It
 * hears of changes as an observer, and asks for the whole accord again.
 *
 *   line=…   the line; the first one if not given
 */

import * as says from "./accordwords.js";
import { any, byId, make, say } from "./dom.js";
import { Refusal, Station } from "./protocol.js";
import { follow } from "./theme.js";
import { name, plain } from "./words.js";

/** @typedef {import("./apiaccord.js").Accord} Accord */
/** @typedef {import("./apiaccord.js").Proposal} Proposal */
/** @typedef {import("./apiaccord.js").Party} Party */

const again = 30_000; // ms after which the accord is asked for anew, whatever was heard

let slug = new URLSearchParams(location.search).get("line") ?? "";
/** @type {Accord|null} */
let accord = null;
let administrator = false, drawn = "", heard = "";
const utc = byId("utc", HTMLInputElement), form = byId("rules-form", HTMLFormElement), tests = byId("tests", HTMLInputElement);
const watch = byId("watch", HTMLSelectElement), text = byId("text", HTMLInputElement), go = byId("propose-go", HTMLButtonElement);

/**
 * ask asks the station, and gives what it answers or throws its refusal.
 * @param {string} path @param {unknown} [body] if given it is a POST
 */
async function ask(path, body) {
  const init = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const reply = await fetch(path, init).catch(() => {
    throw new Refusal({ code: "unreachable", text: "This page does not reach its station.", action: "Wait a moment, then try again." });
  });
  const given = reply.status === 204 ? null : await reply.json().catch(() => null);
  if (!reply.ok) throw new Refusal(given?.text ? given : { code: "failed", text: `The station answered ${reply.status}.`, action: "Load the page again." });
  return given;
}

const at = (/** @type {string} */ what) => `/api/lines/${encodeURIComponent(slug)}/accord${what}`;

/** fault shows why something was not done. @param {string} id @param {unknown} [e] nothing: all is well */
function fault(id, e) {
  say(any(id), e instanceof Refusal ? plain(`${e.message} ${e.action}`) : e ? String(e) : "");
}

async function load() {
  try {
    accord = /** @type {Accord} */ (await ask(at("")));
    fault("error");
  } catch (e) {
    fault("error", e);
  }
  draw();
}

/** act does one thing to what is proposed, and shows what came of it. @param {string} what @param {unknown} body @param {string} where for the fault */
async function act(what, body, where) {
  try {
    await ask(at(what), body);
    fault(where);
    await load();
    return true;
  } catch (e) {
    await load(); // it may be another proposal by now
    fault(where, e);
    return false;
  }
}

function draw() {
  if (!accord) return;
  const print = JSON.stringify([accord, utc.checked, administrator]);
  if (print === drawn) return; // what a person points at stays where it is
  drawn = print;
  const a = accord, peer = name(a.peer);
  document.title = `Accord with ${peer} · Ringdown`;
  say(any("title"), `Accord with ${peer}`);
  say(any("since"), `made on ${says.stamp(a.made, utc.checked)}${a.signed ? "" : "; the final signature is not here yet"}`);
  any("proposals-section").hidden = a.proposals.length === 0;
  any("proposals").replaceChildren(...a.proposals.map((p) => proposal(p, a)));
  any("rules").replaceChildren(...says.sentences(a.rules).map((s) => make("li", "", s)));
  any("principals").replaceChildren(...[true, false].map((own) => keys(own, a)));
  any("parties").replaceChildren(...a.parties.map((p, i) => party(p, i)));
  any("words").replaceChildren(...a.words.map((w) => make("li", "", w)));
  say(any("confirmed"), a.confirmed ? `Confirmed here on ${says.stamp(a.confirmed, utc.checked)}.` : "Not confirmed here.");
  any("terms").replaceChildren(...says.terms(a).map(([what, is]) => make("div", "", make("dt", "", what), make("dd", "", is))));
  any("paths").replaceChildren(...a.paths.map((p) => make("tr", "", make("td", "", `${p.path} ${p.name}`), make("td", "print", p.ours), make("td", "print", p.theirs))));
  any("history").replaceChildren(...history(a));
  any("propose").hidden = any("register-key").hidden = !administrator;
  byId("register", HTMLAnchorElement).href = `key.html?line=${encodeURIComponent(slug)}`;
  if (!byId("propose", HTMLDetailsElement).open) fill(a);
  preview();
}

/** When each proposal was first shown. @type {Map<string, number>} */
const since = new Map();
const reading = 1500; // ms

/** A press approves what was read, and not what has come in its place under the finger. @param {HTMLButtonElement} b @param {Proposal} p */
function readFirst(b, p) {
  const left = reading - (performance.now() - (since.get(p.id) ?? 0));
  b.disabled = left > 0;
  if (b.disabled) setTimeout(() => (b.disabled = false), left);
}

/** @param {Proposal} p @param {Accord} a */
function proposal(p, a) {
  if (!since.has(p.id)) since.set(p.id, performance.now());
  const s = says.said(p, a, administrator, utc.checked);
  const error = make("p", "row-error");
  error.id = `proposal-${p.by}`;
  const buttons = s.does.map((does) => {
    const b = make("button", does === "approve" ? "send" : "quiet", { approve: "Approve", refuse: "Refuse", withdraw: s.word }[does]);
    b.type = "button";
    b.addEventListener("click", () => act(`/${does}`, does === "withdraw" ? null : { id: p.id }, "error"));
    if (does === "approve") readFirst(b, p);
    return b;
  });
  return make("article", `proposal ${s.tone}`, make("p", "", plain(p.text)),
    make("p", "soft", `Proposed on ${says.stamp(p.made, utc.checked)}. ${s.text}`), ...(buttons.length ? [make("div", "below", ...buttons)] : []));
}

/** keys are those registered for the principals of one side. @param {boolean} own @param {Accord} a */
function keys(own, a) {
  const by = own ? "us" : "them", list = a.principals.filter((k) => k.by === by);
  const whose = name(a.parties.find((p) => p.by === by)?.name ?? "");
  const rows = list.map((k) => {
    const row = make("li", "", make("b", "", name(k.name)), ` key ${k.serial}, for use at ${k.origins.join(" and ")}`, make("div", "print soft", says.grouped(k.credential.slice(0, 32))));
    if (own && administrator) {
      const b = make("button", "quiet", "Propose to remove it");
      b.type = "button";
      b.addEventListener("click", () => act("/propose", { remove: k.name }, "remove-error"));
      row.append(b);
    }
    return row;
  });
  return make("div", "", make("h3", "", whose), make("ul", "", ...(rows.length ? rows : [make("li", "soft", "No key is registered.")])));
}

/** @param {Party} p @param {number} i */
function party(p, i) {
  const list = p.keys.map((k) => make("li", "", `${k.role}, number ${k.serial}, ${k.algorithm}: ${says.roles[k.role] ?? ""}`, make("div", "print soft", says.grouped(k.fingerprint))));
  return make("div", "", make("h3", "", `${name(p.name)}${p.by === "us" ? ", this station" : ""}`), make("p", "soft", i === 0 ? "first party" : "second party"),
    make("p", "print", says.grouped(p.fingerprint)), make("details", "", make("summary", "", "Its five keys"), make("ul", "", ...list)));
}

/** @param {Accord} a */
function history(a) {
  const row = (/** @type {string} */ text, /** @type {string} */ at, /** @type {string} */ digest) => make("li", "", make("p", "", plain(text)),
    make("p", "soft", says.stamp(at, utc.checked)), make("p", "print soft", says.grouped(digest)));
  return [...a.amendments.map((m) => row(`${m.serial}. ${m.text}`, m.made, m.digest)), row("The accord as it was first signed.", a.made, a.digest)];
}

/* New rules. */

/** fill has the form begin with what is in force. @param {Accord} a */
function fill(a) {
  watch.value = a.rules.watch;
  tests.value = a.rules.tests.join(", ");
  text.checked = a.rules.suspended_text;
}

/** wanted is what the form says, or what is wrong with it. */
function wanted() {
  const times = says.timesOf(tests.value);
  return typeof times === "string" ? times : { watch: watch.value, tests: times, suspended_text: text.checked };
}

function preview() {
  if (!accord) return;
  const w = wanted();
  const other = typeof w === "string" ? [] : says.differences(accord.rules, w);
  const waits = accord.proposals.find((p) => p.by === "us");
  go.disabled = other.length === 0 || waits?.state === "approved";
  tests.setAttribute("aria-invalid", String(typeof w === "string"));
  const instead = waits?.state === "waiting" ? " It takes the place of what is proposed now." : "";
  say(any("preview"), typeof w === "string" ? w : other.length ? `New would be: ${other.join(" ")} A person at ${name(accord.peer)} must approve it.${instead}` : "These rules are in force now.");
}

form.addEventListener("input", preview);
form.addEventListener("submit", async (e) => {
  e.preventDefault();
  const rules = wanted();
  if (typeof rules === "string" || go.disabled) return;
  if (await act("/propose", { rules }, "propose-error")) byId("propose", HTMLDetailsElement).open = false;
});
utc.addEventListener("change", draw);

/* What the station says. */

const station = new Station(new URL(location.href), () => ({ type: "attach", observe: true, name: "Accord" }));
station.onevent = (/** @type {import("./api.js").Event} */ e) => {
  const list = e.line ? [e.line] : e.status?.lines ?? [];
  if (e.type === "welcome") welcome(list);
  const l = list.find((/** @type {import("./api.js").Line} */ l) => l.line === slug);
  const now = JSON.stringify([l?.proposals, l?.state]);
  if (!l || e.type === "quality" || now === heard) return;
  heard = now;
  load();
};

/** welcome finds the line that is meant, and the others. @param {import("./api.js").Line[]} lines */
function welcome(lines) {
  slug ||= lines[0]?.line ?? "";
  if (!slug) fault("error", new Refusal({ code: "", text: "This station has no accord yet.", action: "Begin one with the command “ringdown invite”." }));
  any("others").hidden = lines.length < 2;
  any("others").replaceChildren(...lines.filter((l) => l.line !== slug).map((l) => {
    const a = make("a", "", name(l.peer));
    a.href = `accord.html?line=${encodeURIComponent(l.line)}`;
    return a;
  }));
}

async function start() {
  follow(byId("theme", HTMLSelectElement), () => {});
  try {
    const me = await ask("/api/me");
    administrator = me.person.roles.includes("administrator");
  } catch (e) {
    fault("error", e);
  }
  station.open();
  setInterval(() => slug && load(), again);
}

start();
