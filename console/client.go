package console

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"ringdown/api"
)

const (
	queueLength  = 256             // events waiting for one console; one more, and it is dropped
	writeLimit   = 5 * time.Second // for one event
	drainLimit   = 500 * time.Millisecond
	attachLimit  = 5 * time.Second  // from connection to "attach"
	dropAfter    = 15 * time.Second // of silence: the network is gone, and TCP has not noticed
	grace        = 10 * time.Second // from the end of a connection to Detach
	messageRate  = 50               // a second, from one console; it sends 4 when nothing happens
	messageBurst = 200
	offerRate    = 1 // a second; each one costs a new connection for voice
	offerBurst   = 5
)

// A client is one WebSocket connection, and once attached the [Sink] through
// which the station reaches that console.
//
// Three goroutines serve it: read takes its messages and calls the station;
// write sends events; watch pings and judges silence. None of them is waited
// for by the station.
type client struct {
	s     *Server
	ws    *websocket.Conn // written under mu, before read, write and watch start
	who   visitor
	began time.Time
	pulse pulse

	messages, offers *rate.Limiter // owned by read

	out  chan api.Event
	quit chan struct{} // closed by shut, after code and reason were set
	once sync.Once
	code websocket.StatusCode
	why  string
	done chan struct{} // closed when nothing of the connection is left

	mu     sync.Mutex
	opened bool        // the welcome is in out
	early  []api.Event // what the station sent before the welcome

	// replaced: the same console has attached by another connection, so this one
	// says nothing more of the seat. Written under seatMu.
	replaced atomic.Bool
	silent   atomic.Bool // Lost was called, Back not yet; written under seatMu

	seatMu  sync.Mutex // held while calling Lost, Back and Detach, so that they come in order
	seat    Seat       // nil before attach
	name    string
	observe bool
	gone    bool // the connection has ended

	voice voiceOf
}

var _ Sink = (*client)(nil)

// getSocket is the life of a connection.
func (s *Server) getSocket(w http.ResponseWriter, r *http.Request) {
	c := &client{
		s: s, who: visitorOf(r), began: time.Now(),
		messages: rate.NewLimiter(messageRate, messageBurst), offers: rate.NewLimiter(offerRate, offerBurst),
		out: make(chan api.Event, queueLength), quit: make(chan struct{}), done: make(chan struct{}),
	}
	if e := s.clients.enter(c); e != nil {
		s.refuse(w, http.StatusServiceUnavailable, e)
		return
	}
	defer close(c.done)
	defer s.clients.leave(c)
	if !s.still(c.who) { // they were removed while this came in, and settle did not see it
		s.refuse(w, http.StatusUnauthorized, s.whyNot())
		return
	}
	// The gate has judged the origin, more strictly than Accept would.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		s.log.Warn("console: not a WebSocket", "from", r.RemoteAddr, "error", err)
		return
	}
	ws.SetReadLimit(maxMessage)
	c.mu.Lock()
	c.ws = ws
	c.mu.Unlock()
	var others sync.WaitGroup
	others.Go(func() { c.contain(c.write) })
	others.Go(func() { c.contain(c.watch) })
	c.contain(c.read)
	c.shut(websocket.StatusNormalClosure, "")
	others.Wait()
	_ = ws.CloseNow()
}

// contain turns a panic into the end of this connection alone.
func (c *client) contain(f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.s.log.Error("console: panic in a connection", "panic", p, "stack", string(debug.Stack()))
			c.shut(websocket.StatusInternalError, "the station failed")
		}
	}()
	f()
}

// shut begins the end of the connection, once; the first reason stays.
func (c *client) shut(code websocket.StatusCode, reason string) {
	c.once.Do(func() {
		c.code, c.why = code, shorten(reason, 110)
		close(c.quit)
	})
}

// cut ends the connection without a word.
func (c *client) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws != nil {
		_ = c.ws.CloseNow()
	}
}

