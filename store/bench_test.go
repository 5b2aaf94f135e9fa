package store

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Entries of the benchmarks are as long as a short message with its salts.
const benchEntry = 240

// fill makes n entries and twice as many hashes from first on.
func benchBatch(first, n int64) *Batch {
	b := &Batch{Log: Own, First: first, HashAt: 2 * first, Set: map[string][]byte{"own/state": make([]byte, 700)}}
	for i := first; i < first+n; i++ {
		e := make([]byte, benchEntry)
		binary.BigEndian.PutUint64(e, uint64(i))
		b.Entries = append(b.Entries, e)
		b.Hashes = append(b.Hashes, Hash(e[:HashSize]), Hash(e[HashSize:]))
	}
	return b
}

func benchOpen(tb testing.TB, file string) *SQLite {
	tb.Helper()
	s, err := Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

func benchFill(tb testing.TB, s *SQLite, size int64) {
	tb.Helper()
	for n := int64(0); n < size; n += 1000 {
		if err := s.Append(benchBatch(n, min(1000, size-n))); err != nil {
			tb.Fatal(err)
		}
	}
}

// history is how many entries there are before the benchmarks that read begin: RINGDOWN_STORE_ENTRIES,
// or what is quickly made.
func history(tb testing.TB) int64 {
	tb.Helper()
	text := os.Getenv("RINGDOWN_STORE_ENTRIES")
	if text == "" {
		return 10_000
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// BenchmarkAppend is what every message costs: one transaction, one fsync.
func BenchmarkAppend(b *testing.B) {
	for _, n := range []int64{1, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := benchOpen(b, filepath.Join(b.TempDir(), "record.db"))
			var first int64
			for b.Loop() {
				if err := s.Append(benchBatch(first, n)); err != nil {
					b.Fatal(err)
				}
				first += n
			}
		})
	}
}

// BenchmarkHistory is what a long record costs: opening it, a page, and the hashes of a hundred proofs.
func BenchmarkHistory(b *testing.B) {
	size := history(b)
	file := filepath.Join(b.TempDir(), "record.db")
	s := benchOpen(b, file)
	benchFill(b, s, size)
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			again, err := Open(file)
			if err != nil {
				b.Fatal(err)
			}
			if n, err := again.Size(Own); n != size || err != nil {
				b.Fatal(n, err)
			}
			again.Close()
		}
	})
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			if e, err := s.Entries(Own, rand.Int64N(size-100), 100, 1<<20); len(e) != 100 || err != nil {
				b.Fatal(len(e), err)
			}
		}
	})
	b.Run("hashes", func(b *testing.B) {
		indexes := make([]int64, 2000)
		for b.Loop() {
			for i := range indexes {
				indexes[i] = rand.Int64N(2 * size)
			}
			if _, err := s.Hashes(Own, indexes); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hashes in a row", func(b *testing.B) {
		indexes := make([]int64, 2000)
		for b.Loop() {
			first := rand.Int64N(2*size - 2000)
			for i := range indexes {
				indexes[i] = first + int64(i)
			}
			if _, err := s.Hashes(Own, indexes); err != nil {
				b.Fatal(err)
			}
		}
	})
}
