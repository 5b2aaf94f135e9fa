package station

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringdown/api"
)

// cosignedNothing is what a side shows while the other withholds its co-signature.
const cosignedNothing = "has co-signed nothing that was written here since "

// withholding starts both stations. As long as a test says so, South does not co-sign, as if its key refused.
func (r *records) withholding() *atomic.Bool {
	withholds := new(atomic.Bool)
	r.change = func(side int, o *LineOptions) {
		r.keepRecord(side, o)
		cosign := o.Record.Cosign
		o.Record.Cosign = func(m []byte) ([]byte, error) {
			if side == 1 && withholds.Load() {
				return nil, errors.New("it withholds")
			}
			return cosign(m)
		}
	}
	r.startAll()
	r.settle(10 * time.Second)
	return withholds
}

// again restarts a side at once, as after a crash.
func (r *records) again(side int) {
	r.kill(side)
	r.start(side)
}

// shownWhenDue waits until North shows that South withholds, doing something meanwhile every nine seconds, and checks that the line
// was open for ten seconds until then.
func (r *records) shownWhenDue(every func()) {
	r.t.Helper()
	const step = 10 * time.Millisecond
	up := time.Duration(0)
	for n := time.Duration(1); !r.noticed(0, cosignedNothing); n++ {
		if n > time.Minute/step {
			r.t.Fatalf("not shown; the line was open for %v: %+v %q", up, r.state(0), r.notices(0))
		}
		if r.line(0, 0).State == api.LineOpen {
			up += step
		}
		time.Sleep(step)
		if n%(9*time.Second/step) == 0 {
			every()
		}
	}
	if up < 9900*time.Millisecond || up > 10100*time.Millisecond {
		r.t.Errorf("shown after %v in which the line was open, want ten seconds", up)
	}
}

// showsWithheld checks what North shows.
func (r *records) showsWithheld(since time.Time, why string) {
	r.t.Helper()
	said := strings.Join(r.notices(0), "\n")
	if want := "South " + cosignedNothing + since.UTC().Format("15:04:05 UTC") + ": " + why + "."; !strings.Contains(said, want) {
		r.t.Errorf("north says %q, want %q", said, want)
	}
	if w := r.state(0).Withheld; w == nil || w.Sub(since).Abs() > time.Second {
		r.t.Errorf("withheld since %v, want %v", w, since)
	}
}

// notWithheld waits until North shows it no more.
func (r *records) notWithheld(limit time.Duration) {
	r.t.Helper()
	r.within(limit, "it is shown no more", func() bool { return !r.noticed(0, cosignedNothing) && r.state(0).Withheld == nil })
}

// TestWithheldIsShown: a co-signature that does not come while the line is up for ten seconds is shown, and no more when it came.
func TestWithheldIsShown(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		withholds := r.withholding()
		withholds.Store(true)
		wrote := time.Now()
		r.say(0, "hello")
		r.shownWhenDue(func() {})
		r.showsWithheld(wrote, "it was sent, and their signature is missing")
		r.cut(true)
		time.Sleep(time.Minute)
		r.showsWithheld(wrote, "it did not while the line was up, and the line is down")
		withholds.Store(false)
		r.cut(false)
		r.notWithheld(time.Minute)
		r.settle(10 * time.Second)
		if list := r.notices(1); len(list) > 0 {
			t.Errorf("south still says %q", list)
		}
	})
}

// TestWithheldOverRestarts: who withholds and restarts its session every nine seconds is shown when the line was up for ten in all,
// and stays shown.
func TestWithheldOverRestarts(t *testing.T) {
	inRecords(t, 2, func(r *records) {
		withholds := r.withholding()
		withholds.Store(true)
		wrote := time.Now()
		r.say(0, "hello")
		r.shownWhenDue(func() { r.again(1) })
		for range 2 {
			r.again(1)
			for range 45 {
				time.Sleep(200 * time.Millisecond)
				if !r.noticed(0, cosignedNothing) {
					t.Fatalf("shown no more: %+v %q", r.state(0), r.notices(0))
				}
			}
		}
		r.showsWithheld(wrote, "it was sent, and their signature is missing")
		withholds.Store(false)
		r.notWithheld(time.Minute)
		r.settle(10 * time.Second)
	})
}

// TestHelloUnanswered: who never says where our log stands keeps it from being numbered, and is shown alike; also when it restarts
// its session every nine seconds.
func TestHelloUnanswered(t *testing.T) {
	for name, restarts := range map[string]bool{"one session": false, "restarts": true} {
		t.Run(name, func(t *testing.T) {
			inRecords(t, 3, func(r *records) {
				var mute atomic.Bool
				mute.Store(true)
				r.change = func(side int, o *LineOptions) {
					r.keepRecord(side, o)
					if side == 1 && mute.Load() {
						o.Record = nil
					}
				}
				r.startBoth()
				r.open(10 * time.Second)
				opened := time.Now()
				r.shownWhenDue(func() {
					if restarts {
						r.again(1)
					}
				})
				r.say(0, "hello")
				r.showsWithheld(opened, "their station has not said how much of our record it holds")
				mute.Store(false)
				r.again(1)
				r.notWithheld(10 * time.Second)
				r.settle(10 * time.Second)
			})
		})
	}
}

// TestHonestSidesAreNotAccused: restarts every nine seconds, and a line that is down for minutes, show nobody as withholding.
func TestHonestSidesAreNotAccused(t *testing.T) {
	inRecords(t, 4, func(r *records) {
		r.startAll()
		for n := range 110 {
			switch {
			case n%9 == 8 && n < 60:
				r.again(n / 9 % 2)
			case n == 60:
				r.cut(true)
			case n == 100:
				r.cut(false)
			}
			for range 5 {
				time.Sleep(200 * time.Millisecond)
				for side := range 2 {
					if r.noticed(side, cosignedNothing) || r.state(side).Withheld != nil {
						t.Fatalf("second %d, side %d: %q", n, side, r.notices(side))
					}
				}
			}
			r.trySay(n%2, "hello")
		}
		r.settle(20 * time.Second)
	})
}
