package api

import (
	"context"
	"net/http"
	"time"
)

// # The accord of a line
//
//	GET  /api/lines/{line}/accord            the whole [Accord]
//	POST /api/lines/{line}/accord/propose    ask the other side's people for a change: [NewProposal]
//	POST /api/lines/{line}/accord/withdraw   take it back, or take note that it was refused
//	POST /api/lines/{line}/accord/approve    approve what the other side asks for: [ProposalAnswer]
//	POST /api/lines/{line}/accord/refuse     refuse it: [ProposalAnswer]
//
// An answer names the proposal by its id, so nobody approves another one than was shown. It is final: what
// is approved comes into force by itself, as an entry of the record on both sides.

// An Accord is what both stations have signed, as it stands after its newest amendment.
type Accord struct {
	Line      string     `json:"line"`
	Peer      string     `json:"peer"`
	Digest    string     `json:"digest"`              // of the accord as first signed
	Words     []string   `json:"words"`               // the twelve, of that digest
	Made      time.Time  `json:"made"`                // when the accept was signed
	Confirmed *time.Time `json:"confirmed,omitempty"` // when the words were confirmed here
	Signed    bool       `json:"signed"`              // the first party's final signature is here
	Parties   []Party    `json:"parties"`             // the first, then the second

	Profile    string `json:"profile"`
	HoldBack   string `json:"hold_back"`
	Disclosure string `json:"disclosure"`
	Expires    string `json:"expires"` // a day, 2027-01-31

	Rules      Rules        `json:"rules"`
	Paths      []AccordPath `json:"paths"`
	Principals []Principal  `json:"principals"` // of both sides, ours first
	Amendments []Amendment  `json:"amendments"` // the newest first
	Proposals  []Proposal   `json:"proposals"`
}

// A Party is one side of an accord.
type Party struct {
	Name        string      `json:"name"`
	By          string      `json:"by"`          // "us" or "them"
	Fingerprint string      `json:"fingerprint"` // of its name and keys: what a verifier compares
	Keys        []AccordKey `json:"keys"`
}

// An AccordKey is one key of a party.
type AccordKey struct {
	Role        string `json:"role"` // "identity", "line", "log", "cosign", "cosign-pq"
	Algorithm   string `json:"algorithm"`
	Serial      uint32 `json:"serial"`
	Fingerprint string `json:"fingerprint"` // SHA-256 of its bytes
}

// Rules are those of the accord that people may change by a proposal.
type Rules struct {
	Watch         string   `json:"watch"`          // what the other side sees of the watch: "nothing", "staffed", "count", "names"
	Tests         []string `json:"tests"`          // times of day in UTC, "08:00", 0 to 4
	SuspendedText bool     `json:"suspended_text"` // text passes while calls are suspended
}

// An AccordPath is one path, as the accord names its two ends.
type AccordPath struct {
	Number int    `json:"path"`
	Name   string `json:"name"`
	Ours   string `json:"ours"` // "192.0.2.1:7000", "192.0.2.1:7000,roams" or "roams"
	Theirs string `json:"theirs"`
}

// A Principal is a key that is registered for one of a side's principals.
type Principal struct {
	Name       string   `json:"name"`
	By         string   `json:"by"` // whose principal: "us" or "them"
	Serial     uint32   `json:"serial"`
	RPID       string   `json:"rp_id"`
	Origins    []string `json:"origins"`
	Credential string   `json:"credential"` // SHA-256 of the credential's id
}

// An Amendment is one change of the accord that both have signed.
type Amendment struct {
	Serial uint32    `json:"serial"`
	By     string    `json:"by"` // who proposed it: "us" or "them"
	Made   time.Time `json:"made"`
	Sort   string    `json:"sort"` // "ends", "principal", "rules"
	Text   string    `json:"text"` // one sentence: what it changed
	Digest string    `json:"digest"`
}

// A Proposal is a change that waits for people of the other side, or that they have answered. Each side has one at most.
type Proposal struct {
	ID    string     `json:"id"`
	By    string     `json:"by"` // who proposes: "us" or "them"
	Made  time.Time  `json:"made"`
	Sort  string     `json:"sort"` // "principal" or "rules"
	Text  string     `json:"text"` // one sentence: what would change
	State string     `json:"state"`
	At    *time.Time `json:"at,omitempty"` // of the answer
}

// The states of a proposal. One that is in force is an amendment and no proposal any more.
const (
	ProposalWaiting  = "waiting"
	ProposalApproved = "approved" // it comes into force as soon as the line is open
	ProposalRefused  = "refused"
)

// A NewProposal asks for one thing: new rules, or the removal of a principal's key of one's own. A key is registered
// or replaced where it is touched: see /api/presence.
type NewProposal struct {
	Rules  *Rules `json:"rules,omitempty"`
	Remove string `json:"remove,omitempty"` // the principal's name
}

// A ProposalAnswer approves or refuses.
type ProposalAnswer struct {
	ID string `json:"id"`
}

// Accord asks for the whole accord of a line.
func (c *Client) Accord(ctx context.Context, line string) (*Accord, error) {
	a := new(Accord)
	return a, c.do(ctx, http.MethodGet, lineURL(line, "accord"), nil, a)
}

// Propose asks the other side's people for a change.
func (c *Client) Propose(ctx context.Context, line string, p NewProposal) error {
	return c.do(ctx, http.MethodPost, lineURL(line, "accord/propose"), p, nil)
}

// WithdrawProposal takes back what was asked for.
func (c *Client) WithdrawProposal(ctx context.Context, line string) error {
	return c.do(ctx, http.MethodPost, lineURL(line, "accord/withdraw"), nil, nil)
}

// ApproveProposal approves what the other side asks for, if it is still the one of that id.
func (c *Client) ApproveProposal(ctx context.Context, line, id string) error {
	return c.do(ctx, http.MethodPost, lineURL(line, "accord/approve"), ProposalAnswer{id}, nil)
}

// RefuseProposal refuses it.
func (c *Client) RefuseProposal(ctx context.Context, line, id string) error {
	return c.do(ctx, http.MethodPost, lineURL(line, "accord/refuse"), ProposalAnswer{id}, nil)
}
