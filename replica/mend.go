package replica

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ringdown/record"
	"ringdown/store"
)

// A logAt is a log with its state.
type logAt struct {
	l store.Log
	s record.State
}

// A mend is what is damaged on this disk, and asked for again, one entry at a time.
type mend struct {
	damaged map[store.Log]map[int64]bool
	asked   damage
	at      time.Time // when it was asked; zero: nothing is
	skip    map[damage]bool
}

// A damage is one damaged entry.
type damage struct {
	l      store.Log
	number int64
}

func (m *mend) lose() { m.at, m.skip = time.Time{}, nil }

func (m *mend) is(l store.Log, number int64) bool { return m.damaged[l][number] }

// list gives the damaged entries, own ones first.
func (m *mend) list() (list []damage) {
	for _, l := range []store.Log{store.Own, store.Far} {
		for _, n := range slices.Sorted(maps.Keys(m.damaged[l])) {
			list = append(list, damage{l, n})
		}
	}
	return list
}

// note names a damaged entry. It is not shown until it is mended.
func (r *Replica) note(l store.Log, number int64) {
	m := &r.mend
	if m.damaged == nil {
		m.damaged = map[store.Log]map[int64]bool{store.Own: {}, store.Far: {}}
	}
	if m.is(l, number) || len(m.damaged[l]) >= record.MaxDamaged {
		return
	}
	m.damaged[l][number] = true
	r.tellDamage()
}

func (r *Replica) tellDamage() {
	list := r.mend.list()
	if len(list) == 0 {
		r.cfg.Hooks.Alarm("damage", "", "")
	} else {
		d := list[0]
		r.cfg.Hooks.Alarm("damage", fmt.Sprintf("%d entries of the record are damaged on this disk, the first is %d of log %s. They are asked for from the other side.", len(list), d.number, d.l),
			"Test this machine's disk.")
	}
	r.cfg.Hooks.Changed()
}

// readSound reads entries that are what the tree says, as many as there are up to the first that
// is not. If that is the first of all it is an error, and is mended.
func (r *Replica) readSound(l store.Log, first int64, most, bytes int) ([][]byte, error) {
	list, err := r.cfg.Store.Entries(l, first, most, bytes)
	if err != nil {
		return nil, err
	}
	var indexes []int64
	for i := range list {
		indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
	}
	leaves, err := lenient{r.hashes(l)}.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	for i, encoded := range list {
		e, err := record.ParseEntry(encoded)
		if err != nil || e.Number != first+int64(i) || e.Leaf().Hash() != leaves[i] {
			r.note(l, first+int64(i))
			r.askMend(r.now)
			if i == 0 {
				return nil, fmt.Errorf("%w: %d of log %s", ErrDamagedEntry, first, l)
			}
			return list[:i], nil
		}
	}
	return list, nil
}

// lenient reads zero where a hash is missing: it is then found not to fit.
type lenient struct{ hashReader }

func (h lenient) ReadHashes(indexes []int64) ([]record.Hash, error) {
	list, err := h.hashReader.ReadHashes(indexes)
	if !errors.Is(err, store.ErrMissing) && !errors.Is(err, store.ErrDamaged) {
		return list, err
	}
	list = make([]record.Hash, len(indexes))
	for i := range indexes {
		one, err := h.hashReader.ReadHashes(indexes[i : i+1])
		switch {
		case err == nil:
			list[i] = one[0]
		case !errors.Is(err, store.ErrMissing) && !errors.Is(err, store.ErrDamaged):
			return nil, err
		}
	}
	return list, nil
}

// mendTree is the signed tree against which a damaged entry is proved, as far as the far side has it.
func (r *Replica) mendTree(l store.Log) record.Tree {
	s := r.copy.State()
	c := s.Newest
	if l == store.Own {
		s = r.log.State()
		c = s.Cosigned
	}
	if c == nil {
		return record.EmptyTree()
	}
	return c.Tree
}

// askMend asks for one damaged entry, if none is being asked for.
func (r *Replica) askMend(now time.Time) {
	m := &r.mend
	if !r.ses.met || !m.at.IsZero() {
		return
	}
	for _, d := range m.list() {
		t := r.mendTree(d.l)
		if d.number >= t.Size || m.skip[d] {
			continue
		}
		m.asked, m.at = d, now
		q := want{purpose: forRepair, yours: d.l == store.Far, first: d.number, size: t.Size}
		r.send(false, q.encode(kindWant))
		return
	}
	if len(m.skip) > 0 {
		m.at, m.asked = now, damage{} // all were asked for: after a pause, again
	}
}

func (r *Replica) advanceMend(now time.Time) {
	m := &r.mend
	if m.at.IsZero() {
		r.askMend(now)
		return
	}
	if now.Before(m.at.Add(askAgain)) {
		return
	}
	if m.asked == (damage{}) {
		m.skip = nil
	} else {
		r.skip(m.asked)
	}
	m.at = time.Time{}
	r.askMend(now)
}

func (r *Replica) skip(d damage) {
	if r.mend.skip == nil {
		r.mend.skip = make(map[damage]bool)
	}
	r.mend.skip[d] = true
}

