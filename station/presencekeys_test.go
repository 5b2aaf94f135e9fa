package station

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/presence"
	"ringdown/presence/softkey"
)

const testPage = "https://console.north.example"

// register has a side make a key that counts at further addresses, too, and gives what the station says.
func (a *accordWorld) register(side int, name string, soft *softkey.Key, also ...string) error {
	a.t.Helper()
	k, err := a.st[side].NewKey("line0", api.KeyRequest{Name: name, Origin: testPage, Also: also})
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

// secondPage is a further address of the console.
const secondPage = testPage + ":7101"

// A key is registered for the addresses that are named, and the other side's people are asked about these.
func TestRegisterForTwoAddresses(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		a.must(a.register(0, "A. Weber", softKey("one key"), secondPage))
		id := a.waits(1, time.Second)
		if text := a.line(1, 0).Proposals[0].Text; !strings.Contains(text, "for use at "+testPage+" and "+secondPage) {
			t.Errorf("south's people are asked %q, want both addresses", text)
		}
		a.must(a.st[1].ApproveProposal("line0", id))
		a.within(time.Second, "it is in force", func() bool { return len(a.line(1, 0).FarKeys) == 1 })
		a.must(a.st[1].do(func() {
			if k := a.st[1].lines["line0"].principals(false)[0]; !slices.Equal(k.Origins, []string{testPage, secondPage}) {
				t.Errorf("the key counts at %q", k.Origins)
			}
		}))
	})
}

// A key that is registered for two addresses proves presence at both, and at no third.
func TestPresenceAtTwoAddresses(t *testing.T) {
	inWitnesses(t, 1, func(w *witnesses) {
		w.soft[0] = softKey("one key")
		w.keys[0] = accord.PrincipalKey{Name: "A. Weber", RPID: w.soft[0].RPID, Origins: []string{testPage, secondPage},
			Credential: w.soft[0].Credential, PublicKey: w.soft[0].Public(), Serial: 1}
		w.talking()
		for _, at := range []struct{ origin, want string }{
			{testPage + ":7102", "refused " + presence.WrongOrigin.String()}, {secondPage, "verified "}, {testPage, "verified "},
		} {
			touch := w.ask(0)
			w.soft[0].Origin = at.origin
			w.claim(0, touched(t, w.soft[0], touch))
			w.bothShow(0, "A. Weber "+at.want)
		}
	})
}

// A further address that is none of the console's is named before a key is touched, with what was wanted.
func TestFurtherAddressesRefused(t *testing.T) {
	inAccordWorld(t, 1, func(a *accordWorld) {
		for _, c := range []struct {
			also []string
			want string
		}{
			{[]string{testPage + ":7101", "https://console.east.example"}, `it is for use at "https://console.east.example"; wanted is the address of a page under "console.north.example", such as https://console.north.example.`},
			{[]string{"https://north.example"}, `it is for use at "https://north.example"; wanted`},
			{[]string{"http://console.north.example"}, `it is for use at "http://console.north.example"; wanted`},
			{[]string{"console.north.example:7101"}, `it is for use at "console.north.example:7101"; wanted`},
			{[]string{testPage + "/"}, `it is for use at "https://console.north.example/"; wanted`},
			{[]string{testPage}, `it is for use at "https://console.north.example" twice; wanted is each once`},
			{[]string{testPage + ":1", testPage + ":2", testPage + ":3", testPage + ":4"}, `it is for use at 5 addresses; wanted is 1 to 4`},
		} {
			_, err := a.st[0].NewKey("line0", api.KeyRequest{Name: "A. Weber", Origin: testPage, Also: c.also})
			if wantCode(t, err, "not-agreed"); err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q: found %q, want %q", c.also, err, c.want)
			}
		}
		_, err := a.st[0].NewKey("line0", api.KeyRequest{Name: "A. Weber", Origin: testPage, Also: []string{"https://desk.console.north.example:7101"}})
		a.must(err)
	})
}
