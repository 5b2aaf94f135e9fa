package station

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/impair"
	"ringdown/line"
	"ringdown/watch"
	"ringdown/wire"
)

// agrees has both sides see so much of each other's watch.
func (w *world) agrees(rule accord.WatchRule) {
	w.t.Helper()
	for side := range w.st {
		if err := w.st[side].onLine("line0", func(e *lineEnd, _ time.Time) error {
			e.agree(Agreed{Rules: accord.Rules{Watch: rule}})
			return nil
		}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// act carries out an act of an officer whose console has a name.
func (w *world) act(side int, act, who string, m api.WatchAct) {
	w.t.Helper()
	m.As = who
	if err := w.st[side].WatchAct(act, api.Anyone(), m); err != nil {
		w.t.Fatalf("%s: %s: %v", who, act, err)
	}
}

// officerAt is a ready console with a name.
func (w *world) officerAt(side int, name string) *phone {
	w.t.Helper()
	p := &phone{w: w, side: side, heard: make(map[uint32]time.Duration)}
	var err error
	if p.seat, err = w.st[side].Attach(api.ToStation{Type: "attach", Kind: "command", Name: name}, api.Anyone(), p); err != nil {
		w.t.Fatal(err)
	}
	p.id = p.seat.ID()
	p.do(api.ToStation{Type: "ready", Ready: true})
	return p
}

// seen is what a side shows of the other's watch.
func (w *world) seen(side int) string {
	f := w.line(side, 0).FarWatch
	if f == nil {
		return "nothing was heard"
	}
	return fmt.Sprintf("%s %t %d %s", f.Rule, f.Staffed, f.Ready, strings.Join(f.Names, ","))
}

func (w *world) sees(side int, limit time.Duration, want string) {
	w.t.Helper()
	w.within(limit, fmt.Sprintf("%q is seen, not %q", want, w.seen(side)), func() bool { return w.seen(side) == want })
}

// TestFarWatch: what changes at one station stands on the other's consoles after one network delay, and no more of it than
// the accord's rule says; the rule may change while the line is open.
func TestFarWatch(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.link(1, impair.Settings{Delay: 40 * time.Millisecond})
		w.link(2, impair.Settings{Delay: 40 * time.Millisecond})
		w.startBoth()
		w.open(3 * time.Second)
		w.agrees(accord.WatchNames)
		w.sees(1, 2*time.Second, "names false 0 ")
		time.Sleep(2 * time.Second)
		w.officerAt(0, "A. Weber")
		w.sees(1, 100*time.Millisecond, "names true 1 ")
		time.Sleep(2 * time.Second)
		w.act(0, "take", "A. Weber", api.WatchAct{})
		w.sees(1, 100*time.Millisecond, "names true 1 A. Weber")
		for rule, want := range map[accord.WatchRule]string{
			accord.WatchCount: "count true 1 ", accord.WatchStaffed: "staffed true 0 ", accord.WatchNothing: "nothing false 0 ",
		} {
			time.Sleep(2 * time.Second)
			w.agrees(rule)
			w.sees(1, 100*time.Millisecond, want)
			_ = w.st[0].onLine("line0", func(e *lineEnd, _ time.Time) error {
				if said := e.stated.ours; !said.Equal(said.Within(watch.ParseSight(string(rule)))) {
					t.Errorf("by the rule %s there goes out %+v", rule, said)
				}
				return nil
			})
		}
		time.Sleep(2 * time.Second)
		w.agrees(accord.WatchNames)
		w.sees(1, 100*time.Millisecond, "names true 1 A. Weber")
		time.Sleep(65 * time.Minute) // nobody has answered "still here?"
		w.sees(1, 2*time.Second, "names false 1 ")
	})
}

// TestReadyConsolesAreNotTold: the signal of every tick counts the ready consoles. Outside a call it tells no more of them than the
// rule; in a call it is true, because it belongs to the ladder.
func TestReadyConsolesAreNotTold(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		north := w.officerAt(0, "N")
		south := w.officerAt(1, "A")
		w.officerAt(1, "B")
		told := func(n int) func() bool { return func() bool { return w.line(0, 0).Far.Ready == n } }
		w.within(time.Second, "both are counted", told(2))
		w.agrees(accord.WatchStaffed)
		w.within(time.Second, "that somebody is ready is told, and not how many", told(1))
		w.agrees(accord.WatchNothing)
		w.within(time.Second, "nothing is told", told(0))
		north.press("call")
		w.within(2*time.Second, "both are counted in a call", told(2))
		south.press("decline")
		w.within(2*time.Second, "it is over, and nothing is told", told(0))
		w.agrees(accord.WatchCount)
		w.within(time.Second, "both are counted again", told(2))
	})
}

