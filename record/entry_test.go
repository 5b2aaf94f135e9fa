package record

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var (
	aCall  = CallID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	bCall  = CallID{0xff, 2}
	aTree  = Tree{42, Hash{0xaa, 0xbb}}
	aHash  = [32]byte{9, 8, 7}
	saltH  = Salt{1, 1, 1, 1}
	saltB  = Salt{2, 2, 2, 2}
	anHour = noon.UnixMilli()
	aClaim = Claim{Credential: aHash, Own: [8]byte{1}, Far: [8]byte{2}, Role: RolePrincipal, Nonce: [32]byte{3},
		AuthData: bytes.Repeat([]byte{4}, minAuthData), ClientData: []byte(`{"type":"webauthn.get"}`), Signature: []byte{5, 6}}
)

func head(k Kind, about ...Ref) Header {
	return Header{Number: 7, Time: anHour, Kind: k, Seen: aTree, About: about}
}

func inCall(h Header) Header { h.Call = aCall; return h }

func own(r Relation, n int64) Ref   { return Ref{r, false, n} }
func other(r Relation, n int64) Ref { return Ref{r, true, n} }

// good is one entry of every form that there is.
func good() []*Entry {
	var all []*Entry
	add := func(h Header, b Body) {
		all = append(all, &Entry{Header: h, HeaderSalt: saltH, Body: b, BodySalt: saltB})
	}
	add(Header{Time: 1, Kind: KindMessage, Seen: EmptyTree()}, Message{"a"})
	add(head(KindMessage), Message{"Grüße,\n\tNorth. שלום"})
	add(inCall(head(KindMessage, own(Answers, 3), own(Under, 2), other(Answers, 41))), Message{"under way"})
	add(head(KindMessage, own(Amends, 6)), Message{"better so"})
	add(head(KindMessage, own(Retracts, 6)), Message{})
	add(head(KindMessage, own(Carries, 4), own(Carries, 5)), Message{})
	add(head(KindMessage), Message{strings.Repeat("x", MaxText)})
	add(head(KindAttachment), Attachment{MaxAttachment, aHash, "map of the north.png"})
	add(head(KindReceipt, other(Answers, 40)), Receipt{Rung: Shown})
	add(head(KindReceipt, other(Answers, 40), other(Answers, 41)), Receipt{Read, "Lt. Łucja Nowak"})
	add(head(KindReceipt, other(Answers, 40)), Receipt{Seen, "Minister Łucja Nowak"})
	add(inCall(head(KindCall, other(Under, 0))), CallStep{Step: StepCalled, Who: "Anna"})
	add(inCall(head(KindCall)), CallStep{Step: StepCrossed, Other: bCall})
	add(inCall(head(KindCall)), CallStep{Step: StepReached})
	add(inCall(head(KindCall)), CallStep{Step: StepRinging, Count: 3})
	add(inCall(head(KindCall)), CallStep{Step: StepAnswered, Who: "Bo"})
	add(inCall(head(KindCall)), CallStep{Step: StepHeld, Reason: LineLost})
	add(inCall(head(KindCall)), CallStep{Step: StepResumed})
	add(inCall(head(KindCall)), CallStep{Step: StepEnded, Reason: HungUp, By: ByAuthor, Who: "Bo"})
	add(inCall(head(KindCall)), CallStep{Step: StepEnded, Reason: Suspended, By: ByOther})
	add(inCall(head(KindCall)), CallStep{Step: StepAnswered, Who: "Bo", Role: RoleOfficer})
	add(inCall(head(KindCall)), CallStep{Step: StepAsked, Who: "Anna", Role: RoleOfficer})
	add(inCall(head(KindCall)), CallStep{Step: StepFetching, Who: "Minister Łucja Nowak", Count: 12})
	add(inCall(head(KindCall)), CallStep{Step: StepPresent, Who: "Minister Łucja Nowak", Role: RolePrincipal})
	add(inCall(head(KindCall)), CallStep{Step: StepJoined, Who: "Cy", Role: RoleObserver})
	add(inCall(head(KindCall)), CallStep{Step: StepJoined, Who: "Dee", Speaks: true})
	add(inCall(head(KindCall)), CallStep{Step: StepLeft, Who: "Cy", Role: RoleObserver})
	add(inCall(head(KindCall)), CallStep{Step: StepHanded, Who: "Minister Łucja Nowak", Role: RolePrincipal})
	add(inCall(head(KindDrill, other(Under, 0))), CallStep{Drill: true, Step: StepCalled, Who: "Anna", Role: RoleOfficer})
	add(inCall(head(KindDrill)), CallStep{Drill: true, Step: StepRinging, Count: 3})
	add(inCall(head(KindDrill)), CallStep{Drill: true, Step: StepEnded, Reason: Interrupted})
	add(head(KindLine), LineChange{0, false})
	add(head(KindLine), LineChange{8, true})
	add(head(KindMatter), Matter{MatterOpened, "Cable 7 at the strait"})
	add(head(KindMatter, other(Under, 3)), Matter{Act: MatterAcknowledged})
	add(head(KindMatter, own(Under, 3)), Matter{Act: MatterClosed})
	add(inCall(head(KindMatter, other(Under, 3))), Matter{Act: MatterFiled})
	add(head(KindAccord), AccordChange{0, aHash, RuleFree})
	add(head(KindAccord), AccordChange{0, aHash, RuleConsent})
	add(head(KindAccord), AccordChange{1<<31 - 1, aHash, 0})
	ranges := []Range{{false, false, 0, 2}, {false, true, 3, 3}, {false, false, 4, 6}, {true, false, 0, 41}}
	add(head(KindDisclosure), Disclosure{DisclosureAsked, [32]byte{}, ranges, "the court at Łódź"})
	add(head(KindDisclosure, other(Answers, 8)), Disclosure{Act: DisclosureConsented, Digest: aHash})
	add(head(KindDisclosure, other(Answers, 8)), Disclosure{Act: DisclosureRefused, Digest: aHash})
	add(head(KindDisclosure, other(Answers, 9)), Disclosure{DisclosureMade, aHash, ranges[:1], ""})
	paths := []TestPath{{1, true, 0, 41}, {8, false, 1000, 0}}
	add(head(KindTest), Test{TestAsked, anHour, paths, "Anna", "amber seven"})
	add(head(KindTest), Test{Act: TestAsked, Text: "amber seven"})
	add(head(KindTest, other(Answers, 8)), Test{Act: TestReadBack, Paths: paths[:1], Who: "Bo", Text: "Amber 7"})
	add(head(KindTest, other(Answers, 8)), Test{Act: TestPassed, Who: "Anna"})
	add(head(KindTest, other(Answers, 8)), Test{Act: TestFailed, Text: "another word was read"})
	add(head(KindTest, own(Answers, 5)), Test{Act: TestFailed, Text: "nobody read it back"})
	add(inCall(head(KindPresence)), Presence{Act: PresenceClaimed, Who: "Minister Łucja Nowak", Claim: aClaim})
	add(inCall(head(KindPresence, other(Answers, 8))), Presence{Act: PresenceVerified, Who: "Minister Łucja Nowak"})
	add(inCall(head(KindPresence, other(Answers, 8))), Presence{Act: PresenceRefused, Drill: true, Who: "x", Reason: "the nonce was used before"})
	add(head(KindRight), Right{RightSuspended, "Minister Łucja Nowak", "the accord is under review"})
	add(head(KindRight), Right{Act: RightRestored})
	return all
}

