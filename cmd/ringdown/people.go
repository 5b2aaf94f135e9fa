package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"ringdown/api"
)

// peopleCommand is the station's people, from its own machine.
type peopleCommand struct {
	List   peopleListCommand   `cmd:"" default:"withargs" help:"Show who there is, what they are, and with which passkeys they log in."`
	Add    peopleAddCommand    `cmd:"" help:"Add a person, and print the link by which they enrol. The first must be an administrator."`
	Link   peopleLinkCommand   `cmd:"" help:"Print a new enrolment link for a person: for a further passkey, or because theirs is lost."`
	Roles  peopleRolesCommand  `cmd:"" help:"Change what a person is."`
	Remove peopleRemoveCommand `cmd:"" help:"Take a person out; they are logged out everywhere at once."`
	Logout peopleLogoutCommand `cmd:"" help:"End the session of every browser at once, kiosks among them, as after a theft."`
}

type peopleListCommand struct {
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *peopleListCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	all, err := client.People(t)
	if err != nil {
		return refusal(err)
	}
	if c.JSON {
		return printJSON(t.out, all)
	}
	return printPeople(t.out, all.People, c.flag())
}

func printPeople(w io.Writer, list []api.Member, flag string) error {
	if len(list) == 0 {
		_, err := fmt.Fprintf(w, "There is nobody yet: whoever has a link of \"ringdown console\" may do everything. Begin with an administrator:\n\n  ringdown people add NAME --roles administrator%s\n", flag)
		return err
	}
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range list {
		m := &list[i]
		fmt.Fprintf(tab, "%s\t%s\t%s\n", oneLine(m.Name), joined(m.Roles), entry(m))
	}
	return tab.Flush()
}

func joined(roles []api.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

// entry says how a person gets in.
func entry(m *api.Member) string {
	var parts []string
	copied := 0
	for _, k := range m.Keys {
		if k.Copied != nil {
			copied++
		}
	}
	parts = append(parts, count(len(m.Keys), "passkey"))
	if copied > 0 {
		parts = append(parts, fmt.Sprintf("%d of them refused as copied", copied))
	}
	if m.In > 0 {
		parts = append(parts, "logged in at "+count(m.In, "browser"))
	}
	if m.Link != nil {
		parts = append(parts, "has a link until "+m.Link.Expires.Format("2 January 15:04 UTC"))
	}
	return strings.Join(parts, ", ")
}

type peopleAddCommand struct {
	Name     string   `arg:"" help:"The person's name, as the record will have it."`
	Roles    []string `help:"What the person is, separated by commas: officer, principal, observer, administrator." required:"" placeholder:"ROLE,…"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *peopleAddCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	made, err := client.AddPerson(t, api.NewMember{Name: c.Name, Roles: rolesOf(c.Roles)})
	if err := printInvited(t, c.JSON, made, err); err != nil || c.JSON || slices.Contains(made.Member.Roles, api.RoleAdministrator) {
		return err
	}
	all, err := client.People(t)
	if err == nil && !slices.ContainsFunc(all.People, func(m api.Member) bool { return len(m.Keys) > 0 }) {
		_, err = fmt.Fprintln(t.out, "\nIt works once an administrator has enrolled: the first to enrol must be one.")
	}
	return refusal(err)
}

func rolesOf(words []string) []api.Role {
	list := make([]api.Role, len(words))
	for i, w := range words {
		list[i] = api.Role(w)
	}
	return list
}

func printInvited(t *terminal, json bool, made *api.Invited, err error) error {
	switch {
	case err != nil:
		return refusal(err)
	case json:
		return printJSON(t.out, made)
	}
	_, err = fmt.Fprintf(t.out, "%s enrols by opening this link, once, within 24 hours:\n\n  %s\n", oneLine(made.Member.Name), made.URL)
	return err
}

// somebody names one of the people.
type somebody struct {
	Who      string `arg:"" help:"The person: their name, or their id."`
	inFolder `embed:""`
}

// find connects and finds the person.
func (c *somebody) find(ctx context.Context) (*api.Client, string, error) {
	client, err := c.connect()
	if err != nil {
		return nil, "", err
	}
	all, err := client.People(ctx)
	if err != nil {
		return nil, "", refusal(err)
	}
	for i := range all.People {
		if m := &all.People[i]; strings.EqualFold(m.Name, c.Who) || m.ID == c.Who {
			return client, m.ID, nil
		}
	}
	return nil, "", hinted{fmt.Errorf("this station has nobody called %q", c.Who), "see who there is: ringdown people list" + c.flag()}
}

type peopleLinkCommand struct {
	somebody `embed:""`
	Lost     bool `help:"Their passkeys are lost or stolen: they end at once, and all their sessions. Those of the only administrator end when the new link is used."`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *peopleLinkCommand) Run(t *terminal) error {
	client, id, err := c.find(t)
	if err != nil {
		return err
	}
	made, err := client.LinkPerson(t, id, api.LinkWanted{Lost: c.Lost})
	return printInvited(t, c.JSON, made, err)
}

type peopleRolesCommand struct {
	somebody `embed:""`
	Roles    []string `arg:"" help:"What the person shall be: officer, principal, observer, administrator; one or more."`
	JSON     bool     `help:"Print the people as one JSON object." name:"json"`
}

func (c *peopleRolesCommand) Run(t *terminal) error {
	client, id, err := c.find(t)
	if err != nil {
		return err
	}
	var words []string
	for _, w := range c.Roles {
		words = append(words, strings.Split(w, ",")...)
	}
	if err := client.SetRoles(t, id, api.RolesWanted{Roles: rolesOf(words)}); err != nil {
		return refusal(err)
	}
	return (&peopleListCommand{c.inFolder, c.JSON}).Run(t)
}

type peopleRemoveCommand struct {
	somebody `embed:""`
	JSON     bool `help:"Print the people as one JSON object." name:"json"`
}

func (c *peopleRemoveCommand) Run(t *terminal) error {
	client, id, err := c.find(t)
	if err != nil {
		return err
	}
	if err := client.RemovePerson(t, id); err != nil {
		return refusal(err)
	}
	if !c.JSON {
		fmt.Fprintf(t.out, "%s is taken out, and logged out everywhere.\n\n", oneLine(c.Who))
	}
	return (&peopleListCommand{c.inFolder, c.JSON}).Run(t)
}

type peopleLogoutCommand struct {
	inFolder `embed:""`
	JSON     bool `help:"Print the people as one JSON object." name:"json"`
}

func (c *peopleLogoutCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	if err := client.EndSessions(t); err != nil {
		return refusal(err)
	}
	if c.JSON {
		return (&peopleListCommand{c.inFolder, c.JSON}).Run(t)
	}
	_, err = fmt.Fprintf(t.out, "Every browser is logged out. Whoever has a passkey logs in again; a kiosk needs a new link: ringdown console %s --kiosk\n", c.Dir)
	return err
}
