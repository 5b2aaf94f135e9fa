package api

import "time"

// # The report
//
//	GET /api/lines/{line}/report   how the line has served: a [Report]
//
// Its query, all of it optional: from and to (RFC 3339), and form: "json" (the default), "csv", or
// "html", one page that needs nothing else. Without from: thirteen weeks, the running one with
// them; without to: to the end of the running minute. While the record is read for the first time the answer
// is an error "building", which says how far that is: ask again.

// A ReportQuery says of which time, as parameters of a query.
type ReportQuery struct {
	From time.Time
	To   time.Time
}

// A Report is how a line has served. It is computed from the shared record alone, so both sides
// have the same, byte for byte, over the same time and entries. Parties stand in the accord's order. What
// each figure means is specified in package report.
type Report struct {
	Parties   [2]string   `json:"parties"`
	From      time.Time   `json:"from"`
	To        time.Time   `json:"to"`
	Until     time.Time   `json:"until"`   // to where the record speaks; not after To
	Entries   [2]int64    `json:"entries"` // of each party's log that count: co-signed by the other
	TestTimes []string    `json:"test_times"`
	Whole     Period      `json:"whole"`
	Weeks     []Period    `json:"weeks"`
	Months    []Period    `json:"months"`
	Days      []ReportDay `json:"days"`  // of at most 400 days: the last ones
	Tests     []TestDot   `json:"tests"` // in the order of time; of at most 2,000: the last ones
}

// A Period is a week ("2026-W47"), a month ("2026-11") or the whole, as far as it lies in the report.
type Period struct {
	Name   string         `json:"name"`
	From   time.Time      `json:"from"`
	To     time.Time      `json:"to"`
	Line   Availability   `json:"line"`
	Paths  []Availability `json:"paths"`
	Calls  CallFigures    `json:"calls"`
	Called [2]CallFigures `json:"called"` // the calls by who was called
	Drills CallFigures    `json:"drills"`
	Tests  TestFigures    `json:"tests"`
}

// Availability is how long a path was up.
type Availability struct {
	Path      int   `json:"path"` // 0: the line
	UpMS      int64 `json:"up_ms"`
	DownMS    int64 `json:"down_ms"`
	UnknownMS int64 `json:"unknown_ms"` // nobody said
	Downs     int   `json:"downs"`      // how often it went down
	LongestMS int64 `json:"longest_ms"` // the longest time down
}

// Share is how much of the time that is known it was up, in thousandths of a percent, rounded down. It
// reports false if nothing is known.
func (a Availability) Share() (int64, bool) {
	known := a.UpMS + a.DownMS
	if known == 0 {
		return 0, false
	}
	return a.UpMS * 100_000 / known, true
}

// CallFigures are how calls, or drills, went.
type CallFigures struct {
	Count        int   `json:"count"`
	Answered     int   `json:"answered"`
	Declined     int   `json:"declined"`
	NoAnswer     int   `json:"no_answer"`
	NobodyReady  int   `json:"nobody_ready"`
	GivenUp      int   `json:"given_up"`
	NotReached   int   `json:"not_reached"`
	BrokenOff    int   `json:"broken_off"`
	Suspended    int   `json:"suspended"`
	Interrupted  int   `json:"interrupted"`
	Crossed      int   `json:"crossed"`
	Open         int   `json:"open"`
	Contradicted int   `json:"contradicted"` // of the answered: the two sides' times do not agree
	Answer       Times `json:"answer"`
	Asked        int   `json:"asked"`  // of the answered: the principal was asked for
	Proven       int   `json:"proven"` // of the answered: the principal's key was verified
	Principal    Times `json:"principal"`
}

// Times are how long something took.
type Times struct {
	Count    int      `json:"count"`
	MedianMS int64    `json:"median_ms"`
	P90MS    int64    `json:"p90_ms"`
	P95MS    int64    `json:"p95_ms"`
	Within   []Within `json:"within,omitempty"` // of answers alone
	Spread   []int    `json:"spread,omitempty"` // of answers: how many took 0 to 1 s, 1 to 2 s …; the 61st: a minute or more; zeros at the end are left out
}

// Within is how often something took at most so many seconds.
type Within struct {
	Seconds int `json:"seconds"`
	Met     int `json:"met"`
	Of      int `json:"of"`
}

// TestFigures are how tests went: those due at the agreed times, and those out of turn.
type TestFigures struct {
	Passed      int `json:"passed"`
	Failed      int `json:"failed"`
	Missed      int `json:"missed"`
	ExtraPassed int `json:"extra_passed"`
	ExtraFailed int `json:"extra_failed"`
}

// A TestDot is one test: one that was due, or one out of turn.
type TestDot struct {
	At     time.Time `json:"at"` // when it was due; out of turn: when it was asked for
	Due    bool      `json:"due"`
	Result string    `json:"result"` // "passed", "failed", "missed"
}

// A ReportDay is a day of the line and its paths, in the order of [Period.Paths].
type ReportDay struct {
	Day   string   `json:"day"` // "2026-11-22"
	Line  DayUse   `json:"line"`
	Paths []DayUse `json:"paths"`
}

// DayUse is how long of a day something was up, down, and not known.
type DayUse struct {
	UpMS      int64 `json:"up_ms"`
	DownMS    int64 `json:"down_ms"`
	UnknownMS int64 `json:"unknown_ms"`
}
