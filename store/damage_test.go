package store

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A sample is all that a store is given, to compare with what it gives back.
type sample struct {
	entries  map[Log][][]byte
	hashes   map[Log][]Hash
	settings map[string][]byte
}

func newSample() *sample {
	return &sample{map[Log][][]byte{}, map[Log][]Hash{}, map[string][]byte{}}
}

// write appends n entries, of lengths that need one page, part of one, or several.
func (x *sample) write(t testing.TB, s Store, l Log, n int) {
	t.Helper()
	first := len(x.entries[l])
	b := &Batch{Log: l, First: int64(first), HashAt: int64(2 * first)}
	for i := first; i < first+n; i++ {
		length := 120 + i%90
		if i%23 == 22 {
			length = 3000 * (1 + i%3)
		}
		b.Entries = append(b.Entries, text(fmt.Sprint("entry of ", l), i, length))
		b.Hashes = append(b.Hashes, Hash(text(fmt.Sprint("leaf of ", l), i, HashSize)), Hash(text(fmt.Sprint("node of ", l), i, HashSize)))
	}
	x.entries[l], x.hashes[l] = append(x.entries[l], b.Entries...), append(x.hashes[l], b.Hashes...)
	b.Set = map[string][]byte{string(l) + "/state": text("state of "+string(l), first+n, 700)}
	maps.Copy(x.settings, b.Set)
	if err := s.Append(b); err != nil {
		t.Fatal(err)
	}
}

// text is length bytes that tell what they are.
func text(what string, n, length int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%s %08d;", what, n), 1+length/10)[:length]
}

func (x *sample) set(t testing.TB, s Store, key string, value []byte) {
	t.Helper()
	x.settings[key] = value
	if value == nil {
		delete(x.settings, key)
	}
	if err := s.Set(map[string][]byte{key: value}); err != nil {
		t.Fatal(err)
	}
}

// writeAll fills a store as a station does: in pieces, with drafts that come and go.
func (x *sample) writeAll(t testing.TB, s Store) {
	t.Helper()
	for i := range 8 {
		x.write(t, s, Own, 9)
		x.write(t, s, Far, 6)
		x.set(t, s, fmt.Sprintf("draft/%016d", i), text("draft", i, 200+1500*(i%3)))
		if i >= 4 {
			x.set(t, s, fmt.Sprintf("draft/%016d", i-4), nil)
		}
	}
}

// compare reads everything and says what differs from the sample: nothing may, but what is said to be
// missing (a hole, an ErrMissing) or damaged. It returns what a caller would see of the damage.
func (x *sample) compare(t testing.TB, s Store) (seen int) {
	t.Helper()
	for _, l := range []Log{Own, Far} {
		seen += x.compareEntries(t, s, l) + x.compareHashes(t, s, l)
	}
	keys, err := s.Keys("", 1000)
	if damaged(t, err) {
		return seen + 1
	}
	if want := slices.Sorted(maps.Keys(x.settings)); !slices.Equal(keys, want) {
		t.Errorf("found settings %q, want %q", keys, want)
	}
	for key, want := range x.settings {
		if value, err := s.Get(key); damaged(t, err) {
			seen++
		} else if !bytes.Equal(value, want) {
			t.Errorf("setting %s is %.20q, want %.20q", key, value, want)
		}
	}
	return seen
}

func (x *sample) compareEntries(t testing.TB, s Store, l Log) (seen int) {
	t.Helper()
	want := x.entries[l]
	size, err := s.Size(l)
	if damaged(t, err) {
		return 1
	}
	if size != int64(len(want)) {
		t.Errorf("log %s: found %d entries, want %d", l, size, len(want))
	}
	var found [][]byte
	for len(found) < len(want) {
		e, err := s.Entries(l, int64(len(found)), 50, 20_000)
		if damaged(t, err) {
			return seen + 1
		}
		if len(e) == 0 {
			t.Errorf("log %s ends at %d, want %d", l, len(found), len(want))
			return seen + 1
		}
		found = append(found, e...)
	}
	for i, e := range found {
		if e == nil {
			seen++
		} else if !bytes.Equal(e, want[i]) {
			t.Errorf("log %s: entry %d is %.30q, want %.30q", l, i, e, want[i])
		}
	}
	return seen
}

func (x *sample) compareHashes(t testing.TB, s Store, l Log) (seen int) {
	t.Helper()
	for i := range x.hashes[l] {
		h, err := s.Hashes(l, []int64{int64(i)})
		if errors.Is(err, ErrMissing) || damaged(t, err) {
			seen++
		} else if h[0] != x.hashes[l][i] {
			t.Errorf("log %s: hash %d is %.30q, want %.30q", l, i, h[0], x.hashes[l][i])
		}
	}
	return seen
}

