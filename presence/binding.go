package presence

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"ringdown/accord"
	"ringdown/record"
)

const (
	label      = "ringdown presence 1\n"
	labelWords = "ringdown presence words 1\n"
)

// A Binding is all that one assertion is good for: this call, this key, this nonce, in this direction.
type Binding struct {
	Accord     accord.Digest
	Call       record.CallID
	Claimant   uint64 // incarnation of the station whose principal touches the key
	Verifier   uint64 // of the station that gave the nonce out
	Role       record.Role
	Credential [32]byte // [CredentialHash]
	Nonce      [32]byte
}

// Challenge is what the key is asked to sign.
func (b *Binding) Challenge() [32]byte {
	m := make([]byte, 0, len(label)+len(b.Accord)+len(b.Call)+8+8+1+len(b.Credential)+len(b.Nonce))
	m = append(append(append(m, label...), b.Accord[:]...), b.Call[:]...)
	m = binary.BigEndian.AppendUint64(m, b.Claimant)
	m = binary.BigEndian.AppendUint64(m, b.Verifier)
	m = append(append(append(m, byte(b.Role)), b.Credential[:]...), b.Nonce[:]...)
	return sha256.Sum256(m)
}

// CredentialHash names a credential, whose id may be long, in messages and entries.
func CredentialHash(id []byte) [32]byte { return sha256.Sum256(id) }

// Words are what two people read to each other who have no key: the same on both consoles of this call on this line,
// others in every other. first and second are the incarnations of the accord's first and second party.
func Words(pairSecret [32]byte, digest accord.Digest, call record.CallID, first, second uint64) [4]string {
	info := append(append([]byte(labelWords), digest[:]...), call[:]...)
	info = binary.BigEndian.AppendUint64(info, first)
	info = binary.BigEndian.AppendUint64(info, second)
	key, err := hkdf.Key(sha256.New, pairSecret[:], nil, string(info), 6)
	if err != nil {
		panic("presence: " + err.Error()) // only an overlong key is refused
	}
	var number [8]byte
	copy(number[2:], key)
	bits := binary.BigEndian.Uint64(number[:]) >> 4 // 44 bits
	var words [4]string
	for i := range words {
		words[i] = accord.Word(int(bits >> (11 * (3 - i)) & 0x7ff))
	}
	return words
}
