package record

import (
	"errors"
	"slices"
	"testing"
)

// stored is a disk with n entries, signed.
func stored(t testing.TB, n int) (*side, *disk) {
	north, south := pair(t)
	meet(north, south)
	for i := range n {
		north.write(say("entry %d", i))
	}
	return north, north.own
}

func audit(t testing.TB, from Tree, d *disk) Damage {
	t.Helper()
	a, err := NewAudit(from, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range d.entries[from.Size:] {
		if err := a.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	found, err := a.Finish(d.state.Newest.Tree)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAnAuditFindsNothingWrong(t *testing.T) {
	_, d := stored(t, 21)
	for from := range int64(22) {
		if found := audit(t, mustTree(t, from, d), d); !found.None() {
			t.Errorf("from %d: %+v", from, found)
		}
	}
}

// Whatever byte of an entry is damaged, that entry is named and no other.
func TestAnAuditNamesTheDamagedEntry(t *testing.T) {
	_, d := stored(t, 13)
	for n, e := range d.entries {
		for i := range e {
			e[i] ^= 4
			found := audit(t, EmptyTree(), d)
			e[i] ^= 4
			if !slices.Equal(found.Entries, []int64{int64(n)}) || found.Hashes || found.All {
				t.Fatalf("entry %d, byte %d: %+v", n, i, found)
			}
		}
	}
	whole := d.entries[4]
	d.entries[4], d.entries[7] = nil, d.entries[8]
	if found := audit(t, EmptyTree(), d); !slices.Equal(found.Entries, []int64{4, 7}) || found.All {
		t.Errorf("one missing, one in the wrong place: %+v", found)
	}
	p, err := ProveEntry(13, 4, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CheckRepair(whole, 4, d.state.Newest.Tree, p); err != nil {
		t.Errorf("the right one from the other side: %v", err)
	}
	_, err = CheckRepair(d.entries[5], 4, d.state.Newest.Tree, p)
	wants(t, "another entry", err, ErrNumber)
	e, _ := ParseEntry(whole)
	e.Body = say("forged")
	forged, _ := e.Encode()
	_, err = CheckRepair(forged, 4, d.state.Newest.Tree, p)
	wants(t, "another text", err, ErrProof)
	_, err = CheckRepair(nil, 4, d.state.Newest.Tree, p)
	wants(t, "nothing", err, ErrMalformed)
	e, _ = ParseEntry(whole)
	e.Erase()
	erased, _ := e.Encode()
	if _, err := CheckRepair(erased, 4, d.state.Newest.Tree, p); err != nil {
		t.Errorf("an erased one: %v", err)
	}
}

// Whatever hash is damaged, it is the hashes that are found damaged.
func TestAnAuditFindsDamagedHashes(t *testing.T) {
	_, d := stored(t, 13)
	for i := range d.hashes {
		d.hashes[i][9] ^= 1
		found := audit(t, EmptyTree(), d)
		d.hashes[i][9] ^= 1
		if !found.Hashes || len(found.Entries) > 0 || found.All {
			t.Errorf("hash %d: %+v", i, found)
		}
	}
	d.hashes[0][0] ^= 1
	d.entries[5][20] ^= 1
	if found := audit(t, EmptyTree(), d); !slices.Equal(found.Entries, []int64{5}) || !found.Hashes || found.All {
		t.Errorf("a hash, and an entry that is none any more: %+v", found)
	}
	d.entries[5][20] ^= 1
	d.entries[5][len(d.entries[5])-1] ^= 1
	if found := audit(t, EmptyTree(), d); !found.All {
		t.Errorf("a hash, and an entry that says something else: %+v", found)
	}
	_, err := NewAudit(Tree{5, Hash{1}}, d)
	wants(t, "from a tree that it is not", err, ErrStore)
}

func TestAuditsThatCannotFinish(t *testing.T) {
	_, d := stored(t, 3)
	a, _ := NewAudit(EmptyTree(), d)
	_, err := a.Finish(d.state.Newest.Tree)
	wants(t, "too early", err, ErrNumber)
	d.hashes = d.hashes[:1]
	if err := a.Entry(d.entries[0]); err != nil {
		t.Fatal(err)
	}
	if err := a.Entry(d.entries[1]); err == nil || errors.Is(err, ErrStore) {
		t.Errorf("an error of the store: %v", err)
	}
}
