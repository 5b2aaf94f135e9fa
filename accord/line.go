package accord

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// A Line is what a station's folder holds about the accord with one other
// station. It is a snapshot: methods that change the folder first read it
// again and bring the Line up to date. Not safe for concurrent use.
type Line struct {
	Slug   string // names the line in commands and addresses: "south"
	Peer   Name   // the other party
	First  bool   // this station is the accord's first party
	Accord *Accord
	Secret Secret // of the pair

	// Confirmed is when the words were confirmed here; zero if they were not.
	Confirmed time.Time

	// Final is the first party's final signature. The first party always has it; the
	// second has nil until it came over the line and was saved.
	Final []byte

	// Amendments are in force, in their order; [Line.Paths] has their effect.
	Amendments []*Amendment

	// Pending is this station's own proposal that the other has not yet
	// counter-signed; nil if there is none.
	Pending *Amendment

	home  *Home
	state state
}

// Line reads one line and believes nothing: signatures, the final one and those of
// all amendments are verified again, and every file must belong to this accord.
func (h *Home) Line(slug string) (*Line, error) {
	if !slugShape.MatchString(slug) || !exists(h.path(dirLines, slug)) {
		return nil, h.noLine(slug)
	}
	l := &Line{Slug: slug, home: h}
	inv, acc := new(Invite), new(Accept)
	if err := readDocument(l.path(fileInvite), inv); err != nil {
		return nil, err
	}
	if err := readDocument(l.path(fileAccept), acc); err != nil {
		return nil, err
	}
	a, err := Join(inv, acc)
	if err != nil {
		return nil, at(l.path(), err)
	}
	l.Accord = a
	if err := l.sides(); err != nil {
		return nil, err
	}
	if err := errors.Join(l.readKept(), l.readAmendments()); err != nil {
		return nil, err
	}
	return l, nil
}

// sides finds out which party this station is.
func (l *Line) sides() error {
	own := &l.home.public
	for _, first := range []bool{true, false} {
		p := l.Accord.Party(first)
		if !bytes.Equal(p.Keys.Identity(), own.Identity()) {
			continue
		}
		l.First, l.Peer = first, l.Accord.Party(!first).Name
		for i := range own {
			if !bytes.Equal(p.Keys[i].Bytes, own[i].Bytes) {
				return refuse(ErrWrongParty, l.path(), fmt.Sprintf("another %s key", own[i].Role), "the one in this station's keys")
			}
		}
		return nil
	}
	return refuse(ErrWrongParty, l.path(), fmt.Sprintf("an accord between %q and %q with other identity keys", l.Accord.First().Name, l.Accord.Second().Name), "this station's identity key in it").
		hint("the line belongs to another station's folder, or this station's keys were replaced")
}

// readKept reads the secret, and what may not be there yet.
func (l *Line) readKept() error {
	d := l.Accord.Digest()
	s := secretFile{accord: d}
	if err := readDocument(l.path(fileSecret), &s); err != nil {
		return err
	}
	l.Secret = s.secret
	c := confirmedFile{accord: d}
	if err := readDocument(l.path(fileConfirmed), &c); err != nil && !errors.Is(err, ErrMissing) {
		return err
	}
	l.Confirmed = c.at
	f := finalFile{accord: d}
	err := readDocument(l.path(fileFinal), &f)
	if errors.Is(err, ErrMissing) && !l.First {
		return nil
	}
	if err != nil {
		return err
	}
	l.Final = f.signature
	return at(l.path(fileFinal), l.Accord.CheckFinal(l.Final))
}

// readAmendments reads the chain from its beginning, link by link, and the proposal
// if it still can come next. The first number that is not there ends the chain; one that
// is missing in the middle hides what follows, and the other side sends it again.
func (l *Line) readAmendments() error {
	l.state = l.Accord.base()
	for {
		m := &Amendment{full: true}
		path := l.amendment(l.state.serial + 1)
		err := readDocument(path, m)
		if errors.Is(err, ErrMissing) {
			break
		}
		if err != nil {
			return err
		}
		if err := l.state.follow(l.Accord, m); err != nil {
			return at(path, err)
		}
		l.Amendments = append(l.Amendments, m)
	}
	p := new(Amendment)
	err := readDocument(l.path(filePending), p)
	if errors.Is(err, ErrMissing) {
		return nil
	}
	if err == nil && (p.Accord != l.Accord.Digest() || p.First != l.First) {
		err = at(l.path(filePending), refuse(ErrChanged, "proposal", "one of another line or party", "one of this station's own"))
	}
	if err == nil {
		err = l.rebase(p)
	}
	return err
}

