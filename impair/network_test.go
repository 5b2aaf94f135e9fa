package impair

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	northAddr  = netip.MustParseAddrPort("192.0.2.1:4400")
	southAddr  = netip.MustParseAddrPort("192.0.2.2:4400")
	malletAddr = netip.MustParseAddrPort("203.0.113.9:666")
	north      = northAddr.Addr()
	south      = southAddr.Addr()
)

// A pair is two sockets on a network in a bubble, and all that south has read.
type pair struct {
	t            *testing.T
	n            *Network
	north, south *MemConn
	start        time.Time

	mu  sync.Mutex
	log []string // "20ms text from"
}

// bubble runs a test in virtual time with south reading all the while.
func bubble(t *testing.T, test func(p *pair)) {
	synctest.Test(t, func(t *testing.T) {
		p := &pair{t: t, n: NewNetwork(1), start: time.Now()}
		p.north, p.south = p.listen(northAddr), p.listen(southAddr)
		done := make(chan struct{})
		go func() {
			p.collect(p.south)
			close(done)
		}()
		test(p)
		p.n.Close()
		<-done
	})
}

func (p *pair) listen(addr netip.AddrPort) *MemConn {
	c, err := p.n.Listen(addr)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *pair) collect(c *MemConn) {
	bufs, sizes, addrs := [][]byte{make([]byte, 100)}, make([]int, 1), make([]netip.AddrPort, 1)
	for {
		if _, err := c.ReadBatch(bufs, sizes, addrs); err != nil {
			return
		}
		p.mu.Lock()
		p.log = append(p.log, fmt.Sprintf("%v %s %v", time.Since(p.start), bufs[0][:sizes[0]], addrs[0]))
		p.mu.Unlock()
	}
}

func (p *pair) send(c *MemConn, to netip.AddrPort, text string) {
	if n, err := c.WriteBatch([][]byte{[]byte(text)}, []netip.AddrPort{to}); n != 1 || err != nil {
		p.t.Errorf("%q was not sent: %v", text, err)
	}
}

// arrived compares what was read since the last call.
func (p *pair) arrived(want ...string) {
	p.t.Helper()
	if got := p.read(); !slices.Equal(got, want) {
		p.t.Errorf("arrived: %q, want %q", got, want)
	}
}

// read takes what was read since the last call.
func (p *pair) read() []string {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	log := p.log
	p.log = nil
	return log
}

func TestDelayIsExact(t *testing.T) {
	bubble(t, func(p *pair) {
		p.n.Set(north, south, Settings{Delay: 70 * time.Millisecond})
		p.send(p.north, southAddr, "a")
		time.Sleep(20 * time.Millisecond)
		p.send(p.north, southAddr, "b")
		time.Sleep(50*time.Millisecond - 1)
		p.arrived()
		time.Sleep(time.Nanosecond)
		p.arrived("70ms a 192.0.2.1:4400")
		time.Sleep(time.Second)
		p.arrived("90ms b 192.0.2.1:4400")
	})
}

// One direction is one link: the other is as it was.
func TestDirectionsAreApart(t *testing.T) {
	bubble(t, func(p *pair) {
		p.n.Set(south, north, Settings{Cut: true})
		p.send(p.north, southAddr, "there")
		p.send(p.south, northAddr, "back")
		p.arrived("0s there 192.0.2.1:4400")
		if got, want := p.n.Counts(south, north), (Counts{Seen: 1, Lost: 1, Size: 4}); got != want {
			p.t.Errorf("back: %+v, want %+v", got, want)
		}
		if got, want := p.n.Counts(north, south), (Counts{Seen: 1, Carried: 1, Size: 5}); got != want {
			p.t.Errorf("there: %+v, want %+v", got, want)
		}
		p.n.SetBoth(south, north, Settings{Delay: time.Second})
		p.send(p.north, southAddr, "late")
		time.Sleep(time.Second)
		p.arrived("1s late 192.0.2.1:4400")
	})
}

// What arrives at one instant arrives in the same order, whichever goroutine sent first.
func TestOrderOfOneInstant(t *testing.T) {
	bubble(t, func(p *pair) {
		east := p.listen(netip.MustParseAddrPort("192.0.2.3:4400"))
		p.send(p.north, southAddr, "a")
		p.send(east, southAddr, "b")
		first := p.read()
		p.send(east, southAddr, "b")
		p.send(p.north, southAddr, "a")
		if second := p.read(); len(first) != 2 || !slices.Equal(first, second) {
			p.t.Errorf("%q, and %q when sent the other way round", first, second)
		}
	})
}

