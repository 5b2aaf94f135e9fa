package call

import (
	"slices"
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

// unanswered reports whether the call is live and nobody has taken it.
func (c *call) unanswered() bool { return c.live() && c.phase != answered }

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

// rung enters a step into the ladder: the first figure that its author gives
// stays. A step without a figure is not shown.
func (c *call) rung(name Rung, by Side, at int64) {
	if at <= 0 || !name.repeats() && c.has(name, by) {
		return
	}
	s := Step{Name: name, By: by, At: time.UnixMilli(min(at, latest)).UTC()}
	i := len(c.ladder)
	for i > 0 && c.ladder[i-1].Name.rank() > name.rank() {
		i--
	}
	c.ladder = slices.Insert(c.ladder, i, s)
	c.trim()
}

func (c *call) has(name Rung, by Side) bool {
	return slices.ContainsFunc(c.ladder, func(s Step) bool { return s.Name == name && s.By == by })
}

// rangThere reports whether the far side ever rang, as it says.
func (c *call) rangThere() bool { return c.has(RungRinging, Them) }

// trim forgets the oldest hold of a ladder that has too many.
func (c *call) trim() {
	holds := 0
	for _, s := range c.ladder {
		if s.Name.repeats() {
			holds++
		}
	}
	if holds > mostHolds {
		i := slices.IndexFunc(c.ladder, func(s Step) bool { return s.Name.repeats() })
		c.ladder = slices.Delete(c.ladder, i, i+1)
	}
}

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
// ended this one.
func (c *call) presume(now time.Time, held Hold) (wire.Reason, Side) {
	switch {
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
	case wire.HungUp, wire.Declined, wire.Cancelled, wire.Stopping:
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

// plausible is the far side's reason, or the nearest that its role allows.
func (c *call) plausible(r wire.Reason) wire.Reason {
	known := weight(r) >= 0 || chosen(r)
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
	case timedOut(r), r == wire.Restarted, r == wire.Stopping:
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

// learn enters into the ladder what the far side says of its own steps.
func (c *call) learn(s wire.Signal) {
	if !c.outgoing {
		c.rung(RungCalled, Them, s.At[0])
	} else {
		c.learnCalled(s)
	}
	switch {
	case s.Step == wire.StepHeld && s.At[2] != c.hold0:
		c.hold0 = s.At[2]
		c.rung(RungHeld, Them, s.At[2])
	case s.Step == wire.StepActive && c.hold0 != 0:
		c.hold0 = 0
		c.rung(RungResumed, Them, s.At[2])
	case s.Step == wire.StepEnded:
		c.rung(RungEnded, Them, s.At[2])
	}
}

// learnCalled takes the times of the called side.
func (c *call) learnCalled(s wire.Signal) {
	switch {
	case s.Step == wire.StepActive && s.At[0] == s.At[2]: // it had lifted too
		c.rung(RungCalled, Them, s.At[0])
		if c.meetsAt == s.At[0] {
			c.crossed = c.meets
		}
	case s.At[0] != s.At[1]:
		c.rung(RungRinging, Them, s.At[0])
	}
	if s.Step == wire.StepReached || s.Step == wire.StepRinging {
		c.rung(RungReached, Them, s.At[2])
		return
	}
	if s.At[1] == s.At[2] { // ended, and never answered
		return
	}
	c.rung(RungAnswered, Them, s.At[1])
}

// possible reports whether the far side can be at this step of this call, given
// its role and what it and we have said before.
func (c *call) possible(s wire.Signal) bool {
	spoke := c.far.Step == wire.StepActive || c.far.Step == wire.StepHeld
	switch s.Step {
	case wire.StepCalling:
		return !c.outgoing && !spoke
	case wire.StepReached, wire.StepRinging:
		return c.outgoing && !spoke
	case wire.StepActive, wire.StepHeld:
		return c.outgoing || c.took != 0
	case wire.StepEnded:
		return true
	}
	return false
}

// count is n as a signal carries it.
func count(n int) uint8 { return uint8(min(n, 255)) }

// signal is what we say of the call. See the package comment for the times.
func (c *call) signal(ringing int) wire.Signal {
	s := wire.Signal{Call: c.id, At: [3]int64{c.rang, c.took, c.turned}}
	switch {
	case c.outgoing:
		s.At[0] = c.called
	case c.rang == 0 && c.crossed.IsZero():
		s.At[0] = c.took // answered before any bell sounded
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
