package record

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"testing"
	"time"
)

// A liar is the far side with a keyboard: it signs whatever it likes with its own
// log key.
type liar struct {
	*side
	edge edge
	raw  [][]byte
}

// says encodes an entry as the liar wants it, with the next number unless told
// otherwise.
func (l *liar) says(change func(e *Entry)) []byte {
	e := &Entry{Header: Header{Number: l.edge.size, Time: noon.UnixMilli(), Kind: KindMessage, Seen: EmptyTree()},
		HeaderSalt: l.nextSalt(), Body: say("hello"), BodySalt: l.nextSalt()}
	change(e)
	return e.append(nil)
}

// signs adds entries to its tree without looking at them, and signs that.
func (l *liar) signs(entries ...[]byte) *Checkpoint {
	l.t.Helper()
	e := l.edge
	for _, b := range entries {
		leaf := Leaf{Header: Hash{1}}
		if x, err := ParseEntry(b); err == nil {
			leaf = x.Leaf()
		}
		e.add(leaf.Hash())
	}
	c, err := sign(l.party, e.tree(), signWith(l.keys.log))
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

// honest makes the copy hold n entries of the liar's.
func honest(t testing.TB, n int) (*liar, *side) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("north one"), say("north two"))
	north.send()
	l := &liar{side: south}
	for range n {
		b := l.says(func(*Entry) {})
		x, err := north.copy.Accept([][]byte{b}, l.signs(b))
		if err != nil {
			t.Fatal(err)
		}
		north.its.write(t, x)
		north.copy.Committed()
		e, _ := ParseEntry(b)
		l.edge.add(e.Leaf().Hash())
		l.raw = append(l.raw, b)
	}
	return l, north
}

func TestEntriesThatAreRefused(t *testing.T) {
	l, north := honest(t, 3)
	ours := north.log.Tree()
	for _, c := range []struct {
		name   string
		change func(e *Entry)
		fault  error
	}{
		{"jumps ahead", func(e *Entry) { e.Number = 4 }, ErrNumber},
		{"comes again", func(e *Entry) { e.Number = 2 }, ErrNumber},
		{"greatest number", func(e *Entry) { e.Number = max48 - 1 }, ErrNumber},
		{"has seen more than there is", func(e *Entry) { e.Seen = Tree{3, Hash{1}} }, ErrSeen},
		{"has seen all that can be", func(e *Entry) { e.Seen = Tree{max48, Hash{1}} }, ErrSeen},
		{"has seen another log", func(e *Entry) { e.Seen = Tree{2, Hash{1}} }, ErrSeen},
		{"has seen our newest, too early", func(e *Entry) { e.Seen = Tree{1, ours.Root} }, ErrSeen},
		{"answers what it has not seen", func(e *Entry) { e.About = []Ref{other(Answers, 0)} }, ErrAbout},
		{"retracts what is ours", func(e *Entry) { e.Seen = ours; e.About = []Ref{other(Retracts, 0)} }, ErrAbout},
		{"retracts itself", func(e *Entry) { e.About = []Ref{own(Retracts, 3)} }, ErrAbout},
		{"a receipt for what is not there", func(e *Entry) {
			e.Kind, e.Body, e.Seen, e.About = KindReceipt, Receipt{Read, "Bo"}, ours, []Ref{other(Answers, 2)}
		}, ErrAbout},
		{"already erased", func(e *Entry) { e.Erase() }, ErrMalformed},
		{"one byte too great", func(e *Entry) { e.Body = Message{string(make([]byte, MaxText+1))} }, ErrMalformed},
		{"too great by far", func(e *Entry) { e.Body = Message{string(make([]byte, 1<<22))} }, ErrMalformed},
		{"reserved kind", func(e *Entry) { e.Kind = KindDrill }, ErrMalformed},
		{"dated before 1970", func(e *Entry) { e.Time = 0 }, ErrMalformed},
	} {
		b := l.says(c.change)
		x := l.signs(b)
		_, err := north.copy.Accept([][]byte{b}, x)
		wants(t, c.name, err, c.fault)
		if north.copy.Tree() != l.edge.tree() || north.copy.State().Fork != nil {
			t.Fatalf("%s: refused, and still something happened", c.name)
		}
	}
	b := l.says(func(e *Entry) { e.Seen = ours; e.About = []Ref{other(Answers, 1)} })
	x, err := north.copy.Accept([][]byte{b}, l.signs(b))
	if err != nil {
		t.Fatalf("and an honest one: %v", err)
	}
	north.its.write(t, x)
	north.copy.Committed()
	e, _ := ParseEntry(b)
	l.edge.add(e.Leaf().Hash())
	b = l.says(func(e *Entry) {})
	_, err = north.copy.Accept([][]byte{b}, l.signs(b))
	wants(t, "has seen less than the one before", err, ErrSeen)
}

