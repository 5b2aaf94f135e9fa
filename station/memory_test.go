package station

import (
	"testing"
	"time"
)

// TestMemoryDoesNotGrow: what a station holds in memory does not grow with what its clerks have been sent: not by sixteen
// bytes an entry.
func TestMemoryDoesNotGrow(t *testing.T) {
	alone(t)
	held := func(n int) (bytes int64) {
		inRecords(t, 1, func(r *records) {
			r.startAll()
			r.settle(5 * time.Second)
			r.sayMany(0, n, "message")
			r.settle(5 * time.Minute)
			time.Sleep(30 * time.Second) // and all that comes by itself
			with := leastInUse()
			r.kill(1)
			time.Sleep(10 * time.Minute) // no timer has it any more
			bytes = with - leastInUse()
		})
		return bytes
	}
	more := fewer(3000, 1500)
	few, many := held(500), held(500+more)
	t.Logf("after 500 entries %d bytes are held, after %d %d", few, 500+more, many)
	if many-few > 16*int64(more) {
		t.Errorf("after %d entries more, %d bytes more are held", more, many-few)
	}
}

// leastInUse is the heap at the quietest of some moments: now and then a datagram is on its way.
func leastInUse() int64 {
	least := inUse()
	for range 9 {
		time.Sleep(17 * time.Millisecond)
		least = min(least, inUse())
	}
	return int64(least)
}