// TestSignsOfLife: who calls and hangs up is there, and is not asked.
func TestSignsOfLife(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.profile = wire.Thin
		w.startBoth()
		w.open(3 * time.Second)
		north := w.officerAt(0, "A")
		w.officerAt(1, "S")
		w.act(0, "take", "A", api.WatchAct{})
		time.Sleep(59 * time.Minute)
		north.press("call")
		time.Sleep(2 * time.Minute)
		if got := w.st[0].Status().Watch.State; got != api.WatchKept {
			t.Errorf("after a call the watch is %s, want kept", got)
		}
		time.Sleep(58 * time.Minute)
		if got := w.st[0].Status().Watch.State; got != api.WatchAsked {
			t.Errorf("an hour later it is %s, want asked", got)
		}
	})
}

// TestFarWatchAtMostOnceASecond: a console that comes and goes ten times a second is told of once a second, and at last as it is.
func TestFarWatchAtMostOnceASecond(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		w.agrees(accord.WatchCount)
		p := w.officerAt(0, "A")
		time.Sleep(2 * time.Second)
		var heard []time.Time
		last := time.Time{}
		for i := range 200 {
			p.do(api.ToStation{Type: "ready", Ready: i%2 == 0})
			time.Sleep(50 * time.Millisecond)
			_ = w.st[1].onLine("line0", func(e *lineEnd, _ time.Time) error {
				if !e.stated.heard.Equal(last) {
					last = e.stated.heard
					heard = append(heard, last)
				}
				return nil
			})
		}
		if len(heard) < 5 || len(heard) > 12 {
			t.Errorf("told %d times in 10 s, want at most once a second", len(heard))
		}
		w.sees(1, 1100*time.Millisecond, "count false 0 ")
	})
}

// TestWatchHandedOverDuringACut: the watch goes from hand to hand while both paths are cut; when they are back the other side learns
// how it stands, and a station that was killed meanwhile still knows.
func TestWatchHandedOverDuringACut(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		dirs := [2]string{t.TempDir(), t.TempDir()}
		w.options = func(side int, o *Options) { o.WatchDir = dirs[side] }
		w.startBoth()
		w.open(3 * time.Second)
		w.agrees(accord.WatchNames)
		w.officerAt(0, "A")
		w.officerAt(0, "B")
		w.act(0, "take", "A", api.WatchAct{})
		w.sees(1, 2*time.Second, "names true 2 A")
		w.link(1, impair.Settings{Loss: 1})
		w.link(2, impair.Settings{Loss: 1})
		w.within(5*time.Second, "the line is down", func() bool { return w.line(0, 0).State == api.LineDown })
		time.Sleep(1234567 * time.Nanosecond) // no whole millisecond
		w.act(0, "hand", "A", api.WatchAct{To: &api.Officer{Name: "B"}, Note: "The line is cut."})
		w.kill(0)
		w.start(0)
		w.agrees(accord.WatchNames)
		w.officerAt(0, "B")
		if a := w.st[0].Status().Watch; a.Officer != "A" || a.Offer == nil || a.Offer.To != "B" || a.Offer.Note != "The line is cut." {
			t.Fatalf("after the kill the watch is %+v", a)
		}
		w.act(0, "take", "B", api.WatchAct{})
		if a := w.st[0].Status().Watch; a.Officer != "B" || len(a.Notes) != 1 || a.Notes[0].Text != "The line is cut." {
			t.Fatalf("taken: %+v", a)
		}
		if got := w.seen(1); got != "names true 2 A" {
			t.Errorf("south shows %q, want what it last heard", got)
		}
		w.act(0, "acknowledge", "B", api.WatchAct{UpTo: &w.st[0].Status().Watch.Notes[0].At}) // as the console was told it
		if a := w.st[0].Status().Watch; len(a.Notes) != 0 {
			t.Errorf("acknowledged, and still shown: %+v", a.Notes)
		}
		w.link(1, impair.Settings{})
		w.sees(1, 5*time.Second, "names true 1 B")
	})
}

