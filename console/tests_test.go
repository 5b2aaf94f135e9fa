package console

import (
	"context"

	"ringdown/api"
)

func (f *fakeStation) Webhooks() []api.Webhook {
	return []api.Webhook{{Name: "horn", To: "http://192.0.2.7"}}
}

func (f *fakeStation) TestWebhook(_ context.Context, name string) (api.WebhookResult, error) {
	if name != "horn" {
		return api.WebhookResult{}, &api.Error{Code: "no-such-webhook", Text: "There is no such webhook."}
	}
	return api.WebhookResult{Name: name, Arrived: true}, nil
}
