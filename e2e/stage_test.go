package e2e

import (
	"context"
	"math"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ringdown/api"
)

// The stage shows both consoles in one page. South is ready by itself and speaks its
// recording; the call goes on while a path is cut. The pictures are the README's.
func TestStage(t *testing.T) {
	d := startDemo(t)
	c := startChromium(t, options{Tone: northTone})
	stage := c.open(t, d.Stage)
	stage.size(1920, 1080)
	north := c.frame(t, origin(t, d.North))
	south := c.frame(t, origin(t, d.South))
	p := &pair{demo: d, North: north, South: south}
	north.press("Ready")
	north.waitStatus("Line open")
	south.waitStatus("Line open")
	p.call()
	north.until(patience, func() bool {
		h := north.hear(time.Second, northTone)
		return h.Level > toneThere && math.Abs(h.Loudest-northTone) > 12
	}, func() string { return "north does not hear the recording" })

	stage.portraits()
	d.cut(t, 1, true)
	north.until(patience, func() bool { return north.pathState(1) != api.PathUp },
		func() string { return "the console does not show that a path is cut" })
	stage.screenshot("stage-cut")
	p.inCall()
}

// portraits takes the pictures of the README, if somebody wants them.
func (p *tab) portraits() {
	p.t.Helper()
	if os.Getenv("RINGDOWN_SHOTS") == "" {
		return
	}
	let(20 * time.Second) // for the strips to fill
	for _, scheme := range []string{"dark", "light"} {
		p.scheme(scheme)
		let(time.Second) // for what fades
		p.screenshot("stage-" + scheme)
	}
}

// size gives the page a window of so many pixels.
func (p *tab) size(width, height int64) {
	p.t.Helper()
	p.do("resizing", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
		return err
	}))
}

// scheme is what the system prefers: "light" or "dark".
func (p *tab) scheme(name string) {
	p.t.Helper()
	p.do("choosing "+name, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	}))
}
