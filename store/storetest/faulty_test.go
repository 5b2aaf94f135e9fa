package storetest_test

import (
	"errors"
	"testing"
	"time"

	"ringdown/store"
	"ringdown/store/storetest"
)

func one() *store.Batch {
	return &store.Batch{Log: store.Own, Entries: [][]byte{{1}}}
}

// Each way of failing, of each call that writes, leaves what it says it leaves.
func TestFaultyWrites(t *testing.T) {
	writes := map[string]func(s store.Store) error{
		"Append": func(s store.Store) error { return s.Append(one()) },
		"Set":    func(s store.Store) error { return s.Set(map[string][]byte{"key": {1}}) },
		"Repair": func(s store.Store) error { return s.Repair(store.Far, map[int64][]byte{0: {2}}, nil) },
		"Lease":  func(s store.Store) error { return s.Lease("me", time.UnixMilli(0), time.UnixMilli(1)) },
	}
	happened := map[string]func(s store.Store) bool{
		"Append": func(s store.Store) bool { n, _ := s.Size(store.Own); return n == 1 },
		"Set":    func(s store.Store) bool { v, _ := s.Get("key"); return v != nil },
		"Repair": func(s store.Store) bool { e, _ := s.Entries(store.Far, 0, 1, 1); return e[0][0] == 2 },
		"Lease":  func(s store.Store) bool { return s.(*store.Memory).Again().Set(nil) != nil },
	}
	for method, write := range writes {
		for _, when := range []storetest.When{storetest.Before, storetest.After} {
			m := store.NewMemory()
			if err := m.Append(&store.Batch{Log: store.Far, Entries: [][]byte{{1}}}); err != nil {
				t.Fatal(err)
			}
			f := &storetest.Faulty{Store: m, Choose: storetest.FailAt(method, 1, when)}
			if err := write(f); !errors.Is(err, storetest.ErrInjected) {
				t.Errorf("%s: found %v", method, err)
			}
			if found := happened[method](m); found != (when == storetest.After) {
				t.Errorf("%s, %v: happened is %v", method, when, found)
			}
			if err := write(f); err != nil || !happened[method](m) {
				t.Errorf("%s, the second time: %v", method, err)
			}
			if n := f.Count(method); n != 2 {
				t.Errorf("%s: counted %d", method, n)
			}
		}
	}
}

func TestFaultyReadsAndFullDisk(t *testing.T) {
	f := &storetest.Faulty{Store: store.NewMemory(), Err: store.ErrFull, Choose: storetest.FailFrom(2, storetest.Before)}
	if err := f.Append(one()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Append(&store.Batch{Log: store.Own, First: 1, Entries: [][]byte{{2}}}); !errors.Is(err, store.ErrFull) {
			t.Errorf("found %v, want a full disk", err)
		}
	}
	if n, err := f.Size(store.Own); n != 1 || err != nil {
		t.Errorf("reading beside a full disk: %d, %v", n, err)
	}
	f.Heal()
	if err := f.Append(&store.Batch{Log: store.Own, First: 1, Entries: [][]byte{{2}}}); err != nil {
		t.Error(err)
	}

	var last storetest.Call
	f = &storetest.Faulty{Store: f.Store, Choose: func(c storetest.Call) storetest.When {
		last = c
		return storetest.After
	}}
	if e, err := f.Entries(store.Own, 0, 9, 9); e != nil || err == nil {
		t.Errorf("a failed read gave %v, %v", e, err)
	}
	if n, err := f.Size(store.Own); n != 0 || err == nil {
		t.Errorf("a failed read gave %v, %v", n, err)
	}
	b := one()
	if err := f.Append(b); !errors.Is(err, store.ErrConflict) || last.Batch != b {
		t.Errorf("found %v, want the store's own error, and the batch shown", err)
	}
}
