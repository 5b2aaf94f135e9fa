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
	"ringdown/replica"
	"ringdown/store"
	"ringdown/wire"
)

// An outcome is a way in which a call can go, and what both records must tell of it.
type outcome struct {
	name string
	play func(r *records, north, south *phone)

	reason api.EndReason
	by     string   // who ended it: "north", "south" or nobody
	steps  []string // of both logs, in any order
}

var outcomes = []outcome{
	{"caller hangs up", func(r *records, north, south *phone) {
		r.answer(north, south)
		time.Sleep(11 * time.Minute)
		north.press("hangup")
	}, api.EndHungUp, "north", []string{"north called", "south reached", "south ringing", "south answered", "north ended", "south ended"}},
	{"called hangs up", func(r *records, north, south *phone) {
		r.answer(north, south)
		south.press("hangup")
	}, api.EndHungUp, "south", []string{"north called", "south reached", "south ringing", "south answered", "north ended", "south ended"}},
	{"declined", func(r *records, north, south *phone) {
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		south.press("decline")
	}, api.EndDeclined, "south", []string{"north called", "south reached", "south ringing", "north ended", "south ended"}},
	{"cancelled", func(r *records, north, south *phone) {
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		north.press("hangup")
	}, api.EndCancelled, "north", []string{"north called", "south reached", "south ringing", "north ended", "south ended"}},
	{"nobody ready", func(r *records, north, south *phone) {
		south.do(api.ToStation{Type: "ready", Ready: false})
		north.press("call")
		time.Sleep(121 * time.Second)
	}, api.EndNobodyReady, "", []string{"north called", "south reached", "north ended", "south ended"}},
	{"no answer", func(r *records, north, south *phone) {
		north.press("call")
		time.Sleep(121 * time.Second)
	}, api.EndNoAnswer, "", []string{"north called", "south reached", "south ringing", "north ended", "south ended"}},
	{"not reached", func(r *records, north, south *phone) {
		r.cut(true)
		r.within(3*time.Second, "the line is down", func() bool { return r.line(0, 0).State == api.LineDown })
		north.press("call")
		time.Sleep(121 * time.Second)
		r.cut(false)
		r.open(5 * time.Second)
	}, api.EndNotReached, "", []string{"north called", "north ended", "south ended"}},
	{"line lost", func(r *records, north, south *phone) {
		r.answer(north, south)
		r.cut(true)
		time.Sleep(11 * time.Minute)
		r.cut(false)
		r.open(5 * time.Second)
	}, api.EndLineLost, "", []string{"north called", "south reached", "south ringing", "south answered", "north held", "south held", "north ended", "south ended"}},
	{"line lost for a while", func(r *records, north, south *phone) {
		r.answer(north, south)
		r.cut(true)
		time.Sleep(10 * time.Second)
		r.cut(false)
		r.within(10*time.Second, "it goes on", r.callIs(0, api.CallActive))
		time.Sleep(time.Second)
		south.press("hangup")
	}, api.EndHungUp, "south", []string{"north called", "south reached", "south ringing", "south answered", "north held", "south held", "north resumed", "south resumed", "north ended", "south ended"}},
	{"caller restarted", func(r *records, north, south *phone) {
		r.answer(north, south)
		time.Sleep(time.Second)
		r.kill(0)
		r.start(0)
		r.within(10*time.Second, "it ends", r.callIs(1, api.CallEnded))
	}, api.EndRestarted, "", []string{"north called", "south reached", "south ringing", "south answered", "north ended", "south ended"}},
	{"called restarted", func(r *records, north, south *phone) {
		r.answer(north, south)
		time.Sleep(time.Second)
		r.kill(1)
		r.start(1)
		r.within(10*time.Second, "it ends", r.callIs(0, api.CallEnded))
	}, api.EndRestarted, "", []string{"north called", "south reached", "south ringing", "south answered", "north ended", "south ended"}},
	{"called console lost", func(r *records, north, south *phone) {
		r.answer(north, south)
		south.seat.Detach()
		time.Sleep(11 * time.Minute)
	}, api.EndConsoleLost, "", []string{"north called", "south reached", "south ringing", "south answered", "south held", "north ended", "south ended"}},
	{"caller's console lost", func(r *records, north, south *phone) {
		r.answer(north, south)
		north.seat.Detach()
		time.Sleep(11 * time.Minute)
	}, api.EndConsoleLost, "", []string{"north called", "south reached", "south ringing", "south answered", "north held", "north ended", "south ended"}},
	{"caller stops", func(r *records, north, south *phone) {
		r.answer(north, south)
		r.stopped(0)
	}, api.EndStopping, "north", []string{"north called", "south reached", "south ringing", "south answered", "north ended", "south ended"}},
	{"called stops", func(r *records, north, south *phone) {
		r.answer(north, south)
		r.stopped(1)
	}, api.EndStopping, "south", []string{"north called", "south reached", "south ringing", "south answered", "north ended", "south ended"}},
	{"called stops while it rings", func(r *records, north, south *phone) {
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		r.stopped(1)
	}, api.EndStopping, "south", []string{"north called", "south reached", "south ringing", "north ended", "south ended"}},
	{"caller suspends while it rings", func(r *records, north, south *phone) {
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		r.suspend(0, "an exercise")
	}, api.EndSuspended, "north", []string{"north called", "south reached", "south ringing", "north ended", "south ended"}},
	{"called suspends while it rings", func(r *records, north, south *phone) {
		north.press("call")
		r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
		r.suspend(1, "an exercise")
	}, api.EndSuspended, "south", []string{"north called", "south reached", "south ringing", "north ended", "south ended"}},
	{"both lift", func(r *records, north, south *phone) {
		north.press("call")
		south.press("call")
		r.within(time.Second, "they speak", func() bool { return r.callIs(0, api.CallActive)() && r.callIs(1, api.CallActive)() })
		north.press("hangup")
	}, api.EndHungUp, "north", nil},
}

