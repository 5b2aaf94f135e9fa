package accord

import (
	"errors"
	"fmt"
	"time"
)

// readAmendments reads the chain from its beginning, link by link. The first number that is not there ends the chain; one that
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
		before := l.state
		if err := l.state.follow(l.Accord, m); err != nil {
			return at(path, err)
		}
		l.Amendments, l.past = append(l.Amendments, m), append(l.past, before)
	}
	return nil
}

// readWish reads the proposal of addresses, whether or not it still can come next.
func (l *Line) readWish() error {
	p := new(Amendment)
	err := readDocument(l.path(filePending), p)
	if errors.Is(err, ErrMissing) {
		return nil
	}
	if err == nil && (p.Accord != l.Accord.Digest() || p.First != l.First || p.change.sort != SortEnds) {
		err = at(l.path(filePending), refuse(ErrChanged, "proposal", "one of another line, party or sort", "addresses of this station's own"))
	}
	l.wish = p
	return err
}

// rebase sets Pending to the first of this station's wishes that can be agreed, as it follows the newest
// amendment; to none if there is no such wish. It writes nothing: from the same files comes
// always the same proposal.
//
// So a station may sign two proposals with one serial, of addresses and of what was approved: the
// other counter-signs only one of them.
func (l *Line) rebase() error {
	l.Pending = nil
	wishes := []*Amendment{l.wish}
	if l.OwnMotion != nil && l.open(l.OwnMotion.Motion) && l.OwnMotion.Verdict == Approved {
		wishes = append(wishes, &Amendment{Made: l.OwnMotion.Made, change: l.OwnMotion.change})
	}
	for _, w := range wishes {
		if w == nil {
			continue
		}
		m, err := l.state.propose(l.Accord, w.Made, l.home.keys, l.First, w.change)
		if errors.Is(err, ErrTerms) {
			continue
		}
		if err == nil {
			l.Pending = m
		}
		return err
	}
	return nil
}

// ProposeAmendment signs new ends of this station's own for some paths and keeps
// the proposal until the other has counter-signed it. The text is what to send.
//
// A change to a proposal that is still pending adds to it. A proposal cannot be
// withdrawn, because the other may have signed it already; see the package comment.
func (l *Line) ProposeAmendment(now time.Time, some map[uint8]Endpoint) (proposal []byte, err error) {
	err = l.change(func() error {
		from := l.state.of(l.First)
		if l.Pending != nil && l.Pending.change.sort == SortEnds {
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
		l.wish, l.Pending, proposal = m, m, m.Text()
		return WriteFile(l.path(filePending), proposal)
	})
	return proposal, err
}

// CountersignAmendment checks the other's proposal, counter-signs it and puts
// it in force here, addresses by itself, all else if a person has approved it ([Line.Decide]). The text is what to send back.
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
		if !l.approved(m) {
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
	s := l.past[m.Serial-1]
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
	before := l.state
	if err := l.state.follow(l.Accord, m); err != nil {
		return err
	}
	l.Amendments, l.past = append(l.Amendments, m), append(l.past, before)
	for _, a := range []**Asked{&l.OwnMotion, &l.FarMotion} {
		if *a != nil && !l.open((*a).Motion) {
			*a = nil
		}
	}
	return l.rebase()
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
