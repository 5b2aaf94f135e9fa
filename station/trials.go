package station

import (
	"slices"
	"time"

	"ringdown/accord"
	"ringdown/record"
	"ringdown/replica"
)

// Trials are what both logs tell of tests by people, and of the right to call. They have no disk and no clock: entries
// go in, each after what it answers, and the same entries give the same on both sides. Encoded as JSON
// they are kept, so that a start reads only what came since.
type trials struct {
	Sizes  [2]int64           // entries taken in, ours and theirs
	Begun  [2]int64           // time of each log's first entry; 0: there is none
	Times  []accord.TimeOfDay // of tests, as agreed now
	Since  int64              // when they came to be these, by our clock; 0: they were from the beginning
	Tests  [2][]*trial        // by who asked, the oldest first, at most mostTrials
	Rights [2]*right          // the newest of each
}

// mostTrials bounds what is remembered of each side's tests: more than two days of them. A flood
// displaces its author's own alone.
const mostTrials = 64

// A trial is one test that somebody asked for. Times are their authors', Unix milliseconds.
type trial struct {
	Own    bool
	Number int64 // -1: it waits for one
	ID     replica.ID
	At     int64
	Slot   int64
	Who    string
	Words  string
	Paths  []record.TestPath

	Read      int64 // number of what was read back, in the other log; -1: nothing, -2: it waits for one
	ReadAt    int64
	ReadWho   string
	ReadText  string
	ReadPaths []record.TestPath

	Result   record.TestAct // TestPassed or TestFailed; 0: none yet
	ResultAt int64
	Why      string
}

const (
	nobodyRead  = -1
	waitsToRead = -2
)

// A right is the newest word of a side on the right to call.
type right struct {
	At    int64 // its author's time
	Known int64 // when it was here first, by our clock
	Act   record.RightAct
	Who   string
	Text  string
}

func logIndex(own bool) int {
	if own {
		return 0
	}
	return 1
}

// take takes in the next entry of a log; nil if it is missing here. It reports whether that says anything.
func (t *trials) take(own bool, e *record.Entry, now time.Time) bool {
	i := logIndex(own)
	t.Sizes[i]++
	if e == nil {
		return false
	}
	begins := t.Begun[i] == 0
	if begins {
		t.Begun[i] = e.Time
	}
	switch body := e.Body.(type) {
	case record.Test:
		ref, _ := e.Has(record.Answers)
		t.test(own, e, body, ref)
	case record.Right:
		t.Rights[i] = &right{At: e.Time, Known: now.UnixMilli(), Act: body.Act, Who: body.Who, Text: body.Text}
	default:
		return begins
	}
	return true
}

// agree notes the times of tests. Other changes of the accord, which the other side may make alone or only
// enter, make no test void.
func (t *trials) agree(times []accord.TimeOfDay, now time.Time) {
	if !slices.Equal(times, t.Times) {
		t.Times, t.Since = times, now.UnixMilli()
	}
}

func (t *trials) test(own bool, e *record.Entry, b record.Test, ref record.Ref) {
	i := logIndex(own)
	switch b.Act {
	case record.TestAsked:
		t.add(&trial{Own: own, Number: e.Number, ID: replica.ID(e.HeaderSalt), At: e.Time, Slot: b.Slot, Who: b.Who, Words: b.Text, Paths: b.Paths, Read: nobodyRead})
	case record.TestReadBack:
		if x := find(t.Tests[1-i], func(x *trial) bool { return x.Number == ref.Number }); x != nil && x.Read < 0 {
			x.Read, x.ReadAt, x.ReadWho, x.ReadText, x.ReadPaths = e.Number, e.Time, b.Who, b.Text, b.Paths
		}
	case record.TestPassed, record.TestFailed:
		x := find(t.Tests[i], func(x *trial) bool { return ref.Other && x.Read == ref.Number || !ref.Other && x.Number == ref.Number })
		if x != nil && x.Result == 0 {
			x.conclude(b, e.Time)
		}
	}
}

// conclude takes the asker's word for the result, but not against what both have signed.
func (x *trial) conclude(b record.Test, at int64) {
	x.Result, x.ResultAt, x.Why = b.Act, at, b.Text
	if b.Act == record.TestPassed && !record.SameWords(x.Words, x.ReadText) {
		x.Result, x.Why = record.TestFailed, "what was read back is not what was asked, though the asking side says that it passed"
	}
}

