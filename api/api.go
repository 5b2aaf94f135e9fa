// Package api is what a station says to its own side: to the console in the
// browser, to the command line, and to local programs. It holds JSON types
// and a client, and nothing of how a station works.
//
// # Transport
//
// The same API is served twice: over HTTP on the console's address, where every
// request carries the session cookie, and over the station's local socket
// (a Unix socket, mode 0600, in the station's folder), where reaching the
// socket is the right to use it.
//
//	GET  /api/status                the whole [Status]
//	GET  /api/ws                    WebSocket; JSON text messages, [ToStation] up and [Event] down
//	POST /api/lines/{line}/hangup   end the call of a line, whichever console is in it
//	POST /api/reload                read the station's folder again (accords concluded, confirmed, amended)
//
// and on the local socket alone:
//
//	POST   /api/token               a one-time link that lets a browser in; [LinkRequest], answered with [Link]
//	DELETE /api/sessions            end the session of every browser
//
// A refused request answers with a 4xx or 5xx status and an [Error] as body.
//
// # Conversation on the WebSocket
//
// The client first sends [ToStation] of type "attach". The station answers
// with an Event of type "welcome" (which carries the console's id and the
// whole status), then sends an Event whenever something changes. A client that
// attaches with Observe set is not a console: it never rings and never counts;
// the events command is one.
//
// The station sends "ping" every 250 ms and a console answers each with "pong"
// and the same number at once. A console silent for one second is lost
// (a call it holds is held); when it is heard again, or attaches again under
// the same id, it is back.
//
// Times are RFC 3339 in UTC with milliseconds. Durations are whole milliseconds
// in fields named …MS. Ids are lower-case hexadecimal.
package api

import "time"

// A Status is all that a station shows of itself at one moment.
type Status struct {
	Name     string    `json:"name"`     // the station's own name, as in its accords
	Version  string    `json:"version"`  // of the program
	Now      time.Time `json:"now"`      // the station's clock
	Since    time.Time `json:"since"`    // start of this run
	Consoles []Console `json:"consoles"` // attached or lost, in order of their ids
	Lines    []Line    `json:"lines"`    // in order of their slugs
	Notices  []Notice  `json:"notices"`  // what a person should know of the station itself
	Watch    *Watch    `json:"watch,omitempty"`
}

// A Notice is one thing that is wrong or doubtful, and what can be done.
type Notice struct {
	Severity string `json:"severity"`       // "warning" or "failure"
	Text     string `json:"text"`           // one sentence: what is
	Action   string `json:"action"`         // one sentence: what can be done
	Link     string `json:"link,omitempty"` // the page where it is done, such as "/accord?line=south"
	Act      string `json:"act,omitempty"`  // what a press can do: "resume" or "test" (POST to the line, see tests.go), or nothing
}

// A Console is one person's browser or command line at this station.
type Console struct {
	ID    string `json:"id"`
	Name  string `json:"name"`  // what the person calls it, at most 40 characters
	Ready bool   `json:"ready"` // sound on, microphone open: it counts as ringing when it rings
	Lost  bool   `json:"lost"`  // silent for a second or more, kept for the sake of its call
	Muted bool   `json:"muted"` // its microphone goes nowhere
	Kind  string `json:"kind"`  // "browser" or "command"

	Person   string `json:"person,omitempty"`    // the name of who is logged in there
	PersonID string `json:"person_id,omitempty"` // two people may have had the same name
	Roles    []Role `json:"roles,omitempty"`     // of whoever sits there
}

// LineState says how a line stands, the worst first.
type LineState string

const (
	LineUnconfirmed LineState = "unconfirmed" // the twelve words are not confirmed here: nothing is sent
	LineDown        LineState = "down"        // no path is up, or no keys are agreed
	LineHalfSigned  LineState = "half-signed" // open, but the first party's final signature is not here: carries no call
	LineDegraded    LineState = "degraded"    // open, over fewer paths than the accord names
	LineOpen        LineState = "open"        // open over every path
)

// A Line is the standing link to one other station.
type Line struct {
	Slug    string     `json:"line"`    // names it in commands and addresses: "south"
	Peer    string     `json:"peer"`    // the other party's name: "South"
	Profile string     `json:"profile"` // "standard", "wide" or "thin"
	State   LineState  `json:"state"`
	Since   time.Time  `json:"since"` // of State
	Words   []string   `json:"words,omitempty"`
	Paths   []Path     `json:"paths"`
	Far     Far        `json:"far"`
	Call    *Call      `json:"call,omitempty"` // the live call or, until the next, the last one
	RTTms   *float64   `json:"rtt_ms,omitempty"`
	Clock   *ClockDiff `json:"clock,omitempty"`
	Hold    *VoiceHold `json:"hold,omitempty"`
	Notices []Notice   `json:"notices"`

	Record *RecordState `json:"record,omitempty"` // nil: words not confirmed

	// Keys are the names for which our side has registered a principal's key; FarKeys theirs.
	Keys    []string `json:"keys,omitempty"`
	FarKeys []string `json:"far_keys,omitempty"`

	FarWatch *FarWatch `json:"far_watch,omitempty"` // nil: nothing was heard of it

	Proposals []Proposal `json:"proposals,omitempty"` // of changes to the accord

	Test      *LineTest    `json:"test,omitempty"`      // nil: the record is not open yet
	Suspended []Suspension `json:"suspended,omitempty"` // of the right to call, theirs first; none: calls pass
}

