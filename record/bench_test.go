package record

import "testing"

// nowhere is a store of a log that is long already: a hash for every index.
type nowhere struct{}

func (nowhere) ReadHashes(indexes []int64) ([]Hash, error) { return make([]Hash, len(indexes)), nil }

// A message of 60 characters is numbered, hashed and signed by its author.
func BenchmarkAppend(b *testing.B) {
	north, south := pair(b)
	meet(north, south)
	north.log.Allow(Allowance{max48, max48})
	d := Draft{Time: noon, Body: say("%060d", 0)}
	for b.Loop() {
		if _, err := north.log.Append(d); err != nil {
			b.Fatal(err)
		}
		north.log.Committed(noon)
		north.log.waits = nil
	}
}

// The other checks it, adds it to the tree, and co-signs.
func BenchmarkAcceptAndCosign(b *testing.B) {
	l, north := honest(b, 1)
	e := l.says(func(*Entry) {})
	x := l.signs(e)
	for b.Loop() {
		if _, err := north.copy.Accept([][]byte{e}, x); err != nil {
			b.Fatal(err)
		}
		north.copy.batch = nil // as if it were the first time
		if _, err := north.copy.Cosign(noon); err != nil {
			b.Fatal(err)
		}
	}
}

// The same in batches, as in a catch-up: the time is for one entry.
func BenchmarkAcceptInBatches(b *testing.B) {
	l, north := honest(b, 1)
	var all [][]byte
	for i := range int64(MaxBatch) {
		all = append(all, l.says(func(e *Entry) { e.Number += i; e.Body = say("%060d", i) }))
	}
	x := l.signs(all...)
	for n := 0; b.Loop(); n++ {
		if n%MaxBatch > 0 {
			continue
		}
		if _, err := north.copy.Accept(all, x); err != nil {
			b.Fatal(err)
		}
		north.copy.batch = nil
	}
}

func BenchmarkCosignPQ(b *testing.B) {
	_, north := honest(b, 1)
	for b.Loop() {
		if _, err := north.copy.CosignPQ(noon); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseEntry(b *testing.B) {
	e := good()[2].append(nil)
	b.SetBytes(int64(len(e)))
	for b.Loop() {
		if _, err := ParseEntry(e); err != nil {
			b.Fatal(err)
		}
	}
}

// An audit at start: the time is for one entry.
func BenchmarkAudit(b *testing.B) {
	_, d := stored(b, 100)
	a, err := NewAudit(EmptyTree(), d)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if a.stored.size == 100 {
			if a, err = NewAudit(EmptyTree(), d); err != nil {
				b.Fatal(err)
			}
		}
		if err := a.Entry(d.entries[a.stored.size]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProveEntryOfAMillion(b *testing.B) {
	for b.Loop() {
		if _, err := ProveEntry(1_000_000, 271_828, nowhere{}); err != nil {
			b.Fatal(err)
		}
	}
}
