package station

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/mldsa"

	"ringdown/api"
	"ringdown/console"
	"ringdown/record"
	"ringdown/store"
)

// Records are a world whose line keeps its record at both sides. Stores and folders outlive their
// stations, as disks would.
type records struct {
	*world
	disk  [2]*store.Memory
	dir   [2]string
	put   func(side int, st store.Store) store.Store // what a test sets before the disk
	quota int64

	frozen [2]atomic.Bool // see freeze
}

// inRecords runs f with records whose stations are not yet started.
func inRecords(t *testing.T, seed uint64, f func(*records)) {
	t.Helper()
	inWorld(t, seed, func(w *world) {
		r := &records{world: w, dir: [2]string{t.TempDir(), t.TempDir()}}
		for side := range r.disk {
			r.disk[side] = store.NewMemory()
		}
		w.change = r.keepRecord
		f(r)
	})
}

func (r *records) keepRecord(side int, o *LineOptions) {
	k := recordKeysOf(side)
	o.Record = &RecordOptions{Own: recordParty(o, side), Far: recordParty(o, 1-side), Rule: record.RuleTold, Dir: r.dir[side], Quota: r.quota,
		Sign: signer(k.log), Cosign: signer(k.cosign), CosignPQ: func(m []byte) ([]byte, error) { return k.pq.SignDeterministic(m, nil) },
		Open: func(string) (store.Store, error) {
			var st store.Store = r.disk[side].Again()
			if r.put != nil {
				st = r.put(side, st)
			}
			return st, nil
		}}
}

type recordKeys struct {
	log, cosign ed25519.PrivateKey
	pq          *mldsa.PrivateKey
}

var bothRecordKeys = sync.OnceValue(func() (list [2]recordKeys) {
	for side := range list {
		seed := func(what string) []byte { h := sha256.Sum256(fmt.Append(nil, side, what)); return h[:] }
		pq, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seed("pq"))
		if err != nil {
			panic(err)
		}
		list[side] = recordKeys{ed25519.NewKeyFromSeed(seed("log")), ed25519.NewKeyFromSeed(seed("cosign")), pq}
	}
	return list
})

func recordKeysOf(side int) recordKeys { return bothRecordKeys()[side] }

func recordParty(o *LineOptions, side int) *record.Party {
	k := recordKeysOf(side)
	return &record.Party{Origin: record.Origin(o.Line.AccordDigest, side == 0), Log: k.log.Public().(ed25519.PublicKey),
		Cosign: k.cosign.Public().(ed25519.PublicKey), CosignPQ: k.pq.PublicKey()}
}

// of is a side's record.
func (r *records) of(side int) console.Record {
	r.t.Helper()
	rec, err := r.st[side].Record("line0")
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

// say has a side write a message, and gives its key.
func (r *records) say(side int, format string, args ...any) string {
	r.t.Helper()
	return r.send(side, api.NewMessage{Text: fmt.Sprintf(format, args...)})
}

func (r *records) send(side int, m api.NewMessage) string {
	r.t.Helper()
	w, err := r.of(side).Send(r.t.Context(), m)
	if err != nil {
		r.t.Fatalf("side %d: %.60q: %v", side, m.Text, err)
	}
	return w.Key
}

// sayMany writes "0", "1" … after a name, and gives what was written.
func (r *records) sayMany(side, n int, name string) (texts []string) {
	r.t.Helper()
	for i := range n {
		text := fmt.Sprint(name, " ", i)
		r.say(side, "%s", text)
		texts = append(texts, text)
	}
	return texts
}

// sendFile sends a message with an attachment of so many bytes.
func (r *records) sendFile(side, size int, text string) (data []byte) {
	r.t.Helper()
	data = bytes.Repeat([]byte(text+"\n"), size/(len(text)+1)+1)[:size]
	kept, err := r.of(side).Keep(r.t.Context(), "notes.txt", data)
	if err != nil {
		r.t.Fatal(err)
	}
	r.send(side, api.NewMessage{Text: text, Files: []string{kept.ID}})
	return data
}

func (r *records) page(side int, q api.RecordQuery) api.RecordPage {
	r.t.Helper()
	p, err := r.of(side).Page(r.t.Context(), q)
	if err != nil {
		r.t.Fatalf("side %d: %+v: %v", side, q, err)
	}
	return p
}

// item is the message of that text on a side's first pages; false if it is not there.
func (r *records) item(side int, text string) (api.Item, bool) {
	r.t.Helper()
	p := r.page(side, api.RecordQuery{Limit: 200})
	for _, it := range append(p.Waiting, p.Items...) {
		if it.Kind == "message" && it.Text == text {
			return it, true
		}
	}
	return api.Item{}, false
}

func (r *records) stage(side int, text string) api.Stage {
	r.t.Helper()
	it, ok := r.item(side, text)
	if !ok || it.Ladder == nil {
		return ""
	}
	return it.Ladder.Stage
}

// state is how a side's record stands; zero until it says.
func (r *records) state(side int) (s api.RecordState) {
	if l := r.line(side, 0); l.Record != nil {
		s = *l.Record
	}
	return s
}

// still reports whether all that is written is numbered, on both disks and co-signed.
func (r *records) still() bool {
	for side := range r.st {
		s, far := r.state(side), r.state(1-side)
		if s.Standing != record.Stands.String() || s.Waiting > 0 || s.Own.Size == 0 || s.Own.Classical != s.Own.Size || far.Far.Size != s.Own.Size {
			return false
		}
	}
	return true
}

// settle waits until all is delivered, and for what comes by itself once a second. It gives all that a side
// said in notices meanwhile.
func (r *records) settle(limit time.Duration) (said [2]string) {
	r.t.Helper()
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		for side := range said {
			for _, text := range r.notices(side) {
				if !strings.Contains(said[side], text) {
					said[side] += text + "\n"
				}
			}
		}
		if r.still() {
			break
		}
		if time.Since(begin) > limit {
			r.t.Fatalf("not delivered within %v: north %s %+v %q, south %s %+v %q", limit, r.describe(0), r.state(0), r.notices(0), r.describe(1), r.state(1), r.notices(1))
		}
	}
	time.Sleep(2 * time.Second)
	return said
}

