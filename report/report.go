package report

import (
	"fmt"
	"slices"
	"time"

	"ringdown/accord"
	"ringdown/api"
)

// An Ask says of what a report is wanted. Both sides ask alike to get the same.
type Ask struct {
	Parties  [2]string // names, the accord's first party and the second
	From, To time.Time // To is at most Now; what is before the first entry, or more than MostYears, is cut off
	Now      time.Time
	Paths    []int              // of the accord, in rising order
	Tests    []accord.TimeOfDay // agreed times
}

const (
	// MostYears bounds one report.
	MostYears = 10

	mostDays = 400 // that are shown one by one
)

// Report computes a report from all entries that were added.
func (b *Builder) Report(ask Ask) *api.Report {
	to := earlier(ask.To, ask.Now).UTC().Truncate(time.Millisecond)
	from := earlier(later(later(ask.From, to.AddDate(-MostYears, 0, 0)), b.firstDay()), to).UTC().Truncate(time.Millisecond)
	s := span{from.UnixMilli(), to.UnixMilli()}
	until := min(s.to, max(b.logs[0].newest, b.logs[1].newest, s.from))
	r := &api.Report{Parties: ask.Parties, From: from, To: to, Until: stamp(until), TestTimes: []string{},
		Entries: [2]int64{b.logs[0].size, b.logs[1].size}}
	var minutes []int64
	for _, t := range ask.Tests {
		minutes = append(minutes, int64(t))
		r.TestTimes = append(r.TestTimes, t.String())
	}
	f := &facts{until: until, talks: b.talks(), paths: ask.Paths, turns: b.turns(ask.Paths), dues: b.dues(minutes, s, until)}
	r.Whole = f.period("whole", s)
	r.Weeks, r.Months = f.periods(weeks(s)), f.periods(months(s))
	r.Days, r.Tests = f.days(s), dots(f.dues)
	return r
}

// firstDay is the day on which the first of both logs begins: before it there was no line.
func (b *Builder) firstDay() time.Time {
	first := b.logs[0].begun
	if b.logs[0].size == 0 || b.logs[1].size > 0 && b.logs[1].begun < first {
		first = b.logs[1].begun
	}
	return dayOf(stamp(first))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// turns joins both sides' words on the line and the paths.
func (b *Builder) turns(paths []int) map[int][]turn {
	silent := [2][]turn{b.logs[0].silent(), b.logs[1].silent()}
	turns := map[int][]turn{0: b.path(0, silent)}
	for _, p := range paths {
		turns[p] = b.path(p, silent)
	}
	return turns
}

// Facts are what both logs together tell, from which the periods are added up.
type facts struct {
	until int64
	talks []talk // in the order of time
	paths []int
	turns map[int][]turn
	dues  []due
}

// A named span is a week or a month, as far as it is asked for.
type named struct {
	span
	name string
}

// weeks are the ISO weeks that a span touches, months its months.
func weeks(s span) []named {
	return cut(s, func(t time.Time) (time.Time, string) {
		monday := dayOf(t).AddDate(0, 0, -int(t.Weekday()+6)%7)
		year, week := t.ISOWeek()
		return monday.AddDate(0, 0, 7), fmt.Sprintf("%04d-W%02d", year, week)
	})
}

func months(s span) []named {
	return cut(s, func(t time.Time) (time.Time, string) {
		return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC), t.Format("2006-01")
	})
}

func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// cut divides a span where next says that a part which begins at t ends.
func cut(s span, next func(t time.Time) (end time.Time, name string)) (list []named) {
	for at := s.from; at < s.to; {
		end, name := next(stamp(at))
		part := named{span{at, min(end.UnixMilli(), s.to)}, name}
		list = append(list, part)
		at = part.to
	}
	return list
}

func (f *facts) periods(parts []named) []api.Period {
	list := make([]api.Period, 0, len(parts))
	for _, p := range parts {
		list = append(list, f.period(p.name, p.span))
	}
	return list
}

// period adds up what lies in a span.
func (f *facts) period(name string, s span) api.Period {
	p := api.Period{Name: name, From: stamp(s.from), To: stamp(s.to), Line: use(f.turns[0], 0, s, f.until), Paths: []api.Availability{},
		Tests: testFigures(f.dues, s)}
	for _, n := range f.paths {
		p.Paths = append(p.Paths, use(f.turns[n], n, s, f.until))
	}
	var calls, drills figures
	var called [2]figures
	for i := f.lifted(s.from); i < f.lifted(s.to); i++ {
		t := &f.talks[i]
		if t.drill {
			drills.add(t)
			continue
		}
		calls.add(t)
		called[1-t.caller].add(t)
	}
	p.Calls, p.Drills = calls.done(), drills.done()
	p.Called = [2]api.CallFigures{called[0].done(), called[1].done()}
	return p
}

// lifted is the place of the first call not before an instant.
func (f *facts) lifted(at int64) int {
	i, _ := slices.BinarySearchFunc(f.talks, at, func(t talk, at int64) int {
		if t.out.called < at {
			return -1
		}
		return 1
	})
	return i
}

// days are the last days of a span, one by one.
func (f *facts) days(s span) []api.ReportDay {
	parts := cut(s, func(t time.Time) (time.Time, string) { return dayOf(t).AddDate(0, 0, 1), t.Format(time.DateOnly) })
	list := []api.ReportDay{}
	for _, d := range parts[max(0, len(parts)-mostDays):] {
		day := api.ReportDay{Day: d.name, Line: f.dayUse(0, d.span), Paths: []api.DayUse{}}
		for _, n := range f.paths {
			day.Paths = append(day.Paths, f.dayUse(n, d.span))
		}
		list = append(list, day)
	}
	return list
}

func (f *facts) dayUse(path int, s span) api.DayUse {
	a := use(f.turns[path], path, s, f.until)
	return api.DayUse{UpMS: a.UpMS, DownMS: a.DownMS, UnknownMS: a.UnknownMS}
}
