package station

import (
	"slices"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/impair"
	"ringdown/wire"
)

const never = time.Hour

// TestCutLosesNothing: the cut of one path, whichever is faster, costs no packet
// while the other lives, in each profile, and when hitless moves no packet's time.
func TestCutLosesNothing(t *testing.T) {
	for _, profile := range []wire.Profile{wire.Standard, wire.Wide, wire.Thin} {
		t.Run(profile.Name, func(t *testing.T) {
			for _, cut := range []uint8{1, 2} {
				inWorld(t, uint64(cut), func(w *world) {
					w.profile, w.hitless = profile, true
					w.link(1, impair.Settings{Delay: 20 * time.Millisecond})
					w.link(2, impair.Settings{Delay: 60 * time.Millisecond})
					w.startBoth()
					w.open(5 * time.Second)
					north, south := w.talk()
					const n = 1000
					time.AfterFunc(10*time.Second, func() { w.link(cut, impair.Settings{Cut: true}) })
					north.speak(0, n)
					time.Sleep(time.Second)
					if lost := south.missing(0, n, never); lost != 0 {
						t.Errorf("path %d cut: %d of %d packets lost", cut, lost, n)
					}
					if !slices.IsSorted(south.order) {
						t.Errorf("path %d cut: packets came out of order", cut)
					}
					if d := south.steadiness(400, 700); d > 2*time.Millisecond {
						t.Errorf("path %d cut: the delay of packets moved by %v around the cut, want less than 2 ms", cut, d)
					}
				})
			}
		})
	}
}

// steadiness is how much the delay of packets varies from one to another, apart from
// the wait for the tick, which is the same for all in a world where all is exact.
func (p *phone) steadiness(from, to uint32) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	phase := make(map[uint32][]time.Duration) // thin carries three packets a tick
	for i := from; i < to; i++ {
		phase[i%3] = append(phase[i%3], p.heard[i])
	}
	var most time.Duration
	for _, l := range phase {
		most = max(most, slices.Max(l)-slices.Min(l))
	}
	return most
}

// TestLossOnBothPaths: 30 % loss on each of two paths leaves 99.9 % of the voice within 100 ms.
func TestLossOnBothPaths(t *testing.T) {
	inWorld(t, 7, func(w *world) {
		s := impair.Settings{Loss: 0.3, Delay: 10 * time.Millisecond}
		w.link(1, s)
		w.link(2, s)
		w.startBoth()
		w.open(20 * time.Second)
		north, south := w.talk()
		const n = 10 * 60 * 50
		north.speak(0, n)
		time.Sleep(time.Second)
		lost := south.missing(0, n, 100*time.Millisecond)
		t.Logf("%d of %d packets lost or late: %.3f %%", lost, n, 100*float64(lost)/n)
		if lost > n/1000 {
			t.Errorf("%d of %d packets lost or later than 100 ms, want at most 1 in 1000", lost, n)
		}
	})
}

// TestLossOnOnePath: 50 % loss on the only path leaves 92 % of the voice.
func TestLossOnOnePath(t *testing.T) {
	inWorld(t, 7, func(w *world) {
		w.link(1, impair.Settings{Loss: 0.5, Delay: 10 * time.Millisecond})
		w.link(2, impair.Settings{Cut: true})
		w.startBoth()
		w.within(30*time.Second, "the line opens over one path", func() bool { return w.line(0, 0).State == api.LineDegraded })
		north, south := w.talk()
		const n = 10 * 60 * 50
		north.speak(0, n)
		time.Sleep(time.Second)
		lost := south.missing(0, n, never)
		t.Logf("%d of %d packets lost: %.2f %% came", lost, n, 100*(1-float64(lost)/n))
		if lost > n*8/100 {
			t.Errorf("%d of %d packets lost, want at most 8 %%", lost, n)
		}
	})
}

// TestNewKeysLoseNothing: a call outlives several changes of keys without losing a packet.
func TestNewKeysLoseNothing(t *testing.T) {
	inWorld(t, 3, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.talk()
		before := w.rekeys()
		const n = 10 * 60 * 50
		north.speak(0, n)
		time.Sleep(time.Second)
		if lost := south.missing(0, n, 100*time.Millisecond); lost != 0 {
			t.Errorf("%d of %d packets lost", lost, n)
		}
		if got := w.rekeys() - before; got < 3 {
			t.Errorf("%d changes of keys in ten minutes, want at least 3", got)
		}
	})
}

func (w *world) rekeys() (n int) {
	_ = w.st[0].do(func() { n = w.st[0].lines["line0"].line.Status(time.Now()).Rekeys })
	return n
}

// TestBothSpeak: voice passes both ways at once, first copy, and later talkers are not mixed up.
func TestBothSpeak(t *testing.T) {
	inWorld(t, 3, func(w *world) {
		w.link(1, impair.Settings{Delay: 15 * time.Millisecond})
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.talk()
		go north.speak(0, 500)
		south.speak(10000, 500)
		time.Sleep(time.Second)
		if a, b := south.missing(0, 500, 60*time.Millisecond), north.missing(10000, 500, 60*time.Millisecond); a+b != 0 {
			t.Errorf("lost %d one way and %d the other", a, b)
		}
	})
}

// TestMutedIsSilent: a muted console's voice goes nowhere, whatever its page sends.
func TestMutedIsSilent(t *testing.T) {
	inWorld(t, 3, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.talk()
		north.do(api.ToStation{Type: "mute", On: true})
		north.speak(0, 50)
		north.do(api.ToStation{Type: "mute", On: false})
		north.speak(50, 50)
		time.Sleep(time.Second)
		if got := 50 - south.missing(0, 50, never); got != 0 {
			t.Errorf("%d packets of a muted console were heard", got)
		}
		if lost := south.missing(50, 50, never); lost != 0 {
			t.Errorf("%d packets lost after unmuting", lost)
		}
	})
}

// TestOnlyTheSpeakerIsHeard: a console that is not in the call is not passed on.
func TestOnlyTheSpeakerIsHeard(t *testing.T) {
	inWorld(t, 3, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		other := w.phone(0)
		_, south := w.talk()
		other.speak(0, 50)
		time.Sleep(time.Second)
		if got := 50 - south.missing(0, 50, never); got != 0 {
			t.Errorf("%d packets of a console outside the call were heard", got)
		}
	})
}
