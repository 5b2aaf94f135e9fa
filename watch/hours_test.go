package watch

import (
	"testing"
	"testing/quick"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := location(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// What the wall shows, and when it first does.
func TestAt(t *testing.T) {
	for _, c := range []struct{ zone, day, clock, want string }{
		{"Europe/Warsaw", "2026-06-12", "08:00", "2026-06-12T06:00:00Z"},
		{"Europe/Warsaw", "2026-01-12", "24:00", "2026-01-12T23:00:00Z"},
		{"Europe/Warsaw", "2026-03-29", "01:59", "2026-03-29T00:59:00Z"},
		{"Europe/Warsaw", "2026-03-29", "02:00", "2026-03-29T01:00:00Z"}, // does not exist: the change
		{"Europe/Warsaw", "2026-03-29", "02:30", "2026-03-29T01:00:00Z"},
		{"Europe/Warsaw", "2026-03-29", "03:00", "2026-03-29T01:00:00Z"},
		{"Europe/Warsaw", "2026-03-29", "03:01", "2026-03-29T01:01:00Z"},
		{"Europe/Warsaw", "2026-10-25", "02:00", "2026-10-25T00:00:00Z"}, // twice: the first
		{"Europe/Warsaw", "2026-10-25", "02:59", "2026-10-25T00:59:00Z"},
		{"Europe/Warsaw", "2026-10-25", "03:00", "2026-10-25T02:00:00Z"},
		{"America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"}, // half an hour is left out
		{"Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z"}, // and comes twice
		{"America/Santiago", "2026-09-06", "00:00", "2026-09-06T04:00:00Z"},    // midnight does not exist
		{"Asia/Kolkata", "2026-03-29", "02:30", "2026-03-28T21:00:00Z"},
		{"Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00:00Z"}, // the whole day does not exist
		{"Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00:00Z"},
		{"", "2026-03-29", "02:30", "2026-03-29T02:30:00Z"},
	} {
		d, err := ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		clock, err := ParseClock(c.clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := At(zone(t, c.zone), d, clock).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s %s in %s is %s, want %s", c.day, c.clock, c.zone, got, c.want)
		}
	}
}

// Local times keep their order in every zone, over every change: so shifts that meet on paper meet in fact.
func TestLocalTimesKeepTheirOrder(t *testing.T) {
	for _, name := range []string{"Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca",
		"Asia/Tehran", "Pacific/Apia", "Africa/Cairo", "Antarctica/Troll", "America/St_Johns", "Europe/Dublin", "Pacific/Kiritimati"} {
		z := zone(t, name)
		if err := quick.Check(func(day uint16, a, b uint16) bool {
			d := Date{1970, time.January, 1}.Add(int(day) % 25000)
			x, y := Clock(a%1441), Clock(b%1441)
			if x > y {
				x, y = y, x
			}
			return !At(z, d, y).Before(At(z, d, x)) && At(z, d, endOfDay).Equal(At(z, d.Add(1), 0))
		}, &quick.Config{MaxCount: 3000}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The wall really shows the time where it exists.
func TestTheWallShowsIt(t *testing.T) {
	z := zone(t, "Europe/Warsaw")
	left := 0
	for d := (Date{2026, time.January, 1}); d.Year == 2026; d = d.Add(1) {
		for c := Clock(0); c < endOfDay; c += 15 {
			at := At(z, d, c)
			if h, m, _ := at.Clock(); DateOf(at) != d || Clock(h*60+m) != c {
				left++
				if d != (Date{2026, time.March, 29}) || c < 120 || c >= 180 {
					t.Fatalf("%s %s is %s", d, c, at)
				}
			}
		}
	}
	if left != 4 {
		t.Errorf("%d quarters of an hour are left out, want 4", left)
	}
}

func TestWeeksCountFromMonday(t *testing.T) {
	for d, n := (Date{1969, time.December, 1}), -5; d.Year < 1975; d = d.Add(1) { // a Monday
		if d.weekday() == time.Monday {
			n++
		}
		if d.week() != n-1 && d.weekday() == time.Monday {
			t.Fatalf("%s is in week %d, want %d", d, d.week(), n-1)
		}
		if d.weekday() != time.Monday && d.week() != d.Add(-1).week() {
			t.Fatalf("%s: the week changes in its midst", d)
		}
	}
}
