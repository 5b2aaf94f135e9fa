// A page that attaches, speaks its microphone, and measures what it hears.
// Its findings are in window.tone, for the test that opened it.
const tone = { state: "starting", id: "", refused: [], violations: [] };
window.tone = tone;
document.addEventListener("securitypolicyviolation", (e) => tone.violations.push(e.violatedDirective));

const socket = new WebSocket(`ws://${location.host}/api/ws`);
const peer = new RTCPeerConnection();
const sound = new AudioContext({ sampleRate: 48000 });
const analyser = new AnalyserNode(sound, { fftSize: 32768, smoothingTimeConstant: 0 });

socket.onopen = () => say({ type: "attach", kind: "browser", name: "tone" });
socket.onclose = (c) => (tone.state = `closed ${c.code} ${c.reason}`);
socket.onmessage = async (m) => {
  const e = JSON.parse(m.data);
  if (e.type === "ping") say({ type: "pong", n: e.n });
  if (e.type === "refused") tone.refused.push(e.error.text);
  if (e.type === "welcome") {
    tone.id = e.console;
    await offer();
  }
  if (e.type === "sdp") await peer.setRemoteDescription({ type: "answer", sdp: e.sdp });
};

function say(message) {
  socket.send(JSON.stringify(message));
}

async function offer() {
  const microphone = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  await sound.resume(); // allowed without a gesture, once the microphone is open
  peer.addTrack(microphone.getAudioTracks()[0], microphone);
  peer.ontrack = (e) => {
    // Chromium moves a remote track's sound only while an element plays it too.
    const element = new Audio();
    element.muted = true;
    element.srcObject = e.streams[0];
    element.play();
    sound.createMediaStreamSource(e.streams[0]).connect(analyser);
  };
  peer.onconnectionstatechange = () => (tone.state = peer.connectionState);
  await peer.setLocalDescription();
  say({ type: "sdp", sdp: peer.localDescription.sdp });
}

// heard returns the strongest frequency in hertz, 0 in silence.
function heard() {
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  let best = 0;
  bins.forEach((level, i) => {
    if (level > bins[best]) best = i;
  });
  return bins[best] < -60 ? 0 : (best * sound.sampleRate) / analyser.fftSize;
}

// until waits, at most 15 seconds, for a frequency and returns what is heard.
tone.until = async (right) => {
  for (let tries = 0; tries < 150 && !right(heard()); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return heard();
};

tone.mute = (on) => {
  peer.getSenders()[0].track.enabled = !on;
  return on;
};

// figures returns what the connection counted.
tone.figures = async () => {
  const out = {};
  (await peer.getStats()).forEach((s) => {
    if (s.type === "inbound-rtp") Object.assign(out, { received: s.packetsReceived, lost: s.packetsLost });
    if (s.type === "outbound-rtp") Object.assign(out, { sent: s.packetsSent, bytes: s.bytesSent });
  });
  return out;
};
