package accord

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// SecretSize is the length of every secret: the pair secret, and the seed
// of each private key.
const SecretSize = 32

// A Secret is 32 bytes that are never shown. However it is printed, logged or
// marshalled, alone or inside something else, what comes out is "[secret]" or
// an address in memory. The zero Secret holds nothing.
type Secret struct {
	// A function, because fmt prints the unexported fields of a struct without asking
	// the methods below, and for a verb that does not fit (%s of a pointer to an
	// array) even what a pointer points to. It has no way into a function.
	open func() *[SecretSize]byte
}

const redacted = "[secret]"

func newSecret() Secret {
	b := new([SecretSize]byte)
	rand.Read(b[:]) // never fails: it would end the program
	return Secret{func() *[SecretSize]byte { return b }}
}

// secretOf copies b, which must have SecretSize bytes.
func secretOf(b []byte) Secret {
	array := [SecretSize]byte(b)
	return Secret{func() *[SecretSize]byte { return &array }}
}

// Bytes gives the secret itself, all zero if there is none.
func (s Secret) Bytes() [SecretSize]byte {
	if s.open == nil {
		return [SecretSize]byte{}
	}
	return *s.open()
}

// IsZero tells whether there is no secret.
func (s Secret) IsZero() bool { return s.open == nil }

// Equal compares in constant time. No secret equals nothing, not even another.
func (s Secret) Equal(other Secret) bool {
	return s.open != nil && other.open != nil && subtle.ConstantTimeCompare(s.open()[:], other.open()[:]) == 1
}

// Format covers every verb of fmt, %x and %d too.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

func (s Secret) String() string { return redacted }

// LogValue is for slog, MarshalText for JSON and whatever else makes text.
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
