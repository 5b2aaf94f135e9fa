package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"ringdown/api"
	"ringdown/message"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

// A History is what a record with many entries costs. Times are in milliseconds.
type History struct {
	Entries  int     `json:"entries"`  // of both logs
	Start    float64 `json:"start_ms"` // store, replica and view, from closed files to the first page
	Newest   float64 `json:"newest_ms"`
	Oldest   float64 `json:"oldest_ms"` // the page that begins with the oldest hundred
	Rare     float64 `json:"rare_ms"`   // a search for a word of one message
	Frequent float64 `json:"frequent_ms"`
	Heap     int     `json:"heap"` // bytes, with the record open and read
	Few      int     `json:"few"`  // entries of a small record, and its heap
	HeapFew  int     `json:"heap_few"`
}

const leastEntries = 1000

// measureHistory makes a record of so many entries on disk, and opens it as a station does.
func measureHistory(ctx context.Context, opt Options, r *Result) (err error) {
	dir, err := os.MkdirTemp("", "ringdown-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	h := &r.History
	h.Few, h.Entries = leastEntries, opt.Entries
	few, err := historyOf(ctx, filepath.Join(dir, "few"), h.Few)
	if err != nil {
		return err
	}
	if h.HeapFew, err = few.read(new(History)); err != nil {
		return err
	}
	many, err := historyOf(ctx, filepath.Join(dir, "many"), h.Entries)
	if err != nil {
		return err
	}
	h.Heap, err = many.read(h)
	return err
}

// A history is a record on disk: one side's, whose other side is forgotten.
type history struct{ dir string }

// A desk is one side while a history is written.
type desk struct {
	rep  *replica.Replica
	st   store.Store
	far  *desk
	now  func() time.Time
	view *message.View // nil: none is kept
	fail error
	post []posted // to the other side
}

// A posted is a message on its way, on the stream of bulk or of entries.
type posted struct {
	bulk bool
	msg  []byte
}

func (d *desk) Send(bulk bool, msg []byte) { d.post = append(d.post, posted{bulk, msg}) }

func (d *desk) Added(own bool, _ int64, list []*record.Entry) {
	if d.view != nil {
		if _, err := d.view.Add(own, list); err != nil && d.fail == nil {
			d.fail = err
		}
	}
}
func (d *desk) Changed()                          {}
func (d *desk) File([32]byte, []byte) error       { return nil }
func (d *desk) OpenFile([32]byte) ([]byte, error) { return nil, fs.ErrNotExist }
func (d *desk) Alarm(about, text, _ string) {
	if text != "" && d.fail == nil {
		d.fail = fmt.Errorf("bench: %s: %s", about, text)
	}
}

var noAccord [32]byte

func (d *desk) open(first bool) (err error) {
	own, err := newLogKeys(names[first])
	if err != nil {
		return err
	}
	far, err := newLogKeys(names[!first])
	if err != nil {
		return err
	}
	d.rep, err = replica.Open(replica.Config{Own: own.party(noAccord, first), Far: far.party(noAccord, !first), Sign: signer(own.log), Cosign: signer(own.cosign),
		CosignPQ: own.signPQ, Store: d.st, Hooks: d, Quota: 1 << 40}, d.now())
	return err
}

// historyOf has two sides write to each other until one of them holds n entries.
func historyOf(ctx context.Context, dir string, n int) (h *history, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	h = &history{dir}
	now := time.Now()
	kept, err := store.Open(h.file())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	a := &desk{st: kept, now: func() time.Time { return now }}
	b := &desk{st: store.NewMemory(), now: a.now}
	a.far, b.far = b, a
	if a.view, err = message.Open(h.viewFile()); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.view.Close()) }()
	if err := errors.Join(a.open(true), b.open(false)); err != nil {
		return nil, err
	}
	a.rep.LineUp(now)
	b.rep.LineUp(now)
	written := 0
	for written < n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, d := range []*desk{a, b} {
			if _, err := d.rep.Write(now, drafts(now, written, min(record.MaxBatch, n-written))...); err != nil {
				return nil, err
			}
			if written += record.MaxBatch; written >= n {
				break
			}
		}
		if err := exchange(now, a, b); err != nil {
			return nil, err
		}
		now = now.Add(20 * time.Second)
	}
	for range 3*n/64 + 200 { // as long as a station takes that runs on, to verify in the background what it wrote
		now = now.Add(101 * time.Millisecond)
		a.rep.Advance(now)
	}
	if err := exchange(now, a, b); err != nil {
		return nil, err
	}
	return h, errors.Join(a.rep.Close(), b.rep.Close(), a.fail, b.fail)
}

// drafts are messages, each with a word of its own.
func drafts(now time.Time, from, n int) (list []replica.Draft) {
	for i := range n {
		text := fmt.Sprintf("message number%d of the watch about the weather at the pass and the convoy that waits there", from+i)
		list = append(list, replica.Draft{Time: now, Body: record.Message{Text: text}})
	}
	return list
}

// exchange carries messages until nobody has more to say.
func exchange(now time.Time, desks ...*desk) error {
	for _, d := range desks {
		d.rep.Advance(now)
	}
	for busy := true; busy; {
		busy = false
		for _, d := range desks {
			post := d.post
			d.post = nil
			for _, p := range post {
				busy = true
				if err := d.far.rep.FarMessage(now, p.bulk, p.msg); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (h *history) file() string     { return filepath.Join(h.dir, "line-record.db") }
func (h *history) viewFile() string { return filepath.Join(h.dir, "line-view.db") }

// read opens the record and reads in it. It gives the heap that is then in use beyond what was before.
func (h *history) read(to *History) (heap int, err error) {
	before := heapInUse()
	began := time.Now()
	st, err := store.Open(h.file())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	d := &desk{st: st, now: time.Now}
	if err := d.open(true); err != nil {
		return 0, err
	}
	view, err := message.Open(h.viewFile())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, view.Close()) }()
	page := func(q api.RecordQuery) (ms float64, err error) {
		from := time.Now()
		p, err := view.Page(q, func(bool, int64) record.ProofState { return record.ProofFull }, from)
		if err == nil && len(p.Items) == 0 {
			err = fmt.Errorf("bench: a page of %+v is empty", q)
		}
		return float64(time.Since(from)) / float64(time.Millisecond), err
	}
	if _, err := page(api.RecordQuery{}); err != nil {
		return 0, err
	}
	to.Start = float64(time.Since(began)) / float64(time.Millisecond)
	for _, q := range []struct {
		into  *float64
		query api.RecordQuery
	}{
		{&to.Newest, api.RecordQuery{}},
		{&to.Oldest, api.RecordQuery{Before: 101}},
		{&to.Rare, api.RecordQuery{Search: "number777"}},
		{&to.Frequent, api.RecordQuery{Search: "weather convoy"}},
	} {
		if *q.into, err = page(q.query); err != nil {
			return 0, err
		}
	}
	heap = heapInUse() - before
	return heap, errors.Join(d.rep.Close(), d.fail)
}

// heapInUse is what is reachable on the heap now.
func heapInUse() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
