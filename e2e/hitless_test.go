package e2e

import (
	"slices"
	"testing"
	"time"
)

const (
	cutFor    = 1200 * time.Millisecond
	window    = 2400 * time.Millisecond // around a cut, and as long without one
	settle    = 5 * time.Second         // for both ends to know the paths' delays
	mostExtra = 960                     // samples: one packet of 20 ms at 48 kHz
)

// The faster of two paths is cut in the middle of speech, and nobody hears it: the
// browsers make up no more sound in the windows with a cut than in those without.
func TestCutIsInaudible(t *testing.T) {
	p := startPair(t)
	p.impair(t, 1, map[string]any{"delay_ms": 20})
	p.impair(t, 2, map[string]any{"delay_ms": 60})
	p.call()
	p.speaking()
	p.cutsAreInaudible(t, 10, median)

	// A browser's own buffer may bridge 40 ms by itself. It does not bridge 120, at
	// least not the first time: then it grows.
	p.impair(t, 2, map[string]any{"delay_ms": 140})
	p.cutsAreInaudible(t, 3, mean)

	// What is really lost, the measure shows.
	p.cut(t, 1, true)
	p.cut(t, 2, true)
	gap := p.concealedIn(t, 300*time.Millisecond)
	p.cut(t, 1, false)
	p.cut(t, 2, false)
	after := p.concealedIn(t, window)
	for end := range gap {
		if n := gap[end] + after[end]; n < 100*sampleRate/1000 {
			t.Errorf("page %d conceals %d samples of a gap of 300 ms: the measure does not see it", end, n)
		}
	}
	p.inCall()
	p.speaking()
}

// cutsAreInaudible compares so many windows with a cut of path 1 with as many without.
func (p *pair) cutsAreInaudible(t *testing.T, cuts int, middle func([]int) int) {
	t.Helper()
	let(settle)
	for range 10 { // a browser's buffer may still be growing
		if still := p.concealedIn(t, window); still == [2]int{} {
			break
		}
	}
	var without, with [2][]int
	for range cuts {
		still := p.concealedIn(t, window)
		p.cut(t, 1, true)
		during := p.concealedIn(t, cutFor)
		p.cut(t, 1, false)
		after := p.concealedIn(t, window-cutFor)
		for end := range still {
			without[end] = append(without[end], still[end])
			with[end] = append(with[end], during[end]+after[end])
		}
	}
	for end, name := range []string{"north", "south"} {
		a, b := middle(without[end]), middle(with[end])
		t.Logf("%s: concealed samples in %v: %v with a cut (%d), %v without (%d)", name, window, with[end], b, without[end], a)
		if b-a > mostExtra {
			t.Errorf("%s hears the cut: %d samples more are made up with it, wanted at most %d", name, b-a, mostExtra)
		}
	}
}

// concealedIn counts the samples that each page makes up in the time, north first.
// It fails the test if a page plays next to nothing, because a page that plays
// nothing conceals nothing.
func (p *pair) concealedIn(t *testing.T, d time.Duration) [2]int {
	t.Helper()
	north, south := p.North.received(), p.South.received()
	let(d)
	played := [2]int{}
	for end, v := range [2][2]voice{{north, p.North.received()}, {south, p.South.received()}} {
		if n, want := v[1].Samples-v[0].Samples, int(d.Seconds()*sampleRate); n < want*8/10 {
			t.Fatalf("page %d played %d samples in %v, wanted about %d", end, n, d, want)
		}
		played[end] = v[1].Concealed - v[0].Concealed
	}
	return played
}

func median(n []int) int {
	n = slices.Sorted(slices.Values(n))
	return (n[(len(n)-1)/2] + n[len(n)/2]) / 2
}

func mean(n []int) int {
	sum := 0
	for _, x := range n {
		sum += x
	}
	return sum / len(n)
}
