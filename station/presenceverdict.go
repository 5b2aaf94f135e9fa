package station

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"ringdown/api"
	"ringdown/message"
	"ringdown/presence"
	"ringdown/record"
	"ringdown/replica"
)

// The verifier's half of presence: each claim of the other side is answered by an entry, once.

// farClaimed takes a claim that stands in the other side's log. The loop runs it.
func (e *lineEnd) farClaimed(en *record.Entry) {
	p, now := &e.proving, e.s.opt.Now()
	body, ok := en.Body.(record.Presence)
	if !ok {
		return
	}
	c := body.Claim
	key, named := keyOf(e.principals(false), c.Credential)
	who := body.Who // the record has taken it once, so it takes it again
	if named {
		who = recordable(key.Name)
	}
	v := verdict{number: en.Number, call: en.Call, drill: body.Drill, who: who, credential: c.Credential}
	e.claimShown(v, time.UnixMilli(en.Time))
	want, err := p.desk.Take(now, e.moment(), en.Call, body.Drill, &c)
	switch {
	case err != nil && !p.judged.spend(now, claimsPerSecond, claimsBurst):
		e.complain(errAskFlood)
		c := e.clerk
		c.must(func() { delete(c.claims.open, v.number) })
	case err != nil:
		e.judge(v, err)
	case !named && e.wasNamed(c.Credential):
		e.judge(v, &presence.Refusal{Reason: presence.KeyGone})
	case !named:
		e.judge(v, &presence.Refusal{Reason: presence.KeyUnknown})
	default:
		known := p.desk.Known()
		e.s.background(func() error { return presence.Verify(key, &want, &c, known) }, func(err error) { e.judge(v, err) })
	}
}

// A verdict answers one claim.
type verdict struct {
	number     int64 // of the claim
	call       record.CallID
	drill      bool
	who        string
	credential [32]byte
}

// judge enters what came of a claim: nil is that it holds.
func (e *lineEnd) judge(v verdict, err error) {
	if e.closed || e.clerk == nil {
		return
	}
	now, state := e.s.opt.Now(), api.PresenceVerified
	body := record.Presence{Act: record.PresenceVerified, Drill: v.drill, Who: v.who}
	if err != nil {
		reason := presence.Unreadable
		if r, ok := errors.AsType[*presence.Refusal](err); ok {
			reason = r.Reason
		}
		state, body.Act, body.Reason = api.PresenceRefused, record.PresenceRefused, reason.String()
	}
	if v.call == e.proving.proven {
		p := e.proof("them", v.credential)
		p.advance(state, body.Reason, now)
		e.touch()
	}
	draft := replica.Draft{Time: now, Call: v.call, About: []record.Ref{{Relation: record.Answers, Other: true, Number: v.number}}, Body: body}
	c := e.clerk
	c.must(func() { c.claims.answer(v.number, draft); c.answerClaims() })
}

// claimShown shows that a claim has come, if it is of the call that is shown.
func (e *lineEnd) claimShown(v verdict, at time.Time) {
	e.provingCall()
	if v.call != e.proving.proven {
		return
	}
	p := e.proof("them", v.credential)
	p.Name = v.who
	p.advance(api.PresenceClaimed, "", at)
	e.touch()
}

// wasNamed says that the accord named the key when its nonce was asked for.
func (e *lineEnd) wasNamed(credential [32]byte) bool {
	return slices.ContainsFunc(e.proving.proofs, func(p proof) bool { return p.Side == "them" && p.credential == credential && p.named })
}

// claimNumbered says which number our claim has in our log.
func (e *lineEnd) claimNumbered(id replica.ID, number int64) {
	for i := range e.proving.proofs {
		if p := &e.proving.proofs[i]; p.id == id {
			p.number = number
		}
	}
}

// claimAnswered shows the other side's verdict on our claim, if it is of the call, or the drill, of the claim.
func (e *lineEnd) claimAnswered(number int64, of record.CallID, body record.Presence, at time.Time) {
	e.provingCall()
	if of != e.proving.proven || body.Drill != e.drilling() {
		return
	}
	for i := range e.proving.proofs {
		p := &e.proving.proofs[i]
		if p.Side != "us" || p.number != number || p.State != api.PresenceClaimed {
			continue
		}
		state := api.PresenceRefused
		if body.Act == record.PresenceVerified {
			state = api.PresenceVerified
		}
		p.advance(state, body.Reason, at)
		e.touch()
	}
}

// provingCall forgets the proofs of the call before.
func (e *lineEnd) provingCall() {
	if id := record.CallID(e.call.View().ID); id != e.proving.proven {
		e.proving.proven, e.proving.proofs, e.proving.touches = id, nil, nil
	}
}

