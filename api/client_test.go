package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A fakeStation answers at a local socket. Each WebSocket is given to talk.
type fakeStation struct {
	socket string
	talk   func(ws *websocket.Conn)
}

func newFakeStation(t *testing.T) *fakeStation {
	t.Helper()
	f := &fakeStation{socket: filepath.Join(t.TempDir(), "s")}
	l, err := net.Listen("unix", f.socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name":"North"}`) })
	mux.HandleFunc("POST /api/lines/{line}/hangup", hangUp)
	mux.HandleFunc("POST /api/reload", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /api/token", func(w http.ResponseWriter, r *http.Request) {
		var ask LinkRequest
		_ = json.NewDecoder(r.Body).Decode(&ask)
		_ = json.NewEncoder(w).Encode(Link{URL: "http://localhost/enter?next=" + ask.Next})
	})
	mux.HandleFunc("GET /api/ws", func(w http.ResponseWriter, r *http.Request) {
		if f.talk == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"code":"too-many-consoles","text":"The station is full."}`)
			return
		}
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = ws.CloseNow() }()
		f.talk(ws)
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return f
}

func hangUp(w http.ResponseWriter, r *http.Request) {
	switch r.PathValue("line") {
	case "south":
		w.WriteHeader(http.StatusNoContent)
	case "broken":
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>")
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"code":"no-such-line","text":"There is no line nowhere.","action":"See the lines."}`)
	}
}

func (f *fakeStation) client(t *testing.T) *Client {
	t.Helper()
	c, err := Dial(f.socket)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// read takes one message at the station's side.
func read(t *testing.T, ws *websocket.Conn) (m ToStation) {
	_, text, err := ws.Read(context.Background())
	if err != nil {
		return ToStation{Type: "gone"}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Error(err)
	}
	return m
}

func write(ws *websocket.Conn, events ...Event) {
	for _, e := range events {
		text, _ := json.Marshal(e)
		_ = ws.Write(context.Background(), websocket.MessageText, text)
	}
}

// greet answers the attach.
func greet(t *testing.T, ws *websocket.Conn) ToStation {
	m := read(t, ws)
	write(ws, Event{Type: "welcome", Console: "01", Status: &Status{Name: "North"}}, Event{Type: "done", Ref: m.Ref})
	return m
}

func TestRequests(t *testing.T) {
	c := newFakeStation(t).client(t)
	ctx := t.Context()
	if s, err := c.Status(ctx); err != nil || s.Name != "North" {
		t.Errorf("status: %+v, %v", s, err)
	}
	if err := c.Reload(ctx); err != nil {
		t.Error(err)
	}
	if l, err := c.Link(ctx, "/?ready=1"); err != nil || l != "http://localhost/enter?next=/?ready=1" {
		t.Errorf("link: %q, %v", l, err)
	}
	if err := c.HangUp(ctx, "south"); err != nil {
		t.Error(err)
	}
	err := c.HangUp(ctx, "no where/..")
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != "no-such-line" || e.Action != "See the lines." || !strings.HasPrefix(err.Error(), "api: ") {
		t.Errorf("hanging up nowhere: %v", err)
	}
	err = c.HangUp(ctx, "broken")
	if _, ok := errors.AsType[*Error](err); ok || err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("an answer that is no Error: %v", err)
	}
}

