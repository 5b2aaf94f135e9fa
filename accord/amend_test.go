package accord

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
)

func mustPropose(t *testing.T, l *Line, change map[uint8]Endpoint) []byte {
	t.Helper()
	p, err := l.ProposeAmendment(noon, change)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func to(address Address) map[uint8]Endpoint { return map[uint8]Endpoint{1: {Address: address}} }

func TestAmendment(t *testing.T) {
	p := agreedPair(t)
	proposal := mustPropose(t, p.s, to("198.51.100.7:7000"))
	if p.s.Pending == nil || p.s.Paths()[0].Second.Address != "south.example.org:7000" {
		t.Error("a proposal alone changes addresses")
	}
	amendment, err := p.n.CountersignAmendment(proposal)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.n.Paths()[0].Second.Address; got != "198.51.100.7:7000" {
		t.Errorf("the counter-signer's path goes to %s", got)
	}
	if err := p.s.ApplyAmendment(amendment); err != nil {
		t.Fatal(err)
	}
	if p.s.Pending != nil {
		t.Error("the proposal is still pending")
	}
	for _, l := range []*Line{p.n, p.s} {
		again, err := l.home.Line(l.Slug)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again.Paths(), p.n.Paths()) || len(again.Amendments) != 1 || again.Pending != nil {
			t.Errorf("%s reads %+v, %d amendments", l.home.Name(), again.Paths(), len(again.Amendments))
		}
	}
	// Everything may come twice.
	if again, err := p.n.CountersignAmendment(proposal); err != nil || !bytes.Equal(again, amendment) {
		t.Errorf("the same proposal again: %v, another text %t", err, !bytes.Equal(again, amendment))
	}
	for _, l := range []*Line{p.n, p.s} {
		if err := l.ApplyAmendment(amendment); err != nil {
			t.Errorf("the same amendment again: %v", err)
		}
	}
	if len(p.n.Amendments) != 1 || len(p.s.Amendments) != 1 {
		t.Error("counted twice")
	}
	if paths, err := p.n.Accord.Amended(p.n.Amendments); err != nil || !reflect.DeepEqual(paths, p.n.Paths()) {
		t.Errorf("a third party finds %+v, %v", paths, err)
	}
	if after := p.n.AmendmentsAfter(0); len(after) != 1 || !bytes.Equal(after[0], amendment) || p.n.AmendmentsAfter(1) != nil || p.n.AmendmentsAfter(MaxSerial) != nil {
		t.Error("AmendmentsAfter does not give what was missed")
	}
}

