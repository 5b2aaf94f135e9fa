// @ts-check
/**
 * Which messages have really stood on the screen: seen whole enough for a second, while
 * the page is visible and the console ready. Pure: the caller brings the time.
 */

const long = 1000; // ms on the screen
const most = 16; // keys in one word to the station

export class Dwell {
  /** Since when each stands on the screen. @type {Map<string, number>} */
  #since = new Map();
  /** Those that the station was told of. @type {Set<string>} */
  #told = new Set();

  /** enter: it came on the screen. @param {string} key @param {number} now ms */
  enter(key, now) {
    if (!this.#since.has(key)) this.#since.set(key, now);
  }

  /** @param {string} key */
  leave(key) {
    this.#since.delete(key);
  }

  /** restart: nothing was seen until now; the page was hidden, or the console not ready. @param {number} now */
  restart(now) {
    for (const key of this.#since.keys()) this.#since.set(key, now);
  }

  /** due takes the keys that have stood long enough, at most as many as one message may name. @param {number} now @returns {string[]} */
  due(now) {
    const keys = [...this.#since].filter(([key, from]) => now - from >= long && !this.#told.has(key)).map(([key]) => key).slice(0, most);
    for (const key of keys) this.#told.add(key);
    return keys;
  }

  /** again: the station was not reached, so it was told nothing. @param {string[]} keys */
  again(keys) {
    for (const key of keys) this.#told.delete(key);
  }

  /** forget everything: another record is shown. */
  forget() {
    this.#since.clear();
    this.#told.clear();
  }
}
