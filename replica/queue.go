package replica

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// Chosen here: what may wait at most, and how much of it becomes one batch.
const (
	maxWaiting      = 10_000
	maxWaitingBytes = 64 << 20
	maxBatchBytes   = 900 << 10
)

// A queue is what waits to be numbered, in the order in which it was written.
type queue struct {
	list   []*waiting
	ids    map[ID]*waiting
	next   int64
	bytes  int
	flying []*waiting // in the batch under way
	shown  []Waiting  // what Status gives; nil: to be made
}

func (q *queue) add(w *waiting) {
	if q.ids == nil {
		q.ids = make(map[ID]*waiting)
	}
	q.list = append(q.list, w)
	q.ids[w.ID] = w
	q.next = max(q.next, w.seq+1)
	q.bytes += w.size
	q.shown = nil
}

func (q *queue) drop(gone ...*waiting) {
	for _, w := range gone {
		delete(q.ids, w.ID)
		q.bytes -= w.size
	}
	q.list = slices.DeleteFunc(q.list, func(w *waiting) bool { return q.ids[w.ID] != w })
	q.shown = nil
}

// loadDrafts reads what waited when the last run ended. A draft that cannot be read is kept aside,
// and a person hears of it.
func (r *Replica) loadDrafts() error {
	keys, err := r.cfg.Store.Keys("draft/", 2*maxWaiting)
	if err != nil {
		return err
	}
	bad := 0
	for _, key := range keys {
		seq, ok := seqOf(key)
		stored, err := r.cfg.Store.Get(key)
		var w *waiting
		if err == nil && ok {
			w, err = parseDraft(seq, stored)
		}
		if err != nil || !ok {
			bad++
			r.queue.next = max(r.queue.next, seq+1)
			continue
		}
		r.queue.add(w)
	}
	if bad > 0 {
		r.cfg.Hooks.Alarm("draft", fmt.Sprintf("%d of the messages that wait to be sent can no longer be read.", bad), "Compare what waits with what was written, and write again what is missing.")
	}
	return nil
}

// Write takes drafts, in their order. When it returns nil they are durable: numbered, if the log
// stands, is allowed to grow and nothing is before them; otherwise waiting, to be numbered later,
// once. A draft whose ID was written before in this run changes nothing. With [ErrNotDurable]
// they are taken too; with any other error none is.
func (r *Replica) Write(now time.Time, drafts ...Draft) ([]ID, error) {
	r.now = now
	fresh, ids, err := r.take(drafts)
	if err != nil {
		return nil, err
	}
	for _, w := range fresh {
		r.queue.add(w)
	}
	r.number(now)
	if err := r.storeDrafts(now, fresh); err != nil {
		return ids, fmt.Errorf("%w: %w", ErrNotDurable, err)
	}
	if r.disk.own != nil && len(fresh) > 0 {
		return ids, fmt.Errorf("%w: %w", ErrNotDurable, r.disk.err)
	}
	r.cfg.Hooks.Changed()
	return ids, nil
}

// take checks drafts and gives each its place.
func (r *Replica) take(drafts []Draft) (fresh []*waiting, ids []ID, err error) {
	seq, bytes := r.queue.next, r.queue.bytes
	for _, d := range drafts {
		if d.ID == (ID{}) {
			d.ID = NewID()
		}
		ids = append(ids, d.ID)
		if r.known(d.ID) || slices.ContainsFunc(fresh, func(w *waiting) bool { return w.ID == d.ID }) {
			continue
		}
		w := &waiting{Draft: d, seq: seq, seen: r.copy.Tree().Size, salt: record.Salt(NewID())}
		w.About, w.To = slices.Clone(d.About), slices.Clone(d.To)
		w.resolve(r.given.of)
		if err := w.check(); err != nil {
			return nil, nil, fmt.Errorf("replica: draft: %w", err)
		}
		if err := r.targets(w, fresh); err != nil {
			return nil, nil, err
		}
		fresh = append(fresh, w)
		seq++
		bytes += w.size
	}
	if len(r.queue.list)+len(fresh) > maxWaiting || bytes > maxWaitingBytes {
		return nil, nil, fmt.Errorf("%w: %d drafts, %d bytes", ErrTooMany, len(r.queue.list), r.queue.bytes)
	}
	return fresh, ids, nil
}

func (r *Replica) known(id ID) bool {
	_, numbered := r.given.of[id]
	return numbered || r.queue.ids[id] != nil
}

// resolve replaces references to what was numbered meanwhile.
func (w *waiting) resolve(given map[ID]int64) {
	w.To = slices.DeleteFunc(w.To, func(to DraftRef) bool {
		n, ok := given[to.ID]
		if ok {
			w.About = append(w.About, record.Ref{Relation: to.Relation, Number: n})
		}
		return ok
	})
}

