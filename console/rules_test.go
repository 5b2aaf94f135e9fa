package console

import (
	"go/ast"
	"go/parser"
	source "go/token"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringdown/api"
)

// TestEveryRequestHasARule: what is asked over HTTP, at either door, stands in the table.
func TestEveryRequestHasARule(t *testing.T) {
	s, _ := testServer(t, nil)
	all := s.apiRoutes()
	s.localRoutes(all)
	s.doorRoutes(all)
	for _, pattern := range all.patterns {
		if len(requestRules[pattern]) == 0 {
			t.Errorf("%q has no rule", pattern)
		}
	}
	if len(all.patterns) < 20 {
		t.Errorf("only %d requests were looked at", len(all.patterns))
	}
}

// messageTypes are the types that ownFields knows, read from its source.
func messageTypes(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(source.NewFileSet(), "message.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	ast.Inspect(f, func(n ast.Node) bool {
		if fn, ok := n.(*ast.FuncDecl); ok && fn.Name.Name != "ownFields" {
			return false
		}
		if c, ok := n.(*ast.CaseClause); ok {
			for _, e := range c.List {
				text, _ := strconv.Unquote(e.(*ast.BasicLit).Value)
				types = append(types, text)
			}
		}
		return true
	})
	return types
}

// TestEveryMessageHasARule: what a console may send stands in the table.
func TestEveryMessageHasARule(t *testing.T) {
	types := messageTypes(t)
	if len(types) < 11 {
		t.Fatalf("found only the types %q", types)
	}
	for _, kind := range types {
		if len(socketRules[kind]) == 0 {
			t.Errorf("%q has no rule", kind)
		}
	}
}

// TestWithoutARuleNobodyMay: what somebody forgot to put into the table is closed.
func TestWithoutARuleNobodyMay(t *testing.T) {
	s, _ := testServer(t, nil)
	mux := &routes{s: s, mux: http.NewServeMux()}
	mux.HandleFunc("GET /api/forgotten", func(http.ResponseWriter, *http.Request) { t.Error("it was let through") })
	r, _ := http.NewRequest("GET", "/api/forgotten", nil)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, withVisitor(r, visitor{local: true, person: api.Anyone()}))
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "not-allowed") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// TestRules: what each role may do, seen from the roles.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		role    api.Role
		may     string
		mayNot  string
		refused string
	}{
		{api.RoleObserver, "GET /api/status; GET /api/lines/{line}/record; #attach; #sdp; #join; #leave",
			"POST /api/lines/{line}/messages; POST /api/lines/{line}/hangup; POST /api/watch/take; POST /api/lines/{line}/disclosures; POST /api/reload; #ready; #call; #answer; #join, to speak; #hangup; #shown",
			"is an observer"},
		{api.RoleOfficer, "POST /api/lines/{line}/messages; POST /api/watch/take; #call; #ready; #join, to speak",
			"POST /api/lines/{line}/disclosures; PUT /api/watch; POST /api/lines/{line}/accord/approve; POST /api/backup", "is a watch officer"},
		{api.RolePrincipal, "POST /api/lines/{line}/messages; POST /api/lines/{line}/disclosures; #call; #present", "POST /api/watch/take; PUT /api/watch", "is a principal"},
		{api.RoleAdministrator, "GET /api/lines/{line}/record; PUT /api/watch; POST /api/lines/{line}/disclosures", "POST /api/lines/{line}/messages; POST /api/watch/take; #call; #ready", "is an administrator"},
	} {
		p := api.Person{ID: "1", Name: "Anna", Roles: []api.Role{c.role}}
		for _, what := range strings.Split(c.may, "; ") {
			if e := ruleOf(t, what).check(p); e != nil {
				t.Errorf("%s %s: %v", c.role, what, e)
			}
		}
		for _, what := range strings.Split(c.mayNot, "; ") {
			if e := ruleOf(t, what).check(p); e == nil || e.Code != "not-allowed" || !strings.Contains(e.Text, "Anna "+c.refused) {
				t.Errorf("%s %s: %v, want it refused", c.role, what, e)
			}
		}
	}
}

func ruleOf(t *testing.T, what string) rule {
	t.Helper()
	table, name := requestRules, what
	if kind, ok := strings.CutPrefix(what, "#"); ok {
		table, name = socketRules, kind
	}
	u, ok := table[name]
	if !ok {
		t.Fatalf("%q is not in the table, which has %q", name, slices.Sorted(maps.Keys(table)))
	}
	return u
}
