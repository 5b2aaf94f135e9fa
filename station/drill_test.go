package station

import (
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

// lifts presses Call on a side, for real or for a drill.
func (p *phone) lifts(drill bool) {
	p.w.t.Helper()
	p.do(api.ToStation{Type: "call", Slug: "line0", Drill: drill})
}

// A drill goes every way that a call can go, and both records tell of it as they would of a call: as a drill.
func TestDrillsInBothRecords(t *testing.T) {
	for _, o := range outcomes {
		t.Run(o.name, func(t *testing.T) {
			inRecords(t, 1, func(r *records) {
				r.startAll()
				north, south := r.phone(0), r.phone(1)
				r.drills = true
				o.play(r, north, south)
				r.settle(20 * time.Second)
				o.check(r)
				for side := range 2 {
					for _, e := range r.entries(side, store.Own) {
						if e.Kind == record.KindCall {
							t.Errorf("side %d entered %+v as of a real call", side, e.Body)
						}
					}
				}
				r.same()
			})
		})
	}
}

// Both lift at once, or nearly, in every combination of real and drill, whichever is first: two alike are connected; of
// two unlike the real one rings, and the drill is over for everybody.
func TestBothLiftRealOrDrill(t *testing.T) {
	for n := range 16 {
		drill := [2]bool{n&1 != 0, n&2 != 0}
		apart := []time.Duration{0, 3 * time.Millisecond, 30 * time.Millisecond, time.Second}[n>>2]
		t.Run(fmt.Sprintf("north drill %t, south drill %t, %v apart", drill[0], drill[1], apart), func(t *testing.T) {
			inRecords(t, uint64(n), func(r *records) {
				r.startAll()
				r.settle(5 * time.Second)
				phones := [2]*phone{r.phone(0), r.phone(1)}
				phones[0].lifts(drill[0])
				time.Sleep(apart)
				if err := phones[1].seat.Do(api.ToStation{Type: "call", Slug: "line0", Drill: drill[1]}); err != nil && (!drill[1] || drill[0]) {
					t.Fatal(err) // only a drill may be refused, because a real call rings already
				}
				if drill[0] == drill[1] {
					r.within(time.Second, "they are connected", func() bool { return r.callIs(0, api.CallActive)() && r.callIs(1, api.CallActive)() })
				} else {
					called := 0 // the side that did not call for real
					if drill[1] {
						called = 1
					}
					r.within(time.Second, "the real call rings", func() bool {
						return r.callIs(called, api.CallIncoming)() && !r.line(called, 0).Call.Drill && r.callIs(1-called, api.CallRinging)() && !r.line(1-called, 0).Call.Drill
					})
					phones[called].press("answer")
					r.within(time.Second, "they speak", func() bool { return r.callIs(0, api.CallActive)() && r.callIs(1, api.CallActive)() })
				}
				for side := range 2 {
					if c := r.line(side, 0).Call; c.Drill != (drill[0] && drill[1]) {
						t.Errorf("side %d: the call that lives is a drill: %t", side, c.Drill)
					}
				}
				phones[0].press("hangup")
				r.settle(10 * time.Second)
				sameCalls(r, drill[0] == drill[1])
			})
		})
	}
}

// sameCalls holds that both sides show the same calls and drills, each told alike and with its end. Where two calls
// crossed, a side may not know that the one became the other, so of real calls only the entries are compared.
func sameCalls(r *records, crossed bool) {
	r.t.Helper()
	var told [2][]string
	for side := range 2 {
		for _, it := range r.page(side, api.RecordQuery{Kinds: []string{"call"}}).Items {
			if !it.Call.Drill && it.Call.Reason == api.EndInterrupted {
				r.t.Errorf("side %d: %+v was interrupted, and is no drill", side, it.Call)
			}
			if crossed {
				continue
			}
			told[side] = append(told[side], fmt.Sprint(it.Call.Drill, " ", tell(side, it)))
			if it.Call.Ended == nil {
				r.t.Errorf("side %d: %+v has no end", side, it.Call)
			}
		}
		slices.Sort(told[side])
	}
	if !slices.Equal(told[0], told[1]) {
		r.t.Errorf("north tells\n%s\nsouth tells\n%s", strings.Join(told[0], "\n"), strings.Join(told[1], "\n"))
	}
	r.same()
}

// A drill that rings, is spoken in or is held is interrupted by a real call of either side, or of both at once; over a cut, too,
// and by a station that was started again meanwhile.
func TestDrillInterrupted(t *testing.T) {
	for _, stage := range []string{"ringing", "active", "cut"} {
		for _, by := range []string{"north", "south", "both", "south, started again"} {
			t.Run(stage+", by "+by, func(t *testing.T) {
				inRecords(t, 1, func(r *records) {
					r.startAll()
					r.settle(5 * time.Second)
					interrupt(r, stage, by)
					r.settle(20 * time.Second)
					sameCalls(r, by == "both")
				})
			})
		}
	}
}

func interrupt(r *records, stage, by string) {
	r.t.Helper()
	north, south, second := r.phone(0), r.phone(1), r.phone(1)
	north.lifts(true)
	r.within(time.Second, "the drill rings", r.callIs(0, api.CallRinging))
	if stage != "ringing" {
		south.press("answer")
		r.within(time.Second, "they drill", r.callIs(0, api.CallActive))
	}
	if stage == "cut" {
		r.cut(true)
		r.within(3*time.Second, "it is held", r.callIs(0, api.CallHeld))
		r.within(3*time.Second, "it is held there", r.callIs(1, api.CallHeld))
	}
	switch by {
	case "north":
		north.lifts(false)
	case "south":
		second.lifts(false)
	case "both":
		north.lifts(false)
		second.lifts(false)
	default:
		r.kill(1)
		r.start(1)
		r.phone(1).lifts(false)
	}
	if stage == "cut" {
		time.Sleep(10 * time.Second)
		r.cut(false)
	}
	r.within(10*time.Second, "the real call is on both sides", func() bool {
		for side := range 2 {
			if c := r.line(side, 0).Call; c == nil || c.Drill || c.State == api.CallEnded || c.State == api.CallCalling {
				return false
			}
		}
		return true
	})
	if by == "both" {
		r.within(time.Second, "they are connected", r.callIs(1, api.CallActive))
	}
	if err := r.st[0].HangUp("line0", api.Anyone()); err != nil {
		r.t.Fatal(err)
	}
}

// The bell of a drill stops, and rings anew for the real call; each is told to the console as what it is.
func TestBellsOfADrill(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(5 * time.Second)
		north, south := w.phone(0), w.phone(0)
		far := w.bells(1, "")
		north.lifts(true)
		w.within(time.Second, "the drill rings", w.callIs(0, api.CallRinging))
		south.lifts(false)
		w.within(time.Second, "it rings for real", func() bool { c := w.line(0, 0).Call; return c.State == api.CallRinging && !c.Drill })
		if got := far.heardSo(); got != "drill, silence, call" {
			t.Errorf("the console was told: %s", got)
		}
	})
}

