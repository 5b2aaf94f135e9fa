package call

import (
	"slices"
	"time"

	"ringdown/wire"
)

// A Rung is one step of the ladder.
type Rung uint8

// The rungs, in the order in which a ladder shows them.
const (
	RungCalled Rung = iota
	RungReached
	RungRinging
	RungAnswered
	RungHeld
	RungResumed
	RungEnded
)

var rungNames = [...]string{"called", "reached", "ringing", "answered", "held", "resumed", "ended"}

func (r Rung) String() string { return name("rung", rungNames[:], uint8(r)) }

// repeats reports whether this rung may stand in a ladder more than once.
func (r Rung) repeats() bool { return r == RungHeld || r == RungResumed }

// rank orders the rungs; holds stand as they came.
func (r Rung) rank() Rung {
	if r == RungResumed {
		return RungHeld
	}
	return r
}

// A Step is one rung with its author, and the author's time.
type Step struct {
	Name Rung
	At   time.Time // UTC, whole milliseconds: the same figure on both sides
	By   Side
}

// rung enters a step into the ladder: the first figure that its author gives
// stays. A step without a figure is not shown.
func (c *call) rung(name Rung, by Side, at int64) {
	if at <= 0 || !name.repeats() && c.has(name, by) {
		return
	}
	s := Step{Name: name, By: by, At: time.UnixMilli(at).UTC()}
	i := len(c.ladder)
	for i > 0 && c.ladder[i-1].Name.rank() > name.rank() {
		i--
	}
	c.ladder = slices.Insert(c.ladder, i, s)
	c.trim(by)
}

func (c *call) has(name Rung, by Side) bool {
	return slices.ContainsFunc(c.ladder, func(s Step) bool { return s.Name == name && s.By == by })
}

// rangThere reports whether the far side ever rang, as it says.
func (c *call) rangThere() bool { return c.has(RungRinging, Them) }

// trim forgets a side's oldest hold when there are too many of that side.
func (c *call) trim(by Side) {
	oldest, holds := 0, 0
	for i := len(c.ladder) - 1; i >= 0; i-- {
		if s := c.ladder[i]; s.By == by && s.Name.repeats() {
			oldest, holds = i, holds+1
		}
	}
	if holds > mostHolds {
		c.ladder = slices.Delete(c.ladder, oldest, oldest+1)
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
	default:
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
