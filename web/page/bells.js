// @ts-check
/**
 * Which sound when. The station says which lines shall ring here; that they do is
 * told back only while the bell really sounds: the audio engine runs, the ringer's
 * volume is up, and soon after the sound is measured at the ringer's output.
 */

import { busyWith, live, mine } from "./model.js";
import { calls } from "./watchmodel.js";
import { quiet } from "./words.js";

/** @typedef {import("./api.js").Line} Line */
/** @typedef {import("./model.js").Desk} Desk */

/** letter is the sound that a change of a record asks for. @param {Line} was @param {Line} is @returns {"message"|"chased"|""} */
export function letter(was, is) {
  const before = was.record, now = is.record;
  if (!before || !now) return "";
  if (now.chased > before.chased) return "chased";
  return now.far.size > before.far.size && now.unread > before.unread ? "message" : "";
}

const proofs = 5, proofEvery = 700; // measurements of a bell before it counts as silent; ms apart
const alarmAfter = 3000; // ms not ready before it is called out
const callEvery = 60_000; // ms between two sounds about the watch

export class Bells {
  #equipment;
  #tell;
  /** The lines that shall ring here, and whether for a drill. @type {Map<string, boolean>} */
  #shall = new Map();
  /** Those of which the station was told that they do. @type {Set<string>} */
  #told = new Set();
  #notReadySince = 0;
  #alarmed = false;
  #calledFor = "";
  #called = 0;
  #proving = false;

  /**
   * @param {import("./equipment.js").Equipment} equipment
   * @param {(slug: string, on: boolean) => void} tell brings the receipt to the station
   */
  constructor(equipment, tell) {
    this.#equipment = equipment;
    this.#tell = tell;
  }

  /** shall takes the station's word that a line rings here, for a drill or for real, or no longer. @param {string} slug @param {boolean} on @param {boolean} drill */
  shall(slug, on, drill) {
    if (on) this.#shall.set(slug, drill);
    else this.#shall.delete(slug);
    this.#ring();
  }

  /** forget drops what the station said: the connection is gone. */
  forget() {
    this.#shall.clear();
    this.#told.clear();
    this.#ring();
  }

  /** line sounds what befell a line. @param {Line|undefined} was @param {Line} is @param {Desk} d */
  line(was, is, d) {
    if (!was) return;
    const { ringer, headset } = this.#equipment;
    const down = (/** @type {Line} */ l) => l.state === "down";
    if (down(is) && !down(was)) ringer?.play("down");
    if (!down(is) && down(was)) ringer?.play("back");
    this.#letters(was, is, d);
    const before = live(was);
    if (before && mine(d, before) && !live(is)) headset?.play("ended");
  }

  /** letters sounds a message that came, and one that nobody has read for long; in a call, softly in the ear. @param {Line} was @param {Line} is @param {Desk} d */
  #letters(was, is, d) {
    const { ringer, headset } = this.#equipment;
    const to = busyWith(d) ? headset : ringer, sound = letter(was, is);
    if (sound) to?.play(sound);
  }

  /** sound starts and stops what lasts. @param {Desk} d */
  sound(d) {
    this.#ring();
    const { ringer, headset, settings } = this.#equipment;
    const l = busyWith(d), c = live(l);
    const waits = c?.state === "ringing", drill = c?.drill === true;
    headset?.set("ringback", waits && !drill);
    headset?.set("drillback", waits && drill);
    headset?.set("held", c?.state === "held");
    headset?.set("tick", settings.tick && !c && d.ready && d.lines.some((l) => l.state === "open" || l.state === "degraded"));
    ringer?.set("alarm", this.#alarm(d));
    this.#watch(d);
  }

  /** watch calls a person about the watch, once or every minute; in a call, softly in the ear. @param {Desk} d */
  #watch(d) {
    const { about, again } = calls(d), now = performance.now();
    const due = about !== "" && (about !== this.#calledFor || again && now - this.#called >= callEvery);
    this.#calledFor = about;
    if (!due) return;
    this.#called = now;
    const { ringer, headset } = this.#equipment;
    (busyWith(d) ? headset : ringer)?.play("chased");
  }

  /** quietAlarm ends the alarm: a person is here. The fault stays on the page. */
  quietAlarm() {
    this.#alarmed = true;
    this.#equipment.ringer?.stop("alarm");
  }

  /** @param {Desk} d */
  #alarm(d) {
    const bad = d.wanted && !d.ready && d.faults.some((f) => !quiet.has(f));
    if (!bad) {
      this.#notReadySince = 0;
      this.#alarmed = false;
      return false;
    }
    this.#notReadySince ||= performance.now();
    return !this.#alarmed && performance.now() - this.#notReadySince > alarmAfter;
  }

  #ring() {
    const { ringer } = this.#equipment;
    if (this.#shall.size === 0) this.#proving = false;
    // A drill sounds as one only while nothing rings for real.
    const real = [...this.#shall.values()].includes(false);
    ringer?.set("ring", real || this.#equipment.testing);
    ringer?.set("drill", this.#shall.size > 0 && !real && !this.#equipment.testing);
    const sounds = ringer !== null && ringer.audible && (ringer.isPlaying("ring") || ringer.isPlaying("drill")) && this.#equipment.bell === "";
    for (const slug of new Set([...this.#shall.keys(), ...this.#told])) {
      const on = sounds && this.#shall.has(slug);
      if (on === this.#told.has(slug)) continue;
      if (on) this.#told.add(slug);
      else this.#told.delete(slug);
      this.#tell(slug, on);
    }
    if (sounds && !this.#proving) this.#prove(proofs);
  }

  /** prove measures the bell a few times; one that never sounds is taken back. @param {number} left */
  #prove(left) {
    const ringer = this.#equipment.ringer;
    this.#proving = left > 0 && this.#shall.size > 0;
    if (!this.#proving || !ringer) return;
    setTimeout(() => {
      if (ringer.sounding) return; // proven for this ring; #proving stays set until it ends
      if (left === 1 && this.#shall.size > 0) {
        this.#equipment.bell = "bell-silent";
        this.#equipment.onchange();
      }
      this.#prove(left - 1);
    }, proofEvery);
  }
}
