package record

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// A Salt hides what a commitment is about from whoever can guess it.
type Salt [16]byte

// newSalt draws one at random.
func newSalt() (s Salt) {
	rand.Read(s[:]) // never fails: it would end the program
	return s
}

// The two commitments of a leaf are kept apart by their first bytes.
const (
	headerDomain = "ringdown record header 1\n"
	bodyDomain   = "ringdown record body 1\n"
)

func commit(domain string, salt Salt, content []byte) Hash {
	b := make([]byte, 0, len(domain)+len(salt)+len(content))
	b = append(b, domain...)
	b = append(b, salt[:]...)
	return sha256.Sum256(append(b, content...))
}

// CommitHeader is the commitment to an encoded header.
func CommitHeader(salt Salt, header []byte) Hash { return commit(headerDomain, salt, header) }

// CommitBody is the commitment to an encoded body.
func CommitBody(salt Salt, body []byte) Hash { return commit(bodyDomain, salt, body) }

// An Entry is one entry with what is needed to make its leaf again. A body that
// was erased leaves its commitment.
type Entry struct {
	Header
	HeaderSalt Salt
	Body       Body // nil: erased
	BodySalt   Salt // zero when erased
	Erased     Hash // the commitment to the body, when erased
}

// The two forms in which an entry is written.
const (
	formWhole  = 1
	formErased = 2
)

// MaxEntry is the greatest length of an encoded entry.
const MaxEntry = 1 + 16 + 1 + MaxHeader + 16 + MaxBody

// Leaf gives the entry's leaf. The entry must be one that Encode accepts.
func (e *Entry) Leaf() Leaf {
	l := Leaf{Header: CommitHeader(e.HeaderSalt, e.Header.append(nil)), Body: e.Erased}
	if e.Body != nil {
		l.Body = CommitBody(e.BodySalt, e.Body.append(nil))
	}
	return l
}

// Erase forgets the body and its salt and keeps the commitment: the leaf stays as
// it was, and nobody can show or confirm by guessing what the body said.
func (e *Entry) Erase() {
	if e.Body != nil {
		e.Erased = e.Leaf().Body
		e.Body, e.BodySalt = nil, Salt{}
	}
}

// Encode gives the one encoding of e, or says why there is none.
func (e *Entry) Encode() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	return e.append(nil), nil
}

func (e *Entry) append(b []byte) []byte {
	header := e.Header.append(nil)
	form := byte(formWhole)
	if e.Body == nil {
		form = formErased
	}
	b = append(append(b, form), e.HeaderSalt[:]...)
	b = append(append(b, byte(len(header))), header...)
	if e.Body == nil {
		return append(b, e.Erased[:]...)
	}
	return e.Body.append(append(b, e.BodySalt[:]...))
}

func (e *Entry) check() error {
	if err := e.Header.check(); err != nil {
		return err
	}
	if e.Body == nil {
		return nil
	}
	if e.Erased != (Hash{}) {
		return refuse(ErrMalformed, fmt.Sprintf("entry %d", e.Number), "a body, and the commitment of an erased one", "one of both")
	}
	return checkBody(&e.Header, e.Body)
}

// ParseEntry reads what Encode gives, and nothing else.
func ParseEntry(b []byte) (*Entry, error) {
	if len(b) > MaxEntry {
		return nil, refuse(ErrMalformed, "entry", fmt.Sprintf("%d bytes", len(b)), fmt.Sprintf("at most %d", MaxEntry))
	}
	r := &reader{what: "entry", b: b}
	form := r.byte("form")
	e := &Entry{HeaderSalt: Salt(r.bytes(len(Salt{}), "salt"))}
	header, err := ParseHeader(r.bytes(int(r.byte("header's length")), "header"))
	if r.err != nil {
		return nil, r.err
	}
	if err != nil {
		return nil, err
	}
	e.Header = *header
	if err := e.readBody(r, form); err != nil {
		return nil, err
	}
	return e, same("entry", b, e.append(nil))
}

func (e *Entry) readBody(r *reader, form byte) (err error) {
	switch form {
	case formWhole:
		e.BodySalt = Salt(r.bytes(len(Salt{}), "salt of the body"))
		body := r.rest()
		if r.err != nil {
			return r.err
		}
		e.Body, err = ParseBody(&e.Header, body)
		return err
	case formErased:
		e.Erased = r.hash("commitment")
	default:
		r.fail(fmt.Sprintf("form %d", form), "1, whole, or 2, erased")
	}
	return r.end()
}
