package message

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// A random history of both logs: everything refers to everything, whether it fits or not.
func randomHistory(t testing.TB, seed uint64, n int) *world {
	w := &world{t: t, now: noon, held: true, proof: record.ProofFull}
	r := rand.New(rand.NewPCG(seed, 1))
	seenBy := [2]int{}
	for range n {
		own := r.IntN(2) == 0
		me, other := index(own), index(!own)
		seenBy[me] += r.IntN(len(w.logs[other]) - seenBy[me] + 1)
		w.random(r, own, seenBy[me])
	}
	return w
}

func (w *world) random(r *rand.Rand, own bool, seen int) {
	w.now = w.now.Add(time.Duration(r.IntN(5)) * time.Second)
	log := &w.logs[index(own)]
	e := &record.Entry{Header: record.Header{Number: int64(len(*log)), Time: w.now.UnixMilli(), Seen: treeOf(seen)}, Body: randomBody(r)}
	e.Kind = e.Body.Kind()
	if m, ok := e.Body.(record.Matter); e.Kind == record.KindCall || e.Kind == record.KindDrill || e.Kind == record.KindPresence || ok && m.Act == record.MatterFiled {
		e.Call = callID(byte(1 + r.IntN(5)))
	}
	for _, rel := range relations(r, e) {
		e.About = append(e.About, w.randomRef(r, own, e, rel, len(*log), seen))
	}
	slices.SortFunc(e.About, compareRefs)
	if _, err := e.Encode(); err == nil { // most are valid
		*log = append(*log, e)
	}
}

// relations are those that an entry may have.
func relations(r *rand.Rand, e *record.Entry) []record.Relation {
	switch body := e.Body.(type) {
	case record.Receipt:
		return []record.Relation{record.Answers, record.Answers}[:1+r.IntN(2)]
	case record.Matter:
		if body.Act == record.MatterOpened {
			return nil
		}
		return []record.Relation{record.Under}
	case record.CallStep:
		return []record.Relation{record.Under}[:r.IntN(2)]
	case record.Test:
		return []record.Relation{record.Answers}[:min(1, body.Act-1)]
	case record.Presence:
		return []record.Relation{record.Answers}[:min(1, body.Act-1)]
	case record.Message:
		return [][]record.Relation{nil, {record.Answers}, {record.Amends}, {record.Amends}, {record.Retracts}, {record.Under}, {record.Carries},
			{record.Under, record.Carries}}[r.IntN(8)]
	}
	return nil
}

// randomRef mostly points at what fits.
func (w *world) randomRef(r *rand.Rand, own bool, e *record.Entry, rel record.Relation, mine, theirs int) (ref record.Ref) {
	for range 30 {
		ref = record.Ref{Relation: rel, Other: r.IntN(2) == 0 && rel != record.Amends && rel != record.Retracts && rel != record.Carries}
		ref.Other = ref.Other || e.Kind == record.KindReceipt
		end := mine
		if ref.Other {
			end = theirs
		}
		ref.Number = int64(max(0, end-1-r.IntN(25)))
		if ref.Number < int64(end) && (ref.Fits(e.Kind, w.logs[index(own != ref.Other)][ref.Number].Kind) || r.IntN(10) == 0) {
			break
		}
	}
	return ref
}