func TestEntriesComeBackAsTheyWere(t *testing.T) {
	for _, e := range good() {
		b, err := e.Encode()
		if err != nil {
			t.Errorf("%+v: %v", e, err)
			continue
		}
		again, err := ParseEntry(b)
		if err != nil {
			t.Errorf("%+v: %v", e, err)
			continue
		}
		if !reflect.DeepEqual(normal(e), normal(again)) {
			t.Errorf("%+v came back as %+v", e, again)
		}
		if again.Leaf() != e.Leaf() {
			t.Errorf("%+v: another leaf", e)
		}
	}
}

func normal(e *Entry) Entry {
	n := *e
	if len(n.About) == 0 {
		n.About = nil
	}
	return n
}

// Whatever byte of an entry is changed, it is refused or stands for another leaf.
func TestEveryByteOfAnEntryCounts(t *testing.T) {
	for _, e := range good() {
		if m, is := e.Body.(Message); is && len(m.Text) > 1000 {
			continue // its bytes are like those of the others
		}
		for _, erase := range []bool{false, true} {
			if erase {
				e.Erase()
			}
			b, _ := e.Encode()
			for i := range b {
				for _, flip := range []byte{1, 0x80, 0xff} {
					changed := bytes.Clone(b)
					changed[i] ^= flip
					if x, err := ParseEntry(changed); err == nil && x.Leaf() == e.Leaf() {
						t.Errorf("%s entry: byte %d ^ %#x is not noticed", e.Kind, i, flip)
					}
				}
				if _, err := ParseEntry(b[:i]); err == nil {
					if x, _ := ParseEntry(b[:i]); x.Leaf() == e.Leaf() {
						t.Errorf("%s entry: cut at %d is not noticed", e.Kind, i)
					}
				}
			}
		}
	}
}