// Nobody can change the other's addresses, sign for the other, or move an amendment elsewhere.
func TestForgedAmendments(t *testing.T) {
	p, other := agreedPair(t), agreedPair(t)
	s := p.n.Accord.base()
	e, err := s.second.with(to("203.0.113.66:7000"))
	if err != nil {
		t.Fatal(err)
	}
	forge := func(edit func(*Amendment)) []byte {
		m := &Amendment{Accord: s.tip, Serial: 1, Previous: s.tip, First: false, Made: noon, change: change{sort: SortEnds, ends: e}}
		edit(m)
		if m.signature == nil {
			m.signature = p.south.keys.of(RoleIdentity).sign(m.statement(kindProposal))
		}
		return m.Text()
	}
	if _, err := copyLine(t, p.n).CountersignAmendment(forge(func(*Amendment) {})); err != nil {
		t.Fatal("the honest one:", err)
	}
	for why, x := range map[string]struct {
		text []byte
		err  error
	}{
		"the other's own ends":      {forge(func(m *Amendment) { m.First = true }), ErrWrongParty},
		"another accord":            {forge(func(m *Amendment) { m.Accord = other.n.Accord.Digest() }), ErrWrongParty},
		"another line's proposal":   {mustPropose(t, other.s, to("203.0.113.66:7000")), ErrWrongParty},
		"another predecessor":       {forge(func(m *Amendment) { m.Previous[0] ^= 1 }), ErrStale},
		"a serial too high":         {forge(func(m *Amendment) { m.Serial = 2 }), ErrStale},
		"the highest serial":        {forge(func(m *Amendment) { m.Serial = MaxSerial }), ErrStale},
		"signed by the wrong party": {forge(func(m *Amendment) { m.signature = p.north.keys.of(RoleIdentity).sign(m.statement(kindProposal)) }), ErrChanged},
		"signed by another key":     {forge(func(m *Amendment) { m.signature = p.south.keys.of(RoleLog).sign(m.statement(kindProposal)) }), ErrChanged},
		"signed as an amendment":    {forge(func(m *Amendment) { m.signature = p.south.keys.of(RoleIdentity).sign(m.statement(kindAmendment)) }), ErrChanged},
		"no change":                 {forge(func(m *Amendment) { m.change.ends = s.second }), ErrTerms},
		"no change but the salt":    {forge(func(m *Amendment) { m.change.ends = newEnds(s.second.list) }), ErrTerms},
		"an end missing":            {forge(func(m *Amendment) { m.change.ends.list = e.list[:1] }), ErrTerms},
		"an end too many": {forge(func(m *Amendment) {
			m.change.ends.list = append(m.change.ends.list[:2:2], end{3, Endpoint{Roams: true}})
		}), ErrTerms},
		"the same end twice":        {forge(func(m *Amendment) { m.change.ends.list = []end{e.list[0], e.list[0]} }), ErrTerms},
		"the first party's address": {forge(func(m *Amendment) { m.change.ends, _ = s.second.with(to("192.0.2.1:7000")) }), ErrTerms},
		"an amendment":              {forge(func(m *Amendment) { m.full, m.counter = true, make([]byte, 64) }), ErrForeign},
	} {
		_, err := p.n.CountersignAmendment(x.text)
		if !errors.Is(err, x.err) {
			t.Errorf("%s: error %v, want %v", why, err, x.err)
		}
		if l, err := p.north.Line("south"); err != nil || len(l.Amendments) != 0 {
			t.Fatalf("%s: refused, but in force (%v)", why, err)
		}
	}
	// Applying needs both signatures.
	m, err := ParseProposal(forge(func(*Amendment) {}))
	if err != nil {
		t.Fatal(err)
	}
	full := m.countersign(p.south.keys) // by the proposer itself
	wantRefusal(t, p.s.ApplyAmendment(full.Text()), ErrChanged)
	wantRefusal(t, p.n.ApplyAmendment(full.Text()), ErrChanged)
	wantRefusal(t, p.n.ApplyAmendment(m.Text()), ErrForeign)
	_, err = p.n.Accord.Amended([]*Amendment{m})
	wantRefusal(t, err, ErrChanged)
	_, err = p.n.Accord.Amended([]*Amendment{full})
	wantRefusal(t, err, ErrChanged)
}

