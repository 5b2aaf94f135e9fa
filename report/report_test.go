package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/record"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// anyStory is two logs full of whatever record permits, sensible or not.
func anyStory(seed uint64, n int) *story {
	r := rand.New(rand.NewPCG(seed, 7))
	s := &story{ask: Ask{Parties: [2]string{"North", "South"}, From: noon, To: noon.AddDate(0, 1, 3), Now: noon.AddDate(1, 0, 0),
		Paths: []int{1, 2}, Tests: []accord.TimeOfDay{8 * 60, 20 * 60}}}
	clock := [2]int64{noon.UnixMilli(), noon.UnixMilli() + 1000}
	for range n {
		side := r.IntN(2)
		clock[side] += r.Int64N(20 * 60_000)
		log := &s.logs[side]
		e := &record.Entry{Header: record.Header{Number: int64(len(*log)), Time: clock[side], Seen: record.EmptyTree()}}
		switch r.IntN(40) {
		case 0:
			e.Time = 1 + r.Int64N(1<<48-2)
		case 1:
			e.Time -= r.Int64N(3 * dayMS)
		}
		anyBody(r, e, len(s.logs[1-side]))
		*log = append(*log, e)
	}
	return s
}

func anyBody(r *rand.Rand, e *record.Entry, far int) {
	switch r.IntN(6) {
	case 0:
		e.Body = record.LineChange{Path: uint8(r.IntN(4)), Up: r.IntN(3) > 0}
	case 1, 2:
		e.Call = record.CallID{1, byte(r.IntN(40))}
		c := record.CallStep{Drill: r.IntN(8) == 0, Step: 1 + record.Step(r.IntN(14))}
		if c.Step == record.StepEnded {
			c.Reason = 1 + record.Reason(r.IntN(12))
		}
		if c.Step == record.StepCrossed {
			c.Other = record.CallID{1, byte(r.IntN(40))}
		}
		e.Body = c
	case 3, 4:
		t := record.Test{Act: 1 + record.TestAct(r.IntN(4)), Text: "x"}
		if t.Act == record.TestAsked {
			t.Slot = (e.Time - e.Time%dayMS) + int64(8+12*r.IntN(2))*3_600_000
		} else if other := r.IntN(4) > 0; other && far > 0 {
			e.About = []record.Ref{{Relation: record.Answers, Other: true, Number: int64(far - 1 - r.IntN(min(far, 5)))}}
		} else if e.Number > 0 {
			e.About = []record.Ref{{Relation: record.Answers, Number: e.Number - 1}}
		}
		e.Body = t
	default:
		e.Body = record.Message{Text: "x"}
	}
	e.Kind = e.Body.Kind()
	if r.IntN(50) == 0 {
		e.Body = nil // erased
	}
}

// TestAnyTurn: however the logs interleave when they are read, and whether or not reports are made meanwhile, the
// report is the same bytes.
func TestAnyTurn(t *testing.T) {
	for seed := range uint64(60) {
		s := anyStory(seed, 600)
		want := encode(t, s.build(t, 0).Report(s.ask))
		for turn := uint64(1); turn < 6; turn++ {
			if got := encode(t, s.build(t, turn).Report(s.ask)); !bytes.Equal(got, want) {
				t.Fatalf("seed %d, turn %d: found %s\nwant %s", seed, turn, got, want)
			}
		}
	}
}

// TestSums: whatever the logs say, the parts of a report add up.
func TestSums(t *testing.T) {
	for seed := range uint64(60) {
		s := anyStory(seed, 600)
		r := s.build(t, 0).Report(s.ask)
		for name, parts := range map[string][]api.Period{"weeks": r.Weeks, "months": r.Months} {
			if err := addsUp(r.Whole, parts); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, name, err)
			}
		}
		for _, p := range append(slices.Clone(r.Weeks), r.Whole) {
			if err := sound(p); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, p.Name, err)
			}
		}
	}
}

func addsUp(whole api.Period, parts []api.Period) error {
	var line api.Availability
	var calls, drills, called int
	var tests api.TestFigures
	at := whole.From
	for _, p := range parts {
		if !p.From.Equal(at) {
			return fmt.Errorf("%s begins at %s, want %s", p.Name, p.From, at)
		}
		at = p.To
		line.UpMS, line.DownMS, line.UnknownMS, line.Downs = line.UpMS+p.Line.UpMS, line.DownMS+p.Line.DownMS, line.UnknownMS+p.Line.UnknownMS, line.Downs+p.Line.Downs
		line.LongestMS = whole.Line.LongestMS
		calls, drills, called = calls+p.Calls.Answered, drills+p.Drills.Count, called+p.Called[0].Count+p.Called[1].Count
		tests.Passed, tests.Failed, tests.Missed = tests.Passed+p.Tests.Passed, tests.Failed+p.Tests.Failed, tests.Missed+p.Tests.Missed
		tests.ExtraPassed, tests.ExtraFailed = tests.ExtraPassed+p.Tests.ExtraPassed, tests.ExtraFailed+p.Tests.ExtraFailed
	}
	if !at.Equal(whole.To) || line != whole.Line || calls != whole.Calls.Answered || drills != whole.Drills.Count || called != whole.Calls.Count || tests != whole.Tests {
		return fmt.Errorf("found %+v, %d, %d, %d, %+v to %s, want %+v", line, calls, drills, called, tests, at, whole)
	}
	return nil
}

