package station

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/impair"
	"ringdown/line"
)

// TestRingBehindAFullStream: at 30 % loss and 100 ms each way, with the streams full, the ring
// comes within 300 ms in 99 of 100 calls.
func TestRingBehindAFullStream(t *testing.T) {
	inWorld(t, 5, func(w *world) {
		s := impair.Settings{Loss: 0.3, Delay: 100 * time.Millisecond}
		w.link(1, s)
		w.link(2, s)
		w.startBoth()
		w.open(20 * time.Second)
		north, south := w.phone(0), w.phone(1)
		done := make(chan struct{})
		defer close(done)
		go func() {
			for full := time.NewTicker(50 * time.Millisecond); ; {
				select {
				case <-full.C:
					w.fill(0)
					w.fill(1)
				case <-done:
					return
				}
			}
		}()
		var took []time.Duration
		for range 100 {
			time.Sleep(2 * time.Second)
			before, pressed := south.ringCount(), time.Now()
			north.press("call")
			w.within(5*time.Second, "it rings", func() bool { return south.ringCount() > before })
			took = append(took, south.lastRing().Sub(pressed))
			north.press("hangup")
			w.within(5*time.Second, "south's call ends", w.callIs(1, api.CallEnded))
		}
		slices.Sort(took)
		t.Logf("ring: median %v, 99 %% %v", took[50], took[98])
		if took[98] > 300*time.Millisecond {
			t.Errorf("99 %% of rings within %v, want 300 ms", took[98])
		}
	})
}

func (p *phone) lastRing() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rings[len(p.rings)-1]
}

// fill keeps a side's bulk stream full, as an attachment would.
func (w *world) fill(side int) {
	_ = w.st[side].do(func() {
		for w.st[side].lines["line0"].line.SendMessage(line.StreamBulk, make([]byte, 16<<10)) == nil {
		}
	})
}

// TestNobodyReady: the caller is told that the station is reached and nobody is ready,
// and never that it rings.
func TestNobodyReady(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		north := w.phone(0)
		north.press("call")
		w.within(time.Second, "the station is reached", func() bool { return w.line(0, 0).Call.Reached })
		begin := time.Now()
		for w.line(0, 0).Call.State != api.CallEnded {
			if w.line(0, 0).Call.State == api.CallRinging {
				t.Fatal("it is said to ring where nobody is ready")
			}
			time.Sleep(100 * time.Millisecond)
		}
		if c := w.line(0, 0).Call; c.Reason != api.EndNobodyReady {
			t.Errorf("ended with %q, want %q", c.Reason, api.EndNobodyReady)
		}
		if d := time.Since(begin).Round(time.Second); d != 120*time.Second {
			t.Errorf("ended after %v, want 120 s", d)
		}
	})
}

// TestRingingNeedsAReceipt: a ready console whose bell does not sound is no ringing.
func TestRingingNeedsAReceipt(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.phone(0), w.phone(1)
		south.silent = true
		north.press("call")
		time.Sleep(5 * time.Second)
		if c := w.line(0, 0).Call; c.State != api.CallCalling || !c.Reached {
			t.Errorf("state %s, reached %v; want calling, reached", c.State, c.Reached)
		}
		south.do(api.ToStation{Type: "ringing", Slug: "line0", On: true})
		w.within(time.Second, "it rings", w.callIs(0, api.CallRinging))
	})
}

// TestNotReached: a call while the line is down says so, and rings when the line opens.
func TestNotReached(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.start(0)
		north := w.phone(0)
		north.press("call")
		time.Sleep(30 * time.Second)
		if c := w.line(0, 0).Call; c.State != api.CallCalling || c.Reached {
			t.Errorf("state %s, reached %v; want calling, not reached", c.State, c.Reached)
		}
		w.start(1)
		w.phone(1)
		w.within(5*time.Second, "it rings", w.callIs(0, api.CallRinging))
		north.press("hangup")
		w.within(time.Second, "it ends", w.callIs(1, api.CallEnded))
		if c := w.line(1, 0).Call; c.Reason != api.EndCancelled || c.EndedBy != "them" {
			t.Errorf("south: %q by %q, want cancelled by them", c.Reason, c.EndedBy)
		}
	})
}

