package record

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func TestARecordGrowsOnBothSides(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"), say("two"))
	if p := north.log.State(); p.Proof(0) != ProofNone {
		t.Errorf("not co-signed, and its proof is %s", p.Proof(0))
	}
	north.send()
	south.append(Draft{Time: noon, Body: Receipt{Read, "Bo"}, Seen: south.copy.Tree(), About: []Ref{other(Answers, 1), other(Answers, 0)}})
	south.send()
	north.write(say("three"))
	north.send()
	if north.own.state.Proof(2) != ProofClassical || north.own.state.Proof(3) != ProofNone {
		t.Errorf("proof states %s, %s", north.own.state.Proof(2), north.own.state.Proof(3))
	}
	x, err := south.copy.CosignPQ(noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := north.log.CosignedPQ(x.Tree.Size, x.CosignaturePQ); err != nil {
		t.Fatal(err)
	}
	if s := north.log.State(); s.Proof(2) != ProofFull {
		t.Errorf("proof state %s", s.Proof(2))
	}
	for _, s := range []*side{north, south} {
		if s.log.Tree() != s.far.copy.Tree() {
			t.Errorf("log %s, copy %s", s.log.Tree(), s.far.copy.Tree())
		}
		if !reflect.DeepEqual(s.own.entries, s.far.its.entries) {
			t.Error("log and copy differ")
		}
	}
}

// Numbers are given only after the far side was heard, in every run and after
// every loss of the line.
func TestNothingIsNumberedUnheard(t *testing.T) {
	north, south := pair(t)
	draft := Draft{Time: noon, Body: say("x")}
	_, err := north.log.Append(draft)
	wants(t, "at the start", err, ErrStanding)
	_, err = north.log.CheckpointAt(0)
	wants(t, "signing at the start", err, ErrStanding)
	meet(north, south)
	north.write(say("x"))
	north.log.Down(noon)
	_, err = north.log.Append(draft)
	wants(t, "after the line was lost", err, ErrStanding)
	north.send()
	north.open()
	_, err = north.log.Append(draft)
	wants(t, "after a restart", err, ErrStanding)
	meet(north, south)
	north.write(say("y"))
}

// What may have been written is written again as it was, and nothing else.
func TestABatchInFlightIsTheOnlyOne(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	if _, err := north.log.Append(Draft{Time: noon, Body: say("x")}); err != nil {
		t.Fatal(err)
	}
	_, err := north.log.Append(Draft{Time: noon, Body: say("other")})
	wants(t, "a second batch", err, ErrBusy)
	_, err = north.log.Heard(noon, nil)
	wants(t, "hearing meanwhile", err, ErrBusy)
	if north.log.Tree() != EmptyTree() {
		t.Error("what is not durable is in the tree")
	}
	_, err = north.log.TreeAt(1)
	wants(t, "its tree", err, ErrSeen)
	north.log.Committed(noon)
	if north.log.Tree().Size != 1 {
		t.Error("what is durable is not in the tree")
	}
	north.log.Committed(noon) // nothing to commit
}

func TestDraftsThatAreRefused(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	south.write(say("south one"), say("south two"))
	south.send()
	north.append(Draft{Time: noon, Body: say("x"), Seen: north.copy.Tree()})
	north.log.Allow(Allowance{3, 4})
	call := Draft{Time: noon, Body: CallStep{Step: StepCalled}, Call: aCall, Seen: north.copy.Tree()}
	text := Draft{Time: noon, Body: say("x"), Seen: north.copy.Tree()}
	for _, c := range []struct {
		name   string
		drafts []Draft
		fault  error
	}{
		{"has seen less than the one before", []Draft{{Time: noon, Body: say("x")}}, ErrSeen},
		{"answers what is to come", []Draft{{Time: noon, Body: say("x"), Seen: text.Seen, About: []Ref{own(Answers, 1)}}}, ErrAbout},
		{"no time", []Draft{{Body: say("x"), Seen: text.Seen}}, ErrMalformed},
		{"no body", []Draft{{Time: noon}}, ErrMalformed},
		{"no room", []Draft{text, text, text}, ErrLimit},
		{"no room, not for calls", []Draft{text, text, call, call}, ErrLimit},
	} {
		_, err := north.log.Append(c.drafts...)
		wants(t, c.name, err, c.fault)
	}
	north.append(text, text, call)
	north.log.Allow(Allowance{1000, 1000})
	_, err := north.log.Append(make([]Draft, 300)...)
	wants(t, "300 without body", err, ErrMalformed)
	many := make([]Draft, MaxBatch+1)
	for i := range many {
		many[i] = text
	}
	_, err = north.log.Append(many...)
	wants(t, "too many", err, ErrLimit)
	text.Body = Message{string(bytes.Repeat([]byte("x"), MaxText))}
	for i := range many {
		many[i] = text
	}
	_, err = north.log.Append(many[:100]...)
	wants(t, "too much", err, ErrLimit)
	north.append(text)
}

// A station that was restored from a backup is told what it had signed, gets it
// back in parts, and goes on after it.
func TestARestoredStationGoesOnAfterWhatItHadSigned(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"))
	north.send()
	backup := north.own.clone()
	for i := range 6 {
		north.write(say("later %d", i))
		north.send()
	}
	lost := north.own.entries
	north.own = backup
	north.open()
	st, err := north.log.Heard(noon, south.copy.Newest())
	if st != Behind || err != nil {
		t.Fatalf("%s, %v: want behind", st, err)
	}
	_, err = north.log.Append(Draft{Time: noon, Body: say("a second history")})
	wants(t, "numbering while behind", err, ErrStanding)
	_, err = north.log.TreeAt(3)
	wants(t, "what it does not hold yet", err, ErrStanding)

	target := north.log.Target()
	for part := range 3 {
		at := int64(1 + 2*part)
		p, err := ProveTree(at+2, target.Tree.Size, south.its)
		if err != nil {
			t.Fatal(err)
		}
		_, err = north.log.CatchUp(lost[at+1:at+2], p)
		wants(t, "a gap", err, ErrNumber)
		_, err = north.log.CatchUp(lost[at:at+1], p)
		wants(t, "a proof for another size", err, ErrProof)
		e, _ := ParseEntry(lost[at])
		e.Body = say("never said")
		forged, _ := e.Encode()
		_, err = north.log.CatchUp([][]byte{forged, lost[at+1]}, p)
		wants(t, "another text", err, ErrProof)

		erased, _ := ParseEntry(lost[at])
		erased.Erase()
		gone, _ := erased.Encode()
		b, err := north.log.CatchUp([][]byte{gone, lost[at+1]}, p)
		if err != nil {
			t.Fatal(err)
		}
		_, err = north.log.CatchUp(nil, p)
		wants(t, "two at once", err, ErrBusy)
		north.own.write(t, b)
		north.log.Committed(noon)
	}
	if north.log.Standing() != Stands || north.log.Tree() != south.copy.Tree() {
		t.Fatalf("%s with %s, want %s", north.log.Standing(), north.log.Tree(), south.copy.Tree())
	}
	if s := north.log.State(); s.Proof(6) != ProofClassical {
		t.Errorf("the co-signature was lost: %s", s.Proof(6))
	}
	_, err = north.log.CatchUp(nil, nil)
	wants(t, "catching up with nothing", err, ErrStanding)
	north.write(say("and on"))
	north.send()
}

// A far side that lost what it had co-signed gets it again before anything new
// is numbered.
func TestTheFarSideLostItsCopy(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"))
	north.send()
	backup := south.its.clone()
	north.write(say("two"), say("three"))
	north.send()
	south.its = backup
	south.open()
	st, err := north.log.Heard(noon, south.copy.Newest())
	if st != FarBehind || err != nil {
		t.Fatalf("%s, %v: want far behind", st, err)
	}
	_, err = north.log.Append(Draft{Time: noon, Body: say("x")})
	wants(t, "numbering", err, ErrStanding)
	if x, err := north.log.CheckpointAt(2); err != nil || x.Verify(north.party) != nil || x.Tree.Size != 2 {
		t.Errorf("an earlier size: %+v, %v", x, err)
	}
	north.send()
	if north.log.Standing() != Stands {
		t.Errorf("%s after it was sent again", north.log.Standing())
	}
	north.write(say("four"))
	north.send()
}

// Two stations that were started from one snapshot: the second to be heard is told
// so, with the proof, and never signs again.
func TestAClonedStationIsStopped(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"))
	north.send()
	snapshot := north.own.clone()
	clone := &side{t: t, keys: north.keys, party: north.party, far: south, own: snapshot, its: north.its.clone(), salt: 100}
	clone.open()
	meet(clone, south) // both number before either is heard again
	clone.write(say("the clone's"))
	north.write(say("the original's"), say("and more"))
	clone.send()
	north.log.Down(noon)

	st, err := north.log.Heard(noon, south.copy.Newest())
	wants(t, "the original", err, ErrFork)
	if st != Forked || north.log.Standing() != Forked {
		t.Errorf("standing %s", st)
	}
	fork := north.log.State().Fork
	if err := fork.Verify(north.party); err != nil {
		t.Error(err)
	}
	_, err = north.log.Append(Draft{Time: noon, Body: say("x")})
	wants(t, "after the fork", err, ErrFork)
	_, err = north.log.Heard(noon, nil)
	wants(t, "heard after the fork", err, ErrFork)
	north.own.state = north.log.State()
	north.open()
	if north.log.Standing() != Forked {
		t.Errorf("forgotten by a restart: %s", north.log.Standing())
	}
	_, err = south.copy.Compare(north.own.state.Newest) // larger: not known to be wrong
	if err != nil {
		t.Fatal(err)
	}
	p, err := ProveTree(2, 3, north.own)
	if err != nil {
		t.Fatal(err)
	}
	prefix, _ := TreeAt(2, north.own)
	wants(t, "contest with a root that agrees", south.copy.Contest(south.copy.Tree().Root, nil), ErrProof)
	wants(t, "contest", south.copy.Contest(prefix.Root, p), ErrFork)
	_, err = south.copy.Cosign(noon)
	wants(t, "co-signing a forked log", err, ErrFork)
	_, err = south.copy.CosignPQ(noon)
	wants(t, "co-signing a forked log", err, ErrFork)
	_, err = south.copy.Accept(nil, north.own.state.Newest)
	wants(t, "accepting more of it", err, ErrNumber)
	_, err = south.copy.Compare(north.own.state.Newest)
	wants(t, "comparing", err, ErrFork)
}

// The clone that is behind learns of it by the far side's proof.
func TestTheTargetIsAnotherHistory(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	clone := &side{t: t, keys: north.keys, party: north.party, far: south, own: new(disk), its: new(disk), salt: 100}
	clone.open()
	meet(clone, south)
	clone.write(say("the clone's"))
	north.write(say("a"), say("b"), say("c"))
	north.send()
	clone.log.Down(noon)
	wants(t, "contest before anything is heard", clone.log.Contest(Hash{}, nil), ErrStanding)
	if st, err := clone.log.Heard(noon, south.copy.Newest()); st != Behind || err != nil {
		t.Fatalf("%s, %v", st, err)
	}
	p, err := ProveTree(1, 3, south.its)
	if err != nil {
		t.Fatal(err)
	}
	_, err = clone.log.CatchUp(north.own.entries[1:], nil)
	wants(t, "catching up with another history", err, ErrProof)
	first, _ := TreeAt(1, south.its)
	wants(t, "contest without proof", clone.log.Contest(first.Root, nil), ErrProof)
	wants(t, "contest", clone.log.Contest(first.Root, p), ErrFork)
	if f := clone.log.State().Fork; f == nil || f.Verify(north.party) != nil || clone.log.Standing() != Forked {
		t.Errorf("no proof of the fork: %+v, %s", f, clone.log.Standing())
	}
}

// The far side lies about what it holds of ours.
func TestHearingLies(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"))
	north.send()
	forged := *south.copy.Newest()
	forged.Tree.Size = 9
	_, err := north.log.Heard(noon, &forged)
	wants(t, "never signed", err, ErrSignature)
	forged = *south.copy.Newest()
	forged.Origin = south.party.Origin
	_, err = north.log.Heard(noon, &forged)
	wants(t, "of the other log", err, ErrSignature)
	forged = *south.copy.Newest()
	forged.Cosignature = bytes.Clone(forged.Cosignature)
	forged.Cosignature[0]++
	_, err = north.log.Heard(noon, &forged)
	wants(t, "its time changed", err, ErrSignature)
	if north.log.Standing() != Stands {
		t.Errorf("a lie changed the standing to %s", north.log.Standing())
	}
}

func TestForgedCosignatures(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"), say("two"))
	x, _ := south.copy.Accept(north.own.entries, north.log.State().Newest)
	south.its.write(t, x)
	south.copy.Committed()
	c, _ := south.copy.Cosign(noon)
	pq, _ := south.copy.CosignPQ(noon)
	for i := range c.Cosignature {
		bad := bytes.Clone(c.Cosignature)
		bad[i] ^= 1
		wants(t, "changed", north.log.Cosigned(noon, 2, bad), ErrSignature)
	}
	wants(t, "for another size", north.log.Cosigned(noon, 1, c.Cosignature), ErrSignature)
	wants(t, "for what is to come", north.log.Cosigned(noon, 3, c.Cosignature), ErrSeen)
	wants(t, "for size -1", north.log.Cosigned(noon, -1, c.Cosignature), ErrSeen)
	wants(t, "none", north.log.Cosigned(noon, 2, nil), ErrSignature)
	wants(t, "the other kind", north.log.Cosigned(noon, 2, pq.CosignaturePQ), ErrSignature)
	wants(t, "pq, the other kind", north.log.CosignedPQ(2, c.Cosignature), ErrSignature)
	wants(t, "pq, for another size", north.log.CosignedPQ(1, pq.CosignaturePQ), ErrSignature)
	own, _ := north.copy.cfg.Cosign(c.Text())
	wants(t, "our own", north.log.Cosigned(noon, 2, own), ErrSignature)
	if s := north.log.State(); s.Cosigned != nil || s.CosignedPQ != nil {
		t.Error("a forged co-signature was kept")
	}
}

// A co-signature that comes while a batch is written is not undone by it.
func TestCosignedWhileWriting(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"))
	b, err := north.log.Append(Draft{Time: noon, Body: say("two")})
	if err != nil {
		t.Fatal(err)
	}
	x, _ := south.copy.Accept(north.own.entries, north.own.state.Newest)
	south.its.write(t, x)
	south.copy.Committed()
	c, _ := south.copy.Cosign(noon)
	if err := north.log.Cosigned(noon, 1, c.Cosignature); err != nil {
		t.Fatal(err)
	}
	north.own.write(t, b)
	north.log.Committed(noon)
	if s := north.log.State(); s.Proof(0) != ProofClassical || s.Proof(1) != ProofNone {
		t.Errorf("proof states %s, %s", s.Proof(0), s.Proof(1))
	}
}

// What was stored is verified before it is used.
func TestDamagedStates(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("one"), say("two"), say("three"))
	north.send()
	for name, damage := range map[string]func(d *disk){
		"a hash":          func(d *disk) { d.hashes[len(d.hashes)-1][3] ^= 1 },
		"hashes missing":  func(d *disk) { d.hashes = d.hashes[:2] },
		"newest":          func(d *disk) { d.state.Newest = d.state.Newest.bare(); d.state.Newest.Tree.Size++ },
		"newest missing":  func(d *disk) { d.state.Newest = nil },
		"the signature":   func(d *disk) { d.state.Newest = &Checkpoint{Origin: d.state.Newest.Origin, Tree: d.state.Newest.Tree} },
		"co-signature":    func(d *disk) { d.state.Cosigned = d.state.Newest.bare() },
		"pq co-signature": func(d *disk) { d.state.CosignedPQ = d.state.Newest.bare() },
		"a fork": func(d *disk) {
			d.state.Fork = &Fork{A: d.state.Newest, B: d.state.Newest, Root: d.state.Newest.Tree.Root}
		},
		"another's": func(d *disk) { d.state.Newest = &Checkpoint{Origin: "x"} },
	} {
		cfg := north.logConfig()
		d := north.own.clone()
		damage(d)
		cfg.Hashes, cfg.State = d, d.state
		if _, err := OpenLog(cfg); err == nil {
			t.Errorf("%s damaged: the log opens", name)
		}
		copyCfg := south.copyConfig()
		copyCfg.Hashes, copyCfg.State = d, d.state
		if _, err := OpenCopy(copyCfg); err == nil {
			t.Errorf("%s damaged: the copy opens", name)
		}
	}
	cfg := north.logConfig()
	cfg.Far = &Party{Origin: "ringdown/nobody"}
	_, err := OpenLog(cfg)
	wants(t, "no keys", err, ErrMalformed)
	cfg.Far = &Party{Origin: "a name with+plus"}
	_, err = OpenLog(cfg)
	wants(t, "a name that no note can have", err, ErrMalformed)
}

