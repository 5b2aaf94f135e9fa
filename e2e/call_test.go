package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A tone spoken in one page is heard in the other, and the other tone the other way:
// no path within one page, and no echo, could pass.
func TestTonesBothWays(t *testing.T) {
	p := startPair(t)
	p.call()
	p.speaking()

	p.North.press("Mute")
	p.South.until(patience, func() bool { return p.South.hear(500*time.Millisecond, northTone).Levels[0] < -70 },
		func() string { return "north is muted, and south still hears it" })
	p.North.hears(southTone, northTone)
	p.North.press("Unmute")
	p.speaking()

	p.South.press("Hang up")
	p.North.waitStatus("Call ended")
	p.South.waitStatus("Call ended")
}

// Who presses the moment a button is there is put off, never dropped: Ready, then Call, then
// Answer lead to a call.
func TestPressedAtOnce(t *testing.T) {
	d := startDemo(t)
	north := startChromium(t, options{Tone: northTone}).open(t, d.North)
	south := startChromium(t, options{Tone: southTone}).open(t, d.South)
	north.pressAtOnce("Ready")
	south.pressAtOnce("Ready")
	south.waitStatus("Line open")
	north.pressAtOnce("Call")
	south.pressAtOnce("Answer")
	north.waitStatus("In call")
	south.waitStatus("In call")
}

// What is cut on every path is held, and comes back by itself.
func TestBothPathsCut(t *testing.T) {
	p := startPair(t)
	p.call()
	p.speaking()
	p.cut(t, 1, true)
	p.cut(t, 2, true)
	p.North.waitStatus("Held")
	p.South.waitStatus("Held")
	let(5 * time.Second)
	p.cut(t, 1, false)
	p.cut(t, 2, false)
	p.inCall()
	p.speaking()
}

// The station owns the call: a page that is loaded again is a lost console, and the
// call waits for it.
func TestPageReloaded(t *testing.T) {
	p := startPair(t)
	p.call()
	p.speaking()
	p.South.reload()
	p.North.waitStatus("Held")
	p.inCall()
	p.speaking()
}

// A page whose process dies says nothing to anybody; the same page, opened again, is
// the same console.
func TestPageKilled(t *testing.T) {
	p := startPair(t)
	p.call()
	p.speaking()
	p.South.crash()
	p.North.waitStatus("Held")
	p.South.reload()
	p.inCall()
	p.speaking()
}

// Ringing is a receipt: while no far page is there, the caller is never told that it
// rings; when one comes, it is.
func TestFarPageClosed(t *testing.T) {
	p := startPair(t)
	p.South.close()
	p.North.press("Call")
	p.North.waitStatus("Calling")
	let(3 * time.Second)
	if said := p.North.said(); slices.ContainsFunc(said, isRinging) {
		t.Fatalf("nobody was there, and the caller was told that it rings: %q", said)
	}
	p.South = p.SouthBrowser.open(t, ready(t, p.demo.South))
	p.North.waitStatus("Ringing")
}

func isRinging(said string) bool { return strings.Contains(said, "Ringing") }
