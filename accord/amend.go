package accord

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// An Amendment changes the accord: addresses or a principal's key of the party that proposes it, never
// the other's; or the rules for both. That party proposes it with its signature (a proposal), the other
// counter-signs it; then it is in force on both sides.
//
// Amendments of an accord form one chain: each has a serial one higher and
// the digest of the one before (the first one: of the accord).
type Amendment struct {
	Accord   Digest
	Serial   uint32 // from 1
	Previous Digest
	First    bool // the first party proposed it
	Made     time.Time

	change    change
	signature []byte // the proposer's, by its identity key
	counter   []byte // the other's; nil in a proposal
	full      bool   // read and written as an amendment, not as a proposal
}

// ParseProposal reads what one party proposes. Its signature is not checked here, because that
// takes the accord. [Accord.Amended] and the
// methods of [Line] check what it says.
func ParseProposal(text []byte) (*Amendment, error) {
	m := new(Amendment)
	return m, decode(m, text)
}

// ParseAmendment reads an amendment that both signed.
func ParseAmendment(text []byte) (*Amendment, error) {
	m := &Amendment{full: true}
	return m, decode(m, text)
}

// Text is the proposal or amendment as it is stored and sent.
func (m *Amendment) Text() []byte { return encode(m) }

// Digest is over everything but the signatures.
func (m *Amendment) Digest() Digest { return digestOf(m.statement(kindAmendment)) }

// Sort says what it changes.
func (m *Amendment) Sort() Sort { return m.change.sort }

// Ends gives the proposer's new ends, by the numbers of the paths; none if it is of another sort.
func (m *Amendment) Ends() map[uint8]Endpoint { return m.change.ends.byNumber() }

// Principal is what it does with a key; nil if it is of another sort.
func (m *Amendment) Principal() *PrincipalChange { return m.change.principal }

// Rules are the new rules; nil if it is of another sort.
func (m *Amendment) Rules() *Rules { return m.change.rules }

func (e *ends) byNumber() map[uint8]Endpoint {
	out := map[uint8]Endpoint{}
	for _, x := range e.list {
		out[x.number] = x.Endpoint
	}
	return out
}

func (m *Amendment) kind() kind {
	if m.full {
		return kindAmendment
	}
	return kindProposal
}

func (m *Amendment) party() string { return ordinal(m.First) }

// ordinal names a party in a file.
func ordinal(first bool) string {
	if first {
		return "first"
	}
	return "second"
}

// readParty takes the line that names one.
func readParty(r *reader) (first bool) {
	party := r.word("party")
	if first = party == "first"; party != ordinal(first) {
		r.fail(party, `"first" or "second"`)
	}
	return first
}

func (m *Amendment) intro() string {
	if m.full {
		return "Ringdown amendment: " + m.change.what(m.party()) + ", signed by both.\n"
	}
	return "Ringdown proposal: " + m.change.what(m.party()) + ", signed by it alone.\n"
}

func (m *Amendment) writeBody(w *writer) {
	w.line("accord", m.Accord.String())
	w.line("serial", strconv.FormatUint(uint64(m.Serial), 10))
	w.line("previous", m.Previous.String())
	w.line("party", m.party())
	w.line("made", m.Made.Format(timeFormat))
	m.change.write(w)
}

func (m *Amendment) write(w *writer) {
	m.writeBody(w)
	w.line("signature")
	w.block(m.signature)
	if m.full {
		w.line("counter-signature")
		w.block(m.counter)
	}
}

func (m *Amendment) read(r *reader) {
	m.Accord = Digest(r.hex("accord", len(Digest{})))
	m.Serial = uint32(r.number(r.word("serial"), MaxSerial))
	m.Previous = Digest(r.hex("previous", len(Digest{})))
	m.First = readParty(r)
	m.Made = r.time("made")
	m.change.read(r)
	r.words("signature", 0)
	m.signature = r.block(ed25519.SignatureSize)
	if m.full {
		r.words("counter-signature", 0)
		m.counter = r.block(ed25519.SignatureSize)
	}
}