// answer brings a call up.
func (r *records) answer(caller, called *phone) {
	r.t.Helper()
	caller.press("call")
	r.within(time.Second, "it rings", r.callIs(caller.side, api.CallRinging))
	called.press("answer")
	r.within(time.Second, "they speak", func() bool { return r.callIs(0, api.CallActive)() && r.callIs(1, api.CallActive)() })
}

// stopped stops a side in good order, and starts it again.
func (r *records) stopped(side int) {
	r.t.Helper()
	r.stop[side]()
	<-r.ended[side]
	r.st[side] = nil
	r.start(side)
	r.open(5 * time.Second)
}

// TestCallsInBothRecords: however a call goes, both records tell the same of it, each step by the side that
// knows it, and a later restart adds nothing.
func TestCallsInBothRecords(t *testing.T) {
	for _, o := range outcomes {
		t.Run(o.name, func(t *testing.T) {
			inRecords(t, 1, func(r *records) {
				r.startAll()
				o.play(r, r.phone(0), r.phone(1))
				r.settle(20 * time.Second)
				o.check(r)
				before := [2]int64{r.state(0).Own.Size, r.state(1).Own.Size}
				r.killAll()
				r.startBoth()
				r.open(5 * time.Second)
				r.settle(20 * time.Second)
				for side, n := range before {
					for _, e := range r.entries(side, store.Own)[n:] {
						if e.Kind == record.KindCall {
							t.Errorf("side %d entered %+v after a restart", side, e.Body)
						}
					}
				}
				o.check(r)
				r.same()
			})
		})
	}
}

func (o *outcome) check(r *records) {
	r.t.Helper()
	var told [2]string
	for side := range told {
		items := r.page(side, api.RecordQuery{Kinds: []string{"call"}}).Items
		if len(items) == 0 {
			r.t.Fatalf("side %d shows no call", side)
		}
		c := items[0].Call
		told[side] = tell(side, items[0])
		if c.Reason != o.reason || name(side, c.EndedBy) != o.by {
			r.t.Errorf("side %d: ended with %q by %q, want %q by %q", side, c.Reason, name(side, c.EndedBy), o.reason, o.by)
		}
		var steps []string
		for _, s := range c.Steps {
			steps = append(steps, name(side, s.By)+" "+s.Step)
		}
		slices.Sort(steps)
		if want := slices.Sorted(slices.Values(o.steps)); o.steps != nil && !slices.Equal(steps, want) {
			r.t.Errorf("side %d tells %v, want %v", side, steps, want)
		}
	}
	if told[0] != told[1] {
		r.t.Errorf("north tells\n%s\nsouth tells\n%s", told[0], told[1])
	}
}

