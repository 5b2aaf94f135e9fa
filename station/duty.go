package station

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"ringdown/api"
	"ringdown/watch"
	"ringdown/webhook"
)

// A duty is the watch at this station: who has it, who should, and what is wrong with that. The loop owns
// all but the folder.
type duty struct {
	s        *Station
	w        *watch.Watch
	folder   *watchFolder // nil: nothing is kept
	revision int          // of the settings
	number   uint64       // of the state, for the folder
	log      []api.WatchEvent

	dirty   bool      // something else than time has changed
	due     time.Time // when time changes it
	looked  time.Time // at the clock; it may have been set back since
	shown   api.Watch
	alarmed []watch.AlarmKind
	staffed bool
	since   time.Time // of staffed

	kept   time.Time // when a sign of life was last written
	living bool      // one was not written yet
}

// lifeKept is how often signs of life are written. A crash between two brings the question "still here?" earlier.
const lifeKept = time.Minute

// newDuty reads the watch from the station's folder; without one nothing is kept. What is damaged there is a notice.
func newDuty(s *Station, dir string) *duty {
	d := &duty{s: s, dirty: true, since: s.start}
	k := keptWatch{Version: 1, Settings: watch.Settings{Periods: watch.DefaultPeriods}}
	if dir != "" {
		d.folder = &watchFolder{dir: dir}
		var faults []error
		if k, d.log, faults = d.folder.load(s.start); len(faults) > 0 {
			s.notice("watch", "failure", "Of the watch that was kept: "+errors.Join(faults...).Error()+".",
				"Look at the watch's page, and set what is missing there anew; until then everybody rings at once.")
		}
	}
	d.w, d.revision = watch.New(k.Settings, k.Standing), k.Revision
	return d
}

// officer is who sits at a console: the person logged in, else whoever the console is called after.
func (st *seat) officer() watch.Officer {
	if st.person.ID != "" {
		return watch.Officer{ID: st.person.ID, Name: st.person.Name}
	}
	return watch.Officer{Name: st.s.unproven(st.name)}
}

// delay is after how long a console rings, counted from when the call is here; 0: at once.
func (d *duty) delay(st *seat) time.Duration {
	return d.w.Delay(d.s.opt.Now(), st.officer(), st.id)
}

// acted is a sign of life: what a person does at a console shows the officer on watch to be there.
func (d *duty) acted(now time.Time, st *seat) {
	if d.w.Acted(now, st.officer(), st.id) {
		d.dirty, d.living = true, true
	}
}

// seated reports whether the officer on watch has a ready console.
func (d *duty) seated() bool {
	h := d.w.Standing().Held
	if h == nil {
		return false
	}
	for _, st := range d.s.seats {
		if st.ready && !st.lost && (st.id == h.Console || st.officer().Is(h.Officer)) {
			return true
		}
	}
	return false
}

// advance shows what has changed, on our consoles and to the other sides. It costs nothing when nothing has.
func (d *duty) advance(now time.Time) {
	wall := now.Round(0) // without the monotonic clock, which no setting moves
	back := wall.Before(d.looked)
	if d.looked = wall; !d.dirty && !d.s.changed && !back && (d.due.IsZero() || now.Before(d.due)) {
		return
	}
	d.dirty = false
	d.w.Seated(now, d.seated())
	v := d.w.View(now)
	d.due = d.w.Deadline(now)
	if shown := d.show(now, v); !reflect.DeepEqual(shown, d.shown) {
		d.shown, d.s.changed = shown, true
		d.s.rewave(now)
	}
	d.alarm(v)
	d.tellFar(now)
	if d.living && d.folder != nil && now.Sub(d.kept) >= lifeKept {
		d.kept, d.living = now, false
		d.s.background(d.keep(nil), func(error) {})
	}
}

// unmanned are the alarms of a watch that nobody keeps, or soon will: they are worth a horn.
var unmanned = []watch.AlarmKind{watch.AlarmAbsent, watch.AlarmVacant, watch.AlarmGap, watch.AlarmAhead}

// alarm logs what is newly wrong, and tells the webhooks.
func (d *duty) alarm(v watch.View) {
	var kinds []watch.AlarmKind
	for i, a := range v.Alarms {
		kinds = append(kinds, a.Kind)
		if slices.Contains(d.alarmed, a.Kind) {
			continue
		}
		said := d.shown.Alarms[i]
		d.s.log.Warn(said.Text, "action", said.Action)
		if slices.Contains(unmanned, a.Kind) {
			event := hookGap
			if a.Kind == watch.AlarmAbsent {
				event = hookSilent
			}
			d.s.announce(nil, webhook.Event{Event: event, Text: said.Text})
		}
	}
	d.alarmed = kinds
}

