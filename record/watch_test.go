package record

import (
	"slices"
	"strings"
	"testing"
)

type refused struct {
	name  string
	h     Header
	b     Body
	fault error
}

// refuses tries each body to write, and, where there are bytes that say so, to read.
func refuses(t *testing.T, all []refused, unwritable ...string) {
	t.Helper()
	for _, c := range all {
		_, err := EncodeBody(&c.h, c.b)
		wants(t, c.name, err, c.fault)
		if c.b.Kind() != c.h.Kind || slices.Contains(unwritable, c.name) {
			continue
		}
		if _, err = ParseBody(&c.h, c.b.append(nil)); err == nil {
			t.Errorf("%s: parsed", c.name)
		}
	}
}

func TestStepsOfPersonsThatAreRefused(t *testing.T) {
	call, drill := inCall(head(KindCall)), inCall(head(KindDrill))
	refuses(t, []refused{
		{"a real call that gave way", call, CallStep{Step: StepEnded, Reason: Interrupted}, ErrMalformed},
		{"a drill's step as a call's", call, CallStep{Drill: true, Step: StepResumed}, ErrMalformed},
		{"a call's step as a drill's", drill, CallStep{Step: StepResumed}, ErrMalformed},
		{"ringing by a role", call, CallStep{Step: StepRinging, Count: 1, Role: RoleOfficer}, ErrMalformed},
		{"called by an unknown role", call, CallStep{Step: StepCalled, Role: roles}, ErrMalformed},
		{"fetching by a role", call, CallStep{Step: StepFetching, Role: RoleOfficer}, ErrMalformed},
		{"answered, speaking", call, CallStep{Step: StepAnswered, Speaks: true}, ErrMalformed},
		{"joined by the other", call, CallStep{Step: StepJoined, By: ByOther}, ErrMalformed},
		{"asked for a reason", call, CallStep{Step: StepAsked, Reason: HungUp}, ErrMalformed},
		{"handed, counting", call, CallStep{Step: StepHanded, Count: 1}, ErrMalformed},
	}, "ringing by a role", "fetching by a role", "joined by the other", "answered, speaking", "handed, counting")
}

func TestTestsThatAreRefused(t *testing.T) {
	ask, answer := head(KindTest), head(KindTest, other(Answers, 8))
	with := func(paths ...TestPath) Body { return Test{Act: TestAsked, Text: "x", Paths: paths} }
	refuses(t, []refused{
		{"no act", ask, Test{Text: "x"}, ErrMalformed},
		{"act unknown", answer, Test{Act: testActs, Text: "x"}, ErrMalformed},
		{"asked without words", ask, Test{Act: TestAsked}, ErrMalformed},
		{"too many words", ask, Test{Act: TestAsked, Text: strings.Repeat("x", MaxWhy+1)}, ErrMalformed},
		{"words on two lines", ask, Test{Act: TestAsked, Text: "a\nb"}, ErrMalformed},
		{"who is too long", ask, Test{Act: TestAsked, Text: "x", Who: strings.Repeat("x", MaxWho+1)}, ErrMalformed},
		{"asked in answer", answer, Test{Act: TestAsked, Text: "x"}, ErrAbout},
		{"asked for a time before 1970", ask, Test{Act: TestAsked, Text: "x", Slot: -1}, ErrMalformed},
		{"read back out of nothing", ask, Test{Act: TestReadBack, Text: "x"}, ErrAbout},
		{"read back its own", head(KindTest, own(Answers, 3)), Test{Act: TestReadBack, Text: "x"}, ErrAbout},
		{"read back nothing", answer, Test{Act: TestReadBack}, ErrMalformed},
		{"read back for a time", answer, Test{Act: TestReadBack, Text: "x", Slot: 1}, ErrMalformed},
		{"passed by itself", head(KindTest, own(Answers, 3)), Test{Act: TestPassed}, ErrAbout},
		{"passed, with a text", answer, Test{Act: TestPassed, Text: "x"}, ErrMalformed},
		{"failed for nothing", answer, Test{Act: TestFailed}, ErrMalformed},
		{"path 0", ask, with(TestPath{}), ErrMalformed},
		{"path 9", ask, with(TestPath{Number: 9}), ErrMalformed},
		{"a path twice", ask, with(TestPath{Number: 1}, TestPath{Number: 1}), ErrMalformed},
		{"paths out of order", ask, with(TestPath{Number: 2}, TestPath{Number: 1}), ErrMalformed},
		{"more lost than was sent", ask, with(TestPath{Number: 1, LossPermille: 1001}), ErrMalformed},
	}, "asked for a time before 1970")
}