// A ClockDiff is how far the other station's clock stands ahead of ours
// (negative: behind), as estimated from the line.
type ClockDiff struct {
	MS int64 `json:"ms"`
}

// VoiceHold is how long voice from the other side waits here, so that the cut of
// the fastest path is not heard.
type VoiceHold struct {
	MS float64 `json:"ms"`
}

// Far is what the other side says of itself.
type Far struct {
	Known bool      `json:"known"` // false until it was heard in this run
	Ready int       `json:"ready"` // consoles ready there
	Since time.Time `json:"since"` // of Ready, by our clock
}

// PathState says how a path stands.
type PathState string

const (
	PathKnocking   PathState = "knocking"   // nothing heard: one datagram a second
	PathUp         PathState = "up"         // heard within the last second
	PathSilent     PathState = "silent"     // not heard for a second or more, still at full cadence
	PathResting    PathState = "resting"    // loses too much: rests and is retried
	PathUnresolved PathState = "unresolved" // the name in the accord resolves to no address
)

// A Path is one route of a line. In is what arrives here, Out what arrives
// there, as the other side reports it.
type Path struct {
	Number  int        `json:"path"`
	Name    string     `json:"name"`
	Local   string     `json:"local"`  // address:port
	Remote  string     `json:"remote"` // address:port, empty if not known
	Roams   bool       `json:"roams"`
	State   PathState  `json:"state"`
	Since   time.Time  `json:"since"`
	Heard   *time.Time `json:"heard,omitempty"` // when last heard
	RTTms   *float64   `json:"rtt_ms,omitempty"`
	In      Quality    `json:"in"`
	Out     Quality    `json:"out"`
	Sent    uint64     `json:"sent"`    // datagrams in this run
	Arrived uint64     `json:"arrived"` // authentic datagrams in this run
}

// Quality is one direction of a path over the last few seconds.
type Quality struct {
	Known        bool    `json:"known"`         // false: nothing arrived in that time, and the rest is zero
	LossPermille int     `json:"loss_permille"` // 0 to 1000
	SpreadMS     float64 `json:"spread_ms"`     // slowest less fastest one-way delay, 95th percentile
}

// CallState is what the console shows in large letters.
type CallState string

const (
	CallCalling  CallState = "calling"  // we lifted; no far console rings yet
	CallRinging  CallState = "ringing"  // we lifted; far consoles really ring
	CallIncoming CallState = "incoming" // they lifted; our consoles ring
	CallActive   CallState = "active"   // both speak
	CallHeld     CallState = "held"     // a console or the line is lost; it resumes by itself
	CallEnded    CallState = "ended"
)

// A Call is one conversation, from lift to hang-up.
type Call struct {
	ID       string     `json:"id"`
	State    CallState  `json:"state"`
	Since    time.Time  `json:"since"`    // of State, by our clock
	Outgoing bool       `json:"outgoing"` // we lifted (first)
	Console  string     `json:"console"`  // our console in it (id), empty if none yet
	Reached  bool       `json:"reached"`  // the far station knows of the call
	Ringing  int        `json:"ringing"`  // consoles that really ring on the called side
	FarReady int        `json:"far_ready"`
	Held     HeldReason `json:"held,omitempty"`
	Reason   EndReason  `json:"reason,omitempty"`
	EndedBy  string     `json:"ended_by,omitempty"` // "us", "them", or empty: nobody chose it
	GapMS    int64      `json:"gap_ms"`             // longest time held so far
	Steps    []Step     `json:"steps"`              // the ladder, each rung by the side that knows it
	Drill    bool       `json:"drill,omitempty"`    // it exercises the people, and is no real call
	Joined   []Joined   `json:"joined,omitempty"`   // further people in it, on either side

	// Presence: see presence.go. Words are for people without a key to read to each other: the same on
	// both consoles while the call lives, and others in each call.
	Presence []Presence `json:"presence,omitempty"`
	Words    []string   `json:"words,omitempty"`
}

// A Step is one rung of the ladder. At is its author's time, the same figure on
// both sides. What it says beside that comes from the record, as its author's
// station states it there, and may come a moment later.
type Step struct {
	Name    string    `json:"step"` // "called", "reached", "ringing", "answered", "held", "resumed", "ended", and those of people: see api/call.go
	At      time.Time `json:"at"`
	By      string    `json:"by"`                // "us" or "them"
	Who     string    `json:"who,omitempty"`     // the person, if stated
	Role    Role      `json:"role,omitempty"`    // of Who, if stated
	Minutes int       `json:"minutes,omitempty"` // with "fetching"; 0: not known
	Speaks  bool      `json:"speaks,omitempty"`  // with "joined": not only listens
}

