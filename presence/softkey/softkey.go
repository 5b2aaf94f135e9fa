// Package softkey is a principal's hardware key made of software, for tests alone: it
// answers as authenticator and browser together do (W3C WebAuthn Level 3, sections 5.8.1 and 6), honestly or, where a test
// sets it so, not. Nothing but tests may import it.
package softkey

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Flags of an authenticator's data (section 6.1).
const (
	Touched        = 1 << 0
	Verified       = 1 << 2
	BackupEligible = 1 << 3
	BackedUp       = 1 << 4
	attested       = 1 << 6
)

// A Key is one credential. Its exported fields may be changed before each use.
type Key struct {
	RPID        string
	Origin      string // of the page that asks
	Flags       byte
	Type        string // of the ceremony; empty: the right one
	CrossOrigin bool
	Attestation string // "none", "packed" or anything else
	Credential  []byte
	Counter     uint32
	COSE        []byte // the public key, as it is registered; nil: the right one

	es256 *ecdsa.PrivateKey
	eddsa ed25519.PrivateKey
}

// New makes the key that follows from a seed: ES256, or EdDSA.
func New(seed, rpID, origin string, eddsa bool) *Key {
	secret := sha256.Sum256([]byte("softkey " + seed))
	id := sha256.Sum256(append([]byte("credential"), secret[:]...))
	k := &Key{RPID: rpID, Origin: origin, Flags: Touched | Verified, Attestation: "none", Credential: id[:]}
	if eddsa {
		k.eddsa = ed25519.NewKeyFromSeed(secret[:])
		return k
	}
	var err error
	if k.es256, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), secret[:]); err != nil {
		panic("softkey: seed " + seed + " makes no key: " + err.Error()) // one in 2^32
	}
	return k
}

// Public is the public key in COSE form.
func (k *Key) Public() []byte {
	if k.COSE != nil {
		return k.COSE
	}
	if k.eddsa != nil {
		return append([]byte("\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"), k.eddsa.Public().(ed25519.PublicKey)...)
	}
	point, err := k.es256.PublicKey.Bytes()
	if err != nil {
		panic("softkey: " + err.Error())
	}
	return slices.Concat([]byte("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"), point[1:33], []byte("\x22\x58\x20"), point[33:])
}

// Get answers navigator.credentials.get.
func (k *Key) Get(challenge []byte) (authData, clientData, signature []byte) {
	k.Counter++
	authData, clientData = k.data(k.Flags), k.client("webauthn.get", challenge)
	return authData, clientData, k.Sign(authData, clientData)
}

// Create answers navigator.credentials.create.
func (k *Key) Create(challenge []byte) (clientData, attestation []byte) {
	clientData = k.client("webauthn.create", challenge)
	data := append(k.data(k.Flags|attested), make([]byte, 16)...) // no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.Credential)))
	data = append(append(data, k.Credential...), k.Public()...)
	statement := map[string]any{}
	if k.Attestation == "packed" {
		statement = map[string]any{"alg": k.algorithm(), "sig": k.Sign(data, clientData)}
	}
	attestation, err := webauthncbor.Marshal(map[string]any{"fmt": k.Attestation, "attStmt": statement, "authData": data})
	if err != nil {
		panic("softkey: " + err.Error())
	}
	return clientData, attestation
}

func (k *Key) algorithm() int {
	if k.eddsa != nil {
		return -8
	}
	return -7
}

// data is the authenticator's part, without a credential.
func (k *Key) data(flags byte) []byte {
	domain := sha256.Sum256([]byte(k.RPID))
	return binary.BigEndian.AppendUint32(append(domain[:], flags), k.Counter)
}

// client is the browser's part, in the order that section 5.8.1.1 demands.
func (k *Key) client(ceremony string, challenge []byte) []byte {
	if k.Type != "" {
		ceremony = k.Type
	}
	b, err := json.Marshal(struct {
		Type        string `json:"type"`
		Challenge   string `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
	}{ceremony, base64.RawURLEncoding.EncodeToString(challenge), k.Origin, k.CrossOrigin})
	if err != nil {
		panic("softkey: " + err.Error())
	}
	return b
}

// Sign makes the signature of an assertion over other bytes than Get made.
func (k *Key) Sign(authData, clientData []byte) []byte {
	hash := sha256.Sum256(clientData)
	message := slices.Concat(authData, hash[:])
	if k.eddsa != nil {
		return ed25519.Sign(k.eddsa, message)
	}
	digest := sha256.Sum256(message)
	sig, err := ecdsa.SignASN1(nil, k.es256, digest[:]) // the same each time, for vectors
	if err != nil {
		panic("softkey: " + err.Error())
	}
	return sig
}
