package disclose

import (
	"cmp"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"ringdown/record"
)

// A walk goes over the tree of a log from left to right, down to the entries shown and
// to where the smaller checkpoint ends. What holds neither is one hash.
type walk struct {
	edge int64                              // entries of the smaller checkpoint, or 0
	hash func(first, end int64) record.Hash // over a part without a shown entry
	leaf func(e *shown) record.Hash         // of a shown entry
}

// roots gives the hash over the entries first ≤ n < end, of which those in inside are
// shown, and the hash over those of them that the smaller checkpoint has (zero: none).
func (w *walk) roots(first, end int64, inside []shown) (all, below record.Hash) {
	cut := first < w.edge && w.edge < end
	if len(inside) == 0 && !cut {
		all = w.hash(first, end)
	} else if end-first == 1 {
		all = w.leaf(&inside[0])
	} else {
		middle := halfway(first, end)
		i, _ := slices.BinarySearchFunc(inside, middle, func(e shown, n int64) int { return cmp.Compare(e.Header.Number, n) })
		left, leftBelow := w.roots(first, middle, inside[:i])
		right, rightBelow := w.roots(middle, end, inside[i:])
		all = tlog.NodeHash(left, right)
		if cut && w.edge <= middle {
			return all, leftBelow
		}
		if cut {
			return all, tlog.NodeHash(left, rightBelow)
		}
	}
	if end <= w.edge {
		below = all
	}
	return all, below
}

// halfway is where a tree over these entries parts: RFC 6962, section 2.1.
func halfway(first, end int64) int64 {
	return first + int64(1)<<(bits.Len64(uint64(end-first-1))-1)
}

func leafHash(e *shown) record.Hash {
	entry := e.entry()
	return entry.Leaf().Hash()
}

// check computes both roots from what is shown and the hashes given. Entries are in
// rising order and in the tree. It reports whether exactly so many hashes were given as are needed.
func (l *log) check() (newest, full record.Hash, exact bool) {
	given, missing := l.Hashes, false
	w := &walk{leaf: leafHash, hash: func(int64, int64) record.Hash {
		if len(given) == 0 {
			missing = true
			return record.Hash{}
		}
		h := given[0]
		given = given[1:]
		return h
	}}
	if l.Full != nil {
		w.edge = l.Full.Tree.Size
	}
	newest, full = w.roots(0, l.Newest.Tree.Size, l.Entries)
	return newest, full, !missing && len(given) == 0
}

// prove collects the hashes that check needs. The store is asked once.
func (l *log) prove(r record.HashReader) error {
	var parts [][2]int64
	w := &walk{leaf: leafHash, hash: func(first, end int64) record.Hash {
		parts = append(parts, [2]int64{first, end})
		return record.Hash{}
	}}
	if l.Full != nil {
		w.edge = l.Full.Tree.Size
	}
	w.roots(0, l.Newest.Tree.Size, l.Entries)
	var indexes []int64
	for _, p := range parts {
		full(p[0], p[1], func(level int, n int64) record.Hash {
			indexes = append(indexes, tlog.StoredHashIndex(level, n))
			return record.Hash{}
		})
	}
	if len(indexes) == 0 {
		return nil
	}
	stored, err := r.ReadHashes(indexes)
	if err != nil {
		return err
	}
	if len(stored) != len(indexes) {
		return bad("hashes read", len(stored), len(indexes))
	}
	for _, p := range parts {
		l.Hashes = append(l.Hashes, full(p[0], p[1], func(int, int64) record.Hash {
			h := stored[0]
			stored = stored[1:]
			return h
		}))
	}
	return nil
}

// full gives the hash over a part of a tree from those of its full subtrees, which are
// stored.
func full(first, end int64, stored func(level int, n int64) record.Hash) record.Hash {
	level := bits.Len64(uint64(end-first)) - 1
	if end-first == 1<<level {
		return stored(level, first>>level)
	}
	middle := halfway(first, end)
	left := full(first, middle, stored)
	return tlog.NodeHash(left, full(middle, end, stored))
}