// mended takes an entry that was asked for, if it is what stands in the tree.
func (r *Replica) mended(now time.Time, b *back) error {
	m := &r.mend
	d := damage{which(!b.yours), b.first}
	t := r.mendTree(d.l)
	if m.at.IsZero() || d != m.asked || b.size > t.Size {
		return malformed(kindBack, "entry %d that was not asked for", b.first)
	}
	if b.size < t.Size {
		var err error
		if t, err = record.TreeAt(b.size, r.hashes(d.l)); err != nil {
			return err
		}
	}
	e, err := record.CheckRepair(b.entries[0], b.first, t, b.proof)
	if err != nil {
		return err // it is asked for again after a pause
	}
	leaf := map[int64]store.Hash{tlog.StoredHashIndex(0, d.number): store.Hash(e.Leaf().Hash())}
	if err := r.cfg.Store.Repair(d.l, map[int64][]byte{d.number: b.entries[0]}, leaf); err != nil {
		r.storeFailed(now, err)
		return err
	}
	delete(m.damaged[d.l], d.number)
	m.at = time.Time{}
	r.tellDamage()
	r.askMend(now)
	return nil
}

// verify checks a log from the last verified tree on, before it is opened, and mends hashes.
func (r *Replica) verify(l logAt) error {
	if l.s.Newest == nil {
		return nil
	}
	from, err := r.loadVerified(l.l)
	if err != nil {
		return err
	}
	a, err := r.newAudit(l.l, from, l.s.Newest.Tree)
	if err != nil {
		return err
	}
	for !a.done() {
		if err := r.auditStep(a, 256); err != nil {
			return err
		}
	}
	return r.audited(a)
}

// An audit is an audit of a log under way.
type audit struct {
	*record.Audit
	l      store.Log
	from   int64
	next   int64 // entry
	target record.Tree
}

func (a *audit) done() bool { return a.next == a.target.Size }

// newAudit begins after a verified tree; if the hashes do not make that any more, at the beginning.
func (r *Replica) newAudit(l store.Log, from, target record.Tree) (*audit, error) {
	hashes := lenient{r.hashes(l)}
	if from.Size > target.Size {
		from = record.EmptyTree()
	}
	a, err := record.NewAudit(from, hashes)
	if errors.Is(err, record.ErrStore) {
		from = record.EmptyTree()
		a, err = record.NewAudit(from, hashes)
	}
	return &audit{Audit: a, l: l, from: from.Size, next: from.Size, target: target}, err
}

// auditStep checks the next entries, at most so many.
func (r *Replica) auditStep(a *audit, most int) error {
	list, err := r.cfg.Store.Entries(a.l, a.next, int(min(int64(most), a.target.Size-a.next)), 256<<10)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("%w: log %s ends at %d, want %d entries", store.ErrDamaged, a.l, a.next, a.target.Size)
	}
	for _, encoded := range list {
		if err := a.Entry(encoded); err != nil {
			return err
		}
		a.next++
	}
	return nil
}

// audited takes the result of an audit: hashes are made again, entries named.
func (r *Replica) audited(a *audit) error {
	found, err := a.Finish(a.target)
	if err != nil {
		return err
	}
	if found.All || len(found.Entries) >= record.MaxDamaged {
		r.scrub.verified[a.l] = record.EmptyTree() // so that the next start sees it, too
		return fmt.Errorf("%w: log %s: neither entries nor hashes make the signed tree", store.ErrDamaged, a.l)
	}
	if found.Hashes {
		if err := r.rebuild(a, found.Entries); err != nil {
			return err
		}
	}
	verified := a.target
	for _, n := range found.Entries {
		r.note(a.l, n)
	}
	if len(found.Entries) > 0 { // they must be found again by the next start
		if verified, err = record.TreeAt(found.Entries[0], r.hashes(a.l)); err != nil {
			return err
		}
	}
	r.scrub.verified[a.l] = verified
	return nil
}

// rebuild makes the hashes of a log again, from where its audit began: from the entries, and
// for those that are damaged themselves from the stored leaves.
func (r *Replica) rebuild(a *audit, damaged []int64) error {
	hashes := overlay{lenient{r.hashes(a.l)}, make(map[int64]record.Hash)}
	for n := a.from; n < a.target.Size; n++ {
		list, err := r.cfg.Store.Entries(a.l, n, 1, 1)
		if err != nil {
			return err
		}
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return err
		}
		if len(list) > 0 && !slices.Contains(damaged, n) {
			if e, err := record.ParseEntry(list[0]); err == nil {
				leaf[0] = e.Leaf().Hash()
			}
		}
		made, err := tlog.StoredHashesForRecordHash(n, leaf[0], hashes)
		if err != nil {
			return err
		}
		for i, h := range made {
			hashes.made[tlog.StoredHashIndex(0, n)+int64(i)] = h
		}
		if len(hashes.made) >= 512 || n == a.target.Size-1 {
			if err := r.cfg.Store.Repair(a.l, nil, hashes.drain()); err != nil {
				return err
			}
		}
	}
	return nil
}

// An overlay is hashes that are not written yet above those that are.
type overlay struct {
	lenient
	made map[int64]record.Hash
}

func (o overlay) ReadHashes(indexes []int64) ([]record.Hash, error) {
	list, err := o.lenient.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	for i, at := range indexes {
		if h, ok := o.made[at]; ok {
			list[i] = h
		}
	}
	return list, nil
}

func (o overlay) drain() map[int64]store.Hash {
	out := make(map[int64]store.Hash, len(o.made))
	for at, h := range o.made {
		out[at] = store.Hash(h)
	}
	clear(o.made)
	return out
}
