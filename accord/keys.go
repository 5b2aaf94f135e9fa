package accord

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strconv"

	"filippo.io/mldsa"
)

// A Role is what a key is for. A key is never used for a second role, for two
// reasons: a signature then says by its key alone what it can mean, and a key
// that must be at hand day and night (line, log) can be lost without losing the
// one that names the others (identity).
type Role string

// The roles, in the order in which they always stand.
const (
	RoleIdentity Role = "identity"  // signs accords and amendments, names the others
	RoleLine     Role = "line"      // authenticates the TLS handshake inside the line
	RoleLog      Role = "log"       // signs checkpoints of the party's own log
	RoleCosign   Role = "cosign"    // co-signs checkpoints of the other's log
	RoleCosignPQ Role = "cosign-pq" // the same, and not breakable by a quantum computer
)

// Roles lists the roles in their order.
var Roles = [...]Role{RoleIdentity, RoleLine, RoleLog, RoleCosign, RoleCosignPQ}

func (r Role) index() int {
	for i, x := range Roles {
		if x == r {
			return i
		}
	}
	panic("accord: no such role: " + string(r))
}

// An Algorithm is a signature scheme. Accords name theirs in full, but there is nothing to
// choose: a role has its scheme, and another one needs a new version of the file.
type Algorithm string

const (
	Ed25519 Algorithm = "ed25519"   // RFC 8032
	MLDSA44 Algorithm = "ml-dsa-44" // FIPS 204
)

// Algorithm is the scheme of the role: it is fixed, not chosen.
func (r Role) Algorithm() Algorithm {
	if r == RoleCosignPQ {
		return MLDSA44
	}
	return Ed25519
}

func (a Algorithm) keySize() int {
	if a == MLDSA44 {
		return mldsa.MLDSA44PublicKeySize
	}
	return ed25519.PublicKeySize
}

func (a Algorithm) signatureSize() int {
	if a == MLDSA44 {
		return mldsa.MLDSA44SignatureSize
	}
	return ed25519.SignatureSize
}

// A Successor is the rule by which a key may be replaced by the next one. It is
// part of the accord from the first day, so that nobody has to argue about it on
// the day when a key is lost.
type Successor string

const (
	// SuccessorAccord: only by a new accord, with new words.
	SuccessorAccord Successor = "accord"
	// SuccessorIdentity: by an amendment that the party's identity key signs and
	// the other party counter-signs, with a serial one higher.
	SuccessorIdentity Successor = "identity"
)

// successor is the rule for the keys made here.
func (r Role) successor() Successor {
	if r == RoleIdentity {
		return SuccessorAccord
	}
	return SuccessorIdentity
}

// MaxSerial is the highest serial of keys and of amendments.
const MaxSerial = 1<<31 - 1

// A PublicKey is one key as the accord names it.
type PublicKey struct {
	Role      Role
	Serial    uint32 // 1 for the first of its role, one higher for each successor
	Successor Successor
	Bytes     []byte // as its algorithm encodes it
}

func (k PublicKey) write(w *writer) {
	w.line("key", string(k.Role), strconv.FormatUint(uint64(k.Serial), 10), string(k.Successor), string(k.Role.Algorithm()))
	w.block(k.Bytes)
}

func (k *PublicKey) read(r *reader, role Role) {
	k.Role = role
	f := r.words("key "+string(role), 3)
	k.Serial = uint32(r.number(f[0], MaxSerial))
	k.Successor = Successor(f[1])
	if k.Successor != SuccessorAccord && k.Successor != SuccessorIdentity {
		r.fail(f[1], fmt.Sprintf("%q or %q", SuccessorAccord, SuccessorIdentity))
	}
	if f[2] != string(role.Algorithm()) {
		r.fail(f[2], quoted(string(role.Algorithm())))
	}
	k.Bytes = r.block(role.Algorithm().keySize())
	if r.err == nil && k.weak() {
		r.fail("a key under which anybody can sign", "one that only its holder can use")
	}
}

// smallOrder are the encodings of the eight points of small order on Curve25519,
// canonical or not, the sign bit cleared. Under such a "key" anybody can sign
// (RFC 8032, section 5.1.7, does not exclude them): a party that named one
// could deny whatever it signs.
var smallOrder = [...]string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// weak tells whether k is such a key.
func (k PublicKey) weak() bool {
	if k.Role.Algorithm() != Ed25519 {
		return false
	}
	y := bytes.Clone(k.Bytes)
	y[len(y)-1] &= 0x7f
	return slices.Contains(smallOrder[:], hex.EncodeToString(y))
}

