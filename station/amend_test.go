package station

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/impair"
	"ringdown/store"
)

// An accordWorld is a world whose two stations have real folders, with a real accord
// between them, and whose addresses may change.
type accordWorld struct {
	*world
	dir    [2]string
	slug   [2]string
	held   [2]*held
	fiddle [2]func(Amendments) Amendments // what a test puts between station and folder
	disk   [2]*store.Memory               // of the record; nil: none is kept
	log    [2]*strings.Builder
}

// endOf is a side's address on a path: its address there, and a port that amendments change.
func endOf(side int, path uint8, port int) accord.Address {
	return accord.Address(fmt.Sprintf("%s:%d", addr(side, path), port))
}

// inAgreed runs f with an accord over so many paths, agreed and confirmed.
func inAgreed(t *testing.T, paths uint8, f func(*accordWorld)) {
	t.Helper()
	dirs := [2]string{filepath.Join(t.TempDir(), "north"), filepath.Join(t.TempDir(), "south")}
	inWorld(t, 1, func(w *world) {
		a := &accordWorld{world: w, dir: dirs}
		a.agree(paths)
		f(a)
	})
}

// inAccordWorld runs f with both stations running and the line open.
func inAccordWorld(t *testing.T, paths uint8, f func(*accordWorld)) {
	t.Helper()
	inAgreed(t, paths, func(a *accordWorld) {
		a.run(0)
		a.run(1)
		a.within(5*time.Second, "the line opens", a.whole)
		f(a)
	})
}

func (a *accordWorld) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *accordWorld) agree(paths uint8) {
	a.t.Helper()
	now := time.Now()
	north, err := accord.Init(now, a.dir[0], "North")
	a.must(err)
	south, err := accord.Init(now, a.dir[1], "South")
	a.must(err)
	opt := accord.InviteOptions{For: "South"}
	ends := make(map[uint8]accord.Endpoint)
	for p := uint8(1); p <= paths; p++ {
		opt.Paths = append(opt.Paths, accord.OwnPath{Number: p, Name: fmt.Sprint("path ", p), End: accord.Endpoint{Address: endOf(0, p, worldPort)}})
		ends[p] = accord.Endpoint{Address: endOf(1, p, worldPort)}
	}
	invite, _, err := north.Invite(now, opt)
	a.must(err)
	accept, l1, err := south.Accept(now, invite, accord.AcceptOptions{Ends: ends})
	a.must(err)
	l0, err := north.Conclude(now, accept)
	a.must(err)
	a.slug = [2]string{l0.Slug, l1.Slug}
	words := l0.Accord.Words()
	for side, home := range []*accord.Home{north, south} {
		_, err := home.Confirm(now, a.slug[side], strings.Join(words[:], " "))
		a.must(err)
	}
}

// anyAddress has the simulated network's addresses stand for themselves, as if the
// machine had them.
func anyAddress() Config {
	cfg := defaults()
	cfg.Line.Bind = make(map[string]string)
	for side := range 2 {
		for path := uint8(1); path <= 2; path++ {
			for port := worldPort; port < worldPort+100; port++ {
				a := string(endOf(side, path, port))
				cfg.Line.Bind[a] = a
			}
		}
	}
	return cfg
}

// read opens a side's line as a command would.
func (a *accordWorld) read(side int) *accord.Line {
	a.t.Helper()
	home, err := accord.Open(a.dir[side])
	a.must(err)
	l, err := home.Line(a.slug[side])
	a.must(err)
	return l
}