// keep is the work of writing the state as it now is, and an act that led to it. It runs off the loop.
func (d *duty) keep(e *api.WatchEvent) func() error {
	d.number++
	number, folder := d.number, d.folder
	k := keptWatch{Version: 1, Revision: d.revision, Settings: d.w.Settings(), Standing: d.w.Standing()}
	if e != nil {
		if d.log = append(slices.Clip(d.log), *e); len(d.log) > notesKept {
			d.log = d.log[len(d.log)-notesKept:]
		}
	}
	log := d.log
	return func() error {
		if folder == nil {
			return nil
		}
		err := folder.save(number, k)
		if e != nil {
			err = errors.Join(err, folder.note(*e, log))
		}
		d.s.post(func() { d.keeping(err) })
		return nil
	}
}

// keeping shows whether the disk takes what is done. The watch itself goes on without.
func (d *duty) keeping(err error) {
	if err == nil {
		d.s.mended("watch disk")
		return
	}
	d.s.notice("watch disk", "failure", "The watch is not kept on disk: "+err.Error()+".",
		"Make room on the disk or mend its rights; what is done counts, but a restart would not know of it.")
}

// change runs f on the watch in the loop, then has the disk take it, and returns when it has.
func (d *duty) change(f func(now time.Time) (*api.WatchEvent, error)) error {
	var err error
	var keep func() error
	if stopped := d.s.do(func() {
		var e *api.WatchEvent
		if e, err = f(d.s.opt.Now()); err == nil {
			d.dirty, d.living = true, false
			keep = d.keep(e)
		}
	}); stopped != nil {
		return stopped
	}
	if err != nil {
		return watchRefusal(err)
	}
	return keep()
}

func watchRefusal(err error) error {
	if r, ok := errors.AsType[*watch.Refusal](err); ok {
		return &api.Error{Code: r.Code, Text: r.Text, Action: r.Action}
	}
	return err
}

// WatchAct carries out one act of an officer.
func (s *Station) WatchAct(act string, who api.Person, m api.WatchAct) error {
	return s.duty.change(func(now time.Time) (*api.WatchEvent, error) {
		o, st := s.duty.actor(who, m)
		return s.duty.do(now, act, o, st, m)
	})
}

// actor is who acts, and at which console; none that is known if it is empty.
func (d *duty) actor(who api.Person, m api.WatchAct) (watch.Officer, string) {
	st := d.s.seats[m.Console]
	switch {
	case who.ID != "" && st != nil:
		return watch.Officer{ID: who.ID, Name: who.Name}, st.id
	case who.ID != "":
		return watch.Officer{ID: who.ID, Name: who.Name}, ""
	case st != nil && st.person.ID == "": // who is logged in there is somebody else
		return st.officer(), st.id
	}
	return watch.Officer{Name: d.s.unproven(m.As)}, ""
}

func (d *duty) do(now time.Time, act string, o watch.Officer, console string, m api.WatchAct) (*api.WatchEvent, error) {
	e := &api.WatchEvent{At: stamp(now), Who: o.Name}
	switch act {
	case "take":
		if h := d.w.Standing().Held; h != nil && h.Officer.Is(o) && d.w.Standing().Offer == nil {
			return nil, d.w.Take(now, o, console)
		}
		e.Act = "taken"
		return e, d.w.Take(now, o, console)
	case "hand":
		var to watch.Officer
		if m.To != nil {
			to = watch.Officer{ID: m.To.ID, Name: m.To.Name}
		}
		e.Act, e.To, e.Note = "handed", to.Name, watch.CleanNote(m.Note)
		return e, d.w.Hand(now, o, to, m.Note)
	case "leave":
		e.Act, e.Note = "left", watch.CleanNote(m.Note)
		return e, d.w.Leave(now, o, m.Note)
	case "here":
		return nil, d.w.Here(now, o, console)
	case "acknowledge":
		upTo := now
		if m.UpTo != nil {
			upTo = *m.UpTo
		}
		e.Act = "acknowledged"
		return e, d.w.Acknowledge(o, upTo)
	}
	return nil, fmt.Errorf("station: watch: act %q, want take, hand, leave, here or acknowledge", act)
}