// entries are those of a log on a side's disk.
func (r *records) entries(side int, l store.Log) (list []*record.Entry) {
	r.t.Helper()
	for _, encoded := range logOn(r.t, r.disk[side].Again(), l) {
		e, err := record.ParseEntry(encoded)
		if err != nil {
			r.t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func logOn(t *testing.T, st store.Store, l store.Log) (list [][]byte) {
	t.Helper()
	size, err := st.Size(l)
	for err == nil && int64(len(list)) < size {
		var part [][]byte
		part, err = st.Entries(l, int64(len(list)), 1000, 1<<20)
		list = append(list, part...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// texts are the messages of a log on a side's disk, in their order.
func (r *records) texts(side int, l store.Log) (list []string) {
	r.t.Helper()
	for _, e := range r.entries(side, l) {
		if m, ok := e.Body.(record.Message); ok {
			list = append(list, m.Text)
		}
	}
	return list
}

// same checks that both copies are what their authors have, that every signature and tree holds, and
// that nothing was numbered twice.
func (r *records) same() {
	r.t.Helper()
	sameRecords(r.t, r.world, r.disk[0].Again(), r.disk[1].Again())
}

func sameRecords(t *testing.T, w *world, disks ...store.Store) {
	t.Helper()
	for side := range disks {
		own, copied := logOn(t, disks[side], store.Own), logOn(t, disks[1-side], store.Far)
		if len(own) == 0 || !slices.EqualFunc(own, copied, bytes.Equal) {
			t.Fatalf("side %d has %d entries, the other's copy %d: want the same, some", side, len(own), len(copied))
		}
		o := w.lineOptions(side, 0)
		verifyLog(t, disks[side], store.Own, recordParty(&o, side), recordParty(&o, 1-side))
		verifyLog(t, disks[1-side], store.Far, recordParty(&o, side), recordParty(&o, 1-side))
		salts := make(map[record.Salt]bool)
		for n, encoded := range own {
			e, err := record.ParseEntry(encoded)
			if err != nil {
				t.Fatal(err)
			}
			if salts[e.HeaderSalt] {
				t.Errorf("side %d: what is entry %d has another number too", side, n)
			}
			salts[e.HeaderSalt] = true
		}
	}
}

// verifyLog holds a stored log against the newest checkpoint that its author signed.
func verifyLog(t *testing.T, st store.Store, l store.Log, author, other *record.Party) {
	t.Helper()
	text, err := st.Get("log/" + string(l))
	if err != nil {
		t.Fatal(err)
	}
	state, err := record.ParseState(text, author, other)
	if err != nil {
		t.Fatal(err)
	}
	audit, err := record.NewAudit(record.EmptyTree(), storeHashes{st, l})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range logOn(t, st, l) {
		if err := audit.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	if damage, err := audit.Finish(state.Newest.Tree); err != nil || !damage.None() {
		t.Fatalf("log %s of %s does not make the signed tree: %+v, %v", l, author.Origin, damage, err)
	}
}

type storeHashes struct {
	st store.Store
	l  store.Log
}

func (h storeHashes) ReadHashes(indexes []int64) ([]record.Hash, error) {
	found, err := h.st.Hashes(h.l, indexes)
	list := make([]record.Hash, len(found))
	for i, f := range found {
		list[i] = record.Hash(f)
	}
	return list, err
}

// delivered checks that all of these, and no other messages, are on both disks in their order.
func (r *records) delivered(side int, want []string) {
	r.t.Helper()
	for where, got := range map[string][]string{"own log": r.texts(side, store.Own), "copy": r.texts(1-side, store.Far)} {
		if !slices.Equal(got, want) {
			r.t.Errorf("side %d's %s: %s", side, where, differs(got, want))
		}
	}
}

func differs(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("message %d is %.40q, want %.40q (of %d and %d)", i, got[i], want[i], len(got), len(want))
		}
	}
	return fmt.Sprintf("%d messages, want %d", len(got), len(want))
}

// noticed reports whether a side shows a notice of its line that says so.
func (r *records) noticed(side int, words string) bool {
	for _, n := range r.line(side, 0).Notices {
		if strings.Contains(n.Text, words) {
			return true
		}
	}
	return false
}

func (r *records) notices(side int) (texts []string) {
	for _, n := range r.line(side, 0).Notices {
		texts = append(texts, n.Text)
	}
	return texts
}

// cut takes both paths away, or gives them back.
func (r *records) cut(is bool) {
	for p := uint8(1); p <= 2; p++ {
		s := links[p-1]
		s.Cut = is
		r.link(p, s)
	}
}
