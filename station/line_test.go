package station

import (
	"fmt"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/impair"
)

// TestOpens: without loss the line opens within 1.5 s plus two round trips.
func TestOpens(t *testing.T) {
	for _, delay := range []time.Duration{0, 20 * time.Millisecond, 150 * time.Millisecond, 700 * time.Millisecond} {
		for first := range 2 {
			t.Run(fmt.Sprintf("delay %v, side %d first", delay, first), func(t *testing.T) {
				inWorld(t, 1, func(w *world) {
					w.link(1, impair.Settings{Delay: delay})
					w.link(2, impair.Settings{Delay: delay})
					w.start(first)
					time.Sleep(1234 * time.Millisecond)
					w.start(1 - first)
					w.open(1500*time.Millisecond + 4*delay)
				})
			})
		}
	}
}

// TestOpensUnderLoss: at 50 % loss both ways the line opens within 10 s in 99 of 100 seeds.
func TestOpensUnderLoss(t *testing.T) {
	late := 0
	for seed := range uint64(100) {
		inWorld(t, seed, func(w *world) {
			s := impair.Settings{Loss: 0.5, Delay: 30 * time.Millisecond, Jitter: 30 * time.Millisecond, Reorder: 0.1, Duplicate: 0.1}
			w.link(1, s)
			w.link(2, s)
			w.startBoth()
			time.Sleep(10 * time.Second)
			for side := range w.st {
				if st := w.line(side, 0).State; st != api.LineOpen && st != api.LineDegraded {
					late++
					break
				}
			}
		})
	}
	t.Logf("%d of 100 seeds were late", late)
	if late > 1 {
		t.Errorf("%d of 100 seeds did not open within 10 s, want at most 1", late)
	}
}

// TestComesBack: a day without any path, and either station started again, and the
// line opens by itself.
func TestComesBack(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		w.link(1, impair.Settings{Cut: true})
		w.link(2, impair.Settings{Cut: true})
		time.Sleep(2 * time.Second)
		if st := w.line(0, 0).State; st != api.LineDown {
			t.Errorf("two seconds after the cut the line is %s, want down", st)
		}
		time.Sleep(24 * time.Hour)
		w.link(1, impair.Settings{})
		w.link(2, impair.Settings{})
		w.open(3 * time.Second)
		for side := range w.st {
			w.kill(side)
			time.Sleep(5 * time.Second)
			w.start(side)
			w.open(3 * time.Second)
		}
	})
}

// TestDegraded: one path down is told from the line down, within a second and a half.
func TestDegraded(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		w.link(1, impair.Settings{Cut: true})
		w.within(1500*time.Millisecond, "the cut is seen", func() bool { return w.line(0, 0).State == api.LineDegraded })
		if p := w.line(0, 0).Paths[0]; p.State != api.PathSilent {
			t.Errorf("path 1 is %s, want silent", p.State)
		}
		w.link(1, impair.Settings{})
		w.open(3 * time.Second)
	})
}

// TestPathsAreMeasured: loss, delay and spread of each direction, as set.
func TestPathsAreMeasured(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.net.Set(addr(0, 1), addr(1, 1), impair.Settings{Delay: 100 * time.Millisecond, Loss: 0.2})
		w.net.Set(addr(1, 1), addr(0, 1), impair.Settings{Delay: 40 * time.Millisecond, Jitter: 20 * time.Millisecond})
		w.startBoth()
		w.open(10 * time.Second)
		time.Sleep(30 * time.Second)
		p := w.line(0, 0).Paths[0]
		if p.RTTms == nil || *p.RTTms < 138 || *p.RTTms > 165 {
			t.Errorf("round trip %v ms, want 140 to 160", p.RTTms)
		}
		if l := p.Out.LossPermille; l < 100 || l > 300 {
			t.Errorf("loss out %d ‰, want about 200", l)
		}
		if l := p.In.LossPermille; l != 0 {
			t.Errorf("loss in %d ‰, want 0", l)
		}
		if s := p.In.SpreadMS; s < 10 || s > 21 {
			t.Errorf("spread in %.1f ms, want 10 to 20", s)
		}
	})
}
