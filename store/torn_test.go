package store

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// versions gives a closed store's file at three moments, and what it holds at the last.
func versions(t testing.TB) (*sample, [][]byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "made.db")
	x := newSample()
	var all [][]byte
	for range 3 {
		s, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		x.writeAll(t, s)
		x.write(t, s, Own, 1)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		all = append(all, readFiles(t, file)[""])
	}
	return x, all
}

// TestTornPage gives one page of a file what it held before: all of it (a write that was lost), or half.
func TestTornPage(t *testing.T) {
	x, all := versions(t)
	file := filepath.Join(t.TempDir(), "torn.db")
	whole := all[2]
	torn, seen := 0, 0
	for _, older := range all[:2] {
		for page := 0; page < len(older); page += pageSize {
			for _, part := range []struct{ from, to int }{{0, pageSize / 2}, {pageSize / 2, pageSize}, {0, pageSize}} {
				b := bytes.Clone(whole)
				copy(b[page+part.from:page+part.to], older[page+part.from:page+part.to])
				if bytes.Equal(b, whole) {
					continue
				}
				torn++
				files{"": b}.write(t, file)
				x.salvaged(t, file)
				files{"": b}.write(t, file)
				if x.survey(t, file) > 0 {
					seen++
				}
				if t.Failed() {
					t.Fatalf("bytes %d to %d of page %d are from an older version", part.from, part.to, page/pageSize)
				}
			}
		}
	}
	if torn < 40 {
		t.Fatalf("only %d pages are torn", torn)
	}
	t.Logf("%d torn pages: %d seen", torn, seen)
}

// TestTruncated cuts a closed file off at many places.
func TestTruncated(t *testing.T) {
	x, whole := made(t, false)
	file := filepath.Join(t.TempDir(), "short.db")
	b := whole[""]
	for length := 0; length < len(b); length += 1 + pageSize/4*3 {
		files{"": b[:length]}.write(t, file)
		x.salvaged(t, file)
		files{"": b[:length]}.write(t, file)
		if x.survey(t, file) == 0 {
			t.Fatalf("cut off at %d of %d, and nothing is seen", length, len(b))
		}
		if t.Failed() {
			t.Fatalf("cut off at %d of %d", length, len(b))
		}
	}
}

// TestOlderCopy puts an older copy in place of the file. That is whole: only the far side
// can know that there was more.
func TestOlderCopy(t *testing.T) {
	_, all := versions(t)
	file := filepath.Join(t.TempDir(), "older.db")
	files{"": all[0]}.write(t, file)
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, err := s.Size(Own); n != 73 || err != nil {
		t.Errorf("found %d entries, %v; want 73", n, err)
	}
}

// steps makes a store in which step n is entry n-1, hashes and the setting "count", and returns its
// files as a crash leaves them after the last.
func steps(t testing.TB, n int) files {
	t.Helper()
	file := filepath.Join(t.TempDir(), "steps.db")
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range n {
		if err := s.Append(step(i)); err != nil {
			t.Fatal(err)
		}
	}
	return readFiles(t, file)
}

func step(i int) *Batch {
	return &Batch{
		Log: Own, First: int64(i), Entries: [][]byte{text("entry", i, 100+300*(i%7))},
		HashAt: int64(i), Hashes: []Hash{Hash(text("hash", i, HashSize))},
		Set: map[string][]byte{"count": fmt.Append(nil, i+1)},
	}
}

// TestDamagedWAL damages the -wal that a crash left, by a bit, by a cut, by zeros. What is found is what was there after
// some step, whole. Where the -wal is cut only the far side knows of the rest; otherwise it is refused, unless
// what is damaged was written last.
func TestDamagedWAL(t *testing.T) {
	const last = 12
	crashed := steps(t, last)
	file := filepath.Join(t.TempDir(), "crashed.db")
	wal := crashed["-wal"]
	check := func(what string, at int, damage []byte, least int) {
		t.Helper()
		files{"": crashed[""], "-wal": damage}.write(t, file)
		err := checkWAL(file)
		if n := stepsOf(t, file); n > last || n < least && err == nil || n > 0 && err != nil || t.Failed() {
			t.Fatalf("%s at %d: found %d steps, wrote %d; %v", what, at, n, last, err)
		}
	}
	check("nothing", 0, wal, last)
	for i, at := range positions(len(wal), 40) {
		b := bytes.Clone(wal)
		b[at] ^= 1 << (i % 8)
		check("a bit", at, b, last-1)
	}
	for at := 0; at < len(wal); at += 9000 {
		check("a cut", at, wal[:at], 0)
		if err := checkWAL(file); err != nil {
			t.Errorf("a cut at %d: found %v", at, err)
		}
		b := bytes.Clone(wal)
		clear(b[at:min(at+512, len(b))])
		check("zeros", at, b, last-2)
	}
}

// stepsOf opens a file of steps, checks that each step is whole, and counts them.
func stepsOf(t testing.TB, file string) int {
	t.Helper()
	s, err := Open(file)
	if damaged(t, err) {
		return 0
	}
	defer s.Close()
	size, err := s.Size(Own)
	if damaged(t, err) {
		return 0
	}
	n := int(size)
	var want [][]byte
	for i := range n {
		want = append(want, step(i).Entries[0])
		if h, err := s.Hashes(Own, []int64{int64(i)}); err != nil || h[0] != step(i).Hashes[0] {
			t.Errorf("hash %d of %d is not there: %v", i, n, err)
		}
	}
	found, err := s.Entries(Own, 0, n+1, 1<<30)
	if err != nil || !slices.EqualFunc(found, want, bytes.Equal) {
		t.Errorf("found %d entries, %v; want %d as they were", len(found), err, n)
	}
	if count, err := s.Get("count"); err != nil || n > 0 && string(count) != fmt.Sprint(n) {
		t.Errorf("found count %q, %v; want %d", count, err, n)
	}
	if err := s.Append(step(n)); err != nil {
		t.Errorf("going on after %d: %v", n, err)
	}
	return n
}
