package replica

import (
	"fmt"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// A catchUp is what is asked of the far side while our own log is Behind.
type catchUp struct {
	again   time.Time // when it is asked again
	pace    budget    // half of what the far side answers
	contest bool      // what came does not continue our log: its proof is asked for
}

// wantOwn asks for the next of our own entries.
func (r *Replica) wantOwn(now time.Time) {
	if r.log.Standing() != record.Behind || !r.ses.met || r.disk.own != nil {
		return
	}
	if !r.back.pace.take(now, wantsPerSecond/2, wantsBurst/2) {
		r.back.again = now.Add(2 * time.Second / wantsPerSecond)
		return
	}
	r.back.again = now.Add(askAgain)
	q := want{purpose: forCatchUp, first: r.log.Tree().Size, size: r.log.Target().Tree.Size}
	if r.back.contest {
		q.purpose = forContest
	}
	r.send(false, q.encode(kindWant))
}

func (r *Replica) advanceCatchUp(now time.Time) {
	if r.log.Standing() == record.Behind && !now.Before(r.back.again) {
		r.back.again = now.Add(askAgain)
		r.wantOwn(now)
	}
}

// hearWant answers what the far side asks for again. It is bulk: it waits behind all else.
func (r *Replica) hearWant(now time.Time, body []byte) error {
	m := &reader{kind: kindWant, b: body}
	q := m.want()
	if err := m.end(); err != nil {
		return err
	}
	if !r.asks.wants.take(now, wantsPerSecond, wantsBurst) {
		return fmt.Errorf("%w: want", ErrFlood)
	}
	l, size := store.Far, r.copy.Tree().Size
	if q.yours {
		l, size = store.Own, r.log.Tree().Size
	}
	if q.size > size || q.first >= size && q.purpose == forCatchUp {
		return malformed(kindWant, "entry %d of %d, where there are %d", q.first, q.size, size)
	}
	b, err := r.answer(l, q)
	if err != nil {
		return err
	}
	r.send(true, b.encode())
	return nil
}

func (r *Replica) answer(l store.Log, q want) (b *back, err error) {
	b = &back{want: q}
	hashes := r.hashes(l)
	switch q.purpose {
	case forContest:
		var t record.Tree
		if t, err = record.TreeAt(q.first, hashes); err == nil {
			b.root = t.Root
			b.proof, err = record.ProveTree(q.first, q.size, hashes)
		}
	case forRepair:
		if b.entries, err = r.readSound(l, q.first, 1, record.MaxEntry); err == nil {
			b.proof, err = record.ProveEntry(q.size, q.first, hashes)
		}
	default:
		if b.entries, err = r.readSound(l, q.first, int(min(maxEntries, q.size-q.first)), entriesSize); err == nil {
			b.proof, err = record.ProveTree(q.first+int64(len(b.entries)), q.size, hashes)
		}
	}
	return b, err
}

// hearBack takes what was asked for again; what was not is refused.
func (r *Replica) hearBack(now time.Time, body []byte) error {
	b, err := parseBack(body)
	if err != nil {
		return err
	}
	if b.purpose == forRepair {
		return r.mended(now, b)
	}
	if r.log.Standing() != record.Behind || r.disk.own != nil || b.first != r.log.Tree().Size || b.size != r.log.Target().Tree.Size {
		return malformed(kindBack, "entries from %d of %d that were not asked for", b.first, b.size)
	}
	if b.purpose == forContest {
		r.back.contest = false
		err := r.log.Contest(b.root, b.proof)
		if isFault(err, record.ErrFork) {
			r.keepFork(now, true)
		}
		return err // otherwise entries are asked for again
	}
	batch, err := r.log.CatchUp(b.entries, b.proof)
	if err != nil {
		r.back.contest = true // entries of another history may be refused for what they saw, before their proof is looked at
		return err            // it is asked again after a pause
	}
	values, done := r.found(batch)
	r.begin(now, store.Own, batch, values, func(now time.Time) {
		r.log.Committed(now)
		for _, w := range done {
			r.given.add(w.ID, r.numberIn(batch, w))
		}
		r.queue.drop(done...)
		for _, w := range r.queue.list {
			w.resolve(r.given.of)
		}
		r.added(true, batch)
		if r.log.Standing() == record.Behind {
			r.wantOwn(now)
		} else {
			r.keepState(now, true, 0) // what it caught up with is co-signed
			r.stand(now, record.Behind)
		}
	})
	return nil
}

// found are the drafts that a batch of own entries brings back: they were numbered already.
func (r *Replica) found(b *record.Batch) (values map[string][]byte, done []*waiting) {
	values = make(map[string][]byte)
	given := make(map[ID]int64)
	for i, encoded := range b.Entries {
		e, err := record.ParseEntry(encoded)
		if err != nil {
			continue // it was parsed before
		}
		given[ID(e.HeaderSalt)] = b.First + int64(i)
		if w := r.queue.ids[ID(e.HeaderSalt)]; w != nil {
			done = append(done, w)
			values[w.key()] = nil
		}
	}
	r.rewriteFor(values, given)
	return values, done
}

func (r *Replica) numberIn(b *record.Batch, w *waiting) int64 {
	for i, encoded := range b.Entries {
		if e, err := record.ParseEntry(encoded); err == nil && ID(e.HeaderSalt) == w.ID {
			return b.First + int64(i)
		}
	}
	return 0
}

// Adopt takes what was salvaged of a store that was set aside: drafts, and entries of our own
// log. What the far side has of them comes back from there; what it has not is numbered again, as it was.
// It must be called right after [Open], with an empty store.
func (r *Replica) Adopt(now time.Time, s *store.Salvaged) error {
	if r.log.Tree().Size > 0 || len(r.queue.list) > 0 {
		return fmt.Errorf("replica: adopting: found %d entries and %d drafts, want a new store", r.log.Tree().Size, len(r.queue.list))
	}
	list := salvaged(s)
	if len(list) > maxWaiting {
		list = list[len(list)-maxWaiting:]
	}
	values := make(map[string][]byte)
	for i, w := range list {
		w.seq = int64(i)
		b, err := w.encode()
		if err != nil || w.check() != nil || r.known(w.ID) {
			continue
		}
		w.stored = true
		values[w.key()] = b
		r.queue.add(w)
	}
	if err := r.disk.set(now, values); err != nil {
		r.storeFailed(now, err)
		return fmt.Errorf("%w: %w", ErrNotDurable, err)
	}
	r.cfg.Hooks.Changed()
	return nil
}
