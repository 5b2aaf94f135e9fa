package console

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"ringdown/api"
)

// Everything that somebody else can make grow has an end.

func TestObserversAreLimited(t *testing.T) {
	s, _ := testServer(t, nil)
	for range maxObservers {
		attachLocal(t, s, api.ToStation{Observe: true})
	}
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Attach(t.Context(), api.ToStation{Observe: true}); codeOf(err) != "too-many-observers" {
		t.Errorf("one observer more: %v", err)
	}
	attachLocal(t, s, api.ToStation{}) // consoles are counted by themselves
}

func TestSessionFileIsBounded(t *testing.T) {
	one := `{"digest":"` + strings.Repeat("00", 32) + `","created":"2026-01-01T00:00:00Z","used":"2026-01-01T00:00:00Z"},`
	file := filepath.Join(t.TempDir(), "sessions.json")
	for n, refused := range map[int]bool{maxSessions: false, maxSessions + 1: true} {
		text := `{"tag":"01234567","sessions":[` + strings.TrimSuffix(strings.Repeat(one, n), ",") + `]}`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openSessions(file); (err != nil) != refused {
			t.Errorf("%d sessions: %v", n, err)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	var f faults
	now := time.Now()
	for i := range 2 * maxFaults {
		f.count(now, fmt.Sprint(i), "", 1)
	}
	if n := len(f.notices(now)); n != maxFaults {
		t.Errorf("%d notices, want %d", n, maxFaults)
	}
	if f.count(now.Add(faultAgain-1), "0", "", 1) || !f.count(now.Add(faultAgain), "0", "", 1) {
		t.Errorf("a console shall be told again after %v, and no sooner", faultAgain)
	}
	if n := len(f.notices(now.Add(faultAgain + faultKept - 1))); n != 1 {
		t.Errorf("%d notices, want the one that is fresh", n)
	}
	if n := len(f.notices(now.Add(faultAgain + faultKept))); n != 0 {
		t.Errorf("%d notices of what is long over", n)
	}
}

func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter[int](rate.Limit(1), 2)
	now := time.Now()
	for _, want := range []bool{true, true, false} {
		if l.allow(now, 0) != want {
			t.Errorf("two at once and no third")
		}
	}
	if !l.allow(now.Add(time.Second), 0) {
		t.Error("nothing is allowed after a second")
	}
	for i := range 10 * maxCallers {
		l.allow(now, i)
	}
	if len(l.callers) > maxCallers {
		t.Errorf("%d callers are known, want at most %d", len(l.callers), maxCallers)
	}
}

func TestCallersAreNetworks(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1:1", "192.0.2.1:2", true}, {"192.0.2.1:1", "192.0.2.2:1", false}, {"192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
		{"[2001:db8::1]:1", "[2001:db8::ffff]:1", true}, {"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false}, {"[fe80::1%a]:1", "[fe80::1%b]:1", true},
	} {
		if (caller(c.a) == caller(c.b)) != c.same {
			t.Errorf("%s and %s: the same caller is %v, want %v", c.a, c.b, !c.same, c.same)
		}
	}
}

func TestEventsBeforeWelcomeAreBounded(t *testing.T) {
	c := &client{s: New(Config{}, newFakeStation()), quit: make(chan struct{}), out: make(chan api.Event, queueLength)}
	for range queueLength {
		c.Send(api.Event{Type: "line"})
	}
	if !c.ending() || c.code != api.CloseSlow || len(c.early) > queueLength {
		t.Errorf("%d events wait for the welcome; the connection ends: %v", len(c.early), c.ending())
	}
}

func TestClosedRegistryAdmitsNobody(t *testing.T) {
	g := newRegistry(1)
	g.close()
	if e := g.enter(&client{}); e == nil || e.Code != "stopping" {
		t.Errorf("entering: %v", e)
	}
	g.later(0, func() { t.Error("a timer ran after the end") })
	if len(g.timers) != 0 {
		t.Error("a timer was made after the end")
	}
}

// A connection that was replaced, or has ended, speaks for the seat no more.
func TestOldConnectionBringsNothingBack(t *testing.T) {
	for what, spoil := range map[string]func(*client){
		"replaced": func(c *client) { c.replaced.Store(true) },
		"ended":    func(c *client) { c.gone = true },
	} {
		st := newFakeStation()
		c := &client{began: time.Now(), seat: &fakeSeat{st: st, id: "01"}}
		c.silent.Store(true)
		spoil(c)
		c.heard()
		c.heardVoice()
		if len(st.told) != 0 {
			t.Errorf("%s: the station was told %q", what, <-st.told)
		}
	}
}

// An address that the machine gets later is heard too, and one that is gone is not
// offered.
func TestVoicePortFollowsAddresses(t *testing.T) {
	p, err := listenVoice(netip.MustParseAddrPort("0.0.0.0:0"), true, pionLogs{New(Config{}, nil).log}.NewLogger("test"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	all := len(p.GetListenAddresses())
	loopback := netip.MustParseAddr("127.0.0.1")
	if err := p.sockets[loopback].Close(); err != nil { // as pion does when a socket fails
		t.Fatal(err)
	}
	delete(p.own.all, loopback)
	if n := len(p.GetListenAddresses()); n != all || p.sockets[loopback].IsClosed() {
		t.Errorf("%d addresses, want %d again", n, all)
	}
	if err := p.sockets[loopback].Close(); err != nil {
		t.Fatal(err)
	}
	delete(p.sockets, loopback)
	if n := len(p.GetListenAddresses()); n != all || p.sockets[loopback] == nil {
		t.Errorf("%d addresses, want %d again", n, all)
	}
	gone := netip.MustParseAddr("127.0.0.9")
	if err := p.open(gone); err != nil {
		t.Fatal(err)
	}
	if n := len(p.GetListenAddresses()); n != all || p.sockets[gone] == nil {
		t.Errorf("%d addresses, want %d without the one that is gone, whose socket is kept", n, all)
	}
}
