package line

import (
	"testing"
	"time"

	"ringdown/wire"
)

func TestBaseline(t *testing.T) {
	const tick, ms = 20 * time.Millisecond, time.Millisecond
	var b baseline
	at := time.Duration(0)
	hear := func(n int, delay time.Duration) {
		for range n {
			at += tick
			b.arrive(at, tick, delay)
		}
	}
	hear(10, 50*ms)
	if b.relied(at) {
		t.Error("relied on after 10 datagrams")
	}
	hear(10, 50*ms)
	hear(1, 40*ms)
	if !b.relied(at) || b.least != 40*ms {
		t.Errorf("after 21 datagrams relied on is %v, least %v, want 40ms", b.relied(at), b.least)
	}
	hear(150, 90*ms)
	if b.least != 40*ms {
		t.Errorf("within the span, the least is %v, want 40ms", b.least)
	}
	hear(60, 90*ms)
	if b.least != 90*ms {
		t.Errorf("when the fastest has left the span, the least is %v, want 90ms", b.least)
	}
	if !b.relied(at+relyFor-1) || b.relied(at+relyFor) {
		t.Errorf("not relied on for exactly %v", relyFor)
	}
	at += time.Hour
	hear(19, 10*ms)
	if b.relied(at) {
		t.Error("an hour later, relied on after 19 datagrams")
	}
}

// A path that only knocks does not carry voice, so voice is not held for it.
func TestKnockingPathIsNotReliedOn(t *testing.T) {
	v := newVoice(wire.Standard, true)
	for f := range uint64(1000) {
		now := simStart.Add(time.Duration(f) * tick20)
		v.heard(now, 1, f)
		if f%50 == 7 {
			v.heard(now, 2, f-5)
		}
	}
	if d := v.holding(); d != 0 {
		t.Errorf("voice is held for %v", d)
	}
}

// The hold is ready before anybody speaks.
func TestHoldChangesInAPause(t *testing.T) {
	ms := time.Millisecond
	quiet := func(f int) int {
		if f >= 250 && f < 500 {
			return 0
		}
		return 1
	}
	sim := voiceSim{profile: wire.Standard, hitless: true, length: 20 * time.Second, say: quiet,
		paths: []simPath{{delay: 20 * ms}, {delay: 100 * ms, cutAt: 1, backAt: 6 * time.Second}}}
	_, heard := sim.run(t)
	if before, after := heard[249].at, heard[250].at; before != 249*tick20+20*ms || after != 500*tick20+100*ms {
		t.Errorf("before the pause a packet is let go at %v, after it at %v", before, after)
	}
}

// Fast paths and slow ones may change places, and delays may shrink: voice is never
// held for longer than it may be.
func TestHoldNeverExceedsItsLimit(t *testing.T) {
	v := newVoice(wire.Standard, true)
	at := time.Duration(0)
	for f := range uint64(3000) {
		at += tick20
		delays := [...]time.Duration{500 * time.Millisecond, 600 * time.Millisecond}
		if f > 1000 {
			delays = [...]time.Duration{20 * time.Millisecond, 600 * time.Millisecond}
		}
		for i, d := range delays {
			v.heard(simStart.Add(at+d), uint8(i+1), f)
		}
		if d := v.holding(); d > maxHold {
			t.Fatalf("frame %d: voice is held for %v", f, d)
		}
	}
	if d := v.holding(); d != 0 {
		t.Errorf("voice is held for %v, beside a path that is too slow to rely on", d)
	}
}

// A far station that was asleep, or a route that became longer, shifts all delays.
func TestHoldFollowsAShiftOfAllPaths(t *testing.T) {
	v := newVoice(wire.Standard, true)
	var shift time.Duration
	at, f := time.Duration(0), uint64(0)
	run := func(d time.Duration) {
		for range d / tick20 {
			for path, delay := range [...]time.Duration{20 * time.Millisecond, 60 * time.Millisecond} {
				v.heard(simStart.Add(at+shift+delay), uint8(path+1), f)
			}
			at, f = at+tick20, f+1
		}
	}
	run(10 * time.Second)
	for _, shift = range []time.Duration{300 * time.Millisecond, time.Hour, time.Hour - 200*time.Millisecond} {
		run(10 * time.Second)
		if d := v.holding(); d != 40*time.Millisecond {
			t.Errorf("10 s after a shift to %v voice is held for %v, want 40ms", shift, d)
		}
	}
}

// The delay that a person is shown is that of the paths that live: after the cut of the faster
// one the slower one brings voice as it comes, though not a release instant moved.
func TestHoldIsCountedFromALivingPath(t *testing.T) {
	v := newVoice(wire.Standard, true)
	delays := [...]time.Duration{20 * time.Millisecond, 60 * time.Millisecond}
	at, f := time.Duration(0), uint64(0)
	run := func(d time.Duration, paths ...int) {
		for range d / tick20 {
			for _, path := range paths {
				v.heard(simStart.Add(at+delays[path]), uint8(path+1), f)
			}
			at, f = at+tick20, f+1
		}
	}
	run(10*time.Second, 0, 1)
	if d := v.holding(); d != 40*time.Millisecond {
		t.Errorf("with both paths voice is held for %v, want 40ms", d)
	}
	held := v.held
	run(2*time.Second, 1)
	if d := v.holding(); d != 0 {
		t.Errorf("with the slower path alone voice is held for %v, want 0", d)
	}
	if v.held != held {
		t.Errorf("the cut moved the release by %v", v.held-held)
	}
}
