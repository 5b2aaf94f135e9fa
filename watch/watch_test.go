package watch

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A story is a watch that is led through time.
type story struct {
	t   *testing.T
	w   *Watch
	now time.Time
}

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func newStory(t *testing.T, r Roster, p Plan) *story {
	t.Helper()
	set := Settings{Roster: r, Plan: p, Periods: DefaultPeriods}
	if err := set.Check(); err != nil {
		t.Fatal(err)
	}
	return &story{t, New(set, Standing{}), monday}
}

// at goes on to a time of the day, "08:00", or "2 08:00" of a later day of the month's count from Monday.
func (s *story) at(clock string) *story {
	s.t.Helper()
	day := int(s.now.Sub(monday) / (24 * time.Hour))
	if d, rest, ok := strings.Cut(clock, " "); ok {
		if _, err := fmt.Sscan(d, &day); err != nil {
			s.t.Fatal(err)
		}
		clock = rest
	}
	c, err := ParseClock(clock)
	if err != nil {
		s.t.Fatal(err)
	}
	if next := monday.Add(time.Duration(day)*24*time.Hour + time.Duration(c)*time.Minute); !next.Before(s.now) {
		s.now = next
		return s
	}
	s.t.Fatalf("%s is in the past", clock)
	return s
}

func (s *story) ok(err error) *story {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return s
}

func (s *story) refused(code string, err error) {
	s.t.Helper()
	if r, is := errors.AsType[*Refusal](err); !is || r.Code != code {
		s.t.Fatalf("found %v, want the refusal %s", err, code)
	}
}

func (s *story) take(name string) *story {
	s.t.Helper()
	return s.ok(s.w.Take(s.now, officerNamed(name), "console of "+name))
}

// is holds the watch to its state, who has it, and its alarms.
func (s *story) is(state State, holder string, alarms ...AlarmKind) *story {
	s.t.Helper()
	v := s.w.View(s.now)
	var kinds []AlarmKind
	for _, a := range v.Alarms {
		kinds = append(kinds, a.Kind)
	}
	if v.State != state || v.Held.Officer.Name != holder || fmt.Sprint(kinds) != fmt.Sprint(alarms) {
		s.t.Fatalf("%s: the watch is %s of %q with alarms %v, want %s of %q with %v", s.now.Format("Mon 15:04:05"), v.State, v.Held.Officer.Name, kinds, state, holder, alarms)
	}
	return s
}

// dayShifts has A from 08:00 to 14:00 and B from 14:00 to 20:00, Monday to Friday.
func dayShifts() (r Roster) {
	for d := time.Monday; d <= time.Friday; d++ {
		r.Weekly = append(r.Weekly, Weekly{Officer: officerNamed("A"), Day: Weekday(d), From: 8 * 60, To: 14 * 60},
			Weekly{Officer: officerNamed("B"), Day: Weekday(d), From: 14 * 60, To: 20 * 60})
	}
	return r
}

// Without a roster nothing alarms until somebody has taken the watch.
func TestNoWatchIsKept(t *testing.T) {
	s := newStory(t, Roster{}, Plan{})
	s.at("5 03:00").is(Vacant, "")
	if s.w.View(s.now).Used {
		t.Error("the watch counts as kept")
	}
	s.take("A").is(Kept, "A")
}

// Without a roster a watch that was left with nobody alarms until somebody takes it.
func TestLeftWithoutARoster(t *testing.T) {
	s := newStory(t, Roster{}, Plan{})
	s.at("08:00").take("A").at("08:30").ok(s.w.Leave(s.now, officerNamed("A"), "")).is(Vacant, "", AlarmVacant)
	if v := s.w.View(s.at("3 08:00").now); !v.Used || v.Alarms[0].From.Format("Mon 15:04") != "Mon 08:30" || !v.Alarms[0].To.IsZero() {
		t.Errorf("three days later: kept %t, %+v", v.Used, v.Alarms)
	}
	s.is(Vacant, "", AlarmVacant).take("B").is(Kept, "B")
}

