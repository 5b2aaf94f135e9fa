package station

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"ringdown/api"
	"ringdown/call"
	"ringdown/line"
	"ringdown/wire"
)

// LineOptions is what a station knows of one line before it runs.
type LineOptions struct {
	Slug  string
	Peer  string // the other party's name
	Words []string

	// Confirmed says that the twelve words were confirmed here. Until then
	// nothing is sent and nothing is answered.
	Confirmed bool

	// Expires is the day from which consoles are told that the accord should be renewed.
	Expires time.Time

	// SaveFinal keeps the first party's final signature when it has come. Nil: it is not kept.
	SaveFinal func(sig []byte) error

	// Amendments keeps the accord's changes. Nil: there are none.
	Amendments Amendments

	// Agreed is what the accord says as the line starts. The station's [Amendments] say it anew
	// whenever the accord has changed.
	Agreed Agreed

	// Record is where the record is kept. Nil: none is.
	Record *RecordOptions

	// Line is the line's own configuration; Paths, Durable and Slot are filled in by the station.
	Line  line.Config
	Paths []PathOptions
}

// PathOptions is one path as the accord names it, and where it leaves from here.
type PathOptions struct {
	Number   uint8
	Name     string
	Bind     netip.AddrPort // the local address of its socket
	Remote   string         // "host:port" as in the accord; empty if the far end roams
	FarRoams bool
}

// A parked line is only shown: its words are not confirmed.
type parked struct {
	LineOptions
	since time.Time
}

// park shows a line that is not driven.
func (s *Station) park(opt LineOptions) {
	p := parked{opt, s.opt.Now()}
	if have, ok := s.parked[opt.Slug]; ok {
		p.since = have.since
	}
	s.parked[opt.Slug] = p
	l := p.status()
	s.tell(api.Event{Type: "line", At: stamp(s.opt.Now()), Line: &l})
}

// AddLine begins to drive a line. One whose words are not confirmed is only shown.
// A path whose local address cannot be used is a notice, and tried again.
func (s *Station) AddLine(opt LineOptions) error {
	if !opt.Confirmed {
		return s.do(func() { s.park(opt) })
	}
	d, err := s.opt.Journal.Load(opt.Slug)
	if err != nil {
		return fmt.Errorf("station: line %s: %w", opt.Slug, err)
	}
	d.Own.Incarnation = max(d.Own.Incarnation+1, uint64(s.opt.Now().Unix()))
	d.Own.Number = 0
	if err := s.opt.Journal.Save(opt.Slug, d); err != nil {
		return fmt.Errorf("station: line %s: keeping its incarnation: %w", opt.Slug, err)
	}
	var failed error
	if err := s.do(func() { failed = s.addLine(opt, d) }); err != nil {
		return err
	}
	return failed
}

// addLine binds the line's sockets and starts it. The loop runs it.
func (s *Station) addLine(opt LineOptions, d line.Durable) error {
	if _, have := s.lines[opt.Slug]; have {
		return fmt.Errorf("station: line %s is driven already", opt.Slug)
	}
	now := s.opt.Now()
	e := &lineEnd{s: s, slug: opt.Slug, opt: opt, paths: make(map[uint8]*pathEnd)}
	e.agree(opt.Agreed)
	cfg := opt.Line
	cfg.Durable, cfg.Slot, cfg.Paths = d, randomSlot(cfg.Profile.Tick), nil
	for _, p := range opt.Paths {
		e.paths[p.Number] = s.newPathEnd(p)
		remote, _ := literal(p.Remote)
		cfg.Paths = append(cfg.Paths, line.PathConfig{Number: p.Number, Name: p.Name, Remote: remote, FarRoams: p.FarRoams})
	}
	l, err := line.New(cfg, e, now)
	if err != nil {
		s.unbindUnused()
		return fmt.Errorf("station: line %s: %w", opt.Slug, err)
	}
	e.line, e.call = l, call.New(e, newCallID)
	for _, st := range s.seats {
		e.call.Ready(now, call.Console(st.id), st.ready && !st.lost)
	}
	delete(s.parked, opt.Slug)
	s.lines[opt.Slug] = e
	s.byTime.add(e)
	e.begin()
	e.watchAddresses()
	if opt.Record != nil {
		e.clerk = newClerk(s, e, *opt.Record)
	}
	e.Changed()
	return nil
}

func newRoute(e *lineEnd, path uint8, now time.Time) *route {
	p := e.opt.Line.Profile
	return &route{line: e, path: path, size: p.Size, perSecond: refill * float64(time.Second/p.Tick), allowance: burst, last: now}
}

// RemoveLine stops driving a line, after it has ended its call politely; its sockets stay
// while other lines use them. A line that is only shown is shown no more.
func (s *Station) RemoveLine(slug string) error {
	var talks bool
	if err := s.do(func() {
		if e := s.lines[slug]; e != nil {
			talks = e.call.View().State != call.Ended && !e.call.View().ID.IsZero()
			e.call.Stop(s.opt.Now())
		}
	}); err != nil {
		return err
	}
	if talks {
		select {
		case <-time.After(politeTime):
		case <-s.done:
		}
	}
	var last *clerk
	err := s.do(func() { last = s.removeLine(slug) })
	if last != nil {
		<-last.done // its files are free
	}
	return err
}

// removeLine gives the clerk of the line, if it had one: it ends by itself.
func (s *Station) removeLine(slug string) (last *clerk) {
	_, shown := s.parked[slug]
	e, driven := s.lines[slug]
	if !shown && !driven {
		return nil
	}
	delete(s.parked, slug)
	delete(s.lines, slug)
	if driven {
		e.closed = true
		e.line.Close()
		if last = e.clerk; last != nil {
			last.retire()
		}
		s.byTime.remove(e)
		delete(s.dirty, e)
		for _, k := range s.order {
			k.forget(e)
		}
		s.unbindUnused()
	}
	s.tell(api.Event{Type: "gone", At: stamp(s.opt.Now()), Slug: slug})
	return last
}

