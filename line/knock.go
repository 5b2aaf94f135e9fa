package line

import (
	"time"

	"ringdown/wire"
)

const (
	attemptBlock = 4096            // numbers reserved on disk at once: more than an hour of knocking
	attemptSpare = 64              // left when the next block is asked for
	attemptEvery = time.Second     // at most one new attempt, of ours and of the far station's
	attemptBurst = 3               // of the far station\'s, at once
	attemptHeard = 2 * time.Second // of ours, while the far station is heard but does not echo the last
	pairAlive    = 5 * time.Second
)

// attempts are our own numbers, and what we hold of the far station's. All of it
// that must outlive this run goes through the disk first: see [Durable].
type attempts struct {
	// Our own. Every datagram under the pair's keys carries the newest, never an
	// older one again.
	own    Attempt
	made   time.Duration
	floor  uint32 // numbers up to here are spent: the far station may have seen them
	echoed uint32 // newest that the far station says it hears

	// The far station's. Heard is the one whose datagrams we take, each once; zero:
	// only a newer one than any before.
	heard    Attempt
	heardAt  time.Duration // last datagram of heard
	run      uint64        // incarnation of the last that was accepted
	arriving Attempt       // on its way to the disk; zero: none
	waiting  []arrival     // of arriving, at most one for each path
	credit   time.Duration // when the next may arrive
	met      time.Duration // when the run of arriving was first heard of

	wanted  Durable // what shall be on disk
	onDisk  Durable // what is
	writing Durable // what is being written, if busy
	busy    bool
	urgent  bool // wanted is to be written, not only with the next
}

func newAttempts(d Durable) attempts {
	own := Attempt{Incarnation: d.Own.Incarnation}
	return attempts{
		own: own, made: never, heardAt: never, credit: never,
		wanted: Durable{Own: own, Far: d.Far}, onDisk: Durable{Far: d.Far},
	}
}

// reserve asks for more numbers of our own while there are still some.
func (a *attempts) reserve() {
	if a.own.Number+attemptSpare > a.ceiling() && a.wanted.Own.Number <= a.own.Number+attemptSpare {
		a.wanted.Own.Number = a.own.Number + attemptBlock
		a.urgent = true
	}
}

// ceiling is the highest number of our own that is on disk.
func (a *attempts) ceiling() uint32 {
	if a.onDisk.Own.Incarnation != a.own.Incarnation {
		return 0
	}
	return a.onDisk.Own.Number
}

// next makes a new number of our own. It reports false if none is on disk.
func (a *attempts) next(now time.Duration) (Attempt, bool) {
	if a.own.Number >= a.ceiling() {
		return Attempt{}, false
	}
	a.own.Number++
	a.made = now
	return a.own, true
}

// knock is the attempt of a datagram that leaves now. A station that hears nothing
// makes a new one every second: the far one may have started anew, and then takes
// nothing that it has seen. One that is heard needs no other.
func (a *attempts) knock(now time.Duration, hearing bool) (Attempt, bool) {
	patience := attemptEvery
	if hearing {
		patience = attemptHeard
	}
	if a.own.Number > a.floor && (a.echoed == a.own.Number || now-a.made < patience) {
		return a.own, true
	}
	return a.next(now)
}

// name is an attempt above another to name a handshake with.
func (a *attempts) name(now time.Duration, above uint32) (Attempt, bool) {
	if a.own.Number > max(above, a.floor) {
		return a.own, true
	}
	return a.next(now)
}

// echo takes in which of our attempts the far station says it hears.
func (a *attempts) echo(far Attempt) {
	a.echoed = 0
	if far.Incarnation == a.own.Incarnation && far.Number > a.floor {
		a.echoed = far.Number
	}
}

// spend makes every number so far useless: the far station runs anew, or a
// handshake has finished.
func (a *attempts) spend() { a.floor, a.echoed = a.own.Number, 0 }

// finish forgets what led to a handshake that has finished: nothing that was said
// under the pair's keys until now counts any more.
func (a *attempts) finish() {
	a.spend()
	a.heard, a.heardAt = Attempt{}, never
}

// A verdict is what becomes of a datagram under the pair's keys.
type verdict uint8

const (
	verdictStale   verdict = iota // its attempt is not newer than what was accepted
	verdictHurried                // new, but too many were, or one is on its way to the disk
	verdictNew                    // new: to be used once it is on disk
	verdictWaits                  // of the new one that is on its way to the disk
	verdictKnown                  // of the attempt that we hear
)

func (a *attempts) judge(now time.Duration, far Attempt) verdict {
	switch {
	case far == Attempt{}:
		return verdictStale
	case far == a.heard:
		return verdictKnown
	case far == a.arriving:
		return verdictWaits
	case far.Compare(a.wanted.Far) <= 0:
		return verdictStale
	case a.arriving != Attempt{} || now < a.credit:
		return verdictHurried
	}
	return verdictNew
}

// expect sends a new attempt to the disk. Credit is the moment from which the next
// may follow: a second later for each, but a few at once, for the knocks that were
// under way when the far station began to be heard, and the handshake after them.
func (a *attempts) expect(now time.Duration, far Attempt) {
	if far.Incarnation != a.run {
		a.met = now
	}
	a.credit = max(a.credit, now-(attemptBurst-1)*attemptEvery) + attemptEvery
	a.arriving, a.waiting = far, a.waiting[:0]
	a.wanted.Far, a.urgent = far, true
}

// hold keeps the first datagram of the new attempt that came on a path. It reports
// false if there is one already.
func (a *attempts) hold(in *arrival) bool {
	for i := range a.waiting {
		if a.waiting[i].path == in.path {
			return false
		}
	}
	a.waiting = append(a.waiting, *in)
	a.waiting[len(a.waiting)-1].chunks = wire.Chunks{} // its bytes are the reader's
	return true
}

// raise notes a far attempt that was accepted by other means. It waits for the next
// write: what would replay it is refused under the session's keys already.
func (a *attempts) raise(far Attempt) {
	if far.Compare(a.wanted.Far) > 0 {
		a.wanted.Far = far
	}
}

// write returns what is to be made durable now, if anything is.
func (a *attempts) write() (Durable, bool) {
	if a.busy || !a.urgent {
		return Durable{}, false
	}
	a.busy, a.urgent, a.writing = true, false, a.wanted
	return a.writing, true
}

// written notes that the last write is on disk. It reports whether the attempt that
// waited for it is the one heard now.
func (a *attempts) written() bool {
	if !a.busy {
		return false
	}
	a.busy, a.onDisk = false, a.writing
	if a.arriving == (Attempt{}) || a.onDisk.Far.Compare(a.arriving) < 0 {
		return false
	}
	if a.run != 0 && a.run != a.arriving.Incarnation && a.made < a.met {
		a.spend() // the run before may have seen them
	}
	a.run = a.arriving.Incarnation
	a.heard, a.arriving = a.arriving, Attempt{}
	return true
}
