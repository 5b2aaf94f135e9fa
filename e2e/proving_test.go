package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"ringdown/disclose"
)

// A person ticks two entries and asks; the other side agrees, as the accord wants; and what is saved then
// is proven by the command and by the page alike.
func TestDisclosureByConsent(t *testing.T) {
	p := startPair(t)
	for _, tab := range []*tab{p.North, p.South} {
		tab.size(1280, 1800)
	}
	p.North.sends("The pumps run again since 04:10")
	p.South.sends("And our valve is open since 04:12")
	p.North.message("our valve")
	p.North.sends("This one is not to be shown")
	p.North.reaches("not to be shown", "delivered")

	p.North.clickOn("#disclose-button")
	for _, text := range []string{"The pumps run", "And our valve"} {
		p.North.clickOn(inRow(p.North.message(text), ".tick"))
	}
	p.North.clickOn("#disclose-bodies")
	p.North.clickOn("#disclose-to")
	p.North.do("saying for whom", chromedp.KeyEvent("the water inspectorate"))
	p.North.waitText("#disclose-rule", "must agree")
	p.North.screenshot("disclose-form")
	p.North.clickOn("#disclose-go")
	p.North.waitText("#disclosure-list", "as soon as")

	p.South.until(patience, func() bool { return strings.Contains(p.South.text("#notices"), "asks to disclose") },
		func() string { return "South is not told what North asks: " + p.South.text("#notices") })
	p.South.clickWhere("Show, of what is asked", `[...document.querySelectorAll('#notices > *')].find((e) => e.textContent.includes('asks to disclose'))?.querySelector('button')`)
	p.South.pressIn("#disclosure-list", "Agree")
	p.North.waitText("#disclosure-list", "The file is made.")
	p.South.waitText("#disclosures-summary", "1")
	p.South.until(patience, func() bool { return !strings.Contains(p.South.text("#notices"), "asks to disclose") },
		func() string { return "South is still asked though it agreed: " + p.South.text("#disclosure-list") })

	file, data := p.savesDisclosure(t, 1)
	said := verify(t, file)
	if !said.Proven || !strings.Contains(quote(said.Report), "since 04:12") || strings.Contains(string(data), "not to be shown") {
		t.Errorf("ringdown verify says %s", quote(said))
	}
	if !strings.Contains(strings.Join(said.Report.Proven, " "), "consented") {
		t.Errorf("proven is %q, without the consent", said.Report.Proven)
	}
	for _, w := range said.Report.Warnings {
		if !strings.Contains(w, "Ed25519 alone") { // what is a minute old need not be co-signed with the other key yet
			t.Errorf("a warning: %s", w)
		}
	}
	contact, day := p.showsContact(t), p.showsDay(t)
	p.exports(t)
	page := verifyPage(t, p.NorthBrowser)
	page.agrees(contact, verify(t, contact))
	page.agrees(day, verify(t, day))
	page.agrees(file, said)
	page.screenshot("verify-proven")
}

// savesDisclosure waits until so many disclosures are made, and saves the newest.
func (p *pair) savesDisclosure(t *testing.T, n int) (file string, data []byte) {
	t.Helper()
	p.North.until(patience, func() bool {
		return eval[int](p.North, `[...document.querySelectorAll('#disclosure-list a.save')].filter((e) => e.getClientRects().length > 0).length`) == n
	}, func() string { return fmt.Sprintf("%d files are not made: %s", n, p.North.text("#disclosure-list")) })
	_, data = p.North.saves(p.NorthBrowser, func() { p.North.pressIn("#disclosure-list", "Save the file") })
	file = filepath.Join(t.TempDir(), fmt.Sprintf("disclosure-%d.txt", n))
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, data
}

// showsContact: that there was a call is proven without a word of what was said.
func (p *pair) showsContact(t *testing.T) (file string) {
	p.call()
	p.South.press("Hang up")
	call := p.North.row("is the call, signed by both", func(r seen) bool { return r.Kind == "call" && signed(r) && strings.Contains(r.All, "hung up") })
	p.North.clickOn("#disclose-button")
	p.North.clickOn("input[name=disclose-what][value=contact]")
	p.North.clickOn(inRow(call, ".tick"))
	p.North.waitText("#disclose-count", "nothing of what was said")
	p.North.clickOn("#disclose-anyway")
	p.North.clickOn("#disclose-go")
	file, data := p.savesDisclosure(t, 2)
	said := verify(t, file)
	if !said.Proven || said.Report.Kind != disclose.KindContact || strings.Contains(string(data), "pumps") {
		t.Errorf("ringdown verify says %s", quote(said))
	}
	return file
}

// showsDay: all of a day is proven complete, with its text.
func (p *pair) showsDay(t *testing.T) (file string) {
	p.North.row("is what was disclosed last, signed by both", func(r seen) bool { return r.Kind == "disclosure" && signed(r) && strings.Contains(r.All, "(2 ") })
	p.North.clickOn("#disclose-button")
	p.North.clickOn("input[name=disclose-what][value=range]")
	p.North.waitText("#disclose-count", "Every entry in both records")
	p.North.clickOn("#disclose-anyway")
	p.North.clickOn("#disclose-go")
	file, data := p.savesDisclosure(t, 3)
	said := verify(t, file)
	if !said.Proven || said.Report.Kind != disclose.KindRange || !strings.Contains(string(data), "not to be shown") {
		t.Errorf("ringdown verify says %s", quote(said))
	}
	return file
}

