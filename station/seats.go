package station

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"ringdown/api"
	"ringdown/call"
	"ringdown/console"
	"ringdown/wire"
)

// A seat is one console's place at the station. It outlives a lost connection
// for as long as it is in a call. The loop owns all but the constants.
type seat struct {
	s       *Station
	id      string
	observe bool

	person    api.Person // who sits there; the newest attachment says so
	name      string
	kind      string
	recording bool // speaks the station's recording
	ready     bool
	lost      bool
	muted     bool
	sink      console.Sink // nil when detached
	current   uint64       // the newest attachment
}

// A handle is one attachment of a seat: when the same console attaches again,
// older handles fall silent.
type handle struct {
	st    *seat
	epoch uint64
}

const nameLimit = 40

// Attach gives a console its seat: the one it had, if it names it, or a new one.
func (s *Station) Attach(m api.ToStation, who api.Person, sink console.Sink) (console.Seat, error) {
	var h *handle
	var err error
	if stopped := s.do(func() { h, err = s.attach(m, who, sink) }); stopped != nil {
		return nil, stopped
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (s *Station) attach(m api.ToStation, who api.Person, sink console.Sink) (*handle, error) {
	if m.Voice == "recorded" && len(s.opt.Recording) == 0 {
		return nil, &api.Error{Code: "no-recording", Text: "This station has no recorded voice.", Action: "Attach with a microphone."}
	}
	now := s.opt.Now()
	st, known := s.seats[m.Console]
	if known && st.speaks() && !speaks(who) { // it may be in a call, which goes on without them
		known, m.Console = false, ""
	}
	if m.Observe || !known {
		if len(s.seats)+len(s.watch) >= s.opt.MaxConsoles {
			return nil, &api.Error{Code: "too-many", Text: fmt.Sprintf("This station has %d consoles, which is its limit.", s.opt.MaxConsoles),
				Action: "Close one of them, or raise the limit in station.toml."}
		}
		st = &seat{s: s, id: m.Console, observe: m.Observe}
		if !validID(st.id) {
			st.id = randomID()
		}
	} else if st.sink != nil {
		st.sink.Close("this console was opened again elsewhere")
	}
	was, role := st.who(), st.role()
	if known {
		st.quit(now, false) // as who joined
	}
	st.person = who
	st.name, st.kind, st.recording, st.sink = cleanName(m.Name), m.Kind, m.Voice == "recorded", sink
	st.current++
	if m.Observe {
		s.watch[st] = true
	} else {
		s.seats[st.id] = st
		s.changed = true
	}
	if known {
		if st.who() != was || st.role() != role {
			st.reseated(now)
		}
		st.setReady(now, false) // it says so itself when its sound is open again
	}
	return &handle{st: st, epoch: st.current}, nil
}

// validID accepts what randomID makes, and nothing else a page may send.
func validID(id string) bool {
	if len(id) != 32 {
		return false
	}
	return strings.IndexFunc(id, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) < 0
}

// cleanName keeps what can be shown of a console's name, at most 40 characters.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	if r := []rune(name); len(r) > nameLimit {
		name = string(r[:nameLimit])
	}
	return strings.TrimSpace(name)
}

func (st *seat) console() api.Console {
	name := st.name
	if st.person.ID == "" {
		name = st.s.unproven(name)
	}
	return api.Console{ID: st.id, Name: name, Ready: st.ready, Lost: st.lost, Muted: st.muted, Kind: st.kind,
		Person: st.person.Name, PersonID: st.person.ID, Roles: st.person.Roles}
}

// send gives an event to the console, if it is attached.
func (st *seat) send(e api.Event) {
	if st.sink != nil {
		st.sink.Send(e)
	}
}

// drop closes the console's connection.
func (st *seat) drop(why string) {
	if st.sink != nil {
		st.sink.Close(why)
		st.sink = nil
	}
}

func (st *seat) each(f func(*call.Machine, call.Console)) {
	for _, e := range st.s.lines {
		f(e.call, call.Console(st.id))
		st.s.byTime.fix(e)
	}
}

// setReady tells every line's call whether this console may ring. A lost
// console that is ready again is back.
func (st *seat) setReady(now time.Time, ready bool) {
	st.ready = ready
	if !ready {
		st.quit(now, true)
	}
	st.s.changed = true
	after := st.s.duty.delay(st)
	st.each(func(m *call.Machine, c call.Console) {
		m.Delay(now, c, after)
		m.Ready(now, c, ready)
	})
	if ready && st.lost {
		st.setLost(now, false)
	}
}

func (st *seat) setLost(now time.Time, lost bool) {
	if st.lost == lost {
		return
	}
	st.lost = lost
	st.s.changed = true
	st.each(func(m *call.Machine, c call.Console) {
		if lost {
			m.Lost(now, c)
		} else {
			m.Back(now, c)
		}
	})
}

// busyWith is the line in whose live call this console is, speaking or joined, other than except.
func (st *seat) busyWith(except *lineEnd) *lineEnd {
	for _, e := range st.s.lines {
		if e != except && (e.guest(st) != nil || e.call.Speaker() == call.Console(st.id)) {
			return e
		}
	}
	return nil
}

