package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"ringdown/api"
)

type testCommand struct {
	Line     string        `arg:"" help:"The line, such as south."`
	ReadBack string        `help:"Read back the words that the other side asks, in place of starting a test." placeholder:"WORDS"`
	Name     string        `help:"Your name, for the record." placeholder:"NAME"`
	Wait     bool          `help:"Stay until there is a result. Failed is status 1."`
	Timeout  time.Duration `help:"With --wait: how long." default:"11m"`
	inFolder `embed:""`
	JSON     bool `help:"Print JSON objects." name:"json"`
}

func (c *testCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	var w api.Written
	if c.ReadBack != "" {
		w, err = client.ReadBack(t, c.Line, api.ReadBack{Words: c.ReadBack, Name: c.Name})
	} else {
		w, err = client.StartTest(t, c.Line, api.StartTest{Name: c.Name})
	}
	if err != nil {
		return refusal(err)
	}
	if err := c.began(t, client, w); err != nil || !c.Wait {
		return err
	}
	ctx, cancel := context.WithTimeout(t, c.Timeout)
	defer cancel()
	return c.await(ctx, t, client)
}

// began says what was entered; of a test the words too, for who wants to hear them read.
func (c *testCommand) began(t *terminal, client *api.Client, w api.Written) error {
	if c.JSON {
		return printJSON(t.out, w)
	}
	if c.ReadBack != "" {
		_, err := fmt.Fprintf(t.out, "%s read back.\n", w.Key)
		return err
	}
	l, err := c.line(t, client)
	if err != nil {
		return err
	}
	for _, open := range l.Test.Open {
		if open.By == "us" {
			_, err = fmt.Fprintf(t.out, "%s asked: %s reads back %q within ten minutes.\n", w.Key, l.Peer, open.Words)
		}
	}
	return err
}

// line is the line as it stands, its tests with it.
func (c *testCommand) line(ctx context.Context, client *api.Client) (*api.Line, error) {
	st, err := client.Status(ctx)
	if err != nil {
		return nil, refusal(err)
	}
	for i := range st.Lines {
		if l := &st.Lines[i]; l.Slug == c.Line && l.Test != nil {
			return l, nil
		}
	}
	return nil, &api.Error{Code: "no-such-line", Text: fmt.Sprintf("line %q is gone", c.Line), Action: "see \"ringdown status\""}
}

// await stays until no test is under way that this command began or answered, and shows its result.
func (c *testCommand) await(ctx context.Context, t *terminal, client *api.Client) error {
	by := "us"
	if c.ReadBack != "" {
		by = "them"
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := c.line(ctx, client)
		if err != nil {
			return err
		}
		open := false
		for _, o := range l.Test.Open {
			open = open || o.By == by
		}
		if r := l.Test.Last; !open && r != nil && r.By == by {
			return c.print(t, r)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return &api.Error{Code: "no-result", Text: "there is no result yet", Action: "look again with \"ringdown status\""}
		}
	}
}

func (c *testCommand) print(t *terminal, r *api.TestResult) error {
	if c.JSON {
		if err := printJSON(t.out, r); err != nil {
			return err
		}
	} else if r.Result == "passed" {
		_, err := fmt.Fprintf(t.out, "passed at %s\n", r.At.Format("15:04:05 UTC"))
		return err
	}
	if r.Result != "passed" {
		return &api.Error{Code: "failed", Text: "the test failed: " + r.Why, Action: "start another, or ask them by another channel"}
	}
	return nil
}

type suspendCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	Reason   string `help:"Why: the other side is told." required:"" placeholder:"TEXT"`
	Name     string `help:"Your name, for the record." placeholder:"NAME"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *suspendCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	w, err := client.Suspend(t, c.Line, api.Suspend{Reason: c.Reason, Name: c.Name})
	return c.done(t, c.JSON, w, err, "No call passes on line %s, either way, until \"ringdown resume %[1]s\". The other side is told.\n", c.Line)
}

type resumeCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	Name     string `help:"Your name, for the record." placeholder:"NAME"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *resumeCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	w, err := client.Resume(t, c.Line, api.Resume{Name: c.Name})
	return c.done(t, c.JSON, w, err, "This side has restored the right to call on line %s. The other side is told.\n", c.Line)
}

// done prints what was written, or why nothing was.
func (inFolder) done(t *terminal, json bool, w api.Written, err error, format, line string) error {
	if err != nil {
		return refusal(err)
	}
	if json {
		return printJSON(t.out, w)
	}
	_, err = fmt.Fprintf(t.out, format, line)
	return err
}

// printTests shows how the tests of a line stand.
func printTests(w io.Writer, l *api.Line) {
	if l.Test == nil {
		return
	}
	text := "not tested yet"
	if r := l.Test.Last; r != nil {
		text = r.Result + " at " + r.At.Format("15:04:05 UTC on 2 January")
		if r.Why != "" {
			text += ", " + oneLine(r.Why)
		}
	}
	if l.Test.Next != nil {
		text += "; next " + l.Test.Next.Format("15:04 UTC on 2 January")
	}
	fmt.Fprintf(w, "  test: %s\n", text)
	for _, o := range l.Test.Open {
		switch {
		case o.By == "us":
			fmt.Fprintf(w, "  test: %s is asked to read back %q since %s\n", l.Peer, o.Words, o.At.Format("15:04:05 UTC"))
		case !o.Read:
			fmt.Fprintf(w, "  test: %s asks to read back %q since %s: ringdown test %s --read-back WORDS\n", l.Peer, o.Words, o.At.Format("15:04:05 UTC"), l.Slug)
		}
	}
}
