package store

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"

	"modernc.org/sqlite"
)

// A fault is what went wrong with a file, as one of this package's kinds where it is one.
type fault struct {
	file, doing string
	kind        error // nil: the system's
	err         error
}

func (f *fault) Error() string {
	text := prefix + f.file + ": " + f.doing + ": "
	if f.kind != nil && !errors.Is(f.err, f.kind) {
		text += strings.TrimPrefix(f.kind.Error(), prefix) + ": "
	}
	return text + strings.TrimPrefix(f.err.Error(), prefix)
}

// prefix begins the texts of this package's errors.
const prefix = "store: "

func (f *fault) Unwrap() []error {
	if f.kind == nil {
		return []error{f.err}
	}
	return []error{f.kind, f.err}
}

// Results of SQLite: the low byte is the kind, the rest says more.
const (
	codeError      = 1
	codeIO         = 10
	codeCorrupt    = 11
	codeFull       = 13
	codeCannotOpen = 14
	codeNotADB     = 26
	codeShortRead  = 10 | 2<<8  // the file is shorter than it says
	codeCorruptFS  = 10 | 33<<8 // the file system says that the file is damaged
)

// own are the errors that already say all.
var own = []error{ErrConflict, ErrMissing, ErrHeld, ErrFenced, ErrLimit}

func (s *SQLite) fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, e := range own {
		if errors.Is(err, e) {
			return err
		}
	}
	kind := s.kind(err)
	var e *sqlite.Error
	if kind == nil && doing == "opening" && errors.As(err, &e) && e.Code() == codeError {
		kind = ErrDamaged // what is asked of a store at its opening is always the same, so it is the file that is wrong
	}
	return &fault{s.file, doing, kind, err}
}

func (s *SQLite) kind(err error) error {
	var e *sqlite.Error
	switch {
	case errors.Is(err, ErrDamaged):
		return ErrDamaged
	case errors.Is(err, syscall.ENOSPC):
		return ErrFull
	case errors.As(err, &e):
		return s.kindOf(e.Code())
	}
	return nil
}

// scarce is the room below which a failure to write is taken for a full disk: SQLite says so of the file
// and its -wal, but not of the -shm, which has 32 KiB at first.
const scarce = 64 << 10

func (s *SQLite) kindOf(code int) error {
	switch {
	case code == codeShortRead, code == codeCorruptFS, code&0xff == codeCorrupt, code&0xff == codeNotADB:
		return ErrDamaged
	case code&0xff == codeFull:
		return ErrFull
	case code&0xff == codeIO, code&0xff == codeCannotOpen:
		if n, err := free(filepath.Dir(s.file)); err == nil && n < scarce {
			return ErrFull
		}
	}
	return nil
}
