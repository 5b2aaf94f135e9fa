package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ringdown/api"
)

type discloseCommand struct {
	Line    string   `arg:"" help:"The line, such as south."`
	Keys    []string `arg:"" optional:"" name:"key" help:"Entries and calls to show, as the record shows them: us/12, them/7, call/…"`
	Bodies  bool     `help:"Show their text too; without, only that they are, by whom and when."`
	Contact string   `help:"Show that there was contact: this call, when and how long, and nothing of what was said." placeholder:"CALL"`
	From    string   `help:"Show all that both logs have from this time on, so that nothing can be left out …" placeholder:"TIME"`
	Until   string   `help:"… until this time. Times are 2026-11-22, or 2026-11-22T08:00:00Z." placeholder:"TIME"`
	To      string   `help:"For whom it is; both records say so." placeholder:"WHOM"`
	Anyway  bool     `help:"Make it without waiting for what the accord asks: notice or consent. Whoever verifies it is told so."`
	Out     string   `help:"The file to write." type:"path" placeholder:"FILE"`
	Wait    bool     `help:"Wait until the other side has agreed or refused, for as long as it takes."`
	Save    string   `help:"Write the file of a disclosure that was made: its id, as --list shows it." placeholder:"ID"`
	List    bool     `help:"List the disclosures of the line, ours and theirs."`
	Agree   string   `help:"Agree to a disclosure that the other side asked for." placeholder:"KEY"`
	Refuse  string   `help:"Refuse it." placeholder:"KEY"`

	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object, with --list one for each disclosure." name:"json"`
}

// soon is how long a disclosure that goes on by itself is waited for: longer than the station waits for the other side's
// post-quantum co-signature.
const soon = 20 * time.Second

// chooses says that something to be shown is named.
func (c *discloseCommand) chooses() bool {
	return len(c.Keys) > 0 || c.Contact != "" || c.ranges()
}

func (c *discloseCommand) ranges() bool { return c.From != "" || c.Until != "" }

// Validate wants exactly one thing to be done, and all that it needs.
func (c *discloseCommand) Validate() error {
	ways := 0
	for _, way := range []bool{len(c.Keys) > 0, c.Contact != "", c.ranges(), c.Save != "", c.List, c.Agree != "", c.Refuse != ""} {
		if way {
			ways++
		}
	}
	writes := c.chooses() || c.Save != ""
	switch {
	case ways != 1:
		return errors.New("want one of: keys to show, --contact, --from with --until, --save, --list, --agree, --refuse")
	case writes && c.Out == "":
		return errors.New("--out is missing: want the file to write")
	case !writes && c.Out != "":
		return errors.New("--out goes with what to show, or with --save")
	case !c.chooses() && (c.Bodies || c.To != "" || c.Anyway || c.Wait):
		return errors.New("--bodies, --to, --anyway and --wait go with what to show")
	case c.Bodies && c.Contact != "":
		return errors.New("--bodies goes with keys, or with --from and --until: a contact shows no text")
	case (c.From == "") != (c.Until == ""):
		return errors.New("--from and --until go together")
	}
	_, err := c.request()
	return err
}

// request is what to ask for.
func (c *discloseCommand) request() (api.NewDisclosure, error) {
	d := api.NewDisclosure{To: c.To, Entries: c.Keys, Bodies: c.Bodies, Contact: c.Contact, Anyway: c.Anyway}
	if c.From == "" {
		return d, nil
	}
	from, err := instant("--from", c.From)
	if err != nil {
		return d, err
	}
	until, err := instant("--until", c.Until)
	if err != nil {
		return d, err
	}
	if !from.Before(until) {
		return d, fmt.Errorf("--until: found %s, want a time after %s", c.Until, c.From)
	}
	d.From, d.Until = &from, &until
	return d, nil
}

// instant reads a time, or the beginning of a day.
func instant(name, text string) (time.Time, error) {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s: found %q, want a time such as 2026-11-22T08:00:00Z, or a day", name, text)
}

