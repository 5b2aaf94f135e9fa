package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const thirdTone = 880.0 // Hz, spoken by a further console of north's

// further opens one more console of north's, in a browser of its own, ready.
func (p *pair) further(t *testing.T, tone float64) *tab {
	t.Helper()
	c := startChromium(t, options{Tone: tone})
	third := c.open(t, ready(t, p.demo.North))
	third.waitText("#own-ready", "ready")
	return third
}

// inPage waits until an expression of the page is true.
func (p *tab) inPage(what, script string) {
	p.t.Helper()
	p.until(patience, func() bool { return eval[bool](p, script) }, func() string {
		return fmt.Sprintf("%s: never; the page says %q", what, p.text(".state"))
	})
}

// A drill is seen, heard and read as one on both sides, needs two steps, and gives way to a real call in the middle.
func TestDrillInterrupted(t *testing.T) {
	p := startPair(t)
	p.North.clickOn("#drill > summary")
	p.North.clickOn("#drill-go")
	p.South.waitStatus("DRILL · Incoming call")
	p.North.waitStatus("DRILL · Ringing")
	for _, side := range []*tab{p.North, p.South} {
		side.inPage("marked", `document.body.hasAttribute('data-drill') && document.title.startsWith('DRILL') && document.querySelector('#act').textContent.endsWith('DRILL')`)
	}
	striped := `getComputedStyle(document.querySelector(".glance")).backgroundImage.includes("repeating-linear-gradient")`
	p.North.inPage("striped", striped)
	p.South.inPage("striped", striped)
	p.South.sounds(311, 831) // horns, no bell
	p.North.sounds(270, 425) // and whoever calls hears that too
	p.South.inPage("spoken", `document.querySelector('#alert').textContent.includes('DRILL')`)
	p.South.screenshot("drill-incoming")
	p.South.press("Answer DRILL")
	p.North.waitStatus("DRILL · In call")
	p.South.waitStatus("DRILL · In call")
	p.North.hears(southTone, northTone)
	p.North.screenshot("drill-in-call")

	p.South.clickOn("#drill-real")
	p.North.waitStatus("Incoming call")
	p.North.waitText("#notices", "The drill was interrupted: ")
	p.North.sounds(831, 311)
	p.South.sounds(425, 270)
	p.North.inPage("no stripes", "!"+striped)
	p.North.inPage("real", `!document.body.hasAttribute('data-drill') && !document.title.includes('DRILL') && document.querySelector('#act').textContent === 'Answer'`)
	p.North.screenshot("drill-interrupted")
	p.North.press("Answer")
	p.inCall()
	p.speaking()
	p.North.press("Hang up")
	for _, side := range []*tab{p.North, p.South} {
		side.waitStatus("Call ended")
		side.row("is the drill's, which gave way", func(r seen) bool {
			return r.Kind == "call" && strings.Contains(strings.ToLower(r.All), "drill") && strings.Contains(r.All, "real call")
		})
	}
}

// Who joins to listen hears both sides, and nobody hears them; who joins to speak is heard on the other side.
func TestJoinedHearsBoth(t *testing.T) {
	p := startPair(t)
	third := p.further(t, thirdTone)
	p.call()
	p.speaking()
	third.clickOn("#join-listen")
	third.waitText("#company-people", "listens")
	third.waitText("#act", "Leave")
	third.until(patience, func() bool {
		h := third.hear(time.Second, northTone, southTone)
		return h.Levels[0] > toneThere && h.Levels[1] > toneThere
	}, func() string {
		return fmt.Sprintf("who has joined should hear both: %+v", third.hear(time.Second, northTone, southTone))
	})
	if h := p.South.hear(time.Second, northTone, thirdTone); h.Levels[1]-h.Levels[0] > toneAbsent {
		t.Errorf("who only listens is heard by the other side: %+v", h)
	}
	p.South.waitText("#company-people", "listens")
	third.clickOn("#join-speak")
	p.South.waitText("#company-people", "speaks too")
	p.South.until(patience, func() bool {
		h := p.South.hear(time.Second, northTone, thirdTone)
		return h.Levels[0] > toneThere && h.Levels[1] > toneThere
	}, func() string {
		return fmt.Sprintf("both of north's should be heard: %+v", p.South.hear(time.Second, northTone, thirdTone))
	})
	p.South.inPage("who speaks is shown", `document.querySelectorAll('#company-people li[data-speaking]').length >= 2`)
	third.screenshot("joined")
	third.press("Leave")
	third.waitText("#act", "In use")
	p.speaking()
}

// The call is handed to another console, and the other side hears no break: no more is made up than without.
func TestHandOverIsInaudible(t *testing.T) {
	p := startPair(t)
	third := p.further(t, northTone)
	p.call()
	p.speaking()
	let(settle)
	var without, with []int
	here := []*tab{p.North, third}
	for i := range 6 {
		from, to := here[i%2], here[(i+1)%2]
		still := p.South.concealed(window)
		from.clickOn("#hand > summary")
		before := p.South.received()
		from.clickOn("#hand-go")
		to.until(patience, func() bool { return to.text("#act") == "Hang up" },
			func() string {
				return fmt.Sprintf("round %d: never handed over; %s %s", i, from.text("#refusal"), from.text("#company"))
			})
		let(window / 2)
		after := p.South.received()
		without, with = append(without, still), append(with, after.Concealed-before.Concealed)
	}
	a, b := median(without), median(with)
	t.Logf("concealed samples: %v with a hand-over (%d), %v without (%d)", with, b, without, a)
	if b-a > mostExtra {
		t.Errorf("the other side hears the hand-over: %d samples more are made up, want at most %d", b-a, mostExtra)
	}
	p.South.hears(northTone, southTone)
	p.South.waitText("#ladder", "handed to")
}

// concealed counts what the page makes up in the time.
func (p *tab) concealed(d time.Duration) int {
	p.t.Helper()
	before := p.received()
	let(d)
	return p.received().Concealed - before.Concealed
}
