// Sends the microphone from one connection to another in the same page, so that the
// probe can be checked with nothing of ours between.
const status = document.getElementById('status');
const stop = document.getElementById('stop');

document.getElementById('start').addEventListener('click', async () => {
  const voice = await navigator.mediaDevices.getUserMedia({ audio: true });
  const near = new RTCPeerConnection();
  const far = new RTCPeerConnection();
  near.onicecandidate = (e) => far.addIceCandidate(e.candidate ?? undefined);
  far.onicecandidate = (e) => near.addIceCandidate(e.candidate ?? undefined);
  near.addTrack(voice.getAudioTracks()[0], voice);
  far.ontrack = (e) => {
    const sound = new Audio();
    sound.srcObject = e.streams[0];
    sound.play();
  };
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
  status.textContent = 'Speaking';
  stop.disabled = false;
  stop.addEventListener('click', () => {
    near.getSenders()[0].track.enabled = false;
    status.textContent = 'Silent';
  });
});
