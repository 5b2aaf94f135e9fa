package station

import "sync"

// mostUnread is how many bytes of the other side's messages may wait for the clerk.
const mostUnread = 2 << 20

// mostJobs is how many pieces of work may wait. The other side's messages, however small, take no
// more than half of it: what this side enters, and that a session begins, is not dropped for them.
const (
	mostJobs  = 4096
	mostHeard = mostJobs / 2
)

// An inbox brings work to a clerk, in order, and never makes its sender wait. What the other
// side sends is bounded in bytes; when it is too much, the rest is dropped until the clerk has
// caught up, and then the clerk is told so once.
type inbox struct {
	wake chan struct{} // has room for one

	mu      sync.Mutex
	jobs    []job
	bytes   int
	heard   int // messages of the other side
	dropped bool
}

// A job is one piece of work; size counts the bytes that the other side sent for it.
type job struct {
	run  func()
	size int
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// put adds work of this side. It reports false if too much waits.
func (in *inbox) put(run func()) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.jobs) >= mostJobs {
		return false
	}
	in.add(job{run: run})
	return true
}

// hear adds a message of the other side, or has the clerk run overrun in its place.
func (in *inbox) hear(size int, run, overrun func()) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.bytes+size <= mostUnread && in.heard < mostHeard && !in.dropped:
		in.bytes += size
		in.heard++
		in.add(job{run, size})
	case !in.dropped:
		in.dropped = true
		in.add(job{run: overrun})
	}
}

// add needs mu.
func (in *inbox) add(j job) {
	in.jobs = append(in.jobs, j)
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// take gives all that waits.
func (in *inbox) take() []job {
	in.mu.Lock()
	defer in.mu.Unlock()
	jobs := in.jobs
	in.jobs, in.bytes, in.heard, in.dropped = nil, 0, 0, false
	return jobs
}
