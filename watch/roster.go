package watch

import (
	"encoding"
	"fmt"
	"strings"
	"sync"
	"time"
)

// How much one roster may hold.
const (
	MaxWeekly = 200
	MaxSingle = 400
	maxEvery  = 12 // weeks
)

// A Weekday is a day of the week, "monday" in JSON.
type Weekday time.Weekday

func (d Weekday) String() string { return strings.ToLower(time.Weekday(d).String()) }

// MarshalText writes "monday".
func (d Weekday) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads it.
func (d *Weekday) UnmarshalText(b []byte) error {
	for w := time.Sunday; w <= time.Saturday; w++ {
		if strings.ToLower(w.String()) == string(b) {
			*d = Weekday(w)
			return nil
		}
	}
	return fmt.Errorf("watch: day of the week: found %q, want one like monday", cut(string(b)))
}

var (
	_ encoding.TextMarshaler   = Weekday(0)
	_ encoding.TextUnmarshaler = (*Weekday)(nil)
)

// A Weekly shift comes back on a day of the week. If To is not after From, it ends on the next day.
type Weekly struct {
	Officer Officer `json:"officer"`
	Day     Weekday `json:"day"`
	From    Clock   `json:"from"`
	To      Clock   `json:"to"`

	// First and Last are the days between which it counts; none: always. Every n weeks, counted from the week of First;
	// 0 and 1: every week.
	First Date `json:"first,omitzero"`
	Last  Date `json:"last,omitzero"`
	Every int  `json:"every,omitempty"`
}

// on reports whether the shift begins on a day.
func (w Weekly) on(d Date) bool {
	switch {
	case d.weekday() != time.Weekday(w.Day),
		!w.First.IsZero() && d.before(w.First),
		!w.Last.IsZero() && w.Last.before(d):
		return false
	}
	return w.Every <= 1 || (d.week()-w.First.week())%w.Every == 0
}

// A Single shift is of one day. If To is not after From, it ends on the next. With Instead the weekly
// shifts do not count while it lasts.
type Single struct {
	Officer Officer `json:"officer"`
	Date    Date    `json:"date"`
	From    Clock   `json:"from"`
	To      Clock   `json:"to"`
	Instead bool    `json:"instead,omitempty"`
}

// A Roster says who shall have the watch. The zero Roster is empty.
type Roster struct {
	Zone   string   `json:"zone"` // as in the time zone database: "Europe/Warsaw"; empty: UTC
	Weekly []Weekly `json:"weekly"`
	Single []Single `json:"single"`
}

// IsEmpty reports whether it has no shift.
func (r *Roster) IsEmpty() bool { return len(r.Weekly)+len(r.Single) == 0 }

// Location is the zone of the roster. A roster that was checked has one.
func (r *Roster) Location() *time.Location {
	if zone, err := location(r.Zone); err == nil {
		return zone
	}
	return time.UTC
}

func location(name string) (*time.Location, error) {
	if name == "Local" || len(name) > 64 {
		return nil, fmt.Errorf("watch: zone: found %q, want one of the time zone database, such as Europe/Warsaw", cut(name))
	}
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("watch: zone: found %q, want one of the time zone database, such as Europe/Warsaw", cut(name))
	}
	zones.Store(name, zone)
	return zone, nil
}

// zones are those that were asked for, by name. To load one reads a file, and the station's loop, which asks for it at
// each change, never waits for a disk.
var zones sync.Map

// Check refuses a roster that is none.
func (r *Roster) Check() error {
	if _, err := location(r.Zone); err != nil {
		return err
	}
	if len(r.Weekly) > MaxWeekly || len(r.Single) > MaxSingle {
		return fmt.Errorf("watch: roster has %d weekly and %d single shifts, want at most %d and %d", len(r.Weekly), len(r.Single), MaxWeekly, MaxSingle)
	}
	for i, w := range r.Weekly {
		what := fmt.Sprintf("weekly shift %d", i+1)
		if err := checkShift(what, w.Officer, w.From, w.To); err != nil {
			return err
		}
		switch {
		case w.Day > Weekday(time.Saturday) || w.Day < 0:
			return fmt.Errorf("watch: %s: day is %d, want 0 to 6", what, w.Day)
		case w.Every < 0 || w.Every > maxEvery:
			return fmt.Errorf("watch: %s: every %d weeks, want 0 to %d", what, w.Every, maxEvery)
		case w.Every > 1 && w.First.IsZero():
			return fmt.Errorf("watch: %s: every %d weeks without a first day to count from", what, w.Every)
		case !w.First.IsZero() && !w.Last.IsZero() && w.Last.before(w.First):
			return fmt.Errorf("watch: %s: last day %s is before the first, %s", what, w.Last, w.First)
		}
	}
	for i, s := range r.Single {
		what := fmt.Sprintf("single shift %d", i+1)
		if err := checkShift(what, s.Officer, s.From, s.To); err != nil {
			return err
		}
		if s.Date.IsZero() {
			return fmt.Errorf("watch: %s: no date", what)
		}
	}
	return nil
}

func checkShift(what string, o Officer, from, to Clock) error {
	if err := o.check(what); err != nil {
		return err
	}
	if from < 0 || from >= endOfDay || to < 0 || to > endOfDay {
		return fmt.Errorf("watch: %s: from %s to %s, want from 00:00 to 23:59 and to at most 24:00", what, from, to)
	}
	return nil
}
