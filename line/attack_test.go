package line

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"ringdown/wire"
)

// A trace is all that can be seen of a station from outside, and all that it told
// its own side.
type trace struct {
	sent     []packet // without bytes
	states   []State
	changes  []pathChange
	signals  []wire.Signal
	voices   []voicePacket
	messages []string
	restarts int
	disk     Durable
	status   Status // without counts
}

func (e *end) trace() trace {
	s := e.line.Status(e.w.now)
	s.Counts = Counts{}
	return trace{e.sent, e.states, e.changes, e.signals, e.voices, e.messages, e.restarts, e.disk, s}
}

// compareTraces checks that an attack left no trace.
func compareTraces(t *testing.T, name string, want, got trace) {
	t.Helper()
	if i := firstDeparture(want.sent, got.sent); i >= 0 {
		t.Errorf("%s: datagram %d of %d is another one than without the attack", name, i, len(want.sent))
	}
	for _, c := range []struct {
		of        string
		want, got any
	}{
		{"states", want.states, got.states}, {"path changes", want.changes, got.changes},
		{"signals", want.signals, got.signals}, {"voice", want.voices, got.voices},
		{"messages", want.messages, got.messages}, {"restarts", want.restarts, got.restarts},
		{"disk", want.disk, got.disk}, {"status", want.status, got.status},
	} {
		if w, g := fmt.Sprint(c.want), fmt.Sprint(c.got); w != g {
			t.Errorf("%s: %s:\n%.600s\nwithout the attack:\n%.600s", name, c.of, g, w)
		}
	}
}

// firstDeparture compares what was sent: when, on which path, to whom, how large.
func firstDeparture(a, b []packet) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) {
			return i
		}
		if !a[i].at.Equal(b[i].at) || a[i].path != b[i].path || a[i].to != b[i].to {
			return i
		}
	}
	return -1
}

// record keeps a copy of all that is sent from now on.
func (w *world) record() *[]packet {
	var all []packet
	w.tap = func(p packet) {
		p.bytes = slices.Clone(p.bytes)
		all = append(all, p)
	}
	return &all
}

