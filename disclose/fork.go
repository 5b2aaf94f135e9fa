package disclose

import (
	"ringdown/accord"
	"ringdown/record"
)

// A fork is a proof that one party signed two histories of its log: whoever has both checkpoints can
// make it, and nothing says who did.
type fork struct {
	record.Fork
	Log   side
	notes [2]string // A and B as text
}

// MakeFork makes the file that shows a stranger that one party signed two histories of its
// log, the first party or the second. Like [Make] it gives out nothing that would not hold.
func MakeFork(sections []accord.Section, firstParty bool, proof *record.Fork) ([]byte, error) {
	f := &file{Kind: KindFork, Fork: fork{Fork: *proof, Log: sideOf(firstParty)}}
	if err := f.takeAccord(sections); err != nil {
		return nil, err
	}
	author := f.Parties[f.Fork.Log].keys(f.Accord, f.Fork.Log)
	f.Fork.notes = [2]string{string(proof.A.Note(author, nil)), string(proof.B.Note(author, nil))}
	b := f.text()
	if _, err := Verify(b); err != nil {
		return nil, bad("proof of two histories", err, "one that holds")
	}
	return b, nil
}

func (k *fork) text(w *writer) {
	for _, note := range k.notes {
		w.line("checkpoint", "")
		w.quoted(note)
	}
	w.line("root", b64(k.Root[:]))
	for _, h := range k.Proof {
		w.line("hash", b64(h[:]))
	}
}

func (f *file) readFork(r *reader) {
	k := &f.Fork
	r.word("kind", string(KindFork))
	k.Log = r.side(r.take("log"))
	f.readAccord(r)
	for i, c := range []**record.Checkpoint{&k.A, &k.B} {
		r.alone("checkpoint")
		*c, k.notes[i] = r.note(k.Log, 1, 1)
	}
	k.Root = record.Hash(r.base64("root"))
	for r.next("hash") {
		k.Proof = append(k.Proof, record.Hash(r.base64("hash")))
	}
}

// checkFork wants both checkpoints signed by the same key, and the first not continued by the second.
func (f *file) checkFork() *Failure {
	k := &f.Fork
	log := f.name(k.Log)
	for i, c := range []*record.Checkpoint{k.A, k.B} {
		if c.Origin != record.Origin(f.Accord, k.Log == first) {
			return failure("origin", "log", log)
		}
		if fail := f.checkNote(k.Log, c, k.notes[i]); fail != nil {
			return fail
		}
	}
	switch {
	case record.CheckTree(k.Proof, record.Tree{Size: k.A.Tree.Size, Root: k.Root}, k.B.Tree) != nil:
		return failure("two-proof", "log", log)
	case k.Root == k.A.Tree.Root:
		return failure("two-agree", "log", log)
	}
	return nil
}

func (f *file) forkReport(keys []string) *Report {
	k := &f.Fork
	p := &reporter{file: f, r: Report{Kind: f.Kind, Accord: hexed(f.Accord[:]), Entries: []Entry{}, Proven: []string{}, NotShown: []string{}, Warnings: []string{}}}
	author, other := f.name(k.Log), f.name(k.Log.other())
	p.r.Title = say("title.fork", "author", author, "other", other)
	p.proven("proven.fork-accord", "accord", p.r.Accord, "first", p.name(first), "second", p.name(second))
	p.parties(keys)
	p.proven("proven.fork-key", "author", author, "key", hexed(f.Parties[k.Log].Keys[roleLog]))
	a, b := k.A.Tree, k.B.Tree
	how := "proven.fork-apart"
	if a.Size == b.Size {
		how = "proven.fork-same"
	}
	p.proven(how, "author", author, "count", count(a.Size), "more", count(b.Size), "a", a.Root, "b", k.Root)
	p.proven("proven.fork", "author", author)
	if !p.r.Parties[k.Log].Confirmed { // the other's keys prove nothing here
		p.r.Provided = say("provided.one", "party", author)
		p.not("not.key", "party", author)
	}
	p.not("not.fork-true")
	p.not("not.fork-why", "author", author)
	p.not("not.fork-when")
	return &p.r
}
