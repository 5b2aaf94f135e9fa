package station

import (
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

func (r *records) suspend(side int, reason string) {
	r.t.Helper()
	if _, err := r.st[side].Suspend(r.t.Context(), "line0", weber, api.Suspend{Reason: reason}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *records) resume(side int) {
	r.t.Helper()
	if _, err := r.st[side].Resume(r.t.Context(), "line0", weber, api.Resume{}); err != nil {
		r.t.Fatal(err)
	}
}

// suspended names who has suspended the right to call, as a side sees it.
func (r *records) suspended(side int) string {
	var by []string
	for _, x := range r.line(side, 0).Suspended {
		by = append(by, x.By+": "+x.Reason)
	}
	return strings.Join(by, "; ")
}

// TestSuspension: the other side knows at once, why and since when; no call passes either way, and each
// caller is told the reason; text passes; when it is restored, calls do.
func TestSuspension(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		north, south := r.phone(0), r.phone(1)
		begin := time.Now()
		r.suspend(1, "their exercise")
		if got := r.within(time.Second, "north is told", func() bool { return r.suspended(0) == "them: their exercise" }); got > 200*time.Millisecond {
			t.Errorf("north was told after %v", got)
		}
		r.within(time.Second, "south shows it", func() bool { return r.suspended(1) == "us: their exercise" })
		x := r.line(0, 0).Suspended[0]
		if x.At.Sub(begin).Abs() > time.Millisecond || x.Who != "A. Weber" {
			t.Errorf("north sees %+v", x)
		}
		if !r.noticed(0, "South has suspended the right to call since 00:00 UTC on 1 January: their exercise.") {
			t.Errorf("notices %q", r.notices(0))
		}
		for _, p := range []*phone{north, south} {
			for _, drill := range []bool{false, true} {
				err := p.seat.Do(api.ToStation{Type: "call", Slug: "line0", Drill: drill})
				if codeOf(err) != "suspended" {
					t.Errorf("side %d, drill %v: %v", p.side, drill, err)
				}
			}
		}
		r.say(0, "text passes")
		r.within(2*time.Second, "text passes", func() bool { return r.stage(0, "text passes") == api.StageDelivered })
		for side := range 2 {
			if _, err := r.st[side].Resume(r.t.Context(), "line0", weber, api.Resume{}); (err == nil) != (side == 1) {
				t.Errorf("restored by side %d: %v", side, err)
			}
		}
		r.within(time.Second, "both know", func() bool { return r.suspended(0)+r.suspended(1) == "" })
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		if north.ringCount()+south.ringCount() != 1 {
			t.Error("a bell sounded while calls were suspended")
		}
	})
}

// TestSuspensionCutsOffNobody: people who speak go on; who waits for an answer is told why it ends.
func TestSuspensionCutsOffNobody(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		north, south := r.phone(0), r.phone(1)
		r.answer(north, south)
		r.suspend(1, "an exercise")
		time.Sleep(10 * time.Second)
		if !r.callIs(0, api.CallActive)() || !r.callIs(1, api.CallActive)() {
			t.Fatal("the call was cut off")
		}
		north.press("hangup")
		r.resume(1)
		time.Sleep(time.Second)
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		r.suspend(1, "another exercise")
		r.within(time.Second, "it ends", r.callIs(0, api.CallEnded))
		if c := r.line(0, 0).Call; c.Reason != api.EndSuspended || c.EndedBy != "them" {
			t.Errorf("it ended: %s by %s", c.Reason, c.EndedBy)
		}
	})
}

// TestSuspensionWithoutText: if the accord says so, text is refused too, with the reason; what comes all the same is kept.
func TestSuspensionWithoutText(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		was := r.change
		r.change = func(side int, o *LineOptions) {
			was(side, o)
			o.Agreed.Rules = accord.DefaultRules()
			o.Agreed.Rules.SuspendedText = side == 1 // south does not hold to it
		}
		r.startAll()
		r.suspend(1, "an exercise")
		r.within(time.Second, "north is told", func() bool { return r.suspended(0) != "" })
		_, err := r.of(0).Send(r.t.Context(), api.NewMessage{Text: "hello"})
		if codeOf(err) != "suspended" || !strings.Contains(err.Error(), "suspended by South since 00:00 UTC on 1 January") {
			t.Errorf("a message: %v", err)
		}
		if _, err := r.of(0).Matter(r.t.Context(), api.MatterAct{Act: "open", Title: "hello"}); codeOf(err) != "suspended" {
			t.Errorf("a matter: %v", err)
		}
		r.say(1, "all the same")
		r.within(2*time.Second, "it is kept and shown", func() bool { _, ok := r.item(0, "all the same"); return ok })
		r.resume(1)
		r.within(time.Second, "both know", func() bool { return r.suspended(0)+r.suspended(1) == "" })
		r.say(0, "hello again")
	})
}

