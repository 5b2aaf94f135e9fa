package console

import (
	"net/http"
	"regexp"

	"ringdown/api"
)

// Accords is what a station lets people see and change of its accords. All errors are *api.Error or nil.
type Accords interface {
	Accord(slug string) (api.Accord, error)

	// ProposeAccord asks the other side's people for a change, WithdrawProposal takes that back.
	ProposeAccord(slug string, p api.NewProposal) error
	WithdrawProposal(slug string) error

	// ApproveProposal and RefuseProposal answer what the other side asks for, if it is the one of that id.
	ApproveProposal(slug, id string) error
	RefuseProposal(slug, id string) error
}

// accordRoutes is what both doors lead to in the lines' accords.
func (s *Server) accordRoutes(mux *routes) {
	mux.HandleFunc("GET /api/lines/{line}/accord", s.getAccord)
	mux.HandleFunc("POST /api/lines/{line}/accord/propose", s.postProposal)
	mux.HandleFunc("POST /api/lines/{line}/accord/withdraw", s.postWithdrawal)
	mux.HandleFunc("POST /api/lines/{line}/accord/approve", s.postAnswer(s.st.ApproveProposal))
	mux.HandleFunc("POST /api/lines/{line}/accord/refuse", s.postAnswer(s.st.RefuseProposal))
}

// accordLine is the line that a request without a query names; what is wrong with it is answered.
func (s *Server) accordLine(w http.ResponseWriter, r *http.Request) (slug string, ok bool) {
	slug = r.PathValue("line")
	err := error(nil)
	if !slugPattern.MatchString(slug) {
		err = noSuchLine(slug)
	}
	if err = noQuery(r, err); err != nil {
		s.done(w, err)
	}
	return slug, err == nil
}

func (s *Server) getAccord(w http.ResponseWriter, r *http.Request) {
	if slug, ok := s.accordLine(w, r); ok {
		a, err := s.st.Accord(slug)
		s.answer(w, a, err)
	}
}

func (s *Server) postProposal(w http.ResponseWriter, r *http.Request) {
	if slug, ok := s.accordLine(w, r); ok {
		var p api.NewProposal
		err := decodeBody(r, &p)
		if err == nil {
			err = checkNewProposal(&p)
		}
		if err == nil {
			err = s.st.ProposeAccord(slug, p)
		}
		s.done(w, err)
	}
}

func (s *Server) postWithdrawal(w http.ResponseWriter, r *http.Request) {
	if slug, ok := s.accordLine(w, r); ok {
		s.done(w, s.st.WithdrawProposal(slug))
	}
}

// postAnswer approves or refuses.
func (s *Server) postAnswer(give func(slug, id string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if slug, ok := s.accordLine(w, r); ok {
			var a api.ProposalAnswer
			err := decodeBody(r, &a)
			if err == nil && !digestPattern.MatchString(a.ID) {
				err = badRequest("id is %q, want the 64 hexadecimal digits of a proposal", shorten(a.ID, 80))
			}
			if err == nil {
				err = give(slug, a.ID)
			}
			s.done(w, err)
		}
	}
}

var digestPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

const (
	mostTests     = 4
	longestTime   = len("08:00")
	longestRule   = 16
	longestPerson = 256 // 64 characters of up to four bytes
)

// checkNewProposal holds the bounds; what can be agreed is the accord's to say.
func checkNewProposal(p *api.NewProposal) error {
	if len(p.Remove) > longestPerson {
		return badRequest("remove has %d bytes, want the name of a principal", len(p.Remove))
	}
	r := p.Rules
	if r == nil {
		return nil
	}
	if len(r.Watch) > longestRule {
		return badRequest("watch has %d bytes, want the name of a rule", len(r.Watch))
	}
	if len(r.Tests) > mostTests {
		return badRequest("%d times of tests, want at most %d", len(r.Tests), mostTests)
	}
	for _, t := range r.Tests {
		if len(t) > longestTime {
			return badRequest("time of a test is %q, want one like 08:00", shorten(t, 20))
		}
	}
	return nil
}
