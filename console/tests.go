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
	mux.HandleFunc("POST /api/lines/{line}/test", written(s, checkStartTest, s.st.StartTest))
	mux.HandleFunc("POST /api/lines/{line}/test/read-back", written(s, checkReadBack, s.st.ReadBack))
	mux.HandleFunc("POST /api/lines/{line}/suspend", written(s, checkSuspend, s.st.Suspend))
	mux.HandleFunc("POST /api/lines/{line}/resume", written(s, checkResume, s.st.Resume))
	mux.HandleFunc("GET /api/webhooks", s.getWebhooks)
	mux.HandleFunc("POST /api/webhooks/{name}/test", s.postWebhookTest)
}

// written serves a request of a line's that is entered in its record.
func written[M any](s *Server, check func(*M) error, write func(context.Context, string, api.Person, M) (api.Written, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var m M
		if _, ok := s.asked(w, r, &m, func() error { return check(&m) }); ok {
			key, err := write(r.Context(), r.PathValue("line"), visitorOf(r).person, m)
			s.answer(w, key, err)
		}
	}
}

func checkStartTest(m *api.StartTest) error { return checkText("name", m.Name, maxWho) }

func checkReadBack(m *api.ReadBack) error {
	if m.Words == "" {
		return badRequest("words is empty, want what was read")
	}
	if err := first(checkText("name", m.Name, maxWho), checkText("words", m.Words, maxSaid)); err != nil || m.Key == "" {
		return err
	}
	return checkKey("key", m.Key, theirKey)
}

func checkSuspend(m *api.Suspend) error {
	return first(checkText("name", m.Name, maxWho), checkText("reason", m.Reason, maxSaid))
}

func checkResume(m *api.Resume) error { return checkText("name", m.Name, maxWho) }

func (s *Server) getWebhooks(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, http.StatusOK, s.st.Webhooks())
}

func (s *Server) postWebhookTest(w http.ResponseWriter, r *http.Request) {
	result, err := s.st.TestWebhook(r.Context(), shorten(r.PathValue("name"), maxHookLen))
	s.answer(w, result, err)
}
