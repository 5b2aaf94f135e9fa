package call

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"ringdown/wire"
)

// What the simulated line does, as the real one: a signal leaves at every tick
// until it has arrived, and a direction that is silent for a second is down.
const (
	simTick   = 20 * time.Millisecond
	simSilent = time.Second
	simBell   = 30 * time.Millisecond // from Ring to the receipt
)

// A route is one direction of the simulated line.
type route struct {
	from, to *end
	cut      bool
	cutAt    time.Time
	loss     float64
	delay    time.Duration
	jitter   time.Duration
	flying   []letter
	next     time.Time // the next tick
	heard    time.Time // when to last heard anything
}

// A letter is one signal on its way.
type letter struct {
	at                   time.Time
	incarnation, version int
	signal               wire.Signal
	rings                bool // whether a bell really sounded when it was written
}

// A sim is a pair on a bad line, with people and consoles that do what they like.
type sim struct {
	*pair
	r      *rand.Rand
	routes [2]*route
	bells  map[*end]map[Console]time.Time // receipts on their way
	rang   map[*end]bool                  // the letter that e took last was written while a bell sounded
	apart  time.Time                      // since when the two disagree on whether a call is live; zero: they agree
	log    []string
}

func newSim(seed uint64) *sim {
	r := rand.New(rand.NewPCG(seed, 7))
	skew := []time.Duration{0, 10 * time.Minute, -10 * time.Minute, 3 * time.Second}[r.IntN(4)]
	s := &sim{pair: newPair(skew, seed), r: r, bells: map[*end]map[Console]time.Time{}, rang: map[*end]bool{}}
	for i, e := range s.ends() {
		s.routes[i] = &route{from: e, to: s.other(e), loss: r.Float64() * 0.6,
			delay: time.Duration(r.IntN(400)) * time.Millisecond, jitter: time.Duration(r.IntN(200)) * time.Millisecond}
		s.bells[e] = map[Console]time.Time{}
		s.ready(e)
	}
	return s
}

func (s *sim) ready(e *end) {
	for _, c := range simConsoles {
		e.m.Ready(s.at(e), c, s.r.IntN(4) > 0)
	}
}

var simConsoles = []Console{"c1", "c2", "c3"}

func (s *sim) note(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf("%v ", s.now.Sub(start))+fmt.Sprintf(format, args...))
}

// whim is one thing that a person, a console, a line or a power cut does.
func (s *sim) whim() {
	e := s.ends()[s.r.IntN(2)]
	c := simConsoles[s.r.IntN(len(simConsoles))]
	now := s.at(e)
	say := func(what string) { s.note("%s %s %s", e.name, what, c) }
	switch n := s.r.IntN(100); {
	case n < 15:
		say("calls from")
		_ = e.m.Call(now, c, false)
	case n < 22:
		say("drills from")
		_ = e.m.Call(now, c, true)
	case n < 25:
		say("hands over to")
		_ = e.m.HandOver(now, c)
	case n < 45:
		say("answers at")
		_ = e.m.Answer(now, c)
	case n < 50:
		say("declines at")
		_ = e.m.Decline(now, c)
	case n < 60:
		say("hangs up, not")
		_ = e.m.HangUp(now)
	case n < 66:
		say("readies")
		e.m.Ready(now, c, s.r.IntN(3) > 0)
	case n < 72:
		say("loses")
		e.m.Lost(now, c)
	case n < 80:
		say("has back")
		e.m.Back(now, c)
	case n < 83:
		say("sees go")
		e.m.Gone(now, c)
	case n < 86:
		say("deafens")
		e.deaf[c] = s.r.IntN(2) > 0
	case n < 87:
		say("gives another wave to")
		e.m.Delay(now, c, time.Duration(s.r.IntN(4))*7*time.Second)
	case n < 88:
		why := []wire.Reason{wire.Suspended, wire.ReasonNone, wire.ReasonNone}[s.r.IntN(3)]
		s.note("%s refuses calls: %q", e.name, why)
		e.m.Refuse(now, why)
	case n < 94:
		r := s.routes[s.r.IntN(2)]
		if r.cut = !r.cut; r.cut {
			r.cutAt = s.now
		}
		s.note("route to %s cut: %t", r.to.name, r.cut)
	case n < 97:
		say("is started again, not")
		s.boot(e)
	default:
		say("stops and is started again, not")
		e.m.Stop(now)
		s.check()
		s.boot(e)
	}
}

