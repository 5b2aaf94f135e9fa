package disclose

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/mldsa"

	"ringdown/accord"
	"ringdown/record"
)

var noon = time.Date(2027, 6, 29, 12, 0, 0, 0, time.UTC)

// A desk is one side with fixed keys: its own log, and its copy of the other's.
type desk struct {
	t         testing.TB
	side      side
	keys      [len(roles)]ed25519.PrivateKey
	pq        *mldsa.PrivateKey
	text      string // section of the accord
	party     *record.Party
	far       *desk
	log       *record.Log
	copy      *record.Copy
	own, its  *shelf
	salts     uint64
	clockSkew time.Duration
}

// A shelf is a store in memory.
type shelf struct {
	entries [][]byte
	hashes  []record.Hash
}

func (s *shelf) ReadHashes(indexes []int64) (out []record.Hash, err error) {
	for _, i := range indexes {
		if i < 0 || i >= int64(len(s.hashes)) {
			return nil, fmt.Errorf("no hash %d", i)
		}
		out = append(out, s.hashes[i])
	}
	return out, nil
}

func (s *shelf) add(b *record.Batch) {
	s.entries = append(s.entries, b.Entries...)
	s.hashes = append(s.hashes, b.Hashes...)
}

func seed(words ...string) []byte {
	h := sha256.Sum256([]byte(strings.Join(words, " ")))
	return h[:]
}

func newDesk(t testing.TB, name string, s side) *desk {
	d := &desk{t: t, side: s, own: new(shelf), its: new(shelf)}
	d.text = "name " + name + "\n"
	for i, r := range roles {
		var public []byte
		if r.algorithm == "ed25519" {
			d.keys[i] = ed25519.NewKeyFromSeed(seed(name, r.name))
			public = d.keys[i].Public().(ed25519.PublicKey)
		} else {
			d.pq, _ = mldsa.NewPrivateKey(mldsa.MLDSA44(), seed(name, r.name))
			public = d.pq.PublicKey().Bytes()
		}
		d.text += keyText(r, public)
	}
	return d
}

func keyText(r role, public []byte) string {
	successor := "identity"
	if r.name == "identity" {
		successor = "accord"
	}
	text := fmt.Sprintf("key %s 1 %s %s\n", r.name, successor, r.algorithm)
	s := base64.RawStdEncoding.EncodeToString(public)
	for ; len(s) > blockWidth; s = s[blockWidth:] {
		text += "  " + s[:blockWidth] + "\n"
	}
	return text + "  " + s + "\n"
}

// A world is a line with its record.
type world struct {
	t            testing.TB
	north, south *desk
	accord       []accord.Section
	digest       [32]byte
	now          time.Time
}

// newWorld signs an accord of that rule, and writes entry 0 of both logs.
func newWorld(t testing.TB, rule record.Rule) *world {
	w := &world{t: t, north: newDesk(t, "North", first), south: newDesk(t, "South", second), now: noon}
	w.north.far, w.south.far = w.south, w.north
	for i, name := range sections {
		text := "made up for tests: " + name + ", rule " + rule.String() + "\n"
		switch i {
		case sectionFirst:
			text = w.north.text
		case sectionSecond:
			text = w.south.text
		}
		sum := sha256.Sum256([]byte("ringdown section 1 " + name + "\n" + text))
		w.accord = append(w.accord, accord.Section{Name: name, Digest: sum, Text: text})
	}
	f := new(file)
	if err := f.takeAccord(w.accord); err != nil {
		t.Fatal(err)
	}
	w.digest = f.Accord
	for _, d := range []*desk{w.north, w.south} {
		d.party = f.Parties[d.side].keys(w.digest, d.side)
	}
	for _, d := range []*desk{w.north, w.south} {
		d.open()
	}
	for _, d := range []*desk{w.north, w.south} {
		w.write(d, record.AccordChange{Digest: w.digest, Rule: rule})
	}
	return w
}