// TestWavesRing: the officer on watch rings at once and the others later; lost or absent, the others ring at once. In a drill
// as in a call.
func TestWavesRing(t *testing.T) {
	for _, drill := range []bool{false, true} {
		t.Run(fmt.Sprintf("drill %t", drill), func(t *testing.T) { wavesRing(t, drill) })
	}
}

func wavesRing(t *testing.T, drill bool) {
	inWorld(t, 1, func(w *world) {
		w.drills = drill
		w.startBoth()
		w.open(3 * time.Second)
		north := w.officerAt(0, "N")
		a, b := w.officerAt(1, "A"), w.officerAt(1, "B")
		if err := w.st[1].SetWatch(api.Anyone(), api.WatchSettings{Plan: api.RingPlan{Waves: []api.RingWave{{Who: "duty"}, {AfterS: 20, Who: "everybody"}}},
			Periods: api.WatchPeriods{Here: 60, Grace: 5, Ahead: 30}}); err != nil {
			t.Fatal(err)
		}
		w.act(1, "take", "A", api.WatchAct{})
		ring := func(what string, first, second time.Duration) {
			t.Helper()
			had := [2]int{a.ringCount(), b.ringCount()}
			begin := time.Now()
			north.press("call")
			var late [2]time.Duration
			w.within(30*time.Second, what, func() bool {
				for i, p := range []*phone{a, b} {
					if late[i] == 0 && p.ringCount() > had[i] {
						late[i] = time.Since(begin)
					}
				}
				return (late[0] > 0 || first < 0) && late[1] > 0
			})
			for i, want := range []time.Duration{first, second} {
				if want >= 0 && (late[i] < want || late[i] > want+time.Second) {
					t.Errorf("%s: console %d rings after %v, want %v", what, i, late[i], want)
				}
			}
			north.press("hangup")
			w.within(5*time.Second, "it ends", w.callIs(1, api.CallEnded))
			time.Sleep(2 * time.Second)
		}
		ring("on watch", 0, 20*time.Second)
		time.Sleep(66 * time.Minute)
		ring("absent", 0, 0)
		w.act(1, "here", "A", api.WatchAct{})
		ring("back", 0, 20*time.Second)
		a.seat.Lost()
		ring("lost", -1, 0)
		a.seat.Back()
		a.do(api.ToStation{Type: "ready", Ready: true})
		ring("here again", 0, 20*time.Second)

		// Taken over while it rings: the new officer's console rings at once.
		had := b.ringCount()
		north.press("call")
		time.Sleep(3 * time.Second)
		w.act(1, "take", "B", api.WatchAct{})
		w.within(time.Second, "who takes the watch while it rings hears it at once", func() bool { return b.ringCount() > had })
	})
}

// TestLyingWatch: a far station that states nonsense, more than the rule allows, names with tricks, or floods: nothing of it is shown, and
// what it states at last is.
func TestLyingWatch(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		w.agrees(accord.WatchCount)
		w.sees(1, 2*time.Second, "count false 0 ")
		says := func(b []byte) {
			_ = w.st[0].onLine("line0", func(e *lineEnd, _ time.Time) error {
				return e.line.SendMessage(line.StreamEntries, append([]byte{kindWatch}, b...))
			})
		}
		good := watch.Said{Sight: watch.SeeNames, Staffed: true, Since: 1 << 47, Ready: 9, Names: []string{"I. Petrova"}}.Append(nil)
		for _, b := range [][]byte{nil, good[:5], append(good, 1), make([]byte, 5000), []byte("\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x03a\xe2\x80")} {
			says(b)
		}
		time.Sleep(time.Second)
		if got := w.seen(1); got != "count false 0 " {
			t.Errorf("nonsense is shown as %q", got)
		}
		time.Sleep(10 * time.Second)
		says(good)
		w.sees(1, 200*time.Millisecond, "count true 9 ") // names are not for this line
		if f := w.line(1, 0).FarWatch; f.Since.After(f.Heard) {
			t.Errorf("staffed since %s, heard %s: nothing begins after it was said", f.Since, f.Heard)
		}
		heard := make(map[time.Time]bool)
		for range 400 {
			says(good)
			time.Sleep(10 * time.Millisecond)
			heard[w.line(1, 0).FarWatch.Heard] = true
		}
		if most := saidBurst + 6; len(heard) > most {
			t.Errorf("of a flood of 400 in 4 s %d were heard, want at most %d", len(heard), most)
		}
		time.Sleep(20 * time.Second)
		good[10] = 77
		says(good)
		w.sees(1, 200*time.Millisecond, "count true 77 ")
		if got := w.line(1, 0).State; got != api.LineOpen {
			t.Errorf("the line is %s", got)
		}
	})
}

