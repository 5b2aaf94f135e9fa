package station

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/presence/softkey"
)

const testPage = "https://console.north.example"

// register has a side make a key, and gives it with what the station says.
func (a *accordWorld) register(side int, name string, soft *softkey.Key) error {
	a.t.Helper()
	k, err := a.st[side].NewKey("line0", api.KeyRequest{Name: name, Origin: testPage})
	a.must(err)
	challenge, err := parseBase64url(k.Challenge)
	a.must(err)
	client, attestation := soft.Create(challenge)
	return a.st[side].AddKey("line0", api.CreatedKey{Challenge: k.Challenge, ClientData: base64url(client), Attestation: base64url(attestation)})
}

func softKey(seed string) *softkey.Key {
	return softkey.New(seed, "console.north.example", testPage, false)
}

// A key counts when the other side has approved it, and so does another in its place.
func TestRegisterAKey(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		registered := func(side int, own bool) (keys []accord.PrincipalKey) {
			a.must(a.st[side].do(func() { keys = a.st[side].lines["line0"].principals(own) }))
			return keys
		}
		for i, seed := range []string{"first key", "second key"} {
			a.must(a.register(0, "A. Weber", softKey(seed)))
			id := a.waits(1, time.Second)
			if have := registered(0, true); len(have) != i {
				t.Errorf("before it is approved %d keys are registered, want %d", len(have), i)
			}
			a.must(a.st[1].ApproveProposal("line0", id))
			a.within(time.Second, "both have it", func() bool {
				own, far := registered(0, true), registered(1, false)
				return len(own) == 1 && len(far) == 1 && own[0].Equal(far[0]) && int(own[0].Serial) == i+1 && slices.Equal(own[0].PublicKey, softKey(seed).Public())
			})
			if names := a.line(1, 0).FarKeys; !slices.Equal(names, []string{"A. Weber"}) {
				t.Errorf("south shows %q", names)
			}
		}
	})
}

// What cannot be registered is refused before the other side hears of it.
func TestRegisterRefused(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		copied := softKey("copied")
		copied.Flags |= softkey.BackupEligible
		err := a.register(0, "A. Weber", copied)
		wantCode(t, err, "key-refused")
		if err != nil && !strings.Contains(err.Error(), "can be copied") {
			t.Errorf("found %q, want why", err)
		}
		for origin, good := range map[string]bool{"http://localhost:7100": true, testPage: true, "https://192.0.2.1": false, "https://[::1]:80": false, "https://Console.example": false, testPage + "/": false, "console": false, "": false} {
			if _, err := a.st[0].NewKey("line0", api.KeyRequest{Name: "A. Weber", Origin: origin}); (err == nil) != good {
				t.Errorf("origin %q: %v", origin, err)
			}
		}
		_, err = a.st[0].NewKey("line0", api.KeyRequest{Name: "A\u202eWeber", Origin: testPage})
		wantCode(t, err, "bad-request")

		k, err := a.st[0].NewKey("line0", api.KeyRequest{Name: "A. Weber", Origin: testPage})
		a.must(err)
		challenge, _ := parseBase64url(k.Challenge)
		client, attestation := softKey("late").Create(challenge)
		late := api.CreatedKey{Challenge: k.Challenge, ClientData: base64url(client), Attestation: base64url(attestation)}
		time.Sleep(registerTime + time.Second)
		wantCode(t, a.st[0].AddKey("line0", late), "no-such-touch")
		if n := len(a.line(1, 0).Proposals); n != 0 {
			t.Errorf("south is asked about %d keys, want none", n)
		}
	})
}
