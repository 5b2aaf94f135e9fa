package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// All that two people do with the record in a morning, each in a real browser.
func TestRecord(t *testing.T) {
	p := startPair(t)
	p.climbs(t)
	p.corrects(t)
	p.attaches(t)
	p.opensMatter(t)
	p.searches(t)
}

// climbs: a message goes up its ladder, and its author sees each rung.
func (p *pair) climbs(t *testing.T) {
	const text = "Two tankers leave box K4 at 14:05"
	told := p.North.rungs(text)
	p.North.sends(text)
	p.South.pressIn("#notices", "Show")
	there := p.South.message(text)
	p.North.reaches(text, "shown")
	p.South.pressIn(inRow(there, ""), "Mark read")
	p.South.clickOn(inRow(there, ".panel input"))
	p.South.do("giving a name", chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent("D. Quill"))
	p.South.pressIn(inRow(there, ".panel"), "Mark read")
	p.North.reaches(text, "D. Quill")
	p.South.until(patience, func() bool { return !strings.Contains(p.South.text("#notices"), "not marked read") },
		func() string { return "the page still says that something is not marked read" })
	for _, tab := range []*tab{p.North, p.South} {
		tab.size(1280, 1800)
	}
	p.South.pressIn(".filters", "Show everything")
	p.South.reaches(text, "D. Quill")

	order := []string{"waiting", "on the line", "delivered", "shown", "read by"}
	at := -1
	for _, word := range told() {
		i := slices.IndexFunc(order, func(s string) bool { return strings.HasPrefix(word, s) })
		if i <= at {
			t.Errorf("the ladder said %q, which does not climb", told())
		}
		at = i
	}
	if said := strings.Join(told(), ", "); !strings.Contains(said, "delivered") || !strings.Contains(said, "shown") {
		t.Errorf("the ladder said %q, want every rung that takes time", said)
	}
}

// corrects: a message is corrected, another taken back, and both sides see that.
func (p *pair) corrects(t *testing.T) {
	p.North.sends("Back at 14:40")
	ours := p.North.reaches("Back at 14:40", "delivered")
	p.South.message("Back at 14:40")
	p.North.clickOn(inRow(ours, `button[aria-label="More about this message"]`))
	p.North.pressIn(inRow(ours, ".panel"), "Correct")
	p.North.until(patience, func() bool { return p.North.composed() == "Back at 14:40" },
		func() string { return "the text to be corrected does not stand where one writes" })
	p.North.do("correcting", chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.Backspace+kb.Backspace+"55"))
	p.North.clickOn("#compose-send")
	p.South.message("Back at 14:55")
	p.South.row("is marked corrected", func(r seen) bool {
		return r.Key == mirror(ours.Key) && strings.Contains(r.State, "Corrected by its author")
	})

	p.North.sends("Sent to the wrong desk")
	ours = p.North.reaches("Sent to the wrong desk", "delivered")
	p.South.message("Sent to the wrong desk")
	p.North.clickOn(inRow(ours, `button[aria-label="More about this message"]`))
	p.North.pressIn(inRow(ours, ".panel"), "Take back …")
	p.North.pressIn(inRow(ours, ".panel"), "Take it back")
	gone := p.South.row("is marked taken back", func(r seen) bool {
		return r.Key == mirror(ours.Key) && strings.Contains(r.State, "Taken back by its author")
	})
	if gone.Text != "" {
		t.Errorf("what was taken back still stands there: %q", gone.Text)
	}
	p.South.pressIn(inRow(gone, ""), "Show what it said")
	p.South.message("Sent to the wrong desk")
}

// mirror is how the other side calls an entry.
func mirror(key string) string {
	if n, ours := strings.CutPrefix(key, "us/"); ours {
		return "them/" + n
	}
	return "us/" + strings.TrimPrefix(key, "them/")
}

