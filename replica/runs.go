package replica

import (
	"slices"
	"time"

	"ringdown/record"
)

// Chosen here: how many of our own runs are known again, and how long this station must be heard alone
// after a live copy of it was.
const (
	maxRuns  = 64
	apartFor = time.Minute
)

const (
	keyRuns    = "runs"     // own ones, 16 bytes each, the newest first
	keyFarRuns = "far-runs" // heard and last
)

// runs tell whether a copy of this station, or of the other, is about. They are random, so a
// copy's later runs are unknown to the original.
type runs struct {
	own         []Run // this one, and those before it
	heard, last Run   // the far side's newest, and the one before it

	metFar, metLast Run       // the far side's run when it named ours, and what it called our last; zero: it has not
	stood           bool      // our log stood once
	live            bool      // a live copy was seen in this run
	apart           bool      // and since then we were not heard alone for long enough
	apartAt         time.Time // since when we are heard alone, as far as is known
}

func (r *Replica) loadRuns() error {
	list, err := r.cfg.Store.Get(keyRuns)
	if err != nil {
		return err
	}
	r.runs.own = []Run{newRun()}
	for ; len(list) >= 16 && len(r.runs.own) < maxRuns; list = list[16:] {
		r.runs.own = append(r.runs.own, Run(list[:16]))
	}
	far, err := r.cfg.Store.Get(keyFarRuns)
	if err == nil && len(far) == 32 {
		r.runs.heard, r.runs.last = Run(far[:16]), Run(far[16:])
	}
	return err
}

func (s *runs) values() map[string][]byte {
	var own []byte
	for _, r := range s.own {
		own = append(own, r[:]...)
	}
	return map[string][]byte{keyRuns: own, keyFarRuns: slices.Concat(s.heard[:], s.last[:])}
}

// meet notes the far side's run, and reports whether it is another than before.
func (s *runs) meet(run Run) bool {
	if run == s.heard {
		return false
	}
	s.heard, s.last = run, s.heard
	return true
}

func (s *runs) strange(run Run) bool { return run != Run{} && !slices.Contains(s.own, run) }

// alone reports whether a live copy is no longer heard.
func (s *runs) alone(now time.Time) bool { return s.apart && !now.Before(s.apartAt.Add(apartFor)) }

// cloned looks at what the far side heard in our name. A far run that heard this run of ours, and
// names another after it, heard a live copy. A run that is unknown here, named by a far run that is new to us, is a
// later self's (this station was restored) or a copy's; the far side may have been restored
// itself, so that is only told.
func (r *Replica) cloned(now time.Time, h *hello) {
	s := &r.runs
	switch {
	case h.run == s.metFar && (h.heard != s.own[0] || h.last != s.metLast):
		r.tellClone(now, true)
	case h.run != s.metFar && (s.strange(h.heard) || s.strange(h.last)):
		r.tellClone(now, false)
	}
	if h.heard == s.own[0] {
		s.metFar, s.metLast = h.run, h.last
	}
}

// restored looks at a standing. Whoever is behind was restored, or a copy signed in its name; and if it
// stood before in this run, it was a copy.
func (r *Replica) restored(now time.Time, standing record.Standing) {
	switch standing {
	case record.Behind:
		r.tellClone(now, r.runs.stood)
	case record.Stands:
		r.runs.stood = true
	}
}

// tellClone tells a person of a copy of this station. Beside a live one nothing is numbered.
func (r *Replica) tellClone(now time.Time, live bool) {
	if live {
		r.runs.live, r.runs.apart, r.runs.apartAt = true, true, now
		r.cfg.Hooks.Alarm("clone", "A copy of this station is running: the other side heard it while this one was up. Nothing is numbered until this one has been heard alone for a minute.",
			"Find the copy and end it. If both signed entries, the record has forked and the proof is kept.")
	} else if !r.runs.live {
		r.cfg.Hooks.Alarm("clone", "The other side knows later entries or a later run of this station than this one does: it was restored from a backup, or a copy of it ran.",
			"If it was restored, nothing is to be done: what is missing comes back by itself. If not, find the copy and end it.")
	}
	r.cfg.Hooks.Changed()
}
