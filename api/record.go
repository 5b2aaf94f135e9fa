package api

import "time"

// # The record
//
// What a line's record shows, and what can be done in it:
//
//	GET  /api/lines/{line}/record                  a [RecordPage]; query: see [RecordQuery]
//	GET  /api/lines/{line}/record/{key}            one [Item], with its neighbours' keys
//	POST /api/lines/{line}/messages                write a message: [NewMessage] → [Written]
//	POST /api/lines/{line}/files?name=NAME         keep a file for a message: raw bytes → [Kept]
//	GET  /api/lines/{line}/files/{key}             the bytes of an attachment, to be saved
//	POST /api/lines/{line}/read                    mark messages read: [Marks]
//	POST /api/lines/{line}/withdraw                take back what still waits: [Marks]
//	GET  /api/lines/{line}/matters                 all matters: []Matter
//	POST /api/lines/{line}/matters                 open, acknowledge, close, or file a call: [MatterAct] → [Written]
//	GET  /api/lines/{line}/export?form=json|html   the day, matter or all of a [RecordQuery], to be saved
//	GET  /api/lines/{line}/disclosures             all disclosures: []Disclosure
//	POST /api/lines/{line}/disclosures             disclose: [NewDisclosure] → [Disclosure]
//	POST /api/lines/{line}/disclosures/answer      agree to one of theirs, or refuse: [DisclosureAnswer] → [Written]
//	GET  /api/lines/{line}/disclosures/{id}        the file of one that is made, to be saved
//	POST /api/backup                               local socket alone: write a backup: [BackupRequest]
//
// Keys name what stands in a record: "us/12" and "them/7" an entry by its author and number,
// "call/ID" a call, "drill/ID" a drill, "waiting/ID" what is written and not yet numbered.

// RecordState is how the record of a line stands.
type RecordState struct {
	Standing string `json:"standing"` // of our log: "unheard", "behind", "far behind", "stands", "forked"
	Own      Logged `json:"own"`
	Far      Logged `json:"far"`
	Waiting  int    `json:"waiting"`  // messages written and not yet numbered
	Unread   int    `json:"unread"`   // their messages that nobody here has marked read
	Chased   int    `json:"chased"`   // of these, those older than ten minutes
	Unheeded int    `json:"unheeded"` // our messages that nobody there has marked read within ten minutes

	Asked int    `json:"asked"` // disclosures for which the other side waits for our consent
	Rule  string `json:"rule"`  // of the accord for disclosures: "free", "told", "consent"

	// Withheld is since when the other side, which is there, holds back its
	// co-signature, or what Standing waits for; set once the line was up for ten seconds of that.
	Withheld *time.Time `json:"withheld,omitempty"`

	// Fork names the side that signed two histories, "us" or "them"; empty: none.
	Fork string `json:"fork,omitempty"`

	// Damaged counts entries that are damaged on this disk and not yet mended.
	Damaged int `json:"damaged"`

	// FarFull says that the other side has no room for more of what is written here: it waits, but for
	// the steps of calls.
	FarFull bool `json:"far_full"`
}

// Logged is one log's numbers of entries.
type Logged struct {
	Size      int64 `json:"size"`      // entries held here
	Classical int64 `json:"classical"` // of these, co-signed with Ed25519
	Full      int64 `json:"full"`      // and with ML-DSA-44
}

// A RecordQuery says which part of a record is wanted, as parameters of a query. What is empty
// does not restrict.
type RecordQuery struct {
	Before int64     // position: only what is older; 0: from the newest on. A page's Next.
	Limit  int       // items, 1 to 200; 0: 100
	From   time.Time // by the author's time: not before; RFC 3339
	To     time.Time // and before
	Matter string    // key of the matter
	Search string    // words, each the beginning of a word in a message's text, a name or a title
	Kinds  []string  // "message,call": only these; "call" are drills too, "drill" they alone
	Unread bool      // only their messages that nobody here has marked read
}

