package bench

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/console"
)

// TestRun: a short run measures everything and prints it. The figures themselves are
// no test: machines are shared.
func TestRun(t *testing.T) {
	r, err := Run(t.Context(), Options{Lines: 3, Calls: 2, Speech: time.Second, Messages: 5, Text: 2 * time.Second, Entries: 3000, Consoles: 20})
	if err != nil {
		t.Fatal(err)
	}
	if r.Ring.N != 2 || r.Ring.Median <= 0 {
		t.Errorf("ring: %+v, want 2 calls that took some time", r.Ring)
	}
	if r.RingLast.N != 2 || r.RingLast.Median < 0 || r.Consoles != 20 {
		t.Errorf("the last ring: %+v of %d consoles, want 2 calls to 20", r.RingLast, r.Consoles)
	}
	if r.Voice.N+r.VoiceLost != 50 || r.Voice.N == 0 {
		t.Errorf("voice: %+v and %d lost, want 50 packets in all", r.Voice, r.VoiceLost)
	}
	if r.LinesPerCore <= 0 || r.LimitPerCore <= 0 || r.MemoryLine <= 0 {
		t.Errorf("lines: %+v, want all measured", r)
	}
	if r.Delivered.N != 5 || r.Text <= 0 || r.TextRoom <= 0 {
		t.Errorf("text: %+v, %.0f of %.0f bytes a second, want all measured", r.Delivered, r.Text, r.TextRoom)
	}
	if h := r.History; h.Entries != 3000 || min(h.Start, h.First, h.Newest, h.Oldest, h.Rare, h.Frequent, h.Report) <= 0 || min(h.Heap, h.HeapFew) <= 0 {
		t.Errorf("history: %+v, want all measured", h)
	}
	var out strings.Builder
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "idle lines a core") {
		t.Errorf("the report says nothing of lines:\n%s", out.String())
	}
}

// TestPast: the record with which a station is started has what lines have: messages that were read, calls,
// tests, disclosures.
func TestPast(t *testing.T) {
	p, err := newPast(t.Context(), filepath.Join(t.TempDir(), "past"), 3000)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.served(t.Context(), func(rec console.Record) error {
		for _, test := range []struct {
			query api.RecordQuery
			want  int
		}{
			{api.RecordQuery{Search: wordOf(true, 200)}, 1},
			{api.RecordQuery{Kinds: []string{"accord"}}, 2},
			{api.RecordQuery{Kinds: []string{"call"}}, 6}, // one in every round
			{api.RecordQuery{Kinds: []string{"test"}}, 6},
			{api.RecordQuery{Kinds: []string{"disclosure"}}, 2},
			{api.RecordQuery{Unread: true}, 164}, // of the other side's last batch
		} {
			test.query.Limit = 200
			page, err := rec.Page(t.Context(), test.query)
			if err != nil {
				return err
			}
			if len(page.Items) != test.want {
				t.Errorf("%+v: %d items, want %d", test.query, len(page.Items), test.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMissed: a goal that is missed is told as missed, and no other.
func TestMissed(t *testing.T) {
	some := Spread{N: 10, Median: 10, P95: 15, P99: 20, Max: 30}
	met := Result{Ring: some, RingLast: some, Voice: some, ResidueIdle: some, ResidueSpeech: some, Delivered: some, LinesPerCore: 1000, LimitPerCore: 2000, MemoryLine: 100_000,
		Text: 90, TextRoom: 100, History: History{Entries: 1_000_000, Start: 2000, First: 1e6, Newest: 50, Oldest: 50, Rare: 100, Frequent: 100, Report: 1e6, Few: 1000, Heap: 2e6, HeapFew: 2e6}}
	for _, test := range []struct {
		row   string
		spoil func(*Result)
	}{
		{"", func(*Result) {}},
		{"far ring", func(r *Result) { r.Ring.Median = 15.1 }},
		{"far ring", func(r *Result) { r.Ring.P99 = 25.1 }},
		{"consoles' rings", func(r *Result) { r.RingLast.Max = 101 }},
		{"voice", func(r *Result) { r.Voice.Median = 15.1 }},
		{"grid, speech", func(r *Result) { r.ResidueSpeech.Median = 20.1 }},
		{"grid, speech", func(r *Result) { r.ResidueSpeech.Median = 4.9 }},
		{"idle lines a core", func(r *Result) { r.LinesPerCore = 999 }},
		{"memory", func(r *Result) { r.MemoryLine++ }},
		{"written to delivered", func(r *Result) { r.Delivered.Median = 41 }},
		{"without a pause", func(r *Result) { r.Text = 89 }},
		{"start of a station", func(r *Result) { r.History.Start = 2001 }},
		{"page", func(r *Result) { r.History.Newest = 51 }},
		{"page", func(r *Result) { r.History.Oldest = 51 }},
		{"search", func(r *Result) { r.History.Rare = 101 }},
		{"search", func(r *Result) { r.History.Frequent = 101 }},
		{"heap", func(r *Result) { r.History.Heap = 3e6 }},
	} {
		r := met
		test.spoil(&r)
		var out strings.Builder
		if err := r.Print(&out); err != nil {
			t.Fatal(err)
		}
		var missed []string
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, "MISSED") {
				missed = append(missed, line)
			}
		}
		switch {
		case test.row == "" && (len(missed) > 0 || strings.Contains(out.String(), "missed")):
			t.Errorf("all goals are met, and of some it says:\n%s", out.String())
		case test.row != "" && (len(missed) != 1 || !strings.Contains(missed[0], test.row) || !strings.Contains(out.String(), "missed in this run: 1.")):
			t.Errorf("%q is missed alone, and it says:\n%s", test.row, out.String())
		}
	}
}

func TestOptions(t *testing.T) {
	if _, err := Run(t.Context(), Options{}); err == nil {
		t.Error("nothing to measure is no error")
	}
}
