package udp_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"ringdown/impair"
	"ringdown/udp"
)

// A conn is what a station sends and receives through: a real socket, or one of a
// network in memory. This file is the contract that both keep.
type conn interface {
	ReadBatch(bufs [][]byte, sizes []int, addrs []netip.AddrPort) (int, error)
	WriteBatch(bufs [][]byte, addrs []netip.AddrPort) (int, error)
	LocalAddr() netip.AddrPort
	Close() error
}

// A listener makes one socket at a free port.
type listener func(t *testing.T) conn

func contract(t *testing.T, run func(t *testing.T, listen listener)) {
	real := func(addr string) listener {
		return func(t *testing.T) conn {
			c, err := udp.Listen(netip.MustParseAddrPort(addr))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		}
	}
	t.Run("IPv4", func(t *testing.T) { run(t, real("127.0.0.1:0")) })
	t.Run("IPv6", func(t *testing.T) { run(t, real("[::1]:0")) })
	t.Run("memory", func(t *testing.T) {
		n := impair.NewNetwork(1)
		t.Cleanup(func() { n.Close() })
		run(t, func(t *testing.T) conn {
			c, err := n.Listen(netip.MustParseAddrPort("192.0.2.1:0"))
			if err != nil {
				t.Fatal(err)
			}
			return c
		})
	})
}

// A got is one datagram as it was read.
type got struct {
	text string
	from netip.AddrPort
}

// read takes n datagrams.
func read(t *testing.T, c conn, n int) []got {
	t.Helper()
	const batch, size = 16, 32
	bufs, sizes, addrs := make([][]byte, batch), make([]int, batch), make([]netip.AddrPort, batch)
	for i := range bufs {
		bufs[i] = make([]byte, size)
	}
	var all []got
	for len(all) < n {
		k, err := c.ReadBatch(bufs, sizes, addrs)
		if err != nil || k < 1 || k > batch {
			t.Fatalf("ReadBatch took %d datagrams, and: %v", k, err)
		}
		for i := range k {
			all = append(all, got{string(bufs[i][:sizes[i]]), addrs[i]})
		}
	}
	if len(all) != n {
		t.Fatalf("%d datagrams arrived, want %d", len(all), n)
	}
	return all
}

// write sends the texts to one address; all must leave.
func write(t *testing.T, c conn, to netip.AddrPort, texts ...string) {
	t.Helper()
	bufs, addrs := outgoing(to, texts...)
	if n, err := c.WriteBatch(bufs, addrs); n != len(texts) || err != nil {
		t.Fatalf("%d of %d datagrams left: %v", n, len(texts), err)
	}
}

func outgoing(to netip.AddrPort, texts ...string) (bufs [][]byte, addrs []netip.AddrPort) {
	for _, s := range texts {
		bufs = append(bufs, []byte(s))
		addrs = append(addrs, to)
	}
	return bufs, addrs
}

func TestContractCarries(t *testing.T) {
	contract(t, func(t *testing.T, listen listener) {
		a, b := listen(t), listen(t)
		write(t, a, b.LocalAddr(), "one", "two", "three")
		for i, g := range read(t, b, 3) {
			if want := []string{"one", "two", "three"}[i]; g.text != want || g.from != a.LocalAddr() {
				t.Errorf("datagram %d is %q from %v, want %q from %v", i, g.text, g.from, want, a.LocalAddr())
			}
		}
		write(t, b, a.LocalAddr(), "back")
		if g := read(t, a, 1)[0]; g.text != "back" || g.from != b.LocalAddr() {
			t.Errorf("%q came back from %v", g.text, g.from)
		}
	})
}

// 200 is more than a batch on either side.
func TestContractLongBatchKeepsOrder(t *testing.T) {
	contract(t, func(t *testing.T, listen listener) {
		a, b := listen(t), listen(t)
		texts := make([]string, 200)
		for i := range texts {
			texts[i] = string(rune('a' + i))
		}
		write(t, a, b.LocalAddr(), texts...)
		for i, g := range read(t, b, len(texts)) {
			if g.text != texts[i] {
				t.Fatalf("datagram %d is %q, want %q", i, g.text, texts[i])
			}
		}
	})
}

// Half a datagram must never look like one.
func TestContractTooLongIsEmpty(t *testing.T) {
	contract(t, func(t *testing.T, listen listener) {
		a, b := listen(t), listen(t)
		fits := "exactly thirty-two bytes of text"
		write(t, a, b.LocalAddr(), fits, fits+"!", "", fits)
		for i, g := range read(t, b, 4) {
			if want := []string{fits, "", "", fits}[i]; g.text != want {
				t.Errorf("datagram %d is %q, want %q", i, g.text, want)
			}
		}
	})
}

func TestContractOneBadDestinationHurtsNoOther(t *testing.T) {
	contract(t, func(t *testing.T, listen listener) {
		a, b := listen(t), listen(t)
		bufs, addrs := outgoing(b.LocalAddr(), "one", "lost", "two", "lost", "three")
		addrs[1], addrs[3] = netip.AddrPort{}, netip.AddrPort{}
		n, err := a.WriteBatch(bufs, addrs)
		if n != 3 || err == nil {
			t.Errorf("%d datagrams left, want 3; error %v, want one", n, err)
		}
		for i, g := range read(t, b, 3) {
			if want := []string{"one", "two", "three"}[i]; g.text != want {
				t.Errorf("datagram %d is %q, want %q", i, g.text, want)
			}
		}
	})
}

// Where nobody listens a real network answers with an ICMP error, which must reach
// neither the next write nor the next read.
func TestContractNobodyThere(t *testing.T) {
	contract(t, func(t *testing.T, listen listener) {
		a, b, gone := listen(t), listen(t), listen(t)
		if err := gone.Close(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			write(t, a, gone.LocalAddr(), "to nobody")
			write(t, a, b.LocalAddr(), "to b")
			write(t, b, a.LocalAddr(), "to a")
			if g := read(t, a, 1)[0]; g.text != "to a" {
				t.Errorf("read %q", g.text)
			}
		}
		read(t, b, 3)
	})
}

func TestContractCloseEndsRead(t *testing.T) {
	contract(t, func(t *testing.T, listen listener) {
		a := listen(t)
		ended := make(chan error)
		go func() {
			_, err := a.ReadBatch([][]byte{make([]byte, 10)}, make([]int, 1), make([]netip.AddrPort, 1))
			ended <- err
		}()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != net.ErrClosed {
			t.Errorf("the read ended with %v, want %v", err, net.ErrClosed)
		}
		bufs, addrs := outgoing(a.LocalAddr(), "x")
		if n, err := a.WriteBatch(bufs, addrs); n != 0 || err != net.ErrClosed {
			t.Errorf("a write after Close sent %d: %v, want %v", n, err, net.ErrClosed)
		}
		if err := a.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the second Close says %v, want %v", err, net.ErrClosed)
		}
	})
}
