package station

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/wire"
)

// endOfTime is the latest that an entry can be dated: JSON has no word for it.
var endOfTime = time.UnixMilli(1<<48 - 1)

// TestDatedBeyondJSON: entries that the other side dates later than JSON can say keep neither the status from our
// consoles, nor the record from being read, nor a call from ringing.
func TestDatedBeyondJSON(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		far := r.state(1).Own.Size
		r.enterTest(1, endOfTime, record.Test{Act: record.TestAsked, Text: "amber seven", Slot: endOfTime.UnixMilli()})
		r.enterTest(1, endOfTime, record.Test{Act: record.TestFailed, Text: "we say so"}, record.Ref{Relation: record.Answers, Number: far})
		r.enterAs(1, replica.Draft{Time: endOfTime, Body: record.Right{Act: record.RightSuspended, Who: "nobody", Text: "we said so in time"}})
		r.within(5*time.Second, "north knows", func() bool { return r.suspended(0) != "" })
		r.enterAs(1, replica.Draft{Time: endOfTime, Body: record.Right{Act: record.RightRestored, Who: "nobody"}})
		says := func(what string) {
			t.Helper()
			if _, err := json.Marshal(r.st[0].Status()); err != nil {
				t.Errorf("%s: consoles are told nothing more: %v", what, err)
			}
		}
		says("after a test and a suspension")
		r.within(5*time.Second, "it is restored", func() bool { return r.suspended(0) == "" })
		north, south := r.phone(0), r.phone(1)
		r.answer(north, south)
		if err := r.st[1].onLine("line0", func(e *lineEnd, _ time.Time) error {
			e.clerk.enter(replica.Draft{Time: endOfTime, Call: record.CallID(e.call.View().ID), Body: record.CallStep{Step: record.StepAsked, Who: "nobody"}})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		r.within(5*time.Second, "north knows", func() bool {
			steps := r.line(0, 0).Call.Steps
			return len(steps) > 0 && steps[len(steps)-1].Name == "asked"
		})
		says("in a call")
		rec, err := r.st[0].Record("line0")
		if err != nil {
			t.Fatal(err)
		}
		page, err := rec.Page(t.Context(), api.RecordQuery{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(page); err != nil {
			t.Errorf("the record is not shown: %v", err)
		}
	})
}

// TestSuspensionsFloodNoHook: whoever suspends and restores without end pushes nothing of other lines out of the
// webhooks' queues.
func TestSuspensionsFloodNoHook(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		h := r.withHooks(nil)
		r.startAll()
		for i := range 200 {
			body := record.Right{Act: record.RightSuspended, Who: "nobody", Text: fmt.Sprint("because ", i)}
			if i%2 == 1 {
				body = record.Right{Act: record.RightRestored, Who: "nobody"}
			}
			r.enterAs(0, replica.Draft{Time: time.Now(), Body: body})
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		n := 0
		for _, ev := range h.heard() {
			if ev == hookSuspended || ev == hookRestored {
				n++
			}
		}
		if n == 0 || n > 20 {
			t.Errorf("the horn heard of %d in two minutes", n)
		}
	})
}

// TestAnObserverLeavesRoomToAct: an observer who joins and leaves without end keeps no officer from acting in the call.
func TestAnObserverLeavesRoomToAct(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.profile = wire.Standard
		w.startBoth()
		w.open(5 * time.Second)
		officer, observer, far := w.sit(0, "Weber", api.RoleOfficer), w.sit(0, "Lind", api.RoleObserver), w.sit(1, "Petrova", api.RoleOfficer)
		officer.press("call")
		w.within(time.Second, "it rings", w.callIs(0, api.CallRinging))
		far.press("answer")
		w.within(time.Second, "they speak", w.callIs(0, api.CallActive))
		for range 2 * actsBurst {
			_ = observer.seat.Do(api.ToStation{Type: "join", Slug: "line0"})
			_ = observer.seat.Do(api.ToStation{Type: "leave", Slug: "line0"})
		}
		officer.press("ask-principal")
	})
}

