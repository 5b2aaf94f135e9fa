package impair

import (
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"testing"
	"time"
)

var epoch = time.Date(2026, 6, 29, 12, 0, 0, 0, time.UTC)

// An arrival is one copy at the end of a link.
type arrival struct {
	number uint64
	after  time.Duration // since the first was sent
	b      []byte
}

// carry sends count datagrams of ten bytes into one link, one at each tick, and
// returns what arrives. It is read off at the end, so count must stay below
// MaxInFlight.
func carry(seed uint64, s Settings, count int, tick time.Duration) []arrival {
	var sky sky
	l := &link{seed: seed, settings: s}
	for i := range count {
		sky.send(epoch.Add(time.Duration(i)*tick), l, netip.AddrPort{}, netip.AddrPort{}, make([]byte, 10))
	}
	return landAll(&sky)
}

func landAll(s *sky) []arrival {
	var all []arrival
	for {
		due, ok := s.next()
		if !ok {
			return all
		}
		f, arrived := s.land(due)
		if arrived {
			all = append(all, arrival{f.number, f.due.Sub(epoch), slices.Clone(f.b)})
		}
		s.recycle(f)
	}
}

func numbers(as []arrival) []uint64 {
	var ns []uint64
	for _, a := range as {
		ns = append(ns, a.number)
	}
	return ns
}

const tick = 20 * time.Millisecond

// near fails if count of n events with probability p is more than four standard
// deviations off; that is once in 16,000 seeds.
func near(t *testing.T, what string, count, n int, p float64) {
	t.Helper()
	mean, dev := float64(n)*p, math.Sqrt(float64(n)*p*(1-p))
	if off := math.Abs(float64(count) - mean); off > 4*dev {
		t.Errorf("%s: %d of %d, want %.0f ± %.0f", what, count, n, mean, 4*dev)
	}
}

func TestPerfectLink(t *testing.T) {
	as := carry(1, Settings{}, 1000, tick)
	for i, a := range as {
		if a.number != uint64(i) || a.after != time.Duration(i)*tick {
			t.Fatalf("arrival %d is number %d after %v", i, a.number, a.after)
		}
	}
	if len(as) != 1000 {
		t.Errorf("%d of 1000 arrived", len(as))
	}
}

func TestLossHasItsShare(t *testing.T) {
	const n = 20000
	for seed := range uint64(5) {
		for _, p := range []float64{0.001, 0.3, 0.5, 0.99} {
			near(t, "lost", n-len(carry(seed, Settings{Loss: p}, n, tick)), n, p)
		}
	}
	if got := len(carry(1, Settings{Loss: 1}, n, tick)); got != 0 {
		t.Errorf("%d arrived on a link that loses all", got)
	}
}

// Losses come alone and in runs as often as independent throws make them.
func TestLossHasNoMemory(t *testing.T) {
	const n, p = 30000, 0.3
	for seed := range uint64(5) {
		arrived := make([]bool, n)
		for _, a := range carry(seed, Settings{Loss: p}, n, tick) {
			arrived[a.number] = true
		}
		for _, gap := range []int{1, 2, 64} {
			both := 0
			for i := range n - gap {
				if !arrived[i] && !arrived[i+gap] {
					both++
				}
			}
			near(t, "lost together", both, n-gap, p*p)
		}
	}
}

// Two links of one network, and the links of two networks, have nothing in common.
func TestSeedsAreIndependent(t *testing.T) {
	const n, p = 50000, 0.5
	for seed := range uint64(5) {
		lost := func(seed uint64) []bool {
			l := make([]bool, n)
			for i := range l {
				l[i] = fateOf(seed, uint64(i)).loss < p
			}
			return l
		}
		a, b := lost(seed), lost(seed+1)
		both := 0
		for i := range a {
			if a[i] && b[i] {
				both++
			}
		}
		near(t, "lost on both", both, n, p*p)
	}
}

