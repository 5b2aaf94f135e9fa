package call

import (
	"slices"
	"time"

	"ringdown/wire"
)

// finish ends the call with a figure of ours. What the other side chose we do
// not claim to it as our end.
func (c *call) finish(now time.Time, why wire.Reason, by Side) {
	at := c.stamp(now)
	c.rung(RungEnded, Us, at)
	if by != Them {
		c.over = at
	}
	c.close(now, why, by)
}

// follow ends the call because the far side says it is over.
func (c *call) follow(now time.Time, s wire.Signal) {
	if s.At[2] == 0 { // it follows an end that we did not make in this run
		c.presumed = true
		c.finish(now, wire.Restarted, Nobody)
		return
	}
	why := c.plausible(s.Reason)
	if !c.outgoing && timedOut(why) && c.reached != 0 {
		why = c.ownWord()
	}
	by := Nobody
	if chosen(why) {
		by = Them
	}
	c.close(now, why, by)
}

func (c *call) close(now time.Time, why wire.Reason, by Side) {
	c.closeGap(now)
	c.phase, c.reason, c.endedBy = ended, why, by
	c.holding = wire.ReasonNone
}

// overdue is why the call ends when its limit is reached.
func (c *call) overdue(held Hold) wire.Reason {
	switch {
	case c.phase == offered:
		return c.ownWord()
	case c.phase == answered && held == HeldLine:
		return wire.LineLost
	case c.phase == answered:
		return wire.ConsoleLost
	case c.rangThere():
		return wire.NoAnswer
	case c.has(RungReached, Them):
		return wire.NobodyReady
	}
	return wire.NotReached
}

// presume is why the far side, which has moved on to another call, will have
// ended this one. What it speaks of now is s.
func (c *call) presume(now time.Time, held Hold, s wire.Signal) (wire.Reason, Side) {
	switch {
	case c.drill && !s.Drill:
		return wire.Interrupted, Them
	case c.phase == calling:
		return wire.Declined, Them
	case c.phase == offered && now.Sub(c.began) >= RingLimit,
		!c.gapSince.IsZero() && now.Sub(c.gapSince) >= HoldLimit:
		return c.overdue(held), Nobody
	case c.far.Step == wire.StepCalling:
		return wire.Cancelled, Them
	}
	return wire.HungUp, Them
}

// ownWord is what the called side says of a call that nobody answered in time.
func (c *call) ownWord() wire.Reason {
	if c.rang != 0 || c.took != 0 {
		return wire.NoAnswer
	}
	return wire.NobodyReady
}

// chosen reports whether a call ends so because somebody wanted it.
func chosen(r wire.Reason) bool {
	switch r {
	case wire.HungUp, wire.Declined, wire.Cancelled, wire.Stopping, wire.Suspended, wire.Interrupted:
		return true
	}
	return false
}

// timedOut reports whether a call ends so because nobody answered it in time.
func timedOut(r wire.Reason) bool {
	return r == wire.NoAnswer || r == wire.NobodyReady || r == wire.NotReached
}

// weight orders the reasons that nobody chose: where the two sides came to
// different ones while they could not hear each other, both show the heavier.
func weight(r wire.Reason) int {
	return slices.Index([]wire.Reason{wire.NotReached, wire.NobodyReady, wire.NoAnswer,
		wire.LineLost, wire.ConsoleLost, wire.Restarted}, r)
}

// allowed reports whether any call like this one can end so.
func (c *call) allowed(r wire.Reason) bool {
	switch r {
	case wire.Interrupted:
		return c.drill
	case wire.Suspended: // an answered call goes on
		return c.far.Step != wire.StepActive && c.far.Step != wire.StepHeld
	}
	return weight(r) >= 0 || chosen(r)
}

// plausible is the far side's reason, or the nearest that its role allows.
func (c *call) plausible(r wire.Reason) wire.Reason {
	known := c.allowed(r)
	switch {
	case c.blind && known:
		return r
	case c.outgoing && known && r != wire.Cancelled && r != wire.NotReached:
		return r
	case c.outgoing && !c.has(RungAnswered, Them):
		return wire.Declined
	case c.outgoing:
		return wire.HungUp
	case c.took != 0 && known && r != wire.Declined:
		return r
	case c.took != 0:
		return wire.HungUp
	case timedOut(r), r == wire.Restarted, r == wire.Stopping, known && (r == wire.Suspended || r == wire.Interrupted):
		return r
	}
	return wire.Cancelled
}

// merge takes the far side's end of a call that has ended here too.
func (c *call) merge(s wire.Signal) {
	theirs := c.plausible(s.Reason)
	switch stated := s.At[2] != 0; {
	case chosen(c.reason):
		// We know who ended it.
	case timedOut(c.reason) && timedOut(theirs):
		if c.outgoing {
			c.reason = theirs // the called side knows
		}
	case stated && chosen(theirs):
		c.reason, c.endedBy, c.over = theirs, Them, 0 // theirs, not ours
	case stated && weight(theirs) > weight(c.reason):
		c.reason = theirs
	}
}
