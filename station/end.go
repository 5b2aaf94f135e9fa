package station

import (
	"errors"
	"net/netip"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/call"
	"ringdown/line"
	"ringdown/wire"
)

// A lineEnd is our end of one line: the line that carries, the call held over
// it, and the consoles that hear of both. The station's loop owns it.
type lineEnd struct {
	s    *Station
	slug string
	opt  LineOptions

	line *line.Line
	call *call.Machine

	paths map[uint8]*pathEnd
	amending
	agreed Agreed       // after the newest amendment; see agree
	rules  accord.Rules // of agreed
	recording
	hookTold
	proving
	company
	trialled
	due    time.Time // as the deadlines know it
	place  int       // in the deadlines
	closed bool      // no longer driven: what is still posted for it comes to nothing

	up      bool      // as the call was told
	active  bool      // the call is active: voice passes
	voice   *seat     // who speaks for us now
	spoken  int       // packets of the recording so far
	recites time.Time // when the recording's next packets are due
	far     api.Far   // what the other side says of itself
	told    budget    // of events to the consoles
	stated  stated    // of the watch, by both sides

	state api.LineState // as people are shown it; see settle
	since time.Time     // of state
}

// deadline is when advance must be called next.
func (e *lineEnd) deadline() time.Time {
	due := e.line.Deadline()
	if c, ok := e.call.Deadline(); ok && c.Before(due) {
		due = c
	}
	if !e.bells.IsZero() && e.bells.Before(due) {
		due = e.bells
	}
	return due
}

// advance does what is due: the call's timers, the count of its bells, the recording's next packets, the
// line's tick and the voice that was held.
func (e *lineEnd) advance(now time.Time) {
	e.call.Advance(now)
	if !e.bells.IsZero() && !now.Before(e.bells) {
		e.enterBells(e.call.View())
	}
	e.recite(now)
	e.line.Advance(now, e)
}

// Next is the line's outbox: room for a datagram on the path's socket. What
// leaves on a path without one goes nowhere.
func (e *lineEnd) Next(path uint8, to netip.AddrPort) []byte {
	if k := e.paths[path].sock; k != nil {
		return k.next(e.opt.Line.Profile.Size, to)
	}
	return e.s.nowhere[:e.opt.Line.Profile.Size]
}

// The line's hooks.

func (e *lineEnd) LineChanged(st line.State) {
	now := e.s.opt.Now()
	up := st == line.StateOpen
	if up != e.up {
		e.hookLine(now, up)
		if e.up = up; up {
			e.call.LineUp(now)
			e.offerAmendments()
			e.recordUp()
			e.sayAgain()
		} else {
			e.call.LineDown(now)
			e.watchAddresses()
			e.recordDown()
		}
	}
	e.touch()
}

func (e *lineEnd) PathChanged(uint8, line.PathState) { e.touch() }

func (e *lineEnd) FarSignal(sig wire.Signal) {
	now := e.s.opt.Now()
	if ready := int(sig.Ready); !e.far.Known || e.far.Ready != ready {
		e.far = api.Far{Known: true, Ready: ready, Since: stamp(now)}
		e.touch()
	}
	if sig.Step == wire.StepCalling && sig.Call != e.waved { // before any bell: who is on duty now rings first
		e.waved = sig.Call
		e.wave(now)
	}
	e.call.FarSignal(now, sig)
}

func (e *lineEnd) FarVoice(talker uint8, c wire.Codec, seq uint32, packet []byte) {
	for _, st := range e.ears {
		if st.sink != nil {
			st.sink.Voice(talker, uint8(c), seq, packet)
		}
	}
}

func (e *lineEnd) FarMessage(st line.Stream, msg []byte) {
	if e.farRecord(st, msg) || e.farPresence(st, msg) || e.farWatch(st, msg) {
		return
	}
	if err := e.farMessage(st, msg); err != nil {
		e.complain(err)
	}
}

