package webhook

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Chosen here.
const (
	// Limit is how long one try may take, from look-up to the end of the answer.
	Limit = 5 * time.Second

	// MostWaiting is how many events wait for one hook at most.
	MostWaiting = 64

	// Worth is how long an event is tried that does not say otherwise.
	Worth = 10 * time.Minute

	firstPause = time.Second
	mostPause  = 30 * time.Second
)

// An Event is one thing that happened.
type Event struct {
	ID      string    `json:"id"`      // 32 hexadecimal digits; the same at each try
	At      time.Time `json:"at"`      // by the station's clock
	Station string    `json:"station"` // whose lamps these are
	Event   string    `json:"event"`   // "ring", "answered", …
	Line    string    `json:"line,omitempty"`
	Peer    string    `json:"peer,omitempty"`
	Call    string    `json:"call,omitempty"`
	Drill   bool      `json:"drill"` // it is practised, not real
	Text    string    `json:"text"`  // one sentence, for a display
	Lost    int       `json:"lost"`  // events of this hook that never arrived, since the last that did

	// Worth is how long it is tried at most: nobody wants a horn for a call that is over. 0: [Worth].
	Worth time.Duration `json:"-"`
}

// A Hook is one address that is told.
type Hook struct {
	Name   string
	URL    *url.URL // http or https; it may carry a secret, so it is never shown whole
	Secret []byte
	Events []string // only these; empty: all
}

// To is the hook's address as it can be shown.
func (h *Hook) To() string { return h.URL.Scheme + "://" + h.URL.Host }

func (h *Hook) wants(event string) bool {
	return len(h.Events) == 0 || slices.Contains(h.Events, event)
}

// A State is how a hook stands.
type State struct {
	Waiting int
	Arrived int64
	Lost    int64     // dropped, refused, or too old: they never arrived
	Last    time.Time // of the newest arrival; zero: none yet
	Failing time.Time // since when no try succeeds; zero: the last one did, or there was none
	Why     string    // the newest failure in words, while it fails
}

// Options is what a [Sender] may be given.
type Options struct {
	// Dial opens connections; net.Dialer's if nil.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Changed is called, from a hook's own goroutine, when it begins to fail and when it
	// is well again.
	Changed func(h *Hook, s State)
}

// A Sender tells all hooks. It is safe for concurrent use.
type Sender struct {
	desks []*desk
	end   context.CancelFunc
	all   sync.WaitGroup
}

// A desk serves one hook.
type desk struct {
	hook    *Hook
	client  *http.Client
	changed func(*Hook, State)
	wake    chan struct{} // has room for one

	mu    sync.Mutex
	queue []waiting // the oldest first
	seq   int64
	lost  int // since the last arrival
	state State
}

// A waiting event, with when it is too old by the local clock.
type waiting struct {
	Event
	seq   int64
	stale time.Time
}

// New begins to serve hooks.
func New(hooks []Hook, opt Options) *Sender {
	ctx, end := context.WithCancel(context.Background())
	s := &Sender{end: end}
	for i := range hooks {
		d := &desk{hook: &hooks[i], client: newClient(&hooks[i], opt), changed: opt.Changed, wake: make(chan struct{}, 1)}
		s.desks = append(s.desks, d)
		s.all.Go(func() { d.run(ctx) })
	}
	return s
}

// Close ends all tries. What waits is forgotten.
func (s *Sender) Close() {
	s.end()
	s.all.Wait()
}

// Tell hands an event to every hook that wants it, and returns at once.
func (s *Sender) Tell(e Event) {
	if e.ID == "" {
		e.ID = newID()
	}
	for _, d := range s.desks {
		if d.hook.wants(e.Event) {
			d.put(e, time.Now())
		}
	}
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return hex.EncodeToString(b[:])
}

// Hooks gives all hooks with their states, in the order in which they were given.
func (s *Sender) Hooks() (hooks []*Hook, states []State) {
	for _, d := range s.desks {
		hooks, states = append(hooks, d.hook), append(states, d.now())
	}
	return hooks, states
}

// Test tries one hook, once, with an event that waits for no other. The second result is
// false if there is no hook of that name.
func (s *Sender) Test(ctx context.Context, name string, e Event) (err error, known bool) {
	for _, d := range s.desks {
		if d.hook.Name == name {
			e.ID = newID()
			return d.deliver(ctx, e), true
		}
	}
	return nil, false
}

func (d *desk) now() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	st := d.state
	st.Waiting = len(d.queue)
	return st
}

// put adds an event; of too many the oldest goes.
func (d *desk) put(e Event, now time.Time) {
	worth := e.Worth
	if worth == 0 {
		worth = Worth
	}
	d.mu.Lock()
	if len(d.queue) >= MostWaiting {
		d.queue = slices.Delete(d.queue, 0, 1)
		d.lose(1)
	}
	d.seq++
	d.queue = append(d.queue, waiting{e, d.seq, now.Add(worth)})
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// lose counts events that never arrive. It needs mu.
func (d *desk) lose(n int) {
	d.lost += n
	d.state.Lost += int64(n)
}

// first is the oldest event that is still worth a try.
func (d *desk) first(now time.Time) (w waiting, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := len(d.queue)
	d.queue = slices.DeleteFunc(d.queue, func(w waiting) bool { return !now.Before(w.stale) })
	d.lose(before - len(d.queue))
	if len(d.queue) == 0 {
		return w, false
	}
	w = d.queue[0]
	w.Lost = d.lost
	return w, true
}

// tried notes how a try ended. It reports whether the hook stands as before.
func (d *desk) tried(w waiting, err error, now time.Time) (st State, same bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	failed := d.state.Failing.IsZero()
	if err == nil {
		d.state.Failing, d.state.Why, d.state.Last = time.Time{}, "", now
		d.state.Arrived++
		d.lost -= w.Lost
		d.remove(w.seq)
		return d.state, failed
	}
	if failed {
		d.state.Failing = now
	}
	d.state.Why = err.Error()
	if final(err) && d.remove(w.seq) {
		d.lose(1)
	}
	return d.state, !failed
}

// remove takes an event out of the queue, unless it was dropped meanwhile. It needs mu.
func (d *desk) remove(seq int64) bool {
	i := slices.IndexFunc(d.queue, func(w waiting) bool { return w.seq == seq })
	if i >= 0 {
		d.queue = slices.Delete(d.queue, i, i+1)
	}
	return i >= 0
}

// run is the hook's goroutine.
func (d *desk) run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		select { // what came until now is seen below, and is no news in rest
		case <-d.wake:
		default:
		}
		w, ok := d.first(time.Now())
		if !ok {
			select {
			case <-d.wake:
			case <-ctx.Done():
			}
			continue
		}
		err := d.deliver(ctx, w.Event)
		if ctx.Err() != nil {
			return
		}
		if st, same := d.tried(w, err, time.Now()); !same && d.changed != nil {
			d.changed(d.hook, st)
		}
		switch {
		case err == nil:
			pause = firstPause
		case final(err):
			pause = firstPause
			d.rest(ctx, pause)
		default:
			d.rest(ctx, pause)
			pause = min(2*pause, mostPause)
		}
	}
}

// rest waits after a failure; an event that comes meanwhile ends it after a second.
func (d *desk) rest(ctx context.Context, pause time.Duration) {
	least, most := time.NewTimer(firstPause), time.NewTimer(pause)
	defer least.Stop()
	defer most.Stop()
	select {
	case <-least.C:
	case <-ctx.Done():
		return
	}
	select {
	case <-d.wake:
	case <-most.C:
	case <-ctx.Done():
	}
}
