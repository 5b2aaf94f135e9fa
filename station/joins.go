package station

import (
	"fmt"
	"slices"
	"time"

	"ringdown/api"
	"ringdown/call"
	"ringdown/record"
	"ringdown/wire"
)

// A company is who is in a line's call on our side, and what people of both sides have done in
// it. The loop owns it.
//
// One console speaks for us: the machine's, talker 0. The others have joined, to listen, or to
// speak as a talker of their own as long as the profile has one to spare. Far voice
// goes to all of them; what one of ours says goes to the line and to the others of ours.
type company struct {
	of      wire.CallID // the call that all below is of
	speaker call.Console
	guests  []*guest // who has joined, in the order in which they came
	tales   tales
	acts    budget      // of what people do beside lifting
	waved   wire.CallID // the newest call of theirs for which the turns to ring were set
	presser person      // who asks for what is done at this moment; nobody if nobody does

	ears    []*seat  // all of ours in the call; nobody while it is not active
	uttered []uint32 // packets of each of our talkers, as our own consoles hear them numbered
}

// A guest is a console that has joined.
type guest struct {
	seat   *seat
	talker uint8 // 0: it listens
}

// What people do in a call is an entry each: actsBurst at once, and one every two seconds.
const (
	actsBurst     = 20
	actsPerSecond = 0.5

	// longestFetch is the longest time in which a principal may be expected.
	longestFetch = 4 * time.Hour
)

// guest finds the one of a console.
func (c *company) guest(st *seat) *guest {
	for _, g := range c.guests {
		if g.seat == st {
			return g
		}
	}
	return nil
}

// wave sets after how long each console rings, as the watch has it now.
func (e *lineEnd) wave(now time.Time) {
	e.call.Delays(now, func(c call.Console) time.Duration {
		if st := e.s.seats[string(c)]; st != nil {
			return e.s.duty.delay(st)
		}
		return 0
	})
}

// rewave does so on every line, when the watch has changed.
func (s *Station) rewave(now time.Time) {
	for _, e := range s.lines {
		e.wave(now)
		s.byTime.fix(e)
	}
}

// newCompany begins with nobody when there is a new call.
func (e *lineEnd) newCompany(v call.View) {
	if v.ID != e.of || e.tales.dids == nil {
		e.of, e.speaker, e.guests, e.tales = v.ID, "", nil, newTales()
	}
}

// keepCompany follows the machine: an ended call has nobody, and a console that took the place of
// another was handed the call.
func (e *lineEnd) keepCompany(v call.View) {
	switch v.State {
	case call.Active, call.Held:
		if was := e.speaker; was != v.Console {
			e.speaker = v.Console
			e.guests = slices.DeleteFunc(e.guests, func(g *guest) bool { return g.seat.id == string(v.Console) })
			if was != "" {
				e.enterAct(v, e.s.seats[string(v.Console)], record.CallStep{Step: record.StepHanded})
			}
		}
	default:
		e.guests = nil
	}
	e.tune(v)
}

// reseated enters that another person speaks for us now, at the same console.
func (st *seat) reseated(now time.Time) {
	for _, e := range st.s.lines {
		v := e.call.View()
		if string(v.Console) == st.id && (v.State == call.Active || v.State == call.Held) && e.acts.spend(now, actsPerSecond, actsBurst) {
			e.enterAct(v, st, record.CallStep{Step: record.StepHanded})
		}
	}
}

// tune says who hears the call.
func (e *lineEnd) tune(v call.View) {
	e.ears = e.ears[:0]
	if v.State != call.Active {
		return
	}
	if st := e.s.seats[string(v.Console)]; st != nil {
		e.ears = append(e.ears, st)
	}
	for _, g := range e.guests {
		e.ears = append(e.ears, g.seat)
	}
}

// enterAct enters what a person at a console did in the call.
func (e *lineEnd) enterAct(v call.View, st *seat, s record.CallStep) {
	if st != nil && s.Step != record.StepFetching && s.Step != record.StepPresent {
		s.Who, s.Role = st.who(), st.role()
	}
	e.enterStep(v, e.s.opt.Now(), s)
	e.touch()
}

// role is what whoever sits at the console is to the other side.
func (st *seat) role() record.Role { return roleOf(st.person) }

func roleOf(p api.Person) record.Role {
	switch {
	case p.Acts() == api.RolePrincipal:
		return record.RolePrincipal
	case p.Acts() == api.RoleOfficer:
		return record.RoleOfficer
	case p.Is(api.RoleObserver):
		return record.RoleObserver
	}
	return 0
}

