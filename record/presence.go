package record

import (
	"bytes"
	"fmt"
)

// A PresenceAct is a step of proving that a principal's key was touched for a call.
type PresenceAct uint8

// The acts.
const (
	PresenceClaimed  PresenceAct = 1 + iota // the author's principal touched a key: the assertion is here
	PresenceVerified                        // the author verified the other's claim against the accord
	PresenceRefused                         // or could not, for Reason
	presenceActs
)

var presenceActNames = [presenceActs]string{"", "claimed", "verified", "refused"}

func (a PresenceAct) String() string { return nameOf("act", presenceActNames[:], uint8(a)) }

// Greatest lengths of the parts of an assertion (W3C WebAuthn, sections 6.1 and 5.8.1), in bytes.
const (
	MaxAuthData   = 512
	MaxClientData = 1024
	MaxAssertion  = 512 // its signature
)

// A Presence is the claim that a principal is present in the call that the header names, or what
// its verifier found. That it was found good is its verifier's word; what was claimed can be verified again
// by whoever has the key that the accord names. Claims of a drill are marked, and count for nothing else.
type Presence struct {
	Act    PresenceAct
	Drill  bool
	Who    string // the principal, as the claimant's station, or the accord, names the key
	Reason string // with PresenceRefused
	Claim  Claim  // with PresenceClaimed
}

// A Claim is an assertion, and what it was made over.
type Claim struct {
	Credential [32]byte // SHA-256 of the credential's id
	Own, Far   [8]byte  // incarnations: of the claimant's station, of the verifier's
	Role       Role     // in which the person is present
	Nonce      [32]byte // from the verifier, for one use
	AuthData   []byte   // the authenticator's, 37 to MaxAuthData bytes
	ClientData []byte   // the browser's, 1 to MaxClientData bytes
	Signature  []byte   // over both, 1 to MaxAssertion bytes
}

// minAuthData is what every authenticator's data have: hash of the RP ID, flags, counter.
const minAuthData = 37

func (Presence) Kind() Kind { return KindPresence }

func (p Presence) append(b []byte) []byte {
	drill := byte(0)
	if p.Drill {
		drill = 1
	}
	b = putSized(append(b, byte(p.Act), drill), p.Who, 1)
	if p.Act == PresenceClaimed {
		return p.Claim.append(b)
	}
	return append(b, p.Reason...)
}

func (c *Claim) append(b []byte) []byte {
	b = append(append(append(b, c.Credential[:]...), c.Own[:]...), c.Far[:]...)
	b = append(append(b, byte(c.Role)), c.Nonce[:]...)
	b = putSized(b, c.AuthData, 2)
	b = putSized(b, c.ClientData, 2)
	return putSized(b, c.Signature, 2)
}

func readPresence(r *reader) Presence {
	p := Presence{Act: PresenceAct(r.byte("act")), Drill: r.bool("mark of a drill"), Who: string(r.sized(1, MaxWho, "name"))}
	if p.Act == PresenceClaimed {
		p.Claim = readClaim(r)
	} else {
		p.Reason = string(r.rest())
	}
	return p
}

func readClaim(r *reader) Claim {
	return Claim{Credential: r.bytesOf32("credential"), Own: [8]byte(r.bytes(8, "incarnation")), Far: [8]byte(r.bytes(8, "incarnation")),
		Role: Role(r.byte("role")), Nonce: r.bytesOf32("nonce"), AuthData: r.cloned(MaxAuthData, "authenticator's data"),
		ClientData: r.cloned(MaxClientData, "client's data"), Signature: r.cloned(MaxAssertion, "signature")}
}

// cloned keeps no hold on what it was read from.
func (r *reader) cloned(most int, field string) []byte { return bytes.Clone(r.sized(2, most, field)) }

func (p Presence) check(h *Header) error {
	bad := func(found, want string) error { return refuse(ErrMalformed, "presence", found, want) }
	ref, answers := h.Has(Answers)
	switch {
	case p.Act == 0 || p.Act >= presenceActs:
		return bad(p.Act.String(), "an act from claimed to refused")
	case answers == (p.Act == PresenceClaimed) || answers && !ref.Other:
		return refuse(ErrAbout, "presence", fmt.Sprintf("%s, about %v", p.Act, h.About), "the other party's claim that this answers, and none for claimed")
	case (p.Reason != "") != (p.Act == PresenceRefused):
		return bad(fmt.Sprintf("%s, because %q", p.Act, p.Reason), "a reason with refused, and none with others")
	case p.Act != PresenceClaimed && !p.Claim.isZero():
		return bad(p.Act.String()+" with an assertion", "one only with claimed")
	}
	if p.Act == PresenceClaimed {
		if err := p.Claim.check(bad); err != nil {
			return err
		}
	}
	if err := line("presence", p.Reason, 0, MaxWhy); err != nil {
		return err
	}
	return line("presence", p.Who, 1, MaxWho)
}

func (c *Claim) isZero() bool {
	return c.Credential == [32]byte{} && c.Own == [8]byte{} && c.Far == [8]byte{} && c.Role == 0 && c.Nonce == [32]byte{} &&
		c.AuthData == nil && c.ClientData == nil && c.Signature == nil
}

func (c *Claim) check(bad func(found, want string) error) error {
	within := func(n, least, most int) bool { return n >= least && n <= most }
	switch {
	case c.Role == 0 || c.Role >= roles:
		return bad("a claim by "+c.Role.String(), "a known role")
	case !within(len(c.AuthData), minAuthData, MaxAuthData):
		return bad(fmt.Sprintf("%d bytes of authenticator's data", len(c.AuthData)), fmt.Sprintf("%d to %d", minAuthData, MaxAuthData))
	case !within(len(c.ClientData), 1, MaxClientData):
		return bad(fmt.Sprintf("%d bytes of client's data", len(c.ClientData)), fmt.Sprintf("1 to %d", MaxClientData))
	case !within(len(c.Signature), 1, MaxAssertion):
		return bad(fmt.Sprintf("a signature of %d bytes", len(c.Signature)), fmt.Sprintf("1 to %d", MaxAssertion))
	}
	return nil
}
