package crash

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"ringdown/record"
	"ringdown/store"
)

// A disk is what a side's record was when its station was killed.
type disk struct {
	side     *side
	own, far *diskLog
}

// A diskLog is one log of it.
type diskLog struct {
	entries [][]byte
	state   record.State
}

const (
	recordFile = "line-record.db"
	filesDir   = "line-files"
)

// readDisk reads the record of a station that does not run, from a copy, so that nothing of it is
// touched, and checks that it is whole: every signature, every entry, both trees. Nil: there is none yet.
func readDisk(t *testing.T, s *side, far *side) *disk {
	t.Helper()
	dir, err := os.MkdirTemp("", "ringdown-crash-")
	must(t, err)
	defer func() { must(t, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, recordFile)
	if !copyFile(t, filepath.Join(s.lineDir(), recordFile), file) {
		return nil
	}
	copyFile(t, filepath.Join(s.lineDir(), recordFile+"-wal"), file+"-wal")
	st, err := store.Open(file)
	if err != nil {
		t.Fatalf("%s's record after a kill: %v", s.name, err)
	}
	defer st.Close()
	return &disk{s, readLog(t, st, store.Own, s.party, far.party), readLog(t, st, store.Far, far.party, s.party)}
}

func copyFile(t *testing.T, from, to string) bool {
	t.Helper()
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	must(t, err)
	defer in.Close()
	out, err := os.Create(to)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, errors.Join(err, out.Close()))
	return true
}

// readLog reads one log and verifies it against the newest checkpoint that is signed.
func readLog(t *testing.T, st store.Store, l store.Log, author, other *record.Party) *diskLog {
	t.Helper()
	d := new(diskLog)
	text, err := st.Get("log/" + string(l))
	must(t, err)
	if text != nil {
		if d.state, err = record.ParseState(text, author, other); err != nil {
			t.Fatalf("log %s of %s: %v", l, author.Origin, err)
		}
	}
	size, err := st.Size(l)
	must(t, err)
	signed := record.EmptyTree()
	if d.state.Newest != nil {
		signed = d.state.Newest.Tree
	}
	if size != signed.Size {
		t.Fatalf("log %s has %d entries, and the newest signature is over %d", l, size, signed.Size)
	}
	audit, err := record.NewAudit(record.EmptyTree(), hashes{st, l})
	must(t, err)
	for int64(len(d.entries)) < size {
		part, err := st.Entries(l, int64(len(d.entries)), 1000, 1<<20)
		must(t, err)
		for _, e := range part {
			must(t, audit.Entry(e))
		}
		d.entries = append(d.entries, part...)
	}
	damage, err := audit.Finish(signed)
	if err != nil || !damage.None() {
		t.Fatalf("log %s does not make the tree that is signed: %+v, %v", l, damage, err)
	}
	return d
}

type hashes struct {
	st store.Store
	l  store.Log
}

func (h hashes) ReadHashes(indexes []int64) ([]record.Hash, error) {
	found, err := h.st.Hashes(h.l, indexes)
	list := make([]record.Hash, len(found))
	for i, f := range found {
		list[i] = record.Hash(f)
	}
	return list, err
}

// textOf is what an entry of a person's says: a message's text or the title of a matter that it opens.
func textOf(encoded []byte) string {
	e, err := record.ParseEntry(encoded)
	if err != nil {
		return err.Error()
	}
	switch b := e.Body.(type) {
	case record.Message:
		return b.Text
	case record.Matter:
		return b.Title
	}
	return ""
}

// grew checks that a log still begins with what it was when it was last looked at.
func (d *diskLog) grew(t *testing.T, whose string, was *diskLog) {
	t.Helper()
	if was == nil {
		return
	}
	if len(d.entries) < len(was.entries) {
		t.Fatalf("%s has %d entries, and had %d", whose, len(d.entries), len(was.entries))
	}
	for n, e := range was.entries {
		if !bytes.Equal(e, d.entries[n]) {
			t.Fatalf("%s: entry %d is not what it was", whose, n)
		}
	}
}