func signed(r seen) bool { return r.Proof == "classical" || r.Proof == "full" }

// exports: the links of the page give the whole record, a day and a matter, as a page and as JSON.
func (p *pair) exports(t *testing.T) {
	const title = "Valve 7"
	p.North.clickOn("#disclosures-summary") // which closes the list
	p.North.clickOn("#matters-summary")
	p.North.clickOn("#matter-title")
	p.North.do("naming a matter", chromedp.KeyEvent(title))
	p.North.pressIn("#matters", "Open it")
	p.North.waitText("#matter-list", title)
	p.North.pressIn("#exports", "Export")
	saves := func(what, link string, all bool, has ...string) {
		t.Helper()
		p.North.waitText("#export-what", what)
		name, data := p.North.saves(p.NorthBrowser, func() { p.North.pressIn("#exports", link) })
		for _, words := range has {
			if !strings.Contains(string(data), words) {
				t.Errorf("%s, %s: %s has no %q", what, link, name, words)
			}
		}
		if found := strings.Contains(string(data), "The pumps run"); found != all {
			t.Errorf("%s, %s: %s has what is filed elsewhere: %t, want %t", what, link, name, found, all)
		}
	}
	day := func(n int) {
		eval[bool](p.North, fmt.Sprintf(`(() => { const d = document.getElementById("filter-day"); d.selectedIndex = %d; return d.dispatchEvent(new Event("change")); })()`, n))
	}
	saves("the whole record", "as a page", true, "<html", "our valve is open", title)
	saves("the whole record", "as JSON", true, `"text":`, "our valve is open", title)
	day(2) // yesterday
	p.North.waitText("#timeline-empty", "Nothing in the record is so")
	saves("this day", "as JSON", false)
	day(0)
	p.North.message("our valve") // all is shown again, and moves no more
	p.North.clickOn("#matter-list a")
	p.North.waitText("#matter-head", title)
	saves("this matter", "as a page", false, "<html", title)
}

// The page that verifies, opened from a disk, says of every vector what the command says.
func TestVerifyPageAgrees(t *testing.T) {
	files, err := filepath.Glob("../disclose/testdata/*.txt")
	if err != nil || len(files) < 50 {
		t.Fatalf("found %d vectors (%v)", len(files), err)
	}
	page := verifyPage(t, startChromium(t, options{Tone: northTone}))
	for _, name := range files {
		file, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		page.agrees(file, verify(t, file))
	}
}

// verify runs the command.
func verify(t *testing.T, file string) (said disclose.Result) {
	t.Helper()
	out, err := exec.Command(program, "verify", "--json", file).Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if jerr := json.Unmarshal(out, &said); jerr != nil {
		t.Fatalf("ringdown verify %s said %q: %v", file, out, jerr)
	}
	if (err == nil) != said.Proven {
		t.Errorf("ringdown verify %s ended with %v and says proven is %v", file, err, said.Proven)
	}
	return said
}

// verifyPage writes the page to a disk, as the command does, and opens it there.
func verifyPage(t *testing.T, c *chromium) *tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "verify.html")
	if out, err := exec.Command(program, "verify", "--page", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return c.open(t, "file://"+file)
}

// agrees gives the page a disclosure, and compares all that it says with what the command said.
func (p *tab) agrees(file string, said disclose.Result) {
	p.t.Helper()
	name := filepath.Base(file)
	p.choose("#file", file)
	p.until(patience, func() bool {
		return eval[bool](p, fmt.Sprintf(`document.body.dataset.verdict !== 'busy' && document.title.endsWith(%s)`, quote(": "+name)))
	}, func() string {
		return fmt.Sprintf("the page does not answer on %s, it says %q", name, p.text("#result"))
	})
	type shown struct {
		Word, Sentence, Code     string
		Proven, Missing, Warning []string
		Prints, Heads, Says      []string
	}
	got := eval[shown](p, `(() => {
		const text = (s) => document.querySelector(s)?.textContent ?? '', all = (s) => [...document.querySelectorAll(s)].map((e) => e.textContent);
		return { Word: text('.word'), Sentence: text('.sentence'), Code: text('.code'), Proven: all('.proven li'), Missing: all('.missing li'), Warning: all('.warnings li'),
			Prints: all('.print'), Heads: all('.entry .head bdi'), Says: all('.entry .says') };
	})()`)
	want := shown{Word: "NOT PROVEN", Sentence: said.Sentence, Code: name + ": " + said.Code}
	if r := said.Report; r != nil {
		want = shown{Word: "PROVEN", Sentence: r.Title, Proven: r.Proven, Missing: r.NotShown, Warning: r.Warnings}
		for _, party := range r.Parties {
			want.Prints = append(want.Prints, party.Fingerprint)
		}
		for _, e := range r.Entries {
			want.Heads, want.Says = append(want.Heads, e.Head), append(want.Says, e.Says)
		}
	}
	if plain(got) != plain(want) {
		p.t.Errorf("of %s the page says\n%s\nand the command\n%s", name, plain(got), plain(want))
	}
}

// plain writes v so that no list and an empty one are the same.
func plain(v any) string { return strings.ReplaceAll(quote(v), "[]", "null") }
