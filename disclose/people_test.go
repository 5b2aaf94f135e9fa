package disclose

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ringdown/record"
)

// drill lets North drill with South, which fetches its principal, until a real call interrupts; it gives the
// number of South's "answered".
func (w *world) drill(n uint64) (answered int64) {
	id := callID(n)
	step := func(d *desk, c record.CallStep) int64 { c.Drill = true; return w.writeIn(d, id, c) }
	step(w.north, record.CallStep{Step: record.StepCalled, Who: "Anna", Role: record.RoleOfficer})
	step(w.south, record.CallStep{Step: record.StepReached, Count: 2})
	step(w.south, record.CallStep{Step: record.StepRinging, Count: 2})
	answered = step(w.south, record.CallStep{Step: record.StepAnswered, Who: "Bo", Role: record.RoleOfficer})
	step(w.north, record.CallStep{Step: record.StepAsked, Who: "Anna", Role: record.RoleOfficer})
	step(w.south, record.CallStep{Step: record.StepFetching, Who: "Minister Łucja Nowak", Count: 12})
	step(w.south, record.CallStep{Step: record.StepEnded, Reason: record.Interrupted})
	step(w.north, record.CallStep{Step: record.StepEnded, Reason: record.Interrupted})
	return answered
}

var aClaim = record.Claim{Credential: [32]byte{1}, Own: [8]byte{7: 3}, Far: [8]byte{7: 4}, Role: record.RolePrincipal, Nonce: [32]byte{5},
	AuthData: bytes.Repeat([]byte{6}, 37), ClientData: []byte(`{"type":"webauthn.get"}`), Signature: []byte{7, 8, 9}}

func answersOwn(n int64) record.Ref { return own(record.Answers, n) }

// peopleVectors are about drills, tests, proofs of presence, the right to call, and who is in a call.
func peopleVectors(t testing.TB) (list []vector) {
	add := func(name string, w *world, change func(r *Request)) {
		r := w.request()
		r.Entries = []Entries{every(true, w.north), every(false, w.south)}
		if change != nil {
			change(&r)
		}
		list = append(list, vector{name, w.make(r)})
	}
	w := newWorld(t, record.RuleFree)
	w.drill(1)
	add("drill", w, nil)
	add("drill-headers", w, func(r *Request) { r.Entries = headers(r.Entries) })

	w = newWorld(t, record.RuleFree)
	paths := []record.TestPath{{Number: 1, Up: true, LossPermille: 4, RTTms: 41}, {Number: 2, LossPermille: 1000}}
	a := w.write(w.north, record.Test{Act: record.TestAsked, Slot: noon.UnixMilli(), Who: "Anna", Text: "amber seven", Paths: paths})
	b := w.write(w.south, record.Test{Act: record.TestReadBack, Who: "Bo", Text: "Amber 7", Paths: paths[:1]}, answersOther(a))
	w.write(w.north, record.Test{Act: record.TestPassed}, answersOther(b))
	c := w.write(w.south, record.Test{Act: record.TestAsked, Text: "birch \\ two"})
	w.write(w.south, record.Test{Act: record.TestFailed, Text: "nobody read it back within 10 minutes"}, answersOwn(c))
	add("test", w, nil)

	w = newWorld(t, record.RuleFree)
	claim := w.presence(w.south, 1, record.Presence{Act: record.PresenceClaimed, Who: "Minister Łucja Nowak", Claim: aClaim})
	w.presence(w.north, 1, record.Presence{Act: record.PresenceVerified, Who: "Minister Łucja Nowak"}, answersOther(claim))
	w.presence(w.north, 1, record.Presence{Act: record.PresenceRefused, Who: "Minister Łucja Nowak", Reason: "the nonce was used before"}, answersOther(claim))
	w.presence(w.south, 2, record.Presence{Act: record.PresenceClaimed, Drill: true, Who: "Minister Łucja Nowak", Claim: aClaim})
	w.write(w.north, record.Message{Text: "Is that you?"})
	w.write(w.south, record.Receipt{Rung: record.Seen, Who: "Minister Łucja Nowak"}, answersOther(3))
	add("presence", w, nil)

	w = newWorld(t, record.RuleFree)
	w.write(w.south, record.Right{Act: record.RightSuspended, Who: "Minister Łucja Nowak", Text: "the accord is under review"})
	w.writeIn(w.north, callID(1), record.CallStep{Step: record.StepCalled, Role: record.RoleOfficer})
	w.writeIn(w.north, callID(1), record.CallStep{Step: record.StepEnded, Reason: record.Suspended, By: record.ByOther})
	w.write(w.south, record.Right{Act: record.RightRestored})
	w.write(w.south, record.Right{Act: record.RightRestored, Text: "once more"})
	add("suspension", w, nil)

	w = newWorld(t, record.RuleFree)
	for _, s := range []record.CallStep{
		{Step: record.StepAsked}, {Step: record.StepFetching}, {Step: record.StepPresent, Who: "Minister Łucja Nowak", Role: record.RolePrincipal},
		{Step: record.StepJoined, Who: "Cy", Role: record.RoleObserver}, {Step: record.StepJoined, Who: "Dee", Speaks: true},
		{Step: record.StepLeft, Who: "Cy", Role: record.RoleObserver}, {Step: record.StepHanded, Who: "Minister Łucja Nowak", Role: record.RolePrincipal},
	} {
		w.writeIn(w.south, callID(1), s)
	}
	add("persons", w, nil)
	return append(list, rungAnew(t))
}

