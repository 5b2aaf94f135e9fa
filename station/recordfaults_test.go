package station

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/store"
	"ringdown/store/storetest"
)

// trySay has a side write a message and reports whether it was answered as written.
func (r *records) trySay(side int, text string) bool {
	r.t.Helper()
	_, err := r.of(side).Send(r.t.Context(), api.NewMessage{Text: text})
	if refused := new(api.Error); err != nil && !errors.As(err, &refused) {
		r.t.Errorf("side %d: %q: %v, want a sentence for a person", side, text, err)
	}
	return err == nil
}

// kept checks that of what was asked, all that was answered stands once, all else once or not at all,
// and all in the order in which it was asked.
func (r *records) kept(side int, asked []string, answered map[string]bool) {
	r.t.Helper()
	got := r.texts(side, store.Own)
	last := -1
	for _, text := range got {
		at := slices.Index(asked, text)
		if at <= last {
			r.t.Errorf("side %d: %q stands twice or out of order: %q", side, text, got)
		}
		last = at
	}
	for _, text := range asked {
		if answered[text] && !slices.Contains(got, text) {
			r.t.Errorf("side %d was told that %q is written, and it stands nowhere", side, text)
		}
	}
}

// TestEveryWriteFails: each of the first writes of a disk fails once, with nothing done or all done: nothing
// that was answered is lost, and nothing is doubled.
func TestEveryWriteFails(t *testing.T) {
	for _, method := range []string{"Append", "Set"} {
		for when, how := range map[storetest.When]string{storetest.Before: "failed", storetest.After: "failed, but happened"} {
			t.Run(method+" "+how, func(t *testing.T) {
				for n := 1; n <= fewer(12, 3); n++ {
					inRecords(t, uint64(n), func(r *records) { r.failOnce(n%2, method, n, when) })
				}
			})
		}
	}
}

func (r *records) failOnce(side int, method string, n int, when storetest.When) {
	var calls atomic.Int64
	r.put = func(s int, st store.Store) store.Store {
		if s != side {
			return st
		}
		return &storetest.Faulty{Store: st, Choose: func(c storetest.Call) storetest.When {
			if c.Method == method && calls.Add(1) == int64(n) {
				return when
			}
			return storetest.Never
		}}
	}
	r.startAll()
	var asked [2][]string
	answered := make(map[string]bool)
	for i := range 8 {
		for s := range 2 {
			text := fmt.Sprint(s, " says ", i)
			asked[s] = append(asked[s], text)
			answered[text] = r.trySay(s, text)
		}
		time.Sleep(300 * time.Millisecond)
	}
	r.settle(30 * time.Second)
	for s := range 2 {
		r.kept(s, asked[s], answered)
	}
	r.same()
	if calls.Load() < int64(n) {
		r.t.Errorf("%s was called %d times: call %d never failed", method, calls.Load(), n)
	}
	if r.noticed(side, "cannot be written") {
		r.t.Errorf("%s %d: the alarm stays: %q", method, n, r.notices(side))
	}
}

// TestDiskFails: a disk that takes nothing for a minute, or is full, is told at once, in words
// that say what to do; when it works again all goes on by itself, and the alarm ends.
func TestDiskFails(t *testing.T) {
	for name, fault := range map[string]error{"broken": nil, "full": store.ErrFull} {
		for side := range 2 {
			for _, when := range []storetest.When{storetest.Before, storetest.After} {
				t.Run(fmt.Sprint(name, " side ", side, " ", when), func(t *testing.T) {
					inRecords(t, 1, func(r *records) { r.failFor(side, fault, when) })
				})
			}
		}
	}
}

