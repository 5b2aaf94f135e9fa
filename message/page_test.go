package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// Whatever is asked for, the pages together have just that, in order, whatever their length.
func TestPagesHaveWhatIsAskedFor(t *testing.T) {
	from := randomHistory(t, 42, 1800)
	w := interleaved(t, from, func(own, far int) (bool, int) {
		return own <= far && own < len(from.logs[0]) || far >= len(from.logs[1]), 1
	})
	everything := w.all(api.RecordQuery{})
	if len(everything) < blockSize {
		t.Fatalf("%d items: want more than a block", len(everything))
	}
	matter := ""
	for _, i := range everything {
		if i.Kind == "message" && i.Matter != "" {
			matter = i.Matter
		}
	}
	mid := noon.Add(w.now.Sub(noon) / 3)
	for _, q := range []api.RecordQuery{
		{}, {Unread: true}, {Matter: matter}, {Matter: matter, Unread: true}, {Kinds: []string{"call"}}, {Kinds: []string{"call", "matter", "nonsense"}},
		{Kinds: []string{"nonsense"}}, {Kinds: []string{"call"}, Unread: true}, {Matter: matter, Kinds: []string{"message"}}, {Matter: "nonsense"}, {Matter: "us/999999"},
		{From: mid}, {To: mid}, {From: mid, To: mid.Add(time.Minute)}, {From: mid, Unread: true}, {From: mid, Kinds: []string{"call"}}, {To: mid, Matter: matter},
		{Search: "text"}, {Search: "TEX"}, {Search: "text 5"}, {Search: "text 9", From: mid}, {Search: "text", Unread: true}, {Search: "text", Matter: matter},
		{Search: "ada", Kinds: []string{"call"}}, {Search: "nowhere"}, {Search: "?!"}, {Before: 300}, {Before: 300, Search: "text"}, {Before: 1},
	} {
		var want []string
		for _, i := range everything {
			if fitsQuery(i, q) {
				want = append(want, i.Key)
			}
		}
		for _, limit := range []int{0, 1, 7, 200} {
			q.Limit = limit
			same(t, fmt.Sprintf("%+v", q), keys(w.all(q)), want)
		}
		var b strings.Builder
		q.Before = 0
		if err := w.v.Export(&b, "json", q, w.proofs, ExportHead{}); err != nil {
			t.Fatal(err)
		}
	}
}

// fitsQuery says by itself what a query asks for.
func fitsQuery(i api.Item, q api.RecordQuery) bool {
	text := strings.ToLower(i.Text)
	if i.Ladder != nil {
		text += " " + strings.ToLower(i.Ladder.ReadBy)
	}
	for _, f := range i.Files {
		text += " " + f.Name
	}
	if i.Call != nil {
		text += " ada" // the histories' calls are searched for by this alone, and checked for it here
		if !slices.ContainsFunc(i.Call.Steps, func(s api.RecordedStep) bool { return s.Who == "Ada" }) {
			text = ""
		}
	}
	for _, word := range strings.Fields(strings.Trim(strings.ToLower(q.Search), "?!")) {
		if !slices.ContainsFunc(strings.Fields(text), func(s string) bool { return strings.HasPrefix(s, word) }) {
			return false
		}
	}
	unread := i.Kind == "message" && i.By == them && i.Ladder.Chased
	switch {
	case q.Unread && !unread,
		q.Matter != "" && i.Matter != q.Matter,
		len(q.Kinds) > 0 && !slices.Contains(q.Kinds, i.Kind),
		!q.From.IsZero() && i.At.Before(q.From),
		!q.To.IsZero() && !i.At.Before(q.To),
		q.Before > 0 && i.Position >= q.Before:
		return false
	}
	return true
}

// Times that jump from entry to entry make a page short, and never wrong.
func TestScatteredTimes(t *testing.T) {
	w := newWorld(t)
	var entries []*record.Entry
	const n = (maxBlocks + 10) * blockSize
	for i := range n {
		at := noon.Add(time.Duration(i%2) * 1000 * time.Hour)
		if i == 5 {
			at = noon.Add(500 * time.Hour)
		}
		entries = append(entries, &record.Entry{Header: record.Header{Number: int64(i), Time: at.UnixMilli(), Kind: record.KindLine}, Body: record.LineChange{Up: true}})
	}
	for c := range slices.Chunk(entries, 2000) {
		w.add(false, c...)
	}
	q := api.RecordQuery{From: noon.Add(400 * time.Hour), To: noon.Add(600 * time.Hour)}
	if p := w.page(q); len(p.Items) != 0 || p.Next == 0 {
		t.Errorf("the first page has %d items, the next is %d: want none yet, and a next one", len(p.Items), p.Next)
	}
	same(t, "all", keys(w.all(q)), []string{"them/5"})
	own, far, err := w.v.Between(q.From, q.To)
	if err != nil || !own.Empty() || far != (Span{5, 6}) { // 6 is from before
		t.Errorf("between: %v, %v, %v", own, far, err)
	}
}

