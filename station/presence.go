package station

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/call"
	"ringdown/line"
	"ringdown/presence"
	"ringdown/record"
	"ringdown/replica"
)

// # Presence on the wire
//
// Package presence says how a principal's touch of a key is proven. Of the messages of the entries' stream
// its two are
//
//	5  ask    16 call id; 32 SHA-256 of the credential's id
//	6  nonce  16 call id; 32 SHA-256 of the credential's id; 32 nonce
//
// Both belong to one run of both stations: a nonce that was lost with the line is asked for again, by
// a person. The claim and the verdict on it are entries of the record.
const (
	kindAsk   = 5
	kindNonce = 6

	askSize   = 16 + 32
	nonceSize = askSize + 32
)

const (
	// nonceWait is how long a console waits for the other side's nonce.
	nonceWait = 5 * time.Second

	// touchTime is how long a page waits for the key: the nonce is no good much longer.
	touchTime = presence.Lifetime - 5*time.Second

	// A hostile station may ask for asksBurst nonces at once and asksPerSecond from then on, and have
	// claimsBurst claims refused that no nonce was given out for, and claimsPerSecond.
	asksBurst       = 8
	asksPerSecond   = 1. / 5
	claimsBurst     = 16
	claimsPerSecond = 1. / 10

	// mostProofs is how many a call shows: each side's keys, and some that the accord does not name.
	mostProofs = 2*accord.MaxPrincipals + 4
)

var errAskFlood = errors.New("station: too many messages about presence")

// proving is the part of a line that sees to proofs of presence. The loop owns it.
type proving struct {
	desk   presence.Desk // for the other side's claims
	heard  budget        // of messages
	judged budget        // of claims without a nonce

	asking  []*nonceAsk // our consoles that wait for a nonce
	touches []touch     // nonces of theirs that our keys have not answered yet

	registering []registering // keys of ours

	proven record.CallID // the call of which the proofs are
	proofs []proof
}

// A nonceAsk is a console that waits for a nonce.
type nonceAsk struct {
	call   record.CallID
	key    accord.PrincipalKey
	answer chan presence.Binding // has room for one
}

// A touch is what one of our keys is asked to sign.
type touch struct {
	presence.Binding
	name string
	at   time.Time
}

// A proof is how far it has got with one key.
type proof struct {
	api.Presence
	credential [32]byte
	named      bool       // the accord named the key when the nonce was asked for
	id         replica.ID // of our claim
	number     int64      // of our claim, when it has one; else negative
}

// liveCall is the call in which presence can be proven; zero if there is none.
func (e *lineEnd) liveCall() record.CallID {
	if v := e.call.View(); v.State != call.Ended {
		return record.CallID(v.ID)
	}
	return record.CallID{}
}

// drilling says that the call is a drill.
func (e *lineEnd) drilling() bool { return e.call.View().Drill }

func (e *lineEnd) moment() presence.Moment {
	own, far := e.line.Incarnations()
	return presence.Moment{Call: e.liveCall(), Drill: e.drilling(), Claimant: far, Verifier: own}
}

// farPresence takes messages 5 and 6. It reports false if it is another.
func (e *lineEnd) farPresence(st line.Stream, msg []byte) bool {
	if st != line.StreamEntries || len(msg) == 0 || msg[0] != kindAsk && msg[0] != kindNonce {
		return false
	}
	kind, body, want := msg[0], msg[1:], askSize
	if kind == kindNonce {
		want = nonceSize
	}
	switch {
	case len(body) != want:
		e.complain(fmt.Errorf("station: message of kind %d has %d bytes, want %d", kind, len(body), want))
	case !e.proving.heard.spend(e.s.opt.Now(), asksPerSecond, asksBurst):
		e.complain(errAskFlood)
	case kind == kindAsk:
		e.giveNonce(record.CallID(body[:16]), [32]byte(body[16:48]))
	default:
		e.takeNonce(record.CallID(body[:16]), [32]byte(body[16:48]), [32]byte(body[48:]))
	}
	return true
}