// What one link carries does not touch the fate of another's datagrams.
func TestLinksDoNotDisturbEachOther(t *testing.T) {
	run := func(others int) (log []string) {
		bubble(t, func(p *pair) {
			p.n.Set(north, south, Settings{Loss: 0.3, Jitter: 50 * time.Millisecond, Duplicate: 0.1, Reorder: 0.1, Corrupt: 0.1})
			for i := range 500 {
				for k := range others {
					p.n.Inject(malletAddr, northAddr, []byte("noise"))
					p.send(p.south, northAddr, fmt.Sprint("noise", k))
				}
				p.send(p.north, southAddr, fmt.Sprint(i))
				time.Sleep(tick)
			}
			time.Sleep(time.Second)
			log = p.read()
		})
		return log
	}
	quiet, noisy := run(0), run(3)
	if len(quiet) == 0 || !slices.Equal(quiet, noisy) {
		t.Errorf("%d arrivals on a quiet network, %d on a busy one, and not the same", len(quiet), len(noisy))
	}
}

func TestCutOnNetwork(t *testing.T) {
	bubble(t, func(p *pair) {
		s := Settings{Delay: 50 * time.Millisecond}
		p.n.Set(north, south, s)
		p.send(p.north, southAddr, "in flight")
		time.Sleep(tick)
		p.n.Set(north, south, Settings{Cut: true})
		p.send(p.north, southAddr, "cut")
		p.n.Set(north, south, s)
		p.send(p.north, southAddr, "mended")
		time.Sleep(time.Second)
		p.arrived("70ms mended 192.0.2.1:4400")
		if got, want := p.n.Counts(north, south), (Counts{Seen: 3, Carried: 1, Lost: 2, Size: 6}); got != want {
			p.t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// The observer sees each datagram when it leaves; the attacker answers from what he saw.
func TestTapAndInject(t *testing.T) {
	bubble(t, func(p *pair) {
		var seen []string
		p.n.Tap(func(at time.Time, from, to netip.AddrPort, b []byte, delivered bool) {
			seen = append(seen, fmt.Sprintf("%v %v>%v %s %v", at.Sub(p.start), from, to, b, delivered))
			p.n.Inject(malletAddr, to, append([]byte("again: "), b...))
			p.n.Set(north, south, Settings{Cut: true})
		})
		p.n.Set(north, south, Settings{Delay: tick})
		p.send(p.north, southAddr, "one")
		time.Sleep(tick)
		p.send(p.north, southAddr, "two")
		time.Sleep(time.Second)
		p.arrived("0s again: one 203.0.113.9:666", "20ms again: two 203.0.113.9:666")
		want := []string{"0s 192.0.2.1:4400>192.0.2.2:4400 one true", "20ms 192.0.2.1:4400>192.0.2.2:4400 two false"}
		if !slices.Equal(seen, want) {
			p.t.Errorf("seen: %q, want %q", seen, want)
		}
	})
}

func TestTranslate(t *testing.T) {
	bubble(t, func(p *pair) {
		inside := netip.MustParseAddrPort("10.0.0.2:4400")
		outside := netip.MustParseAddrPort("198.51.100.7:61001")
		nat := func(to netip.AddrPort) func(netip.AddrPort) netip.AddrPort {
			return func(from netip.AddrPort) netip.AddrPort {
				if from == inside {
					return to
				}
				return from
			}
		}
		home := p.listen(inside)
		go p.collect(home)
		p.n.Translate(nat(outside))

		p.send(p.south, outside, "before it spoke")
		p.send(p.south, inside, "to a private address")
		p.arrived()

		p.send(home, southAddr, "hello")
		p.arrived("0s hello 198.51.100.7:61001")
		p.send(p.south, outside, "answer")
		p.send(p.south, inside, "to a private address")
		p.arrived("0s answer 192.0.2.2:4400")

		moved := netip.MustParseAddrPort("198.51.100.7:61002")
		p.n.Translate(nat(moved))
		p.send(p.south, outside, "to the old address")
		p.send(home, southAddr, "moved")
		p.arrived("0s moved 198.51.100.7:61002")

		// The link is named by the sockets' own addresses.
		p.n.Set(inside.Addr(), south, Settings{Cut: true})
		p.send(home, southAddr, "cut")
		p.arrived()
	})
}

func TestListenOnNetwork(t *testing.T) {
	n := NewNetwork(1)
	a, err := n.Listen(netip.MustParseAddrPort("[::ffff:192.0.2.1]:0"))
	if err != nil || a.LocalAddr() != netip.MustParseAddrPort("192.0.2.1:49152") {
		t.Fatal(a.LocalAddr(), err)
	}
	if b, err := n.Listen(netip.MustParseAddrPort("192.0.2.1:0")); err != nil || b.LocalAddr() == a.LocalAddr() {
		t.Errorf("a second free port is %v: %v", b.LocalAddr(), err)
	}
	for _, bad := range []netip.AddrPort{a.LocalAddr(), {}, netip.MustParseAddrPort("0.0.0.0:4400"), netip.MustParseAddrPort("[::]:0")} {
		if _, err := n.Listen(bad); err == nil {
			t.Errorf("listens at %v", bad)
		}
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if _, err := n.Listen(a.LocalAddr()); err != nil {
		t.Errorf("after Close: %v", err)
	}
	n.Close()
	if _, err := n.Listen(northAddr); err == nil {
		t.Error("listens on a closed network")
	}
	n.Inject(northAddr, southAddr, nil)
	if _, ok := n.sky.next(); ok {
		t.Error("a datagram is in flight on a closed network")
	}
}

// A flood that nobody reads takes no more memory than the queue has.
func TestUnreadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(1)
		a, _ := n.Listen(northAddr)
		b, _ := n.Listen(southAddr)
		const flood = 3 * MaxUnread
		for i := range flood {
			a.WriteBatch([][]byte{{byte(i), byte(i >> 8)}}, []netip.AddrPort{southAddr})
		}
		synctest.Wait()
		time.Sleep(time.Nanosecond)
		if got := n.Counts(north, south); got.Carried != MaxUnread || got.Lost != flood-MaxUnread {
			t.Errorf("%+v, want %d carried of %d", got, MaxUnread, flood)
		}
		bufs, sizes, addrs := [][]byte{make([]byte, 2)}, make([]int, 1), make([]netip.AddrPort, 1)
		for i := range 10 * MaxUnread { // read on while more comes
			if _, err := b.ReadBatch(bufs, sizes, addrs); err != nil {
				t.Fatal(err)
			}
			if want := uint16(i); i < MaxUnread && (bufs[0][0] != byte(want) || bufs[0][1] != byte(want>>8)) {
				t.Fatalf("datagram %d is %v", i, bufs[0])
			}
			a.WriteBatch(bufs, []netip.AddrPort{southAddr})
			time.Sleep(time.Nanosecond)
		}
		n.mu.Lock()
		if got := cap(b.unread); got > 4*MaxUnread {
			t.Errorf("the queue grew to %d", got)
		}
		n.mu.Unlock()
		n.Close()
		if _, err := b.ReadBatch(bufs, sizes, addrs); err != net.ErrClosed {
			t.Errorf("a read after Close: %v, want %v", err, net.ErrClosed)
		}
	})
}

func TestSetPanicsOutOfRange(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a loss of 2 was accepted")
		}
	}()
	NewNetwork(1).Set(north, south, Settings{Loss: 2})
}

// One round is a tick of two stations: a datagram each way, after a delay.
func rounds(n *Network) func() {
	a, _ := n.Listen(northAddr)
	b, _ := n.Listen(southAddr)
	n.SetBoth(north, south, Settings{Delay: 70 * time.Millisecond, Jitter: tick, Loss: 0.1})
	out := [][]byte{make([]byte, 320)}
	toNorth, toSouth := []netip.AddrPort{northAddr}, []netip.AddrPort{southAddr}
	for _, c := range []*MemConn{a, b} {
		go func() {
			bufs, sizes, addrs := [][]byte{make([]byte, 320)}, make([]int, 1), make([]netip.AddrPort, 1)
			for {
				if _, err := c.ReadBatch(bufs, sizes, addrs); err != nil {
					return
				}
			}
		}()
	}
	return func() {
		a.WriteBatch(out, toSouth)
		b.WriteBatch(out, toNorth)
		time.Sleep(tick)
	}
}

func TestNetworkAllocatesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(1)
		round := rounds(n)
		for range 100 {
			round()
		}
		if got := testing.AllocsPerRun(1000, round); got != 0 {
			t.Errorf("%v allocations for a datagram each way", got)
		}
		n.Close()
	})
}
