package station

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/impair"
	"ringdown/record"
	"ringdown/store"
	"ringdown/wire"
)

// sit attaches a ready console for a named person.
func (w *world) sit(side int, name string, roles ...api.Role) *phone {
	w.t.Helper()
	p := &phone{w: w, side: side, heard: make(map[uint32]time.Duration)}
	seat, err := w.st[side].Attach(api.ToStation{Type: "attach", Kind: "command", Name: name}, api.Person{ID: "id-" + name, Name: name, Roles: roles}, p)
	if err != nil {
		w.t.Fatal(err)
	}
	p.seat, p.id = seat, seat.ID()
	p.do(api.ToStation{Type: "ready", Ready: true})
	return p
}

// refused asks and wants the refusal of a code, with a sentence and an action.
func (p *phone) refused(m api.ToStation, code string) {
	p.w.t.Helper()
	var refusal *api.Error
	if err := p.seat.Do(m); !errors.As(err, &refusal) || refusal.Code != code || !strings.HasSuffix(refusal.Text, ".") || !strings.HasSuffix(refusal.Action, ".") {
		p.w.t.Errorf("%s: %v, want a refusal %q", m.Type, err, code)
	}
}

func (p *phone) joins(speaks bool) {
	p.w.t.Helper()
	p.do(api.ToStation{Type: "join", Slug: "line0", On: speaks})
}

// rungs is a side's live ladder without its times, by the stations' names.
func (w *world) rungs(side int) (list []string) {
	c := w.line(side, 0).Call
	if c == nil {
		return nil
	}
	for _, s := range c.Steps {
		text := name(side, s.By) + " " + s.Name
		if s.Who != "" {
			text += " " + s.Who
		}
		if s.Role != "" {
			text += fmt.Sprintf(" (%s)", s.Role)
		}
		if s.Name == "fetching" {
			text += fmt.Sprint(" in ", s.Minutes)
		}
		if s.Speaks {
			text += " to speak"
		}
		list = append(list, text)
	}
	return list
}

// A day of a crisis desk: called, answered, the principal asked for, fetched and there; others join,
// one speaks; the call is handed over. Both live ladders and both records tell the same.
func TestEveryRung(t *testing.T) {
	for _, drill := range []bool{false, true} {
		for _, skew := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
			t.Run(fmt.Sprintf("drill %t, clocks %v apart", drill, skew), func(t *testing.T) {
				inRecords(t, 1, func(r *records) {
					r.skew[1] = skew
					r.startAll()
					r.settle(5 * time.Second)
					everyRung(r, drill)
				})
			})
		}
	}
}

