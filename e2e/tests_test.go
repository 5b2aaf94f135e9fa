package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestOfTheLine: an officer starts a test, the other reads the words back from the page, and both see that it passed;
// then one side suspends calls, the other is told why, and can do what it is told.
func TestOfTheLine(t *testing.T) {
	p := startPair(t)
	for _, tab := range []*tab{p.North, p.South} {
		tab.size(1280, 1400)
	}
	p.North.screenshot("test-none")
	p.North.press("Start a test")
	p.North.waitText("#test-ours", "is asked to read back")
	p.North.screenshot("test-asked")
	p.South.waitText("#notices", "two words wait to be read back")
	p.South.screenshot("test-to-read")
	p.South.pressIn("#notices", "Read back")
	words := p.South.text("#test-words")
	p.South.do("reading back", chromedp.KeyEvent(strings.ToUpper(words)))
	p.South.pressIn("#test-form", "Read back")
	for _, tab := range []*tab{p.North, p.South} {
		tab.waitText("#test-state", "Passed")
		tab.waitText("#facts", "passed")
		tab.waitText("#test-paths", "path 2 up")
	}
	p.South.screenshot("test-passed")

	p.South.press("Suspend calls …")
	p.South.do("saying why", chromedp.KeyEvent("an exercise of ours until noon"))
	p.South.screenshot("suspend-form")
	p.South.pressIn("#suspend-form", "Suspend calls")
	p.North.waitText("#notices", "South has suspended the right to call")
	p.North.waitText("#notices", "an exercise of ours until noon. Only they can restore it; text passes meanwhile.")
	p.South.waitText("#notices", "This side has suspended the right to call")
	p.North.waitText("#act-note", "has suspended the right to call")
	for _, tab := range []*tab{p.North, p.South} {
		tab.waitStatus("Calls suspended")
	}
	p.North.screenshot("suspended-theirs")
	p.South.screenshot("suspended-ours")
	p.North.size(390, 1800)
	p.North.screenshot("suspended-phone")
	p.North.size(1280, 1400)
	p.South.pressIn("#notices", "Restore calls")
	for _, tab := range []*tab{p.North, p.South} {
		tab.until(patience, func() bool { return !strings.Contains(tab.text("#notices"), "suspended") }, func() string { return "it still says " + tab.text("#notices") })
	}
	p.North.press("Start a test")
	p.South.waitText("#notices", "two words wait to be read back")
	p.South.pressIn("#notices", "Read back")
	p.South.do("reading back", chromedp.KeyEvent("another word"))
	p.South.pressIn("#test-form", "Read back")
	p.North.waitText("#test-state", "Failed")
	p.North.waitText("#test-why", "what was read back is not what was asked")
	p.North.screenshot("test-failed")
}