// TestBothLift: both lift at the same moment and are simply connected.
func TestBothLift(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.link(1, impair.Settings{Delay: 50 * time.Millisecond})
		w.link(2, impair.Settings{Delay: 50 * time.Millisecond})
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.phone(0), w.phone(1)
		north.press("call")
		south.press("call")
		w.within(time.Second, "north is in the call", w.callIs(0, api.CallActive))
		w.within(time.Second, "south is in the call", w.callIs(1, api.CallActive))
		if a, b := w.line(0, 0).Call, w.line(1, 0).Call; a.ID != b.ID {
			t.Errorf("two calls: %s and %s", a.ID, b.ID)
		}
		north.speak(0, 50)
		time.Sleep(500 * time.Millisecond)
		if lost := south.missing(0, 50, never); lost != 0 {
			t.Errorf("%d packets lost", lost)
		}
	})
}

// TestAllRingOneAnswers: three consoles ring at once; when one answers the others stop.
func TestAllRingOneAnswers(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		north := w.phone(0)
		var south []*phone
		for range 3 {
			south = append(south, w.phone(1))
		}
		north.press("call")
		w.within(time.Second, "it rings at three", func() bool { return w.line(0, 0).Call.Ringing == 3 })
		south[1].press("answer")
		w.within(time.Second, "the call is up", w.callIs(0, api.CallActive))
		if c := w.line(1, 0).Call; c.Console != south[1].id {
			t.Errorf("the call is said to be at %s, want %s", c.Console, south[1].id)
		}
		err := south[0].seat.Do(api.ToStation{Type: "answer", Slug: "line0"})
		if refused := new(api.Error); !errors.As(err, &refused) {
			t.Errorf("a second answer: %v, want a refusal", err)
		}
	})
}

// TestTwoLines: a second incoming call rings beside the first and never drops it, and one
// console is never in two calls.
func TestTwoLines(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.lines = 2
		w.startBoth()
		w.open(3 * time.Second)
		_, south := w.talk()
		other := w.phone(0)
		other.do(api.ToStation{Type: "call", Slug: "line1"})
		w.within(time.Second, "the second call rings", func() bool {
			c := w.line(0, 1).Call
			return c != nil && c.State == api.CallRinging
		})
		err := south.seat.Do(api.ToStation{Type: "answer", Slug: "line1"})
		if refused := new(api.Error); !errors.As(err, &refused) || refused.Code != "busy" {
			t.Errorf("answering while in a call: %v, want busy", err)
		}
		if s := w.line(1, 0).Call.State; s != api.CallActive {
			t.Errorf("the first call is %s", s)
		}
	})
}

// TestRestart: either station, killed in mid-call and started again: the call ends on both
// sides for that reason, or is over; it never hangs.
func TestRestart(t *testing.T) {
	for side, name := range []string{"north", "south"} {
		for _, pause := range []time.Duration{0, 3 * time.Second, time.Minute} {
			t.Run(name+" after "+pause.String(), func(t *testing.T) {
				inWorld(t, 1, func(w *world) {
					w.startBoth()
					w.open(3 * time.Second)
					w.talk()
					w.kill(side)
					time.Sleep(pause)
					w.start(side)
					w.within(10*time.Second, "the other side's call ends", w.callIs(1-side, api.CallEnded))
					if c := w.line(1-side, 0).Call; c.Reason != api.EndRestarted {
						t.Errorf("it ended with %q, want %q", c.Reason, api.EndRestarted)
					}
					if c := w.line(side, 0).Call; c != nil && c.State != api.CallEnded {
						t.Errorf("the station that was started again has a call %s", c.State)
					}
					w.open(5 * time.Second)
					time.Sleep(2 * time.Second)
					w.talk()
				})
			})
		}
	}
}

