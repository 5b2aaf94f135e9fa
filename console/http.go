package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/people"
	"ringdown/web"
)

const (
	maxBody   = 4 << 10 // of a request
	maxNext   = 512     // of the address a link leads to
	lifeInJar = 400 * 24 * time.Hour
)

// A visitor is who asks: a browser with a session, or a program on the local socket.
type visitor struct {
	local   bool
	session digest
	holder  holder
	person  api.Person // without roles: somebody who is to log in
}

type visitorKey struct{}

func visitorOf(r *http.Request) visitor { return r.Context().Value(visitorKey{}).(visitor) }

func withVisitor(r *http.Request, v visitor) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
}

// apiRoutes is what both doors lead to.
func (s *Server) apiRoutes() *routes {
	mux := &routes{s: s, mux: http.NewServeMux()}
	mux.HandleFunc("GET /api/status", s.getStatus)
	mux.HandleFunc("GET /api/ws", s.getSocket)
	mux.HandleFunc("POST /api/lines/{line}/hangup", s.postHangUp)
	mux.HandleFunc("POST /api/reload", s.postReload)
	s.recordRoutes(mux)
	s.testRoutes(mux)
	s.presenceRoutes(mux)
	s.watchRoutes(mux)
	s.peopleRoutes(mux)
	s.accordRoutes(mux)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, http.StatusNotFound, &api.Error{Code: "no-such-request",
			Text: fmt.Sprintf("The station has no request %s %q.", shorten(r.Method, 10), shorten(r.URL.Path, 80)), Action: "See the package comment of ringdown/api."})
	})
	return mux
}

// largeBodies are the requests that may be larger than the others.
var largeBodies = map[string]int64{
	"POST /api/lines/{line}/messages":      maxTextBody,
	"POST /api/lines/{line}/files":         maxFileBody,
	"POST /api/lines/{line}/disclosures":   4 * maxBody,
	"POST /api/lines/{line}/presence/keys": maxKeyBody,
	"POST /api/backup":                     2 * maxBody,
	"PUT /api/watch":                       maxSettings,
	"POST /api/watch/hand":                 2 * maxBody, // maxNote characters, each of up to six bytes as JSON
	"POST /api/watch/leave":                2 * maxBody,
	"POST /api/enrol/finish":               maxAnswer,
	"POST /api/login/finish":               maxAnswer,
}

// bodyLimit is how many bytes the body of a request may have.
func bodyLimit(requests *routes, r *http.Request) int64 {
	_, pattern := requests.mux.Handler(r)
	return max(maxBody, largeBodies[pattern])
}

// webHandler serves browsers over TCP: first the gate, then who it is, then (in routes) the rule.
func (s *Server) webHandler() http.Handler {
	requests := s.apiRoutes()
	s.doorRoutes(requests)
	return s.contain(func(w http.ResponseWriter, r *http.Request) {
		s.policy.set(w.Header())
		if e := s.gate.check(r); e != nil {
			s.warn("console: request refused", "code", e.Code, "from", r.RemoteAddr, "host", r.Host, "origin", r.Header.Get("Origin"))
			s.refuse(w, http.StatusForbidden, e)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(requests, r))
		who, known := s.visitor(r)
		if known && !s.requests.allow(time.Now(), who.session) {
			s.refuse(w, http.StatusTooManyRequests, errTooOften)
			return
		}
		let := known && len(who.person.Roles) > 0
		switch isAPI := strings.HasPrefix(r.URL.Path, "/api/"); {
		case r.URL.Path == "/enter":
			s.enter(w, r, known)
		case isAPI && (let || requests.open(r)):
			requests.ServeHTTP(w, withVisitor(r, who))
		case isAPI:
			s.refuse(w, http.StatusUnauthorized, s.whyNot())
		case let || openPages[r.URL.Path]:
			s.servePage(w, r)
		default:
			s.showDoor(w, r)
		}
	})
}

// localRoutes is what only the local socket leads to.
func (s *Server) localRoutes(mux *routes) {
	mux.HandleFunc("POST /api/token", s.postToken)
	mux.HandleFunc("DELETE /api/sessions", s.deleteSessions)
	mux.HandleFunc("POST /api/backup", s.postBackup)
}

