package webhook

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A town has servers by host and port, joined by pipes in memory, in virtual time.
type town struct {
	t     *testing.T
	start time.Time

	mu      sync.Mutex
	servers map[string]func(net.Conn)
	dialled []string
}

func inTown(t *testing.T, f func(*town)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(&town{t: t, start: time.Now(), servers: make(map[string]func(net.Conn))}) })
}

func (w *town) dial(ctx context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dialled = append(w.dialled, address)
	serve, ok := w.servers[address]
	if !ok {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	go func() {
		defer func() { _ = theirs.Close() }()
		serve(theirs)
	}()
	return ours, nil
}

func (w *town) at(address string, serve func(net.Conn)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.servers[address] = serve
}

func (w *town) calls() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.dialled)
}

func (w *town) since() time.Duration { return time.Since(w.start) }

// speaks is a server that is well: one request a connection.
func speaks(h http.HandlerFunc) func(net.Conn) {
	return func(c net.Conn) {
		s := &http.Server{Handler: h}
		l := &single{c: c, done: make(chan struct{})}
		s.ConnState = func(_ net.Conn, st http.ConnState) {
			if st == http.StateClosed {
				l.once.Do(func() { close(l.done) })
			}
		}
		_ = s.Serve(l)
	}
}

// A single listens for one connection that is there already.
type single struct {
	c     net.Conn
	given atomic.Bool
	once  sync.Once
	done  chan struct{}
}

func (l *single) Accept() (net.Conn, error) {
	if l.given.CompareAndSwap(false, true) {
		return l.c, nil
	}
	<-l.done
	return nil, io.EOF
}

func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return l.c.LocalAddr() }

// A request is what a server was asked, and when.
type request struct {
	after  time.Duration
	body   []byte
	header http.Header
}

// A lamp keeps what it is told, and answers with a status.
type lamp struct {
	w      *town
	status atomic.Int64

	mu   sync.Mutex
	told []request
}

func (w *town) lamp(address string, status int) *lamp {
	l := &lamp{w: w}
	l.status.Store(int64(status))
	w.at(address, speaks(func(out http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		l.told = append(l.told, request{w.since(), body, r.Header})
		l.mu.Unlock()
		out.WriteHeader(int(l.status.Load()))
	}))
	return l
}

func (l *lamp) requests() []request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]request(nil), l.told...)
}

func hookAt(t *testing.T, name, address string) Hook {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return Hook{Name: name, URL: u, Secret: []byte("a secret of this hook")}
}