// rebase sets Pending to p as it follows the newest amendment, or to none if p
// changes nothing any more or no longer can be agreed. It writes nothing: from the same files comes
// always the same proposal, so the file may stay as it is.
func (l *Line) rebase(p *Amendment) error {
	l.Pending = nil
	if p == nil {
		return nil
	}
	m, err := l.state.propose(l.Accord, p.Made, l.home.keys, l.First, p.change)
	if errors.Is(err, ErrTerms) {
		return nil
	}
	if err == nil {
		l.Pending = m
	}
	return err
}

func (l *Line) path(parts ...string) string {
	return l.home.path(append([]string{dirLines, l.Slug}, parts...)...)
}

func (l *Line) amendment(serial uint32) string {
	return l.path(dirAmendments, fmt.Sprintf("%06d", serial))
}

// Dir is the line's folder. Files whose names begin with "line-" are free for
// whoever runs the line.
func (l *Line) Dir() string { return l.path() }

// Own and PeerParty are the two parties as seen from here.
func (l *Line) Own() *Party       { return l.Accord.Party(l.First) }
func (l *Line) PeerParty() *Party { return l.Accord.Party(!l.First) }

// Paths gives the paths as they are now, amendments included.
func (l *Line) Paths() []Path { return l.state.paths(l.Accord) }

// ParseEnds reads what a person writes for an amendment: "NAME=ENDPOINT" for
// the paths that change.
func (l *Line) ParseEnds(texts []string) (map[uint8]Endpoint, error) {
	return l.Accord.Invite.routes.parse(texts)
}

// Usable says why nothing may be sent on the line yet: [ErrUnconfirmed], or nil.
func (l *Line) Usable() error {
	if !l.Confirmed.IsZero() {
		return nil
	}
	return refuse(ErrUnconfirmed, "line "+l.Slug, "twelve words that nobody compared here", "words confirmed by voice with "+quoted(string(l.Peer))).
		hint("read the words to each other by telephone or face to face, then run \"ringdown confirm\" at both stations")
}

// HalfSigned tells whether the first party's final signature is still to come:
// such a line carries no call.
func (l *Line) HalfSigned() bool { return l.Final == nil }

// SaveFinal keeps the first party's final signature. A crash leaves it kept or
// not; it comes again with the next handshake.
func (l *Line) SaveFinal(sig []byte) error {
	if err := l.Accord.CheckFinal(sig); err != nil {
		return err
	}
	return l.change(func() error {
		if bytes.Equal(l.Final, sig) {
			return nil
		}
		err := WriteFile(l.path(fileFinal), encode(&finalFile{l.Accord.Digest(), sig}))
		if err == nil {
			l.Final = bytes.Clone(sig)
		}
		return err
	})
}

// change holds the lock, brings l up to date, and lets do change the folder. A line
// that was retired meanwhile, and perhaps followed by another of the same slug, is not changed.
func (l *Line) change(do func() error) error {
	unlock, err := l.home.lock()
	if err != nil {
		return err
	}
	defer unlock()
	fresh, err := l.home.Line(l.Slug)
	if err != nil {
		return err
	}
	if fresh.Accord.Digest() != l.Accord.Digest() {
		return refuse(ErrMissing, "line "+l.Slug, "another accord of that name", l.Accord.Digest().String())
	}
	*l = *fresh
	return do()
}

// ProposeAmendment signs new ends of this station's own for some paths and keeps
// the proposal until the other has counter-signed it. The text is what to send.
//
// A change to a proposal that is still pending adds to it. A proposal cannot be
// withdrawn, because the other may have signed it already; see the package comment.
func (l *Line) ProposeAmendment(now time.Time, some map[uint8]Endpoint) (proposal []byte, err error) {
	err = l.change(func() error {
		from := l.state.of(l.First)
		if l.Pending != nil {
			from = &l.Pending.change.ends
		}
		e, err := from.with(some)
		if err != nil {
			return err
		}
		m, err := l.state.propose(l.Accord, now.UTC().Truncate(time.Second), l.home.keys, l.First, change{sort: SortEnds, ends: e})
		if err != nil {
			return err
		}
		l.Pending, proposal = m, m.Text()
		return WriteFile(l.path(filePending), proposal)
	})
	return proposal, err
}

