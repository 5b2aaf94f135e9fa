package record

import "time"

// A Window is when an entry was written as far as the other side can tell by its own
// clock, whatever the author says. A zero time is no bound.
type Window struct {
	After  time.Time // of the newest own entry that the author had seen
	Before time.Time // of the own co-signature that covers the entry
}

// WindowOf bounds an entry. seen is the newest of the other's entries that it had
// seen, number [Header.Seen].Size-1 of that log, or nil if there is none; cosignature is the first
// that covers the entry, or nil if there is none yet.
func WindowOf(seen *Header, cosignature []byte) (w Window) {
	if seen != nil {
		w.After = seen.When()
	}
	if cosignature != nil {
		w.Before = CosignedAt(cosignature).Add(time.Second) // it says whole seconds, rounded down
	}
	return w
}

// Misdated is how far the author's time lies before the window (negative:
// back-dated) or behind it (positive), and 0 if it lies inside. It is no ground to refuse an entry:
// clocks go wrong. What is more than the clocks are known to differ is to be shown.
func (w Window) Misdated(h *Header) time.Duration {
	at := h.When()
	switch {
	case !w.After.IsZero() && at.Before(w.After):
		return at.Sub(w.After)
	case !w.Before.IsZero() && at.After(w.Before):
		return at.Sub(w.Before)
	}
	return 0
}