// bind finds or opens the socket of a local address, and starts its reader.
func (s *Station) bind(addr netip.AddrPort) (*socket, error) {
	if k, ok := s.sockets[addr]; ok {
		return k, nil
	}
	if err := s.overlaps(addr); err != nil {
		return nil, err
	}
	c, err := s.opt.Listen(addr)
	if err != nil {
		return nil, err
	}
	k := newSocket(c)
	s.sockets[addr] = k
	s.order = append(s.order, k)
	s.readers.Go(func() { k.read(s.opt.Now, s.arrivals, s.done, s.log) })
	return k, nil
}

// unbindUnused closes the sockets that no path uses any more.
func (s *Station) unbindUnused() {
	s.order = slices.DeleteFunc(s.order, func(k *socket) bool {
		if len(*k.labels.Load()) > 0 {
			return false
		}
		maps.DeleteFunc(s.sockets, func(_ netip.AddrPort, have *socket) bool { return have == k })
		_ = k.conn.Close()
		return true
	})
}

// resolve finds a path's far address. A name that does not resolve leaves the
// path unresolved; it is tried again while the station runs.
func (s *Station) resolve(ctx context.Context, p PathOptions) netip.AddrPort {
	if addr, isName := literal(p.Remote); !isName || s.opt.Resolve == nil {
		return addr
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	addr, err := s.opt.Resolve(ctx, p.Remote, p.Bind)
	if err != nil {
		s.log.Warn("a path's name does not resolve", "path", p.Name, "address", p.Remote, "error", err)
	}
	return addr
}

const (
	// lookUpTime bounds one look-up of a far address: it is the far side that names it,
	// and may name one that nobody answers for.
	lookUpTime = 10 * time.Second

	// lookUps is of how many lines names are looked up at once.
	lookUps = 16
)

// ResolveAgain looks up every name that the accords give as an address, and
// moves the paths whose answer has changed. The names of one line, one after the
// other, wait for those of no other.
func (s *Station) ResolveAgain(ctx context.Context) error {
	names := make(map[*lineEnd][]PathOptions)
	if err := s.do(func() {
		for _, e := range s.lines {
			for _, p := range e.paths {
				if _, isName := literal(p.opt.Remote); isName {
					names[e] = append(names[e], p.opt)
				}
			}
		}
	}); err != nil {
		return err
	}
	room := make(chan struct{}, lookUps)
	var all sync.WaitGroup
	for e, paths := range names {
		all.Go(func() {
			for _, p := range paths {
				room <- struct{}{}
				e.lookUp(ctx, p)
				<-room
			}
		})
	}
	all.Wait()
	return nil
}

// lookUp resolves the name of a path again, off the loop.
func (e *lineEnd) lookUp(ctx context.Context, p PathOptions) {
	addr := e.s.resolve(ctx, p)
	if !addr.IsValid() {
		return // an answer that fails to come is no reason to leave an address
	}
	e.s.post(func() {
		if !e.closed {
			e.line.SetRemote(e.s.opt.Now(), p.Number, addr)
			e.s.byTime.fix(e)
		}
	})
}

// slotStep is the grain of the lines' slots: lines of one slot leave in one batch.
const slotStep = time.Millisecond

// randomSlot gives a line its own offset within the tick, so that the lines of
// a station do not all leave at once.
func randomSlot(tick time.Duration) time.Duration {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return time.Duration(binary.BigEndian.Uint32(b[:])%uint32(tick/slotStep)) * slotStep
}

func newCallID() (id wire.CallID) {
	_, _ = rand.Read(id[:])
	return id
}

// mayCarry says why a line can carry no call yet; nil if it can, or if it is merely down.
func (e *lineEnd) mayCarry() error {
	if e.line.Status(e.s.opt.Now()).State != line.StateHalfSigned {
		return nil
	}
	return &api.Error{Code: "half-signed", Text: fmt.Sprintf("The final signature of the accord with %s is not here yet.", e.opt.Peer),
		Action: "It comes by itself with the first handshake after the inviting side ran ringdown conclude."}
}

// find is the named line, or the reason why there is none to act on.
func (s *Station) find(slug string) (*lineEnd, error) {
	if e, ok := s.lines[slug]; ok {
		return e, nil
	}
	if opt, ok := s.parked[slug]; ok {
		return nil, &api.Error{Code: "unconfirmed", Text: fmt.Sprintf("The twelve words of the accord with %s are not confirmed here.", opt.Peer),
			Action: "Read them to each other by another channel, then run ringdown confirm " + slug + "."}
	}
	have := "none yet"
	if names := append(slices.Collect(maps.Keys(s.lines)), slices.Collect(maps.Keys(s.parked))...); len(names) > 0 {
		slices.Sort(names)
		have = quoted(names)
	}
	return nil, &api.Error{Code: "no-such-line", Text: fmt.Sprintf("This station has no line %q; it has %s.", slug, have),
		Action: "Name one of the station's lines."}
}

// notice shows one thing that is wrong with the station, until it is mended.
func (s *Station) notice(about, severity, text, action string) {
	n := api.Notice{Severity: severity, Text: text, Action: action}
	if s.notices[about] == n {
		return
	}
	s.notices[about], s.changed = n, true
	s.log.Warn(text, "action", action)
}

// mended takes a notice back.
func (s *Station) mended(about string) {
	if _, shown := s.notices[about]; shown {
		delete(s.notices, about)
		s.changed = true
	}
}

// quoted joins names for a sentence.
func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(q, ", ")
}
