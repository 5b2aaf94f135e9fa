package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A browser as people have it: no flag for loopback, none for sound without a
// gesture, none that answers for the person. Every button is really pressed.
func TestWithoutFlags(t *testing.T) {
	d := startDemo(t)
	p := &pair{demo: d}
	p.NorthBrowser, p.North = plainPage(t, d.North, northTone)
	p.SouthBrowser, p.South = plainPage(t, d.South, southTone)
	p.call()
	p.speaking()
	p.North.press("Hang up")
	p.South.waitStatus("Call ended")
}

func plainPage(t *testing.T, address string, tone float64) (*chromium, *tab) {
	t.Helper()
	c := startChromium(t, options{Tone: tone, Plain: true})
	c.allowMicrophone(t, origin(t, address))
	p := c.open(t, address)
	p.press("Ready")
	p.waitStatus("Line open")
	return c, p
}

// A console in a tab that nobody looks at stays ready: it answers the heartbeat
// however much the browser slows its timers, and it rings. CI gives it
// twenty seconds, `make long` the full ten minutes.
func TestHiddenTab(t *testing.T) {
	hidden := 20 * time.Second
	if os.Getenv("RINGDOWN_LONG") != "" {
		hidden = 10 * time.Minute
	}
	d := startDemo(t)
	p := &pair{demo: d}
	p.NorthBrowser = startChromium(t, options{Tone: northTone})
	p.North = p.NorthBrowser.open(t, ready(t, d.North))
	p.SouthBrowser = startChromium(t, options{Tone: southTone, Throttled: true})
	p.South = p.SouthBrowser.open(t, ready(t, d.South))
	p.South.waitStatus("Line open")
	p.North.waitStatus("Line open")

	p.SouthBrowser.open(t, "about:blank") // the tab that hides the first
	p.South.until(patience, p.South.hidden, func() string { return "south's tab cannot be hidden" })

	asked := time.Now()
	for time.Since(asked) < hidden {
		let(time.Second)
		if far := p.farReady(); far != 1 {
			t.Fatalf("after %v hidden, %d consoles are ready at south, wanted 1", time.Since(asked).Round(time.Second), far)
		}
	}
	if !p.South.hidden() {
		t.Fatal("south's tab was not hidden all the time")
	}
	p.North.press("Call")
	p.North.waitStatus("Ringing")
}

func (p *tab) hidden() bool {
	p.t.Helper()
	return eval[bool](p, `document.visibilityState === 'hidden'`)
}

// Who has only a keyboard, and who has only a phone's width: the one act is always
// under the same keys, Tab leads to the rest, and nothing stands beyond the edge.
func TestKeyboardAndNarrow(t *testing.T) {
	d := startDemo(t)
	p := &pair{demo: d}
	p.NorthBrowser = startChromium(t, options{Tone: northTone})
	p.North = p.NorthBrowser.open(t, d.North)
	p.North.size(360, 740)
	p.SouthBrowser = startChromium(t, options{Tone: southTone})
	p.South = p.SouthBrowser.open(t, d.South)

	p.North.key("Ready", kb.Enter)
	p.South.key("Ready", " ")
	p.North.waitStatus("Line open")
	p.North.fits()
	p.North.key("Call", " ")
	p.South.waitStatus("Incoming call")
	p.South.key("Answer", kb.Enter)
	p.inCall()
	p.North.fits()
	p.North.tabTo("Mute")
	p.North.key("Mute", " ")
	p.North.key("Unmute", " ")
	p.speaking()
	p.South.key("Hang up", kb.Enter)
	p.North.waitStatus("Call ended")
	p.North.fits()
}

// key waits for the button of that name, as a person looks for the word, and types.
func (p *tab) key(word, key string) {
	p.t.Helper()
	p.settled(word, reaction)
	p.do("typing "+word, chromedp.KeyEvent(key))
}

// tabTo presses Tab until the button has the focus.
func (p *tab) tabTo(name string) {
	p.t.Helper()
	for range 50 {
		if eval[string](p, `document.activeElement?.textContent ?? ''`) == name {
			return
		}
		p.do("Tab", chromedp.KeyEvent(kb.Tab))
	}
	p.t.Fatalf("Tab does not lead to %q", name)
}

// fits fails the test if the page is wider than its window.
func (p *tab) fits() {
	p.t.Helper()
	if beyond := eval[int](p, `document.scrollingElement.scrollWidth - innerWidth`); beyond > 0 {
		p.t.Errorf("the page is %d pixels wider than its window; status %q", beyond, p.statuses())
	}
}
