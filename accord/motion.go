package accord

import (
	"crypto/ed25519"
	"fmt"
	"strconv"
	"time"
)

// A Change is what a person wants changed, and what a person of the other party must approve. Exactly
// one of its fields is set.
type Change struct {
	Rules     *Rules
	Principal *PrincipalChange
}

// change gives it as an amendment has it.
func (c Change) change() (change, error) {
	switch {
	case c.Rules != nil && c.Principal == nil:
		r := c.Rules.clone()
		return change{sort: SortRules, rules: &r}, r.check()
	case c.Principal != nil && c.Rules == nil:
		p := *c.Principal
		return change{sort: SortPrincipal, principal: &p}, p.check()
	}
	return change{}, refuse(ErrTerms, "change", "none, or two at once", "new rules, or one key of a principal")
}

// A Motion asks the people of the other party to approve a change. It takes no place in the chain of
// amendments, so it may wait as long as people need, and addresses change meanwhile. What is approved
// becomes a proposal, which the other station then signs by itself.
type Motion struct {
	Accord Digest
	Next   uint32 // the serial that the next amendment had when it was made
	First  bool   // the first party asks
	Made   time.Time

	change    change
	signature []byte
}

// ParseMotion reads a motion. Its signature is not checked here, because that takes the accord;
// [Line.HearMotion] checks what it says.
func ParseMotion(text []byte) (*Motion, error) {
	m := new(Motion)
	return m, decode(m, text)
}

// Text is the motion as it is stored and sent.
func (m *Motion) Text() []byte { return encode(m) }

// Digest is over everything but the signature. It names the motion: who approves it names what he has seen.
func (m *Motion) Digest() Digest { return digestOf(m.statement()) }

// Change is what it asks for.
func (m *Motion) Change() Change { return Change{m.change.rules, m.change.principal} }

func (m *Motion) kind() kind { return kindMotion }

func (m *Motion) intro() string {
	return "Ringdown motion: " + m.change.what(ordinal(m.First)) + ", for a person of the other party to approve.\n"
}

func (m *Motion) writeBody(w *writer) {
	w.line("accord", m.Accord.String())
	w.line("next", strconv.FormatUint(uint64(m.Next), 10))
	w.line("party", ordinal(m.First))
	w.line("made", m.Made.Format(timeFormat))
	m.change.write(w)
}

func (m *Motion) write(w *writer) {
	m.writeBody(w)
	w.line("signature")
	w.block(m.signature)
}

func (m *Motion) read(r *reader) {
	m.Accord = Digest(r.hex("accord", len(Digest{})))
	m.Next = uint32(r.number(r.word("next"), MaxSerial))
	m.First = readParty(r)
	m.Made = r.time("made")
	m.change.read(r)
	if r.err == nil && m.change.sort == SortEnds {
		r.fail(string(m.change.sort), "a sort that a person approves")
	}
	r.words("signature", 0)
	m.signature = r.block(ed25519.SignatureSize)
}

func (m *Motion) statement() []byte {
	var w writer
	w.line("ringdown", string(kindMotion), "statement", version)
	m.writeBody(&w)
	return w.b
}

// check tells whether m is of this accord and from whom it says.
func (m *Motion) check(a *Accord) error {
	thing := "motion of the " + ordinal(m.First) + " party"
	if m.Accord != a.Digest() {
		return refuse(ErrWrongParty, thing, "accord "+m.Accord.String(), a.Digest().String())
	}
	if !ed25519.Verify(a.Party(m.First).Keys.Identity(), m.statement(), m.signature) {
		return refuse(ErrChanged, thing, "a signature that does not hold", "that of "+quoted(string(a.Party(m.First).Name)))
	}
	return nil
}

// A Verdict is what people said of a motion.
type Verdict string

const (
	Waiting  Verdict = ""         // nothing yet
	Approved Verdict = "approved" // the change comes into force by itself; this is not taken back
	Refused  Verdict = "refused"
)

// An Asked is a motion and what became of it.
type Asked struct {
	*Motion
	Verdict Verdict
	At      time.Time // of the verdict, by the clock of those who gave it
}

// verdictFile keeps what people said of a motion:
//
//	motion DIGEST
//	verdict approved|refused
//	at TIME
//
// One of another motion says nothing of this one, so the file may stay when the motion is followed by another.
type verdictFile struct {
	motion  Digest
	verdict Verdict
	at      time.Time
}

func (f *verdictFile) kind() kind    { return kindVerdict }
func (f *verdictFile) intro() string { return "Ringdown: what people said of a motion.\n" }

func (f *verdictFile) write(w *writer) {
	w.line("motion", f.motion.String())
	w.line("verdict", string(f.verdict))
	w.line("at", f.at.Format(timeFormat))
}

func (f *verdictFile) read(r *reader) {
	f.motion = Digest(r.hex("motion", len(Digest{})))
	f.verdict = Verdict(r.word("verdict"))
	if f.verdict != Approved && f.verdict != Refused {
		r.fail(string(f.verdict), fmt.Sprintf("%q or %q", Approved, Refused))
	}
	f.at = r.time("at")
}
