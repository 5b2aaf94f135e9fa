package console

import (
	"net/http"
	"strings"
	"testing"

	"ringdown/api"
)

func (f *fakeStation) Accord(slug string) (api.Accord, error) {
	return api.Accord{Line: slug, Proposals: []api.Proposal{}}, f.record.ask("accord %s", slug)
}

func (f *fakeStation) ProposeAccord(slug string, p api.NewProposal) error {
	if p.Rules != nil {
		return f.record.ask("propose %s %v", slug, *p.Rules)
	}
	return f.record.ask("propose %s remove %s", slug, p.Remove)
}

func (f *fakeStation) WithdrawProposal(slug string) error { return f.record.ask("withdraw %s", slug) }

func (f *fakeStation) ApproveProposal(slug, id string) error {
	return f.record.ask("approve %s %s", slug, id)
}

func (f *fakeStation) RefuseProposal(slug, id string) error {
	return f.record.ask("refuse %s %s", slug, id)
}

var someProposal = strings.Repeat("0123456789abcdef", 4)

// What is asked of an accord reaches the station as it was asked.
func TestAccordRequests(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	for _, c := range []struct {
		method, path, body string
		status             int
		asked              string
	}{
		{"GET", "accord", "", 200, "accord south"},
		{"POST", "accord/propose", `{"rules":{"watch":"names","tests":["06:00"],"suspended_text":true}}`, 204, "propose south {names [06:00] true}"},
		{"POST", "accord/propose", `{"remove":"I. Petrova"}`, 204, "propose south remove I. Petrova"},
		{"POST", "accord/withdraw", "", 204, "withdraw south"},
		{"POST", "accord/approve", `{"id":"` + someProposal + `"}`, 204, "approve south " + someProposal},
		{"POST", "accord/refuse", `{"id":"` + someProposal + `"}`, 204, "refuse south " + someProposal},
	} {
		got := b.request(c.method, "/api/lines/south/"+c.path, c.body, nil)
		if asked := st.record.last(); got.StatusCode != c.status || asked != c.asked {
			t.Errorf("%s %s: %s %q, the station was asked %q, want %q", c.method, c.path, got.Status, got.text, asked, c.asked)
		}
	}
}

// What no accord can be asked reaches no station.
func TestAccordBounds(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	for _, c := range []struct{ method, path, body, text string }{
		{"GET", "accord?x=1", "", "the query"},
		{"POST", "accord/propose?x=1", `{"remove":"x"}`, "the query"},
		{"POST", "accord/propose", `{"ends":[]}`, "unknown field"},
		{"POST", "accord/propose", `{"remove":"` + strings.Repeat("x", 257) + `"}`, "remove has 257 bytes"},
		{"POST", "accord/propose", `{"rules":{"watch":"everything of it"}}{}`, "more follows"},
		{"POST", "accord/propose", `{"rules":{"watch":"` + strings.Repeat("x", 17) + `"}}`, "watch has 17 bytes"},
		{"POST", "accord/propose", `{"rules":{"watch":"count","tests":["1","2","3","4","5"]}}`, "5 times of tests"},
		{"POST", "accord/propose", `{"rules":{"watch":"count","tests":["08:00:00"]}}`, "time of a test"},
		{"POST", "accord/approve", `{}`, `id is ""`},
		{"POST", "accord/approve", `{"id":"` + someProposal[1:] + `"}`, "id is"},
		{"POST", "accord/refuse", `{"id":"` + strings.ToUpper(someProposal) + `"}`, "id is"},
	} {
		got := b.request(c.method, "/api/lines/south/"+c.path, c.body, nil)
		if got.StatusCode != http.StatusBadRequest || !strings.Contains(got.text, strings.ReplaceAll(c.text, `"`, `\"`)) {
			t.Errorf("%s %s %s: %s %q, want 400 with %q", c.method, c.path, shorten(c.body, 60), got.Status, got.text, c.text)
		}
		if asked := st.record.last(); asked != "" {
			t.Errorf("%s %s: the station was asked %q", c.method, c.path, asked)
		}
	}
	if got := b.request("GET", "/api/lines/South/accord", "", nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("a line that cannot be: %s", got.Status)
	}
}
