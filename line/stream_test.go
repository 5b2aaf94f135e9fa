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
	if err := s.a.send(StreamEntries, []byte("entry")); err != nil {
		t.Fatal(err)
	}
	s.until(t, StreamEntries, 1, time.Second)
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

func TestHostileStreamsAreRefused(t *testing.T) {
	now := simStart
	piece := func(offset uint32, n int) wire.Data {
		return wire.Data{Stream: StreamEntries, Offset: offset & positionMask, Bytes: make([]byte, n)}
	}
	s, h := newStreams(wire.Standard.Tick), &silentHandler{}
	for _, test := range []struct {
		name string
		d    wire.Data
		ok   bool
	}{
		{"before the stream began", piece(1<<24-10, 5), false},
		{"a byte beyond the window", piece(streamWindow, 1), false},
		{"up to the window", piece(streamWindow-10, 10), true},
		{"far beyond the window", piece(1<<23-1, 1), false},
	} {
		if got := s.data(now, test.d, h); got != test.ok {
			t.Errorf("data %s: accepted is %v, want %v", test.name, got, test.ok)
		}
	}
	if err := s.send(StreamEntries, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	var b wire.Builder
	b.Reset(make([]byte, 60))
	s.fill(now, 0, &b)
	sent := uint32(s.out[0].next)
	for _, test := range []struct {
		name string
		a    wire.Ack
		ok   bool
	}{
		{"more than was sent", wire.Ack{Received: sent + 1}, false},
		{"less than nothing", wire.Ack{Received: positionMask}, false},
		{"a range beyond what was sent", wire.Ack{Received: 1, Count: 1, Ranges: [wire.MaxRanges]wire.Range{{Gap: 1, Length: sent}}}, false},
		{"a part of a piece", wire.Ack{Received: 1, Count: 1, Ranges: [wire.MaxRanges]wire.Range{{Gap: 3, Length: 2}}}, true},
		{"all", wire.Ack{Received: sent}, true},
		{"less than before", wire.Ack{Received: 1}, true},
	} {
		test.a.Stream = StreamEntries
		if got := s.ack(now, test.a); got != test.ok {
			t.Errorf("acknowledging %s: accepted is %v, want %v", test.name, got, test.ok)
		}
	}
}

// A sender that leaves a gap behind every byte costs a bounded memory.
func TestHostilePiecesAreBounded(t *testing.T) {
	s, h := newStreams(wire.Standard.Tick), &silentHandler{}
	for i := range uint32(streamWindow / 2) {
		s.data(simStart, wire.Data{Stream: StreamBulk, Offset: 2*i + 1, Bytes: []byte{1}}, h)
	}
	in := &s.in[index(StreamBulk)]
	if n := len(in.spans); n > maxSpans {
		t.Errorf("%d spans are kept, want at most %d", n, maxSpans)
	}
	if n := cap(in.buf); n > 2*(streamWindow+MaxMessage) {
		t.Errorf("%d bytes are kept", n)
	}
}

func TestStreamsAllocateNothing(t *testing.T) {
	a, b, h := newStreams(wire.Standard.Tick), newStreams(wire.Standard.Tick), &silentHandler{}
	msg, body := make([]byte, 200), make([]byte, wire.Standard.Body())
	r := rand.New(rand.NewPCG(1, 1))
	i := 0
	pass := func(from, to *streams, now time.Time) {
		var fill wire.Builder
		fill.Reset(body)
		from.share(now)
		from.fill(now, 50*time.Millisecond, &fill)
		fill.Finish()
		if r.Float64() < 0.2 {
			return
		}
		for chunks := parse(t, body); chunks.Next(); {
			if chunks.Kind() == wire.KindAck {
				to.ack(now, chunks.Ack())
			} else {
				to.data(now, chunks.Data(), h)
			}
		}
	}
	step := func() {
		now := simStart.Add(time.Duration(i) * tick20)
		if i++; i%2 == 0 {
			if err := a.send(StreamEntries, msg); err != nil {
				t.Fatal(err)
			}
		}
		pass(a, b, now)
		pass(b, a, now)
	}
	for range 2000 {
		step()
	}
	if n := testing.AllocsPerRun(2000, step); n != 0 {
		t.Errorf("%v allocations a frame, want none", n)
	}
	if h.messages < 1900 {
		t.Errorf("%d messages came", h.messages)
	}
}

// Whatever pieces of a stream come, in whatever order and size, what is delivered is
// its beginning, and acknowledgements claim nothing that did not come.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte{0, 0, 10, 0, 20, 5, 0, 10, 10, 0, 0, 255})
	f.Add(bytes.Repeat([]byte{0, 1, 200, 1, 0, 77}, 20))
	var whole []byte
	for n := range 40 {
		m := message(n, 300)
		whole = append(whole, byte((len(m)-1)>>8), byte(len(m)-1))
		whole = append(whole, m...)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		var r receiver
		came := make([]bool, len(whole))
		delivered := 0
		for ; len(script) >= 3; script = script[3:] {
			from := (int(script[0])<<8 | int(script[1])) % len(whole)
			to := min(from+int(script[2])+1, len(whole))
			if !r.take(uint32(from), whole[from:to]) {
				t.Fatal("a piece within the window is refused")
			}
			for i := from; i < to && (len(r.spans) < maxSpans); i++ {
				came[i] = true
			}
			r.deliver(func(msg []byte) {
				if string(msg) != string(message(delivered, 300)) {
					t.Fatalf("message %d is another", delivered)
				}
				delivered++
			})
			checkClaims(t, &r, came)
		}
	})
}

