package storetest

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"ringdown/store"
)

func testAppend(t *testing.T, open func() Breakable) {
	s := open()
	holds(t, s, store.Own, 0)
	good(t, s.Append(batch(store.Own, 0, 1)))
	good(t, s.Append(batch(store.Own, 1, 9)))
	good(t, s.Append(batch(store.Far, 0, 300)))
	holds(t, s, store.Own, 10)
	holds(t, s, store.Far, 300)

	b := batch(store.Own, 10, 1) // hashes may come later, or alone
	b.Hashes = nil
	good(t, s.Append(b))
	b = batch(store.Own, 10, 1)
	good(t, s.Append(&store.Batch{Log: store.Own, First: 11, HashAt: b.HashAt, Hashes: b.Hashes}))
	holds(t, s, store.Own, 11)
}

func testAgain(t *testing.T, open func() Breakable) {
	s := open()
	good(t, s.Append(batch(store.Own, 0, 3)))
	b := batch(store.Own, 3, 2)
	b.Set = map[string][]byte{"state": []byte("five"), "draft/1": nil}
	good(t, s.Append(b))
	good(t, s.Append(b))
	holds(t, s, store.Own, 5)
	set(t, s, "state", []byte("five"))

	good(t, s.Set(map[string][]byte{"state": []byte("later"), "draft/1": []byte("new")}))
	good(t, open().Append(b))
	holds(t, s, store.Own, 5)
	set(t, s, "state", []byte("later"))
	set(t, s, "draft/1", []byte("new"))

	only := &store.Batch{Log: store.Own, First: 5, Set: map[string][]byte{"state": []byte("alone")}}
	good(t, s.Append(only))
	good(t, s.Append(only))
	set(t, s, "state", []byte("alone"))
	holds(t, s, store.Own, 5)
}

func testConflict(t *testing.T, open func() Breakable) {
	s := open()
	good(t, s.Append(batch(store.Own, 0, 3)))
	good(t, s.Append(batch(store.Own, 3, 2)))
	changed := func(change func(b *store.Batch)) *store.Batch {
		b := batch(store.Own, 3, 2)
		change(b)
		return b
	}
	for name, b := range map[string]*store.Batch{
		"after a gap":        batch(store.Own, 6, 1),
		"before the end":     batch(store.Own, 2, 1),
		"an older one":       batch(store.Own, 0, 3),
		"half an older one":  batch(store.Own, 4, 2),
		"part of the last":   batch(store.Own, 3, 1),
		"another log":        batch(store.Far, 5, 1),
		"nothing, too early": {Log: store.Own, First: 4},
		"nothing, too late":  {Log: store.Own, First: 6},
		"another entry":      changed(func(b *store.Batch) { b.Entries[1] = []byte("other") }),
		"another hash":       changed(func(b *store.Batch) { b.Hashes[3][31] ^= 1 }),
		"a hash too many":    changed(func(b *store.Batch) { b.Hashes = append(b.Hashes, hash(10)) }),
		"a gap of hashes":    {Log: store.Own, First: 5, Entries: [][]byte{{1}}, HashAt: 11, Hashes: []store.Hash{{1}}},
		"hashes twice":       {Log: store.Own, First: 5, Entries: [][]byte{{1}}, HashAt: 9, Hashes: []store.Hash{{1}}},
	} {
		fails(t, name, s.Append(b), store.ErrConflict)
	}
	var c *store.ConflictError
	if err := s.Append(batch(store.Own, 6, 1)); !errors.As(err, &c) || *c != (store.ConflictError{Log: store.Own, Found: 5, Want: 6}) {
		t.Errorf("found %v, want 5 and 6 named", err)
	}
	holds(t, s, store.Own, 5)
	holds(t, s, store.Far, 0)
}

