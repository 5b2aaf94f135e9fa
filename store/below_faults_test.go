package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// lived is step i of a store's life below which things fail: now and then one that is larger than SQLite's cache,
// so that it writes before the transaction ends.
func lived(i int) *Batch {
	b := step(i)
	if i%4 == 1 {
		b.Set["large"] = text("large", i, (cachePages+4)*pageSize)
	}
	return b
}

// large is the setting "large" after n steps.
func large(n int) []byte {
	for i := n - 1; i >= 0; i-- {
		if b := lived(i).Set["large"]; b != nil {
			return b
		}
	}
	return nil
}

// livedFor gives the files of so many steps, as a crash leaves them.
func livedFor(t *testing.T, n int) files {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lived.db")
	s := benchOpen(t, file)
	for i := range n {
		if err := s.Append(lived(i)); err != nil {
			t.Fatal(err)
		}
	}
	return readFiles(t, file)
}

// A life is a store over a disk, and what was asked of it and answered: steps, and changes of the setting "other".
type life struct {
	t        *testing.T
	file     string
	disk     *disk
	s        *SQLite
	refusals int // what was answered with an error
	want     error
	promise
}

// A promise is what must be found in a store: at least what was answered, at most what was asked.
type promise struct {
	answered, asked           int // steps
	otherAnswered, otherAsked int
}

// checkpointed is how many pages the -wal has when it is checkpointed: few, so that it happens.
const checkpointed = 60

func newLife(t *testing.T, before files, steps int) *life {
	t.Helper()
	l := &life{t: t, file: resolved(t, "record.db"), promise: promise{answered: steps, asked: steps}}
	before.write(t, l.file)
	l.disk = newDisk(t, l.file)
	l.s = benchOpen(t, l.file)
	if _, err := l.s.writer.conn.ExecContext(background, fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", checkpointed)); err != nil {
		t.Fatal(err)
	}
	return l
}

// step does the next step, and reports whether it was answered.
func (l *life) step() bool {
	l.asked = l.answered + 1
	if !l.answer(l.s.Append(lived(l.answered))) {
		return false
	}
	l.answered = l.asked
	return true
}

// other changes the other setting.
func (l *life) other() {
	l.otherAsked++
	if l.answer(l.s.Set(map[string][]byte{"other": other(l.otherAsked)})) {
		l.otherAnswered = l.otherAsked
	}
}

func other(n int) []byte { return text("other", n, 100+n%3*pageSize) }

// answer counts the errors, none of which may be damage.
func (l *life) answer(err error) bool {
	l.t.Helper()
	if err == nil {
		return true
	}
	if errors.Is(err, ErrDamaged) || errors.Is(err, ErrConflict) || l.want != nil && !errors.Is(err, l.want) {
		l.t.Fatalf("step %d: found %v, want %v", l.answered, err, l.want)
	}
	l.refusals++
	return false
}

// survives opens a copy of what is left of a store: it is whole, and as was promised.
func (p promise) survives(t *testing.T, left files) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "left.db")
	left.write(t, file)
	s, err := Open(file)
	if err != nil {
		t.Errorf("opening: %v", err)
		return
	}
	size, err := s.Size(Own)
	value, e := s.Get("large")
	changed, e2 := s.Get("other")
	if err := errors.Join(err, e, e2, s.Close()); err != nil {
		t.Error(err)
		return
	}
	if n := int(size); n < p.answered || n > p.asked || !bytes.Equal(value, large(n)) {
		t.Errorf("found %d steps, and %.20q beside them; want %d to %d", n, value, p.answered, p.asked)
	}
	found := changed == nil && p.otherAnswered == 0
	for n := max(1, p.otherAnswered); n <= p.otherAsked; n++ {
		found = found || bytes.Equal(changed, other(n))
	}
	if !found {
		t.Errorf("found %.20q, want change %d to %d", changed, p.otherAnswered, p.otherAsked)
	}
	if !t.Failed() {
		stepsOf(t, file)
	}
}

// afterPowerCut is what a power cut leaves: nothing of what was not synced, some of it, or all.
func (l *life) afterPowerCut() files {
	odds := 50 * rand.IntN(3)
	return l.disk.image(l.file, func() bool { return rand.IntN(100) < odds })
}