// run starts a side from its folder, for the first time or again.
func (a *accordWorld) run(side int) {
	a.t.Helper()
	home, err := accord.Open(a.dir[side])
	a.must(err)
	h := &held{cfg: anyAddress(), line: a.read(side)}
	opt, err := h.options(context.Background())
	a.must(err)
	opt.Slug = "line0" // as the world calls it
	opt.Line.Certificate, err = LineCertificate(home.Keys().LineKey())
	a.must(err)
	if fiddle := a.fiddle[side]; fiddle != nil {
		opt.Amendments = fiddle(opt.Amendments)
	}
	if disk := a.disk[side]; disk != nil {
		opt.Record, err = recordOptions(a.dir[side], h.line, home.Keys())
		a.must(err)
		opt.Record.Open = func(string) (store.Store, error) { return disk.Again(), nil }
	}
	a.held[side], a.log[side] = h, new(strings.Builder)
	ctx, cancel := context.WithCancel(context.Background())
	s := New(Options{Name: home.Name().String(), Journal: a.kept[side], Log: slog.New(slog.NewTextHandler(a.log[side], nil)),
		Listen: func(at netip.AddrPort) (Conn, error) { return a.net.Listen(at) }})
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	a.must(s.AddLine(opt))
	a.st[side], a.stop[side], a.ended[side] = s, cancel, ended
}

// whole reports whether the line is open over every path at both sides.
func (a *accordWorld) whole() bool {
	return a.line(0, 0).State == api.LineOpen && a.line(1, 0).State == api.LineOpen
}

// propose changes a side's own ends, as "ringdown amend" does.
func (a *accordWorld) propose(side int, change map[uint8]accord.Endpoint) {
	a.t.Helper()
	l := a.read(side)
	_, err := l.ProposeAmendment(time.Now(), change)
	a.must(err)
	if a.st[side] != nil {
		a.must(a.held[side].renew(l))
		a.must(a.st[side].offer("line0"))
	}
}

// port is a change of a side's end of one path.
func port(side int, path uint8, n int) map[uint8]accord.Endpoint {
	return map[uint8]accord.Endpoint{path: {Address: endOf(side, path, n)}}
}

// at reports whether both sides use a port of side's end of a path, and the line is whole.
func (a *accordWorld) at(side int, path uint8, n int) func() bool {
	want := string(endOf(side, path, n))
	return func() bool {
		return a.line(side, 0).Paths[path-1].Local == want && a.line(1-side, 0).Paths[path-1].Remote == want && a.whole()
	}
}

// agreed is how many amendments both sides hold, the same ones.
func (a *accordWorld) agreed() int {
	a.t.Helper()
	north, south := a.read(0).AmendmentsAfter(0), a.read(1).AmendmentsAfter(0)
	if !slices.EqualFunc(north, south, slices.Equal) {
		a.t.Fatalf("north holds %d amendments, south %d, or they differ", len(north), len(south))
	}
	return len(north)
}

// TestAmend: the address of one path changes, and nobody in a call hears it.
func TestAmend(t *testing.T) {
	for side := range 2 {
		t.Run([]string{"north", "south"}[side], func(t *testing.T) {
			inAccordWorld(t, 2, func(a *accordWorld) {
				a.link(1, impair.Settings{Delay: 30 * time.Millisecond})
				a.link(2, impair.Settings{Delay: 30 * time.Millisecond})
				north, south := a.talk()
				time.AfterFunc(time.Second, func() { a.propose(side, port(side, 1, 4401)) })
				const n = 500
				go south.speak(0, n)
				north.speak(0, n)
				a.within(5*time.Second, "the path is at its new address", a.at(side, 1, 4401))
				time.Sleep(time.Second)
				if lost := south.missing(0, n, never) + north.missing(0, n, never); lost != 0 {
					t.Errorf("%d packets lost by the change", lost)
				}
				if c := a.line(0, 0).Call; c.State != api.CallActive || c.GapMS != 0 {
					t.Errorf("the call is %s after a gap of %d ms, want active without one", c.State, c.GapMS)
				}
				if n := a.agreed(); n != 1 {
					t.Errorf("%d amendments, want 1", n)
				}
				a.kill(0)
				a.kill(1)
				a.run(0)
				a.run(1)
				a.within(5*time.Second, "it stays there over a restart", a.at(side, 1, 4401))
			})
		})
	}
}