func (e *lineEnd) FarRestarted() {
	e.far = api.Far{}
	e.forgetWatch()
	e.call.FarRestarted(e.s.opt.Now())
	if e.up { // it was back before we missed it, but what was on its way is lost
		e.offerAmendments()
		e.recordRestarted()
	}
	e.touch()
}

func (e *lineEnd) FinalReceived(sig []byte) {
	keep := e.opt.SaveFinal
	if keep == nil {
		return
	}
	e.s.background(func() error { return keep(sig) }, func(err error) {
		if err != nil {
			e.s.notice("final "+e.slug, "failure", "The final signature of the accord could not be kept: "+err.Error()+".",
				"Check the disk of this station; the signature comes again with the next handshake.")
		} else {
			e.s.mended("final " + e.slug)
		}
	})
}

// Persist makes the line's numbers durable off the loop. If the disk refuses, the line
// is not told, so it uses nothing that is not on disk.
func (e *lineEnd) Persist(d line.Durable) {
	e.s.background(func() error { return e.s.opt.Journal.Save(e.slug, d) }, func(err error) {
		switch {
		case e.closed:
		case err != nil:
			e.s.notice("numbers "+e.slug, "failure", "The numbers of line "+e.slug+" could not be written: "+err.Error()+".",
				"Make room on the disk or mend its rights; the line cannot agree on new keys until then.")
			time.AfterFunc(retryDisk, func() { e.s.post(func() { e.Persist(d) }) })
		default:
			e.s.mended("numbers " + e.slug)
			e.line.Persisted(e.s.opt.Now())
			e.s.byTime.fix(e)
		}
	})
}

// retryDisk is how long a line waits before it asks a disk again that refused.
const retryDisk = 5 * time.Second

func (e *lineEnd) Offload(work func()) {
	e.s.background(func() error {
		e.s.work <- struct{}{}
		defer func() { <-e.s.work }()
		work()
		return nil
	}, func(error) {
		if !e.closed {
			e.line.Offloaded(e.s.opt.Now())
			e.s.byTime.fix(e)
		}
	})
}

// The call's hooks.

func (e *lineEnd) Ring(c call.Console, on bool) {
	if st, ok := e.s.seats[string(c)]; ok {
		st.send(api.Event{Type: "ring", At: stamp(e.s.opt.Now()), Slug: e.slug, Ring: on, Drill: on && e.call.Drill()})
	}
}

func (e *lineEnd) Changed() {
	v := e.call.View()
	e.signal(v)
	e.active = v.State == call.Active
	e.voice = e.s.seats[string(e.call.Speaker())]
	e.newCompany(v)
	e.enterCall()
	e.keepCompany(v)
	e.hookCall(v)
	e.touch()
}

// touch marks the line for the next report.
func (e *lineEnd) touch() {
	if !e.closed { // what its clerk says afterwards is shown to nobody
		e.s.dirty[e] = true
	}
}

// recite speaks the station's recording in place of the microphone of a console that
// asked for it: as many packets as one tick carries, once a tick.
func (e *lineEnd) recite(now time.Time) {
	if !e.active || e.voice == nil || !e.voice.recording || now.Before(e.recites) {
		return
	}
	tick := e.opt.Line.Profile.Tick
	if now.Sub(e.recites) > time.Second {
		e.recites = now
	}
	e.recites = e.recites.Add(tick)
	for range tick / packetTime {
		e.say(e.voice, 0, wire.CodecOpus, e.s.opt.Recording[e.spoken%len(e.s.opt.Recording)])
		e.spoken++
	}
}

// packetTime is the length of speech in one Opus packet.
const packetTime = 20 * time.Millisecond

// refusal turns the call's refusal into one a console shows.
func refusal(err error) error {
	var r *call.Refusal
	if errors.As(err, &r) {
		return &api.Error{Code: r.Code, Text: r.Text, Action: r.Action}
	}
	return err
}
