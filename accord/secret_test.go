package accord

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"
)

// shown gives every text that a careless line of code could make of v.
func shown(v any) string {
	var all strings.Builder
	for _, verb := range "vsqxXdobtTcUeEfFgGp" {
		for _, flag := range []string{"", "+", "#", " ", "-9", ".3"} {
			fmt.Fprintf(&all, "%"+flag+string(verb)+"\n", v)
		}
	}
	fmt.Fprintln(&all, v)
	if b, err := json.Marshal(v); err == nil {
		all.Write(b)
	}
	slog.New(slog.NewTextHandler(&all, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&all, nil)).Info("x", "v", v)
	_ = gob.NewEncoder(&all).Encode(v)
	_ = template.Must(template.New("").Parse("{{.}} {{printf \"%v\" .}} {{js .}}")).Execute(&all, v)
	return all.String()
}

// traces are the ways in which a secret could be recognised.
func traces(s Secret) []string {
	b := s.Bytes()
	return []string{
		string(b[:8]), hex.EncodeToString(b[:6]), strings.ToUpper(hex.EncodeToString(b[:6])),
		base64.StdEncoding.EncodeToString(b[:9]),
		strings.Trim(fmt.Sprint(b[:6]), "[]"), // decimal
		strings.Trim(fmt.Sprintf("%x", b[:2]), "[]") + " " + fmt.Sprintf("%x", b[2:3]),
		strings.TrimSuffix(fmt.Sprintf("%#v", b[:3])[len("[]byte{"):], "}"), // Go syntax
	}
}

// Nothing that holds a secret shows it, by itself or inside something else.
func TestSecretsAreNeverShown(t *testing.T) {
	p := agreedPair(t)
	once := onceFile{seed: newSecret()}
	secrets := []Secret{p.n.Secret, once.seed}
	for _, k := range p.north.keys.keys {
		secrets = append(secrets, k.seed)
	}
	type wrapped struct {
		Out any
		in  any
	}
	for _, v := range []any{
		p.n.Secret, &p.n.Secret, []Secret{p.n.Secret}, map[string]Secret{"x": p.n.Secret}, secretFile{secret: p.n.Secret},
		p.north, *p.north, p.n, *p.n, p.north.keys, *p.north.keys, p.north.keys.keys, *p.north.keys.keys[0], once, &once,
	} {
		for _, v := range []any{v, wrapped{v, v}, &wrapped{v, v}, []any{v}} {
			text := shown(v)
			for _, s := range secrets {
				for _, trace := range traces(s) {
					if strings.Contains(text, trace) {
						t.Fatalf("%T shows a secret as %q", v, trace)
					}
				}
			}
		}
	}
	// The test itself can see: a bare array is found in every form looked for.
	b := p.n.Secret.Bytes()
	for i, trace := range traces(p.n.Secret)[1:2] {
		if !strings.Contains(shown(b), trace) {
			t.Errorf("form %d of a bare array is not found", i)
		}
	}
}

func TestSecretShowsThatItIsOne(t *testing.T) {
	s, ks := newSecret(), NewKeySet()
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%x %#v %d", s, s, s), s.String(), s.LogValue().String(),
		fmt.Sprint(ks), fmt.Sprintf("%x %#v %d", ks, ks, ks), ks.String(), ks.LogValue().String()} {
		if strings.ReplaceAll(text, redacted, "") != strings.Repeat(" ", strings.Count(text, " ")) {
			t.Errorf("a secret prints as %q", text)
		}
	}
	for _, v := range []any{s, ks} {
		if b, err := json.Marshal(v); err != nil || string(b) != `"`+redacted+`"` {
			t.Errorf("%T marshals as %s, %v", v, b, err)
		}
	}
}

func TestSecretEqual(t *testing.T) {
	a, b := newSecret(), newSecret()
	same := a.Bytes()
	if !a.Equal(secretOf(same[:])) || a.Equal(b) || a.Equal(Secret{}) || (Secret{}).Equal(a) {
		t.Error("Equal does not tell secrets apart")
	}
	if (Secret{}).Equal(Secret{}) || !(Secret{}).IsZero() || a.IsZero() {
		t.Error("no secret equals no secret")
	}
	if (Secret{}).Bytes() != [SecretSize]byte{} {
		t.Error("no secret has bytes")
	}
}

// The pair secret stands in no file that travels, and the files do not give it
// away to whoever holds all keys but the one-time key.
func TestNoFileHoldsTheSecret(t *testing.T) {
	p := agreedPair(t)
	for _, trace := range append(traces(p.n.Secret), traces(p.north.keys.keys[0].seed)...) {
		if bytes.Contains(p.invite, []byte(trace)) || bytes.Contains(p.accept, []byte(trace)) {
			t.Fatalf("a file holds %q", trace)
		}
	}
	acc := p.n.Accord.Accept
	for _, k := range append(p.north.keys.keys[:], p.south.keys.keys[:]...) {
		if _, err := unseal(k.seed, acc.sealed, acc.info(), acc.aad()); err == nil {
			t.Fatalf("the %s key opens the pair secret", k.role)
		}
	}
}

// The sealed secret opens only in the accept it was made for.
func TestSealedSecretIsBound(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.accepts(t)
	acc := p.s.Accord.Accept
	var once onceFile
	once.id = acc.Invite
	if err := readDocument(p.north.path(dirInvites, once.id.String(), fileOnce), &once); err != nil {
		t.Fatal(err)
	}
	if s, err := unseal(once.seed, acc.sealed, acc.info(), acc.aad()); err != nil || !s.Equal(p.s.Secret) {
		t.Fatalf("as it was made: %v", err)
	}
	_, err := unseal(once.seed, acc.sealed, append(acc.info(), ' '), acc.aad())
	wantRefusal(t, err, ErrChanged)
	_, err = unseal(once.seed, acc.sealed, acc.info(), append(acc.aad(), ' '))
	wantRefusal(t, err, ErrChanged)
	for _, i := range []int{0, 1087, 1088, encSize - 1, encSize, sealedSize - 1} {
		bad := bytes.Clone(acc.sealed)
		bad[i] ^= 1
		_, err = unseal(once.seed, bad, acc.info(), acc.aad())
		wantRefusal(t, err, ErrChanged)
	}
}
