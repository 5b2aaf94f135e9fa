package record

import "fmt"

// A TestAct is a step of a test that people make of the line.
type TestAct uint8

// The acts.
const (
	TestAsked    TestAct = 1 + iota // its author asks the other side to read Text back
	TestReadBack                    // Text is what a person read; answers the other's TestAsked
	TestPassed                      // it was what was asked; answers the other's TestReadBack
	TestFailed                      // Text says why; answers the other's TestReadBack, or its own TestAsked if nobody read
	testActs
)

var testActNames = [testActs]string{"", "asked", "read back", "passed", "failed"}

func (a TestAct) String() string { return nameOf("act", testActNames[:], uint8(a)) }

// A Test is one act of a test of the line by people.
type Test struct {
	Act   TestAct
	Slot  int64      // with TestAsked: the agreed time that it is for, Unix milliseconds; 0: out of turn
	Paths []TestPath // as its author sees them, in rising order of Number; at most MaxPaths
	Who   string     // the person, if stated; nobody if it was due and began by itself
	Text  string     // with TestAsked the words, with TestReadBack what was read, with TestFailed why
}

// MaxPaths is how many paths a line has.
const MaxPaths = 8

// A TestPath is what one path is like at the time.
type TestPath struct {
	Number       uint8 // 1 to MaxPaths, as in the accord
	Up           bool
	LossPermille uint16 // of the datagrams that were sent to the author; at most 1000
	RTTms        uint16 // round trip; 0 if it is not known, 65,535 for more
}

func (Test) Kind() Kind { return KindTest }

func (t Test) append(b []byte) []byte {
	b = append(put(append(b, byte(t.Act)), uint64(t.Slot), 6), byte(len(t.Paths)))
	for _, p := range t.Paths {
		up := byte(0)
		if p.Up {
			up = 1
		}
		b = put(put(append(b, p.Number, up), uint64(p.LossPermille), 2), uint64(p.RTTms), 2)
	}
	return append(putSized(b, t.Who, 1), t.Text...)
}

func readTest(r *reader) Test {
	t := Test{Act: TestAct(r.byte("act")), Slot: int64(r.uint(6, "time it is for"))}
	for n := int(r.byte("count of paths")); n > 0 && r.err == nil; n-- {
		t.Paths = append(t.Paths, TestPath{r.byte("path"), r.bool("state"), uint16(r.uint(2, "loss")), uint16(r.uint(2, "round trip"))})
	}
	t.Who = string(r.sized(1, MaxWho, "name"))
	t.Text = string(r.rest())
	return t
}

func (t Test) check(h *Header) error {
	bad := func(found, want string) error { return refuse(ErrMalformed, "test", found, want) }
	ref, answers := h.Has(Answers)
	switch {
	case t.Act == 0 || t.Act >= testActs:
		return bad(t.Act.String(), "an act from asked to failed")
	case t.Slot < 0 || t.Slot > max48 || t.Slot != 0 && t.Act != TestAsked:
		return bad(fmt.Sprintf("%s, for %d ms", t.Act, t.Slot), "a time of 0 to 2^48-1 with asked, and none with others")
	case answers == (t.Act == TestAsked) || answers && !ref.Other && t.Act != TestFailed:
		return refuse(ErrAbout, "test", fmt.Sprintf("%s, about %v", t.Act, h.About), "the other party's entry that this answers (failed: or its own), and none for asked")
	case t.Act == TestPassed && t.Text != "":
		return bad("passed, with a text", "none: what was read is in the entry that it answers")
	}
	if err := t.checkPaths(); err != nil {
		return err
	}
	least := 1
	if t.Act == TestPassed {
		least = 0
	}
	if err := line("test", t.Text, least, MaxWhy); err != nil {
		return err
	}
	return line("test", t.Who, 0, MaxWho)
}

func (t Test) checkPaths() error {
	last := uint8(0)
	for _, p := range t.Paths {
		if p.Number <= last || p.Number > MaxPaths {
			return refuse(ErrMalformed, "test", fmt.Sprintf("path %d after %d", p.Number, last), fmt.Sprintf("paths from 1 to %d in rising order", MaxPaths))
		}
		if p.LossPermille > 1000 {
			return refuse(ErrMalformed, "test", fmt.Sprintf("a loss of %d permille", p.LossPermille), "0 to 1000")
		}
		last = p.Number
	}
	return nil
}