// giveNonce answers the other side's wish to prove one of its principals present in the call that is live.
func (e *lineEnd) giveNonce(id record.CallID, credential [32]byte) {
	if id == (record.CallID{}) || id != e.liveCall() || e.clerk == nil {
		return // the call ended meanwhile; whoever asks hears of that
	}
	now, m := e.s.opt.Now(), e.moment()
	b := e.proving.desk.Give(now, presence.Binding{Accord: e.opt.Line.AccordDigest, Call: id, Claimant: m.Claimant, Verifier: m.Verifier,
		Role: record.RolePrincipal, Credential: credential})
	e.sendMessage(slices.Concat([]byte{kindNonce}, id[:], credential[:], b.Nonce[:]))
	if key, ok := keyOf(e.principals(false), credential); ok {
		p := e.proof("them", credential)
		p.Name, p.named = key.Name, true
		p.advance(api.PresenceAsked, "", now)
		e.touch()
	}
}

// takeNonce brings the other side's nonce to the console that waits for it.
func (e *lineEnd) takeNonce(id record.CallID, credential, nonce [32]byte) {
	p := &e.proving
	i := slices.IndexFunc(p.asking, func(a *nonceAsk) bool {
		return a.call == id && presence.CredentialHash(a.key.Credential) == credential
	})
	if i < 0 || id != e.liveCall() {
		return // it came too late
	}
	a := p.asking[i]
	p.asking = slices.Delete(p.asking, i, i+1)
	own, far := e.line.Incarnations()
	b := presence.Binding{Accord: e.opt.Line.AccordDigest, Call: id, Claimant: own, Verifier: far,
		Role: record.RolePrincipal, Credential: credential, Nonce: nonce}
	p.desk.Asked(b)
	if len(p.touches) == presence.MostOpen {
		p.touches = slices.Delete(p.touches, 0, 1)
	}
	now := e.s.opt.Now()
	p.touches = append(p.touches, touch{b, a.key.Name, now})
	shown := e.proof("us", credential)
	shown.Name, shown.named = a.key.Name, true
	shown.advance(api.PresenceAsked, "", now)
	e.touch()
	a.answer <- b
}

func keyOf(keys []accord.PrincipalKey, credential [32]byte) (accord.PrincipalKey, bool) {
	i := slices.IndexFunc(keys, func(k accord.PrincipalKey) bool { return presence.CredentialHash(k.Credential) == credential })
	if i < 0 {
		return accord.PrincipalKey{}, false
	}
	return keys[i], true
}

// AskPresence has the other side give out a nonce for a touch of one of our principals' keys.
func (s *Station) AskPresence(ctx context.Context, slug string, r api.TouchRequest) (api.Touch, error) {
	var a *nonceAsk
	var peer string
	if err := s.onLine(slug, func(e *lineEnd, _ time.Time) (err error) {
		peer = e.opt.Peer
		a, err = e.ask(r.Name)
		return err
	}); err != nil {
		return api.Touch{}, err
	}
	timer := time.NewTimer(nonceWait)
	defer timer.Stop()
	select {
	case b := <-a.answer:
		return touchOf(a.key, b), nil
	case <-timer.C:
	case <-ctx.Done():
	case <-s.done:
		return api.Touch{}, errStopped
	}
	s.post(func() {
		if e := s.lines[slug]; e != nil {
			e.proving.asking = slices.DeleteFunc(e.proving.asking, func(have *nonceAsk) bool { return have == a })
		}
	})
	return api.Touch{}, &api.Error{Code: "no-nonce", Text: fmt.Sprintf("%s's station did not say what the key should sign.", peer),
		Action: "Try again while the call goes on; until then, read the four words to each other."}
}