// localHandler serves programs over the local socket, where to reach it is the
// right to use it. No browser can; so whoever names an origin is refused.
func (s *Server) localHandler() http.Handler {
	requests := s.apiRoutes()
	s.localRoutes(requests)
	return s.contain(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			s.refuse(w, http.StatusForbidden, foreign("The local socket is not for web pages."))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(requests, r))
		requests.ServeHTTP(w, withVisitor(r, visitor{local: true, person: api.Anyone()}))
	})
}

// contain keeps a panic in one request from ending the station.
func (s *Server) contain(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == http.ErrAbortHandler {
				panic(p) // it ends the connection, and that is meant
			}
			if p != nil {
				s.log.Error("console: panic in a request", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				s.refuse(w, http.StatusInternalServerError, errInternal)
			}
		}()
		h(w, r)
	})
}

var (
	errNoSession = &api.Error{Code: "no-session", Text: "This browser has not been let in, or its session has ended.",
		Action: `Open the link that "ringdown console DIR" prints on the station's machine.`}
	errTooOften = &api.Error{Code: "too-often", Text: "This browser asks the station too often.", Action: "Wait some seconds; if it goes on, close the console's other windows."}
	errInternal = &api.Error{Code: "internal", Text: "The station failed at this request.", Action: "Look at the station's log."}
)

// warn logs what strangers can cause, and not oftener than a person reads.
func (s *Server) warn(text string, args ...any) {
	s.warned.Do(func() { s.log.Warn(text, args...) })
}

// asRefusal is the error as a person reads it. What is not meant for them is
// logged and becomes "internal".
func (s *Server) asRefusal(err error) *api.Error {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*people.Error](err); ok {
		return &api.Error{Code: e.Code, Text: e.Text, Action: e.Action}
	}
	s.log.Error("console: request failed", "error", err)
	return errInternal
}

func (s *Server) refuse(w http.ResponseWriter, status int, e *api.Error) {
	w.Header().Set("Connection", "close")
	s.reply(w, status, e)
}

func (s *Server) reply(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		s.log.Error("console: reply", "error", err)
		status, text = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// done answers a verb.
func (s *Server) done(w http.ResponseWriter, err error) {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	e := s.asRefusal(err)
	status := http.StatusConflict
	switch {
	case strings.HasPrefix(e.Code, "no-such-"), e.Code == "no-record", e.Code == "no-accord":
		status = http.StatusNotFound
	case e.Code == "bad-request":
		status = http.StatusBadRequest
	case e.Code == errTooOften.Code:
		status = http.StatusTooManyRequests
	case e.Code == "too-large":
		status = http.StatusRequestEntityTooLarge
	case e.Code == errInternal.Code:
		status = http.StatusInternalServerError
	}
	s.reply(w, status, e)
}

func (s *Server) getStatus(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, http.StatusOK, s.status())
}

func (s *Server) postHangUp(w http.ResponseWriter, r *http.Request) {
	line := r.PathValue("line")
	if !slugPattern.MatchString(line) {
		s.done(w, noSuchLine(line))
		return
	}
	s.done(w, s.st.HangUp(line, visitorOf(r).person))
}

// postReload reads the folder again, and the certificate with it.
func (s *Server) postReload(w http.ResponseWriter, _ *http.Request) {
	if err := s.cert.load(); err != nil {
		s.done(w, &api.Error{Code: "bad-certificate", Text: "The console's certificate was not read again: " + err.Error() + ".",
			Action: "Mend the files and reload; until then the old certificate serves."})
		return
	}
	s.done(w, s.st.Reload())
}

// postToken makes a link for a browser; only on the local socket.
func (s *Server) postToken(w http.ResponseWriter, r *http.Request) {
	var ask api.LinkRequest
	if err := api.Decode(r.Body, &ask); err != nil {
		s.refuse(w, http.StatusBadRequest, badMessage(err))
		return
	}
	link, err := s.link(ask.Next, ask.Kiosk)
	if err != nil {
		s.refuse(w, http.StatusBadRequest, s.asRefusal(err))
		return
	}
	s.reply(w, http.StatusOK, api.Link{URL: link})
}

