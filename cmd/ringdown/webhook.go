package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"ringdown/api"
)

type webhookCommand struct {
	Act      string `arg:"" enum:"list,test" help:"One of: list, test."`
	Name     string `arg:"" optional:"" help:"With test: the webhook, as station.toml names it."`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object, with list one for each webhook." name:"json"`
}

// Validate holds each act to what it needs.
func (c *webhookCommand) Validate() error {
	switch {
	case c.Act == "test" && c.Name == "":
		return errors.New("test: want the name of a webhook")
	case c.Act == "list" && c.Name != "":
		return fmt.Errorf("list: found %q, want nothing more", c.Name)
	}
	return nil
}

func (c *webhookCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	if c.Act == "list" {
		list, err := client.Webhooks(t)
		if err != nil {
			return refusal(err)
		}
		return c.list(t, list)
	}
	r, err := client.TestWebhook(t, c.Name)
	if err != nil {
		return refusal(err)
	}
	if c.JSON {
		err = printJSON(t.out, r)
	} else if r.Arrived {
		_, err = fmt.Fprintf(t.out, "%s is told, within %d ms.\n", r.Name, r.TookMS)
	}
	if err == nil && !r.Arrived {
		return &api.Error{Code: "not-told", Text: fmt.Sprintf("webhook %s is not told: %s", r.Name, r.Why), Action: "look at what stands behind it, and at its section in station.toml"}
	}
	return err
}

func (c *webhookCommand) list(t *terminal, list []api.Webhook) error {
	tab := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for i := range list {
		w := &list[i]
		if c.JSON {
			if err := printJSON(t.out, w); err != nil {
				return err
			}
			continue
		}
		state := "not told anything yet"
		switch {
		case w.Failing != nil:
			state = "not told since " + w.Failing.Format("15:04:05 UTC") + ": " + w.Why
		case w.Last != nil:
			state = "last told " + w.Last.Format("2 January 15:04:05 UTC")
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\n", w.Name, w.To, or(strings.Join(w.Events, ", "), "everything"), state)
	}
	if len(list) == 0 && !c.JSON {
		_, err := fmt.Fprintln(t.out, "There is no webhook: a section [[webhook]] in station.toml makes one.")
		return err
	}
	return tab.Flush()
}
