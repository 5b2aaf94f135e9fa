package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"ringdown/api"
)

// WriteCSV writes a report as a table with one figure a row, so that a program can turn it about as it
// likes:
//
//	period,name,from,to,about,figure,value
//	week,2026-W47,2026-11-16T00:00:00Z,2026-11-23T00:00:00Z,line,up_ms,604800000
//
// period is "whole", "month" or "week"; about is "line", "path 1" …, "calls", "calls to NAME", "drills" or "tests". Figures
// are called as in JSON; what is not known has no row.
func WriteCSV(w io.Writer, r *api.Report) error {
	t := &table{out: csv.NewWriter(w)}
	t.row("period", "name", "from", "to", "about", "figure", "value")
	t.period(r, "whole", &r.Whole)
	for i := range r.Months {
		t.period(r, "month", &r.Months[i])
	}
	for i := range r.Weeks {
		t.period(r, "week", &r.Weeks[i])
	}
	t.out.Flush()
	return t.out.Error()
}

// A table writes rows; the first error of its writer stays.
type table struct {
	out  *csv.Writer
	head []string // of the rows of a period
}

func (t *table) row(fields ...string) { _ = t.out.Write(fields) } // Error tells

func (t *table) figure(about, figure string, value int64) {
	t.row(append(t.head[:4:4], about, figure, strconv.FormatInt(value, 10))...)
}

func (t *table) period(r *api.Report, kind string, p *api.Period) {
	t.head = []string{kind, p.Name, p.From.Format(time.RFC3339Nano), p.To.Format(time.RFC3339Nano)}
	t.availability("line", p.Line)
	for _, a := range p.Paths {
		t.availability(fmt.Sprint("path ", a.Path), a)
	}
	t.calls("calls", &p.Calls)
	for i := range p.Called {
		t.calls("calls to "+r.Parties[i], &p.Called[i])
	}
	t.calls("drills", &p.Drills)
	t.figure("tests", "passed", int64(p.Tests.Passed))
	t.figure("tests", "failed", int64(p.Tests.Failed))
	t.figure("tests", "missed", int64(p.Tests.Missed))
	t.figure("tests", "extra_passed", int64(p.Tests.ExtraPassed))
	t.figure("tests", "extra_failed", int64(p.Tests.ExtraFailed))
}

func (t *table) availability(about string, a api.Availability) {
	t.figure(about, "up_ms", a.UpMS)
	t.figure(about, "down_ms", a.DownMS)
	t.figure(about, "unknown_ms", a.UnknownMS)
	t.figure(about, "downs", int64(a.Downs))
	t.figure(about, "longest_ms", a.LongestMS)
}

func (t *table) calls(about string, c *api.CallFigures) {
	for _, o := range Outcomes(c) {
		t.figure(about, o.Name, int64(o.Count))
	}
	t.figure(about, "contradicted", int64(c.Contradicted))
	t.times(about, "answer", c.Answer)
	for _, w := range c.Answer.Within {
		t.figure(about, fmt.Sprintf("answer_within_%d_s", w.Seconds), int64(w.Met))
		t.figure(about, fmt.Sprintf("answer_within_%d_s_of", w.Seconds), int64(w.Of))
	}
	t.figure(about, "asked", int64(c.Asked))
	t.figure(about, "proven", int64(c.Proven))
	t.times(about, "principal", c.Principal)
}

func (t *table) times(about, what string, m api.Times) {
	t.figure(about, what+"_count", int64(m.Count))
	if m.Count > 0 {
		t.figure(about, what+"_median_ms", m.MedianMS)
		t.figure(about, what+"_p90_ms", m.P90MS)
		t.figure(about, what+"_p95_ms", m.P95MS)
	}
}

// An Outcome is how many calls ended in one way.
type Outcome struct {
	Name  string // as in JSON
	Words string
	Count int
}

// Outcomes lists how calls ended, "count" first, which is all of them.
func Outcomes(c *api.CallFigures) []Outcome {
	return []Outcome{
		{"count", "calls", c.Count}, {"answered", "answered", c.Answered}, {"declined", "declined", c.Declined}, {"no_answer", "nobody answered", c.NoAnswer},
		{"nobody_ready", "nobody was ready", c.NobodyReady}, {"given_up", "given up by the caller", c.GivenUp}, {"not_reached", "other station not reached", c.NotReached},
		{"broken_off", "broken off before the answer", c.BrokenOff}, {"suspended", "suspended", c.Suspended}, {"interrupted", "gave way to a real call", c.Interrupted},
		{"crossed", "both lifted at once", c.Crossed}, {"open", "not ended in the record", c.Open},
	}
}
