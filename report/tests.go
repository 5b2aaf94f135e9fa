package report

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// mostDots is how many tests a report names one by one.
const mostDots = 2000

// A testStep is an act of a test by people, as one log tells it.
type testStep struct {
	number int64
	at     int64
	act    record.TestAct
	slot   int64   // with asked
	ref    int64   // number of the entry that it answers
	other  bool    // in the other log
	words  [8]byte // what was asked or read, as it is compared
}

func (l *ledger) test(e *record.Entry, t record.Test) {
	s := testStep{number: e.Number, at: e.Time, act: t.Act, slot: t.Slot}
	if t.Act == record.TestAsked || t.Act == record.TestReadBack {
		sum := sha256.Sum256([]byte(record.PlainWords(t.Text)))
		s.words = [8]byte(sum[:])
	}
	if ref, ok := e.Has(record.Answers); ok {
		s.ref, s.other = ref.Number, ref.Other
	}
	l.tests.add(s, MostTests)
}

// A trial is one test that somebody asked for, and how it went.
type trial struct {
	slot   int64 // 0: out of turn
	at     int64 // when it was asked for
	passed bool
	failed bool
	words  [8]byte
	timely bool // if passed: by both sides' clocks within the time that it was due
}

// trials follows each test through both logs.
func (b *Builder) trials() []trial {
	var list []trial
	for side := range b.logs {
		own, far := b.logs[side].tests.kept(MostTests), b.logs[1-side].tests.kept(MostTests)
		asked := make(map[int64]*trial)
		for _, s := range own {
			if s.act == record.TestAsked {
				asked[s.number] = &trial{slot: s.slot, at: s.at, words: s.words}
			}
		}
		read := make(map[int64]testStep) // by number in the far log: what was read back to one of ours
		for _, s := range far {
			if s.act == record.TestReadBack && s.other && asked[s.ref] != nil {
				read[s.number] = s
			}
		}
		for _, s := range own {
			conclude(s, asked, read)
		}
		for _, s := range own {
			if t := asked[s.number]; t != nil {
				list = append(list, *t)
			}
		}
	}
	return list
}

// conclude takes in what the asker found.
func conclude(s testStep, asked map[int64]*trial, read map[int64]testStep) {
	switch {
	case s.act != record.TestPassed && s.act != record.TestFailed:
	case s.other:
		back, ok := read[s.ref]
		if !ok {
			return
		}
		t := asked[back.ref]
		switch {
		case t.passed || t.failed: // the first word counts
		case s.act == record.TestPassed && back.words == t.words:
			t.passed = true
			t.timely = record.TestOnTime(t.slot, s.at) && record.TestOnTime(t.slot, back.at)
		default: // also a pass that the words belie
			t.failed = true
		}
	case asked[s.ref] != nil && s.act == record.TestFailed && !asked[s.ref].passed:
		asked[s.ref].failed = true
	}
}

// A due is a test at an agreed time and how it went, or one out of turn.
type due struct {
	at     int64
	agreed bool
	result result
}

// A result of a test.
type result uint8

const (
	missed result = iota
	failed
	passed
)

var resultNames = [...]string{missed: "missed", failed: "failed", passed: "passed"}

// dues are the tests of a span, in the order of time: those at the agreed minutes of each day that the record
// can tell of, and those out of turn that have come to an end.
func (b *Builder) dues(minutes []int64, s span, until int64) []due {
	trials := b.trials()
	results := make(map[int64]result) // by agreed time
	var list []due
	agreed := agreedTimes(minutes, span{max(s.from, b.begun()), min(s.to, until-record.TestLate.Milliseconds())})
	for _, at := range agreed {
		results[at] = missed
	}
	for _, t := range trials {
		if r, ok := results[t.slot]; ok {
			results[t.slot] = max(r, t.inTime())
		} else if isDue := t.slot != 0 && isAgreed(minutes, t.slot); !isDue && t.at >= s.from && t.at < s.to && t.over() != missed {
			list = append(list, due{t.at, false, t.over()})
		}
	}
	for _, at := range agreed {
		list = append(list, due{at, true, results[at]})
	}
	slices.SortStableFunc(list, func(a, b due) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.result, a.result)) })
	return list
}

// inTime is how a test that was due went.
func (t *trial) inTime() result {
	switch {
	case t.passed && t.timely:
		return passed
	case t.failed:
		return failed
	}
	return missed
}

// over is how a test out of turn went; missed: it is not over.
func (t *trial) over() result {
	switch {
	case t.passed:
		return passed
	case t.failed:
		return failed
	}
	return missed
}

// begun is from when both logs tell of the line.
func (b *Builder) begun() int64 { return max(b.logs[0].begun, b.logs[1].begun) }

const dayMS = 24 * 60 * 60 * 1000

// agreedTimes are the agreed minutes of all days, within a span.
func agreedTimes(minutes []int64, s span) (list []int64) {
	for day := s.from - floorMod(s.from, dayMS); day < s.to; day += dayMS {
		for _, m := range minutes {
			if at := day + m*60_000; at >= s.from && at < s.to {
				list = append(list, at)
			}
		}
	}
	return list
}

func isAgreed(minutes []int64, at int64) bool {
	return floorMod(at, 60_000) == 0 && slices.Contains(minutes, floorMod(at, dayMS)/60_000)
}

func floorMod(a, b int64) int64 { return (a%b + b) % b }

// testFigures counts the tests of a span.
func testFigures(list []due, s span) (f api.TestFigures) {
	for _, d := range list {
		switch {
		case d.at < s.from || d.at >= s.to:
		case d.agreed:
			*[]*int{&f.Missed, &f.Failed, &f.Passed}[d.result]++
		case d.result == passed:
			f.ExtraPassed++
		default:
			f.ExtraFailed++
		}
	}
	return f
}

// dots names tests one by one, the last of them.
func dots(list []due) []api.TestDot {
	named := []api.TestDot{}
	for _, d := range list[max(0, len(list)-mostDots):] {
		named = append(named, api.TestDot{At: stamp(d.at), Due: d.agreed, Result: resultNames[d.result]})
	}
	return named
}

func stamp(ms int64) time.Time { return time.UnixMilli(min(ms, lastShown)).UTC() }

// lastShown is the last second of the year 9999: JSON can say no later time.
const lastShown = 253402300799000