// A RecordPage is a part of the timeline, the newest first.
type RecordPage struct {
	Items   []Item `json:"items"`
	Waiting []Item `json:"waiting"` // what is not yet numbered, the newest first; with the first page alone
	Next    int64  `json:"next"`    // Before of the next page; 0: there is no more
}

// Stage is how far a message has got.
type Stage string

const (
	StageWaiting   Stage = "waiting"     // written, not numbered: the line is down, or the other side was not heard yet
	StageOnLine    Stage = "on the line" // numbered and signed
	StageDelivered Stage = "delivered"   // on the far disk, co-signed
	StageShown     Stage = "shown"       // on a ready console there
	StageRead      Stage = "read"        // marked read by a person there
	StageSeen      Stage = "seen"        // marked read by a person there who is the principal
)

// An Item is one line of the timeline. Exactly the fields of its kind are set.
type Item struct {
	Key      string    `json:"key"`
	Position int64     `json:"position"`         // place in this station's timeline: rising with what was seen before
	Kind     string    `json:"kind"`             // "message", "call", "matter", "line", "accord", "disclosure", "test", "presence", "right"
	By       string    `json:"by"`               // whose: "us" or "them"; of a call: who lifted
	At       time.Time `json:"at"`               // its author's time
	Matter   string    `json:"matter,omitempty"` // key of the matter that it is filed under
	Proof    string    `json:"proof"`            // "none", "classical", "full"; of a call, a test and a presence the least of its entries

	// MisdatedMS is how far At lies outside the time in which, by what both sides signed, it was
	// written: negative, back-dated. 0: it lies inside, or the difference is small.
	MisdatedMS int64 `json:"misdated_ms,omitempty"`

	// "message". Text is plain, as its author wrote it: show it as text, with what is
	// invisible or looks like something else made plain. Erased: it was erased here.
	Text        string  `json:"text,omitempty"`
	Erased      bool    `json:"erased,omitempty"`
	Answers     string  `json:"answers,omitempty"`      // key of the message that it answers
	Amends      string  `json:"amends,omitempty"`       // key of the message in whose place it stands
	Retracts    string  `json:"retracts,omitempty"`     // key of the message that it takes back
	AmendedBy   string  `json:"amended_by,omitempty"`   // key of the newest that stands in its place
	RetractedBy string  `json:"retracted_by,omitempty"` // key of the one that takes it back
	Files       []File  `json:"files,omitempty"`
	Ladder      *Ladder `json:"ladder,omitempty"`

	// "call".
	Call *RecordedCall `json:"call,omitempty"`

	// "matter": what was done; Title with all.
	Act   string `json:"act,omitempty"` // "opened", "acknowledged", "closed", "filed"; of a disclosure "asked", "consented", "refused", "made"
	Title string `json:"title,omitempty"`

	// "line": the path, 0 for the line, and what it did.
	Path int  `json:"path,omitempty"`
	Up   bool `json:"up,omitempty"`

	// "accord": serial of the amendment; 0: the accord was signed.
	Serial uint32 `json:"serial,omitempty"`

	// "disclosure": for whom, and how many entries with and without their text.
	To      string `json:"to,omitempty"`
	Bodies  int64  `json:"bodies,omitempty"`
	Headers int64  `json:"headers,omitempty"`

	// "test", and "presence": the entry that began it, and what came of it.
	Test     *RecordedTest     `json:"test,omitempty"`
	Presence *RecordedPresence `json:"presence,omitempty"`

	// "right", with Act "suspended" or "restored".
	Right *RecordedRight `json:"right,omitempty"`
}

// A Ladder is how far a message has got. Of their messages it says how far it has got here.
type Ladder struct {
	Stage   Stage      `json:"stage"`
	ShownAt *time.Time `json:"shown_at,omitempty"`
	ReadAt  *time.Time `json:"read_at,omitempty"`
	ReadBy  string     `json:"read_by,omitempty"` // as the reader's station states
	SeenAt  *time.Time `json:"seen_at,omitempty"`
	SeenBy  string     `json:"seen_by,omitempty"` // the principal, the same
	Chased  bool       `json:"chased,omitempty"`  // not read for ten minutes
}

