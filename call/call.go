package call

import (
	"time"

	"ringdown/wire"
)

// A phase is how far our own side of a call has got. Whether a ring sounds, and
// whether an answered call is held, follows from the consoles and the line.
type phase uint8

const (
	calling  phase = iota // we lifted, and wait
	offered               // they lifted, and wait
	answered              // both have lifted
	ended
)

// A call is one call as this side knows it. All our times are stamps: Unix
// milliseconds that only rise within the call; 0 has not happened.
type call struct {
	id       wire.CallID
	crossed  wire.CallID // the other id, where both lifted at once
	outgoing bool        // the call that lives is ours
	drill    bool        // it exercises the people; fixed by its first signal
	phase    phase
	console  Console   // ours in it
	began    time.Time // by our clock, for RingLimit

	blind  bool        // it was over before we heard of it, or we have forgotten
	joined bool        // the far side has spoken of this call
	far    wire.Signal // its latest that was possible

	meets   wire.CallID // a call of the far side that ours, with the lower id, may cross
	meetsAt int64       // when that was placed, as it says

	hold0 int64 // the far side's hold that stands in the ladder without its end

	base time.Time // our clock at the first stamp
	last int64     // the newest stamp

	called, reached, rang, took, turned, over int64 // our stamps; turned: held or resumed

	holding wire.Reason // why we hold it, as we say to the far side

	gapSince       time.Time // of the gap that is open
	longest, total time.Duration

	reason   wire.Reason
	endedBy  Side
	presumed bool // the far side ended it, and had moved on before it could say why
	ladder   []Step
}

func (c *call) live() bool { return c != nil && c.phase != ended }

// stamp is the author's time for a step taken now. It counts on from the first
// stamp by elapsed time and never repeats, so a clock that is set in mid-call
// turns neither the order nor the length of a call round.
func (c *call) stamp(now time.Time) int64 {
	if c.base.IsZero() {
		c.base = now
	}
	at := c.base.Add(now.Sub(c.base)).UnixMilli()
	c.last = min(max(at, c.last+1, 1), latest)
	return c.last
}

// latest is the last millisecond of the year 9999, the last that can be shown.
const latest = 253402300799999

// hold takes our step into a hold for this reason, or out of it.
func (c *call) hold(now time.Time, why wire.Reason) {
	before := c.holding
	c.holding = why
	switch {
	case before == wire.ReasonNone && why != wire.ReasonNone:
		c.turned = c.stamp(now)
		c.rung(RungHeld, Us, c.turned)
	case before != wire.ReasonNone && why == wire.ReasonNone:
		c.turned = c.stamp(now)
		c.rung(RungResumed, Us, c.turned)
	}
}

func (c *call) closeGap(now time.Time) {
	if c.gapSince.IsZero() {
		return
	}
	gap := max(now.Sub(c.gapSince), 0)
	c.longest, c.total, c.gapSince = max(c.longest, gap), c.total+gap, time.Time{}
}

// count is n as a signal carries it.
func count(n int) uint8 { return uint8(min(n, 255)) }

// signal is what we say of the call. See the package comment for the times.
func (c *call) signal(ringing int) wire.Signal {
	s := wire.Signal{Call: c.id, Drill: c.drill, At: [3]int64{c.rang, c.took, c.turned}}
	if c.outgoing {
		s.At[0] = c.called
	}
	switch c.phase {
	case calling:
		s.Step = wire.StepCalling
	case offered:
		s.Step, s.At[2] = wire.StepReached, c.reached
		if ringing > 0 {
			s.Step, s.Ringing = wire.StepRinging, count(ringing)
		}
	case answered:
		s.Step = wire.StepActive
		if !c.crossed.IsZero() && !c.outgoing && c.turned == 0 {
			s.At[0], s.At[2] = c.called, c.called
		}
		if c.holding != wire.ReasonNone {
			s.Step, s.Reason = wire.StepHeld, c.holding
		}
	case ended:
		s.Step, s.Reason, s.At[2] = wire.StepEnded, c.reason, c.over
		if !c.outgoing && c.took == 0 {
			s.At[1] = c.over
		}
	}
	return s
}
