package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// A CallID names one call. It is random, made by the side that lifts; the zero
// CallID is no call.
type CallID [16]byte

// String is the id in lower-case hexadecimal.
func (id CallID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id is no call.
func (id CallID) IsZero() bool { return id == CallID{} }

// Compare orders ids by their bytes: of two calls that cross, the lower lives.
func (id CallID) Compare(other CallID) int { return bytes.Compare(id[:], other[:]) }

// A Step is how far one side of a call has got, as that side says.
type Step uint8

// The steps, in the order in which a call goes through them.
const (
	StepNone    Step = iota // no call
	StepCalling             // we lifted
	StepReached             // called side: we know of the call, nobody rings yet
	StepRinging             // called side: consoles really ring
	StepActive              // answered
	StepHeld                // answered, and a console or the line is lost
	StepEnded
	steps
)

var stepNames = [steps]string{"none", "calling", "reached", "ringing", "active", "held", "ended"}

func (s Step) String() string {
	if s < steps {
		return stepNames[s]
	}
	return fmt.Sprintf("step %d", uint8(s))
}

// A Reason says why a call ended, or why it is held.
type Reason uint8

// The reasons.
const (
	ReasonNone  Reason = iota
	HungUp             // a person hung up
	Declined           // a person declined
	NoAnswer           // it rang, and nobody took it
	NobodyReady        // reached, but no console was ready
	NotReached         // the far station was not reached
	Cancelled          // the caller hung up before it was answered
	ConsoleLost        // the console in the call is lost, or was for too long
	LineLost           // the line is down, or was for too long
	Restarted          // a station was started again
	Stopping           // a station was told to stop
	Suspended          // the right to call is suspended
	Interrupted        // a drill gave way to a real call
	reasons
)

var reasonNames = [reasons]string{"", "hung up", "declined", "no answer", "nobody ready", "not reached",
	"cancelled", "console lost", "line lost", "station restarted", "station stopping", "suspended", "interrupted"}

func (r Reason) String() string {
	if r < reasons {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// A Signal is what one side says of the call and of itself: always the whole of
// the latest state, so that any one copy is enough and none can come too often.
// The zero Signal says that there is no call and nobody ready.
type Signal struct {
	Call    CallID // zero: no call, and then all but Ready is zero
	Step    Step   // this side's step in Call
	Drill   bool   // Call exercises the people: the same in every signal of that call
	Reason  Reason // only with StepEnded or StepHeld
	Ringing uint8  // consoles that really ring here; 255: 255 or more
	Ready   uint8  // consoles ready here; 255: 255 or more

	// At says when this side took its steps, by its own clock, in Unix
	// milliseconds UTC: [0] its first step in this call (called, or rang first),
	// [1] answered, [2] ended or held. 0 has not happened; at most 2^48-1.
	At [3]int64
}

// drillBit marks a drill, in the byte of the step: the flag travels in every
// signal, so that no copy of one can be taken for a real call's.
const drillBit = 0x80

// SignalSize is the size of an encoded [Signal] in bytes, without its version.
const SignalSize = 38

// Check says what keeps s from being sent, or nil.
func (s *Signal) Check() error {
	switch {
	case s.Step >= steps:
		return fmt.Errorf("wire: signal: step %d is unknown: want at most %d", s.Step, steps-1)
	case s.Reason >= reasons:
		return fmt.Errorf("wire: signal: reason %d is unknown: want at most %d", s.Reason, reasons-1)
	case s.Reason != ReasonNone && s.Step != StepEnded && s.Step != StepHeld:
		return fmt.Errorf("wire: signal: reason %q with step %q: want none before held or ended", s.Reason, s.Step)
	case s.Call.IsZero() != (s.Step == StepNone):
		return fmt.Errorf("wire: signal: call %s with step %q: want both or neither", s.Call, s.Step)
	case s.Call.IsZero() && s.Drill:
		return fmt.Errorf("wire: signal: a drill without a call: want none")
	case !s.Drill && s.Reason == Interrupted:
		return fmt.Errorf("wire: signal: reason %q of a real call: want it of a drill only", s.Reason)
	case s.Call.IsZero() && (s.Ringing != 0 || s.At != [3]int64{}):
		return fmt.Errorf("wire: signal: %d ringing, times %v without a call: want none", s.Ringing, s.At)
	}
	for i, at := range s.At {
		if at < 0 || at > max48 {
			return fmt.Errorf("wire: signal: time %d is %d ms: want 0 to %d", i, at, int64(max48))
		}
	}
	return nil
}

// put encodes s, which Check accepts, into the first SignalSize bytes of b.
func (s *Signal) put(b []byte) {
	copy(b, s.Call[:])
	b[16], b[17], b[18], b[19] = byte(s.Step), byte(s.Reason), s.Ringing, s.Ready
	if s.Drill {
		b[16] |= drillBit
	}
	for i, at := range s.At {
		putUint48(b[20+6*i:], uint64(at))
	}
}

// signalOf decodes the first SignalSize bytes of b. It checks nothing.
func signalOf(b []byte) (s Signal) {
	copy(s.Call[:], b)
	s.Step, s.Drill = Step(b[16]&^drillBit), b[16]&drillBit != 0
	s.Reason, s.Ringing, s.Ready = Reason(b[17]), b[18], b[19]
	for i := range s.At {
		s.At[i] = int64(uint48(b[20+6*i:]))
	}
	return s
}