// CountersignAmendment checks the other's proposal, counter-signs it and puts
// it in force here. The text is what to send back.
//
// If this station has proposed at the same time, the first party's proposal
// goes first: the first party refuses with [ErrCrossed]; the second
// counter-signs and makes its own proposal anew, as Pending.
//
// A proposal that was counter-signed before is answered with the same
// amendment again, because the answer may have been lost.
func (l *Line) CountersignAmendment(proposal []byte) (amendment []byte, err error) {
	m, err := ParseProposal(proposal)
	if err != nil {
		return nil, err
	}
	err = l.change(func() error {
		if m.First == l.First {
			return refuse(ErrWrongParty, "proposal", "this station's own", "one of "+quoted(string(l.Peer)))
		}
		if known := l.known(m); known != nil {
			amendment = known.Text()
			return nil
		}
		if err := l.state.check(l.Accord, m); err != nil {
			return err
		}
		if l.First && l.Pending != nil {
			return refuse(ErrCrossed, fmt.Sprint("proposal ", m.Serial), "this station's own on its way", "none: the first party's goes first")
		}
		if m.change.sort != SortEnds {
			return refuse(ErrUnapproved, fmt.Sprintf("proposal %d of sort %s", m.Serial, m.change.sort), "nobody's approval", "that of a person here")
		}
		full := m.countersign(l.home.keys)
		amendment = full.Text()
		return l.enforce(full)
	})
	return amendment, err
}

// known finds the amendment in force that m is, or became. Digests leave out the signatures, so
// a proposal and the amendment made of it have the same.
func (l *Line) known(m *Amendment) *Amendment {
	if m.Serial > uint32(len(l.Amendments)) {
		return nil
	}
	if have := l.Amendments[m.Serial-1]; have.Digest() == m.Digest() {
		return have
	}
	return nil
}

// ApplyAmendment puts in force what both have signed: this station's own
// proposal as it comes back, or one it missed. One that is in force already
// changes nothing; one that contradicts it is [ErrFork].
func (l *Line) ApplyAmendment(amendment []byte) error {
	m, err := ParseAmendment(amendment)
	if err != nil {
		return err
	}
	return l.change(func() error {
		if l.known(m) != nil {
			return nil
		}
		if m.Serial <= l.state.serial {
			return l.contradiction(m)
		}
		if err := l.state.check(l.Accord, m); err != nil {
			return err
		}
		return l.enforce(m)
	})
}

// contradiction tells a fork from a forgery: it goes back to the state which m claims to
// follow, and asks whether m could have come next there.
func (l *Line) contradiction(m *Amendment) error {
	s := l.Accord.base()
	for _, x := range l.Amendments[:m.Serial-1] {
		if err := s.follow(l.Accord, x); err != nil {
			return err
		}
	}
	if err := s.check(l.Accord, m); err != nil {
		return err
	}
	return refuse(ErrFork, fmt.Sprint("amendment ", m.Serial), m.Digest().String(), l.Amendments[m.Serial-1].Digest().String())
}

// enforce writes a checked amendment, and makes this station's own proposal
// follow it. A crash leaves the amendment in force or not; the other sends
// it again.
func (l *Line) enforce(m *Amendment) error {
	if err := makeFolder(l.path(dirAmendments)); err != nil {
		return err
	}
	if err := WriteFile(l.amendment(m.Serial), m.Text()); err != nil {
		return err
	}
	if err := l.state.follow(l.Accord, m); err != nil {
		return err
	}
	l.Amendments = append(l.Amendments, m)
	return l.rebase(l.Pending)
}

// AmendmentsAfter gives the texts of the amendments in force after a serial: what
// a station sends to one that has missed them.
func (l *Line) AmendmentsAfter(serial uint32) [][]byte {
	var out [][]byte
	for _, m := range l.Amendments[min(int(serial), len(l.Amendments)):] {
		out = append(out, m.Text())
	}
	return out
}
