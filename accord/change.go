package accord

import (
	"fmt"
	"slices"
)

// A Sort says what an amendment changes.
type Sort string

const (
	// SortEnds: addresses of the proposer. The other station signs it by itself.
	SortEnds Sort = "ends"
	// SortPrincipal: one key of a principal of the proposer. A person of the other party approves it first.
	SortPrincipal Sort = "principal"
	// SortRules: the rules for both. A person of the other party approves it first.
	SortRules Sort = "rules"
)

// A change is the body of an amendment. Of its fields that of its sort is set, and no other.
type change struct {
	sort      Sort
	ends      ends // all of the proposer's
	principal *PrincipalChange
	rules     *Rules
}

func (c *change) write(w *writer) {
	w.line("sort", string(c.sort))
	switch c.sort {
	case SortEnds:
		c.ends.write(w)
	case SortPrincipal:
		c.principal.write(w)
	case SortRules:
		c.rules.write(w)
	}
}

func (c *change) read(r *reader) {
	switch c.sort = Sort(r.word("sort")); c.sort {
	case SortEnds:
		c.ends.read(r)
	case SortPrincipal:
		c.principal = new(PrincipalChange)
		c.principal.read(r)
	case SortRules:
		c.rules = new(Rules)
		c.rules.read(r)
		if r.err == nil {
			r.wrap(c.rules.check())
		}
	default:
		r.fail(string(c.sort), fmt.Sprintf("one of %q", []Sort{SortEnds, SortPrincipal, SortRules}))
	}
}

// what names it in an introduction.
func (c *change) what(party string) string {
	switch c.sort {
	case SortPrincipal:
		return "a principal's key of the " + party + " party"
	case SortRules:
		return "new rules, by the " + party + " party"
	}
	return "new addresses of the " + party + " party"
}

// equal tells whether both say the same, byte for byte.
func (c *change) equal(other *change) bool {
	var a, b writer
	c.write(&a)
	other.write(&b)
	return slices.Equal(a.b, b.b)
}

// A state is the accord after some of its amendments: all that matters for
// what comes next. Copies share slices, which nobody changes.
type state struct {
	serial        uint32 // of the newest amendment, 0 before the first
	tip           Digest // of the newest amendment, or of the accord
	first, second ends
	rules         Rules
	keys          [2]principals // of the first party, of the second
}

func (a *Accord) base() state {
	return state{tip: a.Digest(), first: a.Invite.ends, second: a.Accept.ends, rules: a.Terms().Rules}
}

func (s *state) of(first bool) *ends {
	if first {
		return &s.first
	}
	return &s.second
}

func (s *state) principals(first bool) *principals {
	if first {
		return &s.keys[0]
	}
	return &s.keys[1]
}

// paths gives the paths as they are now.
func (s *state) paths(a *Accord) []Path {
	ps, err := join(a.Invite.routes, &s.first, &s.second)
	if err != nil {
		panic("accord: " + err.Error()) // whoever made s has checked it
	}
	return ps
}

// with gives the state after a change by a party, or says why it cannot be agreed: [ErrTerms]. Serial and
// tip stay.
func (s *state) with(a *Accord, first bool, c *change) (state, error) {
	next := *s
	var err error
	switch c.sort {
	case SortEnds:
		if slices.Equal(c.ends.list, s.of(first).list) {
			return next, refuse(ErrTerms, "change of addresses", "the addresses that are in force already", "a change")
		}
		*next.of(first) = c.ends
		_, err = join(a.Invite.routes, &next.first, &next.second)
	case SortPrincipal:
		*next.principals(first), err = s.principals(first).with(c.principal, *s.principals(!first))
	case SortRules:
		if c.rules.Equal(s.rules) {
			return next, refuse(ErrTerms, "change of rules", "the rules that are in force already", "a change")
		}
		next.rules, err = *c.rules, c.rules.check()
	default:
		panic("accord: change of sort " + string(c.sort)) // no reader makes one
	}
	return next, err
}

// Rules are those in force.
func (l *Line) Rules() Rules { return l.state.rules.clone() }

// Principals are the keys of a party's principals that are in force, in the order in which they were registered.
// Nobody may change what they hold.
func (l *Line) Principals(first bool) []PrincipalKey { return slices.Clone(*l.state.principals(first)) }
