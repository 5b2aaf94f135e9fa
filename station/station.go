// Package station is the daemon: it owns the clock, the sockets and the keys,
// drives any number of lines with one loop and one timer, and brings together
// what may not know one another: the line that carries, the call that is held
// over it, the consoles where people sit.
//
// # One loop
//
// All state of a [Station] belongs to the goroutine of [Station.Run]. Others reach it in three
// ways: the readers of the sockets hand over batches of datagrams, consoles hand over voice, and
// everything else is a function to be run by the loop (do, post). The loop never waits for
// anybody: consoles have bounded queues, disks and TLS work have goroutines of their own
// that post their results.
//
// A line's datagrams leave when its deadline has come and for no other reason:
// not when something was heard, said or pressed. That is what promise 4 rests on.
//
// # What a crash leaves
//
// On disk are the accords (package accord) and for each line the numbers that must never be
// used twice ([Journal]), written before they are used. A station that was killed starts
// again as one that was stopped; the call it was in ends on the other side with "station restarted".
package station

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"maps"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"ringdown/api"
	"ringdown/line"
	"ringdown/webhook"
)

// Options is what a [Station] is made of.
type Options struct {
	Name    string
	Version string

	// Listen opens a local address for the lines' datagrams.
	Listen func(netip.AddrPort) (Conn, error)

	// Journal keeps the numbers that must never be used twice.
	Journal Journal

	// Now is the clock; time.Now if nil. Timers use durations between its readings.
	Now func() time.Time

	// Recording is spoken, over and over, in place of a console's microphone when that
	// console asks for it: 20 ms Opus packets of 60 bytes. Empty: no console may ask.
	Recording [][]byte

	// Resolve finds the address of a name in an accord, of the family of the local address.
	Resolve func(ctx context.Context, hostport string, local netip.AddrPort) (netip.AddrPort, error)

	// WatchDir is the folder where the watch is kept. Empty: it is not.
	WatchDir string

	// Enrolled says whether a name could be taken for that of a person who logs in at this station: who has not logged in
	// is not called so. None could if it is nil.
	Enrolled func(name string) bool

	// MaxConsoles bounds the seats; 200 if 0.
	MaxConsoles int

	// Hooks are the lamps, horns and pagers that are told what happens.
	Hooks HookOptions

	Log *slog.Logger
}

// A Station is one organisation's end of all its lines. Make it with [New], add
// lines, then [Station.Run] it.
type Station struct {
	opt   Options
	log   *slog.Logger
	start time.Time

	funcs    chan func()
	arrivals chan *arrival
	voices   chan *spoken
	work     chan struct{} // one place for each piece of TLS work under way
	done     chan struct{} // closed when the loop has ended
	ending   chan struct{} // closed when the loop shall end
	endOnce  sync.Once
	readers  sync.WaitGroup
	clerks   sync.WaitGroup
	hooks    *webhook.Sender

	// The loop owns all below.
	lines   map[string]*lineEnd
	parked  map[string]parked // their words are not confirmed
	byTime  deadlines
	sockets map[netip.AddrPort]*socket
	order   []*socket // of flushing
	seats   map[string]*seat
	watch   map[*seat]bool // observers
	duty    *duty
	notices map[string]api.Notice // by what each is about
	nowhere [readBuffer]byte      // for what leaves on a path without a socket
	changed bool                  // consoles or notices, since the last report
	told    budget                // of events about them
	dirty   map[*lineEnd]bool
	figures time.Time // when the next quality report is due
}

// New makes a station without lines.
func New(opt Options) *Station {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.MaxConsoles == 0 {
		opt.MaxConsoles = 200
	}
	s := &Station{
		opt: opt, log: opt.Log, start: opt.Now(),
		funcs:    make(chan func(), 64),
		arrivals: make(chan *arrival, 64),
		voices:   make(chan *spoken, 256),
		work:     make(chan struct{}, runtime.GOMAXPROCS(0)),
		done:     make(chan struct{}),
		ending:   make(chan struct{}),
		lines:    make(map[string]*lineEnd),
		parked:   make(map[string]parked),
		notices:  make(map[string]api.Notice),
		sockets:  make(map[netip.AddrPort]*socket),
		seats:    make(map[string]*seat),
		watch:    make(map[*seat]bool),
		dirty:    make(map[*lineEnd]bool),
	}
	s.duty = newDuty(s, opt.WatchDir)
	s.hooks = s.startHooks()
	return s
}

