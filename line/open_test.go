package line

import (
	"testing"
	"time"

	"ringdown/wire"
)

// begins is when the other side starts after the first.
var begins = []time.Duration{0, 300 * time.Millisecond, 990 * time.Millisecond, time.Hour}

// Without loss the line is open within 1.5 s and two round trips of the moment
// both stations run; a tick of 60 ms takes 100 ms longer for its eight pieces.
func TestOpensSoon(t *testing.T) {
	for _, profile := range []wire.Profile{wire.Standard, wire.Wide, wire.Thin} {
		for _, delay := range []time.Duration{0, 10 * time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond} {
			for _, lead := range begins {
				for leader := range 2 {
					w := newWorld(t, profile, 2, 1)
					w.each(func(l *link) { l.delay = delay })
					w.ends[leader].start()
					w.run(lead)
					w.ends[1-leader].start()
					took, ok := w.until(10*time.Second, w.open)
					limit := 1500*time.Millisecond + 4*delay
					if profile == wire.Thin {
						limit += 100 * time.Millisecond
					}
					if !ok || took > limit {
						t.Errorf("%s, delay %v, %d started %v before: open %v after %v, want at most %v",
							profile.Name, delay, leader, lead, ok, took, limit)
					}
				}
			}
		}
	}
}

// One path is enough, and takes no longer than the pieces need.
func TestOpensOverOnePath(t *testing.T) {
	for _, profile := range []wire.Profile{wire.Standard, wire.Wide, wire.Thin} {
		w := newWorld(t, profile, 1, 1)
		for _, e := range w.ends {
			e.start()
		}
		if took, ok := w.until(10*time.Second, w.open); !ok || took > 30*profile.Tick+1500*time.Millisecond {
			t.Errorf("%s: open %v after %v", profile.Name, ok, took)
		}
	}
}

func TestOpensThroughLoss(t *testing.T) {
	const seeds = 100
	for _, profile := range []wire.Profile{wire.Standard, wire.Thin} {
		for _, paths := range []int{1, 2} {
			late := 0
			for seed := range uint64(seeds) {
				w := newWorld(t, profile, paths, seed)
				w.each(func(l *link) {
					*l = link{delay: 50 * time.Millisecond, jitter: 100 * time.Millisecond, loss: 0.5, duplicate: 0.1}
				})
				w.ends[seed%2].start()
				w.run(time.Duration(seed) * 17 * time.Millisecond)
				w.ends[1-seed%2].start()
				if took, ok := w.until(10*time.Second, w.open); !ok {
					late++
					t.Logf("%s, %d paths, seed %d: not open after %v", profile.Name, paths, seed, took)
				}
			}
			if late > 1 {
				t.Errorf("%s, %d paths: %d of %d did not open within 10 s, want at most 1", profile.Name, paths, late, seeds)
			}
		}
	}
}

func TestOpensThroughDelayAndReorder(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, wire.Standard, 2, seed)
		w.each(func(l *link) {
			*l = link{delay: 100 * time.Millisecond, jitter: 600 * time.Millisecond, loss: 0.1, duplicate: 0.3}
		})
		for _, e := range w.ends {
			e.start()
		}
		if took, ok := w.until(10*time.Second, w.open); !ok {
			t.Errorf("seed %d: not open after %v", seed, took)
		}
	}
}

func TestOpensWithSlowTLSAndDisk(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 1)
	for _, e := range w.ends {
		e.offloadTakes, e.persistTakes = 200*time.Millisecond, 300*time.Millisecond
		e.start()
	}
	if took, ok := w.until(10*time.Second, w.open); !ok || took > 4*time.Second {
		t.Errorf("open %v after %v", ok, took)
	}
}

// The line stays open: for an hour and new keys over and over, with nothing lost
// and no state but open.
func TestStaysOpen(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 1)
	w.begin()
	long := time.Hour / time.Duration(fewer(1, 6))
	w.run(long)
	for i, e := range w.ends {
		s := e.line.Status(w.now)
		if len(e.states) != 1 || s.State != StateOpen {
			t.Errorf("end %d: states %v", i, e.states)
		}
		if want := int(long / rekeyEvery); s.Rekeys < want-1 || s.Rekeys > want {
			t.Errorf("end %d: %d rekeys in %v, want %d", i, s.Rekeys, long, want)
		}
		if s.Fault != FaultNone || s.Counts.LateTicks != 0 || s.Counts.Malformed != 0 || s.Counts.Unopened != 0 {
			t.Errorf("end %d: %v, %+v", i, s.Fault, s.Counts)
		}
		if frames := s.Paths[0].Arrived; s.Counts.Copies < frames-100 || s.Counts.Copies > frames {
			t.Errorf("end %d: of %d frames on each path %d are copies", i, frames, s.Counts.Copies)
		}
		for _, p := range s.Paths {
			if p.In.Loss != 0 || p.RTT < 20*time.Millisecond || p.RTT > 21*time.Millisecond {
				t.Errorf("end %d, path %d: %+v", i, p.Number, p)
			}
		}
	}
}
