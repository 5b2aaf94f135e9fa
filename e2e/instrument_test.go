package e2e

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// serveFolder serves a folder as a page of its own origin, named localhost.
func serveFolder(t *testing.T, folder string) string {
	t.Helper()
	s := httptest.NewServer(http.FileServer(http.Dir(folder)))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

// The instrument tells a tone from another and from silence, presses what has the
// name, and remembers what a status said.
func TestInstrument(t *testing.T) {
	url := serveFolder(t, "testdata")
	p := startChromium(t, options{Tone: northTone}).open(t, url+"/instrument.html")
	if _, ok := p.button("Stop"); ok {
		t.Error("a disabled button was found ready to be pressed")
	}
	if h := p.hear(200*time.Millisecond, northTone); h.Level > -199 {
		t.Errorf("before any connection something was heard: %+v", h)
	}

	p.press("Start") // its accessible name, not the text on it
	p.waitStatus("Speaking")
	p.hears(northTone, southTone)
	if v := p.received(); v.Packets == 0 || v.Samples == 0 {
		t.Errorf("the browser counted nothing: %+v", v)
	}

	p.press("Stop")
	p.waitStatus("Silent")
	p.until(patience, func() bool { return p.hear(500*time.Millisecond, northTone).Level < -90 },
		func() string { return "silence is heard as sound" })
	if said := p.said(); !slices.Contains(said, "Speaking") || !slices.Contains(said, "Silent") {
		t.Errorf("the status said %q, and not all of it was kept", said)
	}
}