// damaged says whether an error names damage; another error fails the test.
func damaged(t testing.TB, err error) bool {
	t.Helper()
	if err != nil && !errors.Is(err, ErrDamaged) {
		t.Errorf("found %v, want it to be named damage", err)
	}
	return err != nil
}

// survey opens a file, compares, writes a little more, and says how much damage was seen.
func (x *sample) survey(t testing.TB, file string) (seen int) {
	t.Helper()
	s, err := Open(file)
	if errors.Is(err, ErrVersion) {
		return 1
	}
	if damaged(t, err) {
		return 1
	}
	seen = x.compare(t, s)
	b := &Batch{Log: Own, First: int64(len(x.entries[Own])), Entries: [][]byte{text("more", 1, 300)}, Set: map[string][]byte{"draft/more": text("more", 2, 5000), "own/state": nil}}
	if err := s.Append(b); damaged(t, err) {
		seen++
	}
	if err := s.Close(); damaged(t, err) {
		seen++
	}
	return seen
}

// salvaged checks that all that Salvage finds is as it was written, and counts it.
func (x *sample) salvaged(t testing.TB, file string) (drafts, entries int) {
	t.Helper()
	v := Salvage(file, Own, 40)
	for key, value := range v.Drafts {
		if !bytes.Equal(value, x.settings[key]) {
			t.Errorf("salvaged %s as %.30q, want %.30q", key, value, x.settings[key])
		}
	}
	for n, e := range v.Entries {
		if n < 40 || n >= int64(len(x.entries[Own])) || !bytes.Equal(e, x.entries[Own][n]) {
			t.Errorf("salvaged entry %d as %.30q", n, e)
		}
	}
	return len(v.Drafts), len(v.Entries)
}

// files are the bytes of a store's file and its -wal.
type files map[string][]byte

func readFiles(t testing.TB, file string) files {
	t.Helper()
	all := files{}
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(file + suffix)
		if err == nil {
			all[suffix] = b
		} else if !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return all
}

// write puts the files in place of what is there.
func (f files) write(t testing.TB, file string) {
	t.Helper()
	if err := remove(file); err != nil {
		t.Fatal(err)
	}
	for suffix, b := range f {
		if err := os.WriteFile(file+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// same says whether they are the same bytes.
func (f files) same(g files) bool {
	return maps.EqualFunc(f, g, bytes.Equal)
}

// made gives a store's files: as they are when it was closed, or as a crash leaves them, with the -wal.
func made(t testing.TB, crashed bool) (*sample, files) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "made.db")
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	x := newSample()
	x.writeAll(t, s)
	all := readFiles(t, file)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !crashed {
		all = readFiles(t, file)
		if len(all) != 1 {
			t.Fatal("closing leaves a -wal")
		}
	}
	return x, all
}

// positions are n places where bits are flipped, a third of them in the first bytes of a page; a hundred times
// as many, and other ones each time, in the long run.
func positions(length, n int) []int {
	r := rand.New(rand.NewPCG(1, 2))
	if os.Getenv("RINGDOWN_LONG") != "" {
		r, n = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), 100*n
	}
	var all []int
	for i := range n {
		at := r.IntN(length)
		if i%3 == 0 {
			at = at/pageSize*pageSize + r.IntN(12)
		}
		all = append(all, min(at, length-1))
	}
	return all
}

// TestFlippedBit flips one bit at each of many places of a closed store.
func TestFlippedBit(t *testing.T) {
	x, whole := made(t, false)
	file := filepath.Join(t.TempDir(), "flipped.db")
	whole.write(t, file)
	allDrafts, allEntries := x.salvaged(t, file)
	if allDrafts != 4 || allEntries != 32 {
		t.Fatalf("salvaged %d drafts and %d entries of a whole file, want 4 and 32", allDrafts, allEntries)
	}
	places, unseen, drafts, entries := positions(len(whole[""]), 200), 0, 0, 0
	for i, at := range places {
		b := bytes.Clone(whole[""])
		b[at] ^= 1 << (i % 8)
		flipped := files{"": b}
		flipped.write(t, file)
		d, e := x.salvaged(t, file)
		drafts, entries = drafts+d, entries+e
		flipped.write(t, file)
		if x.survey(t, file) == 0 {
			unseen++ // free room, or what nobody reads
		}
		if t.Failed() {
			t.Fatalf("bit %d of byte %d of %d", i%8, at, len(b))
		}
	}
	t.Logf("%d bits: %d seen; salvaged %.2f %% of drafts, %.2f %% of entries", len(places), len(places)-unseen,
		100*float64(drafts)/float64(len(places)*allDrafts), 100*float64(entries)/float64(len(places)*allEntries))
}

