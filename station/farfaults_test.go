package station

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/message"
	"ringdown/presence"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/wire"
)

// TestClaimOfAnyName: a claim is answered whatever name it gives that the record takes, and keeps no other waiting.
func TestClaimOfAnyName(t *testing.T) {
	inWitnesses(t, 5, func(w *witnesses) {
		w.talking()
		b := w.asked(0)
		c := signed(w.soft[0], b, b)
		c.Credential[0]++
		w.atEnd(0, func(e *lineEnd) {
			e.clerk.enter(replica.Draft{ID: replica.NewID(), Time: e.s.opt.Now(), Call: b.Call,
				Body: record.Presence{Act: record.PresenceClaimed, Who: "\uFFFD", Claim: c}})
		})
		w.bothHave("0 claimed \uFFFD ", "1 refused \uFFFD its nonce was given out for another key")
		if list := w.notices(1); len(list) > 0 {
			t.Errorf("south has the notices %q", list)
		}
	})
}

// TestVerdictOfAnotherCall: a verdict that answers our claim as one of another call, or as a drill's, is shown by the record to
// answer nothing; so it is on the console.
func TestVerdictOfAnotherCall(t *testing.T) {
	for name, drill := range map[string]bool{"another call": false, "a drill": true} {
		t.Run(name, func(t *testing.T) {
			inWitnesses(t, 8, func(w *witnesses) {
				w.talking()
				touch := w.ask(0)
				w.atEnd(1, func(e *lineEnd) { // south says nothing of its own
					e.proving.desk, e.proving.judged = presence.Desk{}, budget{spent: claimsBurst, last: e.s.opt.Now()}
				})
				w.claim(0, touched(t, w.soft[0], touch))
				w.within(5*time.Second, "south has the claim", func() bool { return len(w.entered(1)) == 1 })
				id := w.callID()
				if !drill {
					id[0]++
				}
				w.enterAs(1, replica.Draft{Time: time.Now(), Call: id, About: []record.Ref{{Relation: record.Answers, Other: true, Number: w.state(0).Own.Size - 1}},
					Body: record.Presence{Act: record.PresenceVerified, Drill: drill, Who: "A. Weber"}})
				w.within(5*time.Second, "north has it", func() bool { return len(w.entered(0)) == 2 })
				time.Sleep(time.Second)
				if have := w.shown(0, 0); have != "A. Weber claimed " {
					t.Errorf("north shows %q", have)
				}
			})
		})
	}
}