func TestBetween(t *testing.T) {
	w := newWorld(t)
	for i := range 3 * blockSize {
		w.held = true
		w.write(i%3 == 0, record.LineChange{Up: true}, at(noon.Add(time.Duration(i)*time.Second)))
	}
	w.add(true, w.logs[0]...)
	w.add(false, w.logs[1]...)
	for _, tt := range []struct {
		from, to time.Time
		own, far Span
	}{
		{time.Time{}, time.Time{}, Span{0, blockSize - 1}, Span{0, 2*blockSize - 1}},
		{noon.Add(300 * time.Second), noon.Add(600 * time.Second), Span{100, 199}, Span{200, 399}},
		{noon.Add(3 * time.Second), noon.Add(4 * time.Second), Span{1, 1}, Span{2, 1}},
		{noon.Add(1000 * time.Second), noon.Add(2000 * time.Second), Span{334, 511}, Span{666, 1023}},
		{noon.Add(10000 * time.Second), noon.Add(20000 * time.Second), Span{512, 511}, Span{1024, 1023}},
		{noon.Add(-2 * time.Hour), noon, Span{0, -1}, Span{0, -1}},
	} {
		own, far, err := w.v.Between(tt.from, tt.to)
		if err != nil || own != tt.own || far != tt.far {
			t.Errorf("%v to %v: %v, %v, %v: want %v, %v", tt.from, tt.to, own, far, err, tt.own, tt.far)
		}
	}
}

// Where a clock was turned, what lies between an entry from before and one from after is taken.
func TestBetweenTurnedClocks(t *testing.T) {
	w := newWorld(t)
	for _, second := range []int{0, 10, 30, 12, 13, 31, 11, 32, 33} {
		w.us(record.LineChange{Up: true}, at(noon.Add(time.Duration(second)*time.Second)))
	}
	for _, tt := range []struct {
		from, to int
		want     Span
	}{
		{11, 12, Span{2, 6}}, {12, 14, Span{2, 4}}, {14, 15, Span{7, 6}}, {31, 32, Span{5, 6}}, {40, 50, Span{9, 8}}, {1, 2, Span{1, 0}},
	} {
		from, to := noon.Add(time.Duration(tt.from)*time.Second), noon.Add(time.Duration(tt.to)*time.Second)
		if own, _, err := w.v.Between(from, to); err != nil || own != tt.want {
			t.Errorf("%d s to %d s: %v, %v: want %v", tt.from, tt.to, own, err, tt.want)
		}
	}
}

// A search goes on from one table of words to the next.
func TestSearchAcrossTables(t *testing.T) {
	w := newWorld(t)
	first := w.us(say("needle in the first"))
	w.held = true
	for range partition {
		w.them(record.LineChange{Up: true})
	}
	w.add(false, w.logs[1]...)
	w.held = false
	second := w.us(say("needle in the second"))
	for _, limit := range []int{1, 100} {
		same(t, "found", keys(w.all(api.RecordQuery{Search: "need", Limit: limit})), []string{first, second})
	}
	var b strings.Builder
	if err := w.v.Export(&b, "json", api.RecordQuery{Search: "needles needle"}, w.proofs, ExportHead{}); err != nil {
		t.Fatal(err)
	}
	equal(t, "exported", strings.Contains(b.String(), "needle in"), false)
}

// Diacritics and case do not matter; words of any script are found by how they begin.
func TestWords(t *testing.T) {
	w := newWorld(t)
	k := w.us(say("Ångström naïve cafe\u0301 हिन्दी Привет 東京 v1.2.3 don't"))
	for _, s := range []string{"angs", "ÅNGSTROM", "naive", "café", "cafe", "हि", "прив", "東", "v1.2", "2", "don't", "don"} {
		same(t, s, keys(w.all(api.RecordQuery{Search: s})), []string{k})
	}
	for _, s := range []string{"ström", "afe", "don't2"} {
		equal(t, s, len(w.all(api.RecordQuery{Search: s})), 0)
	}
}
