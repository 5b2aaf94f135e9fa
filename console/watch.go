package console

import (
	"net/http"
	"regexp"
	"unicode/utf8"

	"ringdown/api"
)

// A Watch is who is on duty at the station, and who should be.
type Watch interface {
	// WatchBook is all that is kept, and the roster of some days from one on; from is "" or a date.
	WatchBook(from string, days int) (*api.WatchBook, error)

	// SetWatch puts other settings in force.
	SetWatch(who api.Person, m api.WatchSettings) error

	// WatchAct carries out "take", "hand", "leave", "here" or "acknowledge".
	WatchAct(act string, who api.Person, m api.WatchAct) error
}

const (
	maxSettings = 256 << 10 // bytes
	maxDays     = 35        // of a roster shown at once
	maxNote     = 1000      // characters
)

var bookParameters = []string{"from", "days"}

// watchRoutes is what both doors lead to in the watch.
func (s *Server) watchRoutes(mux *routes) {
	mux.HandleFunc("GET /api/watch", s.getWatch)
	mux.HandleFunc("PUT /api/watch", s.putWatch)
	mux.HandleFunc("POST /api/watch/take", s.watchAct("take"))
	mux.HandleFunc("POST /api/watch/hand", s.watchAct("hand"))
	mux.HandleFunc("POST /api/watch/leave", s.watchAct("leave"))
	mux.HandleFunc("POST /api/watch/here", s.watchAct("here"))
	mux.HandleFunc("POST /api/watch/acknowledge", s.watchAct("acknowledge"))
}

var datePattern = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

func (s *Server) getWatch(w http.ResponseWriter, r *http.Request) {
	var days int64
	v, err := parameters(r, bookParameters)
	if err == nil {
		err = whole(v, "days", maxDays, &days)
	}
	if from := v.Get("from"); err == nil && from != "" && !datePattern.MatchString(from) {
		err = badValue("from is %q, want a day like 2026-11-23", shorten(from, 40))
	}
	if err != nil {
		s.done(w, err)
		return
	}
	book, err := s.st.WatchBook(v.Get("from"), int(days))
	s.answer(w, book, err)
}

func (s *Server) putWatch(w http.ResponseWriter, r *http.Request) {
	var m api.WatchSettings
	err := noQuery(r, nil)
	if err == nil {
		err = decodeBody(r, &m)
	}
	if err == nil {
		err = s.st.SetWatch(visitorOf(r).person, m)
	}
	s.done(w, err)
}

// watchAct serves one act of an officer.
func (s *Server) watchAct(act string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var m api.WatchAct
		err := noQuery(r, nil)
		if err == nil {
			err = decodeBody(r, &m)
		}
		if err == nil {
			err = checkWatchAct(act, m, visitorOf(r))
		}
		if err == nil {
			err = s.st.WatchAct(act, visitorOf(r).person, m)
		}
		s.done(w, err)
	}
}

// checkWatchAct holds an act to its own fields. Only a program on this machine says as whom it acts.
func checkWatchAct(act string, m api.WatchAct, who visitor) error {
	hands := act == "hand"
	switch {
	case !isConsole(m.Console):
		return badRequest("console is %q, want the id of a console", shorten(m.Console, maxID))
	case m.As != "" && !who.local:
		return badRequest("as is for the local socket alone")
	case m.To != nil && !hands:
		return badRequest("to goes with hand alone")
	case m.Note != "" && !hands && act != "leave":
		return badRequest("note goes with hand and leave alone")
	case m.UpTo != nil && act != "acknowledge":
		return badRequest("up_to goes with acknowledge alone")
	case utf8.RuneCountInString(m.Note) > maxNote:
		return badValue("note has %d characters, want at most %d", utf8.RuneCountInString(m.Note), maxNote)
	}
	return nil
}

// isConsole accepts the id of a console, or none.
func isConsole(id string) bool {
	for _, c := range id {
		if notHex(c) {
			return false
		}
	}
	return len(id) <= maxID
}