// A File is an attachment.
type File struct {
	Key    string `json:"key"` // of its entry
	Name   string `json:"name"`
	Length int    `json:"length"` // bytes
	SHA256 string `json:"sha256"`
	Here   bool   `json:"here"` // its bytes are on this disk, and are what was promised
}

// A RecordedCall is a call, or a drill, as the entries of both logs tell it. Under one id there may be both,
// if a side entered what it should not: they are two, and neither hides the other.
type RecordedCall struct {
	ID       string         `json:"id"`
	Drill    bool           `json:"drill,omitempty"`
	Answered *time.Time     `json:"answered,omitempty"` // by the answering side's time
	Ended    *time.Time     `json:"ended,omitempty"`    // of the ends after which it did not go on, the first
	LengthMS int64          `json:"length_ms"`          // answered to ended
	Reason   EndReason      `json:"reason,omitempty"`
	EndedBy  string         `json:"ended_by,omitempty"`
	Steps    []RecordedStep `json:"steps"` // as they were numbered, both logs
}

// A RecordedStep is one entry of a call.
type RecordedStep struct {
	Key    string    `json:"key"`
	Step   string    `json:"step"` // as record.Step says it: "called", "crossed" … "handed"; "": erased
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Count  int       `json:"count,omitempty"` // of consoles, with "reached" and "ringing"
	Reason EndReason `json:"reason,omitempty"`
	Who    string    `json:"who,omitempty"`  // as the author's station states; with "fetching" who is fetched
	Role   Role      `json:"role,omitempty"` // of Who, the same: officer, principal or observer

	Minutes int  `json:"minutes,omitempty"` // with "fetching": in how many the principal is expected; 0: not known
	Speaks  bool `json:"speaks,omitempty"`  // with "joined": not only listens
}

// A RecordedTest is a test of the line by people: words are asked to be read back.
type RecordedTest struct {
	Act    string             `json:"act"`              // the newest: "asked", "read back", "passed", "failed"; "": erased
	Slot   *time.Time         `json:"slot,omitempty"`   // the agreed time that it is for; none: out of turn
	Who    string             `json:"who,omitempty"`    // asked; nobody: it was due and began by itself
	Text   string             `json:"text,omitempty"`   // the words to read back
	Paths  []RecordedPath     `json:"paths,omitempty"`  // as the side that asked sees them
	Result string             `json:"result,omitempty"` // "passed", "failed"; "": none yet
	Steps  []RecordedTestStep `json:"steps"`            // what was read back, and the result
}

// A RecordedPath is what a path was like during a test.
type RecordedPath struct {
	Number       int  `json:"number"`
	Up           bool `json:"up"`
	LossPermille int  `json:"loss_permille"`
	RTTms        int  `json:"rtt_ms"` // 0: not known
}

// A RecordedTestStep is what followed on the asking.
type RecordedTestStep struct {
	Key   string         `json:"key"`
	Act   string         `json:"act"` // "read back", "passed", "failed"
	By    string         `json:"by"`
	At    time.Time      `json:"at"`
	Who   string         `json:"who,omitempty"`
	Text  string         `json:"text,omitempty"` // what was read; why it failed
	Paths []RecordedPath `json:"paths,omitempty"`
}

// A RecordedPresence is the claim that a principal's key was touched for a call, and what the other
// side's station found.
type RecordedPresence struct {
	Act    string     `json:"act"`  // "claimed"; then, by the other side, "verified" or "refused"; "": erased
	Call   string     `json:"call"` // key of the call, or the drill
	Drill  bool       `json:"drill,omitempty"`
	Who    string     `json:"who,omitempty"` // whose key, as the claimant's station says; when judged, as the verifier's does
	Role   Role       `json:"role,omitempty"`
	Judged string     `json:"judged,omitempty"` // key of the entry that verifies or refuses
	At     *time.Time `json:"at,omitempty"`     // its time
	Reason string     `json:"reason,omitempty"` // of a refusal
}

