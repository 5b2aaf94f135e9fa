package station

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/impair"
)

// otherRules are rules that no accord of these tests begins with.
var otherRules = accord.Rules{Watch: accord.WatchNames, Tests: []accord.TimeOfDay{6 * 60}}

// aKeyOf is a principal's key that is of no use.
func aKeyOf(name string) accord.PrincipalKey {
	return accord.PrincipalKey{Name: name, RPID: "north.example", Origins: []string{"https://north.example"}, Credential: []byte("credential of " + name), PublicKey: []byte{0xa5}, Serial: 1}
}

// proposed is what a side shows of what a party proposes; "" if it proposes nothing.
func (a *accordWorld) proposed(side int, by string) (state string) {
	for _, p := range a.line(side, 0).Proposals {
		if p.By == by {
			return p.State
		}
	}
	return ""
}

// waits waits until one side's people are asked, and gives the id of what they are asked for.
func (a *accordWorld) waits(side int, limit time.Duration) (id string) {
	a.t.Helper()
	a.within(limit, "people are asked", func() bool { return a.proposed(side, "them") == api.ProposalWaiting })
	for _, p := range a.line(side, 0).Proposals {
		if p.By == "them" {
			id = p.ID
		}
	}
	return id
}

// rules are those that the station lives by.
func (a *accordWorld) rules(side int) (r accord.Rules) {
	a.must(a.st[side].do(func() { r = a.st[side].lines["line0"].rules }))
	return r
}

func (a *accordWorld) inForce(want accord.Rules) func() bool {
	return func() bool { return a.rules(0).Equal(want) && a.rules(1).Equal(want) }
}

// TestProposalApproved: new rules are shown to the other side's people at once, and are in force on both sides a
// moment after they approve them.
func TestProposalApproved(t *testing.T) {
	for side := range 2 {
		t.Run([]string{"north", "south"}[side], func(t *testing.T) {
			inAccordWorld(t, 2, func(a *accordWorld) {
				a.link(1, impair.Settings{Delay: 50 * time.Millisecond})
				a.link(2, impair.Settings{Delay: 50 * time.Millisecond})
				a.must(a.st[side].Propose("line0", accord.Change{Rules: &otherRules}))
				id := a.waits(1-side, 200*time.Millisecond)
				name := []string{"North", "South"}[side]
				n := a.line(1-side, 0).Notices
				if len(n) != 1 || !strings.HasPrefix(n[0].Text, name+" proposes new rules: each side sees who has the watch (until now how many") || n[0].Link != "/accord.html?line=line0" {
					t.Errorf("notices %+v", n)
				}
				time.Sleep(5 * time.Minute)
				if !a.inForce(accord.DefaultRules())() {
					t.Error("in force before anybody has approved it")
				}
				a.must(a.st[1-side].ApproveProposal("line0", id))
				if took := a.within(time.Second, "both have it", a.inForce(otherRules)); took > 300*time.Millisecond {
					t.Errorf("it took %v, want three ways of 50 ms and three ticks", took)
				}
				if n := a.agreed(); n != 1 || len(a.line(0, 0).Proposals)+len(a.line(1, 0).Proposals) != 0 || len(a.line(1-side, 0).Notices) != 0 {
					t.Errorf("%d amendments, proposals %v and %v", n, a.line(0, 0).Proposals, a.line(1, 0).Proposals)
				}
			})
		})
	}
}

// TestProposalRefused: who proposes is told at once, and may take note of it.
func TestProposalRefused(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		a.must(a.st[0].Propose("line0", accord.Change{Principal: &accord.PrincipalChange{Act: accord.Register, Key: aKeyOf("A. Weber")}}))
		id := a.waits(1, 100*time.Millisecond)
		a.must(a.st[1].RefuseProposal("line0", id))
		a.within(100*time.Millisecond, "north is told", func() bool { return a.proposed(0, "us") == api.ProposalRefused })
		if n := a.line(0, 0).Notices; len(n) != 1 || !strings.HasPrefix(n[0].Text, "South refused on 1 January at 00:00 UTC what was proposed. North proposes: a key is registered for North's principal A. Weber") {
			t.Errorf("notices %+v", n)
		}
		if len(a.line(1, 0).Proposals) != 0 {
			t.Error("south still shows what it refused")
		}
		// A verdict that was lost comes again when the question does.
		a.must(os.Remove(filepath.Join(a.read(0).Dir(), "verdict")))
		a.say(0, framed(kindMotion, a.read(0).OwnMotion.Text()))
		a.within(100*time.Millisecond, "north is told again", func() bool { return a.read(0).OwnMotion.Verdict == accord.Refused })
		for _, side := range []int{0, 1, 0} { // over a restart too
			a.kill(side)
			a.run(side)
		}
		a.within(5*time.Second, "the line opens", a.whole)
		time.Sleep(time.Minute)
		if a.proposed(0, "us") != api.ProposalRefused || a.proposed(1, "them") != "" {
			t.Errorf("north shows %q, south %q", a.proposed(0, "us"), a.proposed(1, "them"))
		}
		a.must(a.st[0].WithdrawProposal("line0"))
		if len(a.line(0, 0).Proposals)+len(a.line(0, 0).Notices) != 0 {
			t.Error("north still shows it")
		}
		// Asked again, it is another question.
		time.Sleep(time.Second)
		a.must(a.st[0].Propose("line0", accord.Change{Principal: &accord.PrincipalChange{Act: accord.Register, Key: aKeyOf("A. Weber")}}))
		if again := a.waits(1, 100*time.Millisecond); again == id {
			t.Error("the same proposal")
		}
	})
}

