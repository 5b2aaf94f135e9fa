package message

import (
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

func called(who string) record.Body { return record.CallStep{Step: record.StepCalled, Who: who} }
func step(s record.Step, count uint8) record.Body {
	return record.CallStep{Step: s, Count: count}
}
func ended(r record.Reason, by record.By, who string) record.Body {
	return record.CallStep{Step: record.StepEnded, Reason: r, By: by, Who: who}
}

func (w *world) call(id byte) *api.RecordedCall { return w.item(CallKey(callID(id), false)).Call }

func TestCallToldByBoth(t *testing.T) {
	w := newWorld(t)
	w.them(called("Ada"), inCall(1))
	w.us(step(record.StepReached, 3), inCall(1))
	w.us(step(record.StepRinging, 2), inCall(1))
	w.us(step(record.StepAnswered, 0), inCall(1), at(noon.Add(time.Minute)))
	w.us(record.CallStep{Step: record.StepHeld, Reason: record.LineLost}, inCall(1))
	w.us(step(record.StepResumed, 0), inCall(1))
	w.us(ended(record.HungUp, record.ByOther, ""), inCall(1), at(noon.Add(12*time.Minute)))
	w.them(ended(record.HungUp, record.ByAuthor, "Ada"), inCall(1), at(noon.Add(15*time.Minute))) // their clock is ahead
	i := w.item(CallKey(callID(1), false))
	equal(t, "by", i.By, them)
	equal(t, "at", i.At, noon.Add(time.Second))
	equal(t, "ended by", i.Call.EndedBy, them)
	equal(t, "ended", *i.Call.Ended, noon.Add(15*time.Minute))
	equal(t, "length, by the clock that answered", i.Call.LengthMS, (11 * time.Minute).Milliseconds())
	equal(t, "reason", i.Call.Reason, api.EndHungUp)
	equal(t, "steps", len(i.Call.Steps), 8)
	equal(t, "count", i.Call.Steps[2].Count, 2)
	equal(t, "held for", i.Call.Steps[4].Reason, api.EndLineLost)
	equal(t, "rows", len(w.all(api.RecordQuery{})), 1)
	refs, err := w.v.CallEntries(i.Key)
	if err != nil || len(refs) != 8 || refs[0] != (Ref{false, 0}) || refs[1] != (Ref{true, 0}) {
		t.Errorf("entries %v, %v", refs, err)
	}
}

// Only the side that was called answers; its caller can say what it likes.
func TestOnlyTheCalledAnswers(t *testing.T) {
	w := newWorld(t)
	w.them(called("Ada"), inCall(1))
	w.them(step(record.StepAnswered, 0), inCall(1))
	w.them(ended(record.HungUp, record.ByAuthor, ""), inCall(1))
	c := w.call(1)
	if c.Answered != nil || c.LengthMS != 0 || c.Ended == nil {
		t.Errorf("%+v", c)
	}
}

func TestCallThatOneSideNeverEnded(t *testing.T) {
	w := newWorld(t)
	w.us(called("Bo"), inCall(1))
	w.them(step(record.StepAnswered, 0), inCall(1))
	c := w.call(1)
	if c.Ended != nil || c.LengthMS != 0 || c.Answered == nil {
		t.Errorf("without an end: %+v", c)
	}
	w.them(ended(record.Restarted, record.ByNobody, ""), inCall(1))
	c = w.call(1)
	equal(t, "reason", c.Reason, api.EndRestarted)
	equal(t, "ended by", c.EndedBy, "")
	equal(t, "length", c.LengthMS, 1000)
	open, err := w.v.OpenCalls()
	if err != nil || len(open) != 1 || open[0] != (OpenCall{callID(1), false}) {
		t.Fatalf("open %v, %v: want call 1, which our log has not ended", open, err)
	}
	w.us(ended(record.Restarted, record.ByNobody, ""), inCall(1))
	w.them(called(""), inCall(2))
	if open, err = w.v.OpenCalls(); err != nil || len(open) != 0 {
		t.Errorf("open %v, %v: want none", open, err)
	}
}

// Both lift: the call of the higher id is given up, and is a part of the other.
func TestCrossedCalls(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ours     byte // the call that we lifted
		theirs   byte
		by       string
		answered bool // by us
	}{{"we yield", 9, 2, them, true}, {"they yield", 2, 9, us, false}} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			m := w.us(record.Matter{Act: record.MatterOpened, Title: "M"})
			w.us(called("Bo"), inCall(tt.ours), about(record.Under, m))
			w.them(called("Ada"), inCall(tt.theirs))
			equal(t, "rows before", len(w.all(api.RecordQuery{Kinds: []string{"call"}})), 2)
			crossed := record.CallStep{Step: record.StepCrossed, Other: callID(9)}
			w.us(crossed, inCall(2))
			w.them(crossed, inCall(2))
			w.write(tt.answered, step(record.StepAnswered, 0), inCall(2))
			w.us(ended(record.HungUp, record.ByAuthor, "Bo"), inCall(2))
			rows := w.all(api.RecordQuery{Kinds: []string{"call"}})
			same(t, "rows", keys(rows), []string{CallKey(callID(2), false)})
			equal(t, "by", rows[0].By, tt.by)
			equal(t, "steps", len(rows[0].Call.Steps), 6)
			equal(t, "matter", rows[0].Matter, m)
			equal(t, "length", rows[0].Call.LengthMS, 1000)
			equal(t, "the other key", w.item(CallKey(callID(9), false)).Key, CallKey(callID(2), false))
			list, err := w.v.Matters()
			if err != nil || list[0].Calls != 1 {
				t.Errorf("matters %+v, %v: want one call", list, err)
			}
			refs, err := w.v.CallEntries(CallKey(callID(9), false))
			if err != nil || len(refs) != 6 {
				t.Errorf("entries %v, %v", refs, err)
			}
			open, err := w.v.OpenCalls()
			if err != nil || len(open) != 0 {
				t.Errorf("open %v, %v", open, err)
			}
		})
	}
}

