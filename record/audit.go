package record

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// An Audit checks stored entries and stored hashes against a signed checkpoint,
// from a size that was verified before. Entries are given one after the other; memory does not
// grow with their number.
type Audit struct {
	hashes HashReader
	from   int64
	stored edge    // over the stored leaf hashes
	made   edge    // over the leaves of the entries themselves
	unread []int64 // entries that are none
	unlike []int64 // entries that are not what the stored leaf hash says
	hash   bool    // a stored hash does not follow from those below it
}

// MaxDamaged is how many damaged entries an [Audit] names; there may be more.
const MaxDamaged = 1000

// Damage is what an [Audit] found.
type Damage struct {
	Entries []int64 // do not fit the tree: fetch them again, and check them with CheckRepair
	Hashes  bool    // of the tree are damaged; they can be made again from the entries
	All     bool    // neither entries nor hashes make the signed tree: fetch all from the start of the audit
}

// None reports whether all is well.
func (d *Damage) None() bool { return len(d.Entries) == 0 && !d.Hashes && !d.All }

// NewAudit begins after verified, which the stored hashes must still make.
func NewAudit(verified Tree, r HashReader) (*Audit, error) {
	e, err := loadEdge(verified.Size, r)
	if err != nil {
		return nil, err
	}
	if t := e.tree(); t != verified {
		return nil, refuse(ErrStore, "hashes", "tree of "+t.String(), verified.String())
	}
	return &Audit{hashes: r, from: verified.Size, stored: e, made: e}, nil
}

// Entry takes the next stored entry; encoded is nil if it is missing.
func (a *Audit) Entry(encoded []byte) error {
	number := a.stored.size
	index := tlog.StoredHashIndex(0, number)
	want, err := readHashes(a.hashes, indexesFrom(index, tlog.StoredHashIndex(0, number+1)-index))
	if err != nil {
		return err
	}
	leaf := want[0]
	if e, err := ParseEntry(encoded); err != nil || e.Number != number {
		a.unread = name(a.unread, number)
		a.unlike = name(a.unlike, number)
	} else if leaf = e.Leaf().Hash(); leaf != want[0] {
		a.unlike = name(a.unlike, number)
	}
	a.hash = !slices.Equal(a.stored.add(want[0]), want) || a.hash
	a.made.add(leaf)
	return nil
}

func name(list []int64, number int64) []int64 {
	if len(list) < MaxDamaged {
		list = append(list, number)
	}
	return list
}

func indexesFrom(first, n int64) []int64 {
	indexes := make([]int64, n)
	for i := range indexes {
		indexes[i] = first + int64(i)
	}
	return indexes
}

// Finish compares with the signed tree, which has exactly the entries given.
func (a *Audit) Finish(signed Tree) (Damage, error) {
	if a.stored.size != signed.Size {
		return Damage{}, refuse(ErrNumber, "audit", fmt.Sprintf("%d entries", a.stored.size), fmt.Sprintf("%d", signed.Size))
	}
	switch {
	case a.stored.tree() == signed:
		return Damage{Entries: a.unlike, Hashes: a.hash}, nil
	case a.made.tree() == signed:
		return Damage{Entries: a.unread, Hashes: true}, nil
	}
	return Damage{Entries: a.unlike, Hashes: a.hash, All: true}, nil
}

// CheckRepair checks an entry that was fetched again, with a proof or with the
// stored hashes' own: it is exactly what stands in the tree, whole or erased.
func CheckRepair(encoded []byte, number int64, t Tree, p Proof) (*Entry, error) {
	e, err := ParseEntry(encoded)
	if err != nil {
		return nil, err
	}
	if e.Number != number {
		return nil, refuse(ErrNumber, "entry", fmt.Sprintf("number %d", e.Number), fmt.Sprintf("%d", number))
	}
	return e, CheckEntry(p, t, number, e.Leaf())
}
