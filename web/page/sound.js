// @ts-check
/**
 * The sounds of the console, all made here with WebAudio. Each is rendered once
 * into a buffer and looped by the audio engine, so that the slow timers of a
 * hidden tab cannot make a bell falter.
 *
 *   ring       two bell tones in quick turn, louder after 20 s    ringer
 *   drill      two low horns, slowly: a drill rings              ringer
 *   down       three tones falling                                ringer
 *   back       three tones rising                                 ringer
 *   alarm      three short high pips, every 4 s                   ringer
 *   message    one soft low bell                                  ringer
 *   chased     two low bells, twice                               ringer
 *   ringback   a low purr, one second in three                    headset
 *   drillback  three short low purrs, in a drill                  headset
 *   held       two soft pips, every 2 s                           headset
 *   ended      one low, short tone                                headset
 *   tick       a click, every 5 s                                 headset
 */

/** @typedef {"ring"|"drill"|"down"|"back"|"alarm"|"message"|"chased"|"ringback"|"drillback"|"held"|"ended"|"tick"} Sound */
/** @typedef {{at: number, hz: number, lasts: number, gain?: number, bell?: boolean}} Note times in seconds */

/** @type {Record<Sound, {every: number, notes: Note[]}>} every: seconds a loop; 0: once */
export const score = {
  ring: { every: 2.4, notes: Array.from({ length: 10 }, (_, i) => ({ at: i * 0.12, hz: i % 2 ? 1047 : 831, lasts: 0.5, gain: 0.5, bell: true })) },
  drill: { every: 2.6, notes: [0, 0.4].flatMap((at, i) => [{ at, hz: i ? 233 : 311, lasts: 0.34, gain: 0.45 }, { at, hz: i ? 235 : 314, lasts: 0.34, gain: 0.45 }]) },
  down: { every: 0, notes: [{ at: 0, hz: 660, lasts: 0.16 }, { at: 0.16, hz: 494, lasts: 0.16 }, { at: 0.32, hz: 330, lasts: 0.6 }] },
  back: { every: 0, notes: [{ at: 0, hz: 392, lasts: 0.12 }, { at: 0.12, hz: 523, lasts: 0.12 }, { at: 0.24, hz: 784, lasts: 0.5 }] },
  alarm: { every: 4, notes: [0, 0.14, 0.28].map((at) => ({ at, hz: 1480, lasts: 0.08, gain: 0.6 })) },
  message: { every: 0, notes: [{ at: 0, hz: 523, lasts: 1.2, gain: 0.35, bell: true }] },
  chased: { every: 0, notes: [0, 0.16, 0.8, 0.96].map((at, i) => ({ at, hz: i % 2 ? 440 : 587, lasts: 0.5, gain: 0.5, bell: true })) },
  ringback: { every: 3, notes: [{ at: 0, hz: 400, lasts: 1, gain: 0.22 }, { at: 0, hz: 425, lasts: 1, gain: 0.22 }] },
  drillback: { every: 3, notes: [0, 0.25, 0.5].flatMap((at) => [{ at, hz: 270, lasts: 0.15, gain: 0.22 }, { at, hz: 540, lasts: 0.15, gain: 0.16 }]) },
  held: { every: 2, notes: [{ at: 0, hz: 587, lasts: 0.1, gain: 0.16 }, { at: 0.22, hz: 587, lasts: 0.1, gain: 0.16 }] },
  ended: { every: 0, notes: [{ at: 0, hz: 294, lasts: 0.3, gain: 0.3 }] },
  tick: { every: 5, notes: [{ at: 0, hz: 1900, lasts: 0.012, gain: 0.2 }] },
};

const soft = 0.45; // of the ringer's volume, for the first 20 s of a ring
const softFor = 20; // s
const edge = 0.006; // s of fade at both ends of a note

/**
 * render writes the notes of a sound into a buffer.
 * @param {BaseAudioContext} ctx @param {Sound} sound
 */
export function render(ctx, sound) {
  const { every, notes } = score[sound];
  const length = every || Math.max(...notes.map((n) => n.at + n.lasts));
  const buffer = ctx.createBuffer(1, Math.ceil(length * ctx.sampleRate), ctx.sampleRate);
  const out = buffer.getChannelData(0);
  for (const n of notes) {
    const from = Math.round(n.at * ctx.sampleRate), samples = Math.round(n.lasts * ctx.sampleRate);
    for (let i = 0; i < samples && from + i < out.length; i++) {
      out[from + i] += (n.gain ?? 0.4) * (n.bell ? strike(i / ctx.sampleRate, n) : tone(i / ctx.sampleRate, n));
    }
  }
  return buffer;
}

/** A plain tone with soft edges. @param {number} t @param {Note} n */
const tone = (t, n) => Math.sin(2 * Math.PI * n.hz * t) * Math.min(1, t / edge, (n.lasts - t) / edge);

/** A struck bell: partials that die away, the high ones first. @param {number} t @param {Note} n */
function strike(t, n) {
  const partials = [[1, 1, 9], [2.76, 0.45, 16], [5.4, 0.2, 28]];
  let sum = 0;
  for (const [ratio, gain, decay] of partials) sum += gain * Math.sin(2 * Math.PI * n.hz * ratio * t) * Math.exp(-decay * t);
  return sum * Math.min(1, t / 0.002, (n.lasts - t) / edge);
}

