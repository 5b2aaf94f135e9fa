package call

import (
	"time"

	"ringdown/wire"
)

// A Refusal says why something a person asked for was not done.
type Refusal struct {
	Code   string // for programs: "not-ready", "busy", "no-call", "taken", "outgoing", "answered", "stopping", "suspended", "real-call", "unsettled"
	Text   string // one sentence: what is
	Action string // one sentence: what can be done
}

func (r *Refusal) Error() string { return r.Text }

var (
	errStopping = &Refusal{"stopping", "This station is stopping, so no call can begin.", "Wait until it has been started again."}
	errNotReady = &Refusal{"not-ready", "This console is not ready: its sound and microphone are not open.", "Press Ready, then try again."}
	errBusy     = &Refusal{"busy", "This line already carries a call, and another console is in it.", "Wait until that call is over, or hang it up."}
	errNoAnswer = &Refusal{"no-call", "Nobody is calling on this line, so there is nothing to answer.", "Press Call to ring the other side."}
	errNoRing   = &Refusal{"no-call", "Nobody is calling on this line, so there is nothing to decline.", "Nothing needs to be done."}
	errNoCall   = &Refusal{"no-call", "This line carries no call, so there is nothing to hang up.", "Nothing needs to be done."}
	errNoHand   = &Refusal{"no-call", "This line carries no call that was answered, so there is nothing to hand over.", "Answer first, or wait until they do."}
	errHandTo   = &Refusal{"not-ready", "That console is not ready: its sound and microphone are not open.", "Have somebody press Ready there, then hand over again."}
	errTaken    = &Refusal{"taken", "Another console has already taken this call.", "Leave it to the person there, or hang up for both."}
	errOutgoing = &Refusal{"outgoing", "This call was placed here, so only the other side can answer it.", "Wait until they answer, or hang up."}
	errAnswered = &Refusal{"answered", "This call is already answered, so it cannot be declined.", "Hang up to end it."}

	errSuspended = &Refusal{"suspended", "The right to call on this line is suspended, so no call can begin.", "Write to the other side, or restore the right to call."}
	errReal      = &Refusal{"real-call", "A real call is on this line, so no drill can begin.", "See to that call; drill another time."}
	errUnsettled = &Refusal{"unsettled", "The other side has not heard yet that its call is over, so no drill can begin.", "Wait until the line is open, then try again."}
)

// Call lifts: the far side's consoles ring as soon as it is reached. Where the
// other side already calls, or a call here has lost its console, to lift
// is to take that call. A drill does none of this to a real call; a real call ends
// a drill and is placed in its stead.
func (m *Machine) Call(now time.Time, c Console, drill bool) error {
	m.expire(now)
	m.hurry(now)
	if live := m.call; live.live() && live.drill == drill {
		err := m.take(now, c)
		if err == errTaken || err == errOutgoing {
			return errBusy
		}
		return err
	}
	if err := m.mayCall(c, drill); err != nil {
		return err
	}
	if m.call.live() {
		m.call.finish(now, wire.Interrupted, Us)
	}
	placed := &call{id: m.fresh(), outgoing: true, drill: drill, phase: calling, console: c, began: now}
	placed.called = placed.stamp(now)
	placed.rung(RungCalled, Us, placed.called)
	m.begin(placed)
	m.settle(now)
	return nil
}

// mayCall says what keeps this console from placing a call, or nil. A live call
// is then either none or a drill that a real one ends.
func (m *Machine) mayCall(c Console, drill bool) error {
	switch s := m.seat(c); {
	case m.stopped:
		return errStopping
	case m.gate != wire.ReasonNone:
		return errSuspended
	case m.call.live() && drill:
		return errReal
	case s == nil || !s.able():
		return errNotReady
	case drill && m.heard.Step == wire.StepCalling && !m.heard.Drill && m.knows(m.heard.Call):
		return errUnsettled
	}
	return nil
}

