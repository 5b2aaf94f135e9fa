package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringdown/store"
)

func testSettings(t *testing.T, open func() Breakable) {
	s := open()
	set(t, s, "none", nil)
	values := map[string][]byte{
		"empty":                           {},
		"binary":                          {0, 255, 0, '\n'},
		strings.Repeat("k", store.MaxKey): []byte("long key"),
		"Aa0-./_":                         []byte("every character"),
		"large":                           bytes.Repeat([]byte{7}, store.MaxSetting),
	}
	good(t, s.Set(values))
	good(t, s.Set(nil))
	for key, value := range values {
		set(t, s, key, value)
		set(t, open(), key, value)
	}
	good(t, s.Set(map[string][]byte{"empty": []byte("x"), "binary": nil, "large": []byte("small"), "none": nil}))
	set(t, s, "empty", []byte("x"))
	set(t, s, "binary", nil)
	set(t, s, "large", []byte("small"))
	set(t, s, "AA0-./_", nil) // capitals matter
}

func testKeys(t *testing.T, open func() Breakable) {
	s := open()
	good(t, s.Append(batch(store.Own, 0, 1)))
	good(t, s.Lease("me", time.UnixMilli(0), time.UnixMilli(1)))
	all := []string{"-a", ".a", "/a", "0", "A", "_", "draft", "draft/1", "draft/10", "draft/2", "draft0", "drafu", "z", "zz"}
	values := map[string][]byte{}
	for _, key := range all {
		values[key] = []byte(key)
	}
	good(t, s.Set(values))
	for _, c := range []struct {
		prefix string
		max    int
		want   []string
	}{
		{"", 100, all}, {"", 3, all[:3]}, {"", 0, nil}, {"", -1, nil},
		{"draft/", 100, []string{"draft/1", "draft/10", "draft/2"}}, {"draft/", 2, []string{"draft/1", "draft/10"}},
		{"draft", 100, []string{"draft", "draft/1", "draft/10", "draft/2", "draft0"}},
		{"draft/1", 100, []string{"draft/1", "draft/10"}}, {"z", 100, []string{"z", "zz"}}, {"zzz", 100, nil}, {"D", 9, nil},
	} {
		keys, err := s.Keys(c.prefix, c.max)
		good(t, err)
		if !slices.Equal(keys, c.want) {
			t.Errorf("prefix %q, at most %d: found %q, want %q", c.prefix, c.max, keys, c.want)
		}
	}
}

func testLimits(t *testing.T, open func() Breakable) {
	s := open()
	one := [][]byte{{1}}
	for name, b := range map[string]*store.Batch{
		"an empty entry":     {Log: store.Own, Entries: [][]byte{{}}},
		"a long entry":       {Log: store.Own, Entries: [][]byte{make([]byte, store.MaxEntry+1)}},
		"no log":             {Entries: one},
		"a strange log":      {Log: "own_entry", Entries: one},
		"below 0":            {Log: store.Own, First: -1, Entries: one},
		"far too high":       {Log: store.Own, First: 1 << 62, Entries: one},
		"a hash below 0":     {Log: store.Own, Entries: one, HashAt: -1, Hashes: []store.Hash{{}}},
		"a hash far too far": {Log: store.Own, Entries: one, HashAt: 1 << 62, Hashes: []store.Hash{{}}},
		"a long setting":     {Log: store.Own, Set: map[string][]byte{"k": make([]byte, store.MaxSetting+1)}},
	} {
		fails(t, name, s.Append(b), store.ErrLimit)
	}
	for _, key := range []string{"", "a b", "a:b", "!own", "ä", "a\x00", "a\n", "a%", "a*", strings.Repeat("k", store.MaxKey+1)} {
		_, err := s.Get(key)
		fails(t, fmt.Sprintf("getting %q", key), err, store.ErrLimit)
		fails(t, fmt.Sprintf("setting %q", key), s.Set(map[string][]byte{key: {}}), store.ErrLimit)
		fails(t, fmt.Sprintf("leasing for %q", key), s.Lease(key, time.UnixMilli(0), time.UnixMilli(1)), store.ErrLimit)
	}
	_, err := s.Keys("!", 1)
	fails(t, "listing !", err, store.ErrLimit)
	_, err = s.Size("x")
	fails(t, "the size of log x", err, store.ErrLimit)
	_, err = s.Entries("x", 0, 1, 1)
	fails(t, "entries of log x", err, store.ErrLimit)
	_, err = s.Hashes("x", nil)
	fails(t, "hashes of log x", err, store.ErrLimit)
	fails(t, "repairing log x", s.Repair("x", nil, nil), store.ErrLimit)

	good(t, s.Append(&store.Batch{Log: store.Own, Entries: [][]byte{make([]byte, store.MaxEntry)}}))
	if e, err := s.Entries(store.Own, 0, 1, 0); err != nil || len(e[0]) != store.MaxEntry {
		t.Errorf("the longest entry: found %d, %v", len(e), err)
	}
}

// What a caller keeps and what the store keeps are apart.
func testCopies(t *testing.T, open func() Breakable) {
	s := open()
	b, value := batch(store.Own, 0, 3), []byte("value")
	b.Set = map[string][]byte{"key": value}
	good(t, s.Append(b))
	spoil := func() {
		b.Entries[1][0] ^= 1
		b.Hashes[1][0] ^= 1
		value[0] ^= 1
	}
	spoil()
	holds(t, s, store.Own, 3)
	set(t, s, "key", []byte("value"))
	e, err := s.Entries(store.Own, 0, 3, 1000)
	good(t, err)
	e[0][0] ^= 1
	_ = append(e[1], "more"...)
	v, err := s.Get("key")
	good(t, err)
	v[0] ^= 1
	good(t, s.Repair(store.Own, map[int64][]byte{0: entry(0)}, nil))
	holds(t, s, store.Own, 3)
	set(t, s, "key", []byte("value"))
}

