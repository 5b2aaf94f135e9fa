package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/message"
)

// plain is another's text as a terminal may have it: what is unseen, moves the cursor or
// passes for something else is marked.
func plain(text string) string { return message.Visible(text) }

// oneLine is plain, and stays on its line.
func oneLine(text string) string {
	return strings.NewReplacer("\n", " ", "\t", " ").Replace(plain(text))
}

type recordCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	Day      string `help:"Only of this day, in UTC." placeholder:"2026-11-22"`
	Matter   string `help:"Only what is filed under this matter: its key, or its title." placeholder:"KEY|TITLE"`
	Search   string `help:"Only what has these words, or words that begin so." placeholder:"WORDS"`
	Unread   bool   `help:"Only their messages that nobody here has marked read."`
	Most     int    `help:"Print at most so many, the newest." short:"n" name:"most" default:"50"`
	Follow   bool   `help:"Stay, and print what is new or has got further, until interrupted." short:"f"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object for each." name:"json"`
}

const (
	mostPrinted = 1_000_000
	pageSize    = 200
)

// Validate refuses what makes no sense together.
func (c *recordCommand) Validate() error {
	if _, _, err := dayOf(c.Day); err != nil {
		return err
	}
	switch {
	case c.Most < 1 || c.Most > mostPrinted:
		return fmt.Errorf("-n: found %d, want 1 to %d", c.Most, mostPrinted)
	case c.Follow && (c.Day != "" || c.Search != "" || c.Unread):
		return errors.New("--follow goes with --matter alone, because only there it is known what is new")
	}
	return nil
}

// dayOf is the beginning of a day and of the next; neither if no day is named.
func dayOf(day string) (from, to time.Time, err error) {
	if day == "" {
		return from, to, nil
	}
	if from, err = time.Parse(time.DateOnly, day); err != nil {
		return from, to, fmt.Errorf("--day: found %q, want a day such as 2026-11-22", day)
	}
	return from, from.AddDate(0, 0, 1), nil
}

func (c *recordCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	q := api.RecordQuery{Search: c.Search, Unread: c.Unread}
	q.From, q.To, _ = dayOf(c.Day) // Validate has seen it
	if q.Matter, err = findMatter(t, client, c.Line, c.Matter); err != nil {
		return err
	}
	var events *watcher
	if c.Follow {
		if events, err = c.watch(t, client, c.Line); err != nil {
			return err
		}
		defer events.Close()
	}
	items, err := newest(t, client, c.Line, q, c.Most)
	if err != nil {
		return refusal(err)
	}
	st, err := client.Status(t)
	if err != nil {
		return refusal(err)
	}
	p := &timeline{out: t.out, json: c.JSON, names: map[string]string{"us": st.Name, "them": c.Line}, shown: make(map[string]string)}
	for _, l := range st.Lines {
		if l.Slug == c.Line {
			p.names["them"] = l.Peer
		}
	}
	if err := p.print(items); err != nil || !c.Follow {
		return err
	}
	return quietly(c.follow(t, client, q, events, p))
}

// newest is the newest part of a record, the oldest first; what waits comes last.
func newest(ctx context.Context, client *api.Client, line string, q api.RecordQuery, most int) ([]api.Item, error) {
	var items, waiting []api.Item
	for q.Limit = min(most, pageSize); len(items) < most; {
		page, err := client.Record(ctx, line, q)
		if err != nil {
			return nil, err
		}
		items, waiting = append(items, page.Items...), append(waiting, page.Waiting...)
		if q.Before = page.Next; page.Next == 0 {
			break
		}
	}
	slices.Reverse(items)
	slices.Reverse(waiting)
	items = append(items, waiting...)
	return items[max(0, len(items)-most):], nil
}

// follow prints what is new.
func (c *recordCommand) follow(t *terminal, client *api.Client, q api.RecordQuery, events *watcher, p *timeline) error {
	for {
		e, err := events.Next(t)
		switch {
		case err != nil:
			return err
		case e.Type != "record" || e.Slug != c.Line:
			continue
		case e.More:
			if e.Items, err = newest(t, client, c.Line, q, c.Most); err != nil {
				return refusal(err)
			}
		}
		fits := slices.DeleteFunc(e.Items, func(i api.Item) bool { return q.Matter != "" && i.Matter != q.Matter && i.Key != q.Matter })
		if err := p.print(fits); err != nil {
			return err
		}
	}
}

// A timeline prints items, each again only when it has changed.
type timeline struct {
	out   io.Writer
	json  bool
	names map[string]string // of the parties
	day   string            // of the last that was printed
	shown map[string]string // by key
}

func (p *timeline) print(items []api.Item) error {
	for i := range items {
		text := p.item(&items[i])
		if p.json {
			var b strings.Builder
			if err := printJSON(&b, &items[i]); err != nil {
				return err
			}
			text = b.String()
		}
		if p.shown[items[i].Key] == text {
			continue
		}
		p.shown[items[i].Key] = text
		if day := items[i].At.UTC().Format("Monday 2 January 2006"); day != p.day && !p.json {
			p.day, text = day, day+" (UTC)\n"+text
		}
		if _, err := io.WriteString(p.out, text); err != nil {
			return err
		}
	}
	return nil
}