// verify tells whether sig is this key's signature of msg. Lengths are checked
// first: ed25519.Verify panics on a key of another length, which cannot be here,
// and a signature of another length is just wrong.
func (k PublicKey) verify(msg, sig []byte) bool {
	if k.Role.Algorithm() == Ed25519 {
		return len(sig) == ed25519.SignatureSize && ed25519.Verify(k.Bytes, msg, sig)
	}
	pk, err := mldsa.NewPublicKey(mldsa.MLDSA44(), k.Bytes)
	return err == nil && mldsa.Verify(pk, msg, sig, nil) == nil
}

// PublicKeys are the keys of one party, in the order of [Roles].
type PublicKeys [len(Roles)]PublicKey

func (ks *PublicKeys) write(w *writer) {
	for _, k := range ks {
		k.write(w)
	}
}

func (ks *PublicKeys) read(r *reader) {
	for i, role := range Roles {
		ks[i].read(r, role)
	}
}

// Of gives the key of a role.
func (ks *PublicKeys) Of(role Role) PublicKey { return ks[role.index()] }

// Identity, Line, Log and Cosign are the Ed25519 keys of those roles.
func (ks *PublicKeys) Identity() ed25519.PublicKey { return ks.Of(RoleIdentity).Bytes }
func (ks *PublicKeys) Line() ed25519.PublicKey     { return ks.Of(RoleLine).Bytes }
func (ks *PublicKeys) Log() ed25519.PublicKey      { return ks.Of(RoleLog).Bytes }
func (ks *PublicKeys) Cosign() ed25519.PublicKey   { return ks.Of(RoleCosign).Bytes }

// CosignPQ is the ML-DSA-44 key.
func (ks *PublicKeys) CosignPQ() (*mldsa.PublicKey, error) {
	return mldsa.NewPublicKey(mldsa.MLDSA44(), ks.Of(RoleCosignPQ).Bytes)
}

// shares finds out whether two parties name one key. Each proves that it holds its keys, so
// this takes a party that knows the other's private key, or one person behind both.
// It returns a role of ks whose key also stands in other, "" if there is none.
func (ks *PublicKeys) shares(other *PublicKeys) Role {
	for _, a := range ks {
		for _, b := range other {
			if bytes.Equal(a.Bytes, b.Bytes) {
				return a.Role
			}
		}
	}
	return ""
}

// repeats finds out whether one party names a key twice. It returns a role of ks whose
// key stands there a second time, "" if there is none.
func (ks *PublicKeys) repeats() Role {
	for i, a := range ks {
		for _, b := range ks[:i] {
			if bytes.Equal(a.Bytes, b.Bytes) {
				return a.Role
			}
		}
	}
	return ""
}

// proofs are signatures by all keys of a party, in the order of [Roles]: each
// key signs, so that nobody can name a key in an accord that it does not hold.
type proofs [len(Roles)][]byte

func (p *proofs) write(w *writer) {
	for i, sig := range p {
		w.line("signature", string(Roles[i]))
		w.block(sig)
	}
}

func (p *proofs) read(r *reader) {
	for i, role := range Roles {
		r.words("signature "+string(role), 0)
		p[i] = r.block(role.Algorithm().signatureSize())
	}
}

// check verifies all signatures of msg. One that fails is named by its role, because
// that tells a file damaged on its way (usually several) from a key that its
// party does not hold (just that one).
func (p *proofs) check(k kind, ks *PublicKeys, msg []byte) error {
	for i, key := range ks {
		if !key.verify(msg, p[i]) {
			return refuse(ErrChanged, string(k)+" file", fmt.Sprintf("a signature of the %s key that does not hold", key.Role), "one that does").
				hint("get the file again, as an attachment and unopened; if it comes the same, do not use it")
		}
	}
	return nil
}

// A privateKey is one key of a station, as it stands in its file:
//
//	role ROLE
//	serial NUMBER
//	successor RULE
//	seed ALGORITHM + 32 bytes
//
// Both algorithms derive the whole key from the seed (RFC 8032, section 5.1.5; FIPS 204,
// algorithm 6), so the seed is all that has to be kept.
type privateKey struct {
	role      Role
	serial    uint32
	successor Successor
	seed      Secret // both algorithms make their keys from 32 bytes
}

