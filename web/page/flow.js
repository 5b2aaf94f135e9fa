// @ts-check
/**
 * From counts to datagrams one can see. The stage's server says twenty times a
 * second how many datagrams each direction of a path has seen, carried and lost;
 * a Cadence turns each into one moving mark, at the moment it passed. Pure: the
 * caller brings the time.
 */

/**
 * One direction of a path, counted since the start. size is that of the newest
 * datagram in bytes, 0 if not known.
 * @typedef {{seen: number, carried: number, lost: number, size?: number}} Tally
 */

/** @typedef {{cut: boolean, delay_ms: number, jitter_ms: number, loss: number}} Settings */

/** @typedef {{path: number, settings: Settings, ab: Tally, ba: Tally}} Flow */

/**
 * A Mark is one datagram on its way: from 0 to 1 in travel ms. It falls at the
 * place fall, if it is lost.
 * @typedef {{born: number, travel: number, fall: number, fell: number}} Mark
 */

const window = 200; // ms over which arrivals are spread evenly
const slowest = 40; // marks made late at most: after a pause the past is not replayed

/** Travel on the stage is slower than in truth, so that an eye can follow. @param {Settings} s @param {number} chance 0 to 1 */
export const travel = (s, chance) => 1100 + 5 * (s.delay_ms + chance * s.jitter_ms);

export class Cadence {
  /** @type {Mark[]} */
  marks = [];

  /** @type {{at: number, tally: Tally}|null} */
  #last = null;
  /** @type {{from: number, to: number, count: number, lost: number, made: number}[]} */
  #plan = [];
  #random;

  /** @param {() => number} random 0 to 1 */
  constructor(random) {
    this.#random = random;
  }

  /** count takes a new tally. @param {number} now ms @param {Tally} tally */
  count(now, tally) {
    const last = this.#last;
    if (last && now - last.at < window) return;
    this.#last = { at: now, tally };
    if (!last || tally.seen < last.tally.seen) return;
    const count = Math.min(tally.seen - last.tally.seen, slowest);
    this.#plan.push({ from: now, to: now + Math.min(now - last.at, 2 * window), count, lost: Math.min(count, tally.lost - last.tally.lost), made: 0 });
  }

  /**
   * advance makes the marks that are due, drops those that arrived, and lets
   * fall what reaches a cut.
   * @param {number} now @param {Settings} s @param {number} cutAt where the path is cut, 0 to 1 from this direction's start
   */
  advance(now, s, cutAt) {
    for (const p of this.#plan) this.#make(p, now, s);
    this.#plan = this.#plan.filter((p) => p.made < p.count);
    for (const m of this.marks) {
      const at = (now - m.born) / m.travel;
      if (m.fell) continue;
      if (at >= m.fall) m.fell = now;
      else if (s.cut && at >= cutAt - 0.01 && at <= cutAt + 0.03) m.fell = now;
    }
    this.marks = this.marks.filter((m) => (m.fell ? now - m.fell < falling : now - m.born < m.travel));
  }

  /** @param {{from: number, to: number, count: number, lost: number, made: number}} p @param {number} now @param {Settings} s */
  #make(p, now, s) {
    while (p.made < p.count) {
      const born = p.from + ((p.made + 0.5) / p.count) * (p.to - p.from);
      if (born > now) return;
      // Which of them were lost is not said; how many is. A cut shows by itself.
      const lost = !s.cut && this.#random() < p.lost / (p.count - p.made);
      if (lost) p.lost--;
      p.made++;
      this.marks.push({ born, travel: travel(s, this.#random()), fall: lost ? 0.25 + 0.5 * this.#random() : 2, fell: 0 });
    }
  }
}

/** How long a lost mark is seen falling, ms. */
export const falling = 700;

/** A Rate counts datagrams a second over the last whole second. */
export class Rate {
  /** @type {{at: number, seen: number}[]} */
  #points = [];

  /** @param {number} now @param {number} seen */
  add(now, seen) {
    this.#points.push({ at: now, seen });
    while (this.#points.length > 2 && now - this.#points[1].at >= 1000) this.#points.shift();
  }

  /** Datagrams a second; NaN until there was a second to count. */
  get perSecond() {
    const a = this.#points[0], b = this.#points.at(-1);
    if (!a || !b || b.at - a.at < 900) return NaN;
    return ((b.seen - a.seen) * 1000) / (b.at - a.at);
  }
}
