package record

import "fmt"

// A Body is what an entry holds beside its header: a [Message], an [Attachment],
// a [Receipt], a [CallStep], a [LineChange], a [Matter], an [AccordChange], a
// [Disclosure], a [Test], a [Presence] or a [Right].
type Body interface {
	Kind() Kind
	append(b []byte) []byte
	check(h *Header) error // that it fits its header, too
}

// MaxBody is the greatest length of an encoded body.
const MaxBody = MaxText

// EncodeBody gives the one encoding of body under the header h, or says why there
// is none.
func EncodeBody(h *Header, body Body) ([]byte, error) {
	if err := checkBody(h, body); err != nil {
		return nil, err
	}
	return body.append(nil), nil
}

func checkBody(h *Header, body Body) error {
	if body.Kind() != h.Kind {
		return refuse(ErrMalformed, fmt.Sprintf("body of entry %d", h.Number), "a "+body.Kind().String(), "a "+h.Kind.String())
	}
	return body.check(h)
}

// ParseBody reads what EncodeBody gives for the same header, and nothing else.
func ParseBody(h *Header, b []byte) (Body, error) {
	if len(b) > MaxBody {
		return nil, refuse(ErrMalformed, "body", fmt.Sprintf("%d bytes", len(b)), fmt.Sprintf("at most %d", MaxBody))
	}
	r := &reader{what: h.Kind.String(), b: b}
	body := readBody(h.Kind, r)
	if err := r.end(); err != nil {
		return nil, err
	}
	if err := checkBody(h, body); err != nil {
		return nil, err
	}
	return body, same(h.Kind.String(), b, body.append(nil))
}

func readBody(k Kind, r *reader) Body {
	switch k {
	case KindMessage:
		return Message{Text: string(r.rest())}
	case KindAttachment:
		return Attachment{Length: int(r.uint(4, "length")), SHA256: r.bytesOf32("hash"), Name: string(r.rest())}
	case KindReceipt:
		return Receipt{Rung: Rung(r.byte("rung")), Who: string(r.rest())}
	case KindCall, KindDrill:
		return readCallStep(r, k == KindDrill)
	case KindLine:
		return LineChange{Path: r.byte("path"), Up: r.bool("state")}
	case KindMatter:
		return Matter{Act: MatterAct(r.byte("act")), Title: string(r.rest())}
	case KindAccord:
		return AccordChange{Serial: uint32(r.uint(4, "serial")), Digest: r.bytesOf32("digest"), Rule: Rule(r.byte("rule"))}
	case KindDisclosure:
		return readDisclosure(r)
	case KindTest:
		return readTest(r)
	case KindPresence:
		return readPresence(r)
	case KindRight:
		return readRight(r)
	}
	r.fail(k.String(), "a kind from message to right")
	return Message{}
}

func (r *reader) bytesOf32(field string) [32]byte { return [32]byte(r.bytes(32, field)) }

func (r *reader) bool(field string) bool {
	b := r.byte(field)
	if b > 1 {
		r.fail(fmt.Sprintf("%s %d", field, b), "0 or 1")
	}
	return b == 1
}

// A Message is text from person to person. One that retracts says at most why; one
// that carries attachments may have no text.
type Message struct{ Text string }

func (Message) Kind() Kind { return KindMessage }

func (m Message) append(b []byte) []byte { return append(b, m.Text...) }

func (m Message) check(h *Header) error {
	_, retracts := h.Has(Retracts)
	_, amends := h.Has(Amends)
	_, carries := h.Has(Carries)
	if retracts && (amends || carries) {
		return refuse(ErrAbout, "message", "a retraction that also amends or carries", "one or the other")
	}
	if m.Text == "" && !retracts && !carries {
		return refuse(ErrMalformed, "message", "no text", "some, or an attachment, or what it retracts")
	}
	return plain("message", m.Text)
}

// MaxAttachment is the greatest length of an attached file in bytes.
const MaxAttachment = 1 << 20

// An Attachment is the promise of a file: its bytes travel apart, and are checked
// against this. The message that carries it comes later in the same log.
type Attachment struct {
	Length int
	SHA256 [32]byte
	Name   string // as the author's file was called
}

func (Attachment) Kind() Kind { return KindAttachment }