// busy is a world whose whole history is recorded: start, restarts, calls, new keys.
func busy(t *testing.T) (*world, *[]packet) {
	w := newWorld(t, wire.Standard, 2, 11)
	recorded := w.record()
	w.begin()
	w.ends[0].line.SetSignal(wire.Signal{Ready: 1})
	for i, e := range w.ends {
		e.speak(time.Second)
		if err := e.line.SendMessage(StreamEntries, fmt.Appendf(nil, "from %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	w.run(2 * time.Second)
	w.ends[0].start()
	w.until(5*time.Second, w.open)
	w.ends[1].start()
	w.until(5*time.Second, w.open)
	w.run(time.Second)
	return w, recorded
}

// What was recorded, whole handshakes included, is played to a station that has
// started anew and hears nobody else: it sends nothing in answer, and changes nothing.
func TestReplayAfterRestart(t *testing.T) {
	for who := range 2 {
		run := func(attack bool) trace {
			w, recorded := busy(t)
			w.tap = nil
			w.ends[1-who].stop()
			w.run(50 * time.Millisecond) // what is under way arrives
			e := w.ends[who]
			e.start()
			e.sent, e.states, e.changes, e.voices = nil, nil, nil, nil
			w.run(100 * time.Millisecond)
			all := slices.DeleteFunc(slices.Clone(*recorded), func(p packet) bool { return p.end == who })
			for round := range 3 {
				for i, p := range all {
					if attack {
						w.after(time.Duration(round)*5*time.Second+time.Duration(i)*2*time.Millisecond, func() { e.receive(p.from, p.bytes) })
					}
				}
			}
			w.run(20 * time.Second)
			s := e.line.Status(w.now)
			if attack && s.Counts.Stale+s.Counts.Unopened+s.Counts.Replayed != 3*uint64(len(all)) {
				t.Errorf("end %d: %d datagrams replayed, dropped: %+v", who, 3*len(all), s.Counts)
			}
			return e.trace()
		}
		compareTraces(t, fmt.Sprintf("end %d", who), run(false), run(true))
	}
}

// The same, played to stations whose line is open and busy.
func TestReplayIntoOpenLine(t *testing.T) {
	for who := range 2 {
		run := func(attack bool) trace {
			w, recorded := busy(t)
			e := w.ends[who]
			for _, end := range w.ends {
				end.speak(10 * time.Second)
			}
			all := slices.DeleteFunc(slices.Clone(*recorded), func(p packet) bool { return p.end == who })
			for i, p := range all {
				if attack {
					w.after(time.Duration(i)*2*time.Millisecond, func() { e.receive(p.from, p.bytes) })
				}
			}
			w.run(10 * time.Second)
			return e.trace()
		}
		compareTraces(t, fmt.Sprintf("end %d", who), run(false), run(true))
	}
}

// Every datagram comes twice, and again 50 ms later.
func TestReplayAtOnce(t *testing.T) {
	run := func(attack bool) trace {
		w := newWorld(t, wire.Standard, 2, 11)
		e := w.ends[0]
		if attack {
			w.tap = func(p packet) {
				if p.end == 1 {
					b := slices.Clone(p.bytes)
					for _, d := range []time.Duration{10 * time.Millisecond, 60 * time.Millisecond} {
						w.after(d, func() { e.receive(p.from, slices.Clone(b)) })
					}
				}
			}
		}
		w.begin()
		w.ends[1].speak(5 * time.Second)
		w.run(6 * time.Second)
		return e.trace()
	}
	compareTraces(t, "twice", run(false), run(true))
}

// forgeries makes of an honest datagram what an attacker can without keys.
func forgeries(p packet, labels map[uint8]wire.Label, r *rand.Rand) (all [][]byte) {
	clone := func() []byte { return slices.Clone(p.bytes) }
	random := clone() // the right label, and noise
	for i := wire.LabelSize; i < len(random); i++ {
		random[i] = byte(r.Uint32())
	}
	flipped := clone()
	flipped[r.IntN(len(flipped))] ^= 1 << r.IntN(8)
	all = append(all, random, flipped, clone()[:r.IntN(len(p.bytes))], append(clone(), 0))
	for _, label := range labels { // another path's, another direction's
		crossed := clone()
		copy(crossed, label[:])
		if label != wire.Label(p.bytes[:wire.LabelSize]) {
			all = append(all, crossed)
		}
	}
	return all
}

// Random, truncated, prolonged and flipped datagrams, and honest ones moved to the
// other path and the other direction: while the line opens, and while it is busy.
func TestForgeries(t *testing.T) {
	for who := range 2 {
		run := func(attack bool) trace {
			w := newWorld(t, wire.Standard, 2, 11)
			r := rand.New(rand.NewPCG(5, 5))
			e := w.ends[who]
			w.tap = func(p packet) {
				if !attack || e.line == nil {
					return
				}
				labels := map[uint8]wire.Label{}
				for _, l := range e.line.Labels() {
					labels[l.Path] = l.Label
				}
				for _, b := range forgeries(p, labels, r) {
					for path := range labels { // from where it could come
						w.after(0, func() { e.receive(address(1-who, int(path)), b) })
						w.after(30*time.Millisecond, func() { e.receive(address(1-who, int(path)), b) })
					}
				}
			}
			w.begin()
			w.ends[1-who].speak(5 * time.Second)
			w.run(6 * time.Second)
			return e.trace()
		}
		compareTraces(t, fmt.Sprintf("end %d", who), run(false), run(true))
	}
}

// Who reads and writes path 1 moves what he reads to path 2, ahead of what comes
// there: nothing of it opens, and path 2 is as it was.
func TestOwnerOfOnePath(t *testing.T) {
	run := func(attack bool) trace {
		w := newWorld(t, wire.Standard, 2, 11)
		e := w.ends[0]
		w.links[1][1].cut = true // he lets nothing through
		w.tap = func(p packet) {
			if !attack || p.end != 1 || p.path != 1 {
				return
			}
			for _, l := range e.line.Labels() {
				if l.Path == 2 {
					b := slices.Clone(p.bytes)
					copy(b, l.Label[:])
					w.after(0, func() { e.receive(address(1, 2), b) })
				}
			}
		}
		for _, e := range w.ends {
			e.start()
		}
		w.until(5*time.Second, w.open)
		w.ends[1].speak(5 * time.Second)
		w.run(6 * time.Second)
		if len(e.voices) != 250 {
			t.Errorf("%d packets came by path 2, want 250", len(e.voices))
		}
		return e.trace()
	}
	compareTraces(t, "owner of path 1", run(false), run(true))
}

// Authentic datagrams from an address that the accord does not name count as
// nothing on a fixed path, and do not spoil the honest copy that follows.
func TestFixedPathHearsOneAddress(t *testing.T) {
	run := func(attack bool) trace {
		w := newWorld(t, wire.Standard, 1, 11)
		e := w.ends[0]
		elsewhere := netip.MustParseAddrPort("192.0.2.7:4000")
		w.tap = func(p packet) {
			if attack && p.end == 1 {
				b := slices.Clone(p.bytes)
				w.after(0, func() { e.receive(elsewhere, b) })
			}
		}
		w.begin()
		w.ends[1].speak(5 * time.Second)
		w.run(6 * time.Second)
		return e.trace()
	}
	compareTraces(t, "forwarded", run(false), run(true))
}

// A datagram of a handshake that was held back, and is newer than anything heard,
// is the most that an attacker can play: it costs at most some seconds of every second
// tick, and the session goes on.
func TestHeldBackKnock(t *testing.T) {
	for who := range 2 {
		w := newWorld(t, wire.Standard, 2, 11)
		other := w.ends[1-who]
		other.start()
		recorded := w.record()
		w.run(30 * time.Second) // it knocks, and nobody is there
		w.tap = nil
		knocks := slices.Clone(*recorded)
		w.ends[who].start()
		w.until(5*time.Second, w.open)
		w.run(time.Second)
		e := w.ends[who]
		before, states := e.line.Status(w.now), len(e.states)
		for i, p := range knocks {
			w.after(time.Duration(i)*100*time.Millisecond, func() { e.receive(p.from, p.bytes) })
		}
		w.run(20 * time.Second)
		after := e.line.Status(w.now)
		if after.Sessions != before.Sessions || len(e.states) != states || e.restarts+other.restarts != 0 {
			t.Errorf("end %d: %d sessions before, %d after; states %v", who, before.Sessions, after.Sessions, e.states)
		}
	}
}

// The same with knocks that are newer than all that was heard, and TLS that is
// slow: no voice is lost, because the session keeps every second tick.
func TestHeldBackNewerKnock(t *testing.T) {
	for who := range 2 {
		w := newWorld(t, wire.Standard, 2, 11)
		w.begin()
		e, other := w.ends[who], w.ends[1-who]
		for _, e := range w.ends {
			e.offloadTakes = 600 * time.Millisecond
		}
		far := other.line
		last := far.attempts.own.Number
		for i := range uint32(10) {
			w.after(time.Duration(i)*time.Second, func() {
				e.receive(address(1-who, 1), far.sealBody(far.keys.pair, far.cfg.Profile.Plain(), func(b *wire.Builder) {
					b.Hello(wire.Hello{Own: Attempt{Incarnation: 1, Number: last + 1000*(i+1)}})
				}))
			})
		}
		e.speak(20 * time.Second)
		other.speak(20 * time.Second)
		w.run(25 * time.Second)
		if e.disk.Far.Number < last+1000 {
			t.Errorf("end %d: the knocks were not heard: %v", who, e.disk.Far)
		}
		for i, e := range w.ends {
			if e.checkVoice(1000); len(e.states) != 1 {
				t.Errorf("end %d hears knocks: end %d: %v", who, i, e.states)
			}
		}
	}
}

// What a far station said in its last run, and the network held back, is not taken
// for what it says in this one, though the keys of that run would still open it.
func TestHeldBackFromLastRun(t *testing.T) {
	for who := range 2 {
		w := newWorld(t, wire.Standard, 2, 11)
		w.begin()
		e, far := w.ends[who], w.ends[1-who]
		far.line.SetSignal(wire.Signal{Ready: 7})
		far.speak(500 * time.Millisecond)
		recorded := w.record()
		w.each(func(l *link) { l.cut = true })
		w.run(500 * time.Millisecond)
		w.tap = nil
		w.each(func(l *link) { l.cut = false })
		far.start()
		w.until(5*time.Second, func() bool { return e.restarts == 1 })
		for _, p := range *recorded {
			if p.end != who {
				e.receive(p.from, p.bytes)
			}
		}
		w.run(time.Second)
		if len(e.signals) != 0 || len(e.voices) != 0 {
			t.Errorf("end %d: signals %v, %d packets of voice from the last run", who, e.signals, len(e.voices))
		}
	}
}

// A far station that owns the keys says under the pair's what only a session may
// say, sends another size, or acknowledges what was not sent: nothing comes of it.
func TestPeerBreaksTheRules(t *testing.T) {
	for name, fill := range map[string]func(l *Line, b *wire.Builder){
		"signal before hello": func(l *Line, b *wire.Builder) {
			b.Signal(9, &wire.Signal{Ready: 9})
			b.Hello(wire.Hello{Own: Attempt{Incarnation: 9, Number: 1}})
		},
		"data behind hello": func(l *Line, b *wire.Builder) {
			b.Hello(wire.Hello{Own: Attempt{Incarnation: 9, Number: 1}})
			b.Data(wire.Data{Stream: StreamEntries, Bytes: []byte{0, 1, 2}})
		},
		"no hello":      func(l *Line, b *wire.Builder) {},
		"no hello, ack": func(l *Line, b *wire.Builder) { b.Ack(&wire.Ack{Stream: StreamEntries}) },
	} {
		w := newWorld(t, wire.Standard, 2, 11)
		w.begin()
		e, far := w.ends[0], w.ends[1].line
		before := e.line.Status(w.now).Counts.Malformed
		e.receive(address(1, 1), far.sealBody(far.keys.pair, far.cfg.Profile.Plain(), func(b *wire.Builder) { fill(far, b) }))
		w.run(time.Second)
		if s := e.line.Status(w.now); s.Counts.Malformed != before+1 || e.disk.Far.Incarnation != 1 || len(e.signals)+len(e.messages) != 0 {
			t.Errorf("%s: %d malformed, far attempt %v, signals %v", name, s.Counts.Malformed-before, e.disk.Far, e.signals)
		}
	}
	w := newWorld(t, wire.Standard, 2, 11)
	w.begin()
	e, far := w.ends[0], w.ends[1].line
	for _, size := range []int{wire.PathHeaderSize + wire.FrameHeaderSize, 200, far.cfg.Profile.Plain() - 1, far.cfg.Profile.Plain() + 1} {
		e.receive(address(1, 1), far.sealBody(far.keys.current, size, func(b *wire.Builder) { b.Signal(9, &wire.Signal{Ready: 9}) }))
	}
	if s := e.line.Status(w.now); s.Counts.Unopened != 4 || len(e.signals) != 0 {
		t.Errorf("another size: %+v, signals %v", s.Counts, e.signals)
	}
}

// sealBody is a datagram of path 1 with a body of its own, and any size.
func (l *Line) sealBody(e *epoch, plainSize int, fill func(b *wire.Builder)) []byte {
	plain := make([]byte, plainSize)
	h := l.paths[0].header(0, l.from, wire.ClockWord(0))
	h.Put(plain)
	wire.FrameHeader{Number: 1<<20 + h.Counter}.Put(plain[wire.PathHeaderSize:])
	var b wire.Builder
	b.Reset(plain[wire.PathHeaderSize+wire.FrameHeaderSize:])
	fill(&b)
	b.Finish()
	d := make([]byte, plainSize+wire.Overhead)
	_ = e.sealers[0].Seal(d, plain)
	return d
}

// A client that owns the keys names a new handshake in every datagram: the server
// enters one a second, and none for a run that has not proved itself.
func TestServerKeepsItsPace(t *testing.T) {
	for _, c := range []struct {
		run  uint64
		want int
	}{{1, 10}, {2, 0}} {
		w := newWorld(t, wire.Standard, 2, 11)
		w.begin()
		e, far := w.ends[1], w.ends[0].line
		hello := far.newExchange(1)
		hello.prepare(nil)()
		hello.collect()
		e.offloads = 0
		for i := range 1000 {
			w.after(time.Duration(i)*10*time.Millisecond, func() {
				id := Attempt{Incarnation: c.run, Number: far.attempts.own.Number + 1 + uint32(i/16)}
				at := i % 8 * 200
				e.receive(address(0, 1), far.sealBody(far.keys.current, far.cfg.Profile.Plain(), func(b *wire.Builder) {
					b.Hello(wire.Hello{Own: id})
					b.Handshake(wire.Handshake{Offset: uint16(at), Bytes: hello.out[min(at, len(hello.out)-1):min(at+200, len(hello.out))]})
				}))
			})
		}
		w.run(10 * time.Second)
		if e.offloads > c.want || c.want > 0 && e.offloads == 0 {
			t.Errorf("run %d: TLS was given work %d times in 10 s, want at most %d", c.run, e.offloads, c.want)
		}
		hello.abandon()
	}
}
