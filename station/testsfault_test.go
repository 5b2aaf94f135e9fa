package station

import (
	"fmt"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/impair"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/wire"
)

// TestCrossingTests: both sides ask at once; each reads the other's back; both pass.
func TestCrossingTests(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		for p := range uint8(2) {
			r.link(p+1, impair.Settings{Delay: 200 * time.Millisecond})
		}
		time.Sleep(5 * time.Second)
		r.startTest(0)
		r.startTest(1)
		for side := range 2 {
			r.within(3*time.Second, "each is asked", func() bool { return r.asks(side) != "" && len(r.test(side).Open) == 2 })
			r.readBack(side, r.asks(side))
		}
		r.within(3*time.Second, "both pass", func() bool {
			return len(r.test(0).Open)+len(r.test(1).Open) == 0 && r.test(0).Last != nil && r.test(0).Last.Result == "passed" && r.test(1).Last.Result == "passed"
		})
		r.settle(20 * time.Second)
		for side := range 2 {
			if n := r.passes(side); n != 2 {
				t.Errorf("side %d: %d tests in the record have passed, want 2", side, n)
			}
		}
	})
}

// passes counts the tests that have passed in a side's record.
func (r *records) passes(side int) (n int) {
	for _, i := range r.page(side, api.RecordQuery{Kinds: []string{"test"}}).Items {
		if i.Test != nil && i.Test.Result == "passed" {
			n++
		}
	}
	return n
}

// TestNoTestWhileTheLineIsDown: nobody can be asked then, and is told so; what is due begins when the line is back.
func TestNoTestWhileTheLineIsDown(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		slot := r.at(1)[0]
		r.cut(true)
		r.within(5*time.Second, "the line is down", func() bool { return r.line(0, 0).State == api.LineDown })
		if _, err := r.st[0].StartTest(r.t.Context(), "line0", weber, api.StartTest{}); codeOf(err) != "line-down" {
			t.Errorf("started: %v", err)
		}
		time.Sleep(time.Until(slot.Add(10 * time.Minute)))
		if len(r.test(0).Open)+len(r.test(1).Open) != 0 {
			t.Error("a test was asked while nobody could be")
		}
		r.cut(false)
		r.within(10*time.Second, "it begins", func() bool { return r.asks(1) != "" })
		r.readBack(1, r.asks(1))
		if got := r.result(0, "passed"); got.Slot == nil || !got.Slot.Equal(slot) {
			t.Errorf("it is for %v, want %v", got.Slot, slot)
		}
	})
}

// TestTestOverALineThatIsCut: asked, then the line is cut; what is read meanwhile waits, and comes too late.
func TestTestOverALineThatIsCut(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.profile = wire.Thin
		r.startAll()
		r.startTest(0)
		r.within(time.Second, "it is asked", func() bool { return r.asks(1) != "" })
		r.cut(true)
		r.within(5*time.Second, "the line is down", func() bool { return r.line(1, 0).State == api.LineDown })
		r.readBack(1, r.asks(1))
		if o := r.test(1).Open; len(o) != 1 || !o[0].Read {
			t.Errorf("open %+v, want one that is read", o)
		}
		if _, err := r.st[1].ReadBack(r.t.Context(), "line0", weber, api.ReadBack{Words: "again"}); codeOf(err) != "no-test" {
			t.Errorf("read back twice: %v", err)
		}
		time.Sleep(11 * time.Minute)
		r.cut(false)
		r.open(10 * time.Second)
		if got := r.result(0, "failed"); got.Why != nobodyReadIt {
			t.Errorf("result %+v", got)
		}
	})
}

// TestTestsOutliveRestarts: whoever is killed at whatever step, the test comes to its one result.
func TestTestsOutliveRestarts(t *testing.T) {
	for _, victim := range []int{0, 1} {
		for step := range 3 {
			t.Run(fmt.Sprint("side ", victim, " after step ", step), func(t *testing.T) {
				inRecords(t, 1, func(r *records) {
					r.startAll()
					again := func(now int) {
						if now == step {
							r.kill(victim)
							r.start(victim)
							r.open(10 * time.Second)
						}
					}
					r.startTest(0)
					again(0)
					r.within(5*time.Second, "it is asked", func() bool { return r.asks(1) != "" })
					again(1)
					r.within(5*time.Second, "it is asked", func() bool { return r.asks(1) != "" })
					r.readBack(1, r.asks(1))
					again(2)
					r.within(5*time.Second, "both have the result", func() bool {
						return r.test(0).Last != nil && r.test(1).Last != nil && r.test(0).Last.Result == "passed" && r.test(1).Last.Result == "passed"
					})
					r.settle(20 * time.Second)
					if n := r.passes(0); n != 1 {
						t.Errorf("%d tests have passed, want 1", n)
					}
				})
			})
		}
	}
}