// The greatest entry that there can be is taken.
func TestTheGreatestEntry(t *testing.T) {
	l, north := honest(t, 30)
	b := l.says(func(e *Entry) {
		e.Body = Message{string(bytes.Repeat([]byte("x"), MaxText))}
		e.Seen = north.log.Tree()
		e.Call = aCall
		for n := range int64(MaxAbout) {
			e.About = append(e.About, own(Answers, n))
		}
	})
	if len(b) != MaxEntry {
		t.Errorf("%d bytes, MaxEntry is %d", len(b), MaxEntry)
	}
	if _, err := north.copy.Accept([][]byte{b}, l.signs(b)); err != nil {
		t.Error(err)
	}
}

func TestCheckpointsThatAreRefused(t *testing.T) {
	l, north := honest(t, 3)
	b := l.says(func(*Entry) {})
	good := l.signs(b)
	accept := func(x *Checkpoint, entries ...[]byte) error {
		_, err := north.copy.Accept(entries, x)
		return err
	}
	forged := *good
	forged.Tree.Root[0] ^= 1
	wants(t, "not signed", accept(&forged, b), ErrSignature)
	byNorth, _ := sign(north.party, good.Tree, signWith(north.keys.log))
	wants(t, "signed by us", accept(byNorth, b), ErrSignature)
	wants(t, "without its entry", accept(good), ErrNumber)
	wants(t, "with two entries", accept(good, b, b), ErrNumber)
	another := l.says(func(e *Entry) { e.Body = say("another") })
	wants(t, "for another entry", accept(good, another), ErrInconsistent)
	if north.copy.State().Fork != nil {
		t.Error("what proves nothing was kept as a proof")
	}
	older, _ := sign(l.party, mustTree(t, 2, north.its), signWith(l.keys.log))
	wants(t, "an older one", accept(older), ErrNumber)
	many := make([][]byte, MaxBatch+1)
	for i := range many {
		many[i] = l.says(func(e *Entry) { e.Number += int64(i) })
	}
	wants(t, "too many", accept(l.signs(many...), many...), ErrLimit)
	for i := range many[:100] {
		many[i] = l.says(func(e *Entry) { e.Number += int64(i); e.Body = Message{string(bytes.Repeat([]byte("x"), MaxText))} })
	}
	wants(t, "too much", accept(l.signs(many[:100]...), many[:100]...), ErrLimit)

	north.copy.Allow(Allowance{Entries: 3, Calls: 4})
	wants(t, "no room", accept(good, b), ErrLimit)
	call := func(n int64) []byte {
		return l.says(func(e *Entry) {
			e.Kind, e.Call, e.Number, e.Body = KindCall, aCall, n, CallStep{Step: StepCalled}
		})
	}
	wants(t, "no room for two calls", accept(l.signs(call(3), call(4)), call(3), call(4)), ErrLimit)
	one := call(3)
	x, err := north.copy.Accept([][]byte{one}, l.signs(one))
	if err != nil {
		t.Fatalf("the room kept for calls: %v", err)
	}
	wants(t, "while one is written", accept(good, b), ErrBusy)
	if north.copy.Tree().Size != 3 {
		t.Error("what is not durable is in the tree")
	}
	if c, err := north.copy.Cosign(noon); err != nil || c.Tree.Size != 3 {
		t.Errorf("co-signed what is not durable: %+v, %v", c, err)
	}
	north.its.write(t, x)
	north.copy.Committed()
	north.copy.Committed() // nothing to commit
}

