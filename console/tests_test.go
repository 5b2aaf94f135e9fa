package console

import (
	"context"

	"ringdown/api"
)

func (f *fakeStation) StartTest(_ context.Context, line string, who api.Person, m api.StartTest) (api.Written, error) {
	f.told <- line + " test " + who.Name + m.Name
	return api.Written{Key: "us/7"}, nil
}

func (f *fakeStation) ReadBack(_ context.Context, line string, who api.Person, m api.ReadBack) (api.Written, error) {
	f.told <- line + " read back " + m.Key + " " + m.Words
	return api.Written{Key: "us/8"}, nil
}

func (f *fakeStation) Suspend(_ context.Context, line string, who api.Person, m api.Suspend) (api.Written, error) {
	f.told <- line + " suspend " + m.Reason
	return api.Written{Key: "us/9"}, nil
}

func (f *fakeStation) Resume(_ context.Context, line string, who api.Person, m api.Resume) (api.Written, error) {
	f.told <- line + " resume"
	return api.Written{Key: "us/10"}, nil
}

func (f *fakeStation) Webhooks() []api.Webhook {
	return []api.Webhook{{Name: "horn", To: "http://192.0.2.7"}}
}

func (f *fakeStation) TestWebhook(_ context.Context, name string) (api.WebhookResult, error) {
	if name != "horn" {
		return api.WebhookResult{}, &api.Error{Code: "no-such-webhook", Text: "There is no such webhook."}
	}
	return api.WebhookResult{Name: name, Arrived: true}, nil
}