// What the other side says of crossing moves nothing that we have seen.
func TestTheyCannotHideACall(t *testing.T) {
	w := newWorld(t)
	w.us(called("Bo"), inCall(1))
	w.them(record.CallStep{Step: record.StepCrossed, Other: callID(1)}, inCall(7))
	equal(t, "rows", len(w.all(api.RecordQuery{})), 2)
}

// A call of theirs that was said to be given up, and that was here before or comes after, keeps a row.
func TestTheyCannotHideACallOfTheirs(t *testing.T) {
	for _, before := range []bool{true, false} {
		w := newWorld(t)
		reached := func() { w.us(step(record.StepReached, 1), inCall(9)) }
		w.us(called("Bo"), inCall(2))
		if before {
			reached()
		}
		w.us(record.CallStep{Step: record.StepCrossed, Other: callID(9)}, inCall(2))
		if !before {
			reached()
		}
		w.them(called("Ada"), inCall(9))
		same(t, "rows", keys(w.all(api.RecordQuery{Kinds: []string{"call"}})), []string{CallKey(callID(2), false), CallKey(callID(9), false)})
	}
}

// A call that comes under the id of one that ended long ago stands where it came, and what was spoken then is not its length.
func TestAnIDUsedAgain(t *testing.T) {
	w := newWorld(t)
	w.them(called("Ada"), inCall(1))
	w.us(step(record.StepReached, 1), inCall(1))
	w.us(step(record.StepAnswered, 0), inCall(1))
	w.us(ended(record.HungUp, record.ByOther, ""), inCall(1))
	w.them(ended(record.HungUp, record.ByAuthor, ""), inCall(1))
	w.them(called("Ada"), inCall(2))
	later := noon.Add(time.Hour)
	w.us(step(record.StepReached, 1), inCall(1), at(later), seen(3))
	w.us(ended(record.NoAnswer, record.ByNobody, ""), inCall(1), at(later.Add(time.Minute)), seen(3))
	rows := w.all(api.RecordQuery{Kinds: []string{"call"}})
	same(t, "rows", keys(rows), []string{CallKey(callID(2), false), CallKey(callID(1), false)})
	c := rows[1].Call
	if !rows[1].At.Equal(later) || c.Answered != nil || c.LengthMS != 0 || c.Reason != api.EndNoAnswer || len(c.Steps) != 7 {
		t.Errorf("found %s, %+v", rows[1].At, c)
	}
}

