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
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
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

// A tone spoken into a real browser comes back by the station, which sends it as
// a far talker's; every packet on the way has one size.
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
	seat := st.seat("01")
	done := make(chan struct{})
	defer close(done)
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
	for start := time.Now(); ; {
		heard := evaluate[struct{ Hertz, Level float64 }](t, ctx, "tone.heard()")
		state := evaluate[string](t, ctx, "tone.state")
		if math.Abs(heard.Hertz-440) < 3 && heard.Level > -40 {
			t.Logf("heard %.1f Hz at %.0f dB after %v", heard.Hertz, heard.Level, time.Since(start).Round(time.Millisecond))
			break
		}
		if time.Since(start) > 15*time.Second {
			t.Fatalf("heard %.1f Hz at %.0f dB, want 440 Hz; the connection is %q", heard.Hertz, heard.Level, state)
		}
	}
	figures := evaluate[map[string]any](t, ctx, "tone.figures()")
	t.Logf("figures: %v", figures)
	t.Logf("offer: %v", evaluate[string](t, ctx, "tone.offer"))
	if sent, bytes := figures["sent"].(float64), figures["bytes"].(float64); bytes != opusBytes*sent {
		t.Errorf("the browser sent %v bytes in %v packets, want %d in each", bytes, sent, opusBytes)
	}
	if refused := evaluate[[]string](t, ctx, "tone.refused"); len(refused) != 0 {
		t.Errorf("the station refused: %q", refused)
	}
	if violations := evaluate[[]string](t, ctx, "tone.violations"); len(violations) != 0 {
		t.Errorf("the page broke its policy: %q", violations)
	}
}
