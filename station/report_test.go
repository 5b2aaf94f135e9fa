package station

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/report"
)

// report asks a side, as often as it takes.
func (r *records) report(side int, q api.ReportQuery) *api.Report {
	r.t.Helper()
	for range 100 {
		made, err := r.of(side).Report(r.t.Context(), q)
		if err == nil {
			return made
		}
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "building" && e.Code != "not-open" {
			r.t.Fatalf("side %d: %v", side, err)
		}
		time.Sleep(time.Second)
	}
	r.t.Fatalf("side %d makes no report", side)
	return nil
}

// sameReport asks both sides, and checks that they give the same bytes, as JSON, table and page.
func (r *records) sameReport(q api.ReportQuery) *api.Report {
	r.t.Helper()
	var texts [2][]byte
	var made [2]*api.Report
	for side := range texts {
		made[side] = r.report(side, q)
		var b bytes.Buffer
		err := errors.Join(json.NewEncoder(&b).Encode(made[side]), report.WriteCSV(&b, made[side]), report.WriteHTML(&b, made[side]))
		if err != nil {
			r.t.Fatal(err)
		}
		texts[side] = b.Bytes()
	}
	if !bytes.Equal(texts[0], texts[1]) {
		r.t.Errorf("north reports %s\nsouth reports %s", texts[0], texts[1])
	}
	return made[0]
}

// near wants milliseconds to be some time, give or take.
func (r *records) near(what string, ms int64, want, by time.Duration) {
	r.t.Helper()
	if d := time.Duration(ms)*time.Millisecond - want; d.Abs() > by {
		r.t.Errorf("%s: found %v, want %v", what, time.Duration(ms)*time.Millisecond, want)
	}
}

// TestReportOfBoth: after calls, cuts and restarts, with clocks that differ by a minute, both sides report the
// same, and what happened.
func TestReportOfBoth(t *testing.T) {
	inRecords(t, 5, func(r *records) {
		r.skew[1] = time.Minute
		begin := time.Now()
		r.startAll()
		north, south := r.phone(0), r.phone(1)
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		time.Sleep(7 * time.Second)
		south.press("answer")
		time.Sleep(3 * time.Minute)
		north.press("hangup")
		r.settle(20 * time.Second)
		first := r.sameReport(api.ReportQuery{From: begin, To: time.Now()})

		south.press("call")
		r.within(time.Second, "it rings", r.callIs(1, api.CallRinging))
		time.Sleep(time.Minute)
		south.press("hangup")
		s := links[1]
		s.Cut = true
		r.link(2, s) // path 2 for five minutes
		time.Sleep(5 * time.Minute)
		r.link(2, links[1])
		time.Sleep(time.Minute)
		r.cut(true) // all for three
		time.Sleep(3 * time.Minute)
		r.cut(false)
		r.open(30 * time.Second)
		r.kill(1) // South for ten
		time.Sleep(10 * time.Minute)
		r.start(1)
		r.open(30 * time.Second)
		r.say(0, "before the end")
		r.settle(20 * time.Second)
		r.killAll() // both for an hour
		time.Sleep(time.Hour)
		s.Cut = true
		r.link(2, s) // and path 2 does not come back
		r.startBoth()
		r.within(30*time.Second, "path 1 is back", func() bool { return r.line(0, 0).State == api.LineDegraded && r.line(1, 0).State == api.LineDegraded })
		time.Sleep(10 * time.Minute)
		r.say(0, "after the end")
		r.settle(20 * time.Second)
		end := time.Now()

		time.Sleep(10 * time.Minute) // silence: the record says nothing of it
		m := r.sameReport(api.ReportQuery{From: begin, To: end.Add(10 * time.Minute)})
		if m.Parties != [2]string{"North", "South"} || m.Entries[0] <= first.Entries[0] || m.Entries[1] <= first.Entries[1] {
			t.Errorf("made of %v by %v, the first of %v", m.Entries, m.Parties, first.Entries)
		}
		w := m.Whole
		r.near("line down", w.Line.DownMS, 13*time.Minute, 30*time.Second)
		r.near("line not known", w.Line.UnknownMS, time.Hour+10*time.Minute, 90*time.Second)
		if w.Line.Downs != 2 || len(w.Paths) != 2 {
			t.Errorf("the line went down %d times, want 2; %d paths", w.Line.Downs, len(w.Paths))
		}
		r.near("path 1 down", w.Paths[0].DownMS, 13*time.Minute, 30*time.Second)
		r.near("path 2 down", w.Paths[1].DownMS, 28*time.Minute, 90*time.Second)
		if c := w.Called[1]; c.Count != 1 || c.Answered != 1 || c.Answer.Count != 1 {
			t.Errorf("calls to South: %+v", c)
		}
		r.near("South's answer", w.Called[1].Answer.MedianMS, 7*time.Second, 500*time.Millisecond)
		if c := w.Called[0]; c.Count != 1 || c.GivenUp != 1 || c.Answer.Within[2].Of != 1 || c.Answer.Within[2].Met != 0 {
			t.Errorf("calls to North: %+v", c)
		}
	})
}

