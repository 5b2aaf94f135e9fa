package disclose

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/record"
)

var update = flag.Bool("update", false, "make the files in testdata anew")

// A vector is a file, and with keys those that are given to Verify.
type vector struct {
	name string
	file []byte
}

// vectors makes all of them. Those whose names begin with "x-" prove nothing.
func vectors(t *testing.T) []vector {
	return append(goodVectors(t), badVectors(t)...)
}

func answersOther(n int64) record.Ref {
	return record.Ref{Relation: record.Answers, Other: true, Number: n}
}
func own(rel record.Relation, n int64) record.Ref {
	return record.Ref{Relation: rel, Number: n}
}

// talk fills a world: messages, a matter, a call of eleven minutes, a file, receipts.
func talk(t testing.TB, rule record.Rule) *world {
	w := newWorld(t, rule)
	w.write(w.north, record.LineChange{Up: true})                                                                                          // north 1
	w.write(w.south, record.LineChange{Path: 2, Up: true})                                                                                 // south 1
	w.write(w.north, record.Matter{Act: record.MatterOpened, Title: "Cable 7 at the strait"})                                              // north 2
	w.write(w.south, record.Matter{Act: record.MatterAcknowledged}, record.Ref{Relation: record.Under, Other: true, Number: 2})            // south 2
	w.write(w.north, record.Attachment{Length: 4711, SHA256: [32]byte{1, 2, 3}, Name: "chart of the strait.png"})                          // north 3
	w.write(w.north, record.Message{Text: "Your ship is over our cable.\nPlease move off."}, own(record.Under, 2), own(record.Carries, 3)) // north 4
	w.write(w.south, record.Receipt{Rung: record.Shown}, answersOther(4))                                                                  // south 3
	w.write(w.south, record.Receipt{Rung: record.Read, Who: "Lt. Łucja Nowak"}, answersOther(4))                                           // south 4
	w.call(7, 11*time.Minute+3*time.Second)                                                                                                // north 5-6, south 5-8
	w.write(w.south, record.Message{Text: "Moving off. שלום \u202e\\ 北"}, answersOther(4))                                                 // south 9
	w.write(w.north, record.Message{Text: "Thank you."}, answersOther(9))                                                                  // north 7
	return w
}

// call lets North call South.
func (w *world) call(n uint64, length time.Duration) {
	id := callID(n)
	w.writeIn(w.north, id, record.CallStep{Step: record.StepCalled, Who: "Anna"})
	w.writeIn(w.south, id, record.CallStep{Step: record.StepReached, Count: 2})
	w.writeIn(w.south, id, record.CallStep{Step: record.StepRinging, Count: 2})
	w.writeIn(w.south, id, record.CallStep{Step: record.StepAnswered, Who: "Bo"})
	w.now = w.now.Add(length - time.Second)
	w.writeIn(w.south, id, record.CallStep{Step: record.StepEnded, Reason: record.HungUp, By: record.ByAuthor, Who: "Bo"})
	w.writeIn(w.north, id, record.CallStep{Step: record.StepEnded, Reason: record.HungUp, By: record.ByOther})
}

func every(first bool, d *desk) Entries { return Entries{first, 1, int64(len(d.own.entries)), true} }

