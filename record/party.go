package record

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"

	"filippo.io/mldsa"
)

// Signature types of C2SP signed notes.
const (
	algEd25519   = 0x01
	algCosign    = 0x04
	algCosignPQ  = 0x06
	cosignHeader = "cosignature/v1\n"
	subtreeLabel = "subtree/v1\n\x00"
)

// Lengths of signatures in bytes. A co-signature begins with its time.
const (
	SignatureSize     = ed25519.SignatureSize
	CosignatureSize   = 8 + ed25519.SignatureSize
	CosignaturePQSize = 8 + mldsa.MLDSA44SignatureSize
)

// Origin names a log: that of one party of the accord with that digest. It is also
// the name of that party's keys in notes.
func Origin(accord [32]byte, first bool) string {
	if first {
		return "ringdown/" + hex.EncodeToString(accord[:]) + "/first"
	}
	return "ringdown/" + hex.EncodeToString(accord[:]) + "/second"
}

// A Party is one side as the accord names it: its log, and the public keys that
// speak for it in the record.
type Party struct {
	Origin   string            // of its own log
	Log      ed25519.PublicKey // signs checkpoints of its own log
	Cosign   ed25519.PublicKey // co-signs those of the other's
	CosignPQ *mldsa.PublicKey  // the same, ML-DSA-44; nil: it does not
}

// A Signer signs with one private key: plain Ed25519 (RFC 8032), or ML-DSA-44
// (FIPS 204) with an empty context.
type Signer func(message []byte) (signature []byte, err error)

// keyID is the id of a key in a note (C2SP signed-note, tlog-cosignature).
func keyID(name string, alg byte, key []byte) uint32 {
	b := append([]byte(name), '\n', alg)
	sum := sha256.Sum256(append(b, key...))
	return binary.BigEndian.Uint32(sum[:])
}

// cosigned is what an Ed25519 co-signature signs: two lines, and the checkpoint's.
func cosigned(text []byte, at uint64) []byte {
	b := append([]byte(cosignHeader), "time "...)
	b = append(strconv.AppendUint(b, at, 10), '\n')
	return append(b, text...)
}

// cosignedPQ is what an ML-DSA-44 co-signature signs: the tree itself, as the
// subtree from 0 to its size.
func cosignedPQ(name, origin string, t Tree, at uint64) []byte {
	b := append([]byte(subtreeLabel), byte(len(name)))
	b = append(b, name...)
	b = binary.BigEndian.AppendUint64(b, at)
	b = append(append(b, byte(len(origin))), origin...)
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Size))
	return append(b, t.Root[:]...)
}

// A verifier is one key of a party: a note.Verifier.
type verifier struct {
	name   string
	id     uint32
	verify func(text, sig []byte) bool
}

func (v *verifier) Name() string                 { return v.name }
func (v *verifier) KeyHash() uint32              { return v.id }
func (v *verifier) Verify(text, sig []byte) bool { return v.verify(text, sig) }

func (p *Party) logKey() *verifier {
	return &verifier{p.Origin, keyID(p.Origin, algEd25519, p.Log), func(text, sig []byte) bool {
		return ed25519.Verify(p.Log, text, sig) // which wants the right length, too
	}}
}

func (p *Party) cosignKey() *verifier {
	return &verifier{p.Origin, keyID(p.Origin, algCosign, p.Cosign), func(text, sig []byte) bool {
		return len(sig) == CosignatureSize && timely(sig) && ed25519.Verify(p.Cosign, cosigned(text, binary.BigEndian.Uint64(sig)), sig[8:])
	}}
}

func (p *Party) cosignPQKey() *verifier {
	return &verifier{p.Origin, keyID(p.Origin, algCosignPQ, p.CosignPQ.Bytes()), func(text, sig []byte) bool {
		c, err := parseText(text)
		if err != nil || len(sig) != CosignaturePQSize || !timely(sig) {
			return false
		}
		msg := cosignedPQ(p.Origin, c.Origin, c.Tree, binary.BigEndian.Uint64(sig))
		return mldsa.Verify(p.CosignPQ, msg, sig[8:], nil) == nil
	}}
}

// timely refuses times that no clock shows, and that would break whoever counts
// with them: from 2^48 milliseconds on, as in entries.
func timely(sig []byte) bool { return binary.BigEndian.Uint64(sig) <= max48/1000 }

// check refuses a party that could not sign anything that holds.
func (p *Party) check() error {
	switch {
	case len(p.Origin) < 1 || len(p.Origin) > 255 || !validName(p.Origin):
		return refuse(ErrMalformed, "party", fmt.Sprintf("the name %q", p.Origin), "1 to 255 visible ASCII characters and no plus")
	case len(p.Log) != ed25519.PublicKeySize || len(p.Cosign) != ed25519.PublicKeySize:
		return refuse(ErrMalformed, "party "+p.Origin, "a missing key", "one for its log and one to co-sign")
	}
	return nil
}

func validName(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '+' {
			return false
		}
	}
	return true
}
