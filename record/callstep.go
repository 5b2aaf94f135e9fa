package record

import "fmt"

// A Step is one rung of a call, stated by the side that knows it.
type Step uint8

// The steps.
const (
	StepCalled   Step = 1 + iota // its author lifted
	StepCrossed                  // both lifted: Other was given up for this call
	StepReached                  // its author's station knows of the call; Count consoles are ready
	StepRinging                  // Count of its author's consoles really ring: the most so far; again when more do
	StepAnswered                 // a person on its author's side took it
	StepHeld                     // its author's station holds it, for Reason
	StepResumed                  // both speak again
	StepEnded                    // for Reason, by By
	StepAsked                    // its author's side asks for the principal of the other
	StepFetching                 // its author's side fetches its principal: Who, in Count minutes
	StepPresent                  // its author's principal is at the console: a statement, and no proof
	StepJoined                   // a further person on its author's side listens in, or Speaks
	StepLeft                     // and is gone again
	StepHanded                   // on its author's side the call is now with Who
	steps
)

var stepNames = [steps]string{"", "called", "crossed", "reached", "ringing", "answered", "held", "resumed", "ended",
	"asked", "fetching", "present", "joined", "left", "handed"}

func (s Step) String() string { return nameOf("step", stepNames[:], uint8(s)) }

// counts: of consoles, or of minutes.
func (s Step) counts() bool { return s == StepReached || s == StepRinging || s == StepFetching }

func (s Step) hasPerson() bool {
	return s == StepCalled || s == StepAnswered || s >= StepEnded && s < steps
}

// A Role is what a person is at the own station, as that station states it.
type Role uint8

// The roles; 0 is none that is stated.
const (
	RoleOfficer   Role = 1 + iota // of the watch
	RolePrincipal                 // whom the line is for
	RoleObserver
	roles
)

var roleNames = [roles]string{"", "watch officer", "principal", "observer"}

func (r Role) String() string {
	if r == 0 {
		return "no role"
	}
	return nameOf("role", roleNames[:], uint8(r))
}

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
	Suspended                     // the right to call is suspended
	Interrupted                   // a drill gave way to a real call
	reasons
)

var reasonNames = [reasons]string{"", "hung up", "declined", "no answer", "nobody ready", "not reached", "cancelled",
	"console lost", "line lost", "station restarted", "station stopping", "suspended", "interrupted"}

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
	// Drill makes it an entry of another kind, [KindDrill], so that nobody can take it for a step of
	// a real call, not even from its header alone.
	Drill bool

	Step   Step
	Reason Reason // with StepHeld and StepEnded
	By     By     // with StepEnded
	Speaks bool   // with StepJoined: not only listens
	Count  uint8  // with StepReached and StepRinging, consoles; with StepFetching, minutes, 0 if not known. 255: 255 or more
	Other  CallID // with StepCrossed
	Who    string // the person, if stated, with StepCalled, StepAnswered, StepEnded and all after it
	Role   Role   // of Who, if stated; with StepFetching none: it is the principal who is fetched
}

// Kind is KindCall, or KindDrill.
func (c CallStep) Kind() Kind {
	if c.Drill {
		return KindDrill
	}
	return KindCall
}

// append writes Speaks in the place of By, and Role in that of Count: no step has both.
func (c CallStep) append(b []byte) []byte {
	b = append(b, byte(c.Step), byte(c.Reason), byte(c.By), c.Count)
	if c.Speaks {
		b[len(b)-2] = 1
	}
	if c.Role != 0 {
		b[len(b)-1] = byte(c.Role)
	}
	if c.Step == StepCrossed {
		b = append(b, c.Other[:]...)
	}
	return append(b, c.Who...)
}

func readCallStep(r *reader, drill bool) CallStep {
	c := CallStep{Drill: drill, Step: Step(r.byte("step")), Reason: Reason(r.byte("reason"))}
	if c.Step == StepJoined {
		c.Speaks = r.bool("right to speak")
	} else {
		c.By = By(r.byte("author of the end"))
	}
	if n := r.byte("count"); c.Step.hasPerson() && !c.Step.counts() {
		c.Role = Role(n)
	} else {
		c.Count = n
	}
	if c.Step == StepCrossed {
		c.Other = CallID(r.bytes(len(c.Other), "other call"))
	}
	c.Who = string(r.rest())
	return c
}

func (c CallStep) check(h *Header) error {
	bad := func(found, want string) error { return refuse(ErrMalformed, c.Kind().String(), found, want) }
	stops := c.Step == StepHeld || c.Step == StepEnded
	switch {
	case c.Step == 0 || c.Step >= steps:
		return bad(c.Step.String(), "a step from called to handed")
	case stops != (c.Reason != 0) || c.Reason >= reasons:
		return bad(fmt.Sprintf("%s with %s", c.Step, c.Reason), "a known reason with held and ended, and none with others")
	case c.Reason == Interrupted && !c.Drill:
		return bad("a call that gave way", "a drill: nothing interrupts a call")
	case c.By >= bys || c.By != ByNobody && c.Step != StepEnded:
		return bad(fmt.Sprintf("%s by %d", c.Step, c.By), "nobody, author or other with ended, and nobody with others")
	case c.Speaks && c.Step != StepJoined:
		return bad(c.Step.String()+", speaking", "who speaks only with joined")
	case c.Count != 0 && !c.Step.counts() || c.Count == 0 && c.Step == StepRinging:
		return bad(fmt.Sprintf("%s with count %d", c.Step, c.Count), "how many are ready or ring, or minutes, and 0 with other steps")
	case c.Step == StepCrossed && (c.Other.IsZero() || c.Other == h.Call):
		return bad("other call "+c.Other.String(), "the call that was given up")
	case c.Step != StepCrossed && !c.Other.IsZero():
		return bad(c.Step.String()+" with another call", "none but with crossed")
	}
	return c.checkPerson(bad)
}

func (c CallStep) checkPerson(bad func(found, want string) error) error {
	switch {
	case c.Who != "" && !c.Step.hasPerson():
		return bad(fmt.Sprintf("%s by %q", c.Step, c.Who), "a person only where one acts")
	case c.Role >= roles || c.Role != 0 && (!c.Step.hasPerson() || c.Step.counts()):
		return bad(fmt.Sprintf("%s by %s", c.Step, c.Role), "a known role, and none where no person acts or with fetching")
	}
	return line(c.Kind().String(), c.Who, 0, MaxWho)
}