func testAllOrNothing(t *testing.T, open func() Breakable) {
	s := open()
	good(t, s.Append(batch(store.Own, 0, 2)))
	good(t, s.Set(map[string][]byte{"state": []byte("two"), "draft/1": []byte("kept")}))
	refused := func(b *store.Batch) {
		t.Helper()
		b.Set = map[string][]byte{"state": []byte("three"), "draft/1": nil, "new": {}}
		if err := s.Append(b); err == nil {
			t.Error("was taken")
		}
		holds(t, s, store.Own, 2)
		set(t, s, "state", []byte("two"))
		set(t, s, "draft/1", []byte("kept"))
		set(t, s, "new", nil)
	}
	refused(batch(store.Own, 3, 1))
	b := batch(store.Own, 2, 3)
	b.Entries[2] = nil
	refused(b)
	b = batch(store.Own, 2, 1)
	b.HashAt++
	refused(b)

	if err := s.Set(map[string][]byte{"state": []byte("x"), "bad key": {}}); err == nil {
		t.Error("a bad key was taken")
	}
	set(t, s, "state", []byte("two"))

	b = batch(store.Own, 2, 1)
	b.Set = map[string][]byte{"state": []byte("three"), "draft/1": nil, "none": nil}
	good(t, s.Append(b))
	holds(t, s, store.Own, 3)
	set(t, s, "state", []byte("three"))
	set(t, s, "draft/1", nil)
}

// fives are ten entries of five bytes.
func fives(t *testing.T, s store.Store) {
	t.Helper()
	b := &store.Batch{Log: store.Far}
	for i := range 10 {
		b.Entries = append(b.Entries, bytes.Repeat([]byte{byte(i)}, 5))
	}
	good(t, s.Append(b))
}

func testRanges(t *testing.T, open func() Breakable) {
	s := open()
	if e, err := s.Entries(store.Far, 0, 10, 100); len(e) != 0 || err != nil {
		t.Errorf("an empty log gave %q, %v", e, err)
	}
	fives(t, s)
	for _, c := range []struct {
		first         int64
		max, maxBytes int
		want          int
	}{
		{0, 10, 100, 10}, {0, 100, 100, 10}, {0, 3, 100, 3}, {7, 100, 100, 3}, {9, 1, 100, 1},
		{0, 10, 5, 1}, {0, 10, 9, 1}, {0, 10, 10, 2}, {0, 10, 14, 2}, {0, 10, 50, 10}, {0, 10, 49, 9},
		{0, 10, 4, 1}, {0, 10, 0, 1}, {0, 10, -1, 1}, {0, 0, 100, 1}, {0, -1, -1, 1},
		{10, 10, 100, 0}, {11, 10, 100, 0}, {1 << 40, 10, 100, 0}, {0, 1 << 40, 1 << 40, 10},
	} {
		e, err := s.Entries(store.Far, c.first, c.max, c.maxBytes)
		if err != nil || len(e) != c.want {
			t.Errorf("from %d, at most %d and %d bytes: found %d, %v; want %d", c.first, c.max, c.maxBytes, len(e), err, c.want)
		}
		for i := range e {
			if !bytes.Equal(e[i], bytes.Repeat([]byte{byte(c.first) + byte(i)}, 5)) {
				t.Errorf("from %d: entry %d is %q", c.first, i, e[i])
			}
		}
	}
	if _, err := s.Entries(store.Far, -1, 1, 1); !errors.Is(err, store.ErrLimit) {
		t.Errorf("from -1: found %v", err)
	}
}

func testHoles(t *testing.T, open func() Breakable) {
	s := open()
	fives(t, s)
	for _, n := range []int64{0, 4, 5, 9} {
		s.Lose(store.Far, n)
	}
	for _, c := range []struct {
		first         int64
		max, maxBytes int
		want          string // of each entry: its number, or - for a hole
	}{
		{0, 10, 100, "-123--678-"}, {0, 1, 100, "-"}, {1, 4, 100, "123-"}, {4, 2, 100, "--"}, {9, 9, 100, "-"},
		{3, 10, 5, "3--"}, {4, 10, 5, "--6"}, {8, 10, 0, "8-"}, {5, 9, 14, "-67"},
	} {
		e, err := s.Entries(store.Far, c.first, c.max, c.maxBytes)
		good(t, err)
		var found []byte
		for _, b := range e {
			if b == nil {
				found = append(found, '-')
			} else {
				found = append(found, '0'+b[0])
			}
		}
		if string(found) != c.want {
			t.Errorf("from %d, at most %d and %d bytes: found %s, want %s", c.first, c.max, c.maxBytes, found, c.want)
		}
	}
	if n, err := s.Size(store.Far); n != 10 || err != nil {
		t.Errorf("found size %d, %v; want 10", n, err)
	}
	fails(t, "appending where the hole is", s.Append(&store.Batch{Log: store.Far, First: 9, Entries: [][]byte{{9}}}), store.ErrConflict)
}