// TestAmendOnlyPath: even the only path may move: the call is held for less than a second.
func TestAmendOnlyPath(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		a.link(1, impair.Settings{Delay: 40 * time.Millisecond})
		north, south := a.talk()
		time.AfterFunc(time.Second, func() { a.propose(0, port(0, 1, 4401)) })
		const n = 500
		go south.speak(0, n)
		north.speak(0, n)
		a.within(5*time.Second, "the path is at its new address", a.at(0, 1, 4401))
		time.Sleep(time.Second)
		if lost := max(north.missing(0, n, never), south.missing(0, n, never)); lost > 50 {
			t.Errorf("%d packets lost, want those of a second at most", lost)
		}
		if c := a.line(0, 0).Call; c.State != api.CallActive {
			t.Errorf("the call is %s, want active", c.State)
		}
	})
}

// TestAmendCrossed: both propose at once. The first party's goes first, the second's
// follows; both come into force.
func TestAmendCrossed(t *testing.T) {
	inAccordWorld(t, 2, func(a *accordWorld) {
		a.link(1, impair.Settings{Delay: 100 * time.Millisecond})
		a.link(2, impair.Settings{Delay: 100 * time.Millisecond})
		a.propose(1, port(1, 2, 4402))
		a.propose(0, port(0, 1, 4401))
		a.within(5*time.Second, "north has moved", a.at(0, 1, 4401))
		a.within(5*time.Second, "south has moved", a.at(1, 2, 4402))
		if n := a.agreed(); n != 2 {
			t.Errorf("%d amendments, want 2", n)
		}
		if l := a.read(0); !l.Amendments[0].First || l.Amendments[1].First {
			t.Error("the second party's proposal went first")
		}
		for side := range 2 {
			if strings.Contains(a.log[side].String(), "refused") {
				t.Errorf("a crossing is no reason to complain: %s", a.log[side])
			}
		}
	})
}

// TestAmendLater: what is proposed while the line is down, or the other side does not run, or is
// started again at that moment, is agreed when it can be.
func TestAmendLater(t *testing.T) {
	inAccordWorld(t, 2, func(a *accordWorld) {
		a.link(1, impair.Settings{Cut: true})
		a.link(2, impair.Settings{Cut: true})
		time.Sleep(time.Minute)
		a.propose(0, port(0, 1, 4401))
		a.propose(1, port(1, 1, 4402))
		time.Sleep(time.Hour)
		a.link(1, impair.Settings{})
		a.link(2, impair.Settings{})
		a.within(15*time.Second, "north has moved", a.at(0, 1, 4401))
		a.within(15*time.Second, "south has moved", a.at(1, 1, 4402))

		a.kill(1)
		a.propose(0, port(0, 1, 4403))
		a.run(1) // before north has noticed
		a.within(15*time.Second, "north has moved again", a.at(0, 1, 4403))
		a.kill(0)
		a.propose(0, port(0, 2, 4404)) // with no station of its own running
		time.Sleep(time.Minute)
		a.run(0)
		a.within(15*time.Second, "north has moved its other path", a.at(0, 2, 4404))
		if n := a.agreed(); n != 4 {
			t.Errorf("%d amendments, want 4", n)
		}
	})
}

// A hooked keeper of amendments lets a test act when something has come into force, and
// counts what it was asked.
type hooked struct {
	Amendments
	countersigned func()
	asked         *atomic.Int64
}

func (h hooked) Countersign(p []byte) ([]byte, error) {
	if h.asked != nil {
		h.asked.Add(1)
	}
	m, err := h.Amendments.Countersign(p)
	if err == nil && h.countersigned != nil {
		h.countersigned()
	}
	return m, err
}