// TestSuspensionOutlivesRestarts: both sides know it from the record, whoever was killed, and a side that was not there
// learns it when the line is back. It holds here at once, though the line is down.
func TestSuspensionOutlivesRestarts(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.kill(0)
		r.within(3*time.Second, "the line is down", func() bool { return r.line(1, 0).State == api.LineDown })
		south := r.phone(1)
		r.suspend(1, "an exercise")
		r.within(time.Second, "it holds here", func() bool { return r.suspended(1) == "us: an exercise" })
		if err := south.seat.Do(api.ToStation{Type: "call", Slug: "line0"}); codeOf(err) != "suspended" {
			t.Errorf("a call: %v", err)
		}
		r.kill(1)
		r.start(1)
		r.within(3*time.Second, "it holds after a restart, still unnumbered", func() bool { return r.suspended(1) == "us: an exercise" })
		r.start(0)
		r.within(10*time.Second, "north learns it", func() bool { return r.suspended(0) == "them: an exercise" })
		for _, side := range []int{0, 1, 0} {
			r.kill(side)
			r.start(side)
			r.open(10 * time.Second)
			r.within(3*time.Second, "both know after a restart", func() bool { return r.suspended(0) == "them: an exercise" && r.suspended(1) == "us: an exercise" })
		}
		north := r.phone(0)
		if err := north.seat.Do(api.ToStation{Type: "call", Slug: "line0"}); codeOf(err) != "suspended" {
			t.Errorf("a call: %v", err)
		}
		r.resume(1)
		r.within(time.Second, "both know", func() bool { return r.suspended(0)+r.suspended(1) == "" })
		r.settle(20 * time.Second)
		r.same()
	})
}

// TestSuspensionIsReadFromTheRecordAlone: a station that lost what it had derived reads all of the record again, however
// long, and a station whose disk was lost learns it from the other.
func TestSuspensionIsReadFromTheRecordAlone(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.suspend(0, "ours")
		r.suspend(1, "theirs")
		r.sayMany(0, 300, "a message")
		r.settle(20 * time.Second)
		time.Sleep(keepEvery + time.Second)
		r.kill(0)
		st := r.disk[0].Again()
		if err := st.Set(map[string][]byte{trialsKey: nil}); err != nil {
			t.Fatal(err)
		}
		r.start(0)
		want := "them: theirs; us: ours"
		r.within(5*time.Second, "it is read again", func() bool { return r.suspended(0) == want })
		r.kill(0)
		r.disk[0] = store.NewMemory()
		r.start(0)
		r.within(60*time.Second, "it comes back", func() bool { return r.suspended(0) == want })
	})
}

// TestBothSuspend: each side restores its own alone.
func TestBothSuspend(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.suspend(0, "ours")
		r.suspend(1, "theirs")
		r.within(time.Second, "north knows both", func() bool { return r.suspended(0) == "them: theirs; us: ours" })
		if _, err := r.st[0].Suspend(r.t.Context(), "line0", weber, api.Suspend{Reason: "again"}); codeOf(err) != "suspended" {
			t.Errorf("suspended twice: %v", err)
		}
		for _, reason := range []string{"", " \t ", strings.Repeat("x", 257)} {
			if _, err := r.st[0].Suspend(r.t.Context(), "line0", weber, api.Suspend{Reason: reason}); err == nil {
				t.Errorf("suspended for %q", reason)
			}
		}
		r.resume(0)
		r.within(time.Second, "theirs is left", func() bool { return r.suspended(0) == "them: theirs" && r.suspended(1) == "us: theirs" })
		if _, err := r.st[0].Resume(r.t.Context(), "line0", weber, api.Resume{}); codeOf(err) != "not-suspended" {
			t.Errorf("restored twice: %v", err)
		}
	})
}

// enterAs has a side enter what its station never would.
func (r *records) enterAs(side int, d replica.Draft) {
	r.t.Helper()
	if err := r.st[side].onLine("line0", func(e *lineEnd, _ time.Time) error { e.clerk.enter(d); return nil }); err != nil {
		r.t.Fatal(err)
	}
}

// TestBackdatedSuspension: a suspension that claims to be older than it is holds from when it came, and people are
// shown both times.
func TestBackdatedSuspension(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		time.Sleep(3 * time.Minute)
		north, south := r.phone(0), r.phone(1)
		r.answer(north, south)
		north.press("hangup")
		r.enterAs(1, replica.Draft{Time: time.Now().Add(-time.Hour), Body: record.Right{Act: record.RightSuspended, Who: "nobody", Text: "we said so long ago"}})
		r.within(time.Second, "north knows", func() bool { return r.suspended(0) != "" })
		if !r.noticed(0, "since 23:03 UTC on 31 December, as they say, and known here since 00:03 UTC on 1 January: we said so long ago.") {
			t.Errorf("notices %q", r.notices(0))
		}
	})
}

// TestSuspensionBehindDamage: an entry that cannot be read stands in the way of nothing, and what is behind it
// is known when it is mended.
func TestSuspensionBehindDamage(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.sayMany(1, 20, "a message")
		r.suspend(1, "theirs")
		r.settle(20 * time.Second)
		r.kill(0)
		if err := r.disk[0].Again().Set(map[string][]byte{trialsKey: nil}); err != nil {
			t.Fatal(err)
		}
		r.disk[0].Lose(store.Far, 3)
		r.start(0)
		r.open(10 * time.Second)
		r.within(5*time.Minute, "it is known again", func() bool { return r.suspended(0) == "them: theirs" })
	})
}
