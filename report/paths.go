package report

import (
	"cmp"
	"slices"

	"ringdown/api"
)

// A change is that a path came up, or went down.
type change struct {
	at int64
	up bool
}

// A condition is what is known of a path, or what one side says of it.
type condition uint8

const (
	unknown condition = iota // nothing was said yet
	stopped                  // the side's station did not run
	down
	up
)

// both is what follows from the words of both sides.
func both(a, b condition) condition {
	switch {
	case a == down || b == down:
		return down
	case a == unknown || b == unknown, a == stopped && b == stopped:
		return unknown
	}
	return up
}

// A turn is a condition from an instant on.
type turn struct {
	from int64
	is   condition
}

// words gives what one side says of a path, in the order of time.
func (l *ledger) words(path int) []turn { return settle(l.paths[path].kept(MostChanges)) }

// silent gives when the side's station did not run, in the order of time and apart from each other.
func (l *ledger) silent() []turn {
	gaps := slices.Clone(l.silences.kept(MostChanges))
	slices.SortFunc(gaps, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var list []turn
	for _, g := range gaps {
		if n := len(list); n > 0 && g.from <= list[n-1].from {
			list[n-1].from = max(list[n-1].from, g.to)
			continue
		}
		list = append(list, turn{g.from, stopped}, turn{g.to, unknown})
	}
	return list
}

// A walk goes along the words of several at once.
type walk struct {
	lists [][]turn
	is    []condition
}

// next goes to the next instant at which somebody says something. It reports false at the end.
func (w *walk) next() (at int64, ok bool) {
	for _, l := range w.lists {
		if len(l) > 0 && (!ok || l[0].from < at) {
			at, ok = l[0].from, true
		}
	}
	for i := range w.lists {
		for len(w.lists[i]) > 0 && w.lists[i][0].from == at {
			w.is[i], w.lists[i] = w.lists[i][0].is, w.lists[i][1:]
		}
	}
	return at, ok
}

// path joins what both sides say of a path. The condition before the first turn is unknown.
func (b *Builder) path(path int, silent [2][]turn) []turn {
	w := walk{lists: [][]turn{b.logs[0].words(path), b.logs[1].words(path), silent[0], silent[1]}, is: make([]condition, 4)}
	word := func(side int) condition {
		if w.is[side] != unknown && w.is[side+2] == stopped {
			return stopped
		}
		return w.is[side]
	}
	var list []turn
	for {
		at, ok := w.next()
		if !ok {
			return list
		}
		is := both(word(0), word(1))
		if n := len(list); n == 0 || list[n-1].is != is {
			list = append(list, turn{at, is})
		}
	}
}

// use adds up how long a path was what within a span, of which until is how far the record speaks.
func use(turns []turn, path int, s span, until int64) api.Availability {
	a := api.Availability{Path: path}
	end := max(s.from, min(s.to, until))
	i := after(turns, s.from)
	is, begins := unknown, false
	if i > 0 {
		is, begins = turns[i-1].is, turns[i-1].from == s.from
	}
	for at := s.from; at < end; i++ {
		to := end
		if i < len(turns) {
			to = min(to, turns[i].from)
		}
		take(&a, is, to-at, begins)
		if at = to; i < len(turns) {
			is, begins = turns[i].is, true
		}
	}
	a.UnknownMS += s.to - end
	return a
}

// after is the place of the first turn after an instant.
func after(turns []turn, at int64) int {
	i, _ := slices.BinarySearchFunc(turns, at, func(t turn, at int64) int {
		if t.from <= at {
			return -1
		}
		return 1
	})
	return i
}

func take(a *api.Availability, is condition, ms int64, begins bool) {
	switch is {
	case up:
		a.UpMS += ms
	case down:
		a.DownMS += ms
		a.LongestMS = max(a.LongestMS, ms)
		if begins {
			a.Downs++
		}
	default:
		a.UnknownMS += ms
	}
}

// settle puts one side's changes of a path into the order of time. As many as agree with the order in which
// they were written stand as they are. Another counts at the worst time that it can have had, so that a
// wrong time does its author no good: down at that of the one before it, up not at all, until the next says so.
func settle(said []change) []turn {
	times := make([]int64, len(said))
	for i, c := range said {
		times[i] = c.at
	}
	stands, before := rising(times), 0
	list := make([]turn, 0, len(said))
	for i, c := range said {
		switch {
		case len(stands) > 0 && stands[0] == i:
			before, stands = i, stands[1:]
			list = append(list, turn{c.at, word(c.up)})
		case !c.up && len(list) > 0:
			list = append(list, turn{times[before], down})
		}
	}
	return list
}

func word(isUp bool) condition {
	if isUp {
		return up
	}
	return down
}

// rising gives the places of a longest run of times, not necessarily next to each other, that never
// fall.
func rising(times []int64) []int {
	var ends []int // ends[n] is where the run of n+1 times ends whose last is the least
	before := make([]int, len(times))
	for i, t := range times {
		n, _ := slices.BinarySearchFunc(ends, t, func(end int, t int64) int {
			if times[end] <= t {
				return -1
			}
			return 1
		})
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	run := make([]int, len(ends))
	for n := len(ends) - 1; n >= 0; n-- {
		if run[n] = ends[n]; n+1 < len(run) {
			run[n] = before[run[n+1]]
		}
	}
	return run
}
