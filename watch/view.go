package watch

import (
	"time"
)

// A State is how the watch stands.
type State uint8

// The states.
const (
	Vacant State = iota // nobody has it
	Kept                // an officer has it
	Asked               // an officer has it, and is asked whether still there
	Absent              // an officer has it, and has not answered in time
)

func (s State) String() string {
	return [...]string{"vacant", "kept", "asked", "absent"}[s]
}

// An AlarmKind is what is wrong with a watch.
type AlarmKind uint8

// The kinds, the gravest first.
const (
	AlarmAbsent   AlarmKind = iota // the officer has not answered "still here?" since From
	AlarmVacant                    // nobody has the watch though Officers should, since From; without a roster, since it was left
	AlarmGap                       // nobody is on the roster, and nobody has the watch, until To
	AlarmUnseated                  // the officer on watch has no ready console, since From
	AlarmStays                     // nobody is on the roster; the officer before still has the watch, until To
	AlarmLate                      // Officers should have relieved the officer at From
	AlarmAhead                     // a gap in the roster comes, From to To
)

func (k AlarmKind) String() string {
	return [...]string{"absent", "vacant", "gap", "unseated", "stays", "late", "ahead"}[k]
}

// An Alarm is one thing that is wrong. From and To are as its kind says; To is zero where no end is in sight.
type Alarm struct {
	Kind     AlarmKind
	From, To time.Time
	Officers []Officer // on the roster
}

// A View is all that a console shows of the watch.
type View struct {
	State    State
	Used     bool // there is a roster, or somebody has ever taken the watch: it is kept here
	Held     Held // zero if vacant
	Left     time.Time
	Due      time.Time // when "still here?" is asked; zero: never
	Until    time.Time // when the officer counts as absent
	Offer    *Offer
	Notes    []Note
	Rostered Stretch // now; zero if the roster is empty
	Next     Stretch // after it
	Alarms   []Alarm
}

// View is the watch at an instant.
func (w *Watch) View(now time.Time) View {
	now = plain(now)
	v := View{Used: w.used(), Left: w.is.Left, Offer: w.is.Offer, Notes: w.is.Notes}
	if !w.set.Roster.IsEmpty() {
		v.Rostered, v.Next = w.now(now), w.next(now)
	}
	if h := w.is.Held; h != nil {
		v.State, v.Held = Kept, *h
		if due, until := w.due(now); !due.IsZero() {
			v.Due, v.Until = due, until
			switch {
			case !now.Before(until):
				v.State = Absent
			case !now.Before(due):
				v.State = Asked
			}
		}
	}
	v.Alarms = w.alarms(now, v)
	return v
}

// used reports whether a watch is kept here at all: one that was left with nobody is.
func (w *Watch) used() bool {
	return w.is.Held != nil || !w.is.Left.IsZero() || !w.set.Roster.IsEmpty()
}

// due is when "still here?" is asked, and when silence counts as absence. A proof that lies ahead, because the clock was set
// back, counts from the instant at which that is first seen.
func (w *Watch) due(now time.Time) (due, until time.Time) {
	h, p := w.is.Held, w.set.Periods
	if h == nil || p.Here == 0 {
		return
	}
	if h.Here.After(now) {
		h.Here = now
	}
	due = h.Here.Add(p.Here.Duration())
	return due, due.Add(p.Grace.Duration())
}

func (w *Watch) absent(now time.Time) bool {
	_, until := w.due(plain(now))
	return !until.IsZero() && !plain(now).Before(until)
}

// Staffed reports whether an officer has the watch and is there.
func (w *Watch) Staffed(now time.Time) bool { return w.is.Held != nil && !w.absent(now) }

// How far the roster is looked at ahead, and for how long what was found serves.
const (
	horizon  = 9 * 24 * time.Hour
	coverFor = 24 * time.Hour
	behind   = 8 * 24 * time.Hour
)