// A call has the proof of the least of its entries.
func TestProofOfACall(t *testing.T) {
	w := newWorld(t)
	w.us(called(""), inCall(1))
	w.us(say("between"))
	w.them(step(record.StepReached, 1), inCall(1))
	w.us(ended(record.Cancelled, record.ByAuthor, ""), inCall(1))
	proofs := func(own, far int64) Proofs {
		return func(mine bool, n int64) record.ProofState {
			if mine && n < own || !mine && n < far {
				return record.ProofFull
			}
			return record.ProofClassical
		}
	}
	for _, tt := range []struct {
		own, far int64
		want     string
	}{{3, 1, "full"}, {2, 1, "classical"}, {3, 0, "classical"}} {
		items, err := w.v.Items([]string{CallKey(callID(1), false)}, proofs(tt.own, tt.far), noon)
		if err != nil || items[0].Proof != tt.want {
			t.Errorf("%+v: %v, %v", tt, items, err)
		}
	}
}

// However many steps the other side writes, what is shown of a call is bounded, and our own word is in it.
func TestEndlessCall(t *testing.T) {
	w := newWorld(t)
	w.us(called("Bo"), inCall(1))
	for range 3 * maxSteps {
		w.them(step(record.StepRinging, 1), inCall(1))
	}
	w.us(ended(record.Cancelled, record.ByAuthor, ""), inCall(1))
	steps := w.call(1).Steps
	equal(t, "steps", len(steps), maxSteps+2)
	equal(t, "the last", steps[len(steps)-1].Step, "ended")
}

// A drill is a call that says so, in a row that no call shares: not even under the same id.
func TestDrillAndCallOfOneID(t *testing.T) {
	w := newWorld(t)
	w.us(called("Bo"), inCall(1))
	w.them(record.CallStep{Drill: true, Step: record.StepEnded, Reason: record.Interrupted}, inCall(1))
	w.them(record.CallStep{Drill: true, Step: record.StepCalled}, inCall(2))
	w.them(step(record.StepCalled, 0), inCall(2))
	real, drill := w.item(CallKey(callID(1), false)), w.item(CallKey(callID(2), true))
	if real.Call.Drill || real.Call.Ended != nil || len(real.Call.Steps) != 1 {
		t.Errorf("the call: %+v", real.Call)
	}
	if !drill.Call.Drill || drill.Kind != "call" || drill.Key != CallKey(callID(2), true) {
		t.Errorf("the drill: %+v", drill)
	}
	equal(t, "rows", len(w.all(api.RecordQuery{Kinds: []string{"call"}})), 4)
	refs, err := w.v.CallEntries(CallKey(callID(2), true))
	if err != nil || len(refs) != 1 || refs[0] != (Ref{false, 1}) {
		t.Errorf("entries of the drill: %v, %v", refs, err)
	}
	w.us(record.CallStep{Drill: true, Step: record.StepReached}, inCall(3))
	open, err := w.v.OpenCalls()
	if err != nil || len(open) != 2 || open[1] != (OpenCall{callID(3), true}) {
		t.Errorf("open: %v, %v", open, err)
	}
}

// Drills are filed under a matter like calls, and not counted as such.
func TestDrillsAreNotCountedAsCalls(t *testing.T) {
	w := newWorld(t)
	m := w.us(opened("M"))
	w.us(record.CallStep{Drill: true, Step: record.StepCalled}, inCall(1), about(record.Under, m))
	w.us(called(""), inCall(2), about(record.Under, m))
	equal(t, "calls", w.matters()[0].Calls, 1)
	equal(t, "rows under it", len(w.all(api.RecordQuery{Matter: m})), 3)
}

