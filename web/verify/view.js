// @ts-check
// The page: a file comes in, and what it proves is shown. All text goes in as text.
import { verify } from "./report.js";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
function make(tag, className, ...children) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children);
  return e;
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** What was dropped last: it is verified again when the fingerprints change. */
const last = { name: "", bytes: new Uint8Array(), run: 0 };

/** The fingerprints that the person has from elsewhere; null: one is none. */
function fingerprints() {
  const field = /** @type {HTMLTextAreaElement} */ (byId("keys"));
  const keys = field.value.split("\n").map((l) => l.replace(/[\s:]/g, "").toLowerCase()).filter((l) => l !== "");
  const bad = keys.some((k) => !/^[0-9a-f]{64}$/.test(k));
  byId("keys-wrong").hidden = !bad;
  return bad ? null : keys;
}

async function check() {
  const keys = fingerprints();
  if (last.name === "" || keys === null) return;
  const run = ++last.run;
  show("busy", "Checking …", last.name, []);
  try {
    const result = await verify(last.bytes, keys);
    if (run !== last.run) return;
    if (result.report) showReport(result.report);
    else show("no", "NOT PROVEN", result.sentence ?? "", [make("p", "code", `${last.name}: ${result.code}`)]);
  } catch (err) {
    if (run !== last.run) return;
    const missing = globalThis.crypto?.subtle === undefined ? "Open this page from a file, or over https: otherwise the browser keeps its cryptography to itself." : String(err);
    show("no", "NOT CHECKED", missing, [make("p", "code", "The file may be good or bad: this browser could not check it. “ringdown verify FILE” can.")]);
  }
}

/**
 * @param {"yes" | "no" | "busy"} state
 * @param {string} word
 * @param {string} sentence
 * @param {HTMLElement[]} rest
 */
function show(state, word, sentence, rest) {
  const verdict = make("header", "verdict " + state, make("p", "word", word), make("h2", "sentence", make("bdi", "", sentence)));
  byId("result").replaceChildren(verdict, ...rest);
  document.body.dataset.verdict = state;
  document.title = `${word}: ${last.name}`;
}

/** @param {import("./report.js").Report} r */
function showReport(r) {
  const parties = make("section", "parties", ...r.parties.map((p) => make(
    "div", p.confirmed ? "party confirmed" : "party",
    make("h3", "", make("bdi", "", p.name)),
    make("p", "print", ...(p.fingerprint.match(/.{8}/g) ?? []).map((part) => make("span", "", part))),
    make("p", "whose", p.confirmed ? "The fingerprint that you gave." : "Whose keys are these? Compare this fingerprint with one that you trust."),
  )));
  const columns = make("div", "columns", list("proven", "Proven", r.proven), list("missing", "Not shown", r.not_shown));
  const entries = make("section", "entries", make("h3", "", "Entries"), ...r.entries.map(entryRow));
  const parts = r.entries.length > 0 ? [columns, parties, entries] : [columns, parties];
  if (r.warnings.length > 0) parts.unshift(list("warnings", r.warnings.length === 1 ? "Warning" : "Warnings", r.warnings));
  show("yes", "PROVEN", r.title, parts);
  if (r.provided) byId("result").firstElementChild?.append(make("p", "provided", make("bdi", "", r.provided)));
}

/**
 * @param {string} className
 * @param {string} title
 * @param {string[]} sentences
 */
function list(className, title, sentences) {
  return make("section", className, make("h3", "", title), make("ul", "", ...sentences.map((s) => make("li", "", make("bdi", "", s)))));
}

/** @param {import("./says.js").Said} e */
function entryRow(e) {
  const row = make("article", e.says.startsWith("A DRILL") ? "entry drill" : "entry", make("p", "head", make("bdi", "", e.head), make("span", "proof", `${e.proof} proof`)), make("p", "says", make("bdi", "", e.says)));
  if (e.text !== undefined) row.append(make("pre", "text", make("bdi", "", e.text)));
  row.append(make("ul", "notes", ...e.notes.map((n) => make("li", "", make("bdi", "", n)))));
  return row;
}

/** @param {File | null | undefined} file */
async function take(file) {
  if (!file) return;
  last.name = file.name;
  last.bytes = new Uint8Array(await file.slice(0, 64 * 1024 * 1024 + 1).arrayBuffer());
  await check();
}

function begin() {
  const input = /** @type {HTMLInputElement} */ (byId("file"));
  input.addEventListener("change", () => take(input.files?.[0]));
  byId("keys").addEventListener("input", check);
  document.addEventListener("dragover", (e) => {
    e.preventDefault();
    document.body.classList.add("over");
  });
  document.addEventListener("dragleave", (e) => {
    if (e.relatedTarget === null) document.body.classList.remove("over");
  });
  document.addEventListener("drop", (e) => {
    e.preventDefault();
    document.body.classList.remove("over");
    take(e.dataTransfer?.files[0]);
  });
}

begin();
