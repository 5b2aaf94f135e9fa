package accord

import (
	"reflect"
	"testing"
)

func TestParseTests(t *testing.T) {
	for text, want := range map[string][]TimeOfDay{
		"none": nil, "00:00": {0}, "23:59": {1439}, "20:00,08:00": {480, 1200}, "06:00, 12:00, 18:00, 23:00": {360, 720, 1080, 1380},
	} {
		if got, err := ParseTests(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "8:00", "08:0", "0800", "24:00", "08:60", "-1:00", "+8:00", "08:00,08:00", "08:00,", "00:00,01:00,02:00,03:00,04:00", "08:00:00", "08.00"} {
		_, err := ParseTests(text)
		wantRefusal(t, err, ErrTerms)
	}
}

// An invite that says nothing of rules has the default ones, and what it says otherwise stays.
func TestRulesOfAnInvite(t *testing.T) {
	p := agreedPair(t)
	if !p.s.Rules().Equal(DefaultRules()) || !p.n.Rules().Equal(DefaultRules()) {
		t.Errorf("rules %+v and %+v, want the defaults", p.n.Rules(), p.s.Rules())
	}
	for _, want := range []Rules{
		{Watch: WatchNothing}, {Watch: WatchStaffed, Tests: []TimeOfDay{0}}, {Watch: WatchNames, Tests: []TimeOfDay{1, 2, 3, 1439}, SuspendedText: true},
	} {
		q := newPair(t)
		q.invites(t, InviteOptions{Terms: Terms{Rules: want}})
		q.accepts(t)
		if !q.s.Rules().Equal(want) {
			t.Errorf("rules %+v, want %+v", q.s.Rules(), want)
		}
	}
	for _, bad := range []Rules{
		{Watch: "everything"}, {Watch: WatchCount, Tests: []TimeOfDay{1440}}, {Watch: WatchCount, Tests: []TimeOfDay{2, 1}},
		{Watch: WatchCount, Tests: []TimeOfDay{1, 1}}, {Watch: WatchCount, Tests: []TimeOfDay{1, 2, 3, 4, 5}},
	} {
		_, _, err := p.north.Invite(noon, InviteOptions{Terms: Terms{Rules: bad}, Paths: northPaths})
		wantRefusal(t, err, ErrTerms)
	}
}
