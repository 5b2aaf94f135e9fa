package disclose

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"filippo.io/mldsa"

	"ringdown/accord"
	"ringdown/record"
)

// A role is what a key of the accord is for.
type role struct {
	name      string
	algorithm string
	size      int
}

// roles in the accord's order.
var roles = [...]role{
	{"identity", "ed25519", ed25519.PublicKeySize},
	{"line", "ed25519", ed25519.PublicKeySize},
	{"log", "ed25519", ed25519.PublicKeySize},
	{"cosign", "ed25519", ed25519.PublicKeySize},
	{"cosign-pq", "ml-dsa-44", mldsa.MLDSA44PublicKeySize},
}

const (
	roleLog = 2 + iota
	roleCosign
	roleCosignPQ
)

// A party is a section "first" or "second" of the accord.
type party struct {
	Text string // the section, as the accord has it
	Name string
	Keys [len(roles)][]byte
}

func (p *party) text(w *writer) { w.quoted(p.Text) }

// parseParty reads a section of the accord: a line "name NAME", and for each role a line
// "key ROLE SERIAL SUCCESSOR ALGORITHM" and the key in base64, without padding, in lines of at
// most 64 characters behind two spaces.
func parseParty(text string) (p party, ok bool) {
	p.Text = text
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	p.Name, ok = strings.CutPrefix(lines[0], "name ")
	if !ok || !oneLine(p.Name, 1, maxName) {
		return p, false
	}
	lines = lines[1:]
	for i, r := range roles {
		n := 1 + (base64.RawStdEncoding.EncodedLen(r.size)+blockWidth-1)/blockWidth
		if len(lines) < n || !keyLine(lines[0], r) {
			return p, false
		}
		b, ok := unblock(lines[1:n])
		if !ok || len(b) != r.size {
			return p, false
		}
		p.Keys[i], lines = b, lines[n:]
	}
	return p, len(lines) == 0
}

const (
	maxName    = 256 // bytes: 64 characters
	blockWidth = 64
)

func keyLine(l string, r role) bool {
	f := strings.Split(l, " ")
	return len(f) == 5 && f[0] == "key" && f[1] == r.name && number(f[2], 1<<31-1) > 0 &&
		(f[3] == "accord" || f[3] == "identity") && f[4] == r.algorithm
}

func unblock(lines []string) ([]byte, bool) {
	var s strings.Builder
	s.Grow(len(lines) * blockWidth)
	for i, l := range lines {
		l, ok := strings.CutPrefix(l, "  ")
		if !ok || i < len(lines)-1 && len(l) != blockWidth {
			return nil, false
		}
		s.WriteString(l)
	}
	return unbase64(base64.RawStdEncoding, s.String())
}

// unbase64 reads the one form of some bytes, in a line. Even a strict decoder passes over carriage returns.
func unbase64(e *base64.Encoding, s string) ([]byte, bool) {
	b, err := e.Strict().DecodeString(s)
	return b, err == nil && strings.IndexByte(s, '\r') < 0
}

func (p *party) digest(s side) [32]byte {
	return sha256.Sum256([]byte("ringdown section 1 " + s.String() + "\n" + p.Text))
}

// Fingerprints are those of both parties of an accord, in hexadecimal: what whoever checks a
// disclosure compares, to know whose keys they are.
func Fingerprints(sections []accord.Section) (firstParty, secondParty string, err error) {
	var f file
	if err := f.takeAccord(sections); err != nil {
		return "", "", err
	}
	return hexed(f.Prints[first][:]), hexed(f.Prints[second][:]), nil
}

// print is the fingerprint of a party: of its name and keys, in whichever accord it has them.
func (p *party) print() [32]byte {
	return sha256.Sum256([]byte("ringdown party 1\n" + p.Text))
}

// keys gives the party as the record knows it.
func (p *party) keys(accord [32]byte, s side) *record.Party {
	pq, err := mldsa.NewPublicKey(mldsa.MLDSA44(), p.Keys[roleCosignPQ])
	if err != nil {
		panic("disclose: " + err.Error()) // every 1,312 bytes are a key
	}
	return &record.Party{Origin: record.Origin(accord, s == first), Log: p.Keys[roleLog], Cosign: p.Keys[roleCosign], CosignPQ: pq}
}

// weak are the encodings of points of small order, the sign bit cleared: under such a
// "key" anybody can sign (RFC 8032 does not exclude them).
var weak = [...]string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

func isWeak(key []byte) bool {
	if len(key) != ed25519.PublicKeySize {
		return false
	}
	y := bytes.Clone(key)
	y[31] &= 0x7f
	return slices.Contains(weak[:], hex.EncodeToString(y))
}

// unusable finds a key that proves nothing: one that anybody can sign with, or that
// stands for two roles or two parties.
func unusable(parties *[2]party) (where string) {
	seen := map[string]bool{}
	for _, s := range sides {
		for i, k := range parties[s].Keys {
			if isWeak(k) || seen[string(k)] {
				return s.String() + " " + roles[i].name
			}
			seen[string(k)] = true
		}
	}
	return ""
}