// TestWeeksOfWatches: a station runs over four weeks and the change to summer or winter time with two officers who do their
// duty; the alarm of the one gap comes half an hour before it, and there is no other.
func TestWeeksOfWatches(t *testing.T) {
	for _, c := range []struct {
		start string // a Saturday, at noon or one o'clock in Warsaw
		last  string // night on which B has the watch
		alarm string
	}{
		{"2026-03-14 11:00", "2026-04-08", "2026-04-09 17:30"}, // Thursday, 20:00 in summer time, less 30 minutes
		{"2026-10-10 11:00", "2026-11-04", "2026-11-05 18:30"}, // in winter time
	} {
		t.Run(c.start, func(t *testing.T) {
			inWorld(t, 1, func(w *world) { w.weeksOfWatches(utc(t, c.start), c.last, utc(t, c.alarm)) })
		})
	}
}

func utc(t *testing.T, at string) time.Time {
	t.Helper()
	parsed, err := time.Parse("2006-01-02 15:04", at)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func (w *world) weeksOfWatches(start time.Time, last string, alarm time.Time) {
	w.lines = 0
	w.skew[0] = time.Until(start)
	w.start(0)
	s := w.st[0]
	set := api.WatchSettings{Roster: api.Roster{Zone: "Europe/Warsaw", Single: []api.SingleShift{}}, Periods: api.WatchPeriods{Grace: 5, Ahead: 30}}
	for _, d := range strings.Fields("monday tuesday wednesday thursday friday saturday sunday") {
		set.Roster.Weekly = append(set.Roster.Weekly, api.WeeklyShift{Officer: api.Officer{Name: "A"}, Day: d, From: "08:00", To: "20:00"},
			api.WeeklyShift{Officer: api.Officer{Name: "B"}, Day: d, From: "20:00", To: "08:00", Last: last})
	}
	if err := s.SetWatch(api.Anyone(), set); err != nil {
		w.t.Fatal(err)
	}
	w.officerAt(0, "A")
	w.officerAt(0, "B")
	w.act(0, "take", "A", api.WatchAct{})
	first := time.Time{}
	for now := start; now.Before(start.Add(27 * 24 * time.Hour)); now = now.Add(time.Minute) {
		st := s.Status().Watch
		if len(st.Alarms) > 0 && first.IsZero() {
			if first = now; st.Alarms[0].Kind != "ahead" {
				w.t.Fatalf("%s: %s", now, st.Alarms[0].Text)
			}
		}
		if st.Rostered != nil && len(st.Rostered.Officers) == 1 && st.Rostered.Officers[0] != st.Officer {
			w.act(0, "hand", st.Officer, api.WatchAct{})
			w.act(0, "take", st.Rostered.Officers[0], api.WatchAct{})
		}
		time.Sleep(time.Minute)
	}
	if first.Sub(alarm).Abs() > time.Minute {
		w.t.Errorf("the first alarm comes at %s, want the gap's, at %s", first, alarm)
	}
}

// TestWatchFiles: what is damaged is named and set aside, a torn line of the notes is taken away, and the rest serves.
func TestWatchFiles(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f := &watchFolder{dir: dir}
	k, log, faults := f.load(at)
	if len(faults) > 0 || len(log) > 0 || k.Settings.Periods != watch.DefaultPeriods {
		t.Fatalf("an empty folder gives %+v, %v, %v", k, log, faults)
	}
	who := watch.Officer{Name: "A"}
	k.Standing.Held = &watch.Held{Officer: who, Since: at, Here: at}
	k.Revision = 7
	if err := f.save(2, k); err != nil {
		t.Fatal(err)
	}
	if err := f.save(1, keptWatch{Version: 1}); err != nil { // an older state that comes late
		t.Fatal(err)
	}
	for i := range 2*notesKept + 10 {
		log = append(log, api.WatchEvent{At: at, Act: "taken", Who: fmt.Sprint(i)})
		log = log[max(0, len(log)-notesKept):]
		if err := f.note(log[len(log)-1], log); err != nil {
			t.Fatal(err)
		}
	}
	notes := filepath.Join(dir, notesFile)
	spoiled := func(change func([]byte) []byte) {
		t.Helper()
		text, err := os.ReadFile(notes)
		if err == nil {
			err = os.WriteFile(notes, change(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	spoiled(func(b []byte) []byte { return append(b, `{"at":"2026-`...) }) // killed while it wrote
	k, log, faults = (&watchFolder{dir: dir}).load(at)
	if len(faults) > 0 || k.Revision != 7 || k.Standing.Held == nil || len(log) != notesKept || log[notesKept-1].Who != fmt.Sprint(2*notesKept+9) {
		t.Fatalf("read again: revision %d, %d notes, faults %v", k.Revision, len(log), faults)
	}
	spoiled(func(b []byte) []byte { b[1] = 'x'; return b })
	if err := os.WriteFile(filepath.Join(dir, watchFile), []byte(`{"version":1,"settings":{"roster":{"zone":"Nowhere"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	k, log, faults = (&watchFolder{dir: dir}).load(at)
	if len(faults) != 2 || k.Settings.Periods != watch.DefaultPeriods || len(log) != notesKept {
		t.Fatalf("damaged: %+v, %d notes, %v", k, len(log), faults)
	}
	for i, name := range []string{"watch.json", "watch-notes.jsonl"} {
		aside := name + ".damaged-20261122T120000Z"
		if _, err := os.Stat(filepath.Join(dir, aside)); err != nil || !strings.Contains(faults[i].Error(), aside) {
			t.Errorf("%s: %v, told as %v", aside, err, faults[i])
		}
	}
	if _, log, faults = (&watchFolder{dir: dir}).load(at); len(faults) > 0 || len(log) != notesKept {
		t.Errorf("after that: %d notes, %v", len(log), faults)
	}
}

// TestWatchDiskRefuses: a disk that takes nothing is shown; the watch goes on.
func TestWatchDiskRefuses(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		dir := filepath.Join(t.TempDir(), "gone")
		w.options = func(_ int, o *Options) { o.WatchDir = dir }
		w.lines = 0
		w.start(0)
		w.act(0, "take", "A", api.WatchAct{})
		shown := func() bool {
			for _, n := range w.st[0].Status().Notices {
				if strings.HasPrefix(n.Text, "The watch is not kept on disk") {
					return true
				}
			}
			return false
		}
		time.Sleep(time.Second)
		if got := w.st[0].Status().Watch.Officer; got != "A" || !shown() {
			t.Errorf("the watch is %q's, the fault shown: %t", got, shown())
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		w.act(0, "here", "A", api.WatchAct{})
		time.Sleep(time.Second)
		if shown() {
			t.Error("the fault is mended, and still shown")
		}
	})
}

// A station that never had a roster shows a book whose lists are empty: a page may go through each of them.
func TestABookWithoutARosterHasNoNull(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		b, err := w.st[0].WatchBook("", 0)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := json.Marshal(b); err != nil || strings.Contains(string(text), "null") {
			t.Errorf("%s, %v", text, err)
		}
	})
}

// When the clock is set back, what was due then is not waited for until the clock is there again.
func TestWatchAfterTheClockIsSetBack(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.lines = 0
		w.start(0)
		w.act(0, "take", "A", api.WatchAct{})
		time.Sleep(time.Second)
		s, now := w.st[0], time.Now()
		look := func(at time.Time, want api.WatchState) {
			t.Helper()
			if err := s.do(func() {
				s.changed = false
				s.duty.advance(at)
				if got := s.duty.shown.State; got != want {
					t.Errorf("%v from now the watch is %s, want %s", at.Sub(now), got, want)
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		look(now, "kept")
		look(now.Add(-12*time.Hour), "kept")
		look(now.Add(-11*time.Hour), "asked")
		look(now.Add(-11*time.Hour+5*time.Minute), "absent")
	})
}
