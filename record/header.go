package record

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// A Kind says what an entry is, and so how its body is read.
type Kind uint8

// The kinds.
const (
	KindMessage    Kind = 1 + iota // [Message]
	KindAttachment                 // [Attachment]
	KindReceipt                    // [Receipt]
	KindCall                       // [CallStep]
	KindLine                       // [LineChange]
	KindMatter                     // [Matter]
	KindAccord                     // [AccordChange]
	KindDisclosure                 // [Disclosure]
	KindTest                       // [Test]
	KindDrill                      // [CallStep] of a drill, never of a real call
	KindPresence                   // [Presence]
	KindRight                      // [Right]
	kinds
)

var kindNames = [kinds]string{"", "message", "attachment", "receipt", "call", "line", "matter", "accord", "disclosure",
	"test", "drill", "presence", "right"}

func (k Kind) String() string { return nameOf("kind", kindNames[:], uint8(k)) }

func (k Kind) known() bool { return k >= KindMessage && k < kinds }

// Urgent reports whether entries of this kind may take the room that is kept for calls: steps of
// real calls, and the right to call. A drill must not use up what a call may need.
func (k Kind) Urgent() bool { return k == KindCall || k == KindRight }

// ofCall reports whether the entry has no meaning without a call.
func (k Kind) ofCall() bool { return k == KindCall || k == KindDrill || k == KindPresence }

// nameOf is the name of one of a list of constants that begins at 1.
func nameOf(what string, names []string, i uint8) string {
	if int(i) < len(names) && names[i] != "" {
		return names[i]
	}
	return fmt.Sprintf("%s %d", what, i)
}

// A CallID names one call; zero is no call. It is the id that both stations use on
// the line, so that the entries of one call are found in both logs.
type CallID [16]byte

// String is the id in lower-case hexadecimal.
func (id CallID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id is no call.
func (id CallID) IsZero() bool { return id == CallID{} }

// A Relation says in what way an entry is about another.
type Relation uint8

// The relations.
const (
	Answers  Relation = 1 + iota // replies to, is a receipt for, agrees to
	Amends                       // stands in place of an earlier one of the same author
	Retracts                     // takes back an earlier one of the same author
	Under                        // is filed under the matter which that entry opened
	Carries                      // has that attachment
	relations
)

var relationNames = [relations]string{"", "answers", "amends", "retracts", "under", "carries"}

func (r Relation) String() string { return nameOf("relation", relationNames[:], uint8(r)) }

// A Ref points at an earlier entry.
type Ref struct {
	Relation Relation
	Other    bool  // in the other party's log, not the author's own
	Number   int64 // of the entry
}

func (r Ref) String() string {
	whose := "own"
	if r.Other {
		whose = "other"
	}
	return fmt.Sprintf("%s %s %d", r.Relation, whose, r.Number)
}

// Fits reports whether a reference from an entry of one kind means anything for a
// target of the other. One that does not fit has no effect; only readers who have
// the target can tell, so it is no ground to refuse an entry.
func (r Ref) Fits(from, target Kind) bool {
	switch r.Relation {
	case Answers:
		return from == KindMessage || from == KindReceipt && target == KindMessage ||
			(from == KindDisclosure || from == KindTest || from == KindPresence) && target == from
	case Amends, Retracts:
		return target == KindMessage
	case Under:
		return target == KindMatter
	case Carries:
		return target == KindAttachment
	}
	return false
}

func (r Ref) compare(s Ref) int {
	return cmp.Or(cmp.Compare(r.key(), s.key()), cmp.Compare(r.Number, s.Number))
}

// key is the byte before the number.
func (r Ref) key() byte {
	if r.Other {
		return byte(r.Relation) | inOther
	}
	return byte(r.Relation)
}

// A Header is what an entry says of itself without its body.
type Header struct {
	Number int64 // place in its author's log, from 0
	Time   int64 // when it was written, by its author's clock: Unix milliseconds, UTC
	Kind   Kind
	Call   CallID // the call it belongs to, if it does
	Seen   Tree   // the other party's log, as its author held it when writing this
	About  []Ref  // in rising order, at most MaxAbout
}

// Limits of a header.
const (
	MaxAbout  = 16
	MaxHeader = 1 + 6 + 6 + 16 + 6 + HashSize + 1 + 7*MaxAbout
)

const (
	withCall = 0x80 // on the kind: a call id follows
	inOther  = 0x80 // on a relation: the number is of the other party's log
)

// When is Time as such.
func (h *Header) When() time.Time { return time.UnixMilli(h.Time).UTC() }

// Has gives the first reference with that relation.
func (h *Header) Has(rel Relation) (Ref, bool) {
	for _, r := range h.About {
		if r.Relation == rel {
			return r, true
		}
	}
	return Ref{}, false
}

func (h *Header) append(b []byte) []byte {
	if h.Call.IsZero() {
		b = append(b, byte(h.Kind))
	} else {
		b = append(b, byte(h.Kind)|withCall)
	}
	b = put(b, uint64(h.Number), 6)
	b = put(b, uint64(h.Time), 6)
	if !h.Call.IsZero() {
		b = append(b, h.Call[:]...)
	}
	b = put(b, uint64(h.Seen.Size), 6)
	if h.Seen.Size > 0 {
		b = append(b, h.Seen.Root[:]...)
	}
	b = append(b, byte(len(h.About)))
	for _, r := range h.About {
		b = put(append(b, r.key()), uint64(r.Number), 6)
	}
	return b
}

// Encode gives the one encoding of h, or says why there is none.
func (h *Header) Encode() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	return h.append(nil), nil
}