// copyLine is the same line in a copy of its station.
func copyLine(t *testing.T, l *Line) *Line {
	t.Helper()
	c, err := copyOf(t, l.home).Line(l.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestProposalsThatCannotBeMade(t *testing.T) {
	p := agreedPair(t)
	for why, change := range map[string]map[uint8]Endpoint{
		"nothing":              {},
		"what is in force":     to("192.0.2.1:7000"),
		"a path that is not":   {3: {Roams: true}},
		"no address":           {1: {}},
		"a bad address":        {1: {Address: "192.0.2.1"}},
		"the other's address":  {1: {Address: "south.example.org:7000"}},
		"no address at either": {2: {Roams: true}},
	} {
		_, err := p.n.ProposeAmendment(noon, change)
		if !errors.Is(err, ErrTerms) {
			t.Errorf("%s: error %v, want %v", why, err, ErrTerms)
		}
		if l, err := p.north.Line("south"); err != nil || l.Pending != nil {
			t.Errorf("%s: refused, but pending (%v)", why, err)
		}
	}
}

// Both propose at once: the first party's goes first, the second's follows by itself.
func TestCrossedProposals(t *testing.T) {
	p := agreedPair(t)
	fromNorth := mustPropose(t, p.n, to("192.0.2.9:7000"))
	fromSouth := mustPropose(t, p.s, to("198.51.100.9:7000"))
	_, err := p.n.CountersignAmendment(fromSouth)
	wantRefusal(t, err, ErrCrossed)
	one, err := p.s.CountersignAmendment(fromNorth)
	if err != nil {
		t.Fatal(err)
	}
	if p.s.Pending == nil || p.s.Pending.Serial != 2 || p.s.Pending.Previous != p.s.Amendments[0].Digest() {
		t.Fatalf("the second party's own proposal does not follow: %+v", p.s.Pending)
	}
	if again, err := p.south.Line("north"); err != nil || !bytes.Equal(again.Pending.Text(), p.s.Pending.Text()) {
		t.Errorf("read again, the proposal differs (%v)", err)
	}
	// It is not counter-signed before the first has arrived.
	_, err = p.n.CountersignAmendment(p.s.Pending.Text())
	wantRefusal(t, err, ErrStale)
	if err := p.n.ApplyAmendment(one); err != nil {
		t.Fatal(err)
	}
	two, err := p.n.CountersignAmendment(p.s.Pending.Text())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.s.ApplyAmendment(two); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Line{p.n, p.s} {
		if got := l.Paths()[0]; got.First.Address != "192.0.2.9:7000" || got.Second.Address != "198.51.100.9:7000" || l.Pending != nil {
			t.Errorf("%s: %+v, pending %v", l.home.Name(), got, l.Pending)
		}
	}
}

// Two changes before the other has answered become one proposal.
func TestChangesAddUp(t *testing.T) {
	p := agreedPair(t)
	early := mustPropose(t, p.n, to("192.0.2.9:7000"))
	both := mustPropose(t, p.n, map[uint8]Endpoint{2: {Address: "192.0.2.10:7000"}})
	m, err := ParseProposal(both)
	if err != nil {
		t.Fatal(err)
	}
	want := map[uint8]Endpoint{1: {Address: "192.0.2.9:7000"}, 2: {Address: "192.0.2.10:7000"}}
	if !reflect.DeepEqual(m.Ends(), want) || m.Serial != 1 {
		t.Errorf("proposal %d of %v, want 1 of %v", m.Serial, m.Ends(), want)
	}
	// If the other had signed the earlier one already, the rest follows.
	one, err := p.s.CountersignAmendment(early)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.s.CountersignAmendment(both)
	wantRefusal(t, err, ErrStale)
	if err := p.n.ApplyAmendment(one); err != nil {
		t.Fatal(err)
	}
	if p.n.Pending == nil || p.n.Pending.Serial != 2 || !reflect.DeepEqual(p.n.Pending.Ends(), want) {
		t.Errorf("pending %+v", p.n.Pending)
	}
}

// A station that counter-signs two amendments of one serial is found out.
func TestForkIsFound(t *testing.T) {
	p := agreedPair(t)
	two := copyLine(t, p.n)
	a, err := copyLine(t, p.s).CountersignAmendment(mustPropose(t, p.n, to("192.0.2.9:7000")))
	if err != nil {
		t.Fatal(err)
	}
	b, err := copyLine(t, p.s).CountersignAmendment(mustPropose(t, two, to("192.0.2.10:7000")))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.n.ApplyAmendment(a); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, p.n.ApplyAmendment(b), ErrFork)
	// What follows the other branch contradicts too.
	if err := two.ApplyAmendment(b); err != nil {
		t.Fatal(err)
	}
	other := copyLine(t, p.s)
	if err := other.ApplyAmendment(b); err != nil {
		t.Fatal(err)
	}
	c, err := other.CountersignAmendment(mustPropose(t, two, to("192.0.2.11:7000")))
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, p.n.ApplyAmendment(c), ErrFork)
	// A forgery is not a fork: it proves nothing about anybody.
	m, err := ParseAmendment(b)
	if err != nil {
		t.Fatal(err)
	}
	m.counter[0] ^= 1
	wantRefusal(t, p.n.ApplyAmendment(m.Text()), ErrChanged)
	if l, err := p.north.Line("south"); err != nil || len(l.Amendments) != 1 || l.Paths()[0].First.Address != "192.0.2.9:7000" {
		t.Errorf("refused, but the chain changed (%v)", err)
	}
}

