package replica

import (
	"errors"
	"fmt"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// Chosen here: how the record is read again while the station runs.
const (
	scrubEvery = 24 * time.Hour
	scrubPause = 100 * time.Millisecond // between steps
	scrubStep  = 64                     // entries a step
	scrubTail  = 1000                   // entries that are checked before the day is over
)

// A scrub reads the whole record again, in small steps, after each start and then daily; and what is
// new as it comes, so that the next start finds little to verify.
type scrub struct {
	verified map[store.Log]record.Tree
	whole    time.Time // when the next pass is due
	passes   []store.Log
	now      *audit
	step     time.Time
	damaged  error // the store's structure is; see Status.Failure
}

func (s *scrub) begin(now time.Time) {
	s.verified = map[store.Log]record.Tree{store.Own: record.EmptyTree(), store.Far: record.EmptyTree()}
	s.whole = now.Add(time.Minute)
}

func verifiedKey(l store.Log) string { return "verified/" + string(l) }

func (r *Replica) loadVerified(l store.Log) (record.Tree, error) {
	text, err := r.cfg.Store.Get(verifiedKey(l))
	if err != nil || len(text) != 6+record.HashSize {
		return record.EmptyTree(), err
	}
	m := &reader{b: text}
	return record.Tree{Size: m.uint(6), Root: record.Hash(m.bytes(record.HashSize))}, nil
}

// values are the verified trees as they are stored.
func (s *scrub) values() map[string][]byte {
	values := make(map[string][]byte)
	for l, t := range s.verified {
		values[verifiedKey(l)] = writer(nil).uint(t.Size, 6).bytes(t.Root[:])
	}
	return values
}

// advanceScrub does one step, if one is due.
func (r *Replica) advanceScrub(now time.Time) {
	s := &r.scrub
	if !now.Before(s.whole) {
		s.whole = now.Add(scrubEvery)
		s.passes = []store.Log{store.Own, store.Far}
	}
	if s.now == nil && now.Before(s.step) {
		return
	}
	if s.now == nil && !r.nextPass() || now.Before(s.step) {
		return
	}
	s.step = now.Add(scrubPause)
	if s.now == nil {
		return
	}
	if err := r.auditStep(s.now, scrubStep); err != nil {
		s.now = nil
		r.scrubFailed(err)
		return
	}
	if s.now.done() {
		err := r.audited(s.now)
		s.now = nil
		if setErr := r.disk.set(now, s.values()); setErr != nil {
			r.storeFailed(now, setErr)
		}
		r.scrubFailed(err)
		r.askMend(now)
	}
}

// nextPass begins the next audit, whole or of what is new. It reports whether there is one.
func (r *Replica) nextPass() bool {
	s := &r.scrub
	l, from := store.Log(""), record.EmptyTree()
	switch {
	case len(s.passes) > 0:
		l, s.passes = s.passes[0], s.passes[1:]
	case len(r.mend.list()) > 0:
		return false // the next whole pass looks again
	case r.log.Tree().Size-s.verified[store.Own].Size >= scrubTail:
		l, from = store.Own, s.verified[store.Own]
	case r.copy.Tree().Size-s.verified[store.Far].Size >= scrubTail:
		l, from = store.Far, s.verified[store.Far]
	default:
		return false
	}
	target := r.log.Tree()
	if l == store.Far {
		target = r.copy.Tree()
	}
	if target.Size == 0 {
		return len(s.passes) > 0
	}
	a, err := r.newAudit(l, from, target)
	if err != nil {
		r.scrubFailed(err)
		return false
	}
	if s.now = a; a.done() {
		s.now = nil
	}
	return s.now != nil
}

func (r *Replica) scrubFailed(err error) {
	if err != nil {
		r.scrub.step = r.now.Add(time.Minute)
		if errors.Is(err, store.ErrDamaged) {
			r.scrub.damaged = err
			r.cfg.Hooks.Changed()
		}
		r.cfg.Hooks.Alarm("damage", fmt.Sprintf("Reading the record again found it damaged: %v.", err), "Restart this station: the file is then set aside, and the record comes back from the other side. Test this machine's disk.")
	}
}

func (s *scrub) deadline() time.Time {
	if s.now != nil || len(s.passes) > 0 {
		return s.step
	}
	return s.whole
}
