package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ringdown/api"
)

// What needs a person comes and goes in the first glance, and the one act stays where the hand knows it.
func TestActStays(t *testing.T) { actStays(t, 1280, 900) }

// In half a screen, too, where what the band at the top says breaks.
func TestActStaysInHalf(t *testing.T) { actStays(t, 870, 900) }

// On a phone as well, and a text is written in a call without a search. The act is in sight however far below somebody reads;
// Space turns the page there, and calls nobody.
func TestActStaysOnPhone(t *testing.T) {
	p := actStays(t, 360, 740)
	p.North.press("Hang up")
	p.North.waitStatus("Call ended")
	p.North.settled("Call", reaction)
	p.North.pressIn("#compose", "Record")
	p.North.glanced("#act")
	from := eval[float64](p.North, `(document.activeElement.blur(), scrollY)`)
	p.North.do("turning the page", chromedp.KeyEvent(" "))
	p.North.inPage("the page is turned", fmt.Sprintf(`scrollY > %f`, from))
	if said := p.North.statuses(); !p.North.says("Call ended") && !p.North.says("Line open") {
		t.Errorf("who turned the page called: %q", said)
	}
}

func actStays(t *testing.T, width, height int64) *pair {
	t.Helper()
	p := startPair(t)
	p.North.size(width, height)
	before := p.North.stands("#act")
	stays := func(when string) {
		t.Helper()
		if after := p.North.stands("#act"); after != before {
			t.Errorf("%s: the act stood at %v and stands at %v", when, before, after)
		}
		p.North.screenshot(fmt.Sprintf("act-%d-%s", width, when))
	}
	p.South.press("Call")
	p.North.waitStatus("Incoming call")
	stays("incoming")
	p.South.press("Hang up")
	p.North.waitText("#notices", "Missed")
	p.North.glanced("#notices .notice")
	stays("missed")
	p.North.pressIn("#notices", "Seen")
	p.North.inPage("seen", `document.querySelector('#notices .notice') === null`)
	stays("seen")

	p.call()
	stays("call")
	if _, err := p.demo.client(t, "south").Write(within(t, time.Minute), "north", api.NewMessage{Text: "Two tankers leave box K4 at 14:05"}); err != nil {
		t.Fatal(err)
	}
	p.North.waitText("#notices", "not marked read")
	p.North.glanced("#notices .notice")
	stays("written")
	if below := eval[int64](p.North, `Math.round(document.querySelector('#compose-send').getBoundingClientRect().bottom + scrollY)`); below > height*3/2 {
		t.Errorf("in a call a text is written %d px down the page, in a window %d px high", below, height)
	}
	p.North.sends("They are seen")
	return p
}

// stands is where an element stands in the window: left, top and height in px.
func (p *tab) stands(selector string) [3]float64 {
	p.t.Helper()
	return eval[[3]float64](p, fmt.Sprintf(`(() => { const r = document.querySelector(%s).getBoundingClientRect(); return [r.x, r.y, r.height].map(Math.round); })()`, quote(selector)))
}

// glanced fails the test if an element is not in sight, whole and uncovered, where the page stands.
func (p *tab) glanced(selector string) {
	p.t.Helper()
	if !eval[bool](p, fmt.Sprintf(`(() => {
		const e = document.querySelector(%s), r = e.getBoundingClientRect();
		return [r.top + 2, r.bottom - 2].every((y) => e.contains(document.elementFromPoint(r.left + r.width / 2, y)));
	})()`, quote(selector))) {
		p.t.Errorf("%s is not seen at a glance, at %v", selector, p.stands(selector))
	}
}
