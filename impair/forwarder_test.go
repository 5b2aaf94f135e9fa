package impair

import (
	"bytes"
	"errors"
	"math"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// patience is for what must come: a test that passes never waits so long.
const patience = 20 * time.Second

// A station is one end of a path: a plain socket.
type station struct {
	t testing.TB
	*net.UDPConn
}

func newStation(t testing.TB) station {
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return station{t, c}
}

func (s station) addr() netip.AddrPort { return s.LocalAddr().(*net.UDPAddr).AddrPort() }

func (s station) send(to netip.AddrPort, text string) {
	if _, err := s.WriteToUDPAddrPort([]byte(text), to); err != nil {
		s.t.Error(err)
	}
}

// receive wants the next datagram to be this one.
func (s station) receive(text string, from netip.AddrPort) {
	s.t.Helper()
	b := make([]byte, maxDatagram)
	n, addr, err := s.ReadFromUDPAddrPort(b)
	if err != nil || string(b[:n]) != text || addr != from {
		s.t.Errorf("received %.40q from %v (%v), want %.40q from %v", b[:n], addr, err, text, from)
	}
}

func forwarder(t testing.TB, cfg ForwarderConfig) *Forwarder {
	t.Helper()
	cfg.AddrA, cfg.AddrB = loopback, loopback
	f, err := NewForwarder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func between(t testing.TB, a, b station, s Settings) *Forwarder {
	return forwarder(t, ForwarderConfig{StationA: a.addr(), StationB: b.addr(), Seed: 1, AtoB: s, BtoA: s})
}

// watch returns what enters f from now on. A test that has one of them knows that
// the forwarder has taken in that datagram.
func watch(f *Forwarder) <-chan Sight {
	sights := make(chan Sight, 256)
	f.Watch(func(s Sight) { sights <- s })
	return sights
}

// Each station sees the other at the forwarder's address on its own side.
func TestForwarderStandsForBoth(t *testing.T) {
	a, b := newStation(t), newStation(t)
	f := between(t, a, b, Settings{})
	long := string(bytes.Repeat([]byte("long"), 10000))
	for _, text := range []string{"short", "", long} {
		a.send(f.AddrA(), text)
		b.receive(text, f.AddrB())
		b.send(f.AddrB(), text)
		a.receive(text, f.AddrA())
	}
	for _, d := range []Direction{AtoB, BtoA} {
		if got, want := f.Counts(d), (Counts{Seen: 3, Carried: 3, Size: len(long)}); got != want {
			t.Errorf("%v: %+v, want %+v", d, got, want)
		}
	}
}

func TestForwarderDropsStrangers(t *testing.T) {
	a, b, stranger := newStation(t), newStation(t), newStation(t)
	f := between(t, a, b, Settings{})
	stranger.send(f.AddrA(), "stranger")
	stranger.send(f.AddrB(), "stranger")
	a.send(f.AddrA(), "from a")
	b.receive("from a", f.AddrB())
	b.send(f.AddrB(), "from b")
	a.receive("from b", f.AddrA())
	if got := f.Counts(AtoB); got.Seen != 1 {
		t.Errorf("%+v, want 1 seen", got)
	}
}

// A station without an address is who speaks first on its side; who comes later is a stranger.
func TestForwarderLearnsStations(t *testing.T) {
	a, b, stranger := newStation(t), newStation(t), newStation(t)
	f := forwarder(t, ForwarderConfig{StationB: b.addr()})
	sights := watch(f)
	b.send(f.AddrB(), "nobody is there")
	<-sights
	a.send(f.AddrA(), "first")
	b.receive("first", f.AddrB())
	stranger.send(f.AddrA(), "stranger")
	a.send(f.AddrA(), "second")
	b.receive("second", f.AddrB())
	if got, want := f.Counts(BtoA), (Counts{Seen: 1, Lost: 1, Size: 15}); got != want {
		t.Errorf("before the first: %+v, want %+v", got, want)
	}
}

func TestForwarderChangesAtRunTime(t *testing.T) {
	a, b := newStation(t), newStation(t)
	f := between(t, a, b, Settings{})
	cut, open := true, false
	if err := f.Apply(Patch{Cut: &cut}); err != nil {
		t.Fatal(err)
	}
	sights := watch(f)
	a.send(f.AddrA(), "cut")
	<-sights
	if err := f.Apply(Patch{Cut: &open}); err != nil {
		t.Fatal(err)
	}
	a.send(f.AddrA(), "mended")
	b.receive("mended", f.AddrB())

	if err := f.Set(BtoA, Settings{Delay: 30 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	b.send(f.AddrB(), "late")
	a.receive("late", f.AddrA())
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("arrived after %v, want 30 ms or more", took)
	}
	if got := f.Settings(AtoB); got != (Settings{}) {
		t.Errorf("a change of one direction made the other %+v", got)
	}
}

func TestForwarderRefusesWhatItCannot(t *testing.T) {
	a, b := newStation(t), newStation(t)
	f := between(t, a, b, Settings{Loss: 0.5})
	nan, loss := math.NaN(), 0.25
	if err := f.Apply(Patch{Loss: &loss, DelayMS: &nan}); err == nil {
		t.Error("a delay of NaN was applied")
	}
	if err := f.Set(AtoB, Settings{Loss: nan}); err == nil {
		t.Error("a loss of NaN was set")
	}
	if got := f.Settings(AtoB); got != (Settings{Loss: 0.5}) {
		t.Errorf("what was refused changed the settings to %+v", got)
	}
	for _, cfg := range []ForwarderConfig{
		{AddrA: loopback, AddrB: loopback, BtoA: Settings{Jitter: -1}},
		{AddrA: loopback},
		{AddrA: loopback, AddrB: netip.MustParseAddrPort("0.0.0.0:0")},
		{AddrA: loopback, AddrB: f.AddrA()},
	} {
		if f, err := NewForwarder(cfg); err == nil {
			f.Close()
			t.Errorf("started with %+v", cfg)
		}
	}
}

// The same seed is the same fate, here and in memory.
func TestForwarderFollowsItsSeed(t *testing.T) {
	a, b := newStation(t), newStation(t)
	f := forwarder(t, ForwarderConfig{StationA: a.addr(), StationB: b.addr(), Seed: 5, AtoB: Settings{Loss: 0.4}})
	const n = 300
	var got []byte
	buf := make([]byte, 10)
	for i := range n {
		a.send(f.AddrA(), string([]byte{byte(i), byte(i >> 8)}))
		lost := fateOf(2*5, uint64(i)).loss < 0.4
		if lost {
			continue
		}
		if _, _, err := b.ReadFromUDPAddrPort(buf); err != nil {
			t.Fatal(err)
		}
		if want := []byte{byte(i), byte(i >> 8)}; !bytes.Equal(buf[:2], want) {
			t.Fatalf("received %v, want %v", buf[:2], want)
		}
		got = append(got, buf[0])
	}
	near(t, "lost", n-len(got), n, 0.4)
}

// Four links of two paths, and no two with the same fate.
func TestForwarderSeedsDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for _, seed := range []uint64{1, 2} {
		for _, l := range forwarder(t, ForwarderConfig{Seed: seed}).links {
			seen[l.seed] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d different seeds on four links", len(seen))
	}
}

// Twenty datagrams spread over 100 ms. How late they are depends on what else the
// machine does, and is a benchmark; that none is early does not.
func TestForwarderKeepsTime(t *testing.T) {
	a, b := newStation(t), newStation(t)
	f := between(t, a, b, Settings{Delay: 50 * time.Millisecond, Reorder: 1})
	late := lateness(t, f, a, b, 20)
	if late[0] < 0 {
		t.Errorf("one arrived %v early", -late[0])
	}
	if late[0] > 50*time.Millisecond {
		t.Errorf("all arrived %v late or more", late[0])
	}
}

// lateness sends n datagrams from a to b at once and returns how late each arrived, sorted.
func lateness(tb testing.TB, f *Forwarder, a, b station, n int) []time.Duration {
	sights := watch(f)
	first := f.Counts(AtoB).Seen
	for i := range n {
		a.send(f.AddrA(), string([]byte{byte(i)}))
	}
	arrived := make([]time.Time, n)
	buf := make([]byte, 10)
	for range n {
		if _, _, err := b.ReadFromUDPAddrPort(buf); err != nil {
			tb.Fatal(err)
		}
		arrived[buf[0]] = time.Now()
	}
	var late []time.Duration
	for range n {
		s := <-sights
		late = append(late, arrived[s.Number-first].Sub(s.Arrives))
	}
	slices.Sort(late)
	return late
}

// A watcher that stands still stops nothing, and misses some.
func TestWatchNeverBlocks(t *testing.T) {
	a, b := newStation(t), newStation(t)
	f := between(t, a, b, Settings{})
	const n = 1000
	release := make(chan struct{})
	var mu sync.Mutex
	var seen []Sight
	f.Watch(func(s Sight) {
		<-release
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, s)
	})
	for range n {
		a.send(f.AddrA(), "x")
		b.receive("x", f.AddrB())
	}
	close(release)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if len(seen) == 0 || len(seen) > n/2 {
		t.Fatalf("%d of %d seen", len(seen), n)
	}
	for i, s := range seen {
		if s.Direction != AtoB || s.Number != uint64(i) || s.Arrives.Before(s.At) {
			t.Fatalf("sight %d is %+v", i, s)
		}
	}
}

func TestWatchShowsLosses(t *testing.T) {
	a, b := newStation(t), newStation(t)
	f := between(t, a, b, Settings{Cut: true})
	sights := watch(f)
	b.send(f.AddrB(), "lost")
	if s := <-sights; s.Direction != BtoA || !s.Arrives.IsZero() || s.At.IsZero() {
		t.Errorf("%+v, want one that never arrives", s)
	}
	f.Watch(nil)
	b.send(f.AddrB(), "unseen")
}

func TestForwarderClose(t *testing.T) {
	a, b := newStation(t), newStation(t)
	f := between(t, a, b, Settings{Delay: MaxDelay})
	sights := watch(f)
	a.send(f.AddrA(), "in flight")
	<-sights
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the second Close says %v, want %v", err, net.ErrClosed)
	}
	f.Watch(func(Sight) {})
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(f.AddrA()))
	if err != nil {
		t.Fatalf("its address is not free again: %v", err)
	}
	c.Close()
}

