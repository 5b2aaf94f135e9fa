package replica

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// An ID names what was written, before and after it has a number: it becomes the salt
// of its entry's header, so it is known again after a crash, a restore, a salvage.
type ID record.Salt

// NewID draws one at random.
func NewID() (id ID) {
	rand.Read(id[:]) // never fails: it would end the program
	return id
}

// String is the id in lower-case hexadecimal.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// A DraftRef is a reference to what may have no number yet. It becomes a [record.Ref]
// when that is numbered, and is dropped if that is withdrawn.
type DraftRef struct {
	Relation record.Relation
	ID       ID
}

// A Draft is an entry before it has a number.
type Draft struct {
	ID    ID // zero: a fresh one
	Time  time.Time
	Call  record.CallID
	About []record.Ref // to entries that have numbers
	To    []DraftRef   // to what still waits, or was numbered in this run
	Body  record.Body
}

// A waiting is a draft with its place among those that wait.
type waiting struct {
	Draft
	seq    int64
	seen   int64       // entries of the other log that were here when it was written
	salt   record.Salt // of its body
	stored bool        // under its key; an accepted draft that is not was never said to be durable
	size   int         // about, in bytes of memory
}

func (w *waiting) key() string { return fmt.Sprintf("draft/%016d", w.seq) }

// stand is a number that a draft is checked with before it has one: greater than all
// real ones, so that it may be about any of them.
const stand = 1 << 47

// header is the header that the draft would have if nothing stood before it but what it is about.
func (w *waiting) header() *record.Header {
	h := &record.Header{Number: stand, Time: w.Time.UnixMilli(), Kind: w.Body.Kind(), Call: w.Call, Seen: record.EmptyTree()}
	if w.seen > 0 {
		h.Seen = record.Tree{Size: w.seen}
	}
	h.About = slices.Clone(w.About)
	for i, to := range w.To {
		h.About = append(h.About, record.Ref{Relation: to.Relation, Number: stand - 1 - int64(i)})
	}
	slices.SortFunc(h.About, func(a, b record.Ref) int {
		return cmpRef(a, b)
	})
	return h
}

// cmpRef is the order in which references are written: own log first within a relation's byte.
func cmpRef(a, b record.Ref) int {
	key := func(r record.Ref) int64 {
		k := int64(r.Relation)
		if r.Other {
			k |= 0x80
		}
		return k<<48 | r.Number
	}
	return int(max(-1, min(1, key(a)-key(b))))
}

// check says why the draft can never be an entry, or nil.
func (w *waiting) check() error {
	if w.Body == nil {
		return errors.New("replica: draft: no body, want one")
	}
	e := &record.Entry{Header: *w.header(), HeaderSalt: record.Salt(w.ID), Body: w.Body, BodySalt: w.salt}
	b, err := e.Encode()
	w.size = len(b) + 200
	return err
}

// draftForm begins a draft as it is stored.
const draftForm = 1

// encode is the draft as it is stored:
//
//	 1  form: 1
//	16  id                     6  entries of the other log seen
//	16  salt of the body       1  count, then 7 each: relation, 0x80 set: in the other log; number
//	 6  time, ms               1  count, then 17 each: relation; id
//	16  call                   1  kind, and its body to the end
func (w *waiting) encode() ([]byte, error) {
	body, err := record.EncodeBody(w.header(), w.Body)
	if err != nil {
		return nil, err
	}
	b := writer{draftForm}.bytes(w.ID[:]).bytes(w.salt[:]).uint(w.Time.UnixMilli(), 6).bytes(w.Call[:]).uint(w.seen, 6)
	b = b.uint(int64(len(w.About)), 1)
	for _, r := range w.About {
		key := byte(r.Relation)
		if r.Other {
			key |= 0x80
		}
		b = append(b, key).uint(r.Number, 6)
	}
	b = b.uint(int64(len(w.To)), 1)
	for _, to := range w.To {
		b = append(b, byte(to.Relation)).bytes(to.ID[:])
	}
	return append(b, byte(w.Body.Kind())).bytes(body), nil
}