// TestDatesHideNothingMissed: what the other side dates ahead does not keep tests from being missed.
func TestDatesHideNothingMissed(t *testing.T) {
	ahead := 365 * 24 * time.Hour
	for name, act := range map[string]func(l *testLogs){
		"nothing":                 func(*testLogs) {},
		"a change of the accord":  func(l *testLogs) { l.enter(false, 7*time.Hour, record.AccordChange{}) },
		"one after its time":      func(l *testLogs) { l.enter(false, slot8+20*time.Minute, record.AccordChange{Serial: 9}) },
		"one that is dated ahead": func(l *testLogs) { l.dated(ahead, record.AccordChange{}) },
		"a result dated ahead": func(l *testLogs) {
			l.trial(false, 0, 2*time.Hour, 2*time.Hour, ahead, "amber seven", record.TestPassed)
		},
		"a first entry dated ahead": func(l *testLogs) { l.Begun[1] = trialDay.Add(ahead).UnixMilli() },
	} {
		var l testLogs
		l.enter(true, time.Hour, record.AccordChange{})
		l.enter(false, time.Hour, record.AccordChange{})
		act(&l)
		if m := l.missed([]time.Duration{slot8}, trialDay.Add(slot8+time.Hour)); len(m) != 1 {
			t.Errorf("%s: missed %v, want one", name, m)
		}
	}
}

// dated adds an entry of theirs that is dated otherwise than it comes.
func (l *testLogs) dated(at time.Duration, body record.Body) {
	l.take(false, &record.Entry{Header: record.Header{Number: l.n[1], Time: trialDay.Add(at).UnixMilli(), Kind: body.Kind()}, Body: body}, trialDay.Add(2*time.Hour))
	l.n[1]++
}

// TestOwnTestOfAWrongClock: a test of ours that was asked while our clock was ahead ends when it is right again.
func TestOwnTestOfAWrongClock(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.enterTest(0, time.Now().Add(24*time.Hour), record.Test{Act: record.TestAsked, Text: "amber seven"})
		time.Sleep(time.Minute)
		if n := len(r.test(0).Open); n != 0 {
			t.Errorf("%d tests are open that nobody can end", n)
		}
		r.startTest(0)
	})
}

// TestAClosedLineIsToldNoMore: what the clerk of a line says after the line was taken out of use is shown to nobody.
func TestAClosedLineIsToldNoMore(t *testing.T) {
	s := &Station{dirty: make(map[*lineEnd]bool)}
	(&lineEnd{s: s, closed: true}).touch()
	if len(s.dirty) != 0 {
		t.Error("it is told")
	}
}

// TestKeptTrialsAreSound: what was kept and cannot be is read anew.
func TestKeptTrialsAreSound(t *testing.T) {
	if (&trials{Sizes: [2]int64{0, -1}}).sound() {
		t.Error("a size below zero is taken")
	}
}

// TestPeopleShutOutNoMessage: however much people here ask of the accord, the other side's messages are looked at.
func TestPeopleShutOutNoMessage(t *testing.T) {
	var w amending
	for range 2 * choreBurst {
		w.chores = append(w.chores, chore{ended: make(chan error, 1)})
	}
	if n := w.theirs(); n != 0 {
		t.Errorf("%d of them count as the other side's", n)
	}
}

// TestTheLongestNotesAreRead: as many acts as are kept, each with the longest note, are read again.
func TestTheLongestNotesAreRead(t *testing.T) {
	f := &watchFolder{dir: t.TempDir()}
	e := api.WatchEvent{At: stamp(time.Now()), Act: "handed", Who: strings.Repeat("<", 64), To: strings.Repeat("<", 64), Note: strings.Repeat("<", 1000)}
	if err := f.rewrite(slices.Repeat([]api.WatchEvent{e}, 2*notesKept)); err != nil {
		t.Fatal(err)
	}
	if _, log, faults := f.load(time.Now()); len(faults) != 0 || len(log) != notesKept {
		t.Errorf("%d acts are read: %v", len(log), faults)
	}
}
