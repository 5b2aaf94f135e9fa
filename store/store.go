package store

import (
	"errors"
	"fmt"
	"time"
)

// A Log names one of the logs in a store.
type Log string

// The logs of a line's record.
const (
	Own Log = "own" // of this station
	Far Log = "far" // the copy of the other's
)

// HashSize is the length of a [Hash] in bytes.
const HashSize = 32

// A Hash is one stored hash of a log's tree.
type Hash = [HashSize]byte

// A Batch is what becomes durable together or not at all. It may be written again after a
// failed [Store.Append], which may have happened anyway: then it changes nothing.
type Batch struct {
	Log     Log
	First   int64             // how many entries the log holds before; the number of Entries[0]
	Entries [][]byte          // each 1 to MaxEntry bytes; may be empty
	HashAt  int64             // index of Hashes[0]
	Hashes  []Hash            // consecutive
	Set     map[string][]byte // settings; a nil value deletes
}

// Limits that every implementation keeps.
const (
	MaxEntry   = 32 << 10 // bytes of an entry
	MaxKey     = 128      // bytes of a setting's key: letters, digits, - . / _
	MaxSetting = 2 << 20  // bytes of a setting
)

// A Store keeps one line's record. When a method that writes returns nil, what it wrote survives
// a crash of the machine; when it returns an error, it may or may not have happened, but never half.
// Methods may be called from several goroutines.
type Store interface {
	// Append adds a batch. A log that does not hold First entries is an [ErrConflict], unless it is
	// this very batch that it already holds.
	Append(b *Batch) error

	// Set writes settings, all or none; a nil value deletes.
	Set(values map[string][]byte) error

	// Get reads a setting; nil if there is none.
	Get(key string) ([]byte, error)

	// Keys lists at most max keys with a prefix, in order.
	Keys(prefix string, max int) ([]string, error)

	// Size is the number of entries of a log.
	Size(l Log) (int64, error)

	// Entries reads consecutive entries from first on: at least one if there is one, then as
	// many as fit both max entries and maxBytes. An entry that ought to be there
	// (its number is below Size) and is not, is nil.
	Entries(l Log, first int64, max, maxBytes int) ([][]byte, error)

	// Hashes reads hashes by index, in the order asked. One that is not there is [ErrMissing].
	Hashes(l Log, indexes []int64) ([]Hash, error)

	// Repair puts an entry in the place of a damaged or erased one, or hashes in the place of damaged ones.
	// It does not add: an index or number that Append has not written is [ErrMissing].
	Repair(l Log, entries map[int64][]byte, hashes map[int64]Hash) error

	// Lease gives the store to holder until then, and takes it from nobody else whose lease still
	// runs at now ([ErrHeld]). Whoever's lease was taken over is refused by Append, Set and Repair
	// ([ErrFenced]) for ever. A holder renews by calling it again.
	Lease(holder string, now, until time.Time) error

	// Used is the room taken on disk, in bytes; Free what the file system has left.
	Used() (int64, error)
	Free() (int64, error)

	// Backup writes a whole and consistent copy to a new file while the store is used.
	Backup(file string) error

	Close() error
}

// What can be wrong. Every error of a store wraps one of these, or is the system's
// ([fs.ErrClosed] after Close).
var (
	ErrConflict = errors.New("store: the log is not as long as expected")
	ErrMissing  = errors.New("store: not there")
	ErrHeld     = errors.New("store: held by another")
	ErrFenced   = errors.New("store: taken over by another")
	ErrFull     = errors.New("store: no room on the disk")
	ErrLimit    = errors.New("store: beyond a limit")
	ErrVersion  = errors.New("store: made by another version")

	// ErrDamaged says that the file's structure is broken, and not one entry: it is to be set
	// aside and the record fetched again.
	ErrDamaged = errors.New("store: the file is damaged")
)

// A ConflictError is an [ErrConflict].
type ConflictError struct {
	Log         Log
	Found, Want int64 // entries
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("store: log %s has %d entries, want %d", e.Log, e.Found, e.Want)
}

func (e *ConflictError) Unwrap() error { return ErrConflict }

// A MissingError is an [ErrMissing].
type MissingError struct {
	Log    Log
	Hash   bool  // a hash, otherwise an entry
	Number int64 // of the entry; index of the hash
}

func (e *MissingError) Error() string {
	what := "entry"
	if e.Hash {
		what = "hash"
	}
	return fmt.Sprintf("store: log %s has no %s %d", e.Log, what, e.Number)
}

func (e *MissingError) Unwrap() error { return ErrMissing }
