package station

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"ringdown/accord"
)

// TestBindFor: the local address behind each of an accord.
func TestBindFor(t *testing.T) {
	cfg := Config{Line: LineConfig{Bind: map[string]string{
		"203.0.113.5:4400": "192.168.1.5:4400", "line.example.org:4400": "10.1.2.3:5500", "127.0.0.9:4400": "127.0.0.1:1"}}}
	for _, c := range []struct{ what, own, far, want string }{
		{"as configured", "203.0.113.5:4400", "198.51.100.1:4400", "192.168.1.5:4400"},
		{"a name, as configured", "line.example.org:4400", "198.51.100.1:4400", "10.1.2.3:5500"},
		{"configured before own", "127.0.0.9:4400", "127.0.0.1:9", "127.0.0.1:1"},
		{"own", "127.0.0.1:4400", "198.51.100.1:4400", "127.0.0.1:4400"},
		{"own, IPv6", "[::1]:4400", "[2001:db8::1]:4400", "[::1]:4400"},
		{"behind a NAT", "203.0.113.6:4400", "198.51.100.1:4400", "0.0.0.0:4400"},
		{"behind a NAT, IPv6", "[2001:db8:ffff::1]:4400", "[2001:db8::1]:4400", "[::]:4400"},
		{"roams", "", "198.51.100.1:4400", "0.0.0.0:0"},
		{"roams, IPv6", "", "[2001:db8::1]:4400", "[::]:0"},
		{"roams, to a name", "", "far.example.org:4400", "0.0.0.0:0"},
		{"a name of its own", "localhost:4400", "127.0.0.1:9", "127.0.0.1:4400"},
		{"a name that gives nothing", "nowhere.invalid:4400", "198.51.100.1:4400", "0.0.0.0:4400"},
		{"a name that gives nothing, IPv6", "nowhere.invalid:4400", "[2001:db8::1]:4400", "[::]:4400"},
		{"two names that give nothing", "nowhere.invalid:4400", "nobody.invalid:4400", "0.0.0.0:4400"},
	} {
		got, err := cfg.bindFor(t.Context(), accord.Address(c.own), accord.Address(c.far))
		if err != nil || got.String() != c.want {
			t.Errorf("%s (%q to %q): %s, %v, want %s", c.what, c.own, c.far, got, err, c.want)
		}
	}
}

// TestIsOwn: what the system lists is ours, a neighbour's address is not.
func TestIsOwn(t *testing.T) {
	have, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range have {
		p := netip.MustParsePrefix(a.String())
		if !isOwn(p.Addr()) {
			t.Errorf("%s is this machine's, and taken for another's", p)
		}
		if !isAttached(p.Addr()) {
			t.Errorf("%s is in a network of this machine, and taken for a far one", p)
		}
	}
	for _, a := range []string{"203.0.113.77", "2001:db8:77::1"} {
		if isOwn(netip.MustParseAddr(a)) {
			t.Errorf("%s is taken for this machine's", a)
		}
	}
}

// TestNoResolver: a station whose resolver does not answer starts all the same.
func TestNoResolver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begin := time.Now()
	got, err := Config{}.bindFor(ctx, "line.example.org:4400", "198.51.100.1:4400")
	if err != nil || got.String() != "0.0.0.0:4400" || time.Since(begin) > resolveTime+time.Second {
		t.Errorf("%s, %v after %v", got, err, time.Since(begin))
	}
}

// TestOptions: the final signature is the first party's to say, and the second's to check, also
// when it has kept it from an earlier run.
func TestOptions(t *testing.T) {
	inAgreed(t, 2, func(a *accordWorld) {
		for range 2 { // before and after it has come
			for side := range 2 {
				first := side == 0
				h := &held{cfg: anyAddress(), line: a.read(side)}
				opt, err := h.options(t.Context())
				a.must(err)
				if opt.Line.First != first || (opt.Line.Final != nil) != first || (opt.Line.CheckFinal == nil) != first {
					t.Errorf("side %d: first %t, says %d bytes of final signature, checks it: %t", side, opt.Line.First, len(opt.Line.Final), opt.Line.CheckFinal != nil)
				}
				if !opt.Confirmed || len(opt.Words) != 12 || len(opt.Paths) != 2 || opt.Peer != [2]string{"South", "North"}[side] {
					t.Errorf("side %d: %+v", side, opt)
				}
			}
			a.must(a.read(1).SaveFinal(a.read(0).Final))
		}
	})
}

// TestRestartBothSides: each side comes back from its folder, the second party too, which has
// kept the final signature by then.
func TestRestartBothSides(t *testing.T) {
	inAccordWorld(t, 2, func(a *accordWorld) {
		for _, side := range []int{1, 0, 1, 0} {
			a.within(time.Second, "the final signature is kept", func() bool { return !a.read(1).HalfSigned() })
			a.kill(side)
			a.run(side)
			a.within(5*time.Second, "the line opens again", a.whole)
		}
	})
}
