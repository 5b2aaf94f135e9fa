package udp

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
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

// A load is what one batch call works on.
type load struct {
	bufs  [][]byte
	sizes []int
	addrs []netip.AddrPort
}

func newLoad(n, size int, to netip.AddrPort) *load {
	l := &load{make([][]byte, n), make([]int, n), make([]netip.AddrPort, n)}
	for i := range n {
		l.bufs[i], l.addrs[i] = make([]byte, size), to
	}
	return l
}

// roundTrip sends out from a to b and reads all of it into in.
func roundTrip(t testing.TB, a, b *Conn, out, in *load) {
	if n, err := a.WriteBatch(out.bufs, out.addrs); n != len(out.bufs) || err != nil {
		t.Fatalf("sent %d of %d: %v", n, len(out.bufs), err)
	}
	for got := 0; got < len(out.bufs); {
		n, err := b.ReadBatch(in.bufs, in.sizes, in.addrs)
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, addr := range []netip.AddrPort{loopback4, loopback6} {
		for _, n := range []int{1, 3, MaxBatch} {
			a, b := listen(t, addr), listen(t, addr)
			out, in := newLoad(n, 320, b.LocalAddr()), newLoad(MaxBatch, 700, netip.AddrPort{})
			if got := testing.AllocsPerRun(100, func() { roundTrip(t, a, b, out, in) }); got != 0 {
				t.Errorf("%v: %d datagrams sent and received: %v allocations", addr.Addr(), n, got)
			}
		}
	}
}

// Both wildcards on one port, and what arrives keeps its own family.
func TestWildcards(t *testing.T) {
	six := listen(t, netip.MustParseAddrPort("[::]:0"))
	four := listen(t, netip.AddrPortFrom(netip.IPv4Unspecified(), six.LocalAddr().Port()))
	for _, c := range []struct {
		to     *Conn
		target string
		from   *Conn
	}{
		{six, "::1", listen(t, loopback6)},
		{four, "127.0.0.1", listen(t, loopback4)},
	} {
		to := netip.AddrPortFrom(netip.MustParseAddr(c.target), c.to.LocalAddr().Port())
		in := newLoad(1, 10, netip.AddrPort{})
		roundTrip(t, c.from, c.to, newLoad(1, 1, to), in)
		if in.addrs[0] != c.from.LocalAddr() {
			t.Errorf("a datagram to %v came from %v, want %v", to, in.addrs[0], c.from.LocalAddr())
		}
	}
}

func TestMappedAddressesAreIPv4(t *testing.T) {
	a := listen(t, netip.MustParseAddrPort("[::ffff:127.0.0.1]:0"))
	b := listen(t, loopback4)
	if !a.LocalAddr().Addr().Is4() {
		t.Errorf("bound to %v, want an IPv4 address", a.LocalAddr())
	}
	mapped := netip.AddrPortFrom(netip.AddrFrom16(b.LocalAddr().Addr().As16()), b.LocalAddr().Port())
	in := newLoad(1, 10, netip.AddrPort{})
	roundTrip(t, a, b, newLoad(1, 1, mapped), in)
	if in.addrs[0] != a.LocalAddr() {
		t.Errorf("came from %v, want %v", in.addrs[0], a.LocalAddr())
	}
}

// Each of these fails for a reason of its own; the datagrams around it leave.
func TestUnreachableDestinations(t *testing.T) {
	a, b := listen(t, loopback4), listen(t, loopback4)
	for _, bad := range []string{"[2001:db8::1]:4400", "127.0.0.1:0"} {
		out := newLoad(MaxBatch+10, 320, b.LocalAddr())
		out.addrs[0] = netip.MustParseAddrPort(bad)
		out.addrs[MaxBatch+9] = out.addrs[0]
		n, err := a.WriteBatch(out.bufs, out.addrs)
		if n != MaxBatch+8 {
			t.Errorf("%s: %d datagrams left, want %d", bad, n, MaxBatch+8)
		}
		var e *Error
		if !errors.As(err, &e) || e.Op != "send" || e.Name != bad || e.Found == "" {
			t.Errorf("%s: the error is %v", bad, err)
		}
	}
}

func TestListenErrors(t *testing.T) {
	taken := listen(t, loopback4).LocalAddr()
	for _, c := range []struct {
		addr  netip.AddrPort
		found string
		errno error
	}{
		{taken, "port taken by another program", syscall.EADDRINUSE},
		{netip.MustParseAddrPort("192.0.2.1:4400"), "address not on this machine, which has 127.0.0.1", syscall.EADDRNOTAVAIL},
		{netip.MustParseAddrPort("[2001:db8::1]:4400"), "address not on this machine, which has ", syscall.EADDRNOTAVAIL},
		{netip.AddrPort{}, "no address given", nil},
	} {
		_, err := Listen(c.addr)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%v: the error is %v", c.addr, err)
			continue
		}
		if !strings.HasPrefix(e.Found, c.found) || e.Action == "" || c.errno != nil && !errors.Is(err, c.errno) {
			t.Errorf("%v: found %q, action %q, cause %v", c.addr, e.Found, e.Action, e.Err)
		}
		if want := "udp: listen " + c.addr.String() + ": " + e.Found; err.Error() != want {
			t.Errorf("the text is %q, want %q", err, want)
		}
	}
}
