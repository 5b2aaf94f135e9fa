package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The page Accord, in two real browsers: one side proposes other rules, the other's console shows it in one sentence and
// leads to the page, a person approves, and both pages and both records have it.
func TestAccordPage(t *testing.T) {
	n, s := startStations(t)
	browser := startChromium(t, options{Tone: northTone})
	other := startChromium(t, options{Tone: southTone})
	desk := s.at(other, "/")
	north, south := n.at(browser, "/accord.html?line=south"), s.at(other, "/accord.html?line=north")
	for _, p := range []*tab{north, south} {
		p.size(1280, 1800)
		p.waitText("#rules", "how many consoles are ready")
		p.waitText("#parties", "North")
		p.waitText("#history", "first signed")
	}
	eval[bool](south, `(new MutationObserver(() => {
		globalThis.heldBack ??= [...document.querySelectorAll("#proposals button")].find((b) => b.textContent === "Approve")?.disabled;
	}).observe(document.getElementById("proposals"), { childList: true }), true)`)
	north.clickOn("#propose summary")
	north.waitText("#preview", "These rules are in force now.")
	north.pick("#watch", "names")
	north.clickOn("#tests")
	north.do("typing", chromedp.KeyEvent(" x"))
	north.waitText("#preview", "no time of day")
	north.set("#tests", "6:00")
	north.waitText("#preview", "06:00 UTC. A person at")
	north.portrait("accord-propose")
	north.clickOn("#propose-go")
	north.waitText("#proposals", "Waits for a person at")

	desk.waitText("#notices", "North proposes new rules: each side sees who has the watch")
	desk.do("leading elsewhere", chromedp.Evaluate[chromedp.Void](`window.open = (to) => { window.led = to; return null; }`))
	desk.clickWhere("Open the page", `[...document.querySelectorAll('#notices > *')].find((e) => e.textContent.includes('North proposes'))?.querySelector('button')`)
	if to := eval[string](desk, `window.led ?? ''`); to != "/accord.html?line=north" {
		t.Errorf("the notice leads to %q", to)
	}
	south.waitText("#proposals", "North proposes new rules")
	if !eval[bool](south, "globalThis.heldBack") {
		t.Error("a proposal could be approved at the instant at which it came")
	}
	south.portrait("accord-asked")
	south.scheme("dark")
	south.portrait("accord-asked-dark")
	south.size(360, 900)
	south.fits()
	south.portrait("accord-narrow")
	south.size(1280, 1800)
	south.pressIn("#proposals", "Approve")
	for _, p := range []*tab{north, south} {
		p.waitText("#rules", "who has the watch")
		p.waitText("#history", "New rules, proposed by North")
		p.until(patience, func() bool { return strings.TrimSpace(p.text("#proposals")) == "" }, func() string { return "still proposed: " + p.text("#proposals") })
	}
	north.portrait("accord-changed")

	south.clickOn("#propose summary")
	south.clickOn("#text")
	south.clickOn("#propose-go")
	north.pressIn("#proposals", "Refuse")
	south.waitText("#proposals", "Refused by")
	south.portrait("accord-refused")
	south.pressIn("#proposals", "Take note")
	south.until(patience, func() bool { return strings.TrimSpace(south.text("#proposals")) == "" }, func() string { return "still shown: " + south.text("#proposals") })
}

// set gives a field its value, as a person does who types over what stood there.
func (p *tab) set(selector, value string) {
	p.t.Helper()
	p.clickOn(selector)
	p.do("selecting it", chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`))
	p.do("typing "+value, chromedp.KeyEvent(value))
}

// pick picks from a list.
func (p *tab) pick(selector, value string) {
	p.t.Helper()
	p.do("choosing "+value, chromedp.Evaluate[chromedp.Void](`{ const s = document.querySelector("`+selector+`"); s.value = "`+value+`"; s.dispatchEvent(new Event("input", { bubbles: true })); }`))
}