// TestProposalsCross: both ask at once and both are approved: the first party's comes first.
func TestProposalsCross(t *testing.T) {
	inAccordWorld(t, 2, func(a *accordWorld) {
		a.link(1, impair.Settings{Delay: 100 * time.Millisecond})
		a.link(2, impair.Settings{Delay: 100 * time.Millisecond})
		third := accord.Rules{Watch: accord.WatchStaffed}
		a.must(a.st[0].Propose("line0", accord.Change{Rules: &otherRules}))
		a.must(a.st[1].Propose("line0", accord.Change{Rules: &third}))
		n, s := a.waits(1, time.Second), a.waits(0, time.Second)
		a.must(a.st[1].ApproveProposal("line0", n))
		a.must(a.st[0].ApproveProposal("line0", s))
		a.propose(0, port(0, 1, 4401)) // and an address at the same moment
		a.propose(1, port(1, 2, 4402))
		a.within(5*time.Second, "both have it", a.inForce(third))
		a.within(5*time.Second, "north has moved", a.at(0, 1, 4401))
		a.within(5*time.Second, "south has moved", a.at(1, 2, 4402))
		if n := a.agreed(); n != 4 {
			t.Errorf("%d amendments, want 4", n)
		}
		for side := range 2 {
			if strings.Contains(a.log[side].String(), "refused") {
				t.Errorf("a crossing is no reason to complain: %s", a.log[side])
			}
		}
	})
}

// TestProposalLater: proposed, approved and counter-signed each with the line down, or the other side not running.
func TestProposalLater(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		cut := func(on bool) { a.link(1, impair.Settings{Cut: on}) }
		cut(true)
		time.Sleep(time.Minute)
		a.must(a.st[0].Propose("line0", accord.Change{Rules: &otherRules}))
		time.Sleep(time.Hour)
		a.kill(0)
		a.run(0)
		cut(false)
		id := a.waits(1, 15*time.Second)
		cut(true)
		time.Sleep(time.Minute)
		a.kill(1)
		a.run(1)
		if again := a.waits(1, time.Second); again != id {
			t.Errorf("proposal %s after a restart, want %s", again, id)
		}
		a.must(a.st[1].ApproveProposal("line0", id))
		if a.proposed(1, "them") != api.ProposalApproved {
			t.Errorf("south shows %q", a.proposed(1, "them"))
		}
		a.kill(1)
		a.run(1)
		time.Sleep(time.Hour)
		cut(false)
		a.within(15*time.Second, "both have it", a.inForce(otherRules))
		if n := a.agreed(); n != 1 {
			t.Errorf("%d amendments, want 1", n)
		}
		a.kill(0)
		a.kill(1)
		a.run(0)
		a.run(1)
		if !a.inForce(otherRules)() {
			t.Error("forgotten over a restart")
		}
	})
}

// TestProposalByCommand: what a command writes into the folder while the station runs or not counts the same.
func TestProposalByCommand(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		l := a.read(0)
		a.must(l.Move(time.Now(), accord.Change{Rules: &otherRules}))
		a.must(a.held[0].renew(a.read(0)))
		a.must(a.st[0].offer("line0"))
		a.waits(1, 100*time.Millisecond)
		a.kill(1)
		l = a.read(1)
		a.must(l.Decide(time.Now(), l.FarMotion.Digest(), accord.Approved))
		a.run(1)
		a.within(5*time.Second, "both have it", a.inForce(otherRules))
	})
}

