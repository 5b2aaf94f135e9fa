// @ts-check
/**
 * What a console needs to be ready: sound that may play, a microphone, a screen
 * that stays awake; with the choice of microphone, headset and ringer. Each
 * fault is a key of words.faults, and is mended here where that is possible
 * without a person.
 */

import { Meter, Output } from "./sound.js";

/** What the person chose; kept in this browser. */
const defaults = {
  microphone: "", // device ids; "" is the system's choice
  headset: "",
  ringer: "",
  volume: 1, // of the ringer, 0 to 1
  clean: true, // echo and noise are taken out by the browser
  tick: false, // a slow heartbeat while the line is open
  tested: 0, // when the ringer was last heard in a test, ms since 1970
};

const storeKey = "ringdown.equipment";
const soundPatience = 800; // ms until a browser that holds back sound is believed

/** @typedef {typeof defaults} Settings */

/** @returns {Settings} */
function load() {
  try {
    return { ...defaults, ...JSON.parse(localStorage.getItem(storeKey) ?? "{}") };
  } catch {
    return { ...defaults };
  }
}

export class Equipment {
  settings = load();

  /** @type {Output|null} */
  ringer = null;
  /** @type {Output|null} */
  headset = null;

  /** The voices of others sound here, each by itself; the first is the other side's. @type {HTMLAudioElement[]} */
  #voices = [];

  /** What goes to the station. @type {MediaStreamTrack|null} */
  track = null;

  /** How loud the microphone is. @type {Meter|null} */
  meter = null;

  /** @type {MediaDeviceInfo[]} */
  devices = [];

  /** Faults of the bell that were measured. @type {"bell-silent"|""} */
  bell = "";

  /** The ringer is being tested. */
  testing = false;

  /**
   * onchange is called when faults, warnings or devices may have changed.
   * @type {() => void}
   */
  onchange = () => {};
  /**
   * ontrack is called when track was replaced.
   * @type {() => void}
   */
  ontrack = () => {};

  /** No microphone is taken: the station speaks a recording. */
  recorded;

  /** Nor where a console only listens: it has a voice that is silent for ever. */
  #listens = false;

  #wanted = false;
  #aloud = false;
  #plain;
  #micFault = "";
  #soundFault = "";
  #wakeFault = false;
  /** @type {MediaStream|null} */
  #stream = null;
  /** @type {WakeLockSentinel|null} */
  #wake = null;
  /** @type {Promise<void>|null} */
  #opening = null;