// TestSettingsThatWereReplaced changes settings behind the store's back to what is well sealed, but not as last written:
// what a page that was never written, or was written elsewhere, looks like.
func TestSettingsThatWereReplaced(t *testing.T) {
	older := seal("setting", "draft/2", []byte("older"))
	for name, change := range map[string]func(w *writer) (sql.Result, error){
		"a draft is gone":  func(w *writer) (sql.Result, error) { return w.drop.Exec("draft/1") },
		"a draft is older": func(w *writer) (sql.Result, error) { return w.change.Exec(older, "draft/2") },
		"a draft is back": func(w *writer) (sql.Result, error) {
			return w.add.Exec("draft/3", seal("setting", "draft/3", []byte("sent")))
		},
		"a draft with another bit": func(w *writer) (sql.Result, error) {
			sealed := seal("setting", "draft/2", []byte("two"))
			sealed[0] ^= 1
			return w.change.Exec(sealed, "draft/2")
		},
		"the head is gone": func(w *writer) (sql.Result, error) { return w.drop.Exec(headKey) },
		"an entry more": func(w *writer) (sql.Result, error) {
			return w.entry[Own].Exec(1, seal(Own.table("entry"), numbered(1), []byte("newer")))
		},
		"a hash more": func(w *writer) (sql.Result, error) {
			return w.hash[Own].Exec(1, seal(Own.table("hash"), numbered(1), make([]byte, HashSize)))
		},
	} {
		file := filepath.Join(t.TempDir(), "record.db")
		s, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Append(step(0)), s.Set(map[string][]byte{"draft/1": []byte("one"), "draft/2": []byte("two")})); err != nil {
			t.Fatal(err)
		}
		if _, err := change(s.writer); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, err = Open(file)
		if !damaged(t, err) {
			t.Errorf("%s: opened", name)
			s.Close()
		}
	}
}

// TestRepeatedPage makes an inner page lead twice to the same leaf: entries come twice, well sealed,
// and those of another leaf not at all.
func TestRepeatedPage(t *testing.T) {
	const innerTable = 0x05
	x, whole := made(t, false)
	file := filepath.Join(t.TempDir(), "repeated.db")
	repeated := 0
	for page := pageSize; page < len(whole[""]); page += pageSize {
		b := bytes.Clone(whole[""])
		p := b[page : page+pageSize]
		if p[0] != innerTable || p[4] < 2 {
			continue
		}
		first, second := binary.BigEndian.Uint16(p[12:]), binary.BigEndian.Uint16(p[14:])
		copy(p[second:second+4], p[first:first+4])
		files{"": b}.write(t, file)
		if x.survey(t, file) == 0 {
			t.Errorf("page %d: nothing is seen", page/pageSize)
		}
		repeated++
	}
	if repeated < 2 {
		t.Errorf("found %d inner pages, want those of both logs", repeated)
	}
}

// TestRowInAnotherPlace puts well sealed rows where they do not belong.
func TestRowInAnotherPlace(t *testing.T) {
	s := benchOpen(t, filepath.Join(t.TempDir(), "record.db"))
	benchFill(t, s, 3)
	w := s.writer
	for _, place := range []error{
		w.putEntry(Own, 0, text("entry", 0, 100)),
		put(w.entry[Own], 1, seal(Own.table("entry"), numbered(0), text("entry", 0, 100))),
		put(w.entry[Own], 2, seal(Far.table("entry"), numbered(2), text("entry", 0, 100))),
		put(w.hash[Own], 1, seal(Own.table("hash"), numbered(0), make([]byte, HashSize))),
	} {
		if place != nil {
			t.Fatal(place)
		}
	}
	e, err := s.Entries(Own, 0, 3, 1000)
	if err != nil || len(e) != 3 || e[0] == nil || e[1] != nil || e[2] != nil {
		t.Errorf("found %q, %v; want only entry 0", e, err)
	}
	if _, err := s.Hashes(Own, []int64{1}); !errors.Is(err, ErrMissing) {
		t.Errorf("hash 1: found %v", err)
	}
}

func put(st *sql.Stmt, args ...any) error {
	_, err := st.Exec(args...)
	return err
}