// TestProposalTakenBack: what is proposed may be changed or taken back until it is approved; nobody approves another thing than was shown.
func TestProposalTakenBack(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		a.must(a.st[0].Propose("line0", accord.Change{Rules: &otherRules}))
		first := a.waits(1, time.Second)
		time.Sleep(time.Second)
		a.must(a.st[0].Propose("line0", accord.Change{Rules: &accord.Rules{Watch: accord.WatchNothing}}))
		a.within(time.Second, "south is shown the other one", func() bool { return a.waits(1, time.Second) != first })
		err := a.st[1].ApproveProposal("line0", first)
		if e, ok := err.(*api.Error); !ok || e.Code != "no-proposal" || !strings.Contains(e.Action, "look again") {
			t.Errorf("error %v", err)
		}
		a.must(a.st[0].WithdrawProposal("line0"))
		a.within(time.Second, "south is shown nothing", func() bool { return a.proposed(1, "them") == "" })
		for _, bad := range []error{
			a.st[0].WithdrawProposal("line0"), a.st[1].ApproveProposal("line0", "xx"), a.st[1].RefuseProposal("line0", strings.Repeat("0", 64)),
			a.st[0].Propose("line0", accord.Change{}), a.st[0].ProposeAccord("line0", api.NewProposal{}), a.st[0].Propose("nowhere", accord.Change{}),
			a.st[0].ProposeAccord("line0", api.NewProposal{Remove: "Nobody"}), a.st[0].ProposeAccord("line0", api.NewProposal{Rules: &api.Rules{Watch: "count", Tests: []string{"25:00"}}}),
			a.st[0].ProposeAccord("line0", api.NewProposal{Rules: &api.Rules{Watch: "count", Tests: []string{"20:00", "08:00"}, SuspendedText: true}}),
		} {
			if e, ok := bad.(*api.Error); !ok || e.Text == "" || e.Action == "" {
				t.Errorf("error %#v, want one that a person reads", bad)
			}
		}
		if l := a.read(0); l.OwnMotion != nil {
			t.Errorf("refused, but asked: %v", l.OwnMotion)
		}
	})
}

// TestProposalFlood: a hostile far side that changes its mind without end costs neither disk nor log, and an honest change is
// still agreed.
func TestProposalFlood(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		far := filepath.Join(t.TempDir(), "far")
		a.copy(1, far)
		home, err := accord.Open(far)
		a.must(err)
		l, err := home.Line(a.slug[1])
		a.must(err)
		shown := make(map[string]bool)
		for i := range 600 {
			a.must(l.Move(time.Now(), accord.Change{Rules: &accord.Rules{Watch: accord.WatchNothing, Tests: []accord.TimeOfDay{accord.TimeOfDay(i)}}}))
			a.say(1, framed(kindMotion, l.OwnMotion.Text()))
			a.say(1, []byte{kindVerdict})
			a.say(1, append([]byte{kindVerdict}, make([]byte, verdictSize)...))
			a.say(1, framed(kindMotion, []byte("ringdown motion 1\n")))
			time.Sleep(time.Second)
			for _, p := range a.line(0, 0).Proposals {
				shown[p.ID] = true
			}
		}
		if n := len(shown); n < motionBurst || n > motionBurst+600/60+1 {
			t.Errorf("people were shown %d proposals in ten minutes, want %d and one a minute", n, motionBurst)
		}
		if n := strings.Count(a.log[0].String(), "\n"); n > 12 {
			t.Errorf("the log has %d lines, want one a minute", n)
		}
		if files, err := os.ReadDir(a.read(0).Dir()); err != nil || len(files) > 12 {
			t.Errorf("the line's folder has %d files: %v", len(files), err)
		}
		time.Sleep(choreBurst * time.Second) // until its messages count again
		a.must(a.st[0].Propose("line0", accord.Change{Rules: &otherRules}))
		a.must(a.st[1].ApproveProposal("line0", a.waits(1, time.Second)))
		a.within(time.Second, "both have it", a.inForce(otherRules))
	})
}

// TestProposalForced: a far side that signs what nobody approved gets no signature, whatever it sends before.
func TestProposalForced(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		// A copy of both: there the far side's own people approve.
		var other [2]*accord.Line
		for side := range 2 {
			dir := filepath.Join(t.TempDir(), "other")
			a.copy(side, dir)
			home, err := accord.Open(dir)
			a.must(err)
			other[side], err = home.Line(a.slug[side])
			a.must(err)
		}
		now := time.Now()
		a.must(other[1].Move(now, accord.Change{Rules: &otherRules}))
		id := other[1].OwnMotion.Digest()
		_, err := other[1].HearVerdict(id, accord.Approved, now)
		a.must(err)
		forced := other[1].Pending.Text()
		a.say(1, framed(kindProposal, forced))
		a.say(1, framed(kindMotion, other[1].OwnMotion.Text()))
		a.say(1, framed(kindProposal, forced))
		said := slices.Concat([]byte{kindVerdict}, id[:], []byte{1}, binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli())))
		a.say(1, said) // as if north had asked for it
		time.Sleep(time.Minute)
		if n := len(a.read(0).Amendments); n != 0 || !a.inForce(accord.DefaultRules())() {
			t.Errorf("%d amendments", n)
		}
		if a.proposed(0, "them") != api.ProposalWaiting {
			t.Errorf("north shows %q", a.proposed(0, "them"))
		}
	})
}
