package station

import (
	"time"

	"ringdown/watch"
)

// A duty is the watch at this station: who has it, who should, and what is wrong with that. The loop owns it.
type duty struct {
	s *Station
	w *watch.Watch
}

func newDuty(s *Station) *duty {
	return &duty{s: s, w: watch.New(watch.Settings{Periods: watch.DefaultPeriods}, watch.Standing{})}
}

// officer is who sits at a console: the person logged in, else whoever the console is called after.
func (st *seat) officer() watch.Officer { return watch.Officer{Name: st.name} }

// delay is after how long a console rings, counted from when the call is here; 0: at once.
func (d *duty) delay(st *seat) time.Duration {
	return d.w.Delay(d.s.opt.Now(), st.officer(), st.id)
}
