package presence

import (
	"crypto/sha256"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"ringdown/accord"
)

// A Registration is what a station asked of a new key.
type Registration struct {
	Name      string // the principal's
	RPID      string
	Origins   []string
	Challenge [32]byte // random, for one use
}

// maxAttestation bounds what a browser may send of a new key, in bytes. Chains of certificates are long.
const maxAttestation = 16 << 10

// Register checks what navigator.credentials.create returned, by WebAuthn Level 3, section 7.1, and gives the key to be
// proposed to the other side, without its serial. The error is a [*Refusal].
func Register(r Registration, clientData, attestation []byte) (accord.PrincipalKey, error) {
	none := accord.PrincipalKey{}
	if len(attestation) > maxAttestation || len(clientData) > maxAttestation {
		return none, refuse(Unreadable)
	}
	if err := checkClientData(clientData, protocol.CreateCeremony, r.Challenge, r.Origins); err != nil {
		return none, err
	}
	var object protocol.AttestationObject
	if webauthncbor.Unmarshal(attestation, &object) != nil || object.AuthData.Unmarshal(object.RawAuthData) != nil {
		return none, refuse(Unreadable)
	}
	data := &object.AuthData
	if !data.Flags.HasAttestedCredentialData() {
		return none, refuse(NoCredential)
	}
	if err := checkFlags(data, r.RPID); err != nil {
		return none, err
	}
	id, public := data.AttData.CredentialID, data.AttData.CredentialPublicKey
	if len(id) < accord.MinCredential || len(id) > accord.MaxCredential {
		return none, refuse(NoCredential)
	}
	if _, err := parseKey(public); err != nil {
		return none, refuse(WrongAlgorithm)
	}
	if err := checkAttestation(&object, sha256.Sum256(clientData)); err != nil {
		return none, err
	}
	return accord.PrincipalKey{Name: r.Name, RPID: r.RPID, Origins: slices.Clone(r.Origins),
		Credential: slices.Clone(id), PublicKey: slices.Clone(public)}, nil
}

// checkAttestation takes none, and "packed" if it is right. Who made the key, nobody is asked.
func checkAttestation(object *protocol.AttestationObject, clientHash [32]byte) error {
	switch protocol.AttestationFormat(object.Format) {
	case protocol.AttestationFormatNone, protocol.AttestationFormatPacked:
	default:
		return refuse(AttestationFormat)
	}
	if object.VerifyAttestation(clientHash[:], nil, protocol.AttestationPolicy{}, protocol.SignaturePolicy{}) != nil {
		return refuse(WrongAttestation)
	}
	return nil
}
