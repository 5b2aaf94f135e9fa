package watch

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

var full = Said{Sight: SeeNames, Staffed: true, Since: 1_700_000_000_000, Ready: 3, Names: []string{"A. Weber", "Łukasz Żak"}}

func TestSaidRoundTrip(t *testing.T) {
	for sight := SeeNothing; sight <= SeeNames; sight++ {
		said := full.Within(sight)
		got, err := ParseSaid(said.Append(nil))
		if err != nil || !got.Equal(said) {
			t.Errorf("%s: %+v, %v; want %+v", sight, got, err, said)
		}
	}
	if none := full.Within(SeeNothing); !none.Equal(Said{}) {
		t.Errorf("nothing is %+v", none)
	}
}

// What a hostile station may send instead.
func TestSaidThatIsRefused(t *testing.T) {
	change := func(f func(b []byte)) []byte {
		b := full.Append(nil)
		f(b)
		return b
	}
	named := func(names ...string) []byte {
		b := Said{Sight: SeeNames}.Append(nil)
		b[11] = byte(len(names))
		for _, n := range names {
			b = append(append(b, byte(len(n))), n...)
		}
		return b
	}
	for what, b := range map[string][]byte{
		"empty":                 {},
		"short":                 full.Append(nil)[:11],
		"cut in a name":         full.Append(nil)[:20],
		"a byte more":           append(full.Append(nil), 0),
		"sight 4":               change(func(b []byte) { b[0] = 4 }),
		"staffed 2":             change(func(b []byte) { b[1] = 2 }),
		"since beyond 48 bits":  change(func(b []byte) { b[2] = 1 }),
		"255 names":             change(func(b []byte) { b[11] = 255 }),
		"names at sight count":  change(func(b []byte) { b[0] = byte(SeeCount) }),
		"count at staffed":      append(append([]byte{1, 1}, make([]byte, 8)...), 3, 0),
		"staffed at nothing":    append([]byte{0, 1}, make([]byte, 10)...),
		"an empty name":         named(""),
		"nine names":            named(strings.Split("abcdefghi", "")...),
		"65 characters":         named(strings.Repeat("x", 65)),
		"no UTF-8":              named("a\xff"),
		"a line end":            named("a\nb"),
		"turned around":         named("a\u202eb"),
		"invisible":             named("\u200b"),
		"an odd space":          named("a\u00a0b"),
		"a space at the end":    named("a "),
		"a control character":   named("a\x1b[31m"),
		"half of a character":   named("\xc5"),
		"a tag of the language": named("a\U000e0041"),
	} {
		if said, err := ParseSaid(b); err == nil {
			t.Errorf("%s: accepted as %+v", what, said)
		}
	}
}

func FuzzSaid(f *testing.F) {
	f.Add(full.Append(nil))
	f.Add(Said{}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		said, err := ParseSaid(b)
		if err != nil {
			return
		}
		if again := said.Append(nil); !bytes.Equal(again, b) {
			t.Errorf("%x became %x", b, again)
		}
		for _, n := range said.Names {
			if !isName(n) {
				t.Errorf("a name is %q", n)
			}
		}
	})
}

func FuzzClocks(f *testing.F) {
	f.Add("08:00", "2026-11-22")
	f.Add("24:00", "0001-01-01")
	f.Fuzz(func(t *testing.T, clock, date string) {
		if c, err := ParseClock(clock); err == nil && (c.String() != clock || c < 0 || c > endOfDay) {
			t.Errorf("%q became %s", clock, c)
		}
		if d, err := ParseDate(date); err == nil && d.String() != date {
			t.Errorf("%q became %s", date, d)
		}
	})
}

func FuzzNote(f *testing.F) {
	f.Add("All quiet.\nThe radio is mended.")
	f.Fuzz(func(t *testing.T, s string) {
		if once := CleanNote(s); CleanNote(once) != once || len([]rune(once)) > MaxNote {
			t.Errorf("%q becomes %q, and that %q", s, once, CleanNote(once))
		}
	})
}

// What is stated follows who is there; a name that could not be shown is not.
func TestSays(t *testing.T) {
	w := New(Settings{Periods: DefaultPeriods}, Standing{})
	at := monday
	if s := w.Says(at, SeeNames, 0); s.Staffed {
		t.Error("nobody is ready, and the watch is staffed")
	}
	if s := w.Says(at, SeeNames, 2); !s.Staffed || s.Ready != 2 || s.Names != nil {
		t.Errorf("without a watch: %+v", s) // consoles are ready: somebody is there
	}
	_ = w.Take(at, officerNamed("A"), "")
	if s := w.Says(at, SeeNames, 300); !s.Staffed || s.Ready != 255 || len(s.Names) != 1 {
		t.Errorf("with a watch: %+v", s)
	}
	if s := w.Says(at.Add(66*time.Minute), SeeNames, 2); s.Staffed || s.Names != nil {
		t.Errorf("absent: %+v", s)
	}
	_ = w.Leave(at, officerNamed("A"), "")
	for what, w := range map[string]*Watch{"left with nobody": w, "the same after a start": New(w.Settings(), w.Standing())} {
		if s := w.Says(at, SeeNames, 2); s.Staffed || s.Ready != 2 || s.Names != nil {
			t.Errorf("%s: %+v", what, s)
		}
	}
	_ = w.Take(at, officerNamed("B"), "")
	if s := w.Says(at, SeeNames, 2); !s.Staffed {
		t.Errorf("taken again: %+v", s)
	}
}
