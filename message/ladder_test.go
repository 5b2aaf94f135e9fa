package message

import (
	"fmt"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

func receipt(rung record.Rung, who string) record.Body { return record.Receipt{Rung: rung, Who: who} }

func TestStages(t *testing.T) {
	w := newWorld(t)
	w.them(say("first"))
	k := w.us(say("hello"))
	stage := func(want api.Stage) {
		t.Helper()
		equal(t, "stage", w.item(k).Ladder.Stage, want)
	}
	w.proof = record.ProofNone
	stage(api.StageOnLine)
	w.proof = record.ProofFull
	stage(api.StageDelivered)
	w.them(receipt(record.Shown, ""), about(record.Answers, k))
	stage(api.StageShown)
	w.them(receipt(record.Read, "Ada"), about(record.Answers, k))
	stage(api.StageRead)
	l := w.item(k).Ladder
	equal(t, "shown at", *l.ShownAt, noon.Add(3*time.Second))
	equal(t, "read at", *l.ReadAt, noon.Add(4*time.Second))
	equal(t, "waiting", WaitingItem("ab", noon, say("x"), nil).Ladder.Stage, api.StageWaiting)
}

// The first reader counts, and what comes later changes nothing.
func TestTwoReaders(t *testing.T) {
	w := newWorld(t)
	k := w.us(say("hello"))
	for _, who := range []string{"Ada", "Bob"} {
		w.them(receipt(record.Read, who), about(record.Answers, k))
		w.them(receipt(record.Shown, ""), about(record.Answers, k))
	}
	l := w.item(k).Ladder
	equal(t, "read by", l.ReadBy, "Ada")
	equal(t, "shown at", *l.ShownAt, noon.Add(3*time.Second))
	equal(t, "found by the first reader", len(w.all(api.RecordQuery{Search: "ada"})), 1)
	equal(t, "found by the second", len(w.all(api.RecordQuery{Search: "bob"})), 0)
}

// A receipt by the author's own side says nothing, nor does one for what is no message. Package
// record refuses the first; the view does not rely on it.
func TestReceiptsThatSayNothing(t *testing.T) {
	w := newWorld(t)
	k, line := w.us(say("hello")), w.us(record.LineChange{Up: true})
	e := &record.Entry{Header: record.Header{Number: 2, Time: noon.UnixMilli(), Kind: record.KindReceipt, About: []record.Ref{{Relation: record.Answers, Number: 0}}}, Body: receipt(record.Read, "Eve")}
	w.logs[0] = append(w.logs[0], e)
	w.add(true, e)
	w.them(receipt(record.Read, "Ada"), about(record.Answers, line))
	equal(t, "stage", w.item(k).Ladder.Stage, api.StageDelivered)
	equal(t, "rows", len(w.all(api.RecordQuery{})), 2)
}

func TestAmendments(t *testing.T) {
	w := newWorld(t)
	a := w.us(say("at noon"))
	b := w.us(say("at one"), about(record.Amends, a))
	c := w.us(say("at two"), about(record.Amends, b))
	by := func(want ...string) {
		t.Helper()
		for i, k := range []string{a, b, c} {
			equal(t, "amended by of "+k, w.item(k).AmendedBy, want[i])
		}
	}
	by(c, c, "")
	equal(t, "amends", w.item(c).Amends, b)
	equal(t, "text of the original", w.item(a).Text, "at noon")

	r := w.us(say("no"), about(record.Retracts, c)) // the amendment is taken back: the one before stands
	equal(t, "taken back by", w.item(c).RetractedBy, r)
	equal(t, "takes back", w.item(r).Retracts, c)
	by(b, "", "")
	d := w.us(say("at four"), about(record.Amends, a))
	by(d, d, d)
	w.us(say(""), about(record.Retracts, a)) // the original: what stands in its place does so still
	by(d, d, d)
	if w.item(a).RetractedBy == "" || w.item(d).RetractedBy != "" {
		t.Error("a retraction is of what it names alone")
	}
	e := w.us(say("at five"), about(record.Amends, a)) // an amendment of what was taken back
	by(e, e, e)
	equal(t, "taken back once", w.item(c).RetractedBy, r)
	w.us(say("again"), about(record.Retracts, c))
	equal(t, "taken back twice: the first counts", w.item(c).RetractedBy, r)
}

// Only its author amends or takes back, only messages, and answers point at messages that are there.
func TestReferencesThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	theirs := w.them(say("theirs"))
	line := w.us(record.LineChange{Up: true})
	file := w.us(record.Attachment{Length: 1, SHA256: [32]byte{1}, Name: "a"})
	fileName := w.us(say("m"), about(record.Retracts, file))
	amends := w.us(say("n"), about(record.Amends, line), about(record.Under, file))
	carries := w.us(say("o"), about(record.Carries, line))
	for _, k := range []string{fileName, amends, carries} {
		i := w.item(k)
		if i.Retracts+i.Amends+i.Matter+i.AmendedBy != "" || len(i.Files) != 0 {
			t.Errorf("%s: %+v", k, i)
		}
	}
	forged := &record.Entry{Header: record.Header{Number: 5, Time: noon.UnixMilli(), Kind: record.KindMessage, Seen: treeOf(1),
		About: []record.Ref{{Relation: record.Amends, Other: true}, {Relation: record.Retracts, Other: true}}}, Body: say("not mine")}
	w.add(true, forged)
	i := w.item(theirs)
	equal(t, "amended by the other side", i.AmendedBy, "")
	equal(t, "taken back by the other side", i.RetractedBy, "")
	equal(t, "unheeded", w.count(), "1 unread, 4 open")
}

