package line

import "time"

const (
	// firstTimeout is when a piece is sent again before any round trip is known.
	firstTimeout = time.Second

	// maxTimeout bounds the time after which a piece is sent again, but not below
	// the round trip.
	maxTimeout = 3 * time.Second

	// leastPatience and mostPatience bound, in frames, how much later a frame must
	// have been acknowledged before one that was not counts as lost.
	leastPatience = 3
	mostPatience  = 64

	// judgedAfter is how many pieces are sent again before patience is judged.
	judgedAfter = 16
)

// A pace is what the senders of a line know together of the way to the far station
// and back: when a piece sent must be taken for lost.
type pace struct {
	tick time.Duration

	frame  uint64 // frames filled so far
	newest uint64 // newest frame known to have arrived

	rtt, spread time.Duration // smoothed round trip and its mean deviation; 0: none measured

	// patience, in frames, is judged every time so many pieces were sent again: it
	// grows if too many of them were needless.
	patience int
	resent   int
	needless int
}

// next notes that another frame is filled. rtt is what the paths say of the
// round trip, until the streams have measured their own.
func (p *pace) next(rtt time.Duration) {
	p.frame++
	if p.rtt == 0 && rtt > 0 {
		p.rtt, p.spread = rtt, rtt/2
	}
}

// lost reports whether a segment that is not acknowledged must be taken for lost: a
// frame sent later by more than our patience has overtaken it, or it has been out
// for too long.
func (p *pace) lost(now time.Time, seg *segment) bool {
	return seg.frame+uint64(p.patience) <= p.newest || now.Sub(seg.sent) >= p.timeout(seg.times)
}

// timeout is how long a piece that was sent so often stays out before it counts
// as lost: RFC 6298 with other constants.
func (p *pace) timeout(times uint8) time.Duration {
	if p.rtt == 0 {
		return firstTimeout << min(times-1, 2)
	}
	t := p.rtt + max(4*p.spread, 2*p.tick) + time.Duration(p.patience)*p.tick
	return min(t<<min(times-1, 2), max(maxTimeout, t))
}

// judge reports true, and makes p more patient, if more than a quarter of what was
// sent again was needless. Some of it always is: acknowledgements get lost too.
func (p *pace) judge() (early bool) {
	if p.resent < judgedAfter {
		return false
	}
	early = p.needless > p.resent/4
	if early {
		p.patience = min(p.patience*2, mostPatience)
	} else {
		p.patience = max(p.patience-1, leastPatience)
	}
	p.resent, p.needless = 0, 0
	return early
}

// measure smooths a round trip into the estimate, as RFC 6298, section 2.
func (p *pace) measure(rtt time.Duration) {
	if p.rtt == 0 {
		p.rtt, p.spread = rtt, rtt/2
		return
	}
	p.spread += ((p.rtt - rtt).Abs() - p.spread) / 4
	p.rtt += (rtt - p.rtt) / 8
}
