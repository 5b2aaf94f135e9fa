package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxNumber bounds numbers of entries and indexes of hashes: record's are below 2^48, and a tree
// has fewer than two hashes an entry.
const maxNumber = 1 << 49

func limit(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLimit, fmt.Sprintf(format, args...))
}

func checkLog(l Log) error {
	if l != Own && l != Far {
		return limit("log %q, want %s or %s", l, Own, Far)
	}
	return nil
}

func checkKey(key string) error {
	if len(key) == 0 || len(key) > MaxKey {
		return limit("a key has %d bytes, want 1 to %d", len(key), MaxKey)
	}
	return checkPrefix(key)
}

// checkPrefix allows the beginnings of keys; a key has only letters, digits, - . / _
func checkPrefix(prefix string) error {
	if strings.IndexFunc(prefix, strange) >= 0 {
		return limit("key %q, want letters, digits, - . / _", prefix)
	}
	return nil
}

func strange(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-./_", r))
}

func checkSettings(values map[string][]byte) error {
	for key, value := range values {
		if err := checkKey(key); err != nil {
			return err
		}
		if len(value) > MaxSetting {
			return limit("setting %s has %d bytes, want at most %d", key, len(value), MaxSetting)
		}
	}
	return nil
}

func checkEntry(number int64, entry []byte) error {
	if number < 0 || number >= maxNumber {
		return limit("entry %d, want 0 to %d", number, int64(maxNumber))
	}
	if len(entry) == 0 || len(entry) > MaxEntry {
		return limit("entry %d has %d bytes, want 1 to %d", number, len(entry), MaxEntry)
	}
	return nil
}

func checkIndex(index int64) error {
	if index < 0 || index >= maxNumber {
		return limit("hash %d, want 0 to %d", index, int64(maxNumber))
	}
	return nil
}

func (b *Batch) check() error {
	if err := checkLog(b.Log); err != nil {
		return err
	}
	if b.First < 0 || b.First > maxNumber || b.HashAt < 0 || b.HashAt > maxNumber {
		return limit("a batch begins at entry %d and hash %d", b.First, b.HashAt)
	}
	for i, e := range b.Entries {
		if err := checkEntry(b.First+int64(i), e); err != nil {
			return err
		}
	}
	if err := checkIndex(b.HashAt + int64(len(b.Hashes)-1)); len(b.Hashes) > 0 && err != nil {
		return err
	}
	return checkSettings(b.Set)
}

// checkRepair checks what can be checked without the log.
func checkRepair(l Log, entries map[int64][]byte, hashes map[int64]Hash) error {
	if err := checkLog(l); err != nil {
		return err
	}
	for n, e := range entries {
		if err := checkEntry(n, e); err != nil {
			return err
		}
	}
	for i := range hashes {
		if err := checkIndex(i); err != nil {
			return err
		}
	}
	return nil
}

// A held is what a log holds.
type held struct{ entries, hashes int64 }

// fits says whether a batch is the log's next. If it is not, it may be the one
// that the log ends with: then again is true, and its bytes are to be compared.
func (h held) fits(b *Batch) (again bool, err error) {
	next := h.entries == b.First && (len(b.Hashes) == 0 || h.hashes == b.HashAt)
	last := h.entries == b.First+int64(len(b.Entries)) && (len(b.Hashes) == 0 || h.hashes == b.HashAt+int64(len(b.Hashes)))
	switch {
	case next:
		return false, nil
	case last:
		return true, nil
	case h.entries != b.First:
		return false, &ConflictError{b.Log, h.entries, b.First}
	}
	return false, fmt.Errorf("%w: log %s has %d hashes, want %d", ErrConflict, b.Log, h.hashes, b.HashAt)
}

// with is what the log holds after the batch.
func (h held) with(b *Batch) held {
	return held{h.entries + int64(len(b.Entries)), h.hashes + int64(len(b.Hashes))}
}

// covers says whether all that a repair names was once written.
func (h held) covers(l Log, entries map[int64][]byte, hashes map[int64]Hash) error {
	for n := range entries {
		if n >= h.entries {
			return &MissingError{Log: l, Number: n}
		}
	}
	for i := range hashes {
		if i >= h.hashes {
			return &MissingError{Log: l, Hash: true, Number: i}
		}
	}
	return nil
}

// same says whether a log's last entries and hashes are those of a batch.
func same(b *Batch, entries [][]byte, hashes []Hash) error {
	if slices.EqualFunc(b.Entries, entries, func(x, y []byte) bool { return string(x) == string(y) }) && slices.Equal(b.Hashes, hashes) {
		return nil
	}
	return fmt.Errorf("%w: log %s has other entries from %d on", ErrConflict, b.Log, b.First)
}

// A lease says who may write. Its term rises each time that somebody takes it
// over; the zero lease is that of a store that was never leased.
type lease struct {
	term   int64
	until  time.Time // to the millisecond
	holder string
}

// take gives the lease to a handle that has term (0: none). The same holder in a
// handle of its own is its next life, and shuts out the one before.
func (l lease) take(term int64, holder string, now, until time.Time) (lease, error) {
	if err := l.admits(term); term != 0 && err != nil {
		return l, err
	}
	if l.term != 0 && l.holder != holder && l.until.After(now) {
		return l, fmt.Errorf("%w: %s, until %s", ErrHeld, l.holder, l.until.UTC().Format(time.RFC3339))
	}
	if term == 0 || l.holder != holder {
		l.term++
	}
	return lease{l.term, until.Truncate(time.Millisecond), holder}, nil
}

// admits says whether a handle that has term may write.
func (l lease) admits(term int64) error {
	if term != l.term {
		return fmt.Errorf("%w: %s has term %d, want it to be %d", ErrFenced, l.holder, l.term, term)
	}
	return nil
}

func checkRange(l Log, first int64) error {
	if err := checkLog(l); err != nil {
		return err
	}
	if first < 0 {
		return limit("entries from %d on", first)
	}
	return nil
}

// max0 reads a count: none if it is negative.
func max0(n int) int { return max(n, 0) }
