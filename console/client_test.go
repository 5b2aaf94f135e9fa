package console

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ringdown/api"
)

func TestConversation(t *testing.T) {
	s, st := testServer(t, nil)
	p := entered(t, s).attached(api.ToStation{Name: "Anna", Kind: "browser", Ref: 7})
	w := p.next("welcome")
	if w.Console != "01" || w.Status == nil || w.Status.Name != "North" || len(w.Status.Lines) != 1 {
		t.Errorf("welcome is %+v", w)
	}
	if e := p.next("done"); e.Ref != 7 {
		t.Errorf("done is of %d, want 7", e.Ref)
	}
	st.expect(t, "01 attach")
	for _, kind := range []string{"ready", "call", "answer", "ringing", "mute", "decline", "hangup"} {
		m := api.ToStation{Type: kind, Ref: 8}
		switch kind {
		case "call", "answer", "decline", "hangup", "ringing":
			m.Slug = "south"
		}
		p.send(m)
		st.expect(t, "01 "+kind)
		if e := p.next("done"); e.Ref != 8 {
			t.Errorf("%s: done is of %d, want 8", kind, e.Ref)
		}
	}
	p.send(api.ToStation{Type: "call", Slug: "down", Ref: 9})
	if e := p.next("refused"); e.Ref != 9 || e.Error.Code != "line-down" || e.Error.Action != "Wait." {
		t.Errorf("refused is %+v", e)
	}
	sink := st.seat("01").currentSink()
	sink.Send(api.Event{Type: "ring", At: time.Now().UTC(), Slug: "south", Ring: true})
	if e := p.next("ring"); e.Slug != "south" || !e.Ring {
		t.Errorf("ring is %+v", e)
	}
}

func TestMessagesAreRefused(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	p := b.open()
	if code := p.refused(`{"type":"ready","ready":true}`); code != "not-attached" {
		t.Errorf("before attach: %s", code)
	}
	for text, want := range map[string]string{
		`{"type":"attach","console":"../x"}`:                         "bad-message",
		`{"type":"attach","name":"` + strings.Repeat("x", 41) + `"}`: "bad-message",
		`{"type":"attach","kind":"toaster"}`:                         "bad-message",
		`{"type":"attach","voice":"parrot"}`:                         "bad-message",
	} {
		if code := p.refused(text); code != want {
			t.Errorf("%s: %s, want %s", text, code, want)
		}
	}
	p.sendText(`{"type":"attach"}`)
	p.next("welcome")
	st.expect(t, "01 attach")
	for text, want := range map[string]string{
		`{"type":"attach"}`:                                         "attached",
		`{"type":"fly","ref":1}`:                                    "unknown-type",
		`{"ref":1}`:                                                 "unknown-type",
		`{"type":"ready","ready":true,"more":1}`:                    "bad-message",
		`{"type":"ready","slug":"south"}`:                           "bad-message", // a field of another type
		`{"type":"call"}`:                                           "bad-message",
		`{"type":"call","slug":"../south"}`:                         "bad-message",
		`{"type":"call","slug":"south"} x`:                          "bad-message",
		`{"type":"call","slug":"south"}{}`:                          "bad-message",
		`{"type":"ready","ready":"yes"}`:                            "bad-message",
		`{"type":"ready","why":"` + strings.Repeat("é", 201) + `"}`: "bad-message",
		`[]`:                                    "bad-message",
		`null`:                                  "unknown-type",
		``:                                      "bad-message",
		"{\"type\":\"ready\",\"why\":\"\xff\"}": "bad-message",
		`{"type":"sdp"}`:                        "bad-offer",
		`{"type":"sdp","sdp":"v=0\r\n"}`:        "bad-offer",
	} {
		if code := p.refused(text); code != want {
			t.Errorf("%s: %s, want %s", text, code, want)
		}
	}
	st.expectNothing(t)
	p.send(api.ToStation{Type: "ready", Ready: true, Ref: 1})
	p.next("done")
}

func TestLargeMessageEndsTheConnection(t *testing.T) {
	s, _ := testServer(t, nil)
	p := entered(t, s).attached(api.ToStation{})
	p.next("welcome")
	p.sendText(`{"type":"sdp","sdp":"` + strings.Repeat("x", maxMessage) + `"}`)
	if code := p.closed(); code != websocket.StatusMessageTooBig {
		t.Errorf("closed with %d, want %d", code, websocket.StatusMessageTooBig)
	}
}

