package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

// An officer who has never seen the page takes the watch, answers a call, fetches the principal, hands the call over,
// and hands over the watch, led by the page alone. Three persons sit at each side, in roles of their own; none of them
// knows more than what the page says.
func TestOfficersWalk(t *testing.T) {
	north, south := startStations(t)
	south.asksSoon()
	karl := enrolled(t, south, southTone, "Karl Novak", api.RoleAdministrator, api.RolePrincipal)
	petra := enrolled(t, south, southTone, "Petra Wolf", api.RoleOfficer)
	petra.screenshot("walk-01-not-ready")
	petra.press("Ready")
	petra.waitStatus("Line open")
	petra.press("Take the watch")
	petra.waitText("#watch-who", "You have the watch")
	petra.screenshot("walk-02-on-watch")

	anna := enrolled(t, north, northTone, "Anna Weber", api.RoleAdministrator, api.RolePrincipal)
	ilse := enrolled(t, north, northTone, "Ilse Kranz", api.RoleOfficer)
	rita := enrolled(t, south, southTone, "Rita Falk", api.RoleOfficer)
	mila := enrolled(t, south, southTone, "Mila Horn", api.RoleObserver)
	karl.at("opening the page for keys", "http://"+south.page+"/key.html?line="+south.line().Slug)
	karl.plugIn()
	south.registers(karl, north, "Karl Novak")
	karl.at("opening the console", "http://"+south.page+"/")
	for _, p := range []*tab{ilse, rita, anna, karl} {
		p.press("Ready")
		p.waitStatus("Line open")
	}
	ilse.screenshot("walk-03-north-ready")
	petra.until(90*time.Second, func() bool { return eval[bool](petra, `!document.getElementById("watch-here").hidden`) },
		func() string { return "nobody asks whether she is still here: " + petra.text("#watch-section") })
	petra.screenshot("walk-03-still-here")
	petra.clickOn("#watch-here")
	petra.inPage("answered", `document.getElementById("watch-here").hidden`)

	ilse.press("Call")
	petra.waitStatus("Incoming call")
	karl.waitStatus("Incoming call")
	petra.screenshot("walk-04-incoming")
	ilse.waitStatus("Ringing")
	ilse.screenshot("walk-05-ringing")
	petra.press("Answer")
	petra.waitStatus("In call")
	ilse.waitStatus("In call")
	ilse.waitText("#ladder", "Petra Wolf")
	ilse.press("Ask for their principal")
	petra.waitText("#ladder", "principal asked for")
	petra.screenshot("walk-06-asked")

	petra.clickOn("#fetch > summary")
	petra.press("Tell them")
	ilse.waitText("#ladder", "expected in 5 min")
	ilse.screenshot("walk-07-expected")
	mila.press("Join to listen")
	petra.waitText("#company-people", "Mila Horn")
	karl.press("Join to speak")
	petra.waitText("#company-people", "Karl Novak")
	ilse.waitText("#company-people", "Karl Novak")
	petra.clickOn("#hand > summary")
	eval[bool](petra, `(() => { const s = document.getElementById("hand-to"); s.value = [...s.options].find((o) => o.textContent.includes("Karl")).value; return true })()`)
	petra.screenshot("walk-08-hand-over")
	petra.press("Hand over")
	karl.press("Principal is here")
	ilse.waitText("#ladder", "Karl Novak, principal, is there")
	karl.clickOn("#presence-keys button") // Prove Karl Novak's presence: the name is isolated in the text
	ilse.waitProof("Karl Novak's key, vouched for by South")
	ilse.screenshot("walk-09-principal-there")
	karl.screenshot("walk-10-principal")
	ilse.hears(southTone, northTone)
	karl.hears(northTone, southTone)
	mila.screenshot("walk-11-observer")

	karl.press("Hang up")
	for _, p := range []*tab{karl, ilse} {
		p.waitStatus("Call ended")
	}
	petra.screenshot("walk-12-after")
	changesWatch(petra, rita)
	told := []string{tale(t, north), tale(t, south)}
	if told[0] != told[1] || !strings.Contains(told[0], "Karl Novak") {
		t.Errorf("the records tell of it:\nnorth: %s\nsouth: %s", told[0], told[1])
	}
}