func (c *client) ending() bool {
	select {
	case <-c.quit:
		return true
	default:
		return false
	}
}

func (c *client) read() {
	for {
		kind, text, err := c.ws.Read(context.Background())
		if err != nil || c.ending() {
			return
		}
		if kind != websocket.MessageText {
			c.shut(websocket.StatusUnsupportedData, "messages are JSON text")
			return
		}
		if !c.messages.Allow() {
			c.shut(websocket.StatusPolicyViolation, "too many messages")
			return
		}
		c.heard()
		c.receive(text)
	}
}

// receive carries out one message and answers it.
func (c *client) receive(text []byte) {
	m, err := decodeMessage(text)
	if err == nil {
		err = c.carryOut(m)
	}
	switch {
	case err != nil:
		c.enqueue(api.Event{Type: "refused", Ref: m.Ref, Error: c.s.asRefusal(err)})
	case m.Ref != 0:
		c.enqueue(api.Event{Type: "done", Ref: m.Ref})
	}
}

func (c *client) carryOut(m api.ToStation) error {
	if e := socketRules[socketAct(m)].check(c.who.person); e != nil {
		return e
	}
	switch {
	case m.Type == "attach":
		return c.attach(m)
	case c.seat == nil:
		return &api.Error{Code: "not-attached", Text: "The station does not know yet which console this is.", Action: `Send "attach" first.`}
	case m.Type == "pong":
		return nil
	case m.Type == "sdp":
		return c.negotiate(m.SDP)
	}
	return c.seat.Do(m)
}

// attach gives this connection its seat, and takes it from an older connection
// of the same console.
func (c *client) attach(m api.ToStation) error {
	if c.seat != nil {
		return &api.Error{Code: "attached", Text: "This connection is attached already.", Action: "Open another connection for another console."}
	}
	if m.Observe {
		m.Console = ""
	}
	if m.Kind == "" {
		m.Kind = "browser"
	}
	if err := c.s.clients.attach(c, m); err != nil {
		return err
	}
	c.welcome()
	return nil
}

// take is the attachment itself. The registry calls it, one at a time; old is
// the connection that holds the seat now, or nil.
func (c *client) take(m api.ToStation, old *client) error {
	if old != nil {
		old.seatMu.Lock()
		defer old.seatMu.Unlock()
		old.replaced.Store(true)
	}
	seat, err := c.s.st.Attach(m, c.who.person, c)
	if err != nil {
		if old != nil {
			old.replaced.Store(false)
		}
		return err
	}
	if old != nil {
		old.shut(api.CloseReplaced, "this console was opened elsewhere")
	}
	c.seatMu.Lock()
	c.seat, c.name, c.observe = seat, m.Name, m.Observe
	c.seatMu.Unlock()
	return nil
}

// welcome puts the whole status in front of what the station sent meanwhile.
func (c *client) welcome() {
	status := c.s.status()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enqueue(api.Event{Type: "welcome", Console: c.seat.ID(), Status: &status})
	for _, e := range c.early {
		c.enqueue(e)
	}
	c.opened, c.early = true, nil
}

// Send implements [Sink]. The types that belong to this package are dropped.
func (c *client) Send(e api.Event) {
	switch e.Type {
	case "welcome", "ping", "sdp", "done", "refused":
		return
	}
	if e.Status != nil {
		status := c.s.withNotices(*e.Status)
		e.Status = &status
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.opened:
		c.enqueue(e)
	case len(c.early) < queueLength/2:
		c.early = append(c.early, e)
	default:
		c.shut(api.CloseSlow, "this console did not keep up")
	}
}

// Close implements [Sink].
func (c *client) Close(reason string) {
	if c.replaced.Load() {
		c.shut(api.CloseReplaced, reason)
		return
	}
	c.shut(websocket.StatusGoingAway, reason)
}

// enqueue never waits.
func (c *client) enqueue(e api.Event) {
	if e.At.IsZero() {
		e.At = time.Now().UTC().Truncate(time.Millisecond)
	}
	select {
	case c.out <- e:
	default:
		c.shut(api.CloseSlow, "this console did not keep up")
	}
}

