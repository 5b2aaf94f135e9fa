package accord

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A WatchRule says what each side tells the other of who is on duty.
type WatchRule string

const (
	WatchNothing WatchRule = "nothing" // not even whether anybody is
	WatchStaffed WatchRule = "staffed" // whether somebody is
	WatchCount   WatchRule = "count"   // how many consoles are ready, too
	WatchNames   WatchRule = "names"   // who has the watch, too
)

// A TimeOfDay is a minute of the day in UTC, from 0 (00:00) to 1439 (23:59).
type TimeOfDay uint16

const dayMinutes = 24 * 60

// ParseTimeOfDay reads what String writes: four digits and a colon, 08:00.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	h, m, ok := strings.Cut(s, ":")
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 8)
	t := TimeOfDay(hours*60 + minutes)
	if !ok || err1 != nil || err2 != nil || hours > 23 || minutes > 59 || t.String() != s {
		return 0, refuse(ErrTerms, "time of day", quoted(s), "hours and minutes in UTC, such as 08:00")
	}
	return t, nil
}

func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t/60, t%60) }

// MaxTests is how many tests of the line a day can have.
const MaxTests = 4

// Rules are what the two agree on for people: they may be changed by an amendment, for
// both at once. In a new invite, Rules without a Watch stand for [DefaultRules]; in an accord
// there are none such.
type Rules struct {
	// Watch is what the other side may see of the watch.
	Watch WatchRule
	// Tests are the times at which people test the line, every day: 0 to MaxTests, rising.
	Tests []TimeOfDay
	// SuspendedText: while a side has suspended the right to call, text still passes.
	SuspendedText bool
}

// DefaultRules are those of an invite that says nothing else: ready consoles are counted, the line is tested
// at 08:00 and 20:00 UTC, text passes while calls are suspended.
func DefaultRules() Rules {
	return Rules{Watch: WatchCount, Tests: []TimeOfDay{8 * 60, 20 * 60}, SuspendedText: true}
}

// Equal tells whether both say the same.
func (r Rules) Equal(other Rules) bool {
	return r.Watch == other.Watch && r.SuspendedText == other.SuspendedText && slices.Equal(r.Tests, other.Tests)
}

// clone shares nothing with r that could be changed.
func (r Rules) clone() Rules {
	r.Tests = slices.Clone(r.Tests)
	return r
}

// ParseTests reads what a person writes: "08:00,20:00", or "none". The order does not matter.
func ParseTests(s string) ([]TimeOfDay, error) {
	if s == "none" {
		return nil, nil
	}
	var list []TimeOfDay
	for text := range strings.SplitSeq(s, ",") {
		t, err := ParseTimeOfDay(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	slices.Sort(list)
	return list, checkTests(list)
}

func checkTests(list []TimeOfDay) error {
	if len(list) > MaxTests {
		return refuse(ErrTerms, "times of tests", fmt.Sprint(len(list)), fmt.Sprint("at most ", MaxTests))
	}
	for i, t := range list {
		if t >= dayMinutes {
			return refuse(ErrTerms, "time of a test", fmt.Sprintf("minute %d of the day", t), fmt.Sprintf("0 to %d", dayMinutes-1))
		}
		if i > 0 && t <= list[i-1] {
			return refuse(ErrTerms, "time of a test", t.String()+" after "+list[i-1].String(), "each time once, in their order")
		}
	}
	return nil
}

func (r Rules) check() error {
	if err := choose("rule for the watch", string(r.Watch), string(WatchNothing), string(WatchStaffed), string(WatchCount), string(WatchNames)); err != nil {
		return err
	}
	return checkTests(r.Tests)
}

// The words that stand for SuspendedText.
const (
	textPasses = "passes"
	textStops  = "stops"
)

func (r Rules) write(w *writer) {
	w.line("watch", string(r.Watch))
	times := "-"
	if len(r.Tests) > 0 {
		var list []string
		for _, t := range r.Tests {
			list = append(list, t.String())
		}
		times = strings.Join(list, " ")
	}
	w.line("tests", times)
	text := textStops
	if r.SuspendedText {
		text = textPasses
	}
	w.line("suspended-text", text)
}

// read takes the lines; [Rules.check] asks what they say.
func (r *Rules) read(in *reader) {
	r.Watch = WatchRule(in.word("watch"))
	if times := in.word("tests"); times != "-" {
		for text := range strings.SplitSeq(times, " ") {
			t, err := ParseTimeOfDay(text)
			if in.err == nil {
				in.wrap(err)
			}
			if r.Tests = append(r.Tests, t); len(r.Tests) > MaxTests {
				break // [checkTests] refuses it
			}
		}
	}
	text := in.word("suspended-text")
	if r.SuspendedText = text == textPasses; !r.SuspendedText && text != textStops {
		in.fail(text, fmt.Sprintf("%q or %q", textPasses, textStops))
	}
}