// targets refuses references to what is not there.
func (r *Replica) targets(w *waiting, fresh []*waiting) error {
	for _, ref := range w.About {
		if !ref.Other && ref.Number >= r.log.Tree().Size {
			return fmt.Errorf("replica: draft: %s: want an entry before %d", ref, r.log.Tree().Size)
		}
	}
	for _, to := range w.To {
		if r.queue.ids[to.ID] == nil && !slices.ContainsFunc(fresh, func(f *waiting) bool { return f.ID == to.ID }) {
			return fmt.Errorf("%w: %s %s", ErrUnknown, to.Relation, to.ID)
		}
	}
	return nil
}

// storeDrafts makes those durable that still wait.
func (r *Replica) storeDrafts(now time.Time, fresh []*waiting) error {
	values := make(map[string][]byte)
	var kept []*waiting
	for _, w := range fresh {
		if r.queue.ids[w.ID] != w || r.inFlight(w) {
			continue
		}
		b, err := w.encode()
		if err != nil {
			return err // it was encoded when it was checked
		}
		values[w.key()] = b
		kept = append(kept, w)
	}
	if len(values) == 0 {
		return nil
	}
	err := r.disk.set(now, values)
	for _, w := range kept {
		w.stored = true // or will be, before anything else is written
	}
	if err != nil {
		r.storeFailed(now, err)
	}
	return err
}

func (r *Replica) inFlight(w *waiting) bool {
	return r.disk.own != nil && slices.Contains(r.queue.flying, w)
}