func (k *privateKey) kind() kind { return kindKey }

func (k *privateKey) intro() string {
	return "Ringdown private key of this station: " + string(k.role) + ".\n" +
		"Nobody needs it but this station. Never send it to anyone.\n"
}

func (k *privateKey) write(w *writer) {
	w.line("role", string(k.role))
	w.line("serial", strconv.FormatUint(uint64(k.serial), 10))
	w.line("successor", string(k.successor))
	w.line("seed", string(k.role.Algorithm()))
	seed := k.seed.Bytes()
	w.block(seed[:])
}

func (k *privateKey) read(r *reader) {
	r.words("role "+string(k.role), 0)
	k.serial = uint32(r.number(r.word("serial"), MaxSerial))
	k.successor = Successor(r.word("successor"))
	if k.successor != SuccessorAccord && k.successor != SuccessorIdentity {
		r.fail("", "")
	}
	r.words("seed "+string(k.role.Algorithm()), 0)
	k.seed = secretOf(r.block(SecretSize))
}

func (k *privateKey) ed25519() ed25519.PrivateKey {
	seed := k.seed.Bytes()
	return ed25519.NewKeyFromSeed(seed[:])
}

func (k *privateKey) mldsa() *mldsa.PrivateKey {
	seed := k.seed.Bytes()
	sk, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seed[:])
	if err != nil {
		panic("accord: " + err.Error()) // any 32 bytes make a key
	}
	return sk
}

func (k *privateKey) public() PublicKey {
	p := PublicKey{Role: k.role, Serial: k.serial, Successor: k.successor}
	if k.role.Algorithm() == MLDSA44 {
		p.Bytes = k.mldsa().PublicKey().Bytes()
	} else {
		p.Bytes = k.ed25519().Public().(ed25519.PublicKey)
	}
	return p
}

// sign gives the same signature for the same text with Ed25519, and another one
// each time with ML-DSA, whose hedged form is the safer one against faults.
func (k *privateKey) sign(msg []byte) []byte {
	if k.role.Algorithm() == Ed25519 {
		return ed25519.Sign(k.ed25519(), msg)
	}
	sig, err := k.mldsa().Sign(nil, msg, nil)
	if err != nil {
		panic("accord: " + err.Error()) // only a wrong context or option can fail
	}
	return sig
}

// A KeySet holds the private keys of a station, one for each role. Printed,
// logged or marshalled it shows nothing. It does not change; it is safe for
// concurrent use.
type KeySet struct {
	keys [len(Roles)]*privateKey
}

// NewKeySet makes fresh keys, all with serial 1.
func NewKeySet() *KeySet {
	ks := new(KeySet)
	for i, role := range Roles {
		ks.keys[i] = &privateKey{role: role, serial: 1, successor: role.successor(), seed: newSecret()}
	}
	return ks
}

func (ks *KeySet) of(role Role) *privateKey { return ks.keys[role.index()] }

// Public gives the public halves.
func (ks *KeySet) Public() PublicKeys {
	var p PublicKeys
	for i, k := range ks.keys {
		p[i] = k.public()
	}
	return p
}

// LineKey is the key of the line certificate. The certificate itself is made
// by whoever speaks TLS: crypto/x509 would bring a network stack in here.
func (ks *KeySet) LineKey() ed25519.PrivateKey { return ks.of(RoleLine).ed25519() }

// LogKey signs checkpoints of the station's own logs.
func (ks *KeySet) LogKey() ed25519.PrivateKey { return ks.of(RoleLog).ed25519() }

// CosignKey co-signs checkpoints of other stations' logs.
func (ks *KeySet) CosignKey() ed25519.PrivateKey { return ks.of(RoleCosign).ed25519() }

// CosignPQKey does so with ML-DSA-44.
func (ks *KeySet) CosignPQKey() *mldsa.PrivateKey { return ks.of(RoleCosignPQ).mldsa() }

// prove signs msg with every key.
func (ks *KeySet) prove(msg []byte) proofs {
	var p proofs
	for i, k := range ks.keys {
		p[i] = k.sign(msg)
	}
	return p
}

// Format covers every verb of fmt.
func (ks *KeySet) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

func (ks *KeySet) String() string { return redacted }

// LogValue is for slog, MarshalText for JSON and whatever else makes text.
func (ks *KeySet) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (ks *KeySet) MarshalText() ([]byte, error) { return []byte(redacted), nil }
