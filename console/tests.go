package console

import (
	"context"
	"net/http"

	"ringdown/api"
)

// Trials is what a station offers of tests, suspension and webhooks. Errors are *api.Error or nil.
type Trials interface {
	Webhooks() []api.Webhook
	TestWebhook(ctx context.Context, name string) (api.WebhookResult, error)
}

// testRoutes is what both doors lead to.
func (s *Server) testRoutes(mux *routes) {
	mux.HandleFunc("GET /api/webhooks", s.getWebhooks)
	mux.HandleFunc("POST /api/webhooks/{name}/test", s.postWebhookTest)
}

func (s *Server) getWebhooks(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, http.StatusOK, s.st.Webhooks())
}

func (s *Server) postWebhookTest(w http.ResponseWriter, r *http.Request) {
	result, err := s.st.TestWebhook(r.Context(), shorten(r.PathValue("name"), 40))
	s.answer(w, result, err)
}
