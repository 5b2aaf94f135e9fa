package call

import (
	"os"
	"strings"
	"testing"
	"time"

	"ringdown/wire"
)

// An act is something that happens at one station while it hears nothing of the
// other. What a machine refuses, it refuses.
type act struct {
	name string
	do   func(p *pair, e *end)
}

func person(name string, f func(m *Machine, now time.Time) error) act {
	return act{name, func(p *pair, e *end) { _ = f(e.m, p.at(e)) }}
}

func event(name string, f func(m *Machine, now time.Time)) act {
	return act{name, func(p *pair, e *end) { f(e.m, p.at(e)) }}
}

// acts is all that can happen at a station by itself.
var acts = []act{
	person("calls", func(m *Machine, now time.Time) error { return m.Call(now, "c1", false) }),
	person("answers", func(m *Machine, now time.Time) error { return m.Answer(now, "c2") }),
	person("declines", func(m *Machine, now time.Time) error { return m.Decline(now, "c1") }),
	person("hangs up", func(m *Machine, now time.Time) error { return m.HangUp(now) }),
	person("drills", func(m *Machine, now time.Time) error { return m.Call(now, "c1", true) }),
	person("hands c2 the call", func(m *Machine, now time.Time) error { return m.HandOver(now, "c2") }),
	event("suspends", func(m *Machine, now time.Time) { m.Refuse(now, wire.Suspended) }),
	event("restores", func(m *Machine, now time.Time) { m.Refuse(now, wire.ReasonNone) }),
	event("lets c1 ring later", func(m *Machine, now time.Time) { m.Delay(now, "c1", 10*time.Second) }),
	event("loses c1", func(m *Machine, now time.Time) { m.Lost(now, "c1") }),
	event("loses c2 for good", func(m *Machine, now time.Time) { m.Gone(now, "c2") }),
	event("has c1 back", func(m *Machine, now time.Time) { m.Back(now, "c1") }),
	event("has nobody ready", func(m *Machine, now time.Time) { m.Ready(now, "c1", false); m.Ready(now, "c2", false) }),
	event("has the line down", func(m *Machine, now time.Time) { m.LineDown(now) }),
	event("stops", func(m *Machine, now time.Time) { m.Stop(now) }),
	{"starts again", func(p *pair, e *end) {
		e.boot()
		e.booted = p.now
		e.m.Ready(p.at(e), "c1", true)
	}},
	{"waits 1 s", func(p *pair, e *end) { p.pass(time.Second) }},
	{"waits out the ring", func(p *pair, e *end) { p.pass(RingLimit + Grace) }},
	{"waits out the hold", func(p *pair, e *end) { p.pass(HoldLimit + Grace) }},
	{"rings", func(p *pair, e *end) { p.bells(e) }},
	{"is heard", func(p *pair, e *end) { p.carry(e) }},
}

func actNamed(name string) act {
	for _, a := range acts {
		if a.name == name {
			return a
		}
	}
	panic("no act " + name)
}

// Baselines are states that both stations know of; a line of two fields is an
// act of a or b, "meet" lets them hear each other.
var baselines = map[string]string{
	"idle":          `meet`,
	"calling":       `a calls; b has nobody ready; meet`,
	"placed":        `a calls`,
	"ringing":       `a calls; meet`,
	"called back":   `b calls; meet`,
	"active":        `a calls; meet; b answers; meet`,
	"answered here": `b calls; meet; a answers; meet`,
	"held":          `a calls; meet; b answers; meet; a loses c1; meet`,
	"held there":    `a calls; meet; b answers; meet; b loses c2 for good; meet`,
	"line held":     `a calls; meet; b answers; meet; a has the line down; b has the line down`,
	"crossed":       `a calls; b calls; meet`,
	"ended":         `a calls; meet; b answers; meet; a hangs up; meet`,
	"declined":      `a calls; meet; b declines; meet`,
	"a step behind": `b calls; meet; b hangs up; b calls`,

	"drill placed":   `a drills`,
	"drill ringing":  `a drills; meet`,
	"drilled":        `b drills; meet`,
	"drill active":   `a drills; meet; b answers; meet`,
	"drill crossed":  `a drills; b drills; meet`,
	"drill ended":    `a drills; meet; b answers; meet; a hangs up; meet`,
	"one step apart": `a drills; meet; b answers; meet; b calls`,
}

// baseline brings a new pair there.
func baseline(t *testing.T, script string, skew time.Duration, seed uint64) *pair {
	t.Helper()
	p := newPair(skew, seed)
	for _, e := range p.ends() {
		e.m.LineUp(p.at(e))
		e.m.Ready(p.at(e), "c1", true)
		e.m.Ready(p.at(e), "c2", true)
	}
	for line := range strings.SplitSeq(script, "; ") {
		if line == "meet" {
			p.must(t)
			continue
		}
		who, what, _ := strings.Cut(line, " ")
		e := p.a
		if who == "b" {
			e = p.b
		}
		actNamed(what).do(p, e)
	}
	return p
}

// From every state that both know of, let each station do any two things while
// neither hears the other, and then let them meet: they must agree, whichever
// call id is the lower and however their clocks differ. RINGDOWN_LONG=1 tries
// all 12 million pairs, else it is one in 211.
func TestEveryPairConverges(t *testing.T) {
	seeds := []struct {
		seed uint64
		skew time.Duration
	}{{1, 0}, {2, 10 * time.Minute}, {3, -10 * time.Minute}}
	all := len(acts) * len(acts) * len(acts) * len(acts)
	stride := 211 // has no factor in common with the number of acts
	if os.Getenv("RINGDOWN_LONG") != "" {
		stride = 1
	}
	runs := 0
	for name, script := range baselines {
		for _, s := range seeds {
			for i := runs % stride; i < all; i += stride {
				runs++
				n := i
				var chosen [4]act
				for k := range chosen {
					chosen[k], n = acts[n%len(acts)], n/len(acts)
				}
				p := baseline(t, script, s.skew, s.seed)
				for k, a := range chosen {
					a.do(p, p.ends()[k%2])
				}
				if err := p.meet(); err != nil {
					t.Fatalf("%s (seed %d): a %s, b %s, a %s, b %s: %v", name, s.seed,
						chosen[0].name, chosen[1].name, chosen[2].name, chosen[3].name, err)
				}
			}
		}
	}
	t.Logf("%d pairs of states", runs)
}
