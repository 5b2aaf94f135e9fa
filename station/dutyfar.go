package station

import (
	"fmt"
	"time"

	"ringdown/api"
	"ringdown/call"
	"ringdown/line"
	"ringdown/watch"
)

// # What each side tells of its watch
//
// A message of the entries' stream, kind 4 and then a [watch.Said], states what the accord's rule lets the other side
// see. It is sent whenever the line opens, the far station was restarted, the rule changes or the state does; at most one a
// second, always the newest. The receiver shows no more than the rule allows, whatever comes; what it cannot
// read changes nothing. Of more than saidBurst at once and saidPerSecond from then on nothing is heard.
const (
	kindWatch = 4

	sayEvery      = time.Second
	saidBurst     = 16
	saidPerSecond = 1
	longestSaid   = 4 << 10 // bytes
)

// stated is what both sides of a line have told each other of their watch. The loop owns it.
type stated struct {
	told   bool       // ours stands there, as far as we know
	ours   watch.Said // as last sent
	sent   time.Time
	theirs *watch.Said // as last heard; nil: nothing yet
	heard  time.Time
	room   budget
}

// tellFar sends every line what is new in what we state.
func (d *duty) tellFar(now time.Time) {
	said := d.w.Says(now, watch.SeeNames, d.s.readyConsoles())
	if said.Staffed != d.staffed {
		d.staffed, d.since = said.Staffed, now
	}
	said.Since = max(0, d.since.UnixMilli())
	for _, e := range d.s.lines {
		e.tellWatch(now, said)
	}
}

func (e *lineEnd) tellWatch(now time.Time, said watch.Said) {
	t := &e.stated
	said = said.Within(e.sight())
	if !e.up || t.told && said.Equal(t.ours) {
		return
	}
	if again := t.sent.Add(sayEvery); now.Before(again) && !t.sent.IsZero() {
		if d := e.s.duty; d.due.IsZero() || again.Before(d.due) {
			d.due = again
		}
		return
	}
	t.told, t.ours, t.sent = true, said, now
	e.sendMessage(said.Append([]byte{kindWatch}))
}

// sight is what the accord's rule lets each side see of the other's watch. Where no rule is known it is the default one.
func (e *lineEnd) sight() watch.Sight {
	if e.rules.Watch == "" {
		return watch.SeeCount
	}
	return watch.ParseSight(string(e.rules.Watch))
}

// sayAgain has our state sent once more: the line is open anew, or the far station has forgotten.
func (e *lineEnd) sayAgain() { e.stated.told, e.s.duty.dirty = false, true }

// farWatch takes what the other side states. It reports false if the message is of another kind.
func (e *lineEnd) farWatch(st line.Stream, msg []byte) bool {
	if st != line.StreamEntries || len(msg) == 0 || msg[0] != kindWatch {
		return false
	}
	now, t := e.s.opt.Now(), &e.stated
	if !t.room.spend(now, saidPerSecond, saidBurst) {
		e.complain(fmt.Errorf("station: too many messages about the watch"))
		return true
	}
	if len(msg) > longestSaid {
		e.complain(fmt.Errorf("station: message about the watch has %d bytes, want at most %d", len(msg), longestSaid))
		return true
	}
	said, err := watch.ParseSaid(msg[1:])
	if err != nil {
		e.complain(err)
		return true
	}
	t.theirs, t.heard = &said, now
	e.touch()
	return true
}

// forgetWatch drops what a far station said that was restarted since.
func (e *lineEnd) forgetWatch() {
	e.stated.theirs = nil
	e.sayAgain()
}

// farWatchStatus is what the other side states, as far as the rule lets it be seen; nil before it was heard.
func (e *lineEnd) farWatchStatus() *api.FarWatch {
	t := &e.stated
	if t.theirs == nil {
		return nil
	}
	said := t.theirs.Within(e.sight())
	f := &api.FarWatch{Rule: said.Sight.String(), Staffed: said.Staffed, Ready: int(said.Ready), Names: append([]string{}, said.Names...), Heard: stamp(t.heard)}
	if said.Sight >= watch.SeeStaffed {
		since := time.UnixMilli(said.Since)
		if since.After(t.heard) { // nothing begins after it was said
			since = t.heard
		}
		f.Since = instant(since)
	}
	return f
}

// signal gives the line the call's signal. It carries the count of ready consoles: while there is no call it tells the other side no
// more than the rule does; in a call it is part of the ladder and always true.
func (e *lineEnd) signal(v call.View) {
	sig := e.call.Signal()
	if v.ID.IsZero() || v.State == call.Ended {
		switch e.sight() {
		case watch.SeeNothing:
			sig.Ready = 0
		case watch.SeeStaffed:
			sig.Ready = min(sig.Ready, 1)
		}
	}
	e.line.SetSignal(sig)
}