// add takes in a test that was asked. One that waited for its number is known by its id.
func (t *trials) add(x *trial) {
	list := &t.Tests[logIndex(x.Own)]
	if had := find(*list, func(y *trial) bool { return y.ID == x.ID }); had != nil {
		had.Number = x.Number
		return
	}
	*list = append(*list, x)
	if n := len(*list) - mostTrials; n > 0 {
		*list = slices.Delete(*list, 0, n)
	}
}

// find gives the newest for which ok holds; nil if there is none.
func find(list []*trial, ok func(*trial) bool) *trial {
	for _, x := range slices.Backward(list) {
		if ok(x) {
			return x
		}
	}
	return nil
}

// open is the newest test of a side if it waits to be read back, or for its result, as far as anybody can still care.
func (t *trials) open(own bool, now time.Time) *trial {
	list := t.Tests[logIndex(own)]
	if len(list) == 0 {
		return nil
	}
	x := list[len(list)-1]
	if x.Result != 0 || !own && now.Sub(time.UnixMilli(x.At)).Abs() > record.TestLate {
		return nil // theirs are dated by their clock, and may never be ended
	}
	return x
}

// last is the newest result of either side; nil if there is none.
func (t *trials) last() (newest *trial) {
	for _, list := range t.Tests {
		if x := find(list, func(x *trial) bool { return x.Result != 0 }); x != nil && (newest == nil || x.ResultAt > newest.ResultAt) {
			newest = x
		}
	}
	return newest
}

// passed reports whether the test that was agreed for slot was passed, by the clocks of both.
func (t *trials) passed(slot int64) bool {
	return t.any(func(x *trial) bool {
		return x.Slot == slot && x.Result == record.TestPassed && record.TestOnTime(slot, x.ReadAt) && record.TestOnTime(slot, x.ResultAt)
	})
}

// asked reports whether either side has asked for it.
func (t *trials) asked(slot int64) bool {
	return t.any(func(x *trial) bool { return x.Slot == slot && record.TestOnTime(slot, x.At) })
}

func (t *trials) any(ok func(*trial) bool) bool {
	return find(t.Tests[0], ok) != nil || find(t.Tests[1], ok) != nil
}

// missed are the agreed tests of the last day that were not passed and count no more, the oldest first; a test
// that was passed since, whoever asked for it and when, clears them.
func (t *trials) missed(times []time.Duration, now time.Time) (slots []time.Time) {
	if t.Begun[0] == 0 || t.Begun[1] == 0 {
		return nil
	}
	latest, since := now.Add(record.TestLate).UnixMilli(), t.countFrom(now)
	for _, slot := range slotsBetween(times, now.Add(-24*time.Hour), now.Add(-record.TestLate)) {
		ms := slot.UnixMilli()
		cleared := t.any(func(x *trial) bool { return x.Result == record.TestPassed && x.ResultAt >= ms && x.ResultAt <= latest })
		if ms >= since && !t.passed(ms) && !cleared {
			slots = append(slots, slot)
		}
	}
	return slots
}

// countFrom is from when on the agreed times count: both logs have begun, and they are agreed. A log that says that it
// begins later than can be is not heeded.
func (t *trials) countFrom(now time.Time) int64 {
	since := max(t.Begun[0], t.Since)
	if t.Begun[1] <= now.Add(record.TestLate).UnixMilli() {
		since = max(since, t.Begun[1])
	}
	return since
}

// current is the agreed time whose test can still be passed; zero if there is none.
func (t *trials) current(times []time.Duration, now time.Time) time.Time {
	slots := slotsBetween(times, now.Add(-record.TestLate), now)
	if len(slots) == 0 || slots[len(slots)-1].UnixMilli() < t.countFrom(now) {
		return time.Time{}
	}
	return slots[len(slots)-1]
}

// slotsBetween are the agreed times of all days after from, to until.
func slotsBetween(times []time.Duration, from, until time.Time) (slots []time.Time) {
	for day := from.UTC().Truncate(24 * time.Hour); !day.After(until); day = day.Add(24 * time.Hour) {
		for _, at := range times {
			if slot := day.Add(at); slot.After(from) && !slot.After(until) {
				slots = append(slots, slot)
			}
		}
	}
	return slots
}

// next is the first agreed time after now; zero if none is agreed.
func nextSlot(times []time.Duration, now time.Time) time.Time {
	if slots := slotsBetween(times, now, now.Add(24*time.Hour)); len(slots) > 0 {
		return slots[0]
	}
	return time.Time{}
}
