package accord

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var writeVectors = flag.Bool("write-vectors", false, "make new files in testdata/vectors")

const vectorDir = "testdata/vectors"

// vectorSecret is a secret that everybody knows, for the vectors.
func vectorSecret(of string) Secret {
	sum := sha256.Sum256([]byte("ringdown vector " + of))
	return secretOf(sum[:])
}

func vectorKeys(name Name) *KeySet {
	ks := NewKeySet()
	for _, k := range ks.keys {
		k.seed = vectorSecret(string(name) + " " + string(k.role))
	}
	return ks
}

// makeVectors writes the files. Sealing and ML-DSA are random, so each run makes other ones.
func makeVectors(t *testing.T) {
	north, south := vectorKeys("North"), vectorKeys("South")
	inv, _, err := newInvite(noon, "North", north, InviteOptions{For: "South", Paths: northPaths})
	if err != nil {
		t.Fatal(err)
	}
	once, err := onceKey(vectorSecret("North once"))
	if err != nil {
		t.Fatal(err)
	}
	inv.once = once.PublicKey().Bytes()
	inv.proofs = north.prove(inv.statement())
	a, _, err := newAccept(noon, "South", south, inv, AcceptOptions{Ends: southEnds})
	if err != nil {
		t.Fatal(err)
	}
	acc := a.Accept
	if acc.sealed, err = seal(vectorSecret("secret"), inv.once, acc.info(), acc.aad()); err != nil {
		t.Fatal(err)
	}
	acc.proofs = south.prove(a.statement("accept"))
	for name, text := range vectorAmendments(t, a, north, south) {
		writeVector(t, name, text)
	}
	writeVector(t, "north.invite", inv.File())
	writeVector(t, "south.accept", acc.File())
	writeVector(t, "values.txt", []byte(vectorValues(t)))
}

// vectorAmendments are a change of North's address, a key of a principal of South's, and new rules by North.
func vectorAmendments(t *testing.T, a *Accord, north, south *KeySet) map[string][]byte {
	s := a.base()
	e, err := s.first.with(to("192.0.2.9:7000"))
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]byte)
	next := func(name string, first bool, c change) {
		own, other := north, south
		if !first {
			own, other = other, own
		}
		if c.sort != SortEnds {
			m := &Motion{Accord: a.Digest(), Next: s.serial + 1, First: first, Made: noon, change: c}
			m.signature = own.of(RoleIdentity).sign(m.statement())
			out["motion-"+map[Sort]string{SortRules: "rules", SortPrincipal: "key"}[c.sort]] = m.Text()
		}
		p, err := s.propose(a, noon, own, first, c)
		if err != nil {
			t.Fatal(err)
		}
		full := p.countersign(other)
		if err := s.follow(a, full); err != nil {
			t.Fatal(err)
		}
		out[name] = full.Text()
		if name == "amendment" {
			out["proposal"] = p.Text()
		}
	}
	key := keyOf("I. Petrova", 1)
	next("amendment", true, change{sort: SortEnds, ends: e})
	next("amendment-2", false, change{sort: SortPrincipal, principal: &PrincipalChange{Register, key}})
	next("amendment-3", true, change{sort: SortRules, rules: &otherRules})
	return out
}

func writeVector(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(vectorDir, name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func vector(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectorDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectorAccord(t testing.TB) *Accord {
	t.Helper()
	inv, err := ParseInvite(vector(t, "north.invite"))
	if err != nil {
		t.Fatal(err)
	}
	acc, err := ParseAccept(vector(t, "south.accept"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := Join(inv, acc)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// vectorValues computes what values.txt holds.
func vectorValues(t *testing.T) string {
	a := vectorAccord(t)
	secret, err := unseal(vectorSecret("North once"), a.Accept.sealed, a.Accept.info(), a.Accept.aad())
	if err != nil {
		t.Fatal(err)
	}
	var chain []*Amendment
	for _, name := range []string{"amendment", "amendment-2", "amendment-3"} {
		m, err := ParseAmendment(vector(t, name))
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, m)
	}
	var b strings.Builder
	line := func(name string, value any) { fmt.Fprintln(&b, name, value) }
	line("id", a.ID())
	line("invite-digest", a.Invite.Digest())
	line("accord-digest", a.Digest())
	line("words", spoken(a.Words()))
	line("final", hex.EncodeToString(a.final(vectorKeys("North"))))
	opened := secret.Bytes()
	line("pair-secret", hex.EncodeToString(opened[:]))
	for _, m := range chain {
		line("amendment-digest", m.Digest())
	}
	for _, name := range []string{"motion-key", "motion-rules"} {
		m, err := ParseMotion(vector(t, name))
		if err != nil || m.check(a) != nil {
			t.Fatalf("%s: %v, %v", name, err, m.check(a))
		}
		line(name+"-digest", m.Digest())
	}
	paths, err := a.Amended(chain)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(a.Paths(), paths...) {
		line("path", fmt.Sprintf("%d %s %s %s", p.Number, p.Name, p.First, p.Second))
	}
	return b.String()
}

func TestVectors(t *testing.T) {
	if *writeVectors {
		makeVectors(t)
	}
	if got, want := vectorValues(t), string(vector(t, "values.txt")); got != want {
		t.Errorf("values are\n%s\nwant\n%s", got, want)
	}
	a := vectorAccord(t)
	sig := a.final(vectorKeys("North"))
	if err := a.CheckFinal(sig); err != nil {
		t.Error(err)
	}
	if got := vectorKeys("South").Public(); got.Of(RoleCosignPQ).Serial != 1 || string(got.Of(RoleCosignPQ).Bytes) != string(a.Second().Keys.Of(RoleCosignPQ).Bytes) {
		t.Error("the seeds do not make the keys of the accord")
	}
}

func TestVectorsThatAreRefused(t *testing.T) {
	a := vectorAccord(t)
	base := a.base()
	trust := map[string]func([]byte) error{
		"north.invite": func(b []byte) error { _, err := ParseInvite(b); return err },
		"south.accept": func(b []byte) error {
			acc, err := ParseAccept(b)
			if err == nil {
				_, err = Join(a.Invite, acc)
			}
			return err
		},
		"proposal": func(b []byte) error {
			m, err := ParseProposal(b)
			if err == nil {
				err = base.check(a, m)
			}
			return err
		},
		"amendment": func(b []byte) error {
			m, err := ParseAmendment(b)
			if err == nil {
				_, err = a.Amended([]*Amendment{m})
			}
			return err
		},
	}
	trust["motion-rules"] = func(b []byte) error {
		m, err := ParseMotion(b)
		if err == nil {
			err = m.check(a)
		}
		return err
	}
	trust["motion-key"] = trust["motion-rules"]
	lines := strings.Split(strings.TrimSpace(string(vector(t, "refused.txt"))), "\n")
	for _, l := range lines {
		f := strings.Split(l, "\t")
		if len(f) != 4 {
			t.Fatalf("%q has %d columns, want 4", l, len(f))
		}
		file := string(vector(t, f[0]))
		if !strings.Contains(file, f[1]) {
			t.Errorf("%s does not hold %q", f[0], f[1])
		}
		if err := trust[f[0]]([]byte(file)); err != nil {
			t.Errorf("%s as it is: %v", f[0], err)
		}
		if err := trust[f[0]]([]byte(strings.Replace(file, f[1], f[2], 1))); !changed(err) {
			t.Errorf("%s with %q for %q (%s): error %v", f[0], f[2], f[1], f[3], err)
		}
	}
}
