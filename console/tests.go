package console

import (
	"context"
	"net/http"

	"ringdown/api"
)

// Trials is what a station offers of tests, suspension and webhooks. Errors are *api.Error or nil.
type Trials interface {
	StartTest(ctx context.Context, line string, who api.Person, m api.StartTest) (api.Written, error)
	ReadBack(ctx context.Context, line string, who api.Person, m api.ReadBack) (api.Written, error)
	Suspend(ctx context.Context, line string, who api.Person, m api.Suspend) (api.Written, error)
	Resume(ctx context.Context, line string, who api.Person, m api.Resume) (api.Written, error)

	Webhooks() []api.Webhook
	TestWebhook(ctx context.Context, name string) (api.WebhookResult, error)
}

const (
	maxSaid    = 256 // bytes of what a test or a suspension says
	maxHookLen = 40  // bytes of a webhook's name
)

// testRoutes is what both doors lead to.
func (s *Server) testRoutes(mux *routes) {
	mux.HandleFunc("POST /api/lines/{line}/test", s.postTest)
	mux.HandleFunc("POST /api/lines/{line}/test/read-back", s.postReadBack)
	mux.HandleFunc("POST /api/lines/{line}/suspend", s.postSuspend)
	mux.HandleFunc("POST /api/lines/{line}/resume", s.postResume)
	mux.HandleFunc("GET /api/webhooks", s.getWebhooks)
	mux.HandleFunc("POST /api/webhooks/{name}/test", s.postWebhookTest)
}

func (s *Server) postTest(w http.ResponseWriter, r *http.Request) {
	var m api.StartTest
	if _, ok := s.asked(w, r, &m, func() error { return checkText("name", m.Name, maxWho) }); ok {
		written, err := s.st.StartTest(r.Context(), r.PathValue("line"), visitorOf(r).person, m)
		s.answer(w, written, err)
	}
}

func (s *Server) postReadBack(w http.ResponseWriter, r *http.Request) {
	var m api.ReadBack
	if _, ok := s.asked(w, r, &m, func() error { return checkReadBack(&m) }); ok {
		written, err := s.st.ReadBack(r.Context(), r.PathValue("line"), visitorOf(r).person, m)
		s.answer(w, written, err)
	}
}

func checkReadBack(m *api.ReadBack) error {
	if m.Words == "" {
		return badRequest("words is empty, want what was read")
	}
	if err := first(checkText("name", m.Name, maxWho), checkText("words", m.Words, maxSaid)); err != nil || m.Key == "" {
		return err
	}
	return checkKey("key", m.Key, theirKey)
}

func (s *Server) postSuspend(w http.ResponseWriter, r *http.Request) {
	var m api.Suspend
	check := func() error { return first(checkText("name", m.Name, maxWho), checkText("reason", m.Reason, maxSaid)) }
	if _, ok := s.asked(w, r, &m, check); ok {
		written, err := s.st.Suspend(r.Context(), r.PathValue("line"), visitorOf(r).person, m)
		s.answer(w, written, err)
	}
}

func (s *Server) postResume(w http.ResponseWriter, r *http.Request) {
	var m api.Resume
	if _, ok := s.asked(w, r, &m, func() error { return checkText("name", m.Name, maxWho) }); ok {
		written, err := s.st.Resume(r.Context(), r.PathValue("line"), visitorOf(r).person, m)
		s.answer(w, written, err)
	}
}

func (s *Server) getWebhooks(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, http.StatusOK, s.st.Webhooks())
}

func (s *Server) postWebhookTest(w http.ResponseWriter, r *http.Request) {
	result, err := s.st.TestWebhook(r.Context(), shorten(r.PathValue("name"), maxHookLen))
	s.answer(w, result, err)
}
