package storetest

import (
	"testing"
	"time"

	"ringdown/store"
)

func at(second int64) time.Time { return time.Unix(1_800_000_000+second, 0) }

func testLease(t *testing.T, open func() Breakable) {
	a, b, bystander := open(), open(), open()
	good(t, a.Lease("a", at(0), at(10)))
	good(t, a.Append(batch(store.Own, 0, 1)))
	fails(t, "b while a holds it", b.Lease("b", at(9), at(20)), store.ErrHeld)
	fails(t, "b, who has no lease", b.Append(batch(store.Own, 1, 1)), store.ErrFenced)
	fails(t, "one without a lease", bystander.Set(map[string][]byte{"x": {}}), store.ErrFenced)

	good(t, a.Lease("a", at(9), at(15))) // renewed
	fails(t, "b after the renewal", b.Lease("b", at(14), at(20)), store.ErrHeld)
	good(t, b.Lease("b", at(15), at(30))) // the instant it ends
	good(t, b.Append(batch(store.Own, 1, 1)))

	// Whoever was taken over stays out, even when nobody holds it any more.
	for _, now := range []time.Time{at(16), at(31), at(1000)} {
		fails(t, "a appending", a.Append(batch(store.Own, 2, 1)), store.ErrFenced)
		fails(t, "a setting", a.Set(map[string][]byte{"x": {}}), store.ErrFenced)
		fails(t, "a repairing", a.Repair(store.Own, map[int64][]byte{0: entry(0)}, nil), store.ErrFenced)
		fails(t, "a leasing", a.Lease("a", now, now.Add(time.Hour)), store.ErrFenced)
	}
	holds(t, a, store.Own, 2) // but may read
	set(t, a, "x", nil)

	// A lease that ran out and that nobody took still stands, and can be renewed.
	good(t, b.Append(batch(store.Own, 2, 1)))
	good(t, b.Lease("b", at(100), at(110)))
	good(t, b.Lease("b", at(101), at(101))) // given up
	c := open()
	good(t, c.Lease("c", at(101), at(200)))
	fails(t, "b after it gave up", b.Append(batch(store.Own, 3, 1)), store.ErrFenced)
	good(t, c.Append(batch(store.Own, 3, 1)))
	holds(t, c, store.Own, 4)
}

// The same holder in another handle is its next life: the one before is shut out.
func testLeaseOfAll(t *testing.T, open func() Breakable) {
	before := open()
	good(t, before.Append(batch(store.Own, 0, 1))) // nobody ever leased it
	good(t, before.Lease("me", at(0), at(100)))
	after := open()
	fails(t, "another", open().Lease("other", at(1), at(2)), store.ErrHeld)
	good(t, after.Lease("me", at(1), at(100)))
	good(t, after.Append(batch(store.Own, 1, 1)))
	fails(t, "the life before", before.Append(batch(store.Own, 2, 1)), store.ErrFenced)
	fails(t, "the life before", before.Lease("me", at(2), at(200)), store.ErrFenced)
	fails(t, "a handle under another name", after.Lease("other", at(3), at(200)), store.ErrHeld)
	good(t, after.Close())

	last := open()
	fails(t, "a new handle without a lease", last.Append(batch(store.Own, 2, 1)), store.ErrFenced)
	good(t, last.Lease("me", at(4), at(200)))
	good(t, last.Append(batch(store.Own, 2, 1)))
	good(t, last.Close())
	holds(t, open(), store.Own, 3)
}
