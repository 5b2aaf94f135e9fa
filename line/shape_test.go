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

// What is said changes neither instant, nor path, nor address, nor size of anything
// sent: the lists are compared one by one with those of an idle line. Sizes are those
// of the buffers that the outbox gave, which Seal fills whole or not at all.
func TestContentNeverShows(t *testing.T) {
	contents := map[string]func(w *world){
		"signals": func(w *world) {
			for i := range 200 {
				w.after(time.Duration(i)*97*time.Millisecond, func() {
					for _, e := range w.ends {
						e.line.SetSignal(wire.Signal{Ready: uint8(i + 1)})
					}
				})
			}
		},
		"speech": func(w *world) {
			for _, e := range w.ends {
				e.speak(20 * time.Second)
			}
		},
		"a call": func(w *world) {
			for _, e := range w.ends {
				e.line.SetSignal(wire.Signal{Call: wire.CallID{1}, Step: wire.StepActive})
				e.speak(10 * time.Second)
			}
		},
		"text and attachments": func(w *world) {
			for i := range 1000 {
				w.after(time.Duration(i)*19*time.Millisecond, func() {
					for _, e := range w.ends {
						_ = e.line.SendMessage(Stream(1+i%2), make([]byte, 1+i*13%5000)) // full at times
					}
				})
			}
		},
		"new keys all the time": func(w *world) {
			for i := range 9 {
				w.after(time.Duration(i)*2*time.Second, func() { w.ends[0].line.rekeyAt = 0 })
			}
		},
		"all at once": func(w *world) {
			for i, e := range w.ends {
				e.speak(20 * time.Second)
				w.after(time.Second, func() {
					w.ends[0].line.rekeyAt = 0
					e.line.SetSignal(wire.Signal{Ready: 1})
					for range 5 {
						_ = e.line.SendMessage(StreamBulk, make([]byte, 40000+i))
					}
				})
			}
		},
		"slow work": func(w *world) {
			for _, e := range w.ends {
				e.offloadTakes, e.persistTakes = 700*time.Millisecond, 900*time.Millisecond
			}
			w.ends[0].line.rekeyAt = 0
		},
		"a stranger's flood": func(w *world) {
			r := rand.New(rand.NewPCG(1, 1))
			for i := range 5000 {
				w.after(time.Duration(i)*3*time.Millisecond, func() {
					for _, e := range w.ends {
						b := make([]byte, e.cfg.Profile.Size)
						copy(b, e.line.Labels()[i%2].Label[:])
						b[20+r.IntN(200)] = byte(r.Uint32())
						e.receive(netip.MustParseAddrPort("192.0.2.1:1"), b)
					}
				})
			}
		},
	}
	for _, profile := range []wire.Profile{wire.Standard, wire.Wide, wire.Thin} {
		run := func(say func(w *world)) [2][]packet {
			w := newWorld(t, profile, 2, 3)
			w.each(func(l *link) { l.jitter = 5 * time.Millisecond })
			w.begin()
			w.run(time.Second)
			say(w)
			w.run(25 * time.Second)
			return [2][]packet{w.ends[0].sent, w.ends[1].sent}
		}
		idle := run(func(*world) {})
		for name, say := range contents {
			said := run(say)
			for i := range idle {
				if at := firstDeparture(idle[i], said[i]); at >= 0 {
					t.Errorf("%s, %s: end %d: datagram %d of %d departs from the idle line's", profile.Name, name, i, at, len(idle[i]))
				}
			}
		}
	}
}

// A flood of authentic datagrams, from a far station that owns the keys, moves
// nothing that is sent either.
func TestPeersFloodDoesNotShow(t *testing.T) {
	run := func(flood bool) []packet {
		w := newWorld(t, wire.Standard, 2, 3)
		w.begin()
		w.run(time.Second)
		if flood {
			far := w.ends[1].line
			for i := range 20000 {
				w.after(time.Duration(i)*500*time.Microsecond, func() {
					for _, b := range forge(far, i) {
						w.ends[0].receive(address(1, 1+i%2), b)
					}
				})
			}
		}
		w.run(12 * time.Second)
		return w.ends[0].sent
	}
	if at := firstDeparture(run(false), run(true)); at >= 0 {
		t.Errorf("datagram %d departs from the idle line's", at)
	}
}

