package watch

import (
	"fmt"
	"slices"
	"time"
)

// Periods are the times of a watch.
type Periods struct {
	Here  Minutes `json:"here_min"`  // after which an officer is asked to say "still here"; 0: never
	Grace Minutes `json:"grace_min"` // to answer in
	Ahead Minutes `json:"ahead_min"` // before a gap of the roster, for the alarm
}

// Minutes are how settings count.
type Minutes int

// Duration is the same as the clock counts.
func (m Minutes) Duration() time.Duration { return time.Duration(m) * time.Minute }

// DefaultPeriods are those of a station that has set none.
var DefaultPeriods = Periods{Here: 60, Grace: 5, Ahead: 30}

// Check refuses periods that are none.
func (p Periods) Check() error {
	switch {
	case p.Here < 0 || p.Here > 24*60:
		return fmt.Errorf(`watch: "still here" after %d minutes, want 0 to 1440`, p.Here)
	case p.Grace < 1 || p.Grace > 60:
		return fmt.Errorf("watch: grace of %d minutes, want 1 to 60", p.Grace)
	case p.Ahead < 0 || p.Ahead > 24*60:
		return fmt.Errorf("watch: gap alarm %d minutes ahead, want 0 to 1440", p.Ahead)
	}
	return nil
}

// What we merely chose.
const (
	Late     = 10 * time.Minute // after which one who was not relieved is shown
	Unseated = 30 * time.Second // after which an officer on watch without a ready console is shown
	MaxNotes = 8                // of hand-overs, not acknowledged; the oldest goes
)

// Settings are what an administrator sets.
type Settings struct {
	Roster  Roster  `json:"roster"`
	Plan    Plan    `json:"plan"`
	Periods Periods `json:"periods"`
}

// Check refuses settings that are none.
func (s *Settings) Check() error {
	if err := s.Roster.Check(); err != nil {
		return err
	}
	if err := s.Plan.Check(); err != nil {
		return err
	}
	return s.Periods.Check()
}

// A Held watch is one that an officer has.
type Held struct {
	Officer Officer   `json:"officer"`
	Console string    `json:"console,omitempty"` // at which the officer was last known to be
	Since   time.Time `json:"since"`
	Here    time.Time `json:"here"` // the last proof
}