func goodVectors(t testing.TB) (list []vector) {
	add := func(name string, w *world, change func(r *Request)) {
		r := w.request()
		change(&r)
		list = append(list, vector{name, w.make(r)})
	}
	w := talk(t, record.RuleFree)
	add("header", w, func(r *Request) { r.Entries = headers(entries([]int64{4}, nil)) })
	add("body", w, func(r *Request) { r.Entries, r.To = entries([]int64{4}, []int64{9}), "the court at Łódź" })
	add("contact", w, func(r *Request) {
		r.Contact, r.Entries = callID(7), []Entries{every(true, w.north), every(false, w.south)}
	})
	add("range-quiet", w, func(r *Request) {
		r.Complete = &Complete{w.now.Add(-9 * time.Minute), w.now.Add(-8 * time.Minute), 6, 6, 8, 8}
	})
	w.full()
	add("every-kind", w, func(r *Request) { r.Entries = []Entries{every(true, w.north), every(false, w.south)} })
	w.write(w.north, record.Message{Text: "One thing more."})
	add("partly-full", w, func(r *Request) { r.Entries = entries([]int64{7, 8}, []int64{9}) })
	add("range", w, func(r *Request) {
		at := w.now
		r.By, r.Complete = false, &Complete{at.Add(-2500 * time.Millisecond), at.Add(-500 * time.Millisecond), 7, 8, 9, 10}
		w.write(w.south, record.LineChange{Up: false})
		r.Second = w.source(w.south)
		r.Entries = []Entries{{true, 7, 8, true}}
	})
	w.write(w.north, record.Message{Text: "One thing mote."})
	w.write(w.north, record.Message{Text: "One thing more.\n"}, own(record.Amends, 9))
	w.write(w.north, record.Message{Text: "Wrong line."})
	w.write(w.north, record.Message{}, own(record.Retracts, 11))
	add("amended-retracted", w, func(r *Request) { r.Entries = entries([]int64{9, 10, 11, 12}, nil) })
	add("retraction-left-out", w, func(r *Request) { r.Entries = entries([]int64{11}, nil) })
	add("erased", w, func(r *Request) {
		r.Entries = entries([]int64{4, 7}, nil)
		r.First.Entry = func(n int64) ([]byte, error) {
			e, err := record.ParseEntry(w.north.own.entries[n])
			if n == 4 {
				e.Erase()
			}
			b, _ := e.Encode()
			return b, err
		}
	})
	w.north.clockSkew = -time.Hour
	w.write(w.north, record.Message{Text: "Back-dated."})
	w.write(w.south, record.Message{Text: "So it seems."})
	add("misdated", w, func(r *Request) { r.Entries = entries([]int64{13}, []int64{10, 11}) })
	return slices.Concat(list, ruleVectors(t), peopleVectors(t), goodForks(t), []vector{everyWord(t)})
}

// everyWord shows the steps, reasons and acts that are in no other vector.
func everyWord(t testing.TB) vector {
	w := newWorld(t, record.RuleFree)
	id, north, south := callID(1), w.north, w.south
	opened := w.write(north, record.Matter{Act: record.MatterOpened, Title: "Cable 7"})
	w.writeIn(north, id, record.CallStep{Step: record.StepCalled}, own(record.Under, opened))
	w.writeIn(north, id, record.CallStep{Step: record.StepCrossed, Other: callID(2)})
	w.writeIn(north, id, record.CallStep{Step: record.StepHeld, Reason: record.ConsoleLost})
	w.writeIn(north, id, record.CallStep{Step: record.StepResumed})
	w.writeIn(north, id, record.Message{Text: "\tIndented,\n\nand after an empty line."})
	for _, r := range []record.Reason{record.Declined, record.NoAnswer, record.NobodyReady, record.NotReached, record.Cancelled, record.LineLost, record.Stopping} {
		w.writeIn(south, id, record.CallStep{Step: record.StepEnded, Reason: r})
	}
	w.writeIn(north, id, record.Matter{Act: record.MatterFiled}, own(record.Under, opened))
	w.write(south, record.Matter{Act: record.MatterClosed}, record.Ref{Relation: record.Under, Other: true, Number: opened})
	w.write(south, record.AccordChange{Serial: 1, Digest: [32]byte{1}})
	ranges := []record.Range{{First: 1, Last: 2}, {First: 3, Last: 3, Bodies: true}, {Other: true, First: 0, Last: 1}, {Other: true, First: 3, Last: 4, Bodies: true}}
	made := w.write(south, record.Disclosure{Act: record.DisclosureMade, Digest: [32]byte{2}, Ranges: ranges, To: "a mediator"})
	w.write(north, record.Disclosure{Act: record.DisclosureRefused}, answersOther(made))
	w.writeIn(south, id, record.Presence{Act: record.PresenceClaimed, Who: "Bo", Claim: claimAs(record.RoleOfficer)})
	w.writeIn(south, id, record.Presence{Act: record.PresenceClaimed, Who: "Cy", Claim: claimAs(record.RoleObserver)})
	r := w.request()
	r.Entries = []Entries{every(true, north), every(false, south)}
	return vector{"every-word", w.make(r)}
}

func claimAs(r record.Role) record.Claim {
	c := aClaim
	c.Role = r
	return c
}