func (r *records) failFor(side int, fault error, when storetest.When) {
	var broken atomic.Bool
	r.put = func(s int, st store.Store) store.Store {
		if s != side {
			return st
		}
		return &storetest.Faulty{Store: st, Err: fault, Choose: func(c storetest.Call) storetest.When {
			if broken.Load() && slices.Contains([]string{"Append", "Set", "Repair"}, c.Method) {
				return when
			}
			return storetest.Never
		}}
	}
	r.startAll()
	r.settle(5 * time.Second)
	asked, answered := [2][]string{{"0 before"}, {"1 before"}}, map[string]bool{"0 before": true, "1 before": true}
	r.say(0, "0 before")
	r.say(1, "1 before")
	r.settle(5 * time.Second)
	broken.Store(true)
	for i := range 3 {
		for s := range 2 {
			text := fmt.Sprint(s, " says ", i)
			asked[s] = append(asked[s], text)
			answered[text] = r.trySay(s, text)
		}
		time.Sleep(time.Second)
	}
	r.within(5*time.Second, "it is told", func() bool { return r.noticed(side, "cannot be written") })
	if s := r.stage(1-side, fmt.Sprint(1-side, " says 0")); s != api.StageOnLine {
		r.t.Errorf("the other side's message is %q, want on the line: no disk holds it here", s)
	}
	time.Sleep(30 * time.Second)
	if s := r.state(1 - side); s.Withheld == nil {
		r.t.Error("the other side does not show that the co-signature is withheld")
	}
	broken.Store(false)
	r.settle(30 * time.Second)
	for s := range 2 {
		r.kept(s, asked[s], answered)
	}
	r.same()
	if r.noticed(side, "written") {
		r.t.Errorf("the alarm stays: %q", r.notices(side))
	}
}

// TestYesterdaysDisk: a side whose record is put back as it was a day ago gets back what is missing, sends
// nothing twice, not even what waited then, and says what happened.
func TestYesterdaysDisk(t *testing.T) {
	for side := range 2 {
		inRecords(t, uint64(side), func(r *records) {
			r.startAll()
			texts := [2][]string{r.sayMany(0, 10, "first"), r.sayMany(1, 10, "first")}
			r.settle(10 * time.Second)
			r.cut(true)
			r.within(3*time.Second, "the line is down", func() bool { return r.line(side, 0).State == api.LineDown })
			texts[side] = append(texts[side], r.sayMany(side, 3, "waits")...)
			time.Sleep(time.Second)
			yesterday := r.disk[side].Clone()
			r.cut(false)
			r.open(5 * time.Second)
			for s := range 2 {
				texts[s] = append(texts[s], r.sayMany(s, 10, "since")...)
			}
			r.settle(10 * time.Second)
			before := logOn(t, r.disk[side].Again(), store.Own)
			r.kill(side)
			r.disk[side] = yesterday
			r.start(side)
			r.open(10 * time.Second)
			texts[side] = append(texts[side], r.sayMany(side, 3, "after")...)
			r.settle(20 * time.Second)
			if !r.noticed(side, "restored") {
				t.Errorf("side %d says nothing of it: %q", side, r.notices(side))
			}
			for s := range 2 {
				r.delivered(s, texts[s])
			}
			begins(t, logOn(t, r.disk[side].Again(), store.Own), before)
			r.same()
		})
	}
}

// begins checks that a log still begins with what it was.
func begins(t *testing.T, now, was [][]byte) {
	t.Helper()
	if len(now) < len(was) || !slices.EqualFunc(now[:len(was)], was, slices.Equal) {
		t.Errorf("the log of %d entries does not begin with the %d that it had", len(now), len(was))
	}
}

// TestTwoFromOneSnapshot: two stations from one snapshot, that run by turns, never sign a number twice, and
// the copy is told.
func TestTwoFromOneSnapshot(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.sayMany(1, 5, "before")
		r.settle(10 * time.Second)
		twin := r.disk[1].Clone()
		told := false
		var was [][]byte
		for turn := range 6 {
			r.kill(1)
			r.disk[1], twin = twin, r.disk[1]
			r.start(1)
			r.open(10 * time.Second)
			r.sayMany(1, 5, fmt.Sprint("turn ", turn))
			r.settle(20 * time.Second)
			r.same()
			now := logOn(t, r.disk[0].Again(), store.Far)
			begins(t, now, was)
			was = now
			told = told || r.noticed(1, "copy of it ran")
			if s := r.state(0); s.Fork != "" {
				t.Fatalf("turn %d: %s forked", turn, s.Fork)
			}
		}
		if !told {
			t.Errorf("nobody was told of a copy: %q", r.notices(1))
		}
	})
}

