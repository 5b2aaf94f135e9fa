package station

import (
	"slices"
	"time"

	"ringdown/call"
	"ringdown/line"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/wire"
)

// A noted is how far a call has been entered in the record.
type noted struct {
	id      wire.CallID
	at      time.Time // of the newest own step that was entered: own times only rise in a call
	crossed bool
	ended   bool

	rings int       // the most of our consoles that rang at once
	risen time.Time // when it became so many
	rang  int       // of them, how many were entered
}

// mostNoted is of how many calls this is known: more than the call's machine remembers, to which the other side
// may come back.
const mostNoted = 8

// notedOf is how far a call has been entered; the pointer is good until the next call.
func (e *lineEnd) notedOf(id wire.CallID) *noted {
	i := slices.IndexFunc(e.noted, func(n noted) bool { return n.id == id })
	if i < 0 {
		if e.noted = append(e.noted, noted{id: id}); len(e.noted) > mostNoted {
			e.noted = slices.Delete(e.noted, 0, 1)
		}
		i = len(e.noted) - 1
	}
	return &e.noted[i]
}

// enterCall enters the steps of our side that are new. Each side enters what it knows by itself.
func (e *lineEnd) enterCall() {
	v := e.call.View()
	if v.ID.IsZero() {
		return
	}
	n := e.notedOf(v.ID)
	steps := slices.DeleteFunc(v.Steps, func(s call.Step) bool { return s.By != call.Us || !s.At.After(n.at) })
	slices.SortFunc(steps, func(a, b call.Step) int { return a.At.Compare(b.At) })
	crossed := func() {
		if !v.Crossed.IsZero() && !n.crossed {
			n.crossed = true
			e.enterStep(v, v.Since, record.CallStep{Step: record.StepCrossed, Other: record.CallID(v.Crossed)})
		}
	}
	for _, s := range steps {
		if s.Name == call.RungRinging {
			continue // see enterBells
		}
		if s.Name != call.RungReached {
			e.enterBells(v) // before what follows it
		}
		if s.Name == call.RungEnded {
			crossed() // nothing comes after an end
		}
		e.enterStep(v, s.At, e.stepOf(v, s))
		n.at = s.At
	}
	crossed()
	if v.State == call.Ended && !n.ended { // the other side ended it, and we followed
		e.enterBells(v)
		e.enterStep(v, v.Since, e.stepOf(v, call.Step{Name: call.RungEnded}))
	}
	if v.State == call.Incoming && min(v.Ringing, 255) > n.rings {
		n.rings, n.risen = min(v.Ringing, 255), e.s.opt.Now()
		e.bells = n.risen.Add(bellsSettle)
	}
}

// bellsSettle is for how long no further console must begin to ring until it is entered how many do. A crash before
// that leaves no ring in the record, but that the call was here.
const bellsSettle = time.Second

// enterBells enters at how many of our consoles the call has rung, if more have than was entered: the first time with
// the instant of the first bell, as the ladder has it.
func (e *lineEnd) enterBells(v call.View) {
	n := e.notedOf(v.ID)
	e.bells = time.Time{}
	if n.rings <= n.rang {
		return
	}
	at := n.risen
	if i := slices.IndexFunc(v.Steps, func(s call.Step) bool { return s.Name == call.RungRinging && s.By == call.Us }); i >= 0 && n.rang == 0 {
		at = v.Steps[i].At
	}
	n.rang = n.rings
	e.enterStep(v, at, record.CallStep{Step: record.StepRinging, Count: count255(n.rings)})
}

func (e *lineEnd) enterStep(v call.View, at time.Time, s record.CallStep) {
	s.Drill = v.Drill
	e.tales.take("us", at, s)
	switch s.Step {
	case record.StepEnded:
		e.notedOf(v.ID).ended = true
	case record.StepReached: // also of a call that has ended here before: the other side has used its id again
		n := e.notedOf(v.ID)
		n.ended, n.rings, n.rang = false, 0, 0
	}
	if e.clerk == nil {
		return
	}
	e.clerk.enter(replica.Draft{Time: at, Call: record.CallID(v.ID), Body: s})
	if s.Step == record.StepEnded {
		e.clerk.must(func() { e.clerk.rep.CallEnded(e.s.opt.Now()) })
	}
}