func randomBody(r *rand.Rand) record.Body {
	who := []string{"", "Ada", "Bo"}[r.IntN(3)]
	drill := r.IntN(3) == 0
	switch r.IntN(18) {
	case 12:
		return record.Receipt{Rung: record.Seen, Who: "Minister " + who + "!"}
	case 13:
		return []record.Body{record.CallStep{Drill: drill, Step: record.StepRinging, Count: 1}, record.CallStep{Drill: drill, Step: record.StepLeft, Who: who}}[r.IntN(2)]
	case 14, 15:
		return []record.Body{record.Test{Act: record.TestAsked, Text: "amber seven", Who: who}, record.Test{Act: record.TestReadBack, Text: "amber", Who: who},
			record.Test{Act: record.TestPassed, Who: who}, record.Test{Act: record.TestFailed, Text: "no"}}[r.IntN(4)]
	case 16:
		return []record.Body{record.Presence{Act: record.PresenceClaimed, Who: "Ada " + who + "!", Drill: drill, Claim: aClaim}, record.Presence{Act: record.PresenceVerified, Who: "Ada"},
			record.Presence{Act: record.PresenceRefused, Who: "Ada", Reason: "no", Drill: drill}}[r.IntN(3)]
	case 17:
		return record.Right{Act: record.RightSuspended, Who: who, Text: "why"}
	case 0:
		return record.Receipt{Rung: record.Shown}
	case 1, 2:
		return record.Receipt{Rung: record.Read, Who: "Ada " + who}
	case 3:
		return record.Attachment{Length: 1 + r.IntN(9), SHA256: [32]byte{1}, Name: "name.txt"}
	case 4:
		return record.Matter{Act: record.MatterOpened, Title: "Matter"}
	case 5:
		return record.Matter{Act: record.MatterAct(2 + r.IntN(3))}
	case 6:
		return record.CallStep{Drill: drill, Step: record.StepEnded, Reason: record.HungUp, By: record.By(r.IntN(3)), Who: who}
	case 7:
		return record.CallStep{Drill: drill, Step: record.StepCalled, Who: who}
	case 8:
		return record.CallStep{Drill: drill, Step: record.StepAnswered, Who: who}
	case 9:
		return record.CallStep{Drill: drill, Step: record.StepCrossed, Other: callID(byte(1 + r.IntN(5)))}
	}
	return record.Message{Text: fmt.Sprint("text ", r.IntN(1000))}
}

// interleaved feeds a new view with the logs: which side is next, pick says.
func interleaved(t testing.TB, from *world, pick func(own, far int) (mine bool, n int)) *world {
	t.Helper()
	w := newWorld(t)
	w.v.Now = func() time.Time { return noon }
	w.now, w.proof, w.logs = from.now.Add(time.Hour), from.proof, from.logs
	var at [2]int
	for at[0] < len(w.logs[0]) || at[1] < len(w.logs[1]) {
		mine, n := pick(at[0], at[1])
		i := index(mine)
		n = min(n, len(w.logs[i])-at[i])
		w.add(mine, w.logs[i][at[i]:at[i]+n]...)
		at[i] += n
	}
	return w
}

// picture is all that a view shows, but for the order of rows and steps.
func (w *world) picture() string {
	w.t.Helper()
	items := w.all(api.RecordQuery{})
	for i := range items {
		it := &items[i]
		it.Position = 0
		slices.SortFunc(it.Files, func(a, b api.File) int { return strings.Compare(a.Key, b.Key) })
		if it.Call != nil {
			slices.SortFunc(it.Call.Steps, func(a, b api.RecordedStep) int { return strings.Compare(a.Key, b.Key) })
			it.At = noon // of a call that nobody lifted: of the entry that came first
		}
	}
	slices.SortFunc(items, func(a, b api.Item) int { return strings.Compare(a.Key, b.Key) })
	matters := w.matters()
	slices.SortFunc(matters, func(a, b api.Matter) int { return strings.Compare(a.Key, b.Key) })
	found := keys(w.all(api.RecordQuery{Search: "ada"}))
	slices.Sort(found)
	open, err := w.v.OpenCalls()
	if err != nil {
		w.t.Fatal(err)
	}
	names := []string{}
	for _, c := range open {
		names = append(names, CallKey(c.ID, c.Drill))
	}
	slices.Sort(names)
	text, err := json.MarshalIndent([]any{items, matters, w.pending(), w.count(), found, names}, "", " ")
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// A view made anew from the logs is the one that grew with them, whatever came first: even if
// nothing that an entry refers to is there yet.
func TestOrderDoesNotMatter(t *testing.T) {
	seeds := uint64(10)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		from := randomHistory(t, seed, 150)
		r := rand.New(rand.NewPCG(seed, 2))
		want := interleaved(t, from, func(own, far int) (bool, int) { // as they had seen each other
			if own < len(from.logs[0]) && from.logs[0][own].Seen.Size <= int64(far) {
				return true, 1
			}
			return false, 1
		}).picture()
		for name, pick := range map[string]func(own, far int) (bool, int){
			"ours first":   func(own, _ int) (bool, int) { return own < len(from.logs[0]), 256 },
			"theirs first": func(_, far int) (bool, int) { return far >= len(from.logs[1]), 256 },
			"at random":    func(_, _ int) (bool, int) { return r.IntN(2) == 0, 1 + r.IntN(5) },
		} {
			if got := interleaved(t, from, pick).picture(); got != want {
				t.Fatalf("history %d, %s: %s", seed, name, difference(got, want))
			}
		}
	}
}