// around is the roster around an instant.
func (w *Watch) around(now time.Time) *cover {
	if now = plain(now); w.cover == nil || now.Before(w.made) || now.Sub(w.made) > coverFor {
		w.cover, w.made = w.set.Roster.cover(now.Add(-behind), now.Add(horizon)), now
	}
	return w.cover
}

// now is the stretch of the roster at an instant, since the roster says so.
func (w *Watch) now(now time.Time) Stretch {
	if w.set.Roster.IsEmpty() {
		return Stretch{}
	}
	c := w.around(now)
	s := c.stretch(c.at(now))
	if t := w.is.Rostered; t.After(s.From) && !t.After(now) {
		s.From = t
	}
	return s
}

// next is the stretch after that; zero if none is in sight.
func (w *Watch) next(now time.Time) Stretch {
	c := w.around(now)
	return c.stretch(c.at(now) + 1)
}

// alarms are what is wrong, the gravest first.
func (w *Watch) alarms(now time.Time, v View) (list []Alarm) {
	add := func(k AlarmKind, s Stretch) {
		list = append(list, Alarm{Kind: k, From: s.From, To: w.seen(now, s.To), Officers: s.Officers})
	}
	rostered := !w.set.Roster.IsEmpty()
	switch {
	case v.State == Absent:
		add(AlarmAbsent, Stretch{From: v.Due})
	case v.State == Vacant && rostered && !v.Rostered.IsGap():
		s := v.Rostered
		if v.Left.After(s.From) {
			s.From = v.Left
		}
		add(AlarmVacant, s)
	case v.State == Vacant && rostered:
		add(AlarmGap, v.Rostered)
	case v.State == Vacant && v.Used:
		add(AlarmVacant, Stretch{From: v.Left})
	}
	if v.State != Vacant && !w.ready && !w.seated.IsZero() && now.Sub(w.seated) >= Unseated {
		add(AlarmUnseated, Stretch{From: w.seated})
	}
	if v.State != Vacant && rostered && v.Held.Since.Before(v.Rostered.From) && !on(v.Rostered, v.Held.Officer) {
		switch {
		case v.Rostered.IsGap():
			add(AlarmStays, v.Rostered)
		case now.Sub(v.Rostered.From) >= Late:
			add(AlarmLate, v.Rostered)
		}
	}
	if rostered && !v.Rostered.IsGap() {
		if gap, ok := w.gap(now); ok && gap.From.Sub(now) <= w.set.Periods.Ahead.Duration() {
			add(AlarmAhead, gap)
		}
	}
	return list
}

func on(s Stretch, o Officer) bool {
	for _, have := range s.Officers {
		if have.Is(o) {
			return true
		}
	}
	return false
}

// gap is the first gap that begins after an instant.
func (w *Watch) gap(now time.Time) (Stretch, bool) {
	c := w.around(now)
	for i, s := range c.spans {
		if len(s.on) == 0 && s.from.After(now) {
			return c.stretch(i), true
		}
	}
	return Stretch{}, false
}

// seen is an end that lies within what was looked at; else none.
func (w *Watch) seen(now, end time.Time) time.Time {
	if spans := w.around(now).spans; end.IsZero() || !end.Before(spans[len(spans)-1].to) {
		return time.Time{}
	}
	return end
}

// Deadline is the next instant at which View changes by itself; zero if none is in sight.
func (w *Watch) Deadline(now time.Time) (next time.Time) {
	now = plain(now)
	sooner := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	due, until := w.due(now)
	sooner(due)
	sooner(until)
	if w.is.Held != nil && !w.ready && !w.seated.IsZero() {
		sooner(w.seated.Add(Unseated))
	}
	if w.set.Roster.IsEmpty() {
		return next
	}
	s := w.now(now)
	sooner(s.To)
	sooner(s.From.Add(Late))
	if gap, ok := w.gap(now); ok {
		sooner(gap.From.Add(-w.set.Periods.Ahead.Duration()))
	}
	return next
}
