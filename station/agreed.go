package station

import "ringdown/accord"

// Agreed is what an accord says beside keys and addresses, as it stands after its newest amendment. Nobody
// changes what it holds; a change of the accord brings another.
type Agreed struct {
	Rules accord.Rules          // those of [accord.DefaultRules] if there are none
	Own   []accord.PrincipalKey // of our principals
	Far   []accord.PrincipalKey // of theirs
}

// agree takes over what is agreed now, at the start and after each amendment. The loop runs it.
func (e *lineEnd) agree(a Agreed) {
	if a.Rules.Watch == "" {
		a.Rules = accord.DefaultRules()
	}
	e.agreed, e.rules = a, a.Rules
	e.s.duty.dirty = true // what is told of the watch may be another
	e.touch()
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
	return Agreed{Rules: l.Rules(), Own: l.Principals(l.First), Far: l.Principals(!l.First)}
}
