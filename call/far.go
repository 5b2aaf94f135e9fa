package call

import (
	"slices"
	"time"

	"ringdown/wire"
)

// FarSignal takes the far side's latest state. The same may come again; earlier
// ones may never have come.
func (m *Machine) FarSignal(now time.Time, s wire.Signal) {
	m.expire(now)
	for i, at := range s.At {
		s.At[i] = min(max(at, 0), latest)
	}
	m.heard, m.waiting = s, false
	m.weigh(now, s)
	m.settle(now)
}

// FarRestarted says that the far station was started again: it knows of no call.
// What was answered or offered is over; a call of ours that still waits for an
// answer waits on, and rings there anew.
func (m *Machine) FarRestarted(now time.Time) {
	m.expire(now)
	m.heard, m.waiting = wire.Signal{}, false
	m.forgotten(now)
	m.settle(now)
}

// forgotten is what follows when the far side knows of no call.
func (m *Machine) forgotten(now time.Time) {
	switch c := m.call; {
	case !c.live():
	case c.phase == calling:
		c.alone()
	default:
		c.finish(now, wire.Restarted, Nobody)
	}
}

// alone forgets what the far side said of the call: it knows nothing of it any
// more, and what it says next it says with new figures.
func (c *call) alone() {
	c.joined, c.far = false, wire.Signal{}
	c.ladder = slices.DeleteFunc(c.ladder, func(s Step) bool { return s.By == Them })
}

// weigh compares what the far side says with what we know.
func (m *Machine) weigh(now time.Time, s wire.Signal) {
	c := m.call
	switch {
	case c != nil && s.Call == c.id:
		m.together(now, c, s)
	case s.Call.IsZero():
		if c.live() && c.joined {
			m.forgotten(now)
		}
	case c.live() && !m.apart(now, c, s):
		// It has not heard of our call yet, or yields to it.
	case !m.recall(s):
		m.stranger(now, s)
	}
}

// reconsider turns to what the far side said last, once our own call is out of
// its way: it says so only once.
func (m *Machine) reconsider(now time.Time) {
	s := m.heard
	if !m.up || m.waiting || m.call.live() || m.call != nil && m.call.id == s.Call {
		return
	}
	if s.Step != wire.StepNone && s.Step != wire.StepEnded {
		m.weigh(now, s)
	}
}

// together takes the far side's step in the call we know. A drill stays one, and a
// real call stays real, whatever is said of it later.
func (m *Machine) together(now time.Time, c *call, s wire.Signal) {
	if s.Drill != c.drill || !c.possible(s) {
		return
	}
	c.learn(s)
	c.joined, c.far = true, s
	switch {
	case s.Step == wire.StepEnded && c.live():
		c.follow(now, s)
	case s.Step == wire.StepEnded:
		c.merge(s)
	case c.phase == calling && (s.Step == wire.StepActive || s.Step == wire.StepHeld):
		c.phase = answered
	}
}

// apart takes what the far side says of another call while one is live here, and
// reports whether that ends ours. An honest station has one live call at a time,
// so one that was in ours and speaks of another has left ours.
func (m *Machine) apart(now time.Time, c *call, s wire.Signal) bool {
	if s.Step == wire.StepCalling && c.drill && !s.Drill && !m.knows(s.Call) {
		c.presumed = true
		c.finish(now, wire.Interrupted, Them)
		return true
	}
	if c.phase == calling && s.Step == wire.StepCalling && c.drill == s.Drill {
		if s.Call.Compare(c.id) < 0 && !m.knows(s.Call) {
			m.yield(now, c, s)
			return false
		}
		if !c.joined {
			c.meets, c.meetsAt = s.Call, s.At[0]
		}
	}
	if !c.joined {
		return false
	}
	c.presumed = true
	why, by := c.presume(now, m.hold(), s)
	c.finish(now, why, by)
	return true
}

// yield connects two calls that cross: theirs has the lower id and lives, and our
// console, which has lifted, is in it.
func (m *Machine) yield(now time.Time, c *call, s wire.Signal) {
	c.id, c.crossed, c.outgoing = s.Call, c.id, false
	c.alone()
	c.joined, c.far, c.phase = true, s, answered
	c.took = c.stamp(now)
	c.rung(RungCalled, Them, s.At[0])
	c.rung(RungAnswered, Us, c.took)
}

// knows reports whether id is of a call that has ended here.
func (m *Machine) knows(id wire.CallID) bool {
	for _, c := range m.past {
		if c.id == id {
			return true
		}
	}
	return m.call != nil && m.call.phase == ended && m.call.id == id
}

// recall handles a call that has ended here and was replaced since. While the far
// side takes it for live, we say again that it has ended.
func (m *Machine) recall(s wire.Signal) bool {
	for i, c := range m.past {
		if c.id != s.Call {
			continue
		}
		if s.Step != wire.StepEnded && s.Drill == c.drill {
			m.past[i], m.call = m.call, c
		}
		return true
	}
	return false
}

// stranger takes a call that we do not know, while none is live here.
func (m *Machine) stranger(now time.Time, s wire.Signal) {
	if s.Step == wire.StepNone || s.Step > wire.StepEnded || s.Step == wire.StepEnded && s.At[2] == 0 {
		return
	}
	if !m.admit(now) {
		return
	}
	c := &call{id: s.Call, drill: s.Drill, began: now, joined: true, far: s, outgoing: s.Step != wire.StepCalling && s.At[1] != 0}
	m.begin(c)
	switch s.Step {
	case wire.StepCalling:
		m.offer(now, c, s)
	case wire.StepEnded: // missed, or forgotten when we were started again
		c.blind = true
		c.learn(s)
		c.follow(now, s)
	default: // it was live when we were started again
		c.blind = true
		c.outgoing = c.outgoing || s.Step == wire.StepReached || s.Step == wire.StepRinging
		c.learn(s)
		c.finish(now, wire.Restarted, Nobody)
	}
}

// offer takes a call of the far side: our consoles shall ring.
func (m *Machine) offer(now time.Time, c *call, s wire.Signal) {
	c.phase = offered
	c.learn(s)
	c.reached = c.stamp(now)
	c.rung(RungReached, Us, c.reached)
	if m.stopped {
		c.finish(now, wire.Stopping, Us)
	} else if m.gate != wire.ReasonNone {
		c.finish(now, m.gate, Us)
	}
}
