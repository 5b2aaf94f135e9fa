package console

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"ringdown/people"
)

const (
	sessionIdle  = 30 * 24 * time.Hour // unused for so long, a session ends
	sessionTouch = time.Hour           // how exactly its last use is kept
	maxSessions  = 512                 // the least recently used goes
	maxForPerson = 16                  // of one person: they end their own, and nobody else's
)

// sessions are the browsers that were let in. With a file they outlive the
// station's run; the file holds digests, so whoever reads it cannot enter.
type sessions struct {
	file string // empty: memory only

	mu   sync.Mutex
	kept sessionFile
}

// A sessionFile is what lies on disk.
type sessionFile struct {
	// Tag is part of the cookie's name. Cookies are shared by all ports of a
	// host, so two stations on localhost must name theirs differently.
	Tag      string    `json:"tag"`
	Sessions []session `json:"sessions"`
}

type session struct {
	Digest  hexDigest `json:"digest"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"` // to within sessionTouch
	holder
}

// A holder is whose a session is: a person who logged in, a kiosk, or else whoever was given the
// link.
type holder struct {
	Person people.ID `json:"person,omitzero"`
	Kiosk  bool      `json:"kiosk,omitempty"`
}

// A hexDigest is a digest as text.
type hexDigest digest

// MarshalText implements encoding.TextMarshaler.
func (d hexDigest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *hexDigest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) {
		return fmt.Errorf("digest has %d characters, want %d", len(text), 2*len(d))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

var tagPattern = regexp.MustCompile(`^[0-9a-z]{8}$`)

// openSessions reads the file, or begins a new one if there is none.
func openSessions(file string) (*sessions, error) {
	s := &sessions{file: file}
	err := fs.ErrNotExist
	if file != "" {
		err = s.read()
	}
	if errors.Is(err, fs.ErrNotExist) {
		_, d := newSecret()
		s.kept = sessionFile{Tag: hex.EncodeToString(d[:4]), Sessions: []session{}}
		err = s.save()
	}
	if err != nil {
		return nil, fmt.Errorf("console: session file %s: %w", file, err)
	}
	return s, nil
}

func (s *sessions) read() error {
	text, err := os.ReadFile(s.file)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s.kept); err != nil {
		return err
	}
	if !tagPattern.MatchString(s.kept.Tag) {
		return fmt.Errorf("tag is %q, want eight lower-case letters or digits", s.kept.Tag)
	}
	if n := len(s.kept.Sessions); n > maxSessions {
		return fmt.Errorf("holds %d sessions, want at most %d", n, maxSessions)
	}
	return nil
}

// save needs mu, or to be the only one. A crash leaves the old file or the new
// one whole, and perhaps a temporary file, which the next save replaces.
func (s *sessions) save() error {
	if s.file == "" {
		return nil
	}
	text, err := json.MarshalIndent(s.kept, "", "\t")
	if err != nil {
		return err
	}
	temp := s.file + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeSynced(temp, append(text, '\n')); err != nil {
		return err
	}
	if err := os.Rename(temp, s.file); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.file))
}

func writeSynced(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tag is the station's part of the cookie's name; it never changes.
func (s *sessions) tag() string { return s.kept.Tag }

// begin lets a browser in and returns its secret, which is good even with an
// error: then it will not outlive this run.
func (s *sessions) begin(now time.Time, h holder) (string, error) {
	secret, d := newSecret()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(now)
	if i, n := s.leastUsed(func(one holder) bool { return one.Person == h.Person }); h.Person != (people.ID{}) && n >= maxForPerson {
		s.kept.Sessions = slices.Delete(s.kept.Sessions, i, i+1)
	}
	if i, n := s.leastUsed(func(holder) bool { return true }); n == maxSessions {
		s.kept.Sessions = slices.Delete(s.kept.Sessions, i, i+1)
	}
	s.kept.Sessions = append(s.kept.Sessions, session{hexDigest(d), now.UTC(), now.UTC(), h})
	return secret, s.save()
}

// check says whether a secret is of a living session, and whose, and marks it used. Like
// tokens.take it looks at every one.
func (s *sessions) check(now time.Time, secret string) (digest, holder, bool) {
	d, ok := digestOf(secret)
	if !ok {
		return d, holder{}, false
	}
	h, ok := s.touch(now, d)
	return d, h, ok
}

// touch marks a session used and says whose it is; false if it lives no more. A console that
// stays attached for months is touched all the while.
func (s *sessions) touch(now time.Time, d digest) (holder, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := -1
	for i := range s.kept.Sessions {
		if digest(s.kept.Sessions[i].Digest).equal(d) && !s.idle(i, now) {
			found = i
		}
	}
	if found < 0 {
		return holder{}, false
	}
	if used := &s.kept.Sessions[found].Used; now.Sub(*used) >= sessionTouch {
		*used = now.UTC()
		_ = s.save() // lost, it only makes the session look older
	}
	return s.kept.Sessions[found].holder, true
}

// end ends the sessions that over is true of. With an error they have ended, and may live again
// after a restart.
func (s *sessions) end(over func(digest, holder) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.kept.Sessions)
	s.kept.Sessions = slices.DeleteFunc(s.kept.Sessions, func(one session) bool { return over(digest(one.Digest), one.holder) })
	if len(s.kept.Sessions) == n {
		return nil
	}
	return s.save()
}

// endAll ends every session.
func (s *sessions) endAll() error {
	return s.end(func(digest, holder) bool { return true })
}

// of counts the sessions of each person.
func (s *sessions) of() map[people.ID]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := make(map[people.ID]int)
	for _, one := range s.kept.Sessions {
		count[one.Person]++
	}
	return count
}

func (s *sessions) idle(i int, now time.Time) bool {
	return now.Sub(s.kept.Sessions[i].Used) >= sessionIdle
}

func (s *sessions) expire(now time.Time) {
	s.kept.Sessions = slices.DeleteFunc(s.kept.Sessions, func(one session) bool { return now.Sub(one.Used) >= sessionIdle })
}

// leastUsed is the least recently used session of those whose holder is meant, the oldest first, and how many there are.
func (s *sessions) leastUsed(meant func(holder) bool) (least, n int) {
	for i, one := range s.kept.Sessions {
		if !meant(one.holder) {
			continue
		}
		if n++; n == 1 || one.Used.Before(s.kept.Sessions[least].Used) {
			least = i
		}
	}
	return least, n
}
