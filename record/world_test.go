package record

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"filippo.io/mldsa"
)

var noon = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)

// A disk is a store in memory, which holds a batch to its promise.
type disk struct {
	entries [][]byte
	hashes  []Hash
	state   State
}

func (d *disk) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, 0, len(indexes))
	for _, i := range indexes {
		if i < 0 || i >= int64(len(d.hashes)) {
			return nil, fmt.Errorf("disk: no hash %d", i)
		}
		out = append(out, d.hashes[i])
	}
	return out, nil
}

func (d *disk) write(t testing.TB, b *Batch) {
	t.Helper()
	if b.First != int64(len(d.entries)) || b.HashIndex() != int64(len(d.hashes)) {
		t.Fatalf("batch from entry %d, hash %d on: the disk has %d and %d", b.First, b.HashIndex(), len(d.entries), len(d.hashes))
	}
	d.entries = append(d.entries, b.Entries...)
	d.hashes = append(d.hashes, b.Hashes...)
	d.state = b.State
}

func (d *disk) clone() *disk {
	return &disk{slices.Clone(d.entries), slices.Clone(d.hashes), d.state}
}

// A side is one station's half of the record of one line.
type side struct {
	t        testing.TB
	party    *Party
	keys     testKeys
	far      *side
	log      *Log
	copy     *Copy
	own, its *disk // the own log; the copy of the other's
	salt     byte
}

type testKeys struct {
	log, cosign ed25519.PrivateKey
	pq          *mldsa.PrivateKey
}

// made keeps the keys: ML-DSA's take long to make when a fuzzer watches.
var made sync.Map

func keysOf(seed string) testKeys {
	if k, ok := made.Load(seed); ok {
		return k.(testKeys)
	}
	k := newKeys(seed)
	made.Store(seed, k)
	return k
}

func newKeys(seed string) testKeys {
	s := func(what string) []byte { h := sha256.Sum256([]byte(seed + what)); return h[:] }
	pq, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), s("pq"))
	if err != nil {
		panic(err)
	}
	return testKeys{ed25519.NewKeyFromSeed(s("log")), ed25519.NewKeyFromSeed(s("cosign")), pq}
}

func (k testKeys) party(first bool) *Party {
	return &Party{
		Origin:   Origin(sha256.Sum256([]byte("accord")), first),
		Log:      k.log.Public().(ed25519.PublicKey),
		Cosign:   k.cosign.Public().(ed25519.PublicKey),
		CosignPQ: k.pq.PublicKey(),
	}
}

func signWith(k ed25519.PrivateKey) Signer {
	return func(m []byte) ([]byte, error) { return ed25519.Sign(k, m), nil }
}

func signPQWith(k *mldsa.PrivateKey) Signer {
	return func(m []byte) ([]byte, error) { return k.SignDeterministic(m, nil) }
}

// pair makes two stations that have just signed an accord.
func pair(t testing.TB) (north, south *side) {
	north, south = newSide(t, "north", true), newSide(t, "south", false)
	north.far, south.far = south, north
	north.open()
	south.open()
	return north, south
}

func newSide(t testing.TB, name string, first bool) *side {
	k := keysOf(name)
	return &side{t: t, keys: k, party: k.party(first), own: new(disk), its: new(disk)}
}

func (s *side) logConfig() LogConfig {
	return LogConfig{Own: s.party, Far: s.far.party, Sign: signWith(s.keys.log), Hashes: s.own, State: s.own.state, Salt: s.nextSalt}
}

func (s *side) copyConfig() CopyConfig {
	return CopyConfig{Own: s.party, Far: s.far.party, Cosign: signWith(s.keys.cosign), CosignPQ: signPQWith(s.keys.pq),
		Hashes: s.its, State: s.its.state, OwnTree: func(n int64) (Tree, error) { return s.log.TreeAt(n) }}
}

// open starts the station, or starts it again, from its disks.
func (s *side) open() {
	s.t.Helper()
	var err error
	if s.log, err = OpenLog(s.logConfig()); err != nil {
		s.t.Fatal(err)
	}
	if s.copy, err = OpenCopy(s.copyConfig()); err != nil {
		s.t.Fatal(err)
	}
	s.log.Allow(Allowance{1000, 2000})
	s.copy.Allow(Allowance{1000, 2000})
}

func (s *side) nextSalt() Salt {
	s.salt++
	return Salt(bytes.Repeat([]byte{s.salt}, 16))
}

// meet lets both hear what the other holds.
func meet(a, b *side) {
	a.t.Helper()
	for _, s := range []*side{a, b} {
		s.log.Up(noon)
		if st, err := s.log.Heard(noon, s.far.copy.Newest()); err != nil || st != Stands {
			s.t.Fatalf("heard: %s, %v", st, err)
		}
	}
}

// write appends, and makes durable.
func (s *side) write(bodies ...Body) *Batch {
	s.t.Helper()
	var drafts []Draft
	for _, b := range bodies {
		drafts = append(drafts, Draft{Time: noon, Body: b, Seen: s.copy.Tree()})
	}
	return s.append(drafts...)
}

func (s *side) append(drafts ...Draft) *Batch {
	s.t.Helper()
	b, err := s.log.Append(drafts...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.own.write(s.t, b)
	s.log.Committed(noon)
	return b
}

// send gives the far side what it has not, and takes its co-signature.
func (s *side) send() {
	s.t.Helper()
	f := s.far
	b, err := f.copy.Accept(s.own.entries[f.copy.Tree().Size:], s.log.State().Newest)
	if err != nil {
		s.t.Fatal(err)
	}
	f.its.write(s.t, b)
	f.copy.Committed()
	x, err := f.copy.Cosign(noon.Add(time.Second))
	if err != nil {
		s.t.Fatal(err)
	}
	f.its.state = f.copy.State()
	if err := s.log.Cosigned(noon, x.Tree.Size, x.Cosignature); err != nil {
		s.t.Fatal(err)
	}
	s.own.state = s.log.State()
}

func say(format string, args ...any) Body { return Message{fmt.Sprintf(format, args...)} }

func wants(t testing.TB, what string, err, fault error) {
	t.Helper()
	if !errors.Is(err, fault) {
		t.Errorf("%s: %v: want %q", what, err, fault)
	}
	if r := new(Refusal); err != nil && !errors.As(err, &r) {
		t.Errorf("%s: %v: not a refusal", what, err)
	}
}
