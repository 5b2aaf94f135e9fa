// Package e2e has only tests: two real Chromium processes, each with a tone for a
// microphone, hold calls and write to each other through the two real stations of
// `ringdown demo`, or through two of `ringdown serve` where one is to be killed.
//
// The tests see what a person sees. Buttons are found by their accessible name and
// pressed with the mouse; the state of a call is read from the element with
// role=status; the voice is measured where it comes out of WebRTC. The instrument
// for that (testdata/probe.js) is put into the page before the page's own scripts;
// the page itself knows nothing of it. TestInstrument checks the instrument. What a
// station holds is read from its page, not from its disk.
//
// RINGDOWN_LONG=1 gives the hidden tab its full ten minutes. RINGDOWN_SHOTS names a
// folder that receives screenshots.
package e2e
