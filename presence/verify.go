package presence

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"ringdown/accord"
	"ringdown/record"
)

// Verify checks the assertion in a claim with the key that the accord names, by WebAuthn Level 3, section 7.2; the steps are
// those of the package comment. want is what [Desk.Take] gave. known serves to say what the key signed if it was
// something else, and changes no verdict. The error is a [*Refusal].
func Verify(key accord.PrincipalKey, want *Binding, c *record.Claim, known []Known) error {
	if CredentialHash(key.Credential) != want.Credential || c.Credential != want.Credential {
		return refuse(OtherKey)
	}
	err := checkAssertion(key, want.Challenge(), c)
	if r, ok := err.(*Refusal); ok && r.Reason == WrongChallenge {
		return refuse(want.signedInstead(c.ClientData, known))
	}
	return err
}

// checkAssertion checks the assertion in a claim over a challenge.
func checkAssertion(key accord.PrincipalKey, challenge [32]byte, c *record.Claim) error {
	public, err := parseKey(key.PublicKey)
	if err != nil {
		return refuse(KeyUnfit)
	}
	if len(c.AuthData) > record.MaxAuthData || len(c.ClientData) > record.MaxClientData || len(c.Signature) > record.MaxAssertion {
		return refuse(Unreadable)
	}
	var data protocol.AuthenticatorData
	if data.Unmarshal(c.AuthData) != nil || data.Flags.HasAttestedCredentialData() {
		return refuse(Unreadable)
	}
	if err := checkClientData(c.ClientData, protocol.AssertCeremony, challenge, key.Origins); err != nil {
		return err
	}
	if err := checkFlags(&data, key.RPID); err != nil {
		return err
	}
	hash := sha256.Sum256(c.ClientData)
	if good, err := webauthncose.VerifySignature(public, slices.Concat(c.AuthData, hash[:]), c.Signature); err != nil || !good {
		return refuse(WrongSignature)
	}
	return nil
}

// checkClientData demands the bytes that a browser writes for this ceremony (section 5.8.1.1), in the one form that
// section 5.8.1.2 checks without a parser. The parser comes first, only to tell what is wrong.
func checkClientData(b []byte, ceremony protocol.CeremonyType, challenge [32]byte, origins []string) *Refusal {
	var d protocol.CollectedClientData
	encoded := base64.RawURLEncoding.EncodeToString(challenge[:])
	switch {
	case json.Unmarshal(b, &d) != nil:
		return &Refusal{Unreadable}
	case d.Type != ceremony:
		return &Refusal{WrongType}
	case d.Challenge != encoded:
		return &Refusal{WrongChallenge}
	case d.CrossOrigin || d.TopOrigin != "":
		return &Refusal{CrossOrigin}
	case !slices.Contains(origins, d.Origin):
		return &Refusal{WrongOrigin}
	}
	rest, ok := strings.CutPrefix(string(b), `{"type":"`+string(ceremony)+`","challenge":"`+encoded+`","origin":"`+d.Origin+`","crossOrigin":false`)
	if !ok || rest != "}" && !strings.HasPrefix(rest, ",") {
		return &Refusal{Unreadable}
	}
	return nil
}

// checkFlags asks for whom the key was asked, whether it was touched by whom it knows, and whether it can be copied.
func checkFlags(data *protocol.AuthenticatorData, rpID string) error {
	domain := sha256.Sum256([]byte(rpID))
	switch {
	case string(data.RPIDHash) != string(domain[:]):
		return refuse(WrongDomain)
	case !data.Flags.HasUserPresent():
		return refuse(NotTouched)
	case !data.Flags.HasUserVerified():
		return refuse(NotVerified)
	case data.Flags.HasBackupEligible() || data.Flags.HasBackupState():
		return refuse(Copyable)
	}
	return nil
}

// signedInstead tells what another challenge than the wanted one was made for, as far as it is known.
func (b *Binding) signedInstead(clientData []byte, known []Known) Reason {
	var d protocol.CollectedClientData
	_ = json.Unmarshal(clientData, &d) // it was read before
	signed := func(other Binding) bool {
		c := other.Challenge()
		return d.Challenge == base64.RawURLEncoding.EncodeToString(c[:])
	}
	swapped := *b
	swapped.Claimant, swapped.Verifier = b.Verifier, b.Claimant
	if signed(swapped) {
		return SignedOtherDirection
	}
	for _, k := range known {
		switch {
		case !signed(k.Binding):
		case k.Ours:
			return SignedOtherDirection
		case k.Call != b.Call:
			return SignedOtherCall
		default:
			return SignedOtherNonce
		}
	}
	return SignedOther
}

// The two forms of a public key that are accepted (RFC 9053, sections 2 and 7; CTAP 2.1, section 8): the
// coordinates follow, 32 bytes each, and for ES256 the bytes between them.
const (
	es256Head = "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"
	es256Mid  = "\x22\x58\x20"
	eddsaHead = "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"
)

// parseKey reads a public key in exactly one of its two forms.
func parseKey(cose []byte) (any, error) {
	text := string(cose)
	es256 := len(text) == len(es256Head)+32+len(es256Mid)+32 && strings.HasPrefix(text, es256Head) && strings.HasPrefix(text[len(es256Head)+32:], es256Mid)
	eddsa := len(text) == len(eddsaHead)+32 && strings.HasPrefix(text, eddsaHead)
	if !es256 && !eddsa {
		return nil, refuse(KeyUnfit)
	}
	return webauthncose.ParsePublicKey(cose)
}

// CheckKey says whether a key that a party proposes could be used here at all. The error is a [*Refusal].
func CheckKey(k accord.PrincipalKey) error {
	if _, err := parseKey(k.PublicKey); err != nil {
		return refuse(KeyUnfit)
	}
	return nil
}
