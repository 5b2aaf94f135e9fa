package people

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is kept.
const (
	MostPeople = 500
	MostKeys   = 8              // of one person
	LinkLife   = 24 * time.Hour // of an enrolment link
	MaxName    = 40             // characters of a person's name
	maxName    = 128            // bytes: what an entry of the record can hold
	maxKeyID   = 1023           // bytes, by WebAuthn
	maxPublic  = 1024           // bytes of a public key
	maxHost    = 253            // bytes of a host name
)

// A Role is what a person is at the station.
type Role string

// The roles, as package api names them.
const (
	Officer       Role = "officer"
	Principal     Role = "principal"
	Observer      Role = "observer"
	Administrator Role = "administrator"
)

// Roles are all of them, in the order in which they are kept and shown.
var Roles = []Role{Officer, Principal, Observer, Administrator}

// A Person is one who may use the station. What it points to is never changed in place.
type Person struct {
	ID    ID        `json:"id"`
	Name  string    `json:"name"`
	Roles []Role    `json:"roles"`
	Added time.Time `json:"added"`
	Keys  []Key     `json:"keys"`
	Link  *Link     `json:"link,omitempty"` // unused; it may have expired
}

// Is says whether the person has the role.
func (p Person) Is(r Role) bool { return slices.Contains(p.Roles, r) }

// Enrolled says whether the person has a passkey.
func (p Person) Enrolled() bool { return len(p.Keys) > 0 }

// A Key is one passkey.
type Key struct {
	ID     []byte    `json:"id"`
	Public []byte    `json:"public"` // COSE
	Host   string    `json:"host"`   // the RP ID
	Count  uint32    `json:"count"`  // 0 for those that do not count
	Syncs  bool      `json:"syncs"`  // it may exist on several devices of its owner
	Added  time.Time `json:"added"`
	Used   time.Time `json:"used"`

	// Copied is when its count went back, so that two devices must have it. Zero: never.
	Copied time.Time `json:"copied,omitzero"`
}

// A Link lets a person enrol, once. The token is not kept.
type Link struct {
	Digest   Digest    `json:"digest"`
	Expires  time.Time `json:"expires"`
	Replaces bool      `json:"replaces"` // the key that it brings ends all older ones
}

// An ID names a person for ever, whatever they are called. It is the user handle of their passkeys.
type ID [16]byte

func newID() (id ID) {
	rand.Read(id[:])
	return id
}

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, id[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(text []byte) error { return unhex("id", id[:], text) }

// A Digest is the SHA-256 of a link's token.
type Digest [sha256.Size]byte

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(text []byte) error { return unhex("digest", d[:], text) }

// unhex reads lower-case hexadecimal of the exact length.
func unhex(what string, into, text []byte) error {
	if len(text) == 2*len(into) && !slices.ContainsFunc(text, func(b byte) bool { return 'A' <= b && b <= 'F' }) {
		if _, err := hex.Decode(into, text); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s is %.70q, want %d hexadecimal digits", what, text, 2*len(into))
}

// newToken draws a link's secret, as text that fits an address.
func newToken() (string, Digest) {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:]), sha256.Sum256(b[:])
}

// digestOf reads what newToken wrote, and nothing else.
func digestOf(token string) (Digest, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != 32 || base64.RawURLEncoding.EncodeToString(b) != token {
		return Digest{}, false
	}
	return sha256.Sum256(b), true
}

// opens says whether the link is of the token and still lives. It takes as long for any digest.
func (l *Link) opens(now time.Time, d Digest) bool {
	return l != nil && subtle.ConstantTimeCompare(l.Digest[:], d[:]) == 1 && now.Before(l.Expires)
}

// cleanRoles sorts roles and holds them to those there are.
func cleanRoles(roles []Role) ([]Role, error) {
	for _, r := range roles {
		if !slices.Contains(Roles, r) {
			return nil, fmt.Errorf("role is %.40q, want officer, principal, observer or administrator", string(r))
		}
	}
	var clean []Role
	for _, r := range Roles {
		if slices.Contains(roles, r) {
			clean = append(clean, r)
		}
	}
	if len(clean) == 0 {
		return nil, errors.New("no role is given, want at least one")
	}
	return clean, nil
}

// checkName accepts what a person can be called in the record, exactly as it stands.
func checkName(name string) error {
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return fmt.Errorf("name is %.40q, want it without space around it, and not empty", name)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("name is %.80q, want characters that can be seen", name)
	case utf8.RuneCountInString(name) > MaxName || len(name) > maxName:
		return fmt.Errorf("name has %d characters and %d bytes, want at most %d and %d", utf8.RuneCountInString(name), len(name), MaxName, maxName)
	}
	return nil
}

// check holds a person from a file to the bounds.
func (p *Person) check() error {
	if err := checkName(p.Name); err != nil {
		return err
	}
	roles, err := cleanRoles(p.Roles)
	if err == nil && !slices.Equal(roles, p.Roles) {
		err = fmt.Errorf("roles are %q, want %q", p.Roles, roles)
	}
	if err == nil && len(p.Keys) > MostKeys {
		err = fmt.Errorf("has %d keys, want at most %d", len(p.Keys), MostKeys)
	}
	if err == nil && p.ID == (ID{}) {
		err = errors.New("id is all zero, want a random one")
	}
	for i := range p.Keys {
		if err == nil {
			err = p.Keys[i].check()
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	return nil
}

func (k *Key) check() error {
	switch {
	case len(k.ID) == 0 || len(k.ID) > maxKeyID:
		return fmt.Errorf("a key's id has %d bytes, want 1 to %d", len(k.ID), maxKeyID)
	case len(k.Public) == 0 || len(k.Public) > maxPublic:
		return fmt.Errorf("a public key has %d bytes, want 1 to %d", len(k.Public), maxPublic)
	case k.Host == "" || len(k.Host) > maxHost:
		return fmt.Errorf("a key's host has %d bytes, want 1 to %d", len(k.Host), maxHost)
	}
	return nil
}