// enrolled is a person's own browser, enrolled by link, at the console.
func enrolled(t *testing.T, s *serving, tone float64, name string, roles ...api.Role) *tab {
	t.Helper()
	p := startChromium(t, options{Tone: tone}).open(t, s.invite(name, roles...))
	p.authenticator()
	p.press("Make my passkey")
	p.reads("You are enrolled")
	p.at("opening the console", "http://"+s.page+"/")
	p.reads(name)
	return p
}

// changesWatch: the watch is offered, kept, taken over, handed to whoever takes it, with a note that is read, and left.
func changesWatch(petra, rita *tab) {
	petra.press("Hand over …")
	petra.put("#watch-to", "Rita Falk")
	petra.put("#watch-note", "North called about the corridor. Karl spoke. They call again at 06:00.")
	petra.screenshot("walk-13-handing-over")
	petra.clickOn("#watch-hand-go")
	petra.waitText("#watch-section", "it stays yours until it is taken")
	rita.waitText("#notices", "hands the watch over to you")
	rita.screenshot("walk-14-offered")
	petra.press("Keep the watch")
	rita.inPage("taken back", `!document.querySelector("#notices").textContent.includes("hands the watch over")`)
	rita.press("Take the watch") // though it is kept: she must mean it
	rita.press("Press again to take it over")
	petra.waitText("#notices", "Another has taken the watch from you")
	petra.screenshot("walk-15-taken-over")
	petra.waitText("#watch-who", "Rita Falk")
	rita.waitText("#watch-who", "You have the watch")
	rita.press("Hand over …")
	rita.put("#watch-note", "North called about the corridor. Karl spoke. They call again at 06:00.")
	rita.clickOn("#watch-hand-go") // to whoever takes it
	petra.press("Take the watch")
	petra.waitText("#watch-notes", "They call again at 06:00.")
	petra.screenshot("walk-16-note")
	petra.press("I have read it")
	petra.inPage("read", `document.getElementById("watch-notes-box").hidden`)
	petra.press("Hand over …")
	petra.press("Leave it with nobody")
	petra.waitText("#watch-who", "Nobody")
	petra.screenshot("walk-17-left")
}

// asksSoon has the station ask "still here?" after a minute.
func (s *serving) asksSoon() {
	s.t.Helper()
	c, err := s.client()
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := c.WatchBook(within(s.t, patience), "", 0)
	if err != nil {
		s.t.Fatal(err)
	}
	b.Settings.Periods.Here = 1
	if err := c.SetWatch(within(s.t, patience), b.Settings); err != nil {
		s.t.Fatal(err)
	}
}

// put writes into a field, as typing would.
func (p *tab) put(selector, text string) {
	p.t.Helper()
	eval[bool](p, `((e, text) => { e.value = text; e.dispatchEvent(new Event("input", { bubbles: true })); return true })(document.querySelector(`+quote(selector)+`), `+quote(text)+`)`)
}

// tale is what a station's record tells of its newest call: who did what, by name.
func tale(t *testing.T, s *serving) string {
	t.Helper()
	c, err := s.client()
	if err != nil {
		t.Fatal(err)
	}
	status, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	until(t, patience, func() bool {
		page, err := c.Record(t.Context(), status.Lines[0].Slug, api.RecordQuery{Kinds: []string{"call"}})
		if err != nil || len(page.Items) == 0 || page.Items[0].Call == nil {
			return false
		}
		steps = nil
		ended := 0
		for _, step := range page.Items[0].Call.Steps {
			by := map[string]string{"us": status.Name, "them": status.Lines[0].Peer}[step.By]
			steps = append(steps, strings.Join([]string{by, step.Step, step.Who, string(step.Role)}, " "))
			if step.Step == "ended" {
				ended++
			}
		}
		return ended == 2
	}, func() string { return "the call is not told to its end: " + strings.Join(steps, ", ") })
	slices.Sort(steps)
	return strings.Join(steps, "\n")
}