// indent is where the second line of a text begins.
const indent = "          "

// item is one item in plain text, of one line or more.
func (p *timeline) item(i *api.Item) string {
	text, notes := p.what(i)
	if isDrill(i) {
		text = "DRILL, no real call: " + text
	}
	if i.Matter != "" {
		notes = append(notes, "in matter "+i.Matter)
	}
	if i.MisdatedMS != 0 {
		notes = append(notes, misdated(i.MisdatedMS))
	}
	if i.Proof == "classical" || i.Proof == "full" {
		notes = append(notes, i.Proof+" proof")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s: %s", i.At.UTC().Format("15:04:05"), i.Key, oneLine(p.names[i.By]), strings.ReplaceAll(text, "\n", "\n"+indent))
	if len(notes) > 0 {
		fmt.Fprintf(&b, "\n%s(%s)", indent, strings.Join(notes, "; "))
	}
	for _, f := range i.Files {
		here := "not here yet"
		if f.Here {
			here = "save it with its key"
		}
		fmt.Fprintf(&b, "\n%sfile %s  %q, %s, %s", indent, f.Key, oneLine(f.Name), count(f.Length, "byte"), here)
	}
	return b.String() + "\n"
}

// what is what an item says, and notes about it.
func (p *timeline) what(i *api.Item) (text string, notes []string) {
	switch i.Kind {
	case "message":
		return p.message(i)
	case "call":
		return p.call(i.Call), nil
	case "matter":
		return fmt.Sprintf("%s the matter %q", i.Act, oneLine(i.Title)), nil
	case "line":
		return seen(i), nil
	case "accord":
		if i.Serial == 0 {
			return "the accord was signed", nil
		}
		return fmt.Sprintf("amendment %d of the accord is in force", i.Serial), nil
	case "disclosure":
		return disclosed(i), nil
	case "test":
		return tested(i.Test), nil
	case "presence":
		return proved(i.Presence), nil
	case "right":
		return granted(i), nil
	}
	return plain(i.Kind), nil
}

func (p *timeline) message(i *api.Item) (text string, notes []string) {
	text = plain(i.Text)
	if i.Erased {
		text = "[erased here]"
	}
	about := []struct{ what, key string }{{"answers", i.Answers}, {"in the place of", i.Amends}, {"retracts", i.Retracts}, {"amended by", i.AmendedBy}, {"retracted by", i.RetractedBy}}
	if l := i.Ladder; l != nil {
		stage := string(l.Stage)
		if l.ReadBy != "" {
			stage += " by " + oneLine(l.ReadBy)
		}
		if l.ReadAt != nil {
			stage += l.ReadAt.UTC().Format(", 15:04:05")
		}
		if l.SeenAt != nil {
			stage = "seen by the principal " + oneLine(l.SeenBy) + l.SeenAt.UTC().Format(", 15:04:05")
		}
		notes = append(notes, stage)
		if l.Chased {
			notes = append(notes, "not read for ten minutes")
		}
	}
	for _, a := range about {
		if a.key != "" {
			notes = append(notes, a.what+" "+a.key)
		}
	}
	return text, notes
}

func (p *timeline) call(c *api.RecordedCall) string {
	if c == nil {
		return "a call"
	}
	text := "called"
	switch {
	case c.Answered != nil && c.Ended != nil:
		text += fmt.Sprintf(", answered %s, spoke %v", c.Answered.UTC().Format("15:04:05"), (time.Duration(c.LengthMS) * time.Millisecond).Round(time.Second))
	case c.Answered != nil:
		text += ", answered " + c.Answered.UTC().Format("15:04:05")
	case c.Ended != nil:
		text += ", not answered"
	}
	if c.Reason != "" {
		text += ", " + oneLine(string(c.Reason))
	}
	if by := p.names[c.EndedBy]; by != "" {
		text += " by " + oneLine(by)
	}
	return text
}

func seen(i *api.Item) string {
	thing, does := "the line", "down"
	if i.Path != 0 {
		thing = fmt.Sprintf("path %d", i.Path)
	}
	if i.Up {
		does = "up"
	}
	return thing + " is " + does
}

// disclosed says what was asked, answered or made; an answer names no entries.
func disclosed(i *api.Item) string {
	to := ""
	if i.To != "" {
		to = fmt.Sprintf(" to %q", oneLine(i.To))
	}
	shown := fmt.Sprintf("%d with their text, %d without", i.Bodies, i.Headers)
	switch i.Act {
	case "asked":
		return "asked to disclose entries" + to + ": " + shown
	case "consented":
		return "agreed to a disclosure"
	case "refused":
		return "refused a disclosure"
	case "made":
		return "made a disclosure" + to + ": " + shown
	}
	return "a disclosure"
}

// misdated says how far an author's time lies outside of what both sides signed.
func misdated(ms int64) string {
	d := (time.Duration(ms) * time.Millisecond).Round(time.Second)
	if ms < 0 {
		return fmt.Sprintf("dated %v too early by its author", -d)
	}
	return fmt.Sprintf("dated %v too late by its author", d)
}
