package record

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func leafOf(i int64) Leaf {
	var l Leaf
	binary.BigEndian.PutUint64(l.Header[:], uint64(i))
	return l
}

// grown is a tree of n leaves, with the tree at every size before.
func grown(n int64) (d *disk, trees []Tree) {
	d, trees = new(disk), []Tree{EmptyTree()}
	var e edge
	for i := range n {
		d.hashes = append(d.hashes, e.add(leafOf(i).Hash())...)
		trees = append(trees, e.tree())
	}
	return d, trees
}

func TestTheEdgeIsWhatTlogStores(t *testing.T) {
	var want disk
	for i := range int64(300) {
		h, err := tlog.StoredHashesForRecordHash(i, leafOf(i).Hash(), &want)
		if err != nil {
			t.Fatal(err)
		}
		want.hashes = append(want.hashes, h...)
	}
	d, trees := grown(300)
	if !slices.Equal(d.hashes, want.hashes) {
		t.Fatal("other hashes are stored")
	}
	for size, tree := range trees {
		root, err := tlog.TreeHash(int64(size), &want)
		if err != nil || root != tree.Root {
			t.Errorf("%d entries: root %s, want %s (%v)", size, tree.Root, root, err)
		}
		if read, err := TreeAt(int64(size), d); err != nil || read != tree {
			t.Errorf("%d entries: read %s, %v", size, read, err)
		}
	}
}

// An edge that was copied does not change when the copy grows.
func TestEdgesDoNotShareMemory(t *testing.T) {
	var e edge
	for i := range int64(12) {
		a, b := e, e
		a.add(leafOf(100 + i).Hash())
		b.add(leafOf(200 + i).Hash())
		e.add(leafOf(i).Hash())
		if _, trees := grown(i + 1); e.tree() != trees[i+1] {
			t.Fatalf("at %d entries a copy wrote into the edge", i)
		}
	}
}

func TestProofs(t *testing.T) {
	const n = 33
	d, trees := grown(n)
	for size := int64(0); size <= n; size++ {
		for k := range size {
			p, err := ProveEntry(size, k, d)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckEntry(p, trees[size], k, leafOf(k)); err != nil {
				t.Errorf("entry %d of %d: %v", k, size, err)
			}
			wants(t, "another leaf", CheckEntry(p, trees[size], k, leafOf(k+1)), ErrProof)
			if k+1 < size {
				wants(t, "another place", CheckEntry(p, trees[size], k+1, leafOf(k)), ErrProof)
			}
			wants(t, "a longer proof", CheckEntry(append(p, Hash{}), trees[size], k, leafOf(k)), ErrProof)
			for i := range p {
				p[i][0] ^= 1
				wants(t, "a changed proof", CheckEntry(p, trees[size], k, leafOf(k)), ErrProof)
				p[i][0] ^= 1
			}
		}
		for k := range size + 1 {
			p, err := ProveTree(k, size, d)
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckTree(p, trees[k], trees[size]); err != nil {
				t.Errorf("%d to %d: %v", k, size, err)
			}
			wants(t, "another old root", CheckTree(p, Tree{k, Hash{1}}, trees[size]), ErrProof)
			wants(t, "another root", CheckTree(p, trees[k], Tree{size, Hash{1}}), proofUnlessEmpty(k, size))
			for i := range p {
				p[i][31] ^= 1
				wants(t, "a changed proof", CheckTree(p, trees[k], trees[size]), ErrProof)
				p[i][31] ^= 1
			}
		}
	}
}

// proofUnlessEmpty: an empty log is continued by whatever is signed.
func proofUnlessEmpty(old, size int64) error {
	if old == 0 && size > 0 {
		return nil
	}
	return ErrProof
}

func TestProofsOfWhatCannotBe(t *testing.T) {
	d, trees := grown(8)
	for _, c := range []struct{ size, number int64 }{{8, 8}, {8, -1}, {0, 0}, {-1, 0}, {max48 + 1, 0}} {
		_, err := ProveEntry(c.size, c.number, d)
		wants(t, "prove entry", err, ErrNumber)
		wants(t, "check entry", CheckEntry(nil, Tree{Size: c.size}, c.number, Leaf{}), ErrNumber)
	}
	for _, c := range []struct{ old, size int64 }{{9, 8}, {-1, 8}, {0, max48 + 1}} {
		_, err := ProveTree(c.old, c.size, d)
		wants(t, "prove tree", err, ErrNumber)
		wants(t, "check tree", CheckTree(nil, Tree{Size: c.old}, Tree{Size: c.size}), ErrProof)
	}
	wants(t, "from an empty tree, with a proof", CheckTree(Proof{{}}, EmptyTree(), trees[8]), ErrProof)
	wants(t, "huge tree", CheckEntry(make(Proof, 48), Tree{max48, Hash{}}, 5, Leaf{}), ErrProof)
}

// A store that breaks its promise is found out, and does not bring us down.
func TestStoresThatBreakTheirPromise(t *testing.T) {
	short := tlog.HashReaderFunc(func([]int64) ([]Hash, error) { return nil, nil })
	_, err := TreeAt(5, short)
	wants(t, "too few hashes", err, ErrStore)
	if _, err := TreeAt(5, new(disk)); err == nil {
		t.Error("an error of the store is lost")
	}
}
