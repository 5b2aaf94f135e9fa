package watch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// officerNamed is an officer known by name alone.
func officerNamed(name string) Officer { return Officer{Name: name} }

// must reads local times that a test knows to be right.
func must[T any](t testing.TB, parse func(string) (T, error), s string) T {
	t.Helper()
	v, err := parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// everyDay is a roster of three officers who relieve one another at 02:30, 10:00 and 18:00, every day.
func everyDay(t testing.TB, zone string) *Roster {
	r := &Roster{Zone: zone}
	for d := range Weekday(7) {
		for i, hours := range []string{"02:30", "10:00", "18:00"} {
			to := []string{"10:00", "18:00", "02:30"}[i]
			r.Weekly = append(r.Weekly, Weekly{Officer: officerNamed(string(rune('A' + i))), Day: d, From: must(t, ParseClock, hours), To: must(t, ParseClock, to)})
		}
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	return r
}

// Shifts that meet on paper meet in fact: over a year and a half in each of many zones, whatever their clocks do, there is
// neither a gap nor an overlap; and the shifts on either side of 02:30 really last as much less or more as the clock is moved.
func TestNoGapOverAnyChange(t *testing.T) {
	for zone, want := range map[string]string{
		"Europe/Warsaw":       "A 7h0m0s to 8h30m0s, B 8h0m0s to 8h0m0s, C 8h0m0s to 8h30m0s",   // 02:30 is left out, and comes twice
		"America/New_York":    "A 7h0m0s to 7h30m0s, B 8h0m0s to 8h0m0s, C 8h0m0s to 9h30m0s",   // 01:30 comes twice
		"Australia/Lord_Howe": "A 7h30m0s to 7h30m0s, B 8h0m0s to 8h0m0s, C 8h0m0s to 9h0m0s",   // half an hour
		"America/Santiago":    "A 7h30m0s to 7h30m0s, B 8h0m0s to 8h0m0s, C 7h30m0s to 9h30m0s", // at midnight
		"Asia/Kolkata":        "A 7h30m0s to 7h30m0s, B 8h0m0s to 8h0m0s, C 8h30m0s to 8h30m0s",
	} {
		r := everyDay(t, zone)
		least, most := map[string]time.Duration{}, map[string]time.Duration{}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 26 { // three weeks each
			next := at.Add(21 * 24 * time.Hour)
			for _, s := range r.Cover(at, next) {
				if s.IsGap() || s.IsOverlap() {
					t.Fatalf("%s: %s to %s has %v", zone, s.From, s.To, s.Officers)
				}
			}
			for _, s := range r.Shifts(at, next) {
				name := s.Officer.Name
				most[name] = max(most[name], s.Length())
				if had, ok := least[name]; !ok || s.Length() < had {
					least[name] = s.Length()
				}
			}
			at = next
		}
		var got []string
		for _, name := range []string{"A", "B", "C"} {
			got = append(got, fmt.Sprintf("%s %v to %v", name, least[name], most[name]))
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: %s, want %s", zone, text, want)
		}
	}
}

// The night shift of the change itself, to the minute.
func TestNightOfTheChange(t *testing.T) {
	r := &Roster{Zone: "Europe/Warsaw", Weekly: []Weekly{{Officer: officerNamed("B"), Day: Weekday(time.Saturday), From: 20 * 60, To: 8 * 60}}}
	for _, c := range []struct {
		saturday string
		want     time.Duration
	}{{"2026-03-21", 12 * time.Hour}, {"2026-03-28", 11 * time.Hour}, {"2026-10-24", 13 * time.Hour}, {"2026-10-31", 12 * time.Hour}} {
		from := At(r.Location(), must(t, ParseDate, c.saturday), 12*60)
		got := r.Shifts(from, from.Add(24*time.Hour))
		if len(got) != 1 || got[0].Length() != c.want {
			t.Errorf("%s: %v, want one shift of %v", c.saturday, got, c.want)
		}
	}
}

// A shift that lies whole in what the clock leaves out does not exist; one in what comes twice has its first.
func TestShiftsWithinAChange(t *testing.T) {
	r := &Roster{Zone: "Europe/Warsaw", Single: []Single{
		{Officer: officerNamed("A"), Date: must(t, ParseDate, "2026-03-29"), From: 2 * 60, To: 3 * 60},
		{Officer: officerNamed("B"), Date: must(t, ParseDate, "2026-10-25"), From: 2 * 60, To: 2*60 + 30},
		{Officer: officerNamed("C"), Date: must(t, ParseDate, "2026-10-25"), From: 2*60 + 30, To: 3 * 60}}}
	march := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	if got := r.Shifts(march, march.Add(24*time.Hour)); len(got) != 0 {
		t.Errorf("a shift stands where the clock has no hour: %v", got)
	}
	october := time.Date(2026, 10, 24, 20, 0, 0, 0, time.UTC)
	got := r.Shifts(october, october.Add(24*time.Hour))
	if len(got) != 2 || got[0].Length() != 30*time.Minute || got[1].Length() != 90*time.Minute || !got[0].To.Equal(got[1].From) {
		t.Errorf("the hour that comes twice is %v", got)
	}
}

// Rotation: every second week, between two days.
func TestRotation(t *testing.T) {
	r := &Roster{Weekly: []Weekly{
		{Officer: officerNamed("A"), Day: Weekday(time.Monday), From: 0, To: endOfDay, First: must(t, ParseDate, "2026-12-21"), Every: 2},
		{Officer: officerNamed("B"), Day: Weekday(time.Monday), From: 0, To: endOfDay, First: must(t, ParseDate, "2026-12-28"), Every: 2, Last: must(t, ParseDate, "2027-01-15")}}}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range r.Shifts(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)) {
		got = append(got, s.Officer.Name+s.From.Format(" 2 Jan"))
	}
	if want := "A 21 Dec, B 28 Dec, A 4 Jan, B 11 Jan, A 18 Jan"; strings.Join(got, ", ") != want {
		t.Errorf("found %s, want %s", strings.Join(got, ", "), want)
	}
}

// A single shift comes on top, or instead; what is left of the weekly one stays.
func TestSingleShifts(t *testing.T) {
	r := &Roster{Weekly: []Weekly{{Officer: officerNamed("A"), Day: Weekday(time.Monday), From: 8 * 60, To: 20 * 60}},
		Single: []Single{
			{Officer: officerNamed("B"), Date: must(t, ParseDate, "2026-11-23"), From: 12 * 60, To: 14 * 60, Instead: true},
			{Officer: officerNamed("C"), Date: must(t, ParseDate, "2026-11-23"), From: 19 * 60, To: 21 * 60}}}
	day := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	var got []string
	for _, s := range r.Cover(day, day.Add(16*time.Hour)) {
		got = append(got, fmt.Sprintf("%s-%s %v", s.From.Format("15"), s.To.Format("15"), s.Officers))
	}
	want := "06-08 []; 08-12 [{ A}]; 12-14 [{ B}]; 14-19 [{ A}]; 19-20 [{ A} { C}]; 20-21 [{ C}]; 21-22 []"
	if strings.Join(got, "; ") != want {
		t.Errorf("found %s\nwant  %s", strings.Join(got, "; "), want)
	}
}

// A random roster's stretches are without a break, differ from their neighbours, and say at each minute what its shifts say.
func TestCoverAgreesWithShifts(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 60 {
		r := &Roster{Zone: []string{"Europe/Warsaw", "America/St_Johns", ""}[rng.IntN(3)]}
		for range rng.IntN(20) {
			r.Weekly = append(r.Weekly, Weekly{Officer: officerNamed(string(rune('A' + rng.IntN(4)))), Day: Weekday(rng.IntN(7)), From: Clock(rng.IntN(1440)), To: Clock(rng.IntN(1441))})
		}
		for range rng.IntN(6) {
			r.Single = append(r.Single, Single{Officer: officerNamed(string(rune('A' + rng.IntN(4)))), Date: Date{2026, 10, 20}.Add(rng.IntN(10)), From: Clock(rng.IntN(1440)), To: Clock(rng.IntN(1441)), Instead: rng.IntN(2) == 0})
		}
		from := time.Date(2026, 10, 20, rng.IntN(24), rng.IntN(60), 0, 0, time.UTC)
		to := from.Add(9 * 24 * time.Hour)
		cover, shifts := r.Cover(from, to), r.Shifts(from, to)
		for i, s := range cover {
			switch {
			case i == 0 && !s.From.Equal(from), i == len(cover)-1 && !s.To.Equal(to), i > 0 && !s.From.Equal(cover[i-1].To), !s.From.Before(s.To):
				t.Fatalf("stretch %d is %s to %s, of %s to %s", i, s.From, s.To, from, to)
			case i > 0 && slices.EqualFunc(s.Officers, cover[i-1].Officers, Officer.Is):
				t.Fatalf("two neighbours have %v", s.Officers)
			}
			for range 4 {
				at := s.From.Add(time.Duration(rng.Int64N(int64(s.To.Sub(s.From)))))
				var on []string
				for _, sh := range shifts {
					if !at.Before(sh.From) && at.Before(sh.To) && !slices.Contains(on, sh.Officer.Name) {
						on = append(on, sh.Officer.Name)
					}
				}
				if slices.Sort(on); fmt.Sprint(on) != fmt.Sprint(sortedNames(s.Officers)) {
					t.Fatalf("at %s the shifts have %v, the stretch %v", at, on, s.Officers)
				}
			}
		}
	}
}

func sortedNames(list []Officer) (names []string) {
	for _, o := range list {
		names = append(names, o.Name)
	}
	slices.Sort(names)
	return names
}

func TestRostersThatAreRefused(t *testing.T) {
	a := officerNamed("A")
	many := func(n int) (list []Weekly) {
		for range n {
			list = append(list, Weekly{Officer: a, From: 0, To: 60})
		}
		return list
	}
	for want, r := range map[string]Roster{
		"zone":                      {Zone: "Mars/Olympus"},
		"zone: found \"Local\"":     {Zone: "Local"},
		"zone: found \"../../etc\"": {Zone: "../../etc"},
		"201 weekly":                {Weekly: many(201)},
		"name is \"\"":              {Weekly: []Weekly{{From: 0, To: 60}}},
		"name is \"a\\u202eb\"":     {Weekly: []Weekly{{Officer: officerNamed("a\u202eb"), To: 60}}},
		"from 24:00":                {Weekly: []Weekly{{Officer: a, From: endOfDay, To: 60}}},
		"without a first day":       {Weekly: []Weekly{{Officer: a, To: 60, Every: 2}}},
		"every 13 weeks":            {Weekly: []Weekly{{Officer: a, To: 60, Every: 13, First: Date{2026, 1, 1}}}},
		"is before the first":       {Weekly: []Weekly{{Officer: a, To: 60, First: Date{2026, 1, 2}, Last: Date{2026, 1, 1}}}},
		"single shift 1: no date":   {Single: []Single{{Officer: a, To: 60}}},
		"weekly shift 1: day is 7":  {Weekly: []Weekly{{Officer: a, Day: 7, To: 60}}},
	} {
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found %v, want a refusal with %q", err, want)
		}
	}
}

