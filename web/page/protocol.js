// @ts-check
/**
 * The conversation with one's own station: a WebSocket that comes back by
 * itself. No DOM: only WebSocket, fetch and timers.
 *
 * After each connection the page attaches; the station answers "welcome". Every
 * "ping" is answered inside onmessage, because the timers of a hidden tab are
 * slowed down and a console silent for one second is lost.
 */

/** @typedef {import("./api.js").Event} Event */
/** @typedef {import("./api.js").ToStation} ToStation */
/** @typedef {import("./api.js").Error} ApiError */

/**
 * How the page stands with its station: on the way there; attached; not
 * reached; not let in (the session ended); or replaced by another window.
 * @typedef {"connecting"|"attached"|"unreachable"|"refused"|"displaced"} LinkState
 */

/** A Refusal is a request that was not carried out, and what can be done. */
export class Refusal extends Error {
  /** @param {ApiError} e */
  constructor(e) {
    super(e.text);
    this.code = e.code;
    this.action = e.action ?? "";
  }
}

const silence = 2500; // ms without a word from the station: the connection is dead
const firstPause = 200, longestPause = 5000; // ms between attempts

/** @type {ApiError} */
const unreachable = {
  code: "unreachable",
  text: "This page does not reach its station, so nothing was done.",
  action: "Wait until the page is connected again, then press once more.",
};

export class Station {
  /** @type {LinkState} */
  state = "connecting";

  /**
   * onstate is called when state changed.
   * @type {() => void}
   */
  onstate = () => {};

  /**
   * onevent is called with everything but pings and answers.
   * @type {(e: Event) => void}
   */
  onevent = () => {};

  /**
   * onrefused is called when the station refused what nobody waits for: to attach.
   * @type {(r: Refusal) => void}
   */
  onrefused = () => {};

  /** When the station was last heard, by performance.now. */
  heard = 0;

  #url;
  #hello;
  /** @type {WebSocket|null} */
  #socket = null;
  #attempt = 0;
  #ref = 0;
  /** @type {Map<number, {done: () => void, refused: (r: Refusal) => void}>} */
  #waiting = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /**
   * @param {URL} page where the page was loaded from
   * @param {() => ToStation} hello makes the "attach" message of each connection
   */
  constructor(page, hello) {
    this.#url = new URL("/api/ws", page);
    this.#url.protocol = page.protocol === "https:" ? "wss:" : "ws:";
    this.#hello = hello;
    setInterval(() => this.#watch(), 500);
  }

  /** open connects, at once even if an attempt was planned for later. */
  open() {
    clearTimeout(this.#timer);
    this.#drop();
    this.#become("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.heard = performance.now();
    socket.onopen = () => this.#say({ ...this.#hello(), type: "attach" });
    socket.onmessage = (m) => this.#receive(m.data);
    socket.onclose = (c) => this.#closed(c);
  }

  /** tell sends what needs no answer. @param {ToStation} m */
  tell(m) {
    if (this.state === "attached") this.#say(m);
  }

  /**
   * ask sends a request; the promise ends with the station's answer.
   * @param {ToStation} m @returns {Promise<void>}
   */
  ask(m) {
    return new Promise((done, refused) => {
      if (this.state !== "attached") {
        refused(new Refusal(unreachable));
        return;
      }
      this.#waiting.set(++this.#ref, { done, refused });
      this.#say({ ...m, ref: this.#ref });
    });
  }

  /** @param {ToStation} m */
  #say(m) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(m));
  }

  /** @param {unknown} data */
  #receive(data) {
    this.heard = performance.now();
    if (typeof data !== "string") return;
    /** @type {Event} */
    const e = JSON.parse(data);
    switch (e.type) {
      case "ping":
        this.#say({ type: "pong", n: e.n });
        break;
      case "done":
        this.#answered(e.ref)?.done();
        return;
      case "refused":
        this.#refused(e.ref ?? 0, new Refusal(e.error ?? unreachable));
        return;
      case "welcome":
        this.#attempt = 0;
        this.#become("attached");
    }
    this.onevent(e);
  }

  /** @param {number|undefined} ref */
  #answered(ref = 0) {
    const w = this.#waiting.get(ref);
    this.#waiting.delete(ref);
    return w;
  }

  /** @param {number} ref @param {Refusal} r */
  #refused(ref, r) {
    const w = this.#answered(ref);
    if (w) w.refused(r);
    else this.onrefused(r);
  }

  #watch() {
    if (this.#socket && performance.now() - this.heard > silence) this.#lost("unreachable");
  }

  /** @param {CloseEvent} c */
  #closed(c) {
    if (c.code === 4001) this.#lost("refused");
    else if (c.code === 4002) this.#lost("displaced");
    else this.#lost("unreachable");
  }

  /** @param {LinkState} why */
  #lost(why) {
    this.#drop();
    this.#become(why);
    if (why === "displaced") return; // two windows must not fight for one place
    const pause = Math.min(firstPause * 2 ** this.#attempt++, longestPause);
    this.#timer = setTimeout(() => this.#probe(), pause * (0.8 + 0.4 * Math.random()));
  }

  /** probe learns why there is no connection: a WebSocket does not say. */
  async #probe() {
    const refused = await fetch("/api/status", { cache: "no-store" })
      .then((r) => r.status === 401 || r.status === 403, () => false);
    if (refused) this.#lost("refused");
    else if (!this.#socket) this.open();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const w of this.#waiting.values()) w.refused(new Refusal(unreachable));
    this.#waiting.clear();
  }

  /** @param {LinkState} state */
  #become(state) {
    // A station that was not reached stays so until it is: trying is not having.
    const failed = this.state === "unreachable" || this.state === "refused";
    if (state === this.state || (state === "connecting" && failed)) return;
    this.state = state;
    this.onstate();
  }
}