func TestStepsOfPersons(t *testing.T) {
	w := newWorld(t)
	for _, s := range []record.CallStep{
		{Step: record.StepCalled, Who: "Ada", Role: record.RoleOfficer},
		{Step: record.StepFetching, Who: "Minister Holm", Count: 12},
		{Step: record.StepJoined, Who: "Cy", Role: record.RoleObserver, Speaks: true},
		{Step: record.StepHanded, Who: "Minister Holm", Role: record.RolePrincipal},
	} {
		w.them(s, inCall(1))
	}
	steps := w.call(1).Steps
	equal(t, "officer", steps[0].Role, api.RoleOfficer)
	equal(t, "minutes", steps[1].Minutes, 12)
	equal(t, "count", steps[1].Count, 0)
	equal(t, "speaks", steps[2].Speaks, true)
	equal(t, "principal", steps[3].Role, api.RolePrincipal)
	same(t, "found by who joined", keys(w.all(api.RecordQuery{Search: "cy holm"})), []string{CallKey(callID(1), false)})
}

// A station was started again while it rang: it ended the call in its record, and then it rang anew under the same id.
func TestRungAnewAfterARestart(t *testing.T) {
	for _, ours := range []bool{true, false} { // whose station was started again
		w := newWorld(t)
		w.write(!ours, called("Ada"), inCall(1))
		w.write(ours, step(record.StepRinging, 1), inCall(1))
		w.write(ours, ended(record.Restarted, record.ByNobody, ""), inCall(1))
		if c := w.call(1); c.Ended == nil || c.Reason != api.EndRestarted {
			t.Errorf("ended by the restart: %+v", c)
		}
		w.write(ours, step(record.StepRinging, 1), inCall(1))
		if c := w.call(1); c.Ended != nil || c.Reason != "" {
			t.Errorf("rings anew: %+v", c)
		}
		w.write(ours, step(record.StepAnswered, 0), inCall(1), at(noon.Add(time.Minute)))
		equal(t, "length while it lasts", w.call(1).LengthMS, 0)
		w.write(ours, ended(record.HungUp, record.ByOther, ""), inCall(1), at(noon.Add(12*time.Minute)))
		w.write(!ours, ended(record.HungUp, record.ByAuthor, "Ada"), inCall(1), at(noon.Add(13*time.Minute)))
		c := w.call(1)
		equal(t, "reason", c.Reason, api.EndHungUp)
		equal(t, "ended by", c.EndedBy, side(!ours))
		equal(t, "length", c.LengthMS, (11 * time.Minute).Milliseconds())
	}
}

// Whoever leaves after the end does not open the call again.
func TestLeavingAfterTheEnd(t *testing.T) {
	w := newWorld(t)
	w.us(called("Bo"), inCall(1))
	w.us(ended(record.Cancelled, record.ByAuthor, "Bo"), inCall(1))
	w.us(record.CallStep{Step: record.StepLeft, Who: "Cy"}, inCall(1))
	if open, err := w.v.OpenCalls(); err != nil || len(open) != 0 || w.call(1).Ended == nil {
		t.Errorf("open %v, %v; %+v", open, err, w.call(1))
	}
}

// Drills that cross are one; a call that crosses a drill is not: both stand, and the call answers for itself.
func TestCrossedDrills(t *testing.T) {
	w := newWorld(t)
	w.us(record.CallStep{Drill: true, Step: record.StepCalled}, inCall(9))
	w.us(record.CallStep{Drill: true, Step: record.StepCrossed, Other: callID(9)}, inCall(2))
	same(t, "drills", keys(w.all(api.RecordQuery{})), []string{CallKey(callID(2), true)})
	w.us(record.CallStep{Drill: true, Step: record.StepCalled}, inCall(5))
	w.us(record.CallStep{Step: record.StepCrossed, Other: callID(5)}, inCall(6))
	w.us(record.CallStep{Drill: true, Step: record.StepEnded, Reason: record.Interrupted}, inCall(5))
	equal(t, "the drill", w.item(CallKey(callID(5), true)).Call.Reason, api.EndInterrupted)
	call := w.item(CallKey(callID(6), false))
	equal(t, "steps of the call", len(call.Call.Steps), 1)
	equal(t, "it is open", call.Call.Ended == nil, true)
}
