package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestFullFile limits a file's pages, so that SQLite says that the disk is full.
func TestFullFile(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "full.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	limit := func(pages int) {
		t.Helper()
		if _, err := s.writer.conn.ExecContext(background, fmt.Sprintf("PRAGMA max_page_count=%d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(30)
	if err := fillUp(s, 10_000, func() { limit(10_000) }); err != nil {
		t.Fatal(err)
	}
}

// fillUp appends steps until there is no room, checks that nothing is half there and that it is said what
// is wrong, makes room, and writes the same again.
func fillUp(s *SQLite, most int, makeRoom func()) error {
	n := 0
	for ; n < most; n++ {
		if err := s.Append(step(n)); err != nil {
			if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), s.file) {
				return fmt.Errorf("step %d: found %w, want ErrFull and the file named", n, err)
			}
			break
		}
	}
	for range 3 {
		if err := s.Append(step(n)); !errors.Is(err, ErrFull) {
			return fmt.Errorf("step %d again: found %w, want ErrFull", n, err)
		}
		if err := complete(s, n); err != nil {
			return fmt.Errorf("full: %w", err)
		}
	}
	makeRoom()
	for i := n; i < n+10; i++ {
		if err := s.Append(step(i)); err != nil {
			return fmt.Errorf("step %d, with room: %w", i, err)
		}
	}
	return complete(s, n+10)
}

// complete checks that a store holds n steps.
func complete(s *SQLite, n int) error {
	size, err := s.Size(Own)
	if err != nil || size != int64(n) {
		return fmt.Errorf("found %d entries, %w; want %d", size, err, n)
	}
	if count, err := s.Get("count"); err != nil || string(count) != fmt.Sprint(n) {
		return fmt.Errorf("found count %q, %w; want %d", count, err, n)
	}
	for i := range n {
		e, err := s.Entries(Own, int64(i), 1, 1)
		if err != nil || string(e[0]) != string(step(i).Entries[0]) {
			return fmt.Errorf("entry %d is not as written: %w", i, err)
		}
		if _, err := s.Hashes(Own, []int64{int64(i)}); err != nil {
			return err
		}
	}
	return nil
}
