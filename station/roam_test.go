package station

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/impair"
)

// TestRoams: south's ends roam behind a NAT that gives it other addresses in mid-call. The
// line finds it again by itself and the call goes on.
func TestRoams(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		var site atomic.Int32 // third byte of the NAT's outside address
		site.Store(50)
		w.net.Translate(func(from netip.AddrPort) netip.AddrPort {
			if b := from.Addr().As4(); b[0] == 10 && b[3] == 2 {
				b = [4]byte{198, 51, byte(site.Load()), b[2]}
				return netip.AddrPortFrom(netip.AddrFrom4(b), from.Port()+1000)
			}
			return from
		})
		w.change = func(side int, o *LineOptions) {
			for i := range o.Paths {
				if side == 0 {
					o.Paths[i].Remote, o.Paths[i].FarRoams = "", true
				}
			}
		}
		w.startBoth()
		w.open(4 * time.Second)
		north, south := w.talk()
		go north.speak(0, 1000)
		time.Sleep(5 * time.Second)
		site.Store(60)
		w.within(6*time.Second, "north follows both ends", func() bool {
			for _, p := range w.line(0, 0).Paths {
				if a, err := netip.ParseAddrPort(p.Remote); err != nil || a.Addr().As4()[2] != 60 || p.State != api.PathUp {
					return false
				}
			}
			return w.line(0, 0).Call.State == api.CallActive
		})
		time.Sleep(20 * time.Second)
		if lost := south.missing(0, 1000, never); lost > 50*6 {
			t.Errorf("%d of 1000 packets lost while the addresses changed", lost)
		}
		if s := w.line(1, 0).Call.State; s != api.CallActive {
			t.Errorf("the call is %s", s)
		}
	})
}

// TestFixedStaysFixed: an end that does not roam is sent to where the accord says, whoever else
// speaks with its voice.
func TestFixedStaysFixed(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		o := w.observe(false)
		w.startBoth()
		w.open(3 * time.Second)
		w.net.Translate(func(from netip.AddrPort) netip.AddrPort {
			if from.Addr() == addr(1, 1) {
				return netip.MustParseAddrPort("203.0.113.7:7")
			}
			return from
		})
		time.Sleep(10 * time.Second)
		for _, s := range o.all() {
			if s.to.Addr() == netip.MustParseAddr("203.0.113.7") {
				t.Fatal("a fixed path was moved")
			}
		}
	})
}

// TestNamesAreLookedUpAgain: a name that resolves only later opens its path then, and one whose
// address changes moves it.
func TestNamesAreLookedUpAgain(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		var answer atomic.Pointer[netip.AddrPort]
		w.resolve = func(context.Context, string, netip.AddrPort) (netip.AddrPort, error) {
			if a := answer.Load(); a != nil {
				return *a, nil
			}
			return netip.AddrPort{}, errors.New("no such name")
		}
		w.change = func(side int, o *LineOptions) {
			if side == 0 {
				o.Paths = o.Paths[:1]
				o.Paths[0].Remote = "south.example:4400"
			} else {
				o.Paths = o.Paths[:1]
			}
		}
		w.link(1, impair.Settings{})
		w.start(0)
		if p := w.line(0, 0).Paths[0]; p.State != api.PathUnresolved {
			t.Errorf("the path is %s, want unresolved", p.State)
		}
		time.Sleep(time.Minute)
		south := netip.AddrPortFrom(addr(1, 1), worldPort)
		answer.Store(&south)
		if err := w.st[0].ResolveAgain(context.Background()); err != nil {
			t.Fatal(err)
		}
		w.start(1)
		w.open(4 * time.Second)

		// An answer that fails to come is no reason to leave an address.
		answer.Store(nil)
		if err := w.st[0].ResolveAgain(context.Background()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		w.open(time.Second)
	})
}
