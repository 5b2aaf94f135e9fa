package station

import "testing"

// TestInboxFlood: the smallest messages, as many as there can be, leave room for what this side
// has to do; when they are too many the clerk is told so once.
func TestInboxFlood(t *testing.T) {
	in, heard, told := newInbox(), 0, 0
	for range 3 * mostJobs {
		in.hear(1, func() { heard++ }, func() { told++ })
	}
	for i := range mostJobs / 4 {
		if !in.put(func() {}) {
			t.Fatalf("piece of work %d of this side was dropped for the other's messages", i)
		}
	}
	for _, j := range in.take() {
		j.run()
	}
	if heard != mostHeard || told != 1 {
		t.Errorf("%d messages were heard, and it was told %d times that some were not; want %d, once", heard, told, mostHeard)
	}
}
