package station

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/watch"
)

// show is the watch as consoles see it.
func (d *duty) show(now time.Time, v watch.View) api.Watch {
	set := d.w.Settings()
	zone := set.Roster.Location()
	a := api.Watch{State: api.WatchState(v.State.String()), Used: v.Used, Officer: v.Held.Officer.Name, OfficerID: v.Held.Officer.ID,
		Console: v.Held.Console, Since: instant(v.Held.Since), Due: instant(v.Due), Until: instant(v.Until), Zone: zone.String(),
		Notes: []api.WatchNote{}, Alarms: []api.WatchAlarm{}, Rostered: stretch(v.Rostered), Next: stretch(v.Next)}
	if v.State == watch.Vacant {
		a.Since = instant(v.Left)
	}
	if o := v.Offer; o != nil {
		a.Offer = &api.WatchOffer{To: o.To.Name, At: stamp(o.At), Note: o.Text}
	}
	for _, n := range v.Notes {
		a.Notes = append(a.Notes, api.WatchNote{From: n.From.Name, At: stamp(n.At), Text: n.Text})
	}
	for _, al := range v.Alarms {
		a.Alarms = append(a.Alarms, alarmWords(al, v.Held.Officer.Name, now.In(zone)))
	}
	return a
}

// status is the watch as it is now.
func (d *duty) status(now time.Time) *api.Watch {
	a := d.show(now, d.w.View(now))
	return &a
}

// instant is a time of the API; nothing for none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = stamp(t)
	return &t
}

func stretch(s watch.Stretch) *api.Stretch {
	if s.To.IsZero() {
		return nil
	}
	a := stretchOf(s)
	return &a
}

func stretchOf(s watch.Stretch) api.Stretch {
	a := api.Stretch{From: stamp(s.From), To: stamp(s.To), Officers: []string{}}
	for _, o := range s.Officers {
		a.Officers = append(a.Officers, o.Name)
	}
	return a
}

// alarmWords says an alarm in one sentence, with one action. now is in the roster's zone, and so are its times.
func alarmWords(al watch.Alarm, holder string, now time.Time) api.WatchAlarm {
	a := api.WatchAlarm{Kind: al.Kind.String(), Severity: "failure", From: stamp(al.From), To: instant(al.To)}
	from, until := clockAt(now, al.From), ""
	if !al.To.IsZero() {
		until = " until " + clockAt(now, al.To)
	}
	switch al.Kind {
	case watch.AlarmAbsent:
		a.Text = fmt.Sprintf("%s has the watch and has not answered “Still here?” since %s.", holder, from)
		a.Action, a.Act = "Look for "+holder+", or take the watch.", "take"
	case watch.AlarmVacant:
		a.Text = fmt.Sprintf("Nobody has the watch; %s should have had it since %s.", eitherOf(al.Officers), from)
		if len(al.Officers) == 0 { // by choice, and no roster says otherwise
			a.Severity, a.Text = "warning", "Nobody has the watch since "+from+": it was left with nobody."
		}
		a.Action, a.Act = "Take the watch.", "take"
	case watch.AlarmGap:
		a.Text = "Nobody has the watch, and nobody is on the roster" + until + "."
		a.Action, a.Act = "Take the watch, or put somebody on the roster.", "take"
	case watch.AlarmUnseated:
		a.Severity = "warning"
		a.Text = fmt.Sprintf("%s has the watch and has had no ready console since %s.", holder, from)
		a.Action = "Make the console ready at which " + holder + " sits."
	case watch.AlarmStays:
		a.Severity = "warning"
		a.Text = fmt.Sprintf("Nobody is on the roster%s; %s still has the watch.", until, holder)
		a.Action, a.Act = "Put somebody on the roster.", "roster"
	case watch.AlarmLate:
		a.Severity = "warning"
		a.Text = fmt.Sprintf("%s should have had the watch since %s; %s still has it.", eitherOf(al.Officers), from, holder)
		a.Action, a.Act = "Hand it over, or change the roster.", "roster"
	case watch.AlarmAhead:
		a.Severity = "warning"
		a.Text = fmt.Sprintf("Nobody is on the roster from %s%s.", from, until)
		a.Action, a.Act = "Put somebody on the roster.", "roster"
	}
	return a
}

// clockAt is an instant as the roster's wall shows it: with the day, if that is not today, and with the zone, if it is not
// the one that this machine's clock shows.
func clockAt(now, t time.Time) string {
	t = t.In(now.Location())
	form := "15:04"
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		form = "2 January, 15:04"
	}
	_, roster := t.Zone()
	if _, here := t.Local().Zone(); here != roster {
		form += " MST"
	}
	return t.Format(form)
}

