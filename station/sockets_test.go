package station

import (
	"net/netip"
	"testing"
	"time"

	"ringdown/wire"
)

// stranded is a socket that knows some labels, and a batch that carries none of them.
func stranded() (*socket, *arrival) {
	k := newSocket(nil)
	for i := range 1000 {
		k.route(wire.Label{byte(i), byte(i >> 8), 1}, &route{size: 320, perSecond: 200, allowance: burst})
	}
	a := newArrival()
	a.n = batchSize
	for i := range a.n {
		a.bufs[i][0], a.bufs[i][7] = byte(i), 0xff
		a.sizes[i] = 320
	}
	return k, a
}

// TestStrangersCostALookUp: what carries no label of ours, is of another size or beyond its
// path's allowance never reaches the loop, and costs no memory.
func TestStrangersCostALookUp(t *testing.T) {
	k, a := stranded()
	now := time.Now()
	if ours := k.sort(a, now); ours != 0 {
		t.Fatalf("%d of a stranger's datagrams pass", ours)
	}
	if got := k.strangers.Load(); got != batchSize {
		t.Errorf("%d strangers counted, want %d", got, batchSize)
	}
	if n := testing.AllocsPerRun(100, func() { k.sort(a, now) }); n != 0 {
		t.Errorf("%v allocations a batch, want 0", n)
	}
	for i := range a.n {
		copy(a.bufs[i], []byte{byte(i), 0, 1, 0, 0, 0, 0, 0})
	}
	if ours := k.sort(a, now); ours != batchSize {
		t.Errorf("%d of %d datagrams with our labels pass", ours, batchSize)
	}
	a.sizes[0], a.sizes[1], a.sizes[2] = 0, 319, 640
	if ours := k.sort(a, now); ours != batchSize-3 {
		t.Errorf("%d pass of %d with 3 of a wrong size, want %d", ours, batchSize, batchSize-3)
	}
}

// TestAllowance: a path may bring a burst, then a few times its cadence, and no more.
func TestAllowance(t *testing.T) {
	now := time.Now()
	r := &route{perSecond: 200, allowance: burst, last: now}
	passed := 0
	for range 10 * burst {
		if r.admit(now) {
			passed++
		}
	}
	if passed != burst {
		t.Errorf("%d pass at once, want %d", passed, burst)
	}
	passed = 0
	for range 1000 {
		now = now.Add(time.Millisecond)
		for range 10 {
			if r.admit(now) {
				passed++
			}
		}
	}
	if passed < 199 || passed > 201 {
		t.Errorf("%d of 10000 pass in a second, want 200", passed)
	}
}

// TestOutgoingAllocatesNothing: the room for what is sent is used again.
func TestOutgoingAllocatesNothing(t *testing.T) {
	k := newSocket(discard{})
	to := netip.MustParseAddrPort("192.0.2.1:4400")
	if n := testing.AllocsPerRun(100, func() {
		for range 100 {
			k.next(320, to)[0] = 1
		}
		k.flush()
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

type discard struct{ Conn }

func (discard) WriteBatch(b [][]byte, _ []netip.AddrPort) (int, error) { return len(b), nil }

// BenchmarkStranger is the cost of a datagram without a label of ours, beyond the system call.
func BenchmarkStranger(b *testing.B) {
	k, a := stranded()
	now := time.Now()
	for range b.N / batchSize {
		k.sort(a, now)
	}
}