// TestDamagedEntries: entries and hashes that are lost on one disk are named and fetched again from the other.
func TestDamagedEntries(t *testing.T) {
	for side := range 2 {
		inRecords(t, 1, func(r *records) {
			r.startAll()
			for s := range 2 {
				r.sayMany(s, 40, "entry")
			}
			r.settle(20 * time.Second)
			whole := [2][][]byte{logOn(t, r.disk[side].Again(), store.Own), logOn(t, r.disk[side].Again(), store.Far)}
			r.kill(side)
			for _, l := range []store.Log{store.Own, store.Far} {
				for _, n := range []int64{0, 7, 21, 39} {
					r.disk[side].Lose(l, n)
				}
				r.disk[side].LoseHash(l, 12)
			}
			r.start(side)
			r.open(10 * time.Second)
			told := false
			r.within(10*time.Minute, "they are mended", func() bool {
				told = told || r.noticed(side, "damage")
				return slices.EqualFunc(logOn(t, r.disk[side].Again(), store.Own)[:len(whole[0])], whole[0], slices.Equal) &&
					slices.EqualFunc(logOn(t, r.disk[side].Again(), store.Far)[:len(whole[1])], whole[1], slices.Equal)
			})
			if !told {
				t.Errorf("side %d said nothing of the damage", side)
			}
			r.settle(10 * time.Second)
			r.same()
		})
	}
}

// A slow store takes its time to write: as long as the test says.
type slow struct {
	store.Store
	mu    sync.Mutex
	pause time.Duration
}

func (s *slow) Append(b *store.Batch) error { s.wait(); return s.Store.Append(b) }

func (s *slow) Set(v map[string][]byte) error { s.wait(); return s.Store.Set(v) }

func (s *slow) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	time.Sleep(s.pause)
}

// TestRingBeforeTheRecord: a disk that takes five seconds for each write delays no ring, no answer and no word.
func TestRingBeforeTheRecord(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		var disks [2]*slow
		r.put = func(side int, st store.Store) store.Store {
			disks[side] = &slow{Store: st}
			return disks[side]
		}
		r.startAll()
		r.settle(5 * time.Second)
		north, south := r.phone(0), r.phone(1)
		for _, d := range disks {
			d.mu.Lock()
			d.pause = 5 * time.Second
			d.mu.Unlock()
		}
		pressed := time.Now()
		north.press("call")
		r.within(time.Second, "it rings", func() bool { return south.ringCount() > 0 })
		if took := south.lastRing().Sub(pressed); took > 60*time.Millisecond {
			t.Errorf("the ring took %v", took)
		}
		south.press("answer")
		r.within(100*time.Millisecond, "they speak", r.callIs(0, api.CallActive))
		north.speak(0, 100)
		time.Sleep(500 * time.Millisecond)
		if lost := south.missing(0, 100, never); lost > 0 {
			t.Errorf("%d packets lost", lost)
		}
		north.press("hangup")
		r.within(5*time.Minute, "the call is in the record", func() bool { return len(r.page(0, api.RecordQuery{Kinds: []string{"call"}}).Items) > 0 })
		r.settle(5 * time.Minute)
		calls := r.page(0, api.RecordQuery{Kinds: []string{"call"}}).Items
		if len(calls) != 1 || calls[0].Call.Reason != api.EndHungUp {
			t.Errorf("the record has %d calls: %+v", len(calls), calls)
		}
		r.same()
	})
}
