package replica

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// Keys of settings. Drafts are under "draft/", files to be fetched under "pull/".
const (
	ownState = "log/own"
	farState = "log/far"
)

// Chosen here: the pause after a failed write, and how long a co-signature alone may
// wait to be stored.
const (
	retryAfter = time.Second
	lazily     = time.Second
)

// A disk is what is being written. At most one batch of each log is under way: as long as
// the store does not say that it is durable, it is that very batch that is written again, and nothing
// of it leaves.
//
// What a crash leaves. Own entries: the batch, with the drafts that it numbers gone and the state
// signed, or nothing of it; in both cases nothing has left. Far entries: the batch, and no
// co-signature of it, or nothing; the author sends them again or is told that we hold them, and they are co-signed
// then. A co-signature of the far side is stored at once, others with the next batch or within a second. If a
// crash forgets ours, the tree that it is over is durable, since that is stored before: the same tree is
// co-signed again. If a crash forgets theirs, their hello brings it again. [Status] counts only what is
// stored, so that no crash makes a message fall on its ladder.
type disk struct {
	st       store.Store
	own, far *flight
	values   map[string][]byte // settings that are not durable yet
	states   [2]bool           // own, far: newer than stored
	due      time.Time         // when they are stored
	proving  *proved           // the own state that is in values; nil: none is
	proved   proved            // the own state as it is stored

	failing time.Time // since when; zero: it works
	err     error     // the last
	retryAt time.Time
}

// A flight is a batch under way, and what follows when it is durable.
type flight struct {
	batch *store.Batch
	done  func(now time.Time)
}

// A proved is how far the own log is co-signed, in entries.
type proved struct{ classical, full int64 }

func provedIn(s record.State) proved { return proved{sizeOf(s.Cosigned), sizeOf(s.CosignedPQ)} }

// set writes settings at once, or keeps them to be written again.
func (d *disk) set(now time.Time, values map[string][]byte) error {
	if d.values == nil {
		d.values = make(map[string][]byte)
	}
	maps.Copy(d.values, values)
	if d.err != nil {
		return d.err
	}
	return d.settle(now)
}

// settle writes the settings that are not durable.
func (d *disk) settle(now time.Time) error {
	if len(d.values) == 0 {
		return nil
	}
	if err := d.st.Set(d.values); err != nil {
		return d.failed(now, err)
	}
	clear(d.values)
	if d.proving != nil {
		d.proved, d.proving = *d.proving, nil
	}
	return nil
}

func (d *disk) failed(now time.Time, err error) error {
	if d.failing.IsZero() {
		d.failing = now
	}
	d.err, d.retryAt = err, now.Add(retryAfter)
	return err
}

// idle reports whether nothing is under way or failing, so that entries may be numbered.
func (d *disk) idle() bool { return d.own == nil && d.err == nil && len(d.values) == 0 }

// begin puts a batch of a log under way. values become durable with it.
func (r *Replica) begin(now time.Time, l store.Log, b *record.Batch, values map[string][]byte, done func(now time.Time)) bool {
	sb := &store.Batch{Log: l, First: b.First, Entries: b.Entries, HashAt: b.HashIndex(), Set: values}
	for _, h := range b.Hashes {
		sb.Hashes = append(sb.Hashes, store.Hash(h))
	}
	if values == nil {
		sb.Set = make(map[string][]byte)
	}
	f := &flight{sb, done}
	if l == store.Own {
		sb.Set[ownState] = b.State.Text(r.cfg.Own, r.cfg.Far)
		now := provedIn(b.State)
		f.done = func(at time.Time) { r.disk.proved = now; done(at) }
		r.disk.own, r.disk.states[0], r.disk.proving = f, false, nil
	} else {
		sb.Set[farState] = b.State.Text(r.cfg.Far, r.cfg.Own)
		r.disk.far, r.disk.states[1] = f, false
	}
	for key := range sb.Set {
		delete(r.disk.values, key) // the batch says something newer
	}
	if r.disk.err != nil {
		return false
	}
	return r.flush(now)
}

// flush writes all that is due to be written. It reports whether the store took it.
func (r *Replica) flush(now time.Time) bool {
	d := &r.disk
	for _, f := range []**flight{&d.own, &d.far} {
		if *f == nil {
			continue
		}
		if err := d.st.Append((*f).batch); err != nil {
			r.storeFailed(now, err)
			return false
		}
		done := (*f).done
		*f = nil
		r.storeWorks()
		done(now)
	}
	r.renewStates(now)
	was := d.proved
	if err := d.settle(now); err != nil {
		r.storeFailed(now, err)
		return false
	}
	if d.proved != was {
		r.cfg.Hooks.Changed()
	}
	r.storeWorks()
	return true
}

// keepState has a state that changed without a batch stored within so long.
func (r *Replica) keepState(now time.Time, own bool, within time.Duration) {
	i := 1
	if own {
		i = 0
	}
	if due := now.Add(within); !r.disk.states[0] && !r.disk.states[1] || due.Before(r.disk.due) {
		r.disk.due = due
	}
	r.disk.states[i] = true
	r.cfg.Hooks.Changed()
}

// store writes what is due, unless the store fails: then it is written with the next try.
func (r *Replica) store(now time.Time) {
	if r.disk.err == nil {
		r.flush(now)
	}
}

// renewStates makes changed states part of what is to be written, when they are due.
func (r *Replica) renewStates(now time.Time) {
	d := &r.disk
	if !d.states[0] && !d.states[1] || now.Before(d.due) {
		return
	}
	if d.values == nil {
		d.values = make(map[string][]byte)
	}
	if d.states[0] && d.own == nil {
		s := r.log.State()
		p := provedIn(s)
		d.values[ownState], d.states[0], d.proving = s.Text(r.cfg.Own, r.cfg.Far), false, &p
	}
	if d.states[1] && d.far == nil {
		s := r.copy.State()
		d.values[farState], d.states[1] = s.Text(r.cfg.Far, r.cfg.Own), false
	}
}

func (r *Replica) storeFailed(now time.Time, err error) {
	_ = r.disk.failed(now, err)
	if r.disk.failing.Equal(now) {
		r.cfg.Hooks.Alarm("store", fmt.Sprintf("The record cannot be written: %v. Nothing is lost, and nothing new is sent.", err), storeAction(err))
		r.cfg.Hooks.Changed()
	}
}

func storeAction(err error) string {
	switch {
	case errors.Is(err, store.ErrFull):
		return "Make room on this station's disk."
	case errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrConflict):
		return "Something else writes the same file: end it, then restart this station."
	case errors.Is(err, store.ErrDamaged):
		return "Restart this station: the file is then set aside, and the record comes back from the other side."
	}
	return "Look at this station's disk."
}

func (r *Replica) storeWorks() {
	d := &r.disk
	if d.err == nil {
		return
	}
	d.failing, d.err, d.retryAt = time.Time{}, nil, time.Time{}
	r.cfg.Hooks.Alarm("store", "", "")
	r.cfg.Hooks.Changed()
}