// Withdraw takes back what still waits.
func (r *Replica) Withdraw(now time.Time, id ID) error {
	r.now = now
	w := r.queue.ids[id]
	switch {
	case w == nil && r.known(id), w != nil && r.inFlight(w):
		return fmt.Errorf("%w: %s", ErrNumbered, id)
	case w == nil:
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	r.queue.drop(w) // also if the disk refuses: the deletion is written again, and it is not sent meanwhile
	r.cfg.Hooks.Changed()
	if err := r.disk.set(now, map[string][]byte{w.key(): nil}); err != nil {
		r.storeFailed(now, err)
		return fmt.Errorf("%w: %w", ErrNotDurable, err)
	}
	r.number(now)
	return nil
}

// number numbers what may be numbered, in batches, and sends it.
func (r *Replica) number(now time.Time) {
	for r.log.Standing() == record.Stands && !r.runs.apart && r.disk.idle() && len(r.queue.list) > 0 {
		picked := r.pick()
		if len(picked) == 0 || !r.numberThese(now, picked) {
			break
		}
	}
	r.pump(now)
}

// pick chooses what the next batch numbers: the first that wait, as far as they are allowed. When
// only numbers for calls are left, what is urgent goes before what waits.
func (r *Replica) pick() (picked []*waiting) {
	n, bytes := r.log.Tree().Size, 0
	chosen := make(map[ID]bool)
	passing := false
	for _, w := range r.queue.list {
		if len(picked) == record.MaxBatch || bytes+w.size > maxBatchBytes && len(picked) > 0 {
			break
		}
		limit := r.ses.allow.Entries
		if w.Body.Kind().Urgent() {
			limit = r.ses.allow.Calls
		}
		if n >= limit || r.unseen(w) || passing && r.leansOnWaiting(w, chosen) {
			if n >= r.ses.allow.Calls || r.unseen(w) {
				break
			}
			passing = true
			continue
		}
		picked = append(picked, w)
		chosen[w.ID] = true
		n++
		bytes += w.size
	}
	return picked
}

// unseen reports whether a draft that outlived the copy, in a salvage, saw more of it than has come back so far.
func (r *Replica) unseen(w *waiting) bool {
	return r.copy.Tree().Size < min(w.seen, r.ses.farSize)
}

func (r *Replica) leansOnWaiting(w *waiting, chosen map[ID]bool) bool {
	return slices.ContainsFunc(w.To, func(to DraftRef) bool { return r.queue.ids[to.ID] != nil && !chosen[to.ID] })
}

// numberThese makes a batch of drafts and writes it. It reports whether that is durable. A draft
// that cannot be an entry is taken out, and a person is told.
func (r *Replica) numberThese(now time.Time, picked []*waiting) bool {
	batch, err := r.appendDrafts(picked)
	if err != nil && len(picked) > 1 {
		picked = picked[:1]
		batch, err = r.appendDrafts(picked)
	}
	if err != nil {
		return r.unsendable(now, picked[0], err)
	}
	values := make(map[string][]byte)
	for _, w := range picked {
		if w.stored {
			values[w.key()] = nil
		}
	}
	r.rewrite(values, batch, picked)
	r.queue.flying = picked
	return r.begin(now, store.Own, batch, values, func(now time.Time) { r.numbered(now, batch, picked) })
}

// rewrite makes what still waits, and refers to what a batch numbers, refer to the numbers, in
// what becomes durable with the batch.
func (r *Replica) rewrite(values map[string][]byte, b *record.Batch, picked []*waiting) {
	given := make(map[ID]int64)
	for i, w := range picked {
		given[w.ID] = b.First + int64(i)
	}
	r.rewriteFor(values, given)
}

func (r *Replica) rewriteFor(values map[string][]byte, given map[ID]int64) {
	for _, w := range r.queue.list {
		if _, now := given[w.ID]; now || !w.stored || !slices.ContainsFunc(w.To, func(to DraftRef) bool { _, ok := given[to.ID]; return ok }) {
			continue
		}
		c := *w
		c.About, c.To = slices.Clone(w.About), slices.Clone(w.To)
		c.resolve(given)
		if text, err := c.encode(); err == nil {
			values[w.key()] = text
		}
	}
}

// errAhead says that our log has seen more of the other than the copy holds yet: both come back after a
// loss, and ours was first. What is written waits.
var errAhead = errors.New("replica: the copy of the other log is still coming")

// unsendable decides about a draft that the log refuses. If our key does not sign, it waits.
func (r *Replica) unsendable(now time.Time, w *waiting, err error) bool {
	if errors.Is(err, errAhead) {
		return false
	}
	if !isFault(err, record.ErrMalformed, record.ErrAbout) {
		r.cfg.Hooks.Alarm("key", fmt.Sprintf("The log cannot be signed: %v.", err), "Look at this station's keys.")
		return false
	}
	r.cfg.Hooks.Alarm("draft", fmt.Sprintf("A %s written at %s cannot be sent: %v.", w.Body.Kind(), w.Time.UTC().Format(time.RFC3339), err), "Write it again.")
	r.queue.drop(w)
	if w.stored {
		if err := r.disk.set(now, map[string][]byte{w.key(): nil}); err != nil {
			r.storeFailed(now, err)
			return false
		}
	}
	return true
}

func (r *Replica) appendDrafts(picked []*waiting) (*record.Batch, error) {
	first := r.log.Tree().Size
	given := make(map[ID]int64)
	var drafts []record.Draft
	r.salt = nil
	seen := r.log.State().Seen
	for i, w := range picked {
		seen = max(seen, min(w.seen, r.copy.Tree().Size))
		if seen > r.copy.Tree().Size {
			return nil, errAhead
		}
		t, err := r.farTree(seen)
		if err != nil {
			return nil, err
		}
		n := first + int64(i)
		drafts = append(drafts, record.Draft{Time: w.Time, Call: w.Call, Seen: t, About: r.about(w, given, n, seen), Body: w.Body})
		r.salt = append(r.salt, record.Salt(w.ID), w.salt)
		given[w.ID] = n
	}
	return r.log.Append(drafts...)
}

// about is what an entry of that number, which saw so much, can be about of what its draft was.
func (r *Replica) about(w *waiting, given map[ID]int64, number, seen int64) []record.Ref {
	var list []record.Ref
	for _, ref := range w.About {
		if ref.Other && ref.Number < seen || !ref.Other && ref.Number < number {
			list = append(list, ref)
		}
	}
	for _, to := range w.To {
		n, ok := given[to.ID]
		if !ok {
			n, ok = r.given.of[to.ID]
		}
		if ok {
			list = append(list, record.Ref{Relation: to.Relation, Number: n})
		}
	}
	slices.SortFunc(list, cmpRef)
	return slices.Compact(list)
}

// farTree is the copy of the other's log at a size.
func (r *Replica) farTree(size int64) (record.Tree, error) {
	if t := r.copy.Tree(); t.Size == size {
		return t, nil
	}
	return record.TreeAt(size, r.hashes(store.Far))
}

// numbered follows when a batch of drafts is durable.
func (r *Replica) numbered(now time.Time, b *record.Batch, picked []*waiting) {
	r.log.Committed(now)
	r.queue.flying = nil
	for i, w := range picked {
		r.given.add(w.ID, b.First+int64(i))
	}
	r.queue.drop(picked...)
	for _, w := range r.queue.list {
		w.resolve(r.given.of)
	}
	r.out.remember(b)
	r.added(true, b)
}

// added tells of durable entries.
func (r *Replica) added(own bool, b *record.Batch) {
	var list []*record.Entry
	for _, encoded := range b.Entries {
		e, err := record.ParseEntry(encoded)
		if err != nil {
			panic("replica: an entry that was just checked: " + err.Error())
		}
		list = append(list, e)
	}
	if len(list) > 0 {
		r.cfg.Hooks.Added(own, b.First, list)
	}
	r.cfg.Hooks.Changed()
}
