package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ringdown/api"
)

func (f *fakeStation) WatchBook(from string, days int) (*api.WatchBook, error) {
	return &api.WatchBook{Today: fmt.Sprintf("%q, %d days", from, days)}, nil
}

func (f *fakeStation) SetWatch(_ api.Person, m api.WatchSettings) error {
	if m.Revision != 3 {
		return &api.Error{Code: "changed", Text: "It was changed."}
	}
	return nil
}

func (f *fakeStation) WatchAct(act string, _ api.Person, m api.WatchAct) error {
	if act == "hand" && m.To == nil {
		return &api.Error{Code: "not-yours", Text: "Somebody else has it."}
	}
	return nil
}

// Every request of the watch, as browsers make it: what is understood reaches the station, what is not is refused.
func TestWatchRequests(t *testing.T) {
	s, _ := testServer(t, nil)
	b := entered(t, s)
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/api/watch", "", http.StatusOK},
		{"GET", "/api/watch?from=2026-11-23&days=7", "", http.StatusOK},
		{"GET", "/api/watch?days=36", "", http.StatusBadRequest},
		{"GET", "/api/watch?days=0", "", http.StatusBadRequest},
		{"GET", "/api/watch?from=yesterday", "", http.StatusBadRequest},
		{"GET", "/api/watch?until=2026-11-23", "", http.StatusBadRequest},
		{"PUT", "/api/watch", `{"revision":3,"roster":{"zone":"","weekly":[],"single":[]},"plan":{},"periods":{"here_min":60,"grace_min":5,"ahead_min":30}}`, http.StatusNoContent},
		{"PUT", "/api/watch", `{"revision":2}`, http.StatusConflict},
		{"PUT", "/api/watch", `{"revision":3,"more":1}`, http.StatusBadRequest},
		{"POST", "/api/watch/take", `{"console":"00ff"}`, http.StatusNoContent},
		{"POST", "/api/watch/take", `{"console":"../"}`, http.StatusBadRequest},
		{"POST", "/api/watch/take", `{"as":"A. Weber"}`, http.StatusBadRequest}, // a browser is who it is
		{"POST", "/api/watch/take", `{"note":"x"}`, http.StatusBadRequest},
		{"POST", "/api/watch/hand", `{"to":{"name":"B. Novak"},"note":"quiet"}`, http.StatusNoContent},
		{"POST", "/api/watch/hand", `{}`, http.StatusConflict},
		{"POST", "/api/watch/leave", `{"note":"home"}`, http.StatusNoContent},
		{"POST", "/api/watch/here", `{"to":{"name":"B"}}`, http.StatusBadRequest},
		{"POST", "/api/watch/acknowledge", `{"up_to":"2026-11-22T12:00:00Z"}`, http.StatusNoContent},
		{"POST", "/api/watch/resign", `{}`, http.StatusNotFound},
	} {
		if got := b.request(c.method, c.path, c.body, nil); got.StatusCode != c.want {
			t.Errorf("%s %s %s: %s %s, want %d", c.method, c.path, c.body, got.Status, got.text, c.want)
		}
	}
}

// A note of as many characters as a note may have comes through, whatever they are.
func TestLongestNoteFits(t *testing.T) {
	s, _ := testServer(t, nil)
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	for _, char := range []string{"a", "<", "漢", "\U00020000"} {
		m := api.WatchAct{As: "A. Weber", To: &api.Officer{Name: "B. Novak"}, Note: strings.Repeat(char, maxNote)}
		if err := c.WatchAct(t.Context(), "hand", m); err != nil {
			t.Errorf("%d times %s: %v", maxNote, char, err)
		}
		m.To = nil
		if err := c.WatchAct(t.Context(), "leave", m); err != nil {
			t.Errorf("%d times %s: %v", maxNote, char, err)
		}
	}
}
