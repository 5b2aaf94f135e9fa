package call

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"ringdown/wire"
)

// start is when every test begins, by the first station's clock.
var start = time.Date(2026, time.June, 12, 4, 10, 0, 0, time.UTC)

// An end is one station in a test: its machine, its clock, and its consoles'
// bells. Its incarnation and version number the signals as the line does.
type end struct {
	name string
	skew time.Duration // of its clock
	m    *Machine

	told  map[Console]bool // Ring, as last said
	deaf  map[Console]bool // consoles whose bell does not sound
	muted bool             // no bell sounds by itself; the test gives the receipts

	booted               time.Time // true time; zero for the first
	incarnation, version int
	signal               wire.Signal // as of version
	changes              int
	seen                 [2]int // newest of the other's, as taken

	ids uint64
	bad error // what a hook saw that must not be
}

// newEnd returns a station with its first machine.
func newEnd(name string, skew time.Duration, seed uint64) *end {
	e := &end{name: name, skew: skew, ids: seed, deaf: map[Console]bool{}}
	e.boot()
	return e
}

// boot starts the station anew, with nothing kept.
func (e *end) boot() {
	e.told = map[Console]bool{}
	e.incarnation++
	e.version, e.signal, e.seen = 0, wire.Signal{}, [2]int{}
	e.m = New(e, e.id)
}

// id spreads the ids so that neither station's are always the lower.
func (e *end) id() (id wire.CallID) {
	e.ids += 0x9e3779b97f4a7c15
	x := e.ids
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	binary.BigEndian.PutUint64(id[:], x^x>>31)
	id[15] = 1
	return id
}

func (e *end) Ring(c Console, on bool) {
	if e.told[c] == on {
		e.bad = fmt.Errorf("%s: Ring(%s, %t) twice", e.name, c, on)
	}
	e.told[c] = on
}

func (e *end) Changed() {
	e.changes++
	sig := e.m.Signal()
	if err := sig.Check(); err != nil {
		e.bad = fmt.Errorf("%s: %w", e.name, err)
	}
	if sig != e.signal {
		e.signal = sig
		e.version++
	}
}

// A pair is two stations and the true time.
type pair struct {
	now time.Time
	a   *end
	b   *end
}

func newPair(skew time.Duration, seed uint64) *pair {
	return &pair{now: start, a: newEnd("a", 0, seed), b: newEnd("b", skew, ^seed)}
}

func (p *pair) ends() [2]*end { return [2]*end{p.a, p.b} }

func (p *pair) other(e *end) *end {
	if e == p.a {
		return p.b
	}
	return p.a
}

// at is what e's clock shows.
func (p *pair) at(e *end) time.Time { return p.now.Add(e.skew) }

// bells lets the bells that were told to ring sound, and gives the receipts.
func (p *pair) bells(e *end) {
	for c, on := range e.told {
		if s := e.m.seat(c); on && !e.deaf[c] && !e.muted && s != nil && !s.rings {
			e.m.Ringing(p.at(e), c, true)
		}
	}
}

// carry brings e's latest signal to the other side, as the line does: a station
// that was started again is announced first.
func (p *pair) carry(e *end) {
	far := p.other(e)
	latest := [2]int{e.incarnation, e.version}
	if latest == far.seen {
		return
	}
	if far.seen[0] != 0 && far.seen[0] != e.incarnation {
		far.m.FarRestarted(p.at(far))
	}
	far.seen = latest
	far.m.FarSignal(p.at(far), e.signal)
}

// pass lets time pass at both stations, each doing what falls due when it does.
func (p *pair) pass(d time.Duration) {
	until := p.now.Add(d)
	for {
		next, who := until, (*end)(nil)
		for _, e := range p.ends() {
			if at, ok := e.m.Deadline(); ok && !at.Add(-e.skew).After(next) {
				next, who = at.Add(-e.skew), e
			}
		}
		if next.After(p.now) {
			p.now = next
		}
		if who == nil {
			return
		}
		who.m.Advance(p.at(who))
		if at, ok := who.m.Deadline(); ok && !at.After(p.at(who)) {
			who.bad = fmt.Errorf("%s: still due at %v after Advance(%v)", who.name, at, p.at(who))
			return
		}
	}
}

// meet heals the line and lets the two talk until neither has anything new.
func (p *pair) meet() error {
	for _, e := range p.ends() {
		e.m.LineUp(p.at(e))
	}
	for range 40 {
		before := [4]int{p.a.changes, p.b.changes, p.a.seen[1], p.b.seen[1]}
		for _, e := range p.ends() {
			p.pass(10 * time.Millisecond)
			p.bells(e)
			p.carry(e)
		}
		if before == [4]int{p.a.changes, p.b.changes, p.a.seen[1], p.b.seen[1]} && !p.a.m.waiting && !p.b.m.waiting {
			return p.agree()
		}
		if p.a.m.waiting || p.b.m.waiting {
			p.pass(newCallEvery)
		}
	}
	return fmt.Errorf("no rest after 40 exchanges: a %v, b %v", p.a.m.Signal(), p.b.m.Signal())
}

