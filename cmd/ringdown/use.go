package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"ringdown/api"
)

type statusCommand struct {
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *statusCommand) Run(t *terminal) error {
	client, err := connect(c.Dir)
	if err != nil {
		return err
	}
	st, err := client.Status(t)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(t.out).Encode(st)
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
	fmt.Fprintf(w, "%s: %d of %d consoles ready, %d lines\n", st.Name, ready, len(st.Consoles), len(st.Lines))
	printNotices(w, st.Notices)
	for _, l := range st.Lines {
		printLine(w, l)
	}
}

func printLine(w io.Writer, l api.Line) {
	fmt.Fprintf(w, "\n%s (to %s): %s since %s", l.Slug, l.Peer, l.State, l.Since.Format("2 January 15:04:05 UTC"))
	if l.RTTms != nil {
		fmt.Fprintf(w, ", %.0f ms", *l.RTTms)
	}
	if l.Far.Known {
		fmt.Fprintf(w, ", %d ready there", l.Far.Ready)
	}
	fmt.Fprintln(w)
	if l.Call != nil {
		fmt.Fprintf(w, "  call %s\n", describe(l.Call, l.Peer))
	}
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range l.Paths {
		rtt := "-"
		if p.RTTms != nil {
			rtt = fmt.Sprintf("%.1f ms", *p.RTTms)
		}
		fmt.Fprintf(tab, "  %d %s\t%s\t%s\tlost in %s out %s\t%s → %s\n", p.Number, p.Name, p.State, rtt, percent(p.In), percent(p.Out), p.Local, or(p.Remote, "not known yet"))
	}
	_ = tab.Flush()
	printNotices(w, l.Notices)
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

// describe is one line about a call.
func describe(c *api.Call, peer string) string {
	at := c.Since.Format("15:04:05 UTC")
	switch c.State {
	case api.CallCalling:
		if !c.Reached {
			return fmt.Sprintf("calling since %s: %s's station is not reached yet", at, peer)
		}
		return fmt.Sprintf("calling since %s: %s's station is reached; %d consoles ready there, none rings yet", at, peer, c.FarReady)
	case api.CallRinging:
		return fmt.Sprintf("ringing at %d of %s's consoles since %s", c.Ringing, peer, at)
	case api.CallIncoming:
		return fmt.Sprintf("from %s since %s", peer, at)
	case api.CallActive:
		return fmt.Sprintf("with %s since %s", peer, at)
	case api.CallHeld:
		return fmt.Sprintf("held since %s: %s", at, c.Held)
	}
	by := map[string]string{"us": " by us", "them": " by " + peer}[c.EndedBy]
	return fmt.Sprintf("ended at %s: %s%s", at, c.Reason, by)
}

type hangupCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
}

func (c *hangupCommand) Run(t *terminal) error {
	client, err := connect(c.Dir)
	if err != nil {
		return err
	}
	return client.HangUp(t, c.Line)
}

type eventsCommand struct {
	inFolder `embed:""`
	JSON     bool `help:"One JSON object a line; this is the only form, so the flag changes nothing." name:"json"`
}

func (c *eventsCommand) Run(t *terminal) error {
	conn, err := attach(t, c.Dir, api.ToStation{Observe: true, Name: "events"})
	if err != nil {
		return err
	}
	defer conn.Close()
	out := json.NewEncoder(t.out)
	for e := conn.Welcome(); ; {
		if err := out.Encode(e); err != nil {
			return err
		}
		if e, err = conn.Next(t); err != nil {
			return quietly(err)
		}
	}
}

func attach(ctx context.Context, dir string, m api.ToStation) (*api.Conn, error) {
	client, err := connect(dir)
	if err != nil {
		return nil, err
	}
	return client.Attach(ctx, m)
}

// quietly drops the error of an interrupt: that is how these commands end.
func quietly(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

type callCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
	JSON     bool `help:"Print each state of the call as a JSON object." name:"json"`
}

func (c *callCommand) Run(t *terminal) error {
	return t.talk(c.Dir, c.Line, c.JSON, func(k *talker) error {
		return k.conn.Do(t, api.ToStation{Type: "call", Slug: c.Line})
	})
}

type answerCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
	JSON     bool `help:"Print each state of the call as a JSON object." name:"json"`
}

func (c *answerCommand) Run(t *terminal) error {
	return t.talk(c.Dir, c.Line, c.JSON, func(*talker) error { return nil })
}

// A talker is the command line as a console: it has a bell and no voice.
type talker struct {
	*terminal
	conn *api.Conn
	line string
	json bool
	call string // id of the call it is in
	last string // what was printed last
}

// talk attaches as a ready console, begins, and stays until the call ends. An
// interrupt hangs up.
func (t *terminal) talk(dir, line string, json bool, begin func(*talker) error) error {
	conn, err := attach(t, dir, api.ToStation{Name: "command line"})
	if err != nil {
		return err
	}
	defer conn.Close()
	k := &talker{terminal: t, conn: conn, line: line, json: json}
	if err := k.known(); err != nil {
		return err
	}
	if err := conn.Do(t, api.ToStation{Type: "ready", Ready: true}); err != nil {
		return err
	}
	if err := begin(k); err != nil {
		return err
	}
	for {
		e, err := conn.Next(t)
		if err != nil {
			return k.leave(err)
		}
		if done, err := k.take(e); done || err != nil {
			return err
		}
	}
}

// known refuses a line that the station does not have.
func (k *talker) known() error {
	var have []string
	for _, l := range k.conn.Welcome().Status.Lines {
		if l.Slug == k.line {
			return nil
		}
		have = append(have, l.Slug)
	}
	return &api.Error{Code: "no-such-line", Text: fmt.Sprintf("this station has no line %q; it has: %s", k.line, or(strings.Join(have, ", "), "none yet")),
		Action: "name one of its lines"}
}

// take follows one event; done when our call has ended.
func (k *talker) take(e api.Event) (done bool, err error) {
	switch {
	case e.Type == "ring" && e.Slug == k.line:
		if e.Ring {
			fmt.Fprint(k.err, "\a") // the terminal's bell
		}
		return false, k.conn.Do(k, api.ToStation{Type: "ringing", Slug: k.line, On: e.Ring})
	case e.Type == "line" && e.Line.Slug == k.line && e.Line.Call != nil:
		return k.follow(e.Line.Call, e.Line.Peer)
	}
	return false, nil
}

func (k *talker) follow(c *api.Call, peer string) (done bool, err error) {
	mine := c.Console == k.conn.Welcome().Console
	if c.State == api.CallIncoming && k.call == "" {
		err := k.conn.Do(k, api.ToStation{Type: "answer", Slug: k.line})
		if err != nil {
			return false, err
		}
	}
	if mine {
		k.call = c.ID
	}
	if c.ID != k.call {
		return false, nil
	}
	k.print(c, peer)
	return c.State == api.CallEnded, nil
}

// print shows each new state of the call once.
func (k *talker) print(c *api.Call, peer string) {
	text := describe(c, peer)
	if text == k.last {
		return
	}
	k.last = text
	if k.json {
		_ = json.NewEncoder(k.out).Encode(c)
		return
	}
	fmt.Fprintln(k.out, text)
}

// leave hangs up when the person at the terminal ends the command.
func (k *talker) leave(err error) error {
	if !errors.Is(err, context.Canceled) || k.call == "" {
		return quietly(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return k.conn.Do(ctx, api.ToStation{Type: "hangup", Slug: k.line})
}
