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

func (w *world) call(id byte) *api.RecordedCall { return w.item(callKey(callID(id))).Call }

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
	i := w.item(callKey(callID(1)))
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
	if err != nil || len(open) != 1 || open[0] != callID(1) {
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
			same(t, "rows", keys(rows), []string{callKey(callID(2))})
			equal(t, "by", rows[0].By, tt.by)
			equal(t, "steps", len(rows[0].Call.Steps), 6)
			equal(t, "matter", rows[0].Matter, m)
			equal(t, "length", rows[0].Call.LengthMS, 1000)
			equal(t, "the other key", w.item(callKey(callID(9))).Key, callKey(callID(2)))
			list, err := w.v.Matters()
			if err != nil || list[0].Calls != 1 {
				t.Errorf("matters %+v, %v: want one call", list, err)
			}
			refs, err := w.v.CallEntries(callKey(callID(9)))
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
		items, err := w.v.Items([]string{callKey(callID(1))}, proofs(tt.own, tt.far), noon)
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
