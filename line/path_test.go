package line

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"ringdown/wire"
)

// on says when a path of e came to a state after a moment.
func (e *end) on(path uint8, s PathState, after time.Time) (time.Duration, bool) {
	for _, c := range e.changes {
		if c.path == path && c.state == s && c.at.After(after) {
			return c.at.Sub(after), true
		}
	}
	return 0, false
}

// A dead path is known within a second and a tick, stops after 30 s, knocks once a
// second, and is back one knock after it can be.
func TestPathDies(t *testing.T) {
	for _, knows := range []wire.Profile{wire.Standard, wire.Thin} {
		w := newWorld(t, knows, 2, 9)
		w.begin()
		w.run(5 * time.Second)
		cut := w.now
		w.each(func(l *link) { l.cut = true }, 1)
		w.run(2 * time.Minute)
		for i, e := range w.ends {
			if d, ok := e.on(1, PathSilent, cut); !ok || d > time.Second+20*time.Millisecond+2*knows.Tick {
				t.Errorf("end %d: silent %v after %v", i, ok, d)
			}
			if d, ok := e.on(1, PathKnocking, cut); !ok || d < 29*time.Second || d > 31*time.Second {
				t.Errorf("end %d: knocking %v after %v", i, ok, d)
			}
			n := 0
			for _, p := range e.sent {
				if p.path == 1 && p.at.After(cut.Add(31*time.Second)) {
					n++
				}
			}
			if n < 80 || n > 98 {
				t.Errorf("end %d: %d knocks in 89 s", i, n)
			}
			if e.state != StateOpen || e.paths[2] != PathUp {
				t.Errorf("end %d: %v, path 2 %v", i, e.state, e.paths[2])
			}
		}
		back := w.now
		w.each(func(l *link) { l.cut = false }, 1)
		w.run(2 * time.Second)
		for i, e := range w.ends {
			if d, ok := e.on(1, PathUp, back); !ok || d > 1300*time.Millisecond {
				t.Errorf("end %d: up %v after %v", i, ok, d)
			}
		}
	}
}

// quality lets both ends measure, and returns what end 0 sees of path 1.
func (w *world) quality() PathStatus {
	w.run(8 * time.Second)
	return w.ends[0].line.Status(w.now).Paths[0]
}

func TestQualityIsMeasuredBothWays(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 9)
	w.begin()
	w.links[1][1] = link{delay: 30 * time.Millisecond, loss: 0.2}                     // towards end 0
	w.links[1][0] = link{delay: 50 * time.Millisecond, jitter: 40 * time.Millisecond} // away from it
	q := w.quality()
	if q.In.Loss < 130 || q.In.Loss > 270 || q.In.Spread != 0 {
		t.Errorf("in: %+v, want a loss of about 200 and no spread", q.In)
	}
	if q.Out.Loss > 20 || q.Out.Spread < 30*time.Millisecond || q.Out.Spread > 40*time.Millisecond {
		t.Errorf("out: %+v, want no loss and a spread of about 38 ms", q.Out)
	}
	if q.RTT < 90*time.Millisecond || q.RTT > 110*time.Millisecond {
		t.Errorf("round trip %v, want about 100 ms", q.RTT)
	}
	w.each(func(l *link) { l.cut = true }, 1)
	if q = w.quality(); q.In.Known || q.HasRTT {
		t.Errorf("a silent path has a quality: %+v", q)
	}
}

func TestClockDifference(t *testing.T) {
	w := newWorld(t, wire.Standard, 1, 9)
	w.begin()
	e := w.ends[0]
	far := e.w.now
	w.run(3 * time.Second)
	if s := e.line.Status(w.now); !s.HasClock || s.Clock.Abs() > time.Millisecond {
		t.Errorf("clocks that agree differ by %v", s.Clock)
	}
	for range clockSamples {
		e.line.clocks.hear(far, far.Add(10*time.Minute-40*time.Millisecond), 40*time.Millisecond)
	}
	if s := e.line.Status(w.now); s.Clock != 10*time.Minute {
		t.Errorf("a clock 10 minutes ahead differs by %v", s.Clock)
	}
}

func TestHopelessPathRests(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 9)
	w.begin()
	w.run(10 * time.Second)
	bad := w.now
	w.links[1][0].loss = 0.95
	e := w.ends[0]
	w.run(60 * time.Second)
	rest, ok := e.on(1, PathResting, bad)
	if !ok || rest < restAfter || rest > restAfter+12*time.Second {
		t.Fatalf("resting %v after %v, want 30 s and the time to measure", ok, rest)
	}
	begin := bad.Add(rest)
	for _, p := range e.sent {
		if p.path == 1 && p.at.After(begin) {
			t.Fatalf("a datagram on a path that rests")
		}
	}
	if w.ends[1].paths[1] == PathResting {
		t.Error("the far station rests a path that loses nothing of its own")
	}
	w.links[1][0].loss = 0
	w.run(restFor)
	if d, ok := e.on(1, PathUp, begin); !ok || d < restFor || d > restFor+2*time.Second {
		t.Errorf("tried again %v after %v, want 60 s", ok, d)
	}
	w.run(2 * time.Minute)
	if e.paths[1] != PathUp {
		t.Errorf("a path that is good again is %v", e.paths[1])
	}
}

