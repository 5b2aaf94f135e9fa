package call

import (
	"slices"
	"strings"
	"time"

	"ringdown/wire"
)

// What the specification fixes: both stations count these alike, and a console
// or a manual may quote them.
const (
	// RingLimit is how long a call may stay unanswered, from lift to end.
	RingLimit = 120 * time.Second

	// HoldLimit is how long a call may be held without a break.
	HoldLimit = 10 * time.Minute

	// Grace is how much longer than the side whose limit it is the other side
	// waits before it ends the call by itself: the called side for the
	// caller's RingLimit, the side that is not held up for the other's HoldLimit.
	// So while the line is up one side states the end, and the other follows.
	Grace = 5 * time.Second
)

// What we merely chose.
const (
	// A far station that makes up calls gets newCalls of them at once, and then
	// one every newCallEvery; the newest waits its turn. A person never notices.
	newCalls     = 4
	newCallEvery = time.Second

	pastCalls = 4  // ended calls remembered, in case the far side still speaks of one
	mostHolds = 16 // rungs "held" and "resumed" of each side kept in a ladder, the newest
)

// A Console is the id of one of our consoles.
type Console string

// Hooks is how the machine reaches the station. The methods are called from
// within the machine's own, with everything settled; they may read the machine
// (View, Signal, Speaker, Drill, Deadline), and must not call anything that changes it.
type Hooks interface {
	// Ring says that this console shall ring, or stop.
	Ring(c Console, on bool)

	// Changed says that View or Signal is no longer what it was.
	Changed()
}

// A Machine is our end of the call on one line. It starts no goroutine and reads
// no clock: the caller says what time it is. It is not safe for concurrent use;
// the station's loop owns it.
type Machine struct {
	hooks Hooks
	newID func() wire.CallID

	seats   []*seat     // our consoles, in order of their ids
	up      bool        // the line is open and fully signed
	stopped bool        // the station stops: no call begins any more
	gate    wire.Reason // why no call may begin, either way; else ReasonNone

	heard   wire.Signal // the far side's latest, whatever it is about
	waiting bool        // heard begins a call that the rate of new calls puts off
	theirs  time.Time   // when the far side's new calls are paid for

	call *call   // live, or the last one; nil before the first
	past []*call // ended, replaced; the newest last

	summary Summary // as of the last settle
	shown   Summary // as of the last Changed, like the next two
	rungs   []Step
	sent    wire.Signal
}

// A seat is one of our consoles, as the machine sees it.
type seat struct {
	id    Console
	ready bool
	lost  bool // silent for a second or more
	away  bool // not been ready since it came, or since it was lost
	gone  bool // detached for good
	told  bool // shall ring
	rings bool // gave the receipt that its bell sounds

	after time.Duration // of a call's being here, until it rings
	due   bool          // its turn has come in the call that is offered
}

// able reports whether a person at this console could take a call now.
func (s *seat) able() bool { return s.ready && !s.lost }

// New returns the machine of a line that is down and has no call. newID makes a
// random id for each call that is placed here.
func New(h Hooks, newID func() wire.CallID) *Machine {
	return &Machine{hooks: h, newID: newID}
}

// seat finds a console's seat; nil if it has none.
func (m *Machine) seat(c Console) *seat {
	if i, ok := m.place(c); ok {
		return m.seats[i]
	}
	return nil
}

func (m *Machine) place(c Console) (int, bool) {
	return slices.BinarySearchFunc(m.seats, c, func(s *seat, c Console) int {
		return strings.Compare(string(s.id), string(c))
	})
}

// attached finds a console's seat, and makes one if it has none.
func (m *Machine) attached(c Console) *seat {
	i, ok := m.place(c)
	if !ok {
		m.seats = slices.Insert(m.seats, i, &seat{id: c, away: true})
	}
	return m.seats[i]
}

// Ready says whether a console is ready: sound on, microphone open. Only ready
// consoles ring, call and answer.
func (m *Machine) Ready(now time.Time, c Console, ready bool) {
	m.expire(now)
	m.attached(c).ready = ready
	m.settle(now)
}

