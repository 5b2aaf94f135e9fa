package line

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"ringdown/wire"
)

// speak makes an end speak from now on: an Opus packet with its number every 20 ms.
// The function it returns says how many it has sent.
func (e *end) speak(d time.Duration) func() int {
	n := 0
	var next func()
	until := e.w.now.Add(d)
	next = func() {
		if e.line == nil || !e.w.now.Before(until) {
			return
		}
		packet := make([]byte, 60)
		binary.BigEndian.PutUint32(packet, uint32(n))
		if err := e.line.SendVoice(0, wire.CodecOpus, packet); err != nil {
			e.w.t.Fatal(err)
		}
		n++
		e.w.after(20*time.Millisecond, next)
	}
	e.w.after(0, next)
	return func() int { return n }
}

// heardVoice checks that an end heard so many packets, each once and in order.
func (e *end) checkVoice(want int) {
	e.w.t.Helper()
	for i, v := range e.voices {
		if v.b == "" {
			e.w.t.Errorf("end %d: packet %d did not come", e.number, i)
		} else if got := binary.BigEndian.Uint32([]byte(v.b)); int(got) != i {
			e.w.t.Fatalf("end %d: packet %d comes as number %d", e.number, got, i)
		}
	}
	if len(e.voices) != want {
		e.w.t.Errorf("end %d: %d packets of voice, want %d", e.number, len(e.voices), want)
	}
}

func TestEitherSideRestarts(t *testing.T) {
	for _, profile := range []wire.Profile{wire.Standard, wire.Thin} {
		for who := range 2 {
			for _, down := range []time.Duration{0, 300 * time.Millisecond, 10 * time.Second, time.Hour, 24 * time.Hour} {
				w := newWorld(t, profile, 2, 7)
				w.begin()
				w.run(3 * time.Second)
				stays, goes := w.ends[1-who], w.ends[who]
				goes.stop()
				goes.state = StateDown
				w.run(down)
				goes.start()
				took, ok := w.until(10*time.Second, func() bool { return w.open() && stays.restarts == 1 })
				if !ok || took > 3500*time.Millisecond {
					t.Errorf("%s, %d down for %v: open %v after %v", profile.Name, who, down, ok, took)
				}
				said := goes.speak(time.Second)
				w.run(1500 * time.Millisecond)
				stays.checkVoice(said())
				if stays.restarts != 1 || goes.restarts != 0 {
					t.Errorf("%s, %d down for %v: FarRestarted %d and %d times, want 1 and 0", profile.Name, who, down, stays.restarts, goes.restarts)
				}
			}
		}
	}
}

// A station that fell over right after it heard a knock, with that on its disk, takes
// no knock of that number again; the other makes a new one at once.
func TestRestartAfterTheFirstKnock(t *testing.T) {
	for who := range 2 {
		w := newWorld(t, wire.Standard, 2, 7)
		w.ends[1-who].start()
		w.run(time.Second)
		goes := w.ends[who]
		goes.start()
		w.until(time.Second, func() bool { return goes.disk.Far.Number > 0 && w.ends[1-who].line.attempts.run == 1 })
		goes.start()
		limit := 600 * time.Millisecond
		if who == 1 {
			limit += handshakeEvery // the client has just begun one
		}
		if took, ok := w.until(5*time.Second, w.open); !ok || took > limit {
			t.Errorf("end %d: open %v after %v", who, ok, took)
		}
	}
}

// A far station begins to count anew, far below what was heard of the attempt before.
func TestRestartAfterLongHandshakes(t *testing.T) {
	for who := range 2 {
		w := newWorld(t, wire.Standard, 2, 7)
		goes := w.ends[who]
		goes.offloadTakes = time.Hour
		for _, e := range w.ends {
			e.start()
		}
		w.run(2 * time.Minute)
		goes.offloadTakes = time.Millisecond
		goes.start()
		if took, ok := w.until(20*time.Second, w.open); !ok || took > 2500*time.Millisecond {
			t.Errorf("end %d: open %v after %v", who, ok, took)
		}
	}
}

