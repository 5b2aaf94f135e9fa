package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"ringdown/store"
)

// A When says how a chosen call fails.
type When int

// How a call fails.
const (
	Never  When = iota
	Before      // it failed, and nothing happened
	After       // it failed, and happened anyway
)

// ErrInjected is what a chosen call fails with, unless [Faulty.Err] is set.
var ErrInjected = errors.New("storetest: a fault that the test asked for")

// A Call is one call of a store's method.
type Call struct {
	Method string       // "Append", "Get" …
	Count  int          // this method's calls so far, this one too: 1 is the first
	Batch  *store.Batch // of Append
}

// A Faulty is a store some of whose calls fail. Methods may be called from several goroutines.
type Faulty struct {
	store.Store

	// Choose says of each call how it fails; nil: never. It is called under a lock.
	Choose func(c Call) When

	// Err is what chosen calls fail with; nil is [ErrInjected]. [store.ErrFull] makes the disk full.
	Err error

	mu     sync.Mutex
	counts map[string]int
}

// FailAt is a Choose: the nth call of a method fails, the first is 1.
func FailAt(method string, n int, when When) func(Call) When {
	return func(c Call) When {
		if c.Method == method && c.Count == n {
			return when
		}
		return Never
	}
}

// FailFrom is a Choose: all calls of the methods that write fail from the nth of each method on.
func FailFrom(n int, when When) func(Call) When {
	return func(c Call) When {
		switch c.Method {
		case "Append", "Set", "Repair", "Lease":
			if c.Count >= n {
				return when
			}
		}
		return Never
	}
}

// Heal makes all further calls succeed.
func (f *Faulty) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Choose = nil
}

// Count is how often a method was called.
func (f *Faulty) Count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[method]
}

// call does do, and fails as chosen.
func (f *Faulty) call(method string, b *store.Batch, do func() error) error {
	when, err := f.choose(method, b)
	if when == Before {
		return err
	}
	if e := do(); e != nil || when == Never {
		return e
	}
	return err
}

func (f *Faulty) choose(method string, b *store.Batch) (When, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	f.counts[method]++
	if f.Choose == nil {
		return Never, nil
	}
	err := f.Err
	if err == nil {
		err = ErrInjected
	}
	c := Call{method, f.counts[method], b}
	return f.Choose(c), fmt.Errorf("storetest: %s %d: %w", method, c.Count, err)
}

func (f *Faulty) Append(b *store.Batch) error {
	return f.call("Append", b, func() error { return f.Store.Append(b) })
}

func (f *Faulty) Set(values map[string][]byte) error {
	return f.call("Set", nil, func() error { return f.Store.Set(values) })
}

func (f *Faulty) Get(key string) (value []byte, err error) {
	err = f.call("Get", nil, func() (err error) { value, err = f.Store.Get(key); return err })
	return given(value, err)
}

func (f *Faulty) Keys(prefix string, max int) (keys []string, err error) {
	err = f.call("Keys", nil, func() (err error) { keys, err = f.Store.Keys(prefix, max); return err })
	return given(keys, err)
}

func (f *Faulty) Size(l store.Log) (n int64, err error) {
	err = f.call("Size", nil, func() (err error) { n, err = f.Store.Size(l); return err })
	return given(n, err)
}

func (f *Faulty) Entries(l store.Log, first int64, max, maxBytes int) (entries [][]byte, err error) {
	err = f.call("Entries", nil, func() (err error) { entries, err = f.Store.Entries(l, first, max, maxBytes); return err })
	return given(entries, err)
}

func (f *Faulty) Hashes(l store.Log, indexes []int64) (hashes []store.Hash, err error) {
	err = f.call("Hashes", nil, func() (err error) { hashes, err = f.Store.Hashes(l, indexes); return err })
	return given(hashes, err)
}

func (f *Faulty) Repair(l store.Log, entries map[int64][]byte, hashes map[int64]store.Hash) error {
	return f.call("Repair", nil, func() error { return f.Store.Repair(l, entries, hashes) })
}

func (f *Faulty) Lease(holder string, now, until time.Time) error {
	return f.call("Lease", nil, func() error { return f.Store.Lease(holder, now, until) })
}

func (f *Faulty) Backup(file string) error {
	return f.call("Backup", nil, func() error { return f.Store.Backup(file) })
}

// given hides what a failed call found.
func given[T any](v T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return v, nil
}
