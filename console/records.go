package console

import (
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"ringdown/api"
)

// recordRoutes is what both doors lead to in the lines' records.
func (s *Server) recordRoutes(mux *routes) {
	mux.HandleFunc("GET /api/lines/{line}/record", s.getRecord)
	mux.HandleFunc("GET /api/lines/{line}/record/{key...}", s.getItem)
	mux.HandleFunc("POST /api/lines/{line}/messages", s.postMessage)
	mux.HandleFunc("POST /api/lines/{line}/files", s.postFile)
	mux.HandleFunc("GET /api/lines/{line}/files/{key...}", s.getFile)
	mux.HandleFunc("POST /api/lines/{line}/read", s.postRead)
	mux.HandleFunc("POST /api/lines/{line}/withdraw", s.postWithdraw)
	mux.HandleFunc("GET /api/lines/{line}/matters", s.getMatters)
	mux.HandleFunc("POST /api/lines/{line}/matters", s.postMatter)
	mux.HandleFunc("GET /api/lines/{line}/export", s.getExport)
	mux.HandleFunc("GET /api/lines/{line}/report", s.getReport)
	mux.HandleFunc("GET /api/lines/{line}/disclosures", s.getDisclosures)
	mux.HandleFunc("POST /api/lines/{line}/disclosures", s.postDisclosure)
	mux.HandleFunc("POST /api/lines/{line}/disclosures/answer", s.postDisclosureAnswer)
	mux.HandleFunc("GET /api/lines/{line}/disclosures/{id...}", s.getDisclosureFile)
}

// record finds the record of the line that a request names, and answers if there is none.
func (s *Server) record(w http.ResponseWriter, r *http.Request) (Record, bool) {
	rec, err := Record(nil), error(noSuchLine(r.PathValue("line")))
	if slugPattern.MatchString(r.PathValue("line")) {
		rec, err = s.st.Record(r.PathValue("line"))
	}
	if err != nil {
		s.done(w, err)
		return nil, false
	}
	return rec, true
}

func (s *Server) getRecord(w http.ResponseWriter, r *http.Request) {
	rec, ok := s.record(w, r)
	if !ok {
		return
	}
	q, err := recordQuery(r, pageParameters)
	if err == nil && q.Search != "" {
		err = s.within(s.searches, r)
	}
	if err != nil {
		s.done(w, err)
		return
	}
	page, err := rec.Page(r.Context(), q)
	s.answer(w, page, err)
}

func (s *Server) getItem(w http.ResponseWriter, r *http.Request) {
	if rec, ok := s.record(w, r); ok {
		key := r.PathValue("key")
		if err := noQuery(r, checkKey("key", key, anyKey)); err != nil {
			s.done(w, err)
			return
		}
		item, err := rec.Item(r.Context(), key)
		s.answer(w, item, err)
	}
}

func (s *Server) postMessage(w http.ResponseWriter, r *http.Request) {
	var m api.NewMessage
	if rec, ok := s.asked(w, r, &m, func() error { return checkNewMessage(&m) }); ok {
		written, err := rec.Send(r.Context(), m)
		s.answer(w, written, err)
	}
}

func (s *Server) postRead(w http.ResponseWriter, r *http.Request) {
	var m api.Marks
	if rec, ok := s.asked(w, r, &m, func() error { return checkMarks(&m, theirKey) }); ok {
		s.done(w, rec.Read(r.Context(), visitorOf(r).person, m))
	}
}

func (s *Server) postWithdraw(w http.ResponseWriter, r *http.Request) {
	var m api.Marks
	if rec, ok := s.asked(w, r, &m, func() error { return checkMarks(&m, waitingKey) }); ok {
		s.done(w, rec.Withdraw(r.Context(), m.Keys))
	}
}

func (s *Server) getMatters(w http.ResponseWriter, r *http.Request) {
	if rec, ok := s.asked(w, r, nil, nil); ok {
		list, err := rec.Matters(r.Context())
		s.answer(w, orNone(list), err)
	}
}

func (s *Server) postMatter(w http.ResponseWriter, r *http.Request) {
	var act api.MatterAct
	if rec, ok := s.asked(w, r, &act, func() error { return checkMatterAct(&act) }); ok {
		written, err := rec.Matter(r.Context(), act)
		s.answer(w, written, err)
	}
}

func (s *Server) getDisclosures(w http.ResponseWriter, r *http.Request) {
	if rec, ok := s.asked(w, r, nil, nil); ok {
		list, err := rec.Disclosures(r.Context())
		s.answer(w, orNone(list), err)
	}
}

func (s *Server) postDisclosure(w http.ResponseWriter, r *http.Request) {
	var d api.NewDisclosure
	check := func() error { return first(checkNewDisclosure(&d), s.within(s.exports, r)) }
	if rec, ok := s.asked(w, r, &d, check); ok {
		s.takeTime(w)
		made, err := rec.Disclose(r.Context(), d)
		s.answer(w, made, err)
	}
}

func (s *Server) postDisclosureAnswer(w http.ResponseWriter, r *http.Request) {
	var a api.DisclosureAnswer
	if rec, ok := s.asked(w, r, &a, func() error { return checkKey("key", a.Key, theirKey) }); ok {
		written, err := rec.AnswerDisclosure(r.Context(), a)
		s.answer(w, written, err)
	}
}

// postBackup writes a backup; only on the local socket.
func (s *Server) postBackup(w http.ResponseWriter, r *http.Request) {
	var ask api.BackupRequest
	err := noQuery(r, nil)
	if err == nil {
		err = decodeBody(r, &ask)
	}
	if err == nil && (!filepath.IsAbs(ask.File) || len(ask.File) > maxPath || filepath.Clean(ask.File) != ask.File) {
		err = badRequest("file is %q, want an absolute path of at most %d bytes, without . and ..", shorten(ask.File, 200), maxPath)
	}
	if err == nil {
		s.takeTime(w)
		err = s.st.Backup(r.Context(), ask.File)
	}
	s.done(w, err)
}

// asked finds the record of a request without query, reads its body into into, unless that is
// nil, and has it checked. What it refuses it answers.
func (s *Server) asked(w http.ResponseWriter, r *http.Request, into any, check func() error) (Record, bool) {
	rec, ok := s.record(w, r)
	if !ok {
		return nil, false
	}
	err := noQuery(r, nil)
	if err == nil && into != nil {
		if err = decodeBody(r, into); err == nil {
			err = check()
		}
	}
	if err != nil {
		s.done(w, err)
	}
	return rec, err == nil
}

// answer replies with what a verb gave.
func (s *Server) answer(w http.ResponseWriter, body any, err error) {
	if err != nil {
		s.done(w, err)
		return
	}
	s.reply(w, http.StatusOK, body)
}

// within counts a request that costs much. What runs on this machine is not counted.
func (s *Server) within(limit *limiter[digest], r *http.Request) error {
	if who := visitorOf(r); !who.local && !limit.allow(time.Now(), who.session) {
		return errTooOften
	}
	return nil
}

// orNone makes a list that programs can read: [] and never null.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func noSuchLine(line string) *api.Error {
	return &api.Error{Code: "no-such-line", Text: fmt.Sprintf("This station has no line %q.", shorten(line, 40)), Action: `See the lines with "ringdown status".`}
}