// stepOf is a rung of the ladder as an entry says it.
func (e *lineEnd) stepOf(v call.View, s call.Step) record.CallStep {
	switch s.Name {
	case call.RungReached:
		return record.CallStep{Step: record.StepReached, Count: count255(e.s.readyConsoles())}
	case call.RungAnswered:
		return e.byUs(v, record.CallStep{Step: record.StepAnswered})
	case call.RungHeld:
		return record.CallStep{Step: record.StepHeld, Reason: holdReasons[v.Held]}
	case call.RungResumed:
		return record.CallStep{Step: record.StepResumed}
	case call.RungEnded:
		end := record.CallStep{Step: record.StepEnded, Reason: endReasons[v.Reason], By: enders[v.EndedBy]}
		if v.EndedBy == call.Us && pressed[v.Reason] {
			end.Who, end.Role = e.presser.who, e.presser.role
		}
		return end
	}
	return e.byUs(v, record.CallStep{Step: record.StepCalled})
}

// byUs names who sits at our console in the call; nobody if there is none.
func (e *lineEnd) byUs(v call.View, s record.CallStep) record.CallStep {
	if st := e.s.seats[string(v.Console)]; st != nil {
		s.Who, s.Role = st.who(), st.role()
	}
	return s
}

func count255(n int) uint8 { return uint8(min(n, 255)) }

func (s *Station) readyConsoles() (n int) {
	for _, st := range s.seats {
		if st.ready && !st.lost {
			n++
		}
	}
	return n
}

// pressed are the ends that are a person's act, if our side chose them; the others are the station's.
var pressed = map[wire.Reason]bool{wire.HungUp: true, wire.Declined: true, wire.Cancelled: true, wire.Interrupted: true}

var enders = map[call.Side]record.By{call.Nobody: record.ByNobody, call.Us: record.ByAuthor, call.Them: record.ByOther}

var holdReasons = map[call.Hold]record.Reason{
	call.NotHeld:        record.ConsoleLost, // it has resumed already
	call.HeldOurConsole: record.ConsoleLost,
	call.HeldFarConsole: record.ConsoleLost,
	call.HeldLine:       record.LineLost,
}

var endReasons = map[wire.Reason]record.Reason{
	wire.HungUp:      record.HungUp,
	wire.Declined:    record.Declined,
	wire.NoAnswer:    record.NoAnswer,
	wire.NobodyReady: record.NobodyReady,
	wire.NotReached:  record.NotReached,
	wire.Cancelled:   record.Cancelled,
	wire.ConsoleLost: record.ConsoleLost,
	wire.LineLost:    record.LineLost,
	wire.Restarted:   record.Restarted,
	wire.Stopping:    record.Stopping,
	wire.Suspended:   record.Suspended,
	wire.Interrupted: record.Interrupted,
}

// Line and paths are entered as they stand once a second, so that what comes and goes within one
// is not; of each, statesBurst changes at once and statesPerHour from then on.
const (
	statesBurst   = 20
	statesPerHour = 12
)

// stateAfter is when, after the line has opened for the first time since the station started, a path that
// has not come up since is entered as down: what this station entered before it was stopped may say otherwise.
const stateAfter = 10 * time.Second

// A watched is the line or a path as it was last entered.
type watched struct {
	up     bool
	said   bool // since the station started
	budget budget
}

// enterStates enters which paths, and whether the line, have come up or gone down.
func (e *lineEnd) enterStates(now time.Time) {
	if e.clerk == nil {
		return
	}
	if e.up && e.opened.IsZero() {
		e.opened = now
	}
	for _, p := range e.line.Status(now).Paths {
		e.enterState(now, p.Number, p.State == line.PathUp)
	}
	e.enterState(now, 0, e.up)
}

func (e *lineEnd) enterState(now time.Time, path uint8, up bool) {
	w := &e.watched[path]
	late := !w.said && !e.opened.IsZero() && now.Sub(e.opened) >= stateAfter
	if w.up == up && !late || !w.budget.spend(now, statesPerHour/3600., statesBurst) {
		return
	}
	w.up, w.said = up, true
	e.clerk.enter(replica.Draft{Time: now, Body: record.LineChange{Path: path, Up: up}})
}
