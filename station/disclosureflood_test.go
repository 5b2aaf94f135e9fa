package station

import (
	"sync/atomic"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

// A counting store counts the entries that are read.
type counting struct {
	store.Store
	read *atomic.Int64
}

func (c counting) Entries(l store.Log, first int64, max, maxBytes int) ([][]byte, error) {
	list, err := c.Store.Entries(l, first, max, maxBytes)
	c.read.Add(int64(len(list)))
	return list, err
}

// TestStartBehindADisclosureFlood: whatever the other side enters about disclosures, a start reads no more entries for it;
// and what it asked, and what it answered, is known behind the flood.
func TestStartBehindADisclosureFlood(t *testing.T) {
	few, many := readAtStart(t, 100), readAtStart(t, 1100)
	t.Logf("a start behind 100 such entries read %d, behind 1,100 %d", few, many)
	if many > few {
		t.Error("it grows with the flood")
	}
}

// readAtStart is how many entries of its logs north reads when it starts after so many of south's about disclosures.
func readAtStart(t *testing.T, flood int) (n int64) {
	inRecords(t, 1, func(r *records) {
		var count atomic.Int64
		r.put = func(side int, st store.Store) store.Store {
			if side == 0 {
				return counting{st, &count}
			}
			return st
		}
		r.startAll()
		r.say(0, "to be shown")
		r.settle(10 * time.Second)
		asked := replica.NewID()
		r.plan(0, intent{ID: "a", State: "waiting", To: "a court", Ranges: oneRange, Ask: asked},
			replica.Draft{ID: asked, Body: record.Disclosure{Act: record.DisclosureAsked, Ranges: oneRange, To: "a court"}})
		r.settle(10 * time.Second)
		r.floodDisclosures(flood, r.state(0).Own.Size-1)
		for range 2 { // the second start finds all taken in that is derived from the record
			r.kill(0)
			count.Store(0)
			r.start(0)
			r.settle(time.Minute)
		}
		n = count.Load()
		r.behindTheFlood()
	})
	return n
}

// floodDisclosures has south agree to what an entry of north's asks, ask for a disclosure of its own, and then enter n
// entries more about the first.
func (r *records) floodDisclosures(n int, asked int64) {
	enter := func(body record.Disclosure, about ...record.Ref) {
		r.enterAs(1, replica.Draft{Time: time.Now(), Body: body, About: about})
	}
	north := record.Ref{Relation: record.Answers, Other: true, Number: asked}
	enter(record.Disclosure{Act: record.DisclosureConsented}, north)
	enter(record.Disclosure{Act: record.DisclosureAsked, Ranges: oneRange, To: "a paper"})
	for i := range n {
		if i%2 == 0 {
			enter(record.Disclosure{Act: record.DisclosureRefused}, north)
		} else {
			enter(record.Disclosure{Act: record.DisclosureMade, Digest: [32]byte{1}, Ranges: oneRange}, north)
		}
		if i%100 == 0 {
			r.settle(time.Minute)
		}
	}
	r.settle(time.Minute)
}

// behindTheFlood checks that what was asked and answered before the flood is known.
func (r *records) behindTheFlood() {
	if in := r.planned(0, "a"); in.Asked == nil || in.Answer == nil || !in.Agreed {
		r.t.Errorf("our disclosure was agreed to: %+v", in)
	}
	theirs := func() api.Disclosure {
		list, err := r.of(0).Disclosures(r.t.Context())
		if err != nil || len(list) != 2 || list[1].By != "them" || list[1].To != "a paper" || len(list[1].Shows) != 1 {
			r.t.Fatalf("found %+v, %v: want ours, and what they ask", list, err)
		}
		return list[1]
	}
	d := theirs()
	if d.State != "asked" {
		r.t.Errorf("they asked, and nobody has answered: %+v", d)
	}
	if _, err := r.of(0).AnswerDisclosure(r.t.Context(), api.DisclosureAnswer{Key: d.Key, Consent: true}); err != nil {
		r.t.Error(err)
	}
	r.settle(time.Minute)
	if d = theirs(); d.State != "consented" {
		r.t.Errorf("we agreed: %+v", d)
	}
}