func TestNoStation(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	_, err := Dial(socket)
	if e, ok := errors.AsType[*UnreachableError](err); !ok || e.Socket != socket {
		t.Errorf("no socket: %v", err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(socket)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err = c.Status(t.Context())
	if _, ok := errors.AsType[*UnreachableError](err); !ok {
		t.Errorf("a station that stopped: %v", err)
	}
	_, err = c.Attach(t.Context(), ToStation{})
	if _, ok := errors.AsType[*UnreachableError](err); !ok {
		t.Errorf("attaching to a station that stopped: %v", err)
	}
}

func TestConn(t *testing.T) {
	f := newFakeStation(t)
	pong := make(chan ToStation, 1)
	f.talk = func(ws *websocket.Conn) {
		if m := greet(t, ws); m.Type != "attach" || m.Kind != "command" || m.Name != "Anna" {
			t.Errorf("attached with %+v", m)
		}
		write(ws, Event{Type: "ping", N: 7})
		pong <- read(t, ws)
		m := read(t, ws)
		write(ws, Event{Type: "line", Line: &Line{Slug: m.Slug}}, Event{Type: "done", Ref: m.Ref})
		m = read(t, ws)
		write(ws, Event{Type: "refused", Ref: m.Ref, Error: &Error{Code: "busy", Text: "It is busy."}}, Event{Type: "refused", Error: &Error{Code: "voice-size"}})
		m = read(t, ws)
		write(ws, Event{Type: "refused", Ref: m.Ref})
		if m := read(t, ws); m.Type != "ready" {
			t.Errorf("%+v came, want the request that gets no answer", m)
		}
		read(t, ws) // the connection stays until the client closes it
	}
	ctx := t.Context()
	k, err := f.client(t).Attach(ctx, ToStation{Name: "Anna"})
	if err != nil {
		t.Fatal(err)
	}
	if w := k.Welcome(); w.Console != "01" || w.Status.Name != "North" {
		t.Errorf("welcome is %+v", w)
	}
	if m := <-pong; m.Type != "pong" || m.N != 7 {
		t.Errorf("a ping was answered with %+v", m)
	}
	if err := k.Do(ctx, ToStation{Type: "call", Slug: "south"}); err != nil {
		t.Error(err)
	}
	if e, err := k.Next(ctx); err != nil || e.Type != "line" || e.Line.Slug != "south" {
		t.Errorf("event %+v, %v; the ping must not be among them", e, err)
	}
	for _, want := range []string{"busy", "internal"} {
		err := k.Do(ctx, ToStation{Type: "call", Slug: "south"})
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != want {
			t.Errorf("a refused call: %v, want %s", err, want)
		}
	}
	if e, err := k.Next(ctx); err != nil || e.Type != "refused" || e.Error.Code != "voice-size" {
		t.Errorf("event %+v, %v; want the refusal that answers nothing", e, err)
	}
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if _, err := k.Next(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing happens: %v", err)
	}
	if err := k.Do(short, ToStation{Type: "ready"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer: %v", err)
	}
	if err := k.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := k.Do(ctx, ToStation{Type: "ready"}); err == nil {
		t.Error("a closed connection carries requests")
	}
}

func TestAttachRefused(t *testing.T) {
	f := newFakeStation(t)
	_, err := f.client(t).Attach(t.Context(), ToStation{})
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != "too-many-consoles" {
		t.Errorf("a full station: %v", err)
	}
	f.talk = func(ws *websocket.Conn) {
		m := read(t, ws)
		write(ws, Event{Type: "refused", Ref: m.Ref, Error: &Error{Code: "no-recording", Text: "There is none."}})
		read(t, ws)
	}
	_, err = f.client(t).Attach(t.Context(), ToStation{Voice: "recorded"})
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != "no-recording" {
		t.Errorf("a refused attach: %v", err)
	}
}

func TestStationClosesTheConnection(t *testing.T) {
	f := newFakeStation(t)
	f.talk = func(ws *websocket.Conn) {
		greet(t, ws)
		write(ws, Event{Type: "line", Line: &Line{Slug: "south"}})
		_ = ws.Close(CloseReplaced, "this console was opened elsewhere")
	}
	k, err := f.client(t).Attach(t.Context(), ToStation{})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := k.Next(t.Context()); err != nil || e.Type != "line" {
		t.Errorf("what came before the end: %+v, %v", e, err)
	}
	if _, err := k.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "opened elsewhere") {
		t.Errorf("the end: %v, want the station's reason", err)
	}
}

// What nobody takes must not fill the memory.
func TestEventsNotTaken(t *testing.T) {
	f := newFakeStation(t)
	f.talk = func(ws *websocket.Conn) {
		greet(t, ws)
		for range maxWaiting + 1 {
			write(ws, Event{Type: "quality"})
		}
		read(t, ws)
	}
	k, err := f.client(t).Attach(t.Context(), ToStation{})
	if err != nil {
		t.Fatal(err)
	}
	<-k.ended
	for range maxWaiting {
		if _, err := k.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.Next(t.Context()); !errors.Is(err, ErrSlow) {
		t.Errorf("the end: %v, want ErrSlow", err)
	}
}
