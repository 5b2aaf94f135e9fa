package station

import (
	"net/netip"
	"slices"
	"time"

	"ringdown/api"
	"ringdown/call"
	"ringdown/line"
)

// stamp is an instant as the API shows it: UTC, in whole milliseconds.
func stamp(t time.Time) time.Time {
	if t = t.UTC().Truncate(time.Millisecond); t.Unix() > lastShown.Unix() {
		return lastShown
	}
	return t
}

// lastShown is the latest time that JSON can say. The other side may date its entries later, and that shall keep
// nothing from our consoles.
var lastShown = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// settle notes since when the line stands as people are shown it. The line itself knows
// nothing of degraded.
func (e *lineEnd) settle(now time.Time) line.Status {
	st := e.line.Status(now)
	if state := lineState(st); state != e.state {
		e.state, e.since = state, now
	}
	return st
}

// status is the line as consoles see it.
func (e *lineEnd) status(now time.Time) api.Line {
	st := e.settle(now)
	l := api.Line{
		Slug: e.slug, Peer: e.opt.Peer, Profile: e.opt.Line.Profile.Name,
		State: e.state, Since: stamp(e.since), Words: e.opt.Words,
		Paths: make([]api.Path, 0, len(st.Paths)), Far: e.far, Call: e.callStatus(now, clockAhead(st)), Notices: e.notices(now, st), Record: e.record,
		Keys: e.keyNames(true), FarKeys: e.keyNames(false),
		FarWatch:  e.farWatchStatus(),
		Proposals: e.agreed.Proposed,
	}
	l.Test, l.Suspended = e.trials.test, e.trials.suspended
	for _, p := range st.Paths {
		l.Paths = append(l.Paths, e.pathStatus(p))
	}
	if st.HasRTT {
		l.RTTms = milliseconds(st.RTT)
	}
	if st.HasClock {
		l.Clock = &api.ClockDiff{MS: st.Clock.Milliseconds()}
	}
	if e.opt.Line.Hitless {
		l.Hold = &api.VoiceHold{MS: *milliseconds(st.Hold)}
	}
	return l
}

// clockAhead is how far the other side's clock stands ahead of ours, as far as it matters: clocks that are set alike
// are taken for equal, so that both sides put what was done in one order.
func clockAhead(st line.Status) time.Duration {
	if !st.HasClock || st.Clock.Abs() < time.Second {
		return 0
	}
	return st.Clock
}

// lineState tells a line over all its paths from one over fewer.
func lineState(st line.Status) api.LineState {
	switch st.State {
	case line.StateDown:
		return api.LineDown
	case line.StateHalfSigned:
		return api.LineHalfSigned
	}
	for _, p := range st.Paths {
		if p.State != line.PathUp {
			return api.LineDegraded
		}
	}
	return api.LineOpen
}

func (e *lineEnd) pathStatus(p line.PathStatus) api.Path {
	a := api.Path{
		Number: int(p.Number), Name: p.Name, Roams: p.FarRoams,
		State: api.PathState(p.State.String()), Since: stamp(p.Since),
		In: quality(p.In), Out: quality(p.Out), Sent: p.Sent, Arrived: p.Arrived,
	}
	if end := e.paths[p.Number]; end.sock != nil {
		a.Local = end.sock.conn.LocalAddr().String()
	} else {
		a.Local = end.opt.Bind.String()
	}
	if p.Remote != (netip.AddrPort{}) {
		a.Remote = p.Remote.String()
	}
	if !p.Heard.IsZero() {
		heard := stamp(p.Heard)
		a.Heard = &heard
	}
	if p.HasRTT {
		a.RTTms = milliseconds(p.RTT)
	}
	return a
}

func quality(q line.Quality) api.Quality {
	return api.Quality{Known: q.Known, LossPermille: q.Loss, SpreadMS: *milliseconds(q.Spread)}
}

func milliseconds(d time.Duration) *float64 {
	ms := float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
	return &ms
}

// status of a line whose words are not confirmed.
func (o parked) status() api.Line {
	return api.Line{Slug: o.Slug, Peer: o.Peer, Profile: o.Line.Profile.Name, State: api.LineUnconfirmed, Since: stamp(o.since),
		Words: o.Words, Paths: []api.Path{}, Notices: []api.Notice{{
			Severity: "warning",
			Text:     "The twelve words of the accord with " + o.Peer + " are not confirmed here, so nothing is sent.",
			Action:   "Read them to each other by another channel, then run ringdown confirm " + o.Slug + ".",
		}}}
}

// notices says what is wrong with the line's handshakes.
func (e *lineEnd) notices(now time.Time, st line.Status) []api.Notice {
	list := slices.Concat([]api.Notice{}, e.faults(), e.recordNotices, e.proposalNotices(), e.trialNotices())
	if st.Fault != line.FaultNone && st.State == line.StateDown {
		list = append(list, api.Notice{Severity: "failure",
			Text:   "The last handshake with " + e.opt.Peer + " failed: " + st.Fault.String() + ".",
			Action: "Compare the twelve words with them; if they differ, make the accord anew."})
	}
	if x := e.opt.Expires; !x.IsZero() && now.After(x) {
		list = append(list, api.Notice{Severity: "warning",
			Text:   "The accord with " + e.opt.Peer + " should have been renewed by " + x.Format("2 January 2006") + ". Nothing stops.",
			Action: "Agree on a new accord with them: ringdown invite."})
	}
	return list
}

// callStatus is the call as consoles see it; nil before the first. ahead is how far the other side's clock stands
// ahead of ours.
func (e *lineEnd) callStatus(now time.Time, ahead time.Duration) *api.Call {
	v := e.call.View()
	if v.ID.IsZero() {
		return nil
	}
	c := &api.Call{
		ID: v.ID.String(), State: api.CallState(v.State.String()), Since: stamp(v.Since), Outgoing: v.Outgoing,
		Console: string(v.Console), Reached: v.Reached, Ringing: v.Ringing, FarReady: v.FarReady,
		Held: heldReasons[v.Held], Reason: api.EndReason(v.Reason.String()), EndedBy: side(v.EndedBy),
		Drill: v.Drill, GapMS: v.Gap.Milliseconds(), Joined: e.joinedStatus(),
	}
	c.Steps = e.tales.ladder(v.Steps, ahead)
	e.presenceStatus(c, now)
	return c
}

var heldReasons = map[call.Hold]api.HeldReason{
	call.HeldOurConsole: api.HeldOurConsole,
	call.HeldFarConsole: api.HeldFarConsole,
	call.HeldLine:       api.HeldLine,
}

func side(s call.Side) string {
	switch s {
	case call.Us:
		return "us"
	case call.Them:
		return "them"
	}
	return ""
}