func TestBothRestart(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 7)
	w.begin()
	for range 5 {
		for _, e := range w.ends {
			e.start()
		}
		if took, ok := w.until(5*time.Second, w.open); !ok || took > 2*time.Second {
			t.Errorf("open %v after %v", ok, took)
		}
	}
}

// All paths are lost and come back, after less and more than the life of keys.
func TestOutage(t *testing.T) {
	for _, out := range []time.Duration{2 * time.Second, 20 * time.Second, 5 * time.Minute, time.Hour, 24 * time.Hour} {
		w := newWorld(t, wire.Standard, 2, 7)
		w.begin()
		w.run(time.Second)
		w.each(func(l *link) { l.cut = true })
		w.run(out)
		for i, e := range w.ends {
			if e.state != StateDown {
				t.Errorf("out for %v: end %d is %v", out, i, e.state)
			}
			if dead := e.line.Status(w.now).SessionSince.IsZero(); dead != (out > keysDie) {
				t.Errorf("out for %v: end %d: the keys died: %v", out, i, dead)
			}
		}
		w.each(func(l *link) { l.cut = false })
		took, ok := w.until(10*time.Second, w.open)
		if limit := 3 * time.Second; !ok || took > limit {
			t.Errorf("out for %v: open %v after %v, want at most %v", out, ok, took, limit)
		}
		for i, e := range w.ends {
			if e.restarts != 0 {
				t.Errorf("out for %v: end %d took it for a restart", out, i)
			}
		}
	}
}

// One direction is lost for a while, also while new keys are agreed.
func TestOneWayOutage(t *testing.T) {
	for direction := range 2 {
		for _, out := range []time.Duration{3 * time.Second, 20 * time.Second, 100 * time.Second, 15 * time.Minute} {
			w := newWorld(t, wire.Standard, 2, 7)
			w.begin()
			w.run(rekeyEvery - 4*time.Second)
			for p := 1; p <= 2; p++ {
				w.links[p][direction].cut = true
			}
			w.run(out)
			for p := 1; p <= 2; p++ {
				w.links[p][direction].cut = false
			}
			if took, ok := w.until(10*time.Second, w.open); !ok || took > 3*time.Second {
				t.Errorf("direction %d out for %v: open %v after %v", direction, out, ok, took)
			}
			w.run(time.Minute)
			if !w.open() {
				t.Errorf("direction %d out for %v: not open a minute later", direction, out)
			}
		}
	}
}

// The very moment of new keys: cut one direction at each tick around it.
func TestCutInTheMiddleOfNewKeys(t *testing.T) {
	for direction := range 2 {
		for at := time.Duration(0); at < time.Second; at += 20 * time.Millisecond * time.Duration(fewer(1, 7)) {
			w := newWorld(t, wire.Standard, 1, 7)
			w.begin()
			w.run(rekeyEvery - 200*time.Millisecond + at)
			w.links[1][direction].cut = true
			w.run(8 * time.Second)
			w.links[1][direction].cut = false
			if took, ok := w.until(10*time.Second, w.open); !ok || took > 2*time.Second {
				t.Errorf("direction %d cut %v around new keys: open %v after %v", direction, at, ok, took)
			}
		}
	}
}

// New keys in the middle of voice lose nothing, whatever else has to wait.
func TestNewKeysInMidVoice(t *testing.T) {
	for _, profile := range []wire.Profile{wire.Standard, wire.Wide, wire.Thin} {
		w := newWorld(t, profile, 2, 7)
		w.each(func(l *link) { l.jitter = 30 * time.Millisecond })
		w.begin()
		var said [2]func() int
		for i, e := range w.ends {
			said[i] = e.speak(10 * time.Minute)
		}
		w.run(11 * time.Minute)
		for i, e := range w.ends {
			e.sortVoice()
			e.checkVoice(said[1-i]())
			if s := e.line.Status(w.now); s.Rekeys != 3 {
				t.Errorf("%s: end %d: %d rekeys, want 3: %v", profile.Name, i, s.Rekeys, s.Counts.Faults)
			}
		}
	}
}

