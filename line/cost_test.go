package line

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"ringdown/wire"
)

// A pair is two open lines driven by hand: what one sends at a tick the other hears
// at once. It allocates nothing of its own.
type pair struct {
	w     *world
	boxes [2]fixedOutbox
}

// A fixedOutbox has room for the datagrams of one tick.
type fixedOutbox struct {
	buffers [wire.MaxPath][wire.MaxSize]byte
	paths   [wire.MaxPath]uint8
	n, size int
}

func (o *fixedOutbox) Next(path uint8, _ netip.AddrPort) []byte {
	o.paths[o.n] = path
	o.n++
	return o.buffers[o.n-1][:o.size]
}

func newPair(t testing.TB, profile wire.Profile, paths int) *pair {
	w := newWorld(t, profile, paths, 1)
	for _, e := range w.ends {
		e.start()
	}
	if _, ok := w.until(5*time.Second, w.open); !ok {
		t.Fatal("the line did not open")
	}
	w.run(10 * time.Second)
	for _, e := range w.ends { // nothing finishes a handshake here: these keys last
		e.line.rekeyAt, e.line.keys.current.since = 1<<62, 1<<62
	}
	p := &pair{w: w}
	for i := range p.boxes {
		p.boxes[i].size = profile.Size
	}
	return p
}

// tick lets one tick pass, for both.
func (p *pair) tick() {
	p.w.now = p.w.now.Add(p.w.ends[0].cfg.Profile.Tick)
	for i, e := range p.w.ends {
		p.boxes[i].n = 0
		e.line.Advance(p.w.now, &p.boxes[i])
	}
	for i, e := range p.w.ends {
		box := &p.boxes[1-i]
		for n := range box.n {
			path := box.paths[n]
			e.line.Receive(p.w.now, path, p.w.ends[1-i].address[path], box.buffers[n][:box.size])
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, profile := range []wire.Profile{wire.Standard, wire.Wide, wire.Thin} {
		p := newPair(t, profile, 2)
		for _, e := range p.w.ends {
			e.deaf = true
		}
		packet := make([]byte, 60)
		speak := func() {
			for _, e := range p.w.ends {
				if err := e.line.SendVoice(0, wire.CodecOpus, packet); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range []struct {
			name string
			do   func()
		}{{"idle", func() {}}, {"speech", speak}} {
			for range 200 {
				c.do()
				p.tick()
			}
			if n := testing.AllocsPerRun(500, func() { c.do(); p.tick() }); n != 0 {
				t.Errorf("%s, %s: %v allocations a tick, want none", profile.Name, c.name, n)
			}
		}
	}
}

// What is refused costs no memory either, and no more time than the keys it is tried under.
func TestRefusalsAllocateNothing(t *testing.T) {
	p := newPair(t, wire.Standard, 2)
	e := p.w.ends[0]
	junk := make([]byte, e.cfg.Profile.Size)
	copy(junk, e.line.Labels()[0].Label[:])
	replay := append([]byte(nil), p.boxes[1].buffers[0][:p.boxes[1].size]...)
	p.tick()
	copy(replay, p.boxes[1].buffers[0][:])
	for name, b := range map[string][]byte{"junk": junk, "replay": replay, "short": junk[:100]} {
		if n := testing.AllocsPerRun(500, func() { e.line.Receive(p.w.now, 1, address(1, 1), b) }); n != 0 {
			t.Errorf("%s: %v allocations a datagram, want none", name, n)
		}
	}
}

// A far station that owns the keys and floods makes nothing grow.
func TestPeersFloodGrowsNothing(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 1)
	w.begin()
	near, far := w.ends[0], w.ends[1]
	flood := func(from, to int) {
		for i := from; i < to; i++ {
			for _, b := range forge(far.line, i) {
				near.receive(address(1, 1+i%2), b)
			}
			if i%100 == 0 {
				w.run(20 * time.Millisecond)
				near.sent, far.sent = nil, nil
			}
		}
		near.signals, near.voices, near.messages, near.changes = nil, nil, nil, nil
	}
	flood(0, 20000)
	before := heapInUse()
	flood(20000, 60000)
	if after := heapInUse(); after > before+100<<10 {
		t.Errorf("%d bytes in use after a flood, %d after a longer one", before, after)
	}
	if n := near.persists; n > 60 {
		t.Errorf("%d writes to disk", n)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// An idle line of two paths holds at most 100 kB.
func TestMemoryOfALine(t *testing.T) {
	p := newPair(t, wire.Standard, 2)
	p.w.ends[0].sent, p.w.ends[1].sent = nil, nil
	with := heapInUse()
	for _, e := range p.w.ends {
		e.line.Close()
		e.line, e.changes, e.states = nil, nil, nil
	}
	size := int(with-heapInUse()) / 2
	t.Logf("%d bytes a line", size)
	if size > 100<<10 {
		t.Errorf("an idle line holds %d bytes, want at most %d", size, 100<<10)
	}
	runtime.KeepAlive(p)
}

// One tick of one idle line of two paths: upkeep, one frame, two datagrams sealed
// and two opened.
func BenchmarkIdleTick(b *testing.B) {
	p := newPair(b, wire.Standard, 2)
	b.ReportAllocs()
	for b.Loop() {
		p.tick()
	}
	perLine := b.Elapsed() / time.Duration(2*b.N)
	b.ReportMetric(float64(perLine.Nanoseconds()), "ns/line-tick")
	b.ReportMetric(float64(p.w.ends[0].cfg.Profile.Tick)/float64(perLine), "lines/core")
}

func BenchmarkSpeechTick(b *testing.B) {
	p := newPair(b, wire.Standard, 2)
	for _, e := range p.w.ends {
		e.deaf = true
	}
	packet := make([]byte, 60)
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range p.w.ends {
			if err := e.line.SendVoice(0, wire.CodecOpus, packet); err != nil {
				b.Fatal(err)
			}
		}
		p.tick()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/line-tick")
}

// A datagram with the right label and nothing else right.
func BenchmarkRefused(b *testing.B) {
	p := newPair(b, wire.Standard, 2)
	e := p.w.ends[0]
	junk := make([]byte, e.cfg.Profile.Size)
	copy(junk, e.line.Labels()[0].Label[:])
	b.ReportAllocs()
	for b.Loop() {
		e.line.Receive(p.w.now, 1, address(1, 1), junk)
	}
}

// A whole handshake, both sides, TLS and keys.
func BenchmarkHandshake(b *testing.B) {
	w := newWorld(b, wire.Standard, 2, 1)
	for _, e := range w.ends {
		e.start()
	}
	for b.Loop() {
		client, server := w.ends[0].line.newExchange(1), w.ends[1].line.newExchange(1)
		shake(client, server)
		if !client.done || !server.done {
			b.Fatal(client.fault, server.fault)
		}
	}
}
