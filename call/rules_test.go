package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ringdown/wire"
)

// answeredPair is a call placed at a and answered at b.
func answeredPair(t *testing.T, skew time.Duration) *pair {
	t.Helper()
	return baseline(t, baselines["active"], skew, 1)
}

// Two that cross are simply connected, whichever id is the lower, however far
// the clocks stand apart, whichever signal arrives first. Both ladders then show
// the same figures, each by its author's clock.
func TestCrossingWithClocksApart(t *testing.T) {
	both := 0
	for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		for seed := range uint64(8) {
			for order := range 4 {
				t.Run(fmt.Sprintf("clocks %v apart, seed %d, order %d", skew, seed, order), func(t *testing.T) {
					if cross(t, baseline(t, "meet", skew, seed), order) {
						both++
					}
				})
			}
		}
	}
	if both == 0 {
		t.Error("the side whose call lived never named the other")
	}
}

// cross reports whether both sides name both calls.
func cross(t *testing.T, p *pair, order int) bool {
	calledAt := map[*end]time.Time{p.a: p.at(p.a), p.b: p.at(p.b).Add(7 * time.Millisecond)}
	_ = p.a.m.Call(p.at(p.a), "c1", false)
	p.pass(7 * time.Millisecond)
	_ = p.b.m.Call(p.at(p.b), "c1", false)
	p.pass(40 * time.Millisecond)
	first, second := p.a, p.b
	if order&1 != 0 {
		first, second = second, first
	}
	p.carry(first)
	if order&2 != 0 {
		p.pass(30 * time.Millisecond) // what first said then may have been replaced
	}
	p.carry(second)
	p.must(t)
	for _, e := range p.ends() {
		v := e.m.View()
		if v.State != Active || v.Console != "c1" {
			t.Fatalf("%s is %s at %q", e.name, v.State, v.Console)
		}
		if len(e.told) != 0 {
			t.Errorf("%s rang: %v", e.name, e.told)
		}
		for _, s := range v.Steps {
			author := e
			if s.By == Them {
				author = p.other(e)
			}
			if s.Name == RungCalled && !s.At.Equal(calledAt[author]) {
				t.Errorf("%s shows that %s called at %v, want %v", e.name, author.name, s.At, calledAt[author])
			}
		}
		if n := len(v.Steps); n != 3 || v.Steps[1].Name != RungCalled {
			t.Errorf("%s shows %v: want two called and one answered", e.name, v.Steps)
		}
	}
	lower, higher := p.a.m.View(), p.b.m.View()
	if !lower.Outgoing {
		lower, higher = higher, lower
	}
	if higher.Outgoing || higher.Crossed.Compare(higher.ID) <= 0 {
		t.Errorf("the call that lives is %s, the one that yielded %s", higher.ID, higher.Crossed)
	}
	if !lower.Crossed.IsZero() && lower.Crossed != higher.Crossed {
		t.Errorf("one side says that %s yielded, the other %s", lower.Crossed, higher.Crossed)
	}
	return !lower.Crossed.IsZero()
}

// The far side goes on to another call, and what it said last of ours was never heard.
func TestPresumedEnds(t *testing.T) {
	cases := []struct {
		name, script string
		after        time.Duration
		reason       wire.Reason
		by           Side
	}{
		{"placed here, reached", "a calls; meet", time.Second, wire.Declined, Them},
		{"offered here", "b calls; meet", time.Second, wire.Cancelled, Them},
		{"answered here, unheard", "b calls; meet; a answers", time.Second, wire.Cancelled, Them},
		{"answered", "b calls; meet; a answers; meet", time.Second, wire.HungUp, Them},
		{"rang out", "b calls; meet", RingLimit, wire.NoAnswer, Nobody},
		{"held out", "b calls; meet; a answers; meet; b loses c1; meet", HoldLimit, wire.ConsoleLost, Nobody},
	}
	for _, c := range cases {
		p := baseline(t, c.script, 0, 1)
		p.now = p.now.Add(c.after)
		old := p.a.m.call
		p.a.m.FarSignal(p.now, wire.Signal{Call: wire.CallID{255}, Step: wire.StepCalling, At: [3]int64{1}})
		if old.reason != c.reason || old.endedBy != c.by {
			t.Errorf("%s: ended as %q by %q, want %q by %q", c.name, old.reason, old.endedBy, c.reason, c.by)
		}
		if v := p.a.m.View(); v.ID == old.id || v.State != Incoming {
			t.Errorf("%s: the new call is %s", c.name, v.State)
		}
		if s := old.signal(0); (s.At[2] != 0) != (c.by == Nobody) {
			t.Errorf("%s: %v claims their end as ours", c.name, s)
		}
	}
}

