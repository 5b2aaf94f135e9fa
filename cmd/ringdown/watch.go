package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"ringdown/api"
)

// watchCommand is the watch from the command line.
type watchCommand struct {
	Show   watchShowCommand   `cmd:"" default:"withargs" help:"Show who has the watch, and what is wrong with that."`
	Take   watchTakeCommand   `cmd:"" help:"Take the watch."`
	Hand   watchHandCommand   `cmd:"" help:"Hand the watch over, with a note. It stays with you until the next officer has taken it."`
	Leave  watchLeaveCommand  `cmd:"" help:"Leave the watch with nobody to follow."`
	Here   watchHereCommand   `cmd:"" help:"Answer \"Still here?\"."`
	Read   watchReadCommand   `cmd:"" help:"Acknowledge the notes of the officers before."`
	Roster watchRosterCommand `cmd:"" help:"Show the roster as it really falls, with gaps and overlaps; or set roster, plan and periods from a file."`
}

// asOfficer is who acts, and on which station.
type asOfficer struct {
	As       string `help:"The officer's name, as on the roster. Here nobody logs in, so the record says so after the name of one who is enrolled." placeholder:"NAME" required:""`
	inFolder `embed:""`
	JSON     bool `help:"Print the watch as one JSON object." name:"json"`
}

// act carries out an act and shows the watch.
func (c *asOfficer) act(t *terminal, act string, m api.WatchAct) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	return c.actOn(t, client, act, m)
}

// actOn is act with a client that is connected.
func (c *asOfficer) actOn(t *terminal, client *api.Client, act string, m api.WatchAct) error {
	m.As = c.As
	if err := client.WatchAct(t, act, m); err != nil {
		return refusal(err)
	}
	return showWatch(t, client, c.JSON)
}

type watchTakeCommand struct {
	Over      bool `help:"Take it over from an officer who has not handed it over to you."`
	asOfficer `embed:""`
}

func (c *watchTakeCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	st, err := client.Status(t)
	if err != nil {
		return refusal(err)
	}
	if w := st.Watch; !c.Over && w != nil && c.overrides(w) {
		return hinted{fmt.Errorf("the watch is with %s%s", oneLine(w.Officer), offeredTo(w.Offer)), "to take it over all the same: --over; they are told"}
	}
	return c.actOn(t, client, "take", api.WatchAct{})
}

// overrides reports whether to take the watch now goes against what its officer has said.
func (c *watchTakeCommand) overrides(w *api.Watch) bool {
	switch {
	case w.State != api.WatchKept && w.State != api.WatchAsked:
		return false
	case w.Officer == c.As || strings.HasPrefix(w.Officer, c.As+" ("):
		return false
	}
	return w.Offer == nil || w.Offer.To != "" && w.Offer.To != c.As
}

func offeredTo(o *api.WatchOffer) string {
	if o == nil || o.To == "" {
		return ""
	}
	return ", and is being handed over to " + oneLine(o.To)
}

type watchHandCommand struct {
	To        string `help:"The next officer. Default: whoever takes it." placeholder:"NAME"`
	Note      string `help:"What the next officer should know." placeholder:"TEXT"`
	asOfficer `embed:""`
}

func (c *watchHandCommand) Run(t *terminal) error {
	m := api.WatchAct{Note: c.Note}
	if c.To != "" {
		m.To = &api.Officer{Name: c.To}
	}
	return c.act(t, "hand", m)
}

type watchLeaveCommand struct {
	Note      string `help:"What the next officer should know." placeholder:"TEXT"`
	asOfficer `embed:""`
}

func (c *watchLeaveCommand) Run(t *terminal) error {
	return c.act(t, "leave", api.WatchAct{Note: c.Note})
}

type watchHereCommand struct {
	asOfficer `embed:""`
}

func (c *watchHereCommand) Run(t *terminal) error { return c.act(t, "here", api.WatchAct{}) }

type watchReadCommand struct {
	asOfficer `embed:""`
}

func (c *watchReadCommand) Run(t *terminal) error { return c.act(t, "acknowledge", api.WatchAct{}) }

type watchShowCommand struct {
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *watchShowCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	return showWatch(t, client, c.JSON)
}

func showWatch(t *terminal, client *api.Client, json bool) error {
	st, err := client.Status(t)
	if err != nil {
		return refusal(err)
	}
	if st.Watch == nil {
		return errors.New("ringdown: this station says nothing of its watch")
	}
	if json {
		return printJSON(t.out, st.Watch)
	}
	printWatch(t.out, st.Watch)
	return nil
}

