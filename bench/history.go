package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"ringdown/api"
	"ringdown/console"
	"ringdown/station"
)

// A History is what a record with many entries costs the station that has it. Times are in milliseconds.
type History struct {
	Entries int `json:"entries"` // of both logs

	// Start is from the start of a station, as ringdown serve starts it, until a message is written to the
	// record's disk and a page of the record can be shown. First is the same where all that the station keeps beside
	// the record is missing and made anew: its view, and what the record tells of tests.
	Start float64 `json:"start_ms"`
	First float64 `json:"first_start_ms"`

	Newest   float64 `json:"newest_ms"`
	Oldest   float64 `json:"oldest_ms"` // the page that begins with the oldest hundred
	Rare     float64 `json:"rare_ms"`   // a search for a word of one message
	Frequent float64 `json:"frequent_ms"`
	Report   float64 `json:"report_ms"` // the first since the start

	Heap    int `json:"heap"` // bytes that the station takes, with the record open and read
	Few     int `json:"few"`  // entries of a small record, and its station's heap
	HeapFew int `json:"heap_few"`
}

const leastEntries = 1000

// measureHistory makes a record of so many entries, and starts a station with it.
func measureHistory(ctx context.Context, opt Options, r *Result) (err error) {
	dir, err := os.MkdirTemp("", "ringdown-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	few := History{Entries: leastEntries}
	if err := few.measure(ctx, filepath.Join(dir, "few")); err != nil {
		return err
	}
	r.History = History{Entries: opt.Entries, Few: few.Entries, HeapFew: few.Heap}
	return r.History.measure(ctx, filepath.Join(dir, "many"))
}

func (h *History) measure(ctx context.Context, dir string) error {
	p, err := newPast(ctx, dir, h.Entries)
	if err != nil {
		return err
	}
	if h.First, err = p.served(ctx, func(console.Record) error { return nil }); err != nil {
		return err
	}
	before := heapInUse()
	h.Start, err = p.served(ctx, func(rec console.Record) error {
		if err := h.read(ctx, rec); err != nil {
			return err
		}
		h.Heap = heapInUse() - before
		h.Report, err = timed(func() error { return reported(ctx, rec) })
		return err
	})
	return err
}

// served starts the station, has f use the record, and stops it. It gives how long the start took.
func (p *past) served(ctx context.Context, f func(console.Record) error) (ms float64, err error) {
	var d *station.Daemon
	var rec console.Record
	var written api.Written
	ms, err = timed(func() (err error) {
		if d, err = station.Start(ctx, station.DaemonOptions{Dir: p.dir}); err != nil {
			return err
		}
		if rec, err = d.Record(p.slug); err != nil {
			return err
		}
		if written, err = rec.Send(ctx, api.NewMessage{Text: "the watch begins"}); err != nil { // it waits for the record to be open
			return err
		}
		return paged(ctx, rec, api.RecordQuery{})
	})
	if d != nil {
		defer func() { err = errors.Join(err, d.Stop()) }()
	}
	if err != nil {
		return 0, err
	}
	// When this is done, the station has kept what it read of tests.
	if err := rec.Withdraw(ctx, []string{written.Key}); err != nil {
		return 0, err
	}
	return ms, f(rec)
}

// read asks for pages of the record.
func (h *History) read(ctx context.Context, rec console.Record) (err error) {
	for _, q := range []struct {
		into  *float64
		query api.RecordQuery
	}{
		{&h.Newest, api.RecordQuery{}},
		{&h.Oldest, api.RecordQuery{Before: 101}},
		{&h.Rare, api.RecordQuery{Search: wordOf(true, 200)}},
		{&h.Frequent, api.RecordQuery{Search: "weather convoy"}},
	} {
		if *q.into, err = timed(func() error { return paged(ctx, rec, q.query) }); err != nil {
			return err
		}
	}
	return nil
}

// paged asks for one page, on which something must stand.
func paged(ctx context.Context, rec console.Record, q api.RecordQuery) error {
	p, err := rec.Page(ctx, q)
	if err == nil && len(p.Items) == 0 {
		err = fmt.Errorf("bench: a page of %+v is empty", q)
	}
	return err
}

// reported asks for a report until the record is read for it.
func reported(ctx context.Context, rec console.Record) error {
	for {
		_, err := rec.Report(ctx, api.ReportQuery{})
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "building" {
			return err
		}
	}
}

// timed is how long f takes, in milliseconds.
func timed(f func() error) (ms float64, err error) {
	began := time.Now()
	err = f()
	return float64(time.Since(began)) / float64(time.Millisecond), err
}

// heapInUse is what is reachable on the heap now.
func heapInUse() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
