// The instrument: wraps RTCPeerConnection and watches the call's status, before any
// script of the page runs. The page's own objects stay as they are.
(() => {
  'use strict';

  /** Text that an element with role=status has shown, in order, without repeats in a row. */
  const said = [];
  /** @type {RTCPeerConnection[]} */
  const connections = [];
  /** @type {Map<string, AnalyserNode>} received audio tracks by id */
  const analysers = new Map();
  /** @type {AudioContext | undefined} */
  let audio;

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      connections.push(this);
      this.addEventListener('track', (e) => e.track.kind === 'audio' && listen(e.track));
    }
  };

  function listen(track) {
    audio ??= new AudioContext();
    const analyser = audio.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    audio.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    analysers.set(track.id, analyser);
  }

  /** The newest connection that is not closed. */
  function live() {
    return connections.findLast((c) => c.connectionState !== 'closed');
  }

  /** One for each voice that is received, all of one size. */
  function ears() {
    return (live()?.getReceivers() ?? []).map((r) => analysers.get(r.track.id)).filter((a) => a !== undefined);
  }

  /** Listens for ms and answers with the level in dB of each frequency asked for, and of the loudest. */
  async function hear(ms, frequencies) {
    const none = { loudest: 0, level: -200, levels: frequencies.map(() => -200) };
    const all = ears(), ear = all[0];
    if (!ear || !audio) return none;
    if (audio.state !== 'running') await audio.resume();
    const bins = new Float32Array(ear.frequencyBinCount);
    const peak = new Float32Array(ear.frequencyBinCount).fill(-200);
    for (const end = performance.now() + ms; performance.now() < end;) {
      await new Promise((done) => setTimeout(done, 50));
      for (const one of all) {
        one.getFloatFrequencyData(bins);
        for (let i = 0; i < bins.length; i++) peak[i] = Math.max(peak[i], bins[i]);
      }
    }
    const width = audio.sampleRate / ear.fftSize;
    const near = (hz) => Math.max(...peak.subarray(Math.floor(hz / width) - 2, Math.ceil(hz / width) + 3));
    const loudest = peak.indexOf(Math.max(...peak));
    return { loudest: loudest * width, level: peak[loudest], levels: frequencies.map(near) };
  }

  /** What the browser counted of the voice it received on the live connection. */
  async function received() {
    const report = await live()?.getStats();
    const inbound = [...(report?.values() ?? [])].filter((s) => s.type === 'inbound-rtp' && s.kind === 'audio');
    const found = inbound.sort((a, b) => b.packetsReceived - a.packetsReceived)[0]; // whoever speaks for the other side
    return {
      packets: found?.packetsReceived ?? 0,
      samples: found?.totalSamplesReceived ?? 0,
      concealed: found?.concealedSamples ?? 0,
      lost: found?.packetsLost ?? 0,
    };
  }

  function statuses() {
    return [...document.querySelectorAll('[role=status]')]
      .map((e) => (e.textContent ?? '').replace(/\s+/g, ' ').trim())
      .filter((text) => text !== '');
  }

  let last = '';
  new MutationObserver(() => {
    const now = statuses().join(' | ');
    if (now !== last) said.push(now);
    last = now;
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });

  Object.defineProperty(window, 'ringdownProbe', {
    value: { hear, received, statuses, said, connections: () => connections.length },
  });
})();
