// @ts-check
/**
 * Which console this tab is. A page that is reloaded, or opened again after a
 * crash, is the same console as before; two tabs are two consoles.
 *
 * The ids this browser ever got from the station are kept in localStorage, in
 * the order they came. A tab owns an id while it holds the Web Lock of that
 * name; the browser frees a lock when its tab ends, however it ends. So a new tab
 * takes the first id whose lock is free. A tab that is being reloaded asks for
 * its own id first and waits a moment for its former self to let go.
 */

const storeKey = "ringdown.consoles";
const tabKey = "ringdown.console";
const reloadWait = 1500; // ms
const most = 32;

/** @param {string} id */
const lockName = (id) => `ringdown-console-${id}`;

/** @returns {string[]} */
function known() {
  try {
    const list = JSON.parse(localStorage.getItem(storeKey) ?? "[]");
    return Array.isArray(list) ? list.filter((x) => typeof x === "string").slice(0, most) : [];
  } catch {
    return [];
  }
}

/**
 * hold takes the lock of an id until the tab ends. It resolves to a release
 * function, or to null if the lock was not to be had.
 * @param {string} id @param {LockOptions} options
 * @returns {Promise<null | (() => void)>}
 */
function hold(id, options) {
  return new Promise((resolve) => {
    navigator.locks.request(lockName(id), options, (lock) => {
      if (!lock) return resolve(null);
      return new Promise((release) => resolve(() => release(undefined)));
    }).catch(() => resolve(null));
  });
}

export class Identity {
  /** The id this tab goes by; empty until the station gave one. */
  id = "";

  /** Its place among the ids of this browser, from 1. */
  place = 1;

  /** @type {null | (() => void)} */
  #release = null;

  /** claim finds the id of this tab; it stays empty if every known one is taken. */
  async claim() {
    const own = sessionStorage.getItem(tabKey);
    if (!("locks" in navigator)) {
      this.#be(own ?? "", null);
      return;
    }
    if (own && await this.#take(own, { signal: AbortSignal.timeout(reloadWait) })) return;
    for (const id of known()) {
      if (await this.#take(id, { ifAvailable: true })) return;
    }
    this.place = known().length + 1;
  }

  /**
   * welcome takes the id that the station gave. Where it is not the one that was
   * asked for, the station no longer knows that one, and it is forgotten here too.
   * @param {string} id
   */
  async welcome(id) {
    if (id === this.id || id === "") return;
    const list = known().filter((x) => x !== this.id && x !== id).concat(id);
    localStorage.setItem(storeKey, JSON.stringify(list.slice(-most)));
    this.#release?.();
    this.#be(id, null);
    if ("locks" in navigator) this.#release = await hold(id, {});
  }

  /** @param {string} id @param {LockOptions} options */
  async #take(id, options) {
    const release = await hold(id, options);
    if (!release) return false;
    this.#be(id, release);
    return true;
  }

  /** @param {string} id @param {null | (() => void)} release */
  #be(id, release) {
    this.id = id;
    this.#release = release;
    this.place = known().indexOf(id) + 1;
    if (id) sessionStorage.setItem(tabKey, id);
  }
}
