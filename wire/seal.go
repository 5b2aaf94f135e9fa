package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

const (
	nonceSize = 12
	tagSize   = 16

	// Overhead is what sealing adds to a plaintext: label, nonce and tag.
	Overhead = LabelSize + nonceSize + tagSize

	// KeySize is the size of every key: AES-256.
	KeySize = 32
)

// How many datagrams one [Sealer] seals. NIST SP 800-38D, section 8.3, allows
// 2^32 random nonces for a key, at which two are equal with probability 2^-32.
const (
	// TrafficLimit is 93 hours at 20 ms. Traffic keys live some minutes.
	TrafficLimit = 1 << 24

	// StartLimit is 8 years at one knock a second. Start keys outlive a restart, a
	// Sealer does not: so the limit leaves room for sixteen of them.
	StartLimit = 1 << 28
)

var (
	// ErrSpent is what a [Sealer] returns that has sealed its limit.
	ErrSpent = errors.New("wire: seal: key has sealed as many datagrams as it may")

	// ErrRefused is what an [Opener] returns for all that its key did not seal. It
	// says no more, because a stranger's bytes deserve no more.
	ErrRefused = errors.New("wire: open: datagram was not sealed under this key")
)

// A Sealer seals the datagrams of one path in one direction under one key. It
// is not safe for concurrent use.
type Sealer struct {
	aead  cipher.AEAD
	label Label
	left  uint64 // datagrams that the key may still seal
}

// An Opener opens the datagrams of one path in one direction under one key.
type Opener struct {
	aead  cipher.AEAD
	label Label
}

// NewSealer makes the sealer of a key that may seal limit datagrams.
func NewSealer(key *[KeySize]byte, label Label, limit uint64) (*Sealer, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead: aead, label: label, left: limit}, nil
}

// NewOpener makes the opener of a key.
func NewOpener(key *[KeySize]byte, label Label) (*Opener, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return &Opener{aead: aead, label: label}, nil
}

func newAEAD(key *[KeySize]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("wire: cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("wire: cipher: %w", err)
	}
	return aead, nil
}

// Left is how many datagrams s may still seal.
func (s *Sealer) Left() uint64 { return s.left }

// Seal writes the datagram of plain into dst, which has exactly [Overhead] bytes
// more than plain and does not overlap it. It returns ErrSpent, and leaves dst
// alone, if the key has sealed as much as it may.
func (s *Sealer) Seal(dst, plain []byte) error {
	if len(dst) != len(plain)+Overhead {
		return fmt.Errorf("wire: seal: buffer of %d bytes for a plaintext of %d: want %d", len(dst), len(plain), len(plain)+Overhead)
	}
	if s.left == 0 {
		return ErrSpent
	}
	s.left--
	copy(dst, s.label[:])
	s.aead.Seal(dst[LabelSize:LabelSize], nil, plain, s.label[:])
	return nil
}

// Open returns the plaintext of datagram, or ErrRefused. With dst nil it opens
// in place, and a datagram that is refused is destroyed. Otherwise the plaintext
// goes to the start of dst, which does not overlap datagram and has room for it,
// and datagram stays whole, to be tried under another key.
func (o *Opener) Open(dst, datagram []byte) ([]byte, error) {
	if len(datagram) < Overhead || Label(datagram[:LabelSize]) != o.label {
		return nil, ErrRefused
	}
	sealed := datagram[LabelSize:]
	if dst == nil {
		dst = sealed
	} else if cap(dst) < len(datagram)-Overhead {
		return nil, fmt.Errorf("wire: open: buffer of %d bytes for a plaintext of %d", cap(dst), len(datagram)-Overhead)
	}
	plain, err := o.aead.Open(dst[:0], nil, sealed, o.label[:])
	if err != nil {
		return nil, ErrRefused
	}
	return plain, nil
}