// name is whose something is, by what a side shows.
func name(side int, by string) string {
	switch by {
	case "us":
		return [2]string{"north", "south"}[side]
	case "them":
		return [2]string{"south", "north"}[side]
	}
	return by
}

// tell is all that a side's record says of a call, but for the order in which the two logs met there.
func tell(side int, it api.Item) string {
	c := it.Call
	var lines []string
	for _, s := range c.Steps {
		lines = append(lines, fmt.Sprintf("%s %s at %v count %d reason %q who %q", name(side, s.By), s.Step, s.At, s.Count, s.Reason, s.Who))
	}
	slices.Sort(lines)
	at := func(t *time.Time) string {
		if t == nil {
			return "never"
		}
		return t.String()
	}
	lifted := name(side, it.By)
	if strings.Contains(fmt.Sprint(lines), "crossed") {
		lifted = "both" // each side puts first what it knew first
	}
	return fmt.Sprintf("%s by %s, answered %s, ended %s, %d ms, %q by %q\n%s", c.ID, lifted, at(c.Answered), at(c.Ended), c.LengthMS, c.Reason,
		name(side, c.EndedBy), strings.Join(lines, "\n"))
}

// TestPathsAreEntered: each side enters a path and the line when they go and when they come.
func TestPathsAreEntered(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		time.Sleep(3 * time.Second)
		r.link(1, impair.Settings{Cut: true})
		time.Sleep(10 * time.Second)
		r.cut(true)
		time.Sleep(10 * time.Second)
		r.cut(false)
		r.open(5 * time.Second)
		r.settle(10 * time.Second)
		for side := range 2 {
			var got []string
			for _, e := range r.entries(side, store.Own) {
				if c, ok := e.Body.(record.LineChange); ok {
					got = append(got, fmt.Sprintf("%d %v", c.Path, c.Up))
				}
			}
			for path := range 3 {
				var of []string
				for _, g := range got {
					if g[0] == byte('0'+path) {
						of = append(of, g[2:])
					}
				}
				if strings.Join(of, " ") != "true false true" {
					t.Errorf("side %d entered of %d: %v, want up, down, up", side, path, of)
				}
			}
		}
		r.same()
	})
}

// TestFlappingIsBounded: a path that comes and goes for hours makes few entries, and the last says how it stands.
func TestFlappingIsBounded(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		begin := time.Now()
		for time.Since(begin) < 6*time.Minute {
			r.link(1, impair.Settings{Cut: true})
			time.Sleep(3 * time.Second)
			r.link(1, links[0])
			time.Sleep(3 * time.Second)
		}
		time.Sleep(10 * time.Minute) // until one more change may be entered
		r.settle(10 * time.Second)
		for side := range 2 {
			n, up := 0, false
			for _, e := range r.entries(side, store.Own) {
				if c, ok := e.Body.(record.LineChange); ok && c.Path == 1 {
					n, up = n+1, c.Up
				}
			}
			if n < statesBurst/2 || n > statesBurst+statesPerHour || !up {
				t.Errorf("side %d entered %d changes of path 1 for 120, the last up: %v; want about %d, up", side, n, up, statesBurst)
			}
		}
		r.same()
	})
}