// TestMissedWhateverChanges: what the other side enters of the accord, and a change of addresses that it makes alone, leaves a
// test missed; new times of tests make void what was due by the old ones, also after a restart.
func TestMissedWhateverChanges(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		slot := r.at(1)[0]
		time.Sleep(time.Until(slot.Add(29 * time.Minute)))
		for side := range r.st {
			r.enterAs(side, replica.Draft{Time: time.Now(), Body: record.AccordChange{Serial: 1}})
		}
		time.Sleep(time.Until(slot.Add(31 * time.Minute)))
		if m := r.test(0).Missed; len(m) != 1 {
			t.Errorf("missed %v, want one", m)
		}
		for side := range r.st {
			if err := r.st[side].onLine("line0", func(e *lineEnd, _ time.Time) error {
				rules := e.rules
				rules.Tests = []accord.TimeOfDay{2, 20 * 60}
				e.agree(Agreed{Rules: rules})
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(keepEvery + time.Second)
		if m := r.test(0).Missed; len(m) != 0 {
			t.Errorf("by the new times %v is missed", m)
		}
		was := r.change
		r.change = func(side int, o *LineOptions) { was(side, o); o.Agreed.Rules.Tests = []accord.TimeOfDay{2, 20 * 60} }
		r.kill(0)
		r.start(0)
		r.open(10 * time.Second)
		time.Sleep(time.Second)
		if m := r.test(0).Missed; len(m) != 0 {
			t.Errorf("by the new times %v is missed after a restart", m)
		}
	})
}

// TestTheHornIsRightAtLast: however often the other side suspends and restores, the hooks hear how it stands in the end, and what
// this side does is told at once.
func TestTheHornIsRightAtLast(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		h := r.withHooks(nil)
		r.startAll()
		for i := range 41 {
			body := record.Right{Act: record.RightSuspended, Who: "nobody", Text: fmt.Sprint("because ", i)}
			if i%2 == 1 {
				body = record.Right{Act: record.RightRestored, Who: "nobody"}
			}
			r.enterAs(1, replica.Draft{Time: time.Now(), Body: body})
			time.Sleep(500 * time.Millisecond)
		}
		r.within(time.Second, "it is suspended", func() bool { return r.suspended(0) != "" })
		told := func() (n int, last string) {
			for _, ev := range h.heard() {
				if ev == hookSuspended || ev == hookRestored {
					n, last = n+1, ev
				}
			}
			return n, last
		}
		before, _ := told()
		r.suspend(0, "ours")
		time.Sleep(2 * time.Second)
		if n, _ := told(); n != before+1 {
			t.Errorf("of ours the horn is told %d times, want once", n-before)
		}
		time.Sleep(5 * time.Minute)
		if _, last := told(); last != hookSuspended {
			t.Errorf("calls are suspended, and the horn was last told %q", last)
		}
		r.resume(0)
		time.Sleep(5 * time.Minute)
		if n, last := told(); last != hookRestored || n > 2*hookRightBurst {
			t.Errorf("told %d times, at last %q", n, last)
		}
	})
}

// TestWhoListensStays: however much people do in a call, who has joined it and not left is shown, and each voice has its name.
func TestWhoListensStays(t *testing.T) {
	tales, at := newTales(), time.Now()
	did := func(who string, step record.Step, speaks bool) {
		at = at.Add(time.Second)
		tales.take("them", at, record.CallStep{Step: step, Who: who, Role: record.RoleOfficer, Speaks: speaks})
	}
	did("A", record.StepJoined, true)
	did("B", record.StepJoined, true)
	did("V", record.StepJoined, false)
	did("A", record.StepLeft, false)
	for range 2 * mostRungs {
		did("C", record.StepAsked, false)
	}
	did("C", record.StepJoined, true)
	var got []string
	for _, j := range tales.in["them"] {
		got = append(got, fmt.Sprint(j.Person, " ", j.Talker))
	}
	if want := []string{"B 2", "V 0", "C 1"}; !slices.Equal(got, want) {
		t.Errorf("joined %q, want %q", got, want)
	}
	for i := range 2 * mostJoined {
		did(fmt.Sprint("O", i), record.StepJoined, false)
	}
	if list := tales.in["them"]; len(list) != mostJoined || list[0].Person != "B" || list[1].Person != "C" {
		t.Errorf("%d have joined, first %+v", len(list), list[:2])
	}
}

// TestTheirStepsCostNoLookUp: however much the other side enters of a call, each further word of its that both lifted costs as
// little to weigh: else a flood of them leaves no time for what this side enters.
func TestTheirStepsCostNoLookUp(t *testing.T) {
	alone(t)
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north, south := r.phone(0), r.phone(1)
		r.answer(north, south)
		var e *lineEnd
		var id record.CallID
		r.inLoop(func(end *lineEnd) { e, id = end, record.CallID(end.call.View().ID) })
		cost := func() (n float64) {
			done := make(chan struct{})
			e.clerk.must(func() {
				n = testing.AllocsPerRun(3, func() { e.clerk.ownSteps(id, false); e.clerk.ended(message.OpenCall{ID: id}) })
				close(done)
			})
			<-done
			return n
		}
		before := cost()
		for range 500 {
			r.enterAs(1, replica.Draft{Time: time.Now(), Call: id, Body: record.CallStep{Step: record.StepAsked}})
		}
		r.settle(20 * time.Second)
		if after := cost(); after > 2*before {
			t.Errorf("with 500 entries of theirs it costs %v allocations, without them %v", after, before)
		}
	})
}