// do runs f in the loop and waits for it. It reports an error only when the
// station has stopped.
func (s *Station) do(f func()) error {
	ran := make(chan struct{})
	select {
	case s.funcs <- func() { f(); close(ran) }:
	case <-s.done:
		return errStopped
	}
	select {
	case <-ran:
		return nil
	case <-s.done:
		return errStopped
	}
}

// post runs f in the loop, later. It is lost when the station has stopped.
func (s *Station) post(f func()) {
	select {
	case s.funcs <- f:
	case <-s.done:
	}
}

// background runs work on a goroutine of its own and then, in the loop, then.
func (s *Station) background(work func() error, then func(error)) {
	go func() {
		err := work()
		s.post(func() { then(err) })
	}()
}

var errStopped = &api.Error{Code: "stopped", Text: "The station is stopping.", Action: "Start it again with ringdown serve."}

// Run drives the station until ctx ends. It then ends the calls politely, tells
// the other sides for politeTicks ticks, and closes everything.
func (s *Station) Run(ctx context.Context) error {
	defer s.close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	stopping := ctx.Done()
	var enough <-chan time.Time
	for {
		select {
		case f := <-s.funcs:
			f()
		case a := <-s.arrivals:
			s.receive(a)
		case v := <-s.voices:
			s.speak(v)
		case <-timer.C:
		case <-stopping:
			s.endCalls()
			stopping, enough = nil, time.After(politeTime)
		case <-enough:
			return nil
		case <-s.ending:
			return nil
		}
		s.advance()
		s.report()
		timer.Reset(s.wait())
	}
}

// politeTime is how long a stopping station goes on telling the other sides
// that its calls have ended.
const politeTime = 600 * time.Millisecond

// Kill ends the loop at once and says nothing to anybody, as a lost power supply would.
func (s *Station) Kill() {
	s.endOnce.Do(func() { close(s.ending) })
	<-s.done
}

// close ends the readers, the lines and the consoles' connections.
func (s *Station) close() {
	for _, e := range s.lines {
		e.line.Close()
	}
	close(s.done)
	s.hooks.Close()
	for _, k := range s.sockets {
		_ = k.conn.Close()
	}
	s.readers.Wait()
	s.clerks.Wait()
	for _, st := range s.seats {
		st.drop("the station stops")
	}
	for st := range s.watch {
		st.drop("the station stops")
	}
}

// endCalls tells every line's call that the station stops.
func (s *Station) endCalls() {
	now := s.opt.Now()
	for _, e := range s.lines {
		e.call.Stop(now)
	}
}

// receive gives one batch to its lines.
func (s *Station) receive(a *arrival) {
	now := s.opt.Now()
	for i := range a.n {
		if r := a.routes[i]; r != nil && !r.line.closed {
			r.line.line.Receive(now, r.path, a.addrs[i], a.bufs[i][:a.sizes[i]])
			s.byTime.fix(r.line)
		}
	}
	arrivals.Put(a)
}

// advance lets every line whose deadline has come do what is due, and sends
// what they say.
func (s *Station) advance() {
	now := s.opt.Now()
	for e := s.byTime.first(); e != nil && !e.due.After(now); e = s.byTime.first() {
		e.advance(now)
		s.byTime.fix(e)
	}
	for _, k := range s.order {
		k.flush()
	}
}

// wait is the time until the next deadline, at most a second.
func (s *Station) wait() time.Duration {
	next := s.figures
	if e := s.byTime.first(); e != nil && e.due.Before(next) {
		next = e.due
	}
	return max(0, next.Sub(s.opt.Now()))
}

