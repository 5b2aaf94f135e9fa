package replica

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ringdown/record"
	"ringdown/store"
	"ringdown/store/storetest"
)

// talked is a world in which each side wrote n messages, and all were delivered.
func talked(t testing.TB, n int) *world {
	w := newWorld(t)
	w.connect()
	w.settle()
	for i := range n {
		w.north.write(text("north %d", i))
		w.south.write(text("south %d", i))
		w.settle()
	}
	w.agree()
	return w
}

func memory(s *station) *store.Memory { return s.disk.(*store.Memory) }

// again starts a station from a disk, as it is found.
func (s *station) again(disk store.Store) {
	s.t.Helper()
	s.out, s.peer.out = [2][][]byte{}, [2][][]byte{}
	s.added = [2][]*record.Entry{}
	s.disk = disk
	s.start()
	if s.w.up {
		s.r.LineUp(s.w.now)
		s.peer.r.FarRestarted(s.w.now)
	}
}

// A restored station gets back what it had signed, doubles nothing that its backup held as
// waiting, tells a person, and goes on by itself.
func TestYesterdaysBackup(t *testing.T) {
	w := talked(t, 3)
	w.cut()
	ids := w.north.write(text("waits in the backup"))
	old := memory(w.north).Clone()
	w.connect()
	w.settle()
	for i := range 400 { // more than one message brings back
		w.north.write(text("later %d", i))
	}
	w.south.write(text("the other's"))
	w.pass(time.Minute)
	w.agree()
	before := w.south.texts(false)

	w.north.again(old)
	if st := w.north.r.Status(); len(st.Waiting) != 1 || st.Waiting[0].ID != ids[0] {
		t.Fatalf("%+v", st)
	}
	w.north.write(text("written before it was heard"))
	if w.north.r.Status().Own.Size != 3 {
		t.Fatal("numbered before the far side was heard")
	}
	w.pass(5 * time.Second)
	w.agree()
	if got, want := w.south.texts(false), append(before, "written before it was heard"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if a := w.north.alarms["clone"]; !strings.Contains(a, "restored") {
		t.Errorf("no notice: %q", a)
	}
	if st := w.north.r.Status(); st.Apart {
		t.Errorf("%+v", st)
	}
	if n, ok := w.north.r.Number(ids[0]); !ok || n != 3 {
		t.Errorf("the draft that came back has number %d, %v", n, ok)
	}
}

// A station that lost a long log asks at a pace that the far side answers: nothing is refused, nothing waits
// for the pause after an answer that did not come.
func TestALongLogComesBack(t *testing.T) {
	w := newWorld(t)
	long(t, w, 15_000)
	w.pass(time.Minute)
	w.refused = nil
	w.north.again(store.NewMemory())
	w.pass(10 * time.Second)
	w.agree()
	if err := errors.Join(w.refused...); errors.Is(err, ErrFlood) {
		t.Error(err)
	}
}

// The far side lost its copy, and gets it again before anything new is numbered.
func TestTheFarSideWasRestored(t *testing.T) {
	w := talked(t, 2)
	old := memory(w.south).Clone()
	for i := range 300 {
		w.north.write(text("later %d", i))
	}
	w.south.write(text("the other's"))
	w.settle()
	w.south.again(old)
	w.north.write(text("new"))
	if len(w.north.r.Status().Waiting) != 1 {
		t.Error("numbered before the far side was heard")
	}
	w.settle()
	w.agree()
	if _, ok := w.north.alarms["clone"]; ok {
		t.Errorf("the far side's restore looks like a copy of this one: %q", w.north.alarms)
	}
}

// Two clones of one snapshot take turns with an honest far side: both say so, neither numbers
// until it is heard alone, and what was signed twice is proved.
func TestClones(t *testing.T) {
	w := talked(t, 2)
	clone := &station{t: t, w: w, name: "clone", first: true, disk: memory(w.north).Clone(), keep: map[[32]byte][]byte{}, alarms: map[string]string{}, kinds: map[byte]int{}, peer: w.south}
	clone.start()
	original := w.north
	swap := func(to *station) {
		t.Helper()
		w.north.r.LineDown(w.now)
		w.north.out, w.south.out = [2][][]byte{}, [2][][]byte{}
		w.north, w.south.peer = to, to
		w.south.r.FarRestarted(w.now)
		w.north = to
		to.r.LineUp(w.now)
		w.pass(20 * time.Second)
	}
	swap(clone)
	if len(clone.alarms) > 0 || clone.r.Status().Apart {
		t.Errorf("the clone's first hello looks like a restart: %q", clone.alarms)
	}
	clone.write(text("by the clone"))
	w.settle()
	swap(original)
	if !strings.Contains(original.alarms["clone"], "is running") || !original.r.Status().Apart {
		t.Fatalf("the original: %q, %+v", original.alarms, original.r.Status())
	}
	if !strings.Contains(w.south.alarms["far clone"], "twice") {
		t.Errorf("the far side: %q", w.south.alarms)
	}
	original.write(text("by the original"))
	w.settle()
	if original.r.Status().Own.Size != 3 {
		t.Error("numbered beside a live clone")
	}
	swap(clone)
	if !strings.Contains(clone.alarms["clone"], "is running") || !clone.r.Status().Apart {
		t.Errorf("the clone: %q", clone.alarms)
	}
	swap(original)
	if original.r.Status().Own.Size != 3 {
		t.Error("numbered though the clone was heard again")
	}
	w.pass(apartFor)
	if st := original.r.Status(); st.Apart || st.Own.Size != 4 {
		t.Errorf("alone again: %+v", st)
	}
	w.agree()

	// Both number the same number before either is heard.
	w.up = false
	b, err := original.r.log.Append(record.Draft{Time: noon, Body: record.Message{Text: "a second history"}, Seen: original.r.copy.Tree()})
	if err != nil {
		t.Fatal(err)
	}
	original.r.begin(w.now, store.Own, b, nil, func(now time.Time) { original.r.log.Committed(now) })
	w.up = true
	swap(clone)
	w.pass(apartFor)
	clone.write(text("another"))
	w.settle()
	if clone.r.Status().Own.Size != 5 {
		t.Fatalf("the clone does not go on: %+v", clone.r.Status())
	}
	swap(original)
	for about, s := range map[string]*station{"fork": original, "far fork": w.south} {
		if !strings.Contains(s.alarms[about], "two histories") {
			t.Errorf("%s: no alarm: %q, refused %v", s.name, s.alarms, w.refused)
		}
	}
	if f := original.r.Status().ForkOwn; f == nil || f.Verify(original.config().Own) != nil {
		t.Error("the original has no proof")
	}
	if f := w.south.r.Status().ForkFar; f == nil || f.Verify(original.config().Own) != nil {
		t.Error("the far side has no proof")
	}
	w.south.again(memory(w.south).Again())
	if w.south.r.Status().ForkFar == nil || w.south.alarms["far fork"] == "" {
		t.Error("the proof did not outlive a restart")
	}
	original.write(text("after the fork"))
	w.settle()
	if original.r.Status().Own.Size != 5 {
		t.Error("numbered after the fork")
	}
	swap(clone) // which is told, too
	if clone.r.Status().ForkOwn == nil || clone.r.Status().Standing != record.Forked {
		t.Errorf("the clone was not shown the proof: %+v", clone.r.Status())
	}
}

// A station that is behind a history that is not its own gets the proof, also if its own entry had seen more than what comes back.
func TestBehindAnotherHistory(t *testing.T) {
	for name, more := range map[string]bool{"seen alike": false, "seen more": true} {
		t.Run(name, func(t *testing.T) { behindAnother(t, more) })
	}
}

func behindAnother(t *testing.T, more bool) {
	w := talked(t, 1)
	snapshot := memory(w.north).Clone()
	w.cut()
	for i := range 3 {
		w.north.write(text("north %d", i)) // these have seen one entry of south's
	}
	w.south.write(text("south, later"))
	w.connect()
	w.settle()
	w.cut()
	clone := &station{t: t, w: w, name: "clone", first: true, disk: snapshot, keep: map[[32]byte][]byte{}, alarms: map[string]string{}, kinds: map[byte]int{}, peer: w.south}
	clone.start()
	clone.r.log.Allow(record.Allowance{Entries: 100, Calls: 100})
	clone.r.copy.Allow(record.Allowance{Entries: 100, Calls: 100})
	// It was told a lie once, and numbered.
	c, err := record.TreeAt(1, w.south.r.hashes(store.Far))
	if err != nil {
		t.Fatal(err)
	}
	sig := signWith(keysOf("north").log)
	x := &record.Checkpoint{Origin: clone.config().Own.Origin, Tree: c}
	x.Signature, _ = sig(x.Text())
	if st, err := clone.r.log.Heard(w.now, x); err != nil || st != record.Stands {
		t.Fatalf("%s, %v", st, err)
	}
	if more {
		list, err := memory(w.south).Entries(store.Own, 1, 1, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		b, err := clone.r.copy.Accept(list, w.south.r.log.State().Newest)
		if err != nil {
			t.Fatal(err)
		}
		clone.r.begin(w.now, store.Far, b, nil, func(time.Time) { clone.r.copy.Committed() })
	}
	b, err := clone.r.log.Append(record.Draft{Time: noon, Body: record.Message{Text: "another"}, Seen: clone.r.copy.Tree()})
	if err != nil {
		t.Fatal(err)
	}
	clone.r.begin(w.now, store.Own, b, nil, func(now time.Time) { clone.r.log.Committed(now) })
	w.north, w.south.peer = clone, clone
	w.connect()
	w.pass(time.Minute)
	if clone.r.Status().ForkOwn == nil || w.south.r.Status().ForkFar == nil {
		t.Errorf("no proof: %v", w.refused)
	}
}

// What was salvaged of a file that was set aside is delivered once: what the far side has is not
// doubled, what it has not is numbered as it was.
func TestAdoption(t *testing.T) {
	for _, lost := range []string{"nothing", "an entry", "drafts"} {
		t.Run(lost, func(t *testing.T) {
			w := talked(t, 3)
			w.cut()
			w.north.r.log.Heard(w.now, w.south.r.copy.Newest())
			w.north.r.allow(record.Allowance{Entries: 5, Calls: 5}, 3)
			w.north.write(text("numbered, not sent"), text("nor this")) // it stands, and nothing is sent
			w.north.r.log.Down(w.now)
			a := w.north.write(text("waits"))
			w.north.write(Draft{Time: noon, Body: record.Message{Text: "leans"}, About: []record.Ref{{Relation: record.Answers, Number: 4}}, To: []DraftRef{{record.Answers, a[0]}}})
			own, _ := memory(w.north).Entries(store.Own, 1, 100, 1<<20)
			s := &store.Salvaged{Drafts: map[string][]byte{}, Entries: map[int64][]byte{}}
			for i, e := range own {
				s.Entries[int64(i)+1] = e
			}
			keys, _ := memory(w.north).Keys(store.DraftPrefix, 10)
			for _, k := range keys {
				s.Drafts[k], _ = memory(w.north).Get(k)
			}
			tree := w.north.r.log.Tree()
			want := []string{"north 0", "north 1", "north 2", "numbered, not sent", "nor this", "waits", "leans"}
			switch lost {
			case "an entry":
				delete(s.Entries, 3)
				want = slices.Delete(want, 3, 4)
			case "drafts":
				s.Drafts = map[string][]byte{"draft/x": {1}, "draft/0000000000000007": {1, 2, 3}}
				want = want[:5]
			}
			w.north.again(store.NewMemory())
			if err := w.north.r.Adopt(w.now, s); err != nil {
				t.Fatal(err)
			}
			if err := w.north.r.Adopt(w.now, s); err == nil {
				t.Error("adopted twice")
			}
			w.connect()
			w.pass(time.Minute)
			w.agree()
			if got := w.south.texts(false); !slices.Equal(got, want) {
				t.Errorf("%q, want %q, refused %v", got, want, w.refused)
			}
			if at, err := record.TreeAt(tree.Size, w.north.r.hashes(store.Own)); lost != "an entry" && (err != nil || at != tree) {
				t.Errorf("%s, %v, want the same tree as before, %s", at, err, tree)
			}
			e, err := w.south.r.Entry(false, int64(len(want)-1))
			if lost != "drafts" && (err != nil || len(e.About) != 2 || e.About[0].Number != e.Number-2 || e.About[1].Number != e.Number-1) {
				t.Errorf("what leans on entries that moved: %+v, %v", e, err)
			}
		})
	}
}

// flip is a store in which one entry or hash reads otherwise until it is repaired.
type flip struct {
	*store.Memory
	l      store.Log
	entry  int64 // -1: none
	hash   int64 // -1: none
	change byte
}

func (f *flip) Entries(l store.Log, first int64, most, bytes int) ([][]byte, error) {
	list, err := f.Memory.Entries(l, first, most, bytes)
	if i := f.entry - first; l == f.l && i >= 0 && i < int64(len(list)) {
		list[i][len(list[i])-1] ^= f.change
	}
	return list, err
}

func (f *flip) Hashes(l store.Log, indexes []int64) ([]store.Hash, error) {
	list, err := f.Memory.Hashes(l, indexes)
	for i := range list {
		if l == f.l && indexes[i] == f.hash {
			list[i][5] ^= f.change
		}
	}
	return list, err
}

func (f *flip) Repair(l store.Log, entries map[int64][]byte, hashes map[int64]store.Hash) error {
	err := f.Memory.Repair(l, entries, hashes)
	if _, ok := entries[f.entry]; ok && l == f.l && err == nil {
		f.entry = -1
	}
	if _, ok := hashes[f.hash]; ok && l == f.l && err == nil {
		f.hash = -1
	}
	return err
}

// A damaged entry is found at the start or by the scrub, named, hidden, and fetched again.
func TestADamagedEntryIsMended(t *testing.T) {
	for _, l := range []store.Log{store.Own, store.Far} {
		for _, when := range []string{"at the start", "by the scrub", "by a reader", "missing"} {
			t.Run(string(l)+" "+when, func(t *testing.T) {
				w := talked(t, 5)
				disk := &flip{memory(w.north), l, 2, -1, 4}
				w.cut()
				w.north.again(memory(w.north))
				switch when {
				case "at the start":
					disk.Memory.Set(map[string][]byte{verifiedKey(l): nil})
					w.north.again(disk)
				case "missing":
					disk.entry = -1
					disk.Memory.Lose(l, 2)
					disk.Memory.Set(map[string][]byte{verifiedKey(l): nil})
					w.north.again(disk)
				case "by the scrub":
					w.north.again(disk)
					if len(w.north.alarms) > 0 {
						t.Fatalf("%q", w.north.alarms)
					}
					w.pass(2 * time.Minute)
				case "by a reader":
					w.north.again(disk)
				}
				_, err := w.north.r.Entry(l == store.Own, 2)
				if !errors.Is(err, ErrDamagedEntry) {
					t.Fatalf("%v: want it hidden", err)
				}
				if st := w.north.r.Status(); !slices.Equal(st.Damaged, []Damaged{{l == store.Own, 2}}) || w.north.alarms["damage"] == "" {
					t.Fatalf("%+v, %q", st.Damaged, w.north.alarms)
				}
				if list, err := w.north.r.Entries(l == store.Own, 0, 10); len(list) != 2 || err != nil {
					t.Errorf("%d entries before it, %v", len(list), err)
				}
				w.connect()
				w.pass(time.Minute)
				if st := w.north.r.Status(); len(st.Damaged) > 0 || w.north.alarms["damage"] != "" || disk.entry >= 0 {
					t.Errorf("not mended: %+v, %v", st.Damaged, w.refused)
				}
				w.agree()
			})
		}
	}
}

// A damaged hash is made again from the entries, wherever it is.
func TestDamagedHashesAreMade(t *testing.T) {
	w := talked(t, 5)
	w.cut()
	whole := memory(w.north)
	for at := range tlog.StoredHashIndex(0, 5) {
		for _, lost := range []bool{false, true} {
			disk := &flip{whole.Clone(), store.Far, -1, at, 1}
			if lost {
				disk.hash = -1
				disk.Memory.LoseHash(store.Far, at)
			}
			disk.Memory.Set(map[string][]byte{verifiedKey(store.Far): nil})
			w.north.again(disk)
			if disk.hash >= 0 || w.north.r.copy.Tree() != w.south.r.log.Tree() {
				t.Errorf("hash %d was not made again", at)
			}
		}
	}
	w.connect()
	w.settle()
	w.agree()
}

// Damage that cannot be told apart, or of the state, is for setting the file aside.
func TestDamageThatIsSetAside(t *testing.T) {
	for name, damage := range map[string]func(d *flip){
		"entry and hash": func(d *flip) { d.entry, d.hash = 1, tlog.StoredHashIndex(0, 3) },
		"state":          func(d *flip) { d.Memory.Set(map[string][]byte{ownState: []byte("ringdown")}) },
		"no state":       func(d *flip) { d.Memory.Set(map[string][]byte{farState: nil}) },
		"room":           func(d *flip) { d.Memory.Set(map[string][]byte{keyRoom: nil}) },
	} {
		w := talked(t, 5)
		disk := &flip{memory(w.north), store.Far, -1, -1, 1}
		disk.Memory.Set(map[string][]byte{verifiedKey(store.Far): nil})
		damage(disk)
		w.north.disk = disk
		if err := w.north.open(); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// While the store fails nothing leaves, the same batch is written again, and nothing is lost.
func TestAFailingStore(t *testing.T) {
	for _, when := range []storetest.When{storetest.Before, storetest.After} {
		w := talked(t, 1)
		disk := &storetest.Faulty{Store: memory(w.north), Err: store.ErrFull}
		w.north.again(disk)
		w.settle()
		disk.Choose = storetest.FailFrom(0, when)
		clear(w.north.kinds)
		ids, err := w.north.r.Write(w.now, text("x"))
		if !errors.Is(err, ErrNotDurable) || !errors.Is(err, store.ErrFull) || len(ids) != 1 {
			t.Fatalf("%v", err)
		}
		if err := w.north.r.Withdraw(w.now, ids[0]); !errors.Is(err, ErrNumbered) {
			t.Errorf("withdrawn in the middle: %v", err)
		}
		again, err := w.north.r.Write(w.now, Draft{ID: ids[0], Time: noon, Body: record.Message{Text: "x"}}, text("y"))
		if !errors.Is(err, ErrNotDurable) || again[0] != ids[0] {
			t.Fatalf("%v", err)
		}
		w.south.write(text("z"))
		w.pass(30 * time.Second)
		if st := w.north.r.Status(); st.Failing.IsZero() || st.Failing.After(noon.Add(time.Second)) || w.north.alarms["store"] == "" || st.Far.Size != 1 {
			t.Errorf("%+v", st)
		}
		if k := w.north.kinds; k[kindEntries]+k[kindCosigned] > 0 {
			t.Errorf("what is not durable left: %v", k)
		}
		if st := w.south.r.Status(); st.Withheld.IsZero() {
			t.Error("nobody is told that the co-signature is missing")
		}
		disk.Heal()
		w.pass(time.Minute)
		w.agree()
		if got := w.south.texts(false); !slices.Equal(got, []string{"north 0", "x", "y"}) {
			t.Errorf("%q", got)
		}
		if st := w.north.r.Status(); !st.Failing.IsZero() || w.north.alarms["store"] != "" || !w.south.r.Status().Withheld.IsZero() {
			t.Errorf("%+v", st)
		}
	}
}

// A draft that can no longer be read is told, and what is about it goes without.
func TestADamagedDraft(t *testing.T) {
	w := newWorld(t)
	a := w.north.write(text("a"))
	w.north.write(Draft{Time: noon, Body: record.Message{Text: "b"}, To: []DraftRef{{record.Answers, a[0]}}})
	memory(w.north).Set(map[string][]byte{"draft/0000000000000000": {1, 2}})
	w.north.again(memory(w.north).Again())
	if w.north.alarms["draft"] == "" {
		t.Error("nobody is told")
	}
	w.connect()
	w.settle()
	if got := w.south.texts(false); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%q", got)
	}
}

// The bytes of files come in pieces, over restarts of either side, and are what was promised.
func TestFiles(t *testing.T) {
	w := talked(t, 1)
	data := bytes.Repeat([]byte("0123456789abcdef"), record.MaxAttachment/16)
	sum := sha256.Sum256(data)
	w.north.keep[sum] = data
	w.north.write(Draft{Time: noon, Body: record.Attachment{Length: len(data), SHA256: sum, Name: "a"}},
		Draft{Time: noon, Body: record.Attachment{Length: len(data), SHA256: sum, Name: "the same"}})
	for range 25 {
		w.south.deliver()
		w.north.deliver()
	}
	had := len(w.south.r.files.data)
	if had < partEvery || w.south.keep[sum] != nil {
		t.Fatalf("%d bytes came", had)
	}
	w.south.again(memory(w.south).Again())
	if got := len(w.south.r.files.data); got == 0 || had-got > partEvery {
		t.Errorf("after a restart %d bytes are left of %d", got, had)
	}
	w.settle()
	if !bytes.Equal(w.south.keep[sum], data) {
		t.Fatalf("it did not come: %v", w.refused)
	}
	if keys, _ := w.south.disk.Keys("p", 10); len(keys) > 0 {
		t.Errorf("left behind: %q", keys)
	}
	if got := w.south.r.room.files; got != int64(len(data)) {
		t.Errorf("%d bytes are counted", got)
	}
}

// A file that was asked for is asked for again where the other side alone had no line for a moment.
func TestAFileAskedInVain(t *testing.T) {
	w := talked(t, 1)
	data := []byte("asked in vain")
	sum := sha256.Sum256(data)
	w.south.keep[sum] = data
	w.south.write(Draft{Time: noon, Body: record.Attachment{Length: len(data), SHA256: sum, Name: "a"}})
	for w.north.r.files.asked.IsZero() && w.south.deliver() {
	}
	if w.north.r.files.asked.IsZero() {
		t.Fatal("it is not asked for")
	}
	w.north.out, w.south.out = [2][][]byte{}, [2][][]byte{}
	w.south.r.LineDown(w.now)
	w.south.r.LineUp(w.now)
	w.pass(5 * time.Second)
	if !bytes.Equal(w.north.keep[sum], data) {
		t.Errorf("it did not come: %v", w.refused)
	}
	w.agree()
}

func TestNumbersAreForgotten(t *testing.T) {
	var n numbers
	ids := make([]ID, maxNumbers+10)
	for i := range ids {
		ids[i] = NewID()
		n.add(ids[i], int64(i))
	}
	if len(n.of) != maxNumbers || len(n.ring) != maxNumbers {
		t.Errorf("%d numbers are kept", len(n.of))
	}
	if _, ok := n.of[ids[9]]; ok || n.of[ids[10]] != 10 {
		t.Error("not the newest are kept")
	}
}

func ExampleID() {
	fmt.Println(ID{1, 2, 3})
	// Output: 01020300000000000000000000000000
}
