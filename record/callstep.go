package record

import "fmt"

// A Step is one rung of a call, stated by the side that knows it.
type Step uint8

// The steps.
const (
	StepCalled   Step = 1 + iota // its author lifted
	StepCrossed                  // both lifted: Other was given up for this call
	StepReached                  // its author's station knows of the call; Count consoles are ready
	StepRinging                  // Count of its author's consoles really ring
	StepAnswered                 // a person on its author's side took it
	StepHeld                     // its author's station holds it, for Reason
	StepResumed                  // both speak again
	StepEnded                    // for Reason, by By
	steps
)

var stepNames = [steps]string{"", "called", "crossed", "reached", "ringing", "answered", "held", "resumed", "ended"}

func (s Step) String() string { return nameOf("step", stepNames[:], uint8(s)) }

// A Reason says why a call ended or is held.
type Reason uint8

// The reasons.
const (
	HungUp      Reason = 1 + iota // a person hung up
	Declined                      // a person declined
	NoAnswer                      // it rang, and nobody took it
	NobodyReady                   // reached, but no console was ready
	NotReached                    // the far station was not reached
	Cancelled                     // the caller hung up before it was answered
	ConsoleLost                   // the console in the call is lost, or was for too long
	LineLost                      // the line is down, or was for too long
	Restarted                     // a station was started again
	Stopping                      // a station was told to stop
	reasons
)

var reasonNames = [reasons]string{"", "hung up", "declined", "no answer", "nobody ready", "not reached",
	"cancelled", "console lost", "line lost", "station restarted", "station stopping"}

func (r Reason) String() string { return nameOf("reason", reasonNames[:], uint8(r)) }

// By says who chose that a call ended.
type By uint8

// Who chose it.
const (
	ByNobody By = iota
	ByAuthor
	ByOther // as its author heard: the fact itself rests on the other's entry
	bys
)

// A CallStep is one step of the call that the header names.
type CallStep struct {
	Step   Step
	Reason Reason // with StepHeld and StepEnded
	By     By     // with StepEnded
	Count  uint8  // with StepReached and StepRinging; 255: 255 or more
	Other  CallID // with StepCrossed
	Who    string // with StepCalled, StepAnswered and StepEnded: the person, if stated
}

func (CallStep) Kind() Kind { return KindCall }

func (c CallStep) append(b []byte) []byte {
	b = append(b, byte(c.Step), byte(c.Reason), byte(c.By), c.Count)
	if c.Step == StepCrossed {
		b = append(b, c.Other[:]...)
	}
	return append(b, c.Who...)
}

func readCallStep(r *reader) CallStep {
	c := CallStep{Step: Step(r.byte("step")), Reason: Reason(r.byte("reason")), By: By(r.byte("author of the end")), Count: r.byte("count")}
	if c.Step == StepCrossed {
		c.Other = CallID(r.bytes(len(c.Other), "other call"))
	}
	c.Who = string(r.rest())
	return c
}

func (c CallStep) check(h *Header) error {
	bad := func(found, want string) error { return refuse(ErrMalformed, "call", found, want) }
	stops := c.Step == StepHeld || c.Step == StepEnded
	counts := c.Step == StepReached || c.Step == StepRinging
	person := c.Step == StepCalled || c.Step == StepAnswered || c.Step == StepEnded
	switch {
	case c.Step == 0 || c.Step >= steps:
		return bad(c.Step.String(), "a step from called to ended")
	case stops != (c.Reason != 0) || c.Reason >= reasons:
		return bad(fmt.Sprintf("%s with %s", c.Step, c.Reason), "a known reason with held and ended, and none with others")
	case c.By >= bys || c.By != ByNobody && c.Step != StepEnded:
		return bad(fmt.Sprintf("%s by %d", c.Step, c.By), "nobody, author or other with ended, and nobody with others")
	case c.Count != 0 && !counts || c.Count == 0 && c.Step == StepRinging:
		return bad(fmt.Sprintf("%s with count %d", c.Step, c.Count), "how many are ready or ring, and 0 with other steps")
	case c.Step == StepCrossed && (c.Other.IsZero() || c.Other == h.Call):
		return bad("other call "+c.Other.String(), "the call that was given up")
	case c.Step != StepCrossed && !c.Other.IsZero():
		return bad(c.Step.String()+" with another call", "none but with crossed")
	case c.Who != "" && !person:
		return bad(fmt.Sprintf("%s by %q", c.Step, c.Who), "a person only with called, answered and ended")
	}
	return line("call", c.Who, 0, MaxWho)
}