// Answer takes the call that rings here, or one whose console here is lost. The
// console must be ready; it need not ring.
func (m *Machine) Answer(now time.Time, c Console) error {
	m.expire(now)
	m.hurry(now)
	if !m.call.live() {
		return errNoAnswer
	}
	return m.take(now, c)
}

// take puts a console into the live call, if it may be.
func (m *Machine) take(now time.Time, c Console) error {
	live := m.call
	switch s := m.seat(c); {
	case live.phase != offered && live.console == c && !m.free():
		return nil
	case live.phase == calling && !m.free():
		return errOutgoing
	case live.phase == answered && !m.free():
		return errTaken
	case s == nil || !s.able():
		return errNotReady
	}
	live.console = c
	if live.phase == offered {
		live.phase, live.took = answered, live.stamp(now)
		live.rung(RungAnswered, Us, live.took)
	}
	m.settle(now)
	return nil
}

// free reports whether the live call has lost its console.
func (m *Machine) free() bool {
	s := m.seat(m.call.console)
	return s == nil || s.away
}

// hurry lets a call in that was put off for the rate of new calls: a person is here.
func (m *Machine) hurry(now time.Time) {
	if m.waiting {
		m.waiting, m.theirs = false, time.Time{}
		m.weigh(now, m.heard)
		m.settle(now)
	}
}

// Decline refuses the call that rings here, for the whole station.
func (m *Machine) Decline(now time.Time, c Console) error {
	m.expire(now)
	switch live := m.call; {
	case !live.live(), live.phase == calling:
		return errNoRing
	case live.phase == answered:
		return errAnswered
	}
	m.call.console = c
	m.call.finish(now, wire.Declined, Us)
	m.settle(now)
	return nil
}

// HangUp ends the live call: one that waits for an answer is cancelled, one that
// rings here is declined.
func (m *Machine) HangUp(now time.Time) error {
	m.expire(now)
	if !m.call.live() {
		return errNoCall
	}
	why := [...]wire.Reason{calling: wire.Cancelled, offered: wire.Declined, answered: wire.HungUp}
	m.call.finish(now, why[m.call.phase], Us)
	m.settle(now)
	return nil
}

// HandOver gives the answered call to another console here, from one tick to the
// next: nothing about the call changes but whose voice it carries.
func (m *Machine) HandOver(now time.Time, c Console) error {
	m.expire(now)
	if !m.call.live() || m.call.phase != answered {
		return errNoHand
	}
	if s := m.seat(c); s == nil || !s.able() {
		return errHandTo
	}
	m.call.console = c
	m.settle(now)
	return nil
}

// Refuse closes the line to calls and drills both ways, for this reason, until it
// is given [wire.ReasonNone]: a call that waits for an answer ends, one from the far
// side ends at once, none can be placed. An answered call goes on: no rule cuts
// off people who speak.
func (m *Machine) Refuse(now time.Time, why wire.Reason) {
	m.expire(now)
	m.gate = why
	if c := m.call; why != wire.ReasonNone && c.live() && c.phase != answered {
		c.finish(now, why, Us)
	}
	m.settle(now)
}

// Stop says that the station stops: the live call ends, and what comes after is
// ended at once.
func (m *Machine) Stop(now time.Time) {
	m.expire(now)
	m.stopped = true
	if m.call.live() {
		m.call.finish(now, wire.Stopping, Us)
	}
	m.settle(now)
}

// fresh makes the id of a call that is placed here. While the far side still
// takes a call of its own for live that has ended here, it would see the two
// cross: ours then gets an id below, so that theirs is the one that yields.
func (m *Machine) fresh() wire.CallID {
	id := m.newID()
	if m.heard.Step != wire.StepCalling || !m.knows(m.heard.Call) {
		return id
	}
	for i, b := range m.heard.Call[:4] { // an id with more zeros was not drawn at random
		if b != 0 {
			id[i] %= b
			clear(id[:i])
			break
		}
	}
	return id
}