// TestAmendAnswerLost: every path moves at once, and the network fails when one side has
// counter-signed and the other does not know. They find each other again, whichever of
// them is started again meanwhile.
func TestAmendAnswerLost(t *testing.T) {
	restarts := map[string][]int{"nobody restarts": {}, "the proposer restarts": {0}, "the other restarts": {1}, "both restart": {0, 1}}
	for name, restart := range restarts {
		t.Run(name, func(t *testing.T) {
			inAgreed(t, 2, func(a *accordWorld) {
				cut := sync.OnceFunc(func() {
					a.link(1, impair.Settings{Cut: true})
					a.link(2, impair.Settings{Cut: true})
				})
				a.fiddle[1] = func(h Amendments) Amendments { return hooked{h, cut, nil} }
				a.run(0)
				a.run(1)
				a.within(5*time.Second, "the line opens", a.whole)
				time.Sleep(time.Minute)
				change := port(0, 1, 4401)
				maps.Copy(change, port(0, 2, 4402))
				a.propose(0, change)
				a.within(5*time.Second, "south has signed", func() bool { return len(a.read(1).Amendments) == 1 })
				time.Sleep(10 * time.Minute)
				for _, side := range restart {
					a.kill(side)
					a.run(side)
				}
				a.link(1, impair.Settings{})
				a.link(2, impair.Settings{})
				a.within(time.Minute, "north has moved", func() bool { return a.at(0, 1, 4401)() && a.at(0, 2, 4402)() })
				a.within(time.Second, "both hold the amendment", func() bool { return len(a.read(0).Amendments) == 1 })
				if n := a.agreed(); n != 1 {
					t.Errorf("%d amendments, want 1", n)
				}
			})
		})
	}
}

// TestAmendNotSigned: a proposal that the other side never saw does not keep a line down
// that could open over the old addresses.
func TestAmendNotSigned(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		a.link(1, impair.Settings{Cut: true})
		a.propose(0, port(0, 1, 4401))
		time.Sleep(time.Hour + 7*time.Second)
		a.link(1, impair.Settings{})
		a.within(40*time.Second, "the line opens over the old address", func() bool { return a.line(0, 0).State == api.LineOpen })
		a.within(40*time.Second, "north has moved", a.at(0, 1, 4401))
	})
}

// TestAmendMany: a side whose folder is older by many changes catches up.
func TestAmendMany(t *testing.T) {
	inAgreed(t, 2, func(a *accordWorld) {
		old := filepath.Join(t.TempDir(), "old")
		a.copy(1, old)
		const changes = mostMissed + 8
		north, south := a.read(0), a.read(1)
		for i := range changes {
			proposal, err := north.ProposeAmendment(time.Now(), port(0, 1, 4401+i))
			a.must(err)
			amendment, err := south.CountersignAmendment(proposal)
			a.must(err)
			a.must(north.ApplyAmendment(amendment))
		}
		a.dir[1] = old
		a.run(0)
		a.run(1)
		a.within(5*time.Second, "south has caught up", a.at(0, 1, 4400+changes))
		if n := a.agreed(); n != changes {
			t.Errorf("%d amendments, want %d", n, changes)
		}
	})
}

// copy makes another folder of a side's, as a backup would.
func (a *accordWorld) copy(side int, to string) {
	a.t.Helper()
	a.must(os.CopyFS(to, os.DirFS(a.dir[side])))
	a.must(tighten(to))
}

// tighten gives a copied folder the modes of a station's.
func tighten(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
}

// say sends a message on the entries' stream as a hostile station would.
func (a *accordWorld) say(side int, msg []byte) {
	a.must(a.st[side].do(func() { a.st[side].lines["line0"].sendMessage(msg) }))
}

