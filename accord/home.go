package accord

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// What stands in a station's folder.
const (
	fileStation = "station" // name of the station; written last by Init
	fileLock    = "lock"    // held by whoever changes something
	dirKeys     = "keys"    // one private file for each role
	dirInvites  = "invites" // one folder for each invite made or accepted, by id
	dirLines    = "lines"   // one folder for each accord, by slug
	dirRetired  = "retired" // lines that were taken out of use

	fileInvite    = "invite"    // in invites of the first party, and in lines
	fileOnce      = "once"      // in invites: the one-time private key, until it was used
	fileUsed      = "used"      // in invites: by which line
	fileAccept    = "accept"    // in lines, from here on
	fileSecret    = "secret"    // the pair secret; private
	fileConfirmed = "confirmed" // that the words were compared
	fileFinal     = "final"     // the first party's final signature
	filePending   = "proposal"  // this station's own proposal, not yet counter-signed
	dirAmendments = "amendments"
)

// A Home is a station's folder: its name, its keys, its invites and its lines.
// Every method that changes something holds the folder's lock, so commands and
// a running daemon may work on one folder at once.
type Home struct {
	dir  string
	name Name
	keys *KeySet
}

// Init makes a station in dir, which is made if it is not there. It refuses to
// touch what a station has left there before.
//
// A crash leaves the keys without the file "station": dir is then no station
// yet, and Init refuses until the rest is removed by hand.
func Init(now time.Time, dir, name string) (*Home, error) {
	n, err := ParseName(name)
	if err != nil {
		return nil, err
	}
	if err := vacant(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, modeFolder); err != nil {
		return nil, fmt.Errorf("accord: making a station: %w", err)
	}
	h := &Home{dir, n, NewKeySet()}
	files := map[string][]byte{}
	for _, k := range h.keys.keys {
		files[string(k.role)] = encode(k)
	}
	if err := writeFolder(h.path(dirKeys), files); err != nil {
		return nil, err
	}
	s := &stationFile{n, now.UTC().Truncate(time.Second)}
	return h, WriteFile(h.path(fileStation), encode(s))
}

// vacant refuses a folder that holds anything of a station.
func vacant(dir string) error {
	var s stationFile
	if readDocument(filepath.Join(dir, fileStation), &s) == nil {
		return refuse(ErrExists, "station in "+dir, fmt.Sprintf("%q, made on %s", s.name, plainTime(s.made)), "a folder without a station").
			hint("choose another folder; a station's keys are never overwritten")
	}
	for _, name := range []string{fileStation, dirKeys, dirInvites, dirLines, dirRetired} {
		if exists(filepath.Join(dir, name)) {
			return refuse(ErrExists, "station in "+dir, quoted(name), "a folder without a station").
				hint("choose another folder, or look what is in this one and remove it yourself")
		}
	}
	return nil
}

// Open opens the station in dir.
func Open(dir string) (*Home, error) {
	var s stationFile
	if err := readDocument(filepath.Join(dir, fileStation), &s); err != nil {
		var r *Refusal
		if errors.Is(err, ErrMissing) && errors.As(err, &r) {
			r.Thing = "station in " + dir
			r.hint("make one with \"ringdown init %s --name NAME\"", dir)
		}
		return nil, err
	}
	h := &Home{dir, s.name, new(KeySet)}
	for i, role := range Roles {
		h.keys.keys[i] = &privateKey{role: role}
		if err := readDocument(h.path(dirKeys, string(role)), h.keys.keys[i]); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Dir is the station's folder, Name the station's name, Keys its keys.
func (h *Home) Dir() string   { return h.dir }
func (h *Home) Name() Name    { return h.name }
func (h *Home) Keys() *KeySet { return h.keys }

func (h *Home) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// lock waits for the folder's lock and finishes what a crash left unfinished.
func (h *Home) lock() (unlock func(), err error) {
	f, err := os.OpenFile(h.path(fileLock), os.O_RDWR|os.O_CREATE, modeFile)
	if err != nil {
		return nil, fmt.Errorf("accord: locking the station's folder: %w", err)
	}
	if err := flock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("accord: locking %s: %w", f.Name(), err)
	}
	for _, dir := range []string{dirInvites, dirLines} {
		if err := os.MkdirAll(h.path(dir), modeFolder); err != nil {
			f.Close()
			return nil, fmt.Errorf("accord: %w", err)
		}
	}
	return func() { f.Close() }, nil
}

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
	l, err = h.addLine(now, a, secret, nil)
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
	if err := h.unused(acc.Invite); err != nil {
		return nil, err
	}
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
	return h.addLine(now, a, secret, a.final(h.keys))
}

// openInvite finds the invite that acc answers, and its one-time key.
func (h *Home) openInvite(acc *Accept) (*Invite, Secret, error) {
	dir := h.path(dirInvites, acc.Invite.String())
	inv := new(Invite)
	err := readDocument(filepath.Join(dir, fileInvite), inv)
	if errors.Is(err, ErrMissing) {
		return nil, Secret{}, refuse(ErrWrongParty, "accept file", fmt.Sprintf("an answer to invite %s of %q", acc.Invite, acc.first), "one to an invite of this station, "+quoted(string(h.name))).
			hint("use it at the station that made the invite: %q", acc.first)
	}
	if err != nil {
		return nil, Secret{}, err
	}
	once := onceFile{id: acc.Invite}
	err = readDocument(filepath.Join(dir, fileOnce), &once)
	return inv, once.seed, err
}

