// @ts-check
/**
 * Voice between this page and its station: one RTCPeerConnection with an audio
 * transceiver for each voice that may be heard; the first carries this page's own too. It
 * comes back by itself. The station is ICE-lite on one UDP port: the page offers, the station answers, and the page's checks find it.
 */

/** @typedef {"off"|"connecting"|"up"|"lost"} VoiceState */

const gatherWait = 250; // ms for the browser's own candidates; the station can do without
const patience = 6000; // ms for a connection to come up
const grace = 2000; // ms that a connection may be "disconnected"
const voices = 4; // heard at once: both sides of a standard line
const pause = 1000; // ms before the next attempt

export class Voice {
  /** @type {VoiceState} */
  state = "off";

  /**
   * onstate is called when state changed.
   * @type {() => void}
   */
  onstate = () => {};

  /**
   * onfar is called with the voices of each new connection, each by itself: the other side's talkers
   * first, then our own.
   * @type {(s: MediaStream, place: number) => void}
   */
  onfar = () => {};

  #offer;
  /** @type {RTCPeerConnection|null} */
  #peer = null;
  /** @type {MediaStreamTrack|null} */
  #track = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {(sdp: string) => void} offer brings an offer to the station */
  constructor(offer) {
    this.#offer = offer;
  }

  /** start connects, anew if there was a connection. @param {MediaStreamTrack} track what is spoken */
  async start(track) {
    this.#end();
    this.#track = track;
    this.#become("connecting");
    const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
    this.#peer = peer;
    peer.addTransceiver(track, { direction: "sendrecv" });
    for (let i = 1; i < voices; i++) peer.addTransceiver("audio", { direction: "recvonly" });
    peer.ontrack = (e) => this.onfar(e.streams[0] ?? new MediaStream([e.track]), peer.getTransceivers().indexOf(e.transceiver));
    peer.onconnectionstatechange = () => this.#changed(peer);
    this.#after(patience, () => this.#again());
    await peer.setLocalDescription();
    await gathered(peer);
    if (peer === this.#peer) this.#offer(peer.localDescription?.sdp ?? "");
  }

  /** answer takes the station's answer to the newest offer. @param {string} sdp */
  async answer(sdp) {
    const peer = this.#peer;
    if (peer?.signalingState !== "have-local-offer") return;
    await peer.setRemoteDescription({ type: "answer", sdp }).catch(() => this.#again());
  }

  /** speak replaces what is spoken, without a gap. @param {MediaStreamTrack} track */
  async speak(track) {
    this.#track = track;
    await this.#peer?.getSenders()[0]?.replaceTrack(track);
  }

  /** stop hangs up on the station's voice port; calls know nothing of it. */
  stop() {
    this.#end();
    this.#track = null;
    this.#become("off");
  }

  /** The connection's figures, for tests and for those who look. */
  stats() {
    return this.#peer?.getStats() ?? Promise.resolve(new Map());
  }

  /** @param {RTCPeerConnection} peer */
  #changed(peer) {
    if (peer !== this.#peer) return;
    switch (peer.connectionState) {
      case "connected":
        clearTimeout(this.#timer);
        this.#become("up");
        break;
      case "disconnected":
        this.#after(grace, () => this.#again());
        break;
      case "failed":
      case "closed":
        this.#again();
    }
  }

  #again() {
    this.#end();
    this.#become("lost");
    this.#after(pause, () => {
      if (this.#track) this.start(this.#track);
    });
  }

  /** @param {number} ms @param {() => void} what */
  #after(ms, what) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(what, ms);
  }

  #end() {
    clearTimeout(this.#timer);
    const peer = this.#peer;
    this.#peer = null;
    if (peer) {
      peer.ontrack = peer.onconnectionstatechange = null;
      peer.close();
    }
  }

  /** @param {VoiceState} state */
  #become(state) {
    // A connection that was lost stays so until it is up: trying is not having.
    if (state === this.state || (state === "connecting" && this.state === "lost")) return;
    this.state = state;
    this.onstate();
  }
}

/** gathered waits for the browser's candidates, but not long. @param {RTCPeerConnection} peer */
function gathered(peer) {
  return new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") return resolve(undefined);
    const timer = setTimeout(resolve, gatherWait);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