// sweep removes the seats of consoles that detached in a call which is over now.
func (s *Station) sweep(now time.Time) {
	for _, st := range s.seats {
		if st.sink == nil && st.busyWith(nil) == nil {
			st.leave(now)
		}
	}
}

// leave removes a seat that no call needs any more.
func (st *seat) leave(now time.Time) {
	st.each(func(m *call.Machine, c call.Console) { m.Gone(now, c) })
	delete(st.s.seats, st.id)
	delete(st.s.watch, st)
	st.s.changed = true
}

// run calls f in the loop unless the console has attached again since.
func (h *handle) run(f func(now time.Time) error) error {
	var err error
	if stopped := h.st.s.do(func() {
		if h.epoch == h.st.current {
			err = refusal(f(h.st.s.opt.Now()))
		}
	}); stopped != nil {
		return stopped
	}
	return err
}

// ID names the console.
func (h *handle) ID() string { return h.st.id }

// Lost says that the console has been silent for a second.
func (h *handle) Lost() {
	_ = h.run(func(now time.Time) error { h.st.setLost(now, true); return nil })
}

// Back says that it is heard again.
func (h *handle) Back() {
	_ = h.run(func(now time.Time) error { h.st.setLost(now, false); return nil })
}

// Detach says that the connection is gone. That is no hang-up: a console in a
// call keeps its seat, as lost, until the call ends.
func (h *handle) Detach() {
	_ = h.run(func(now time.Time) error {
		st := h.st
		st.current++ // this handle says nothing more
		st.quit(now, false)
		st.sink, st.ready = nil, false
		if st.busyWith(nil) == nil {
			st.leave(now)
			return nil
		}
		st.each(func(m *call.Machine, c call.Console) { m.Ready(now, c, false) })
		st.setLost(now, true)
		return nil
	})
}

// Voice takes one packet from the console's microphone.
func (h *handle) Voice(c uint8, packet []byte) {
	v := spokens.Get().(*spoken)
	v.seat, v.codec = h.st, wire.Codec(c)
	v.n = copy(v.packet[:], packet)
	select {
	case h.st.s.voices <- v:
	default: // the loop is late: voice that waits is worth nothing
		spokens.Put(v)
	}
}

// Do carries out what a person or their console asks.
func (h *handle) Do(m api.ToStation) error {
	return h.run(func(now time.Time) error {
		if h.st.observe {
			return &api.Error{Code: "observer", Text: "An observer only listens to events.", Action: "Attach as a console to act."}
		}
		switch m.Type {
		case "ready":
			h.st.setReady(now, m.Ready)
			return nil
		case "mute":
			h.st.muted, h.st.s.changed = m.On, true
			return nil
		}
		e, err := h.st.s.find(m.Slug)
		if err != nil {
			return err
		}
		defer h.st.s.byTime.fix(e)
		if m.Type != "ringing" && m.Type != "shown" { // those the page says by itself
			h.st.s.duty.acted(now, h.st)
		}
		return h.st.act(now, e, m)
	})
}

// act carries out one verb on one line.
func (st *seat) act(now time.Time, e *lineEnd, m api.ToStation) error {
	e.presser = person{st.who(), st.role()}
	defer func() { e.presser = person{} }()
	c := call.Console(st.id)
	switch m.Type {
	case "call", "answer":
		if err := st.mayTalk(e); err != nil {
			return err
		}
		if m.Type == "call" {
			return e.call.Call(now, c, m.Drill)
		}
		return e.call.Answer(now, c)
	case "decline":
		return e.call.Decline(now, c)
	case "hangup":
		return e.call.HangUp(now)
	case "ringing":
		e.call.Ringing(now, c, m.On)
		return nil
	case "shown":
		return st.shown(e, m.Keys)
	case "join", "leave", "hand", "ask-principal", "fetching", "present":
		return st.within(now, e, m)
	}
	return &api.Error{Code: "unknown-type", Text: fmt.Sprintf("The station knows no request %q.", m.Type),
		Action: "Use one of: ready, call, answer, decline, hangup, join, leave, hand, ask-principal, fetching, present, ringing, mute, shown."}
}

// mayTalk refuses a second conversation, and a line that can carry none yet.
func (st *seat) mayTalk(e *lineEnd) error {
	if other := st.busyWith(e); other != nil {
		return st.busyError(other)
	}
	return e.mayCarry()
}

func (st *seat) busyError(other *lineEnd) error {
	return &api.Error{Code: "busy", Text: fmt.Sprintf("This console is in a call with %s.", other.opt.Peer),
		Action: "Hang up there first, or let another console take this one."}
}

// A spoken is one voice packet on its way to the loop.
type spoken struct {
	seat   *seat
	codec  wire.Codec
	packet [160]byte
	n      int
}

var spokens = sync.Pool{New: func() any { return new(spoken) }}

// speak gives a voice packet to the line its console talks on.
func (s *Station) speak(v *spoken) {
	for _, e := range s.lines {
		if talker, ok := e.talker(v.seat); ok {
			if !v.seat.muted && !v.seat.recording {
				e.say(v.seat, talker, v.codec, v.packet[:v.n])
			}
			break
		}
	}
	spokens.Put(v)
}