// agree says where two stations that have heard each other's latest contradict
// each other.
func (p *pair) agree() error {
	for _, e := range p.ends() {
		if e.bad != nil {
			return e.bad
		}
	}
	va, vb := p.a.m.View(), p.b.m.View()
	if err := sameLive(va, vb); err != nil {
		return fmt.Errorf("%w\na: %+v\nb: %+v", err, va, vb)
	}
	for _, ca := range p.a.m.known() {
		for _, cb := range p.b.m.known() {
			if ca.id != cb.id {
				continue
			}
			if err := p.compare(ca, cb); err != nil {
				return fmt.Errorf("%w\na: %+v\nb: %+v", err, ca, cb)
			}
		}
	}
	return nil
}

// compare compares what a and b know of one call. Of what ended before a station
// was started again it may say that instead.
func (p *pair) compare(ca, cb *call) error {
	if ca.drill != cb.drill {
		return fmt.Errorf("call %s is a drill on one side only", ca.id)
	}
	both := p.throughout(p.a, cb) && p.throughout(p.b, ca)
	if both {
		if err := sameFigures(ca, cb); err != nil {
			return err
		}
	}
	forgot := !both && (ca.reason == wire.Restarted || cb.reason == wire.Restarted)
	if ca != p.a.m.call || cb != p.b.m.call || forgot {
		return nil
	}
	return sameStory(ca, cb)
}

// throughout reports whether e has not been started again since the other side
// has known of its call c: then its figures are those it gave.
func (p *pair) throughout(e *end, c *call) bool {
	return !c.began.Add(-p.other(e).skew).Before(e.booted)
}

// known is every call a machine remembers.
func (m *Machine) known() []*call {
	all := append([]*call(nil), m.past...)
	if m.call != nil {
		all = append(all, m.call)
	}
	return all
}

// counterparts are the states in which a live call may stand on the two sides.
var counterparts = map[State]State{
	Calling: Incoming, Ringing: Incoming, Active: Active, Held: Held,
}

func sameLive(a, b View) error {
	live := func(v View) bool { return v.State != Idle && v.State != Ended }
	switch {
	case live(a) != live(b):
		return fmt.Errorf("a shows %s, b shows %s", a.State, b.State)
	case !live(a):
		return nil
	case a.Drill != b.Drill:
		return fmt.Errorf("a takes it for a drill: %t, b: %t", a.Drill, b.Drill)
	case a.ID != b.ID:
		return fmt.Errorf("a is in call %s, b in call %s", a.ID, b.ID)
	case a.Outgoing == b.Outgoing:
		return fmt.Errorf("outgoing is %t on both sides", a.Outgoing)
	}
	if b.Outgoing {
		a, b = b, a
	}
	switch {
	case counterparts[a.State] != b.State:
		return fmt.Errorf("the caller shows %s, the called side %s", a.State, b.State)
	case a.Ringing != b.Ringing || a.State == Ringing != (b.Ringing > 0):
		return fmt.Errorf("the caller shows %s at %d consoles, the called side rings at %d", a.State, a.Ringing, b.Ringing)
	case !a.Reached:
		return fmt.Errorf("the caller does not show that the called side is reached")
	}
	return nil
}

// sameStory compares what two stations say of one call.
func sameStory(a, b *call) error {
	if a.live() || b.live() {
		return nil
	}
	mirror := map[Side]Side{Nobody: Nobody, Us: Them, Them: Us}
	both := a.endedBy == Us && b.endedBy == Us
	switch {
	case a.presumed, b.presumed:
		// The one who ended it had moved on before it could say why.
	case both && a.has(RungEnded, Us) && b.has(RungEnded, Us):
		// Each ended it before it could hear of the other.
	case a.reason != b.reason:
		return fmt.Errorf("a says %q, b says %q", a.reason, b.reason)
	case a.endedBy != mirror[b.endedBy]:
		return fmt.Errorf("a says that %q ended it, b says %q", a.endedBy, b.endedBy)
	}
	return nil
}

// sameFigures compares each rung that both ladders show.
func sameFigures(a, b *call) error {
	figures := func(c *call, own Side) map[Step]bool {
		m := map[Step]bool{}
		for _, s := range c.ladder {
			if s.By == own {
				s.By = Nobody
				m[s] = true
			}
		}
		return m
	}
	for _, side := range []struct{ author, other *call }{{a, b}, {b, a}} {
		said, heard := figures(side.author, Us), figures(side.other, Them)
		for s := range heard {
			if !said[s] && (!s.Name.repeats() || len(side.author.ladder) < mostHolds) && !side.author.blind {
				return fmt.Errorf("%s at %v is shown by the other side only", s.Name, s.At)
			}
		}
	}
	return nil
}

// must fails the test unless the two agree.
func (p *pair) must(t *testing.T) {
	t.Helper()
	if err := p.meet(); err != nil {
		t.Fatal(err)
	}
}
