package station

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"ringdown/record"
)

// A logOf is a log in which a test writes acts of tests.
type testLogs struct {
	trials
	n [2]int64
}

var trialDay = time.Date(2026, 6, 12, 0, 0, 0, 0, time.UTC)

// enter adds an entry at a time of the day, and gives its number.
func (l *testLogs) enter(own bool, at time.Duration, body record.Body, about ...record.Ref) int64 {
	i := logIndex(own)
	e := &record.Entry{Header: record.Header{Number: l.n[i], Time: trialDay.Add(at).UnixMilli(), Kind: body.Kind(), About: about, Seen: record.Tree{Size: l.n[1-i]}}, Body: body}
	e.HeaderSalt[0], e.HeaderSalt[1], e.HeaderSalt[2] = byte(i), byte(l.n[i]), byte(l.n[i]>>8)
	l.take(own, e, trialDay.Add(at))
	l.n[i]++
	return l.n[i] - 1
}

func answers(other bool, n int64) record.Ref {
	return record.Ref{Relation: record.Answers, Other: other, Number: n}
}

// trial runs one: asked by a side for slot, read back, and the asker's verdict.
func (l *testLogs) trial(own bool, slot, asked, read, said time.Duration, words string, verdict record.TestAct) {
	n := l.enter(own, asked, record.Test{Act: record.TestAsked, Slot: trialDay.Add(slot).UnixMilli(), Text: "amber seven"})
	back := l.enter(!own, read, record.Test{Act: record.TestReadBack, Text: words}, answers(true, n))
	body := record.Test{Act: verdict}
	if verdict == record.TestFailed {
		body.Text = "why"
	}
	l.enter(own, said, body, answers(true, back))
}

const slot8 = 8 * time.Hour

// TestResults: what counts for an agreed time, by both clocks, and only if the words agree.
func TestResults(t *testing.T) {
	for _, c := range []struct {
		name              string
		asked, read, said time.Duration // after 08:00
		words             string
		verdict           record.TestAct
		result            record.TestAct
		counts            bool
	}{
		{"in time", 0, time.Minute, 2 * time.Minute, "Amber  SEVEN", record.TestPassed, record.TestPassed, true},
		{"the other clock ten minutes behind", 0, -9 * time.Minute, 2 * time.Minute, "amber seven", record.TestPassed, record.TestPassed, true},
		{"the other clock ten minutes ahead", 0, 11 * time.Minute, 2 * time.Minute, "amber seven", record.TestPassed, record.TestPassed, true},
		{"just before it is too late", 0, time.Minute, 30*time.Minute - 1, "amber seven", record.TestPassed, record.TestPassed, true},
		{"too late", 0, time.Minute, 30 * time.Minute, "amber seven", record.TestPassed, record.TestPassed, false},
		{"read too late", 0, 31 * time.Minute, 2 * time.Minute, "amber seven", record.TestPassed, record.TestPassed, false},
		{"hours before", -2 * time.Hour, -2 * time.Hour, -2 * time.Hour, "amber seven", record.TestPassed, record.TestPassed, false},
		{"said to have passed with other words", 0, time.Minute, 2 * time.Minute, "blue river", record.TestPassed, record.TestFailed, false},
		{"failed", 0, time.Minute, 2 * time.Minute, "amber seven", record.TestFailed, record.TestFailed, false},
	} {
		for _, own := range []bool{true, false} {
			var l testLogs
			l.trial(own, slot8, slot8+c.asked, slot8+c.read, slot8+c.said, c.words, c.verdict)
			if got := l.last(); got == nil || got.Result != c.result || got.Own != own {
				t.Errorf("%s, own %v: %+v, want %s", c.name, own, got, c.result)
			}
			if got := l.passed(trialDay.Add(slot8).UnixMilli()); got != c.counts {
				t.Errorf("%s, own %v: counts %v, want %v", c.name, own, got, c.counts)
			}
		}
	}
}

// TestForgeries: nobody concludes what is not theirs, twice, or of another test.
func TestForgeries(t *testing.T) {
	var l testLogs
	n := l.enter(true, slot8, record.Test{Act: record.TestAsked, Text: "amber seven"})
	l.enter(false, slot8, record.Test{Act: record.TestPassed}, answers(true, n))
	l.enter(false, slot8, record.Test{Act: record.TestFailed, Text: "x"}, answers(true, n))
	l.enter(true, slot8, record.Test{Act: record.TestReadBack, Text: "amber seven"}, answers(false, n))
	if x := l.Tests[0][0]; x.Result != 0 || x.Read >= 0 {
		t.Fatalf("heeded: %+v", x)
	}
	back := l.enter(false, slot8, record.Test{Act: record.TestReadBack, Text: "blue river"}, answers(true, n))
	l.enter(false, slot8, record.Test{Act: record.TestReadBack, Text: "amber seven"}, answers(true, n))
	l.enter(true, slot8, record.Test{Act: record.TestFailed, Text: "no"}, answers(true, back))
	l.enter(true, slot8, record.Test{Act: record.TestPassed}, answers(true, back))
	if x := l.Tests[0][0]; x.Result != record.TestFailed || x.ReadText != "blue river" {
		t.Errorf("the first word does not count: %+v", x)
	}
}