// attaches: files go over whole, and no page ever opens one.
func (p *pair) attaches(t *testing.T) {
	page := []byte("<!doctype html><title>Opened</title><script>document.title = 'ran'; alert(1)</script>")
	large := make([]byte, 70_000)
	sum := sha256.Sum256([]byte("seed"))
	for i := range large {
		if i%32 == 0 {
			sum = sha256.Sum256(sum[:])
		}
		large[i] = sum[i%32]
	}
	folder := t.TempDir()
	for name, data := range map[string][]byte{"plan.html": page, "radar.bin": large} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.North.attach(filepath.Join(folder, "plan.html"), filepath.Join(folder, "radar.bin"))
	p.North.waitText("#compose-files", "radar.bin")
	p.North.sends("Plan and radar are attached")
	there := p.South.message("Plan and radar are attached")
	for name, want := range map[string][]byte{"plan.html": page, "radar.bin": large} {
		link := inRow(there, fmt.Sprintf(`.files a[download=%q]`, name))
		p.South.until(patience, func() bool {
			return !eval[bool](p.South, fmt.Sprintf(`document.querySelector(%s)?.hidden ?? true`, quote(link)))
		},
			func() string { return name + " did not come: " + p.South.text(inRow(there, ".files")) })
		saved, data := p.South.saves(p.SouthBrowser, func() { p.South.clickOn(link) })
		if saved != name || !bytes.Equal(data, want) {
			t.Errorf("saved %q, %d bytes, want %q with the %d bytes that were attached", saved, len(data), name, len(want))
		}
		address := eval[string](p.South, fmt.Sprintf(`document.querySelector(%s).href`, quote(link)))
		type served struct{ Type, Disposition, Sniff, Policy string }
		got := eval[served](p.South, fmt.Sprintf(`fetch(%s).then((r) => ({ Type: r.headers.get('content-type'), Disposition: r.headers.get('content-disposition'),
			Sniff: r.headers.get('x-content-type-options'), Policy: r.headers.get('content-security-policy') }))`, quote(address)))
		if got.Type != "application/octet-stream" || !strings.HasPrefix(got.Disposition, "attachment") || got.Sniff != "nosniff" || !strings.Contains(got.Policy, "sandbox") {
			t.Errorf("%s is served as %+v, want what no browser opens", name, got)
		}
	}
	if title := eval[string](p.South, `document.title`); title == "ran" {
		t.Error("the attached page ran")
	}
}

// opensMatter: a matter is opened by one, acknowledged by the other, something is filed, and it is closed.
func (p *pair) opensMatter(t *testing.T) {
	const title = "Airspace exercise north of the strait"
	p.South.clickOn("#matters-summary")
	p.South.clickOn("#matter-title")
	p.South.do("naming a matter", chromedp.KeyEvent(title))
	p.South.pressIn("#matters", "Open it")
	p.South.waitText("#matter-list", title)

	p.North.clickOn("#matters-summary")
	p.North.waitText("#matter-list", title)
	p.North.clickOn("#matter-list a")
	p.North.waitText("#matter-head", title)
	p.North.pressIn("#matter-head", "Acknowledge")
	p.South.waitText("#matter-list", "acknowledged")

	p.North.sends("Boxes K4 to K7, ground to flight level 280")
	p.South.message("Boxes K4 to K7")
	p.South.clickOn("#matter-list a")
	p.South.waitText("#matter-head", "1 message")
	p.South.until(patience, func() bool {
		return !slices.ContainsFunc(p.South.rows(), func(r seen) bool { return strings.Contains(r.All, "Plan and radar") })
	}, func() string { return "the page of the matter shows what is filed elsewhere" })
	p.South.message("Boxes K4 to K7")

	p.South.pressIn("#matter-head", "Close …")
	p.South.pressIn("#matter-head", "Close it")
	p.South.waitText("#matter-head", "closed")
	p.North.waitText("#matter-head", "closed by")
	for _, tab := range []*tab{p.North, p.South} {
		tab.pressIn(".filters", "Show everything")
		tab.message("Two tankers")
	}
}

