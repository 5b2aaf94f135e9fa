package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"ringdown/api"
)

type statusCommand struct {
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *statusCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	st, err := client.Status(t)
	if err != nil {
		return refusal(err)
	}
	if c.JSON {
		return printJSON(t.out, st)
	}
	printStatus(t.out, st)
	return nil
}

func printStatus(w io.Writer, st *api.Status) {
	ready := 0
	for _, c := range st.Consoles {
		if c.Ready && !c.Lost {
			ready++
		}
	}
	fmt.Fprintf(w, "%s: %s, %d ready; %s\n", st.Name, count(len(st.Consoles), "console"), ready, count(len(st.Lines), "line"))
	printNotices(w, st.Notices)
	if st.Watch != nil && st.Watch.Used {
		printWatch(w, st.Watch)
	}
	for i := range st.Lines {
		printLine(w, &st.Lines[i])
	}
}

func printLine(w io.Writer, l *api.Line) {
	fmt.Fprintf(w, "\n%s (to %s): %s since %s", l.Slug, l.Peer, l.State, l.Since.Format("2 January 15:04:05 UTC"))
	if l.RTTms != nil {
		fmt.Fprintf(w, ", %.0f ms", *l.RTTms)
	}
	if f := l.FarWatch; l.Far.Known && f != nil {
		fmt.Fprint(w, ", ", farReady(l.Far.Ready, f))
	}
	fmt.Fprintln(w)
	if l.State == api.LineUnconfirmed {
		fmt.Fprintf(w, "  words: %s\n", strings.Join(l.Words, " "))
	}
	if f := l.FarWatch; f != nil && f.Rule != "nothing" {
		fmt.Fprintf(w, "  their watch: %s\n", farWatch(l, f))
	}
	if l.Call != nil {
		fmt.Fprintf(w, "  call: %s\n", describe(l.Call, l.Peer))
	}
	if l.Record != nil {
		fmt.Fprintf(w, "  record: %s\n", describeRecord(l.Record))
	}
	printTests(w, l)
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range l.Paths {
		printPath(tab, &l.Paths[i])
	}
	_ = tab.Flush()
	printNotices(w, l.Notices)
}

// farReady is how many consoles are ready at the other side, if the accord lets it be seen.
func farReady(n int, f *api.FarWatch) string {
	if f.Rule == "nothing" || f.Rule == "staffed" {
		return "how many are ready there is not shown, by the accord"
	}
	return count(n, "console") + " ready there"
}

// farWatch is what the other side states of its watch.
func farWatch(l *api.Line, f *api.FarWatch) string {
	text := "not staffed"
	if f.Staffed {
		text = "staffed"
	}
	if len(f.Names) > 0 {
		text = oneLine(strings.Join(f.Names, ", "))
	}
	if f.Since != nil {
		text += " since " + f.Since.Format("2 January 15:04:05 UTC")
	}
	text += ", as " + l.Peer + " states"
	if l.State == api.LineDown {
		text += "; last heard " + f.Heard.Format("2 January 15:04:05 UTC")
	}
	return text
}

// describeRecord is one line about a record: how it stands, and what somebody has to do.
func describeRecord(r *api.RecordState) string {
	text := fmt.Sprintf("%s; %d of ours, %d delivered; %d of theirs", r.Standing, r.Own.Size, r.Own.Classical, r.Far.Size)
	for _, n := range []struct {
		n    int
		what string
	}{{r.Waiting, "waiting"}, {r.Unread, "unread"}, {r.Chased, "unread for ten minutes"}, {r.Unheeded, "of ours unread there for ten minutes"}, {r.Damaged, "damaged"}} {
		if n.n > 0 {
			text += fmt.Sprintf("; %d %s", n.n, n.what)
		}
	}
	if r.Fork != "" {
		text += "; two histories are signed by " + r.Fork
	}
	return text
}

func printPath(w io.Writer, p *api.Path) {
	rtt := "-"
	if p.RTTms != nil {
		rtt = fmt.Sprintf("%.1f ms", *p.RTTms)
	}
	fmt.Fprintf(w, "  %d %s\t%s\t%s\tlost in %s, out %s\t%s to %s\n", p.Number, p.Name, p.State, rtt, percent(p.In), percent(p.Out), p.Local, or(p.Remote, "an address not known yet"))
}

// printJSON prints one object on a line of its own, with addresses as they are.
func printJSON(w io.Writer, object any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(object)
}

func percent(q api.Quality) string {
	if !q.Known {
		return "-"
	}
	return fmt.Sprintf("%d.%d %%", q.LossPermille/10, q.LossPermille%10)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func printNotices(w io.Writer, list []api.Notice) {
	for _, n := range list {
		fmt.Fprintf(w, "  %s: %s %s\n", n.Severity, n.Text, n.Action)
	}
}

type hangupCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
	JSON     bool `help:"Print the call as one JSON object." name:"json"`
}

func (c *hangupCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	if err := client.HangUp(t, c.Line); err != nil {
		return refusal(err)
	}
	st, err := client.Status(t)
	if err != nil {
		return refusal(err)
	}
	for _, l := range st.Lines {
		if l.Slug == c.Line && l.Call != nil {
			p := printer{out: t.out, json: c.JSON}
			return p.print(l.Call, l.Peer)
		}
	}
	return nil
}

type eventsCommand struct {
	inFolder `embed:""`
	JSON     bool `help:"One JSON object a line; it is the only form, so this changes nothing." name:"json"`
}

func (c *eventsCommand) Run(t *terminal) error {
	conn, err := c.attach(t, api.ToStation{Observe: true, Name: "events"})
	if err != nil {
		return err
	}
	defer conn.Close()
	for e := conn.Welcome(); err == nil; e, err = conn.Next(t) {
		if err := printJSON(t.out, e); err != nil {
			return err
		}
	}
	if errors.Is(err, context.Canceled) {
		return nil // interrupted: that is how it ends
	}
	return err
}

// attach makes the command line a console, or an observer.
func (f inFolder) attach(ctx context.Context, m api.ToStation) (*api.Conn, error) {
	client, err := f.connect()
	if err != nil {
		return nil, err
	}
	conn, err := client.Attach(ctx, m)
	return conn, refusal(err)
}
