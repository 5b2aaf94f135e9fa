package console

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ringdown/api"
)

// A testPage is the WebSocket side of a page.
type testPage struct {
	t      *testing.T
	ws     *websocket.Conn
	events chan api.Event // pings apart
	ended  chan struct{}  // closed after why was set
	why    error
	deaf   atomic.Bool // answers no pings
}

// openPage connects with a header and an HTTP client.
func openPage(t *testing.T, address string, client *http.Client, header http.Header) (*testPage, error) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPClient: client, HTTPHeader: header})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(1 << 20)
	p := &testPage{t: t, ws: ws, events: make(chan api.Event, 10000), ended: make(chan struct{})}
	go p.read()
	t.Cleanup(func() {
		_ = ws.CloseNow()
		<-p.ended
	})
	return p, nil
}

func (p *testPage) read() {
	defer close(p.ended)
	for {
		_, text, err := p.ws.Read(context.Background())
		if err != nil {
			p.why = err
			return
		}
		var e api.Event
		if err := json.Unmarshal(text, &e); err != nil {
			p.t.Errorf("event %q: %v", text, err)
			return
		}
		if e.Type != "ping" {
			p.events <- e
		} else if !p.deaf.Load() {
			p.send(api.ToStation{Type: "pong", N: e.N})
		}
	}
}

func (p *testPage) send(m api.ToStation) {
	text, err := json.Marshal(m)
	if err != nil {
		p.t.Error(err)
	}
	p.sendText(string(text))
}

// sendText sends what may be no message at all. The connection may be over.
func (p *testPage) sendText(text string) {
	_ = p.ws.Write(context.Background(), websocket.MessageText, []byte(text))
}

// next returns the next event but pings; it must be of the type.
func (p *testPage) next(kind string) api.Event {
	p.t.Helper()
	var e api.Event
	select {
	case e = <-p.events:
	case <-p.ended:
		if len(p.events) == 0 {
			p.t.Fatalf("the connection ended: %v; want %q", p.why, kind)
		}
		e = <-p.events
	case <-time.After(10 * time.Second):
		p.t.Fatalf("no event came, want %q", kind)
	}
	if e.Type != kind {
		p.t.Fatalf("event %+v, want %q", e, kind)
	}
	if e.At.IsZero() || e.At.Location() != time.UTC {
		p.t.Errorf("event %q is of %v, want a time in UTC", e.Type, e.At)
	}
	return e
}

// refused asks with a text and returns the code of the refusal.
func (p *testPage) refused(text string) string {
	p.t.Helper()
	p.sendText(text)
	e := p.next("refused")
	if e.Error == nil {
		p.t.Fatal("a refusal without an error")
	}
	return e.Error.Code
}

// closed waits for the end and returns the code.
func (p *testPage) closed() websocket.StatusCode {
	p.t.Helper()
	select {
	case <-p.ended:
		return websocket.CloseStatus(p.why)
	case <-time.After(20 * time.Second):
		p.t.Fatal("the connection lives")
		return 0
	}
}

// attached opens a page in the browser and attaches it.
func (b *browser) attached(info api.ToStation) *testPage {
	b.t.Helper()
	p := b.open()
	info.Type = "attach"
	p.send(info)
	return p
}

func (b *browser) open() *testPage {
	b.t.Helper()
	own := localURL(b.s)
	here, _ := url.Parse(own)
	header := http.Header{"Origin": {own}}
	for _, c := range b.Jar.Cookies(here) {
		header.Add("Cookie", c.String())
	}
	p, err := openPage(b.t, "ws"+own[len("http"):]+"/api/ws", nil, header)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// A pipeListener is a listener in memory, for virtual time.
type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.done:
		return nil, errors.New("closed")
	}
}

// memoryServer serves the local door in memory, for use in a bubble.
func memoryServer(t *testing.T) (*fakeStation, func() *testPage) {
	t.Helper()
	st := newFakeStation()
	s := New(Config{Pages: testPages}, st)
	s.sessions = &sessions{}
	l := newPipeListener()
	s.serve(l, s.localHandler())
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return st, func() *testPage { return dialMemory(t, l) }
}

func dialMemory(t *testing.T, l *pipeListener) *testPage {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: l.dial, DisableKeepAlives: true}}
	p, err := openPage(t, "ws://station/api/ws", client, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
