package message

import (
	"runtime"
	"strings"
	"testing"

	"ringdown/api"
	"ringdown/record"
)

// story writes a little of everything, and gives the keys of what matters.
func (w *world) story() map[string]string {
	k := map[string]string{}
	w.us(record.AccordChange{Digest: [32]byte{1}, Rule: record.RuleFree})
	w.them(record.AccordChange{Digest: [32]byte{1}, Rule: record.RuleFree})
	w.us(record.LineChange{Up: true})
	k["matter"] = w.them(record.Matter{Act: record.MatterOpened, Title: "Cable at Österby"})
	w.us(record.Matter{Act: record.MatterAcknowledged}, about(record.Under, k["matter"]))
	k["file"] = w.us(record.Attachment{Length: 5, SHA256: [32]byte{7}, Name: "kartenblatt.pdf"})
	k["hello"] = w.us(say("Hello, the map is attached"), about(record.Under, k["matter"]), about(record.Carries, k["file"]))
	k["shown"] = w.them(record.Receipt{Rung: record.Shown}, about(record.Answers, k["hello"]))
	k["read"] = w.them(record.Receipt{Rung: record.Read, Who: "Astrid Holm"}, about(record.Answers, k["hello"]))
	k["reply"] = w.them(say("Thank you, 12 ships seen"), about(record.Answers, k["hello"]), about(record.Under, k["matter"]))
	k["called"] = w.us(record.CallStep{Step: record.StepCalled, Who: "Berta"}, inCall(1))
	w.them(record.CallStep{Step: record.StepReached, Count: 2}, inCall(1))
	w.them(record.CallStep{Step: record.StepRinging, Count: 2}, inCall(1))
	w.them(record.CallStep{Step: record.StepAnswered, Who: "Carl"}, inCall(1))
	w.us(record.CallStep{Step: record.StepEnded, Reason: record.HungUp, By: record.ByAuthor}, inCall(1))
	w.them(record.CallStep{Step: record.StepEnded, Reason: record.HungUp, By: record.ByOther}, inCall(1))
	k["call"] = CallKey(callID(1), false)
	w.us(record.Matter{Act: record.MatterFiled}, about(record.Under, k["matter"]), inCall(1))
	w.us(record.Disclosure{Act: record.DisclosureAsked, Ranges: []record.Range{{First: 1, Last: 3, Bodies: true}, {Other: true, First: 0, Last: 0}}, To: "Council"})
	w.us(record.CallStep{Drill: true, Step: record.StepCalled, Who: "Berta"}, inCall(2))
	w.them(record.CallStep{Drill: true, Step: record.StepFetching, Who: "Minister Holm", Count: 5}, inCall(2))
	k["drill"] = CallKey(callID(2), true)
	k["test"] = w.us(record.Test{Act: record.TestAsked, Slot: noon.UnixMilli(), Text: "amber seven", Paths: []record.TestPath{{Number: 1, Up: true, RTTms: 41}, {Number: 2}}})
	k["read back"] = w.them(record.Test{Act: record.TestReadBack, Who: "Carl", Text: "amber seven"}, about(record.Answers, k["test"]))
	k["passed"] = w.us(record.Test{Act: record.TestPassed}, about(record.Answers, k["read back"]))
	k["claim"] = w.them(record.Presence{Act: record.PresenceClaimed, Who: "Minister Holm", Claim: aClaim}, inCall(1))
	k["verified"] = w.us(record.Presence{Act: record.PresenceVerified, Who: "Minister Holm"}, inCall(1), about(record.Answers, k["claim"]))
	k["suspended"] = w.them(record.Right{Act: record.RightSuspended, Who: "Minister Holm", Text: "the accord is under review"})
	return k
}

func TestStory(t *testing.T) {
	w := newWorld(t)
	k := w.story()
	hello := w.item(k["hello"])
	equal(t, "stage", hello.Ladder.Stage, api.StageRead)
	equal(t, "reader", hello.Ladder.ReadBy, "Astrid Holm")
	equal(t, "matter", hello.Matter, k["matter"])
	equal(t, "file", hello.Files[0].Name, "kartenblatt.pdf")
	call := w.item(k["call"])
	equal(t, "length", call.Call.LengthMS, 2000)
	equal(t, "ended by", call.Call.EndedBy, us)
	equal(t, "steps", len(call.Call.Steps), 6)
	equal(t, "matter of the call", call.Matter, k["matter"])
	m, err := w.v.Matters()
	if err != nil || len(m) != 1 {
		t.Fatal(m, err)
	}
	equal(t, "messages", m[0].Messages, 2)
	equal(t, "calls", m[0].Calls, 1)
	equal(t, "unread", m[0].Unread, 1)
	if m[0].Acknowledged == nil {
		t.Error("the matter is not acknowledged")
	}
	for words, want := range map[string]string{"hel map": "hello", "KARTEN": "hello", "astrid": "hello", "ships 12": "reply", "berta carl": "call", "amber": "test", "review": "suspended"} {
		same(t, "search for "+words, keys(w.all(api.RecordQuery{Search: words})), []string{k[want]})
	}
	equal(t, "found by its matter", len(w.all(api.RecordQuery{Search: "osterby"})), 3)
	equal(t, "in the matter", len(w.all(api.RecordQuery{Matter: k["matter"]})), 6)
	equal(t, "calls and drills", len(w.all(api.RecordQuery{Kinds: []string{"call"}})), 2)
	same(t, "drills", keys(w.all(api.RecordQuery{Kinds: []string{"drill"}})), []string{k["drill"]})
	same(t, "the rest", keys(w.all(api.RecordQuery{Kinds: []string{"test", "presence", "right"}})), []string{k["test"], k["claim"], k["suspended"]})
	same(t, "unread", keys(w.all(api.RecordQuery{Unread: true})), []string{k["reply"]})
	for _, form := range []string{"json", "html"} {
		var b strings.Builder
		if err := w.v.Export(&b, form, api.RecordQuery{}, w.proofs, ExportHead{Own: "North", Peer: "South", Line: "south", Now: w.now}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "12 ships seen") {
			t.Errorf("%s has no text: %s", form, b.String())
		}
	}
}

// What a view holds in memory does not grow with what was added to it: not by four bytes an entry. What SQLite holds
// beside, its cache bounds.
func TestMemoryDoesNotGrow(t *testing.T) {
	held := func(n int) int64 {
		v, err := Open(temp(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := history(v, n); err != nil {
			t.Fatal(err)
		}
		with := memoryInUse()
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		return with - memoryInUse()
	}
	const more = 5000
	few, many := held(500), held(500+more)
	t.Logf("after 500 entries %d bytes are held, after %d %d", few, 500+more, many)
	if many-few > 4*more {
		t.Errorf("after %d entries more, %d bytes more are held", more, many-few)
	}
}

// memoryInUse is what is reachable on the heap.
func memoryInUse() int64 {
	runtime.GC()
	runtime.GC() // what was pooled is gone after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
