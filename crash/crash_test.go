package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// restEvery is how many kills there are between two times when the traffic stops, all that was
// promised must come true, and both disks are compared.
const restEvery = 10

// TestCrash kills either station or both at random points under traffic.
func TestCrash(t *testing.T) {
	rounds, seed := fromEnvironment(t, "RINGDOWN_CRASH", 50), fromEnvironment(t, "RINGDOWN_CRASH_SEED", rand.Uint64N(1<<32))
	t.Logf("%d rounds, RINGDOWN_CRASH_SEED=%d", rounds, seed)
	north, south := pair(t)
	w := &world{t: t, sides: [2]*side{north, south}, book: newLedger(t), rand: rand.New(rand.NewPCG(seed, 0))}
	defer w.killAll()
	defer w.begin(seed)()
	for round := range rounds {
		w.round(round)
		if (round+1)%restEvery == 0 || round+1 == rounds {
			w.rest(round)
		}
		if t.Failed() {
			t.Fatalf("failed in round %d with RINGDOWN_CRASH_SEED=%d; north says:\n%s\nsouth says:\n%s", round, seed, north.lastWords(), south.lastWords())
		}
	}
	asked, answered := w.book.count()
	t.Logf("%d kills; asked to write %d, answered %d; entries %d and %d; calls %d and %d; pages seen %d and %d", w.kills, asked, answered,
		len(w.last[0].own.entries), len(w.last[1].own.entries), w.calls[0], w.calls[1], w.book.shown["north"], w.book.shown["south"])
	if answered < int(rounds) || w.calls[0] == 0 {
		t.Errorf("%d messages were written and %d calls begun in %d rounds: that is no traffic", answered, w.calls[0], rounds)
	}
}

func fromEnvironment(t *testing.T, name string, unless uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return unless
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// A world is both stations and their traffic.
type world struct {
	t       *testing.T
	sides   [2]*side
	traffic [2]*traffic
	book    *ledger
	rand    *rand.Rand
	last    [2]*disk // as last looked at
	kills   int
	calls   [2]int // in the logs, at the last rest
}

// begin starts the traffic; what it returns ends it.
func (w *world) begin(seed uint64) func() {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for i, s := range w.sides {
		w.traffic[i] = &traffic{door: newDoor(s), book: w.book}
		wait.Go(func() { w.traffic[i].all(ctx, seed+uint64(i)<<32) })
	}
	return func() { cancel(); wait.Wait() }
}

// round lets both stations live for a while, and kills one or both.
func (w *world) round(round uint64) {
	w.t.Helper()
	w.startAll()
	if w.rand.IntN(3) > 0 {
		w.open()
	}
	let(w.t.Context(), time.Duration(w.rand.IntN(900))*time.Millisecond)
	switch whom := w.rand.IntN(3); whom {
	case 2:
		first := w.rand.IntN(2)
		w.kill(first)
		w.kill(1 - first)
	default:
		w.kill(whom)
	}
}

func (w *world) startAll() {
	for _, s := range w.sides {
		if s.cmd == nil {
			s.start(w.t)
		}
	}
}

func (w *world) killAll() {
	for _, s := range w.sides {
		s.kill(w.t)
	}
}

// kill ends a station, and looks at what it leaves.
func (w *world) kill(i int) {
	w.t.Helper()
	s := w.sides[i]
	s.kill(w.t)
	w.kills++
	d := readDisk(w.t, s, w.sides[1-i])
	if d == nil {
		return
	}
	if was := w.last[i]; was != nil {
		d.own.grew(w.t, s.name+"'s log", was.own)
		d.far.grew(w.t, s.name+"'s copy", was.far)
	}
	w.last[i] = d
	w.book.checkKill(d)
}

// open waits until the line is open at both.
func (w *world) open() {
	w.t.Helper()
	until(w.t, time.Minute, func() bool {
		for _, s := range w.sides {
			if l, ok := s.line(); !ok || l.State != api.LineOpen && l.State != api.LineDegraded {
				return false
			}
		}
		return true
	}, w.describe)
}

// rest stops the traffic, waits until both records stand still, and compares all.
func (w *world) rest(round uint64) {
	w.t.Helper()
	w.startAll()
	for _, tr := range w.traffic {
		tr.gate.Lock()
		defer tr.gate.Unlock()
	}
	var least [2]int64
	inRow := 0 // of times that it was still: what a station says of itself is some milliseconds old
	until(w.t, time.Minute, func() (still bool) {
		if least, still = w.still(); still {
			inRow++
		} else {
			inRow = 0
		}
		return inRow == 10
	}, w.describe)
	w.kill(0)
	w.kill(1)
	north, south := w.last[0], w.last[1]
	equal(w.t, "north", "south", north.own, south.far, least[0])
	equal(w.t, "south", "north", south.own, north.far, least[1])
	for i, d := range w.last {
		name := d.side.name + "'s log"
		w.book.checkWritten(d)
		d.own.once(w.t, name)
		w.calls[i] = d.own.ended(w.t, name)
	}
}

// still reports whether all that is written is numbered, held by both and co-signed, no call is
// open, and every attachment is on both disks; and how long the logs are.
func (w *world) still() (least [2]int64, still bool) {
	var states [2]*api.RecordState
	for i, s := range w.sides {
		l, ok := s.line()
		if !ok || l.Record == nil || l.Record.Standing != record.Stands.String() || l.Call != nil && l.Call.State != api.CallEnded {
			return least, false
		}
		states[i], least[i] = l.Record, l.Record.Own.Size
	}
	for i, st := range states {
		if st.Waiting > 0 || st.Own.Classical != st.Own.Size || states[1-i].Far.Size != st.Own.Size {
			return least, false
		}
	}
	for _, sum := range w.book.wantedFiles() {
		for _, s := range w.sides {
			if _, err := os.Stat(filepath.Join(s.lineDir(), filesDir, sum)); err != nil {
				return least, false
			}
		}
	}
	return least, true
}

// describe is how both stand, for a test that waited in vain.
func (w *world) describe() (text string) {
	for _, s := range w.sides {
		l, ok := s.line()
		text += fmt.Sprintf("\n%s: answers %v, line %s", s.name, ok, l.State)
		if l.Record != nil {
			text += fmt.Sprintf(", record %+v", *l.Record)
		}
		if l.Call != nil {
			text += fmt.Sprintf(", call %s", l.Call.State)
		}
		for _, n := range l.Notices {
			text += "\n  " + n.Text
		}
		text += "\n" + s.lastWords()
	}
	for _, sum := range w.book.wantedFiles() {
		for _, s := range w.sides {
			if _, err := os.Stat(filepath.Join(s.lineDir(), filesDir, sum)); err != nil {
				text += fmt.Sprintf("\n%s misses the file %s", s.name, sum)
			}
		}
	}
	return text
}