// The throws of one datagram have nothing in common either.
func TestThrowsAreIndependent(t *testing.T) {
	const n = 20000
	throws := func(f fate) []float64 {
		return []float64{f.loss, f.corrupt, f.reorder, f.duplicate, f.jitter, f.again, f.late, f.bit}
	}
	var both [8][8]int
	for i := range uint64(n) {
		ts := throws(fateOf(3, i))
		for j, a := range ts {
			for k, b := range ts {
				if a < 0.5 && b < 0.5 {
					both[j][k]++
				}
			}
		}
	}
	for j := range both {
		for k := range both {
			if j == k {
				near(t, "throw below a half", both[j][k], n, 0.5)
			} else {
				near(t, "two throws below a half", both[j][k], n, 0.25)
			}
		}
	}
}

func TestSameSeedSameFate(t *testing.T) {
	s := Settings{Delay: 50 * time.Millisecond, Jitter: 30 * time.Millisecond, Loss: 0.2, Duplicate: 0.1, Reorder: 0.1, Corrupt: 0.1}
	same := func(a, b arrival) bool {
		return a.number == b.number && a.after == b.after && string(a.b) == string(b.b)
	}
	first := carry(7, s, 5000, tick)
	if !slices.EqualFunc(first, carry(7, s, 5000, tick), same) {
		t.Error("the same seed had another fate")
	}
	if slices.EqualFunc(first, carry(8, s, 5000, tick), same) {
		t.Error("another seed had the same fate")
	}
}

// Which datagrams are lost must not depend on when they are sent or what else can happen to them.
func TestOneSettingLeavesTheOthersAlone(t *testing.T) {
	plain := numbers(carry(7, Settings{Loss: 0.2}, 5000, tick))
	slices.Sort(plain)
	mixed := numbers(carry(7, Settings{Loss: 0.2, Delay: time.Second, Jitter: time.Second, Duplicate: 0.5, Reorder: 0.5, Corrupt: 0.5}, 5000, time.Millisecond))
	slices.Sort(mixed)
	if !slices.Equal(plain, slices.Compact(mixed)) {
		t.Error("other settings changed what is lost")
	}
}

func TestJitterIsUniformAndKeepsOrder(t *testing.T) {
	const n = 20000
	s := Settings{Delay: 100 * time.Millisecond, Jitter: 15 * time.Millisecond} // less than a tick, so that order never matters
	var below int
	for _, a := range carry(1, s, n, tick) {
		late := a.after - time.Duration(a.number)*tick - s.Delay
		if late < 0 || late >= s.Jitter {
			t.Fatalf("number %d: %v over the delay, want 0 to %v", a.number, late, s.Jitter)
		}
		if late < s.Jitter/3 {
			below++
		}
	}
	near(t, "in the first third", below, n, 1./3)

	s.Jitter = 300 * time.Millisecond
	as := carry(1, s, n, tick)
	if len(as) != n || !slices.IsSorted(numbers(as)) {
		t.Errorf("%d of %d arrived, in order: %v", len(as), n, slices.IsSorted(numbers(as)))
	}
	for _, a := range as {
		if late := a.after - time.Duration(a.number)*tick - s.Delay; late < 0 || late >= s.Jitter {
			t.Fatalf("number %d: %v over the delay, want 0 to %v", a.number, late, s.Jitter)
		}
	}
}

func TestReorder(t *testing.T) {
	const n, p = 20000, 0.1
	late := 0
	for i, a := range carry(1, Settings{Reorder: p}, n, 200*time.Millisecond) { // too slow for one to be overtaken
		if a.number != uint64(i) {
			t.Fatalf("arrival %d is number %d", i, a.number)
		}
		switch by := a.after - time.Duration(i)*200*time.Millisecond; {
		case by > ReorderSpan:
			t.Fatalf("number %d: %v late, want at most %v", i, by, ReorderSpan)
		case by > 0:
			late++
		}
	}
	near(t, "late", late, n, p)

	as := carry(1, Settings{Reorder: p}, n, tick)
	overtaken := 0
	for i, a := range as[1:] {
		if a.number < as[i].number {
			overtaken++
		}
	}
	if len(as) != n || overtaken < n*5/100 || overtaken > n*11/100 {
		t.Errorf("%d arrived, %d overtaken by the one behind, want some 8 in 100", len(as), overtaken)
	}
}

