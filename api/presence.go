package api

import "time"

// # Presence
//
// A principal touches a hardware key, and the other side checks that it was touched for this call:
//
//	POST /api/lines/{line}/presence/ask     have the other side give out a nonce: [TouchRequest]; answers [Touch]
//	POST /api/lines/{line}/presence/claim   what the key answered: [Touched]
//
// Between the two the page gives the key to navigator.credentials.get. How it goes on stands in the
// call ([Call.Presence]), on both sides. Package presence says what is checked.
//
// A key is registered by an administrator, with the principal and the key at hand, and counts when the other side has
// approved it (see accord.go). It replaces the one that is registered for the name, if there is one:
//
//	POST /api/lines/{line}/presence/keys/new   what the page gives navigator.credentials.create: [KeyRequest]; answers [NewKey]
//	POST /api/lines/{line}/presence/keys       what came of it: [CreatedKey]; the station checks it, and proposes it

// A Presence is how far the proof has got that a principal's key was touched for a call.
type Presence struct {
	Side   string        `json:"side"` // whose principal: "us" or "them"
	Name   string        `json:"name"` // as the accord names the key; of one it does not name, as its side does
	State  PresenceState `json:"state"`
	Reason string        `json:"reason,omitempty"` // with "refused": why, in words
	At     time.Time     `json:"at"`               // of State, by its author's clock
}

// A PresenceState is how far it has got.
type PresenceState string

const (
	PresenceAsked    PresenceState = "asked"    // the nonce is out: the key is waited for, for a minute
	PresenceClaimed  PresenceState = "claimed"  // the key was touched; the other side checks it
	PresenceVerified PresenceState = "verified" // by the other side, against the accord: the key was touched for this call
	PresenceRefused  PresenceState = "refused"  // by the other side
)

// A TouchRequest names the key that shall be touched: the one registered for this name on our side.
type TouchRequest struct {
	Name string `json:"name"`
}

// A Touch is what navigator.credentials.get is given. Bytes are base64url without padding.
type Touch struct {
	Call       string `json:"call"`
	Nonce      string `json:"nonce"` // names this touch when it comes back
	Challenge  string `json:"challenge"`
	RPID       string `json:"rp_id"`
	Credential string `json:"credential"`
	TimeoutMS  int64  `json:"timeout_ms"`
}

// A Touched is what the key answered. Bytes are base64url without padding.
type Touched struct {
	Nonce      string `json:"nonce"`
	AuthData   string `json:"authenticator_data"`
	ClientData string `json:"client_data"`
	Signature  string `json:"signature"`
}

// A KeyRequest asks for a new key of a principal. Origin is that of the page: "https://console.north.example". Also are up
// to three further addresses of the console at which the key shall count, each of the page's host or of one under it.
type KeyRequest struct {
	Name   string   `json:"name"`
	Origin string   `json:"origin"`
	Also   []string `json:"also,omitempty"`
}

// A NewKey is what navigator.credentials.create is given. Bytes are base64url without padding.
type NewKey struct {
	Name      string   `json:"name"`
	Challenge string   `json:"challenge"` // names this registration when it comes back; good for five minutes
	RPID      string   `json:"rp_id"`
	User      string   `json:"user"`
	Exclude   []string `json:"exclude"` // credentials that are registered already
	TimeoutMS int64    `json:"timeout_ms"`
}

// A CreatedKey is what the key answered. Bytes are base64url without padding.
type CreatedKey struct {
	Challenge   string `json:"challenge"`
	ClientData  string `json:"client_data"`
	Attestation string `json:"attestation"`
}
