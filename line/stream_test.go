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
			t.Logf("%.1f %% of the room that arrived, rtt %v ± %v, patience %d", 100*useful, s.a.pace.rtt, s.a.pace.spread, s.a.pace.patience)
			if useful < test.useful {
				t.Errorf("%.1f %% of the room that arrived was useful, want %.0f %%", 100*useful, 100*test.useful)
			}
		})
	}
}

func TestBothStreamsAndTheirOrder(t *testing.T) {
	ms := time.Millisecond
	p := simPath{delay: 40 * ms, jitter: 20 * ms, loss: 0.2}
	s := streamSim{there: p, back: p, seed: 3}
	s.init()
	for n := range 60 {
		if err := s.a.send(StreamBulk, message(n, 3000)); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		s.tick(t)
	}
	for n := range 20 {
		if err := s.a.send(StreamEntries, message(n, 400)); err != nil {
			t.Fatal(err)
		}
	}
	s.until(t, StreamEntries, 20, 1500*time.Millisecond) // 4 kB do not wait for 90 kB
	s.until(t, StreamBulk, 60, time.Minute)
	checkMessages(t, s.l.messages[StreamEntries], 20, 400)
	checkMessages(t, s.l.messages[StreamBulk], 60, 3000)
}

func TestStreamSurvivesAnOutage(t *testing.T) {
	ms := time.Millisecond
	there := simPath{delay: 40 * ms, loss: 0.1, cutAt: 2 * time.Second, backAt: 62 * time.Second}
	s := streamSim{there: there, back: there, seed: 3}
	s.init()
	for n := range 20 {
		if err := s.a.send(StreamEntries, message(n, 5000)); err != nil {
			t.Fatal(err)
		}
	}
	for s.frame < 62*50 {
		s.tick(t)
	}
	if len(s.l.messages[StreamEntries]) == 20 {
		t.Fatal("all came before the cut: the test is too short")
	}
	s.until(t, StreamEntries, 20, 15*time.Second)
	checkMessages(t, s.l.messages[StreamEntries], 20, 5000)
}

// The streams must cope with a round trip that changes, and learn from it: a
// thousandfold resent piece would be a storm.
func TestStreamWhenTheRoundTripGrows(t *testing.T) {
	ms := time.Millisecond
	s := streamSim{there: simPath{delay: 20 * ms}, back: simPath{delay: 20 * ms}, seed: 5}
	s.init()
	n := 0
	run := func(seconds int) (useful, sent int) {
		before, sentBefore := len(s.l.messages[StreamEntries]), s.sent
		for range seconds * 50 {
			for s.a.send(StreamEntries, message(n, 2000)) == nil {
				n++
			}
			s.tick(t)
		}
		for _, m := range s.l.messages[StreamEntries][before:] {
			useful += len(m) + messageHead
		}
		return useful, s.sent - sentBefore
	}
	run(10)
	s.there.delay, s.back.delay = 600*ms, 600*ms
	run(10)
	useful, sent := run(20)
	if float64(useful) < 0.95*float64(sent) {
		t.Errorf("%d bytes were sent for %d useful ones, long after the round trip grew", sent, useful)
	}
}

// A frame that only the slower of two paths brings comes out of order.
func TestStreamOverPathsOfDifferentDelay(t *testing.T) {
	ms := time.Millisecond
	s := streamSim{seed: 7, there: simPath{delay: 20 * ms, jitter: 1}, back: simPath{delay: 20 * ms}}
	s.init()
	slow := rand.New(rand.NewPCG(9, 9))
	n := 0
	for range 6000 {
		for s.a.send(StreamEntries, message(n, 2000)) == nil {
			n++
		}
		s.there.delay = 20 * ms
		if slow.Float64() < 0.3 {
			s.there.delay = 160 * ms
		}
		s.tick(t)
	}
	useful := 0
	for _, m := range s.l.messages[StreamEntries] {
		useful += len(m) + messageHead
	}
	if float64(useful) < 0.9*float64(s.sent) {
		t.Errorf("%d bytes were sent for %d useful ones: %d duplicates", s.sent, useful, s.b.in[0].duplicates)
	}
}

func TestIdleStreamsTakeNoRoom(t *testing.T) {
	s := streamSim{there: simPath{delay: time.Millisecond}, back: simPath{delay: time.Millisecond}}
	s.init()
	quiet := func(when string) {
		t.Helper()
		for _, end := range []*streams{s.a, s.b} {
			body := make([]byte, 254)
			for range 2 {
				var b wire.Builder
				b.Reset(body)
				if n := end.share(simStart.Add(time.Hour)); n != 0 {
					t.Errorf("%s: %d bytes are the streams' share", when, n)
				}
				if end.fill(simStart.Add(time.Hour), 0, &b); b.Used() != 0 {
					t.Errorf("%s: %d bytes are taken", when, b.Used())
				}
			}
		}
	}
	quiet("at the start")
	if err := s.a.send(StreamEntries, make([]byte, 20<<10)); err != nil {
		t.Fatal(err)
	}
	for range 4 { // every second frame has a share
		one, two := s.a.share(simStart), 0
		s.tick(t)
		if two = s.a.share(simStart); one+two != streamShare {
			t.Errorf("%d and %d bytes of two frames are the streams' share, want %d of one", one, two, streamShare)
		}
	}
	s.until(t, StreamEntries, 1, 5*time.Second)
	for range 2 * ackRepeats {
		s.tick(t)
	}
	quiet("when all is acknowledged")
	for i := range s.a.out {
		if c := cap(s.a.out[i].buf); c > keptBuffer {
			t.Errorf("an idle stream keeps %d bytes", c)
		}
	}
}