// count is what waits to be read, without regard to time.
func (w *world) count() string {
	w.t.Helper()
	open := w.v.state.open
	var rows [3]int
	for _, i := range w.all(api.RecordQuery{Kinds: []string{"message"}}) {
		if i.Ladder.Chased != (w.now.Sub(i.At) > ChasedAfter && i.Ladder.Chased) {
			w.t.Errorf("%s is chased", i.Key)
		}
	}
	for n := range rows {
		found, err := w.v.write.one("SELECT count(*) FROM item WHERE open = ?", []any{n}, &rows[n])
		if err != nil || !found {
			w.t.Fatal(err)
		}
		if n > 0 && int64(rows[n]) != open[n] {
			w.t.Errorf("%d items are open as %d, and %d are counted", rows[n], n, open[n])
		}
	}
	return fmt.Sprintf("%d unread, %d open", rows[openFar], rows[openOurs])
}

// Nobody has to read what was read, taken back or replaced, nor a retraction.
func TestWhatIsUnread(t *testing.T) {
	w := newWorld(t)
	a := w.them(say("a"))
	w.them(say("b"))
	equal(t, "two", w.count(), "2 unread, 0 open")
	c := w.them(say("a, better"), about(record.Amends, a))
	equal(t, "one replaced", w.count(), "2 unread, 0 open")
	r := w.them(say("forget it"), about(record.Retracts, c))
	equal(t, "its replacement taken back", w.count(), "2 unread, 0 open")
	same(t, "unread", keys(w.all(api.RecordQuery{Unread: true})), []string{a, "them/1"})
	w.us(receipt(record.Read, "Us"), about(record.Answers, a), about(record.Answers, r))
	equal(t, "read", w.count(), "1 unread, 0 open")
	w.them(say("a, best"), about(record.Amends, a))
	equal(t, "replaced once more", w.count(), "2 unread, 0 open")
	x := w.us(say("x"))
	equal(t, "ours", w.count(), "2 unread, 1 open")
	w.us(say("not that"), about(record.Retracts, x))
	equal(t, "ours, taken back", w.count(), "2 unread, 0 open")
}

func TestChased(t *testing.T) {
	w := newWorld(t)
	a := w.them(say("a"), at(noon.Add(-48*time.Hour))) // its author's time does not count
	added := w.now
	b := w.us(say("b"))
	w.now = added.Add(ChasedAfter - time.Millisecond)
	p := w.pending()
	equal(t, "before", p, Pending{Unread: 1, Next: added.Add(ChasedAfter)})
	w.now = added.Add(ChasedAfter)
	equal(t, "their message, at ten minutes", w.pending(), Pending{Unread: 1, Chased: 1, Next: added.Add(ChasedAfter + time.Second)})
	equal(t, "its ladder", w.item(a).Ladder.Chased, true)
	equal(t, "ours", w.item(b).Ladder.Chased, false)
	w.now = w.now.Add(time.Second)
	equal(t, "both", w.pending(), Pending{Unread: 1, Chased: 1, Unheeded: 1})
	equal(t, "our ladder", w.item(b).Ladder.Chased, true)
	w.us(receipt(record.Read, "Us"), about(record.Answers, a))
	w.them(receipt(record.Read, "Them"), about(record.Answers, b))
	equal(t, "read", w.pending(), Pending{})
	equal(t, "its ladder when read", w.item(a).Ladder.Chased, false)
}

