package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/station"
)

// rulesFlags are the rules of an accord as a person gives them: for an invite, or to be proposed.
type rulesFlags struct {
	Watch         string `help:"What each side sees of the other's watch: nothing, staffed (whether somebody has it), count (consoles ready, too) or names (who has it, too). In an invite: count if not given." placeholder:"RULE"`
	Tests         string `help:"When people test the line, every day: up to four times in UTC such as 08:00,20:00, or none. In an invite: 08:00,20:00 if not given." placeholder:"TIMES"`
	SuspendedText string `help:"What becomes of text while a side has suspended calls: passes or stops. In an invite: passes if not given." placeholder:"WHAT"`
}

// rules are those of before with what was given in their place.
func (f *rulesFlags) rules(r accord.Rules) (accord.Rules, error) {
	if f.Watch != "" {
		r.Watch = accord.WatchRule(f.Watch)
	}
	switch r.Watch {
	case accord.WatchNothing, accord.WatchStaffed, accord.WatchCount, accord.WatchNames:
	default:
		return r, fmt.Errorf("--watch is %q, want nothing, staffed, count or names", f.Watch)
	}
	if f.Tests != "" {
		times, err := accord.ParseTests(f.Tests)
		if err != nil {
			return r, fmt.Errorf("--tests is %q, want up to four times of the day in UTC such as 08:00,20:00, each once, or none", f.Tests)
		}
		r.Tests = times
	}
	switch f.SuspendedText {
	case "":
	case "passes", "stops":
		r.SuspendedText = f.SuspendedText == "passes"
	default:
		return r, fmt.Errorf("--suspended-text is %q, want passes or stops", f.SuspendedText)
	}
	return r, nil
}

// accordCommand is the accord of a line from the command line. It works on the station's folder, so the
// station need not run; one that runs takes the change over at once.
type accordCommand struct {
	Show     accordShowCommand     `cmd:"" help:"Show the accord of a line: parties, keys, words, rules, what was changed, what is proposed."`
	Propose  accordProposeCommand  `cmd:"" help:"Ask the other side's people for other rules, or to take note that a principal's key is gone."`
	Withdraw accordWithdrawCommand `cmd:"" help:"Take back what this side has proposed, or take note that it was refused."`
	Approve  accordApproveCommand  `cmd:"" help:"Approve what the other side proposes. It comes into force by itself, and is not taken back."`
	Refuse   accordRefuseCommand   `cmd:"" help:"Refuse what the other side proposes."`
}

// ofLine names a line in a folder.
type ofLine struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
}

type accordShowCommand struct {
	ofLine `embed:""`
	JSON   bool `help:"Print one JSON object." name:"json"`
}

func (c *accordShowCommand) Run(t *terminal) error {
	_, l, err := c.line(c.Line)
	if err != nil {
		return err
	}
	a, err := station.ViewAccord(l)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, a)
	}
	printAccord(t.out, &a)
	return nil
}

func printAccord(w io.Writer, a *api.Accord) {
	fmt.Fprintf(w, "The accord with %s, made on %s.\n", a.Peer, a.Made.Format("2 January 2006 15:04 UTC"))
	for i, p := range a.Parties {
		fmt.Fprintf(w, "\n%s, the %s party%s\n  fingerprint %s\n", p.Name, []string{"first", "second"}[i], map[bool]string{true: ": this station"}[p.By == "us"], grouped(p.Fingerprint))
		for _, k := range p.Keys {
			fmt.Fprintf(w, "  %-9s %d  %-9s  %s\n", k.Role, k.Serial, k.Algorithm, grouped(k.Fingerprint[:32]))
		}
	}
	fmt.Fprintf(w, "\nWords: %s\n", strings.Join(a.Words, " "))
	if a.Confirmed == nil {
		fmt.Fprintf(w, "  not confirmed here: see \"ringdown words %s\"\n", a.Line)
	}
	fmt.Fprintf(w, "\nTerms, fixed: profile %s, voice %s, disclosure %s, to be renewed by %s\n", a.Profile, a.HoldBack, a.Disclosure, a.Expires)
	fmt.Fprintf(w, "Rules, changed by a proposal:\n%s", indented(station.RulesSentences(a.Rules)))
	fmt.Fprintln(w, "\nPaths, our end and theirs:")
	for _, p := range a.Paths {
		fmt.Fprintf(w, "  %d %s  %s  %s\n", p.Number, p.Name, p.Ours, p.Theirs)
	}
	printPrincipals(w, a)
	printChanges(w, a)
}

func printPrincipals(w io.Writer, a *api.Accord) {
	fmt.Fprintln(w, "\nPrincipals' keys:")
	if len(a.Principals) == 0 {
		fmt.Fprintln(w, "  none is registered")
	}
	for _, k := range a.Principals {
		fmt.Fprintf(w, "  %s  %s, number %d, for use at %s  %s\n", map[string]string{"us": "ours  ", "them": "theirs"}[k.By], k.Name, k.Serial, strings.Join(k.Origins, " and "), grouped(k.Credential[:32]))
	}
}

