package station

import (
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
	"ringdown/replica"
)

// plan keeps an intent as a stop left it: it is in the store, and the clerk knows nothing of it.
func (r *records) plan(side int, in intent, drafts ...replica.Draft) {
	r.t.Helper()
	k := r.of(side).(keeper)
	err := k.ask(r.t.Context(), func() error {
		for i := range drafts {
			drafts[i].Time = time.Now()
		}
		if _, err := k.write(drafts...); len(drafts) > 0 && err != nil {
			return err
		}
		return k.saveIntent(&in)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// planned is how an intent stands now.
func (r *records) planned(side int, id string) (found intent) {
	r.t.Helper()
	k := r.of(side).(keeper)
	err := k.ask(r.t.Context(), func() error {
		for _, in := range k.shows.list {
			if in.ID == id {
				found = *in
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

// acts counts the entries of a side's log that say this of a disclosure.
func (r *records) acts(side int, act string) (n int) {
	for _, it := range r.page(side, api.RecordQuery{Kinds: []string{"disclosure"}}).Items {
		if it.By == "us" && it.Act == act {
			n++
		}
	}
	return n
}

var oneRange = []record.Range{{First: 1, Last: 1}}

// TestDisclosureStops: a station that stops between two steps of a disclosure goes on where it was,
// and enters once what it made.
func TestDisclosureStops(t *testing.T) {
	asked, made, sum := replica.NewID(), replica.NewID(), make([]byte, 32)
	sum[0] = 1
	enters := replica.Draft{ID: made, Body: record.Disclosure{Act: record.DisclosureMade, Digest: [32]byte(sum), Ranges: oneRange, To: "a court"}}
	making := intent{ID: "b", State: "making", To: "a court", Ranges: oneRange, Made: made, SHA256: hex.EncodeToString(sum)}
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.say(0, "to be shown")
		r.settle(10 * time.Second)
		r.plan(0, intent{ID: "a", State: "waiting", To: "a court", Ranges: oneRange, Ask: asked},
			replica.Draft{ID: asked, Body: record.Disclosure{Act: record.DisclosureAsked, Ranges: oneRange, To: "a court"}})
		r.plan(0, making, enters)
		other := making
		other.ID, other.Made = "c", replica.NewID()
		r.plan(0, other)
		r.settle(10 * time.Second)
		r.kill(0)
		r.start(0)
		r.settle(time.Minute)
		if in := r.planned(0, "a"); in.Asked == nil {
			t.Errorf("the entry that asks is in the log, and the disclosure waits for it: %+v", in)
		}
		for _, id := range []string{"b", "c"} {
			if in := r.planned(0, id); in.State != "made" {
				t.Errorf("disclosure %s is %s, want made", id, in.State)
			}
		}
		if n := r.acts(0, "made"); n != 2 {
			t.Errorf("%d entries say that a disclosure was made, want 2", n)
		}
		r.same()
	})
}

// TestDisclosureFails: what cannot be made is tried again after a pause, and not at once for ever.
func TestDisclosureFails(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.say(0, "to be shown")
		r.settle(10 * time.Second)
		r.plan(0, intent{ID: "a", State: "consented", Ranges: oneRange}) // of an accord without sections
		r.kill(0)
		r.start(0)
		r.settle(time.Minute)
		time.Sleep(10 * time.Second)
		if !r.noticed(0, "could not be made") {
			t.Errorf("nobody is told: %q", r.notices(0))
		}
		k := r.of(0).(keeper)
		_ = k.ask(r.t.Context(), func() error {
			if k.dirty || !k.shows.retry.After(time.Now()) {
				t.Errorf("it is tried at once again: next at %v, now %v", k.shows.retry, time.Now())
			}
			return nil
		})
	})
}

// TestOneAnswer: while the line is down two consoles agree to a disclosure and refuse it: the first is the answer.
func TestOneAnswer(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.say(1, "to be shown")
		r.settle(10 * time.Second)
		r.plan(1, intent{ID: "a", State: "refused"}, replica.Draft{Body: record.Disclosure{Act: record.DisclosureAsked, Ranges: oneRange, To: "a court"}})
		r.settle(10 * time.Second)
		list, err := r.of(0).Disclosures(r.t.Context())
		if i := slices.IndexFunc(list, func(d api.Disclosure) bool { return d.By == "them" }); err != nil || i < 0 {
			r.t.Fatalf("disclosures %+v, %v", list, err)
		} else {
			list = list[i:]
		}
		r.kill(1)
		r.within(time.Minute, "the line down", func() bool { return !r.isOpenAt(0) })
		if _, err := r.of(0).AnswerDisclosure(r.t.Context(), api.DisclosureAnswer{Key: list[0].Key, Consent: true}); err != nil {
			r.t.Fatal(err)
		}
		if _, err := r.of(0).AnswerDisclosure(r.t.Context(), api.DisclosureAnswer{Key: list[0].Key}); err == nil {
			r.t.Error("the second answer is taken beside the first")
		}
	})
}

func (r *records) isOpenAt(side int) bool { return r.line(side, 0).State == api.LineOpen }
