// Package storetest is the suite that every implementation of [store.Store] passes, and a
// store that fails when a test wants it to ([Faulty]).
package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"ringdown/store"
)

// A Breakable is a store that a test can damage.
type Breakable interface {
	store.Store
	Lose(l store.Log, number int64)    // makes an entry unreadable
	LoseHash(l store.Log, index int64) // makes a hash unreadable
}

// Run checks an implementation. The first open of a test, which it knows by its name, gives an empty
// store; each further one another handle of the same, whether the earlier ones are closed or not.
func Run(t *testing.T, open func(t *testing.T) Breakable) {
	for name, test := range map[string]func(t *testing.T, open func() Breakable){
		"append":         testAppend,
		"again":          testAgain,
		"conflict":       testConflict,
		"all or nothing": testAllOrNothing,
		"ranges":         testRanges,
		"holes":          testHoles,
		"hashes":         testHashes,
		"repair":         testRepair,
		"settings":       testSettings,
		"keys":           testKeys,
		"limits":         testLimits,
		"copies":         testCopies,
		"lease":          testLease,
		"lease of all":   testLeaseOfAll,
		"backup":         testBackup,
		"beside":         testBeside,
		"reopen":         testReopen,
		"closed":         testClosed,
		"room":           testRoom,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, func() Breakable {
				s := open(t)
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Errorf("closing: %v", err)
					}
				})
				return s
			})
		})
	}
}

// entry and hash are what the suite writes: each number its own, of various lengths.
func entry(n int64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "entry %d.", n), 1+int(n%7))
}

func hash(i int64) store.Hash {
	return store.Hash(fmt.Appendf(nil, "hash %027d", i))
}

// batch is n entries with twice as many hashes, as they come after first entries.
func batch(l store.Log, first, n int64) *store.Batch {
	b := &store.Batch{Log: l, First: first, HashAt: 2 * first}
	for i := first; i < first+n; i++ {
		b.Entries = append(b.Entries, entry(i))
		b.Hashes = append(b.Hashes, hash(2*i), hash(2*i+1))
	}
	return b
}

func good(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fails(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: found %v, want %v", what, err, want)
	}
}

// holds checks that a log holds the suite's first n entries and their hashes, and no more.
func holds(t *testing.T, s store.Store, l store.Log, n int64) {
	t.Helper()
	if size, err := s.Size(l); size != n || err != nil {
		t.Fatalf("log %s: found %d entries, %v; want %d", l, size, err, n)
	}
	entries, err := s.Entries(l, 0, int(n)+1, 1<<30)
	good(t, err)
	if int64(len(entries)) != n {
		t.Fatalf("log %s: read %d entries, want %d", l, len(entries), n)
	}
	for i, e := range entries {
		if !bytes.Equal(e, entry(int64(i))) {
			t.Fatalf("log %s: entry %d is %q, want %q", l, i, e, entry(int64(i)))
		}
	}
	for i := range 2 * n {
		if h, err := s.Hashes(l, []int64{i}); err != nil || !slices.Equal(h, []store.Hash{hash(i)}) {
			t.Fatalf("log %s: hash %d is %q, %v", l, i, h, err)
		}
	}
	_, err = s.Hashes(l, []int64{2 * n})
	fails(t, "one hash too many", err, store.ErrMissing)
}

// set checks the value of a setting; nil: there is none.
func set(t *testing.T, s store.Store, key string, want []byte) {
	t.Helper()
	if value, err := s.Get(key); err != nil || !bytes.Equal(value, want) || (value == nil) != (want == nil) {
		t.Errorf("setting %s: found %q, %v; want %q", key, value, err, want)
	}
}