// TestCrashEndsCalls: a call that a crash ends is ended in the record too, whether its steps had their
// numbers or still waited for them; and it may ring anew while the caller waits on.
func TestCrashEndsCalls(t *testing.T) {
	steps := func(r *records, side int) (list []string) {
		for _, e := range r.entries(side, store.Own) {
			if s, ok := e.Body.(record.CallStep); ok {
				list = append(list, strings.TrimSuffix(fmt.Sprint(s.Step, " ", s.Reason), " "+record.Reason(0).String()))
			}
		}
		return list
	}
	want := func(r *records, side int, want string) {
		t.Helper()
		if got := strings.Join(steps(r, side), ", "); got != want {
			t.Errorf("side %d: %s; want %s", side, got, want)
		}
	}
	t.Run("called side", func(t *testing.T) {
		inRecords(t, 1, func(r *records) {
			r.startAll()
			r.settle(5 * time.Second)
			r.phone(1)
			r.phone(0).press("call")
			r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
			r.settle(5 * time.Second)
			r.kill(1)
			r.start(1)
			r.phone(1)
			r.within(10*time.Second, "it rings anew", func() bool { return len(steps(r, 1)) == 5 })
			want(r, 1, "reached, ringing, ended station restarted, reached, ringing")
			r.settle(5 * time.Second)
			r.kill(1)
			r.start(1)
			r.settle(10 * time.Second)
			r.kill(1)
			r.start(1)
			r.settle(10 * time.Second)
			r.kill(0)
			r.start(0)
			r.settle(10 * time.Second)
			if got := strings.Join(steps(r, 1), ", "); strings.Count(got, "reached, reached") > 0 || strings.Count(got, "ringing, reached") > 0 || !strings.HasSuffix(got, "ended station restarted") {
				t.Errorf("after three more starts: %s", got)
			}
		})
	})
	t.Run("rings anew and is answered", func(t *testing.T) {
		inRecords(t, 1, func(r *records) {
			r.startAll()
			r.settle(5 * time.Second)
			r.phone(1)
			north := r.phone(0)
			north.press("call")
			r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
			r.settle(5 * time.Second)
			r.kill(1)
			r.start(1)
			south := r.phone(1)
			r.within(10*time.Second, "it rings anew", func() bool { return len(steps(r, 1)) == 5 })
			south.press("answer")
			r.within(2*time.Second, "they speak", r.callIs(0, api.CallActive))
			time.Sleep(time.Minute)
			north.press("hangup")
			r.settle(10 * time.Second)
			for side := range r.st {
				c := r.page(side, api.RecordQuery{Kinds: []string{"call"}}).Items[0].Call
				if c.Answered == nil || c.Reason != api.EndHungUp || c.LengthMS < 59_000 || c.LengthMS > 61_000 {
					t.Errorf("side %d tells of an answer %v, %d ms and the end %q; want a minute, hung up", side, c.Answered, c.LengthMS, c.Reason)
				}
			}
		})
	})
	t.Run("waiting", func(t *testing.T) {
		inRecords(t, 1, func(r *records) {
			r.start(0)
			r.phone(0).press("call")
			time.Sleep(time.Second)
			r.kill(0)
			r.start(0)
			r.start(1)
			r.settle(10 * time.Second)
			want(r, 0, "called, ended station restarted")
		})
	})
}

// TestReceiptNamedTwice: a key that is named twice gets one receipt.
func TestReceiptNamedTwice(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.say(0, "once")
		r.settle(5 * time.Second)
		it, _ := r.item(1, "once")
		if err := r.of(1).Read(r.t.Context(), api.Anyone(), api.Marks{Keys: []string{it.Key, it.Key}, Name: "Ode"}); err != nil {
			t.Error(err)
		}
		r.within(time.Second, "it is read", func() bool { return r.stage(0, "once") == api.StageRead })
	})
}

// TestCallComesBack: a far side that returns to a call that is over, after another, has none of it entered twice.
func TestCallComesBack(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north := r.phone(0)
		var first wire.Signal
		for range 2 {
			north.press("call")
			time.Sleep(2 * time.Second)
			if first.Call.IsZero() {
				r.inLoop(func(e *lineEnd) { first = e.call.Signal() })
			}
			north.press("hangup")
			time.Sleep(2 * time.Second)
		}
		r.inLoop(func(e *lineEnd) {
			e.call.FarSignal(e.s.opt.Now(), wire.Signal{Call: first.Call, Step: wire.StepReached, At: [3]int64{0, 0, first.At[0]}})
			if e.call.View().ID != first.Call {
				t.Error("the first call did not come back: this shows nothing")
			}
		})
		time.Sleep(2 * time.Second)
		var calls []string
		for _, e := range r.entries(0, store.Own) {
			if s, ok := e.Body.(record.CallStep); ok {
				calls = append(calls, s.Step.String())
			}
		}
		if got := strings.Join(calls, ", "); got != "called, ended, called, ended" {
			t.Errorf("entered: %s", got)
		}
	})
}

