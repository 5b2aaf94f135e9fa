package watch

import (
	"cmp"
	"slices"
	"time"
)

// A Shift is one shift as it really falls. To is after From.
type Shift struct {
	Officer  Officer
	From, To time.Time
	Single   bool
}

// Length is how long it really lasts.
func (s Shift) Length() time.Duration { return s.To.Sub(s.From) }

// MostCover is the longest time that is looked at at once.
const MostCover = 62 * 24 * time.Hour

// Shifts are those that touch the time from from to to, in the order of their beginnings, whole.
func (r *Roster) Shifts(from, to time.Time) []Shift {
	zone := r.Location()
	if to.Sub(from) > MostCover {
		to = from.Add(MostCover)
	}
	var list, instead []Shift
	for _, s := range r.Single {
		sh := laid(zone, s.Officer, s.Date, s.From, s.To)
		sh.Single = true
		if !touches(sh, from, to) {
			continue
		}
		if list = append(list, sh); s.Instead {
			instead = append(instead, sh)
		}
	}
	slices.SortFunc(instead, byBeginning)
	last := DateOf(to.In(zone)).Add(1)
	for d := DateOf(from.In(zone)).Add(-2); !last.before(d); d = d.Add(1) {
		for _, w := range r.Weekly {
			if !w.on(d) {
				continue
			}
			for _, sh := range without(laid(zone, w.Officer, d, w.From, w.To), instead) {
				if touches(sh, from, to) {
					list = append(list, sh)
				}
			}
		}
	}
	slices.SortStableFunc(list, byBeginning)
	return list
}

// laid is a shift of one day on the real time.
func laid(zone *time.Location, o Officer, d Date, from, to Clock) Shift {
	end := d
	if to <= from {
		end = d.Add(1)
	}
	return Shift{Officer: o, From: At(zone, d, from), To: At(zone, end, to)}
}

func touches(s Shift, from, to time.Time) bool {
	return s.From.Before(s.To) && s.From.Before(to) && from.Before(s.To)
}

// without is what is left of a shift that others, in order, take the place of.
func without(s Shift, instead []Shift) (left []Shift) {
	for _, i := range instead {
		if !i.From.Before(s.To) || !s.From.Before(i.To) {
			continue
		}
		if s.From.Before(i.From) {
			head := s
			head.To = i.From
			left = append(left, head)
		}
		if s.From = i.To; !s.From.Before(s.To) {
			return left
		}
	}
	return append(left, s)
}

func byBeginning(a, b Shift) int {
	return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), cmp.Compare(a.Officer.Name, b.Officer.Name))
}

// A Stretch is a time through which the same officers are on the roster: none is a gap, more than one an overlap.
type Stretch struct {
	From, To time.Time
	Officers []Officer // each once, in the order of their beginnings
}

// IsGap reports whether nobody is on the roster.
func (s Stretch) IsGap() bool { return len(s.Officers) == 0 }

// IsOverlap reports whether several are.
func (s Stretch) IsOverlap() bool { return len(s.Officers) > 1 }

// Cover cuts the time from from to to into stretches, without a break. Neighbours differ.
func (r *Roster) Cover(from, to time.Time) []Stretch {
	if to.Sub(from) > MostCover {
		to = from.Add(MostCover)
	}
	if !from.Before(to) {
		return nil
	}
	shifts := r.Shifts(from, to)
	edges := []time.Time{from, to}
	for _, s := range shifts {
		for _, t := range []time.Time{s.From, s.To} {
			if from.Before(t) && t.Before(to) {
				edges = append(edges, t)
			}
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	edges = slices.CompactFunc(edges, time.Time.Equal)
	var list []Stretch
	var on []Shift // those that have begun, in that order, and not ended
	for i, t := range edges[:len(edges)-1] {
		for len(shifts) > 0 && !t.Before(shifts[0].From) {
			on, shifts = append(on, shifts[0]), shifts[1:]
		}
		on = slices.DeleteFunc(on, func(s Shift) bool { return !t.Before(s.To) })
		s := Stretch{From: t, To: edges[i+1], Officers: named(on)}
		if n := len(list); n > 0 && alike(list[n-1].Officers, s.Officers) {
			list[n-1].To = s.To
		} else {
			list = append(list, s)
		}
	}
	return list
}

// named are the officers of shifts, each once.
func named(shifts []Shift) (list []Officer) {
	for _, s := range shifts {
		if !slices.ContainsFunc(list, s.Officer.Is) {
			list = append(list, s.Officer)
		}
	}
	return list
}

func alike(a, b []Officer) bool {
	return slices.EqualFunc(a, b, Officer.Is)
}