// TestReportReadsBesideCalls: while a long record is read for its report, a call rings as fast as ever.
func TestReportReadsBesideCalls(t *testing.T) {
	inRecords(t, 6, func(r *records) {
		r.startAll()
		for range 20 {
			r.sayMany(0, 100, "north")
			r.settle(2 * time.Minute)
		}
		north := r.phone(0)
		r.phone(1)
		done := make(chan *api.Report)
		go func() { done <- r.report(0, api.ReportQuery{}) }()
		pressed := time.Now()
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		if took := time.Since(pressed); took > 300*time.Millisecond {
			t.Errorf("it rang after %v", took)
		}
		if m := <-done; m.Entries[0] < 2000 {
			t.Errorf("made of %v entries", m.Entries)
		}
	})
}

// TestReportOfNoTime: a report that would end before it begins is refused with what can be done.
func TestReportOfNoTime(t *testing.T) {
	inRecords(t, 7, func(r *records) {
		r.startAll()
		_, err := r.of(0).Report(t.Context(), api.ReportQuery{From: time.Now().Add(time.Hour)})
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "bad-request" || e.Action == "" {
			t.Errorf("found %v", err)
		}
		if m := r.report(1, api.ReportQuery{}); m.From.Weekday() != time.Monday || m.To.Sub(m.From) > reportWeeks*7*24*time.Hour || m.To.Sub(m.From) < (reportWeeks-1)*7*24*time.Hour {
			t.Errorf("a report of no time is from %v to %v", m.From, m.To)
		}
	})
}

// TestReportOfCosigned: what the other side has not co-signed counts on neither side, until it has.
func TestReportOfCosigned(t *testing.T) {
	inRecords(t, 8, func(r *records) {
		r.freeze()
		begin := time.Now()
		r.startAll()
		r.say(1, "from south")
		r.settle(20 * time.Second)
		before := r.sameReport(api.ReportQuery{From: begin, To: time.Now()})
		r.frozen[1].Store(true) // South's disk refuses, so it co-signs nothing
		r.sayMany(0, 5, "waits")
		time.Sleep(5 * time.Second)
		if own := r.state(0).Own; own.Size < before.Entries[0]+5 {
			t.Fatalf("north has %d entries, want five more than %d", own.Size, before.Entries[0])
		}
		if m := r.sameReport(api.ReportQuery{From: begin, To: time.Now()}); m.Entries != before.Entries {
			t.Errorf("made of %v entries, want %v", m.Entries, before.Entries)
		}
		r.frozen[1].Store(false)
		r.settle(2 * time.Minute)
		if m := r.sameReport(api.ReportQuery{From: begin, To: time.Now()}); m.Entries[0] < before.Entries[0]+5 {
			t.Errorf("made of %v entries, want five more than %v", m.Entries, before.Entries)
		}
	})
}