// equal checks that a copy is what its author has, as far as both go, and goes as far as least.
func equal(t *testing.T, author, holder string, own, copied *diskLog, least int64) {
	t.Helper()
	if int64(len(copied.entries)) < least || len(copied.entries) > len(own.entries) {
		t.Errorf("%s's log has %d entries; %s holds %d of them, want at least %d", author, len(own.entries), holder, len(copied.entries), least)
	}
	for n := range min(len(own.entries), len(copied.entries)) {
		if !bytes.Equal(own.entries[n], copied.entries[n]) {
			t.Fatalf("%s's entry %d is another on %s's disk", author, n, holder)
		}
	}
}

// once checks that nothing was numbered twice, that no message is marked read twice by its
// reader, and that no call has a step twice, but that it rings at more consoles.
func (d *diskLog) once(t *testing.T, whose string) {
	t.Helper()
	salts := make(map[record.Salt]int64)
	receipts := make(map[[2]int64]int64)
	calls := make(map[record.CallID]*stepsOf)
	for i, encoded := range d.entries {
		e, err := record.ParseEntry(encoded)
		must(t, err)
		n := int64(i)
		if first, twice := salts[e.HeaderSalt]; twice {
			t.Errorf("%s: what is entry %d was numbered again as %d", whose, first, n)
		}
		salts[e.HeaderSalt] = n
		switch b := e.Body.(type) {
		case record.Receipt:
			for _, ref := range e.About {
				key := [2]int64{int64(b.Rung), ref.Number}
				if first, twice := receipts[key]; twice {
					t.Errorf("%s: message %d has the receipt %q as %d and as %d", whose, ref.Number, b.Rung, first, n)
				}
				receipts[key] = n
			}
		case record.CallStep:
			onceInCall(t, whose, calls, e, b)
		}
	}
}

// stepsOf is what a log says of one call. It begins anew where the call comes back after its end.
type stepsOf struct {
	numbers map[record.Step]int64
	theirs  bool  // it rang here: the other side called
	rang    uint8 // at so many consoles
}

func onceInCall(t *testing.T, whose string, calls map[record.CallID]*stepsOf, e *record.Entry, b record.CallStep) {
	t.Helper()
	s := b.Step
	if s == record.StepHeld || s == record.StepResumed {
		return
	}
	c := calls[e.Call]
	if c == nil {
		c = &stepsOf{numbers: make(map[record.Step]int64)}
		calls[e.Call] = c
	}
	c.theirs = c.theirs || s == record.StepReached
	end, ended := c.numbers[record.StepEnded]
	// Killed before the caller heard of the end, it rings here anew; or meets a call of our own, which is given up for it.
	if ended && (s == record.StepReached || s == record.StepCalled && c.theirs) {
		clear(c.numbers)
		ended, c.rang = false, 0
	}
	if s == record.StepRinging && b.Count > c.rang { // at more than it was said before
		delete(c.numbers, s)
		c.rang = b.Count
	}
	if first, twice := c.numbers[s]; twice {
		t.Errorf("%s: call %s was %q as %d and as %d", whose, e.Call, s, first, e.Number)
	}
	if ended {
		t.Errorf("%s: call %s was %q as %d, after its end as %d", whose, e.Call, s, e.Number, end)
	}
	c.numbers[s] = e.Number
}

// ended checks that every call that a log speaks of came to its end in it.
func (d *diskLog) ended(t *testing.T, whose string) (calls int) {
	t.Helper()
	open := make(map[record.CallID]int64)
	seen := make(map[record.CallID]bool)
	for _, encoded := range d.entries {
		e, err := record.ParseEntry(encoded)
		must(t, err)
		if s, ok := e.Body.(record.CallStep); ok {
			seen[e.Call] = true
			open[e.Call] = e.Number
			if s.Step == record.StepEnded {
				delete(open, e.Call)
			}
			if s.Step == record.StepCrossed { // given up for this one
				delete(open, s.Other)
			}
		}
	}
	for id, n := range open {
		t.Errorf("%s: call %s has no end after entry %d", whose, id, n)
	}
	return len(seen)
}
