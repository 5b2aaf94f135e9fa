package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"ringdown/api"
)

// hostileTexts are what a program at the other side sends to harm whoever reads it.
var hostileTexts = []string{
	`<img src=x onerror="alert(1)"><script>alert(2)</script><iframe src="https://evil.example/"></iframe><b onclick=alert(3)>bold</b>`,
	`[click](javascript:alert(4)) https://evil.example/login?next=//evil.example <a href="javascript:alert(5)">here</a>`,
	"Zalgo: a" + strings.Repeat("\u0301", 8000) + " end",
	strings.Repeat("e\u0323\u0301\u0302\u0303\u0304\u0306\u0307\u0308", 500),
	"The file is invoice_\u202egpj.exe and \u2066never \u2067closed",
	"pay\u200bpal pa\u00adyp\u200dal \ufeff\u2060\u3164 invisible",
	"Go to р\u0430ypal.example, \u03bfr to аpple.example",
	strings.Repeat("w", 16384),
	strings.Repeat("\n", 3000) + "far below",
	strings.Repeat("\u0627\u0644", 3000),
	"{{constructor.constructor('alert(6)')()}} ${alert(7)} %3Cscript%3E \\u003cscript\\u003e </textarea><style>*{display:none}</style>",
}

// Nothing of it runs, nothing is loaded, nothing becomes an element, and the page stands as it stood.
func TestHostileText(t *testing.T) {
	d := startDemo(t)
	c := startChromium(t, options{Tone: northTone})
	p := c.open(t, d.North)
	p.noDialog()
	p.size(360, 740)
	p.press("Ready")
	p.waitStatus("Line open")
	mallory := d.client(t, "south")
	ctx := within(t, time.Minute)
	for n := range 10 { // as many figures as there will be
		if _, err := mallory.Write(ctx, "north", api.NewMessage{Text: fmt.Sprint("Plain message ", n)}); err != nil {
			t.Fatal(err)
		}
	}
	p.waitText("#notices", "10 messages")
	p.toRecord()
	p.message("Plain message 9")
	before := p.stands("#act")

	d.attacks(ctx, t, mallory)
	p.message("Zalgo")
	p.message("constructor.constructor")
	p.harmless(origin(t, d.North))
	p.fits()
	if after := p.stands("#act"); after != before {
		t.Errorf("the one act stood at %v and stands at %v", before, after)
	}
	p.row("is the hostile matter", func(r seen) bool { return r.Kind == "matter" })
	for _, r := range p.rows() {
		if height := p.box(fmt.Sprintf(`#timeline .entry[data-key=%q]`, r.Key))[3]; height > 1100 {
			t.Errorf("%s is %v px high, which buries what stands below: %.60q", r.Key, height, r.Text)
		}
	}
	p.portrait("hostile-360")
	p.size(1280, 900)
	p.fits()
	p.portrait("hostile-1280")
	p.clickOn("#act")
	p.waitStatus("no console there is ready")
	p.press("Hang up")
	p.waitStatus("Call ended")
}

// attacks writes all of it, and names as hostile as the texts.
func (d *demo) attacks(ctx context.Context, t *testing.T, mallory *api.Client) {
	t.Helper()
	for _, text := range hostileTexts {
		if _, err := mallory.Write(ctx, "north", api.NewMessage{Text: text}); err != nil {
			t.Fatalf("%.40q: %v", text, err)
		}
	}
	if _, err := mallory.Matter(ctx, "north", api.MatterAct{Act: "open", Title: `<img src=x onerror=alert(8)> ` + "\u202e" + strings.Repeat("M", 200)}); err != nil {
		t.Logf("the hostile title was refused: %v", err)
		if _, err := mallory.Matter(ctx, "north", api.MatterAct{Act: "open", Title: `<img src=x onerror=alert(8)> ` + strings.Repeat("M", 200)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"photo\u202egpj.exe", `"><svg onload=alert(9)>.html`, strings.Repeat("n", 120) + ".txt"} {
		kept, err := mallory.Keep(ctx, "north", name, []byte("<script>alert(10)</script>"))
		if err != nil {
			t.Logf("the file name %q was refused: %v", name, err)
			continue
		}
		if _, err := mallory.Write(ctx, "north", api.NewMessage{Text: "A file", Files: []string{kept.ID}}); err != nil {
			t.Fatal(err)
		}
	}
}

// noDialog makes the test fail if the page opens one.
func (p *tab) noDialog() {
	events := chromedp.Events(p.ctx, page.JavascriptDialogOpening)
	go func() {
		for e, err := range events {
			if err != nil {
				return
			}
			if e.Type != page.DialogTypeBeforeunload { // the page's own, if it is closed in a call
				p.t.Errorf("a dialog opened: %s", e.Message)
			}
		}
	}()
}

// harmless looks for anything that the texts may have made.
func (p *tab) harmless(own string) {
	p.t.Helper()
	if n := eval[int](p, `document.querySelectorAll('#record img, #record script, #record iframe, #record svg, #record style, #record [onclick], #record [onerror], #record a[href^="http"], #record a[href^="javascript"], #notices img').length`); n != 0 {
		p.t.Errorf("%d elements were made of a text", n)
	}
	loaded := eval[[]string](p, `performance.getEntriesByType('resource').map((r) => r.name)`)
	for _, address := range loaded {
		if !strings.HasPrefix(address, own+"/") && !strings.HasPrefix(address, "blob:") && !strings.HasPrefix(address, "data:") {
			p.t.Errorf("the page loaded %s", address)
		}
	}
	if unseen := eval[string](p, `document.querySelector('#timeline').innerText.match(/[\u202a-\u202e\u200b\ufeff\u00ad\u2060\u3164]/)?.[0] ?? ''`); unseen != "" {
		p.t.Errorf("%+q stands in the page as it is", unseen)
	}
}

// box is where an element stands on the page: left, top, width, height in px.
func (p *tab) box(selector string) [4]float64 {
	p.t.Helper()
	return eval[[4]float64](p, fmt.Sprintf(`(() => { const r = document.querySelector(%s).getBoundingClientRect(); return [r.x + scrollX, r.y + scrollY, r.width, r.height].map(Math.round); })()`, quote(selector)))
}