func TestErasedEntriesKeepTheirLeaf(t *testing.T) {
	for _, e := range good() {
		leaf := e.Leaf()
		e.Erase()
		e.Erase()
		if e.Leaf() != leaf || e.Body != nil || e.BodySalt != (Salt{}) {
			t.Errorf("%s entry: erased, it is another", e.Kind)
		}
		b, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseEntry(b)
		if err != nil || again.Leaf() != leaf {
			t.Errorf("%s entry: %v", e.Kind, err)
		}
		if bytes.Contains(b, saltB[:]) {
			t.Errorf("%s entry: erased, it still shows the body's salt", e.Kind)
		}
	}
}

// A body and a header of the same bytes and salt have different commitments.
func TestCommitmentsAreApart(t *testing.T) {
	if CommitHeader(saltH, []byte("x")) == CommitBody(saltH, []byte("x")) {
		t.Error("a header's commitment is a body's")
	}
	if CommitBody(saltH, []byte("x")) == CommitBody(saltB, []byte("x")) {
		t.Error("the salt does not count")
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	msg := func(change func(*Header)) Header { h := head(KindMessage); change(&h); return h }
	for _, c := range []struct {
		name  string
		h     Header
		fault error
	}{
		{"number below 0", msg(func(h *Header) { h.Number = -1 }), ErrMalformed},
		{"number too great", msg(func(h *Header) { h.Number = max48 }), ErrMalformed},
		{"no time", msg(func(h *Header) { h.Time = 0 }), ErrMalformed},
		{"time before 1970", msg(func(h *Header) { h.Time = -1 }), ErrMalformed},
		{"time after 10889", msg(func(h *Header) { h.Time = max48 + 1 }), ErrMalformed},
		{"no kind", head(0), ErrMalformed},
		{"kind after the last", head(kinds), ErrMalformed},
		{"a drill's step of no call", head(KindDrill), ErrMalformed},
		{"a presence in no call", head(KindPresence), ErrMalformed},
		{"a test in a call", inCall(head(KindTest)), ErrMalformed},
		{"a right in a call", inCall(head(KindRight)), ErrMalformed},
		{"a test that answers two", head(KindTest, other(Answers, 1), other(Answers, 2)), ErrAbout},
		{"a presence that answers two", inCall(head(KindPresence, other(Answers, 1), other(Answers, 2))), ErrAbout},
		{"a right that answers", head(KindRight, other(Answers, 1)), ErrAbout},
		{"a drill that answers", inCall(head(KindDrill, other(Answers, 1))), ErrAbout},
		{"kind unknown", head(63), ErrMalformed},
		{"seen less than nothing", msg(func(h *Header) { h.Seen.Size = -1 }), ErrMalformed},
		{"nothing seen, with a root", msg(func(h *Header) { h.Seen.Size = 0 }), ErrMalformed},
		{"a step of no call", head(KindCall), ErrMalformed},
		{"a receipt in a call", inCall(head(KindReceipt, other(Answers, 1))), ErrMalformed},
		{"relation unknown", head(KindMessage, own(0, 1)), ErrAbout},
		{"relation too great", head(KindMessage, own(relations, 1)), ErrAbout},
		{"answers itself", head(KindMessage, own(Answers, 7)), ErrAbout},
		{"answers what is to come", head(KindMessage, own(Answers, 8)), ErrAbout},
		{"answers what it has not seen", head(KindMessage, other(Answers, 42)), ErrAbout},
		{"answers number -1", head(KindMessage, own(Answers, -1)), ErrAbout},
		{"amends the other's", head(KindMessage, other(Amends, 1)), ErrAbout},
		{"retracts the other's", head(KindMessage, other(Retracts, 1)), ErrAbout},
		{"carries the other's", head(KindMessage, other(Carries, 1)), ErrAbout},
		{"amends two", head(KindMessage, own(Amends, 1), own(Amends, 2)), ErrAbout},
		{"under two matters", head(KindMessage, own(Under, 1), other(Under, 1)), ErrAbout},
		{"a line's state that answers", head(KindLine, own(Answers, 1)), ErrAbout},
		{"twice the same", head(KindMessage, own(Answers, 1), own(Answers, 1)), ErrMalformed},
		{"references out of order", head(KindMessage, own(Answers, 2), own(Answers, 1)), ErrMalformed},
		{"relations out of order", head(KindMessage, own(Under, 1), own(Answers, 1)), ErrMalformed},
		{"too many references", head(KindMessage, make([]Ref, MaxAbout+1)...), ErrMalformed},
	} {
		_, err := c.h.Encode()
		wants(t, c.name, err, c.fault)
		if c.h.Number >= 0 && c.h.Number <= max48 && c.h.Time >= 0 && c.h.Time <= max48 && c.h.Seen.Size > 0 {
			_, err = ParseHeader(c.h.append(nil))
			wants(t, c.name+", parsed", err, c.fault)
		}
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	call := inCall(head(KindCall))
	receipt := head(KindReceipt, other(Answers, 1))
	matter := head(KindMatter, other(Under, 1))
	ask := func(r ...Range) Body { return Disclosure{Act: DisclosureAsked, Ranges: r} }
	for _, c := range []struct {
		name  string
		h     Header
		b     Body
		fault error
	}{
		{"no text", head(KindMessage), Message{}, ErrMalformed},
		{"too much text", head(KindMessage), Message{strings.Repeat("x", MaxText+1)}, ErrMalformed},
		{"no UTF-8", head(KindMessage), Message{"\xff"}, ErrMalformed},
		{"a NUL", head(KindMessage), Message{"a\x00"}, ErrMalformed},
		{"a carriage return", head(KindMessage), Message{"a\r\n"}, ErrMalformed},
		{"an escape", head(KindMessage), Message{"\x1b[2J"}, ErrMalformed},
		{"a C1 control", head(KindMessage), Message{"\u009b"}, ErrMalformed},
		{"retracts and amends", head(KindMessage, own(Amends, 1), own(Retracts, 1)), Message{"x"}, ErrAbout},
		{"another kind", head(KindMessage), Receipt{Rung: Shown}, ErrMalformed},
		{"empty file", head(KindAttachment), Attachment{0, aHash, "a"}, ErrMalformed},
		{"file too large", head(KindAttachment), Attachment{MaxAttachment + 1, aHash, "a"}, ErrMalformed},
		{"file without name", head(KindAttachment), Attachment{1, aHash, ""}, ErrMalformed},
		{"file in a folder", head(KindAttachment), Attachment{1, aHash, "../x"}, ErrMalformed},
		{"file in a folder of Windows", head(KindAttachment), Attachment{1, aHash, `a\x`}, ErrMalformed},
		{"hidden file", head(KindAttachment), Attachment{1, aHash, ".bashrc"}, ErrMalformed},
		{"file name that turns", head(KindAttachment), Attachment{1, aHash, "gpj.\u202eexe"}, ErrMalformed},
		{"file name of two lines", head(KindAttachment), Attachment{1, aHash, "a\nb"}, ErrMalformed},
		{"file name too long", head(KindAttachment), Attachment{1, aHash, strings.Repeat("x", MaxName+1)}, ErrMalformed},
		{"receipt for nothing", head(KindReceipt), Receipt{Rung: Shown}, ErrAbout},
		{"receipt for its own", head(KindReceipt, own(Answers, 1)), Receipt{Rung: Shown}, ErrAbout},
		{"shown by somebody", receipt, Receipt{Shown, "Bo"}, ErrMalformed},
		{"read by nobody", receipt, Receipt{Rung: Read}, ErrMalformed},
		{"no rung", receipt, Receipt{}, ErrMalformed},
		{"rung unknown", receipt, Receipt{rungs, "Bo"}, ErrMalformed},
		{"reader with a space", receipt, Receipt{Read, " Bo"}, ErrMalformed},
		{"no step", call, CallStep{}, ErrMalformed},
		{"step unknown", call, CallStep{Step: steps}, ErrMalformed},
		{"ended for nothing", call, CallStep{Step: StepEnded}, ErrMalformed},
		{"ended for an unknown reason", call, CallStep{Step: StepEnded, Reason: reasons}, ErrMalformed},
		{"called for a reason", call, CallStep{Step: StepCalled, Reason: HungUp}, ErrMalformed},
		{"answered by", call, CallStep{Step: StepAnswered, By: ByAuthor}, ErrMalformed},
		{"ended by unknown", call, CallStep{Step: StepEnded, Reason: HungUp, By: bys}, ErrMalformed},
		{"rings nowhere", call, CallStep{Step: StepRinging}, ErrMalformed},
		{"called, counting", call, CallStep{Step: StepCalled, Count: 1}, ErrMalformed},
		{"crossed nothing", call, CallStep{Step: StepCrossed}, ErrMalformed},
		{"crossed itself", call, CallStep{Step: StepCrossed, Other: aCall}, ErrMalformed},
		{"called, with another call", call, CallStep{Step: StepCalled, Other: bCall}, ErrMalformed},
		{"ringing by a person", call, CallStep{Step: StepRinging, Count: 1, Who: "Bo"}, ErrMalformed},
		{"seen by nobody", receipt, Receipt{Rung: Seen}, ErrMalformed},
		{"path 9", head(KindLine), LineChange{Path: 9}, ErrMalformed},
		{"serial too great", head(KindAccord), AccordChange{1 << 31, aHash, 0}, ErrMalformed},
		{"accord without a rule", head(KindAccord), AccordChange{0, aHash, 0}, ErrMalformed},
		{"accord with an unknown rule", head(KindAccord), AccordChange{0, aHash, rules}, ErrMalformed},
		{"amendment with a rule", head(KindAccord), AccordChange{1, aHash, RuleTold}, ErrMalformed},
		{"no act", matter, Matter{}, ErrMalformed},
		{"act unknown", matter, Matter{Act: matterActs}, ErrMalformed},
		{"opened without title", head(KindMatter), Matter{Act: MatterOpened}, ErrMalformed},
		{"opened under another", matter, Matter{MatterOpened, "x"}, ErrAbout},
		{"closed, nothing named", head(KindMatter), Matter{Act: MatterClosed}, ErrAbout},
		{"closed with title", matter, Matter{MatterClosed, "x"}, ErrMalformed},
		{"closed in a call", inCall(matter), Matter{Act: MatterClosed}, ErrMalformed},
		{"filed without call", matter, Matter{Act: MatterFiled}, ErrMalformed},
		{"acknowledges its own", head(KindMatter, own(Under, 1)), Matter{Act: MatterAcknowledged}, ErrAbout},
		{"disclosure without act", head(KindDisclosure), Disclosure{Ranges: []Range{{}}}, ErrMalformed},
		{"asks for nothing", head(KindDisclosure), ask(), ErrMalformed},
		{"asks for too much", head(KindDisclosure), ask(make([]Range, MaxRanges+1)...), ErrMalformed},
		{"asks for what is to come", head(KindDisclosure), ask(Range{Last: 7}), ErrAbout},
		{"asks for what it has not seen", head(KindDisclosure), ask(Range{Other: true, Last: 42}), ErrAbout},
		{"asks backwards", head(KindDisclosure), ask(Range{First: 3, Last: 2}), ErrAbout},
		{"ranges that touch", head(KindDisclosure), ask(Range{Last: 2}, Range{First: 3, Last: 4}), ErrMalformed},
		{"ranges that overlap", head(KindDisclosure), ask(Range{Last: 2}, Range{First: 2, Last: 4, Bodies: true}), ErrMalformed},
		{"the other's ranges first", head(KindDisclosure), ask(Range{Other: true}, Range{}), ErrMalformed},
		{"made, and no file", head(KindDisclosure), Disclosure{Act: DisclosureMade, Ranges: []Range{{}}}, ErrMalformed},
		{"asks in answer", head(KindDisclosure, other(Answers, 1)), ask(Range{}), ErrAbout},
		{"consents to nothing", head(KindDisclosure), Disclosure{Act: DisclosureConsented}, ErrAbout},
		{"consents to its own", head(KindDisclosure, own(Answers, 1)), Disclosure{Act: DisclosureConsented}, ErrAbout},
		{"consents with a recipient", head(KindDisclosure, other(Answers, 1)), Disclosure{Act: DisclosureConsented, To: "x"}, ErrMalformed},
	} {
		_, err := EncodeBody(&c.h, c.b)
		wants(t, c.name, err, c.fault)
		if c.b.Kind() != c.h.Kind || c.name == "called, with another call" || c.name == "called, counting" {
			continue // there are no bytes that say so
		}
		if _, err = ParseBody(&c.h, c.b.append(nil)); err == nil {
			t.Errorf("%s: parsed", c.name)
		}
	}
}

// Names are what people and programs read: they do not change by accident.
func TestNames(t *testing.T) {
	for want, s := range map[string]fmt.Stringer{
		"message": KindMessage, "attachment": KindAttachment, "receipt": KindReceipt, "call": KindCall, "line": KindLine,
		"matter": KindMatter, "accord": KindAccord, "disclosure": KindDisclosure, "test": KindTest, "drill": KindDrill,
		"presence": KindPresence, "right": KindRight,
		"kind 0": Kind(0), "kind 13": kinds, "answers": Answers, "amends": Amends, "retracts": Retracts, "under": Under,
		"carries": Carries, "relation 6": relations, "shown": Shown, "read": Read, "called": StepCalled, "crossed": StepCrossed,
		"reached": StepReached, "ringing": StepRinging, "answered": StepAnswered, "held": StepHeld, "resumed": StepResumed,
		"ended": StepEnded, "hung up": HungUp, "declined": Declined, "no answer": NoAnswer, "nobody ready": NobodyReady,
		"not reached": NotReached, "cancelled": Cancelled, "console lost": ConsoleLost, "line lost": LineLost,
		"station restarted": Restarted, "station stopping": Stopping, "opened": MatterOpened, "acknowledged": MatterAcknowledged,
		"closed": MatterClosed, "filed": MatterFiled, "asked": DisclosureAsked, "seen": Seen, "fetching": StepFetching, "present": StepPresent, "joined": StepJoined, "left": StepLeft,
		"handed": StepHanded, "watch officer": RoleOfficer, "principal": RolePrincipal, "observer": RoleObserver, "no role": Role(0), "role 4": roles,
		"interrupted": Interrupted, "read back": TestReadBack, "passed": TestPassed, "failed": TestFailed,
		"claimed": PresenceClaimed, "verified": PresenceVerified, "suspended": RightSuspended, "restored": RightRestored, "consented": DisclosureConsented,
		"refused": DisclosureRefused, "made": DisclosureMade, "free": RuleFree, "told": RuleTold, "consent": RuleConsent, "rule 4": rules, "none": ProofNone, "classical": ProofClassical, "full": ProofFull,
		"unheard": Unheard, "behind": Behind, "far behind": FarBehind, "stands": Stands, "forked": Forked, "standing 9": Standing(9),
	} {
		if s.String() != want {
			t.Errorf("%q, want %q", s, want)
		}
	}
}

// References mean something only between the kinds that the specification names.
func TestReferencesThatFit(t *testing.T) {
	type pair struct{ from, target Kind }
	want := map[Relation][]pair{
		Answers:  {{KindReceipt, KindMessage}, {KindDisclosure, KindDisclosure}, {KindTest, KindTest}, {KindPresence, KindPresence}},
		Amends:   {{KindMessage, KindMessage}},
		Retracts: {{KindMessage, KindMessage}},
		Under:    {{KindMessage, KindMatter}, {KindCall, KindMatter}, {KindDrill, KindMatter}, {KindMatter, KindMatter}},
		Carries:  {{KindMessage, KindAttachment}},
	}
	for k := KindMessage; k < kinds; k++ { // a message may answer anything
		want[Answers] = append(want[Answers], pair{KindMessage, k})
	}
	for r := Relation(0); r <= relations; r++ {
		for from := KindMessage; from < kinds; from++ {
			if most, _ := allowed(from, r); most == 0 {
				continue
			}
			for target := KindMessage; target < kinds; target++ {
				if got := (Ref{Relation: r}).Fits(from, target); got != slices.Contains(want[r], pair{from, target}) {
					t.Errorf("%s from %s to %s: %v", r, from, target, got)
				}
			}
		}
	}
	if (Ref{Relation: relations}).Fits(KindMessage, KindMessage) {
		t.Error("an unknown relation fits")
	}
}

func TestBytesThatAreNoEntry(t *testing.T) {
	whole, _ := good()[0].Encode()
	erased := good()[0]
	erased.Erase()
	gone, _ := erased.Encode()
	for name, b := range map[string][]byte{
		"nothing":                nil,
		"form 0":                 append([]byte{0}, whole[1:]...),
		"form 3":                 append([]byte{3}, whole[1:]...),
		"more after an erased":   append(bytes.Clone(gone), 0),
		"header longer":          append(append(bytes.Clone(whole[:17]), whole[17]+1), whole[18:]...),
		"header of 255":          append(append(bytes.Clone(whole[:17]), 255), whole[18:]...),
		"greater than any":       make([]byte, MaxEntry+1),
		"only zeros":             make([]byte, 200),
		"call id of zeros":       hexed(t, "81000000000000000000000001"+strings.Repeat("00", 16)+"00000000000000"),
		"count of 200, and none": hexed(t, "010000000000000000000000010000000000"+"00c8"),
	} {
		_, err := ParseEntry(b)
		wants(t, name, err, ErrMalformed)
		_, err = ParseHeader(b)
		wants(t, name+", as header", err, ErrMalformed)
	}
	both := good()[0]
	both.Erased = Hash{1}
	_, err := both.Encode()
	wants(t, "whole and erased", err, ErrMalformed)
}

func hexed(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
