package console

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"ringdown/api"
)

func (f *fakeStation) AskPresence(_ context.Context, slug string, r api.TouchRequest) (api.Touch, error) {
	if r.Name != "A. Weber" {
		return api.Touch{}, &api.Error{Code: "no-such-key", Text: "There is no such key.", Action: "Register one."}
	}
	return api.Touch{Call: "c", Nonce: slug, Challenge: "AA", RPID: "localhost", Credential: "AA", TimeoutMS: 1}, nil
}

func (f *fakeStation) ClaimPresence(slug string, t api.Touched) error {
	if t.Nonce != slug {
		return &api.Error{Code: "no-such-touch", Text: "There is none.", Action: "Begin again."}
	}
	return nil
}

func (f *fakeStation) NewKey(_ string, r api.KeyRequest) (api.NewKey, error) {
	return api.NewKey{Name: r.Name, RPID: r.Origin, Exclude: []string{}}, nil
}

func (f *fakeStation) AddKey(_ string, k api.CreatedKey) error {
	if k.Challenge != "AA" {
		return &api.Error{Code: "no-such-touch", Text: "There is none.", Action: "Begin again."}
	}
	return nil
}

func TestPresenceRequests(t *testing.T) {
	s, _ := testServer(t, nil)
	b := entered(t, s)
	for _, ask := range []struct {
		path, body string
		status     int
	}{
		{"ask", `{"name":"A. Weber"}`, http.StatusOK},
		{"ask", `{"name":"Nobody"}`, http.StatusNotFound},
		{"ask", `{"name":""}`, http.StatusBadRequest},
		{"ask", `{"name":"` + strings.Repeat("a", mostKeyName+1) + `"}`, http.StatusBadRequest},
		{"ask", `{"name":"A. Weber","more":1}`, http.StatusBadRequest},
		{"ask?x=1", `{"name":"A. Weber"}`, http.StatusBadRequest},
		{"claim", `{"nonce":"south","authenticator_data":"","client_data":"","signature":""}`, http.StatusNoContent},
		{"claim", `{"nonce":"other"}`, http.StatusNotFound},
		{"claim", `{`, http.StatusBadRequest},
		{"keys/new", `{"name":"A. Weber","origin":"http://localhost"}`, http.StatusOK},
		{"keys/new", `{"name":"","origin":"http://localhost"}`, http.StatusBadRequest},
		{"keys", `{"challenge":"AA","client_data":"` + strings.Repeat("A", 20<<10) + `","attestation":""}`, http.StatusNoContent},
		{"keys", `{"challenge":"AB"}`, http.StatusNotFound},
	} {
		got := b.request("POST", "/api/lines/south/presence/"+ask.path, ask.body, nil)
		if got.StatusCode != ask.status {
			t.Errorf("%s %s: %s with %q, want %d", ask.path, ask.body, got.Status, got.text, ask.status)
		}
	}
}
