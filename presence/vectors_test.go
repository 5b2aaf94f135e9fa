package presence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ringdown/accord"
	"ringdown/presence/softkey"
	"ringdown/record"
)

var writeVectors = flag.Bool("write-vectors", false, "make new files in testdata/vectors")

// A vector is a block of lines, "keyword value", under "# name"; see testdata/vectors.
type vector struct {
	name   string
	values map[string][]string
}

func readVectors(t *testing.T, file string) (all []vector) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "vectors", file))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		v := vector{values: map[string][]string{}}
		for _, line := range strings.Split(block, "\n") {
			key, rest, _ := strings.Cut(line, " ")
			if key == "#" {
				v.name = rest
				continue
			}
			v.values[key] = append(v.values[key], rest)
		}
		if len(v.values) > 0 {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s: no vectors", file)
	}
	return all
}

func (v vector) text(t *testing.T, key string) string {
	t.Helper()
	if len(v.values[key]) != 1 {
		t.Fatalf("%s: %d values of %s, want one", v.name, len(v.values[key]), key)
	}
	return v.values[key][0]
}

func (v vector) bytes(t *testing.T, key string) []byte {
	t.Helper()
	b, err := hex.DecodeString(v.text(t, key))
	if err != nil {
		t.Fatalf("%s: %s: %v", v.name, key, err)
	}
	return b
}

func (v vector) number(t *testing.T, key string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(v.text(t, key), 10, 64)
	if err != nil {
		t.Fatalf("%s: %s: %v", v.name, key, err)
	}
	return n
}

// verdict is what a vector expects: "holds", or a reason.
func verdict(err error) string {
	var r *Refusal
	switch {
	case err == nil:
		return "holds"
	case errors.As(err, &r):
		return r.Reason.String()
	}
	return "no refusal: " + err.Error()
}

func TestChallengeVectors(t *testing.T) {
	for _, v := range readVectors(t, "challenges.txt") {
		b := Binding{Accord: accord.Digest(v.bytes(t, "accord")), Call: record.CallID(v.bytes(t, "call")), Claimant: v.number(t, "claimant"),
			Verifier: v.number(t, "verifier"), Role: record.Role(v.number(t, "role")), Credential: CredentialHash(v.bytes(t, "credential")), Nonce: [32]byte(v.bytes(t, "nonce"))}
		if c := b.Challenge(); !bytes.Equal(c[:], v.bytes(t, "challenge")) {
			t.Errorf("%s: challenge %x, want %s", v.name, c, v.text(t, "challenge"))
		}
		words := Words([32]byte(v.bytes(t, "pair-secret")), b.Accord, b.Call, b.Claimant, b.Verifier)
		if have := strings.Join(words[:], " "); have != v.text(t, "words") {
			t.Errorf("%s: words %q, want %q", v.name, have, v.text(t, "words"))
		}
	}
}

func TestAssertionVectors(t *testing.T) {
	for _, v := range readVectors(t, "assertions.txt") {
		key := accord.PrincipalKey{RPID: v.text(t, "rp-id"), Origins: v.values["origin"], PublicKey: v.bytes(t, "public-key")}
		c := record.Claim{AuthData: v.bytes(t, "authenticator-data"), ClientData: []byte(v.text(t, "client-data")), Signature: v.bytes(t, "signature")}
		if have := verdict(checkAssertion(key, [32]byte(v.bytes(t, "challenge")), &c)); have != v.text(t, "verdict") {
			t.Errorf("%s: %s, want %s", v.name, have, v.text(t, "verdict"))
		}
	}
}