// Receipts owed: one of each rung for each of their messages, none for what was taken back.
func TestUnshown(t *testing.T) {
	w := newWorld(t)
	a, b, c, d := w.them(say("a")), w.them(say("b")), w.them(say("c")), w.them(say("d"))
	own := w.us(say("own"))
	w.us(receipt(record.Shown, ""), about(record.Answers, a))
	w.us(receipt(record.Read, "Us"), about(record.Answers, b))
	w.them(say(""), about(record.Retracts, c))
	all := []string{a, b, c, d, own, "us/999", "them/999", "nonsense", "waiting/1", "call/2"}
	refs := func(refs []Ref, err error) (got []string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range refs {
			got = append(got, Key(r.Own, r.Number))
		}
		return got
	}
	same(t, "unshown", refs(w.v.Unshown(all)), []string{d})
	same(t, "unmarked", refs(w.v.Unmarked(all)), []string{a, d})
}

func TestErased(t *testing.T) {
	w := newWorld(t)
	k := w.story()
	e := *w.logs[0][4]
	if Key(true, e.Number) != k["hello"] {
		t.Fatal("the story has changed")
	}
	e.Erase()
	changed := w.add(true, &e)
	same(t, "changed", changed, []string{k["hello"]})
	i := w.item(k["hello"])
	equal(t, "text", i.Text, "")
	equal(t, "erased", i.Erased, true)
	equal(t, "found by its text", len(w.all(api.RecordQuery{Search: "attached"})), 0)
	theirs := *w.logs[1][4]
	equal(t, "before", w.pending().Unread, 1)
	theirs.Erase()
	w.add(false, &theirs)
	equal(t, "after", w.pending().Unread, 0)
	same(t, "again", w.add(false, &theirs), []string{"them/4"})
}

// Entries that come erased, as after a catch-up, hold their place.
func TestComesErased(t *testing.T) {
	full := newWorld(t)
	full.story()
	w := newWorld(t)
	for n, log := range full.logs {
		for _, e := range log {
			gone := *e
			gone.Erase()
			w.add(n == 0, &gone)
		}
	}
	equal(t, "rows", len(w.all(api.RecordQuery{})), len(full.all(api.RecordQuery{})))
	equal(t, "pending", w.pending(), Pending{})
	m, err := w.v.Matters()
	if err != nil || len(m) != 1 {
		t.Errorf("matters %v, %v: want one without a title", m, err)
	}
}

// Seen by the principal is the last rung; who read it before is still told.
func TestSeenByThePrincipal(t *testing.T) {
	w := newWorld(t)
	k := w.them(say("a"))
	w.us(receipt(record.Read, "Bo"), about(record.Answers, k))
	if refs, err := w.v.Unseen([]string{k}); err != nil || len(refs) != 1 {
		t.Errorf("unseen: %v, %v", refs, err)
	}
	w.us(receipt(record.Seen, "Minister Holm"), about(record.Answers, k))
	l := w.item(k).Ladder
	equal(t, "stage", l.Stage, api.StageSeen)
	equal(t, "read by", l.ReadBy, "Bo")
	equal(t, "seen by", l.SeenBy, "Minister Holm")
	equal(t, "seen at", *l.SeenAt, w.now)
	same(t, "found", keys(w.all(api.RecordQuery{Search: "holm"})), []string{k})
	if refs, err := w.v.Unseen([]string{k}); err != nil || len(refs) != 0 {
		t.Errorf("unseen: %v, %v", refs, err)
	}
	alone := w.them(say("b"))
	w.us(receipt(record.Seen, "Minister Holm"), about(record.Answers, alone))
	equal(t, "unread", w.pending().Unread, 0)
	if refs, err := w.v.Unmarked([]string{alone}); err != nil || len(refs) != 0 {
		t.Errorf("unmarked: %v, %v", refs, err)
	}
}
