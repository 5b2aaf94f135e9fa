package impair

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

var (
	northAddr = netip.MustParseAddrPort("192.0.2.1:4400")
	southAddr = netip.MustParseAddrPort("192.0.2.2:4400")
	north     = northAddr.Addr()
	south     = southAddr.Addr()
)

func TestDelayIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(1)
		defer n.Close()
		a, _ := n.Listen(northAddr)
		b, _ := n.Listen(southAddr)
		n.SetBoth(north, south, Settings{Delay: 70 * time.Millisecond})
		start := time.Now()
		a.WriteBatch([][]byte{[]byte("x")}, []netip.AddrPort{southAddr})
		bufs, sizes, addrs := [][]byte{make([]byte, 10)}, make([]int, 1), make([]netip.AddrPort, 1)
		if k, err := b.ReadBatch(bufs, sizes, addrs); k != 1 || err != nil || sizes[0] != 1 || addrs[0] != northAddr {
			t.Fatal(k, err, sizes, addrs)
		}
		if d := time.Since(start); d != 70*time.Millisecond {
			t.Fatal(d)
		}
	})
}