// crash looks at what is left if the process ends now, and if the power does.
func (l *life) crash() {
	l.t.Helper()
	l.survives(l.t, readFiles(l.t, l.file))
	l.survives(l.t, l.afterPowerCut())
}

// insist does the next step, again if it fails, and in the end on a disk that is well.
func (l *life) insist() {
	l.t.Helper()
	for try := range 5 {
		if try == 4 {
			l.disk.arm(nil)
		}
		if l.step() {
			return
		}
		if try == 0 || try == 3 {
			l.crash()
		}
	}
	l.t.Fatalf("step %d fails on a disk that is well", l.answered)
}

// byLength gives a number for a usual run, a short one, or a long one.
func byLength(usual, short, long int) int {
	switch {
	case os.Getenv("RINGDOWN_LONG") != "":
		return long
	case testing.Short():
		return short
	}
	return usual
}

// TestEachWriteFails has each write and each sync below SQLite fail in turn, once or from there on until it is mended: nothing that was
// answered is lost, nothing is doubled or half there, and the store goes on.
func TestEachWriteFails(t *testing.T) {
	const first, last = 3, 8
	before := livedFor(t, first)
	for _, c := range []struct {
		name string
		op   string
		fate fate
	}{
		{"a write fails", "write", refused},
		{"half is written", "write", torn},
		{"it is written, but said to have failed", "write", happened},
		{"the disk is full", "write", full},
		{"a sync fails", "sync", refused},
		{"it is synced, but said to have failed", "sync", happened},
	} {
		for _, once := range []bool{true, false} {
			t.Run(fmt.Sprint(c.name, ", once ", once), func(t *testing.T) {
				stride := 1
				if c.op == "write" {
					stride = byLength(7, 41, 1) // other ones each time
				}
				lives, quiet := 0, 0
				for n := 1 + rand.IntN(stride); ; n += stride {
					l := newLife(t, before, first)
					if c.fate == full {
						l.want = ErrFull
					}
					l.disk.arm(func(op string, count int) fate {
						if op == c.op && (count == n || count > n && !once) {
							return c.fate
						}
						return well
					})
					for l.answered < last {
						l.insist()
					}
					if l.disk.fired == 0 {
						break
					}
					if l.refusals == 0 && l.disk.owed > 0 {
						t.Errorf("%s %d failed, and nothing was said", c.op, n)
					}
					l.crash()
					if err := l.s.Close(); err != nil {
						t.Error(err)
					}
					l.survives(t, readFiles(t, l.file))
					if t.Failed() {
						t.Fatalf("%s %d", c.op, n)
					}
					lives++
					if l.disk.owed == 0 {
						quiet++
					}
				}
				t.Logf("%d lives; in %d only a checkpoint failed", lives, quiet)
				if lives == quiet || c.op == "sync" && once && quiet == 0 {
					t.Error("too few")
				}
			})
		}
	}
}

// TestPowerCut cuts the power at any moment of a life in which writes and syncs fail, too, and other things are written before
// what failed is tried again: all that was answered is there, and what was cut short is not taken for damage.
func TestPowerCut(t *testing.T) {
	const first, actions = 3, 20
	before := livedFor(t, first)
	cuts, failed := 0, 0
	for range byLength(20, 4, 1000) {
		l := newLife(t, before, first)
		type moment struct {
			promise
			left files
		}
		var moments []moment
		l.disk.done = func() {
			if rand.IntN(60) == 0 {
				moments = append(moments, moment{l.promise, l.afterPowerCut()})
			}
		}
		l.disk.arm(func(op string, _ int) fate {
			if op == "sync" && rand.IntN(6) == 0 || op == "write" && rand.IntN(200) == 0 {
				return []fate{refused, torn, happened, full}[rand.IntN(4)]
			}
			return well
		})
		for range actions {
			if !l.step() {
				l.other()
			}
		}
		l.disk.arm(nil)
		l.insist()
		l.crash()
		for _, m := range moments {
			if m.survives(t, m.left); t.Failed() {
				t.FailNow()
			}
		}
		cuts, failed = cuts+len(moments), failed+l.disk.fired
	}
	t.Logf("%d cuts, %d faults", cuts, failed)
	if cuts < 20 || failed < 10 {
		t.Error("too few")
	}
}