func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d is %s, want %s\n%s", i, g[i], w[i], strings.Join(g[max(0, i-25):i+1], "\n"))
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// An entry that was missing or damaged is filled in when it comes, with all that refers to it.
func TestMissingEntries(t *testing.T) {
	for seed := range uint64(10) {
		from := randomHistory(t, seed, 120)
		want := interleaved(t, from, func(own, far int) (bool, int) {
			return own <= far && own < len(from.logs[0]) || far >= len(from.logs[1]), 1
		}).picture()
		r := rand.New(rand.NewPCG(seed, 3))
		w := newWorld(t)
		w.v.Now = func() time.Time { return noon }
		w.now, w.proof = from.now.Add(time.Hour), from.proof
		for i, log := range from.logs {
			holes := slices.Clone(log)
			for n := range holes {
				if c, _ := log[n].Body.(record.CallStep); c.Step != record.StepCrossed && r.IntN(5) == 0 {
					holes[n] = nil // which calls cross is told by the order of our own log
				}
			}
			w.add(i == 0, holes...)
		}
		for i, log := range from.logs {
			w.add(i == 0, log...)
		}
		if got := w.picture(); got != want {
			t.Fatalf("history %d: %s", seed, difference(got, want))
		}
	}
}

// What was added before changes nothing, and nothing is left out.
func TestAddAgain(t *testing.T) {
	w := newWorld(t)
	w.story()
	before := w.picture()
	for i, log := range w.logs {
		same(t, "changed", w.add(i == 0, log...), nil)
	}
	equal(t, "picture", w.picture() == before, true)
	own, far := w.v.Sizes()
	equal(t, "own", own, int64(len(w.logs[0])))
	equal(t, "far", far, int64(len(w.logs[1])))
	next := *w.logs[0][0]
	next.Number = own + 1
	if _, err := w.v.Add(true, []*record.Entry{&next}); err == nil {
		t.Error("a gap was taken")
	}
	first, third := next, next
	first.Number, third.Number = own, own+2
	for _, two := range [][]*record.Entry{{w.logs[0][3], w.logs[0][5]}, {&first, &third}} {
		if _, err := w.v.Add(true, two); err == nil {
			t.Error("entries out of order were taken")
		}
	}
	equal(t, "picture after errors", w.picture() == before, true)
}

// A view that is made anew knows by our own entries how long a message has been here.
func TestMadeAnewItIsAsOld(t *testing.T) {
	w := newWorld(t)
	w.held = true
	w.us(say("ours"))
	w.them(say("old")) // has seen ours
	w.us(record.LineChange{Up: true})
	w.them(say("new"))
	w.now = noon.Add(24 * time.Hour)
	w.add(true, w.logs[0][0])
	w.add(false, w.logs[1][0])
	w.add(true, w.logs[0][1])
	w.add(false, w.logs[1][1])
	equal(t, "pending", w.pending(), Pending{Unread: 2, Chased: 1, Unheeded: 1, Next: w.now.Add(ChasedAfter)})
}

// What one had seen comes before it, whatever the times say; they decide between what neither had seen.
func TestLater(t *testing.T) {
	for _, tt := range []struct {
		name             string
		ownSeen, farSeen int
		ownAt, farAt     time.Duration
		want             entryID
	}{
		{"ours had seen theirs", 1, 0, 1, 2, idOf(true, 0)},
		{"theirs had seen ours", 0, 1, 2, 1, idOf(false, 0)},
		{"neither, theirs later", 0, 0, 1, 2, idOf(false, 0)},
		{"neither, ours later", 0, 0, 2, 1, idOf(true, 0)},
		{"neither, at once", 0, 0, 1, 1, idOf(true, 0)},
	} {
		w := newWorld(t)
		w.us(say("a"), seen(tt.ownSeen), at(noon.Add(tt.ownAt*time.Second)))
		w.them(say("b"), seen(tt.farSeen), at(noon.Add(tt.farAt*time.Second)))
		got, err := w.v.write.later(idOf(true, 0), idOf(false, 0))
		if err != nil || got != tt.want {
			t.Errorf("%s: %s, %v: want %s", tt.name, got.key(), err, tt.want.key())
		}
	}
}
