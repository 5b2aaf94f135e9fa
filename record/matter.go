package record

import "fmt"

// A MatterAct is what is done with a matter.
type MatterAct uint8

// The acts. A matter is named by the entry that opened it; all other acts point at
// that entry with [Under].
const (
	MatterOpened       MatterAct = 1 + iota // with its title
	MatterAcknowledged                      // by the other party
	MatterClosed                            // by either
	MatterFiled                             // the call of the header belongs under it
	matterActs
)

var matterActNames = [matterActs]string{"", "opened", "acknowledged", "closed", "filed"}

func (a MatterAct) String() string { return nameOf("act", matterActNames[:], uint8(a)) }

// A Matter is an act on a subject that both sides care about.
type Matter struct {
	Act   MatterAct
	Title string // with MatterOpened
}

func (Matter) Kind() Kind { return KindMatter }

func (m Matter) append(b []byte) []byte { return append(append(b, byte(m.Act)), m.Title...) }

func (m Matter) check(h *Header) error {
	bad := func(found, want string) error { return refuse(ErrMalformed, "matter", found, want) }
	ref, under := h.Has(Under)
	switch {
	case m.Act == 0 || m.Act >= matterActs:
		return bad(m.Act.String(), "an act from opened to filed")
	case (m.Act == MatterFiled) != !h.Call.IsZero():
		return bad(m.Act.String()+" with call "+h.Call.String(), "a call with filed, and none with others")
	case (m.Act == MatterOpened) == under:
		return refuse(ErrAbout, "matter", fmt.Sprintf("%s, about %v", m.Act, h.About), "the entry that opened it, unless this one does")
	case m.Act == MatterAcknowledged && !ref.Other:
		return refuse(ErrAbout, "matter", "its own matter acknowledged", "one that the other party opened")
	case m.Act == MatterOpened:
		return line("title", m.Title, 1, MaxTitle)
	case m.Title != "":
		return bad(m.Act.String()+" with a title", "a title only with opened")
	}
	return nil
}

// A DisclosureAct is a step on the way to showing entries to others, by the
// accord's rule.
type DisclosureAct uint8

// The acts.
const (
	DisclosureAsked     DisclosureAct = 1 + iota // its author wants to show Ranges to To
	DisclosureConsented                          // the other agrees: it answers the asking entry
	DisclosureRefused                            // the other does not
	DisclosureMade                               // its author showed them; answers the consent, if there was one
	disclosureActs
)

var disclosureActNames = [disclosureActs]string{"", "asked", "consented", "refused", "made"}

func (a DisclosureAct) String() string { return nameOf("act", disclosureActNames[:], uint8(a)) }

// A Range names entries of one log that a disclosure shows.
type Range struct {
	Other       bool // in the other party's log, not the author's own
	Bodies      bool // with their bodies, not the headers alone
	First, Last int64
}

func (r Range) key() byte {
	var b byte
	if r.Other {
		b |= 2
	}
	if r.Bodies {
		b |= 1
	}
	return b
}

// MaxRanges is how many ranges one disclosure may name.
const MaxRanges = 64

// A Disclosure records that entries were shown, or are asked to be.
type Disclosure struct {
	Act    DisclosureAct
	Digest [32]byte // SHA-256 of the disclosure's file; zero with Asked, and what answers it, if not made yet
	Ranges []Range  // with Asked and Made, in rising order, none touching the next
	To     string   // with Asked and Made: whom it is for, if stated
}

func (Disclosure) Kind() Kind { return KindDisclosure }

func (d Disclosure) append(b []byte) []byte {
	b = append(append(b, byte(d.Act)), d.Digest[:]...)
	b = append(b, byte(len(d.Ranges)))
	for _, r := range d.Ranges {
		b = put(put(append(b, r.key()), uint64(r.First), 6), uint64(r.Last), 6)
	}
	return append(b, d.To...)
}

func readDisclosure(r *reader) Disclosure {
	d := Disclosure{Act: DisclosureAct(r.byte("act")), Digest: r.bytesOf32("digest")}
	for n := int(r.byte("count of ranges")); n > 0 && r.err == nil; n-- {
		key := r.byte("range")
		if key > 3 {
			r.fail(fmt.Sprintf("range marked %d", key), "0 to 3")
		}
		d.Ranges = append(d.Ranges, Range{key&2 != 0, key&1 != 0, int64(r.uint(6, "range")), int64(r.uint(6, "range"))})
	}
	d.To = string(r.rest())
	return d
}

func (d Disclosure) check(h *Header) error {
	bad := func(found, want string) error { return refuse(ErrMalformed, "disclosure", found, want) }
	shows := d.Act == DisclosureAsked || d.Act == DisclosureMade
	ref, answers := h.Has(Answers)
	switch {
	case d.Act == 0 || d.Act >= disclosureActs:
		return bad(d.Act.String(), "an act from asked to made")
	case shows == (len(d.Ranges) == 0) || len(d.Ranges) > MaxRanges:
		return bad(fmt.Sprintf("%s with %d ranges", d.Act, len(d.Ranges)), fmt.Sprintf("1 to %d with asked and made, and none with others", MaxRanges))
	case d.Act == DisclosureMade && d.Digest == [32]byte{}:
		return bad("made without the digest of its file", "its digest")
	case !shows && d.To != "":
		return bad(d.Act.String()+" with a recipient", "one only with asked and made")
	case d.Act == DisclosureAsked && answers || !shows && !answers || answers && !ref.Other:
		return refuse(ErrAbout, "disclosure", fmt.Sprintf("%s, about %v", d.Act, h.About), "the other party's entry that this answers, and none for asked")
	}
	if err := d.checkRanges(h); err != nil {
		return err
	}
	return line("recipient", d.To, 0, MaxTitle)
}

// checkRanges wants ranges of entries that were there, each log by itself in
// rising order and with a gap, or with a change of what is shown, between two.
func (d Disclosure) checkRanges(h *Header) error {
	for i, r := range d.Ranges {
		end := h.Number
		if r.Other {
			end = h.Seen.Size
		}
		if r.First < 0 || r.First > r.Last || r.Last >= end {
			return refuse(ErrAbout, "disclosure", fmt.Sprintf("entries %d to %d", r.First, r.Last), fmt.Sprintf("a range before %d", end))
		}
		if i > 0 && !d.Ranges[i-1].before(r) {
			return refuse(ErrMalformed, "disclosure", fmt.Sprintf("range %d out of order", i), "rising ranges, joined where they touch")
		}
	}
	return nil
}

func (r Range) before(s Range) bool {
	if r.Other != s.Other {
		return s.Other
	}
	if r.Bodies != s.Bodies {
		return r.Last < s.First
	}
	return r.Last+1 < s.First
}