func everyRung(r *records, drill bool) {
	t := r.t
	officer, colleague := r.sit(0, "Weber", api.RoleOfficer), r.sit(0, "Lind", api.RoleObserver)
	petrova, minister := r.sit(1, "Petrova", api.RoleOfficer), r.sit(1, "Minister Ode", api.RolePrincipal)
	pause := func() { time.Sleep(2 * time.Second) }
	officer.do(api.ToStation{Type: "call", Slug: "line0", Drill: drill})
	r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
	petrova.press("answer")
	r.within(time.Second, "they speak", r.callIs(0, api.CallActive))
	pause()
	officer.press("ask-principal")
	pause()
	petrova.do(api.ToStation{Type: "fetching", Slug: "line0", Minutes: 5})
	pause()
	colleague.joins(false)
	pause()
	minister.joins(true)
	pause()
	petrova.press("present")
	pause()
	petrova.do(api.ToStation{Type: "hand", Slug: "line0", To: minister.id})
	pause()
	petrova.joins(false)
	pause()
	colleague.press("leave")
	pause()
	want := []string{
		"north called Weber (officer)", "south reached", "south ringing", "south answered Petrova (officer)",
		"north asked Weber (officer)", "south fetching in 5", "north joined Lind (observer)", "south joined Minister Ode (principal) to speak",
		"south present Minister Ode (principal)", "south handed Minister Ode (principal)", "south joined Petrova (officer)", "north left Lind (observer)",
	}
	for side := range 2 {
		if got := r.rungs(side); !slices.Equal(got, want) {
			t.Errorf("side %d shows\n%s\nwant\n%s", side, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		c := r.line(side, 0).Call
		if c.Drill != drill || len(c.Joined) != 1 || name(side, c.Joined[0].Side) != "south" || c.Joined[0].Person != "Petrova" || c.Joined[0].Speaks {
			t.Errorf("side %d: drill %t, joined %+v", side, c.Drill, c.Joined)
		}
	}
	minister.press("hangup")
	r.settle(10 * time.Second)
	for side := range 2 {
		got := r.rungs(side)
		if c := r.line(side, 0).Call; len(got) < len(want)+1 || got[len(got)-1] != "south ended Minister Ode (principal)" || len(c.Joined) != 0 {
			t.Errorf("side %d shows at the end %v, joined %+v", side, got, c.Joined)
		}
	}
	checkToldAlike(r, drill)
}

// checkToldAlike holds that both records show one call, alike, and that every step is an entry of the kind that it
// should be.
func checkToldAlike(r *records, drill bool) {
	r.t.Helper()
	var told [2]string
	for side := range 2 {
		items := r.page(side, api.RecordQuery{Kinds: []string{"call"}}).Items
		if len(items) != 1 || items[0].Call.Drill != drill {
			r.t.Fatalf("side %d shows %+v", side, items)
		}
		told[side] = tell(side, items[0])
		for _, e := range r.entries(side, store.Own) {
			if s, ok := e.Body.(record.CallStep); ok && (s.Drill != drill || (e.Kind == record.KindDrill) != drill) {
				r.t.Errorf("side %d entered %s as %s", side, s.Step, e.Kind)
			}
		}
	}
	if told[0] != told[1] {
		r.t.Errorf("north tells\n%s\nsouth tells\n%s", told[0], told[1])
	}
	r.same()
}

// Who may not do what in a call, and is told why.
func TestRefusedInACall(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(5 * time.Second)
		officer, second, third, observer := w.sit(0, "A", api.RoleOfficer), w.sit(0, "B", api.RoleOfficer), w.sit(0, "C", api.RoleOfficer), w.sit(0, "D", api.RoleObserver)
		far := w.sit(1, "E", api.RoleOfficer)
		on := func(verb string) api.ToStation { return api.ToStation{Type: verb, Slug: "line0"} }
		for _, verb := range []string{"join", "leave", "hand", "ask-principal", "fetching", "present"} {
			officer.refused(on(verb), "no-call")
		}
		officer.press("call")
		officer.refused(on("join"), "no-call")
		w.within(time.Second, "it rings", w.callIs(0, api.CallRinging))
		far.press("answer")
		w.within(time.Second, "they speak", w.callIs(0, api.CallActive))
		officer.refused(on("join"), "in-call")
		officer.refused(on("leave"), "in-call")
		second.refused(on("leave"), "not-in-call")
		second.refused(api.ToStation{Type: "hand", Slug: "line0", To: third.id}, "not-in-call")
		officer.refused(api.ToStation{Type: "hand", Slug: "line0", To: "00"}, "no-such-console")
		officer.refused(api.ToStation{Type: "hand", Slug: "line0", To: observer.id}, "not-allowed")
		officer.refused(api.ToStation{Type: "fetching", Slug: "line0", Minutes: 241}, "bad-minutes")
		second.joins(true)
		third.refused(api.ToStation{Type: "join", Slug: "line0", On: true}, "no-room")
		third.joins(false)
		third.do(api.ToStation{Type: "ready", Ready: false})
		third.refused(api.ToStation{Type: "join", Slug: "line0", On: true}, "not-ready")
		officer.refused(api.ToStation{Type: "hand", Slug: "line0", To: third.id}, "not-ready")
		for range actsBurst {
			_ = officer.seat.Do(on("ask-principal"))
		}
		officer.refused(on("ask-principal"), "too-often")
		if n := len(w.line(0, 0).Call.Steps); n > mostRungs+12 {
			t.Errorf("%d rungs", n)
		}
	})
}

// As many join to speak as the profile carries voices of a side; whoever comes after is told so, and may listen, or speak when
// somebody has left.
func TestRoomToSpeak(t *testing.T) {
	for _, profile := range []wire.Profile{wire.Thin, wire.Standard, wire.Wide} {
		t.Run(profile.Name, func(t *testing.T) {
			inWorld(t, 1, func(w *world) {
				w.profile = profile
				w.startBoth()
				w.open(5 * time.Second)
				w.talk()
				speak := api.ToStation{Type: "join", Slug: "line0", On: true}
				var speakers []*phone
				for i := range profile.Talkers - 1 {
					p := w.sit(0, fmt.Sprint("officer ", i), api.RoleOfficer)
					p.joins(true)
					speakers = append(speakers, p)
				}
				late := w.sit(0, "Late", api.RoleOfficer)
				late.refused(speak, "no-room")
				want := map[int]string{1: "carries one voice of a side, and that is taken", 2: "carries 2 voices", 4: "carries 4 voices"}[profile.Talkers]
				if err := late.seat.Do(speak); !strings.Contains(fmt.Sprint(err), want) {
					t.Errorf("the refusal says %v, want that the line %s", err, want)
				}
				late.joins(false)
				var talkers []int
				for _, j := range w.line(0, 0).Call.Joined {
					talkers = append(talkers, j.Talker)
				}
				slices.Sort(talkers)
				if want := []int{0, 1, 2, 3}[:profile.Talkers]; !slices.Equal(talkers, want) { // 0: Late listens
					t.Errorf("the voices of those who joined are numbered %v, want %v", talkers, want)
				}
				if len(speakers) > 0 {
					speakers[0].press("leave")
					late.joins(true)
				} else {
					late.refused(speak, "no-room")
				}
			})
		})
	}
}

