// @ts-check
/** Where a message is written. Its text is kept until the station has it, whatever happens. */

import { any, byId, flag, Keyed, make, say } from "./dom.js";
import * as draft from "./draft.js";
import { isolated, size } from "./entry.js";
import { button } from "./rowparts.js";

/** @typedef {import("./apirecord.js").Item} Item */

/**
 * @typedef {object} ComposerHooks
 * @property {(m: import("./apirecord.js").NewMessage) => Promise<void>} send
 * @property {(f: globalThis.File) => Promise<import("./apirecord.js").Kept>} keep
 */

export class Composer {
  #hooks;
  #form = any("compose");
  #text = byId("compose-text", HTMLTextAreaElement);
  #matter = byId("compose-matter", HTMLSelectElement);
  #send = byId("compose-send", HTMLButtonElement);
  #pick = byId("compose-pick", HTMLInputElement);
  #files = new Keyed(any("compose-files"), () => this.#fileRow());
  #draft = { ...draft.empty };
  #slug = "";
  #fate = "";
  #sending = 0;
  #keeping = 0;

  /** @param {ComposerHooks} hooks */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#text.addEventListener("input", () => this.#change({ text: this.#text.value }));
    this.#matter.addEventListener("change", () => this.#change({ matter: this.#matter.value }));
    this.#send.addEventListener("click", () => this.#go());
    this.#text.addEventListener("keydown", (e) => {
      if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.isComposing) return;
      e.preventDefault();
      this.#go();
    });
    any("compose-files-button").addEventListener("click", () => this.#pick.click());
    any("to-record").addEventListener("click", () => any("record").scrollIntoView());
    any("compose-about-drop").addEventListener("click", () => this.#change({ answers: "", amends: "" }));
    this.#pick.addEventListener("change", () => this.#take([...this.#pick.files ?? []]));
    this.#form.addEventListener("dragover", (e) => this.#hover(e, true));
    this.#form.addEventListener("dragleave", (e) => this.#hover(e, false));
    this.#form.addEventListener("drop", (e) => {
      this.#hover(e, false);
      this.#take([...e.dataTransfer?.files ?? []]);
    });
  }

  /** Somebody is writing, so the line must not change under the hand. */
  get busy() {
    return !draft.isEmpty(this.#draft) || this.#keeping > 0 || this.#form.contains(document.activeElement);
  }

  /**
   * show prints for which line it is written and what will happen.
   * @param {import("./api.js").Line} l @param {string} peer isolated @param {import("./apirecord.js").Matter[]} matters
   */
  show(l, peer, matters) {
    if (l.line !== this.#slug) {
      this.#slug = l.line;
      this.#draft = draft.load(sessionStorage, l.line);
      this.#text.value = this.#draft.text;
      say(any("compose-error"), "");
    }
    say(any("compose-label"), `Message to ${peer}`);
    this.#fate = draft.fate(l, peer);
    this.#listMatters(matters);
    this.#print();
  }

  /** about begins an answer to a message, or what shall stand in its place. @param {Item} i @param {"answers"|"amends"} how @param {string} what in words */
  about(i, how, what) {
    this.#change({ answers: "", amends: "", [how]: i.key, ...(i.matter && { matter: i.matter }) });
    if (how === "amends" && this.#text.value.trim() === "") this.fill(i.text ?? "");
    say(any("compose-about"), what);
    this.#text.focus();
    this.#form.scrollIntoView({ block: "nearest" });
  }

  /** fill puts a text back, unless another one is being written. @param {string} text */
  fill(text) {
    if (this.#text.value.trim() !== "") return;
    this.#text.value = text;
    this.#change({ text });
  }

  /** choose files what is written next under a matter. @param {string} matter */
  choose(matter) {
    if (draft.isEmpty(this.#draft)) this.#change({ matter });
  }

  /** @param {import("./apirecord.js").Matter[]} matters */
  #listMatters(matters) {
    const open = matters.filter((m) => !m.closed || m.key === this.#draft.matter);
    const now = JSON.stringify(open.map((m) => [m.key, m.title]));
    if (this.#matter.dataset.list !== now) {
      this.#matter.dataset.list = now;
      this.#matter.replaceChildren(new Option("no matter", ""), ...open.map((m) => new Option(isolated(m.title, 60), m.key)));
    }
    if (this.#matter.value !== this.#draft.matter) this.#matter.value = this.#draft.matter;
    any("compose-matter-field").hidden = open.length === 0;
  }

  /** @param {Partial<draft.Draft>} change */
  #change(change) {
    this.#draft = { ...this.#draft, ...change };
    draft.save(sessionStorage, this.#slug, this.#draft);
    this.#print();
  }

  #print() {
    const d = this.#draft, left = draft.bytesLeft(d.text), refusal = draft.refusal(d);
    if (this.#matter.value !== d.matter) this.#matter.value = d.matter;
    flag(this.#form, "data-in-use", !draft.isEmpty(d) || d.answers !== "" || d.amends !== "");
    const about = d.answers ? "Answers an earlier message." : d.amends ? "Stands in the place of an earlier message." : "";
    any("compose-about-row").hidden = about === "";
    if (any("compose-about").textContent === "") say(any("compose-about"), about);
    if (about === "") say(any("compose-about"), "");
    say(any("compose-left"), left < 0 ? refusal : `${left.toLocaleString("en")} bytes left`);
    flag(any("compose-left"), "data-over", left < 0);
    say(any("compose-fate"), this.#fate);
    say(this.#send, this.#sending ? "Sending …" : d.amends ? "Send the correction" : "Send");
    this.#send.setAttribute("aria-disabled", String(refusal !== "" || this.#sending > 0 || this.#keeping > 0));
    this.#files.show(d.files, (f) => f.id);
  }

  async #go() {
    const why = draft.refusal(this.#draft);
    if (why || this.#sending || this.#keeping) {
      say(any("compose-error"), this.#sending ? "" : why || "A file is still being read.");
      return;
    }
    const slug = this.#slug, sent = this.#draft;
    this.#sending++;
    say(any("compose-error"), "");
    this.#print();
    try {
      await this.#hooks.send(draft.message(sent));
      this.#clear(slug, sent);
    } catch (e) {
      say(any("compose-error"), e instanceof Error ? `${e.message} ${/** @type {any} */ (e).action ?? ""}` : String(e));
    }
    this.#sending--;
    this.#print();
  }

  /** clear drops what was sent, and nothing that was written meanwhile. @param {string} slug @param {draft.Draft} sent */
  #clear(slug, sent) {
    if (slug !== this.#slug) {
      draft.save(sessionStorage, slug, { ...draft.empty });
    } else if (this.#draft.text === sent.text) {
      this.#text.value = "";
      this.#change({ ...draft.empty, matter: sent.matter });
    } else {
      this.#change({ answers: "", amends: "", files: [] });
    }
  }

  /** @param {globalThis.File[]} files */
  async #take(files) {
    this.#pick.value = "";
    say(any("compose-error"), "");
    const slug = this.#slug;
    for (const f of files) {
      const why = draft.refuseFile(f, this.#draft.files.length);
      if (why) {
        say(any("compose-error"), why);
        continue;
      }
      this.#keeping++;
      this.#print();
      const kept = await this.#hooks.keep(f).catch((e) => {
        say(any("compose-error"), e.message);
        return null;
      });
      this.#keeping--;
      if (kept && slug === this.#slug) this.#change({ files: [...this.#draft.files, kept] });
      else this.#print();
    }
  }

  /** @param {DragEvent} e @param {boolean} over */
  #hover(e, over) {
    if (!e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    flag(this.#form, "data-drop", over);
  }

  #fileRow() {
    const name = make("bdi"), note = make("span", "soft");
    let id = "";
    const drop = button("quiet", "Remove", () => this.#change({ files: this.#draft.files.filter((f) => f.id !== id) }));
    return {
      el: make("li", "", name, note, drop),
      /** @param {import("./apirecord.js").Kept} f */
      update(f) {
        id = f.id;
        say(name, isolated(f.name, 80));
        say(note, size(f.length));
        drop.setAttribute("aria-label", `Remove ${isolated(f.name, 80)}`);
      },
    };
  }
}