// searches: the list follows as one types.
func (p *pair) searches(t *testing.T) {
	p.North.clickOn("#filter-search")
	for _, part := range []string{"ta", "nk", "ers"} {
		p.North.do("typing", chromedp.KeyEvent(part))
	}
	p.North.until(patience, func() bool {
		rows := p.North.rows()
		return len(rows) == 1 && strings.Contains(rows[0].Text, "Two tankers")
	}, func() string { return "the search for tankers shows " + quote(p.North.rows()) })
	p.North.pressIn(".filters", "Show everything")
	p.North.message("Back at 14:55")
}

// What is written while both paths are cut waits, visibly, and goes by itself and in order; what is
// being written survives a reload of the page.
func TestRecordWaits(t *testing.T) {
	p := startPair(t)
	p.North.sends("Before the cut")
	p.North.reaches("Before the cut", "delivered")
	p.cut(t, 1, true)
	p.cut(t, 2, true)
	p.North.waitText("#compose-fate", "it waits here")
	texts := []string{"First of three", "Second of three", "Third of three"}
	for _, text := range texts {
		p.North.sends(text)
		p.North.reaches(text, "waiting")
	}
	p.North.waitText("#timeline", "Waiting here")
	p.North.write("Half a sen")
	p.North.screenshot("record-waiting")
	p.North.reload()
	p.North.until(patience, func() bool { return p.North.composed() == "Half a sen" },
		func() string {
			return fmt.Sprintf("the reload left %q of what was being written", p.North.composed())
		})
	p.North.reaches("Third of three", "waiting")
	for _, r := range p.South.rows() {
		if strings.Contains(r.Text, "of three") {
			t.Errorf("South shows %q though no path is up", r.Text)
		}
	}

	p.cut(t, 1, false)
	p.cut(t, 2, false)
	p.South.message("Third of three")
	p.North.reaches("Third of three", "delivered")
	for name, tab := range map[string]*tab{"North": p.North, "South": p.South} {
		var got []string
		for _, r := range slices.Backward(tab.rows()) {
			if r.Kind == "message" {
				got = append(got, r.Text)
			}
		}
		if want := append([]string{"Before the cut"}, texts...); !slices.Equal(got, want) {
			t.Errorf("%s shows %q, want %q, each once", name, got, want)
		}
	}
	if got := p.North.composed(); got != "Half a sen" {
		t.Errorf("what was being written is %q now", got)
	}
}

// A call that comes while somebody writes rings, and takes neither text nor focus: the one act's keys
// are the text's as long as it has the focus.
func TestCallWhileWriting(t *testing.T) {
	p := startPair(t)
	p.South.write("We see it too")
	p.North.press("Call")
	p.South.waitStatus("Incoming call")
	p.South.settled("Answer", reaction)
	p.South.do("writing on", chromedp.KeyEvent(" and "), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent("more"))
	let(time.Second)
	if !p.South.says("Incoming call") || p.North.says("In call") {
		t.Fatalf("a key in the text answered the call: %q", p.South.statuses())
	}
	const text = "We see it too and \nmore"
	if got := p.South.composed(); got != text {
		t.Errorf("the text is %q, want %q", got, text)
	}
	p.South.screenshot("record-ringing")
	p.South.do("leaving the text", chromedp.KeyEvent(kb.Escape))
	eval[*string](p.South, `document.activeElement.blur()`)
	p.South.key("Answer", " ")
	p.inCall()
	if got := p.South.composed(); got != text {
		t.Errorf("after the answer the text is %q, want %q", got, text)
	}
	p.South.waitText("#ladder", "answered")
	let(2 * time.Second) // for the room of the call to take its place above
	p.South.clickOn("#compose-send")
	p.South.until(patience, func() bool { return p.South.composed() == "" }, func() string { return "it is not sent: " + p.South.text("#compose-error") })
	p.North.toRecord()
	p.North.message("We see it too")
	p.North.press("Hang up")
	p.South.waitStatus("Call ended")
	p.South.toRecord()
	p.South.row("is the call", func(r seen) bool { return r.Kind == "call" && strings.HasPrefix(r.Key, "call/") })
}