func TestStillHere(t *testing.T) {
	s := newStory(t, Roster{}, Plan{})
	s.at("08:00").take("A").at("08:59").is(Kept, "A").at("09:00").is(Asked, "A").at("09:04").is(Asked, "A")
	s.ok(s.w.Here(s.now, officerNamed("A"), "")).is(Kept, "A").at("10:03").is(Kept, "A").at("10:04").is(Asked, "A")
	s.refused("not-yours", s.w.Here(s.now, officerNamed("B"), ""))
	s.at("10:09").is(Absent, "A", AlarmAbsent)
	if s.w.Staffed(s.now) {
		t.Error("an absent officer staffs the watch")
	}
	s.at("10:30").ok(s.w.Here(s.now, officerNamed("A"), "")).is(Kept, "A") // back
	if !s.w.Acted(s.now, officerNamed("A"), "") || s.w.Acted(s.now, officerNamed("B"), "") {
		t.Error("an act counts for whoever has the watch, and for nobody else")
	}
	// Every instant at which that changes is a deadline.
	for _, want := range []string{"11:30", "11:35"} {
		if got := s.w.Deadline(s.now).Format("15:04"); got != want {
			t.Fatalf("the next deadline is %s, want %s", got, want)
		}
		s.at(want)
	}
}

// A proof of life from a future that a wrong clock has shown counts from now on.
func TestClockSetBack(t *testing.T) {
	s := newStory(t, Roster{}, Plan{})
	s.at("12:00").take("A")
	s.now = monday.Add(8 * time.Hour)
	s.is(Kept, "A")
	if due := s.w.View(s.now).Due; due.Sub(s.now) > time.Hour {
		t.Errorf("the question comes %v from now, want at most an hour", due.Sub(s.now))
	}
	s.at("09:00").is(Asked, "A").at("09:05").is(Absent, "A", AlarmAbsent) // and not only when the clock is where it was
}

// Nor does an officer who has no ready console go unseen until the clock is where it was.
func TestClockSetBackWhileUnseated(t *testing.T) {
	s := newStory(t, Roster{}, Plan{})
	s.at("12:00").take("A")
	s.w.Seated(s.now, true)
	s.w.Seated(s.now, false)
	s.now = monday.Add(8 * time.Hour)
	s.w.Seated(s.now, false)
	s.is(Kept, "A")
	s.now = s.now.Add(Unseated)
	s.w.Seated(s.now, false)
	s.is(Kept, "A", AlarmUnseated)
}

// A day with everything: nobody comes, a hand-over, one who is late, a gap that is announced.
func TestDay(t *testing.T) {
	s := newStory(t, dayShifts(), Plan{})
	s.is(Vacant, "", AlarmGap)
	s.at("07:59").is(Vacant, "", AlarmGap).at("08:00").is(Vacant, "", AlarmVacant)
	s.take("A").is(Kept, "A").at("08:30").ok(s.w.Here(s.now, officerNamed("A"), ""))
	s.at("13:40").ok(s.w.Hand(s.now, officerNamed("A"), officerNamed("B"), "All quiet.")).is(Kept, "A") // it stays
	s.at("14:05").is(Kept, "A").at("14:10").is(Kept, "A", AlarmLate)
	s.at("14:12").take("B").is(Kept, "B")
	if n := s.w.View(s.now).Notes; len(n) != 1 || n[0].Text != "All quiet." || n[0].From.Name != "A" {
		t.Fatalf("the notes are %v", n)
	}
	s.refused("not-yours", s.w.Acknowledge(officerNamed("A"), s.now))
	s.ok(s.w.Acknowledge(officerNamed("B"), s.now))
	if n := s.w.View(s.now).Notes; len(n) != 0 {
		t.Fatalf("acknowledged, and still there: %v", n)
	}
	for _, at := range []string{"15:00", "16:00", "17:00", "18:00", "19:00"} {
		s.at(at).ok(s.w.Here(s.now, officerNamed("B"), ""))
	}
	s.at("19:29").is(Kept, "B").at("19:30").is(Kept, "B", AlarmAhead)
	gap := s.w.View(s.now).Alarms[0]
	if gap.From.Sub(s.now) != 30*time.Minute || gap.To.Sub(gap.From) != 12*time.Hour {
		t.Errorf("the gap is %s to %s", gap.From, gap.To)
	}
	s.at("20:00").is(Asked, "B", AlarmStays)
	s.ok(s.w.Leave(s.now, officerNamed("B"), "Closed.")).is(Vacant, "", AlarmGap)
	s.at("1 08:00").take("A").is(Kept, "A")
	if n := s.w.View(s.now).Notes; len(n) != 1 || n[0].Text != "Closed." {
		t.Errorf("the note of the evening is %v", n)
	}
	s.at("4 19:40")
	if a := s.w.View(s.now).Alarms; a[len(a)-1].Kind != AlarmAhead || a[len(a)-1].To.Sub(a[len(a)-1].From) != 60*time.Hour {
		t.Errorf("the weekend's gap is %v", a)
	}
}