func mustTree(t testing.TB, size int64, r HashReader) Tree {
	t.Helper()
	tree, err := TreeAt(size, r)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// Every single byte of an entry on its way is covered by the signed root.
func TestEveryByteOfABatchCounts(t *testing.T) {
	l, north := honest(t, 1)
	b := l.says(func(e *Entry) { e.Seen = north.log.Tree(); e.About = []Ref{other(Answers, 0)} })
	x := l.signs(b)
	for i := range b {
		for _, flip := range []byte{1, 0x80} {
			changed := bytes.Clone(b)
			changed[i] ^= flip
			if _, err := north.copy.Accept([][]byte{changed}, x); err == nil {
				t.Fatalf("byte %d ^ %#x is not noticed", i, flip)
			}
		}
	}
}

// The times of co-signatures never fall, whatever the clock does.
func TestCosigningTimesNeverFall(t *testing.T) {
	_, north := honest(t, 1)
	for i, at := range []time.Time{noon, noon.Add(-time.Hour), time.Unix(-5, 0), noon.Add(time.Second)} {
		c, err := north.copy.Cosign(at)
		if err != nil {
			t.Fatal(err)
		}
		want := noon
		if i == 3 {
			want = at
		}
		if got := CosignedAt(c.Cosignature); !got.Equal(want) {
			t.Errorf("at %s: co-signed at %s", at, got)
		}
	}
	_, north = honest(t, 1)
	if c, err := north.copy.Cosign(time.Unix(-5, 0)); err != nil || CosignedAt(c.Cosignature).Unix() != 0 {
		t.Errorf("before 1970: %+v, %v", c, err)
	}
	_, south := pair(t)
	_, err := south.copy.Cosign(noon)
	wants(t, "nothing to co-sign", err, ErrStanding)
	if south.copy.Newest() != nil {
		t.Error("a newest checkpoint of nothing")
	}
}

// Co-signatures with times that no clock shows are refused, though they are signed.
func TestCosigningTimesThatCannotBe(t *testing.T) {
	north, south := pair(t)
	c := signedBy(t, north, south, aTree)
	for at, good := range map[uint64]bool{max48 / 1000: true, max48/1000 + 1: false, 1 << 63: false} {
		c.Cosignature = append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(south.keys.cosign, cosigned(c.Text(), at))...)
		if err := c.VerifyCosignature(south.party); (err == nil) != good {
			t.Errorf("at %d: %v", at, err)
		}
		sig, _ := south.keys.pq.SignDeterministic(cosignedPQ(south.party.Origin, c.Origin, c.Tree, at), nil)
		c.CosignaturePQ = append(binary.BigEndian.AppendUint64(nil, at), sig...)
		if err := c.VerifyCosignaturePQ(south.party); (err == nil) != good {
			t.Errorf("post-quantum, at %d: %v", at, err)
		}
	}
}

// The other signs two logs of one size, or a smaller one that does not fit: the
// copy makes the proof by itself.
func TestForksAreProved(t *testing.T) {
	for size := int64(1); size <= 7; size++ {
		l, north := honest(t, 7)
		var e edge
		for i := range size {
			e.add(leafOf(i).Hash())
		}
		lie, _ := sign(l.party, e.tree(), signWith(l.keys.log))
		_, err := north.copy.Compare(lie)
		wants(t, "compared", err, ErrFork)
		f := north.copy.State().Fork
		if f == nil {
			t.Fatal("no proof")
		}
		text := f.Text(l.party)
		again, err := ParseFork(text, l.party)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if !bytes.Equal(again.Text(l.party), text) {
			t.Error("the proof comes back as another")
		}
		_, err = ParseFork(text, north.party)
		wants(t, "against somebody else", err, ErrSignature)
		b := l.says(func(*Entry) {})
		_, err = north.copy.Accept([][]byte{b}, l.signs(b))
		wants(t, "and on with it", err, ErrFork)
	}
}