// ParseHeader reads what Encode gives, and nothing else.
func ParseHeader(b []byte) (*Header, error) {
	r := reader{what: "header", b: b}
	h := &Header{Seen: EmptyTree()}
	kind := r.byte("kind")
	h.Kind = Kind(kind &^ withCall)
	h.Number = int64(r.uint(6, "number"))
	h.Time = int64(r.uint(6, "time"))
	if kind&withCall != 0 {
		copy(h.Call[:], r.bytes(len(h.Call), "call"))
	}
	h.Seen.Size = int64(r.uint(6, "size seen"))
	if h.Seen.Size > 0 {
		h.Seen.Root = r.hash("root seen")
	}
	for n := int(r.byte("count of references")); n > 0 && r.err == nil; n-- {
		key := r.byte("reference")
		h.About = append(h.About, Ref{Relation(key &^ inOther), key&inOther != 0, int64(r.uint(6, "reference"))})
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	return h, same("header", b, h.append(nil))
}

// check holds all rules that a header can break by itself.
func (h *Header) check() error {
	bad := func(found, want string) error {
		return refuse(ErrMalformed, fmt.Sprintf("header of entry %d", h.Number), found, want)
	}
	switch {
	case h.Number < 0 || h.Number >= max48:
		return bad(fmt.Sprintf("number %d", h.Number), "at least 0 and less than 2^48-1")
	case h.Time < 1 || h.Time > max48:
		return bad(fmt.Sprintf("time %d ms", h.Time), "1 to 2^48-1")
	case !h.Kind.known():
		return bad(h.Kind.String(), "a kind from message to right")
	case h.Seen.Size < 0 || h.Seen.Size > max48:
		return bad(fmt.Sprintf("%d entries seen", h.Seen.Size), "0 to 2^48-1")
	case h.Seen.Size == 0 && h.Seen.Root != EmptyTree().Root:
		return bad("a root of no entries that is not the empty tree's", "the empty tree's")
	case h.Kind.ofCall() && h.Call.IsZero():
		return bad("no call", "the call it belongs to")
	case !h.Call.IsZero() && !mayBeInCall(h.Kind):
		return bad("a call id", "none in an entry of kind "+h.Kind.String())
	case len(h.About) > MaxAbout:
		return bad(fmt.Sprintf("%d references", len(h.About)), fmt.Sprintf("at most %d", MaxAbout))
	}
	return h.checkAbout()
}

func mayBeInCall(k Kind) bool {
	return k == KindMessage || k == KindAttachment || k == KindMatter || k.ofCall()
}

// checkAbout refuses references that are out of order, that point at what was
// not there yet, or that an entry of this kind cannot have.
func (h *Header) checkAbout() error {
	what := fmt.Sprintf("header of entry %d", h.Number)
	var count [relations]int
	for i, r := range h.About {
		if i > 0 && h.About[i-1].compare(r) >= 0 {
			return refuse(ErrMalformed, what, fmt.Sprintf("%q after %q", r, h.About[i-1]), "references in rising order")
		}
		end := h.Number
		if r.Other {
			end = h.Seen.Size
		}
		if r.Number < 0 || r.Number >= end {
			return refuse(ErrAbout, what, r.String(), fmt.Sprintf("an entry before %d", end))
		}
		if most, other := allowed(h.Kind, r.Relation); count[r.Relation%relations] >= most || r.Other && !other {
			return refuse(ErrAbout, what, r.String(), "what an entry of kind "+h.Kind.String()+" can be about")
		}
		count[r.Relation]++
	}
	return nil
}

// allowed says how many references of a relation an entry of a kind may have,
// and whether they may point into the other log.
func allowed(k Kind, r Relation) (most int, other bool) {
	switch {
	case r == Answers && (k == KindMessage || k == KindReceipt):
		return MaxAbout, true
	case r == Answers && (k == KindDisclosure || k == KindTest || k == KindPresence):
		return 1, true
	case r == Under && (k == KindMessage || k == KindCall || k == KindDrill || k == KindMatter):
		return 1, true
	case (r == Amends || r == Retracts) && k == KindMessage:
		return 1, false
	case r == Carries && k == KindMessage:
		return MaxAbout, false
	}
	return 0, false
}

// sortRefs puts references into the order in which they are written.
func sortRefs(about []Ref) []Ref {
	about = slices.Clone(about)
	slices.SortFunc(about, Ref.compare)
	return about
}