// Ringing is a console's receipt that its bell really sounds, or no longer does.
// It counts only where a ring was asked for.
func (m *Machine) Ringing(now time.Time, c Console, on bool) {
	m.expire(now)
	if s := m.seat(c); s != nil {
		s.rings = on
	}
	m.settle(now)
}

// Lost says that a console has been silent for a second. If it is in the call,
// the call is held.
func (m *Machine) Lost(now time.Time, c Console) {
	m.expire(now)
	if s := m.seat(c); s != nil {
		s.lost, s.away = true, true
	}
	m.settle(now)
}

// Back says that a lost console is heard again. A call held for it resumes, once
// it is also ready (a page that was loaded anew first opens its sound).
func (m *Machine) Back(now time.Time, c Console) {
	m.expire(now)
	if s := m.seat(c); s != nil {
		s.lost = false
	}
	m.settle(now)
}

// Gone says that a console is detached for good. If it is in the call, the call
// is held for another to take.
func (m *Machine) Gone(now time.Time, c Console) {
	m.expire(now)
	if s := m.seat(c); s != nil {
		s.ready, s.away, s.gone = false, true, true
	}
	m.settle(now)
}

// LineUp says that the line is open and fully signed: signals pass both ways.
func (m *Machine) LineUp(now time.Time) {
	m.expire(now)
	m.up = true
	m.settle(now)
}

// LineDown says that nothing passes any more. An answered call is held; one that
// is still calling goes on calling, and rings when the line is up again.
func (m *Machine) LineDown(now time.Time) {
	m.expire(now)
	m.up = false
	m.settle(now)
}

// Advance does what is due at now. It may be called at any time, and costs
// nothing when nothing is due.
func (m *Machine) Advance(now time.Time) { m.expire(now) }

// Deadline is when Advance must be called next, if nothing else happens before;
// false if nothing is due ever.
func (m *Machine) Deadline() (time.Time, bool) {
	at, ok := m.limit()
	sooner := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	if m.waiting {
		sooner(m.turn())
	}
	if wave, more := m.wave(); more {
		sooner(wave)
	}
	return at, ok
}

// limit is when the live call ends by itself.
func (m *Machine) limit() (time.Time, bool) {
	c := m.call
	if !c.live() {
		return time.Time{}, false
	}
	switch {
	case c.phase == calling:
		return c.began.Add(RingLimit), true
	case c.phase == offered:
		return c.began.Add(RingLimit + Grace), true
	case c.gapSince.IsZero():
		return time.Time{}, false
	case m.ownHold() == wire.ReasonNone:
		return c.gapSince.Add(HoldLimit + Grace), true
	}
	return c.gapSince.Add(HoldLimit), true
}

// expire lets the time until now pass.
func (m *Machine) expire(now time.Time) {
	if at, ok := m.limit(); ok && !now.Before(at) {
		m.call.finish(now, m.call.overdue(m.hold()), Nobody)
		m.settle(now)
	}
	if m.waiting && !now.Before(m.turn()) {
		m.waiting = false
		m.weigh(now, m.heard)
		m.settle(now)
	}
	if wave, more := m.wave(); more && !now.Before(wave) {
		m.settle(now)
	}
}

// turn is when the far side may begin its next call.
func (m *Machine) turn() time.Time { return m.theirs.Add(-(newCalls - 1) * newCallEvery) }

// admit counts a call that the far side begins, or puts it off.
func (m *Machine) admit(now time.Time) bool {
	if !m.theirs.IsZero() && now.Before(m.turn()) {
		m.waiting = true
		return false
	}
	if m.theirs.Before(now) {
		m.theirs = now
	}
	m.theirs = m.theirs.Add(newCallEvery)
	return true
}

// begin makes c the line's call; the one before is remembered, and its end told before it is out of sight.
func (m *Machine) begin(c *call) {
	if m.call != nil {
		m.hush(c.drill != m.call.drill)
		m.show(c.began)
		if m.past = append(m.past, m.call); len(m.past) > pastCalls {
			m.past = slices.Delete(m.past, 0, 1)
		}
	}
	m.call = c
}