func eitherOf(officers []watch.Officer) string {
	names := make([]string, len(officers))
	for i, o := range officers {
		names[i] = o.Name
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}

// Days that a book shows.
const (
	bookDays     = 7
	mostBookDays = 35
)

// WatchBook is all that is kept of the watch, and the roster of some days from one on, "2026-11-23"; from this week's
// Monday if it is empty.
func (s *Station) WatchBook(from string, days int) (*api.WatchBook, error) {
	var set watch.Settings
	var log []api.WatchEvent
	b := &api.WatchBook{}
	if stopped := s.do(func() {
		set, log = s.duty.w.Settings(), s.duty.log
		b.Settings.Revision, b.Now = s.duty.revision, stamp(s.opt.Now())
	}); stopped != nil {
		return nil, stopped
	}
	if days == 0 {
		days = bookDays
	}
	zone := set.Roster.Location()
	today := watch.DateOf(b.Now.In(zone))
	first := today.Monday()
	if from != "" {
		var err error
		if first, err = watch.ParseDate(from); err != nil {
			return nil, badWatch(err)
		}
	}
	revision := b.Settings.Revision
	if err := rewritten(set, &b.Settings); err != nil {
		return nil, err
	}
	b.Settings.Revision, b.Today = revision, today.String()
	r := &b.Settings.Roster
	r.Weekly, r.Single = append([]api.WeeklyShift{}, r.Weekly...), append([]api.SingleShift{}, r.Single...) // in JSON an empty list, not null
	layBook(b, &set.Roster, first, min(days, mostBookDays))
	b.Log = append([]api.WatchEvent{}, log[max(0, len(log)-notesSeen):]...)
	slices.Reverse(b.Log)
	return b, nil
}

// layBook lays the roster on real days.
func layBook(b *api.WatchBook, r *watch.Roster, first watch.Date, days int) {
	zone := r.Location()
	b.Days, b.Shifts, b.Stretches = []api.RosterDay{}, []api.Shift{}, []api.Stretch{}
	for i := range days {
		day := first.Add(i)
		b.Days = append(b.Days, api.RosterDay{Date: day.String(), From: stamp(watch.At(zone, day, 0)), To: stamp(watch.At(zone, day.Add(1), 0))})
	}
	if r.IsEmpty() || days < 1 {
		return
	}
	from, to := b.Days[0].From, b.Days[days-1].To
	for _, sh := range r.Shifts(from, to) {
		b.Shifts = append(b.Shifts, api.Shift{Officer: sh.Officer.Name, From: stamp(sh.From), To: stamp(sh.To), Single: sh.Single})
	}
	for _, s := range r.Cover(from, to) {
		b.Stretches = append(b.Stretches, stretchOf(s))
	}
}

// rewritten makes the settings of one package those of the other: they have one form in JSON.
func rewritten(from, into any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return api.Decode(bytes.NewReader(text), into)
}

// SetWatch puts other settings in force.
func (s *Station) SetWatch(who api.Person, m api.WatchSettings) error {
	var set watch.Settings
	revision := m.Revision
	form := struct {
		Roster  api.Roster       `json:"roster"`
		Plan    api.RingPlan     `json:"plan"`
		Periods api.WatchPeriods `json:"periods"`
	}{m.Roster, m.Plan, m.Periods}
	if err := rewritten(form, &set); err != nil {
		return badWatch(placed(m.Roster, err))
	}
	if err := set.Check(); err != nil {
		return badWatch(err)
	}
	return s.duty.change(func(now time.Time) (*api.WatchEvent, error) {
		if revision != s.duty.revision {
			return nil, &api.Error{Code: "changed", Text: "Somebody else has changed the roster meanwhile.", Action: "Look at it again, and make your change anew."}
		}
		s.duty.revision++
		return &api.WatchEvent{At: stamp(now), Act: "set", Who: who.Name}, s.duty.w.Set(now, set)
	})
}

// placed says which shift of a roster cannot be read, if it is one.
func placed(r api.Roster, err error) error {
	for i, w := range r.Weekly {
		if err := rewritten(w, new(watch.Weekly)); err != nil {
			return fmt.Errorf("weekly shift %d: %s", i+1, bare(err))
		}
	}
	for i, s := range r.Single {
		if err := rewritten(s, new(watch.Single)); err != nil {
			return fmt.Errorf("single shift %d: %s", i+1, bare(err))
		}
	}
	return err
}

// bare is an error without the package that made it.
func bare(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "json: "), "watch: ")
}

// badWatch says what is wrong with settings in the words of a refusal.
func badWatch(err error) error {
	return &api.Error{Code: "bad-request", Text: sentence(bare(err)),
		Action: "Correct it; nothing was changed."}
}
