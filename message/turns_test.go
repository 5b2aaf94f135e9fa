package message

import (
	"testing"

	"ringdown/api"
	"ringdown/record"
)

var aClaim = record.Claim{Role: record.RolePrincipal, AuthData: make([]byte, 37), ClientData: []byte("{}"), Signature: []byte{1}}

func askedFor(words string) record.Body { return record.Test{Act: record.TestAsked, Text: words} }
func readBack(words string) record.Body {
	return record.Test{Act: record.TestReadBack, Text: words, Who: "Bo"}
}

var (
	passed = record.Test{Act: record.TestPassed}
	failed = record.Test{Act: record.TestFailed, Text: "why"}
)

func (w *world) test(key string) *api.RecordedTest { w.t.Helper(); return w.item(key).Test }

// A test is one row, from the asking to the result.
func TestOneRowATest(t *testing.T) {
	w := newWorld(t)
	k := w.them(record.Test{Act: record.TestAsked, Slot: noon.UnixMilli(), Who: "Ada", Text: "amber seven", Paths: []record.TestPath{{Number: 2, Up: true, LossPermille: 4, RTTms: 272}}})
	x := w.test(k)
	equal(t, "act", x.Act, "asked")
	equal(t, "slot", *x.Slot, noon)
	equal(t, "path", x.Paths[0], api.RecordedPath{Number: 2, Up: true, LossPermille: 4, RTTms: 272})
	r := w.us(readBack("amber 7"), about(record.Answers, k))
	equal(t, "read", w.test(k).Act, "read back")
	f := w.them(failed, about(record.Answers, r))
	i := w.item(k)
	equal(t, "by", i.By, them)
	equal(t, "result", i.Test.Result, "failed")
	equal(t, "words", i.Test.Text, "amber seven")
	equal(t, "steps", len(i.Test.Steps), 2)
	equal(t, "what was read", i.Test.Steps[0].Text, "amber 7")
	equal(t, "by whom", i.Test.Steps[0].By, us)
	equal(t, "why", i.Test.Steps[1].Text, "why")
	for _, key := range []string{r, f} {
		equal(t, "row of "+key, w.item(key).Key, k)
	}
	equal(t, "rows", len(w.all(api.RecordQuery{})), 1)
	same(t, "found by what was read", keys(w.all(api.RecordQuery{Search: "7"})), []string{k})
}

// Neither side can read back, or judge, in the place of the other; the first that counts does.
func TestWhatCountsOfATest(t *testing.T) {
	w := newWorld(t)
	k := w.us(askedFor("amber"))
	other := w.us(askedFor("birch"))
	w.them(passed, about(record.Answers, k)) // answers what was asked, and not what was read
	w.them(failed, about(record.Answers, k)) // it is not theirs to judge
	r := w.them(readBack("amber"), about(record.Answers, k))
	w.them(readBack("late"), about(record.Answers, k))
	w.them(failed, about(record.Answers, other)) // nor this
	equal(t, "act", w.test(k).Act, "read back")
	w.us(passed, about(record.Answers, r))
	w.us(failed, about(record.Answers, r)) // too late
	x := w.test(k)
	equal(t, "result", x.Result, "passed")
	equal(t, "what was read", x.Steps[0].Text, "amber")
	equal(t, "steps", len(x.Steps), 2)
	equal(t, "the other", w.test(other).Act, "asked")
	equal(t, "rows", len(w.all(api.RecordQuery{})), 2)
}

// Nobody read it back in time: the result stands, and what was read too late is shown after it.
func TestReadTooLate(t *testing.T) {
	w := newWorld(t)
	k := w.us(askedFor("amber"))
	w.us(failed, about(record.Answers, k))
	equal(t, "result", w.test(k).Result, "failed")
	w.them(readBack("amber"), about(record.Answers, k))
	x := w.test(k)
	equal(t, "act", x.Act, "failed")
	equal(t, "steps", len(x.Steps), 2)
	equal(t, "the last", x.Steps[1].Act, "read back")
}

// A claim of presence is one row with what the other side found; only that side judges, and only once.
func TestPresence(t *testing.T) {
	w := newWorld(t)
	claim := record.Presence{Act: record.PresenceClaimed, Who: "Minister", Claim: aClaim}
	verified, refused := claim, record.Presence{Act: record.PresenceRefused, Who: "Minister", Reason: "the nonce was used before"}
	verified.Act, verified.Claim = record.PresenceVerified, record.Claim{}
	k := w.them(claim, inCall(1))
	w.us(verified, inCall(2), about(record.Answers, k)) // of another call
	inDrill := verified
	inDrill.Drill = true
	w.us(inDrill, inCall(1), about(record.Answers, k))
	p := w.item(k).Presence
	equal(t, "act", p.Act, "claimed")
	equal(t, "call", p.Call, CallKey(callID(1), false))
	equal(t, "role", p.Role, api.RolePrincipal)
	r := w.us(refused, inCall(1), about(record.Answers, k))
	w.us(verified, inCall(1), about(record.Answers, k))
	i := w.item(k)
	equal(t, "by", i.By, them)
	equal(t, "act", i.Presence.Act, "refused")
	equal(t, "reason", i.Presence.Reason, "the nonce was used before")
	equal(t, "judged", i.Presence.Judged, r)
	equal(t, "row of the judgement", w.item(r).Key, k)
	equal(t, "rows", len(w.all(api.RecordQuery{})), 1)
	claim.Drill = true
	equal(t, "a drill's", w.item(w.us(claim, inCall(3))).Presence.Call, CallKey(callID(3), true))
}

// A row has the proof of the least of its entries.
func TestProofOfATest(t *testing.T) {
	w := newWorld(t)
	k := w.us(askedFor("amber"))
	w.them(readBack("amber"), about(record.Answers, k))
	items, err := w.v.Items([]string{k}, func(own bool, _ int64) record.ProofState {
		if own {
			return record.ProofFull
		}
		return record.ProofClassical
	}, noon)
	if err != nil || items[0].Proof != "classical" {
		t.Errorf("%+v, %v", items, err)
	}
}

func TestRight(t *testing.T) {
	w := newWorld(t)
	i := w.item(w.them(record.Right{Act: record.RightSuspended, Who: "Minister", Text: "review"}))
	equal(t, "act", i.Act, "suspended")
	equal(t, "right", *i.Right, api.RecordedRight{Who: "Minister", Text: "review"})
	equal(t, "restored", w.item(w.them(record.Right{Act: record.RightRestored})).Act, "restored")
}

// What waits for its number is shown as what it will be.
func TestWaitingTestAndRight(t *testing.T) {
	i := WaitingItem("x", noon, askedFor("amber"), nil)
	equal(t, "words", i.Test.Text, "amber")
	i = WaitingItem("x", noon, record.Right{Act: record.RightSuspended, Text: "review"}, nil)
	equal(t, "why", i.Act+" "+i.Right.Text, "suspended review")
}
