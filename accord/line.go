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
	// counter-signed; nil if there is none. Addresses go before what people have approved.
	Pending *Amendment

	// OwnMotion is what this station asks the other's people for, FarMotion what the other asks of
	// people here; nil if there is nothing. Nobody changes what they hold.
	OwnMotion, FarMotion *Asked

	home  *Home
	past  []state    // before each of the amendments
	state state      // after the last
	wish  *Amendment // this station's newest proposal of addresses, as it was first made
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
	for _, read := range []func() error{l.readKept, l.readAmendments, l.readWish, l.readMotions} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return l, l.rebase()
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

// Refresh brings l up to date with its folder.
func (l *Line) Refresh() error { return l.change(func() error { return nil }) }

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