// asked lets North ask for what the request shows, South answer, and gives the request that
// carries both.
func (w *world) asked(r Request, act record.DisclosureAct) Request {
	w.t.Helper()
	ranges, err := Covers(w.make(r))
	w.north.must(err)
	n := w.write(w.north, record.Disclosure{Act: record.DisclosureAsked, Ranges: ranges, To: r.To})
	r.Asked = &Place{true, n}
	if act != 0 {
		m := w.write(w.south, record.Disclosure{Act: act}, answersOther(n))
		r.Answer = &Place{false, m}
	}
	r.First, r.Second = w.source(w.north), w.source(w.south)
	return r
}

func ruleVectors(t testing.TB) (list []vector) {
	ask := func(w *world) Request {
		r := w.request()
		r.To, r.Contact = "the insurer", callID(1)
		r.Entries = []Entries{every(true, w.north), every(false, w.south)}
		return r
	}
	for _, c := range []struct {
		name string
		rule record.Rule
		asks bool
		act  record.DisclosureAct
	}{
		{"told", record.RuleTold, true, 0},
		{"untold", record.RuleTold, false, 0},
		{"consented", record.RuleConsent, true, record.DisclosureConsented},
		{"refused", record.RuleConsent, true, record.DisclosureRefused},
		{"no-consent", record.RuleConsent, false, 0},
		{"unanswered", record.RuleConsent, true, 0},
	} {
		w := newWorld(t, c.rule)
		w.call(1, 40*time.Second)
		r := ask(w)
		if c.asks {
			r = w.asked(r, c.act)
		}
		list = append(list, vector{c.name, w.make(r)})
	}
	w := talk(t, record.RuleTold)
	r := w.request()
	at := w.now
	w.write(w.south, record.LineChange{Path: 1})
	r.Second = w.source(w.south)
	r.Complete = &Complete{at.Add(-2500 * time.Millisecond), at.Add(-500 * time.Millisecond), 6, 7, 9, 10}
	return append(list, vector{"range-told", w.make(w.asked(r, 0))})
}

// outcome is what verification says, as it is kept beside the file.
func outcome(t testing.TB, b []byte, keys ...string) []byte {
	r, err := Verify(b, keys...)
	fail, _ := errors.AsType[*Failure](err)
	if err != nil && fail == nil {
		t.Fatalf("not a failure: %v", err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(ResultOf(r, fail)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestVectors(t *testing.T) {
	list := vectors(t)
	var names []string
	for _, v := range list {
		out := outcome(t, v.file)
		names = append(names, v.name)
		if proven := bytes.Contains(out, []byte(`"proven": true`)); proven == strings.HasPrefix(v.name, "x-") {
			t.Errorf("%s: %s", v.name, out)
		}
		for name, want := range map[string][]byte{v.name + ".txt": v.file, v.name + ".json": out} {
			name = filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(name, want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if kept, err := os.ReadFile(name); err != nil || !bytes.Equal(kept, want) {
				t.Errorf("%s is not what is made now (%v): run go test ./disclose -update if that is meant", name, err)
			}
		}
	}
	kept, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range kept {
		if !slices.Contains(names, strings.TrimSuffix(filepath.Base(file), ".txt")) {
			t.Errorf("%s is made by no test", file)
		}
	}
}

// A range that reaches the end of a log ends when that was co-signed.
func TestRangesEndWhereTheRecordDoes(t *testing.T) {
	w := talk(t, record.RuleFree)
	r := w.request()
	r.Complete = &Complete{w.now.Add(-1500 * time.Millisecond), w.now.Add(time.Hour), 7, 8, 9, 10}
	f, fail := check(w.make(r))
	if fail != nil || f.Until != w.now.Add(-time.Second).UnixMilli() {
		t.Errorf("until %d, %v; South's end was co-signed at %d", f.Until, fail, w.now.Add(-time.Second).UnixMilli())
	}
	// Where both have gone on, it ends where the first of them did.
	on := w.now.Add(time.Second).UnixMilli()
	w.write(w.south, record.LineChange{Up: true})
	w.write(w.north, record.LineChange{Up: true})
	r.First, r.Second = w.source(w.north), w.source(w.south)
	if f, fail := check(w.make(r)); fail != nil || f.Until != on {
		t.Errorf("until %d, %v; South went on at %d", f.Until, fail, on)
	}
}
