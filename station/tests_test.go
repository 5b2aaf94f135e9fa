package station

import (
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/wire"
)

// person is who sits at a console in these tests.
var weber = api.Person{ID: "p1", Name: "A. Weber", Roles: []api.Role{api.RoleOfficer}}

func (r *records) startTest(side int) string {
	r.t.Helper()
	w, err := r.st[side].StartTest(r.t.Context(), "line0", weber, api.StartTest{})
	if err != nil {
		r.t.Fatal(err)
	}
	return w.Key
}

func (r *records) readBack(side int, words string) {
	r.t.Helper()
	if _, err := r.st[side].ReadBack(r.t.Context(), "line0", weber, api.ReadBack{Words: words}); err != nil {
		r.t.Fatal(err)
	}
}

// test is how a side sees the tests.
func (r *records) test(side int) *api.LineTest {
	r.t.Helper()
	if t := r.line(side, 0).Test; t != nil {
		return t
	}
	return &api.LineTest{}
}

// asks gives the words that a side is asked to read back; empty: none.
func (r *records) asks(side int) string {
	for _, o := range r.test(side).Open {
		if o.By == "them" && !o.Read {
			return o.Words
		}
	}
	return ""
}

// result waits until both sides have the same newest result, and gives it as the asking side sees it.
func (r *records) result(by int, want string) *api.TestResult {
	r.t.Helper()
	r.within(10*time.Second, "both have the result", func() bool {
		ours, theirs := r.test(by).Last, r.test(1-by).Last
		return ours != nil && theirs != nil && ours.Result == want && theirs.Result == want && ours.By == "us" && theirs.By == "them" && len(r.test(0).Open)+len(r.test(1).Open) == 0
	})
	return r.test(by).Last
}

// TestHumanTest: words asked on one side are read back on the other, by either party, in capitals or not, and both
// records have the result; wrong words fail.
func TestHumanTest(t *testing.T) {
	for _, c := range []struct {
		name   string
		by     int
		read   func(words string) string
		result string
	}{
		{"the first party asks", 0, func(w string) string { return w }, "passed"},
		{"the second party asks", 1, func(w string) string { return w }, "passed"},
		{"read carelessly", 0, func(w string) string { return "  " + w[:1] + " \t" + w[1:] }, "failed"},
		{"another word", 0, func(string) string { return "amber seventeen" }, "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inRecords(t, 1, func(r *records) {
				r.startAll()
				r.startTest(c.by)
				r.within(time.Second, "the words are there", func() bool { return r.asks(1-c.by) != "" })
				r.readBack(1-c.by, c.read(r.asks(1-c.by)))
				got := r.result(c.by, c.result)
				if got.Key != "us/1" || got.Who != "A. Weber" || got.ReadBy != "A. Weber" || len(got.Paths) != 2 || !got.Paths[1].Up || (got.Why == "") != (c.result == "passed") {
					t.Errorf("result %+v", got)
				}
			})
		})
	}
}

// TestNobodyReadsBack: after ten minutes the test has failed, on both sides.
func TestNobodyReadsBack(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.startTest(0)
		time.Sleep(10*time.Minute - time.Second)
		if len(r.test(0).Open) != 1 || len(r.test(1).Open) != 1 {
			t.Fatal("the test has ended before its ten minutes are over")
		}
		if _, err := r.st[0].StartTest(r.t.Context(), "line0", weber, api.StartTest{}); codeOf(err) != "test-open" {
			t.Errorf("a second test beside it: %v", err)
		}
		if got := r.result(0, "failed"); got.Why != nobodyReadIt {
			t.Errorf("why: %q", got.Why)
		}
		if _, err := r.st[1].ReadBack(r.t.Context(), "line0", weber, api.ReadBack{Words: "amber seven"}); codeOf(err) != "no-test" {
			t.Errorf("read back afterwards: %v", err)
		}
	})
}

func codeOf(err error) string {
	if e, ok := err.(*api.Error); ok {
		return e.Code
	}
	return ""
}

// at starts both stations, agreed to test at some minutes of the day, which has just begun.
func (r *records) at(times ...accord.TimeOfDay) (slots []time.Time) {
	was := r.change
	r.profile = wire.Thin
	r.change = func(side int, o *LineOptions) {
		was(side, o)
		o.Agreed.Rules = accord.DefaultRules()
		o.Agreed.Rules.Tests = times
	}
	for _, at := range times {
		slots = append(slots, time.Now().UTC().Truncate(24*time.Hour).Add(time.Duration(at)*time.Minute))
	}
	r.startAll()
	return slots
}

// TestDueByItself: at the agreed time the first party asks, without anybody's doing; the second does not.
func TestDueByItself(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		slot := r.at(1)[0]
		if n := r.test(1).Next; n == nil || !n.Equal(slot) {
			t.Errorf("next %v, want %v", n, slot)
		}
		time.Sleep(time.Until(slot))
		r.within(2*time.Second, "it is asked", func() bool { return r.asks(1) != "" })
		if len(r.test(0).Open) != 1 || r.test(0).Open[0].Slot == nil || !r.test(0).Open[0].Slot.Equal(slot) || r.test(0).Due == nil {
			t.Errorf("open %+v, due %v", r.test(0).Open, r.test(0).Due)
		}
		time.Sleep(7 * time.Minute)
		if len(r.test(0).Open) != 1 {
			t.Errorf("open %+v, want one", r.test(0).Open)
		}
		r.readBack(1, r.asks(1))
		r.result(0, "passed")
		time.Sleep(30 * time.Minute)
		for side := range 2 {
			if got := r.test(side); len(got.Missed) != 0 || got.Due != nil {
				t.Errorf("side %d: missed %v, due %v", side, got.Missed, got.Due)
			}
		}
	})
}

// TestMissed: a test that nobody read back in time is missed on both sides alike, until one is passed.
func TestMissed(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		slot := r.at(1, 120)[0]
		time.Sleep(time.Until(slot.Add(30*time.Minute - time.Second)))
		if len(r.test(0).Missed)+len(r.test(1).Missed) != 0 {
			t.Error("missed before its time is over")
		}
		time.Sleep(2 * time.Second)
		for side := range 2 {
			if m := r.test(side).Missed; len(m) != 1 || !m[0].Equal(slot) {
				t.Errorf("side %d: missed %v, want %v", side, m, slot)
			}
			if n := r.line(side, 0).Notices; len(n) != 1 || n[0].Text[:12] != "The test of " {
				t.Errorf("side %d: notices %+v", side, n)
			}
		}
		r.startTest(1)
		r.within(time.Second, "it is asked", func() bool { return r.asks(0) != "" })
		r.readBack(0, r.asks(0))
		r.result(1, "passed")
		for side := range 2 {
			if l := r.line(side, 0); len(l.Test.Missed)+len(l.Notices) != 0 {
				t.Errorf("side %d: missed %v, notices %v", side, l.Test.Missed, l.Notices)
			}
		}
	})
}
