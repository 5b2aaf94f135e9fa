package watch

import (
	"cmp"
	"slices"
	"sort"
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
	if to.Sub(from) > MostCover {
		to = from.Add(MostCover)
	}
	list, instead := r.whole(from, to)
	if len(instead) == 0 {
		return list
	}
	var left []Shift
	for _, s := range list {
		if s.Single {
			left = append(left, s)
			continue
		}
		for _, sh := range without(s, instead) {
			if touches(sh, from, to) {
				left = append(left, sh)
			}
		}
	}
	slices.SortStableFunc(left, byBeginning)
	return left
}

// whole are the shifts that touch a time, in the order of their beginnings, and those of them that are instead of
// weekly ones, in the same order; the weekly ones as if there were none of these.
func (r *Roster) whole(from, to time.Time) (list, instead []Shift) {
	zone := r.Location()
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
	last := DateOf(to.In(zone)).Add(1)
	for d := DateOf(from.In(zone)).Add(-2); !last.before(d); d = d.Add(1) {
		for _, w := range r.Weekly {
			if !w.on(d) {
				continue
			}
			if sh := laid(zone, w.Officer, d, w.From, w.To); touches(sh, from, to) {
				list = append(list, sh)
			}
		}
	}
	slices.SortFunc(instead, byBeginning)
	slices.SortStableFunc(list, byBeginning)
	return list, instead
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
	Officers []Officer // each once, in the order in which their shifts begin
}

// IsGap reports whether nobody is on the roster.
func (s Stretch) IsGap() bool { return len(s.Officers) == 0 }

// IsOverlap reports whether several are.
func (s Stretch) IsOverlap() bool { return len(s.Officers) > 1 }

// Cover cuts the time from from to to into stretches, without a break. Neighbours differ.
func (r *Roster) Cover(from, to time.Time) (list []Stretch) {
	c := r.cover(from, to)
	for i := range c.spans {
		list = append(list, c.stretch(i))
	}
	return list
}

// A cover is a time that is cut into stretches. It says who is on by number: a costly roster has thousands of stretches
// with hundreds of officers each, and the station's loop waits while it is made.
type cover struct {
	shifts []Shift
	spans  []span
}

// A span is one stretch.
type span struct {
	from, to time.Time
	on       []int32 // the first shift of each officer, in order
}

// stretch is a span in full; the zero Stretch if there is none of that number.
func (c *cover) stretch(i int) Stretch {
	if i >= len(c.spans) {
		return Stretch{}
	}
	is := c.spans[i]
	s := Stretch{From: is.from, To: is.to, Officers: slices.Grow([]Officer(nil), len(is.on))}
	for _, on := range is.on {
		s.Officers = append(s.Officers, c.shifts[on].Officer)
	}
	return s
}

// at is the number of the span at an instant; behind the last, one more than that has.
func (c *cover) at(t time.Time) int {
	return sort.Search(len(c.spans), func(i int) bool { return t.Before(c.spans[i].to) })
}

// cover goes once over the instants at which a shift begins or ends, and only counts in between.
func (r *Roster) cover(from, to time.Time) *cover {
	if to.Sub(from) > MostCover {
		to = from.Add(MostCover)
	}
	if !from.Before(to) {
		return &cover{}
	}
	shifts, instead := r.whole(from, to)
	c, edges := &cover{shifts: shifts}, edges(shifts, from, to)
	ends := make([]int, len(shifts)) // of each shift: the edge
	for i, s := range shifts {
		ends[i], _ = slices.BinarySearchFunc(edges, s.To, time.Time.Compare)
	}
	person := persons(shifts)
	seen := make([]int, len(shifts)) // of each person: one more than the edge at which it was last counted
	var running, on []int32          // shifts that have begun and not ended; those that count, one for each person
	var here, before []int           // the persons of on; those of the span before
	var until time.Time              // the last end of a shift, of those so far, that is instead of weekly ones
	begun := 0
	for i, t := range edges[:len(edges)-1] {
		for ; begun < len(shifts) && !t.Before(shifts[begun].From); begun++ {
			running = append(running, int32(begun))
		}
		running = slices.DeleteFunc(running, func(s int32) bool { return ends[s] <= i })
		for ; len(instead) > 0 && !t.Before(instead[0].From); instead = instead[1:] {
			if instead[0].To.After(until) {
				until = instead[0].To
			}
		}
		alone := t.Before(until) // single shifts alone count
		here, on = here[:0], on[:0]
		for _, s := range running {
			if p := person[s]; seen[p] <= i && (!alone || shifts[s].Single) {
				seen[p] = i + 1
				here, on = append(here, p), append(on, s)
			}
		}
		if n := len(c.spans); n > 0 && slices.Equal(here, before) {
			c.spans[n-1].to = edges[i+1]
			continue
		}
		c.spans = append(c.spans, span{from: t, to: edges[i+1], on: slices.Clone(on)})
		here, before = before, here
	}
	return c
}

// edges are from, to, and the instants between at which a shift begins or ends, each once, in order.
func edges(shifts []Shift, from, to time.Time) []time.Time {
	list := []time.Time{from, to}
	for _, s := range shifts {
		for _, t := range []time.Time{s.From, s.To} {
			if from.Before(t) && t.Before(to) {
				list = append(list, t)
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

// persons numbers who the shifts are of, as [Officer.Is] has it: a name without an id is the first person of that name.
func persons(shifts []Shift) []int {
	byID, byName := map[string]int{}, map[string]int{}
	list := make([]int, len(shifts))
	people := 0
	number := func(known map[string]int, as string) int {
		if _, ok := known[as]; !ok {
			known[as] = people
			people++
		}
		return known[as]
	}
	for i, s := range shifts {
		if o := s.Officer; o.ID != "" {
			list[i] = number(byID, o.ID)
			if _, ok := byName[o.Name]; !ok {
				byName[o.Name] = list[i]
			}
		}
	}
	for i, s := range shifts {
		if o := s.Officer; o.ID == "" {
			list[i] = number(byName, o.Name)
		}
	}
	return list
}
