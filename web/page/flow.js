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
 * place fall, which lies beyond 1 if it is not lost, and fell then; 0: not yet.
 * @typedef {{born: number, travel: number, fall: number, fell: number}} Mark
 */

const behind = 0.3; // seconds that marks trail what was counted, so that they can keep step
const most = 60; // marks made late at most: after a pause the past is not replayed

/** Travel on the stage is slower than in truth, so that an eye can follow. @param {Settings} s @param {number} chance 0 to 1 */
export const travel = (s, chance) => 1100 + 5 * (s.delay_ms + chance * s.jitter_ms);

export class Cadence {
  /** @type {Mark[]} */
  marks = [];

  #rate = new Rate(2000);
  /** Counted and not yet shown. */
  #waiting = 0;
  #waitingLost = 0;
  /** @type {Tally|null} */
  #tally = null;
  #phase = 0;
  #advanced = 0;
  #random;

  /** @param {() => number} random 0 to 1 */
  constructor(random) {
    this.#random = random;
  }

  /** count takes a new tally. @param {number} now ms @param {Tally} tally */
  count(now, tally) {
    const was = this.#tally;
    this.#tally = tally;
    this.#rate.add(now, tally.seen);
    if (!was || tally.seen < was.seen) return;
    this.#waiting = Math.min(this.#waiting + tally.seen - was.seen, most);
    this.#waitingLost = Math.min(this.#waitingLost + tally.lost - was.lost, this.#waiting);
  }

  /**
   * advance makes the marks that are due, drops those that arrived, and lets
   * fall what reaches a cut.
   * @param {number} now @param {Settings} s @param {number} edge where a cut begins, 0 to 1 from this direction's start
   */
  advance(now, s, edge) {
    this.#make(now, s);
    for (const m of this.marks) {
      const at = (now - m.born) / m.travel;
      if (m.fell) continue;
      if (m.fall < 1 && at >= m.fall) m.fell = m.born + m.fall * m.travel;
      else if (s.cut && at >= edge && at <= edge + 0.25) m.fell = m.born + edge * m.travel;
    }
    this.marks = this.marks.filter((m) => (m.fell ? now - m.fell < falling : now - m.born < m.travel));
  }

  /** Marks are born in even step at the rate that was counted, a little faster or slower to stay close behind. @param {number} now @param {Settings} s */
  #make(now, s) {
    const elapsed = Math.min(1000, now - this.#advanced), rate = this.#rate.perSecond || 0;
    this.#advanced = now;
    const due = Math.max(1, rate * behind);
    const speed = (rate / 1000) * Math.min(1.5, Math.max(0.5, this.#waiting / due)); // a ms
    this.#phase += speed * elapsed;
    for (; this.#phase >= 1 && this.#waiting > 0; this.#phase--) this.#bear(now - (this.#phase - 1) / speed, s);
    if (this.#waiting === 0) this.#phase = Math.min(this.#phase, 1);
  }

  /** @param {number} born @param {Settings} s */
  #bear(born, s) {
    // Which of them were lost is not said, how many is. A cut shows by itself.
    const lost = this.#random() < this.#waitingLost / this.#waiting;
    this.#waiting--;
    if (lost) this.#waitingLost--;
    this.marks.push({ born, travel: travel(s, this.#random()), fall: lost && !s.cut ? 0.25 + 0.5 * this.#random() : 2, fell: 0 });
  }
}

/** How long a lost mark is seen falling, ms. */
export const falling = 700;

/** A Rate counts datagrams a second over a window of time. */
export class Rate {
  #window;
  /** @type {{at: number, seen: number}[]} */
  #points = [];

  /** @param {number} window ms */
  constructor(window) {
    this.#window = window;
  }

  /** @param {number} now @param {number} seen */
  add(now, seen) {
    const last = this.#points.at(-1);
    if (last && seen < last.seen) this.#points = [];
    this.#points.push({ at: now, seen });
    while (this.#points.length > 2 && now - this.#points[1].at >= this.#window) this.#points.shift();
  }

  /** Datagrams a second; NaN until there was half a second to count. */
  get perSecond() {
    const a = this.#points[0], b = this.#points.at(-1);
    if (!a || !b || b.at - a.at < 500) return NaN;
    return ((b.seen - a.seen) * 1000) / (b.at - a.at);
  }
}
