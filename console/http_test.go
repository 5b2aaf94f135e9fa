package console

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/web"
)

func TestPages(t *testing.T) {
	s, _ := testServer(t, nil)
	b := entered(t, s)
	for p, kind := range map[string]string{"/": "text/html; charset=utf-8", "/index.html": "text/html; charset=utf-8", "/app.js": "text/javascript; charset=utf-8", "/style/main.css": "text/css; charset=utf-8"} {
		got := b.get(p)
		if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != kind || got.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("GET %s: %s, type %q, cache %q", p, got.Status, got.Header.Get("Content-Type"), got.Header.Get("Cache-Control"))
		}
		again := b.request("GET", p, "", func(r *http.Request) { r.Header.Set("If-None-Match", got.Header.Get("ETag")) })
		if again.StatusCode != http.StatusNotModified || again.text != "" {
			t.Errorf("GET %s again: %s with %d bytes, want 304", p, again.Status, len(again.text))
		}
	}
	for _, p := range []string{"/style", "/style/", "/tsconfig.json5", "/../console.go", "/%2e%2e/console.go", "//app.js", "/app.js/"} {
		if got := b.get(p); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %s, want 404", p, got.Status)
		}
	}
	if got := b.request("POST", "/", "", nil); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /: %s", got.Status)
	}
	if got := b.request("HEAD", "/app.js", "", nil); got.StatusCode != http.StatusOK || got.text != "" || got.ContentLength != int64(len(testPages["app.js"].Data)) {
		t.Errorf("HEAD /app.js: %s with length %d", got.Status, got.ContentLength)
	}
}

func TestPagesNeedAnIndex(t *testing.T) {
	s := New(Config{Listen: "localhost:0", Pages: os.DirFS(t.TempDir())}, newFakeStation())
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "index.html") {
		t.Errorf("without an index: %v", err)
	}
}

// The real pages are served whole.
func TestRealPages(t *testing.T) {
	pages, err := loadPages(web.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/", "/console.js", "/protocol.js"} {
		if len(pages[want].content) == 0 {
			t.Errorf("%s is not among the pages", want)
		}
	}
}

func TestVerbs(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	for _, c := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"POST", "/api/lines/south/hangup", http.StatusNoContent, ""},
		{"POST", "/api/reload", http.StatusNoContent, ""},
		{"POST", "/api/lines/nowhere/hangup", http.StatusNotFound, "no-such-line"},
		{"POST", "/api/lines/..%2f..%2fx/hangup", http.StatusNotFound, "no-such-line"},
		{"POST", "/api/lines/idle/hangup", http.StatusConflict, "no-call"},
		{"POST", "/api/lines/broken/hangup", http.StatusInternalServerError, "internal"},
		{"GET", "/api/lines/south/hangup", http.StatusNotFound, "no-such-request"},
		{"POST", "/api/status", http.StatusNotFound, "no-such-request"},
		{"POST", "/api/token", http.StatusNotFound, "no-such-request"},
		{"DELETE", "/api/sessions", http.StatusNotFound, "no-such-request"},
		{"GET", "/api/nothing", http.StatusNotFound, "no-such-request"},
	} {
		got := b.request(c.method, c.path, "", nil)
		if got.StatusCode != c.status {
			t.Errorf("%s %s: %s, want %d", c.method, c.path, got.Status, c.status)
		}
		if c.code == "" {
			continue
		}
		if e := errorOf(t, got); e.Code != c.code || strings.Contains(e.Text, "fire") {
			t.Errorf("%s %s: %+v, want code %s", c.method, c.path, e, c.code)
		}
	}
	if len(st.hungUp) != 1 || st.reloads != 1 {
		t.Errorf("the station hung up %d times and reloaded %d times, want once each", len(st.hungUp), st.reloads)
	}
}

func TestPanicIsContained(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	st.panics = true
	if got := b.get("/api/status"); got.StatusCode != http.StatusInternalServerError || errorOf(t, got).Code != "internal" {
		t.Errorf("a panicking request: %s", got.Status)
	}
	st.panics = false
	if got := b.get("/api/status"); got.StatusCode != http.StatusOK {
		t.Errorf("the request after it: %s", got.Status)
	}
}

func TestLargeRequestsAreRefused(t *testing.T) {
	s, _ := testServer(t, nil)
	conn, err := net.Dial("tcp", s.listeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, err = conn.Write([]byte("GET / HTTP/1.1\r\nHost: " + strings.TrimPrefix(s.URL(), "http://") + "\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || got.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 kB of header: %v, %v", got, err)
	}
}

// The local socket asks for no cookie, makes links, and is no way in for pages.
func TestLocalSocket(t *testing.T) {
	s, st := testServer(t, nil)
	ctx := t.Context()
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := c.Status(ctx); err != nil || status.Name != "North" {
		t.Errorf("status: %+v, %v", status, err)
	}
	if err := c.HangUp(ctx, "south"); err != nil {
		t.Error(err)
	}
	if err := c.HangUp(ctx, "no/where"); codeOf(err) != "no-such-line" {
		t.Errorf("hanging up nowhere: %v", err)
	}
	if err := c.Reload(ctx); err != nil || st.reloads != 1 {
		t.Errorf("reload: %v, %d times", err, st.reloads)
	}
	if _, err := c.Link(ctx, "//evil.example"); codeOf(err) != "bad-next" {
		t.Errorf("a link elsewhere: %v", err)
	}
	link, err := c.Link(ctx, "/?ready=1")
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	if got := b.get(link[strings.Index(link, "/enter"):]); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/?ready=1" {
		t.Errorf("the link: %s to %q", got.Status, got.Header.Get("Location"))
	}
	if err := c.EndSessions(ctx); err != nil {
		t.Fatal(err)
	}
	if got := b.get("/"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("after all sessions ended: %s", got.Status)
	}
}

func TestLocalSocketRefuses(t *testing.T) {
	s, _ := testServer(t, nil)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", s.cfg.Socket)
	}}}
	for what, c := range map[string]struct {
		body, origin string
		status       int
	}{
		"a web page":      {"{}", "http://localhost", http.StatusForbidden},
		"an unknown key":  {`{"next":"/","more":1}`, "", http.StatusBadRequest},
		"more than JSON":  {`{} {}`, "", http.StatusBadRequest},
		"nothing":         {``, "", http.StatusBadRequest},
		"a huge body":     {`{"next":"` + strings.Repeat("x", maxBody) + `"}`, "", http.StatusBadRequest},
		"a good question": {`{}`, "", http.StatusOK},
	} {
		r, err := http.NewRequest("POST", "http://station/api/token", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		got, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != c.status {
			t.Errorf("%s: %s, want %d", what, got.Status, c.status)
		}
	}
}