// TestTestsWithClocksApart: with clocks ten minutes apart, in either direction, one test is asked for each agreed time, and
// counts on both sides.
func TestTestsWithClocksApart(t *testing.T) {
	for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			inRecords(t, 1, func(r *records) {
				r.skew[1] = skew
				slot := r.at(12)[0]
				r.within(30*time.Minute, "it is asked", func() bool {
					time.Sleep(time.Second)
					return r.asks(0)+r.asks(1) != ""
				})
				reader := 1
				if r.asks(0) != "" {
					reader = 0
				}
				time.Sleep(2 * time.Minute)
				r.readBack(reader, r.asks(reader))
				r.result(1-reader, "passed")
				time.Sleep(time.Until(slot.Add(45 * time.Minute)))
				for side := range 2 {
					if x := r.test(side); len(x.Missed)+len(x.Open) != 0 || x.Last.Result != "passed" || x.Last.Slot == nil || !x.Last.Slot.Equal(slot) {
						t.Errorf("side %d: %+v, last %+v", side, x, x.Last)
					}
					if n := r.passes(side); n != 1 {
						t.Errorf("side %d: %d tests have passed, want 1", side, n)
					}
				}
			})
		})
	}
}

// enterTest has a side enter an act of a test that its station never would.
func (r *records) enterTest(side int, at time.Time, body record.Test, about ...record.Ref) {
	r.t.Helper()
	r.enterAs(side, replica.Draft{Time: at, About: about, Body: body})
}

// TestForgedResults: a result that answers nothing of ours, or that claims to answer for a test of ours, is not heeded.
func TestForgedResults(t *testing.T) {
	theirs := func(n int64) record.Ref { return record.Ref{Relation: record.Answers, Other: true, Number: n} }
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.startTest(0)
		r.within(time.Second, "it is asked", func() bool { return r.asks(1) != "" })
		own := r.state(0).Own.Size - 1
		r.enterTest(1, time.Now(), record.Test{Act: record.TestPassed}, theirs(own))
		r.enterTest(1, time.Now(), record.Test{Act: record.TestFailed, Text: "we say so"}, theirs(own))
		time.Sleep(2 * time.Second)
		if o := r.test(0).Open; len(o) != 1 || o[0].By != "us" || r.test(0).Last != nil {
			t.Errorf("open %+v, last %+v, want ours still", o, r.test(0).Last)
		}
		r.readBack(1, r.asks(1))
		r.result(0, "passed")
	})
}

// TestFloodOfTests: a side that asks without end has one test open and no more, displaces nothing of ours,
// and hooks hear of few.
func TestFloodOfTests(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		h := r.withHooks(nil)
		_ = h
		r.startAll()
		r.startTest(0)
		r.within(time.Second, "it is asked", func() bool { return r.asks(1) != "" })
		r.readBack(1, r.asks(1))
		r.result(0, "passed")
		for i := range 500 {
			r.enterTest(0, time.Now(), record.Test{Act: record.TestAsked, Text: fmt.Sprint("flood ", i)})
			time.Sleep(10 * time.Millisecond)
		}
		r.startTest(1)
		r.within(5*time.Second, "south's own is asked", func() bool { return r.asks(0) != "" })
		r.readBack(0, r.asks(0))
		r.within(5*time.Second, "and passes", func() bool { l := r.test(1).Last; return l != nil && l.By == "us" && l.Result == "passed" })
		if o := r.test(1).Open; len(o) != 1 || o[0].Words != "flood 499" {
			t.Errorf("open %+v, want the newest of theirs alone", o)
		}
		due := 0
		for _, ev := range h.heard() {
			if ev == hookTestDue {
				due++
			}
		}
		if due > hookTestBurst+1 {
			t.Errorf("the horn heard of %d tests", due)
		}
	})
}

// TestBackdatedTest: neither a test that claims to be for an agreed time long past, nor one ahead, counts for it.
func TestBackdatedTest(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		slot := r.at(1)[0]
		time.Sleep(time.Until(slot.Add(31 * time.Minute)))
		if m := r.test(0).Missed; len(m) != 1 {
			t.Fatalf("missed %v", m)
		}
		r.enterTest(1, slot.Add(time.Minute), record.Test{Act: record.TestAsked, Slot: slot.UnixMilli(), Text: "amber seven"})
		time.Sleep(2 * time.Second)
		if w := r.asks(0); w != "" {
			t.Errorf("asked to read %q back, though it is dated half an hour ago", w)
		}
		if m := r.test(0).Missed; len(m) != 1 {
			t.Errorf("missed %v", m)
		}
	})
}

// TestSecondPartyStandsIn: what the first party does not start, the second does, after five minutes.
func TestSecondPartyStandsIn(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		was := r.change
		slot := time.Now().UTC().Truncate(24 * time.Hour).Add(time.Minute)
		r.profile = wire.Thin
		r.change = func(side int, o *LineOptions) {
			was(side, o)
			o.Agreed.Rules = accord.DefaultRules()
			o.Agreed.Rules.Tests = nil
			if side == 1 {
				o.Agreed.Rules.Tests = []accord.TimeOfDay{1}
			}
		}
		r.startAll()
		time.Sleep(time.Until(slot.Add(5*time.Minute - time.Second)))
		if r.asks(0) != "" {
			t.Fatal("asked before its time")
		}
		r.within(2*time.Second, "north is asked", func() bool { return r.asks(0) != "" })
		r.readBack(0, r.asks(0))
		r.result(1, "passed")
	})
}
