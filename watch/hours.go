package watch

import (
	"fmt"
	"time"
	_ "time/tzdata" // a small machine may have none
)

// A Clock is a local time of day in minutes since midnight, 0 to 1440. The last, 24:00, is only an end.
type Clock int

// Midnight at the end of a day.
const endOfDay Clock = 24 * 60

// ParseClock reads "08:00"; two digits each.
func ParseClock(s string) (Clock, error) {
	var h, m int
	if n, err := fmt.Sscanf(s, "%02d:%02d", &h, &m); n == 2 && err == nil {
		c := Clock(h*60 + m)
		if h >= 0 && m >= 0 && m < 60 && c <= endOfDay && c.String() == s {
			return c, nil
		}
	}
	return 0, fmt.Errorf("watch: time of day: found %q, want one like 08:00", cut(s))
}

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText writes "08:00".
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads it.
func (c *Clock) UnmarshalText(b []byte) (err error) {
	*c, err = ParseClock(string(b))
	return err
}

// A Date is a day of the calendar. The zero Date is none.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

const dateForm = "2006-01-02"

// ParseDate reads "2026-11-22".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateForm, s)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("watch: day: found %q, want one like 2026-11-22", cut(s))
	}
	return DateOf(t), nil
}

// DateOf is the day that the wall shows at an instant.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

func (d Date) String() string { return d.utc().Format(dateForm) }

// MarshalText writes "2026-11-22", and nothing for no date.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads it.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}

// utc is midnight of the day in UTC: good for counting days, which all have 24 hours there.
func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Add is the day so many days later.
func (d Date) Add(days int) Date { return DateOf(d.utc().AddDate(0, 0, days)) }

// Monday is that of the day's week.
func (d Date) Monday() Date { return d.Add(-(int(d.weekday()) + 6) % 7) }

func (d Date) before(o Date) bool { return d.utc().Before(o.utc()) }

func (d Date) weekday() time.Weekday { return d.utc().Weekday() }

// week numbers the weeks, which begin on Monday.
func (d Date) week() int {
	const monday = 4 // 1 January 1970 was a Thursday
	days := int(d.utc().Unix() / 86400)
	if d.utc().Unix()%86400 < 0 {
		days--
	}
	return floor(days-monday, 7)
}

func floor(a, b int) int {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}

// wallReach is more than any zone is away from UTC.
const wallReach = 26 * time.Hour

// At is the first instant at which the wall of a zone shows the time of a day, or has gone past it.
func At(zone *time.Location, d Date, c Clock) time.Time {
	wall := d.utc().Add(time.Duration(c) * time.Minute)
	t := wall.Add(-wallReach).In(zone)
	for {
		_, offset := t.Zone()
		reached := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if reached.Before(t) {
			return t // a change of the clock went past it
		}
		_, end := t.ZoneBounds()
		if end.IsZero() || reached.Before(end) {
			return reached
		}
		t = end
	}
}