// parseDraft reads what encode gives.
func parseDraft(seq int64, stored []byte) (*waiting, error) {
	r := &reader{kind: draftForm, b: stored}
	form := r.bytes(1)[0]
	w := &waiting{seq: seq, stored: true, Draft: Draft{ID: ID(r.bytes(16))}}
	w.salt = record.Salt(r.bytes(16))
	w.Time = time.UnixMilli(r.uint(6)).UTC()
	w.Call = record.CallID(r.bytes(16))
	w.seen = r.uint(6)
	for n := r.uint(1); n > 0 && r.err == nil; n-- {
		key := r.bytes(1)[0]
		w.About = append(w.About, record.Ref{Relation: record.Relation(key &^ 0x80), Other: key&0x80 != 0, Number: r.uint(6)})
	}
	for n := r.uint(1); n > 0 && r.err == nil; n-- {
		w.To = append(w.To, DraftRef{record.Relation(r.bytes(1)[0]), ID(r.bytes(16))})
	}
	kind := record.Kind(r.bytes(1)[0])
	if r.err != nil || form != draftForm {
		return nil, fmt.Errorf("replica: draft %d: %d bytes of form %d cannot be read", seq, len(stored), form)
	}
	w.Body = bodyOf(kind)
	if w.Body == nil {
		return nil, fmt.Errorf("replica: draft %d: %s", seq, kind)
	}
	body, err := record.ParseBody(w.header(), r.b)
	if err != nil {
		return nil, fmt.Errorf("replica: draft %d: %w", seq, err)
	}
	w.Body = body
	return w, w.check()
}

// bodyOf is any body of a kind, so that a header can be made before the body is read.
func bodyOf(k record.Kind) record.Body {
	for _, b := range []record.Body{record.Message{}, record.Attachment{}, record.Receipt{}, record.CallStep{}, record.LineChange{}, record.Matter{}, record.AccordChange{}, record.Disclosure{},
		record.Test{}, record.CallStep{Drill: true}, record.Presence{}, record.Right{}} {
		if b.Kind() == k {
			return b
		}
	}
	return nil
}

// seqOf is the sequence number in a draft's key.
func seqOf(key string) (seq int64, ok bool) {
	_, err := fmt.Sscanf(key, "draft/%016d", &seq)
	return seq, err == nil
}

// adopted is an entry of our own log as what waits: numbered again at the same place, it is
// the same entry to the bit.
func adopted(e *record.Entry) *waiting {
	return &waiting{Draft: Draft{ID: ID(e.HeaderSalt), Time: e.When(), Call: e.Call, About: e.About, Body: e.Body}, seen: e.Seen.Size, salt: e.BodySalt}
}

// A Run is one run of a station: drawn at random when its record is opened.
type Run [16]byte

// String is the run in lower-case hexadecimal.
func (r Run) String() string { return hex.EncodeToString(r[:]) }

func newRun() (r Run) {
	rand.Read(r[:])
	return r
}

// numbers are the numbers that were given lately. A bounded memory.
type numbers struct {
	of   map[ID]int64
	ring []ID
	next int
}

// maxNumbers is how many of the newest numbers are remembered by id.
const maxNumbers = 1 << 14

func (n *numbers) add(id ID, number int64) {
	if n.of == nil {
		n.of = make(map[ID]int64)
	}
	if len(n.ring) < maxNumbers {
		n.ring = append(n.ring, id)
	} else {
		delete(n.of, n.ring[n.next])
		n.ring[n.next] = id
		n.next = (n.next + 1) % maxNumbers
	}
	n.of[id] = number
}

// salvaged puts what was read of a damaged store into order: own entries by number, then
// drafts. What cannot be read is left out.
func salvaged(s *store.Salvaged) (list []*waiting) {
	ids := make(map[int64]ID)
	for _, n := range slices.Sorted(maps.Keys(s.Entries)) {
		e, err := record.ParseEntry(s.Entries[n])
		if err != nil || e.Number != n || e.Body == nil {
			continue
		}
		w := adopted(e)
		w.lean(ids)
		ids[n] = w.ID
		list = append(list, w)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Drafts)) {
		seq, ok := seqOf(key)
		if w, err := parseDraft(seq, s.Drafts[key]); err == nil && ok {
			w.lean(ids)
			list = append(list, w)
		}
	}
	return list
}

// lean makes references to salvaged entries follow them, wherever they are numbered.
func (w *waiting) lean(ids map[int64]ID) {
	w.About = slices.DeleteFunc(slices.Clone(w.About), func(ref record.Ref) bool {
		id, ok := ids[ref.Number]
		if ok = ok && !ref.Other; ok {
			w.To = append(w.To, DraftRef{ref.Relation, id})
		}
		return ok
	})
}