func (d *desk) open() {
	sign := func(k int) record.Signer {
		return func(m []byte) ([]byte, error) { return ed25519.Sign(d.keys[k], m), nil }
	}
	var err error
	d.log, err = record.OpenLog(record.LogConfig{Own: d.party, Far: d.far.party, Sign: sign(roleLog), Hashes: d.own, Salt: d.salt})
	d.must(err)
	d.copy, err = record.OpenCopy(record.CopyConfig{Own: d.party, Far: d.far.party, Cosign: sign(roleCosign), Hashes: d.its,
		CosignPQ: func(m []byte) ([]byte, error) { return d.pq.SignDeterministic(m, nil) },
		OwnTree:  func(n int64) (record.Tree, error) { return d.log.TreeAt(n) }})
	d.must(err)
	d.log.Allow(record.Allowance{Entries: 1 << 20, Calls: 1 << 20})
	d.copy.Allow(record.Allowance{Entries: 1 << 20, Calls: 1 << 20})
	_, err = d.log.Heard(noon, nil)
	d.must(err)
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) salt() (s record.Salt) {
	d.salts++
	copy(s[:], seed(d.side.String(), fmt.Sprint(d.salts)))
	return s
}

// write appends one entry, which the other side takes and co-signs; a second goes by.
func (w *world) write(d *desk, body record.Body, about ...record.Ref) int64 {
	return w.writeIn(d, record.CallID{}, body, about...)
}

func (w *world) writeIn(d *desk, call record.CallID, body record.Body, about ...record.Ref) int64 {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	b, err := d.log.Append(record.Draft{Time: w.now.Add(d.clockSkew), Call: call, Seen: d.copy.Tree(), About: about, Body: body})
	d.must(err)
	d.own.add(b)
	d.log.Committed(w.now)
	taken, err := d.far.copy.Accept(b.Entries, d.log.State().Newest)
	d.must(err)
	d.far.its.add(taken)
	d.far.copy.Committed()
	w.cosign(d)
	return int64(len(d.own.entries)) - 1
}

func (w *world) cosign(d *desk) {
	w.t.Helper()
	c, err := d.far.copy.Cosign(w.now.Add(d.far.clockSkew))
	d.must(err)
	d.must(d.log.Cosigned(w.now, c.Tree.Size, c.Cosignature))
}

// full lets both sides co-sign with ML-DSA-44.
func (w *world) full() {
	w.t.Helper()
	for _, d := range []*desk{w.north, w.south} {
		c, err := d.far.copy.CosignPQ(w.now.Add(d.far.clockSkew))
		d.must(err)
		d.must(d.log.CosignedPQ(c.Tree.Size, c.CosignaturePQ))
	}
}

func (w *world) source(d *desk) Log {
	return Log{Author: d.party, Other: d.far.party, State: d.log.State(), Hashes: d.own,
		Entry: func(n int64) ([]byte, error) { return d.own.entries[n], nil }}
}

// request is one of North, without entries.
func (w *world) request() Request {
	return Request{First: w.source(w.north), Second: w.source(w.south), Accord: w.accord, By: true, Made: w.now.Add(time.Minute)}
}

func (w *world) make(r Request) []byte {
	w.t.Helper()
	b, err := Make(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func callID(n uint64) (id record.CallID) {
	binary.BigEndian.PutUint64(id[8:], n)
	id[0] = 0xca
	return id
}

// entries asks for single entries with their bodies: North's, then South's.
func entries(north, south []int64) (list []Entries) {
	for _, n := range north {
		list = append(list, Entries{true, n, n + 1, true})
	}
	for _, n := range south {
		list = append(list, Entries{false, n, n + 1, true})
	}
	return list
}

func headers(list []Entries) []Entries {
	list = slices.Clone(list)
	for i := range list {
		list[i].Bodies = false
	}
	return list
}
