package console

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"ringdown/api"
)

// A fakeStation keeps what it is told, and calls no one by itself.
type fakeStation struct {
	mu      sync.Mutex
	seats   map[string]*fakeSeat
	next    int
	hungUp  []string // by whom
	reloads int
	refuse  error                     // what Attach answers, if not nil
	attach  func(api.ToStation, Sink) // called within Attach, if not nil
	panics  bool                      // in Status
	notices []api.Notice
	told    chan string // "id what", in order
	record  fakeRecord  // of line south
}

func newFakeStation() *fakeStation {
	return &fakeStation{seats: make(map[string]*fakeSeat), told: make(chan string, 10000)}
}

// A fakeSeat is one console's place. Like a station's, it outlives connections.
type fakeSeat struct {
	st   *fakeStation
	id   string
	mu   sync.Mutex
	sink Sink
	said []api.ToStation
	// voice holds what came from the microphone, if the channel is not full.
	voice chan []byte
}

func (f *fakeStation) Status() api.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.panics {
		panic("the station's fault")
	}
	s := api.Status{Name: "North", Notices: f.notices, Consoles: []api.Console{}, Lines: []api.Line{{Slug: "south"}}}
	for id := range f.seats {
		s.Consoles = append(s.Consoles, api.Console{ID: id})
	}
	return s
}

func (f *fakeStation) Attach(info api.ToStation, who api.Person, sink Sink) (Seat, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return nil, f.refuse
	}
	if f.attach != nil {
		f.attach(info, sink)
	}
	seat := f.seats[info.Console]
	if seat == nil {
		f.next++
		seat = &fakeSeat{st: f, id: fmt.Sprintf("%02x", f.next), voice: make(chan []byte, 1000)}
		f.seats[seat.id] = seat
	} else if old := seat.currentSink(); old != nil {
		old.Close("opened again elsewhere")
	}
	seat.mu.Lock()
	seat.sink = sink
	seat.mu.Unlock()
	f.told <- seat.id + " attach"
	return seat, nil
}

func (f *fakeStation) HangUp(slug string, who api.Person) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch slug {
	case "south":
		f.hungUp = append(f.hungUp, who.Name)
		return nil
	case "idle":
		return &api.Error{Code: "no-call", Text: "There is no call on this line."}
	case "broken":
		return errors.New("disk on fire")
	}
	return &api.Error{Code: "no-such-line", Text: "There is no such line."}
}

func (f *fakeStation) Reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reloads++
	return nil
}

func (f *fakeStation) seat(id string) *fakeSeat {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seats[id]
}

func (s *fakeSeat) currentSink() Sink {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sink
}

func (s *fakeSeat) ID() string { return s.id }
func (s *fakeSeat) Lost()      { s.st.told <- s.id + " lost" }
func (s *fakeSeat) Back()      { s.st.told <- s.id + " back" }
func (s *fakeSeat) Detach()    { s.st.told <- s.id + " detach" }

func (s *fakeSeat) Do(m api.ToStation) error {
	s.mu.Lock()
	s.said = append(s.said, m)
	s.mu.Unlock()
	switch m.Slug {
	case "down":
		return &api.Error{Code: "line-down", Text: "The line is down.", Action: "Wait."}
	case "panic":
		panic("the seat's fault")
	}
	s.st.told <- s.id + " " + m.Type
	return nil
}

func (s *fakeSeat) Voice(codec uint8, packet []byte) {
	select {
	case s.voice <- append([]byte{codec}, packet...):
	default:
	}
}

// expect waits for the next thing the station is told.
func (f *fakeStation) expect(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-f.told:
		if got != want {
			t.Fatalf("the station was told %q, want %q", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("the station was told nothing, want %q", want)
	}
}

func (f *fakeStation) expectNothing(t *testing.T) {
	t.Helper()
	select {
	case got := <-f.told:
		t.Fatalf("the station was told %q, want nothing", got)
	default:
	}
}

var testPages = fstest.MapFS{
	"index.html":     {Data: []byte("<!doctype html><title>console</title><script type=module src=app.js></script>")},
	"app.js":         {Data: []byte("export {};")},
	"style/main.css": {Data: []byte("body{}")},
	"tsconfig.json5": {Data: []byte("not served")},
}

// testServer is a server with real listeners.
func testServer(t *testing.T, change func(*Config)) (*Server, *fakeStation) {
	t.Helper()
	dir := t.TempDir()
	cfg := Config{Listen: "localhost:0", Socket: filepath.Join(dir, "s"), SessionFile: filepath.Join(dir, "sessions.json"), Pages: testPages}
	if testing.Verbose() {
		cfg.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	}
	if change != nil {
		change(&cfg)
	}
	st := newFakeStation()
	s := New(cfg, st)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, st
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	_, err := os.Stderr.Write(bytes.TrimRight(b, "\n"))
	_, _ = os.Stderr.WriteString("\n")
	return len(b), err
}

// localURL is the server's address on this machine, whatever its links say.
func localURL(s *Server) string {
	port := s.listeners[0].Addr().(*net.TCPAddr).Port
	return fmt.Sprintf("%s://localhost:%d", s.gate.scheme, port)
}

// A browser is an HTTP client with a cookie jar that does not follow redirects.
type browser struct {
	t *testing.T
	s *Server
	http.Client
}

func newBrowser(t *testing.T, s *Server) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, s: s}
	b.Jar = jar
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

// entered is a browser that was let in.
func entered(t *testing.T, s *Server) *browser {
	t.Helper()
	b := newBrowser(t, s)
	link, err := s.Link("")
	if err != nil {
		t.Fatal(err)
	}
	if got := b.get(link[strings.Index(link, "/enter"):]); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("entering: %s", got.Status)
	}
	return b
}

// request makes a request; change may spoil it.
func (b *browser) request(method, path string, body string, change func(*http.Request)) *reply {
	b.t.Helper()
	r, err := http.NewRequest(method, localURL(b.s)+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method != http.MethodGet {
		r.Header.Set("Origin", localURL(b.s))
	}
	if change != nil {
		change(r)
	}
	got, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer got.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(got.Body); err != nil {
		b.t.Fatal(err)
	}
	return &reply{got, text.String()}
}

func (b *browser) get(path string) *reply {
	b.t.Helper()
	return b.request(http.MethodGet, path, "", nil)
}

type reply struct {
	*http.Response
	text string
}

// codeOf is the code of a refusal, or empty.
func codeOf(err error) string {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.Code
	}
	return ""
}