// within carries out what a person asks in a call that was answered.
func (st *seat) within(now time.Time, e *lineEnd, m api.ToStation) error {
	v := e.call.View()
	if v.State != call.Active && v.State != call.Held {
		return &api.Error{Code: "no-call", Text: "This line carries no call that was answered.", Action: "Call the other side, or wait until the call is answered."}
	}
	burst := actsBurst
	if !st.speaks() { // an observer who comes and goes leaves room for those who act
		burst = actsBurst / 2
	}
	if !e.acts.left(now, actsPerSecond, float64(burst)) {
		return &api.Error{Code: "too-often", Text: "Too much was asked in this call at once.", Action: "Wait a few seconds, then try again."}
	}
	switch m.Type {
	case "join":
		return e.join(now, v, st, m.On)
	case "leave":
		return e.unjoin(now, v, st)
	case "hand":
		return e.hand(now, st, m.To)
	case "ask-principal":
		e.acts.spend(now, actsPerSecond, actsBurst)
		e.enterAct(v, st, record.CallStep{Step: record.StepAsked})
		return nil
	}
	return e.announce(now, v, st, m)
}

// announce says that our principal is fetched, or is there: the latter only from within the call.
func (e *lineEnd) announce(now time.Time, v call.View, st *seat, m api.ToStation) error {
	s := record.CallStep{Step: record.StepFetching, Who: only(e.principalsMeant()), Count: uint8(m.Minutes)}
	if m.Type == "present" {
		if string(e.speaker) != st.id && e.guest(st) == nil {
			return &api.Error{Code: "not-in-call", Text: "This console is not in the call, so nobody here can say that the principal is there.", Action: "Join the call, then say so."}
		}
		s = record.CallStep{Step: record.StepPresent, Who: only(e.principalsHere()), Role: record.RolePrincipal}
	}
	if m.Minutes < 0 || m.Minutes > int(longestFetch/time.Minute) {
		return &api.Error{Code: "bad-minutes", Text: fmt.Sprintf("The principal cannot be expected in %d minutes.", m.Minutes),
			Action: fmt.Sprintf("Say 1 to %d minutes, or 0 if it is not known.", int(longestFetch/time.Minute))}
	}
	e.acts.spend(now, actsPerSecond, actsBurst)
	e.enterAct(v, nil, s)
	return nil
}

// principalsHere are the names of our principals who have shown to be in the call: logged in at a console of it, or by a
// touch of their key that the other side has verified for it.
func (e *lineEnd) principalsHere() map[string]bool {
	names := make(map[string]bool)
	for _, st := range e.s.seats {
		if st.person.ID != "" && st.person.Is(api.RolePrincipal) && (string(e.speaker) == st.id || e.guest(st) != nil) {
			names[st.who()] = true
		}
	}
	e.provingCall()
	for _, p := range e.proving.proofs {
		if p.Side == "us" && p.State == api.PresenceVerified {
			names[recordable(p.Name)] = true
		}
	}
	return names
}

// principalsMeant are those, or if there are none, whom the accord names.
func (e *lineEnd) principalsMeant() map[string]bool {
	names := e.principalsHere()
	if len(names) == 0 {
		for _, k := range e.principals(true) {
			names[recordable(k.Name)] = true
		}
	}
	return names
}

// only is the one name, if it is just one who could be meant.
func only(names map[string]bool) string {
	for name := range names {
		if len(names) == 1 {
			return name
		}
	}
	return ""
}

// join lets a console listen, or speak too. One that has joined may change between them.
func (e *lineEnd) join(now time.Time, v call.View, st *seat, speaks bool) error {
	g := e.guest(st)
	switch {
	case string(v.Console) == st.id:
		return &api.Error{Code: "in-call", Text: "This console speaks in this call already.", Action: "Nothing needs to be done."}
	case g != nil && (g.talker != 0) == speaks:
		return nil
	case speaks && (!st.ready || st.lost):
		return &api.Error{Code: "not-ready", Text: "This console is not ready: its sound and microphone are not open.", Action: "Press Ready, then try again; or join to listen."}
	}
	if other := st.busyWith(e); other != nil {
		return st.busyError(other)
	}
	fresh := &guest{seat: st}
	if speaks {
		talker := freeTalker(func(n int) bool {
			return slices.ContainsFunc(e.guests, func(g *guest) bool { return int(g.talker) == n })
		})
		if talker >= e.opt.Line.Profile.Talkers {
			return e.noRoom()
		}
		fresh.talker = uint8(talker)
	}
	e.acts.spend(now, actsPerSecond, actsBurst)
	e.guests = append(slices.DeleteFunc(e.guests, func(h *guest) bool { return h == g }), fresh)
	e.tune(v)
	e.enterAct(v, st, record.CallStep{Step: record.StepJoined, Speaks: speaks})
	return nil
}