// A party without a post-quantum key has no full proof, and nothing panics.
func TestWithoutPostQuantumKey(t *testing.T) {
	north, south := pair(t)
	south.party.CosignPQ = nil
	meet(north, south)
	north.write(say("one"))
	north.send()
	wants(t, "pq", north.log.CosignedPQ(1, make([]byte, CosignaturePQSize)), ErrSignature)
	text := north.log.State().Cosigned.Note(north.party, south.party)
	if _, err := OpenNote(text, north.party, south.party); err != nil {
		t.Error(err)
	}
}

// Salts are random unless a test says otherwise, and none comes twice.
func TestSaltsAreRandom(t *testing.T) {
	north, south := pair(t)
	cfg := north.logConfig()
	cfg.Salt = nil
	var err error
	if north.log, err = OpenLog(cfg); err != nil {
		t.Fatal(err)
	}
	north.log.Allow(Allowance{100, 100})
	meet(north, south)
	north.write(say("x"), say("x"), say("x"))
	seen := map[Salt]bool{{}: true}
	for _, b := range north.own.entries {
		e, err := ParseEntry(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []Salt{e.HeaderSalt, e.BodySalt} {
			if seen[s] {
				t.Errorf("the salt %x comes twice", s)
			}
			seen[s] = true
		}
	}
}

func TestErrorsOfSignersAreKept(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	broken := errors.New("no token")
	north.log.cfg.Sign = func([]byte) ([]byte, error) { return nil, broken }
	if _, err := north.log.Append(); !errors.Is(err, broken) {
		t.Errorf("log: %v", err)
	}
	north.log.cfg.Sign = signWith(north.keys.log)
	north.write()
	north.send()
	south.copy.cfg.Cosign = north.log.cfg.Sign
	_, err := south.copy.Cosign(noon)
	wants(t, "another's key", err, ErrSignature)
	south.copy.cfg.CosignPQ = signPQWith(north.keys.pq)
	_, err = south.copy.CosignPQ(noon)
	wants(t, "another's post-quantum key", err, ErrSignature)
	south.copy.cfg.CosignPQ = func([]byte) ([]byte, error) { return nil, broken }
	if _, err := south.copy.CosignPQ(noon); !errors.Is(err, broken) {
		t.Errorf("copy: %v", err)
	}
}
