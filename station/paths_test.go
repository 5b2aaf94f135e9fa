package station

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/line"
	"ringdown/udp"
	"ringdown/wire"
)

// TestMoveToTakenAddress: a change to an address that this machine cannot use is shown, leaves
// the path where it was here, and is made up for when it can.
func TestMoveToTakenAddress(t *testing.T) {
	inAccordWorld(t, 2, func(a *accordWorld) {
		taken, err := a.net.Listen(netip.AddrPortFrom(addr(0, 1), 4401))
		a.must(err)
		a.propose(0, port(0, 1, 4401))
		a.within(5*time.Second, "it is shown", func() bool {
			n := a.line(0, 0).Notices
			return len(n) == 1 && strings.Contains(n[0].Text, "Path 1 (path 1) cannot use its local address")
		})
		time.Sleep(10 * time.Second)
		if s := a.line(0, 0).State; s != api.LineDegraded {
			t.Errorf("the line is %s, want degraded: the other side sends to where nobody is", s)
		}
		a.must(taken.Close())
		a.within(10*time.Second, "the path has moved", a.at(0, 1, 4401))
		if n := a.line(0, 0).Notices; len(n) != 0 {
			t.Errorf("it is still shown: %v", n)
		}
	})
}

// TestTakenAtStart: a path whose local address is taken at start leaves the line to the others.
func TestTakenAtStart(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		taken, err := w.net.Listen(netip.AddrPortFrom(addr(0, 1), worldPort))
		if err != nil {
			t.Fatal(err)
		}
		w.startBoth()
		w.within(5*time.Second, "the line opens over the other path", func() bool { return w.line(0, 0).State == api.LineDegraded })
		if err := w.st[0].bound("line0"); err != nil {
			t.Errorf("a line with one of two addresses is said to have none: %v", err)
		}
		_ = taken.Close()
		w.open(openAgain + 5*time.Second)
	})
}

// TestOverlap: every address of this machine excludes each single one at the same port.
func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"0.0.0.0:4400", "192.0.2.1:4400", true},
		{"[::]:4400", "[2001:db8::1]:4400", true},
		{"0.0.0.0:4400", "192.0.2.1:4401", false},
		{"0.0.0.0:4400", "[2001:db8::1]:4400", false},
		{"0.0.0.0:0", "192.0.2.1:0", false},
		{"192.0.2.2:4400", "192.0.2.1:4400", false},
	} {
		a, b := netip.MustParseAddrPort(c.a), netip.MustParseAddrPort(c.b)
		if overlap(a, b) != c.want || overlap(b, a) != c.want {
			t.Errorf("overlap of %s and %s is not %t", a, b, c.want)
		}
	}
}

// TestRemoveInCall: a line that is taken out of use ends its call politely first.
func TestRemoveInCall(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		w.talk()
		if err := w.st[0].RemoveLine("line0"); err != nil {
			t.Fatal(err)
		}
		if c := w.line(1, 0).Call; c.State != api.CallEnded || c.Reason != api.EndStopping {
			t.Errorf("the other side's call is %s, %q", c.State, c.Reason)
		}
		if err := w.st[0].RemoveLine("line0"); err != nil {
			t.Errorf("removing it again: %v", err)
		}
	})
}

// TestOverlapNamed: a station whose own addresses exclude each other says so, and does not
// suspect another program.
func TestOverlapNamed(t *testing.T) {
	s := New(Options{Journal: &memoryJournal{saved: make(map[string]line.Durable)}, Listen: func(a netip.AddrPort) (Conn, error) { return udp.Listen(a) }})
	ended := make(chan error, 1)
	go func() { ended <- s.Run(context.Background()) }()
	every := netip.AddrPortFrom(netip.IPv4Unspecified(), freePort(t))
	opt := (&world{t: t, profile: wire.Standard}).lineOptions(0, 0)
	opt.Paths = []PathOptions{{Number: 1, Name: "path 1", Bind: every, Remote: "127.0.0.1:9"},
		{Number: 2, Name: "path 2", Bind: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), every.Port()), Remote: "127.0.0.1:9"}}
	if err := s.AddLine(opt); err != nil {
		t.Fatal(err)
	}
	_ = s.do(func() {
		if _, named := errors.AsType[*OverlapError](s.lines["line0"].paths[2].fault); !named {
			t.Errorf("path 2: %v", s.lines["line0"].paths[2].fault)
		}
	})
	s.Kill()
	<-ended
}

// TestYield: a path that moves from every address to a single one of the same port, which the
// system allows only after the first is given up.
func TestYield(t *testing.T) {
	for _, free := range []bool{true, false} {
		s := New(Options{Journal: &memoryJournal{saved: make(map[string]line.Durable)}, Listen: func(a netip.AddrPort) (Conn, error) {
			if !free && !a.Addr().IsUnspecified() {
				return nil, errors.New("not on this machine")
			}
			return udp.Listen(a)
		}})
		ended := make(chan error, 1)
		go func() { ended <- s.Run(context.Background()) }()
		every := netip.AddrPortFrom(netip.IPv4Unspecified(), freePort(t))
		single := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), every.Port())
		opt := (&world{t: t, profile: wire.Standard}).lineOptions(0, 0)
		opt.Paths = []PathOptions{{Number: 1, Name: "path 1", Bind: every, Remote: "127.0.0.1:9"}}
		if err := s.AddLine(opt); err != nil {
			t.Fatal(err)
		}
		_ = s.do(func() {
			e := s.lines["line0"]
			e.move([]PathOptions{{Number: 1, Name: "path 1", Bind: single, Remote: "127.0.0.1:9"}}, 0)
			end := e.paths[1]
			want := map[bool]netip.AddrPort{true: single, false: every}[free]
			if (end.fault == nil) != free || end.sock == nil || end.sock.conn.LocalAddr() != want {
				t.Errorf("the path is not at %s, or says the contrary: %v", want, end.fault)
			}
		})
		s.Kill()
		<-ended
	}
}

// freePort is a UDP port that nobody had a moment ago.
func freePort(t *testing.T) uint16 {
	t.Helper()
	c, err := udp.Listen(netip.MustParseAddrPort("0.0.0.0:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().Port()
}