// Two checkpoints that agree are no fork, in either order.
func TestHonestLogsAreNoFork(t *testing.T) {
	l, north := honest(t, 7)
	for size := range int64(8) {
		x, _ := sign(l.party, mustTree(t, size, north.its), signWith(l.keys.log))
		missing, err := north.copy.Compare(x)
		if err != nil || missing != size-7 {
			t.Errorf("at %d: %d missing, %v", size, missing, err)
		}
		if size == 0 {
			continue
		}
		p, _ := ProveTree(size, 7, north.its)
		f := &Fork{A: x, B: north.copy.Newest(), Root: x.Tree.Root, Proof: p}
		wants(t, "agreeing", f.Verify(l.party), ErrProof)
		f.Root[0] ^= 1
		wants(t, "agreeing, with a false root", f.Verify(l.party), ErrProof)
		f.Root[0] ^= 1
		if size < 7 {
			f.A, f.B = f.B, f.A
			wants(t, "the wrong way round", f.Verify(l.party), ErrProof)
		}
	}
	empty, _ := sign(l.party, EmptyTree(), signWith(l.keys.log))
	f := &Fork{A: empty, B: north.copy.Newest(), Root: Hash{1}}
	wants(t, "from nothing", f.Verify(l.party), ErrProof)
}

// Both checkpoints of a fork must be its author's: a stranger's signature would
// accuse the innocent.
func TestForksNeedBothSignatures(t *testing.T) {
	l, north := honest(t, 7)
	_, trees := grown(3)
	lie, _ := sign(l.party, trees[3], signWith(l.keys.log))
	_, err := north.copy.Compare(lie)
	wants(t, "compared", err, ErrFork)
	f := north.copy.State().Fork
	unsigned := func(c *Checkpoint) *Checkpoint {
		return &Checkpoint{Origin: c.Origin, Tree: c.Tree, Signature: make([]byte, SignatureSize)}
	}
	wants(t, "the smaller unsigned", (&Fork{unsigned(f.A), f.B, f.Root, f.Proof}).Verify(l.party), ErrSignature)
	wants(t, "the larger unsigned", (&Fork{f.A, unsigned(f.B), f.Root, f.Proof}).Verify(l.party), ErrSignature)
	wants(t, "against somebody else", f.Verify(north.party), ErrSignature)
}

func TestEveryByteOfAForkCounts(t *testing.T) {
	l, north := honest(t, 7)
	var e edge
	for i := range int64(3) {
		e.add(leafOf(i).Hash())
	}
	lie, _ := sign(l.party, e.tree(), signWith(l.keys.log))
	_, err := north.copy.Compare(lie)
	wants(t, "compared", err, ErrFork)
	text := north.copy.State().Fork.Text(l.party)
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if _, err := ParseFork(changed, l.party); err == nil {
			t.Errorf("byte %d (%q) is not noticed", i, text[i])
		}
		if _, err := ParseFork(text[:i], l.party); err == nil {
			t.Errorf("cut at %d is not noticed", i)
		}
	}
	for name, s := range map[string]string{"more": string(text) + "\n", "more of proof": string(text) + "proof x\n", "too long": string(make([]byte, maxFork+1))} {
		_, err := ParseFork([]byte(s), l.party)
		wants(t, name, err, ErrMalformed)
	}
	stray := *north.copy.State().Fork
	full := signedBy(t, north, l.side, lie.Tree) // its co-signature has no place here
	stray.A = &Checkpoint{Origin: lie.Origin, Tree: lie.Tree, Signature: lie.Signature, Cosignature: full.Cosignature}
	if err := stray.Verify(l.party); err != nil {
		t.Error(err)
	}
}