// forge makes authentic datagrams under all keys of a line, beyond the tick. What
// they say is as odd as the format allows.
func forge(l *Line, i int) (all [][]byte) {
	at := 1 + i%2 - 1
	p := l.paths[at]
	for _, e := range []*epoch{l.keys.current, l.keys.pair} {
		if e == nil {
			continue
		}
		h := p.header(time.Duration(i), l.from, wire.ReportWord(wire.Report{State: wire.PathUp, Loss: uint16(i % 1001)}))
		h.Counter += uint64(i) << 8
		h.Echo, h.Hold = uint16(i*7), uint16(i)
		h.Put(l.plain[:])
		f := wire.FrameHeader{Number: uint64(i) * uint64(i) * 977, SignalEcho: uint32(i)}
		f.Put(l.plain[wire.PathHeaderSize:])
		var b wire.Builder
		b.Reset(l.plain[wire.PathHeaderSize+wire.FrameHeaderSize : l.cfg.Profile.Plain()])
		if e == l.keys.current {
			b.Signal(uint32(i+1), &wire.Signal{Ready: uint8(i)})
			if packets, ok := b.Voice(&wire.VoiceHeader{Talker: uint8(i % 16), Codec: wire.CodecOpus, First: uint16(i * 31), Size: 20, Count: 3}); ok {
				clear(packets)
			}
			b.Ack(&wire.Ack{Stream: StreamEntries, Received: uint32(i), Duplicates: uint8(i)})
			b.Data(wire.Data{Stream: StreamBulk, Offset: uint32(i * 5), Bytes: []byte{1, 2, 3}})
		} else {
			b.Hello(wire.Hello{Own: Attempt{Incarnation: l.attempts.own.Incarnation, Number: uint32(i)}, Far: l.attempts.heard})
			b.Handshake(wire.Handshake{Offset: uint16(i % 6000), Bytes: []byte{1, 2, 3}})
		}
		b.Finish()
		d := make([]byte, l.cfg.Profile.Size)
		if e.sealers[at].Seal(d, l.plain[:l.cfg.Profile.Plain()]) == nil {
			all = append(all, d)
		}
	}
	return all
}

// Every datagram in full cadence leaves at an instant of the grid, one on each path
// at each tick, and none is ever sent late with another.
func TestCadence(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 3)
	w.begin()
	e := w.ends[0]
	e.sent = nil
	begin := w.now
	w.run(10 * time.Second)
	for path := uint8(1); path <= 2; path++ {
		last := time.Time{}
		n := 0
		for _, p := range e.sent {
			if p.path != path {
				continue
			}
			if phase := time.Duration(p.at.UnixNano() % int64(20*time.Millisecond)); phase != e.cfg.Slot {
				t.Fatalf("path %d: a datagram leaves %v into the tick, want %v", path, phase, e.cfg.Slot)
			}
			if !last.IsZero() && p.at.Sub(last) != 20*time.Millisecond {
				t.Fatalf("path %d: %v between two datagrams", path, p.at.Sub(last))
			}
			last = p.at
			n++
		}
		if n != 500 {
			t.Errorf("path %d: %d datagrams in %v, want 500", path, n, w.now.Sub(begin))
		}
	}
}

// A loop that comes late misses ticks: they are counted, and never made up for.
func TestLateLoop(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 3)
	w.begin()
	e := w.ends[0]
	e.sent = nil
	e.late = func(due time.Time) time.Duration {
		if due.UnixMilli()%1000 < 20 {
			n := 1 + due.Unix()%8
			return time.Duration(n)*20*time.Millisecond + 7*time.Millisecond
		}
		return 0
	}
	w.run(20 * time.Second)
	ticks := map[uint64]int{}
	for _, p := range e.sent {
		if p.path == 1 {
			ticks[e.line.tickOf(p.at.Sub(e.line.start))]++
		}
	}
	for at, n := range ticks {
		if n > 1 {
			t.Errorf("%d datagrams within tick %d", n, at)
		}
	}
	missed := 1000 - uint64(len(ticks))
	if got := e.line.Status(w.now).Counts.LateTicks; missed == 0 || got != missed {
		t.Errorf("%d ticks counted as missed, %d datagrams are", got, missed)
	}
	if !slices.Equal(e.states, []State{StateOpen}) {
		t.Error(fmt.Sprint("states ", e.states))
	}
}
