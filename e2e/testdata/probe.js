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
    const analyser = analyserIn(audio);
    audio.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    analysers.set(track.id, analyser);
  }

  function analyserIn(ctx) {
    const analyser = ctx.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    return analyser;
  }

  /** What the page makes sound: ringer and headset. @type {AnalyserNode[]} */
  const outputs = [];
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      const analyser = analyserIn(this.context);
      connect.call(this, analyser);
      outputs.push(analyser);
    }
    return connect.call(this, to, ...rest);
  };

  /** The newest connection that is not closed. */
  function live() {
    return connections.findLast((c) => c.connectionState !== 'closed');
  }

  /** One for each voice that is received, all of one size. */
  function ears() {
    return (live()?.getReceivers() ?? []).map((r) => analysers.get(r.track.id)).filter((a) => a !== undefined);
  }

  /** Listens for ms to the voices that are received, and answers as measured does. */
  async function hear(ms, frequencies) {
    if (audio && audio.state !== 'running') await audio.resume();
    return measured(ears(), ms, frequencies);
  }

  /** Listens for ms to what the page makes sound. */
  const sounds = (ms, frequencies) => measured(outputs, ms, frequencies);

  /** The level in dB of each frequency asked for, and of the loudest. */
  async function measured(all, ms, frequencies) {
    const peaks = all.map((one) => new Float32Array(one.frequencyBinCount).fill(-200));
    for (const end = performance.now() + ms; performance.now() < end;) {
      await new Promise((done) => setTimeout(done, 50));
      for (const [n, one] of all.entries()) {
        const bins = new Float32Array(one.frequencyBinCount);
        one.getFloatFrequencyData(bins);
        for (let i = 0; i < bins.length; i++) peaks[n][i] = Math.max(peaks[n][i], bins[i]);
      }
    }
    const found = { loudest: 0, level: -200, levels: frequencies.map(() => -200) };
    for (const [n, peak] of peaks.entries()) {
      const width = all[n].context.sampleRate / all[n].fftSize;
      const near = (hz) => Math.max(...peak.subarray(Math.floor(hz / width) - 2, Math.ceil(hz / width) + 3));
      const loudest = peak.indexOf(Math.max(...peak));
      if (peak[loudest] > found.level) Object.assign(found, { loudest: loudest * width, level: peak[loudest] });
      found.levels = found.levels.map((level, i) => Math.max(level, near(frequencies[i])));
    }
    return found;
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
    value: { hear, sounds, received, statuses, said, connections: () => connections.length },
  });
})();
