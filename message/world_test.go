package message

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

var noon = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)

// A world is the two logs of a line, as they are written, and one station's view of them.
type world struct {
	t     testing.TB
	v     *View
	now   time.Time
	logs  [2][]*record.Entry // own, far
	held  bool               // entries are written and not added yet
	proof record.ProofState
}

func newWorld(t testing.TB) *world { return openWorld(t, "") }

func openWorld(t testing.TB, file string) *world {
	t.Helper()
	w := &world{t: t, now: noon, proof: record.ProofClassical}
	w.open(file)
	return w
}

func (w *world) open(file string) {
	w.t.Helper()
	v, err := Open(file)
	if err != nil {
		w.t.Fatal(err)
	}
	v.Now = func() time.Time { return w.now }
	w.v = v
	w.t.Cleanup(func() { v.Close() })
}

func index(own bool) int {
	if own {
		return 0
	}
	return 1
}

// A with changes an entry before it is written.
type with func(w *world, own bool, e *record.Entry)

func about(rel record.Relation, key string) with {
	return func(w *world, own bool, e *record.Entry) {
		by, n, ok := ParseKey(key)
		if !ok {
			w.t.Fatalf("key %q", key)
		}
		e.About = append(e.About, record.Ref{Relation: rel, Other: by != own, Number: n})
		slices.SortFunc(e.About, compareRefs)
	}
}

func compareRefs(a, b record.Ref) int {
	key := func(r record.Ref) int64 {
		k := int64(r.Relation)
		if r.Other {
			k |= 0x80
		}
		return k<<48 | r.Number
	}
	return int(key(a)>>48-key(b)>>48)*1000 + int(a.Number-b.Number)
}

func inCall(id byte) with {
	return func(_ *world, _ bool, e *record.Entry) { e.Call = callID(id) }
}

func callID(id byte) record.CallID { return record.CallID{0: id, 15: 1} }

// seen makes an entry that has seen less of the other log than there is.
func seen(n int) with {
	return func(_ *world, _ bool, e *record.Entry) { e.Seen = treeOf(n) }
}

func at(t time.Time) with {
	return func(_ *world, _ bool, e *record.Entry) { e.Time = t.UnixMilli() }
}

func treeOf(n int) record.Tree {
	if n == 0 {
		return record.EmptyTree()
	}
	return record.Tree{Size: int64(n), Root: record.Hash{1}}
}

// write writes an entry and, unless the world holds back, adds it. Each is a second after the one before.
func (w *world) write(own bool, body record.Body, more ...with) (key string) {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	log := &w.logs[index(own)]
	e := &record.Entry{Header: record.Header{Number: int64(len(*log)), Time: w.now.UnixMilli(), Kind: body.Kind(), Seen: treeOf(len(w.logs[index(!own)]))}, Body: body}
	for _, m := range more {
		m(w, own, e)
	}
	if _, err := e.Encode(); err != nil {
		w.t.Fatal(err)
	}
	*log = append(*log, e)
	if !w.held {
		w.add(own, e)
	}
	return Key(own, e.Number)
}

func (w *world) add(own bool, entries ...*record.Entry) []string {
	w.t.Helper()
	changed, err := w.v.Add(own, entries)
	if err != nil {
		w.t.Fatal(err)
	}
	return changed
}

func (w *world) us(body record.Body, more ...with) string   { return w.write(true, body, more...) }
func (w *world) them(body record.Body, more ...with) string { return w.write(false, body, more...) }

func say(text string) record.Body { return record.Message{Text: text} }

func (w *world) proofs(bool, int64) record.ProofState { return w.proof }

func (w *world) page(q api.RecordQuery) api.RecordPage {
	w.t.Helper()
	p, err := w.v.Page(q, w.proofs, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// all is the whole timeline, the oldest first.
func (w *world) all(q api.RecordQuery) (items []api.Item) {
	w.t.Helper()
	for {
		p := w.page(q)
		items = append(items, p.Items...)
		if q.Before = p.Next; p.Next == 0 {
			slices.Reverse(items)
			return items
		}
	}
}

func (w *world) item(key string) api.Item {
	w.t.Helper()
	items, err := w.v.Items([]string{key}, w.proofs, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(items) != 1 {
		w.t.Fatalf("%s gives %d items", key, len(items))
	}
	return items[0]
}

func keys(items []api.Item) (all []string) {
	for _, i := range items {
		all = append(all, i.Key)
	}
	return all
}

func (w *world) pending() Pending {
	w.t.Helper()
	p, err := w.v.Pending(w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func temp(t testing.TB) string { return filepath.Join(t.TempDir(), "line-view.db") }