// TestTrialsFromAnyPlace: what is taken in piece by piece, kept and loaded on the way, and merged from the two logs in
// any parts, is the same.
func TestTrialsFromAnyPlace(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var logs [2][]*record.Entry
	var l testLogs
	write := func(own bool, at time.Duration, body record.Body, about ...record.Ref) int64 {
		i := logIndex(own)
		e := &record.Entry{Header: record.Header{Number: l.n[i], Time: trialDay.Add(at).UnixMilli(), Kind: body.Kind(), About: about, Seen: record.Tree{Size: l.n[1-i]}}, Body: body}
		e.HeaderSalt[0], e.HeaderSalt[1] = byte(i), byte(l.n[i])
		l.take(own, e, trialDay)
		logs[i] = append(logs[i], e)
		l.n[i]++
		return l.n[i] - 1
	}
	for k := range 40 {
		own, at := random.IntN(2) == 0, time.Duration(k)*time.Hour
		n := write(own, at, record.Test{Act: record.TestAsked, Text: "amber seven"})
		back := write(!own, at, record.Test{Act: record.TestReadBack, Text: "amber seven"}, answers(true, n))
		write(own, at, record.Test{Act: record.TestPassed}, answers(true, back))
		write(random.IntN(2) == 0, at, record.Right{Act: 1 + record.RightAct(random.IntN(2)), Text: "why"})
	}
	for range 50 {
		var again trials
		for again.Sizes != l.Sizes {
			part := func(i int) []*record.Entry {
				list := logs[i][again.Sizes[i]:]
				return list[:min(len(list), 1+random.IntN(9))]
			}
			again.merge(part(0), part(1), trialDay)
			text, err := json.Marshal(again)
			kept := trials{}
			if err != nil || json.Unmarshal(text, &kept) != nil || !kept.sound() {
				t.Fatal("cannot be kept")
			}
			again = kept
		}
		if !reflect.DeepEqual(again, l.trials) {
			t.Fatalf("%+v\nwant\n%+v", again, l.trials)
		}
	}
}

// TestSlots: agreed times of days, at every edge.
func TestSlots(t *testing.T) {
	times := []time.Duration{8 * time.Hour, 20 * time.Hour}
	for _, c := range []struct {
		at            time.Duration
		next, current time.Duration // -1: none
	}{
		{0, 8 * time.Hour, -1},
		{8*time.Hour - 1, 8 * time.Hour, -1},
		{8 * time.Hour, 20 * time.Hour, 8 * time.Hour},
		{8*time.Hour + 30*time.Minute - 1, 20 * time.Hour, 8 * time.Hour},
		{8*time.Hour + 30*time.Minute, 20 * time.Hour, -1},
		{21 * time.Hour, 32 * time.Hour, -1},
	} {
		now := trialDay.Add(c.at)
		if got := nextSlot(times, now).Sub(trialDay); got != c.next {
			t.Errorf("at %v: next %v, want %v", c.at, got, c.next)
		}
		if got := new(trials).current(times, now); got.IsZero() != (c.current < 0) || !got.IsZero() && got.Sub(trialDay) != c.current {
			t.Errorf("at %v: current %v, want %v", c.at, got, c.current)
		}
	}
	if !nextSlot(nil, trialDay).IsZero() || !new(trials).current(nil, trialDay).IsZero() {
		t.Error("a time without any agreed")
	}
	slot := trialDay.Add(8 * time.Hour)
	for _, young := range []trials{{Begun: [2]int64{slot.UnixMilli() + 1, 1}}, {Begun: [2]int64{1, slot.UnixMilli() + 1}}, {Begun: [2]int64{1, 1}, Since: slot.UnixMilli() + 1}} {
		if got := young.current(times, slot.Add(time.Minute)); !got.IsZero() {
			t.Errorf("a test of %v is due, though the line is younger: %+v", got, young)
		}
	}
}

// TestTheirsIsOpenOnlyAround: what they ask is open while it is recent by any clock, and not when it is dated far off.
func TestTheirsIsOpenOnlyAround(t *testing.T) {
	for off, open := range map[time.Duration]bool{0: true, -29 * time.Minute: true, 29 * time.Minute: true, -31 * time.Minute: false, 31 * time.Minute: false, 24 * time.Hour: false} {
		var l testLogs
		l.enter(false, slot8+off, record.Test{Act: record.TestAsked, Text: "amber seven"})
		if got := l.open(false, trialDay.Add(slot8)) != nil; got != open {
			t.Errorf("dated %v off: open %v, want %v", off, got, open)
		}
	}
}
