package console

import (
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/people"
)

// TestOnePersonEndsNoSessionOfOthers: whoever logs in without end ends their own oldest sessions, not those of a kiosk or
// of other people.
func TestOnePersonEndsNoSessionOfOthers(t *testing.T) {
	s, err := openSessions("")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	kiosk, _ := s.begin(now, holder{Kiosk: true})
	officer, _ := s.begin(now, holder{Person: people.ID{1}})
	last := ""
	for range 2 * maxSessions {
		now = now.Add(time.Second)
		last, _ = s.begin(now, holder{Person: people.ID{2}})
	}
	for who, secret := range map[string]string{"the kiosk": kiosk, "the officer": officer, "the newest": last} {
		if _, _, ok := s.check(now, secret); !ok {
			t.Errorf("%s has no session any more", who)
		}
	}
	if n := s.of()[people.ID{2}]; n > maxForPerson {
		t.Errorf("one person has %d sessions, want at most %d", n, maxForPerson)
	}
}

// TestOnePersonLeavesRoomForOthers: one person's windows, in whatever browsers, do not fill the station.
func TestOnePersonLeavesRoomForOthers(t *testing.T) {
	const consoles = 200
	g := newRegistry(consoles)
	for i := range 2 * consoles {
		_ = g.enter(&client{who: visitor{session: digest{byte(i / maxForSession), 1}, person: api.Person{ID: "observer"}}})
	}
	c := &client{who: visitor{session: digest{0, 2}, person: api.Person{ID: "officer"}}}
	if e := g.enter(c); e != nil {
		t.Errorf("an officer finds no room: %s", e.Text)
	}
	for c := range g.all {
		g.leave(c)
	}
	if n := len(g.sessions) + len(g.persons); n != 0 {
		t.Errorf("%d are still counted", n)
	}
}

// TestOnePersonLeavesSeatsForOthers: a seat outlives its connection for a while, so that a page that is loaded again has it
// back. Whoever comes and goes, each time to a new seat, fills the station no more than by windows that stay.
func TestOnePersonLeavesSeatsForOthers(t *testing.T) {
	for name, most := range map[string]int{"Vera": maxOfPerson, "": maxForSession} {
		s, st, keys := staffed(t)
		b := newBrowser(t, s)
		if name != "" {
			b = as(t, s, keys[name])
		} else if link, err := s.link("", true); err != nil {
			t.Fatal(err)
		} else {
			b.get(strings.TrimPrefix(link, s.URL()))
		}
		for range most + 8 {
			p := b.attached(api.ToStation{})
			<-p.events // welcome or refused
			_ = p.ws.CloseNow()
		}
		st.mu.Lock()
		n := len(st.seats)
		st.mu.Unlock()
		if n > most {
			t.Errorf("%q has %d seats, want at most %d", name, n, most)
		}
		as(t, s, keys["Otto"]).attached(api.ToStation{}).next("welcome")
	}
}