func TestLastUsablePathNeverRests(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(w *world)
	}{
		{"both lose", func(w *world) { w.each(func(l *link) { l.loss = 0.93 }) }},
		{"the other is cut", func(w *world) { w.each(func(l *link) { l.loss = 0.93 }, 1); w.each(func(l *link) { l.cut = true }, 2) }},
	} {
		w := newWorld(t, wire.Standard, 2, 9)
		w.begin()
		c.spoil(w)
		w.run(3 * time.Minute)
		for i, e := range w.ends {
			for _, change := range e.changes {
				if change.state == PathResting {
					t.Errorf("%s: end %d lets path %d rest", c.name, i, change.path)
				}
			}
		}
	}
}

// A path that rests is woken by the death of the other, and by its losing more than half.
func TestRestEnds(t *testing.T) {
	for _, c := range []struct {
		need   func(w *world)
		within time.Duration
	}{
		{func(w *world) { w.each(func(l *link) { l.cut = true }, 2) }, 3 * time.Second},
		{func(w *world) { w.links[2][0].loss = 0.7 }, 3*time.Second + Window},
	} {
		w := newWorld(t, wire.Standard, 2, 9)
		w.begin()
		w.links[1][0].loss = 0.95
		e := w.ends[0]
		if _, ok := w.until(time.Minute, func() bool { return e.paths[1] == PathResting }); !ok {
			t.Fatal("it does not rest")
		}
		w.run(time.Second)
		w.links[1][0].loss = 0
		c.need(w)
		if took, ok := w.until(10*time.Second, func() bool { return e.paths[1] == PathUp }); !ok || took > c.within {
			t.Errorf("up %v after %v", ok, took)
		}
	}
}

var elsewhere = netip.MustParseAddrPort("198.51.100.9:777")

// roaming is a world in which end 1 may move, and end 0 says so.
func roaming(t *testing.T, paths int, known bool) *world {
	w := newWorld(t, wire.Standard, paths, 9)
	cfg := &w.ends[0].cfg.Paths[0]
	cfg.FarRoams = true
	if !known {
		cfg.Remote = netip.AddrPort{}
	}
	return w
}

func TestRoamingPathLearnsAddress(t *testing.T) {
	w := roaming(t, 1, false)
	e := w.ends[0]
	e.start()
	w.run(time.Minute)
	if len(e.sent) != 0 {
		t.Fatalf("%d datagrams to nowhere", len(e.sent))
	}
	w.ends[1].start()
	if took, ok := w.until(10*time.Second, w.open); !ok || took > 1500*time.Millisecond+40*time.Millisecond {
		t.Errorf("open %v after %v", ok, took)
	}
}

// The far end's NAT gives it another address: the path goes there after a second
// and a round trip.
func TestRoamingFollows(t *testing.T) {
	for _, paths := range []int{1, 2} {
		w := roaming(t, paths, true)
		w.begin()
		w.run(3 * time.Second)
		e, far := w.ends[0], w.ends[1]
		e.sent = nil
		moved := w.now
		far.address[1] = elsewhere
		w.run(5 * time.Second)
		first := slices.IndexFunc(e.sent, func(p packet) bool { return p.to == elsewhere })
		if first < 0 || e.sent[first].at.Sub(moved) < moveAfter {
			t.Fatalf("the first of %d datagrams to the new address is number %d", len(e.sent), first)
		}
		s := e.line.Status(w.now)
		if s.Paths[0].Remote != elsewhere || s.Counts.Moves != 1 || e.paths[1] != PathUp || e.state != StateOpen {
			t.Errorf("%d paths: remote %v, %d moves, path %v, line %v", paths, s.Paths[0].Remote, s.Counts.Moves, e.paths[1], e.state)
		}
		for i, p := range e.sent {
			if i > 0 && p.path == 1 && e.sent[i-1].path == 1 && p.at.Sub(e.sent[i-1].at) != 20*time.Millisecond {
				t.Fatal("the cadence shows the move")
			}
		}
	}
}

// When both sides move at once, over two paths that roam at both ends, the line
// mends itself.
func TestRoamingWhileKeysChange(t *testing.T) {
	w := roaming(t, 1, true)
	w.begin()
	w.run(rekeyEvery - 1100*time.Millisecond)
	w.ends[1].address[1] = elsewhere
	w.run(30 * time.Second)
	if s := w.ends[0].line.Status(w.now); !w.open() || s.Rekeys != 1 {
		t.Errorf("open %v, %d rekeys", w.open(), s.Rekeys)
	}
}

// A fixed path stays where the accord says.
func TestFixedPathNeverMoves(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 9)
	w.begin()
	e := w.ends[0]
	w.ends[1].address[1] = elsewhere
	w.run(90 * time.Second)
	if s := e.line.Status(w.now); s.Counts.Moves != 0 || s.Counts.Address == 0 || s.Paths[0].State != PathKnocking {
		t.Errorf("%+v, %+v", s.Paths[0], s.Counts)
	}
	for _, p := range e.sent {
		if p.path == 1 && p.to != address(1, 1) {
			t.Fatalf("a datagram to %v", p.to)
		}
	}
}