func TestPresencesThatAreRefused(t *testing.T) {
	claim, answer := inCall(head(KindPresence)), inCall(head(KindPresence, other(Answers, 8)))
	by := func(change func(*Claim)) Body {
		p := Presence{Act: PresenceClaimed, Who: "x", Claim: aClaim}
		change(&p.Claim)
		return p
	}
	refuses(t, []refused{
		{"no act", answer, Presence{Who: "x"}, ErrMalformed},
		{"act unknown", answer, Presence{Act: presenceActs, Who: "x"}, ErrMalformed},
		{"nobody", claim, Presence{Act: PresenceClaimed, Claim: aClaim}, ErrMalformed},
		{"claims in answer", answer, by(func(*Claim) {}), ErrAbout},
		{"verifies nothing", claim, Presence{Act: PresenceVerified, Who: "x"}, ErrAbout},
		{"verifies its own", inCall(head(KindPresence, own(Answers, 3))), Presence{Act: PresenceVerified, Who: "x"}, ErrAbout},
		{"verifies for a reason", answer, Presence{Act: PresenceVerified, Who: "x", Reason: "y"}, ErrMalformed},
		{"refuses for none", answer, Presence{Act: PresenceRefused, Who: "x"}, ErrMalformed},
		{"claims for a reason", claim, Presence{Act: PresenceClaimed, Who: "x", Reason: "y", Claim: aClaim}, ErrMalformed},
		{"verifies with an assertion", answer, Presence{Act: PresenceVerified, Who: "x", Claim: aClaim}, ErrMalformed},
		{"claims without role", claim, by(func(c *Claim) { c.Role = 0 }), ErrMalformed},
		{"claims in an unknown role", claim, by(func(c *Claim) { c.Role = roles }), ErrMalformed},
		{"authenticator's data too short", claim, by(func(c *Claim) { c.AuthData = make([]byte, minAuthData-1) }), ErrMalformed},
		{"authenticator's data too long", claim, by(func(c *Claim) { c.AuthData = make([]byte, MaxAuthData+1) }), ErrMalformed},
		{"no client's data", claim, by(func(c *Claim) { c.ClientData = nil }), ErrMalformed},
		{"client's data too long", claim, by(func(c *Claim) { c.ClientData = make([]byte, MaxClientData+1) }), ErrMalformed},
		{"no signature", claim, by(func(c *Claim) { c.Signature = nil }), ErrMalformed},
		{"signature too long", claim, by(func(c *Claim) { c.Signature = make([]byte, MaxAssertion+1) }), ErrMalformed},
	}, "claims for a reason", "verifies with an assertion")
}

func TestRightsThatAreRefused(t *testing.T) {
	h := head(KindRight)
	refuses(t, []refused{
		{"no act", h, Right{Text: "x"}, ErrMalformed},
		{"act unknown", h, Right{Act: rightActs, Text: "x"}, ErrMalformed},
		{"suspended for nothing", h, Right{Act: RightSuspended}, ErrMalformed},
		{"suspended for too long a reason", h, Right{Act: RightSuspended, Text: strings.Repeat("x", MaxWhy+1)}, ErrMalformed},
		{"by two lines", h, Right{Act: RightSuspended, Who: "a\nb", Text: "x"}, ErrMalformed},
	})
}

// A drill's header says so by itself: erased or shown without its body, it is no call's.
func TestADrillIsNoCallByItsHeaderAlone(t *testing.T) {
	e := &Entry{Header: inCall(head(KindDrill)), HeaderSalt: saltH, Body: CallStep{Drill: true, Step: StepCalled}, BodySalt: saltB}
	e.Erase()
	again, err := ParseEntry(e.append(nil))
	if err != nil || again.Kind != KindDrill {
		t.Errorf("%+v, %v", again, err)
	}
}

// Room that is kept for calls is not for drills.
func TestUrgentKinds(t *testing.T) {
	for k := Kind(0); k <= kinds; k++ {
		if want := k == KindCall || k == KindRight; k.Urgent() != want {
			t.Errorf("%s: %v", k, k.Urgent())
		}
	}
}
