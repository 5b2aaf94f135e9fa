// @ts-check
/** What the paths were like over the last minutes, one sample a second. Pure. */

/**
 * A Sample is one second of one path. rtt is NaN while nothing was heard.
 * @typedef {{at: number, rtt: number, lossIn: number, lossOut: number, up: boolean}} Sample
 */

export const kept = 120; // samples: two minutes

export class History {
  /** @type {Map<string, Sample[]>} */
  #paths = new Map();

  /** @param {string} line @param {import("./api.js").Path} p @param {number} at ms */
  add(line, p, at) {
    const list = this.of(line, p.path), last = list.at(-1);
    const sample = {
      at, rtt: p.state === "up" ? p.rtt_ms ?? NaN : NaN,
      lossIn: p.in.loss_permille, lossOut: p.out.loss_permille, up: p.state === "up",
    };
    // Changes come between the seconds too; they sharpen the newest sample.
    if (last && at - last.at < 900) list[list.length - 1] = { ...sample, at: last.at };
    else list.push(sample);
    if (list.length > kept) list.splice(0, list.length - kept);
  }

  /** @param {string} line @param {number} path @returns {Sample[]} oldest first */
  of(line, path) {
    const key = `${line}/${path}`;
    let list = this.#paths.get(key);
    if (!list) this.#paths.set(key, list = []);
    return list;
  }

  /** forget drops the paths of a line that is gone. @param {string} line */
  forget(line) {
    for (const key of this.#paths.keys()) if (key.startsWith(line + "/")) this.#paths.delete(key);
  }
}

const steps = [25, 50, 100, 200, 400, 800, 1600, 3200, 6400];

/** ceiling is the top of a chart's scale, in ms. @param {Sample[]} list */
export function ceiling(list) {
  const most = Math.max(0, ...list.map((s) => s.rtt).filter(Number.isFinite));
  return steps.find((s) => s >= most * 1.1) ?? steps[steps.length - 1];
}

/** describe says in words what a chart shows. @param {Sample[]} list */
export function describe(list) {
  const rtts = list.map((s) => s.rtt).filter(Number.isFinite);
  if (rtts.length === 0) return "nothing heard yet";
  const lost = Math.max(...list.map((s) => Math.max(s.lossIn, s.lossOut)));
  const down = list.filter((s) => !s.up).length;
  return `round trip ${Math.round(Math.min(...rtts))} to ${Math.round(Math.max(...rtts))} ms, loss at most ${(lost / 10).toFixed(1)} %`
    + (down ? `, silent for ${down} s` : "") + ` in the last ${list.length} s`;
}