// A far side that knows of no call any more was started again, whether that was
// announced or not.
func TestForgottenWithoutNotice(t *testing.T) {
	for script, want := range map[string]string{
		"a calls; meet":                      "calling, not reached",
		"b calls; meet":                      "ended: station restarted",
		"a calls; meet; b answers; meet":     "ended: station restarted",
		"a calls":                            "calling, not reached",
		"a calls; meet; a hangs up; meet":    "ended: cancelled by us",
		"a calls; b calls; meet; a loses c1": "ended: station restarted",
	} {
		p := baseline(t, script, 0, 1)
		p.a.m.FarSignal(p.now, wire.Signal{Ready: 1})
		if got := brief(p.a.m.View()); got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}

// A far side that follows an end of ours that we know nothing of has seen us
// before we were started again, or lies: we do not say that we ended it.
func TestFollowerOfNothing(t *testing.T) {
	for _, script := range []string{"a calls; meet", "b calls; meet", "a calls; meet; b answers; meet"} {
		p := baseline(t, script, 0, 1)
		id := p.a.m.View().ID
		p.a.m.FarSignal(p.now, wire.Signal{Call: id, Step: wire.StepEnded, Reason: wire.HungUp})
		if got := brief(p.a.m.View()); got != "ended: station restarted" {
			t.Errorf("%s: %s", script, got)
		}
	}
}

// A call of theirs that waits behind ours rings when ours is over, but not from
// what was said before the line went down.
func TestWaitingBehindOurs(t *testing.T) {
	p := baseline(t, "a calls", 0, 1)
	m := p.a.m
	m.FarSignal(p.now, wire.Signal{Call: wire.CallID{255}, Step: wire.StepCalling, At: [3]int64{1}})
	m.LineDown(p.now)
	_ = m.HangUp(p.now)
	if got := brief(m.View()); got != "ended: cancelled by us" {
		t.Errorf("with the line down: %s", got)
	}
	m.LineUp(p.now)
	if got := brief(m.View()); got != "incoming at 0" {
		t.Errorf("with the line up again: %s", got)
	}
}

// A call that waits its turn and is given up leaves nothing to do.
func TestWaitingIsGivenUp(t *testing.T) {
	p := baseline(t, "meet", 0, 1)
	var last wire.CallID
	for range newCalls + 3 {
		last = p.b.id()
		p.a.m.FarSignal(p.now, wire.Signal{Call: last, Step: wire.StepCalling, At: [3]int64{1}})
	}
	if _, due := p.a.m.Deadline(); !due {
		t.Fatal("nothing waits")
	}
	p.a.m.FarSignal(p.now, wire.Signal{Ready: 1})
	if at, due := p.a.m.Deadline(); due {
		t.Errorf("something is due at %v", at)
	}
}

// "Ringing" rests on a count of bells.
func TestRingingAtNone(t *testing.T) {
	p := baseline(t, "a calls; meet", 0, 1)
	id := p.a.m.View().ID
	p.a.m.FarSignal(p.now, wire.Signal{Call: id, Step: wire.StepRinging, At: [3]int64{1, 0, 1}})
	if got := brief(p.a.m.View()); got != "calling, reached, 0 ready there" {
		t.Error(got)
	}
}

// Nobody is ready at a station that stops.
func TestStoppingIsNotReady(t *testing.T) {
	p := baseline(t, "meet", 0, 1)
	before := p.a.m.Signal().Ready
	p.a.m.Stop(p.now)
	if after := p.a.m.Signal().Ready; before != 2 || after != 0 {
		t.Errorf("%d ready before, %d after", before, after)
	}
}

// A far side that makes up calls rings our bells only so often, and the newest
// is the one that rings in the end.
func TestNewCallsAreRationed(t *testing.T) {
	p := baseline(t, "meet", 0, 1)
	m := p.a.m
	began := map[wire.CallID]bool{}
	var last wire.CallID
	for i := range 10_000 {
		p.pass(time.Millisecond)
		last = p.b.id()
		m.FarSignal(p.now, wire.Signal{Call: last, Step: wire.StepCalling, At: [3]int64{int64(i + 1)}})
		began[m.View().ID] = true
	}
	if n, most := len(began), newCalls+10+1; n > most {
		t.Errorf("%d calls began in 10 s, want at most %d", n, most)
	}
	if len(m.past) > pastCalls {
		t.Errorf("%d ended calls are remembered, want at most %d", len(m.past), pastCalls)
	}
	p.pass(newCallEvery)
	if v := m.View(); v.ID != last || v.State != Incoming {
		t.Errorf("call %s is %s, want %s incoming", v.ID, v.State, last)
	}
	p.pass(30 * time.Second)
	m.FarSignal(p.now, wire.Signal{Call: p.b.id(), Step: wire.StepCalling, At: [3]int64{1}})
	if v := m.View(); v.ID == last {
		t.Error("a call long after waits too")
	}
}

// A person who lifts while a call waits its turn takes that call.
func TestAPersonDoesNotWait(t *testing.T) {
	p := baseline(t, "meet", 0, 1)
	var last wire.CallID
	for range newCalls + 3 {
		last = p.b.id()
		p.a.m.FarSignal(p.now, wire.Signal{Call: last, Step: wire.StepCalling, At: [3]int64{1}})
	}
	if v := p.a.m.View(); v.State != Ended || v.ID == last {
		t.Fatalf("call %s is %s: want the last to wait", v.ID, v.State)
	}
	if err := p.a.m.Call(p.now, "c1", false); err != nil {
		t.Fatal(err)
	}
	if v := p.a.m.View(); v.State != Active || v.ID != last {
		t.Errorf("call %s is %s, want %s active", v.ID, v.State, last)
	}
}

// A far station that goes in and out of a hold fills its own part of the ladder
// only, and the newest stays.
func TestLadderIsBounded(t *testing.T) {
	p := answeredPair(t, 0)
	_, m := p.b.m, p.a.m
	m.Lost(p.now, "c1")
	m.Back(p.now.Add(time.Second), "c1")
	id, at := m.View().ID, p.now.UnixMilli()
	for i := range int64(100) {
		m.FarSignal(p.now, wire.Signal{Call: id, Step: wire.StepHeld, Reason: wire.ConsoleLost, At: [3]int64{at, at + 1, at + 2*i}})
		m.FarSignal(p.now, wire.Signal{Call: id, Step: wire.StepActive, At: [3]int64{at, at + 1, at + 2*i + 1}})
	}
	steps := m.View().Steps
	count := func(by Side) (n int) {
		for _, s := range steps {
			if s.By == by && s.Name.repeats() {
				n++
			}
		}
		return n
	}
	if count(Us) != 2 || count(Them) != mostHolds {
		t.Errorf("%d of our holds, want 2; %d of theirs, want %d", count(Us), count(Them), mostHolds)
	}
	if last := steps[len(steps)-1]; last.At.UnixMilli() != at+2*99+1 {
		t.Errorf("the last rung is %v", last)
	}
}

// Each reason that a far side may give, by its role, and what we make of it.
func TestReasonsByRole(t *testing.T) {
	all := []wire.Reason{wire.ReasonNone, wire.HungUp, wire.Declined, wire.NoAnswer, wire.NobodyReady, wire.NotReached,
		wire.Cancelled, wire.ConsoleLost, wire.LineLost, wire.Restarted, wire.Stopping, 200}
	cases := []struct {
		name, script string
		instead      map[wire.Reason]wire.Reason // where not as given
	}{
		{"the called side, before it answered", "a calls; meet", map[wire.Reason]wire.Reason{wire.ReasonNone: wire.Declined,
			wire.NotReached: wire.Declined, wire.Cancelled: wire.Declined, 200: wire.Declined}},
		{"the called side, after it answered", "a calls; meet; b answers; meet", map[wire.Reason]wire.Reason{wire.ReasonNone: wire.HungUp,
			wire.NotReached: wire.HungUp, wire.Cancelled: wire.HungUp, 200: wire.HungUp}},
		{"the caller, before the answer", "b calls; meet", map[wire.Reason]wire.Reason{wire.ReasonNone: wire.Cancelled,
			wire.HungUp: wire.Cancelled, wire.Declined: wire.Cancelled, wire.ConsoleLost: wire.Cancelled, wire.LineLost: wire.Cancelled,
			wire.NobodyReady: wire.NoAnswer, wire.NotReached: wire.NoAnswer, 200: wire.Cancelled}},
		{"the caller, after the answer", "b calls; meet; a answers; meet", map[wire.Reason]wire.Reason{wire.ReasonNone: wire.HungUp,
			wire.Declined: wire.HungUp, wire.NobodyReady: wire.NoAnswer, wire.NotReached: wire.NoAnswer, 200: wire.HungUp}},
	}
	for _, c := range cases {
		for _, r := range all {
			p := baseline(t, c.script, 0, 1)
			id, at := p.a.m.View().ID, p.now.UnixMilli()
			p.a.m.FarSignal(p.now, wire.Signal{Call: id, Step: wire.StepEnded, Reason: r, At: [3]int64{at, 0, at + 9}})
			expect := r
			if other, ok := c.instead[r]; ok {
				expect = other
			}
			v := p.a.m.View()
			if v.State != Ended || v.Reason != expect || (v.EndedBy == Them) != chosen(expect) || v.EndedBy == Us {
				t.Errorf("%s says %q: we show %q by %q, want %q", c.name, r, v.Reason, v.EndedBy, expect)
			}
		}
	}
}

// Steps that its role does not allow the far side change nothing.
func TestImpossibleSteps(t *testing.T) {
	cases := []struct {
		name, script string
		steps        []wire.Step
	}{
		{"our call comes back as theirs", "a calls", []wire.Step{wire.StepCalling}},
		{"an answered call rings again", "a calls; meet; b answers; meet", []wire.Step{wire.StepCalling, wire.StepReached, wire.StepRinging}},
		{"answered, and nobody here lifted", "b calls; meet", []wire.Step{wire.StepReached, wire.StepRinging, wire.StepActive, wire.StepHeld}},
		{"no such step", "a calls", []wire.Step{wire.StepNone, 7, 255}},
	}
	for _, c := range cases {
		for _, step := range c.steps {
			p := baseline(t, c.script, 0, 1)
			before := p.a.m.View()
			p.a.m.FarSignal(p.now, wire.Signal{Call: before.ID, Step: step, Ringing: 3, Ready: p.a.m.heard.Ready, At: [3]int64{1, 2, 3}})
			if v := p.a.m.View(); v.Summary != before.Summary || !slices.Equal(v.Steps, before.Steps) {
				t.Errorf("%s (%s): from %+v to %+v", c.name, step, before, v)
			}
		}
	}
}

// An honest clock that is set back or ahead in mid-call turns no order round.
func TestClockSetInMidCall(t *testing.T) {
	for _, jump := range []time.Duration{-time.Hour, time.Hour} {
		p := baseline(t, "a calls; meet", 0, 1)
		p.b.skew = jump
		p.bells(p.b)
		if err := p.b.m.Answer(p.at(p.b), "c1"); err != nil && jump < 0 {
			t.Fatal(err)
		}
		_ = p.b.m.HangUp(p.at(p.b))
		p.must(t)
		for _, e := range p.ends() {
			last := map[Side]time.Time{}
			for _, s := range e.m.View().Steps {
				if !s.At.After(last[s.By]) {
					t.Errorf("clock set by %v: %s shows %v", jump, e.name, e.m.View().Steps)
				}
				last[s.By] = s.At
			}
		}
	}
}

// Times far off are shown as bounded as any; negative ones are not shown.
func TestTimesFarOff(t *testing.T) {
	for _, at := range []int64{-1 << 63, -1, 0, 1, 1<<48 - 1, 1<<63 - 1} {
		p := baseline(t, "meet", 0, 1)
		p.a.m.FarSignal(p.now, wire.Signal{Call: p.b.id(), Step: wire.StepCalling, At: [3]int64{at, at, at}})
		v := p.a.m.View()
		if v.State != Incoming {
			t.Errorf("called at %d: %s", at, v.State)
		}
		for _, s := range v.Steps {
			if y := s.At.Year(); y < 1970 || y > 9999 {
				t.Errorf("called at %d is shown in the year %d", at, y)
			}
		}
	}
}

// While the far side still takes a call of its own for live that was declined
// here, a call placed here has the lower id, so the two never wait for each other.
func TestFreshIDYieldsTheirs(t *testing.T) {
	for seed := range uint64(200) {
		p := baseline(t, "b calls; meet", 0, seed)
		theirs := p.a.m.View().ID
		_ = p.a.m.Decline(p.now, "c1")
		_ = p.a.m.Call(p.now, "c1", false)
		if ours := p.a.m.View().ID; ours.Compare(theirs) >= 0 || ours.IsZero() {
			t.Fatalf("ours is %s, theirs %s", ours, theirs)
		}
	}
}

// An idle line costs the loop nothing, and a signal that comes again no memory.
func TestNothingIsAllocated(t *testing.T) {
	p := answeredPair(t, 0)
	m := p.a.m
	if n := testing.AllocsPerRun(100, func() { m.Advance(p.now) }); n != 0 {
		t.Errorf("Advance allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { m.FarSignal(p.now, p.b.signal) }); n != 0 {
		t.Errorf("FarSignal allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = m.Deadline(); _ = m.Signal(); _ = m.Speaker() }); n != 0 {
		t.Errorf("Deadline, Signal and Speaker allocate %v times", n)
	}
}

// The names are those that the API and the record use.
func TestNames(t *testing.T) {
	for got, want := range map[fmt.Stringer]string{
		Idle: "", Calling: "calling", Ringing: "ringing", Incoming: "incoming", Active: "active", Held: "held", Ended: "ended", State(99): "state 99",
		NotHeld: "", HeldOurConsole: "our console lost", HeldFarConsole: "their console lost", HeldLine: "line down",
		Nobody: "", Us: "us", Them: "them",
		RungCalled: "called", RungReached: "reached", RungRinging: "ringing", RungAnswered: "answered",
		RungHeld: "held", RungResumed: "resumed", RungEnded: "ended", Rung(99): "rung 99",
	} {
		if got.String() != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func BenchmarkAdvanceIdle(b *testing.B) {
	m := New(newEnd("a", 0, 1), nil)
	for b.Loop() {
		m.Advance(start)
	}
}

func BenchmarkWholeCall(b *testing.B) {
	b.ReportAllocs()
	p := newPair(0, 1)
	for _, e := range p.ends() {
		e.m.LineUp(p.at(e))
		e.m.Ready(p.at(e), "c1", true)
	}
	for b.Loop() {
		_ = p.a.m.Call(p.at(p.a), "c1", false)
		p.carry(p.a)
		p.bells(p.b)
		p.carry(p.b)
		_ = p.b.m.Answer(p.at(p.b), "c1")
		p.carry(p.b)
		p.carry(p.a)
		_ = p.a.m.HangUp(p.at(p.a))
		p.carry(p.a)
		p.carry(p.b)
		p.now = p.now.Add(newCallEvery)
	}
}