// TestAmendRefused: what a hostile station says of addresses changes nothing, stops
// nothing, and fills neither the log nor the disk.
func TestAmendRefused(t *testing.T) {
	inAgreed(t, 2, func(a *accordWorld) {
		asked := new(atomic.Int64)
		a.fiddle[0] = func(h Amendments) Amendments { return hooked{h, nil, asked} }
		a.run(0)
		a.run(1)
		a.within(5*time.Second, "the line opens", a.whole)
		l := a.read(1)
		forged, err := l.ProposeAmendment(time.Now(), port(1, 1, 4409))
		a.must(err)
		a.must(os.Remove(filepath.Join(l.Dir(), "proposal")))
		bad := slices.Clone(forged)
		bad[len(bad)/2] ^= 1
		serial := binary.BigEndian.AppendUint32([]byte{kindSerial}, 1<<31)
		for _, msg := range [][]byte{{0}, {4, 1}, {kindSerial}, {kindSerial, 1}, serial, {kindProposal}, framed(kindProposal, bad),
			framed(kindProposal, make([]byte, 60000)), framed(kindAmendment, forged), {kindAmendment}} {
			a.say(1, msg)
		}
		for range 2000 {
			a.say(1, framed(kindProposal, bad))
			time.Sleep(10 * time.Millisecond)
		}
		if n := asked.Load(); n > choreBurst+20*chorePerSecond+1 {
			t.Errorf("the disk was asked %d times by 2000 messages in 20 s", n)
		}
		time.Sleep(time.Minute)
		if n := len(a.read(0).Amendments); n != 0 {
			t.Errorf("%d amendments came into force", n)
		}
		if !a.whole() {
			t.Errorf("the line is %s", a.describe(0))
		}
		if n := strings.Count(a.log[0].String(), "\n"); n > 4 {
			t.Errorf("the log has %d lines, want one a minute:\n%s", n, a.log[0])
		}
		a.propose(0, port(0, 1, 4401))
		a.within(5*time.Second, "an honest change is still agreed", a.at(0, 1, 4401))
	})
}

// TestAmendOften: a station that changes its addresses without end is stopped before
// it fills the other's disk, and may go on later.
func TestAmendOften(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		for i := range 60 {
			l := a.read(1)
			if l.Pending == nil {
				a.propose(1, port(1, 1, 4401+i))
			}
			time.Sleep(3 * time.Second)
		}
		if n := len(a.read(0).Amendments); n != changeBurst {
			t.Errorf("%d changes within three minutes, want %d", n, changeBurst)
		}
		if !strings.Contains(a.log[0].String(), errFlood.Error()) {
			t.Errorf("the log does not say so: %s", a.log[0])
		}
		a.link(1, impair.Settings{Cut: true}) // so that the hour is soon over
		time.Sleep(time.Hour)
		a.link(1, impair.Settings{})
		time.Sleep(time.Minute)
		if n := len(a.read(0).Amendments); n != changeBurst+1 {
			t.Errorf("%d changes an hour later, want one more than %d", n, changeBurst)
		}
	})
}

// TestAmendFork: a station that has signed two changes with one number is shown to people.
func TestAmendFork(t *testing.T) {
	inAccordWorld(t, 2, func(a *accordWorld) {
		other := [2]string{filepath.Join(t.TempDir(), "n"), filepath.Join(t.TempDir(), "s")}
		var lines [2]*accord.Line
		for side, dir := range other {
			a.copy(side, dir)
			home, err := accord.Open(dir)
			a.must(err)
			lines[side], err = home.Line(a.slug[side])
			a.must(err)
		}
		proposal, err := lines[1].ProposeAmendment(time.Now(), port(1, 1, 4408))
		a.must(err)
		fork, err := lines[0].CountersignAmendment(proposal)
		a.must(err)
		a.propose(0, port(0, 1, 4401))
		a.within(5*time.Second, "north has moved", a.at(0, 1, 4401))
		a.say(1, framed(kindAmendment, fork))
		a.within(time.Second, "people are told", func() bool {
			st := a.st[0].Status()
			return len(st.Notices) == 1 && strings.Contains(st.Notices[0].Text, "two different changes of the accord")
		})
		if !a.at(0, 1, 4401)() {
			t.Error("the change that came first is no longer in force")
		}
	})
}
