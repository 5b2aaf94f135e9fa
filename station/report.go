package station

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"ringdown/api"
	"ringdown/record"
	"ringdown/report"
)

const (
	reportPage   = 256             // entries that are read at once: a few milliseconds of the clerk's time
	reportWait   = 2 * time.Second // that a person waits before hearing how far the reading is
	reportRetry  = time.Second     // after the clerk had too much to do
	reportWeeks  = 13              // a quarter, if nobody says otherwise
	longestError = 10              // tries to read a page in vain before a person hears of it
)

// A reporter reads the record of a line for its report, beside everything else: at the first ask from its
// beginning, then what is new. It asks the clerk for a page at a time, between whatever the clerk has to do, and keeps
// only what the report counts. Safe for concurrent use.
type reporter struct {
	mu      sync.Mutex
	builder report.Builder
	reading chan struct{} // closed when the reading has come to the end; nil: nobody reads
	left    int64         // entries still to be read, when last heard
	failed  error         // of the last reading
}

// Report computes how the line has served, from what both sides have co-signed.
func (k keeper) Report(ctx context.Context, q api.ReportQuery) (*api.Report, error) {
	ask, err := k.reportAsk(q)
	if err != nil {
		return nil, err
	}
	if err := k.readReport(ctx); err != nil {
		return nil, err
	}
	r := &k.reports
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.builder.Report(ask), nil
}

// reportAsk fills in what a query leaves open, alike on both sides within the same minute.
func (k keeper) reportAsk(q api.ReportQuery) (report.Ask, error) {
	now := k.s.opt.Now().UTC().Truncate(time.Minute).Add(time.Minute) // the end of the running minute
	ask := report.Ask{Parties: k.opt.Parties, From: q.From, To: q.To, Now: now}
	if ask.To.IsZero() || ask.To.After(now) {
		ask.To = now
	}
	if ask.From.IsZero() {
		day := ask.To.UTC().Truncate(24 * time.Hour)
		ask.From = day.AddDate(0, 0, -(int(day.Weekday())+6)%7-7*(reportWeeks-1))
	}
	if !ask.From.Before(ask.To) {
		return ask, &api.Error{Code: "bad-request", Text: fmt.Sprintf("The report would begin at %s and end at %s.", clockUTC(ask.From), clockUTC(ask.To)),
			Action: "Ask for a time that has begun, with its beginning before its end."}
	}
	return ask, k.s.onLine(k.slug, func(e *lineEnd, _ time.Time) error {
		for _, p := range e.opt.Paths {
			ask.Paths = append(ask.Paths, int(p.Number))
		}
		slices.Sort(ask.Paths)
		ask.Tests = e.rules.Tests
		if ask.Parties == [2]string{} {
			ask.Parties = [2]string{k.s.opt.Name, k.peer}
			if !e.opt.Line.First {
				slices.Reverse(ask.Parties[:])
			}
		}
		return nil
	})
}

func clockUTC(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// readReport has what is new read, and waits for the end of it, but not long.
func (k keeper) readReport(ctx context.Context) error {
	done := k.startReading()
	timer := time.NewTimer(reportWait)
	defer timer.Stop()
	r := &k.reports
	select {
	case <-done:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.failed
	case <-ctx.Done():
		return &api.Error{Code: "cancelled", Text: "The report was not waited for.", Action: "Ask again."}
	case <-timer.C:
		return r.building(k.peer)
	}
}

// building says how far the reading is.
func (r *reporter) building(peer string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	first, second := r.builder.Sizes()
	return &api.Error{Code: "building", Text: fmt.Sprintf("The record with %s is being read for its report: %d entries are read, %d are left.", peer, first+second, r.left),
		Action: "Ask again in a few seconds."}
}

// startReading begins to read unless somebody does; what it returns is closed at the end of it.
func (k keeper) startReading() <-chan struct{} {
	r := &k.reports
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reading != nil {
		return r.reading
	}
	done := make(chan struct{})
	r.reading = done
	go func() {
		err := k.readAll()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed, r.reading = err, nil
		close(done)
	}()
	return done
}

// readAll reads pages until there are no more.
func (k keeper) readAll() error {
	for tries := 0; ; {
		n, err := k.readPage()
		switch e, refused := errors.AsType[*api.Error](err); {
		case err == nil && n == 0:
			return nil
		case err == nil:
			tries = 0
		case refused && e.Code == "busy" && tries < longestError:
			tries++
			if !k.pause(reportRetry) {
				return errStopped
			}
		default:
			return err
		}
	}
}

// pause waits, unless the clerk ends.
func (c *clerk) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.done:
		return false
	}
}

// readPage takes in the next entries of the log of which more is left. It gives how many; none: that is all.
func (k keeper) readPage() (int, error) {
	r := &k.reports
	r.mu.Lock()
	at := [2]int64{}
	at[0], at[1] = r.builder.Sizes()
	r.mu.Unlock()
	weFirst := k.opt.Own.Origin < k.opt.Far.Origin // they end in "/first" and "/second"
	var page []*record.Entry
	var first bool
	var left int64
	err := k.ask(context.Background(), func() (err error) {
		st := k.rep.Status()
		agreed := [2]int64{st.Own.Classical, st.Far.Classical}
		if !weFirst {
			agreed[0], agreed[1] = agreed[1], agreed[0]
		}
		behind := [2]int64{max(0, agreed[0]-at[0]), max(0, agreed[1]-at[1])}
		left, first = behind[0]+behind[1], behind[0] >= behind[1]
		which := 1
		if first {
			which = 0
		}
		if behind[which] > 0 {
			page, err = k.rep.Entries(first == weFirst, at[which], int(min(reportPage, behind[which])))
		}
		return err
	})
	if err != nil {
		return 0, unreadable(k.peer, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = left - int64(len(page))
	for _, e := range page {
		if err := r.builder.Add(first, e); err != nil {
			return 0, err
		}
	}
	return len(page), nil
}

// unreadable says what a person can do about entries that could not be read.
func unreadable(peer string, err error) error {
	if _, ok := errors.AsType[*api.Error](err); ok {
		return err
	}
	return &api.Error{Code: "unreadable", Text: fmt.Sprintf("The record with %s cannot be read to its end: %v.", peer, err),
		Action: "Ask again later: what is damaged is fetched from the other side by itself."}
}