// A Note is what one officer leaves to the next.
type Note struct {
	From Officer   `json:"from"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// An Offer is a hand-over that nobody has taken yet.
type Offer struct {
	To   Officer   `json:"to,omitzero"` // nobody in particular if zero
	At   time.Time `json:"at"`
	Text string    `json:"text,omitempty"`
}

// Standing is all of a watch that outlives the station's run.
type Standing struct {
	Held  *Held     `json:"held,omitempty"`
	Offer *Offer    `json:"offer,omitempty"`
	Left  time.Time `json:"left,omitzero"` // when the watch was left with nobody
	Notes []Note    `json:"notes,omitempty"`

	Rostered time.Time `json:"rostered,omitzero"` // when a change of the roster last changed who should have it then
}

// A Refusal is an act that cannot be. Code is for programs.
type Refusal struct{ Code, Text, Action string }

func (r *Refusal) Error() string { return "watch: " + r.Text }

// A Watch is who has the watch, who should have it, and what is wrong with that. It is not safe for
// concurrent use; the station's loop owns it.
type Watch struct {
	set Settings
	is  Standing

	seated time.Time // when an officer on watch last had a ready console; zero: not known yet
	ready  bool

	cover *cover // of the roster, from an hour before made on
	made  time.Time
}

// New makes a watch of what was kept. Both are the watch's from now on, and have been checked.
func New(set Settings, is Standing) *Watch { return &Watch{set: set, is: is} }

// Settings are those in force. The caller changes nothing in them.
func (w *Watch) Settings() Settings { return w.set }

// Standing is what is to be kept. The caller changes nothing in it.
func (w *Watch) Standing() Standing {
	is := w.is
	if is.Held != nil {
		h := *is.Held
		is.Held = &h
	}
	return is
}

// Set puts other settings in force, if they are sound. Who should have the watch by a new roster should have it from now on.
func (w *Watch) Set(now time.Time, s Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	now = plain(now)
	before := w.now(now)
	w.set, w.cover = s, nil
	if after := w.now(now); !slices.Equal(before.Officers, after.Officers) {
		w.is.Rostered = now
	}
	return nil
}

// plain is an instant as it is kept and shown: of the wall clock alone, because a machine that slept has a monotonic
// clock that did not see it; and in whole milliseconds, so that what comes back from a console is what was meant.
func plain(now time.Time) time.Time { return now.Round(0).UTC().Truncate(time.Millisecond) }

// Take gives the watch to an officer, with the note of the one who hands it over. An officer who has it
// already takes an offer back by it.
func (w *Watch) Take(now time.Time, who Officer, console string) error {
	if err := who.check("officer"); err != nil {
		return &Refusal{"no-name", "A watch is taken by somebody with a name of 1 to 64 visible characters.", "Log in, or give this console a name."}
	}
	now = plain(now)
	was, offer := w.is.Held, w.is.Offer
	w.is.Offer, w.is.Left = nil, time.Time{}
	if was != nil && was.Officer.Is(who) {
		was.Here, was.Console = now, console
		return nil
	}
	w.is.Held = &Held{Officer: who, Console: console, Since: now, Here: now}
	w.seated = time.Time{}
	if was != nil && offer != nil && offer.Text != "" {
		w.leaveNote(Note{From: was.Officer, At: offer.At, Text: offer.Text})
	}
	return nil
}

func (w *Watch) leaveNote(n Note) {
	w.is.Notes = append(w.is.Notes[:len(w.is.Notes):len(w.is.Notes)], n)
	if more := len(w.is.Notes) - MaxNotes; more > 0 {
		w.is.Notes = w.is.Notes[more:]
	}
}

// Hand offers the watch to another, or, if to is nobody, to whoever takes it. Until then it stays where it is.
func (w *Watch) Hand(now time.Time, who, to Officer, text string) error {
	h, err := w.mine(who)
	if err != nil {
		return err
	}
	if to.Is(who) {
		return &Refusal{"own-watch", "A watch is handed over to somebody else.", "Name another officer, or nobody in particular."}
	}
	if !to.IsZero() && to.check("officer") != nil {
		return &Refusal{"no-name", "The next officer's name has 1 to 64 visible characters.", "Name another officer, or nobody in particular."}
	}
	now = plain(now)
	h.Here = now
	w.is.Offer = &Offer{To: to, At: now, Text: CleanNote(text)}
	return nil
}

// Leave ends the watch with nobody to follow. The note waits for whoever takes it next.
func (w *Watch) Leave(now time.Time, who Officer, text string) error {
	h, err := w.mine(who)
	if err != nil {
		return err
	}
	now = plain(now)
	if text = CleanNote(text); text != "" {
		w.leaveNote(Note{From: h.Officer, At: now, Text: text})
	}
	w.is.Held, w.is.Offer, w.is.Left = nil, nil, now
	return nil
}

// Here says that the officer on watch is there.
func (w *Watch) Here(now time.Time, who Officer, console string) error {
	h, err := w.mine(who)
	if err != nil {
		return err
	}
	h.Here, h.Console = plain(now), console
	return nil
}

// Acted is a sign of life of whoever uses a console: it counts for the officer on watch as Here. It reports
// whether it was that officer.
func (w *Watch) Acted(now time.Time, who Officer, console string) bool {
	return w.is.Held != nil && w.is.Held.Officer.Is(who) && w.Here(now, who, console) == nil
}

// Acknowledge takes the notes up to an instant off the console of the officer on watch.
func (w *Watch) Acknowledge(who Officer, upTo time.Time) error {
	if _, err := w.mine(who); err != nil {
		return err
	}
	var left []Note
	for _, n := range w.is.Notes {
		if n.At.After(upTo) {
			left = append(left, n)
		}
	}
	w.is.Notes = left
	return nil
}

// mine is the watch, if this officer has it.
func (w *Watch) mine(who Officer) (*Held, error) {
	switch h := w.is.Held; {
	case h == nil:
		return nil, &Refusal{"no-watch", "Nobody has the watch.", "Take it first."}
	case !h.Officer.Is(who):
		return nil, &Refusal{"not-yours", "Somebody else has the watch: " + h.Officer.Name + ".", "Take the watch first, if it shall be yours."}
	default:
		return h, nil
	}
}

// Seated says whether the officer on watch has a ready console now.
func (w *Watch) Seated(now time.Time, ready bool) {
	now = plain(now)
	if w.ready = ready; ready || w.seated.IsZero() || w.seated.After(now) { // the last: the clock was set back
		w.seated = now
	}
}

// Delay is after how long a console rings at which who sits.
func (w *Watch) Delay(now time.Time, who Officer, console string) time.Duration {
	h := w.is.Held
	m := muster{who: who, void: h == nil || w.absent(now)}
	m.duty = h != nil && (h.Officer.Is(who) || console != "" && h.Console == console)
	for _, o := range w.now(now).Officers {
		m.duty = m.duty || o.Is(who)
	}
	return w.set.Plan.delay(m)
}

// Check refuses a standing that no watch has made.
func (s *Standing) Check() error {
	if h := s.Held; h != nil {
		if err := h.Officer.check("officer on watch"); err != nil {
			return err
		}
		if h.Since.IsZero() || h.Here.IsZero() || len(h.Console) > maxID {
			return fmt.Errorf("watch: officer on watch: since %v, here %v, console of %d bytes, want two times and at most %d", h.Since, h.Here, len(h.Console), maxID)
		}
	}
	if o := s.Offer; o != nil {
		if s.Held == nil || o.At.IsZero() || CleanNote(o.Text) != o.Text {
			return fmt.Errorf("watch: hand-over at %v: want a time, a clean note, and somebody who has the watch", o.At)
		}
		if err := o.To.check("next officer"); err != nil && !o.To.IsZero() {
			return err
		}
	}
	if len(s.Notes) > MaxNotes {
		return fmt.Errorf("watch: %d notes, want at most %d", len(s.Notes), MaxNotes)
	}
	for _, n := range s.Notes {
		if err := n.From.check("note"); err != nil {
			return err
		}
		if n.At.IsZero() || CleanNote(n.Text) != n.Text {
			return fmt.Errorf("watch: note of %v: want a time and clean text", n.At)
		}
	}
	return nil
}