func (s *sim) boot(e *end) {
	e.boot()
	e.booted = s.now
	s.bells[e] = map[Console]time.Time{}
	s.rang[e] = false
	s.ready(e)
	for _, r := range s.routes {
		if r.to == e {
			r.heard = time.Time{}
		}
	}
}

// tick sends what is owed on a route.
func (s *sim) tick(r *route) {
	r.next = s.now.Add(simTick)
	if r.cut || s.r.Float64() < r.loss {
		return
	}
	delay := r.delay
	if r.jitter > 0 {
		delay += time.Duration(s.r.Int64N(int64(r.jitter)))
	}
	rings := false
	for _, seat := range r.from.m.seats {
		rings = rings || seat.rings && seat.able() && r.from.told[seat.id]
	}
	r.flying = append(r.flying, letter{s.now.Add(delay), r.from.incarnation, r.from.version, r.from.signal, rings})
}

// owes reports whether a route has something to bring.
func (r *route) owes() bool {
	return !r.cut && (!r.to.m.up || r.to.seen != [2]int{r.from.incarnation, r.from.version})
}

// arrive takes what has arrived, the latest only, and drops what a station wrote
// before it was started again.
func (s *sim) arrive(r *route) {
	slices.SortStableFunc(r.flying, func(a, b letter) int { return a.at.Compare(b.at) })
	for len(r.flying) > 0 && !r.flying[0].at.After(s.now) {
		l := r.flying[0]
		r.flying = r.flying[1:]
		to := r.to
		if l.incarnation < to.seen[0] || l.incarnation != r.from.incarnation {
			continue
		}
		r.heard = s.now
		if !to.m.up {
			s.note("%s has the line up", to.name)
			to.m.LineUp(s.at(to))
		}
		if to.seen[0] != 0 && to.seen[0] < l.incarnation {
			to.seen = [2]int{l.incarnation, -1}
			to.m.FarRestarted(s.at(to))
		}
		if to.seen[0] == l.incarnation && l.version <= to.seen[1] {
			continue
		}
		to.seen = [2]int{l.incarnation, l.version}
		s.rang[to] = l.rings
		s.note("%s hears %s %v, %d ringing, %s", to.name, l.signal.Step, l.signal.Call, l.signal.Ringing, l.signal.Reason)
		to.m.FarSignal(s.at(to), l.signal)
	}
}

// silence takes a line down that brings nothing.
func (s *sim) silence(r *route) {
	if r.cut && r.to.m.up && s.now.Sub(r.cutAt) >= simSilent && len(r.flying) == 0 {
		s.note("%s has the line down", r.to.name)
		r.to.m.LineDown(s.at(r.to))
	}
}

// ring lets bells sound that were told to, each after its while.
func (s *sim) ring(e *end) {
	for _, c := range simConsoles {
		due, waits := s.bells[e][c]
		switch {
		case !e.told[c] || e.deaf[c]:
			delete(s.bells[e], c)
		case e.m.seat(c) == nil:
			e.bad = fmt.Errorf("%s: %s was told to ring and is gone", e.name, c)
		case !waits && !e.m.seat(c).rings:
			s.bells[e][c] = s.now.Add(simBell)
		case waits && !due.After(s.now):
			delete(s.bells[e], c)
			e.m.Ringing(s.at(e), c, true)
		}
	}
}

// next is the next instant at which anything happens, at most until.
func (s *sim) next(until time.Time) time.Time {
	at := until
	sooner := func(t time.Time) {
		if t.Before(at) {
			at = t
		}
	}
	for _, r := range s.routes {
		if r.owes() {
			sooner(r.next)
		}
		if r.cut && r.to.m.up {
			sooner(r.cutAt.Add(simSilent))
		}
		for _, l := range r.flying {
			sooner(l.at)
		}
	}
	for _, e := range s.ends() {
		for _, due := range s.bells[e] {
			sooner(due)
		}
		if due, ok := e.m.Deadline(); ok {
			sooner(due.Add(-e.skew))
		}
	}
	if at.Before(s.now) {
		return s.now
	}
	return at
}