// An attacker who takes the datagrams of a path and passes them on from an address of
// his own, faster than they come themselves, does not pull the path there.
func TestForwarderDoesNotPull(t *testing.T) {
	w := roaming(t, 1, true)
	w.begin()
	e := w.ends[0]
	w.tap = func(p packet) {
		if p.end == 1 {
			w.after(0, func() { e.receive(elsewhere, p.bytes) })
		}
	}
	w.run(20 * time.Second)
	for _, p := range e.sent {
		if p.to != address(1, 1) {
			t.Fatalf("a datagram to %v", p.to)
		}
	}
}

// One who also silences the true address gets a challenge, at most three datagrams
// for each of his; and as soon as the true address speaks again, it has the path.
func TestPathGoesBack(t *testing.T) {
	w := roaming(t, 1, true)
	w.begin()
	e, far := w.ends[0], w.ends[1]
	far.address[1] = elsewhere
	w.run(5 * time.Second)
	if got := e.line.Status(w.now).Paths[0].Remote; got != elsewhere {
		t.Fatalf("remote %v", got)
	}
	far.address[1] = address(1, 1)
	w.run(100 * time.Millisecond)
	if got := e.line.Status(w.now).Paths[0].Remote; got != address(1, 1) {
		t.Errorf("remote %v, want the old one that speaks again", got)
	}
}

func TestUnprovenAddressGetsLittle(t *testing.T) {
	w := roaming(t, 2, true)
	w.begin()
	e := w.ends[0]
	var held []packet
	w.tap = func(p packet) {
		if p.end == 1 && p.path == 1 {
			p.bytes = slices.Clone(p.bytes)
			held = append(held, p)
		}
	}
	w.links[1][1].cut = true
	w.run(5 * time.Second)
	e.sent = nil
	for i := range 4 { // held back, and then sent from the victim's address
		e.receive(elsewhere, held[len(held)-20+i].bytes)
	}
	w.run(time.Minute)
	n := 0
	for _, p := range e.sent {
		if p.to == elsewhere {
			n++
		}
	}
	if n == 0 || n > 4*challengeMax {
		t.Errorf("%d datagrams to an address that proved nothing, for 4 from it; want 1 to %d", n, 4*challengeMax)
	}
	if got := e.line.Status(w.now).Paths[0].Remote; got == elsewhere {
		t.Error("the path moved there")
	}
}

func TestSetRemote(t *testing.T) {
	w := newWorld(t, wire.Standard, 1, 9)
	e, far := w.ends[0], w.ends[1]
	e.cfg.Paths[0].Remote = netip.AddrPort{}
	e.start()
	far.start()
	w.run(3 * time.Second)
	if s := e.line.Status(w.now); s.Paths[0].State != PathUnresolved || len(e.sent) != 0 {
		t.Fatalf("%v, %d datagrams sent", s.Paths[0].State, len(e.sent))
	}
	e.line.SetRemote(w.now, 1, address(1, 1))
	if took, ok := w.until(5*time.Second, w.open); !ok || took > 2*time.Second {
		t.Errorf("open %v after %v", ok, took)
	}
	far.address[1] = elsewhere
	e.line.SetRemote(w.now, 1, elsewhere)
	w.run(3 * time.Second)
	if s := e.line.Status(w.now); !w.open() || s.Paths[0].Remote != elsewhere {
		t.Errorf("after the accord was amended: %+v", s.Paths[0])
	}
	e.line.SetRemote(w.now, 1, netip.AddrPort{})
	w.run(3 * time.Second)
	if s := e.line.Status(w.now); s.Paths[0].State != PathUnresolved {
		t.Errorf("after the address was withdrawn: %+v", s.Paths[0])
	}
	e.line.SetRemote(w.now, 7, elsewhere) // of no path
}

// Only the bytes of the challenge, from the address that it went to, move a path.
func TestChallengeIsCompared(t *testing.T) {
	other := netip.MustParseAddrPort("203.0.113.5:5")
	for _, c := range []struct {
		name  string
		from  netip.AddrPort
		spoil byte
		moves bool
	}{
		{"right", elsewhere, 0, true}, {"other bytes", elsewhere, 1, false}, {"other address", other, 0, false},
	} {
		p := newPath(PathConfig{Number: 1, Remote: address(1, 1), FarRoams: true}, wire.Label{}, 1)
		p.hear(0, address(1, 1), 1)
		p.hear(moveAfter, elsewhere, 2)
		token := p.asked.token
		token[3] ^= c.spoil
		if p.respond(moveAfter, c.from, token) != c.moves || (p.remote == c.from) != c.moves {
			t.Errorf("%s: the path is at %v", c.name, p.remote)
		}
	}
	p := newPath(PathConfig{Number: 1, Remote: address(1, 1), FarRoams: true}, wire.Label{}, 1)
	if p.respond(0, netip.AddrPort{}, wire.Token{}) {
		t.Error("an answer to no challenge moves the path")
	}
}