type bells struct {
	*phone
	told []string
}

// bells attaches a ready console with a name that notes for what it shall ring.
func (w *world) bells(side int, name string) *bells {
	w.t.Helper()
	b := &bells{phone: &phone{w: w, side: side, heard: make(map[uint32]time.Duration)}}
	var err error
	if b.seat, err = w.st[side].Attach(api.ToStation{Type: "attach", Kind: "command", Name: name}, api.Anyone(), b); err != nil {
		w.t.Fatal(err)
	}
	b.id = b.seat.ID()
	b.do(api.ToStation{Type: "ready", Ready: true})
	return b
}

func (b *bells) heardSo() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.told, ", ")
}

func (b *bells) Send(e api.Event) {
	if e.Type == "ring" {
		b.mu.Lock()
		b.told = append(b.told, map[[2]bool]string{{true, true}: "drill", {true, false}: "call"}[[2]bool{e.Ring, e.Drill}])
		if !e.Ring {
			b.told[len(b.told)-1] = "silence"
		}
		b.mu.Unlock()
		if !e.Ring {
			return // its receipts come in order, as a connection brings them
		}
	}
	b.phone.Send(e)
}

// A far side that turns a drill into a real call, or a real call into a drill, under the same id changes nothing here; one that
// floods the ladder with rungs fills no memory and no screen, and cannot hide what is ours.
func TestFarSideThatLiesAboutDrills(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(5 * time.Second)
		w.phone(0)
		for _, drill := range []bool{true, false} {
			sig := wire.Signal{Call: wire.CallID{7, byte(len(fmt.Sprint(drill)))}, Step: wire.StepCalling, Drill: drill, Ready: 1, At: [3]int64{time.Now().UnixMilli()}}
			lie := sig
			lie.Drill = !drill
			_ = w.st[0].do(func() {
				e := w.st[0].lines["line0"]
				e.FarSignal(sig)
				for range 100 {
					e.FarSignal(lie)
					e.FarSignal(sig)
				}
				e.FarSignal(lie)
			})
			if c := w.line(0, 0).Call; c.State != api.CallIncoming || c.Drill != drill {
				t.Errorf("after the lies: %s, drill %t, want it to ring as it began: drill %t", c.State, c.Drill, drill)
			}
			_ = w.st[0].do(func() {
				e := w.st[0].lines["line0"]
				var list []farStep
				for i := range 1000 {
					list = append(list, farStep{sig.Call, time.Now(), record.CallStep{Drill: drill, Step: record.StepJoined, Speaks: true, Who: fmt.Sprint("nobody ", i)}},
						farStep{sig.Call, time.Now(), record.CallStep{Drill: !drill, Step: record.StepPresent, Who: "a lie"}})
				}
				e.farStepsAdded(list)
			})
			c := w.line(0, 0).Call
			if len(c.Steps) > mostRungs+4 || len(c.Joined) != 0 || strings.Contains(fmt.Sprint(c.Steps), "a lie") {
				t.Errorf("%d rungs, %d joined: %v", len(c.Steps), len(c.Joined), c.Steps)
			}
			if err := w.st[0].HangUp("line0", api.Anyone()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What crosses the line in a drill with people joining and handing over is as large, and leaves when, it always does: nothing but
// the signal's bit and entries differ, and those travel in the same datagrams.
func TestDrillKeepsTheCadence(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.link(1, impair.Settings{Delay: 10 * time.Millisecond})
		w.startBoth()
		w.open(5 * time.Second)
		sent := func() (n [2]uint64) {
			for side := range n {
				for _, p := range w.line(side, 0).Paths {
					n[side] += p.Sent
				}
			}
			return n
		}
		count := func(d time.Duration) (n [2]uint64) {
			before := sent()
			time.Sleep(d)
			after := sent()
			return [2]uint64{after[0] - before[0], after[1] - before[1]}
		}
		time.Sleep(time.Second)
		idle := count(5 * time.Second)
		a, b, south := w.sit(0, "A", api.RoleOfficer), w.sit(0, "B", api.RoleOfficer), w.phone(1)
		a.lifts(true)
		w.within(time.Second, "it rings", w.callIs(0, api.CallRinging))
		south.press("answer")
		w.within(time.Second, "they speak", w.callIs(0, api.CallActive))
		b.joins(true)
		a.do(api.ToStation{Type: "hand", Slug: "line0", To: b.id})
		if busy := count(5 * time.Second); busy != idle {
			t.Errorf("in a drill %v datagrams leave in 5 s, idle %v", busy, idle)
		}
	})
}
