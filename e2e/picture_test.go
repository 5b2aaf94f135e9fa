package e2e

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The record with the demo's history is all there: messages, calls, matters, the disclosure; and the
// pictures of it are the README's.
func TestHistoryShown(t *testing.T) {
	d := startDemo(t, "--history")
	c := startChromium(t, options{Tone: northTone})
	p := c.open(t, ready(t, d.North))
	p.size(1280, 1400)
	p.waitStatus("Line open")
	p.row("tells of the frequency", func(r seen) bool { return r.Kind == "matter" && r.By != "" || r.Kind == "message" })
	p.message("49.82 Hz")
	for _, r := range p.rows() {
		t.Logf("%s %s %s %q %q", r.Key, r.Kind, r.Proof, r.Stage, r.All)
	}
	if os.Getenv("RINGDOWN_SHOTS") == "" {
		return
	}
	eval[*string](p, `void document.querySelector('#record').scrollIntoView()`)
	for _, scheme := range []string{"dark", "light"} {
		p.scheme(scheme)
		let(time.Second) // for what fades
		p.screenshot("record-" + scheme)
		p.whole("record-whole-" + scheme)
	}
}

// whole takes a picture of the whole page, however long.
func (p *tab) whole(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) ([]byte, error) {
		yes := true
		shot, err := cdp.Call(ctx, target, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: &yes})
		return shot.Data, err
	})
	if err != nil {
		p.t.Error(err)
		return
	}
	if err := os.WriteFile(os.Getenv("RINGDOWN_SHOTS")+"/"+name+".png", png, 0o644); err != nil {
		p.t.Error(err)
	}
}
