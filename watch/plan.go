package watch

import (
	"fmt"
	"slices"
	"time"
)

// MostDelay is when everybody rings at the latest, whatever the plan says: half of the time for
// which a call rings.
const MostDelay = 60 * time.Second

// How much one plan may hold.
const (
	MaxWaves    = 8
	MaxDeputies = 40
)

// A Group is who rings in a wave.
type Group string

// The groups.
const (
	OnDuty    Group = "duty"      // who has the watch, and who is on the roster now
	Deputies  Group = "deputies"  // those whom the plan names as such
	Named     Group = "named"     // those whom the wave names
	Everybody Group = "everybody" // every ready console
)

// A Wave is who rings, so many seconds after the call is here.
type Wave struct {
	After int       `json:"after_s"`
	Group Group     `json:"who"`
	Names []Officer `json:"names,omitempty"` // of Named alone
}

// A Plan is in which order consoles ring. The zero Plan rings everybody at once.
type Plan struct {
	Deputies []Officer `json:"deputies,omitempty"`
	Waves    []Wave    `json:"waves,omitempty"`
}

// Check refuses a plan that is none.
func (p *Plan) Check() error {
	if len(p.Waves) > MaxWaves || len(p.Deputies) > MaxDeputies {
		return fmt.Errorf("watch: plan has %d waves and %d deputies, want at most %d and %d", len(p.Waves), len(p.Deputies), MaxWaves, MaxDeputies)
	}
	for _, o := range p.Deputies {
		if err := o.check("deputy"); err != nil {
			return err
		}
	}
	most, last := int(MostDelay/time.Second), -1
	for i, w := range p.Waves {
		what := fmt.Sprintf("wave %d", i+1)
		switch {
		case i == 0 && w.After != 0:
			return fmt.Errorf("watch: %s: after %d s, want 0: somebody rings at once", what, w.After)
		case w.After <= last || w.After > most:
			return fmt.Errorf("watch: %s: after %d s, want more than the wave before and at most %d", what, w.After, most)
		case !slices.Contains([]Group{OnDuty, Deputies, Named, Everybody}, w.Group):
			return fmt.Errorf(`watch: %s: who is %q, want "duty", "deputies", "named" or "everybody"`, what, cut(string(w.Group)))
		case (w.Group == Named) != (len(w.Names) > 0) || len(w.Names) > MaxDeputies:
			return fmt.Errorf(`watch: %s: has %d names, want 1 to %d where who is "named", else none`, what, len(w.Names), MaxDeputies)
		}
		last = w.After
		for _, o := range w.Names {
			if err := o.check(what); err != nil {
				return err
			}
		}
	}
	return nil
}

// A muster is who is where, as the plan needs it.
type muster struct {
	who  Officer
	duty bool // on duty: has the watch, or is on the roster
	void bool // nobody who has the watch is there
}

// delay is when a console rings, after the call is here. Waves in front that can have nobody are
// skipped, and those behind come so much earlier.
func (p *Plan) delay(m muster) time.Duration {
	if len(p.Waves) == 0 {
		return 0
	}
	late, skipped := MostDelay, time.Duration(0)
	ahead := true // only void waves so far
	for _, w := range p.Waves {
		after := time.Duration(w.After) * time.Second
		if ahead {
			skipped = after
			ahead = w.Group == OnDuty && m.void || w.Group == Deputies && len(p.Deputies) == 0
		}
		if p.in(w, m) {
			late = min(late, after)
		}
	}
	if ahead {
		return 0 // no wave is left: everybody, at once
	}
	return max(0, late-skipped)
}

func (p *Plan) in(w Wave, m muster) bool {
	switch w.Group {
	case OnDuty:
		return m.duty
	case Deputies:
		return slices.ContainsFunc(p.Deputies, m.who.Is)
	case Named:
		return slices.ContainsFunc(w.Names, m.who.Is)
	}
	return true
}
