package accord

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// An Amendment changes the addresses of one party: its own, never the other's.
// That party proposes it with its signature (a proposal), the other
// counter-signs it; then it is in force on both sides.
//
// Amendments of an accord form one chain: each has a serial one higher and
// the digest of the one before (the first one: of the accord).
type Amendment struct {
	Accord   Digest
	Serial   uint32 // from 1
	Previous Digest
	First    bool // the first party proposed it and changes its ends
	Made     time.Time

	ends      ends
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

// Ends gives the proposer's new ends, in the order of the paths.
func (m *Amendment) Ends() map[uint8]Endpoint { return m.ends.byNumber() }

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

func (m *Amendment) party() string {
	if m.First {
		return "first"
	}
	return "second"
}

func (m *Amendment) intro() string {
	if m.full {
		return "Ringdown amendment: new addresses of the " + m.party() + " party, signed by both.\n"
	}
	return "Ringdown proposal: new addresses of the " + m.party() + " party, signed by it alone.\n"
}

func (m *Amendment) writeBody(w *writer) {
	w.line("accord", m.Accord.String())
	w.line("serial", strconv.FormatUint(uint64(m.Serial), 10))
	w.line("previous", m.Previous.String())
	w.line("party", m.party())
	w.line("made", m.Made.Format(timeFormat))
	m.ends.write(w)
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
	party := r.word("party")
	if m.First = party == "first"; party != m.party() {
		r.fail(party, `"first" or "second"`)
	}
	m.Made = r.time("made")
	m.ends.read(r)
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

// A state is the accord after some of its amendments: all that matters for
// what comes next.
type state struct {
	serial        uint32 // of the newest amendment, 0 before the first
	tip           Digest // of the newest amendment, or of the accord
	first, second ends
}

func (a *Accord) base() state {
	return state{tip: a.Digest(), first: a.Invite.ends, second: a.Accept.ends}
}

func (s *state) of(first bool) *ends {
	if first {
		return &s.first
	}
	return &s.second
}

// paths gives the paths as they are now.
func (s *state) paths(a *Accord) []Path {
	ps, err := join(a.Invite.routes, &s.first, &s.second)
	if err != nil {
		panic("accord: " + err.Error()) // whoever made s has checked it
	}
	return ps
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
	if slices.Equal(m.ends.list, s.of(m.First).list) {
		return refuse(ErrTerms, thing, "the addresses that are in force already", "a change")
	}
	next := *s
	*next.of(m.First) = m.ends
	_, err := join(a.Invite.routes, &next.first, &next.second)
	return err
}

// follow checks m and puts it in force.
func (s *state) follow(a *Accord, m *Amendment) error {
	if err := s.check(a, m); err != nil {
		return err
	}
	*s.of(m.First) = m.ends
	s.serial, s.tip = m.Serial, m.Digest()
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

// propose makes and signs what comes next: other ends for one party. The same
// ends at the same time give the same proposal, byte for byte.
func (s *state) propose(a *Accord, made time.Time, keys *KeySet, first bool, e ends) (*Amendment, error) {
	m := &Amendment{Accord: a.Digest(), Serial: s.serial + 1, Previous: s.tip, First: first, Made: made, ends: e}
	m.signature = keys.of(RoleIdentity).sign(m.statement(kindProposal))
	return m, s.check(a, m)
}

// with gives the ends as they are after a change of some, with a new salt.
func (e *ends) with(change map[uint8]Endpoint) (ends, error) {
	list := slices.Clone(e.list)
	for n, x := range change {
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
