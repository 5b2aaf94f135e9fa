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
// the address of a pointer. The zero Secret holds nothing.
type Secret struct {
	// A pointer, because fmt prints the unexported fields of a struct without
	// asking the methods below: inside a struct it stops at a pointer.
	b *[SecretSize]byte
}

const redacted = "[secret]"

func newSecret() Secret {
	b := new([SecretSize]byte)
	rand.Read(b[:]) // never fails: it would end the program
	return Secret{b}
}

// secretOf copies b, which must have SecretSize bytes.
func secretOf(b []byte) Secret { return Secret{(*[SecretSize]byte)(append([]byte(nil), b...))} }

// Bytes gives the secret itself.
func (s Secret) Bytes() [SecretSize]byte {
	if s.b == nil {
		return [SecretSize]byte{}
	}
	return *s.b
}

// IsZero tells whether there is no secret.
func (s Secret) IsZero() bool { return s.b == nil }

// Equal compares in constant time. No secret equals nothing, not even another.
func (s Secret) Equal(other Secret) bool {
	return s.b != nil && other.b != nil && subtle.ConstantTimeCompare(s.b[:], other.b[:]) == 1
}

// Format covers every verb of fmt, %x and %d too.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
