package presence

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/presence/softkey"
	"ringdown/record"
)

// FuzzVerify: what is verified has its user's touch, its challenge and a signature by the accord's key, as another
// implementation sees them; all else is refused, and nothing panics.
func FuzzVerify(f *testing.F) {
	for _, a := range madeAssertions() {
		f.Add(a.scene.key.PublicKey, a.scene.claim.AuthData, a.scene.claim.ClientData, a.scene.claim.Signature)
	}
	challenge := madeAssertions()[0].scene.asked.Challenge()
	f.Fuzz(func(t *testing.T, public, authData, clientData, sig []byte) {
		key := keyOf(softkey.New("north", testRP, testOrigin, false))
		key.PublicKey = public
		c := record.Claim{AuthData: authData, ClientData: clientData, Signature: sig}
		err := checkAssertion(key, challenge, &c)
		var r *Refusal
		if err != nil && !errors.As(err, &r) {
			t.Fatalf("no refusal: %v", err)
		}
		if err != nil {
			return
		}
		domain := sha256.Sum256([]byte(testRP))
		if !bytes.HasPrefix(authData, domain[:]) || authData[32]&0x5d != softkey.Touched|softkey.Verified {
			t.Errorf("authenticator data %x is taken", authData)
		}
		if !strings.HasPrefix(string(clientData), `{"type":"webauthn.get","challenge":"`) {
			t.Errorf("client data %q is taken", clientData)
		}
		if !signedBy(public, authData, clientData, sig) {
			t.Errorf("%x is taken for a signature by %x", sig, public)
		}
	})
}

// signedBy looks at a signature with the standard library alone.
func signedBy(public, authData, clientData, sig []byte) bool {
	hash := sha256.Sum256(clientData)
	message := slices.Concat(authData, hash[:])
	if len(public) == 42 {
		return ed25519.Verify(public[10:], message, sig)
	}
	point := slices.Concat([]byte{4}, public[10:42], public[45:])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	digest := sha256.Sum256(message)
	return err == nil && ecdsa.VerifyASN1(key, digest[:], sig)
}

// FuzzRegister: what is registered can be used, and was made for this registration.
func FuzzRegister(f *testing.F) {
	r := registration()
	for _, eddsa := range []bool{false, true} {
		for _, attestation := range []string{"none", "packed"} {
			soft := softkey.New("north", testRP, testOrigin, eddsa)
			soft.Attestation = attestation
			client, made := soft.Create(r.Challenge[:])
			f.Add(client, made)
		}
	}
	f.Fuzz(func(t *testing.T, client, made []byte) {
		key, err := Register(r, client, made)
		var refusal *Refusal
		switch {
		case err == nil && (CheckKey(key) != nil || len(key.Credential) < accord.MinCredential || len(key.Credential) > accord.MaxCredential):
			t.Errorf("%+v is registered", key)
		case err != nil && !errors.As(err, &refusal):
			t.Errorf("no refusal: %v", err)
		}
	})
}

// FuzzDesk: however nonces are asked for and claimed, each is good once, within its time, for what it was given out for.
func FuzzDesk(f *testing.F) {
	f.Add([]byte{0, 1, 16, 2, 32, 3, 64, 65, 129, 200, 0, 1})
	f.Fuzz(func(t *testing.T, steps []byte) {
		d, now := new(Desk), time.Unix(0, 0)
		var out []given
		used := map[[32]byte]bool{}
		for _, step := range steps {
			call := record.CallID{step & 3}
			switch step >> 6 {
			case 0:
				out = append(out, given{d.Give(now, Binding{Call: call, Claimant: 1, Verifier: 2, Role: record.RolePrincipal}), now})
			case 1:
				now = now.Add(time.Duration(step&63) * time.Second)
			default:
				if len(out) == 0 {
					continue
				}
				g := out[int(step&63)%len(out)]
				c := record.Claim{Own: [8]byte{7: 1}, Far: [8]byte{7: 2}, Role: record.RolePrincipal, Nonce: g.Nonce}
				b, err := d.Take(now, Moment{Call: call, Claimant: 1, Verifier: 2}, call, false, &c)
				if err == nil && (b != g.Binding || used[g.Nonce] || g.Call != call || now.Sub(g.at) > Lifetime) {
					t.Fatalf("nonce %x of call %x, %v old, is taken for call %x; used before: %v", g.Nonce, g.Call, now.Sub(g.at), call, used[g.Nonce])
				}
				used[g.Nonce] = true
			}
			if len(d.open) > MostOpen || len(d.past) > mostPast {
				t.Fatalf("%d open and %d past", len(d.open), len(d.past))
			}
		}
	})
}