// proof is that of one key in this call; a new one if there is none.
func (e *lineEnd) proof(side string, credential [32]byte) *proof {
	e.provingCall()
	p := &e.proving
	i := slices.IndexFunc(p.proofs, func(have proof) bool { return have.Side == side && have.credential == credential })
	if i >= 0 {
		return &p.proofs[i]
	}
	if len(p.proofs) == mostProofs {
		last := slices.IndexFunc(p.proofs, func(have proof) bool { return have.Side == side })
		p.proofs = slices.Delete(p.proofs, max(0, last), max(0, last)+1)
	}
	p.proofs = append(p.proofs, proof{Presence: api.Presence{Side: side}, credential: credential, number: -1})
	return &p.proofs[len(p.proofs)-1]
}

// advance goes on to a state. What was verified once in this call stays so.
func (p *proof) advance(state api.PresenceState, reason string, at time.Time) {
	if p.State != api.PresenceVerified {
		p.State, p.Reason, p.At = state, reason, stamp(at)
	}
}

// presenceStatus is what the call shows of presence. A key that nobody touches is waited for no longer than its nonce.
func (e *lineEnd) presenceStatus(c *api.Call, now time.Time) {
	e.provingCall()
	for _, p := range e.proving.proofs {
		if p.Name != "" && (p.State != api.PresenceAsked || now.Sub(p.At) <= presence.Lifetime) {
			c.Presence = append(c.Presence, p.Presence)
		}
	}
	own, far := e.line.Incarnations()
	if c.State == api.CallEnded || own == 0 || far == 0 {
		return
	}
	if !e.opt.Line.First {
		own, far = far, own
	}
	words := presence.Words(e.opt.Line.PairSecret, e.opt.Line.AccordDigest, e.proving.proven, own, far)
	c.Words = words[:]
}

// keyNames are the names for which a side has a key registered.
func (e *lineEnd) keyNames(own bool) (names []string) {
	for _, k := range e.principals(own) {
		names = append(names, k.Name)
	}
	return names
}

func bigEndian(n uint64) (b [8]byte) {
	binary.BigEndian.PutUint64(b[:], n)
	return b
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func parseBase64url(s string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(s) }

// claims are the other side's claims that our log has not answered. The clerk owns them.
type claims struct {
	open map[int64]*replica.Draft // by number; the answer, when it is known
}

// mostClaims bounds the claims that wait for their answer; those beyond it get none.
const mostClaims = 256

// heard notes what an entry means for the claims, and tells the loop.
func (c *clerk) heardPresence(own bool, en *record.Entry) {
	body, ok := en.Body.(record.Presence)
	if !ok {
		return
	}
	if c.claims.open == nil {
		c.claims.open = make(map[int64]*replica.Draft)
	}
	ref, answers := en.Has(record.Answers)
	switch {
	case own && answers:
		delete(c.claims.open, ref.Number)
	case own:
		c.s.post(func() { c.e.claimNumbered(replica.ID(en.HeaderSalt), en.Number) })
	case answers:
		c.s.post(func() { c.e.claimAnswered(ref.Number, en.Call, body, time.UnixMilli(en.Time)) })
	case len(c.claims.open) < mostClaims:
		c.claims.open[en.Number] = nil
		c.s.post(func() { c.e.farClaimed(en) })
	}
}

// answer keeps the answer to a claim, unless our log has one already.
func (k *claims) answer(number int64, d replica.Draft) {
	if _, open := k.open[number]; open {
		k.open[number] = &d
	}
}

// answerClaims writes the answers that are known. After the loss of our log they may come back from the other side, before
// the claims or after them: until the log is whole and looked through, none is written.
func (c *clerk) answerClaims() {
	if c.view == nil || c.rep.Status().Standing != record.Stands || c.seen(true) < c.rep.Status().Own.Size {
		return
	}
	for number, d := range c.claims.open {
		if d == nil {
			continue
		}
		if !c.answered(number) {
			if _, err := c.write(*d); err != nil {
				return // write has said so; it is tried again
			}
		}
		delete(c.claims.open, number)
	}
}

// answered says that our log answers a claim, or will.
func (c *clerk) answered(number int64) bool {
	for _, w := range c.rep.Status().Waiting {
		if slices.Contains(w.Draft.About, record.Ref{Relation: record.Answers, Other: true, Number: number}) {
			return true
		}
	}
	items, err := c.view.Items([]string{message.Key(false, number)}, proofsOf(c.status), c.s.opt.Now())
	return err == nil && len(items) == 1 && !unanswered(items[0])
}

func unanswered(it api.Item) bool {
	return it.Presence != nil && it.Presence.Act == record.PresenceClaimed.String()
}

// findClaims finds the claims that a stop left unanswered.
func (c *clerk) findClaims() error {
	c.claims = claims{open: make(map[int64]*replica.Draft)}
	q := api.RecordQuery{Kinds: []string{"presence"}, Limit: 200}
	p, err := c.view.Page(q, proofsOf(c.status), c.s.opt.Now())
	if err != nil {
		return err
	}
	for _, it := range p.Items {
		own, n, ok := message.ParseKey(it.Key)
		if !ok || own || !unanswered(it) {
			continue
		}
		if en, err := c.rep.Entry(false, n); err == nil {
			c.heardPresence(false, en)
		}
	}
	return nil
}