func sound(p api.Period) error {
	for _, a := range append(slices.Clone(p.Paths), p.Line) {
		if sum := a.UpMS + a.DownMS + a.UnknownMS; sum != p.To.Sub(p.From).Milliseconds() || a.LongestMS > a.DownMS || a.UpMS < 0 || a.DownMS < 0 || a.UnknownMS < 0 {
			return fmt.Errorf("path %d: %+v", a.Path, a)
		}
	}
	for _, c := range []api.CallFigures{p.Calls, p.Called[0], p.Called[1], p.Drills} {
		sum := c.Answered + c.Declined + c.NoAnswer + c.NobodyReady + c.GivenUp + c.NotReached + c.BrokenOff + c.Suspended + c.Interrupted + c.Crossed + c.Open
		if sum != c.Count || c.Answer.Count+c.Contradicted > c.Answered || c.Principal.Count > c.Answer.Count {
			return fmt.Errorf("%+v", c)
		}
		for _, w := range c.Answer.Within {
			if w.Met > w.Of || w.Of > c.Count {
				return fmt.Errorf("%+v", w)
			}
		}
	}
	return nil
}

// TestBounds: a flood takes only so much memory, and displaces nothing of the other side's.
func TestBounds(t *testing.T) {
	b := new(Builder)
	own := record.CallStep{Step: record.StepCalled}
	add := func(first bool, n int64, at time.Time, id record.CallID, body record.Body) {
		t.Helper()
		e := &record.Entry{Header: record.Header{Number: n, Time: at.UnixMilli(), Kind: body.Kind(), Call: id}, Body: body}
		if err := b.Add(first, e); err != nil {
			t.Fatal(err)
		}
	}
	add(true, 0, noon, record.CallID{9}, own)
	add(true, 1, noon, record.CallID{}, record.LineChange{Path: 1, Up: true})
	for n := range int64(3 * MostCalls) {
		id := record.CallID{1, byte(n), byte(n >> 8), byte(n >> 16)}
		add(false, 3*n, noon.Add(time.Duration(n)*time.Second), id, own)
		add(false, 3*n+1, noon.Add(time.Duration(n)*time.Second), record.CallID{}, record.LineChange{Path: 1, Up: true})
		add(false, 3*n+2, noon.Add(time.Duration(n)*time.Second), record.CallID{}, record.Test{Act: record.TestAsked, Slot: n})
	}
	far := &b.logs[1]
	if len(far.calls.of) != MostCalls || len(far.calls.order) > 2*MostCalls || len(far.paths[1].list) > 2*MostChanges || len(far.tests.list) > 2*MostTests || len(far.silences.list) > 2*MostChanges {
		t.Errorf("a flood leaves %d calls, %d changes, %d tests", len(far.calls.of), len(far.paths[1].list), len(far.tests.list))
	}
	r := b.Report(Ask{From: noon.AddDate(-100, 0, 0), To: noon.AddDate(300, 0, 0), Now: noon.AddDate(300, 0, 0)})
	if r.To.Sub(r.From) > (MostYears*366)*24*time.Hour || len(r.Days) != mostDays || len(r.Tests) > mostDots {
		t.Errorf("the report is from %s to %s, with %d days and %d tests", r.From, r.To, len(r.Days), len(r.Tests))
	}
	r = b.Report(Ask{From: noon, To: noon.AddDate(1, 0, 0), Now: noon.AddDate(1, 0, 0)})
	if r.Whole.Called[1].Count != 1 || r.Whole.Called[0].Count != MostCalls {
		t.Errorf("found %d calls to South and %d to North, want 1 and %d", r.Whole.Called[1].Count, r.Whole.Called[0].Count, MostCalls)
	}
}

// TestOrder: entries come in the order of their log.
func TestOrder(t *testing.T) {
	b := new(Builder)
	for _, n := range []int64{1, -1} {
		if err := b.Add(true, &record.Entry{Header: record.Header{Number: n}}); err == nil {
			t.Errorf("entry %d was taken as the first", n)
		}
	}
	if err := b.Add(false, &record.Entry{}); err != nil {
		t.Error(err)
	}
	if err := b.Add(true, &record.Entry{}); err != nil {
		t.Error(err)
	}
}

// TestNothing: of an empty record nothing is known.
func TestNothing(t *testing.T) {
	r := new(Builder).Report(Ask{From: noon.Add(time.Hour), To: noon, Now: noon})
	if r.Whole.Line != (api.Availability{}) || len(r.Weeks)+len(r.Months)+len(r.Days)+len(r.Tests) != 0 || !r.From.Equal(noon) {
		t.Errorf("found %+v", r)
	}
	r = new(Builder).Report(Ask{From: noon, To: noon.Add(time.Hour), Now: noon.Add(time.Hour)})
	if r.Whole.Line.UnknownMS != time.Hour.Milliseconds() || !r.Until.Equal(noon) {
		t.Errorf("found %+v", r)
	}
}

// BenchmarkMillion takes in a record of a million entries and reports on ten years of it.
func BenchmarkMillion(b *testing.B) {
	s := anyStory(1, 1_000_000)
	for _, log := range s.logs { // no two calls alike
		for i, e := range log {
			if !e.Call.IsZero() {
				e.Call[2], e.Call[3], e.Call[4] = byte(i>>6), byte(i>>14), byte(i>>22)
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		x := new(Builder)
		for side, log := range s.logs {
			for _, e := range log {
				if err := x.Add(side == 0, e); err != nil {
					b.Fatal(err)
				}
			}
		}
		x.Report(Ask{From: noon, To: noon.AddDate(10, 0, 0), Now: noon.AddDate(10, 0, 0), Paths: []int{1, 2}, Tests: s.ask.Tests})
	}
}