// Damage to the chain on disk is found when the line is read.
func TestDamagedChain(t *testing.T) {
	p := agreedPair(t)
	for i := range 3 {
		a, err := p.s.CountersignAmendment(mustPropose(t, p.n, to(Address(fmt.Sprintf("192.0.2.%d:7000", 10+i)))))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.n.ApplyAmendment(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(p.n.amendment(3), p.n.amendment(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.north.Line("south"); !errors.Is(err, ErrStale) {
		t.Errorf("error %v, want %v", err, ErrStale)
	}
	// A proposal of another line in this one's place.
	other := agreedPair(t)
	if err := os.WriteFile(p.s.path(filePending), mustPropose(t, other.s, to("198.51.100.9:7000")), modeFile); err != nil {
		t.Fatal(err)
	}
	_, err := p.south.Line("north")
	wantRefusal(t, err, ErrChanged)
}

// Two honest stations, a line that loses, delays and doubles messages, stations that
// restart: the chains never contradict each other, and in the end they are equal
// and hold the last wish of each side.
func TestAmendmentsConverge(t *testing.T) {
	for seed := range uint64(5) {
		converge(t, rand.New(rand.NewPCG(seed, 1)))
	}
}

func converge(t *testing.T, rnd *rand.Rand) {
	p := agreedPair(t)
	lines := [2]*Line{p.n, p.s}
	var wish [2]Address
	var mail [2][]func(*Line) // to each side, in flight
	send := func(from int) {  // what station does whenever the line opens
		other, l := 1-from, lines[from]
		if l.Pending != nil {
			text := l.Pending.Text()
			mail[other] = append(mail[other], func(far *Line) {
				if a, err := far.CountersignAmendment(text); err == nil {
					mail[from] = append(mail[from], func(l *Line) { apply(t, l, a) })
				} else if !errors.Is(err, ErrCrossed) && !errors.Is(err, ErrStale) {
					t.Fatal(err)
				}
			})
		}
		serial := uint32(len(l.Amendments))
		mail[other] = append(mail[other], func(far *Line) {
			for _, a := range far.AmendmentsAfter(serial) {
				mail[from] = append(mail[from], func(l *Line) { apply(t, l, a) })
			}
		})
	}
	deliver := func(side int, keep bool) {
		if n := len(mail[side]); n > 0 {
			i := rnd.IntN(n)
			m := mail[side][i]
			if !keep {
				mail[side] = append(mail[side][:i:i], mail[side][i+1:]...)
			}
			m(lines[side])
		}
	}
	for step := range 50 {
		side := rnd.IntN(2)
		switch rnd.IntN(10) {
		case 0, 1:
			a := Address(fmt.Sprintf("203.0.113.%d:%d", side+1, 1000+step))
			if _, err := lines[side].ProposeAmendment(noon, to(a)); err != nil {
				t.Fatal(err)
			}
			wish[side] = a
		case 2, 3:
			send(side)
		case 4: // lost
			mail[side] = mail[side][:len(mail[side])/2]
		case 5: // restarted
			l, err := lines[side].home.Line(lines[side].Slug)
			if err != nil {
				t.Fatal(err)
			}
			lines[side] = l
		case 6:
			deliver(side, true)
		default:
			deliver(side, false)
		}
	}
	for range 8 { // the line is good again
		for side := range 2 {
			send(side)
		}
		for len(mail[0])+len(mail[1]) > 0 {
			deliver(0, false)
			deliver(1, false)
		}
	}
	for side, l := range lines {
		if l.Pending != nil || wish[side] != "" && l.Paths()[0].Of(side == 0).Address != wish[side] {
			t.Errorf("%s ends with %+v, wanted %s; pending %v", l.home.Name(), l.Paths()[0], wish[side], l.Pending)
		}
	}
	if !reflect.DeepEqual(lines[0].AmendmentsAfter(0), lines[1].AmendmentsAfter(0)) {
		t.Error("the two hold different chains")
	}
}

// apply fails the test for what honest stations never see.
func apply(t *testing.T, l *Line, amendment []byte) {
	t.Helper()
	if err := l.ApplyAmendment(amendment); err != nil && !errors.Is(err, ErrStale) {
		t.Fatal(err)
	}
}
