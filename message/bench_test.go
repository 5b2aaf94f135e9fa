package message

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// The benchmarks have 100,000 entries; MESSAGE_ENTRIES says otherwise, and -args -view FILE keeps
// the view between runs.
var keep = flag.String("view", "", "file that keeps the benchmarks' view")

func benchEntries(b testing.TB) int {
	n := 100_000
	if s := os.Getenv("MESSAGE_ENTRIES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

// history writes n entries: eight of ten are messages in both directions, the others receipts,
// and each has the same word and one of its own.
func history(v *View, n int) error {
	now := noon
	v.Now = func() time.Time { return now }
	var size [2]int64
	for n > 0 {
		for _, own := range []bool{true, false} {
			var entries []*record.Entry
			for range min(250, n) {
				now = now.Add(7 * time.Second)
				entries = append(entries, historyEntry(size[index(own)], size[index(!own)], now))
				size[index(own)]++
				n--
			}
			if _, err := v.Add(own, entries); err != nil {
				return err
			}
		}
	}
	return nil
}

func historyEntry(number, other int64, at time.Time) *record.Entry {
	e := &record.Entry{Header: record.Header{Number: number, Time: at.UnixMilli(), Seen: treeOf(int(other))}}
	switch {
	case number == 3:
		e.Body = record.Matter{Act: record.MatterOpened, Title: "Weather"}
	case number%10 == 9 && other > 10:
		e.Body = record.Receipt{Rung: record.Read, Who: "Dora Quist"}
		for i := range int64(8) {
			e.About = append(e.About, record.Ref{Relation: record.Answers, Other: true, Number: other - 10 + i})
		}
	default:
		e.Body = record.Message{Text: fmt.Sprintf("The situation report %d: nothing seen in sector %d, wind from the north, next report as agreed by %s",
			number, number%97, at.Format("15:04"))}
		if number%50 == 7 {
			e.About = []record.Ref{{Relation: record.Under, Number: 3}}
		}
	}
	e.Kind = e.Body.Kind()
	return e
}

// benchView is a view with history; made once for all benchmarks of a run.
var benchView = struct {
	v *View
	n int
}{}

func grown(b *testing.B) *View {
	b.Helper()
	if benchView.v != nil {
		return benchView.v
	}
	file := *keep
	if file == "" {
		dir, err := os.MkdirTemp("", "view")
		if err != nil {
			b.Fatal(err)
		}
		file = filepath.Join(dir, "line-view.db")
	}
	v, err := Open(file)
	if err != nil {
		b.Fatal(err)
	}
	benchView.v, benchView.n = v, benchEntries(b)
	if own, _ := v.Sizes(); own == 0 {
		began := time.Now()
		if err := history(v, benchView.n); err != nil {
			b.Fatal(err)
		}
		b.Logf("%d entries in %v", benchView.n, time.Since(began))
	}
	return v
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if v := benchView.v; v != nil {
		v.Close()
		if *keep == "" {
			os.RemoveAll(filepath.Dir(v.file))
		}
	}
	os.Exit(code)
}

func full(bool, int64) record.ProofState { return record.ProofFull }

func benchPage(b *testing.B, q api.RecordQuery) {
	v := grown(b)
	var worst time.Duration
	items := 0
	for b.Loop() {
		began := time.Now()
		p, err := v.Page(q, full, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		worst, items = max(worst, time.Since(began)), len(p.Items)
	}
	b.ReportMetric(float64(worst.Microseconds())/1000, "ms-worst")
	b.ReportMetric(float64(items), "items")
}

func BenchmarkPageNewest(b *testing.B) { benchPage(b, api.RecordQuery{}) }
func BenchmarkPageMiddle(b *testing.B) {
	grown(b)
	benchPage(b, api.RecordQuery{Before: int64(benchView.n) * 2 / 5})
}
func BenchmarkPageOldest(b *testing.B)   { benchPage(b, api.RecordQuery{Before: 101}) }
func BenchmarkPageMatter(b *testing.B)   { benchPage(b, api.RecordQuery{Matter: "us/3"}) }
func BenchmarkPageUnread(b *testing.B)   { benchPage(b, api.RecordQuery{Unread: true}) }
func BenchmarkPageRareKind(b *testing.B) { benchPage(b, api.RecordQuery{Kinds: []string{"matter"}}) }
func BenchmarkPageFirstDay(b *testing.B) {
	benchPage(b, api.RecordQuery{From: noon, To: noon.Add(24 * time.Hour)})
}

func BenchmarkSearchEveryHas(b *testing.B)  { benchPage(b, api.RecordQuery{Search: "situation"}) }
func BenchmarkSearchOneLetter(b *testing.B) { benchPage(b, api.RecordQuery{Search: "s"}) }
func BenchmarkSearchTwoCommon(b *testing.B) {
	benchPage(b, api.RecordQuery{Search: "situation nothing"})
}
func BenchmarkSearchRare(b *testing.B) { benchPage(b, api.RecordQuery{Search: "situation 12345"}) }
func BenchmarkSearchNothing(b *testing.B) {
	benchPage(b, api.RecordQuery{Search: "situation nothing sector zzzz"})
}
func BenchmarkSearchInMatter(b *testing.B) {
	benchPage(b, api.RecordQuery{Search: "situation", Matter: "us/3"})
}
func BenchmarkSearchFirstDay(b *testing.B) {
	benchPage(b, api.RecordQuery{Search: "situation", From: noon, To: noon.Add(24 * time.Hour)})
}

func BenchmarkAddOne(b *testing.B) {
	v := grown(b)
	for b.Loop() {
		own, far := v.Sizes()
		if _, err := v.Add(true, []*record.Entry{historyEntry(own, far, time.Now())}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPending(b *testing.B) {
	v := grown(b)
	for b.Loop() {
		if _, err := v.Pending(noon.Add(1000 * 24 * time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	v := grown(b)
	for b.Loop() {
		w, err := Open(v.file)
		if err != nil {
			b.Fatal(err)
		}
		w.Close()
	}
}

func BenchmarkBetween(b *testing.B) {
	v := grown(b)
	for b.Loop() {
		if _, _, err := v.Between(noon.Add(time.Hour), noon.Add(25*time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExport(b *testing.B) {
	v := grown(b)
	for b.Loop() {
		var w counter
		if err := v.Export(&w, "html", api.RecordQuery{From: noon, To: noon.Add(24 * time.Hour)}, full, ExportHead{Own: "North", Peer: "South", Now: noon}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(w), "bytes")
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