// write sends events until the end, then what is still queued, then the reason.
func (c *client) write() {
	for {
		select {
		case e := <-c.out:
			if !c.writeEvent(e, writeLimit) {
				c.shut(api.CloseSlow, "this console did not keep up")
			}
			continue
		case <-c.quit:
		}
		break
	}
	for end := time.Now().Add(drainLimit); c.code != api.CloseSlow && len(c.out) > 0; {
		if !c.writeEvent(<-c.out, time.Until(end)) {
			break
		}
	}
	_ = c.ws.Close(c.code, c.why)
}

func (c *client) writeEvent(e api.Event, limit time.Duration) bool {
	text, err := json.Marshal(e)
	if err != nil {
		c.s.log.Error("console: event", "type", e.Type, "error", err)
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageText, text) == nil
}

// watch pings the console, judges its silence, and tells the station of the end.
func (c *client) watch() {
	defer c.end()
	ping, use := time.NewTicker(pingEvery), time.NewTicker(time.Minute)
	defer ping.Stop()
	defer use.Stop()
	silence := time.NewTimer(pingEvery)
	defer silence.Stop()
	for n := uint64(1); ; {
		select {
		case <-ping.C:
			if c.counts() {
				c.enqueue(api.Event{Type: "ping", N: n})
				n++
			}
		case <-use.C:
			c.s.settleOne(c)
		case <-silence.C:
			silence.Reset(c.judge())
		case <-c.quit:
			return
		}
	}
}

// counts says whether this is a console, which answers pings and can be lost.
func (c *client) counts() bool {
	c.seatMu.Lock()
	defer c.seatMu.Unlock()
	return c.seat != nil && !c.observe
}

// judge calls the console lost if it is, and says when to look again.
func (c *client) judge() time.Duration {
	c.seatMu.Lock()
	defer c.seatMu.Unlock()
	now := time.Since(c.began)
	switch {
	case c.seat == nil && now >= attachLimit:
		c.shut(websocket.StatusPolicyViolation, "no attach came")
	case c.seat == nil || c.observe:
	case now < c.pulse.deadline():
		return c.pulse.deadline() - now
	case now >= c.pulse.deadline()+dropAfter:
		c.shut(websocket.StatusGoingAway, "this console was silent")
	default:
		c.lose()
	}
	return pingEvery
}

// lose needs seatMu.
func (c *client) lose() {
	if !c.silent.Load() && !c.replaced.Load() {
		c.silent.Store(true)
		c.seat.Lost()
	}
}

func (c *client) heard() {
	c.pulse.heard(time.Since(c.began))
	c.back()
}

func (c *client) heardVoice() {
	now := time.Since(c.began)
	c.pulse.heardVoice(now)
	if now < c.pulse.deadline() { // not of a page that is stuck
		c.back()
	}
}

// back tells the station that a lost console is heard again.
func (c *client) back() {
	if !c.silent.Load() {
		return
	}
	c.seatMu.Lock()
	defer c.seatMu.Unlock()
	if c.silent.Load() && !c.gone && !c.replaced.Load() {
		c.silent.Store(false)
		c.seat.Back()
	}
}

// end tells the station that the connection is over: the console is lost, and
// after the grace period, in which a page that was loaded again takes its seat
// back, detached. When the whole server closes, the station is told nothing.
func (c *client) end() {
	c.voice.close()
	c.seatMu.Lock()
	defer c.seatMu.Unlock()
	c.gone = true
	if c.seat == nil || c.s.closing() {
		return
	}
	if c.observe {
		c.seat.Detach()
		return
	}
	c.lose()
	c.s.clients.later(grace, c.detach)
}

func (c *client) detach() {
	c.seatMu.Lock()
	defer c.seatMu.Unlock()
	if c.replaced.Load() {
		return
	}
	c.s.clients.release(c)
	c.seat.Detach()
}
