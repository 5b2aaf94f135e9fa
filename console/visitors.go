package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/people"
)

// openPages are the files for those too who are not in: the pages on which one logs in and
// enrols, and what these are made of.
var openPages = map[string]bool{
	"/login.html": true, "/login.js": true, "/enrol.html": true, "/enrol.js": true, "/passkeys.js": true, "/door.js": true,
	"/people.css": true, "/theme.css": true, "/theme.js": true, "/dom.js": true, "/icon.svg": true,
}

// visitor is who asks from a browser; false without a living session. A person is looked up each
// time, so that what they may do is what they may do now.
func (s *Server) visitor(r *http.Request) (visitor, bool) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return visitor{}, false
	}
	d, h, ok := s.sessions.check(time.Now(), c.Value)
	if !ok {
		return visitor{}, false
	}
	return visitor{session: d, holder: h, person: s.person(h)}, true
}

// person is who holds a session, with what they may do; without roles they are to log in. Before
// anybody is enrolled a link is enough; from then on it only leads to the door, unless it is a kiosk's.
func (s *Server) person(h holder) api.Person {
	if h.Person != (people.ID{}) {
		p, _ := s.people.Person(h.Person)
		return personAs(p)
	}
	switch {
	case h.Kiosk:
		return api.Person{Roles: []api.Role{api.RoleOfficer}}
	case !s.people.Enrolled():
		return api.Anyone()
	}
	return api.Person{}
}

// personAs is one of the people as the API has it; the zero Person is nobody.
func personAs(p people.Person) api.Person {
	if p.ID == (people.ID{}) {
		return api.Person{}
	}
	return api.Person{ID: p.ID.String(), Name: p.Name, Roles: rolesAs[api.Role](p.Roles)}
}

func rolesAs[To, From ~string](roles []From) []To {
	list := make([]To, 0, len(roles))
	for _, r := range roles {
		list = append(list, To(r))
	}
	return list
}

// still says whether who asks is who they were when they came.
func (s *Server) still(who visitor) bool {
	if who.local {
		return true
	}
	h, ok := s.sessions.touch(time.Now(), who.session)
	now := s.person(h)
	return ok && now.ID == who.person.ID && now.Name == who.person.Name && slices.Equal(now.Roles, who.person.Roles)
}

// settle ends the sessions of those who are no longer there, and every connection of a browser whose
// session has ended or whose person may do other things than before. The latter come back by themselves.
func (s *Server) settle() {
	err := s.sessions.end(func(_ digest, h holder) bool {
		_, there := s.people.Person(h.Person)
		return h.Person != people.ID{} && !there
	})
	if err != nil {
		s.log.Warn("console: ended sessions were not written", "error", err)
	}
	s.settleEach()
}

func (s *Server) settleEach() {
	var all []*client
	s.clients.each(func(c *client) { all = append(all, c) })
	for _, c := range all {
		s.settleOne(c)
	}
}

// settleOne ends a connection if it must end.
func (s *Server) settleOne(c *client) {
	if s.still(c.who) {
		return
	}
	if h, ok := s.sessions.touch(time.Now(), c.who.session); ok && len(s.person(h).Roles) > 0 {
		c.shut(api.CloseChanged, "what you may do here has changed")
		return
	}
	c.shut(api.CloseNoSession, "the session has ended")
}

// endSessions ends some, and their connections.
func (s *Server) endSessions(why string, over func(digest, holder) bool) {
	if err := s.sessions.end(over); err != nil {
		s.log.Warn("console: ended sessions were not written", "error", err)
	}
	s.log.Info("console: sessions ended", "why", why)
	s.settleEach()
}

// whyNot is what a browser is told that is not in.
func (s *Server) whyNot() *api.Error {
	if s.people.Enrolled() {
		return &api.Error{Code: "no-session", Text: "Nobody is logged in at this browser, or the session has ended.", Action: "Log in with your passkey."}
	}
	return errNoSession
}

// showDoor shows how to get in: the page to log in, once there is somebody who can.
func (s *Server) showDoor(w http.ResponseWriter, r *http.Request) {
	page := r.URL.Path == "/" || strings.HasSuffix(r.URL.Path, ".html")
	if !s.people.Enrolled() || !page || r.Method != http.MethodGet {
		noSession.serve(w)
		return
	}
	at := "/login.html"
	if next, err := localPath(r.URL.RequestURI()); err == nil && next != "/" {
		at += "?next=" + url.QueryEscape(next)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", at)
	w.WriteHeader(http.StatusSeeOther)
}
