package console

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// wav writes ten seconds of a tone: 48 kHz, 16 bits, mono.
func wav(t *testing.T, hertz float64) string {
	t.Helper()
	const rate, samples = 48000, 480000
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[4:], 36+2*samples)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	for _, v := range []uint16{1, 1} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	for _, v := range []uint16{2, 16} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, 2*samples)
	for i := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(12000*math.Sin(2*math.Pi*hertz*float64(i)/rate))))
	}
	name := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// chromium starts a browser whose microphone plays a tone. It has no flag that
// lets WebRTC use the loopback address, and none for autoplay: people have none.
func chromium(t *testing.T, microphone string) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-audio-capture", microphone))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, time.Minute) // after the first use: it would end the browser
	t.Cleanup(cancel)
	return ctx
}

// evaluate returns the value of an expression in the page.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// echo sends what a console says back to it, as a far talker's.
func echo(t *testing.T, seat *fakeSeat) {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for number := uint32(0); ; number++ {
			select {
			case p := <-seat.voice:
				seat.currentSink().Voice(0, p[0], number, p[1:])
			case <-done:
				return
			}
		}
	}()
}

// A tone spoken into a real browser comes back by the station, and every packet
// on the way has one size, whether the microphone is muted or not.
func TestToneInRealBrowser(t *testing.T) {
	s, st := testServer(t, func(c *Config) { c.Pages = os.DirFS("testdata/page") })
	ctx := chromium(t, wav(t, 440))
	link, err := s.Link("")
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(link)); err != nil {
		t.Fatal(err)
	}
	st.expect(t, "01 attach")
	echo(t, st.seat("01"))
	if heard := evaluate[float64](t, ctx, "tone.until((hertz) => Math.abs(hertz - 440) < 3)"); math.Abs(heard-440) > 3 {
		t.Errorf("heard %.1f Hz, want 440; the connection is %q", heard, evaluate[string](t, ctx, "tone.state"))
	}
	evaluate[bool](t, ctx, "tone.mute(true)")
	if heard := evaluate[float64](t, ctx, "tone.until((hertz) => hertz === 0)"); heard != 0 {
		t.Errorf("heard %.1f Hz from a muted microphone", heard)
	}
	evaluate[bool](t, ctx, "tone.mute(false)")
	if heard := evaluate[float64](t, ctx, "tone.until((hertz) => Math.abs(hertz - 440) < 3)"); math.Abs(heard-440) > 3 {
		t.Errorf("heard %.1f Hz after the mute, want 440", heard)
	}
	figures := evaluate[struct{ Sent, Bytes, Received, Lost float64 }](t, ctx, "tone.figures()")
	t.Logf("%+v", figures)
	if figures.Sent < 50 || figures.Bytes != opusBytes*figures.Sent {
		t.Errorf("the browser sent %v bytes in %v packets, want %d in each", figures.Bytes, figures.Sent, opusBytes)
	}
	for what := range map[string]string{"refused": "", "violations": ""} {
		if found := evaluate[[]string](t, ctx, "tone."+what); len(found) != 0 {
			t.Errorf("%s: %q", what, found)
		}
	}
}

// The real pages load under their policy: nothing is refused, nothing fails.
func TestRealPagesInRealBrowser(t *testing.T) {
	s, st := testServer(t, func(c *Config) { c.Pages = nil })
	ctx := chromium(t, wav(t, 440))
	link, err := s.Link("")
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	messages := chromedp.Console(soon)
	if err := chromedp.Do(ctx, chromedp.Navigate(link)); err != nil {
		t.Fatal(err)
	}
	st.expect(t, "01 attach")
	for m, err := range messages {
		if err != nil {
			break // three seconds are over
		}
		t.Errorf("the page says %+v", m)
	}
}
