package presence

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"time"

	"ringdown/record"
)

const (
	// Lifetime is how long a nonce is good for.
	Lifetime = 60 * time.Second

	// MostOpen is how many nonces of a line may be out; the oldest is put aside for a fifth.
	MostOpen = 4

	// mostPast is how many bindings are remembered, so that what comes back later is called by its name.
	mostPast = 32
)

// A Desk gives out the nonces of one line and takes each back once. The zero Desk is ready. It keeps
// no clock and is not safe for concurrent use; the line's loop owns it.
type Desk struct {
	open []given // the oldest first
	past []past  // the oldest first
}

// A given is a nonce that is out.
type given struct {
	Binding
	at time.Time
}

// A past is a binding that is good for nothing any more; why is what is said if it comes back.
type past struct {
	Binding
	why Reason
}

// Give makes a nonce for what b says beside it, and returns b with it.
func (d *Desk) Give(now time.Time, b Binding) Binding {
	_, _ = rand.Read(b.Nonce[:]) // never fails: crypto/rand
	d.expire(now)
	if len(d.open) == MostOpen {
		d.retire(d.open[0].Binding, NoncePutAside)
		d.open = slices.Delete(d.open, 0, 1)
	}
	d.open = append(d.open, given{b, now})
	return b
}

// Asked remembers a nonce that the other side gave out for a claim of ours, so that it is known if they send it back.
func (d *Desk) Asked(b Binding) { d.retire(b, OtherDirection) }

func (d *Desk) expire(now time.Time) {
	d.open = slices.DeleteFunc(d.open, func(g given) bool {
		late := now.Sub(g.at) > Lifetime
		if late {
			d.retire(g.Binding, NonceLate)
		}
		return late
	})
}

func (d *Desk) retire(b Binding, why Reason) {
	if len(d.past) == mostPast {
		d.past = slices.Delete(d.past, 0, 1)
	}
	d.past = append(d.past, past{b, why})
}

// A Moment is what the verifier knows when a claim comes.
type Moment struct {
	Call               record.CallID // that is live; zero: none
	Drill              bool          // it is a drill
	Claimant, Verifier uint64        // the incarnations that run
}

// Take looks up the nonce of a claim that came in for a call, and uses it up: whatever is wrong with the claim, the nonce
// is good for no other. It returns what the key must have signed, or a [*Refusal]. Then comes [Verify].
func (d *Desk) Take(now time.Time, m Moment, call record.CallID, drill bool, c *record.Claim) (Binding, error) {
	d.expire(now)
	i := slices.IndexFunc(d.open, func(g given) bool { return g.Nonce == c.Nonce })
	if i < 0 {
		return Binding{}, refuse(d.recall(m, call, c))
	}
	b := d.open[i].Binding
	d.open = slices.Delete(d.open, i, i+1)
	d.retire(b, NonceUsed)
	switch {
	case b.Call != call:
		return b, refuse(OtherCall)
	case m.Call != call:
		return b, refuse(CallOver)
	case m.swaps(c):
		return b, refuse(OtherDirection)
	case m.otherRun(c) || b.Claimant != m.Claimant || b.Verifier != m.Verifier:
		return b, refuse(OtherRun)
	case c.Credential != b.Credential:
		return b, refuse(OtherKey)
	case c.Role != b.Role:
		return b, refuse(OtherRole)
	case drill != m.Drill:
		return b, refuse(DrillMark)
	}
	return b, nil
}

// swaps says that a claim takes the verifier for the claimant.
func (m Moment) swaps(c *record.Claim) bool {
	own, far := binary.BigEndian.Uint64(c.Own[:]), binary.BigEndian.Uint64(c.Far[:])
	return own == m.Verifier && far == m.Claimant && own != far
}

// otherRun says that a claim names other incarnations than those that run.
func (m Moment) otherRun(c *record.Claim) bool {
	own, far := binary.BigEndian.Uint64(c.Own[:]), binary.BigEndian.Uint64(c.Far[:])
	return own != m.Claimant || far != m.Verifier
}

// recall says why a nonce that is not out is none.
func (d *Desk) recall(m Moment, call record.CallID, c *record.Claim) Reason {
	i := slices.IndexFunc(d.past, func(p past) bool { return p.Nonce == c.Nonce })
	switch {
	case i >= 0 && d.past[i].why == OtherDirection, i < 0 && m.swaps(c):
		return OtherDirection
	case i < 0 && m.otherRun(c):
		return OtherRun
	case i < 0:
		return NonceUnknown
	case d.past[i].Call != call:
		return OtherCall
	}
	return d.past[i].why
}

// Known are the bindings that the desk remembers, for [Verify] to tell what a key signed instead.
func (d *Desk) Known() []Known {
	known := make([]Known, 0, len(d.open)+len(d.past))
	for i := range d.open {
		known = append(known, Known{Binding: d.open[i].Binding})
	}
	for i := range d.past {
		known = append(known, Known{d.past[i].Binding, d.past[i].why == OtherDirection})
	}
	return known
}

// A Known is a binding of this line. Ours: the nonce was theirs, for a claim of this side.
type Known struct {
	Binding
	Ours bool
}
