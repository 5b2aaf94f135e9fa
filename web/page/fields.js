// @ts-check
/** The equipment's fields: name, microphone, headset, ringer, each with its test. */

import { any, byId, say } from "./dom.js";

/** @typedef {{name: () => string, rename: (name: string) => void, standDown: () => void}} Owner */

const testRing = 2400; // ms

export class Fields {
  #equipment;
  #selects = {
    microphone: byId("microphone", HTMLSelectElement),
    headset: byId("headset", HTMLSelectElement),
    ringer: byId("ringer", HTMLSelectElement),
  };
  #devices = "";
  #name = byId("name", HTMLInputElement);
  #owner;

  /** @param {import("./equipment.js").Equipment} equipment @param {Owner} owner */
  constructor(equipment, owner) {
    this.#equipment = equipment;
    this.#owner = owner;
    this.#name.addEventListener("change", () => owner.rename(this.#name.value.trim()));
    any("stand-down").addEventListener("click", () => owner.standDown());
    for (const key of /** @type {const} */ (["microphone", "headset", "ringer"])) {
      this.#selects[key].addEventListener("change", () => equipment.set({ [key]: this.#selects[key].value }));
    }
    this.#check("clean");
    this.#check("tick");
    const volume = byId("volume", HTMLInputElement);
    volume.value = String(Math.round(equipment.settings.volume * 100));
    volume.addEventListener("input", () => equipment.set({ volume: Number(volume.value) / 100 }));
    any("test-ringer").addEventListener("click", () => this.#testRinger());
    any("test-headset").addEventListener("click", () => equipment.tryHeadset());
    any("headset-field").hidden = any("ringer-field").hidden = !("setSinkId" in HTMLMediaElement.prototype);
    any("microphone-field").hidden = any("clean-field").hidden = equipment.recorded;
  }

  /** show prints the name, and lists the devices when they changed. */
  show() {
    if (document.activeElement !== this.#name) this.#name.value = this.#owner.name();
    const { devices, settings } = this.#equipment;
    const now = JSON.stringify(devices.map((d) => [d.deviceId, d.label]));
    if (now === this.#devices) return;
    this.#devices = now;
    this.#list("microphone", devices.filter((d) => d.kind === "audioinput"), settings.microphone);
    const outputs = devices.filter((d) => d.kind === "audiooutput");
    this.#list("headset", outputs, settings.headset);
    this.#list("ringer", outputs, settings.ringer);
  }

  /** @param {"microphone"|"headset"|"ringer"} key @param {MediaDeviceInfo[]} devices @param {string} chosen */
  #list(key, devices, chosen) {
    const select = this.#selects[key];
    const usual = new Option("The system’s choice", "");
    const rest = devices.filter((d) => d.deviceId !== "default").map((d, i) => new Option(d.label || `Device ${i + 1}`, d.deviceId));
    select.replaceChildren(usual, ...rest);
    if (chosen && !devices.some((d) => d.deviceId === chosen)) select.append(new Option("The chosen one (not connected)", chosen));
    select.value = chosen;
  }

  /** @param {"clean"|"tick"} key */
  #check(key) {
    const box = byId(key, HTMLInputElement);
    box.checked = this.#equipment.settings[key];
    box.addEventListener("change", () => this.#equipment.set({ [key]: box.checked }));
  }

  #testRinger() {
    const button = any("test-ringer");
    this.#equipment.tryRinger(testRing);
    say(button, "Ringing …");
    setTimeout(() => say(button, "Test the ringer"), testRing);
  }
}