func testHashes(t *testing.T, open func() Breakable) {
	s := open()
	good(t, s.Append(batch(store.Own, 0, 300)))
	for _, indexes := range [][]int64{nil, {0}, {599, 0, 7}, {3, 3, 2, 3}, sequence(599, 0), sequence(0, 599)} {
		h, err := s.Hashes(store.Own, indexes)
		good(t, err)
		var want []store.Hash
		for _, i := range indexes {
			want = append(want, hash(i))
		}
		if !slices.Equal(h, want) {
			t.Errorf("%d hashes from %v are not as written", len(indexes), indexes[:1])
		}
	}
	s.LoseHash(store.Own, 40)
	for _, missing := range []int64{600, 40, 1 << 40} {
		_, err := s.Hashes(store.Own, []int64{1, missing, 2})
		var m *store.MissingError
		if !errors.As(err, &m) || *m != (store.MissingError{Log: store.Own, Hash: true, Number: missing}) {
			t.Errorf("hash %d: found %v, want it named", missing, err)
		}
	}
	_, err := s.Hashes(store.Far, []int64{0})
	fails(t, "the other log's hash", err, store.ErrMissing)
	_, err = s.Hashes(store.Own, []int64{-1})
	fails(t, "hash -1", err, store.ErrLimit)
}

// sequence is from … to, both included, in either direction.
func sequence(from, to int64) []int64 {
	all := []int64{from}
	for from != to {
		if from < to {
			from++
		} else {
			from--
		}
		all = append(all, from)
	}
	return all
}

func testRepair(t *testing.T, open func() Breakable) {
	s := open()
	good(t, s.Append(batch(store.Own, 0, 5)))
	good(t, s.Append(batch(store.Far, 0, 2)))
	s.Lose(store.Own, 2)
	s.Lose(store.Own, 4)
	s.LoseHash(store.Own, 9)
	good(t, s.Repair(store.Own, map[int64][]byte{2: entry(2), 4: entry(4)}, map[int64]store.Hash{9: hash(9)}))
	holds(t, s, store.Own, 5)

	good(t, s.Repair(store.Own, map[int64][]byte{1: []byte("erased")}, nil))
	if e, err := s.Entries(store.Own, 1, 1, 100); err != nil || string(e[0]) != "erased" {
		t.Errorf("entry 1 is %q, %v", e, err)
	}
	good(t, s.Repair(store.Own, map[int64][]byte{1: entry(1)}, nil))
	good(t, s.Repair(store.Own, nil, nil))

	// Nothing is added, and nothing is half done.
	whole := map[int64][]byte{0: []byte("other")}
	fails(t, "hash 10", s.Repair(store.Own, whole, map[int64]store.Hash{10: hash(10)}), store.ErrMissing)
	fails(t, "entry 5", s.Repair(store.Own, map[int64][]byte{0: []byte("other"), 5: entry(5)}, nil), store.ErrMissing)
	fails(t, "entry 2 of 2", s.Repair(store.Far, map[int64][]byte{2: entry(2)}, nil), store.ErrMissing)
	fails(t, "entry -1", s.Repair(store.Own, map[int64][]byte{-1: entry(1)}, nil), store.ErrLimit)
	fails(t, "an empty entry", s.Repair(store.Own, map[int64][]byte{1: {}}, nil), store.ErrLimit)
	fails(t, "a long entry", s.Repair(store.Own, map[int64][]byte{1: make([]byte, store.MaxEntry+1)}, nil), store.ErrLimit)
	fails(t, "hash -1", s.Repair(store.Own, nil, map[int64]store.Hash{-1: {}}), store.ErrLimit)
	holds(t, s, store.Own, 5)
	holds(t, s, store.Far, 2)
}
