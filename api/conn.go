package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	maxEvent   = 16 << 20 // bytes
	maxWaiting = 4096     // events that Next has not taken
	sendLimit  = 5 * time.Second
)

// ErrSlow ends a [Conn] whose events were not taken.
var ErrSlow = fmt.Errorf("api: %d events wait to be taken", maxWaiting)

// A Conn is an attached console or, with Observe, an observer. It answers pings
// by itself, so its station counts it as there for as long as it is open. Its
// methods may be called from several goroutines.
type Conn struct {
	ws      *websocket.Conn
	welcome Event
	stop    context.CancelFunc
	ended   chan struct{} // closed after err was set

	mu      sync.Mutex
	ref     uint64
	asked   map[uint64]chan *Error // by Ref; nil means done
	waiting []Event
	more    chan struct{} // holds one: waiting is not empty
	err     error         // why the connection ended
}

// Attach opens the event connection. The type of info may be left empty, and an
// empty Kind means "command".
func (c *Client) Attach(ctx context.Context, info ToStation) (*Conn, error) {
	ws, reply, err := websocket.Dial(ctx, "ws://station/api/ws", &websocket.DialOptions{HTTPClient: c.http})
	if err != nil && reply != nil && reply.StatusCode >= 400 {
		return nil, fmt.Errorf("api: attach: %w", readReply(reply, nil))
	}
	if err != nil {
		return nil, c.unreached(err)
	}
	ws.SetReadLimit(maxEvent)
	life, stop := context.WithCancel(context.Background())
	k := &Conn{ws: ws, stop: stop, ended: make(chan struct{}), asked: make(map[uint64]chan *Error), more: make(chan struct{}, 1)}
	info.Type = "attach"
	if info.Kind == "" {
		info.Kind = "command"
	}
	go k.read(life)
	if err := k.attach(ctx, info); err != nil {
		_ = k.Close()
		return nil, err
	}
	return k, nil
}

// attach sends info and takes the welcome, which comes before all other events.
func (k *Conn) attach(ctx context.Context, info ToStation) (err error) {
	if err := k.Do(ctx, info); err != nil {
		return err
	}
	k.welcome, err = k.Next(ctx)
	if err == nil && (k.welcome.Type != "welcome" || k.welcome.Status == nil) {
		err = fmt.Errorf("api: the station's first event is %q, want welcome", k.welcome.Type)
	}
	return err
}

// Welcome is the station's first event: this console's id and the whole status.
func (k *Conn) Welcome() Event { return k.welcome }

// Next waits for the next event. Pings and answers to Do are never returned.
func (k *Conn) Next(ctx context.Context) (Event, error) {
	for {
		if e, ok := k.takeEvent(); ok {
			return e, nil
		}
		select {
		case <-k.more:
		case <-ctx.Done():
			return Event{}, ctx.Err()
		case <-k.ended:
			if e, ok := k.takeEvent(); ok {
				return e, nil
			}
			return Event{}, k.err
		}
	}
}

func (k *Conn) takeEvent() (e Event, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.waiting) == 0 {
		return e, false
	}
	e, k.waiting = k.waiting[0], k.waiting[1:]
	if len(k.waiting) > 0 {
		k.announce()
	}
	return e, true
}

// announce needs mu.
func (k *Conn) announce() {
	select {
	case k.more <- struct{}{}:
	default:
	}
}

// Do sends m and waits until the station has done or refused it; a refusal is an
// [*Error].
func (k *Conn) Do(ctx context.Context, m ToStation) error {
	answer := make(chan *Error, 1)
	k.mu.Lock()
	k.ref++
	m.Ref = k.ref
	k.asked[m.Ref] = answer
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		delete(k.asked, m.Ref)
		k.mu.Unlock()
	}()
	if err := k.send(m); err != nil {
		return err
	}
	select {
	case e := <-answer:
		if e != nil {
			return e
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-k.ended:
		return k.err
	}
}

// send has a time limit of its own: a context that ended in the middle of a
// message would end the connection.
func (k *Conn) send(m ToStation) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("api: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), sendLimit)
	defer cancel()
	if err := k.ws.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("api: %w", err)
	}
	return nil
}

// read takes what the station sends until the connection ends.
func (k *Conn) read(ctx context.Context) {
	defer close(k.ended)
	for {
		_, text, err := k.ws.Read(ctx)
		if err == nil {
			err = k.receive(text)
		}
		if err != nil {
			k.fail(err)
			return
		}
	}
}

func (k *Conn) receive(text []byte) error {
	var e Event
	if err := json.Unmarshal(text, &e); err != nil {
		return fmt.Errorf("api: event: %w", err)
	}
	switch {
	case e.Type == "ping":
		return k.send(ToStation{Type: "pong", N: e.N})
	case e.Type == "done" && e.Ref != 0, e.Type == "refused" && e.Ref != 0:
		k.answer(e)
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.waiting) == maxWaiting {
		return ErrSlow
	}
	k.waiting = append(k.waiting, e)
	k.announce()
	return nil
}

// answer wakes the Do that waits for this Ref, if it still does.
func (k *Conn) answer(e Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if answer := k.asked[e.Ref]; answer != nil {
		if e.Type == "refused" && e.Error == nil {
			e.Error = &Error{Code: "internal", Text: "The station refused without a reason."}
		}
		answer <- e.Error
		delete(k.asked, e.Ref)
	}
}

// fail keeps why the connection ended, in the station's words if it gave some.
func (k *Conn) fail(err error) {
	if ce, ok := errors.AsType[websocket.CloseError](err); ok && ce.Reason != "" {
		err = fmt.Errorf("api: the station closed the connection: %s", ce.Reason)
	}
	k.mu.Lock()
	k.err = err
	k.mu.Unlock()
	_ = k.ws.CloseNow()
}

// Close detaches. The station keeps the console's seat for a while, in case it
// comes back; a call is hung up by "hangup", never by leaving.
func (k *Conn) Close() error {
	_ = k.ws.Close(websocket.StatusNormalClosure, "") // a station that is gone already needs no goodbye
	k.stop()
	<-k.ended
	return nil
}