// printWatch says who has the watch, and what is wrong with that.
func printWatch(w io.Writer, a *api.Watch) {
	zone, err := time.LoadLocation(a.Zone)
	if err != nil {
		zone = time.UTC
	}
	at := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return t.In(zone).Format("2 January 15:04 MST")
	}
	switch a.State {
	case api.WatchVacant:
		fmt.Fprint(w, "Nobody has the watch")
		if a.Since != nil {
			fmt.Fprintf(w, " since %s", at(a.Since))
		}
		fmt.Fprintln(w, ".")
	case api.WatchKept:
		fmt.Fprintf(w, "%s has the watch since %s.\n", oneLine(a.Officer), at(a.Since))
	case api.WatchAsked:
		fmt.Fprintf(w, "%s has the watch since %s, and is asked whether still there, until %s.\n", oneLine(a.Officer), at(a.Since), at(a.Until))
	case api.WatchAbsent:
		fmt.Fprintf(w, "%s has the watch since %s, and does not answer since %s.\n", oneLine(a.Officer), at(a.Since), at(a.Due))
	}
	if a.Offer != nil {
		fmt.Fprintf(w, "It is being handed over to %s since %s.%s\n", or(oneLine(a.Offer.To), "whoever takes it"), at(&a.Offer.At), noted(a.Offer.Note))
	}
	for _, n := range a.Notes {
		fmt.Fprintf(w, "note of %s, %s: %s\n", oneLine(n.From), at(&n.At), oneLine(n.Text))
	}
	if a.Rostered != nil {
		fmt.Fprintf(w, "on the roster: %s, until %s\n", officers(a.Rostered), at(&a.Rostered.To))
	}
	for _, al := range a.Alarms {
		fmt.Fprintf(w, "%s: %s %s\n", al.Severity, oneLine(al.Text), oneLine(al.Action))
	}
}

func noted(note string) string {
	if note == "" {
		return ""
	}
	return " Note: " + oneLine(note)
}

// officers names who is on the roster for a stretch.
func officers(s *api.Stretch) string {
	if len(s.Officers) == 0 {
		return "nobody"
	}
	return oneLine(strings.Join(s.Officers, ", "))
}

type watchRosterCommand struct {
	From     string `help:"The first day to show. Default: this week's Monday." placeholder:"2026-11-23"`
	Days     int    `help:"How many days to show, 1 to 35." default:"7"`
	Set      string `help:"Set roster, plan and periods from this file: one JSON object, as --json shows them under settings." type:"existingfile" placeholder:"FILE"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *watchRosterCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	if c.Set != "" {
		if err := c.set(t, client); err != nil {
			return err
		}
	}
	book, err := client.WatchBook(t, c.From, c.Days)
	if err != nil {
		return refusal(err)
	}
	if c.JSON {
		return printJSON(t.out, book)
	}
	return printRoster(t.out, book)
}

// mostSettings is how many bytes of settings the station takes.
const mostSettings = 256 << 10

// set puts a file's settings in force. One without a revision replaces whatever there is.
func (c *watchRosterCommand) set(t *terminal, client *api.Client) error {
	f, err := os.Open(c.Set)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostSettings+1))
	if err == nil && len(text) > mostSettings {
		err = fmt.Errorf("%s has more than %d bytes, which is no roster", c.Set, mostSettings)
	}
	if err != nil {
		return err
	}
	var m api.WatchSettings
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return hinted{fmt.Errorf("%s: %w", c.Set, err), `"ringdown watch roster --json" shows the form, under settings`}
	}
	if m.Revision == 0 {
		book, err := client.WatchBook(t, "", 1)
		if err != nil {
			return refusal(err)
		}
		m.Revision = book.Settings.Revision
	}
	err = client.SetWatch(t, m)
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == "bad-request" {
		return &api.Error{Code: e.Code, Text: c.Set + ": " + phrase(e.Text), Action: e.Action}
	}
	return refusal(err)
}

// printRoster prints the stretches of the roster, gaps and overlaps marked.
func printRoster(w io.Writer, b *api.WatchBook) error {
	if len(b.Stretches) == 0 {
		_, err := fmt.Fprintln(w, "The roster is empty.")
		return err
	}
	zone, err := time.LoadLocation(b.Settings.Roster.Zone)
	if err != nil {
		zone = time.UTC
	}
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range b.Stretches {
		s := &b.Stretches[i]
		mark := ""
		switch {
		case len(s.Officers) == 0:
			mark = "GAP"
		case len(s.Officers) > 1:
			mark = "overlap"
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\n", s.From.In(zone).Format("Mon 2 Jan 15:04 MST"), s.To.In(zone).Format("Mon 2 Jan 15:04 MST"),
			s.To.Sub(s.From).Round(time.Minute), officers(s), mark)
	}
	return tab.Flush()
}
