package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ringdown/api"
)

// A rule names the roles of which a person needs one. The zero rule allows nobody.
type rule []api.Role

// anybody stands in a rule for those who are to log in, and for strangers.
const anybody api.Role = "anybody"

// The rules there are.
var (
	reads   = rule{api.RoleOfficer, api.RolePrincipal, api.RoleObserver, api.RoleAdministrator}
	acts    = rule{api.RoleOfficer, api.RolePrincipal}       // speaks and writes to the other side
	watches = rule{api.RoleOfficer}                          // has the watch
	decides = rule{api.RolePrincipal, api.RoleAdministrator} // binds the organisation
	governs = rule{api.RoleAdministrator}                    // the station itself
	open    = rule{anybody}                                  // how to get in
)

// requestRules is who may ask what over HTTP, at both doors: the one place where that is said. A
// request that is not here is refused to everybody.
var requestRules = map[string]rule{
	"/api/":           reads, // what there is not
	"GET /api/status": reads,
	"GET /api/ws":     reads, // then each message: socketRules

	"POST /api/lines/{line}/hangup": acts,
	"POST /api/reload":              governs,
	"POST /api/token":               governs,
	"DELETE /api/sessions":          governs,
	"POST /api/backup":              governs,

	"GET /api/lines/{line}/record":              reads,
	"GET /api/lines/{line}/record/{key...}":     reads,
	"GET /api/lines/{line}/files/{key...}":      reads,
	"GET /api/lines/{line}/matters":             reads,
	"GET /api/lines/{line}/export":              reads,
	"GET /api/lines/{line}/report":              reads,
	"GET /api/lines/{line}/disclosures":         reads,
	"GET /api/lines/{line}/disclosures/{id...}": reads,
	"POST /api/lines/{line}/messages":           acts,
	"POST /api/lines/{line}/files":              acts,
	"POST /api/lines/{line}/read":               acts,
	"POST /api/lines/{line}/withdraw":           acts,
	"POST /api/lines/{line}/matters":            acts,
	"POST /api/lines/{line}/disclosures":        decides,
	"POST /api/lines/{line}/disclosures/answer": decides,

	"POST /api/lines/{line}/presence/ask":      acts, // the key itself says whose it is
	"POST /api/lines/{line}/presence/claim":    acts,
	"POST /api/lines/{line}/presence/keys/new": governs,
	"POST /api/lines/{line}/presence/keys":     governs,

	"GET /api/lines/{line}/accord":           reads,
	"POST /api/lines/{line}/accord/propose":  governs,
	"POST /api/lines/{line}/accord/withdraw": governs,
	"POST /api/lines/{line}/accord/approve":  governs,
	"POST /api/lines/{line}/accord/refuse":   governs,

	"GET /api/people":            governs,
	"POST /api/people":           governs,
	"POST /api/people/{id}/link": governs,
	"PUT /api/people/{id}/roles": governs,
	"DELETE /api/people/{id}":    governs,

	"GET /api/me":            open,
	"POST /api/enrol/begin":  open,
	"POST /api/enrol/finish": open,
	"POST /api/login/begin":  open,
	"POST /api/login/finish": open,
	"POST /api/logout":       open,

	"GET /api/watch":              reads,
	"PUT /api/watch":              governs,
	"POST /api/watch/take":        watches,
	"POST /api/watch/hand":        watches,
	"POST /api/watch/here":        watches,
	"POST /api/watch/leave":       watches,
	"POST /api/watch/acknowledge": watches,

	"POST /api/lines/{line}/test":           acts,
	"POST /api/lines/{line}/test/read-back": acts,
	"POST /api/lines/{line}/suspend":        decides,
	"POST /api/lines/{line}/resume":         decides,

	"GET /api/webhooks":              reads,
	"POST /api/webhooks/{name}/test": governs,
}

// socketRules is who may send which message on the WebSocket. "join" is to listen, and "join, to
// speak" the same with leave to speak. A type that is not here is refused to everybody.
var socketRules = map[string]rule{
	"attach": reads,
	"pong":   reads,
	"sdp":    reads,
	"mute":   reads,
	"join":   reads,
	"leave":  reads,

	"ready":          acts, // it counts as ringing
	"ringing":        acts,
	"shown":          acts, // a receipt to the other side
	"call":           acts,
	"answer":         acts,
	"decline":        acts,
	"hangup":         acts,
	"join, to speak": acts,
	"hand":           acts,
	"ask-principal":  acts,
	"fetching":       acts,
	"present":        acts,
}

// socketAct is what a message does, as socketRules names it.
func socketAct(m api.ToStation) string {
	if m.Type == "join" && m.On {
		return "join, to speak"
	}
	return m.Type
}

// check refuses who has none of the roles.
func (u rule) check(p api.Person) *api.Error {
	if p.Is(u...) || slices.Contains(u, anybody) {
		return nil
	}
	if len(u) == 0 {
		return &api.Error{Code: "not-allowed", Text: "Nobody may do this: the station has no rule for it.", Action: "Load the page again: it may be older than the station."}
	}
	return &api.Error{Code: "not-allowed", Text: fmt.Sprintf("Only %s may do this; %s is %s.", roleWords(u, " or "), called(p), roleWords(p.Roles, " and ")),
		Action: "Log in as somebody who may, or ask an administrator for the role."}
}

// called names a person in a sentence.
func called(p api.Person) string {
	if p.Name == "" {
		return "this console"
	}
	return p.Name
}

var roleWord = map[api.Role]string{
	api.RoleOfficer: "a watch officer", api.RolePrincipal: "a principal", api.RoleObserver: "an observer", api.RoleAdministrator: "an administrator",
}

// roleWords lists roles in a sentence, in their own order.
func roleWords(roles []api.Role, join string) string {
	var words []string
	for _, r := range api.Roles {
		if slices.Contains(roles, r) {
			words = append(words, roleWord[r])
		}
	}
	if len(words) == 0 {
		return "nothing here"
	}
	if n := len(words); n > 2 {
		words = []string{strings.Join(words[:n-1], ", "), words[n-1]}
	}
	return strings.Join(words, join)
}

// routes is a [http.ServeMux] whose requests each pass their rule first.
type routes struct {
	s        *Server
	mux      *http.ServeMux
	patterns []string
}

// HandleFunc registers a request. Without a rule it is refused to everybody.
func (t *routes) HandleFunc(pattern string, f http.HandlerFunc) {
	t.patterns = append(t.patterns, pattern)
	t.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if e := requestRules[pattern].check(visitorOf(r).person); e != nil {
			t.s.refuse(w, http.StatusForbidden, e)
			return
		}
		f(w, r)
	})
}

func (t *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }

// open says whether a request is for those too who are to log in.
func (t *routes) open(r *http.Request) bool {
	_, pattern := t.mux.Handler(r)
	return slices.Contains(requestRules[pattern], anybody)
}