// deleteSessions ends every session and closes the browsers' connections.
func (s *Server) deleteSessions(w http.ResponseWriter, _ *http.Request) {
	err := s.sessions.endAll()
	s.settle()
	s.done(w, err)
}

// cookieName differs from station to station, because all ports of a host share
// one set of cookies. Over TLS the browser itself holds the name to this host.
func (s *Server) cookieName() string {
	if s.gate.scheme == "https" {
		return "__Host-ringdown-" + s.sessions.tag()
	}
	return "ringdown-" + s.sessions.tag()
}

// enter trades a token for a session. A browser that is in already goes on without a new one,
// whatever its token, unless it shall be a kiosk: people open a printed link twice.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, known bool) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		s.refuse(w, http.StatusMethodNotAllowed, &api.Error{Code: "wrong-method", Text: "A console is entered by opening its link.", Action: "Open the link in a browser."})
		return
	}
	q := r.URL.Query()
	kiosk, taken := s.tokens.take(time.Now(), q.Get("token"))
	if !taken && !known {
		s.warn("console: entry refused", "from", r.RemoteAddr)
		if !s.failures.allow(time.Now(), caller(r.RemoteAddr)) {
			tooMany.serve(w)
			return
		}
		usedLink.serve(w)
		return
	}
	if !known || kiosk {
		s.beginSession(w, r, holder{Kiosk: kiosk})
	}
	goOn(w, r, onward(q))
}

// onward is where a link leads: to next, and with what else stands in the link,
// so that ?ready=1 may be added to one by hand.
func onward(q url.Values) string {
	next, err := localPath(q.Get("next"))
	if err != nil {
		return "/"
	}
	q.Del("token")
	q.Del("next")
	if len(q) == 0 {
		return next
	}
	join := "?"
	if strings.Contains(next, "?") {
		join = "&"
	}
	if more, err := localPath(next + join + q.Encode()); err == nil {
		return more
	}
	return next
}

// beginSession lets a browser in, and ends the session that it had.
func (s *Server) beginSession(w http.ResponseWriter, r *http.Request, h holder) {
	if old, known := s.visitor(r); known {
		s.endSessions("this browser was let in anew", func(d digest, _ holder) bool { return d == old.session })
	}
	secret, err := s.sessions.begin(time.Now(), h)
	if err != nil {
		s.log.Warn("console: a session will not outlive this run", "error", err)
	}
	http.SetCookie(w, s.cookie(s.cookieName(), secret, int(lifeInJar.Seconds())))
}

// cookie is one of ours; age in seconds, below zero to take it away.
func (s *Server) cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.gate.scheme == "https"}
}

// goOn leads to next. A redirect would still count as the step of the foreign
// page that carried the link, and a Strict cookie would stay behind: there our
// own page takes the step.
func goOn(w http.ResponseWriter, r *http.Request, next string) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		note{http.StatusOK, "Opening the console", "The console opens by itself.", "", next}.serve(w)
		return
	}
	w.Header().Set("Location", next)
	w.WriteHeader(http.StatusSeeOther)
}

// localPath accepts an address of this station's own pages, and nothing that a
// browser could read as another host.
func localPath(next string) (string, error) {
	if next == "" {
		return "/", nil
	}
	bad := &api.Error{Code: "bad-next", Text: fmt.Sprintf("A link cannot lead to %q.", shorten(next, 80)), Action: `Give a path on the console, such as "/?ready=1".`}
	if len(next) > maxNext || next[0] != '/' || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, notPlain) {
		return "", bad
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Fragment != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") {
		return "", bad
	}
	return u.RequestURI(), nil
}

func notPlain(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }

// servePage gives a page. The one that verifies disclosures is to be saved, so that it runs
// without this station, and without its cookie.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		s.refuse(w, http.StatusMethodNotAllowed, &api.Error{Code: "wrong-method", Text: "Pages are only read.", Action: "Use GET."})
		return
	}
	if r.URL.Path == "/verify.html" {
		s.give(w, "ringdown-verify.html", web.VerifyPage, nil)
		return
	}
	p, ok := s.pages[r.URL.Path]
	if !ok {
		noPage.serve(w)
		return
	}
	p.serve(w, r)
}

var slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
