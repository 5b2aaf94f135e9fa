package e2e

import (
	"strings"
	"testing"
	"time"
)

// From a console the report is one quiet link away: it says and draws how the line of the demo's history has
// served, fits a telephone, and both sides save the same.
func TestReportShown(t *testing.T) {
	d := startDemo(t, "--history")
	c := startChromium(t, options{Tone: northTone})
	p := c.open(t, d.North)
	p.size(1280, 1600)
	p.waitText("#report-link", "Report")
	p.clickOn("#report-link")
	p.waitText("#facts", "of the time the line was up")
	for selector, words := range map[string]string{
		"#title": "North", "#made": "all co-signed", "#facts": "tests passed", "#answer-words": "Half of the answers came within",
		"#ends": "given up by the caller", "#called": "Principal, half within", "#tests-words": "1 failed", "#table": "week",
	} {
		p.waitText(selector, words)
	}
	for what, least := range map[string]int{"#strips rect": 30, "#columns rect": 5, "#trend circle": 2, "#dots circle": 20, "#dots path": 1} {
		if n := eval[int](p, `document.querySelectorAll('`+what+`').length`); n < least {
			t.Errorf("%s: %d are drawn, want at least %d", what, n, least)
		}
	}
	p.press("By month")
	p.waitText("#table", "20") // of the year
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		let(300 * time.Millisecond)
		p.portrait("report-" + scheme)
	}
	p.size(360, 780)
	p.fits()
	p.portrait("report-narrow")

	name, page := p.saves(c, func() { p.clickOn("#save-html") })
	if !strings.HasPrefix(name, "ringdown-report-") || !strings.Contains(string(page), "By week") || strings.Contains(string(page), "<script") {
		t.Errorf("saved as %q: %.80s", name, page)
	}
}
