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

func TestOptions(t *testing.T) {
	if _, err := Run(t.Context(), Options{}); err == nil {
		t.Error("nothing to measure is no error")
	}
}
