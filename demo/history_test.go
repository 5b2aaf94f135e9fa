package demo

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/disclose"
	"ringdown/record"
	"ringdown/station"
	"ringdown/store"
)

// Whatever the hour at which a demo begins, its history is one that stations could have made:
// both sides hold the same, every entry is dated before now, all is co-signed with both keys,
// and what was disclosed of it is proven.
func TestHistoryHolds(t *testing.T) {
	for _, clock := range []string{"00:00:01", "12:30:00", "23:59:59"} {
		t.Run(clock, func(t *testing.T) {
			now, err := time.Parse(time.DateTime, "2026-06-29 "+clock)
			if err != nil {
				t.Fatal(err)
			}
			north, south := historyAt(t, now)
			defer north.close()
			defer south.close()
			for _, d := range []*desk{north, south} {
				holds(t, d, now)
				sameThere(t, d)
			}
			proven(t, south)
		})
	}
}

// Nobody waits for a history that is no longer wanted.
func TestHistoryEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n, s := agreed(t, time.Now())
	if err := makeHistory(ctx, time.Now(), n, s); !errors.Is(err, context.Canceled) {
		t.Errorf("a history that nobody wants was made, or failed otherwise: %v", err)
	}
}

// historyAt makes the history of a demo that begins then, and opens it again.
func historyAt(t *testing.T, now time.Time) (north, south *desk) {
	t.Helper()
	n, s := agreed(t, now)
	if err := makeHistory(t.Context(), now, n, s); err != nil {
		t.Fatal(err)
	}
	h := &history{ctx: t.Context(), now: now}
	h.north, h.south = h.open(n), h.open(s)
	if h.err != nil {
		t.Fatal(h.err)
	}
	h.north.far, h.south.far = h.south, h.north
	return h.north, h.south
}

// agreed are two parties with an accord, from when the story begins.
func agreed(t *testing.T, now time.Time) (north, south *party) {
	t.Helper()
	wires, err := layWires()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wires {
		defer w.Close()
	}
	dir := t.TempDir()
	north = &party{name: "north", title: "North", dir: filepath.Join(dir, "north")}
	south = &party{name: "south", title: "South", dir: filepath.Join(dir, "south")}
	if err := agree(storyStart(now), north, south, wires); err != nil {
		t.Fatal(err)
	}
	return north, south
}

// holds looks at a desk's own log.
func holds(t *testing.T, d *desk, now time.Time) {
	t.Helper()
	st := d.rep.Status()
	if st.Own.Size < 40 || st.Own.Classical != st.Own.Size || st.Own.Full < st.Own.Size-10 {
		t.Errorf("of %d entries %d are co-signed and %d with both keys, want at least 40, and all but the newest", st.Own.Size, st.Own.Classical, st.Own.Full)
	}
	if len(st.Waiting) > 6 {
		t.Errorf("%d entries wait for the line, want only what the line's end says", len(st.Waiting))
	}
	last := storyStart(now)
	for n := range st.Own.Size {
		e, err := d.rep.Entry(true, n)
		if err != nil {
			t.Fatal(err)
		}
		if e.When().Before(last) && e.Kind != record.KindMessage || e.When().After(now) {
			t.Errorf("entry %d is of %s, after one of %s, now is %s", n, e.When(), last, now)
		}
		last = e.When()
		if a, ok := e.Body.(record.Attachment); ok {
			if _, err := station.ReadAttachment(d.far.dir, a.SHA256); err != nil {
				t.Errorf("%s did not reach the other side: %v", a.Name, err)
			}
		}
	}
}

// sameThere compares a desk's log with the copy of it at the other side.
func sameThere(t *testing.T, d *desk) {
	t.Helper()
	read := func(d *desk, l store.Log) (all [][]byte) {
		for {
			part, err := d.store.Entries(l, int64(len(all)), 1000, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if len(part) == 0 {
				return all
			}
			all = append(all, part...)
		}
	}
	own, copied := read(d, store.Own), read(d.far, store.Far)
	if len(own) != len(copied) {
		t.Fatalf("a log has %d entries, its copy %d", len(own), len(copied))
	}
	for i := range own {
		if !bytes.Equal(own[i], copied[i]) {
			t.Errorf("entry %d is another in the copy", i)
		}
	}
}

// proven verifies what South disclosed.
func proven(t *testing.T, d *desk) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(d.dir, "line-disclosures", "*.txt"))
	if err != nil || len(names) != 1 {
		t.Fatalf("found %v of disclosures (%v), want one", names, err)
	}
	file, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	report, err := disclose.Verify(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Warnings) > 0 || !slices.ContainsFunc(report.Proven, func(p string) bool { return strings.Contains(p, "11 minutes and 4 seconds") }) {
		t.Errorf("proven is %q, with the warnings %q; want the length of the call, and none", report.Proven, report.Warnings)
	}
}
