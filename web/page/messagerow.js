// @ts-check
/** A message in the record: who, when, what, how far it has got, and what can be done with it. */

import { flag, Keyed, make, say } from "./dom.js";
import * as entry from "./entry.js";
import { visible } from "./plain.js";
import { Prose } from "./prose.js";
import { button, opener, showMisdated, showProof, showTime } from "./rowparts.js";

/** @typedef {import("./apirecord.js").Item} Item */
/** @typedef {import("./rows.js").Sight} Sight */

export class MessageRow {
  #hooks;
  #time = make("time");
  #who = make("b", "who-wrote");
  #matter = make("a", "chip");
  #relation = make("button", "relation");
  #quote = new Prose();
  #prose = new Prose();
  #original = button("quiet", "Show what it said", () => this.#uncover());
  #notes = make("p", "misdated");
  #filesList = make("ul", "files");
  #files;
  #rungs = make("span", "rungs", ...entry.stages.map(() => make("i")));
  #word = make("span", "stage-word");
  #progress = make("p", "progress", this.#rungs, this.#word);
  #proof = make("span", "proof");
  #read = button("mark-read", "Mark read", () => this.#markRead());
  #more = opener("More about this message", () => this.#toggle());
  #below = make("div", "below", this.#read, this.#original);
  #panel = make("div", "panel");
  #item = /** @type {Item|null} */ (null);
  #sight = /** @type {Sight|null} */ (null);
  #covered = true;
  #opened = "";
  #quoted = "";
  #told = ""; // what the open panel says
  parts;

