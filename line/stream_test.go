package line

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"ringdown/wire"
)

// A streamSim is two ends of the streams in virtual time: what the one sends, the
// other is to get. Frames carry nothing else.
type streamSim struct {
	there, back simPath
	room        int // of each frame; 0: a standard body
	seed        uint64

	a, b   *streams
	l      *listener // hears what b gets
	flying []simFlight
	frame  int
	random [2]*rand.Rand

	frames     int // from a with data in them
	sent, took int // bytes of data that a sent; of room it was given while it had data
}

// A simFlight is a body on its way.
type simFlight struct {
	at   time.Duration
	to   *streams
	body []byte
}

func (s *streamSim) init() {
	if s.a != nil {
		return
	}
	if s.room == 0 {
		s.room = wire.Standard.Body()
	}
	s.a, s.b, s.l = newStreams(wire.Standard.Tick), newStreams(wire.Standard.Tick), &listener{}
	s.random = [2]*rand.Rand{rand.New(rand.NewPCG(s.seed, 1)), rand.New(rand.NewPCG(s.seed, 2))}
}

// tick moves on by a tick: what is due comes in, then both ends send a frame.
func (s *streamSim) tick(t *testing.T) {
	t.Helper()
	s.init()
	now := time.Duration(s.frame) * wire.Standard.Tick
	s.frame++
	s.deliver(t, now)
	s.send(t, now, s.a, s.b, &s.there, s.random[0])
	s.send(t, now, s.b, s.a, &s.back, s.random[1])
}

func (s *streamSim) deliver(t *testing.T, now time.Duration) {
	t.Helper()
	kept := s.flying[:0]
	for _, f := range s.flying {
		if f.at > now {
			kept = append(kept, f)
			continue
		}
		for chunks := parse(t, f.body); chunks.Next(); {
			ok := false
			switch chunks.Kind() {
			case wire.KindAck:
				ok = f.to.ack(simStart.Add(now), chunks.Ack())
			case wire.KindData:
				ok = f.to.data(simStart.Add(now), chunks.Data(), s.l)
			}
			if !ok {
				t.Fatalf("an honest %v is refused", chunks.Kind())
			}
		}
	}
	s.flying = kept
}

func (s *streamSim) send(t *testing.T, now time.Duration, from, to *streams, p *simPath, r *rand.Rand) {
	t.Helper()
	body := make([]byte, s.room)
	var b wire.Builder
	b.Reset(body)
	from.fill(simStart.Add(now), 0, &b)
	b.Finish()
	if from == s.a {
		s.count(parse(t, body), b.Used())
	}
	if at, ok := p.arrival(now, r); ok && b.Used() > 0 {
		s.flying = append(s.flying, simFlight{at, to, body})
	}
}

func (s *streamSim) count(chunks wire.Chunks, used int) {
	data := 0
	for chunks.Next() {
		if chunks.Kind() == wire.KindData {
			data += len(chunks.Data().Bytes)
		}
	}
	if data > 0 {
		s.frames++
		s.sent += data
		s.took += s.room
	}
}

// until runs until b has n messages on stream st, for at most limit.
func (s *streamSim) until(t *testing.T, st Stream, n int, limit time.Duration) time.Duration {
	t.Helper()
	s.init()
	begin := s.frame
	for len(s.l.messages[st]) < n {
		s.tick(t)
		if d := time.Duration(s.frame-begin) * wire.Standard.Tick; d > limit {
			t.Fatalf("%d of %d messages in %v", len(s.l.messages[st]), n, d)
		}
	}
	return time.Duration(s.frame-begin) * wire.Standard.Tick
}

// message is the n-th message of a test, of a size that depends on n.
func message(n, most int) []byte {
	size := 8 + (n*7919)%most
	return bytes.Repeat(binary.BigEndian.AppendUint64(nil, uint64(n)), size/8+1)[:size]
}

func checkMessages(t *testing.T, got []string, n, most int) {
	t.Helper()
	if len(got) != n {
		t.Fatalf("%d messages, want %d", len(got), n)
	}
	for i, m := range got {
		if m != string(message(i, most)) {
			t.Fatalf("message %d came as %d bytes of another", i, len(m))
		}
	}
}

func TestStreamOverLoss(t *testing.T) {
	ms := time.Millisecond
	for _, test := range []struct {
		loss   float64
		delay  time.Duration
		jitter time.Duration
		room   int
		useful float64 // least part of the room of frames with data that is message, for what arrives
	}{
		{0, 50 * ms, 0, 0, 0.95},
		{0, 700 * ms, 0, 0, 0.93},
		{0, 20 * ms, 200 * ms, 0, 0.85},
		{0, 20 * ms, 0, streamShare, 0.88},
		{0.1, 50 * ms, 0, 0, 0.90},
		{0.3, 50 * ms, 30 * ms, 0, 0.85},
		{0.5, 5 * ms, 0, 0, 0.85},
		{0.5, 50 * ms, 0, 0, 0.85},
		{0.5, 50 * ms, 100 * ms, 0, 0.75},
		{0.5, 300 * ms, 0, 0, 0.80},
		{0.5, 50 * ms, 0, streamShare, 0.75},
	} {
		name := fmt.Sprintf("loss %v, delay %v, jitter %v, room %d", test.loss, test.delay, test.jitter, test.room)
		t.Run(name, func(t *testing.T) {
			p := simPath{delay: test.delay, jitter: test.jitter, loss: test.loss}
			s := streamSim{there: p, back: p, room: test.room, seed: 1}
			s.init()
			const most = 5000
			total, n := 0, 0
			for s.frame < 6000 {
				for s.a.send(StreamEntries, message(n, most)) == nil {
					n++
				}
				s.tick(t)
			}
			for _, m := range s.l.messages[StreamEntries] {
				total += len(m)
			}
			steady := s.frame
			s.until(t, StreamEntries, n, 30*time.Minute)
			checkMessages(t, s.l.messages[StreamEntries], n, most)
			useful := float64(total) / (float64(steady) * float64(s.room) * (1 - test.loss))
			t.Logf("%.1f %% of the room that arrived, rtt %v ± %v, patience %d", 100*useful, s.a.out[0].rtt, s.a.out[0].spread, s.a.out[0].patience)
			if useful < test.useful {
				t.Errorf("%.1f %% of the room that arrived was useful, want %.0f %%", 100*useful, 100*test.useful)
			}
		})
	}
}