func TestDuplicate(t *testing.T) {
	const n, p = 20000, 0.2
	as := carry(1, Settings{Duplicate: p, Jitter: tick}, n, tick)
	near(t, "second copies", len(as)-n, n, p)
	ns := numbers(as)
	slices.Sort(ns)
	if ns = slices.Compact(ns); len(ns) != n {
		t.Errorf("%d different datagrams arrived of %d", len(ns), n)
	}
}

func TestCorruptFlipsOneBit(t *testing.T) {
	const n, p = 20000, 0.2
	flipped := 0
	var where [10]int
	for _, a := range carry(1, Settings{Corrupt: p}, n, tick) {
		ones := 0
		for i, b := range a.b {
			ones += bits.OnesCount8(b)
			where[i] += bits.OnesCount8(b)
		}
		if ones > 1 {
			t.Fatalf("number %d: %d bits flipped", a.number, ones)
		}
		flipped += ones
	}
	near(t, "corrupted", flipped, n, p)
	for _, k := range where {
		near(t, "flips in one of ten bytes", k, flipped, 0.1)
	}
}

func TestRate(t *testing.T) {
	// Ten bytes at 1,000 bytes a second take 10 ms; they come every 5 ms, so the
	// queue grows by 5 ms each time, to a second.
	as := carry(1, Settings{Rate: 1000}, 1000, 5*time.Millisecond)
	for i, a := range as {
		if want := time.Duration(i+1) * 10 * time.Millisecond; a.after != want {
			t.Fatalf("arrival %d after %v, want %v", i, a.after, want)
		}
		if waited := a.after - time.Duration(a.number)*5*time.Millisecond; waited > MaxQueue {
			t.Fatalf("number %d waited %v, want at most %v", a.number, waited, MaxQueue)
		}
	}
	if want := 5000/10 + int(MaxQueue/(10*time.Millisecond)); len(as) < want-2 || len(as) > want+2 {
		t.Errorf("%d arrived, want the 500 of five seconds and the 100 of the queue", len(as))
	}
	if as := carry(1, Settings{Rate: 1000}, 100, 10*time.Millisecond); len(as) != 100 {
		t.Errorf("%d of 100 arrived that just fit", len(as))
	}
}

func TestInFlightIsBounded(t *testing.T) {
	const over = 100
	if got := len(carry(1, Settings{Delay: MaxDelay}, MaxInFlight+over, 0)); got != MaxInFlight {
		t.Errorf("%d in flight, want %d", got, MaxInFlight)
	}
}

// A cut loses what is in flight, even if it is mended before that would have arrived.
func TestCutInFlight(t *testing.T) {
	var sky sky
	l := &link{seed: 1}
	send := func(ms int, s Settings) {
		l.set(s)
		sky.send(epoch.Add(time.Duration(ms)*time.Millisecond), l, netip.AddrPort{}, netip.AddrPort{}, []byte{1})
	}
	open := Settings{Delay: 100 * time.Millisecond}
	cut := open
	cut.Cut = true
	send(0, open)  // 0: in flight when it is cut
	send(20, cut)  // 1: on a cut link
	send(40, open) // 2: after it was mended
	as := landAll(&sky)
	if len(as) != 1 || as[0].number != 2 || as[0].after != 140*time.Millisecond {
		t.Errorf("arrived: %v, want number 2 alone after 140 ms", as)
	}
}

func TestNewDelayIsNewRoute(t *testing.T) {
	var sky sky
	l := &link{seed: 1}
	for i, delay := range []time.Duration{500, 20, 20} {
		l.set(Settings{Delay: delay * time.Millisecond})
		sky.send(epoch.Add(time.Duration(i)*tick), l, netip.AddrPort{}, netip.AddrPort{}, []byte{1})
	}
	if got := numbers(landAll(&sky)); !slices.Equal(got, []uint64{1, 2, 0}) {
		t.Errorf("arrived in the order %v, want the faster two first", got)
	}
}
