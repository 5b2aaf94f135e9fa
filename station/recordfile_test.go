package station

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// inRecordFiles is inRecords with real files.
func inRecordFiles(t *testing.T, seed uint64, f func(*records)) {
	t.Helper()
	inRecords(t, seed, func(r *records) {
		change := r.change
		r.change = func(side int, o *LineOptions) {
			change(side, o)
			o.Record.Open = nil
		}
		f(r)
	})
}

func (r *records) file(side int) string { return filepath.Join(r.dir[side], recordFile) }

// sameFiles checks both records on disk. Nobody may run.
func (r *records) sameFiles() {
	r.t.Helper()
	var disks []store.Store
	for side := range 2 {
		st, err := store.Open(r.file(side))
		if err != nil {
			r.t.Fatal(err)
		}
		defer st.Close()
		disks = append(disks, st)
	}
	sameRecords(r.t, r.world, disks...)
}

// fileTexts are the messages of a log in a side's file. It may not run.
func (r *records) fileTexts(side int, l store.Log) (texts []string) {
	r.t.Helper()
	st, err := store.Open(r.file(side))
	if err != nil {
		r.t.Fatal(err)
	}
	defer st.Close()
	for _, encoded := range logOn(r.t, st, l) {
		e, err := record.ParseEntry(encoded)
		if err != nil {
			r.t.Fatal(err)
		}
		if m, ok := e.Body.(record.Message); ok {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// harm is what happens to a side's file while its station does not run.
type harm struct {
	name string
	do   func(r *records, file string) error
	told string // in a notice that must be shown; empty: in any
}

var harms = []harm{
	{"removed", func(_ *records, file string) error { return os.Remove(file) }, ""},
	{"emptied", func(_ *records, file string) error { return os.Truncate(file, 0) }, ""},
	{"cut in half", func(_ *records, file string) error { return cutFile(file, 0.5) }, "damaged"},
	{"some pages short", func(_ *records, file string) error { return cutFile(file, 0.9) }, "damage"},
	{"overwritten", func(_ *records, file string) error {
		return os.WriteFile(file, slices.Repeat([]byte("no store "), 10000), 0o600)
	}, "damaged"},
	{"yesterday's", func(r *records, file string) error { return copyTo(file+".yesterday", file) }, "restored"},
}

func cutFile(file string, part float64) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return os.Truncate(file, int64(part*float64(info.Size())))
}

func copyTo(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// TestHarmedFile: whatever happens to a side's file between two runs, a notice says so, and the record comes
// back from the other side, whole.
func TestHarmedFile(t *testing.T) {
	for i, h := range harms {
		for side := range 2 {
			if side != i%2 && fewer(2, 1) == 1 {
				continue
			}
			t.Run(fmt.Sprint(h.name, " side ", side), func(t *testing.T) {
				inRecordFiles(t, 1, func(r *records) { h.play(r, side) })
			})
		}
	}
}

func (h *harm) play(r *records, side int) {
	t := r.t
	r.startAll()
	var texts [2][]string
	for s := range 2 {
		texts[s] = r.sayMany(s, 30, "first")
	}
	r.settle(20 * time.Second)
	r.kill(side)
	if err := copyTo(r.file(side), r.file(side)+".yesterday"); err != nil {
		t.Fatal(err)
	}
	r.start(side)
	r.open(10 * time.Second)
	for s := range 2 {
		texts[s] = append(texts[s], r.sayMany(s, 30, "then")...)
	}
	r.settle(20 * time.Second)
	r.kill(side)
	if err := h.do(r, r.file(side)); err != nil {
		t.Fatal(err)
	}
	r.start(side)
	told := r.settle(time.Minute)[side]
	if told == "" || !strings.Contains(told, h.told) {
		t.Errorf("side %d said %q, want a notice with %q", side, told, h.told)
	}
	for s := range 2 {
		texts[s] = append(texts[s], r.sayMany(s, 3, "after")...)
	}
	r.settle(20 * time.Second)
	r.killAll()
	r.sameFiles()
	for s := range 2 {
		for where, got := range map[string][]string{"own log": r.fileTexts(s, store.Own), "copy": r.fileTexts(1-s, store.Far)} {
			if !slices.Equal(got, texts[s]) {
				t.Errorf("side %d's %s: %s", s, where, differs(got, texts[s]))
			}
		}
	}
}

// TestFlippedBits: one bit of a side's file flips between two runs, at places spread over all of it. Nothing is
// lost or changed without a word: the record is mended or fetched again, both disks are the same in the end, and
// what waited to be sent is sent, or a notice says that it cannot be read.
func TestFlippedBits(t *testing.T) {
	inRecordFiles(t, 1, func(r *records) {
		r.startAll()
		for side := range 2 {
			r.sayMany(side, 40, "entry")
		}
		r.settle(20 * time.Second)
		source := rand.New(rand.NewPCG(1, 2))
		noticed := int64(0)
		flips := int64(fewer(48, 6))
		for i := range flips {
			r.cut(true)
			r.within(3*time.Second, "the line is down", func() bool { return r.line(1, 0).State == "down" })
			waiting := r.sayMany(1, 2, fmt.Sprint("waits ", i))
			r.kill(1)
			info, err := os.Stat(r.file(1))
			if err != nil {
				t.Fatal(err)
			}
			at := info.Size()*i/flips + source.Int64N(info.Size()/flips)
			flip(t, r.file(1), at, byte(1)<<source.IntN(8))
			r.start(1)
			r.cut(false)
			said := r.settle(time.Minute)[1]
			if said != "" {
				noticed++
			}
			r.noneSilentlyLost(1, waiting, said, at)
			if t.Failed() {
				t.Fatalf("at byte %d of %d: %s", at, info.Size(), said)
			}
		}
		t.Logf("%d of %d flips showed", noticed, flips)
		if noticed < flips/24 { // much of a file is free pages, or is never read again
			t.Errorf("%d of %d flips showed: they hit nothing", noticed, flips)
		}
		time.Sleep(time.Hour) // until all that was verified in earlier runs is looked at again
		r.killAll()
		r.sameEntries()
	})
}

// TestFlippedBitsOfAWAL: after a crash one bit of the -wal flips, before what was written last. The start says so, and what waited
// to be sent is sent, or a notice says that it cannot be read.
func TestFlippedBitsOfAWAL(t *testing.T) {
	inRecordFiles(t, 1, func(r *records) {
		r.startAll()
		source := rand.New(rand.NewPCG(1, 2))
		flips := int64(fewer(16, 4))
		for i := range flips {
			r.cut(true)
			r.within(3*time.Second, "the line is down", func() bool { return r.line(1, 0).State == "down" })
			waiting := r.sayMany(1, 3, fmt.Sprint("waits ", i))
			for _, suffix := range []string{"", "-wal"} {
				if err := copyTo(r.file(1)+suffix, r.file(1)+suffix+".crashed"); err != nil {
					t.Fatal(err)
				}
			}
			r.kill(1)
			for _, suffix := range []string{"", "-wal"} {
				if err := os.Rename(r.file(1)+suffix+".crashed", r.file(1)+suffix); err != nil {
					t.Fatal(err)
				}
			}
			durable := lastCommit(t, r.file(1)+"-wal")
			at := durable*i/flips + source.Int64N(durable/flips)
			flip(t, r.file(1)+"-wal", at, byte(1)<<source.IntN(8))
			r.start(1)
			r.cut(false)
			said := r.settle(time.Minute)[1]
			if !strings.Contains(said, "set aside") {
				t.Errorf("the start says %q", said)
			}
			r.noneSilentlyLost(1, waiting, said, at)
			if t.Failed() {
				t.Fatalf("at byte %d of %d", at, durable)
			}
		}
		r.killAll()
		r.sameEntries()
	})
}

// lastCommit is where the last transaction of a -wal begins: SQLite's file format, section 4.
func lastCommit(t *testing.T, wal string) (at int64) {
	t.Helper()
	b, err := os.ReadFile(wal)
	if err != nil {
		t.Fatal(err)
	}
	next := int64(32)
	for i := 32; i+4120 <= len(b); i += 4120 {
		if !slices.Equal(b[i+4:i+8], make([]byte, 4)) {
			at, next = next, int64(i)+4120
		}
	}
	return at
}

// sameEntries checks that both files have the same entries in both logs. Nobody may run.
func (r *records) sameEntries() {
	r.t.Helper()
	var logs [2]map[store.Log][][]byte
	for side := range logs {
		st, err := store.Open(r.file(side))
		if err != nil {
			r.t.Fatal(err)
		}
		logs[side] = map[store.Log][][]byte{store.Own: logOn(r.t, st, store.Own), store.Far: logOn(r.t, st, store.Far)}
		if err := st.Close(); err != nil {
			r.t.Fatal(err)
		}
	}
	for side := range logs {
		own, copied := logs[side][store.Own], logs[1-side][store.Far]
		if len(own) == 0 || !slices.EqualFunc(own, copied, slices.Equal) {
			r.t.Errorf("side %d has %d entries, the other's copy %d: want the same, some", side, len(own), len(copied))
		}
	}
}

// noneSilentlyLost checks that what waited stands now, or that a notice speaks of what was written.
func (r *records) noneSilentlyLost(side int, waiting []string, said string, at int64) {
	r.t.Helper()
	for _, text := range waiting {
		if _, ok := r.item(side, text); !ok && !strings.Contains(said, "could not be read") && !strings.Contains(said, "can no longer be read") {
			r.t.Errorf("%q is lost without a word after byte %d was changed: %s", text, at, said)
		}
	}
}

func flip(t *testing.T, file string, at int64, bit byte) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= bit
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}
