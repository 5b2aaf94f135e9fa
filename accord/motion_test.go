package accord

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// otherRules are rules that no invite has by default.
var otherRules = Rules{Watch: WatchNames, SuspendedText: false}

// keyOf is a principal's key that is of no use.
func keyOf(name string, serial uint32) PrincipalKey {
	return PrincipalKey{Name: name, RPID: "south.example", Origins: []string{"https://console.south.example", "https://south.example:8443"},
		Credential: bytes.Repeat([]byte{name[0], byte(serial)}, 10), PublicKey: bytes.Repeat([]byte{0xa5, byte(serial)}, 38), Serial: serial}
}

func mustMove(t testing.TB, l *Line, c Change) []byte {
	t.Helper()
	if err := l.Move(noon, c); err != nil {
		t.Fatal(err)
	}
	return l.OwnMotion.Text()
}

func mustMotion(t testing.TB, text []byte) *Motion {
	t.Helper()
	m, err := ParseMotion(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// asks has one side ask the other, and the other hear it.
func asks(t testing.TB, from, to *Line, c Change) Digest {
	t.Helper()
	text := mustMove(t, from, c)
	if changed, err := to.HearMotion(text); err != nil || !changed {
		t.Fatalf("heard: changed %t, %v", changed, err)
	}
	return mustMotion(t, text).Digest()
}

// settles has the verdict travel back, and what follows of it.
func settles(t testing.TB, from, to *Line, id Digest, v Verdict) {
	t.Helper()
	if err := to.Decide(noon, id, v); err != nil {
		t.Fatal(err)
	}
	if changed, err := from.HearVerdict(id, v, noon); err != nil || !changed {
		t.Fatalf("verdict heard: changed %t, %v", changed, err)
	}
	if v == Approved {
		agrees(t, from, to)
	}
}

// agrees has the other counter-sign what is pending.
func agrees(t testing.TB, from, to *Line) {
	t.Helper()
	amendment, err := to.CountersignAmendment(from.Pending.Text())
	if err != nil {
		t.Fatal(err)
	}
	if err := from.ApplyAmendment(amendment); err != nil {
		t.Fatal(err)
	}
}

// again reads both lines from disk and demands that nothing is otherwise.
func (p *pair) again(t testing.TB) {
	t.Helper()
	for _, l := range []**Line{&p.n, &p.s} {
		fresh, err := (*l).home.Line((*l).Slug)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := shape(fresh), shape(*l); got != want {
			t.Errorf("%s reads\n%s\nhad\n%s", fresh.home.Name(), got, want)
		}
		*l = fresh
	}
}

// shape is all of a line that its folder decides.
func shape(l *Line) string {
	var b strings.Builder
	for _, m := range append(l.Amendments[:len(l.Amendments):len(l.Amendments)], l.Pending) {
		if m != nil {
			b.Write(m.Text())
		}
	}
	for _, a := range []*Asked{l.OwnMotion, l.FarMotion} {
		if a != nil {
			fmt.Fprintf(&b, "%s%q %s\n", a.Text(), a.Verdict, a.At)
		}
	}
	fmt.Fprint(&b, l.Rules(), l.Principals(true), l.Principals(false), l.Paths())
	return b.String()
}

func TestMotionApproved(t *testing.T) {
	p := agreedPair(t)
	id := asks(t, p.n, p.s, Change{Rules: &otherRules})
	p.again(t)
	if p.n.Pending != nil || !p.s.Rules().Equal(DefaultRules()) || p.s.FarMotion.Verdict != Waiting {
		t.Error("in force, or signed, before anybody has approved it")
	}
	if err := p.s.Decide(noon.Add(time.Hour), id, Approved); err != nil {
		t.Fatal(err)
	}
	p.again(t)
	if _, err := p.n.HearVerdict(id, Approved, p.s.FarMotion.At); err != nil {
		t.Fatal(err)
	}
	p.again(t)
	if !p.n.OwnMotion.At.Equal(noon.Add(time.Hour)) || p.n.Rules().Equal(otherRules) {
		t.Errorf("approved at %v, or in force with one signature", p.n.OwnMotion.At)
	}
	agrees(t, p.n, p.s)
	p.again(t)
	for _, l := range []*Line{p.n, p.s} {
		if !l.Rules().Equal(otherRules) || l.OwnMotion != nil || l.FarMotion != nil || l.Pending != nil || len(l.Amendments) != 1 || l.Amendments[0].Sort() != SortRules {
			t.Errorf("%s: rules %+v, motions %v %v, pending %v", l.home.Name(), l.Rules(), l.OwnMotion, l.FarMotion, l.Pending)
		}
	}
	// All of it may come twice, and late.
	if changed, err := p.n.HearVerdict(id, Refused, noon); changed || err != nil {
		t.Errorf("a late verdict: changed %t, %v", changed, err)
	}
}

func TestMotionRefused(t *testing.T) {
	p := agreedPair(t)
	c := Change{Rules: &otherRules}
	id := asks(t, p.s, p.n, c)
	settles(t, p.s, p.n, id, Refused)
	p.again(t)
	if p.s.OwnMotion.Verdict != Refused || p.s.Pending != nil || len(p.n.Amendments) != 0 {
		t.Error("refused, but not done with")
	}
	// Refused is refused, also for a station that proposes in spite of it.
	s := p.s.state
	forced, err := s.propose(p.s.Accord, noon, p.south.keys, false, change{sort: SortRules, rules: &otherRules})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.n.CountersignAmendment(forced.Text())
	wantRefusal(t, err, ErrUnapproved)
	wantRefusal(t, p.n.Decide(noon, id, Approved), ErrAnswered)
	// It may be asked again.
	if err := p.s.Move(noon.Add(time.Second), c); err != nil {
		t.Fatal(err)
	}
	if changed, err := p.n.HearMotion(p.s.OwnMotion.Text()); !changed || err != nil || p.n.FarMotion.Verdict != Waiting {
		t.Errorf("asked again: changed %t, %v", changed, err)
	}
	settles(t, p.s, p.n, p.s.OwnMotion.Digest(), Approved)
}

// What is approved is what was seen: a motion that is changed meanwhile is another one.
func TestMotionChangedMeanwhile(t *testing.T) {
	p := agreedPair(t)
	seen := asks(t, p.n, p.s, Change{Rules: &otherRules})
	worse := Rules{Watch: WatchNothing}
	other := asks(t, p.n, p.s, Change{Rules: &worse})
	r := wantRefusal(t, p.s.Decide(noon, seen, Approved), ErrMissing)
	if !strings.Contains(r.Hint(), "look again") {
		t.Errorf("hint %q", r.Hint())
	}
	if p.s.FarMotion.Verdict != Waiting {
		t.Error("the other one is approved")
	}
	// An approval that crosses a change approves nothing.
	third := asks(t, p.n, p.s, Change{Rules: &otherRules})
	_ = third
	if changed, err := p.n.HearVerdict(other, Approved, noon); changed || err != nil || p.n.Pending != nil {
		t.Errorf("changed %t, %v", changed, err)
	}
	// What is approved cannot be put in place of it either.
	settled := p.s.FarMotion.Digest()
	if err := p.s.Decide(noon, settled, Approved); err != nil {
		t.Fatal(err)
	}
	s := p.n.state
	forced, err := s.propose(p.n.Accord, noon, p.north.keys, true, change{sort: SortRules, rules: &worse})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.s.CountersignAmendment(forced.Text())
	wantRefusal(t, err, ErrUnapproved)
}

func TestMotionTakenBack(t *testing.T) {
	p := agreedPair(t)
	wantRefusal(t, p.n.Withdraw(), ErrMissing)
	id := asks(t, p.n, p.s, Change{Rules: &otherRules})
	if err := p.n.Withdraw(); err != nil {
		t.Fatal(err)
	}
	if changed, err := p.s.HearMotion(nil); !changed || err != nil {
		t.Errorf("changed %t, %v", changed, err)
	}
	p.again(t)
	if p.s.FarMotion != nil || p.n.OwnMotion != nil {
		t.Error("it is still there")
	}
	wantRefusal(t, p.s.Decide(noon, id, Approved), ErrMissing)
	if changed, err := p.s.HearMotion(nil); changed || err != nil {
		t.Errorf("nothing after nothing: changed %t, %v", changed, err)
	}
	// Approved is approved.
	id = asks(t, p.n, p.s, Change{Rules: &otherRules})
	if err := p.s.Decide(noon, id, Approved); err != nil {
		t.Fatal(err)
	}
	if _, err := p.n.HearVerdict(id, Approved, noon); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, p.n.Withdraw(), ErrAnswered)
	wantRefusal(t, p.n.Move(noon, Change{Rules: &Rules{Watch: WatchNothing}}), ErrAnswered)
	wantRefusal(t, p.s.Decide(noon, id, Refused), ErrAnswered)
}

// While a motion waits for people, addresses change by themselves; and a motion that was approved
// meanwhile follows them.
func TestAddressesDoNotWaitForPeople(t *testing.T) {
	for _, first := range []bool{true, false} {
		p := agreedPair(t)
		from, other := p.n, p.s
		if !first {
			from, other = other, from
		}
		id := asks(t, from, other, Change{Rules: &otherRules})
		mustPropose(t, from, to("192.0.2.9:7000"))
		agrees(t, from, other)
		mustPropose(t, other, to("198.51.100.9:7000"))
		agrees(t, other, from)
		if err := other.Decide(noon, id, Approved); err != nil {
			t.Fatal(err)
		}
		// Addresses go first, even when both wait to be signed.
		mustPropose(t, from, to("192.0.2.10:7000"))
		if _, err := from.HearVerdict(id, Approved, noon); err != nil {
			t.Fatal(err)
		}
		if from.Pending.Sort() != SortEnds {
			t.Errorf("%s is pending", from.Pending.Sort())
		}
		agrees(t, from, other)
		if from.Pending == nil || from.Pending.Sort() != SortRules || from.Pending.Serial != 4 {
			t.Fatalf("pending %+v", from.Pending)
		}
		mustPropose(t, from, to("192.0.2.11:7000")) // and back again
		agrees(t, from, other)
		agrees(t, from, other)
		p.again(t)
		if !from.Rules().Equal(otherRules) || from.Pending != nil || len(other.Amendments) != 5 {
			t.Errorf("rules %+v, pending %v, %d amendments", from.Rules(), from.Pending, len(other.Amendments))
		}
	}
}

// Both ask at once. Both are approved: the first party's comes first, the second's follows. Where they ask for the
// same, one amendment is enough, and the other motion is over.
func TestMotionsCross(t *testing.T) {
	third := Rules{Watch: WatchStaffed, Tests: []TimeOfDay{60}}
	for _, same := range []bool{false, true} {
		p := agreedPair(t)
		wanted := [2]*Rules{&otherRules, &third}
		if same {
			wanted[1] = wanted[0]
		}
		n, s := asks(t, p.n, p.s, Change{Rules: wanted[0]}), asks(t, p.s, p.n, Change{Rules: wanted[1]})
		for _, x := range []struct {
			from, to *Line
			id       Digest
		}{{p.n, p.s, n}, {p.s, p.n, s}} {
			if err := x.to.Decide(noon, x.id, Approved); err != nil {
				t.Fatal(err)
			}
			if _, err := x.from.HearVerdict(x.id, Approved, noon); err != nil {
				t.Fatal(err)
			}
		}
		_, err := p.n.CountersignAmendment(p.s.Pending.Text())
		wantRefusal(t, err, ErrCrossed)
		agrees(t, p.n, p.s)
		if !same {
			agrees(t, p.s, p.n)
		}
		p.again(t)
		for _, l := range []*Line{p.n, p.s} {
			if !l.Rules().Equal(*wanted[1]) || l.Pending != nil || l.OwnMotion != nil || l.FarMotion != nil {
				t.Errorf("same %t: rules %+v, pending %v, motions %v %v", same, l.Rules(), l.Pending, l.OwnMotion, l.FarMotion)
			}
		}
		if same && len(p.n.Amendments) != 1 {
			t.Errorf("%d amendments for one change", len(p.n.Amendments))
		}
	}
}

// What was approved once does not come back when the rules are later changed to others.
func TestApprovalDoesNotComeBack(t *testing.T) {
	p := agreedPair(t)
	back := DefaultRules()
	n, s := asks(t, p.n, p.s, Change{Rules: &otherRules}), asks(t, p.s, p.n, Change{Rules: &otherRules})
	settles(t, p.n, p.s, n, Approved)
	text := p.s.OwnMotion
	if text != nil {
		t.Fatal("the second's motion is not over though its rules are in force")
	}
	if err := p.n.Decide(noon, s, Approved); !errors.Is(err, ErrMissing) {
		t.Errorf("it can be approved: %v", err)
	}
	id := asks(t, p.n, p.s, Change{Rules: &back})
	settles(t, p.n, p.s, id, Approved)
	p.again(t)
	if p.s.OwnMotion != nil || p.s.Pending != nil || p.n.FarMotion != nil || !p.s.Rules().Equal(back) {
		t.Errorf("motions %v %v, pending %v, rules %+v", p.s.OwnMotion, p.n.FarMotion, p.s.Pending, p.s.Rules())
	}
}

func TestPrincipals(t *testing.T) {
	p := agreedPair(t)
	do := func(l, other *Line, act PrincipalAct, k PrincipalKey) {
		t.Helper()
		id := asks(t, l, other, Change{Principal: &PrincipalChange{act, k}})
		settles(t, l, other, id, Approved)
	}
	petrova, weber := keyOf("I. Petrova", 1), keyOf("A. Weber", 1)
	do(p.s, p.n, Register, petrova)
	do(p.s, p.n, Register, keyOf("Z. Ito", 1))
	do(p.n, p.s, Register, weber)
	do(p.s, p.n, Replace, keyOf("I. Petrova", 2))
	do(p.s, p.n, Remove, PrincipalKey{Name: "Z. Ito", Serial: 1})
	p.again(t)
	for _, l := range []*Line{p.n, p.s} {
		if got := l.Principals(false); len(got) != 1 || !got[0].Equal(keyOf("I. Petrova", 2)) {
			t.Errorf("%s: South's keys are %+v", l.home.Name(), got)
		}
		if got := l.Principals(true); len(got) != 1 || !got[0].Equal(weber) {
			t.Errorf("%s: North's keys are %+v", l.home.Name(), got)
		}
	}
	edit := func(edit func(*PrincipalKey)) PrincipalKey {
		k := keyOf("Q. Adams", 1)
		edit(&k)
		return k
	}
	for why, c := range map[string]PrincipalChange{
		"no act":                  {"", keyOf("Q. Adams", 1)},
		"a name that has one":     {Register, keyOf("I. Petrova", 1)},
		"a name like one":         {Register, edit(func(k *PrincipalKey) { k.Name = "I Petrova" })},
		"a name with a line":      {Register, edit(func(k *PrincipalKey) { k.Name = "Q. Adams\nx" })},
		"not the first serial":    {Register, keyOf("Q. Adams", 2)},
		"a name that has none":    {Replace, keyOf("Q. Adams", 2)},
		"the same serial":         {Replace, edit(func(k *PrincipalKey) { k.Name, k.Serial = "I. Petrova", 2 })},
		"a serial too far":        {Replace, edit(func(k *PrincipalKey) { k.Name, k.Serial = "I. Petrova", 4 })},
		"the same key":            {Replace, func() PrincipalKey { k := keyOf("I. Petrova", 2); k.Serial = 3; return k }()},
		"one of another person":   {Register, edit(func(k *PrincipalKey) { k.Credential = keyOf("I. Petrova", 2).Credential })},
		"one of the other party":  {Register, edit(func(k *PrincipalKey) { k.Credential = weber.Credential })},
		"nobody's key removed":    {Remove, PrincipalKey{Name: "Q. Adams", Serial: 1}},
		"an older key removed":    {Remove, PrincipalKey{Name: "I. Petrova", Serial: 1}},
		"more than a name":        {Remove, keyOf("I. Petrova", 2)},
		"the other's key removed": {Remove, PrincipalKey{Name: "A. Weber", Serial: 1}},
		"no origin":               {Register, edit(func(k *PrincipalKey) { k.Origins = nil })},
		"five origins": {Register, edit(func(k *PrincipalKey) {
			k.Origins = append(k.Origins, "https://a.south.example", "https://b.south.example", "https://c.south.example")
		})},
		"an origin twice":        {Register, edit(func(k *PrincipalKey) { k.Origins[1] = k.Origins[0] })},
		"another's origin":       {Register, edit(func(k *PrincipalKey) { k.Origins[0] = "https://console.north.example" })},
		"an origin that ends so": {Register, edit(func(k *PrincipalKey) { k.Origins[0] = "https://evilsouth.example" })},
		"a domain in capitals":   {Register, edit(func(k *PrincipalKey) { k.RPID = "South.example" })},
		"no domain":              {Register, edit(func(k *PrincipalKey) { k.RPID = "" })},
		"a short credential":     {Register, edit(func(k *PrincipalKey) { k.Credential = k.Credential[:15] })},
		"a long credential":      {Register, edit(func(k *PrincipalKey) { k.Credential = make([]byte, 1024) })},
		"no public key":          {Register, edit(func(k *PrincipalKey) { k.PublicKey = nil })},
		"a long public key":      {Register, edit(func(k *PrincipalKey) { k.PublicKey = make([]byte, 513) })},
	} {
		if err := p.s.Move(noon, Change{Principal: &c}); !errors.Is(err, ErrTerms) && !errors.Is(err, ErrName) {
			t.Errorf("%s: error %v", why, err)
		}
	}
	for _, c := range []Change{{}, {Rules: &otherRules, Principal: &PrincipalChange{Remove, PrincipalKey{Name: "I. Petrova", Serial: 2}}}, {Rules: &Rules{}}} {
		wantRefusal(t, p.s.Move(noon, c), ErrTerms)
	}
	if p.s.OwnMotion != nil {
		t.Error("refused, but asked")
	}
}

func TestMostPrincipals(t *testing.T) {
	var ps principals
	for i := range MaxPrincipals {
		var err error
		if ps, err = ps.with(&PrincipalChange{Register, keyOf(string(rune('A'+2*i))+"x", 1)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err := ps.with(&PrincipalChange{Register, keyOf("Z", 1)}, nil)
	wantRefusal(t, err, ErrTerms)
	if ps, err = ps.with(&PrincipalChange{Replace, keyOf("Ax", 2)}, nil); err != nil || ps[0].Serial != 2 {
		t.Errorf("replaced: %v", err)
	}
}

// What a hostile station may send in place of a motion.
func TestForgedMotions(t *testing.T) {
	p, other := agreedPair(t), agreedPair(t)
	forge := func(edit func(*Motion)) []byte {
		m := &Motion{Accord: p.n.Accord.Digest(), Next: 1, First: false, Made: noon, change: change{sort: SortRules, rules: &otherRules}}
		edit(m)
		if m.signature == nil {
			m.signature = p.south.keys.of(RoleIdentity).sign(m.statement())
		}
		return m.Text()
	}
	amendment := mustPropose(t, p.s, to("198.51.100.7:7000"))
	for why, x := range map[string]struct {
		text []byte
		err  error
	}{
		"our own":               {forge(func(m *Motion) { m.First = true }), ErrWrongParty},
		"of another accord":     {forge(func(m *Motion) { m.Accord = other.n.Accord.Digest() }), ErrWrongParty},
		"of another line":       {mustMove(t, other.s, Change{Rules: &otherRules}), ErrWrongParty},
		"of times to come":      {forge(func(m *Motion) { m.Next = 2 }), ErrStale},
		"signed by another key": {forge(func(m *Motion) { m.signature = p.south.keys.of(RoleLog).sign(m.statement()) }), ErrChanged},
		"signed by nobody":      {forge(func(m *Motion) { m.signature = make([]byte, 64) }), ErrChanged},
		"addresses":             {forge(func(m *Motion) { m.change = change{sort: SortEnds, ends: p.s.state.second} }), ErrChanged},
		"a proposal":            {amendment, ErrForeign},
		"of no serial":          {forge(func(m *Motion) { m.Next = 0 }), ErrChanged},
	} {
		if changed, err := p.n.HearMotion(x.text); changed || !errors.Is(err, x.err) {
			t.Errorf("%s: changed %t, error %v, want %v", why, changed, err, x.err)
		}
	}
	// Rules that are in force, or that nobody can have, are nothing to ask people about.
	now := DefaultRules()
	if changed, err := p.n.HearMotion(forge(func(m *Motion) { m.change.rules = &now })); changed || err != nil {
		t.Errorf("rules in force: changed %t, %v", changed, err)
	}
	if p.n.FarMotion != nil {
		t.Error("refused, but kept")
	}
	id := asks(t, p.n, p.s, Change{Rules: &otherRules})
	for _, v := range []struct {
		Verdict
		at time.Time
	}{{"yes", noon}, {"", noon}, {Approved, time.Time{}}, {Approved, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		_, err := p.n.HearVerdict(id, v.Verdict, v.at)
		wantRefusal(t, err, ErrTerms)
	}
	if changed, err := p.n.HearVerdict(Digest{1}, Approved, noon); changed || err != nil || p.n.Pending != nil {
		t.Errorf("a verdict on nothing: changed %t, %v", changed, err)
	}
}

// Motions of another line or party in this one's place are found when the line is read.
func TestDamagedMotions(t *testing.T) {
	p, other := agreedPair(t), agreedPair(t)
	asks(t, p.n, p.s, Change{Rules: &otherRules})
	asks(t, other.n, other.s, Change{Rules: &otherRules})
	for file, text := range map[string][]byte{
		fileMotion: other.n.OwnMotion.Text(), fileFarMotion: p.n.OwnMotion.Text(),
		fileVerdict: encode(&verdictFile{p.n.OwnMotion.Digest(), Approved, noon})[1:],
	} {
		l := copyLine(t, p.n)
		if err := os.WriteFile(l.path(file), text, modeFile); err != nil {
			t.Fatal(err)
		}
		if _, err := l.home.Line(l.Slug); !changed(err) {
			t.Errorf("%s: error %v", file, err)
		}
	}
	// A verdict of another motion says nothing of this one.
	l := copyLine(t, p.n)
	if err := os.WriteFile(l.path(fileVerdict), encode(&verdictFile{Digest{9}, Approved, noon}), modeFile); err != nil {
		t.Fatal(err)
	}
	if l, err := l.home.Line(l.Slug); err != nil || l.OwnMotion.Verdict != Waiting || l.Pending != nil {
		t.Errorf("%+v, %v", l.OwnMotion, err)
	}
}