// checkClaims checks that an acknowledgement of r covers only what came.
func checkClaims(t *testing.T, r *receiver, came []bool) {
	t.Helper()
	body := make([]byte, 254)
	var b wire.Builder
	b.Reset(body)
	r.fill(StreamEntries, &b)
	b.Finish()
	chunks := parse(t, body)
	if !chunks.Next() {
		return
	}
	a := chunks.Ack()
	claim := func(from, to int) {
		for i := from; i < to; i++ {
			if !came[i] {
				t.Fatalf("byte %d is acknowledged and never came", i)
			}
		}
	}
	at := int(a.Received)
	claim(0, at)
	for _, g := range a.Ranges[:a.Count] {
		claim(at+int(g.Gap), at+int(g.Gap)+int(g.Length))
		at += int(g.Gap) + int(g.Length)
	}
}

// Whatever acknowledgements come, a sender stays within its window and its buffer,
// and sends only bytes of its own stream.
func FuzzSender(f *testing.F) {
	f.Add([]byte{40, 0, 0, 1, 0, 60, 0, 2, 2, 5, 40, 0, 0, 0, 0})
	f.Add(bytes.Repeat([]byte{200, 0, 9, 1, 7}, 30))
	f.Fuzz(func(t *testing.T, script []byte) {
		s := newStreams(wire.Standard.Tick)
		now := simStart
		queued := int64(0)
		for ; len(script) >= 5; script = script[5:] {
			now = now.Add(time.Duration(script[3]) * 10 * time.Millisecond)
			msg := bytes.Repeat([]byte{7}, 256) // every byte of the stream is 7, or 0 and 255 of a length
			if s.send(StreamBulk, msg) == nil {
				queued += int64(messageHead + len(msg))
			}
			body := make([]byte, script[0])
			var b wire.Builder
			b.Reset(body)
			s.fill(now, 0, &b)
			b.Finish()
			for chunks := parse(t, body); chunks.Next(); {
				checkPiece(t, &s.out[1], chunks.Data())
			}
			s.ack(now, wire.Ack{
				Stream: StreamBulk, Duplicates: script[4], Received: uint32(script[1])<<8 | uint32(script[2]),
				Count: 1, Ranges: [wire.MaxRanges]wire.Range{{Gap: 1 + uint32(script[3]), Length: 1 + uint32(script[4])}},
			})
			if out := &s.out[1]; out.next > out.base+streamWindow || out.end() != queued || out.base > out.next {
				t.Fatalf("base %d, next %d, end %d of %d", out.base, out.next, out.end(), queued)
			}
		}
	})
}

func checkPiece(t *testing.T, s *sender, d wire.Data) {
	t.Helper()
	for i, c := range d.Bytes {
		want := [...]byte{0: 0, 1: 255, 2: 7}[min((int(d.Offset)+i)%258, 2)]
		if c != want {
			t.Fatalf("position %d is sent as %d, want %d", int(d.Offset)+i, c, want)
		}
	}
}

func BenchmarkStream(b *testing.B) {
	from, to, h := newStreams(wire.Standard.Tick), newStreams(wire.Standard.Tick), &silentHandler{}
	msg, body := make([]byte, 200), make([]byte, wire.Standard.Body())
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		now := simStart.Add(time.Duration(i) * tick20)
		i++
		if err := from.send(StreamEntries, msg); err != nil {
			b.Fatal(err)
		}
		for _, way := range [][2]*streams{{from, to}, {to, from}} {
			var fill wire.Builder
			fill.Reset(body)
			way[0].share(now)
			way[0].fill(now, 0, &fill)
			fill.Finish()
			for chunks := parse(b, body); chunks.Next(); {
				if chunks.Kind() == wire.KindAck {
					way[1].ack(now, chunks.Ack())
				} else {
					way[1].data(now, chunks.Data(), h)
				}
			}
		}
	}
}