func BenchmarkForwarder(b *testing.B) {
	near, far := newStation(b), newStation(b)
	f := between(b, near, far, Settings{})
	out, in := make([]byte, 320), make([]byte, 700)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := near.WriteToUDPAddrPort(out, f.AddrA()); err != nil {
			b.Fatal(err)
		}
		if _, _, err := far.ReadFromUDPAddrPort(in); err != nil {
			b.Fatal(err)
		}
	}
}

// How late datagrams arrive that come at 100 a second and have a delay to wait for.
func BenchmarkForwarderLateness(b *testing.B) {
	near, far := newStation(b), newStation(b)
	f := between(b, near, far, Settings{Delay: 50 * time.Millisecond, Reorder: 1})
	var late []time.Duration
	for b.Loop() {
		late = append(late, lateness(b, f, near, far, 10)...)
	}
	slices.Sort(late)
	for _, q := range []struct {
		name string
		at   int
	}{{"µs-median", len(late) / 2}, {"µs-p99", len(late) * 99 / 100}} {
		b.ReportMetric(float64(late[q.at].Nanoseconds())/1e3, q.name)
	}
	b.ReportMetric(0, "ns/op")
}

// What the model itself costs: in memory, without delay.
func BenchmarkNetwork(b *testing.B) {
	n := NewNetwork(1)
	defer n.Close()
	near, _ := n.Listen(northAddr)
	far, _ := n.Listen(southAddr)
	out, to := [][]byte{make([]byte, 320)}, []netip.AddrPort{southAddr}
	in, sizes, from := [][]byte{make([]byte, 700)}, make([]int, 1), make([]netip.AddrPort, 1)
	b.ReportAllocs()
	for b.Loop() {
		near.WriteBatch(out, to)
		if _, err := far.ReadBatch(in, sizes, from); err != nil {
			b.Fatal(err)
		}
	}
}