func printChanges(w io.Writer, a *api.Accord) {
	if len(a.Amendments) > 0 {
		fmt.Fprintln(w, "\nChanged since, the newest first:")
	}
	for _, m := range a.Amendments {
		fmt.Fprintf(w, "  %d  %s  %s\n", m.Serial, m.Made.Format("2 January 2006 15:04 UTC"), m.Text)
	}
	if len(a.Proposals) > 0 {
		fmt.Fprintln(w, "\nProposed:")
	}
	for _, p := range a.Proposals {
		fmt.Fprintf(w, "  %s  %s  %s\n", p.ID[:shortID], p.Made.Format("2 January 2006 15:04 UTC"), p.Text)
		switch {
		case p.State == api.ProposalApproved:
			fmt.Fprintln(w, "            Approved; it comes into force as soon as the line is open.")
		case p.State == api.ProposalRefused:
			fmt.Fprintf(w, "            Refused on %s. Take note of it: ringdown accord withdraw %s\n", p.At.Format("2 January 15:04 UTC"), a.Line)
		case p.By == "us":
			fmt.Fprintf(w, "            Waits for a person at %s.\n", a.Peer)
		default:
			fmt.Fprintf(w, "            Waits for you: ringdown accord approve %s %s, or refuse\n", a.Line, p.ID[:shortID])
		}
	}
}

// shortID is how many digits of a proposal's id a person types.
const shortID = 8

func indented(lines []string) string { return "  " + strings.Join(lines, "\n  ") + "\n" }

type accordProposeCommand struct {
	ofLine     `embed:""`
	rulesFlags `embed:""`
	RemoveKey  string `help:"The principal of ours whose registered key shall count no more." placeholder:"NAME"`
}

// Validate wants one thing at a time.
func (c *accordProposeCommand) Validate() error {
	given := c.rulesFlags != rulesFlags{}
	if given == (c.RemoveKey != "") {
		return errors.New("want rules (--watch, --tests, --suspended-text), or --remove-key")
	}
	_, err := c.rules(accord.DefaultRules())
	return err
}

func (c *accordProposeCommand) Run(t *terminal) error {
	_, l, err := c.line(c.Line)
	if err != nil {
		return err
	}
	var change accord.Change
	if c.RemoveKey != "" {
		change.Principal = &accord.PrincipalChange{Act: accord.Remove, Key: accord.PrincipalKey{Name: c.RemoveKey}}
		for _, k := range l.Principals(l.First) {
			if k.Name == c.RemoveKey {
				change.Principal.Key.Serial = k.Serial
			}
		}
	} else {
		r, err := c.rules(l.Rules())
		if err != nil {
			return err
		}
		change.Rules = &r
	}
	if err := l.Move(time.Now(), change); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s\nIt waits for a person at %s. \"ringdown accord show %s%s\" shows what became of it.\n", proposalOf(l, "us").Text, l.Peer, l.Slug, c.flag())
	return c.reload(t, "the proposal is made")
}

// proposalOf is what a side proposes; nil if nothing.
func proposalOf(l *accord.Line, by string) *api.Proposal {
	for _, p := range station.Proposals(l) {
		if p.By == by {
			return &p
		}
	}
	return nil
}

type accordWithdrawCommand struct {
	ofLine `embed:""`
}

func (c *accordWithdrawCommand) Run(t *terminal) error {
	_, l, err := c.line(c.Line)
	if err != nil {
		return err
	}
	if err := l.Withdraw(); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "Nothing is proposed any more.")
	return c.reload(t, "the proposal is taken back")
}

// anAnswer names what is approved or refused, as it was shown: so nobody answers another proposal.
type anAnswer struct {
	ofLine `embed:""`
	ID     string `arg:"" help:"The first eight digits or more of the proposal's id, as \"ringdown accord show\" has it."`
}

func (c *anAnswer) Validate() error {
	if len(c.ID) < shortID {
		return fmt.Errorf("the proposal's id is %q, want its first %d digits at least", c.ID, shortID)
	}
	return nil
}

func (c *anAnswer) answer(t *terminal, v accord.Verdict, said string) error {
	_, l, err := c.line(c.Line)
	if err != nil {
		return err
	}
	p := proposalOf(l, "them")
	if p == nil || !strings.HasPrefix(p.ID, c.ID) {
		return hinted{fmt.Errorf("nothing with the id %s is proposed by %s", c.ID, l.Peer), fmt.Sprintf("see \"ringdown accord show %s%s\": it may have been changed, taken back or come into force", l.Slug, c.flag())}
	}
	if err := l.Decide(time.Now(), l.FarMotion.Digest(), v); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s\n%s\n", p.Text, said)
	return c.reload(t, "the answer is given")
}

type accordApproveCommand struct {
	anAnswer `embed:""`
}

func (c *accordApproveCommand) Run(t *terminal) error {
	return c.answer(t, accord.Approved, "Approved. It comes into force by itself as soon as the line is open.")
}

type accordRefuseCommand struct {
	anAnswer `embed:""`
}

func (c *accordRefuseCommand) Run(t *terminal) error {
	return c.answer(t, accord.Refused, "Refused. The other side is told as soon as the line is open.")
}
