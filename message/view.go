package message

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ChasedAfter is how long a message may be here before it is chased if nobody has marked it read.
const ChasedAfter = 10 * time.Minute

// A View is what people see of one line's record. Its methods may be called from several
// goroutines; one at a time adds.
type View struct {
	// Now is the clock that says when an entry was added here. Here says whether the bytes of
	// an attachment are on this disk. Both are set before the view is used; nil: the system's
	// clock, and no.
	Now  func() time.Time
	Here func(sha256 [32]byte) bool

	file string

	mu      sync.Mutex // guards all below
	state   state
	write   *session
	dbs     []*sql.DB
	damaged bool

	readers chan *session // nil: reading uses write, under mu
	opened  int           // of readers, before Close
}

// readersOf a view in a file; more wait.
const readersOf = 3

// Open opens the view in a file, which it makes if it is missing, and makes anew if it is damaged
// or of another format; "" is a view in memory. How far it has got, Sizes says.
func Open(file string) (*View, error) {
	if file == "" {
		return open(file)
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("message: view: %w", err)
	}
	v, err := open(file)
	if err == nil || !isDamage(err) {
		return v, named("view "+file, err)
	}
	if err := removeFile(file); err != nil {
		return nil, fmt.Errorf("message: damaged view: %w", err)
	}
	v, err = open(file)
	return v, named("view "+file, err)
}

func open(file string) (v *View, err error) {
	v = &View{Now: time.Now, file: file}
	defer func() {
		if err != nil {
			v.Close()
			v = nil
		}
	}()
	if file != "" {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600) // SQLite would let others read it
		if err != nil {
			return v, err
		}
		if err := f.Close(); err != nil {
			return v, err
		}
	}
	if v.write, err = v.connect("journal_mode(WAL)", "synchronous(NORMAL)"); err != nil {
		return v, err
	}
	if err := v.write.within("BEGIN IMMEDIATE", v.write.ensureSchema); err != nil {
		return v, err
	}
	if v.state, err = v.write.readState(); err != nil {
		return v, err
	}
	return v, v.openReaders()
}

func (v *View) connect(pragmas ...string) (*session, error) {
	db, err := sql.Open("sqlite", source(v.file, pragmas...))
	if err != nil {
		return nil, err
	}
	v.dbs = append(v.dbs, db)
	return openSession(db)
}

func (v *View) openReaders() error {
	if v.file == "" {
		return nil
	}
	v.readers = make(chan *session, readersOf)
	for range readersOf {
		s, err := v.connect("query_only(1)")
		if err != nil {
			return err
		}
		v.opened++
		v.readers <- s
	}
	return nil
}

// read runs fn on one state of the view, while others may add.
func (v *View) read(what string, fn func(*session) error) error {
	s, done := v.reader()
	if s == nil {
		done()
		return fmt.Errorf("message: %s: the view is closed", what)
	}
	err := named(what, s.within("BEGIN", func() error { return fn(s) }))
	done()
	v.note(err)
	return err
}

// reader takes a session to read with, until done is called; nil if the view is closed.
func (v *View) reader() (s *session, done func()) {
	if v.readers == nil {
		v.mu.Lock()
		return v.write, v.mu.Unlock
	}
	s = <-v.readers
	if s == nil {
		return nil, func() {}
	}
	return s, func() { v.readers <- s }
}

// note remembers that the file is damaged.
func (v *View) note(err error) {
	if errors.Is(err, ErrDamaged) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.damaged = true
	}
}

// Sizes is how many entries of each log the view has.
func (v *View) Sizes() (own, far int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state.size(true), v.state.size(false)
}

// Close closes the view. One that was found damaged is deleted.
func (v *View) Close() error {
	var errs []error
	for range v.opened {
		errs = append(errs, (<-v.readers).close())
	}
	if v.opened > 0 {
		close(v.readers)
	}
	v.opened = 0
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.write != nil {
		errs = append(errs, v.write.close())
		v.write = nil
	}
	for _, db := range v.dbs {
		errs = append(errs, db.Close())
	}
	v.dbs = nil
	if v.damaged && v.file != "" {
		errs = append(errs, removeFile(v.file))
	}
	return errors.Join(errs...)
}
