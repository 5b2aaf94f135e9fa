package wire

const (
	windowWords = 32 // a power of two, so that a word's place is a mask away

	// WindowSize is how far behind the highest number a [Window] still tells the
	// new from the seen. One word of the ring is always being reused.
	WindowSize = (windowWords - 1) * 64
)

// A Window accepts each number once, in nearly any order: the sliding window of
// RFC 4303, section 3.4.3, kept as the ring of RFC 6479. What is more than
// [WindowSize] behind the highest number accepted counts as seen. The zero
// Window has seen nothing. It is for authentic numbers only: call Accept after
// the datagram has opened, never before, or a forger moves the window.
type Window struct {
	highest uint64
	any     bool // highest was accepted, though it may be 0
	ring    [windowWords]uint64
}

// Accept reports whether n is new, and if so remembers it.
func (w *Window) Accept(n uint64) bool {
	if !w.any || n > w.highest {
		w.advance(n)
	} else if w.highest-n >= WindowSize {
		return false
	}
	word, bit := &w.ring[n>>6&(windowWords-1)], uint64(1)<<(n&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// advance makes n the highest and forgets the words between.
func (w *Window) advance(n uint64) {
	if !w.any {
		w.any, w.highest = true, n
		return
	}
	steps := min(n>>6-w.highest>>6, windowWords)
	for i := range steps {
		w.ring[(w.highest>>6+1+i)&(windowWords-1)] = 0
	}
	w.highest = n
}

// Highest is the highest number accepted. It reports false if there is none.
func (w *Window) Highest() (uint64, bool) { return w.highest, w.any }