func (e *lineEnd) noRoom() error {
	n := e.opt.Line.Profile.Talkers
	text := fmt.Sprintf("This line carries %d voices of a side at once, and all are taken.", n)
	if n == 1 {
		text = "This line carries one voice of a side, and that is taken."
	}
	return &api.Error{Code: "no-room", Text: text, Action: "Join to listen, or have the call handed over to this console."}
}

// unjoin takes a console out of the call that it had joined.
func (e *lineEnd) unjoin(now time.Time, v call.View, st *seat) error {
	g := e.guest(st)
	switch {
	case string(v.Console) == st.id:
		return &api.Error{Code: "in-call", Text: "This console speaks for this side, so it cannot leave the call.", Action: "Hand the call over, or hang up."}
	case g == nil:
		return &api.Error{Code: "not-in-call", Text: "This console has not joined the call.", Action: "Nothing needs to be done."}
	}
	e.acts.spend(now, actsPerSecond, actsBurst)
	e.guests = slices.DeleteFunc(e.guests, func(h *guest) bool { return h == g })
	e.tune(v)
	e.enterAct(v, st, record.CallStep{Step: record.StepLeft})
	return nil
}

// quit takes a console out of every call that it had joined: it is gone, or its sound is closed.
func (st *seat) quit(now time.Time, speaking bool) {
	for _, e := range st.s.lines {
		if g := e.guest(st); g != nil && (!speaking || g.talker != 0) {
			_ = e.unjoin(now, e.call.View(), st) // it has joined, so it can leave
		}
	}
}

// hand gives the call to another of our consoles.
func (e *lineEnd) hand(now time.Time, from *seat, to string) error {
	st := e.s.seats[to]
	switch {
	case string(e.speaker) != from.id:
		return &api.Error{Code: "not-in-call", Text: "Only the console that speaks in the call can hand it over.", Action: "Ask the person there to hand it over, or join the call."}
	case st == nil:
		return &api.Error{Code: "no-such-console", Text: "The console that the call was to be handed to is gone.", Action: "Choose another console."}
	case !st.person.Is(api.RoleOfficer, api.RolePrincipal):
		return &api.Error{Code: "not-allowed", Text: "Whoever sits at that console may not speak on this line.", Action: "Hand the call to an officer or the principal."}
	}
	if other := st.busyWith(e); other != nil {
		return &api.Error{Code: "busy", Text: fmt.Sprintf("That console is in a call with %s.", other.opt.Peer), Action: "Choose another console."}
	}
	e.acts.spend(now, actsPerSecond, actsBurst)
	return e.call.HandOver(now, call.Console(to))
}

// talker is the number under which a console speaks on this line; false if it does not.
func (e *lineEnd) talker(st *seat) (uint8, bool) {
	if !e.active {
		return 0, false
	}
	if e.voice == st {
		return 0, true
	}
	if g := e.guest(st); g != nil && g.talker != 0 {
		return g.talker, true
	}
	return 0, false
}

// say sends one packet of one of our talkers over the line, and lets the others of ours in the
// call hear it: numbered from the far side's talkers on.
func (e *lineEnd) say(st *seat, talker uint8, c wire.Codec, packet []byte) {
	// A queue that is full is a line that is late: the newest voice is what is wanted,
	// and the line drops the oldest by itself.
	_ = e.line.SendVoice(talker, c, packet)
	talkers := e.opt.Line.Profile.Talkers
	if e.uttered == nil {
		e.uttered = make([]uint32, talkers)
	}
	e.uttered[talker]++
	for _, other := range e.ears {
		if other != st && other.sink != nil {
			other.sink.Voice(uint8(talkers)+talker, uint8(c), e.uttered[talker], packet)
		}
	}
}

// joinedStatus is who has joined on either side.
func (e *lineEnd) joinedStatus() (list []api.Joined) {
	for _, g := range e.guests {
		list = append(list, api.Joined{Side: "us", Console: g.seat.id, Person: g.seat.who(), Role: rolesOf[g.seat.role()], Speaks: g.talker != 0, Talker: int(g.talker)})
	}
	if s := e.call.View().State; s == call.Active || s == call.Held {
		list = append(list, e.tales.in["them"]...)
	}
	return list
}