func TestBinaryMessageEndsTheConnection(t *testing.T) {
	s, _ := testServer(t, nil)
	p := entered(t, s).attached(api.ToStation{})
	if err := p.ws.Write(t.Context(), websocket.MessageBinary, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if code := p.closed(); code != websocket.StatusUnsupportedData {
		t.Errorf("closed with %d, want %d", code, websocket.StatusUnsupportedData)
	}
}

func TestFloodEndsTheConnection(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	p := b.attached(api.ToStation{})
	for range 4 * messageBurst {
		p.sendText(`{"type":"pong"}`)
	}
	if code := p.closed(); code != websocket.StatusPolicyViolation {
		t.Errorf("closed with %d, want %d", code, websocket.StatusPolicyViolation)
	}
	st.expect(t, "01 attach")
	st.expect(t, "01 lost")
	b.attached(api.ToStation{}).next("welcome") // one's own flood keeps nobody else out
}

// The same console attaching again takes over; the old connection learns why.
func TestTakeOver(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	old := b.attached(api.ToStation{})
	id := old.next("welcome").Console
	st.expect(t, "01 attach")
	young := b.attached(api.ToStation{Console: id})
	if got := young.next("welcome").Console; got != id {
		t.Errorf("the seat is %q, want %q", got, id)
	}
	st.expect(t, "01 attach")
	if code := old.closed(); code != api.CloseReplaced {
		t.Errorf("the old connection closed with %d, want %d", code, api.CloseReplaced)
	}
	old.send(api.ToStation{Type: "hangup", Slug: "south"})
	young.send(api.ToStation{Type: "ready", Ready: true})
	st.expect(t, "01 ready") // and nothing of the old one: no loss, no hang-up
}

func TestRefusedAttachLeavesTheSeat(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	p := b.attached(api.ToStation{})
	id := p.next("welcome").Console
	st.expect(t, "01 attach")
	st.mu.Lock()
	st.refuse = &api.Error{Code: "no-recording", Text: "There is no recorded voice."}
	st.mu.Unlock()
	other := b.attached(api.ToStation{Console: id, Voice: "recorded"})
	if e := other.next("refused"); e.Error.Code != "no-recording" {
		t.Errorf("refused is %+v", e)
	}
	_ = p.ws.CloseNow()
	st.expect(t, "01 lost") // it still speaks for the seat
}

func TestEventsBeforeWelcomeFollowIt(t *testing.T) {
	s, st := testServer(t, nil)
	st.attach = func(_ api.ToStation, sink Sink) {
		sink.Send(api.Event{Type: "welcome", Console: "forged"}) // not the station's to send
		sink.Send(api.Event{Type: "line", At: time.Now().UTC(), Line: &api.Line{Slug: "east"}})
		sink.Send(api.Event{Type: "line", At: time.Now().UTC(), Line: &api.Line{Slug: "west"}})
	}
	p := entered(t, s).attached(api.ToStation{})
	if e := p.next("welcome"); e.Console != "01" {
		t.Errorf("welcome is for %q", e.Console)
	}
	for _, want := range []string{"east", "west"} {
		if e := p.next("line"); e.Line.Slug != want {
			t.Errorf("line %q came, want %q", e.Line.Slug, want)
		}
	}
}

// A console that does not read is dropped, and the station never waits for it.
func TestSlowConsoleIsDropped(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	other := b.attached(api.ToStation{})
	other.next("welcome")
	st.expect(t, "01 attach")
	attachSilently(t, s)
	st.expect(t, "02 attach")
	slow := st.seat("02").currentSink().(*client)
	large := &api.Line{Slug: strings.Repeat("x", 100_000)}
	sink := st.seat("02").currentSink()
	longest := time.Duration(0)
	for range 10 * queueLength {
		start := time.Now()
		sink.Send(api.Event{Type: "line", At: time.Now().UTC(), Line: large})
		sink.Voice(0, 1, 1, opusPacket(60, 1))
		longest = max(longest, time.Since(start))
	}
	if longest > time.Second {
		t.Errorf("the station waited %v for a console", longest)
	}
	st.expect(t, "02 lost")
	select {
	case <-slow.done:
	case <-time.After(20 * time.Second):
		t.Error("the connection lives")
	}
	other.send(api.ToStation{Type: "ready", Ready: true})
	st.expect(t, "01 ready")
}

func TestPanicInASeatEndsOneConnection(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	p := b.attached(api.ToStation{})
	p.next("welcome")
	other := b.attached(api.ToStation{})
	other.next("welcome")
	p.send(api.ToStation{Type: "call", Slug: "panic"})
	if code := p.closed(); code != websocket.StatusInternalError {
		t.Errorf("closed with %d, want %d", code, websocket.StatusInternalError)
	}
	for _, want := range []string{"01 attach", "02 attach", "01 lost"} {
		st.expect(t, want)
	}
	other.send(api.ToStation{Type: "ready"})
	st.expect(t, "02 ready")
}

func TestConsolesAreLimited(t *testing.T) {
	s, st := testServer(t, func(c *Config) { c.MaxConsoles = 2 })
	b := entered(t, s)
	first := b.attached(api.ToStation{})
	id := first.next("welcome").Console
	b.attached(api.ToStation{}).next("welcome")
	third := b.attached(api.ToStation{})
	if e := third.next("refused"); e.Error.Code != "too-many-consoles" {
		t.Errorf("the third console: %+v", e.Error)
	}
	b.attached(api.ToStation{Observe: true}).next("welcome") // an observer is no console
	b.attached(api.ToStation{Console: id}).next("welcome")   // nor does a window that takes over count twice
	if len(st.seats) != 3 {
		t.Errorf("the station has %d seats, want 3 with the observer's", len(st.seats))
	}
}

func TestWindowsOfASessionAreLimited(t *testing.T) {
	s, _ := testServer(t, nil)
	b := entered(t, s)
	for range maxForSession {
		b.open()
	}
	got := b.request("GET", "/api/ws", "", func(r *http.Request) { r.Header.Set("Origin", localURL(s)) })
	if got.StatusCode != http.StatusServiceUnavailable || errorOf(t, got).Code != "too-many-windows" {
		t.Errorf("one window more: %s\n%s", got.Status, got.text)
	}
	entered(t, s).open() // another browser
}

func TestConnectionsAreLimited(t *testing.T) {
	s, _ := testServer(t, func(c *Config) { c.MaxConsoles = 1 })
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	for range 1 + maxObservers { // none of them attached, which costs all the same
		entered(t, s).open()
	}
	if _, err := c.Attach(t.Context(), api.ToStation{}); codeOf(err) != "too-many-consoles" {
		t.Errorf("one connection more: %v", err)
	}
}

func TestEndedSessionClosesItsWindows(t *testing.T) {
	s, _ := testServer(t, nil)
	p := entered(t, s).attached(api.ToStation{})
	p.next("welcome")
	local := attachLocal(t, s, api.ToStation{})
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.EndSessions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := p.closed(); code != api.CloseNoSession {
		t.Errorf("closed with %d, want %d", code, api.CloseNoSession)
	}
	if err := local.Do(t.Context(), api.ToStation{Type: "ready", Ready: true}); err != nil {
		t.Errorf("the command line after it: %v", err)
	}
}

func TestNoticesAreAdded(t *testing.T) {
	s, st := testServer(t, nil)
	st.notices = []api.Notice{{Text: "of the station"}}
	p := entered(t, s).attached(api.ToStation{})
	p.next("welcome")
	s.faults.count(time.Now(), "01", "Anna", 3)
	status := st.Status()
	st.seat("01").currentSink().Send(api.Event{Type: "station", At: time.Now().UTC(), Status: &status})
	if e := p.next("station"); len(e.Status.Notices) != 2 || e.Status.Notices[0].Text != "of the station" {
		t.Errorf("notices are %+v", e.Status.Notices)
	}
	if len(status.Notices) != 1 {
		t.Error("the station's own status was changed")
	}
}

// A ring reaches every one of two hundred consoles. How soon is no test: ringdown bench measures it, from the press to the last.
func TestRingReachesTwoHundred(t *testing.T) {
	s, st := testServer(t, nil)
	const consoles = 200
	var pages []*testPage
	for i := range consoles {
		b := entered(t, s)
		for range 10 {
			pages = append(pages, b.attached(api.ToStation{Name: fmt.Sprint(i)}))
		}
		if len(pages) == consoles {
			break
		}
	}
	for _, p := range pages {
		p.next("welcome")
	}
	var sinks []Sink
	for id := range consoles {
		sinks = append(sinks, st.seat(fmt.Sprintf("%02x", id+1)).currentSink())
	}
	for _, sink := range sinks {
		sink.Send(api.Event{Type: "ring", At: time.Now().UTC(), Slug: "south", Ring: true})
	}
	for _, p := range pages {
		if e := p.next("ring"); !e.Ring || e.Slug != "south" {
			t.Errorf("a console was told %+v, want the ring of south", e)
		}
	}
}

func TestVoiceToAConsoleAllocatesNothing(t *testing.T) {
	var v voiceOf
	v.peer = &peer{queue: newVoiceQueue()}
	packet := opusPacket(60, 1)
	if n := testing.AllocsPerRun(1000, func() { v.send(0, 1, 1, packet) }); n != 0 {
		t.Errorf("one packet allocates %v times", n)
	}
}

// attachSilently attaches and then never reads.
func attachSilently(t *testing.T, s *Server) *websocket.Conn {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", s.cfg.Socket)
	}}}
	ws, _, err := websocket.Dial(t.Context(), "ws://station/api/ws", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	if err := ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"attach"}`)); err != nil {
		t.Fatal(err)
	}
	return ws
}
