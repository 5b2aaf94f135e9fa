package station

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/disclose"
)

// Agreed is what an accord says beside keys and addresses, as it stands after its newest amendment, and
// what is proposed. Nobody changes what it holds; a change of the accord brings another.
type Agreed struct {
	Rules    accord.Rules          // those of [accord.DefaultRules] if there are none
	Own      []accord.PrincipalKey // of our principals
	Far      []accord.PrincipalKey // of theirs
	Proposed []api.Proposal        // by us, by them; one each at most
}

// agree takes over what is agreed now, at the start and whenever it has changed. The loop runs it.
func (e *lineEnd) agree(a Agreed) {
	if a.Rules.Watch == "" {
		a.Rules = accord.DefaultRules()
	}
	e.agreed, e.rules = a, a.Rules
	e.s.duty.dirty = true // what is told of the watch may be another
	if e.call != nil {
		e.signal(e.call.View())
	}
	e.touch()
	e.ruleTrials()
}

// principals are the keys registered in the accord, ours or theirs.
func (e *lineEnd) principals(own bool) []accord.PrincipalKey {
	if own {
		return e.agreed.Own
	}
	return e.agreed.Far
}

// Agreed is what the accord says now.
func (h *held) Agreed() Agreed {
	l := h.now()
	return Agreed{Rules: l.Rules(), Own: l.Principals(l.First), Far: l.Principals(!l.First), Proposed: Proposals(l)}
}

// Proposals are what the people of either side are asked for. What was refused here is shown here no more.
func Proposals(l *accord.Line) []api.Proposal {
	list := []api.Proposal{}
	for _, m := range []*accord.Asked{l.OwnMotion, l.FarMotion} {
		if m == nil || m == l.FarMotion && m.Verdict == accord.Refused {
			continue
		}
		id := m.Digest()
		sort := accord.SortRules
		if m.Change().Principal != nil {
			sort = accord.SortPrincipal
		}
		p := api.Proposal{ID: id.String(), By: by(m == l.OwnMotion), Made: m.Made, Sort: string(sort),
			Text: proposalSentence(string(l.Accord.Party(m.First).Name), l.Rules(), m.Change()), State: api.ProposalWaiting}
		if m.Verdict != accord.Waiting {
			p.State, p.At = string(m.Verdict), &m.At
		}
		list = append(list, p)
	}
	return list
}

// View is the whole accord as people see it.
func (h *held) View() (api.Accord, error) { return ViewAccord(h.now()) }

// ViewAccord shows the accord of a line, from its folder alone.
func ViewAccord(l *accord.Line) (api.Accord, error) {
	a, terms := l.Accord, l.Accord.Terms()
	words, digest := a.Words(), a.Digest()
	v := api.Accord{
		Line: l.Slug, Peer: l.Peer.String(), Digest: digest.String(), Words: words[:], Made: a.Accept.Made, Signed: !l.HalfSigned(),
		Profile: terms.Profile, HoldBack: string(terms.HoldBack), Disclosure: string(terms.Disclosure), Expires: terms.Expires.String(),
		Rules: apiRules(l.Rules()), Paths: []api.AccordPath{}, Principals: []api.Principal{}, Amendments: history(l), Proposals: Proposals(l),
	}
	if !l.Confirmed.IsZero() {
		v.Confirmed = &l.Confirmed
	}
	first, second, err := disclose.Fingerprints(a.Sections())
	v.Parties = []api.Party{viewParty(l, true, first), viewParty(l, false, second)}
	for _, p := range l.Paths() {
		v.Paths = append(v.Paths, api.AccordPath{Number: int(p.Number), Name: p.Name, Ours: p.Of(l.First).String(), Theirs: p.Of(!l.First).String()})
	}
	for _, own := range []bool{true, false} {
		for _, k := range l.Principals(l.First == own) {
			v.Principals = append(v.Principals, api.Principal{Name: k.Name, By: by(own), Serial: k.Serial, RPID: k.RPID, Origins: k.Origins, Credential: fingerprint(k.Credential)})
		}
	}
	return v, err
}

func viewParty(l *accord.Line, first bool, print string) api.Party {
	p := l.Accord.Party(first)
	out := api.Party{Name: string(p.Name), By: by(first == l.First), Fingerprint: print}
	for _, k := range p.Keys {
		out.Keys = append(out.Keys, api.AccordKey{Role: string(k.Role), Algorithm: string(k.Role.Algorithm()), Serial: k.Serial, Fingerprint: fingerprint(k.Bytes)})
	}
	return out
}

// fingerprint is the SHA-256 of a key, in hexadecimal.
func fingerprint(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

func apiRules(r accord.Rules) api.Rules {
	out := api.Rules{Watch: string(r.Watch), Tests: []string{}, SuspendedText: r.SuspendedText}
	for _, t := range r.Tests {
		out.Tests = append(out.Tests, t.String())
	}
	return out
}

// accordRules reads what a person chose.
func accordRules(r api.Rules) (*accord.Rules, error) {
	out := &accord.Rules{Watch: accord.WatchRule(r.Watch), SuspendedText: r.SuspendedText}
	for _, s := range r.Tests {
		t, err := accord.ParseTimeOfDay(s)
		if err != nil {
			return nil, err
		}
		out.Tests = append(out.Tests, t)
	}
	slices.Sort(out.Tests)
	return out, nil
}

// Propose asks the other's people for a change.
func (h *held) Propose(now time.Time, c accord.Change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.Move(now, c)
}

func (h *held) Withdraw() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.Withdraw()
}

func (h *held) Decide(now time.Time, id accord.Digest, v accord.Verdict) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.Decide(now, id, v)
}

func (h *held) HearMotion(text []byte) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.HearMotion(text)
}

func (h *held) HearVerdict(id accord.Digest, v accord.Verdict, at time.Time) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.HearVerdict(id, v, at)
}

// Motions are what we ask for, unless it was refused, and what the other asks for.
func (h *held) Motions() (own, far *accord.Asked) {
	l := h.now()
	if own = l.OwnMotion; own != nil && own.Verdict == accord.Refused {
		own = nil
	}
	return own, l.FarMotion
}