// settle derives all that follows from what has happened: who rings, whether the
// call is held and how long the gap is, what is shown and what is said to the
// far side. Then it tells the station. Every event ends here, so no event
// needs to think of the others.
func (m *Machine) settle(now time.Time) {
	m.reconsider(now)
	for _, s := range m.seats {
		if s.able() {
			s.away = false
		}
	}
	m.settleTurns(now)
	if c := m.call; c != nil {
		m.settleRing(now, c)
		m.settleHold(now, c)
	}
	m.bells()
	m.show(now)
	m.seats = slices.DeleteFunc(m.seats, func(s *seat) bool { return s.gone })
}

// show makes anew what is shown, and tells the station if it differs.
func (m *Machine) show(now time.Time) {
	s := m.summarize()
	if s.Since = m.summary.Since; s.State != m.summary.State || s.ID != m.summary.ID {
		s.Since = now
	}
	m.summary = s
	m.tell()
}

// settleRing counts a bell only where one is wanted, and notes the first.
func (m *Machine) settleRing(now time.Time, c *call) {
	for _, s := range m.seats {
		s.rings = s.rings && s.told && m.wanted(s)
	}
	if c.phase == offered && c.rang == 0 && m.ringing() > 0 {
		c.rang = c.stamp(now)
		c.rung(RungRinging, Us, c.rang)
	}
}

// wanted reports whether this console shall ring.
func (m *Machine) wanted(s *seat) bool {
	return m.offered() && s.able() && s.due
}

// ringing counts our consoles that really ring.
func (m *Machine) ringing() (n int) {
	for _, s := range m.seats {
		if s.rings {
			n++
		}
	}
	return n
}

// ready counts our consoles that are ready.
func (m *Machine) ready() (n int) {
	for _, s := range m.seats {
		if s.able() {
			n++
		}
	}
	return n
}

// settleHold takes our own steps into and out of a hold, and measures the gap,
// whoever caused it.
func (m *Machine) settleHold(now time.Time, c *call) {
	if c.phase == answered {
		c.hold(now, m.ownHold())
	}
	if held := m.hold() != NotHeld; held && c.gapSince.IsZero() {
		c.gapSince = now
	} else if !held {
		c.closeGap(now)
	}
}

// ownHold is why the call, which is answered, is held on our side.
func (m *Machine) ownHold() wire.Reason {
	if s := m.seat(m.call.console); s == nil || s.away {
		return wire.ConsoleLost
	}
	if !m.up {
		return wire.LineLost
	}
	return wire.ReasonNone
}

// hold is why the call is held on either side; ours first, for we can mend it.
func (m *Machine) hold() Hold {
	c := m.call
	if c == nil || c.phase != answered {
		return NotHeld
	}
	switch own := m.ownHold(); {
	case own == wire.ConsoleLost:
		return HeldOurConsole
	case own == wire.LineLost, c.far.Step == wire.StepHeld && c.far.Reason == wire.LineLost:
		return HeldLine
	case c.far.Step == wire.StepHeld:
		return HeldFarConsole
	}
	return NotHeld
}

// hush begins the turns anew for another call. Where the bells shall sound otherwise,
// of a drill or of a real call, they stop first, and each gives its receipt anew.
func (m *Machine) hush(otherwise bool) {
	for _, s := range m.seats {
		s.due = false
		if otherwise && s.told {
			s.told, s.rings = false, false
			m.hooks.Ring(s.id, false)
		}
	}
}

// bells has those consoles ring that shall, if that differs from what they were last told.
func (m *Machine) bells() {
	for _, s := range m.seats {
		if on := m.wanted(s); on != s.told {
			s.told = on
			m.hooks.Ring(s.id, on)
		}
	}
}

// tell says that something differs from what was last told.
func (m *Machine) tell() {
	var ladder []Step
	if m.call != nil {
		ladder = m.call.ladder
	}
	sig := m.Signal()
	if m.summary == m.shown && sig == m.sent && slices.Equal(ladder, m.rungs) {
		return
	}
	m.shown, m.sent, m.rungs = m.summary, sig, append(m.rungs[:0], ladder...)
	m.hooks.Changed()
}
