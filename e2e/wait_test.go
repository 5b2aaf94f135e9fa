package e2e

import (
	"testing"
	"time"
)

// until asks ok every 50 ms and fails the test with what() once limit has passed.
func until(t *testing.T, limit time.Duration, ok func() bool, what func() string) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("after %v: %s", limit, what())
		case <-again.C:
		}
	}
}

// let passes the time that is itself the subject of a test: the length of a cut, of
// a window of measurement. Nothing waits for an event with it.
func let(d time.Duration) {
	<-time.After(d)
}