// TestWriteVectors makes the files anew, but for what a browser made.
func TestWriteVectors(t *testing.T) {
	if !*writeVectors {
		return
	}
	var challenges, assertions strings.Builder
	challenges.WriteString("# What keys sign, and the words of the same call: claimant is the accord's first party here. Bytes in hexadecimal.\n")
	for i := range uint64(3) {
		hash := func(what string) []byte { h := sha256.Sum256(fmt.Append(nil, what, i)); return h[:] }
		b := Binding{Accord: accord.Digest(hash("accord")), Call: record.CallID(hash("call")[:16]), Claimant: 1801396800 + i, Verifier: 1<<63 + i,
			Role: record.RolePrincipal, Credential: CredentialHash(hash("credential")), Nonce: [32]byte(hash("nonce"))}
		words := Words([32]byte(hash("pair")), b.Accord, b.Call, b.Claimant, b.Verifier)
		fmt.Fprintf(&challenges, "\n# %d\naccord %x\ncall %x\nclaimant %d\nverifier %d\nrole %d\ncredential %x\nnonce %x\nchallenge %x\npair-secret %x\nwords %s\n",
			i, b.Accord[:], b.Call[:], b.Claimant, b.Verifier, b.Role, hash("credential"), b.Nonce[:], b.Challenge(), hash("pair"), strings.Join(words[:], " "))
	}
	kept := chromium(t)
	assertions.WriteString("# Assertions, and whether they hold for a key of the accord and a challenge. Bytes in hexadecimal; client-data as it is.\n\n" + kept + "\n")
	for _, a := range madeAssertions() {
		s := a.scene
		fmt.Fprintf(&assertions, "\n# %s\nrp-id %s\norigin %s\npublic-key %x\nchallenge %x\nauthenticator-data %x\nclient-data %s\nsignature %x\nverdict %s\n", a.name, s.key.RPID,
			strings.Join(s.key.Origins, "\norigin "), s.key.PublicKey, s.asked.Challenge(), s.claim.AuthData, s.claim.ClientData, s.claim.Signature,
			verdict(checkAssertion(s.key, s.asked.Challenge(), &s.claim)))
	}
	for name, text := range map[string]string{"challenges.txt": challenges.String(), "assertions.txt": assertions.String()} {
		if err := os.WriteFile(filepath.Join("testdata", "vectors", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// chromium is the block that a real browser made.
func chromium(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "vectors", "assertions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		if strings.HasPrefix(block, "# Chromium") {
			return block
		}
	}
	t.Fatal("no block begins with # Chromium")
	return ""
}

type namedScene struct {
	name  string
	scene *scene
}

// madeAssertions are one that holds of each algorithm, and one for each thing that can be wrong.
func madeAssertions() (list []namedScene) {
	fixed := func(eddsa bool) *scene {
		s := newScene(eddsa)
		s.asked.Nonce = [32]byte{1, 2, 3}
		return s
	}
	add := func(name string, eddsa bool, change func(*scene)) {
		s := fixed(eddsa)
		change(s)
		s.claims()
		list = append(list, namedScene{name, s})
	}
	nothing := func(*scene) {}
	add("ES256", false, nothing)
	add("EdDSA", true, nothing)
	add("another origin", true, func(s *scene) { s.soft.Origin = "https://north.example" })
	add("a page within another", true, func(s *scene) { s.soft.CrossOrigin = true })
	add("another domain", true, func(s *scene) { s.soft.RPID = "north.example" })
	add("not touched", true, func(s *scene) { s.soft.Flags = softkey.Verified })
	add("user not verified", true, func(s *scene) { s.soft.Flags = softkey.Touched })
	add("backup eligible", true, func(s *scene) { s.soft.Flags |= softkey.BackupEligible })
	add("a registration", true, func(s *scene) { s.soft.Type = "webauthn.create" })
	add("another key", true, func(s *scene) { s.soft = softkey.New("another", testRP, testOrigin, true) })

	s := fixed(true)
	s.claimsSigned(Binding{})
	list = append(list, namedScene{"another challenge", s})
	s = fixed(true)
	s.claims()
	s.claim.ClientData = bytes.Replace(s.claim.ClientData, []byte(`,"origin"`), []byte(`, "origin"`), 1)
	s.claim.Signature = s.soft.Sign(s.claim.AuthData, s.claim.ClientData)
	return append(list, namedScene{"client data of another form", s})
}
