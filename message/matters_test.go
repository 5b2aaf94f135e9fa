package message

import (
	"testing"

	"ringdown/api"
	"ringdown/record"
)

func opened(title string) record.Body {
	return record.Matter{Act: record.MatterOpened, Title: title}
}

func act(a record.MatterAct) record.Body { return record.Matter{Act: a} }

func (w *world) matters() []api.Matter {
	w.t.Helper()
	list, err := w.v.Matters()
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestMatterLife(t *testing.T) {
	w := newWorld(t)
	m := w.them(opened("Cable"))
	k := w.them(say("unread"), about(record.Under, m))
	equal(t, "unread", w.matters()[0].Unread, 1)
	ack := w.us(act(record.MatterAcknowledged), about(record.Under, m))
	w.us(act(record.MatterAcknowledged), about(record.Under, m))
	w.us(receipt(record.Read, "Us"), about(record.Answers, k))
	first := w.us(act(record.MatterClosed), about(record.Under, m))
	w.them(act(record.MatterClosed), about(record.Under, m)) // closed twice: the first counts
	w.us(act(record.MatterClosed), about(record.Under, m))
	list := w.matters()
	equal(t, "unread", list[0].Unread, 0)
	equal(t, "acknowledged", *list[0].Acknowledged, w.item(ack).At)
	equal(t, "closed", *list[0].Closed, w.item(first).At)
	equal(t, "closed by", list[0].ClosedBy, us)
	equal(t, "title with all", w.item(first).Title, "Cable")
	equal(t, "act", w.item(first).Act, "closed")
}

// Neither side had seen the other's closing: the earlier one counts, whichever is added first.
func TestClosedByBothAtOnce(t *testing.T) {
	for _, usFirst := range []bool{true, false} {
		w := newWorld(t)
		m := w.them(opened("Cable"))
		for i := range 2 {
			own := usFirst == (i == 0)
			by := noon.Add(3e9)
			if own {
				by = noon.Add(5e9)
			}
			number := 0
			if own {
				number = 1
			}
			w.write(own, act(record.MatterClosed), about(record.Under, m), seen(number), at(by))
		}
		equal(t, "closed by", w.matters()[0].ClosedBy, them)
	}
}

// Its own side does not acknowledge a matter, and what is no opening is no matter. Package record refuses the
// first; the view does not rely on it.
func TestWrongActs(t *testing.T) {
	w := newWorld(t)
	m := w.us(opened("Cable"))
	e := &record.Entry{Header: record.Header{Number: 1, Time: noon.UnixMilli(), Kind: record.KindMatter, About: []record.Ref{{Relation: record.Under}}}, Body: act(record.MatterAcknowledged)}
	w.logs[0] = append(w.logs[0], e)
	w.add(true, e)
	if w.matters()[0].Acknowledged != nil {
		t.Error("acknowledged by the side that opened it")
	}
	closed := w.them(act(record.MatterClosed), about(record.Under, m))
	k := w.them(say("under a closing"), about(record.Under, closed))
	again := w.us(act(record.MatterClosed), about(record.Under, closed))
	equal(t, "filed", w.item(k).Matter+w.item(again).Matter, "")
	equal(t, "matters", len(w.matters()), 1)
}

func TestFiledCalls(t *testing.T) {
	w := newWorld(t)
	a, b := w.us(opened("A")), w.them(opened("B"))
	w.us(called("Bo"), inCall(1), about(record.Under, a))
	equal(t, "filed by its first step", w.item(CallKey(callID(1), false)).Matter, a)
	w.them(act(record.MatterFiled), about(record.Under, b), inCall(1))
	call := w.item(CallKey(callID(1), false))
	equal(t, "filed anew", call.Matter, b)
	calls := func() (n []int) {
		for _, m := range w.matters() {
			n = append(n, m.Calls)
		}
		return n
	}
	w.us(act(record.MatterAcknowledged), about(record.Under, b)) // both open: the newest first
	same(t, "calls", calls(), []int{1, 0})
	w.us(act(record.MatterFiled), about(record.Under, a), inCall(1))
	same(t, "calls, back", calls(), []int{0, 1})
	same(t, "in the matter", keys(w.all(api.RecordQuery{Matter: a, Kinds: []string{"call"}})), []string{call.Key})
	same(t, "found in the matter", keys(w.all(api.RecordQuery{Matter: a, Search: "bo"})), []string{call.Key})
	equal(t, "found in the other", len(w.all(api.RecordQuery{Matter: b, Search: "bo"})), 0)
	w.them(act(record.MatterFiled), about(record.Under, b), inCall(2)) // of a call that nobody knows
	equal(t, "rows", len(w.all(api.RecordQuery{Kinds: []string{"call"}})), 1)
	w.us(called(""), inCall(2))
	equal(t, "filed before it was known", w.item(CallKey(callID(2), false)).Matter, b)
}

// Whatever the other side opens, ours and those that we took up stay on the list.
func TestMattersFlood(t *testing.T) {
	w := newWorld(t)
	taken := w.them(opened("Taken up"))
	mine := w.us(opened("Mine"))
	w.us(act(record.MatterAcknowledged), about(record.Under, taken))
	for range maxMatters + 50 {
		w.them(opened("Flood"))
	}
	list := w.matters()
	equal(t, "length", len(list), maxMatters)
	same(t, "the first", []string{list[0].Key, list[1].Key}, []string{mine, taken})
}
