package console

import (
	"fmt"
	"sync"
	"time"

	"ringdown/api"
)

const (
	maxObservers  = 64 // connections that only listen
	maxForSession = 32 // connections of one browser
	maxOfPerson   = 48 // and of one person in all browsers: others find room for theirs
)

// A sort says what a connection is.
type sort uint8

const (
	unknown    sort = iota // no connection of ours, or no longer
	unattached             // before "attach"
	attached               // a console
	observer
)

// A registry holds all connections and which of them has which seat.
type registry struct {
	most int // consoles

	attaching sync.Mutex // held over a whole attachment: one at a time; taken before any seatMu

	mu       sync.Mutex // taken last
	all      map[*client]sort
	holders  map[string]*client // by console id; until it detached
	sessions map[digest]int     // connections
	persons  map[string]int     // connections, by a person's id
	timers   map[*time.Timer]bool
	closed   bool
}

func newRegistry(most int) *registry {
	return &registry{most: most, all: make(map[*client]sort), holders: make(map[string]*client),
		sessions: make(map[digest]int), persons: make(map[string]int), timers: make(map[*time.Timer]bool)}
}

// enter admits a connection, or says why not.
func (g *registry) enter(c *client) *api.Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return &api.Error{Code: "stopping", Text: "The station is stopping.", Action: "Wait until it runs again."}
	}
	if len(g.all) >= g.most+maxObservers {
		return g.full()
	}
	if !c.who.local && g.sessions[c.who.session] >= maxForSession {
		return tooManyWindows("This browser", maxForSession)
	}
	if id := c.who.person.ID; id != "" {
		if g.persons[id] >= maxOfPerson {
			return tooManyWindows(c.who.person.Name, maxOfPerson)
		}
		g.persons[id]++
	}
	g.all[c] = unattached
	g.sessions[c.who.session]++
	return nil
}

func tooManyWindows(whose string, most int) *api.Error {
	return &api.Error{Code: "too-many-windows", Text: fmt.Sprintf("%s has %d windows on the station, which is the most.", whose, most), Action: "Close some of them."}
}

func (g *registry) full() *api.Error {
	return &api.Error{Code: "too-many-consoles", Text: fmt.Sprintf("The station has %d consoles, which is the most it takes.", g.most),
		Action: "Close a console that is not needed, or raise the limit in the station's configuration."}
}

func (g *registry) leave(c *client) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.all, c)
	if g.sessions[c.who.session]--; g.sessions[c.who.session] == 0 {
		delete(g.sessions, c.who.session)
	}
	if id := c.who.person.ID; id != "" {
		if g.persons[id]--; g.persons[id] == 0 {
			delete(g.persons, id)
		}
	}
}

// attach lets c take its seat, if there is room for one more of its sort.
func (g *registry) attach(c *client, m api.ToStation) error {
	g.attaching.Lock()
	defer g.attaching.Unlock()
	if g.anothers(c, m.Console) {
		m.Console = ""
	}
	old, err := g.room(c, m)
	if err != nil {
		return err
	}
	if err := c.take(m, old); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all[c] = observer
	if !m.Observe {
		g.all[c] = attached
		g.holders[c.seat.ID()] = c
	}
	return nil
}

// anothers says whether a seat is not c's to take over: somebody else, or another browser where nobody is logged in, sits
// there now; or whoever does may speak and c's person may not.
func (g *registry) anothers(c *client, id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.holders[id]
	if old == nil {
		return false
	}
	return g.all[old] == attached && !c.who.as(old.who) || acts.check(old.who.person) == nil && acts.check(c.who.person) != nil
}

// as says whether both are the same: by person, or else by browser. A program on this machine passes for any of these.
func (v visitor) as(o visitor) bool {
	return v.person.ID == o.person.ID && (v.person.ID != "" || v.local || v.session == o.session && !o.local)
}

// room returns who holds the seat that m asks for, or why there is no room.
func (g *registry) room(c *client, m api.ToStation) (old *client, _ error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var count [observer + 1]int
	for _, is := range g.all {
		count[is]++
	}
	if !m.Observe {
		old = g.holders[m.Console]
	}
	if m.Observe && count[observer] >= maxObservers {
		return nil, &api.Error{Code: "too-many-observers", Text: fmt.Sprintf("%d programs listen to the station's events, which is the most.", maxObservers), Action: "Close one of them."}
	}
	if !m.Observe && count[attached] >= g.most && g.all[old] != attached {
		return nil, g.full()
	}
	if !m.Observe && old == nil {
		return nil, g.ownRoom(c.who)
	}
	return old, nil
}

// ownRoom refuses a new seat to whoever has as many as windows are allowed. It needs mu. A seat that was left counts too,
// until it is given up: else one person who comes and goes would fill the station.
func (g *registry) ownRoom(who visitor) error {
	whose, most, n := "This browser", maxForSession, 0
	if who.person.ID != "" {
		whose, most = who.person.Name, maxOfPerson
	}
	for _, c := range g.holders {
		if who.as(c.who) {
			n++
		}
	}
	if !who.local && n >= most {
		return tooManyWindows(whose, most)
	}
	return nil
}

// release forgets that c holds its seat.
func (g *registry) release(c *client) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if id := c.seat.ID(); g.holders[id] == c {
		delete(g.holders, id)
	}
}

// later calls f after d, unless the registry closes before.
func (g *registry) later(d time.Duration, f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		g.mu.Lock()
		live := g.timers[t]
		delete(g.timers, t)
		g.mu.Unlock()
		if live {
			f()
		}
	})
	g.timers[t] = true
}

// each calls f for every connection.
func (g *registry) each(f func(*client)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.all {
		f(c)
	}
}

// close admits nobody any more and stops the timers.
func (g *registry) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for t := range g.timers {
		t.Stop()
	}
	clear(g.timers)
}