// Over weeks, looking only at deadlines shows every change that looking at every minute shows.
func TestDeadlinesMissNothing(t *testing.T) {
	r := dayShifts()
	r.Zone = "Europe/Warsaw"
	s := newStory(t, r, Plan{})
	s.now = time.Date(2026, 3, 27, 11, 0, 0, 0, time.UTC) // the clock changes on the 29th
	s.take("A")
	s.w.Seated(s.now, true)
	shape := func(now time.Time) string {
		v := s.w.View(now)
		text := v.State.String()
		for _, a := range v.Alarms {
			text += " " + a.Kind.String()
		}
		return text
	}
	end, next, was := s.now.Add(16*24*time.Hour), s.w.Deadline(s.now), shape(s.now)
	for now := s.now; now.Before(end); now = now.Add(time.Minute) {
		is := shape(now)
		if is != was && now.Before(next) {
			t.Fatalf("at %s the watch is %q and was %q, before the deadline %s", now, is, was, next)
		}
		if was = is; !now.Before(next) {
			next = s.w.Deadline(now)
		}
	}
}

func TestHandOver(t *testing.T) {
	s := newStory(t, Roster{}, Plan{})
	s.refused("no-watch", s.w.Hand(s.now, officerNamed("A"), Officer{}, ""))
	s.refused("no-name", s.w.Take(s.now, officerNamed(""), ""))
	s.refused("no-name", s.w.Take(s.now, officerNamed("A\u202e"), ""))
	s.take("A")
	s.refused("not-yours", s.w.Hand(s.now, officerNamed("B"), Officer{}, ""))
	s.refused("own-watch", s.w.Hand(s.now, officerNamed("A"), officerNamed("A"), ""))
	s.ok(s.w.Hand(s.now, officerNamed("A"), Officer{}, "x"))
	s.take("A") // and keeps it
	if v := s.w.View(s.now); v.Offer != nil || len(v.Notes) != 0 {
		t.Errorf("taken back, and still offered: %+v", v)
	}
	for i := range 20 { // notes nobody reads
		a, b := officerNamed(string(rune('A'+i%2))), string(rune('A'+(i+1)%2))
		s.now = s.now.Add(time.Second)
		s.ok(s.w.Hand(s.now, a, officerNamed(b), fmt.Sprint("note ", i))).take(b)
	}
	n := s.w.View(s.now).Notes
	if len(n) != MaxNotes || n[MaxNotes-1].Text != "note 19" {
		t.Errorf("%d notes, the last %q, want the newest %d", len(n), n[len(n)-1].Text, MaxNotes)
	}
	is := s.w.Standing()
	if err := is.Check(); err != nil {
		t.Error(err)
	}
}

// An enrolled person is known by id, whatever the name; one without by name.
func TestWhoIsWho(t *testing.T) {
	for _, c := range []struct {
		a, b Officer
		want bool
	}{
		{Officer{"1", "A"}, Officer{"1", "A. Weber"}, true},
		{Officer{"1", "A"}, Officer{"2", "A"}, false},
		{Officer{"", "A"}, Officer{"1", "A"}, true},
		{Officer{"", "A"}, Officer{"", "B"}, false},
		{Officer{}, Officer{}, false},
	} {
		if c.a.Is(c.b) != c.want || c.b.Is(c.a) != c.want {
			t.Errorf("%v is %v: want %t", c.a, c.b, c.want)
		}
	}
}

// An officer without a ready console is shown after half a minute; one who has just taken the watch has as long.
func TestUnseated(t *testing.T) {
	s := newStory(t, Roster{}, Plan{})
	s.at("08:00").take("A")
	s.w.Seated(s.now, false)
	s.is(Kept, "A")
	if got := s.w.Deadline(s.now).Sub(s.now); got != Unseated {
		t.Errorf("looked at again in %v, want %v", got, Unseated)
	}
	s.now = s.now.Add(Unseated)
	s.w.Seated(s.now, false)
	s.is(Kept, "A", AlarmUnseated)
	s.w.Seated(s.now, true)
	s.is(Kept, "A")
}

