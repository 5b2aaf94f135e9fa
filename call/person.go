package call

import (
	"time"

	"ringdown/wire"
)

// A Refusal says why something a person asked for was not done.
type Refusal struct {
	Code   string // for programs: "not-ready", "busy", "no-call", "taken", "outgoing", "answered", "stopping"
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
	errTaken    = &Refusal{"taken", "Another console has already taken this call.", "Leave it to the person there, or hang up for both."}
	errOutgoing = &Refusal{"outgoing", "This call was placed here, so only the other side can answer it.", "Wait until they answer, or hang up."}
	errAnswered = &Refusal{"answered", "This call is already answered, so it cannot be declined.", "Hang up to end it."}
)

// Call lifts: the far side's consoles ring as soon as it is reached. Where the
// other side already calls, or a call here has lost its console, to lift
// is to take that call.
func (m *Machine) Call(now time.Time, c Console) error {
	m.expire(now)
	m.hurry(now)
	if m.call.live() {
		err := m.take(now, c)
		if err == errTaken || err == errOutgoing {
			return errBusy
		}
		return err
	}
	if m.stopped {
		return errStopping
	}
	if s := m.seat(c); s == nil || !s.able() {
		return errNotReady
	}
	placed := &call{id: m.fresh(), outgoing: true, phase: calling, console: c, began: now}
	placed.called = placed.stamp(now)
	placed.rung(RungCalled, Us, placed.called)
	m.begin(placed)
	m.settle(now)
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
