package console

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"ringdown/api"
	"ringdown/people"
)

const (
	maxAnswer = 16 << 10 // bytes of what a browser answers with a passkey
	maxSteps  = 256      // ceremonies that have begun and not ended; the oldest goes
)

// doorRoutes is how persons get in and out, with a browser.
func (s *Server) doorRoutes(mux *routes) {
	mux.HandleFunc("GET /api/me", s.getMe)
	mux.HandleFunc("POST /api/enrol/begin", s.knock(s.postEnrolBegin))
	mux.HandleFunc("POST /api/enrol/finish", s.knock(s.postEnrolFinish))
	mux.HandleFunc("POST /api/login/begin", s.knock(s.postLoginBegin))
	mux.HandleFunc("POST /api/login/finish", s.knock(s.postLoginFinish))
	mux.HandleFunc("POST /api/logout", s.postLogout)
}

// knock limits how often somebody tries, and answers what was refused.
func (s *Server) knock(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.doors.allow(time.Now(), caller(r.RemoteAddr)) {
			s.refuse(w, http.StatusTooManyRequests, errTooOften)
			return
		}
		err := noQuery(r, nil)
		if err == nil {
			err = f(w, r)
		}
		if err == nil {
			return
		}
		e := s.asRefusal(err)
		s.warn("console: not let in", "code", e.Code, "from", r.RemoteAddr, "reason", e.Text)
		status := http.StatusForbidden
		switch e.Code {
		case "bad-request":
			status = http.StatusBadRequest
		case "too-large":
			status = http.StatusRequestEntityTooLarge
		case errInternal.Code:
			status = http.StatusInternalServerError
		}
		s.refuse(w, status, e)
	}
}

// site is under which name the browser has our pages open. The gate knows the name, and that the
// origin is of it.
func (s *Server) site(r *http.Request) people.Site {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return people.Site{Station: s.name(), Host: lower(host), Origin: s.gate.scheme + "://" + lower(r.Host)}
}

func (s *Server) postEnrolBegin(w http.ResponseWriter, r *http.Request) error {
	var ask api.EnrolWanted
	if err := decodeBody(r, &ask); err != nil {
		return err
	}
	options, c, p, err := s.people.BeginEnrolment(time.Now(), s.site(r), ask.Token)
	if err != nil {
		return err
	}
	s.beginStep(w, c)
	s.reply(w, http.StatusOK, api.EnrolOptions{Person: personAs(p), Options: json.RawMessage(options)})
	return nil
}

func (s *Server) postEnrolFinish(w http.ResponseWriter, r *http.Request) error {
	c, answer, err := s.endStep(w, r)
	if err != nil {
		return err
	}
	p, err := s.people.FinishEnrolment(time.Now(), c, answer)
	if err != nil {
		return err
	}
	s.log.Info("console: enrolled", "person", p.Name, "from", r.RemoteAddr)
	if len(p.Keys) == 1 { // the first of all, and links let nobody in any more; or one in place of all others
		s.endSessions("a first passkey", func(_ digest, h holder) bool { return h.Person == p.ID })
	}
	s.letIn(w, r, p)
	return nil
}

func (s *Server) postLoginBegin(w http.ResponseWriter, r *http.Request) error {
	options, c, err := s.people.BeginLogin(s.site(r))
	if err != nil {
		return err
	}
	s.beginStep(w, c)
	s.reply(w, http.StatusOK, json.RawMessage(options))
	return nil
}

func (s *Server) postLoginFinish(w http.ResponseWriter, r *http.Request) error {
	c, answer, err := s.endStep(w, r)
	if err != nil {
		return err
	}
	p, err := s.people.FinishLogin(time.Now(), c, answer)
	if err != nil {
		return err
	}
	s.log.Info("console: logged in", "person", p.Name, "from", r.RemoteAddr)
	s.letIn(w, r, p)
	return nil
}

// letIn begins a person's session in a browser, in place of any it had.
func (s *Server) letIn(w http.ResponseWriter, r *http.Request, p people.Person) {
	s.beginSession(w, r, holder{Person: p.ID})
	s.reply(w, http.StatusOK, api.Me{Person: personAs(p), Enrolled: true})
}

func (s *Server) getMe(w http.ResponseWriter, r *http.Request) {
	who := visitorOf(r)
	if who.person.Roles == nil {
		who.person.Roles = []api.Role{}
	}
	s.reply(w, http.StatusOK, api.Me{Person: who.person, Kiosk: who.holder.Kiosk, Enrolled: s.people.Enrolled()})
}

// postLogout ends the browser's session and all its windows' connections.
func (s *Server) postLogout(w http.ResponseWriter, r *http.Request) {
	if who := visitorOf(r); who.session != (digest{}) {
		s.endSessions("logged out", func(d digest, _ holder) bool { return d == who.session })
	}
	http.SetCookie(w, s.cookie(s.cookieName(), "", -1))
	s.done(w, nil)
}

// steps are the ceremonies that have begun, the oldest first. The zero value is ready to use.
type steps struct {
	mu      sync.Mutex
	waiting []step
}

type step struct {
	digest  digest
	expires time.Time
	c       *people.Ceremony
}

func (t *steps) begin(now time.Time, c *people.Ceremony) string {
	secret, d := newSecret()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == maxSteps {
		t.waiting = t.waiting[1:]
	}
	t.waiting = append(t.waiting, step{d, now.Add(people.CeremonyLife), c})
	return secret
}

// end takes a ceremony out, whatever becomes of it; nil if there is none or it is too old.
func (t *steps) end(now time.Time, secret string) *people.Ceremony {
	d, ok := digestOf(secret)
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, one := range t.waiting {
		if ok && one.digest.equal(d) {
			t.waiting = append(t.waiting[:i:i], t.waiting[i+1:]...)
			if now.Before(one.expires) {
				return one.c
			}
			return nil
		}
	}
	return nil
}

// beginStep binds a ceremony to the browser that has begun it.
func (s *Server) beginStep(w http.ResponseWriter, c *people.Ceremony) {
	http.SetCookie(w, s.cookie(s.cookieName()+"-step", s.steps.begin(time.Now(), c), int(people.CeremonyLife.Seconds())))
}

// endStep takes the browser's ceremony, which is then used up, and its answer.
func (s *Server) endStep(w http.ResponseWriter, r *http.Request) (*people.Ceremony, []byte, error) {
	answer, err := io.ReadAll(r.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, nil, &api.Error{Code: "too-large", Text: "The answer of the passkey is too large.", Action: "Use another passkey."}
	}
	if err != nil {
		return nil, nil, badRequest("the body ended early")
	}
	cookie, err := r.Cookie(s.cookieName() + "-step")
	if err == nil {
		http.SetCookie(w, s.cookie(cookie.Name, "", -1))
		if c := s.steps.end(time.Now(), cookie.Value); c != nil {
			return c, answer, nil
		}
	}
	return nil, nil, &api.Error{Code: "too-late", Text: "This answer comes too late, or for the second time.", Action: "Load the page again and try once more, within five minutes."}
}