// statement is what is signed: as a proposal by the one, as an amendment by
// the other.
func (m *Amendment) statement(k kind) []byte {
	var w writer
	w.line("ringdown", string(k), "statement", version)
	m.writeBody(&w)
	return w.b
}

// check tells whether m may come next, signatures included.
//
// The order of the checks decides what an error means. Whose accord it is and who
// signed come first, so every later error is about something that a party did
// sign: [ErrStale] is a delay on the line, [ErrFork] is dishonesty.
func (s *state) check(a *Accord, m *Amendment) error {
	thing := fmt.Sprintf("%s %d of the %s party", m.kind(), m.Serial, m.party())
	if m.Accord != a.Digest() {
		return refuse(ErrWrongParty, thing, "accord "+m.Accord.String(), a.Digest().String())
	}
	if !ed25519.Verify(a.Party(m.First).Keys.Identity(), m.statement(kindProposal), m.signature) {
		return refuse(ErrChanged, thing, "a signature that does not hold", "that of "+quoted(string(a.Party(m.First).Name)))
	}
	if m.full && !ed25519.Verify(a.Party(!m.First).Keys.Identity(), m.statement(kindAmendment), m.counter) {
		return refuse(ErrChanged, thing, "a counter-signature that does not hold", "that of "+quoted(string(a.Party(!m.First).Name)))
	}
	if m.Serial != s.serial+1 {
		return refuse(ErrStale, thing, fmt.Sprint("serial ", m.Serial), fmt.Sprint(s.serial+1))
	}
	if m.Previous != s.tip {
		err := ErrStale // what it follows is not known here
		if m.full {
			err = ErrFork // but this station's signature is under it
		}
		return refuse(err, thing, "one that follows "+m.Previous.String(), s.tip.String())
	}
	_, err := s.with(a, m.First, &m.change)
	return err
}

// follow checks m and puts it in force.
func (s *state) follow(a *Accord, m *Amendment) error {
	if err := s.check(a, m); err != nil {
		return err
	}
	next, err := s.with(a, m.First, &m.change)
	if err != nil {
		return err
	}
	next.serial, next.tip = m.Serial, m.Digest()
	*s = next
	return nil
}

// Amended checks a chain of amendments from the accord on, all signed by both,
// and gives the paths as they are after the last.
func (a *Accord) Amended(chain []*Amendment) ([]Path, error) {
	s := a.base()
	for _, m := range chain {
		if !m.full {
			return nil, refuse(ErrChanged, "amendment", "a proposal", "an amendment that both signed")
		}
		if err := s.follow(a, m); err != nil {
			return nil, err
		}
	}
	return s.paths(a), nil
}

// propose makes and signs what comes next: a change by one party. The same
// change at the same time gives the same proposal, byte for byte.
func (s *state) propose(a *Accord, made time.Time, keys *KeySet, first bool, c change) (*Amendment, error) {
	m := &Amendment{Accord: a.Digest(), Serial: s.serial + 1, Previous: s.tip, First: first, Made: made, change: c}
	m.signature = keys.of(RoleIdentity).sign(m.statement(kindProposal))
	return m, s.check(a, m)
}

// with gives the ends as they are after a change of some, with a new salt.
func (e *ends) with(some map[uint8]Endpoint) (ends, error) {
	list := slices.Clone(e.list)
	for n, x := range some {
		i := slices.IndexFunc(list, func(y end) bool { return y.number == n })
		if i < 0 {
			return ends{}, refuse(ErrTerms, "amendment", fmt.Sprint("path ", n), "a path of the accord")
		}
		list[i].Endpoint = x
	}
	return newEnds(list), nil
}

// countersign turns a checked proposal into an amendment. The statement has another
// heading than the proposer's, so that a proposer cannot pass its own signature for the other's.
func (m *Amendment) countersign(keys *KeySet) *Amendment {
	out := *m
	out.full = true
	out.counter = keys.of(RoleIdentity).sign(m.statement(kindAmendment))
	return &out
}