// A tallier is a console that counts what it hears of whom.
type tallier struct {
	*phone
	by map[uint8][]uint32 // talker to numbers on the line
}

func (c *tallier) Send(e api.Event) { c.phone.Send(e) }

func (c *tallier) Voice(talker, codec uint8, seq uint32, packet []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by[talker] = append(c.by[talker], seq)
}

// counts attaches a console that notes which talkers it hears.
func (w *world) counts(side int, name string, roles ...api.Role) *tallier {
	w.t.Helper()
	c := &tallier{&phone{w: w, side: side, heard: make(map[uint32]time.Duration)}, make(map[uint8][]uint32)}
	seat, err := w.st[side].Attach(api.ToStation{Type: "attach", Kind: "command", Name: name}, api.Person{ID: "id-" + name, Name: name, Roles: roles}, c)
	if err != nil {
		w.t.Fatal(err)
	}
	c.seat, c.id = seat, seat.ID()
	if slices.Contains(roles, api.RoleOfficer) {
		c.do(api.ToStation{Type: "ready", Ready: true})
	}
	return c
}

// heard are the talkers that a console heard, how often, and whether each one's numbers were without a gap.
func (c *tallier) tally() (n map[uint8]int, gaps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = make(map[uint8]int)
	for talker, seqs := range c.by {
		n[talker] = len(seqs)
		for i := 1; i < len(seqs); i++ {
			if seqs[i] != seqs[i-1]+1 {
				gaps++
			}
		}
	}
	return n, gaps
}

// talkAll lets consoles speak n packets, all in the same ticks.
func talkAll(n int, consoles ...*tallier) {
	time.Sleep(slotStep / 2)
	packet := make([]byte, 60)
	for i := range n {
		binary.BigEndian.PutUint32(packet, uint32(i))
		for _, c := range consoles {
			c.seat.Voice(uint8(wire.CodecOpus), packet)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Whoever has joined hears both sides; whoever speaks is heard by all on both sides; whoever only listens, or has left, is
// not; nobody hears themselves.
func TestWhoHearsWhom(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(5 * time.Second)
		north, deputy, listens := w.counts(0, "A", api.RoleOfficer), w.counts(0, "B", api.RoleOfficer), w.counts(0, "C", api.RoleObserver)
		outside := w.counts(0, "D", api.RoleOfficer)
		south, aide := w.counts(1, "E", api.RoleOfficer), w.counts(1, "F", api.RoleOfficer)
		north.press("call")
		w.within(time.Second, "it rings", w.callIs(0, api.CallRinging))
		south.press("answer")
		w.within(time.Second, "they speak", w.callIs(0, api.CallActive))
		deputy.joins(true)
		listens.joins(false)
		aide.joins(false)
		talkAll(50, north, deputy, listens, outside, south, aide)
		time.Sleep(300 * time.Millisecond)
		for _, c := range []struct {
			who  string
			of   *tallier
			want map[uint8]int // far talkers from 0, own from 2
		}{
			{"who speaks for north", north, map[uint8]int{0: 50, 3: 50}},
			{"north's deputy, who speaks", deputy, map[uint8]int{0: 50, 2: 50}},
			{"north's observer", listens, map[uint8]int{0: 50, 2: 50, 3: 50}},
			{"who is not in the call", outside, map[uint8]int{}},
			{"who speaks for south", south, map[uint8]int{0: 50, 1: 50}},
			{"south's aide, who listens", aide, map[uint8]int{0: 50, 1: 50, 2: 50}},
		} {
			got, gaps := c.of.tally()
			if fmt.Sprint(got) != fmt.Sprint(c.want) || gaps != 0 {
				t.Errorf("%s hears %v with %d gaps, want %v", c.who, got, gaps, c.want)
			}
		}
		listens.press("leave")
		deputy.do(api.ToStation{Type: "mute", On: true})
		before, _ := listens.tally()
		talkAll(20, north, deputy)
		time.Sleep(300 * time.Millisecond)
		if after, _ := listens.tally(); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("who has left hears %v more than %v", after, before)
		}
		if got, _ := south.tally(); got[1] != 50 || got[0] != 70 {
			t.Errorf("south hears %v: want 70 of north, and nothing more of the deputy, who is muted", got)
		}
	})
}

