package console

import (
	"context"
	"fmt"
	"net/http"
	"unicode/utf8"

	"ringdown/api"
)

// Presences is what a station offers for the proof that a principal's key was touched. Errors are
// *api.Error or nil.
type Presences interface {
	// AskPresence waits, a few seconds at most, for the other side's nonce.
	AskPresence(ctx context.Context, slug string, r api.TouchRequest) (api.Touch, error)
	ClaimPresence(slug string, t api.Touched) error

	// NewKey and AddKey register a principal's key: what it answered is proposed to the other side.
	NewKey(slug string, r api.KeyRequest) (api.NewKey, error)
	AddKey(slug string, k api.CreatedKey) error
}

// presenceRoutes is what both doors lead to.
func (s *Server) presenceRoutes(mux *routes) {
	mux.HandleFunc("POST /api/lines/{line}/presence/ask", s.postPresenceAsk)
	mux.HandleFunc("POST /api/lines/{line}/presence/claim", s.postPresenceClaim)
	mux.HandleFunc("POST /api/lines/{line}/presence/keys/new", s.postNewKey)
	mux.HandleFunc("POST /api/lines/{line}/presence/keys", s.postKey)
}

func (s *Server) postPresenceAsk(w http.ResponseWriter, r *http.Request) {
	var ask api.TouchRequest
	line, err := presenceRequest(r, &ask)
	if err == nil {
		err = checkKeyName(ask.Name)
	}
	if err != nil {
		s.done(w, err)
		return
	}
	touch, err := s.st.AskPresence(r.Context(), line, ask)
	s.answer(w, touch, err)
}

func (s *Server) postPresenceClaim(w http.ResponseWriter, r *http.Request) {
	var touched api.Touched
	line, err := presenceRequest(r, &touched)
	if err == nil {
		err = s.st.ClaimPresence(line, touched)
	}
	s.done(w, err)
}

func (s *Server) postNewKey(w http.ResponseWriter, r *http.Request) {
	var ask api.KeyRequest
	line, err := presenceRequest(r, &ask)
	if err == nil {
		err = checkKeyName(ask.Name)
	}
	if err != nil {
		s.done(w, err)
		return
	}
	k, err := s.st.NewKey(line, ask)
	s.answer(w, k, err)
}

func (s *Server) postKey(w http.ResponseWriter, r *http.Request) {
	var k api.CreatedKey
	line, err := presenceRequest(r, &k)
	if err == nil {
		err = s.st.AddKey(line, k)
	}
	s.done(w, err)
}

// presenceRequest reads the line that a request names, and its body.
func presenceRequest(r *http.Request, into any) (line string, err error) {
	line = r.PathValue("line")
	if !slugPattern.MatchString(line) {
		return "", noSuchLine(line)
	}
	if err := noQuery(r, nil); err != nil {
		return "", err
	}
	return line, decodeBody(r, into)
}

// maxKeyBody bounds a new key's answer: it may bring certificates.
const maxKeyBody = 48 << 10

// mostKeyName is how long the name of a principal may be, in bytes.
const mostKeyName = 160

func checkKeyName(name string) error {
	if name == "" || len(name) > mostKeyName || !utf8.ValidString(name) {
		return &api.Error{Code: "bad-request", Text: fmt.Sprintf("A principal's name has 1 to %d bytes of text; this has %d.", mostKeyName, len(name)), Action: "Name a principal of this side."}
	}
	return nil
}