func (w *world) presence(d *desk, call uint64, p record.Presence, about ...record.Ref) int64 {
	return w.writeIn(d, callID(call), p, about...)
}

// rungAnew is a call that a restart of South ended while it rang; it rang anew, and was answered.
func rungAnew(t testing.TB) vector {
	w := newWorld(t, record.RuleFree)
	id := callID(1)
	w.writeIn(w.north, id, record.CallStep{Step: record.StepCalled, Who: "Anna"})
	w.writeIn(w.south, id, record.CallStep{Step: record.StepEnded, Reason: record.Restarted})
	w.writeIn(w.south, id, record.CallStep{Step: record.StepAnswered, Who: "Bo"})
	w.now = w.now.Add(11 * time.Minute)
	w.writeIn(w.south, id, record.CallStep{Step: record.StepEnded, Reason: record.HungUp, By: record.ByAuthor})
	r := w.request()
	r.Contact, r.Entries = id, []Entries{every(true, w.north), every(false, w.south)}
	return vector{"contact-rung-anew", w.make(r)}
}

// Whatever is shown of a drill, its bodies or its headers alone, verification says so.
func TestDrillsAreToldAsDrills(t *testing.T) {
	for _, v := range peopleVectors(t) {
		if !strings.HasPrefix(v.name, "drill") {
			continue
		}
		r, err := Verify(v.file)
		if err != nil {
			t.Fatal(err)
		}
		warned := 0
		for _, w := range r.Warnings {
			if strings.HasPrefix(w, "A DRILL") {
				warned++
			}
		}
		if warned != 2 {
			t.Errorf("%s: %d warnings of a drill, want one of each log: %q", v.name, warned, r.Warnings)
		}
		for _, e := range r.Entries {
			if e.Number > 0 && !strings.HasPrefix(e.Says, "A DRILL") {
				t.Errorf("%s: entry %d says %q", v.name, e.Number, e.Says)
			}
		}
	}
}