// unused refuses an invite by which there is or was a line already.
func (h *Home) unused(id ID) error {
	var u usedFile
	err := readDocument(h.path(dirInvites, id.String(), fileUsed), &u)
	if errors.Is(err, ErrMissing) {
		return h.unusedByLine(id)
	}
	if err != nil {
		return err
	}
	return used(id, u.slug)
}

func (h *Home) unusedByLine(id ID) error {
	lines, err := h.Lines()
	for _, l := range lines {
		if l.Accord.ID() == id {
			return used(id, l.Slug)
		}
	}
	return err
}

func used(id ID, slug string) error {
	return refuse(ErrUsed, "invite "+id.String(), "line "+quoted(slug)+" made by it", "an invite that was not used").
		hint("see line %s; if you did not make it with the right station, retire it and make a new invite", slug)
}

// addLine writes the line of an accord, then marks its invite as used.
func (h *Home) addLine(now time.Time, a *Accord, secret Secret, final []byte) (*Line, error) {
	first := bytes.Equal(a.First().Keys.Identity(), h.keys.Public()[0].Bytes)
	slug, err := h.newSlug(a, first)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		fileInvite: a.Invite.File(),
		fileAccept: a.Accept.File(),
		fileSecret: encode(&secretFile{a.Digest(), secret}),
	}
	if final != nil {
		files[fileFinal] = encode(&finalFile{a.Digest(), final})
	}
	if err := writeFolder(h.path(dirLines, slug), files); err != nil {
		return nil, err
	}
	if err := h.markUsed(now, a.ID(), slug); err != nil {
		return nil, err
	}
	return h.Line(slug)
}

// markUsed remembers the invite as used and destroys its one-time key. Doing it
// again changes nothing.
func (h *Home) markUsed(now time.Time, id ID, slug string) error {
	dir := h.path(dirInvites, id.String())
	if err := os.MkdirAll(dir, modeFolder); err != nil {
		return fmt.Errorf("accord: %w", err)
	}
	if err := WriteFile(filepath.Join(dir, fileUsed), encode(&usedFile{id, slug, now.UTC().Truncate(time.Second)})); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, fileOnce)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("accord: destroying the one-time key: %w", err)
	}
	return syncFolder(dir)
}

var slugShape = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)

// newSlug names a new line after its peer. It refuses a peer that could be
// taken for another one.
func (h *Home) newSlug(a *Accord, first bool) (string, error) {
	peer := a.Party(!first)
	lines, err := h.Lines()
	if err != nil {
		return "", err
	}
	for _, l := range lines {
		if l.Peer.LooksLike(peer.Name) && !bytes.Equal(l.PeerParty().Keys.Identity(), peer.Keys.Identity()) {
			return "", refuse(ErrName, "name of the other party", quoted(string(peer.Name)), fmt.Sprintf("one that cannot be taken for %q of line %s, which has another identity key", l.Peer, l.Slug)).
				hint("ask the other party, by a way you trust, whether it has made new keys; if so, retire line %s first", l.Slug)
		}
	}
	base := peer.Name.slug()
	if base == "" {
		base = "line-" + a.ID().String()[:8]
	}
	taken, err := list(h.path(dirLines))
	if err != nil {
		return "", err
	}
	slug := base
	for n := 2; slices.Contains(taken, slug); n++ {
		slug = fmt.Sprintf("%s-%d", base, n)
	}
	return slug, nil
}

// Lines gives all lines in the order of their slugs. A line whose files are
// damaged is left out and named in err, so lines is of use even then.
func (h *Home) Lines() (lines []*Line, err error) {
	slugs, err := list(h.path(dirLines))
	for _, slug := range slugs {
		l, lerr := h.Line(slug)
		if lerr != nil {
			err = errors.Join(err, lerr)
			continue
		}
		lines = append(lines, l)
	}
	return lines, err
}

// Confirm notes that two people compared the words of a line, as one of them
// typed what the other read. The line may be used from then on.
func (h *Home) Confirm(now time.Time, slug, words string) (*Line, error) {
	unlock, err := h.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	l, err := h.Line(slug)
	if err != nil {
		return nil, err
	}
	if err := l.Accord.CheckWords(words); err != nil {
		return nil, err
	}
	if l.Confirmed.IsZero() {
		l.Confirmed = now.UTC().Truncate(time.Second)
		err = WriteFile(l.path(fileConfirmed), encode(&confirmedFile{l.Accord.Digest(), l.Confirmed}))
	}
	return l, err
}

// Retire takes a line out of use. Its files are kept in another folder, and
// its invite stays used.
func (h *Home) Retire(slug string) error {
	unlock, err := h.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if !slugShape.MatchString(slug) || !exists(h.path(dirLines, slug)) {
		return h.noLine(slug)
	}
	if err := os.MkdirAll(h.path(dirRetired), modeFolder); err != nil {
		return fmt.Errorf("accord: %w", err)
	}
	to := slug
	for n := 2; exists(h.path(dirRetired, to)); n++ {
		to = fmt.Sprintf("%s-%d", slug, n)
	}
	if err := os.Rename(h.path(dirLines, slug), h.path(dirRetired, to)); err != nil {
		return fmt.Errorf("accord: retiring line %s: %w", slug, err)
	}
	return errors.Join(syncFolder(h.path(dirRetired)), syncFolder(h.path(dirLines)))
}

func (h *Home) noLine(slug string) error {
	slugs, _ := list(h.path(dirLines))
	wanted := "no line is there yet"
	if len(slugs) > 0 {
		wanted = fmt.Sprintf("one of %q", slugs)
	}
	return refuse(ErrMissing, "line", quoted(slug), wanted)
}
