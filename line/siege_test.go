package line

import (
	"math"
	"testing"
	"time"

	"ringdown/wire"
)

// A far station that is dead is not made to live by its last datagram, played
// again and again: the cadence ends 30 s after the last fresh one.
func TestReplayKeepsNoConsent(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 3)
	var last [wire.MaxPath + 1]packet
	w.tap = func(p packet) {
		if p.end == 1 {
			last[p.path] = p
		}
	}
	w.begin()
	w.run(time.Second)
	e := w.ends[0]
	w.ends[1].stop()
	w.run(100 * time.Millisecond)
	for i := range 600 {
		w.after(time.Duration(i)*100*time.Millisecond, func() {
			for _, p := range last[1:3] {
				e.receive(p.from, p.bytes)
			}
		})
	}
	w.run(consent + 2*time.Second)
	for path, s := range e.paths {
		if s != PathKnocking {
			t.Errorf("path %d is %v 32 s after the last fresh datagram, want knocking", path, s)
		}
	}
	if e.line.Status(w.now).Counts.Replayed == 0 {
		t.Error("nothing was replayed")
	}
}

// Without the first party's final signature the line carries nothing but handshakes: no
// ring, no voice, no message. They come once it is signed.
func TestHalfSignedCarriesNothing(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 3)
	final := w.ends[0].cfg.Final
	w.ends[0].cfg.Final = nil
	for _, e := range w.ends {
		e.start()
	}
	half := func() bool { return w.ends[0].state == StateHalfSigned && w.ends[1].state == StateHalfSigned }
	if _, ok := w.until(5*time.Second, half); !ok {
		t.Fatalf("%v and %v, want half-signed", w.ends[0].state, w.ends[1].state)
	}
	say := func() {
		for _, e := range w.ends {
			e.line.SetSignal(wire.Signal{Call: wire.CallID{1}, Step: wire.StepCalling, At: [3]int64{1}})
			if err := e.line.SendMessage(StreamEntries, []byte("early")); err != nil {
				t.Fatal(err)
			}
		}
	}
	say()
	for _, e := range w.ends {
		e.speak(time.Second)
	}
	w.run(2 * time.Second)
	for i, e := range w.ends {
		if len(e.signals)+len(e.messages)+len(e.voices) != 0 {
			t.Errorf("end %d heard %d signals, %d messages, %d packets of voice over a half-signed line",
				i, len(e.signals), len(e.messages), len(e.voices))
		}
	}
	w.ends[0].cfg.Final = final
	w.ends[0].start()
	say()
	if _, ok := w.until(10*time.Second, w.open); !ok {
		t.Fatal("the line did not open once it was signed")
	}
	w.run(time.Second)
	if e := w.ends[1]; len(e.signals) == 0 || len(e.messages) == 0 {
		t.Errorf("once it is signed: %d signals, %d messages", len(e.signals), len(e.messages))
	}
}

// A far station may fill its frames with as many packets as they hold, and send frames as
// often as the station lets it: a talker is heard as often as a talker speaks.
func TestVoiceFloodIsBounded(t *testing.T) {
	for _, hitless := range []bool{false, true} {
		v := newVoice(wire.Wide, hitless)
		e := new(silentHandler)
		start := time.Date(2026, 6, 29, 3, 0, 0, 0, time.UTC)
		const seconds = 20
		next := uint16(0)
		for i := range seconds * 200 {
			now := start.Add(time.Duration(i) * 5 * time.Millisecond)
			v.heard(now, 1, uint64(i))
			for range 3 {
				v.receive(now, uint64(i), wire.Voice{Packets: make([]byte, 15), VoiceHeader: wire.VoiceHeader{
					Codec: wire.CodecOpus, First: next, Size: 1, Count: 15}})
				next += 15
			}
			v.play(now, e)
		}
		if n, most := e.voice, 75*seconds+100; n < 50*seconds || n > most {
			t.Errorf("hitless %v: %d packets of one talker in %d s, want %d to %d", hitless, n, seconds, 50*seconds, most)
		}
	}
}

// A far station may make up any number for its frames: no time overflows.
func TestFrameNumbersDoNotOverflow(t *testing.T) {
	for _, profile := range []wire.Profile{wire.Standard, wire.Wide, wire.Thin} {
		w := newWorld(t, profile, 1, 3)
		w.begin()
		l := w.ends[0].line
		now, p := w.now.Sub(l.start), l.paths[0]
		most := uint64(math.MaxInt64) / uint64(profile.Tick)
		for i, frame := range []uint64{most - 5, most + 5, 1<<48 - 1, 1 << 36, 1<<36 - 1, 0} {
			for n := range 100 {
				l.hear(&arrival{at: w.now, now: now, path: p, from: p.remote,
					header: wire.PathHeader{Path: 1, Counter: p.newest + uint64(100*i+n), Hold: wire.NoEcho, Word: wire.ClockWord(0)},
					frame:  wire.FrameHeader{Number: frame}})
			}
			if q := p.in.quality(now); q.Spread < 0 || q.Loss < 0 || q.Loss > 1000 {
				t.Errorf("%s, frame %d: quality %+v", profile.Name, frame, q)
			}
		}
	}
}
