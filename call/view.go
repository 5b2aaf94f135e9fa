package call

import (
	"fmt"
	"slices"
	"time"

	"ringdown/wire"
)

// A State is what a console shows of the call in large letters.
type State uint8

// The states.
const (
	Idle     State = iota // no call yet
	Calling               // we lifted; no far console rings yet
	Ringing               // we lifted; far consoles really ring
	Incoming              // they lifted
	Active                // both speak
	Held                  // a console or the line is lost; it resumes by itself
	Ended
)

var stateNames = [...]string{"", "calling", "ringing", "incoming", "active", "held", "ended"}

func (s State) String() string { return name("state", stateNames[:], uint8(s)) }

// A Hold is why a call is held.
type Hold uint8

// The causes of a hold.
const (
	NotHeld Hold = iota
	HeldOurConsole
	HeldFarConsole
	HeldLine
)

var heldNames = [...]string{"", "our console lost", "their console lost", "line down"}

func (h Hold) String() string { return name("hold", heldNames[:], uint8(h)) }

// A Side is who did something.
type Side uint8

// The sides.
const (
	Nobody Side = iota
	Us
	Them
)

var sideNames = [...]string{"", "us", "them"}

func (s Side) String() string { return name("side", sideNames[:], uint8(s)) }

func name(what string, names []string, n uint8) string {
	if int(n) < len(names) {
		return names[n]
	}
	return fmt.Sprintf("%s %d", what, n)
}

// A View is all that a console shows of the call: the live one or, until the
// next, the last one. The zero View is of a line that has had no call.
type View struct {
	Summary
	Steps []Step // the ladder; the caller's to keep
}

// A Summary is a View without the ladder.
type Summary struct {
	ID       wire.CallID
	Crossed  wire.CallID // both lifted at once: the id that yielded; else zero
	State    State
	Since    time.Time // of State, by our clock
	Outgoing bool      // the call that lives was placed here
	Drill    bool      // it exercises the people; a real call is not one
	Console  Console   // ours in the call, or the one that declined it; "" for none yet
	Reached  bool      // the far station knows of the call
	Ringing  int       // consoles that really ring on the called side; 255 may be more
	FarReady int       // consoles ready on the far side; 255 may be more
	Held     Hold
	Reason   wire.Reason   // with Ended
	EndedBy  Side          // with Ended: who chose to end it; Nobody if nobody did
	Gap      time.Duration // longest time held, of those that are over
	GapTotal time.Duration // all of them together
}

// View returns what a console shows.
func (m *Machine) View() View {
	v := View{Summary: m.summary}
	if m.call != nil {
		v.Steps = slices.Clone(m.call.ladder)
	}
	return v
}

// summarize derives the summary, but for Since.
func (m *Machine) summarize() Summary {
	s := Summary{FarReady: int(m.heard.Ready)}
	c := m.call
	if c == nil {
		return s
	}
	s.ID, s.Crossed, s.Outgoing, s.Drill, s.Console = c.id, c.crossed, c.outgoing, c.drill, c.console
	s.Reached = !c.outgoing || c.joined
	s.Reason, s.EndedBy, s.Gap, s.GapTotal = c.reason, c.endedBy, c.longest, c.total
	switch c.phase {
	case calling:
		s.State, s.Reached = Calling, c.joined && m.up
		if s.Reached && c.far.Step == wire.StepRinging && c.far.Ringing > 0 {
			s.State, s.Ringing = Ringing, int(c.far.Ringing)
		}
	case offered:
		s.State, s.Ringing = Incoming, m.ringing()
	case answered:
		s.State = Active
		if s.Held = m.hold(); s.Held != NotHeld {
			s.State = Held
		}
	case ended:
		s.State = Ended
	}
	return s
}

// Signal returns what the far side shall know: to be sent until it is echoed,
// whenever it differs from the last.
func (m *Machine) Signal() wire.Signal {
	var s wire.Signal
	if m.call != nil {
		s = m.call.signal(m.ringing())
	}
	if !m.stopped {
		s.Ready = count(m.ready())
	}
	return s
}

// Drill reports whether the call is one that exercises the people.
func (m *Machine) Drill() bool { return m.call != nil && m.call.drill }

// Speaker is our console in the live call, lost or not; "" if there is none.
func (m *Machine) Speaker() Console {
	if !m.call.live() {
		return ""
	}
	return m.call.console
}
