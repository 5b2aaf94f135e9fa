package station

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/impair"
	"ringdown/presence"
	"ringdown/presence/softkey"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

// Witnesses are records at whose sides a principal has a registered key.
type witnesses struct {
	*records
	soft [2]*softkey.Key
	keys [2]accord.PrincipalKey
}

func inWitnesses(t *testing.T, seed uint64, f func(*witnesses)) {
	t.Helper()
	inRecords(t, seed, func(r *records) {
		w := &witnesses{records: r}
		for side, name := range [2]string{"A. Weber", "I. Petrova"} {
			w.soft[side], w.keys[side] = newKey(name)
		}
		r.world.change = func(side int, o *LineOptions) {
			r.keepRecord(side, o)
			o.Agreed = Agreed{Own: []accord.PrincipalKey{w.keys[side]}, Far: []accord.PrincipalKey{w.keys[1-side]}}
		}
		f(w)
	})
}

func newKey(name string) (*softkey.Key, accord.PrincipalKey) {
	const domain, origin = "console.example", "https://console.example"
	soft := softkey.New(name, domain, origin, false)
	return soft, accord.PrincipalKey{Name: name, RPID: domain, Origins: []string{origin}, Credential: soft.Credential, PublicKey: soft.Public(), Serial: 1}
}

// talking has both stations run and a call between them.
func (w *witnesses) talking() (north, south *phone) {
	w.t.Helper()
	w.startBoth()
	w.open(5 * time.Second)
	return w.talk()
}

// ask gets a nonce for the touch of a side's key.
func (w *witnesses) ask(side int) api.Touch {
	w.t.Helper()
	touch, err := w.st[side].AskPresence(w.t.Context(), "line0", api.TouchRequest{Name: w.keys[side].Name})
	if err != nil {
		w.t.Fatalf("side %d: %v", side, err)
	}
	return touch
}

// touched is what a key answers.
func touched(t *testing.T, key *softkey.Key, touch api.Touch) api.Touched {
	t.Helper()
	challenge, err := parseBase64url(touch.Challenge)
	if err != nil {
		t.Fatal(err)
	}
	data, client, sig := key.Get(challenge)
	return api.Touched{Nonce: touch.Nonce, AuthData: base64url(data), ClientData: base64url(client), Signature: base64url(sig)}
}

func (w *witnesses) claim(side int, a api.Touched) {
	w.t.Helper()
	if err := w.st[side].ClaimPresence("line0", a); err != nil {
		w.t.Fatalf("side %d: %v", side, err)
	}
}

// shown is how a side's console shows the presence of a side's principal: of the key that was asked for last.
func (w *witnesses) shown(at, whose int) string {
	side := "them"
	if at == whose {
		side = "us"
	}
	if c := w.line(at, 0).Call; c != nil {
		for _, p := range slices.Backward(c.Presence) {
			if p.Side == side {
				return fmt.Sprint(p.Name, " ", p.State, " ", p.Reason)
			}
		}
	}
	return ""
}

// bothShow waits until both consoles show the same of a side's principal.
func (w *witnesses) bothShow(whose int, want string) {
	w.t.Helper()
	w.settled(5*time.Second, func() bool { return w.shown(0, whose) == want && w.shown(1, whose) == want })
	for at := range 2 {
		if have := w.shown(at, whose); have != want {
			w.t.Errorf("side %d shows %q of side %d, want %q", at, have, whose, want)
		}
	}
}

// settled waits until ok, or for as long as limit.
func (w *witnesses) settled(limit time.Duration, ok func() bool) {
	for begin := time.Now(); !ok() && time.Since(begin) < limit; {
		time.Sleep(10 * time.Millisecond)
	}
}

// entered are the entries about presence in both records, as a side holds them: side, act and reason.
func (w *witnesses) entered(at int) (list []string) {
	w.t.Helper()
	for _, own := range []bool{true, false} {
		side := at
		if !own {
			side = 1 - at
		}
		for _, e := range w.entries(at, own) {
			if p, ok := e.Body.(record.Presence); ok {
				mark := ""
				if p.Drill {
					mark = " drill"
				}
				list = append(list, fmt.Sprint(side, " ", p.Act, " ", p.Who, " ", p.Reason, mark))
			}
		}
	}
	slices.Sort(list)
	return list
}

