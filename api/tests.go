package api

import "time"

// # Tests, suspension, webhooks
//
//	POST /api/lines/{line}/test            ask the other side to read words back: [StartTest] → [Written]
//	POST /api/lines/{line}/test/read-back  read back what they ask: [ReadBack] → [Written]
//	POST /api/lines/{line}/suspend         suspend the right to call: [Suspend] → [Written]
//	POST /api/lines/{line}/resume          restore it: [Resume] → [Written]
//	GET  /api/webhooks                     how each webhook stands: []Webhook
//	POST /api/webhooks/{name}/test         try one now: → [WebhookResult]

// LineTest is how the tests of a line by people stand, as both records tell it.
type LineTest struct {
	Times  []string    `json:"times"`          // agreed in the accord, each day, UTC: "08:00"
	Next   *time.Time  `json:"next,omitempty"` // the next of them; none is agreed: not set
	Due    *time.Time  `json:"due,omitempty"`  // an agreed time whose test is not passed yet and still can be
	Open   []OpenTest  `json:"open"`           // under way: at most one by each side, theirs first
	Last   *TestResult `json:"last,omitempty"` // the newest result
	Missed []time.Time `json:"missed"`         // agreed times of the last 24 hours without a passed test, unless one was passed since
}

// An OpenTest waits to be read back, or for its result.
type OpenTest struct {
	Key   string     `json:"key"`
	By    string     `json:"by"` // who asked: "us" or "them"
	At    time.Time  `json:"at"` // by their clock
	Slot  *time.Time `json:"slot,omitempty"`
	Who   string     `json:"who,omitempty"` // asked; nobody: it was due and began by itself
	Words string     `json:"words"`         // to be read back, as the side that asks wrote them
	Read  bool       `json:"read"`          // they are read back; the result is on its way
}

// A TestResult is how a test ended. A pass is one only if what was read back is what was asked, whatever
// the side that asked says.
type TestResult struct {
	Key    string         `json:"key"`
	By     string         `json:"by"` // who asked, and said the result
	At     time.Time      `json:"at"` // by their clock
	Slot   *time.Time     `json:"slot,omitempty"`
	Result string         `json:"result"`            // "passed" or "failed"
	Who    string         `json:"who,omitempty"`     // asked
	ReadBy string         `json:"read_by,omitempty"` // read back, as their station states
	Why    string         `json:"why,omitempty"`     // it failed
	Paths  []RecordedPath `json:"paths"`             // as the side that asked saw them, the spare ones too
}

// A Suspension of the right to call. While there is one no new call or drill passes, either way; one
// that is under way goes on.
type Suspension struct {
	By     string    `json:"by"`    // "us" or "them"
	At     time.Time `json:"at"`    // by their clock
	Known  time.Time `json:"known"` // since when it is known here, by ours
	Who    string    `json:"who,omitempty"`
	Reason string    `json:"reason"`
}

// StartTest asks for a test. Name is the person's; empty: nobody is named.
type StartTest struct {
	Name string `json:"name,omitempty"`
}

// ReadBack is what a person read. Key is that of the test; empty: the one that waits.
type ReadBack struct {
	Key   string `json:"key,omitempty"`
	Words string `json:"words"`
	Name  string `json:"name,omitempty"`
}

// Suspend suspends the right to call. The other side is told the reason.
type Suspend struct {
	Reason string `json:"reason"` // at most 256 bytes
	Name   string `json:"name,omitempty"`
}

// Resume restores it, as far as this side has suspended it.
type Resume struct {
	Name string `json:"name,omitempty"`
}

// A Webhook is one address that is told what happens. Of its address only scheme and host are shown,
// because the rest may be a secret.
type Webhook struct {
	Name    string     `json:"name"`
	To      string     `json:"to"`      // "http://192.0.2.7"
	Events  []string   `json:"events"`  // what it is told of; empty: everything
	Waiting int        `json:"waiting"` // events that are yet to arrive
	Arrived int64      `json:"arrived"` // in this run
	Lost    int64      `json:"lost"`    // in this run: dropped, refused, or too old
	Last    *time.Time `json:"last,omitempty"`
	Failing *time.Time `json:"failing,omitempty"` // since when no try succeeds
	Why     string     `json:"why,omitempty"`     // while it fails
}

// A WebhookResult is how a try went.
type WebhookResult struct {
	Name    string `json:"name"`
	Arrived bool   `json:"arrived"`
	TookMS  int64  `json:"took_ms"`
	Why     string `json:"why,omitempty"` // it did not arrive
}
