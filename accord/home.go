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
	filePending   = "proposal"  // this station's newest proposal of addresses
	dirAmendments = "amendments"

	fileMotion     = "motion"      // what this station asks the other's people for
	fileVerdict    = "verdict"     // what they said
	fileFarMotion  = "far-motion"  // what the other asks of people here
	fileFarVerdict = "far-verdict" // what they said
)

// A Home is a station's folder: its name, its keys, its invites and its lines.
// Every method that changes something holds the folder's lock, so commands and
// a running daemon may work on one folder at once.
type Home struct {
	dir    string
	name   Name
	keys   *KeySet
	public PublicKeys // of keys: deriving them each time would cost more than all else
}

// The order in which a station's files come to be, and so what a crash can leave, stands with
// each function that writes. Two rules hold for all: a file or folder is there
// whole or not at all, and what must not be lost is on disk before anything
// tells of it.

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
	if err := os.MkdirAll(filepath.Dir(dir), modeFolder); err != nil {
		return nil, fmt.Errorf("accord: making a station: %w", err)
	}
	h := &Home{dir: dir, name: n, keys: NewKeySet()}
	h.public = h.keys.Public()
	for _, folder := range []string{dir, h.path(dirInvites), h.path(dirLines)} {
		if err := makeFolder(folder); err != nil {
			return nil, err
		}
	}
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

// vacant refuses a folder that holds anything of a station. Other files (a
// configuration that was put there before) do not matter.
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
	h := &Home{dir: dir, name: s.name, keys: new(KeySet)}
	for i, role := range Roles {
		h.keys.keys[i] = &privateKey{role: role}
		if err := readDocument(h.path(dirKeys, string(role)), h.keys.keys[i]); err != nil {
			return nil, err
		}
	}
	h.public = h.keys.Public()
	return h, nil
}

// Dir is the station's folder, Name the station's name, Keys its keys.
func (h *Home) Dir() string   { return h.dir }
func (h *Home) Name() Name    { return h.name }
func (h *Home) Keys() *KeySet { return h.keys }

func (h *Home) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// lock waits for the folder's lock and finishes what a crash left unfinished. Whoever
// holds it reads again what it decides on: another process may have changed it.
// Reading alone takes no lock, because every change appears at once.
func (h *Home) lock() (unlock func(), err error) {
	f, err := os.OpenFile(h.path(fileLock), os.O_RDWR|os.O_CREATE, modeFile)
	if err != nil {
		return nil, fmt.Errorf("accord: locking the station's folder: %w", err)
	}
	if err := flock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("accord: locking %s: %w", f.Name(), err)
	}
	if err := h.settle(); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// settle finishes what a crash has interrupted: it removes what is half written, and
// the one-time keys of invites by which there is a line already.
func (h *Home) settle() error {
	for _, dir := range []string{h.path(dirInvites), h.path(dirLines)} {
		if err := makeFolder(dir); err != nil { // a backup may have left out empty folders
			return err
		}
		if err := sweep(dir); err != nil {
			return err
		}
	}
	open, err := h.openInvites()
	if err != nil || len(open) == 0 {
		return err
	}
	lines, _ := h.Lines() // a damaged line is not what is looked for here
	for _, l := range lines {
		if slices.Contains(open, l.Accord.ID().String()) {
			if err := h.markUsed(l); err != nil {
				return err
			}
		}
	}
	return nil
}

var slugShape = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)

// newSlug names a new line after its peer. It refuses a peer that could be
// taken for another one.
func (h *Home) newSlug(a *Accord, first bool) (string, error) {
	peer := a.Party(!first)
	lines, _ := h.Lines() // a damaged line does not stand in the way of another
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

// Lines reads all lines and verifies their signatures, about a millisecond each. They
// come in the order of their slugs. A line whose files are damaged is left out
// and named in err, so lines is of use even then.
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
// its invite stays used. A crash leaves it in use or retired.
func (h *Home) Retire(slug string) error {
	unlock, err := h.lock()
	if err != nil {
		return err
	}
	defer unlock()
	l, err := h.Line(slug)
	if err == nil {
		err = h.markUsed(l) // a crash while the line was made may have left it out
	}
	if err == nil {
		err = makeFolder(h.path(dirRetired))
	}
	if err != nil {
		return err
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