// run lets everything happen until then, and checks after each.
func (s *sim) run(until time.Time) error {
	for idle := 0; s.now.Before(until); {
		before := s.now
		s.now = s.next(until)
		for _, r := range s.routes {
			if r.owes() && !r.next.After(s.now) {
				s.tick(r)
			}
			s.arrive(r)
			s.silence(r)
		}
		for _, e := range s.ends() {
			s.ring(e)
			e.m.Advance(s.at(e))
		}
		if err := s.check(); err != nil {
			return err
		}
		if idle++; s.now.After(before) {
			idle = 0
		}
		if idle > 1000 {
			return fmt.Errorf("time stands still")
		}
	}
	return nil
}

// check holds what must hold at every instant, however bad the line.
func (s *sim) check() error {
	live := [2]bool{}
	for i, e := range s.ends() {
		if e.bad != nil {
			return e.bad
		}
		v := e.m.View()
		live[i] = v.State != Idle && v.State != Ended
		if v.State == Ringing && !s.rang[e] {
			return fmt.Errorf("%s shows ringing, and no bell sounded when the far side said so", e.name)
		}
		if v.State == Ringing && !e.m.up {
			return fmt.Errorf("%s shows ringing on a line that is down", e.name)
		}
		if len(v.Steps) > 2*mostHolds+12 {
			return fmt.Errorf("%s shows %d rungs", e.name, len(v.Steps))
		}
	}
	if live[0] == live[1] {
		s.apart = time.Time{}
	} else if s.apart.IsZero() {
		s.apart = s.now
	} else if d := s.now.Sub(s.apart); d > HoldLimit+RingLimit+2*Grace {
		return fmt.Errorf("a call is live on one side only for %v", d)
	}
	return nil
}

// heal mends the line, leaving it slow and lossy.
func (s *sim) heal() {
	s.note("the line heals")
	for _, r := range s.routes {
		r.cut = false
	}
}

// Two machines on a line that loses, delays, repeats and skips, with people,
// consoles, cuts and restarts at random: they always agree again. RINGDOWN_LONG=1
// tries 60,000 runs.
func TestSimulation(t *testing.T) {
	seeds := 2000
	if os.Getenv("RINGDOWN_LONG") != "" {
		seeds = 60_000
	}
	seen := map[State]int{}
	for seed := range seeds {
		s := newSim(uint64(seed))
		if err := s.story(seen); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, tail(s.log, 60))
		}
	}
	for _, st := range []State{Calling, Ringing, Incoming, Active, Held, Ended} {
		if seen[st] < seeds/100 {
			t.Errorf("state %s was seen %d times in %d runs: the simulation does not reach it", st, seen[st], seeds)
		}
	}
	t.Logf("%d runs, states where they met: %v", seeds, seen)
}

// story is one run: some days' whims in three parts, each followed by calm.
func (s *sim) story(seen map[State]int) error {
	for range 3 {
		for range 4 + s.r.IntN(20) {
			s.whim()
			if err := s.check(); err != nil {
				return err
			}
			pause := []time.Duration{0, 10 * time.Millisecond, 300 * time.Millisecond, 3 * time.Second, 30 * time.Second, 4 * time.Minute}
			if err := s.run(s.now.Add(cmp.Or(pause[s.r.IntN(len(pause))], 0))); err != nil {
				return err
			}
		}
		s.heal()
		if err := s.calm(); err != nil {
			return err
		}
		seen[s.a.m.View().State]++
	}
	s.note("quiet")
	if err := s.run(s.now.Add(HoldLimit + RingLimit)); err != nil {
		return err
	}
	return s.agree()
}

// calm gives a healed line time to bring what there is to say, and a little more
// if a limit ran out at the last moment. Then the two must agree.
func (s *sim) calm() error {
	for range 2 {
		if err := s.run(s.now.Add(10 * time.Second)); err != nil {
			return err
		}
		if !s.routes[0].owes() && !s.routes[1].owes() {
			return s.agree()
		}
	}
	return fmt.Errorf("20 s after the line healed there is still something to say")
}

func tail(log []string, n int) (text string) {
	for _, l := range log[max(0, len(log)-n):] {
		text += l + "\n"
	}
	return text
}
