package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ringdown/api"
)

// What a person does with the record in a console, and what they see there.

// A seen is a row of the record as it stands in the page.
type seen struct {
	Key   string `json:"key"`
	Kind  string `json:"kind"`
	By    string `json:"by"`
	Text  string `json:"text"`  // what the message says
	Stage string `json:"stage"` // the word of its ladder
	State string `json:"state"` // that it was corrected, taken back or erased
	All   string `json:"all"`   // all words of the row
	Proof string `json:"proof"`
}

// rows are those in the document, from the top.
func (p *tab) rows() []seen {
	p.t.Helper()
	return eval[[]seen](p, `[...document.querySelectorAll('#timeline .entry[data-key]')].map((e) => ({
		key: e.dataset.key, kind: e.dataset.kind, by: e.dataset.by ?? '', text: [...e.querySelectorAll('.prose')].filter((x) => !x.closest('.quote, [hidden]')).map((x) => x.textContent).join(''),
		state: e.querySelector('[data-state]')?.dataset.state ?? '', stage: e.querySelector('.stage-word')?.textContent ?? '', all: e.innerText, proof: e.querySelector('[data-proof]')?.dataset.proof ?? '' }))`)
}

// row waits until a row fits.
func (p *tab) row(what string, fits func(seen) bool) (found seen) {
	p.t.Helper()
	p.until(patience, func() bool {
		for _, r := range p.rows() {
			if fits(r) {
				found = r
				return true
			}
		}
		return false
	}, func() string { return fmt.Sprintf("no row %s; rows %s", what, quote(p.rows())) })
	return found
}

// toRecord brings the record into sight: its rows are drawn only where they can be seen soon.
func (p *tab) toRecord() {
	p.t.Helper()
	eval[bool](p, `(document.getElementById("record").scrollIntoView(), true)`)
}

// says waits for the row of a message.
func (p *tab) message(text string) seen {
	p.t.Helper()
	return p.row(fmt.Sprintf("says %q", text), func(r seen) bool { return strings.Contains(r.Text, text) })
}

// reaches waits until a message has got so far.
func (p *tab) reaches(text, stage string) seen {
	p.t.Helper()
	return p.row(fmt.Sprintf("%q has the stage %q", text, stage), func(r seen) bool {
		return strings.Contains(r.Text, text) && strings.Contains(r.Stage, stage)
	})
}

// rungs begins to note every word that the ladder of a message shows; told gives them.
func (p *tab) rungs(text string) (told func() []string) {
	p.t.Helper()
	eval[*string](p, fmt.Sprintf(`(() => {
		const told = window.ringdownTold = [], row = () => [...document.querySelectorAll('#timeline .entry')].find((e) => e.textContent.includes(%s));
		const look = () => {
			const word = row()?.querySelector('.stage-word')?.textContent ?? '';
			if (word && told.at(-1) !== word) told.push(word);
		};
		new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
		look();
	})()`, quote(text)))
	return func() []string { return eval[[]string](p, `window.ringdownTold`) }
}

// write puts a text where messages are written, as a person types.
func (p *tab) write(text string) {
	p.t.Helper()
	p.clickOn(`#compose-text`)
	p.do("writing", chromedp.KeyEvent(text))
}

// sends writes a message and sends it.
func (p *tab) sends(text string) {
	p.t.Helper()
	p.write(text)
	p.clickOn(`#compose-send`)
	p.until(patience, func() bool { return p.composed() == "" },
		func() string { return "the message was not taken: " + p.text("#compose-error") })
}

// composed is what stands where messages are written.
func (p *tab) composed() string {
	p.t.Helper()
	return eval[string](p, `document.querySelector('#compose-text').value`)
}

// text is what an element says.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%s)?.innerText ?? '(none)'`, quote(selector)))
}

// waitText waits until an element says the words, the marks that isolate names apart.
func (p *tab) waitText(selector, words string) {
	p.t.Helper()
	p.until(patience, func() bool { return strings.Contains(plainly(p.text(selector)), words) },
		func() string { return fmt.Sprintf("%s never said %q, but %q", selector, words, p.text(selector)) })
}

// inRow is a selector of something in a row.
func inRow(r seen, selector string) string {
	return fmt.Sprintf(`#timeline .entry[data-key=%q] %s`, r.Key, selector)
}

// pressIn presses the button of that name within an element.
func (p *tab) pressIn(selector, name string) {
	p.t.Helper()
	p.clickWhere(selector+" "+name, fmt.Sprintf(`[...document.querySelectorAll(%s)].flatMap((e) => [...e.querySelectorAll('button, a, summary')]).find((e) => e.textContent === %s && e.getClientRects().length > 0)`,
		quote(selector), quote(name)))
}

// clickOn clicks on the first element of a selector.
func (p *tab) clickOn(selector string) {
	p.t.Helper()
	p.clickWhere(selector, fmt.Sprintf(`document.querySelector(%s)`, quote(selector)))
}

// clickWhere waits for the element that a script finds, moves it into sight and clicks on it.
func (p *tab) clickWhere(what, script string) {
	p.t.Helper()
	type point struct{ X, Y float64 }
	var at *point
	p.until(patience, func() bool {
		found, err := tryEval[*point](p, fmt.Sprintf(`(() => {
			const e = %s;
			if (!e || e.disabled || e.getClientRects().length === 0) return null;
			e.scrollIntoView({ block: 'nearest', behavior: 'instant' });
			const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2, top = document.elementFromPoint(x, y);
			return top && (e.contains(top) || top.contains(e)) ? { X: x, Y: y } : null;
		})()`, script))
		at = found
		return err == nil && found != nil
	}, func() string { return fmt.Sprintf("nothing to click on: %s", what) })
	p.do("clicking on "+what, chromedp.MouseClickXY(at.X, at.Y))
}

// attach chooses files for a message.
func (p *tab) attach(names ...string) {
	p.t.Helper()
	p.choose("#compose-pick", names...)
}

// choose gives files to a field, as a person does in the system's dialog.
func (p *tab) choose(field string, names ...string) {
	p.t.Helper()
	p.do("choosing files", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		found, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: fmt.Sprintf(`document.querySelector(%s)`, quote(field))})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, target, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: names, ObjectID: found.Result.ObjectID})
		return err
	}))
}

// saves lets the browser save what press begins to load, and gives its bytes.
func (p *tab) saves(c *chromium, press func()) (name string, data []byte) {
	p.t.Helper()
	folder := p.t.TempDir()
	_, err := chromedp.CallBrowser(c.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder})
	if err != nil {
		p.t.Fatal(err)
	}
	press()
	p.until(patience, func() bool {
		list, err := os.ReadDir(folder)
		if err != nil || len(list) != 1 || strings.HasSuffix(list[0].Name(), ".crdownload") || strings.HasPrefix(list[0].Name(), ".") {
			return false
		}
		name = list[0].Name()
		data, err = os.ReadFile(filepath.Join(folder, name))
		return err == nil
	}, func() string {
		list, _ := os.ReadDir(folder)
		return fmt.Sprintf("nothing was saved: %v", list)
	})
	return name, data
}

// client speaks to a station of the demo as a local program does.
func (d *demo) client(t *testing.T, name string) *api.Client {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(d.Temp, "ringdown-demo-*", name, "ringdown.sock"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the demo's %s has the sockets %v (%v), want one", name, found, err)
	}
	c, err := api.Dial(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// within is a context that ends with the test, or when a machine that is busy should have done it.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
