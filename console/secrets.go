package console

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"
)

const (
	tokenLife = 15 * time.Minute
	maxTokens = 256 // waiting at once; the oldest goes
)

// A digest is the SHA-256 of a secret: all that is kept of one.
type digest [sha256.Size]byte

// newSecret makes 256 random bits, as text that fits a URL and a cookie.
func newSecret() (string, digest) {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:]), sha256.Sum256(b[:])
}

// digestOf reads what newSecret wrote, and nothing else.
func digestOf(secret string) (digest, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(b) != 32 || base64.RawURLEncoding.EncodeToString(b) != secret {
		return digest{}, false
	}
	return sha256.Sum256(b), true
}

func (d digest) equal(other digest) bool { return subtle.ConstantTimeCompare(d[:], other[:]) == 1 }

// tokens are the entry tokens not used yet, the oldest first. The zero value is
// ready to use.
type tokens struct {
	standing bool // they stay, unused or used, until the server ends; see [Config.StandingLinks]

	mu      sync.Mutex
	waiting []token
}

type token struct {
	digest  digest
	expires time.Time
	kiosk   bool
}

func (t *tokens) make(now time.Time, kiosk bool) string {
	secret, d := newSecret()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire(now)
	if len(t.waiting) == maxTokens {
		t.waiting = t.waiting[1:]
	}
	t.waiting = append(t.waiting, token{d, now.Add(tokenLife), kiosk})
	return secret
}

// take uses a token up, and says whether it was a kiosk's. It looks at every waiting token, so that the time it
// needs says nothing about which was nearly right.
func (t *tokens) take(now time.Time, secret string) (kiosk, ok bool) {
	d, ok := digestOf(secret)
	if !ok {
		return false, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire(now)
	found := -1
	for i := range t.waiting {
		if t.waiting[i].digest.equal(d) {
			found = i
		}
	}
	if found < 0 {
		return false, false
	}
	kiosk = t.waiting[found].kiosk
	if !t.standing {
		t.waiting = append(t.waiting[:found:found], t.waiting[found+1:]...)
	}
	return kiosk, true
}

// expire needs mu. The waiting tokens stand in the order of their expiry.
func (t *tokens) expire(now time.Time) {
	if t.standing {
		return
	}
	n := 0
	for n < len(t.waiting) && !now.Before(t.waiting[n].expires) {
		n++
	}
	t.waiting = t.waiting[n:]
}
