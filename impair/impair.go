// Package impair is the model of a bad network. One model serves twice: a [Network]
// in memory, where whole stations run in virtual time, and a [Forwarder] between
// real UDP sockets, which the demo puts into each path.
//
// # The model
//
// A link is one direction between two addresses, with its own [Settings]. It counts
// the datagrams sent into it; for number n, chance decides by (seed, n) and nothing
// else. So the same seed gives datagram n the same fate whatever the other links
// carry, and moving one setting leaves what the others would do as it was.
//
// In this order, a datagram
//
//  1. is lost if the link is cut, or with probability Loss;
//  2. waits for room if there is a Rate, and is lost if that takes over [MaxQueue];
//  3. gets one bit flipped, with probability Corrupt;
//  4. arrives after Delay and a uniform part of Jitter, but not before those sent
//     earlier: a link keeps the order. With probability Reorder it does not: it arrives
//     up to [ReorderSpan] later, and those behind it do not wait;
//  5. arrives a second time, with its own part of Jitter, with probability Duplicate.
//
// A cut loses what is in flight, too. Any other change holds for what is sent from
// then on. A change of delay is like a change of route: what was sent before may be
// overtaken. At most [MaxInFlight] datagrams are on a link at once; more are lost.
//
// A datagram to an address where nobody listens is lost without a word, and one
// that finds [MaxUnread] unread before it as well: the model sends no ICMP.
package impair

import (
	"fmt"
	"math"
	"time"
)

const (
	// MaxDelay bounds Delay and Jitter.
	MaxDelay = 10 * time.Second

	// MaxQueue is how long a datagram may wait for a link with a Rate.
	MaxQueue = time.Second

	// ReorderSpan is how much later a datagram arrives, at most, that does not keep the order.
	ReorderSpan = 100 * time.Millisecond

	// MaxInFlight bounds the datagrams on one link.
	MaxInFlight = 1 << 15

	// MaxUnread bounds the datagrams that wait in one socket in memory.
	MaxUnread = 1 << 12
)

// Settings say what one direction of a link does to datagrams. The zero Settings
// are a perfect link. Loss, Duplicate, Reorder and Corrupt are probabilities, from
// 0 (never) to 1 (always).
type Settings struct {
	Cut       bool          // nothing arrives
	Delay     time.Duration // of every datagram, 0 to MaxDelay
	Jitter    time.Duration // the most that is added to Delay, 0 to MaxDelay
	Loss      float64       // lost
	Duplicate float64       // arrive twice
	Reorder   float64       // arrive out of order
	Corrupt   float64       // arrive with one bit flipped
	Rate      int           // bytes a second, without headers; 0: no limit
}

// Validate returns an error that names the first setting out of its range.
func (s Settings) Validate() error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"delay", s.Delay}, {"jitter", s.Jitter}} {
		if d.value < 0 || d.value > MaxDelay {
			return fmt.Errorf("impair: %s %v: want 0 to %v", d.name, d.value, MaxDelay)
		}
	}
	for _, p := range []struct {
		name  string
		value float64
	}{{"loss", s.Loss}, {"duplicate", s.Duplicate}, {"reorder", s.Reorder}, {"corrupt", s.Corrupt}} {
		if math.IsNaN(p.value) || p.value < 0 || p.value > 1 {
			return fmt.Errorf("impair: %s %v: want 0 to 1", p.name, p.value)
		}
	}
	if s.Rate < 0 {
		return fmt.Errorf("impair: rate %d: want 0 (no limit) or more bytes a second", s.Rate)
	}
	return nil
}

// Counts are what one direction has done so far. Seen and Doubled together are
// Carried, Lost and what is in flight.
type Counts struct {
	Seen    uint64 // datagrams sent into it
	Doubled uint64 // second copies made
	Carried uint64 // arrived
	Lost    uint64 // by a cut, by chance, by a full queue, or with nobody there
	Size    int    // of the last datagram seen, in bytes
}
