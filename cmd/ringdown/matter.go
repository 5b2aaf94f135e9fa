package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"ringdown/api"
)

type matterCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	Act      string `arg:"" help:"One of: list, open, acknowledge, close, file."`
	What     string `arg:"" optional:"" help:"With open the title; with acknowledge and close the matter; with file the call, as the record shows it."`
	Under    string `help:"With file: the matter, its key or its title." placeholder:"KEY|TITLE"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object, with list one for each matter." name:"json"`
}

var matterActs = []string{"list", "open", "acknowledge", "close", "file"}

// Validate holds each act to what it needs.
func (c *matterCommand) Validate() error {
	switch {
	case c.Line == "":
		return nil // that is said of every command
	case c.Act == "":
		return errors.New("want one of: " + strings.Join(matterActs, ", "))
	case !slices.Contains(matterActs, c.Act):
		return fmt.Errorf("found %q, want one of: %s", c.Act, strings.Join(matterActs, ", "))
	case c.Act == "list" && c.What != "":
		return fmt.Errorf("list: found %q, want nothing more", c.What)
	case c.Act == "open" && c.What == "":
		return errors.New("open: want the title of the matter")
	case c.Act == "file" && (c.What == "" || c.Under == ""):
		return errors.New("file: want the key of a call, and --under with the matter")
	case c.Act != "list" && c.What == "":
		return fmt.Errorf("%s: want the matter, its key or its title", c.Act)
	case c.Act != "file" && c.Under != "":
		return errors.New("--under goes with file alone")
	}
	return nil
}

func (c *matterCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	if c.Act == "list" {
		list, err := client.Matters(t, c.Line)
		if err != nil {
			return refusal(err)
		}
		return printMatters(t.out, c.JSON, list)
	}
	act := api.MatterAct{Act: c.Act}
	switch c.Act {
	case "open":
		act.Title = c.What
	case "file":
		act.Call = c.What
		act.Matter, err = findMatter(t, client, c.Line, c.Under)
	default:
		act.Matter, err = findMatter(t, client, c.Line, c.What)
	}
	if err != nil {
		return err
	}
	written, err := client.Matter(t, c.Line, act)
	if err != nil {
		return refusal(err)
	}
	if c.JSON {
		return printJSON(t.out, written)
	}
	_, err = fmt.Fprintln(t.out, written.Key)
	return err
}

func printMatters(w io.Writer, json bool, list []api.Matter) error {
	if json {
		for i := range list {
			if err := printJSON(w, &list[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "There is no matter yet.")
		return err
	}
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range list {
		m := &list[i]
		fmt.Fprintf(tab, "%s\t%s\t%s, %s, %d unread\t%s\n", m.Key, standing(m), count(m.Messages, "message"), count(m.Calls, "call"), m.Unread, oneLine(m.Title))
	}
	return tab.Flush()
}

func standing(m *api.Matter) string {
	switch {
	case m.Waiting:
		return "waiting"
	case m.Closed != nil:
		return "closed"
	case m.Acknowledged != nil:
		return "acknowledged"
	}
	return "open"
}

type exportCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	Day      string `help:"Only of this day, in UTC." placeholder:"2026-11-22"`
	Matter   string `help:"Only what is filed under this matter: its key, or its title." placeholder:"KEY|TITLE"`
	Form     string `help:"json, or html: one page that needs nothing else." enum:"json,html" required:""`
	Out      string `help:"The file to write." type:"path" required:"" placeholder:"FILE"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object of what was written." name:"json"`
}

// Validate refuses a day that is none.
func (c *exportCommand) Validate() error {
	_, _, err := dayOf(c.Day)
	return err
}

func (c *exportCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	var q api.RecordQuery
	q.From, q.To, _ = dayOf(c.Day) // Validate has seen it
	if q.Matter, err = findMatter(t, client, c.Line, c.Matter); err != nil {
		return err
	}
	f, err := create(c.Out)
	if err != nil {
		return err
	}
	n := &counted{w: f}
	if err := f.finish(nil, client.Export(t, c.Line, c.Form, q, n)); err != nil {
		return refusal(err)
	}
	return tellSaved(t.out, c.JSON, c.Out, n.n)
}

// A counted writer counts bytes.
type counted struct {
	w io.Writer
	n int
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += n
	return n, err
}