func (c *discloseCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	switch {
	case c.List:
		return c.list(t, client)
	case c.Agree != "":
		return c.answer(t, client, api.DisclosureAnswer{Key: c.Agree, Consent: true})
	case c.Refuse != "":
		return c.answer(t, client, api.DisclosureAnswer{Key: c.Refuse})
	}
	f, err := create(c.Out) // before anything is entered in both records
	if err != nil {
		return err
	}
	id := c.Save
	if id == "" {
		if id, err = c.disclose(t, client); err != nil {
			return f.finish(nil, err)
		}
	}
	data, err := client.DisclosureFile(t, c.Line, id)
	if err != nil {
		return f.finish(nil, refusal(err))
	}
	if err := f.keep(data); err != nil {
		return hinted{err, fmt.Sprintf("the disclosure is made; write it with: ringdown disclose %s --save %s --out FILE", c.Line, id)}
	}
	return tellSaved(t.out, c.JSON, c.Out, len(data))
}

func (c *discloseCommand) answer(t *terminal, client *api.Client, a api.DisclosureAnswer) error {
	written, err := client.AnswerDisclosure(t, c.Line, a)
	if err != nil {
		return refusal(err)
	}
	if c.JSON {
		return printJSON(t.out, written)
	}
	_, err = fmt.Fprintln(t.out, written.Key)
	return err
}

// disclose asks, and waits until it is made.
func (c *discloseCommand) disclose(t *terminal, client *api.Client) (id string, err error) {
	events, err := c.watch(t, client, c.Line)
	if err != nil {
		return "", err
	}
	defer events.Close()
	ask, _ := c.request() // Validate has seen it
	d, err := client.Disclose(t, c.Line, ask)
	if err != nil {
		return "", refusal(err)
	}
	ctx, cancel := context.Context(t), context.CancelFunc(func() {})
	if !c.Wait {
		ctx, cancel = context.WithTimeout(t, soon)
	}
	defer cancel()
	for d.State != "made" && d.State != "refused" {
		if d.State == "asked" && d.Rule == "consent" && !c.Wait {
			break // a person there has to agree
		}
		err := events.next(ctx)
		if err != nil && ctx.Err() == nil {
			return "", err
		}
		if d, err = c.find(t, client, d.ID); err != nil {
			return "", err
		}
		if ctx.Err() != nil && d.State != "made" {
			break
		}
	}
	if d.State == "made" {
		return d.ID, nil
	}
	return "", c.notMade(t, d)
}

// find asks how a disclosure stands; an interrupt does not keep a person from being told.
func (c *discloseCommand) find(t *terminal, client *api.Client, id string) (*api.Disclosure, error) {
	list, err := client.Disclosures(context.WithoutCancel(t), c.Line)
	if err != nil {
		return nil, refusal(err)
	}
	for i := range list {
		if list[i].ID == id {
			return &list[i], nil
		}
	}
	return nil, fmt.Errorf("the disclosure %s is no longer listed", id)
}

func (c *discloseCommand) notMade(t *terminal, d *api.Disclosure) error {
	if c.JSON {
		if err := printJSON(t.out, d); err != nil {
			return err
		}
	}
	if d.State == "refused" {
		return hinted{errors.New("the other side refuses this disclosure"), "with --anyway it can be made all the same; whoever verifies it is told that there was no consent"}
	}
	err := fmt.Errorf("the disclosure is not made yet: it is %s, and the accord's rule is %q", d.State, d.Rule)
	return hinted{hinted{err, fmt.Sprintf("it goes on by itself; see it with \"ringdown disclose %s --list\"", c.Line)},
		fmt.Sprintf("once it is made: ringdown disclose %s --save %s --out %s", c.Line, d.ID, c.Out)}
}

func (c *discloseCommand) list(t *terminal, client *api.Client) error {
	list, err := client.Disclosures(t, c.Line)
	if err != nil {
		return refusal(err)
	}
	if len(list) == 0 && !c.JSON {
		_, err := fmt.Fprintln(t.out, "Nothing was disclosed, nor asked for.")
		return err
	}
	for i := range list {
		if c.JSON {
			err = printJSON(t.out, &list[i])
		} else {
			err = printDisclosure(t.out, &list[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func printDisclosure(w io.Writer, d *api.Disclosure) error {
	by := "ours"
	if d.By == "them" {
		by = "theirs"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s, %s since %s, rule %s", d.ID, by, d.State, d.At.UTC().Format("2 January 2006 15:04:05 UTC"), d.Rule)
	if d.To != "" {
		fmt.Fprintf(&b, ", to %q", oneLine(d.To))
	}
	if d.Key != "" && d.Key != d.ID {
		fmt.Fprintf(&b, ", entry %s", d.Key)
	}
	for _, s := range d.Shows {
		fmt.Fprintf(&b, "\n%s%s", indent, oneLine(s))
	}
	_, err := fmt.Fprintln(w, b.String())
	return err
}
