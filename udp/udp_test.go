package udp

import (
	"net/netip"
	"testing"
)

var (
	loopback4 = netip.MustParseAddrPort("127.0.0.1:0")
	loopback6 = netip.MustParseAddrPort("[::1]:0")
)

func listen(t testing.TB, addr netip.AddrPort) *Conn {
	t.Helper()
	c, err := Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A load is the buffers one side of a test reads or writes.
type load struct {
	bufs  [][]byte
	sizes []int
	addrs []netip.AddrPort
}

func newLoad(n, size int, to netip.AddrPort) *load {
	l := &load{make([][]byte, n), make([]int, n), make([]netip.AddrPort, n)}
	for i := range l.bufs {
		l.bufs[i] = make([]byte, size)
		l.bufs[i][0] = byte(i)
		l.addrs[i] = to
	}
	return l
}

// read takes n datagrams from c and returns the first bytes.
func read(t testing.TB, c *Conn, n int) []byte {
	t.Helper()
	l := newLoad(MaxBatch, 2000, netip.AddrPort{})
	var got []byte
	for len(got) < n {
		k, err := c.ReadBatch(l.bufs, l.sizes, l.addrs)
		if err != nil {
			t.Fatal(err)
		}
		for i := range k {
			got = append(got, l.bufs[i][0])
		}
	}
	return got
}

func TestBatchArrivesInOrder(t *testing.T) {
	for _, addr := range []netip.AddrPort{loopback4, loopback6} {
		a, b := listen(t, addr), listen(t, addr)
		out := newLoad(150, 320, b.LocalAddr())
		if n, err := a.WriteBatch(out.bufs, out.addrs); n != 150 || err != nil {
			t.Fatalf("sent %d of 150: %v", n, err)
		}
		for i, got := range read(t, b, 150) {
			if got != byte(i) {
				t.Fatalf("datagram %d is %d", i, got)
			}
		}
	}
}