// A call is handed over, with a path cut in the same moment: the voice goes on under the next number, and the other side
// notices nothing but who it is.
func TestHandOverDuringACut(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.hitless = true
		w.link(1, impair.Settings{Delay: 10 * time.Millisecond})
		w.link(2, impair.Settings{Delay: 30 * time.Millisecond})
		w.startBoth()
		w.open(5 * time.Second)
		officer, minister, south := w.counts(0, "A", api.RoleOfficer), w.counts(0, "M", api.RoleOfficer, api.RolePrincipal), w.counts(1, "E", api.RoleOfficer)
		officer.press("call")
		w.within(time.Second, "it rings", w.callIs(0, api.CallRinging))
		south.press("answer")
		w.within(time.Second, "they speak", w.callIs(0, api.CallActive))
		minister.joins(true)
		talkAll(100, officer)
		w.link(1, impair.Settings{Cut: true})
		officer.do(api.ToStation{Type: "hand", Slug: "line0", To: minister.id})
		talkAll(100, minister)
		time.Sleep(500 * time.Millisecond)
		got, gaps := south.tally()
		if got[0] != 200 || got[1] != 0 || gaps != 0 {
			t.Errorf("south heard %v with %d gaps, want 200 packets of talker 0 without one", got, gaps)
		}
		if c := w.line(0, 0).Call; c.Console != minister.id || len(c.Joined) != 0 || c.State != api.CallActive || c.GapMS != 0 {
			t.Errorf("the call is at %s, joined %+v, %s, gap %d ms", c.Console, c.Joined, c.State, c.GapMS)
		}
		if err := officer.seat.Do(api.ToStation{Type: "join", Slug: "line0"}); err != nil {
			t.Error(err)
		}
	})
}

// The console that speaks is lost while others have joined: the call is held, one of them takes it, and both records say
// who has it now. One that has joined and is lost has left.
func TestLossOfConsolesWithOthersThere(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		officer, deputy, third, far := r.sit(0, "A", api.RoleOfficer), r.sit(0, "B", api.RoleOfficer), r.sit(0, "C", api.RoleOfficer), r.sit(1, "E", api.RoleOfficer)
		r.answer(officer, far)
		deputy.joins(true)
		third.joins(false)
		time.Sleep(time.Second)
		officer.seat.Detach()
		r.within(time.Second, "it is held", r.callIs(1, api.CallHeld))
		time.Sleep(3 * time.Second)
		deputy.press("answer")
		r.within(time.Second, "it goes on", r.callIs(1, api.CallActive))
		time.Sleep(time.Second)
		third.seat.Detach()
		time.Sleep(time.Second)
		for side := range 2 {
			c := r.line(side, 0).Call
			got := strings.Join(r.rungs(side), ", ")
			if !strings.HasSuffix(got, "north held, north resumed, north handed B (officer), north left C (officer)") || len(c.Joined) != 0 {
				t.Errorf("side %d shows %s, joined %+v", side, got, c.Joined)
			}
		}
		if n := len(r.st[0].Status().Consoles); n != 1 {
			t.Errorf("%d consoles are left at north, want B alone: the others' places are of no more use", n)
		}
		far.press("hangup")
		r.settle(10 * time.Second)
		checkToldAlike(r, false)
	})
}

// Who listens stays in the other side's sight, however much others do in the call after: a ladder shows the newest
// rungs, and who is there is no matter of these.
func TestWhoListensStaysInSight(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north, south, quiet, busy := r.sit(0, "Weber", api.RoleOfficer), r.sit(1, "Petrova", api.RoleOfficer), r.sit(0, "Vera", api.RoleObserver), r.sit(0, "Otto", api.RoleObserver)
		r.answer(north, south)
		quiet.joins(false)
		for range mostRungs {
			time.Sleep(5 * time.Second)
			busy.joins(false)
			busy.press("leave")
		}
		r.settle(2 * time.Second)
		if list := r.line(1, 0).Call.Joined; len(list) != 1 || list[0].Person != "Vera" {
			t.Errorf("the other side shows %+v in the call, want Vera", list)
		}
		if n := len(r.line(1, 0).Call.Steps); n > 2*mostRungs+8 {
			t.Errorf("the ladder has %d rungs", n)
		}
	})
}