func testBackup(t *testing.T, open func() Breakable) {
	s := open()
	good(t, s.Append(batch(store.Own, 0, 300)))
	good(t, s.Append(batch(store.Far, 0, 20)))
	good(t, s.Lease("me", time.UnixMilli(0), time.UnixMilli(1e15)))
	good(t, s.Set(map[string][]byte{"state": []byte("as it was"), "empty": {}}))
	file := filepath.Join(t.TempDir(), "backup.db")
	good(t, s.Backup(file))
	good(t, s.Append(batch(store.Own, 300, 1)))
	fails(t, "backing up over a file", s.Backup(file), fs.ErrExist)

	c, err := store.Open(file)
	good(t, err)
	defer c.Close()
	holds(t, c, store.Own, 300)
	holds(t, c, store.Far, 20)
	set(t, c, "state", []byte("as it was"))
	set(t, c, "empty", []byte{})
	good(t, c.Append(batch(store.Own, 300, 2))) // the lease did not come along
	good(t, c.Lease("other", time.UnixMilli(0), time.UnixMilli(1)))
	holds(t, s, store.Own, 301)
}

// Readers beside a writer see whole batches only.
func testBeside(t *testing.T, open func() Breakable) {
	s, batches := open(), int64(60)
	var wg sync.WaitGroup
	done := make(chan struct{})
	for _, r := range []store.Store{s, s, s, open()} {
		wg.Go(func() {
			for last := int64(0); ; {
				select {
				case <-done:
					return
				default:
				}
				last = observe(t, r, last)
			}
		})
	}
	for i := range batches {
		b := batch(store.Own, 3*i, 3)
		b.Set = map[string][]byte{"count": fmt.Append(nil, 3*(i+1))}
		good(t, s.Append(b))
		if i == batches/2 {
			good(t, s.Backup(filepath.Join(t.TempDir(), "backup.db")))
		}
	}
	close(done)
	wg.Wait()
	holds(t, s, store.Own, 3*batches)
}

// observe checks one moment, and returns how long the log was.
func observe(t *testing.T, s store.Store, last int64) int64 {
	n, err := s.Size(store.Own)
	if err != nil || n < last || n%3 != 0 {
		t.Errorf("found %d entries, %v, after %d", n, err, last)
	}
	e, err := s.Entries(store.Own, last, 1000, 1<<20)
	if err != nil || int64(len(e)) < n-last {
		t.Errorf("read %d entries, %v, from %d on; want %d", len(e), err, last, n-last)
	}
	for i, b := range e {
		if !bytes.Equal(b, entry(last+int64(i))) {
			t.Errorf("entry %d is %q", last+int64(i), b)
		}
	}
	if n > 0 {
		if _, err := s.Hashes(store.Own, []int64{2*n - 1, 0}); err != nil {
			t.Error(err)
		}
		if _, err := s.Get("count"); err != nil {
			t.Error(err)
		}
	}
	return n
}

func testReopen(t *testing.T, open func() Breakable) {
	for i := range int64(5) {
		s := open()
		holds(t, s, store.Own, 2*i)
		holds(t, s, store.Far, 3*i)
		b := batch(store.Own, 2*i, 2)
		b.Set = map[string][]byte{"count": fmt.Append(nil, i)}
		good(t, s.Append(b))
		good(t, s.Append(batch(store.Far, 3*i, 3)))
		if i%2 == 0 { // otherwise as after a crash
			good(t, s.Close())
		}
		set(t, open(), "count", fmt.Append(nil, i))
	}
}

func testClosed(t *testing.T, open func() Breakable) {
	s := open()
	good(t, s.Append(batch(store.Own, 0, 1)))
	good(t, s.Close())
	good(t, s.Close())
	_, get := s.Get("a")
	_, keys := s.Keys("a", 1)
	_, size := s.Size(store.Own)
	_, entries := s.Entries(store.Own, 0, 1, 1)
	_, hashes := s.Hashes(store.Own, []int64{0})
	for name, err := range map[string]error{
		"Append": s.Append(batch(store.Own, 1, 1)), "Set": s.Set(map[string][]byte{"a": {}}), "Get": get, "Keys": keys, "Size": size,
		"Entries": entries, "Hashes": hashes, "Repair": s.Repair(store.Own, map[int64][]byte{0: {1}}, nil),
		"Lease":  s.Lease("me", time.UnixMilli(0), time.UnixMilli(1)),
		"Backup": s.Backup(filepath.Join(t.TempDir(), "backup.db")),
	} {
		fails(t, name, err, fs.ErrClosed)
	}
}

func testRoom(t *testing.T, open func() Breakable) {
	s := open()
	before, err := s.Used()
	good(t, err)
	good(t, s.Set(map[string][]byte{"large": make([]byte, store.MaxSetting)}))
	if after, err := s.Used(); err != nil || after < before+store.MaxSetting {
		t.Errorf("found %d used after %d, %v; want %d more", after, before, err, store.MaxSetting)
	}
	if n, err := s.Free(); n <= 0 || err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("found %d free, %v", n, err)
	}
}