// A checkpoint that is larger and does not continue ours is proved wrong by what
// its author says of its beginning.
func TestContest(t *testing.T) {
	l, north := honest(t, 3)
	wants(t, "with nothing offered", north.copy.Contest(Hash{1}, nil), ErrProof)
	liars, trees := grown(9)
	lie, _ := sign(l.party, trees[9], signWith(l.keys.log))
	if missing, err := north.copy.Compare(lie); err != nil || missing != 6 {
		t.Fatalf("%d missing, %v", missing, err)
	}
	p, _ := ProveTree(3, 9, liars)
	wants(t, "a root that it does not have", north.copy.Contest(Hash{1}, p), ErrProof)
	wants(t, "contest", north.copy.Contest(trees[3].Root, p), ErrFork)
	if f := north.copy.State().Fork; f == nil || f.Verify(l.party) != nil {
		t.Error("no proof")
	}
	wants(t, "again", north.copy.Contest(trees[3].Root, p), ErrProof)
}

// A fork that is found while a batch is written is in what is stored with it.
func TestAForkWhileWriting(t *testing.T) {
	l, north := honest(t, 3)
	b := l.says(func(*Entry) {})
	x, err := north.copy.Accept([][]byte{b}, l.signs(b))
	if err != nil {
		t.Fatal(err)
	}
	_, trees := grown(2)
	lie, _ := sign(l.party, trees[2], signWith(l.keys.log))
	_, err = north.copy.Compare(lie)
	wants(t, "compared", err, ErrFork)
	north.its.write(t, x)
	north.copy.Committed()
	if north.copy.State().Fork == nil {
		t.Error("the batch undid the proof")
	}
	north.open()
	_, err = north.copy.Compare(lie)
	wants(t, "after a restart", err, ErrFork)
}

// A copy that was lost is fetched again, though the author has erased bodies since.
// Only our own co-signature lets erased entries in, and only up to its size.
func TestALostCopyIsFetchedAgain(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"), say("two"))
	north.send()
	cosigned := north.log.State().Cosigned
	north.write(say("three"))
	whole := append([][]byte(nil), north.own.entries...)
	var erased [][]byte
	for _, b := range whole {
		e, err := ParseEntry(b)
		if err != nil {
			t.Fatal(err)
		}
		e.Erase()
		erased = append(erased, e.append(nil))
	}
	south.its = new(disk)
	south.open()
	if st, err := north.log.Heard(noon, south.copy.Newest()); st != FarBehind || err != nil {
		t.Fatalf("%s, %v", st, err)
	}
	newest := north.log.State().Newest
	_, err := south.copy.Accept(erased, newest)
	wants(t, "erased, not recalled", err, ErrMalformed)
	wants(t, "recall without our co-signature", south.copy.Recall(newest), ErrSignature)
	own, _ := sign(south.party, cosigned.Tree, signWith(south.keys.log))
	wants(t, "recall of our own log", south.copy.Recall(own), ErrSignature)
	if err := south.copy.Recall(cosigned); err != nil {
		t.Fatal(err)
	}
	_, err = south.copy.Accept(erased, newest)
	wants(t, "erased, and new", err, ErrMalformed)
	north.own.entries = [][]byte{erased[0], erased[1], whole[2]}
	north.send()
	if missing, err := south.copy.Compare(cosigned); err != nil || missing != -1 {
		t.Errorf("%d missing, %v", missing, err)
	}
	if north.log.Standing() != Stands {
		t.Errorf("standing %s", north.log.Standing())
	}
}

// What is co-signed while a batch is written is not undone by it.
func TestCosigningWhileWriting(t *testing.T) {
	for want, cosign := range map[ProofState]func(*Copy, time.Time) (*Checkpoint, error){
		ProofClassical: (*Copy).Cosign,
		ProofFull:      (*Copy).CosignPQ,
	} {
		l, north := honest(t, 3)
		b := l.says(func(*Entry) {})
		x, err := north.copy.Accept([][]byte{b}, l.signs(b))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := cosign(north.copy, noon); err != nil || c.Tree.Size != 3 {
			t.Errorf("%s: co-signed %+v, %v", want, c, err)
		}
		north.its.write(t, x)
		north.copy.Committed()
		if s := north.copy.State(); s.Proof(2) != want || s.Proof(3) != ProofNone {
			t.Errorf("proof states %s, %s, want %s", s.Proof(2), s.Proof(3), want)
		}
	}
}
