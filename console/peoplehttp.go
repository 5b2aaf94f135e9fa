package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/people"
)

// peopleRoutes is what administrators do with people, through both doors.
func (s *Server) peopleRoutes(mux *routes) {
	mux.HandleFunc("GET /api/people", s.getPeople)
	mux.HandleFunc("POST /api/people", s.postPerson)
	mux.HandleFunc("POST /api/people/{id}/link", s.postPersonLink)
	mux.HandleFunc("PUT /api/people/{id}/roles", s.putRoles)
	mux.HandleFunc("DELETE /api/people/{id}", s.deletePerson)
}

func lower(s string) string { return strings.ToLower(s) }

func (s *Server) getPeople(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	m := api.Members{People: []api.Member{}, Now: stamp(now)}
	in := s.sessions.of()
	for _, p := range s.people.People() {
		m.People = append(m.People, memberAs(p, now, in[p.ID]))
	}
	s.answer(w, m, noQuery(r, nil))
}

func memberAs(p people.Person, now time.Time, in int) api.Member {
	m := api.Member{ID: p.ID.String(), Name: p.Name, Roles: rolesAs[api.Role](p.Roles), Added: stamp(p.Added), Keys: []api.Passkey{}, In: in}
	for _, k := range p.Keys {
		key := api.Passkey{Host: k.Host, Added: stamp(k.Added), Used: stamp(k.Used), Syncs: k.Syncs}
		if !k.Copied.IsZero() {
			at := stamp(k.Copied)
			key.Copied = &at
		}
		m.Keys = append(m.Keys, key)
	}
	if p.Link != nil && now.Before(p.Link.Expires) {
		m.Link = &api.Enrolment{Expires: stamp(p.Link.Expires), Replaces: p.Link.Replaces}
	}
	return m
}

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// wanted reads the body of a request that has no query.
func wanted(r *http.Request, into any) error {
	if err := noQuery(r, nil); err != nil {
		return err
	}
	return decodeBody(r, into)
}

func (s *Server) postPerson(w http.ResponseWriter, r *http.Request) {
	var n api.NewMember
	err := first(wanted(r, &n), s.hasName())
	if err != nil {
		s.done(w, err)
		return
	}
	p, token, err := s.people.Add(time.Now(), n.Name, rolesAs[people.Role](n.Roles))
	s.invite(w, r, p, token, err)
}

func (s *Server) postPersonLink(w http.ResponseWriter, r *http.Request) {
	var l api.LinkWanted
	id, err := personID(r)
	if err = first(err, wanted(r, &l), s.hasName()); err != nil {
		s.done(w, err)
		return
	}
	p, token, err := s.people.Link(time.Now(), id, l.Lost)
	if err == nil && l.Lost {
		s.endSessions("passkeys lost", func(_ digest, h holder) bool { return h.Person == id })
	}
	s.invite(w, r, p, token, err)
}

// invite answers with a person's link. The token stands behind #, which browsers keep to themselves.
func (s *Server) invite(w http.ResponseWriter, r *http.Request, p people.Person, token string, err error) {
	if err == nil {
		s.logAct(r, "enrolment link made", p.Name)
	}
	s.answer(w, api.Invited{Member: memberAs(p, time.Now(), s.sessions.of()[p.ID]), URL: s.url + "/enrol.html#" + token}, err)
}

func (s *Server) putRoles(w http.ResponseWriter, r *http.Request) {
	var want api.RolesWanted
	id, err := personID(r)
	if err = first(err, wanted(r, &want)); err != nil {
		s.done(w, err)
		return
	}
	p, err := s.people.SetRoles(id, rolesAs[people.Role](want.Roles))
	if err == nil {
		s.logAct(r, "roles changed", p.Name)
		s.settle()
	}
	s.done(w, err)
}

func (s *Server) deletePerson(w http.ResponseWriter, r *http.Request) {
	id, err := personID(r)
	p, _ := s.people.Person(id)
	if err = first(err, noQuery(r, nil)); err == nil {
		err = s.people.Remove(id)
	}
	if err == nil {
		s.logAct(r, "removed", p.Name)
		s.settle()
	}
	s.done(w, err)
}

// logAct keeps in the log who did what with whom.
func (s *Server) logAct(r *http.Request, what, whom string) {
	by := visitorOf(r)
	s.log.Info("console: person: "+what, "person", whom, "by", by.person.Name, "local", by.local)
}

// personID is the id that a request names; what is none is of nobody.
func personID(r *http.Request) (people.ID, error) {
	id, ok := people.ParseID(r.PathValue("id"))
	if !ok {
		return id, badRequest("id is %q, want 32 hexadecimal digits", shorten(r.PathValue("id"), maxID))
	}
	return id, nil
}

// hasName refuses to make links that could not be used: passkeys want a name, and the page has none.
func (s *Server) hasName() error {
	u, err := url.Parse(s.url)
	if err != nil {
		return err
	}
	return people.CheckHost(u.Hostname())
}
