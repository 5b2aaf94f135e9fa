package replica

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// Logged is how far one log is kept and proved.
type Logged struct {
	Size      int64 // entries here
	Classical int64 // of these, co-signed with Ed25519
	Full      int64 // of these, with ML-DSA-44
}

// A Waiting is a draft that waits for its number. What it refers to and has a number since is
// in Draft.About.
type Waiting struct {
	ID    ID
	Seq   int64
	Draft Draft
}

// A Damaged names an entry that the disk gives back as another.
type Damaged struct {
	Own    bool
	Number int64
}

// Status is how a [Replica] stands. It is not to be changed. Of the far side's co-signatures it counts only
// those that are stored, so that no crash makes a message fall on its ladder.
type Status struct {
	Standing record.Standing // of our own log
	Met      bool            // the far side has answered in this session
	Own, Far Logged
	FarSize  int64     // of the far side's log, as it says itself in this session
	Waiting  []Waiting // in order
	Withheld time.Time // since when the far side withholds its co-signature, or what Standing waits for; zero: it does not

	ForkOwn, ForkFar *record.Fork // the proofs
	Apart            bool         // a live copy of this station was seen: nothing is numbered

	Damaged []Damaged
	Filled  Filled // the room that the far side has here
	FarFull bool   // the far side has no room for more of our log, or for steps of calls alone

	Failing time.Time // since when the store fails; zero: it works
	Failure error     // how; one that wraps store.ErrDamaged means that the store must be set aside
}

// Status is how the record stands now.
func (r *Replica) Status() Status {
	own, far := r.log.State(), r.copy.State()
	s := Status{
		Standing: r.log.Standing(), Met: r.ses.met, FarSize: r.ses.farSize,
		Own:     Logged{r.log.Tree().Size, r.disk.proved.classical, r.disk.proved.full},
		Far:     Logged{r.copy.Tree().Size, sizeOf(far.Cosigned), sizeOf(far.CosignedPQ)},
		Waiting: r.queue.show(), Withheld: r.withheld, ForkOwn: own.Fork, ForkFar: far.Fork, Apart: r.runs.apart,
		Filled: r.room.filled(), FarFull: r.ses.full, Failing: r.disk.failing, Failure: r.disk.err,
	}
	if r.scrub.damaged != nil { // found where nothing else reads
		s.Failure = r.scrub.damaged
	}
	for _, d := range r.mend.list() {
		s.Damaged = append(s.Damaged, Damaged{d.l == store.Own, d.number})
	}
	return s
}

// show gives what waits. It is made once, and shared as long as nothing changes.
func (q *queue) show() []Waiting {
	if q.shown == nil {
		for _, w := range q.list {
			d := w.Draft
			d.About, d.To = slices.Clone(d.About), slices.Clone(d.To)
			q.shown = append(q.shown, Waiting{w.ID, w.seq, d})
		}
	}
	return q.shown
}

// Number is the number that a draft written in this run was given lately.
func (r *Replica) Number(id ID) (int64, bool) {
	n, ok := r.given.of[id]
	return n, ok
}

// Entry reads an entry and checks it against the tree. One that is damaged is [ErrDamagedEntry], and is
// asked for again from the far side.
func (r *Replica) Entry(own bool, n int64) (*record.Entry, error) {
	encoded, err := r.encoded(own, n)
	if err != nil {
		return nil, err
	}
	return record.ParseEntry(encoded)
}

func (r *Replica) encoded(own bool, n int64) ([]byte, error) {
	if size := r.size(own); n < 0 || n >= size {
		return nil, fmt.Errorf("replica: entry %d of log %s: want one before %d", n, which(own), size)
	}
	list, err := r.readSound(which(own), n, 1, record.MaxEntry)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: %d of log %s", ErrDamagedEntry, n, which(own))
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (r *Replica) size(own bool) int64 {
	if own {
		return r.log.Tree().Size
	}
	return r.copy.Tree().Size
}

// Entries reads consecutive entries from first on, at most max and at most about a megabyte; fewer than
// there are where one is damaged.
func (r *Replica) Entries(own bool, first int64, max int) ([]*record.Entry, error) {
	if left := r.size(own) - first; first < 0 || left <= 0 || max <= 0 {
		return nil, nil
	} else {
		max = int(min(left, int64(max)))
	}
	list, err := r.readSound(which(own), first, max, 1<<20)
	if err != nil {
		return nil, err
	}
	var entries []*record.Entry
	for _, encoded := range list {
		e, err := record.ParseEntry(encoded)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// A Source is a log as a disclosure is made from it.
type Source struct {
	Party *record.Party // its author
	Other *record.Party
	State record.State

	Hashes record.HashReader
	Entry  func(n int64) ([]byte, error) // encoded, checked against the tree
}

// Source gives a log to make disclosures from.
func (r *Replica) Source(own bool) Source {
	s := Source{Party: r.cfg.Far, Other: r.cfg.Own, State: r.copy.State()}
	if own {
		s = Source{Party: r.cfg.Own, Other: r.cfg.Far, State: r.log.State()}
	}
	s.Hashes = r.hashes(which(own))
	s.Entry = func(n int64) ([]byte, error) { return r.encoded(own, n) }
	return s
}

// isFault reports whether an error is one of some kinds.
func isFault(err error, kinds ...error) bool {
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}