/** An Output is one loudspeaker: the ringer or the headset. */
export class Output {
  /** @type {AudioContext} */
  ctx;

  /**
   * onchange is called when the browser starts or stops the sound.
   * @type {() => void}
   */
  onchange = () => {};

  #volume;
  #meter;
  #wave;
  /** @type {HTMLAudioElement|null} */
  #element = null;
  /** @type {Map<Sound, AudioBuffer>} */
  #rendered = new Map();
  /** @type {Map<Sound, {source: AudioBufferSourceNode, gain: GainNode}>} */
  #playing = new Map();

  /** @param {AudioContext} ctx */
  constructor(ctx) {
    this.ctx = ctx;
    this.#volume = ctx.createGain();
    this.#meter = ctx.createAnalyser();
    this.#meter.fftSize = 2048;
    this.#wave = new Float32Array(this.#meter.fftSize);
    this.#volume.connect(this.#meter).connect(ctx.destination);
    ctx.onstatechange = () => this.onchange();
  }

  get running() {
    return this.ctx.state === "running";
  }

  /** Whether something played now would be heard. */
  get audible() {
    return this.running && this.#volume.gain.value > 0;
  }

  /** Whether sound leaves this output at this moment, as measured. */
  get sounding() {
    this.#meter.getFloatTimeDomainData(this.#wave);
    return this.running && this.#wave.some((x) => Math.abs(x) > 1e-4);
  }

  /** @param {number} v 0 to 1 */
  set volume(v) {
    this.#volume.gain.value = v;
  }

  /** @param {Sound} sound */
  isPlaying(sound) {
    return this.#playing.has(sound);
  }

  /** play starts a sound; one that plays already goes on. @param {Sound} sound */
  play(sound) {
    if (this.#playing.has(sound)) return;
    const source = this.ctx.createBufferSource(), gain = this.ctx.createGain();
    source.buffer = this.#buffer(sound);
    source.loop = score[sound].every > 0;
    if (sound === "ring" || sound === "drill") this.#rise(gain.gain);
    source.connect(gain).connect(this.#volume);
    source.onended = () => this.#playing.get(sound)?.source === source && this.#playing.delete(sound);
    source.start();
    this.#playing.set(sound, { source, gain });
  }

  /** stop ends a sound, without a click. @param {Sound} sound */
  stop(sound) {
    const p = this.#playing.get(sound);
    if (!p) return;
    this.#playing.delete(sound);
    const now = this.ctx.currentTime;
    p.gain.gain.cancelScheduledValues(now);
    p.gain.gain.setTargetAtTime(0, now, 0.01);
    p.source.stop(now + 0.1);
  }

  /** set plays or stops. @param {Sound} sound @param {boolean} on */
  set(sound, on) {
    if (on) this.play(sound);
    else this.stop(sound);
  }

  /** A ring begins soft and is at full volume after 20 s. @param {AudioParam} gain */
  #rise(gain) {
    const now = this.ctx.currentTime;
    gain.setValueAtTime(soft, now);
    gain.setValueAtTime(soft, now + softFor);
    gain.linearRampToValueAtTime(1, now + softFor + 2);
  }

  /** @param {Sound} sound */
  #buffer(sound) {
    let b = this.#rendered.get(sound);
    if (!b) this.#rendered.set(sound, b = render(this.ctx, sound));
    return b;
  }

  /** useDevice sends this output to a device; "" is the usual one. @param {string} id */
  async useDevice(id) {
    const ctx = /** @type {AudioContext & {setSinkId?: (id: string) => Promise<void>}} */ (this.ctx);
    if (ctx.setSinkId) await ctx.setSinkId(id).catch(() => {});
    else if (id !== "" || this.#element) await this.#through(id);
  }

  /** through leads the sound through an element, where only elements can choose a device. @param {string} id */
  async #through(id) {
    if (!this.#element) {
      const to = this.ctx.createMediaStreamDestination();
      this.#meter.disconnect();
      this.#meter.connect(to);
      this.#element = new Audio();
      this.#element.srcObject = to.stream;
    }
    await this.#element.setSinkId?.(id).catch(() => {});
    await this.#element.play().catch(() => {});
  }
}

/** A Meter says how loud a stream is. */
export class Meter {
  #node;
  #source;
  #wave;

  /** @param {AudioContext} ctx @param {MediaStream} stream */
  constructor(ctx, stream) {
    this.#node = ctx.createAnalyser();
    this.#node.fftSize = 1024;
    this.#wave = new Float32Array(this.#node.fftSize);
    this.#source = ctx.createMediaStreamSource(stream);
    this.#source.connect(this.#node);
  }

  /** The level now, in dB below full scale; -Infinity for nothing at all. */
  get db() {
    this.#node.getFloatTimeDomainData(this.#wave);
    let sum = 0;
    for (const x of this.#wave) sum += x * x;
    return 10 * Math.log10(sum / this.#wave.length);
  }

  close() {
    this.#source.disconnect();
  }
}

const quietest = -60, loudest = -6; // dB, the ends of a level meter

/** level maps dB to a meter's 0 to 1. @param {number} db */
export const level = (db) => Math.min(1, Math.max(0, (db - quietest) / (loudest - quietest)));

/** From here on a level counts as somebody speaking. */
export const speaking = 0.3;
