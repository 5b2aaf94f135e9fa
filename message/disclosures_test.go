package message

import (
	"fmt"
	"testing"
	"time"

	"ringdown/record"
)

var (
	agrees  = record.Disclosure{Act: record.DisclosureConsented}
	refuses = record.Disclosure{Act: record.DisclosureRefused}
)

// begun is a world with an entry on each side, which can be shown.
func begun(t testing.TB, file string) *world {
	w := openWorld(t, file)
	w.us(say("ours"))
	w.them(say("theirs"))
	return w
}

func asksFor(to string) record.Body {
	return record.Disclosure{Act: record.DisclosureAsked, Ranges: []record.Range{{First: 0, Last: 0}}, To: to}
}

func makes(to string) record.Body {
	return record.Disclosure{Act: record.DisclosureMade, Digest: [32]byte{1}, Ranges: []record.Range{{First: 0, Last: 0}}, To: to}
}

// theirs are the other side's disclosures: to whom, and how they stand.
func (w *world) theirs(max int) (list []string) {
	w.t.Helper()
	found, err := w.v.Disclosures(max)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range found {
		list = append(list, fmt.Sprint(d.To, " ", d.State))
		one, ok, err := w.v.Disclosure(d.Number)
		if err != nil || !ok || one != d {
			w.t.Errorf("alone it is %+v, %t, %v; in the list %+v", one, ok, err, d)
		}
	}
	return list
}

// How a disclosure of theirs stands is what we answered first, and whether they made it; nothing else that they enter
// changes it, and the order of adding does not.
func TestDisclosuresOfTheOtherSide(t *testing.T) {
	for _, held := range []bool{false, true} {
		w := begun(t, "")
		w.held = held
		w.us(asksFor("ours"))
		w.them(asksFor("open"))
		agreed := w.them(asksFor("agreed"))
		w.us(agrees, about(record.Answers, agreed))
		w.us(refuses, about(record.Answers, agreed))
		refused := w.them(asksFor("refused"))
		w.us(refuses, about(record.Answers, refused))
		made := w.them(asksFor("made"))
		consent := w.us(agrees, about(record.Answers, made))
		w.them(makes("not listed"), about(record.Answers, consent))
		w.them(makes("unasked"))
		w.them(agrees, about(record.Answers, Key(true, 1))) // what we ask
		w.them(makes("not listed"), about(record.Answers, Key(true, 1)))
		if held {
			w.add(false, w.logs[1][1:]...)
			w.add(true, w.logs[0][1:]...)
		}
		same(t, "theirs", w.theirs(100), []string{"unasked made", "made made", "refused refused", "agreed consented", "open asked"})
		same(t, "the newest", w.theirs(2), []string{"unasked made", "made made"})
		for _, n := range []int64{0, 5, 99} {
			if _, found, err := w.v.Disclosure(n); found || err != nil {
				t.Errorf("entry %d begins one: %v", n, err)
			}
		}
	}
}

// What they answer first counts; what we entered is found without what they did.
func TestAnswerTo(t *testing.T) {
	w := begun(t, "")
	w.us(asksFor("refused"))
	k := w.us(asksFor("open"))
	w.them(asksFor("theirs"))
	w.them(makes("x"), about(record.Answers, Key(true, 1)))
	w.them(refuses, about(record.Answers, Key(true, 1)))
	w.them(agrees, about(record.Answers, Key(true, 1)))
	w.us(agrees, about(record.Answers, Key(false, 1)))
	if n, found, err := w.v.AnswerTo(1); n != 3 || !found || err != nil {
		t.Errorf("found %d, %t, %v, want their entry 3", n, found, err)
	}
	if n, found, err := w.v.AnswerTo(2); found || err != nil {
		t.Errorf("%s is answered by %d, %v", k, n, err)
	}
	ours, err := w.v.OwnDisclosures(2)
	same(t, "ours", ours, []int64{3, 2})
	equal(t, "error", err, nil)
}

// What a start and the list ask of a record to which the other side has added a flood about disclosures.
func BenchmarkDisclosuresBehindAFlood(b *testing.B) {
	w := begun(b, temp(b))
	w.held = true
	w.us(asksFor("ours"))
	w.them(asksFor("theirs"))
	consent := w.us(agrees, about(record.Answers, Key(false, 1)))
	for i := range benchEntries(b) {
		w.them([]record.Body{refuses, makes("x"), agrees}[i%3], about(record.Answers, []string{consent, Key(true, 1)}[i/3%2]))
	}
	w.add(true, w.logs[0][1:]...)
	began := time.Now()
	w.add(false, w.logs[1][1:]...)
	b.Logf("added in %v", time.Since(began))
	for b.Loop() {
		w.theirs(1000)
		if _, found, err := w.v.AnswerTo(1); !found || err != nil {
			b.Fatal(found, err)
		}
	}
}