// peopleForgeries are entries of the new kinds that no station can have written, each for one reason.
func peopleForgeries(t *testing.T) (list []vector) {
	w := newWorld(t, record.RuleFree)
	a := w.write(w.north, record.Test{Act: record.TestAsked, Text: "amber seven", Paths: []record.TestPath{{Number: 1, Up: true}, {Number: 2}}}) // north 1
	w.write(w.south, record.Test{Act: record.TestReadBack, Text: "amber seven"}, answersOther(a))                                                // south 1
	c := w.presence(w.south, 1, record.Presence{Act: record.PresenceClaimed, Who: "Minister Nowak", Claim: aClaim})                              // south 2
	w.presence(w.north, 1, record.Presence{Act: record.PresenceVerified, Who: "Minister Nowak"}, answersOther(c))                                // north 2
	w.write(w.north, record.Right{Act: record.RightSuspended, Text: "review"})                                                                   // north 3
	w.writeIn(w.south, callID(2), record.CallStep{Drill: true, Step: record.StepJoined, Who: "Cy", Role: record.RoleObserver, Speaks: true})     // south 3
	w.writeIn(w.south, callID(2), record.CallStep{Drill: true, Step: record.StepEnded, Reason: record.Interrupted})                              // south 4
	w.write(w.south, record.Receipt{Rung: record.Shown}, answersOther(w.write(w.north, record.Message{Text: "x"})))                              // south 5
	r := w.request()
	r.Entries = []Entries{every(true, w.north), every(false, w.south)}
	step := func(s side, n int64, change func(c *record.CallStep)) func(f *forger) {
		return func(f *forger) {
			c := f.at(s, n).Body.(record.CallStep)
			change(&c)
			f.at(s, n).Body = c
		}
	}
	test := func(s side, n int64, change func(x *record.Test)) func(f *forger) {
		return func(f *forger) {
			x := f.at(s, n).Body.(record.Test)
			change(&x)
			f.at(s, n).Body = x
		}
	}
	presence := func(s side, n int64, change func(x *record.Presence)) func(f *forger) {
		return func(f *forger) {
			x := f.at(s, n).Body.(record.Presence)
			change(&x)
			f.at(s, n).Body = x
		}
	}
	for _, forgery := range []struct {
		how    string
		change func(f *forger)
	}{
		{"call-that-gave-way", func(f *forger) { f.at(second, 4).Header.Kind = record.KindCall }},
		{"drill-of-no-call", func(f *forger) { f.at(second, 4).Header.Call = record.CallID{} }},
		{"test-in-a-call", func(f *forger) { f.at(first, 1).Header.Call = callID(2) }},
		{"right-in-a-call", func(f *forger) { f.at(first, 3).Header.Call = callID(2) }},
		{"right-for-nothing", func(f *forger) { f.at(first, 3).Body = record.Right{Act: record.RightSuspended} }},
		{"right-that-answers", func(f *forger) { f.at(first, 3).Header.About = []record.Ref{answersOwn(1)} }},
		{"ringing-by-a-role", step(second, 3, func(c *record.CallStep) {
			*c = record.CallStep{Step: record.StepRinging, Count: 2, Role: record.RoleOfficer}
		})},
		{"fetching-by-a-role", step(second, 3, func(c *record.CallStep) { *c = record.CallStep{Step: record.StepFetching, Role: record.RoleOfficer} })},
		{"joined-and-counting", step(second, 3, func(c *record.CallStep) { c.Count = 1 })},
		{"joined-by-the-other", step(second, 3, func(c *record.CallStep) { c.By = record.ByOther })},
		{"held-by-a-person", step(second, 3, func(c *record.CallStep) {
			*c = record.CallStep{Step: record.StepHeld, Reason: record.LineLost, Who: "Cy"}
		})},
		{"asked-with-a-reason", step(second, 3, func(c *record.CallStep) { *c = record.CallStep{Step: record.StepAsked, Reason: record.HungUp} })},
		{"test-read-for-a-time", test(second, 1, func(x *record.Test) { x.Slot = 1 })},
		{"test-without-words", test(first, 1, func(x *record.Test) { x.Text = "" })},
		{"test-passed-with-words", test(second, 1, func(x *record.Test) { x.Act = record.TestPassed })},
		{"test-passed-by-itself", func(f *forger) {
			f.at(first, 1).Header.About, f.at(first, 1).Body = []record.Ref{answersOwn(0)}, record.Test{Act: record.TestPassed}
		}},
		{"test-asked-in-answer", test(second, 1, func(x *record.Test) { x.Act = record.TestAsked })},
		{"test-answers-two", func(f *forger) { f.at(second, 1).Header.About = []record.Ref{answersOther(0), answersOther(1)} }},
		{"paths-out-of-order", test(first, 1, func(x *record.Test) { x.Paths = []record.TestPath{{Number: 2}, {Number: 1}} })},
		{"presence-of-nobody", presence(second, 2, func(x *record.Presence) { x.Who = "" })},
		{"presence-of-no-call", func(f *forger) { f.at(second, 2).Header.Call = record.CallID{} }},
		{"presence-by-its-claimant", func(f *forger) { f.at(first, 2).Header.About = []record.Ref{answersOwn(1)} }},
		{"presence-refused-for-nothing", presence(first, 2, func(x *record.Presence) { x.Act = record.PresenceRefused })},
		{"presence-without-signature", presence(second, 2, func(x *record.Presence) { x.Claim.Signature = nil })},
		{"presence-with-too-little", presence(second, 2, func(x *record.Presence) { x.Claim.AuthData = x.Claim.AuthData[:36] })},
		{"seen-by-nobody", func(f *forger) { f.at(second, 5).Body = record.Receipt{Rung: record.Seen} }},
	} {
		f := w.forger(r)
		forgery.change(f)
		list = append(list, vector{"x-entry." + forgery.how, f.text()})
	}
	return list
}