// entries reads a log from where a side keeps it.
func (w *witnesses) entries(at int, own bool) (list []*record.Entry) {
	w.t.Helper()
	c := w.end(at).clerk
	if err := c.ask(w.t.Context(), func() (err error) {
		list, err = c.rep.Entries(own, 0, 1000)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return list
}

// end is a side's end of the line, for what only its loop may touch; see atEnd.
func (w *witnesses) end(side int) (e *lineEnd) {
	w.t.Helper()
	if err := w.st[side].do(func() { e = w.st[side].lines["line0"] }); err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w *witnesses) atEnd(side int, f func(*lineEnd)) {
	w.t.Helper()
	e := w.end(side)
	if err := w.st[side].do(func() { f(e) }); err != nil {
		w.t.Fatal(err)
	}
}

// bothHave waits until both records tell the same of presence.
func (w *witnesses) bothHave(want ...string) {
	w.t.Helper()
	slices.Sort(want)
	for side := range 2 {
		var have []string
		w.settled(20*time.Second, func() bool { have = w.entered(side); return slices.Equal(have, want) || len(have) > len(want) })
		if !slices.Equal(have, want) {
			w.t.Errorf("side %d has entered %q, want %q", side, have, want)
		}
	}
}

func TestPresenceOfBoth(t *testing.T) {
	inWitnesses(t, 1, func(w *witnesses) {
		w.talking()
		for side, key := range w.keys {
			touch := w.ask(side)
			w.bothShow(side, key.Name+" asked ")
			w.claim(side, touched(t, w.soft[side], touch))
			w.bothShow(side, key.Name+" verified ")
		}
		w.bothHave("0 claimed A. Weber ", "1 verified A. Weber ", "1 claimed I. Petrova ", "0 verified I. Petrova ")
	})
}

// Both consoles show the same four words, in each call others.
func TestWordsOfACall(t *testing.T) {
	inWitnesses(t, 2, func(w *witnesses) {
		north, _ := w.talking()
		words := w.line(0, 0).Call.Words
		if other := w.line(1, 0).Call.Words; len(words) != 4 || !slices.Equal(words, other) {
			t.Errorf("north shows %q and south %q, want the same four", words, other)
		}
		north.press("hangup")
		w.within(time.Second, "it ends", w.callIs(1, api.CallEnded))
		if left := w.line(1, 0).Call.Words; left != nil {
			t.Errorf("after the call %q are shown, want none", left)
		}
		north.press("call")
		w.within(time.Second, "it rings again", w.callIs(0, api.CallRinging))
		if again := w.line(0, 0).Call.Words; slices.Equal(words, again) {
			t.Errorf("two calls have the words %q", words)
		}
	})
}

// A nonce that nobody answers within a minute is none, and the key is no longer waited for.
func TestNonceRunsOut(t *testing.T) {
	inWitnesses(t, 3, func(w *witnesses) {
		w.talking()
		touch := w.ask(0)
		time.Sleep(presence.Lifetime + 2*time.Second)
		wantCode(t, w.st[0].ClaimPresence("line0", touched(t, w.soft[0], touch)), "too-late")
		if left := w.shown(0, 0) + w.shown(1, 0); left != "" {
			t.Errorf("shown is %q, want nothing", left)
		}
	})
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("found %v, want an error with code %s", err, code)
	}
}

// What our own station refuses before anything is entered.
func TestPresenceNotAsked(t *testing.T) {
	inWitnesses(t, 4, func(w *witnesses) {
		w.startBoth()
		w.open(5 * time.Second)
		ask := func(name string) error {
			_, err := w.st[0].AskPresence(w.t.Context(), "line0", api.TouchRequest{Name: name})
			return err
		}
		wantCode(t, ask("A. Weber"), "no-call")
		w.talk()
		wantCode(t, ask("I. Petrova"), "no-such-key")
		touch := w.ask(0)
		answer := touched(t, w.soft[0], touch)
		for field, spoil := range map[string]func(*api.Touched){
			"nonce": func(a *api.Touched) { a.Nonce = "00" }, "data": func(a *api.Touched) { a.AuthData = "AAAA" },
			"base64url": func(a *api.Touched) { a.ClientData += "=" }, "length": func(a *api.Touched) { a.Signature = base64url(make([]byte, 513)) },
			"nothing": func(a *api.Touched) { a.Signature = "" },
		} {
			bad := answer
			spoil(&bad)
			if err := w.st[0].ClaimPresence("line0", bad); err == nil {
				t.Errorf("a touch with another %s is taken", field)
			}
		}
		w.claim(0, answer)
		wantCode(t, w.st[0].ClaimPresence("line0", answer), "no-such-touch")
		w.bothHave("0 claimed A. Weber ", "1 verified A. Weber ")
		w.kill(1)
		wantCode(t, ask("A. Weber"), "no-nonce")
		time.Sleep(2 * time.Second)
		wantCode(t, ask("A. Weber"), "line-down")
	})
}

// forge enters a claim at a side as a hostile station would.
func (w *witnesses) forge(side int, id record.CallID, c record.Claim, drill bool) {
	w.t.Helper()
	w.atEnd(side, func(e *lineEnd) {
		e.clerk.enter(replica.Draft{ID: replica.NewID(), Time: e.s.opt.Now(), Call: id,
			Body: record.Presence{Act: record.PresenceClaimed, Drill: drill, Who: w.keys[side].Name, Claim: c}})
	})
}

// asked gets a nonce as a hostile station would, which keeps it to itself.
func (w *witnesses) asked(side int) presence.Binding {
	w.t.Helper()
	nonce, err := hex.DecodeString(w.ask(side).Nonce)
	if err != nil {
		w.t.Fatal(err)
	}
	var b presence.Binding
	w.atEnd(side, func(e *lineEnd) {
		for _, t := range e.proving.touches {
			if t.Nonce == [32]byte(nonce) {
				b = t.Binding
			}
		}
	})
	return b
}

// signed is the claim of a binding in which a key signed a binding.
func signed(key *softkey.Key, said, signed presence.Binding) record.Claim {
	c := record.Claim{Credential: said.Credential, Own: bigEndian(said.Claimant), Far: bigEndian(said.Verifier), Role: said.Role, Nonce: said.Nonce}
	challenge := signed.Challenge()
	c.AuthData, c.ClientData, c.Signature = key.Get(challenge[:])
	return c
}

// Each claim of a hostile station is refused by the other, with its reason, in both records and on both consoles.
func TestHostileClaims(t *testing.T) {
	stranger, strangers := newKey("Nobody")
	type claim struct {
		call  record.CallID
		c     record.Claim
		drill bool
	}
	for want, make := range map[presence.Reason]func(w *witnesses, b presence.Binding) claim{
		presence.NonceUnknown: func(w *witnesses, b presence.Binding) claim {
			b.Nonce[0]++
			return claim{b.Call, signed(w.soft[0], b, b), false}
		},
		presence.NonceUsed: func(w *witnesses, b presence.Binding) claim {
			c := signed(w.soft[0], b, b)
			w.forge(0, b.Call, c, false)
			w.bothHave("0 claimed A. Weber ", "1 verified A. Weber ")
			return claim{b.Call, c, false}
		},
		presence.NonceLate: func(w *witnesses, b presence.Binding) claim {
			time.Sleep(presence.Lifetime + time.Second)
			return claim{b.Call, signed(w.soft[0], b, b), false}
		},
		presence.OtherCall: func(w *witnesses, b presence.Binding) claim {
			return claim{record.CallID{1}, signed(w.soft[0], b, b), false}
		},
		presence.SignedOtherCall: func(w *witnesses, old presence.Binding) claim {
			w.hangUpAndTalk()
			return claim{w.callID(), signed(w.soft[0], w.asked(0), old), false}
		},
		presence.OtherDirection: func(w *witnesses, b presence.Binding) claim { // south's own, sent back
			mine := w.asked(1)
			return claim{b.Call, signed(w.soft[1], mine, mine), false}
		},
		presence.SignedOtherDirection: func(w *witnesses, b presence.Binding) claim {
			return claim{b.Call, signed(w.soft[1], b, w.asked(1)), false}
		},
		presence.OtherRun: func(w *witnesses, b presence.Binding) claim {
			b.Claimant--
			return claim{b.Call, signed(w.soft[0], b, b), false}
		},
		presence.OtherKey: func(w *witnesses, b presence.Binding) claim {
			b.Credential = presence.CredentialHash(strangers.Credential)
			return claim{b.Call, signed(stranger, b, b), false}
		},
		presence.WrongSignature: func(w *witnesses, b presence.Binding) claim { return claim{b.Call, signed(stranger, b, b), false} },
		presence.DrillMark:      func(w *witnesses, b presence.Binding) claim { return claim{b.Call, signed(w.soft[0], b, b), true} },
		presence.NotTouched: func(w *witnesses, b presence.Binding) claim {
			w.soft[0].Flags = softkey.Verified
			return claim{b.Call, signed(w.soft[0], b, b), false}
		},
		presence.KeyGone: func(w *witnesses, b presence.Binding) claim {
			w.atEnd(1, func(e *lineEnd) { e.agree(Agreed{Own: e.principals(true)}) })
			return claim{b.Call, signed(w.soft[0], b, b), false}
		},
		presence.KeyUnknown: func(w *witnesses, b presence.Binding) claim {
			w.keys[0] = strangers
			w.atEnd(0, func(e *lineEnd) { e.agree(Agreed{Own: []accord.PrincipalKey{strangers}, Far: e.principals(false)}) })
			b = w.asked(0)
			return claim{b.Call, signed(stranger, b, b), false}
		},
	} {
		t.Run(want.String(), func(t *testing.T) {
			inWitnesses(t, 5, func(w *witnesses) {
				w.talking()
				x := make(w, w.asked(0))
				before := len(w.entered(1))
				w.forge(0, x.call, x.c, x.drill)
				w.within(10*time.Second, "it is answered", func() bool { return len(w.entered(0)) == before+2 && len(w.entered(1)) == before+2 })
				mark := ""
				if x.drill {
					mark = " drill"
				}
				refusal := fmt.Sprint("1 refused ", w.keys[0].Name, " ", want, mark)
				for side := range 2 {
					if have := w.entered(side); !slices.Contains(have, refusal) {
						t.Errorf("side %d has entered %q, want %q", side, have, refusal)
					}
				}
			})
		})
	}
}

func (w *witnesses) callID() record.CallID {
	id, err := hex.DecodeString(w.line(0, 0).Call.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return record.CallID(id)
}

// hangUpAndTalk ends the call and brings up another.
func (w *witnesses) hangUpAndTalk() {
	w.t.Helper()
	if err := w.st[0].HangUp("line0", api.Anyone()); err != nil {
		w.t.Fatal(err)
	}
	w.within(time.Second, "it ends", w.callIs(1, api.CallEnded))
	w.talk()
}

// The line is cut after the nonce: the claim goes when it is back, and counts if it is in time.
func TestCutBetweenNonceAndClaim(t *testing.T) {
	for _, away := range []time.Duration{20 * time.Second, 70 * time.Second} {
		inWitnesses(t, 6, func(w *witnesses) {
			w.talking()
			touch := w.ask(0)
			for path := range uint8(2) {
				w.link(path+1, impair.Settings{Cut: true})
			}
			time.Sleep(2 * time.Second)
			w.claim(0, touched(t, w.soft[0], touch))
			if have := w.shown(0, 0); have != "A. Weber claimed " {
				t.Errorf("north shows %q", have)
			}
			time.Sleep(away - 2*time.Second)
			for path := range uint8(2) {
				w.link(path+1, impair.Settings{})
			}
			want := "verified A. Weber "
			if away > presence.Lifetime {
				want = "refused A. Weber " + presence.NonceLate.String()
			}
			w.open(40 * time.Second)
			w.bothHave("0 claimed A. Weber ", "1 "+want)
		})
	}
}

// The verifier is started again between claim and verdict: it answers nonetheless.
func TestRestartOfTheVerifier(t *testing.T) {
	inWitnesses(t, 7, func(w *witnesses) {
		w.talking()
		touch := w.ask(0)
		w.kill(1)
		w.claim(0, touched(t, w.soft[0], touch))
		w.start(1)
		w.open(40 * time.Second)
		w.bothHave("0 claimed A. Weber ", "1 refused A. Weber "+presence.OtherRun.String())
	})
}

// It had the claim already when it was killed.
func TestKilledBeforeTheVerdict(t *testing.T) {
	inWitnesses(t, 8, func(w *witnesses) {
		w.talking()
		touch := w.ask(0)
		w.atEnd(1, func(e *lineEnd) {
			e.proving.desk, e.proving.judged = presence.Desk{}, budget{spent: claimsBurst, last: e.s.opt.Now()}
		})
		w.claim(0, touched(t, w.soft[0], touch))
		w.within(5*time.Second, "south has the claim", func() bool { return len(w.entered(1)) == 1 })
		w.kill(1)
		w.start(1)
		w.open(40 * time.Second)
		w.bothHave("0 claimed A. Weber ", "1 refused A. Weber "+presence.OtherRun.String())
	})
}

// The verifier loses its record, and gets it back from the other side: what it has answered is answered once.
func TestLossOfTheVerifiersRecord(t *testing.T) {
	inWitnesses(t, 12, func(w *witnesses) {
		w.talking()
		w.claim(0, touched(t, w.soft[0], w.ask(0)))
		want := []string{"0 claimed A. Weber ", "1 verified A. Weber "}
		w.bothHave(want...)
		time.Sleep(10 * time.Second)
		w.kill(1)
		w.disk[1], w.dir[1] = store.NewMemory(), t.TempDir()
		w.start(1)
		w.open(40 * time.Second)
		time.Sleep(time.Minute)
		w.bothHave(want...)
	})
}

// The claimant is started again: its page's answer finds no question.
func TestRestartOfTheClaimant(t *testing.T) {
	inWitnesses(t, 9, func(w *witnesses) {
		w.talking()
		answer := touched(t, w.soft[0], w.ask(0))
		w.kill(0)
		w.start(0)
		w.open(40 * time.Second)
		wantCode(t, w.st[0].ClaimPresence("line0", answer), "no-such-touch")
	})
}

// In a drill it is proven like in a call, and everything that is entered says so.
func TestPresenceInADrill(t *testing.T) {
	inWitnesses(t, 11, func(w *witnesses) {
		w.startBoth()
		w.open(5 * time.Second)
		north, south := w.phone(0), w.phone(1)
		north.do(api.ToStation{Type: "call", Slug: "line0", Drill: true})
		w.within(2*time.Second, "it rings", w.callIs(0, api.CallRinging))
		south.press("answer")
		w.within(2*time.Second, "south is in the drill", w.callIs(1, api.CallActive))
		w.within(2*time.Second, "north is in the drill", w.callIs(0, api.CallActive))
		w.claim(0, touched(t, w.soft[0], w.ask(0)))
		w.bothShow(0, "A. Weber verified ")
		w.bothHave("0 claimed A. Weber  drill", "1 verified A. Weber  drill")
		b := w.asked(0)
		w.forge(0, b.Call, signed(w.soft[0], b, b), false)
		w.bothHave("0 claimed A. Weber  drill", "1 verified A. Weber  drill", "0 claimed A. Weber ", "1 refused A. Weber "+presence.DrillMark.String())
	})
}

// A nonce is given out for the call that is live, and for no other.
func TestAskForNoCall(t *testing.T) {
	inWitnesses(t, 13, func(w *witnesses) {
		north, _ := w.talking()
		id, other := w.callID(), record.CallID{1}
		north.press("hangup")
		w.within(time.Second, "it ends", w.callIs(1, api.CallEnded))
		for _, call := range []record.CallID{id, other, {}} {
			w.atEnd(0, func(e *lineEnd) { e.sendMessage(slices.Concat([]byte{kindAsk}, call[:], make([]byte, 32))) })
		}
		time.Sleep(time.Second)
		w.atEnd(1, func(e *lineEnd) {
			if n := len(e.proving.desk.Known()); n > 0 {
				t.Errorf("%d nonces were given out, want none", n)
			}
		})
	})
}

// A hostile station asks and claims without end.
func TestPresenceFlood(t *testing.T) {
	inWitnesses(t, 10, func(w *witnesses) {
		w.talking()
		credential := sha256.Sum256([]byte("any"))
		id := w.callID()
		for i := range 200 {
			w.atEnd(0, func(e *lineEnd) { e.sendMessage(slices.Concat([]byte{kindAsk}, id[:], credential[:])) })
			w.forge(0, id, record.Claim{Credential: [32]byte{byte(i)}, Role: record.RolePrincipal, Nonce: credential, AuthData: make([]byte, 37), ClientData: []byte("{}"), Signature: []byte{1}}, false)
		}
		time.Sleep(10 * time.Second)
		var refused int
		for _, e := range w.entries(1, true) {
			if p, ok := e.Body.(record.Presence); ok && p.Act == record.PresenceRefused {
				refused++
			}
		}
		if refused < claimsBurst || refused > claimsBurst+2 {
			t.Errorf("%d of 200 claims are answered, want about %d", refused, claimsBurst)
		}
		w.atEnd(1, func(e *lineEnd) {
			if n := len(e.proving.proofs); n > mostProofs {
				t.Errorf("%d proofs are kept, want at most %d", n, mostProofs)
			}
			if n := len(e.proving.desk.Known()); n < asksBurst || n > asksBurst+4 {
				t.Errorf("%d nonces were given out for 200 messages, want about %d", n, asksBurst)
			}
		})
		time.Sleep(time.Minute) // and an honest one is served again
		w.claim(0, touched(t, w.soft[0], w.ask(0)))
		w.bothShow(0, "A. Weber verified ")
	})
}