func (a Attachment) append(b []byte) []byte {
	b = put(b, uint64(a.Length), 4)
	b = append(b, a.SHA256[:]...)
	return append(b, a.Name...)
}

func (a Attachment) check(*Header) error {
	if a.Length < 1 || a.Length > MaxAttachment {
		return refuse(ErrMalformed, "attachment", fmt.Sprintf("%d bytes", a.Length), fmt.Sprintf("1 to %d", MaxAttachment))
	}
	return fileName("attachment", a.Name)
}

// A Rung is how far a message has got on the far side. That it is on the far disk
// is no rung: the co-signature says it.
type Rung uint8

// The rungs.
const (
	Shown Rung = 1 + iota // on a ready console
	Read                  // a person says so
	Seen                  // a person who is the principal says so
	rungs
)

var rungNames = [rungs]string{"", "shown", "read", "seen"}

func (r Rung) String() string { return nameOf("rung", rungNames[:], uint8(r)) }

// A Receipt says how far the messages that it answers have got.
type Receipt struct {
	Rung Rung
	Who  string // with Read and Seen: the reader, as the reader's station states
}

func (Receipt) Kind() Kind { return KindReceipt }

func (r Receipt) append(b []byte) []byte { return append(append(b, byte(r.Rung)), r.Who...) }

func (r Receipt) check(h *Header) error {
	for _, ref := range h.About {
		if !ref.Other {
			return refuse(ErrAbout, "receipt", ref.String(), "messages of the other party")
		}
	}
	switch {
	case len(h.About) == 0:
		return refuse(ErrAbout, "receipt", "no reference", "the messages it is for")
	case r.Rung == Shown && r.Who == "":
		return nil
	case r.Rung == Read || r.Rung == Seen:
		return line("reader", r.Who, 1, MaxWho)
	}
	return refuse(ErrMalformed, "receipt", fmt.Sprintf("%s by %q", r.Rung, r.Who), `"shown" by nobody, or "read" or "seen" by somebody`)
}

// A LineChange says that a path, or the line as a whole, came up or went down, as
// its author saw it.
type LineChange struct {
	Path uint8 // 1 to 8 as in the accord; 0: the line
	Up   bool
}

func (LineChange) Kind() Kind { return KindLine }

func (l LineChange) append(b []byte) []byte {
	if l.Up {
		return append(b, l.Path, 1)
	}
	return append(b, l.Path, 0)
}

func (l LineChange) check(*Header) error {
	if l.Path > 8 {
		return refuse(ErrMalformed, "line", fmt.Sprintf("path %d", l.Path), "0 to 8")
	}
	return nil
}

// A Rule is what the accord asks of a party that wants to disclose.
type Rule uint8

// The rules.
const (
	RuleFree    Rule = 1 + iota // nothing
	RuleTold                    // that the other has been told before
	RuleConsent                 // that the other has agreed
	rules
)

var ruleNames = [rules]string{"", "free", "told", "consent"}

func (r Rule) String() string { return nameOf("rule", ruleNames[:], uint8(r)) }

// An AccordChange says that the accord was signed (Serial 0) or amended.
type AccordChange struct {
	Serial uint32   // of the amendment
	Digest [32]byte // of the accord, or of the amendment
	Rule   Rule     // for disclosures, with Serial 0 alone: amendments leave it as it is
}

func (AccordChange) Kind() Kind { return KindAccord }

func (a AccordChange) append(b []byte) []byte {
	b = append(put(b, uint64(a.Serial), 4), a.Digest[:]...)
	return append(b, byte(a.Rule))
}

func (a AccordChange) check(*Header) error {
	switch {
	case a.Serial > 1<<31-1:
		return refuse(ErrMalformed, "accord", fmt.Sprintf("serial %d", a.Serial), "at most 2^31-1")
	case a.Serial == 0 && (a.Rule == 0 || a.Rule >= rules):
		return refuse(ErrMalformed, "accord", a.Rule.String(), "free, told or consent")
	case a.Serial > 0 && a.Rule != 0:
		return refuse(ErrMalformed, "accord", fmt.Sprintf("amendment %d with a rule", a.Serial), "a rule only where the accord is signed")
	}
	return nil
}
