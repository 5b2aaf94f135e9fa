package api

import "time"

// The watch, over HTTP:
//
//	GET  /api/watch               the [WatchBook]; ?from=2026-11-23&days=7 chooses the days shown
//	PUT  /api/watch               [WatchSettings]: roster, plan, periods (administrator)
//	POST /api/watch/take          take the watch (officer), as all below; [WatchAct]
//	POST /api/watch/hand          hand it over, with a note; it stays until another takes it
//	POST /api/watch/leave         leave it with nobody to follow
//	POST /api/watch/here          "still here"
//	POST /api/watch/acknowledge   take the notes up to an instant off the console

// WatchState is how the watch stands.
type WatchState string

const (
	WatchVacant WatchState = "vacant" // nobody has it
	WatchKept   WatchState = "kept"   // an officer has it
	WatchAsked  WatchState = "asked"  // an officer has it, and is asked whether still there
	WatchAbsent WatchState = "absent" // an officer has it, and did not answer in time
)

// A Watch is who has the watch at this station, and what is wrong with that.
type Watch struct {
	State     WatchState   `json:"state"`
	Used      bool         `json:"used"`                 // somebody has it, or there is a roster
	Officer   string       `json:"officer,omitempty"`    // who has it
	OfficerID string       `json:"officer_id,omitempty"` // empty for one known by name alone
	Console   string       `json:"console,omitempty"`    // at which the officer was last
	Since     *time.Time   `json:"since,omitempty"`      // the officer has it; or when it was left
	Due       *time.Time   `json:"due,omitempty"`        // when "still here?" is asked
	Until     *time.Time   `json:"until,omitempty"`      // when silence counts as absence
	Offer     *WatchOffer  `json:"offer,omitempty"`      // it is being handed over
	Notes     []WatchNote  `json:"notes"`                // to who has it, not acknowledged
	Zone      string       `json:"zone"`                 // of the roster
	Rostered  *Stretch     `json:"rostered,omitempty"`   // who should have it now; nothing without a roster
	Next      *Stretch     `json:"next,omitempty"`       // and after that
	Alarms    []WatchAlarm `json:"alarms"`               // the gravest first
}

// A WatchOffer is a hand-over that nobody has taken yet.
type WatchOffer struct {
	To   string    `json:"to,omitempty"` // nothing: whoever takes it
	At   time.Time `json:"at"`
	Note string    `json:"note,omitempty"`
}

// A WatchNote is what one officer left to the next.
type WatchNote struct {
	From string    `json:"from"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// A Stretch is a time through which the same officers are on the roster: none is a gap, several an overlap.
type Stretch struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Officers []string  `json:"officers"`
}

// A WatchAlarm is one thing that is wrong with the watch, or soon will be.
type WatchAlarm struct {
	Kind     string     `json:"kind"`     // "absent", "vacant", "gap", "unseated", "stays", "late", "ahead"
	Severity string     `json:"severity"` // "warning" or "failure"
	From     time.Time  `json:"from"`
	To       *time.Time `json:"to,omitempty"` // nothing: no end is in sight
	Text     string     `json:"text"`         // one sentence: what is
	Action   string     `json:"action"`       // one sentence: what can be done
	Act      string     `json:"act"`          // what a press can do: "take", "here", "roster", or nothing
}

// An Officer is a person on a roster. ID is empty for one known by name alone.
type Officer struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// A WatchAct is the body of each POST. Who acts is the person logged in; else whoever sits at Console; else,
// for the local socket, As.
type WatchAct struct {
	Console string     `json:"console,omitempty"`
	As      string     `json:"as,omitempty"`
	To      *Officer   `json:"to,omitempty"`    // hand
	Note    string     `json:"note,omitempty"`  // hand, leave
	UpTo    *time.Time `json:"up_to,omitempty"` // acknowledge
}

// WatchSettings are what an administrator sets. Revision is that of the book they were made from: if another
// has changed it since, they are refused.
type WatchSettings struct {
	Revision int          `json:"revision"`
	Roster   Roster       `json:"roster"`
	Plan     RingPlan     `json:"plan"`
	Periods  WatchPeriods `json:"periods"`
}

// A Roster says who shall have the watch. Times are local to Zone, "08:00"; days "2026-11-22".
type Roster struct {
	Zone   string        `json:"zone"` // "Europe/Warsaw"; empty: UTC
	Weekly []WeeklyShift `json:"weekly"`
	Single []SingleShift `json:"single"`
}

// A WeeklyShift comes back on a day of the week. If To is not after From it ends on the next day.
type WeeklyShift struct {
	Officer Officer `json:"officer"`
	Day     string  `json:"day"` // "monday"
	From    string  `json:"from"`
	To      string  `json:"to"`
	First   string  `json:"first,omitempty"` // the days between which it counts
	Last    string  `json:"last,omitempty"`
	Every   int     `json:"every,omitempty"` // n-th week, counted from that of First
}

// A SingleShift is of one day; with Instead in place of the weekly shifts.
type SingleShift struct {
	Officer Officer `json:"officer"`
	Date    string  `json:"date"`
	From    string  `json:"from"`
	To      string  `json:"to"`
	Instead bool    `json:"instead,omitempty"`
}

// A RingPlan is in which order consoles ring; without waves everybody at once.
type RingPlan struct {
	Deputies []Officer  `json:"deputies,omitempty"`
	Waves    []RingWave `json:"waves,omitempty"`
}

// A RingWave is who rings, so many seconds after the call is here.
type RingWave struct {
	AfterS int       `json:"after_s"`
	Who    string    `json:"who"` // "duty", "deputies", "named", "everybody"
	Names  []Officer `json:"names,omitempty"`
}

// WatchPeriods are the times of the watch, in minutes.
type WatchPeriods struct {
	Here  int `json:"here_min"`  // until "still here?" is asked; 0: never
	Grace int `json:"grace_min"` // to answer in
	Ahead int `json:"ahead_min"` // before a gap, for the alarm
}

// A WatchBook is all that is kept of the watch, and the roster as it really falls.
type WatchBook struct {
	Settings  WatchSettings `json:"settings"`
	Now       time.Time     `json:"now"`
	Today     string        `json:"today"` // in the roster's zone
	Days      []RosterDay   `json:"days"`
	Shifts    []Shift       `json:"shifts"`    // that touch the days
	Stretches []Stretch     `json:"stretches"` // of the days, without a break; none if the roster is empty
	Log       []WatchEvent  `json:"log"`       // the newest first, at most 100
}

// A RosterDay is one day in the roster's zone: 23 or 25 hours where the clock changes.
type RosterDay struct {
	Date string    `json:"date"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// A Shift is one shift as it really falls.
type Shift struct {
	Officer string    `json:"officer"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Single  bool      `json:"single,omitempty"`
}

// A WatchEvent is one act of the watch, as it is kept.
type WatchEvent struct {
	At   time.Time `json:"at"`
	Act  string    `json:"act"` // "taken", "handed", "left", "acknowledged", "set"
	Who  string    `json:"who"`
	To   string    `json:"to,omitempty"`
	Note string    `json:"note,omitempty"`
}

// FarWatch is what the other side states of its watch, as far as the accord's rule lets it be seen. It is a claim.
type FarWatch struct {
	Rule    string     `json:"rule"` // "nothing", "staffed", "count", "names"
	Staffed bool       `json:"staffed"`
	Since   *time.Time `json:"since,omitempty"` // of Staffed, as they state it
	Ready   int        `json:"ready"`
	Names   []string   `json:"names"`
	Heard   time.Time  `json:"heard"` // by our clock
}
