package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"ringdown/api"
	figures "ringdown/report"
)

type reportCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	From     string `help:"From this day on, in UTC; by default thirteen weeks, the running one with them." placeholder:"2026-09-01"`
	To       string `help:"To the beginning of this day, in UTC; by default until now." placeholder:"2026-12-01"`
	CSV      string `help:"Write it to this file as a table, one figure a row." name:"csv" xor:"form" type:"path" placeholder:"FILE"`
	HTML     string `help:"Write it to this file as one page that needs nothing else." name:"html" xor:"form" type:"path" placeholder:"FILE"`
	By       string `help:"Print it by week or by month." enum:"week,month" default:"week"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object, which is the same on both sides." name:"json" xor:"form"`
}

// Validate refuses days that are none.
func (c *reportCommand) Validate() error {
	_, err := c.query()
	return err
}

func (c *reportCommand) query() (q api.ReportQuery, err error) {
	for name, day := range map[string]struct {
		text string
		into *time.Time
	}{"--from": {c.From, &q.From}, "--to": {c.To, &q.To}} {
		if day.text == "" {
			continue
		}
		if *day.into, err = time.Parse(time.DateOnly, day.text); err != nil {
			return q, fmt.Errorf("%s: found %q, want a day such as 2026-11-22", name, day.text)
		}
	}
	if c.From != "" && c.To != "" && !q.From.Before(q.To) {
		return q, fmt.Errorf("--from: found %s, want a day before --to, %s", c.From, c.To)
	}
	return q, nil
}

func (c *reportCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	q, _ := c.query() // Validate has seen it
	made, err := whenRead(t, func() (*api.Report, error) { return client.Report(t, c.Line, q) })
	if err != nil {
		return refusal(err)
	}
	for form, file := range map[string]string{"csv": c.CSV, "html": c.HTML} {
		if file != "" {
			q.From, q.To = made.From, made.To // the same, though a minute may have passed
			return c.save(t, client, form, file, q)
		}
	}
	if c.JSON {
		return printJSON(t.out, made)
	}
	periods := made.Weeks
	if c.By == "month" {
		periods = made.Months
	}
	return printService(t.out, made, periods)
}

func (c *reportCommand) save(t *terminal, client *api.Client, form, file string, q api.ReportQuery) error {
	f, err := create(file)
	if err != nil {
		return err
	}
	n := &counted{w: f}
	if err := f.finish(nil, client.ReportFile(t, c.Line, form, q, n)); err != nil {
		return refusal(err)
	}
	_, err = fmt.Fprintf(t.out, "%s is written, %s.\n", file, count(n.n, "byte"))
	return err
}

// whenRead asks again while the station still reads its record.
func whenRead[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	const rest = 200 * time.Millisecond // the station waits before it answers, too
	for {
		made, err := ask()
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "building" {
			return made, err
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return made, ctx.Err()
		}
	}
}

// printService prints the weeks or months, and below them the whole.
func printService(w io.Writer, r *api.Report, periods []api.Period) error {
	day := func(t time.Time) string { return t.UTC().Format("2 January 2006 15:04") }
	fmt.Fprintf(w, "%s – %s, %s to %s UTC; the record speaks until %s.\n\n", r.Parties[0], r.Parties[1], day(r.From), day(r.To), day(r.Until))
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tab, "\tline up\tcalls\tanswered\tmedian\t90 %\t95 %\t≤ 10 s\t≤ 15 s\t≤ 20 s\tdrills\ttests passed\tfailed\tmissed\t")
	for begun, i := false, 0; i < len(periods); i++ {
		p := &periods[i]
		if begun = begun || p.Line.UpMS+p.Line.DownMS > 0 || p.Calls.Count > 0; begun {
			printPeriod(tab, p.Name, p)
		}
	}
	printPeriod(tab, "all", &r.Whole)
	if err := tab.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, p := range r.Whole.Paths {
		fmt.Fprintf(w, "path %d up %s, down %s\n", p.Path, share(p), count(p.Downs, "time"))
	}
	for i := range r.Whole.Called {
		if c := &r.Whole.Called[i]; c.Count > 0 {
			fmt.Fprintf(w, "%s called %s, answered %d: median %s, 90 %% in %s\n", r.Parties[i], count(c.Count, "time"), c.Answered, answered(&c.Answer, c.Answer.MedianMS), answered(&c.Answer, c.Answer.P90MS))
		}
	}
	if c := &r.Whole.Calls; c.Asked+c.Principal.Count > 0 {
		fmt.Fprintf(w, "the principal asked for in %s, there in %d: median %s, 90 %% in %s; proven by a key in %d\n", count(c.Asked, "call"), c.Principal.Count,
			answered(&c.Principal, c.Principal.MedianMS), answered(&c.Principal, c.Principal.P90MS), c.Proven)
	}
	if c := r.Whole.Calls; c.Contradicted > 0 {
		fmt.Fprintf(w, "%s answered of which the two sides' times contradict each other: they are in no figure\n", count(c.Contradicted, "call"))
	}
	if list := notAnswered(&r.Whole.Calls); list != "" {
		fmt.Fprintf(w, "not answered: %s\n", list)
	}
	_, err := fmt.Fprintf(w, "made from %d entries of %s and %d of %s, all co-signed\n", r.Entries[0], r.Parties[0], r.Entries[1], r.Parties[1])
	return err
}

func printPeriod(w io.Writer, name string, p *api.Period) {
	c, a := &p.Calls, &p.Calls.Answer
	fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t", name, share(p.Line), c.Count, c.Answered, answered(a, a.MedianMS), answered(a, a.P90MS), answered(a, a.P95MS))
	for _, m := range a.Within {
		fmt.Fprintf(w, "%d of %d\t", m.Met, m.Of)
	}
	fmt.Fprintf(w, "%d of %d\t%d\t%d\t%d\t\n", p.Drills.Answered, p.Drills.Count, p.Tests.Passed, p.Tests.Failed, p.Tests.Missed)
}

func answered(a *api.Times, ms int64) string {
	if a.Count == 0 {
		return "-"
	}
	return figures.Seconds(ms)
}

func share(a api.Availability) string {
	if n, ok := a.Share(); ok {
		return fmt.Sprintf("%d.%03d %%", n/1000, n%1000)
	}
	return "-"
}

func notAnswered(c *api.CallFigures) string {
	var list []string
	for _, o := range figures.Outcomes(c)[2:] {
		if o.Count > 0 {
			list = append(list, fmt.Sprintf("%d %s", o.Count, o.Words))
		}
	}
	return strings.Join(list, ", ")
}