// HeldReason says why a call is held.
type HeldReason string

const (
	HeldOurConsole HeldReason = "our console lost"
	HeldFarConsole HeldReason = "their console lost"
	HeldLine       HeldReason = "line down"
)

// EndReason says why a call ended.
type EndReason string

const (
	EndHungUp      EndReason = "hung up"
	EndDeclined    EndReason = "declined"
	EndNoAnswer    EndReason = "no answer"         // it rang for 120 s
	EndNobodyReady EndReason = "nobody ready"      // reached, but no console was ready for 120 s
	EndNotReached  EndReason = "not reached"       // the far station was not reached for 120 s
	EndCancelled   EndReason = "cancelled"         // the caller hung up before it was answered
	EndConsoleLost EndReason = "console lost"      // held for 10 minutes
	EndLineLost    EndReason = "line lost"         // held for 10 minutes
	EndRestarted   EndReason = "station restarted" // either station was started again
	EndStopping    EndReason = "station stopping"  // a station was told to stop
	EndSuspended   EndReason = "suspended"         // the right to call is suspended
	EndInterrupted EndReason = "interrupted"       // a drill gave way to a real call
)

// An Event is what the station sends on the WebSocket. Exactly the fields of its
// type are set.
type Event struct {
	Type string    `json:"type"`
	At   time.Time `json:"at"`

	// "welcome": the console's id, and the whole status.
	// "station": Status without lines, when consoles or notices change.
	Console string  `json:"console,omitempty"`
	Status  *Status `json:"status,omitempty"`

	// "line": something of this line or its call changed.
	// "quality": once a second for each line: the same, when only figures changed.
	// "gone": the line is no longer configured (only Slug set).
	Line *Line `json:"line,omitempty"`

	// "ring": this console shall ring for the call of Slug (Ring true) or stop (false).
	// The console says with ToStation "ringing" when it really sounds.
	// With Drill it sounds as a drill does.
	Slug  string `json:"slug,omitempty"`
	Ring  bool   `json:"ring,omitempty"`
	Drill bool   `json:"drill,omitempty"`

	// "record": these items of the record of Slug are new or have changed, the oldest
	// first; Gone are keys that are no more, because what waited has got its number.
	// More: there were too many to name; ask again for what is shown.
	Items []Item   `json:"items,omitempty"`
	Gone  []string `json:"gone,omitempty"`
	More  bool     `json:"more,omitempty"`

	// "ping": answer with the same number.
	N uint64 `json:"n,omitempty"`

	// "sdp": the station's WebRTC answer to this console's offer.
	SDP string `json:"sdp,omitempty"`

	// "refused": the ToStation message with this Ref was not carried out.
	// "done": it was.
	Ref   uint64 `json:"ref,omitempty"`
	Error *Error `json:"error,omitempty"`
}

// ToStation is what a console sends on the WebSocket.
type ToStation struct {
	Type string `json:"type"`
	Ref  uint64 `json:"ref,omitempty"` // chosen by the client; comes back in "done" or "refused"

	// "attach": who this is. Console is the id of an earlier welcome, or empty for a
	// new one. Voice "recorded" asks the station to speak its recording in place of
	// this console's microphone (only the demo has one).
	Console string `json:"console,omitempty"`
	Name    string `json:"name,omitempty"`
	Kind    string `json:"kind,omitempty"` // "browser" or "command"
	Observe bool   `json:"observe,omitempty"`
	Voice   string `json:"voice,omitempty"` // "" or "recorded"

	// "ready": Ready true or false. Why says what made it not ready.
	Ready bool   `json:"ready,omitempty"`
	Why   string `json:"why,omitempty"`

	// "call", "answer", "decline", "hangup": on line Slug.
	// "ringing": the bell of line Slug really sounds (On true) or stopped.
	// "mute": this console's microphone is muted (On) or not: while it is, the station
	// passes none of its voice on, whatever the page sends.
	Slug string `json:"slug,omitempty"`
	On   bool   `json:"on,omitempty"`

	// "call": a drill. "join", On: this console speaks too. "hand": to which console.
	// "fetching": in how many minutes. See api/call.go.
	Drill   bool   `json:"drill,omitempty"`
	To      string `json:"to,omitempty"`
	Minutes int    `json:"minutes,omitempty"`

	// "shown": these messages of the other side, on line Slug, stand on this console's screen, which
	// is ready: at most 16 keys.
	Keys []string `json:"keys,omitempty"`

	// "pong": N of the ping.
	N uint64 `json:"n,omitempty"`

	// "sdp": this console's WebRTC offer. Candidates are not needed. Each offer makes
	// a new connection and ends the one before.
	SDP string `json:"sdp,omitempty"`
}

// An Error is a refusal that a person reads: what was wrong, and what can be done.
type Error struct {
	Code   string `json:"code"`             // for programs: "no-such-line", "not-ready", "busy", "line-down", …
	Text   string `json:"text"`             // one sentence: the thing, what was found, what was wanted
	Action string `json:"action,omitempty"` // one sentence: what can be done
}

func (e *Error) Error() string { return e.Text }