// TestStops: a station that is told to stop ends its calls, says why, and is gone within 5 s.
func TestStops(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		w.talk()
		begin := time.Now()
		w.stop[0]()
		if err := <-w.ended[0]; err != nil {
			t.Error(err)
		}
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("it took %v to stop", d)
		}
		w.st[0] = nil
		if c := w.line(1, 0).Call; c.State != api.CallEnded || c.Reason != api.EndStopping {
			t.Errorf("south: %s, %q; want ended, station stopping", c.State, c.Reason)
		}
	})
}

// TestLineDownInMidCall: held, resumed, and the gap is shown; after ten minutes it ends.
func TestLineDownInMidCall(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		w.talk()
		cut := func(on bool) {
			w.link(1, impair.Settings{Cut: on})
			w.link(2, impair.Settings{Cut: on})
		}
		cut(true)
		w.within(2*time.Second, "north's call is held", w.callIs(0, api.CallHeld))
		w.within(2*time.Second, "south's call is held", w.callIs(1, api.CallHeld))
		time.Sleep(5 * time.Second)
		cut(false)
		w.within(3*time.Second, "north's call resumes", w.callIs(0, api.CallActive))
		w.within(3*time.Second, "south's call resumes", w.callIs(1, api.CallActive))
		if gap := w.line(0, 0).Call.GapMS; gap < 4000 || gap > 9000 {
			t.Errorf("the gap is said to be %d ms, want about 6000", gap)
		}
		cut(true)
		time.Sleep(11 * time.Minute)
		for side := range 2 {
			if c := w.line(side, 0).Call; c.State != api.CallEnded || c.Reason != api.EndLineLost {
				t.Errorf("side %d: %s, %q; want ended, line lost", side, c.State, c.Reason)
			}
		}
	})
}

// TestConsoleLost: a console that falls silent holds the call; the same console, attached
// again, resumes it; so does another that takes it.
func TestConsoleLost(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		_, south := w.talk()
		south.seat.Lost()
		w.within(time.Second, "held at north", w.callIs(0, api.CallHeld))
		if h := w.line(0, 0).Call.Held; h != api.HeldFarConsole {
			t.Errorf("north: held for %q", h)
		}
		south.seat.Detach()
		south.attach(south.id)
		south.do(api.ToStation{Type: "ready", Ready: true})
		w.within(time.Second, "resumed", w.callIs(0, api.CallActive))

		south.seat.Detach()
		w.within(time.Second, "held again", w.callIs(0, api.CallHeld))
		other := w.phone(1)
		other.press("answer")
		w.within(time.Second, "taken by another", w.callIs(0, api.CallActive))
		other.seat.Detach()
		time.Sleep(11 * time.Minute)
		if c := w.line(0, 0).Call; c.State != api.CallEnded || c.Reason != api.EndConsoleLost {
			t.Errorf("north: %s, %q; want ended, console lost", c.State, c.Reason)
		}
	})
}

// TestClocksApart: with clocks ten minutes apart everything works, both sides show the same
// figures, and the difference is known.
func TestClocksApart(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.skew[1] = 10 * time.Minute
		w.link(1, impair.Settings{Delay: 80 * time.Millisecond})
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.talk()
		time.Sleep(5 * time.Second)
		if c := w.line(0, 0).Clock; c == nil || c.MS < 599_900 || c.MS > 600_100 {
			t.Errorf("north sees south's clock %+v ahead, want 600000 ms", c)
		}
		north.speak(0, 100)
		time.Sleep(time.Second)
		if lost := south.missing(0, 100, never); lost != 0 {
			t.Errorf("%d packets lost", lost)
		}
		north.press("hangup")
		w.within(time.Second, "ended", w.callIs(1, api.CallEnded))
		a, b := w.line(0, 0).Call.Steps, w.line(1, 0).Call.Steps
		for i := range a { // who did it is told by records alone, and there are none here
			a[i].Role, b[i].Role = "", ""
			b[i].By = map[string]string{"us": "them", "them": "us"}[b[i].By]
		}
		if !slices.Equal(a, b) {
			t.Errorf("the ladders differ:\nnorth %v\nsouth %v", a, b)
		}
	})
}