// Each minute has the officers whom it has by the plainest way to find them: all shifts of all days, one after the other.
func TestCoverAgreesWithThePlainWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 9))
	person := func() Officer {
		o := officerNamed(string(rune('A' + rng.IntN(9))))
		if rng.IntN(2) == 0 {
			o.ID = "id of " + o.Name
		}
		return o
	}
	rosters := []*Roster{costly(t, false), costly(t, true)}
	for range 12 {
		r := &Roster{Zone: []string{"Europe/Warsaw", "Australia/Lord_Howe", ""}[rng.IntN(3)]}
		for range rng.IntN(60) {
			r.Weekly = append(r.Weekly, Weekly{Officer: person(), Day: Weekday(rng.IntN(7)), From: Clock(rng.IntN(1440)), To: Clock(rng.IntN(1441))})
		}
		for range rng.IntN(40) {
			r.Single = append(r.Single, Single{Officer: person(), Date: costlyDay.Add(rng.IntN(12) - 4), From: Clock(rng.IntN(1440)), To: Clock(rng.IntN(1441)), Instead: rng.IntN(3) == 0})
		}
		rosters = append(rosters, r)
	}
	from := time.Date(2026, 10, 17, 12, 0, 0, 0, time.UTC)
	to := from.Add(8*24*time.Hour + 6*time.Hour + 30*time.Minute) // past the change of the clocks
	for n, r := range rosters {
		shifts := everyShift(r)
		cover := r.Cover(from, to)
		for at := from; at.Before(to); at = at.Add(7 * time.Minute) {
			for !at.Before(cover[0].To) {
				cover = cover[1:]
			}
			if want := onAt(shifts, at); !slices.EqualFunc(cover[0].Officers, want, Officer.Is) {
				t.Fatalf("roster %d at %s: found %v, want %v", n, at, cover[0].Officers, want)
			}
		}
	}
}

