package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

// foreignPage is a page of another origin in the same browser: the session's cookie
// is there, and since only the port differs, the browser counts it as the same site.
func foreignPage(t *testing.T, c *chromium) *tab {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!DOCTYPE html><title>Foreign</title>")
	}))
	t.Cleanup(s.Close)
	return c.open(t, strings.Replace(s.URL, "127.0.0.1", "localhost", 1))
}

// webSocket says how a WebSocket from a page to address ended: "open" or "refused".
func (p *tab) webSocket(address string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`new Promise((done) => {
		const socket = new WebSocket(%s);
		socket.onopen = () => { socket.close(); done('open'); };
		socket.onerror = () => done('refused');
	})`, quote(strings.Replace(address, "http", "ws", 1))))
}

// A page of another origin cannot speak to the station, though the browser would
// send the session along; the console's own page can.
func TestForeignWebSocket(t *testing.T) {
	d := startDemo(t)
	c := startChromium(t, options{Tone: northTone})
	own := c.open(t, d.North)
	address := origin(t, d.North) + "/api/ws"
	if got := own.webSocket(address); got != "open" {
		t.Fatalf("the console's own WebSocket was %s", got)
	}
	foreign := foreignPage(t, c)
	if got := foreign.webSocket(address); got != "refused" {
		t.Errorf("a foreign page's WebSocket was %s, wanted it refused", got)
	}
	read := fmt.Sprintf(`fetch(%s, {credentials: 'include'}).then((r) => r.text(), () => '')`, quote(origin(t, d.North)+"/api/status"))
	if got := eval[string](foreign, read); got != "" {
		t.Errorf("a foreign page read the status: %.80s", got)
	}
}

// A page of another origin cannot move the stage's faults, in any of the ways that a
// browser sends without asking first; a local program can.
func TestForeignPost(t *testing.T) {
	d := startDemo(t)
	c := startChromium(t, options{Tone: northTone})
	console := c.open(t, d.North)
	foreign := foreignPage(t, c)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json"} {
		post := fmt.Sprintf(`fetch(%s, {method: 'POST', mode: %s, headers: {'Content-Type': %s}, body: '{"cut":true}'})
			.then(() => 'sent', () => 'stopped')`, quote(origin(t, d.Stage)+"/paths/1"), quote(mode(kind)), quote(kind))
		t.Logf("a foreign POST of %s was %s", kind, eval[string](foreign, post))
	}
	let(3 * time.Second) // a cut path is known within one
	if got := console.pathState(1); got != api.PathUp {
		t.Errorf("after a foreign page's POST path 1 is %s, wanted it up", got)
	}
	d.cut(t, 1, true)
	console.until(patience, func() bool { return console.pathState(1) != api.PathUp },
		func() string { return "a local program's POST did not cut the path" })
}

// mode is how the browser is to send it: JSON it sends to another origin only after
// asking there.
func mode(contentType string) string {
	if contentType == "application/json" {
		return "cors"
	}
	return "no-cors"
}

func (p *tab) pathState(number int) api.PathState {
	p.t.Helper()
	for _, path := range p.status().Lines[0].Paths {
		if path.Number == number {
			return path.State
		}
	}
	p.t.Fatalf("there is no path %d", number)
	return ""
}
