package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The record of the demo's history is shown: messages, calls, matters, a disclosure, each proven. The
// pictures of it are the README's.
func TestHistoryShown(t *testing.T) {
	d := startDemo(t, "--history")
	p := startChromium(t, options{Tone: northTone}).open(t, ready(t, d.North))
	p.size(1280, 4000) // so that the page fetches back to the second day
	p.waitStatus("Line open")
	p.message("49.82 Hz")
	p.message("The aircraft went round"[4:])
	for _, kind := range []string{"message", "call", "matter", "disclosure"} {
		p.row("is a "+kind+" with full proof", func(r seen) bool { return r.Kind == kind && r.Proof == "full" })
	}
	p.message("Written while the line is down")
	p.size(1280, 1500)
	p.fits()
	if os.Getenv("RINGDOWN_SHOTS") == "" {
		return
	}
	startChromium(t, options{Tone: southTone}).open(t, ready(t, d.South)).waitStatus("Line open")
	let(20 * time.Second) // for the strips to fill
	for _, scheme := range []string{"dark", "light"} {
		p.scheme(scheme)
		let(time.Second) // for what fades
		p.screenshot("record-" + scheme)
		p.portrait("record-whole-" + scheme)
	}
}

// portrait takes a picture of the whole page, however long, into the folder that RINGDOWN_SHOTS names.
func (p *tab) portrait(name string) {
	p.t.Helper()
	folder := os.Getenv("RINGDOWN_SHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) ([]byte, error) {
		yes := true
		shot, err := cdp.Call(ctx, target, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: &yes})
		return shot.Data, err
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644)
	}
	if err != nil {
		p.t.Errorf("taking the picture %s: %v", name, err)
	}
}