func TestStreamLimits(t *testing.T) {
	s := newStreams(wire.Standard.Tick)
	for _, test := range []struct {
		st Stream
		n  int
		ok bool
	}{
		{StreamEntries, 0, false}, {StreamEntries, MaxMessage + 1, false}, {0, 1, false}, {3, 1, false},
		{StreamEntries, 1, true}, {StreamBulk, MaxMessage, true}, {StreamBulk, MaxMessage, true}, {StreamBulk, MaxMessage, true},
	} {
		if err := s.send(test.st, make([]byte, test.n)); (err == nil) != test.ok {
			t.Errorf("%d bytes on stream %d: %v", test.n, test.st, err)
		}
	}
	if err := s.send(StreamBulk, make([]byte, MaxMessage)); err != ErrFull {
		t.Errorf("when 192 kB wait, 64 kB more: %v, want ErrFull", err)
	}
	if err := s.send(StreamEntries, make([]byte, MaxMessage)); err != nil {
		t.Errorf("a full bulk stream fills the entries: %v", err)
	}
}

func TestLargestMessagesCross(t *testing.T) {
	s := streamSim{there: simPath{delay: time.Millisecond, loss: 0.2}, back: simPath{delay: time.Millisecond, loss: 0.2}}
	s.init()
	for _, n := range []int{MaxMessage, 1, MaxMessage, MaxMessage - 1} {
		if err := s.a.send(StreamBulk, bytes.Repeat([]byte{byte(n)}, n)); err != nil {
			t.Fatal(err)
		}
	}
	s.until(t, StreamBulk, 4, time.Minute)
	for i, n := range []int{MaxMessage, 1, MaxMessage, MaxMessage - 1} {
		if s.l.messages[StreamBulk][i] != string(bytes.Repeat([]byte{byte(n)}, n)) {
			t.Errorf("message %d came as another", i)
		}
	}
	if c := cap(s.b.in[1].buf); c > keptBuffer {
		t.Errorf("when all is delivered, %d bytes are kept", c)
	}
}

func TestSenderKeepsToTheWindow(t *testing.T) {
	s := newStreams(wire.Standard.Tick)
	for s.send(StreamBulk, make([]byte, 5000)) == nil {
	}
	body := make([]byte, wire.Wide.Body())
	for i := range 1000 {
		var b wire.Builder
		b.Reset(body)
		s.fill(simStart.Add(time.Duration(i)*time.Millisecond/2), 0, &b)
	}
	if got := s.out[1].next; got != streamWindow {
		t.Errorf("without an acknowledgement %d bytes are sent, want the window of %d", got, streamWindow)
	}
}

func TestStreamResets(t *testing.T) {
	s := streamSim{there: simPath{delay: time.Millisecond}, back: simPath{delay: time.Millisecond}}
	s.init()
	for n := range 10 {
		if err := s.a.send(StreamEntries, message(n, 500)); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		s.tick(t)
	}
	s.a.reset()
	s.b.reset()
	s.flying, s.l.messages = nil, [3][]string{}
	for n := range 3 {
		if err := s.a.send(StreamEntries, message(n, 500)); err != nil {
			t.Fatal(err)
		}
	}
	s.until(t, StreamEntries, 3, 5*time.Second)
	checkMessages(t, s.l.messages[StreamEntries], 3, 500)
}

// Positions have 24 bits on the wire and go on for ever.
func TestStreamPositionsWrap(t *testing.T) {
	p := simPath{delay: 40 * time.Millisecond, loss: 0.3}
	s := streamSim{there: p, back: p, seed: 11}
	s.init()
	const before = 3<<24 - 20000
	out, in := &s.a.out[0], &s.b.in[0]
	out.base, out.next, in.start, in.received = before, before, before, before
	for n := range 40 {
		if err := s.a.send(StreamEntries, message(n, 2000)); err != nil {
			t.Fatal(err)
		}
	}
	s.until(t, StreamEntries, 40, time.Minute)
	checkMessages(t, s.l.messages[StreamEntries], 40, 2000)
	if in.received <= 3<<24 {
		t.Errorf("position %d is before the wrap: the test is too short", in.received)
	}
}
