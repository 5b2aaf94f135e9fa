// @ts-check
/** The editor of roster, plan and times: rows of fields, and what they say. */

import { any, byId, make } from "./dom.js";

/** @typedef {import("./apiwatch.js").WatchSettings} WatchSettings */
/** @typedef {import("./apiwatch.js").Officer} Officer */

const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const groups = [["duty", "who has the watch"], ["deputies", "deputies"], ["named", "these:"], ["everybody", "everybody"]];

export class Editor {
  /** The ids of officers whose names the station knows. @type {Map<string, string>} */
  #ids = new Map();
  #revision = 0;
  /** @type {Officer[]} */
  #people = [];

  constructor() {
    any("add-weekly").addEventListener("click", () => this.#weekly(last("weekly") ?? {}).querySelector("input")?.focus());
    any("add-single").addEventListener("click", () => this.#single({}).querySelector("input")?.focus());
    any("add-wave").addEventListener("click", () => this.#wave(any("waves").children.length === 0 ? { who: "duty", after_s: 0 } : { who: "everybody", after_s: 15 }));
    const zones = "supportedValuesOf" in Intl ? Intl.supportedValuesOf("timeZone") : [];
    any("zones").replaceChildren(...zones.map((z) => Object.assign(make("option"), { value: z })));
  }

  /** show fills the fields. @param {WatchSettings} s */
  show(s) {
    this.#revision = s.revision;
    this.#ids.clear();
    any("officers").replaceChildren();
    this.#offer([...s.roster.weekly, ...s.roster.single].map((x) => x.officer).concat(s.plan.deputies ?? [], (s.plan.waves ?? []).flatMap((w) => w.names ?? []), this.#people));
    const empty = s.roster.weekly.length + s.roster.single.length === 0;
    field("zone-name").value = s.roster.zone || (empty ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC");
    for (const id of ["weekly", "single", "waves"]) any(id).replaceChildren();
    for (const w of s.roster.weekly) this.#weekly({ ...w, officer: w.officer.name });
    for (const w of s.roster.single) this.#single({ ...w, officer: w.officer.name });
    for (const w of s.plan.waves ?? []) this.#wave({ ...w, names: (w.names ?? []).map((o) => o.name).join(", ") });
    field("deputies").value = (s.plan.deputies ?? []).map((o) => o.name).join(", ");
    field("here").value = String(s.periods.here_min);
    field("grace").value = String(s.periods.grace_min);
    field("ahead").value = String(s.periods.ahead_min);
  }

  /** know offers those who may have the watch. @param {Officer[]} people */
  know(people) {
    this.#people = people;
    this.#offer(people);
  }

  /** @param {Officer[]} officers */
  #offer(officers) {
    for (const o of officers) if (o.id) this.#ids.set(o.name, o.id);
    const there = new Set([...any("officers").children].map((o) => /** @type {HTMLOptionElement} */ (o).value));
    any("officers").append(...[...new Set(officers.map((o) => o.name))].filter((n) => !there.has(n)).map((value) => Object.assign(make("option"), { value })));
  }

  /** said is what the fields say. @returns {WatchSettings} */
  said() {
    const weekly = rows("weekly").map((r) => ({
      officer: this.#officer(r("officer")), day: r("day"), from: r("from"), to: r("to"),
      ...(r("first") && { first: r("first") }), ...(r("last") && { last: r("last") }), ...(Number(r("every")) > 1 && { every: Number(r("every")) }),
    }));
    const single = rows("single").map((r) => ({ officer: this.#officer(r("officer")), date: r("date"), from: r("from"), to: r("to"), ...(r("instead") && { instead: true }) }));
    const waves = rows("waves").map((r) => ({ after_s: Number(r("after_s")), who: r("who"), ...(r("who") === "named" && { names: this.#officers(r("names")) }) }));
    const deputies = this.#officers(field("deputies").value);
    return {
      revision: this.#revision, roster: { zone: field("zone-name").value.trim(), weekly, single }, plan: { ...(deputies.length && { deputies }), ...(waves.length && { waves }) },
      periods: { here_min: Number(field("here").value), grace_min: Number(field("grace").value), ahead_min: Number(field("ahead").value) },
    };
  }

  /** @param {string} name @returns {Officer} */
  #officer(name) {
    const id = this.#ids.get(name.trim());
    return { ...(id && { id }), name: name.trim() };
  }

  /** @param {string} text */
  #officers = (text) => text.split(",").map((n) => n.trim()).filter(Boolean).map((n) => this.#officer(n));

  /** @param {Record<string, any>} w */
  #weekly(w) {
    return row("weekly", w, officerField(w), pick("day", "day", days.map((d) => [d, d]), w.day ?? "monday"), time("from", w.from), time("to", w.to),
      rotation(date("first", "first day", w.first), date("last", "last day", w.last), entry("every", "every … weeks", "number", String(w.every ?? 1))));
  }

  /** @param {Record<string, any>} w */
  #single(w) {
    const instead = make("input"), box = make("label", "check", instead, " in place of the weekly shifts");
    instead.type = "checkbox";
    instead.name = "instead";
    instead.checked = w.instead ?? false;
    return row("single", w, officerField(w), date("date", "day", w.date), time("from", w.from), time("to", w.to), box);
  }

  /** @param {Record<string, any>} w */
  #wave(w) {
    const who = pick("who", "who", groups, w.who ?? "everybody"), names = entry("names", "names, separated by commas", "text", w.names);
    const select = /** @type {HTMLSelectElement} */ (who.querySelector("select")), show = () => (names.hidden = select.value !== "named");
    select.addEventListener("change", show);
    show();
    return row("waves", w, entry("after_s", "after … seconds", "number", String(w.after_s ?? 0)), who, names);
  }
}

/** @param {string} id */
const field = (id) => byId(id, HTMLInputElement);

/** row adds a row of fields, with a button that takes it away. @param {string} list @param {Record<string, any>} _ @param {HTMLElement[]} fields */
function row(list, _, ...fields) {
  const away = make("button", "quiet", "Remove"), el = make("div", "row", ...fields, away);
  away.type = "button";
  away.addEventListener("click", () => el.remove());
  any(list).append(el);
  return el;
}

/** rows reads the fields of each row by name. @param {string} list */
function rows(list) {
  return [...any(list).children].map((el) => (/** @type {string} */ name) => {
    const f = /** @type {HTMLInputElement|HTMLSelectElement} */ (el.querySelector(`[name="${name}"]`));
    return f.type === "checkbox" ? (/** @type {HTMLInputElement} */ (f).checked ? "yes" : "") : f.value.trim();
  });
}

/** The hours and the officer of the last row, for the next one. @param {string} list */
function last(list) {
  const r = rows(list).at(-1);
  if (!r) return undefined;
  const day = days[(days.indexOf(r("day")) + 1) % days.length];
  return { officer: r("officer"), day, from: r("from"), to: r("to"), first: r("first"), last: r("last"), every: r("every") };
}

/** @param {string} name @param {string} word @param {string} type @param {string|undefined} value */
function entry(name, word, type, value) {
  const input = make("input");
  Object.assign(input, { name, type, value: value ?? "" });
  if (type === "number") input.min = "0";
  return make("label", "", word, input);
}

/** @param {Record<string, any>} w */
function officerField(w) {
  const label = entry("officer", "officer", "text", w.officer), input = /** @type {HTMLInputElement} */ (label.querySelector("input"));
  input.setAttribute("list", "officers");
  input.maxLength = 64;
  input.required = true;
  return label;
}

/** A day is written out as 2026-11-27, whatever the browser's own habit. @param {string} name @param {string} word @param {string|undefined} value */
function date(name, word, value) {
  const label = entry(name, word, "text", value), input = /** @type {HTMLInputElement} */ (label.querySelector("input"));
  Object.assign(input, { pattern: "[0-9]{4}-[0-9]{2}-[0-9]{2}", maxLength: 10, size: 11, placeholder: "2026-11-27", required: name === "date" });
  return label;
}

/** What few shifts need stands folded away. @param {HTMLElement[]} fields */
function rotation(...fields) {
  const el = make("details", "", make("summary", "", "Only some weeks"), make("div", "", ...fields));
  const [first, last, every] = fields.map((f) => f.querySelector("input")?.value);
  el.open = first !== "" || last !== "" || Number(every) > 1;
  return el;
}

/** @param {string} name @param {string|undefined} value */
function time(name, value) {
  const label = entry(name, name, "text", value ?? (name === "from" ? "08:00" : "20:00")), input = /** @type {HTMLInputElement} */ (label.querySelector("input"));
  input.pattern = "([01][0-9]|2[0-4]):[0-5][0-9]";
  input.maxLength = 5;
  input.size = 6;
  input.inputMode = "numeric";
  return label;
}

/** @param {string} name @param {string} word @param {string[][]} choices @param {string} value */
function pick(name, word, choices, value) {
  const select = make("select", "", ...choices.map(([v, text]) => Object.assign(make("option", "", text), { value: v })));
  select.name = name;
  select.value = value;
  return make("label", "", word, select);
}