// More voice than fits does not keep the keys from being renewed.
func TestNewKeysThroughTooMuchVoice(t *testing.T) {
	w := newWorld(t, wire.Wide, 2, 7)
	w.begin()
	packet := make([]byte, 160)
	var speak func()
	speak = func() {
		for _, e := range w.ends {
			for talker := range uint8(4) {
				codec, size := wire.CodecPCMU, 160
				if talker == 3 {
					codec, size = wire.CodecOpus, 60 // that leaves 21 bytes of the frame
				}
				if err := e.line.SendVoice(talker, codec, packet[:size]); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.after(20*time.Millisecond, speak)
	}
	speak()
	w.run(10 * time.Minute)
	for i, e := range w.ends {
		if s := e.line.Status(w.now); s.Rekeys != 3 || !w.open() {
			t.Errorf("end %d: %d rekeys, want 3; %v", i, s.Rekeys, s.State)
		}
	}
}

// sortVoice brings what first-copy voice let go back into order.
func (e *end) sortVoice() {
	sorted := make([]voicePacket, len(e.voices))
	for _, v := range e.voices {
		if n := binary.BigEndian.Uint32([]byte(v.b)); int(n) < len(sorted) {
			sorted[n] = v
		}
	}
	e.voices = sorted
}

// A day with new keys, at the cadence that has the least datagrams.
func TestADay(t *testing.T) {
	w := newWorld(t, wire.Thin, 1, 7)
	w.begin()
	for _, e := range w.ends {
		e.sent = nil
	}
	hours := fewer(24, 2)
	for hour := range hours {
		w.run(time.Hour)
		for i, e := range w.ends {
			if e.sent = e.sent[:0]; e.state != StateOpen || len(e.states) != 1 {
				t.Fatalf("hour %d, end %d: %v", hour, i, e.states)
			}
		}
	}
	for i, e := range w.ends {
		s := e.line.Status(w.now)
		if s.Rekeys < hours*20-10 || s.Rekeys > hours*20 || s.Counts.Unopened != 0 || s.Fault != FaultNone {
			t.Errorf("end %d: %+v", i, s)
		}
		if e.persists > 3 {
			t.Errorf("end %d wrote to its disk %d times in a day of quiet", i, e.persists)
		}
	}
}

// Signals and messages arrive once and in order, and survive what the network does
// but not a restart.
func TestFreightsThroughTrouble(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 7)
	w.begin()
	a, b := w.ends[0], w.ends[1]
	w.each(func(l *link) { l.loss, l.jitter = 0.3, 50*time.Millisecond })
	for i := range 100 {
		a.line.SetSignal(wire.Signal{Ready: uint8(i + 1)})
		if err := a.line.SendMessage(StreamEntries, fmt.Appendf(nil, "message %d", i)); err != nil {
			t.Fatal(err)
		}
		w.run(200 * time.Millisecond)
	}
	w.run(10 * time.Second)
	if len(b.messages) != 100 || b.messages[99] != "message 99" {
		t.Errorf("%d messages came, want 100", len(b.messages))
	}
	last := uint8(0)
	for _, s := range b.signals {
		if s.Ready <= last {
			t.Errorf("signal %d after %d", s.Ready, last)
		}
		last = s.Ready
	}
	if last != 100 || len(b.signals) < 95 {
		t.Errorf("%d signals, the last %d; want about 100, the last 100", len(b.signals), last)
	}
}

// After a restart of the far station its whole state is sent again.
func TestSignalAfterRestart(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 7)
	w.begin()
	w.ends[0].line.SetSignal(wire.Signal{Ready: 3})
	w.run(time.Second)
	w.ends[1].start()
	w.ends[1].signals = nil
	w.until(5*time.Second, w.open)
	w.run(time.Second)
	if got := w.ends[1].signals; len(got) != 1 || got[0].Ready != 3 {
		t.Errorf("signals after the restart: %v, want the one of 3 ready", got)
	}
}

// fewer is how many of a test's runs there are: all, or some with -short, as under the race detector.
func fewer(all, short int) int {
	if testing.Short() {
		return short
	}
	return all
}
