package main

import (
	"strings"
	"testing"

	"ringdown/api"
)

// Whoever follows a call at the command line learns who speaks there, and how far the principals are.
func TestCallSaysWhoAndThePrincipals(t *testing.T) {
	step := func(by, name, who string, role api.Role, minutes int) api.Step {
		return api.Step{Name: name, By: by, Who: who, Role: role, Minutes: minutes}
	}
	c := &api.Call{State: api.CallActive, Steps: []api.Step{step("us", "called", "Ilse", api.RoleOfficer, 0), step("them", "answered", "Petra\x1b", api.RoleOfficer, 0)}}
	for _, next := range []struct {
		step api.Step
		want string
	}{
		{step("us", "asked", "", "", 0), "; here: the other principal asked for"},
		{step("them", "fetching", "Karl", "", 5), "; there: Karl expected in 5 min; here: the other principal asked for"},
		{step("them", "present", "", "", 0), "; there: the principal is there; here: the other principal asked for"},
		{step("us", "fetching", "", "", 0), "; there: the principal is there; here: the principal is fetched"},
	} {
		c.Steps = append(c.Steps, next.step)
		got := describe(c, "South")
		if !strings.HasSuffix(got, next.want) || !strings.Contains(got, "in call with South since ") || !strings.Contains(got, "; with Petra") || strings.Contains(got, "\x1b") {
			t.Errorf("after %q: %q, want Petra and at its end %q", next.step.Name, got, next.want)
		}
	}
	c.Steps = append(c.Steps, step("them", "handed", "Karl", api.RolePrincipal, 0))
	if got := describe(c, "South"); !strings.Contains(got, "; with Karl, principal;") {
		t.Errorf("handed over: %q", got)
	}
}