// A shiftAt is a shift, and whether it is instead of weekly ones.
type shiftAt struct {
	Shift
	instead bool
}

// everyShift are the shifts of some weeks, whole, in the order of their beginnings.
func everyShift(r *Roster) (list []shiftAt) {
	for _, s := range r.Single {
		sh := laid(r.Location(), s.Officer, s.Date, s.From, s.To)
		sh.Single = true
		list = append(list, shiftAt{sh, s.Instead})
	}
	for i := range 21 {
		for _, w := range r.Weekly {
			if d := costlyDay.Add(i - 10); w.on(d) {
				list = append(list, shiftAt{laid(r.Location(), w.Officer, d, w.From, w.To), false})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b shiftAt) int { return byBeginning(a.Shift, b.Shift) })
	return list
}

func onAt(shifts []shiftAt, at time.Time) (on []Officer) {
	var here []shiftAt
	for _, s := range shifts {
		if !at.Before(s.From) && at.Before(s.To) {
			here = append(here, s)
		}
	}
	alone := slices.ContainsFunc(here, func(s shiftAt) bool { return s.instead })
	for _, s := range here {
		if (s.Single || !alone) && !slices.ContainsFunc(on, s.Officer.Is) {
			on = append(on, s.Officer)
		}
	}
	return on
}

var costlyDay = Date{2026, 10, 19} // a Monday

// costly is as large a roster as there may be, all of it on one day and each shift of somebody else; with instead, its single
// shifts cut each weekly one into hundreds.
func costly(t testing.TB, instead bool) *Roster {
	r := &Roster{Zone: "Europe/Warsaw"}
	for i := range Clock(MaxWeekly) {
		w := Weekly{Officer: officerNamed(fmt.Sprintf("weekly %d", i)), Day: Weekday(time.Monday), From: i, To: 1240 + i}
		if i%2 == 1 {
			w.To = w.From // of the day after
		}
		r.Weekly = append(r.Weekly, w)
	}
	for i := range Clock(MaxSingle) {
		s := Single{Officer: officerNamed(fmt.Sprintf("single %d", i)), Date: costlyDay, From: 200 + i, To: 180 + i}
		if instead {
			s.From, s.To, s.Instead = 240+2*i, 241+2*i, true
		}
		r.Single = append(r.Single, s)
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	return r
}

// What the station's loop waits for when a roster is set, and once a day.
func BenchmarkCostlyRoster(b *testing.B) {
	for _, instead := range []bool{false, true} {
		b.Run(fmt.Sprintf("instead=%t", instead), func(b *testing.B) {
			now := At(time.UTC, costlyDay, 12*60)
			set := Settings{Roster: *costly(b, instead), Periods: DefaultPeriods}
			for b.Loop() {
				w := New(Settings{Periods: DefaultPeriods}, Standing{})
				if err := w.Set(now, set); err != nil {
					b.Fatal(err)
				}
				w.View(now)
				w.Deadline(now)
			}
		})
	}
}