  /**
   * @param {boolean} recorded no microphone: the station speaks a recording
   * @param {boolean} plain echo and noise are not taken out, whatever was chosen
   */
  constructor(recorded, plain) {
    this.recorded = recorded;
    this.#plain = plain;
    document.addEventListener("visibilitychange", () => this.#keepAwake());
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#devicesChanged());
    navigator.permissions?.query({ name: /** @type {PermissionName} */ ("microphone") })
      .then((p) => p.onchange = () => p.state === "granted" && this.#reopen(), () => {});
  }

  get isOpen() {
    return this.#wanted;
  }

  /** What keeps this console from being ready, as keys of words.faults. */
  get faults() {
    if (!this.#wanted) return [];
    const volume = this.settings.volume > 0 ? "" : "ringer-zero";
    return [this.#soundFault, this.bell, volume, this.#micFault].filter(Boolean);
  }

  /** What is worth saying, as keys of words.warnings. */
  get warnings() {
    const gone = (/** @type {string} */ id) => id !== "" && this.devices.length > 0 && !this.devices.some((d) => d.deviceId === id);
    return [
      this.#wanted && this.#wakeFault ? "wake-lock" : "",
      gone(this.settings.headset) ? "headset-gone" : "",
      gone(this.settings.ringer) ? "ringer-gone" : "",
    ].filter(Boolean);
  }

  /**
   * open takes sound, microphone and wake lock, or mends what is missing of them.
   * It is best called from a press: some browsers give sound to nothing else.
   * @returns {Promise<void>}
   */
  open() {
    this.#wanted = true;
    this.bell = "";
    return this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
      this.onchange();
    });
  }

  async #open() {
    const sound = this.#openSound(); // first, while the press still counts
    await Promise.all([sound, this.#openMicrophone(), this.#keepAwake()]);
    await this.#listDevices();
    await this.#route();
  }

  /** close gives all of it back. */
  close() {
    this.#wanted = false;
    this.#closeMicrophone();
    this.#wake?.release();
    this.#wake = null;
    for (const sound of /** @type {const} */ (["ring", "alarm"])) this.ringer?.stop(sound);
    this.onchange();
  }

  /** set changes what the person chose. @param {Partial<Settings>} s */
  async set(s) {
    Object.assign(this.settings, s);
    localStorage.setItem(storeKey, JSON.stringify(this.settings));
    if (this.ringer) this.ringer.volume = this.settings.volume;
    if (this.#wanted && ("microphone" in s || "clean" in s)) await this.#openMicrophone();
    if ("headset" in s || "ringer" in s) await this.#route();
    this.onchange();
  }

  /** onlyListen gives the microphone back, or takes it. @param {boolean} on */
  onlyListen(on) {
    if (on === this.#listens) return;
    this.#listens = on;
    if (!this.#wanted) return;
    this.#closeMicrophone();
    this.#micFault = "";
    this.#openMicrophone();
  }

  get #silent() {
    return this.recorded || this.#listens;
  }

  /** speak lets the microphone through to the station, or keeps it back. @param {boolean} on */
  speak(on) {
    if (this.track) this.track.enabled = on;
  }

  /** hear plays a voice. @param {MediaStream} stream @param {number} place */
  hear(stream, place) {
    const el = this.#voices[place] ??= new Audio();
    el.autoplay = true;
    el.muted = this.recorded && !this.#aloud;
    el.srcObject = stream;
    el.play().catch(() => {}); // blocked sound shows in the outputs' state
    this.#route();
  }

  /** listen plays the voices where a recording speaks, or keeps them silent. @param {boolean} on */
  listen(on) {
    this.#aloud = on;
    for (const el of this.#voices) el.muted = this.recorded && !on;
  }

  /** retrySound asks again for sound that was held back; the browser may now have seen a press. */
  retrySound() {
    if (this.#wanted && this.#soundFault) this.#openSound().then(() => this.onchange());
  }

  /** tryRinger rings for a moment, as a test; the bell's own fault is forgotten with it. @param {number} ms */
  async tryRinger(ms) {
    await this.#openSound();
    const { ringer } = this;
    if (!ringer || ringer.isPlaying("ring")) return;
    this.bell = "";
    this.testing = true;
    ringer.play("ring");
    setTimeout(() => {
      if (ringer.sounding) this.set({ tested: Date.now() });
    }, 300);
    setTimeout(() => {
      this.testing = false;
      this.onchange();
    }, ms);
  }

  /** tryHeadset plays a tone where voices sound. */
  async tryHeadset() {
    await this.#openSound();
    this.headset?.play("back");
  }

  async #openSound() {
    if (!this.ringer || !this.headset) {
      this.ringer = new Output(new AudioContext());
      this.headset = new Output(new AudioContext());
      this.ringer.volume = this.settings.volume;
      this.ringer.onchange = this.headset.onchange = () => this.#soundChanged();
    }
    const both = [this.ringer.ctx.resume(), this.headset.ctx.resume()];
    const late = new Promise((resolve) => setTimeout(resolve, soundPatience));
    await Promise.race([Promise.allSettled(both), late]);
    this.#soundFault = this.ringer.running && this.headset.running ? "" : "sound-blocked";
    if (!this.#soundFault) for (const el of this.#voices) el.play().catch(() => {});
  }

  #soundChanged() {
    const running = this.ringer?.running && this.headset?.running;
    if (running) this.#soundFault = "";
    else if (this.#soundFault === "" && !this.#opening) this.#soundFault = "sound-lost";
    this.onchange();
  }

  async #openMicrophone() {
    if (this.#silent) {
      if (!this.track && this.headset) this.#use(silence(this.headset.ctx));
      return;
    }
    if (!navigator.mediaDevices) {
      this.#micFault = "insecure";
      return;
    }
    const { microphone } = this.settings, clean = this.settings.clean && !this.#plain;
    if (!this.track) this.#microphoneIs("microphone-asking");
    try {
      this.#use(await navigator.mediaDevices.getUserMedia({
        audio: {
          ...(microphone && { deviceId: { ideal: microphone } }),
          echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean, channelCount: 1,
        },
      }));
    } catch (e) {
      this.#closeMicrophone();
      this.#micFault = micFault(e);
    }
    this.onchange();
  }

  /** use takes a stream as the microphone; the station gets a copy that can be kept back. @param {MediaStream} stream */
  #use(stream) {
    const speak = this.track?.enabled ?? false;
    this.#closeMicrophone();
    const source = stream.getAudioTracks()[0];
    this.#stream = stream;
    this.#micFault = source.muted && !this.#silent ? "microphone-off" : "";
    source.onended = () => this.#microphoneIs("microphone-lost");
    source.onmute = () => this.#microphoneIs("microphone-off");
    source.onunmute = () => this.#microphoneIs("");
    this.track = source.clone();
    this.track.enabled = speak;
    if (this.headset && !this.#silent) this.meter = new Meter(this.headset.ctx, stream);
    this.ontrack();
  }

  /** @param {string} fault */
  #microphoneIs(fault) {
    if (this.#silent) return;
    this.#micFault = fault;
    this.onchange();
  }

  #closeMicrophone() {
    for (const t of this.#stream?.getTracks() ?? []) {
      t.onended = t.onmute = t.onunmute = null;
      t.stop();
    }
    this.track?.stop();
    this.meter?.close();
    this.#stream = this.track = this.meter = null;
  }

  async #devicesChanged() {
    await this.#listDevices();
    await this.#route();
    if (this.#micFault) this.#reopen();
    this.onchange();
  }

  async #reopen() {
    if (this.#wanted) await this.#openMicrophone();
  }

  async #listDevices() {
    const all = await navigator.mediaDevices?.enumerateDevices() ?? [];
    this.devices = all.filter((d) => d.deviceId !== "" && d.kind !== "videoinput");
  }

  /** route sends the sounds to the chosen devices, or to the usual one. */
  async #route() {
    const { headset, ringer } = this.settings;
    /** @param {string} id */
    const there = (id) => (this.devices.some((d) => d.kind === "audiooutput" && d.deviceId === id) ? id : "");
    await this.ringer?.useDevice(there(ringer));
    await this.headset?.useDevice(there(headset));
    for (const el of this.#voices) await el.setSinkId?.(there(headset)).catch(() => {});
  }

  /** A wake lock ends whenever the page is hidden: take it again when it is seen. */
  async #keepAwake() {
    if (!this.#wanted || document.hidden || (this.#wake && !this.#wake.released)) return;
    try {
      this.#wake = await navigator.wakeLock.request("screen");
      this.#wakeFault = false;
    } catch {
      this.#wakeFault = true;
    }
  }
}

/** A stream that is silent for ever. @param {AudioContext} ctx */
function silence(ctx) {
  const to = ctx.createMediaStreamDestination(), from = ctx.createConstantSource();
  from.offset.value = 0;
  from.connect(to);
  from.start();
  return to.stream;
}

/** @param {unknown} e what getUserMedia threw */
function micFault(e) {
  switch (e instanceof DOMException ? e.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "microphone-refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "microphone-missing";
    default:
      return "microphone-busy";
  }
}
