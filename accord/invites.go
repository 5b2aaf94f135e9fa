package accord

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Invite makes an invite and keeps it until it is concluded. file is what to
// give to the other station.
//
// A crash leaves the invite whole or not at all.
func (h *Home) Invite(now time.Time, o InviteOptions) (file []byte, inv *Invite, err error) {
	inv, once, err := newInvite(now, h.name, h.keys, o)
	if err != nil {
		return nil, nil, err
	}
	unlock, err := h.lock()
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	file = inv.File()
	return file, inv, writeFolder(h.path(dirInvites, inv.ID.String()), map[string][]byte{
		fileInvite: file,
		fileOnce:   encode(&onceFile{inv.ID, once}),
	})
}

// Accept answers another station's invite. out is what to send back; the new
// line waits for its words to be confirmed, and for the first party's
// final signature.
//
// A crash leaves the line whole or not at all.
func (h *Home) Accept(now time.Time, file []byte, o AcceptOptions) (out []byte, l *Line, err error) {
	inv, err := ParseInvite(file)
	if err != nil {
		return nil, nil, err
	}
	unlock, err := h.lock()
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	if bytes.Equal(inv.First.Keys.Identity(), h.ownIdentity()) {
		return nil, nil, refuse(ErrWrongParty, "invite", "one that this station made itself", "another station's").
			hint("send it to the other station, and accept it there")
	}
	if err := h.unused(inv.ID); err != nil {
		return nil, nil, err
	}
	if err := inv.intime(now); err != nil {
		return nil, nil, err
	}
	a, secret, err := newAccept(now, h.name, h.keys, inv, o)
	if err != nil {
		return nil, nil, err
	}
	l, err = h.addLine(a, secret, nil)
	return a.Accept.File(), l, err
}

// intime refuses an invite whose time is over by this station's clock.
func (inv *Invite) intime(now time.Time) error {
	if !now.After(inv.Until) {
		return nil
	}
	return refuse(ErrExpired, "invite of "+quoted(string(inv.First.Name)), "its end on "+plainTime(inv.Until), "one that is not over on "+plainTime(now.UTC())).
		hint("check this station's clock; if it is right, ask for a new invite")
}

// Conclude takes the answer to an invite of this station, makes the final
// signature and destroys the invite's one-time key.
//
// A crash before the line is written changes nothing. A crash after it leaves the
// line, and a one-time key that the next command removes; the invite counts
// as used by then, because a line of that id is there.
func (h *Home) Conclude(now time.Time, file []byte) (*Line, error) {
	acc, err := ParseAccept(file)
	if err != nil {
		return nil, err
	}
	unlock, err := h.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	inv, once, err := h.openInvite(acc)
	if err != nil {
		return nil, err
	}
	if err := inv.intime(now); err != nil {
		return nil, err
	}
	a, err := Join(inv, acc)
	if err != nil {
		return nil, err
	}
	secret, err := unseal(once, acc.sealed, acc.info(), acc.aad())
	if err != nil {
		return nil, err
	}
	return h.addLine(a, secret, a.final(h.keys))
}

// openInvite finds the invite that acc answers, and its one-time key.
func (h *Home) openInvite(acc *Accept) (*Invite, Secret, error) {
	id := acc.Invite.String()
	inv, once := new(Invite), onceFile{id: acc.Invite}
	err := readDocument(h.path(dirInvites, id, fileInvite), inv)
	if errors.Is(err, ErrMissing) {
		return nil, Secret{}, refuse(ErrWrongParty, "accept file", fmt.Sprintf("an answer to invite %s of %q", id, acc.first), "one to an invite of this station, "+quoted(string(h.name))).
			hint("use it at the station that made the invite: %q", acc.first)
	}
	if err == nil {
		err = h.unused(acc.Invite)
	}
	if err == nil {
		err = readDocument(h.path(dirInvites, id, fileOnce), &once)
	}
	return inv, once.seed, err
}

// openInvites gives the ids of the invites whose one-time key is still there.
func (h *Home) openInvites() ([]string, error) {
	ids, err := list(h.path(dirInvites))
	return slices.DeleteFunc(ids, func(id string) bool { return !exists(h.path(dirInvites, id, fileOnce)) }), err
}

// Invites gives the invites of this station that nobody has answered yet, the
// oldest first. One that is damaged is left out and named in err.
func (h *Home) Invites() (open []*Invite, err error) {
	ids, err := h.openInvites()
	for _, id := range ids {
		inv := new(Invite)
		if lerr := readDocument(h.path(dirInvites, id, fileInvite), inv); lerr != nil {
			err = errors.Join(err, lerr)
			continue
		}
		open = append(open, inv)
	}
	slices.SortFunc(open, func(a, b *Invite) int { return a.Made.Compare(b.Made) })
	return open, err
}

// unused refuses an invite by which there is or was a line already.
func (h *Home) unused(id ID) error {
	var u usedFile
	err := readDocument(h.path(dirInvites, id.String(), fileUsed), &u)
	if err == nil {
		return used(id, u.slug)
	}
	if !errors.Is(err, ErrMissing) {
		return err
	}
	lines, _ := h.Lines() // a damaged line does not stand in the way of another
	for _, l := range lines {
		if l.Accord.ID() == id {
			return used(id, l.Slug)
		}
	}
	return nil
}

func used(id ID, slug string) error {
	return refuse(ErrUsed, "invite "+id.String(), "line "+quoted(slug)+" made by it", "an invite that was not used").
		hint("see line %s; if it is not with the station you meant, retire it and make a new invite", slug)
}

// addLine writes the line of an accord, then marks its invite as used.
func (h *Home) addLine(a *Accord, secret Secret, final []byte) (*Line, error) {
	first := bytes.Equal(a.First().Keys.Identity(), h.ownIdentity())
	slug, err := h.newSlug(a, first)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		fileInvite: a.Invite.File(),
		fileAccept: a.Accept.File(),
		fileSecret: encode(&secretFile{a.Digest(), secret}),
	}
	if first {
		files[fileFinal] = encode(&finalFile{a.Digest(), final})
	}
	if err := writeFolder(h.path(dirLines, slug), files); err != nil {
		return nil, err
	}
	l, err := h.Line(slug)
	if err != nil {
		return nil, err
	}
	return l, h.markUsed(l)
}

// markUsed remembers that l came of its invite and destroys the one-time key. Doing
// it again changes nothing, so it is done again whenever that is in doubt.
func (h *Home) markUsed(l *Line) error {
	dir := h.path(dirInvites, l.Accord.ID().String())
	if err := makeFolder(dir); err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(dir, fileUsed), encode(&usedFile{l.Accord.ID(), l.Slug})); err != nil {
		return err
	}
	err := os.Remove(filepath.Join(dir, fileOnce))
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("accord: destroying the one-time key: %w", err)
	}
	return nil
}

func (h *Home) ownIdentity() ed25519.PublicKey { return h.public.Identity() }