// A far station may change its signal at every tick. The consoles hear of tellBurst
// changes of a line at once, and of tellPerSecond from then on. A ring waits for none
// of it.
const (
	tellBurst     = 20
	tellPerSecond = 10
)

// report tells the consoles what has changed.
func (s *Station) report() {
	now := s.opt.Now()
	s.duty.advance(now)
	quality := !now.Before(s.figures)
	if quality {
		s.figures = now.Add(time.Second)
		for _, e := range s.lines {
			e.enterStates(now)
			e.hookRights(now)
		}
	}
	if len(s.dirty) > 0 {
		s.sweep(now)
	}
	for e := range s.dirty {
		e.settle(now)
	}
	if len(s.seats)+len(s.watch) == 0 {
		clear(s.dirty)
		s.changed = false
		return
	}
	if s.changed && s.told.spend(now, tellPerSecond, tellBurst) { // else the next report has it: many consoles come at once
		s.changed = false
		st := s.status(now)
		st.Lines = nil
		s.tell(api.Event{Type: "station", At: stamp(now), Status: &st})
	}
	for e := range s.dirty {
		if !e.told.spend(now, tellPerSecond, tellBurst) {
			continue // it stays dirty: the next report has what is new then
		}
		delete(s.dirty, e)
		l := e.status(now)
		s.tell(api.Event{Type: "line", At: stamp(now), Line: &l})
	}
	if quality {
		for _, e := range s.lines {
			l := e.status(now)
			s.tell(api.Event{Type: "quality", At: stamp(now), Line: &l})
		}
	}
}

// tell sends an event to every console and observer.
func (s *Station) tell(e api.Event) {
	for _, st := range s.seats {
		st.send(e)
	}
	for st := range s.watch {
		st.send(e)
	}
}

// Status is the whole state of the station.
func (s *Station) Status() api.Status {
	var st api.Status
	_ = s.do(func() { st = s.status(s.opt.Now()) })
	return st
}

func (s *Station) status(now time.Time) api.Status {
	st := api.Status{
		Name: s.opt.Name, Version: s.opt.Version, Now: stamp(now), Since: stamp(s.start),
		Consoles: []api.Console{}, Lines: []api.Line{}, Notices: []api.Notice{}, Watch: s.duty.status(now),
	}
	for _, about := range slices.Sorted(maps.Keys(s.notices)) {
		st.Notices = append(st.Notices, s.notices[about])
	}
	for _, id := range slices.Sorted(maps.Keys(s.seats)) {
		st.Consoles = append(st.Consoles, s.seats[id].console())
	}
	for _, slug := range slices.Sorted(maps.Keys(s.lines)) {
		st.Lines = append(st.Lines, s.lines[slug].status(now))
	}
	for _, slug := range slices.Sorted(maps.Keys(s.parked)) {
		st.Lines = append(st.Lines, s.parked[slug].status())
	}
	return st
}

// HangUp ends the call of a line, whichever console is in it. Who has not logged in is named by nothing.
func (s *Station) HangUp(slug string, who api.Person) error {
	return s.onLine(slug, func(e *lineEnd, now time.Time) error {
		if who.ID != "" {
			e.presser = person{s.named(who, ""), roleOf(who)}
			defer func() { e.presser = person{} }()
		}
		return e.call.HangUp(now)
	})
}

// onLine runs f in the loop with the named line.
func (s *Station) onLine(slug string, f func(*lineEnd, time.Time) error) error {
	var err error
	if stopped := s.do(func() {
		var e *lineEnd
		if e, err = s.find(slug); err == nil {
			err = refusal(f(e, s.opt.Now()))
			s.byTime.fix(e)
		}
	}); stopped != nil {
		return stopped
	}
	return err
}

// randomID is 128 random bits in hexadecimal.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return hex.EncodeToString(b[:])
}

// A Journal keeps, for each line, the numbers that must never be used twice.
// Save returns when they are durable; it may be called from any goroutine.
type Journal interface {
	Load(slug string) (line.Durable, error) // the zero Durable if none was saved
	Save(slug string, d line.Durable) error
}
