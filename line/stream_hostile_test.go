package line

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"ringdown/wire"
)

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
		script = script[:min(len(script), maxScript)]
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
		script = script[:min(len(script), maxScript)]
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

// A far station may acknowledge a part of what came in one piece. What is left is sent
// again, and not a byte before it.
func TestPartOfAPieceIsAcknowledged(t *testing.T) {
	s := newStreams(wire.Standard.Tick)
	if err := s.send(StreamEntries, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, wire.Standard.Body())
	fill := func(now time.Time) (d wire.Data) {
		var b wire.Builder
		b.Reset(body)
		s.fill(now, 0, &b)
		b.Finish()
		if chunks := parse(t, body); chunks.Next() {
			d = chunks.Data()
		}
		return d
	}
	fill(simStart)
	s.ack(simStart, wire.Ack{Stream: StreamEntries, Received: 60})
	if d := fill(simStart.Add(time.Minute)); d.Offset != 60 || len(d.Bytes) != 42 {
		t.Errorf("%d bytes from %d on are sent again, want 42 from 60 on", len(d.Bytes), d.Offset)
	}
}

// Of a piece that was sent twice nobody knows which copy arrived, so it proves
// nothing of what was sent between.
func TestRepeatedPieceProvesNothing(t *testing.T) {
	s := newStreams(wire.Standard.Tick)
	s.pace.rtt = time.Second
	for range 3 {
		if err := s.send(StreamEntries, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		var b wire.Builder
		b.Reset(make([]byte, 110))
		s.fill(simStart, 0, &b)
	}
	s.out[0].segs[0].lost = true
	for range 2 * leastPatience {
		var b wire.Builder
		b.Reset(make([]byte, 110))
		s.fill(simStart, 0, &b)
	}
	s.ack(simStart, wire.Ack{Stream: StreamEntries, Received: 102})
	if s.pace.newest != 0 {
		t.Errorf("frame %d counts as arrived", s.pace.newest)
	}
	s.ack(simStart, wire.Ack{Stream: StreamEntries, Received: 204})
	if s.pace.newest != 2 {
		t.Errorf("frame %d counts as the newest that arrived, want 2", s.pace.newest)
	}
}

// What comes twice says that our acknowledgement was lost: it is sent again.
func TestDuplicatesAreAcknowledgedAgain(t *testing.T) {
	var r receiver
	fill := func() (a wire.Ack, ok bool) {
		body := make([]byte, wire.Standard.Body())
		var b wire.Builder
		b.Reset(body)
		r.fill(StreamEntries, &b)
		b.Finish()
		if chunks := parse(t, body); chunks.Next() {
			return chunks.Ack(), true
		}
		return a, false
	}
	quiet := func() {
		t.Helper()
		for range ackRepeats {
			fill()
		}
		if _, ok := fill(); ok {
			t.Fatal("an acknowledgement without news")
		}
	}
	r.take(0, make([]byte, 10))
	r.take(20, make([]byte, 10))
	quiet()
	r.take(0, make([]byte, 10))
	if a, ok := fill(); !ok || a.Received != 10 || a.Duplicates != 1 {
		t.Errorf("after bytes that came before: %+v, %v", a, ok)
	}
	quiet()
	r.take(22, make([]byte, 3))
	if a, ok := fill(); !ok || a.Count != 1 || a.Ranges[0] != (wire.Range{Gap: 10, Length: 10}) || a.Duplicates != 2 {
		t.Errorf("after bytes beyond a gap that came before: %+v, %v", a, ok)
	}
}