// ask asks the other side for a nonce.
func (e *lineEnd) ask(name string) (*nonceAsk, error) {
	p, id := &e.proving, e.liveCall()
	i := slices.IndexFunc(e.principals(true), func(k accord.PrincipalKey) bool { return k.Name == name })
	switch {
	case e.clerk == nil:
		return nil, &api.Error{Code: "no-record", Text: fmt.Sprintf("No record is kept of the line with %s.", e.opt.Peer), Action: "Restart the station."}
	case id == (record.CallID{}):
		return nil, &api.Error{Code: "no-call", Text: fmt.Sprintf("There is no call with %s.", e.opt.Peer), Action: "Touch the key in a call: what it proves is for that call alone."}
	case i < 0:
		return nil, &api.Error{Code: "no-such-key", Text: fmt.Sprintf("The accord with %s names no key of %q on this side.", e.opt.Peer, cleanName(name)),
			Action: "Register the key on the page Accord; until then, read the four words to each other."}
	case !e.up:
		return nil, &api.Error{Code: "line-down", Text: fmt.Sprintf("The line with %s is down.", e.opt.Peer), Action: "Try again when it is back."}
	case len(p.asking) >= presence.MostOpen:
		return nil, &api.Error{Code: "busy", Text: "Other keys wait for an answer already.", Action: "Try again in some seconds."}
	}
	a := &nonceAsk{call: id, key: e.principals(true)[i], answer: make(chan presence.Binding, 1)}
	p.asking = append(p.asking, a)
	credential := presence.CredentialHash(a.key.Credential)
	e.sendMessage(slices.Concat([]byte{kindAsk}, id[:], credential[:]))
	return a, nil
}

func touchOf(key accord.PrincipalKey, b presence.Binding) api.Touch {
	challenge := b.Challenge()
	return api.Touch{Call: b.Call.String(), Nonce: hex.EncodeToString(b.Nonce[:]), Challenge: base64url(challenge[:]), RPID: key.RPID,
		Credential: base64url(key.Credential), TimeoutMS: touchTime.Milliseconds()}
}

// ClaimPresence enters what one of our keys answered. The other side says what it is worth.
func (s *Station) ClaimPresence(slug string, t api.Touched) error {
	c, err := claimOf(t)
	if err != nil {
		return err
	}
	return s.onLine(slug, func(e *lineEnd, now time.Time) error { return e.claim(now, c) })
}

func claimOf(t api.Touched) (c record.Claim, err error) {
	nonce, err := hex.DecodeString(t.Nonce)
	if err != nil || len(nonce) != len(c.Nonce) {
		return c, badTouch("nonce")
	}
	c.Nonce = [32]byte(nonce)
	for name, part := range map[string]struct {
		to   *[]byte
		text string
		most int
	}{
		"authenticator_data": {&c.AuthData, t.AuthData, record.MaxAuthData},
		"client_data":        {&c.ClientData, t.ClientData, record.MaxClientData},
		"signature":          {&c.Signature, t.Signature, record.MaxAssertion},
	} {
		if *part.to, err = parseBase64url(part.text); err != nil || len(*part.to) == 0 || len(*part.to) > part.most {
			return c, badTouch(name)
		}
	}
	if len(c.AuthData) < 37 {
		return c, badTouch("authenticator_data")
	}
	return c, nil
}

func badTouch(field string) error {
	return &api.Error{Code: "bad-request", Text: fmt.Sprintf("What the key answered has a %s that cannot be read.", field), Action: "Touch the key again."}
}

// claim enters the claim for which a nonce was got.
func (e *lineEnd) claim(now time.Time, c record.Claim) error {
	p := &e.proving
	i := slices.IndexFunc(p.touches, func(t touch) bool { return t.Nonce == c.Nonce })
	if i < 0 {
		return &api.Error{Code: "no-such-touch", Text: "This answer of a key belongs to no question that is open.", Action: "Begin again: each question is good for one answer."}
	}
	t := p.touches[i]
	p.touches = slices.Delete(p.touches, i, i+1)
	switch {
	case t.Call != e.liveCall():
		return &api.Error{Code: "no-call", Text: "The call that the key was touched for is over.", Action: "Touch the key again in the next call."}
	case now.Sub(t.at) > presence.Lifetime:
		return &api.Error{Code: "too-late", Text: "The key was touched more than a minute after it was asked.", Action: "Begin again."}
	}
	c.Credential, c.Role = t.Credential, t.Role
	c.Own, c.Far = bigEndian(t.Claimant), bigEndian(t.Verifier)
	id := replica.NewID()
	e.clerk.enter(replica.Draft{ID: id, Time: now, Call: t.Call, Body: record.Presence{Act: record.PresenceClaimed, Drill: e.drilling(), Who: recordable(t.name), Claim: c}})
	shown := e.proof("us", t.Credential)
	shown.Name, shown.id, shown.number = t.name, id, -1
	shown.advance(api.PresenceClaimed, "", now)
	e.touch()
	return nil
}
