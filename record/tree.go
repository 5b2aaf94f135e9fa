package record

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256.
type Hash = tlog.Hash

// HashSize is the length of a [Hash] in bytes.
const HashSize = tlog.HashSize

// A HashReader reads hashes of a tree by their index in the order of
// [tlog.StoredHashIndex]: all that this package asks of a store. It must give
// exactly as many as asked for, or an error.
type HashReader = tlog.HashReader

// A Tree is a log at a size: a number of entries and the root over their leaves
// (RFC 6962, section 2.1).
type Tree struct {
	Size int64
	Root Hash
}

func (t Tree) String() string { return fmt.Sprintf("%d entries, root %s", t.Size, t.Root) }

// EmptyTree is the tree of a log without entries.
func EmptyTree() Tree {
	root, err := tlog.TreeHash(0, nil)
	if err != nil {
		panic("record: " + err.Error()) // it reads nothing
	}
	return Tree{Root: root}
}

// A Leaf is what stands in the tree for one entry.
type Leaf struct{ Header, Body Hash }

// Hash is the leaf's hash in the tree.
func (l Leaf) Hash() Hash {
	return tlog.RecordHash(append(l.Header[:], l.Body[:]...))
}

// An edge is the right edge of a growing tree: the roots of the full subtrees that
// make it up, the largest first. It holds all that is needed to add leaves and to
// know the root, so appending reads nothing.
type edge struct {
	size int64
	full []Hash
}

// loadEdge reads the edge of the tree of that size.
func loadEdge(size int64, r HashReader) (edge, error) {
	var indexes []int64
	for at, level := int64(0), 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, at>>level))
			at += 1 << level
		}
	}
	if size == 0 {
		return edge{}, nil
	}
	full, err := readHashes(r, indexes)
	return edge{size, full}, err
}

// readHashes holds a store to its promise.
func readHashes(r HashReader, indexes []int64) ([]Hash, error) {
	hashes, err := r.ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("record: reading %d hashes from %d on: %w", len(indexes), indexes[0], err)
	}
	if len(hashes) != len(indexes) {
		return nil, refuse(ErrStore, "hashes", fmt.Sprintf("%d read", len(hashes)), fmt.Sprintf("%d", len(indexes)))
	}
	return hashes, nil
}

// add appends one leaf and gives the hashes to store, in the order of their
// indexes, the first at [tlog.StoredHashIndex](0, size before).
func (e *edge) add(leaf Hash) []Hash {
	stored := []Hash{leaf}
	full := e.full[:len(e.full):len(e.full)] // never write into a copy's memory
	for h, n := leaf, bits.TrailingZeros64(^uint64(e.size)); n > 0; n-- {
		h = tlog.NodeHash(full[len(full)-1], h)
		full = full[: len(full)-1 : len(full)-1]
		stored = append(stored, h)
	}
	e.full = append(full, stored[len(stored)-1])
	e.size++
	return stored
}

func (e *edge) tree() Tree {
	if e.size == 0 {
		return EmptyTree()
	}
	root := e.full[len(e.full)-1]
	for i := len(e.full) - 2; i >= 0; i-- {
		root = tlog.NodeHash(e.full[i], root)
	}
	return Tree{e.size, root}
}

// TreeAt reads the tree of that size from the stored hashes of a log at least as
// long.
func TreeAt(size int64, r HashReader) (Tree, error) {
	e, err := loadEdge(size, r)
	if err != nil {
		return Tree{}, err
	}
	return e.tree(), nil
}

// A Proof is a list of hashes: RFC 6962's audit path (section 2.1.1) or consistency
// proof (2.1.2), in its order.
type Proof []Hash

// ProveEntry proves that entry number stands in the tree of that size.
func ProveEntry(size, number int64, r HashReader) (Proof, error) {
	if number < 0 || number >= size || size > max48 {
		return nil, refuse(ErrNumber, fmt.Sprintf("proof of entry %d", number), fmt.Sprintf("a tree of %d", size), "a larger one")
	}
	p, err := tlog.ProveRecord(size, number, r)
	return Proof(p), err
}

// CheckEntry checks what ProveEntry gives.
func CheckEntry(p Proof, t Tree, number int64, leaf Leaf) error {
	if number < 0 || number >= t.Size || t.Size > max48 {
		return refuse(ErrNumber, fmt.Sprintf("proof of entry %d", number), fmt.Sprintf("a tree of %d", t.Size), "a larger one")
	}
	if tlog.CheckRecord(tlog.RecordProof(p), t.Size, t.Root, number, leaf.Hash()) != nil {
		return refuse(ErrProof, fmt.Sprintf("proof of entry %d", number), "another root", t.String())
	}
	return nil
}

// ProveTree proves that the tree of size is continued by the tree of newSize.
func ProveTree(size, newSize int64, r HashReader) (Proof, error) {
	if size < 0 || size > newSize || newSize > max48 {
		return nil, refuse(ErrNumber, "proof of consistency", fmt.Sprintf("%d to %d entries", size, newSize), "not less than before")
	}
	if size == 0 {
		return nil, nil
	}
	p, err := tlog.ProveTree(newSize, size, r)
	return Proof(p), err
}

// CheckTree checks what ProveTree gives: old's entries are the first of t. An empty
// log is continued by every other.
func CheckTree(p Proof, old, t Tree) error {
	bad := func(found string) error {
		return refuse(ErrProof, fmt.Sprintf("proof from %d to %d entries", old.Size, t.Size), found, "that the first are unchanged")
	}
	switch {
	case old.Size < 0 || old.Size > t.Size || t.Size > max48:
		return bad("sizes that cannot be")
	case t.Size == 0 && t != EmptyTree():
		return bad("an empty tree with a root")
	case old.Size == 0 && (old != EmptyTree() || len(p) > 0):
		return bad("an empty tree with a root or a proof")
	case old.Size > 0 && tlog.CheckTree(tlog.TreeProof(p), t.Size, t.Root, old.Size, old.Root) != nil:
		return bad("other roots")
	}
	return nil
}
