package disclose

import (
	"crypto/ed25519"
	"slices"
	"testing"

	"ringdown/record"
)

// forked is a proof that the author of both logs signed two histories: the smaller log's newest checkpoint against the larger's.
func forked(t testing.TB, small, large *desk) *record.Fork {
	a, b := small.log.State().Newest, large.log.State().Newest
	tree, err := record.TreeAt(a.Tree.Size, large.own)
	large.must(err)
	p, err := record.ProveTree(a.Tree.Size, b.Tree.Size, large.own)
	large.must(err)
	return &record.Fork{A: a, B: b, Root: tree.Root, Proof: p}
}

// twoWorlds are one line whose stations went on otherwise after they began alike.
func twoWorlds(t testing.TB) (a, b *world) {
	a, b = talk(t, record.RuleTold), newWorld(t, record.RuleTold)
	b.write(b.north, record.Message{Text: "We never said that."})
	b.write(b.south, record.Message{Text: "Nor did we."})
	return a, b
}

func (w *world) makeFork(first bool, f *record.Fork) []byte {
	w.t.Helper()
	b, err := MakeFork(w.accord, first, f)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func goodForks(t testing.TB) []vector {
	a, b := twoWorlds(t)
	same := newWorld(t, record.RuleTold)
	same.write(same.north, record.Message{Text: "Neither that."})
	return []vector{
		{"fork", a.makeFork(false, forked(t, b.south, a.south))},
		{"fork-same-size", a.makeFork(true, forked(t, same.north, b.north))},
	}
}

func badForks(t testing.TB) (list []vector) {
	a, b := twoWorlds(t)
	good := a.makeFork(false, forked(t, b.south, a.south))
	add := func(name string, change func(f *file)) {
		f, fail := parse(good)
		if fail != nil {
			t.Fatal(fail)
		}
		change(f)
		k := &f.Fork
		author := [...]*desk{a.north, a.south}[k.Log].party
		k.notes = [2]string{string(k.A.Note(author, nil)), string(k.B.Note(author, nil))}
		list = append(list, vector{name, f.text()})
	}
	add("x-two-proof.less", func(f *file) { f.Fork.Proof = f.Fork.Proof[1:] })
	add("x-two-proof.more", func(f *file) { f.Fork.Proof = append(f.Fork.Proof, f.Fork.Root) })
	add("x-two-proof.root", func(f *file) { f.Fork.Root[0] ^= 1 })
	add("x-two-proof.order", func(f *file) { f.Fork.A, f.Fork.B = f.Fork.B, f.Fork.A })
	add("x-two-agree", func(f *file) { // any log at two sizes
		early := *f.Fork.A
		tree, err := record.TreeAt(early.Tree.Size, a.south.own)
		a.south.must(err)
		early.Tree = tree
		early.Signature = ed25519.Sign(a.south.keys[roleLog], early.Text())
		f.Fork.A = &early
	})
	add("x-signature.fork", func(f *file) { // the other side makes a second history for it
		forged := *f.Fork.B
		forged.Signature = ed25519.Sign(a.north.keys[roleLog], forged.Text())
		f.Fork.B = &forged
	})
	add("x-origin.fork", func(f *file) {
		other := *f.Fork.B
		other.Origin = record.Origin(a.digest, true)
		f.Fork.B = &other
	})
	add("x-origin.fork-accord", func(f *file) { f.Fork.Log = first })
	return list
}

// Nothing is given out as a proof of two histories that would not hold.
func TestMakeForkRefuses(t *testing.T) {
	a, b := twoWorlds(t)
	for name, change := range map[string]func(f *record.Fork){
		"another root":   func(f *record.Fork) { f.Root[0] ^= 1 },
		"no proof":       func(f *record.Fork) { f.Proof = nil },
		"another signer": func(f *record.Fork) { f.B = a.north.log.State().Newest },
		"one history":    func(f *record.Fork) { f.A, f.Root, f.Proof = f.B, f.B.Tree.Root, nil },
	} {
		f := forked(t, b.south, a.south)
		f.Proof = slices.Clone(f.Proof)
		change(f)
		if out, err := MakeFork(a.accord, false, f); err == nil {
			t.Errorf("%s: made\n%s", name, out)
		}
	}
	if out, err := MakeFork(a.accord[1:], false, forked(t, b.south, a.south)); err == nil {
		t.Errorf("of half an accord: made\n%s", out)
	}
}