// inLoop runs f in north's loop, with its line.
func (r *records) inLoop(f func(e *lineEnd)) {
	r.t.Helper()
	if err := r.st[0].do(func() { f(r.st[0].lines["line0"]) }); err != nil {
		r.t.Fatal(err)
	}
}

// TestBothRecordsNameBoth: whoever lifts how long after the other, both records tell of both lifts or of one, and
// alike. A side may give its call up before anything of it has left.
func TestBothRecordsNameBoth(t *testing.T) {
	crossed := 0
	for apart := time.Duration(0); apart < 40*time.Millisecond; apart += time.Duration(fewer(1, 3)) * time.Millisecond {
		inRecords(t, uint64(apart), func(r *records) {
			r.startAll()
			r.settle(5 * time.Second)
			north, south := r.phone(0), r.phone(1)
			north.press("call")
			time.Sleep(apart)
			south.press("call")
			r.within(time.Second, "they speak", func() bool { return r.callIs(0, api.CallActive)() && r.callIs(1, api.CallActive)() })
			time.Sleep(time.Second)
			south.press("hangup")
			r.settle(10 * time.Second)
			var told [2]string
			for side := range told {
				items := r.page(side, api.RecordQuery{Kinds: []string{"call"}}).Items
				if len(items) != 1 {
					t.Errorf("%v apart, side %d shows %d calls, want one", apart, side, len(items))
				}
				told[side] = tell(side, items[0])
			}
			if told[0] != told[1] {
				t.Errorf("%v apart, north tells\n%s\nsouth tells\n%s", apart, told[0], told[1])
			}
			switch n := strings.Count(told[0], " crossed at"); n {
			case 0:
			case 2:
				crossed++
			default:
				t.Errorf("%v apart, %d sides say that both lifted, want both:\n%s", apart, n, told[0])
			}
		})
	}
	if crossed == 0 {
		t.Error("no two calls crossed: this shows nothing")
	}
}

// TestWhatHidesNoCall: the other side's word that both lifted hides no call that we know of, and is not entered twice.
func TestWhatHidesNoCall(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north, south := r.phone(0), r.phone(1)
		var calls [2]wire.CallID
		for i := range calls {
			r.answer(north, south)
			r.inLoop(func(e *lineEnd) { calls[i] = e.call.View().ID })
			time.Sleep(2 * time.Second)
			north.press("hangup")
			r.settle(5 * time.Second)
		}
		says := func(side int, of, other wire.CallID) {
			if err := r.st[side].do(func() {
				c := r.st[side].lines["line0"].clerk
				d := replica.Draft{Time: time.Now(), Call: record.CallID(of), Body: record.CallStep{Step: record.StepCrossed, Other: record.CallID(other)}}
				if side == 0 {
					c.enter(d)
				} else {
					c.must(func() { c.write(d) }) // whatever its own log says
				}
			}); err != nil {
				t.Fatal(err)
			}
			r.settle(5 * time.Second)
		}
		crossed := func() (n int) {
			for _, e := range r.entries(0, store.Own) {
				if s, ok := e.Body.(record.CallStep); ok && s.Step == record.StepCrossed {
					n++
				}
			}
			return n
		}
		says(1, calls[1], calls[0]) // a lie: the first call was real
		if n := len(r.page(0, api.RecordQuery{Kinds: []string{"call"}}).Items); n != 2 || crossed() != 0 {
			t.Errorf("north shows %d calls, and entered %d times that both lifted; want 2 and 0", n, crossed())
		}
		says(1, calls[1], wire.CallID{1}) // it comes late
		says(0, calls[1], wire.CallID{1})
		if crossed() != 0 {
			t.Errorf("north entered after the end of a call that both lifted, %d times", crossed())
		}
		r.answer(north, south)
		var under wire.CallID
		r.inLoop(func(e *lineEnd) { under = e.call.View().ID })
		says(1, under, wire.CallID{2})
		says(1, under, wire.CallID{2})
		says(0, under, wire.CallID{2})
		if crossed() != 1 {
			t.Errorf("north entered %d times that both lifted, want once", crossed())
		}
	})
}