// TestACallNamedAheadIsShown: a call that the other side said to have given up for one of ours, and then makes, has a row of its own.
func TestACallNamedAheadIsShown(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north, south := r.phone(0), r.phone(1)
		r.answer(north, south)
		var first record.CallID
		r.inLoop(func(e *lineEnd) { first = record.CallID(e.call.View().ID) })
		later := wire.CallID{9}
		r.enterAs(1, replica.Draft{Time: time.Now(), Call: first, Body: record.CallStep{Step: record.StepCrossed, Other: record.CallID(later)}})
		time.Sleep(time.Second)
		north.press("hangup")
		time.Sleep(time.Minute)
		at := time.Now().UnixMilli()
		r.inLoop(func(e *lineEnd) {
			e.call.FarSignal(e.s.opt.Now(), wire.Signal{Call: later, Step: wire.StepCalling, At: [3]int64{at, 0, 0}})
		})
		time.Sleep(10 * time.Second)
		r.inLoop(func(e *lineEnd) {
			e.call.FarSignal(e.s.opt.Now(), wire.Signal{Call: later, Step: wire.StepEnded, Reason: wire.Cancelled, At: [3]int64{at, 0, at + 10_000}})
		})
		time.Sleep(2 * time.Second)
		if north.ringCount() != 1 {
			t.Fatalf("north rang %d times: this shows nothing", north.ringCount())
		}
		var ids []string
		for _, it := range r.page(0, api.RecordQuery{Kinds: []string{"call"}}).Items {
			ids = append(ids, it.Call.ID)
		}
		if want := []string{record.CallID(later).String(), first.String()}; !slices.Equal(ids, want) {
			t.Errorf("north shows the calls %q, want %q", ids, want)
		}
	})
}

// TestAnIDUsedAgain: a call under the id of one that ended before stands where it rang, and does not lengthen what was spoken
// then; whoever had called then.
func TestAnIDUsedAgain(t *testing.T) {
	for _, ours := range []bool{false, true} {
		inRecords(t, 1, func(r *records) {
			r.profile = wire.Thin
			r.startAll()
			r.settle(5 * time.Second)
			north, south := r.phone(0), r.phone(1)
			caller, called := south, north
			if ours {
				caller, called = north, south
			}
			r.answer(caller, called)
			var first record.CallID
			r.inLoop(func(e *lineEnd) { first = record.CallID(e.call.View().ID) })
			time.Sleep(time.Minute)
			south.press("hangup")
			for range 6 { // until the machine has forgotten it
				time.Sleep(2 * time.Second)
				south.press("call")
				time.Sleep(2 * time.Second)
				south.press("hangup")
			}
			time.Sleep(10 * time.Minute)
			rang, at := north.ringCount(), time.Now()
			r.inLoop(func(e *lineEnd) {
				e.call.FarSignal(e.s.opt.Now(), wire.Signal{Call: wire.CallID(first), Step: wire.StepCalling, At: [3]int64{at.UnixMilli(), 0, 0}})
			})
			r.settle(20 * time.Second) // the other station, which has forgotten it, says that it was restarted
			if north.ringCount() != rang+1 {
				t.Fatal("it did not ring: this shows nothing")
			}
			it := r.page(0, api.RecordQuery{Kinds: []string{"call"}}).Items[0]
			if c := it.Call; c.ID != first.String() || it.At.Before(at.Add(-time.Second)) || it.By != "them" || c.Answered != nil || c.LengthMS != 0 || c.Reason != api.EndRestarted {
				t.Errorf("north shows first %s by %s at %s, answered %v, %d ms, %q", c.ID, it.By, it.At, c.Answered, c.LengthMS, c.Reason)
			}
		})
	}
}
