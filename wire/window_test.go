package wire

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// A modelWindow says the same as a Window, slowly.
type modelWindow struct {
	seen    map[uint64]bool
	highest uint64
}

func (m *modelWindow) accept(n uint64) bool {
	if len(m.seen) > 0 && n < m.highest && m.highest-n >= WindowSize || m.seen[n] {
		return false
	}
	if m.seen == nil {
		m.seen = make(map[uint64]bool)
	}
	m.seen[n] = true
	m.highest = max(m.highest, n)
	return true
}

func TestWindow(t *testing.T) {
	if WindowSize < 1024 {
		t.Errorf("a window of %d numbers, want at least 1024", WindowSize)
	}
	var w Window
	if _, any := w.Highest(); any {
		t.Error("the zero window has a highest number")
	}
	for _, step := range []struct {
		n    uint64
		want bool
	}{
		{0, true}, {0, false}, {1, true}, {1, false}, {64, true}, {63, true}, {2, true}, {64, false},
		{WindowSize, true}, {0, false}, {3, true}, {1, false},
		{WindowSize + 3, true}, {3, false}, {4, true},
		{1 << 40, true}, {WindowSize + 4, false}, {1<<40 - WindowSize, false}, {1<<40 - WindowSize + 1, true},
		{math.MaxUint64, true}, {math.MaxUint64, false}, {math.MaxUint64 - 1, true}, {0, false},
	} {
		if got := w.Accept(step.n); got != step.want {
			t.Errorf("Accept(%d) = %v, want %v", step.n, got, step.want)
		}
	}
	if n, any := w.Highest(); !any || n != math.MaxUint64 {
		t.Errorf("highest is %d, %v", n, any)
	}
}

func TestWindowAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var w Window
		var m modelWindow
		at := uint64(r.IntN(3000))
		for range 5000 {
			switch r.IntN(100) {
			case 0:
				at += uint64(r.IntN(5000))
			default:
				at++
			}
			n := at - min(at, uint64(r.IntN(2500)))
			if r.IntN(2) == 0 {
				n = at
			}
			if got, want := w.Accept(n), m.accept(n); got != want {
				t.Fatalf("Accept(%d) = %v with highest %d, want %v", n, got, m.highest, want)
			}
		}
	}
}

func FuzzWindow(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 64, 255, 255, 7, 192})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var w Window
		var m modelWindow
		at := uint64(1 << 20)
		for ; len(steps) >= 2; steps = steps[2:] {
			at += uint64(int16(binary.BigEndian.Uint16(steps)))
			at &= 1<<40 - 1
			if got, want := w.Accept(at), m.accept(at); got != want {
				t.Fatalf("Accept(%d) = %v with highest %d, want %v", at, got, m.highest, want)
			}
		}
	})
}

func BenchmarkWindow(b *testing.B) {
	var w Window
	n := uint64(0)
	for b.Loop() {
		n++
		w.Accept(n)
	}
}