// A RecordedRight is who suspended or restored the right to call, and why.
type RecordedRight struct {
	Who  string `json:"who,omitempty"`
	Text string `json:"text,omitempty"`
}

// A Matter is a subject on both sides' shared list.
type Matter struct {
	Key          string     `json:"key"` // of the entry that opened it
	Title        string     `json:"title"`
	By           string     `json:"by"`
	Opened       time.Time  `json:"opened"`
	Acknowledged *time.Time `json:"acknowledged,omitempty"`
	Closed       *time.Time `json:"closed,omitempty"`
	ClosedBy     string     `json:"closed_by,omitempty"`
	Messages     int        `json:"messages"` // filed under it
	Calls        int        `json:"calls"`
	Unread       int        `json:"unread"`
	Waiting      bool       `json:"waiting,omitempty"` // it is not numbered yet
}

// NewMessage is what a person writes. Text may be empty only with Retracts or Files.
type NewMessage struct {
	Text     string   `json:"text,omitempty"`
	Matter   string   `json:"matter,omitempty"`
	Answers  string   `json:"answers,omitempty"`
	Amends   string   `json:"amends,omitempty"`
	Retracts string   `json:"retracts,omitempty"`
	Files    []string `json:"files,omitempty"` // ids of kept files, at most 8
}

// Written names what was written. It is durable here when this is answered.
type Written struct {
	Key string `json:"key"` // "waiting/ID" or, if it has its number at once, "us/N"
}

// Kept names a file that waits for its message. It is forgotten after an hour.
type Kept struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Length int    `json:"length"`
}

// Marks are keys of messages. Name is the person's, for the receipt; empty: the console's.
type Marks struct {
	Keys []string `json:"keys"` // at most 16
	Name string   `json:"name,omitempty"`
}

// A MatterAct is what is done with a matter.
type MatterAct struct {
	Act    string `json:"act"`              // "open", "acknowledge", "close", "file"
	Title  string `json:"title,omitempty"`  // with "open"
	Matter string `json:"matter,omitempty"` // with all others
	Call   string `json:"call,omitempty"`   // with "file": key of the call
}

// NewDisclosure says what to show, and to whom: one of Entries, Contact, and From with Until.
type NewDisclosure struct {
	To      string     `json:"to,omitempty"`
	Entries []string   `json:"entries,omitempty"` // keys of entries or calls
	Bodies  bool       `json:"bodies,omitempty"`  // with their text, not the headers alone; not with Contact
	Contact string     `json:"contact,omitempty"` // key of a call: that there was contact, when and how long, and nothing of what was said
	From    *time.Time `json:"from,omitempty"`    // completeness: all that both logs have between
	Until   *time.Time `json:"until,omitempty"`
	Anyway  bool       `json:"anyway,omitempty"` // without waiting for what the accord's rule asks; verify will say so
}

// A Disclosure is one that was asked for or made.
type Disclosure struct {
	ID     string    `json:"id"`
	Key    string    `json:"key"`   // of its newest entry; empty while it waits
	By     string    `json:"by"`    // "us" or "them"
	State  string    `json:"state"` // "waiting" (for the line), "asked", "consented", "refused", "made"
	To     string    `json:"to"`
	At     time.Time `json:"at"`
	Rule   string    `json:"rule"`             // of the accord: "free", "told", "consent"
	Shows  []string  `json:"shows"`            // keys, in words: what it shows
	SHA256 string    `json:"sha256,omitempty"` // of the file that was made
}

// A DisclosureAnswer agrees to a disclosure that the other side asked for, or refuses.
type DisclosureAnswer struct {
	Key     string `json:"key"`
	Consent bool   `json:"consent"`
}

// BackupRequest names the file to write: an absolute path on the station's machine.
type BackupRequest struct {
	File string `json:"file"`
}