  /** @param {import("./rows.js").RowHooks} hooks */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#files = new Keyed(this.#filesList, () => fileRow(hooks));
    this.#relation.type = "button";
    this.#relation.addEventListener("click", () => this.#showRelated());
    this.#quote.el.classList.add("quote");
    this.#quote.el.hidden = this.#panel.hidden = true;
    this.#rungs.setAttribute("aria-hidden", "true");
    const head = make("p", "entry-head", this.#who, this.#matter, this.#relation);
    this.parts = [this.#time, make("div", "entry-body", head, this.#quote.el, this.#prose.el, this.#filesList, this.#notes, this.#below, this.#panel),
      make("div", "status", this.#progress, this.#proof), this.#more];
  }

  /** @param {Sight} s @param {Item} i */
  update(s, i) {
    this.#item = i;
    this.#sight = s;
    showTime(this.#time, i, s);
    showProof(this.#proof, i);
    say(this.#who, entry.who(i.by, s.around));
    this.#showMatter(s, i);
    this.#showText(i);
    this.#files.show(i.files ?? [], (f) => f.key);
    showMisdated(this.#notes, i, s);
    this.#showProgress(s, i);
    if (this.#opened === "more" && this.#told !== tale(i, s)) this.#fillMore();
  }

  /** @param {Sight} s @param {Item} i */
  #showMatter(s, i) {
    const m = s.matters.find((m) => m.key === i.matter);
    this.#matter.hidden = !i.matter || i.matter === s.within;
    if (i.matter) this.#matter.href = `#matter=${encodeURIComponent(i.matter)}`;
    say(this.#matter, m ? entry.isolated(m.title, 48) : i.matter ? "a matter" : "");
    const [verb] = relation(i);
    this.#relation.hidden = verb === "";
    say(this.#relation, verb);
    this.#relation.setAttribute("aria-expanded", String(!this.#quote.el.hidden));
  }

  /** @param {Item} i */
  #showText(i) {
    const gone = i.retracted_by !== undefined || i.amended_by !== undefined;
    this.#original.hidden = !gone || i.erased === true || !i.text;
    say(this.#original, this.#covered ? "Show what it said" : "Hide it");
    this.#original.setAttribute("aria-expanded", String(!this.#covered));
    const shown = !gone || !this.#covered;
    this.#prose.show(i.text ?? "");
    this.#filesList.hidden = !shown;
    this.#prose.el.hidden = !shown || !i.text || i.erased === true;
    flag(this.#prose.el, "data-gone", gone);
    const state = i.erased ? "Its text was erased here; what proves it stays." : i.retracted_by ? "Taken back by its author." : i.amended_by ? "Corrected by its author: see the newer one." : "";
    this.#who.dataset.state = state;
  }

  /** @param {Sight} s @param {Item} i */
  #showProgress(s, i) {
    const p = entry.progress(i, s.around), theirs = i.by === "them";
    const unread = entry.isUnread(i);
    this.#progress.title = p.title;
    this.#rungs.hidden = theirs;
    [...this.#rungs.children].forEach((r, k) => flag(r, "data-done", k < p.rungs));
    say(this.#word, p.word);
    flag(this.#progress, "data-chased", p.chased);
    this.#read.hidden = !unread || this.#opened === "read";
    const reader = this.#hooks.reader();
    say(this.#read, reader.kept ? `Mark read as ${entry.isolated(reader.name, 40)}` : "Mark read");
    const row = this.#time.parentElement;
    if (row) {
      flag(row, "data-unread", unread);
      row.dataset.by = i.by;
      flag(row, "data-waiting", i.key.startsWith("waiting/"));
    }
  }

  #uncover() {
    this.#covered = !this.#covered;
    if (this.#item) this.#showText(this.#item);
  }

  async #showRelated() {
    const [, key] = this.#item ? relation(this.#item) : ["", ""];
    if (!this.#quote.el.hidden) {
      this.#quote.el.hidden = true;
    } else if (key) {
      if (this.#quoted !== key) this.#quote.show(await this.#hooks.find(key).then((i) => i.text ?? "(no text)", () => "(not found here)"));
      this.#quoted = key;
      this.#quote.el.hidden = false;
    }
    this.#relation.setAttribute("aria-expanded", String(!this.#quote.el.hidden));
  }

  /** markRead tells it with the name that was given before, or asks for one. */
  #markRead() {
    const item = this.#item, name = this.#hooks.reader();
    if (!item || !name.kept) return this.#askRead();
    this.#read.disabled = true;
    this.#hooks.read(item, name.name).catch((e) => this.#open("failed", make("p", "row-error", `${e.message} ${e.action ?? ""}`))).finally(() => (this.#read.disabled = false));
  }

  /** askRead asks for the name that the receipt carries. */
  #askRead() {
    const item = this.#item;
    if (!item) return;
    const name = make("input");
    name.maxLength = 40;
    name.value = this.#hooks.reader().name;
    name.autocomplete = "name";
    const error = make("p", "row-error");
    const go = button("mark-read", "Mark read", () => {
      go.disabled = true;
      this.#hooks.read(item, name.value.trim()).then(() => this.#close(), (e) => {
        go.disabled = false;
        say(error, e.message);
      });
    });
    name.addEventListener("keydown", (e) => e.key === "Enter" && go.click());
    this.#open("read", make("label", "", "Their station will show that it was read by ", name), go, button("quiet", "Not yet", () => this.#close()), error);
    go.focus();
  }

  #toggle() {
    if (this.#opened === "more") this.#close();
    else this.#fillMore();
  }

  #fillMore() {
    const i = this.#item, s = this.#sight;
    if (!i || !s) return;
    const lines = entry.ladderLines(i, s.around).map((text) => make("li", "", text));
    this.#told = tale(i, s);
    const waiting = i.key.startsWith("waiting/"), ours = i.by === "us", gone = i.retracted_by !== undefined;
    const actions = [
      entry.isUnread(i) && this.#hooks.reader().kept && button("quiet", "Mark read as somebody else …", () => this.#askRead()),
      !waiting && button("quiet", "Answer", () => this.#leave(() => this.#hooks.answer(i))),
      ours && !gone && !i.amended_by && !waiting && button("quiet", "Correct", () => this.#leave(() => this.#hooks.correct(i))),
      ours && !gone && !waiting && button("quiet", "Take back …", () => this.#confirm("Both sides keep that it was sent, and that it was taken back.", "Take it back", () => this.#hooks.retract(i))),
      waiting && button("quiet", "Do not send …", () => this.#confirm("It has not left this station. Its text goes back to where you write.", "Do not send it", () => this.#hooks.withdraw(i))),
    ].filter((b) => b instanceof Node);
    const fact = make("p", "fact", `${entry.proof(i).word}. ${waiting ? "It has no number yet." : entry.proof(i).why} ${visible(i.key)}`);
    this.#open("more", make("ul", "facts-list", ...lines), fact, make("div", "below", ...actions));
  }

  /** leave closes the panel, and goes on where one writes. @param {() => void} go */
  #leave(go) {
    this.#close();
    go();
  }

  /** confirm asks once more, in the row. @param {string} what @param {string} yes @param {() => Promise<void>} act */
  #confirm(what, yes, act) {
    const error = make("p", "row-error");
    const go = button("mark-read", yes, () => {
      go.disabled = true;
      act().then(() => this.#close(), (e) => {
        go.disabled = false;
        say(error, e.message);
      });
    });
    const no = button("quiet", "Leave it", () => this.#close());
    this.#open("confirm", make("p", "", what), make("div", "below", go, no), error);
    no.focus();
  }

  /** @param {string} what @param {...Node} children */
  #open(what, ...children) {
    this.#opened = what;
    this.#panel.hidden = false;
    this.#panel.replaceChildren(...children);
    this.#more.setAttribute("aria-expanded", String(what === "more"));
    if (this.#item && this.#sight) this.#showProgress(this.#sight, this.#item);
  }

  #close() {
    const had = this.#panel.contains(document.activeElement);
    this.#opened = "";
    this.#panel.hidden = true;
    this.#panel.replaceChildren();
    this.#more.setAttribute("aria-expanded", "false");
    if (this.#item && this.#sight) this.#showProgress(this.#sight, this.#item);
    if (had) this.#more.focus();
  }
}

/** All that the open panel depends on. @param {Item} i @param {Sight} s */
const tale = (i, s) => [...entry.ladderLines(i, s.around), i.proof, i.amended_by, i.retracted_by].join();

/** What a message refers to: a verb, and the key. @param {Item} i @returns {[string, string]} */
function relation(i) {
  if (i.retracts) return ["takes back an earlier one", i.retracts];
  if (i.amends) return ["corrects an earlier one", i.amends];
  if (i.answers) return ["answers an earlier one", i.answers];
  return ["", ""];
}

/** A file: it is saved, never opened. @param {import("./rows.js").RowHooks} hooks */
function fileRow(hooks) {
  const link = make("a", "save", "Save"), name = make("bdi"), note = make("span", "soft"), el = make("li", "", link, name, note);
  return {
    el,
    /** @param {import("./apirecord.js").File} f */
    update(f) {
      say(name, entry.isolated(f.name, 100));
      say(note, `${entry.size(f.length)}${f.here ? "" : " · not here yet"}`);
      link.href = hooks.fileAddress(f.key);
      link.download = fileName(f.name);
      link.hidden = !f.here;
      link.setAttribute("aria-label", `Save ${entry.isolated(f.name, 100)}`);
      el.title = `SHA-256 ${visible(f.sha256)}`;
    },
  };
}

/** fileName is a name that a disk takes and that hides nothing. @param {string} name */
export const fileName = (name) => visible(name).replace(/[\\/:*?"<>|\u0000-\u001f]/g, "_").replace(/^\.+/, "_").slice(-100) || "file";