func TestRingingPlan(t *testing.T) {
	plan := Plan{Deputies: []Officer{officerNamed("D")}, Waves: []Wave{
		{After: 0, Group: OnDuty}, {After: 15, Group: Deputies}, {After: 25, Group: Named, Names: []Officer{officerNamed("N")}}, {After: 40, Group: Everybody}}}
	s := newStory(t, dayShifts(), plan)
	order := func(want string) {
		t.Helper()
		var got []string
		for _, name := range []string{"A", "B", "D", "N", "X"} {
			got = append(got, fmt.Sprint(name, " ", s.w.Delay(s.now, officerNamed(name), "console of "+name)))
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: %s, want %s", s.now.Format("15:04"), text, want)
		}
	}
	s.at("08:00")
	order("A 0s, B 25s, D 0s, N 10s, X 25s") // nobody has the watch: the deputies ring at once, and who should have it
	s.take("A")
	order("A 0s, B 40s, D 15s, N 25s, X 40s")
	if d := s.w.Delay(s.now, officerNamed("X"), "console of A"); d != 0 {
		t.Errorf("the console at which the officer sits rings after %v", d)
	}
	s.at("09:05")
	order("A 0s, B 25s, D 0s, N 10s, X 25s") // absent: the next wave at once
	s.ok(s.w.Here(s.now, officerNamed("A"), "console of A"))
	order("A 0s, B 40s, D 15s, N 25s, X 40s")

	// Without a wave for everybody, everybody rings after a minute; without a plan, at once.
	s.ok(s.w.Set(s.now, Settings{Roster: dayShifts(), Periods: DefaultPeriods, Plan: Plan{Waves: []Wave{{Group: OnDuty}}}}))
	order("A 0s, B 1m0s, D 1m0s, N 1m0s, X 1m0s")
	s.at("11:00") // the only wave is void
	order("A 0s, B 0s, D 0s, N 0s, X 0s")
	s.ok(s.w.Set(s.now, Settings{Periods: DefaultPeriods}))
	order("A 0s, B 0s, D 0s, N 0s, X 0s")
}

func TestPlansThatAreRefused(t *testing.T) {
	for want, p := range map[string]Plan{
		"wave 1: after 5 s":             {Waves: []Wave{{After: 5, Group: Everybody}}},
		"wave 2: after 0 s":             {Waves: []Wave{{Group: OnDuty}, {Group: Everybody}}},
		"wave 2: after 61 s":            {Waves: []Wave{{Group: OnDuty}, {After: 61, Group: Everybody}}},
		"who is \"all\"":                {Waves: []Wave{{Group: "all"}}},
		"wave 1: has 0 names":           {Waves: []Wave{{Group: Named}}},
		"wave 1: has 1 names":           {Waves: []Wave{{Group: Everybody, Names: []Officer{officerNamed("A")}}}},
		"deputy: name is \"\"":          {Deputies: []Officer{{}}},
		"plan has 9 waves and 0 deputi": {Waves: make([]Wave, 9)},
	} {
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found %v, want a refusal with %q", err, want)
		}
	}
}

// Who should have the watch by a roster that was just made should have it since then, not since days ago; a change that
// concerns another day moves nothing.
func TestARosterCountsFromItsMaking(t *testing.T) {
	s := newStory(t, Roster{}, Plan{})
	made := s.now
	round := Roster{}
	for d := range Weekday(7) {
		round.Weekly = append(round.Weekly, Weekly{Officer: officerNamed("A"), Day: d, From: 0, To: 24 * 60})
	}
	s.ok(s.w.Set(s.now, Settings{Roster: round, Periods: DefaultPeriods}))
	since := func(want time.Time, officer string) {
		t.Helper()
		v := s.w.View(s.now)
		if len(v.Alarms) == 0 || v.Alarms[0].Kind != AlarmVacant || !v.Alarms[0].From.Equal(want) || v.Alarms[0].Officers[0].Name != officer {
			t.Errorf("at %v: %+v, want %s since %v", s.now, v.Alarms, officer, want)
		}
	}
	since(made, "A")
	s.now = s.now.Add(3 * time.Hour)
	since(made, "A")
	round.Single = []Single{{Officer: officerNamed("B"), Date: DateOf(s.now).Add(3), From: 0, To: 24 * 60, Instead: true}}
	s.ok(s.w.Set(s.now, Settings{Roster: round, Periods: DefaultPeriods}))
	since(made, "A")
	round.Single[0].Date = DateOf(s.now)
	s.ok(s.w.Set(s.now, Settings{Roster: round, Periods: DefaultPeriods}))
	since(s.now, "B")
}

// A refused setting changes nothing.
func TestRefusedSettingsChangeNothing(t *testing.T) {
	s := newStory(t, dayShifts(), Plan{})
	if err := s.w.Set(s.now, Settings{Roster: Roster{Zone: "Nowhere"}, Periods: DefaultPeriods}); err == nil {
		t.Fatal("accepted")
	}
	if set := s.w.Settings(); set.Roster.IsEmpty() {
		t.Error("the roster is gone")
	}
}
