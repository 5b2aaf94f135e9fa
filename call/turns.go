package call

import "time"

// A call rings in waves: each console has a delay, and rings once the call has
// been here for so long. The delays are the station's to give; the machine only
// sees to it that somebody rings at once.

// Delay says how long after a call has come this console rings: 0 is at once, and
// what a console has that was never given one. It counts from the call's arrival, also in
// a call that is here already. A console that rings goes on ringing.
func (m *Machine) Delay(now time.Time, c Console, after time.Duration) {
	m.expire(now)
	m.attached(c).after = min(max(after, 0), RingLimit)
	m.settle(now)
}

// Delays does so for all our consoles at once.
func (m *Machine) Delays(now time.Time, after func(Console) time.Duration) {
	m.expire(now)
	for _, s := range m.seats {
		s.after = min(max(after(s.id), 0), RingLimit)
	}
	m.settle(now)
}

func (m *Machine) offered() bool { return m.call != nil && m.call.phase == offered }

// settleTurns notes whose turn to ring has come. If no console that could ring is
// due yet, or those that were have gone, the next rings at once: nobody waits for
// a person who is not there.
func (m *Machine) settleTurns(now time.Time) {
	if !m.offered() {
		for _, s := range m.seats {
			s.due = false
		}
		return
	}
	here, rings := now.Sub(m.call.began), false
	soonest := RingLimit
	for _, s := range m.seats {
		s.due = s.due || here >= s.after
		if s.able() {
			rings = rings || s.due
			soonest = min(soonest, s.after)
		}
	}
	if rings {
		return
	}
	for _, s := range m.seats {
		s.due = s.due || s.able() && s.after == soonest
	}
}

// wave is when the next console's turn comes; false if no other is to ring.
func (m *Machine) wave() (at time.Time, more bool) {
	if !m.offered() {
		return at, false
	}
	for _, s := range m.seats {
		if turn := m.call.began.Add(s.after); s.able() && !s.due && (!more || turn.Before(at)) {
			at, more = turn, true
		}
	}
	return at, more
}
