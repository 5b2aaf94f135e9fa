package station

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ringdown/api"
)

// The end of a call names who pressed, at whichever console; or nobody, where no person of that side did.
func TestTheEndNamesWhoPressed(t *testing.T) {
	const outsider = "south ended Outsider (officer)"
	hangsUp := func(r *records, who api.Person) {
		if err := r.st[1].HangUp("line0", who); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name         string
		speak, drill bool
		end          func(r *records, weber, petrova, other *phone)
		want         string
	}{
		{"who speaks hangs up", true, false, func(_ *records, _, petrova, _ *phone) { petrova.press("hangup") }, "south ended Petrova (officer)"},
		{"who is not in it hangs up", true, false, func(_ *records, _, _, other *phone) { other.press("hangup") }, outsider},
		{"who is not in it declines", false, false, func(_ *records, _, _, other *phone) { other.press("decline") }, outsider},
		{"who is not in it hangs up while it rings", false, false, func(_ *records, _, _, other *phone) { other.press("hangup") }, outsider},
		{"the caller gives up", false, false, func(_ *records, weber, _, _ *phone) { weber.press("hangup") }, "north ended Weber (officer)"},
		{"a command ends it", true, false, func(r *records, _, _, _ *phone) { hangsUp(r, api.Anyone()) }, "south ended"},
		{"a person without a console ends it", true, false, func(r *records, _, _, other *phone) {
			hangsUp(r, api.Person{ID: "id-Outsider", Name: "Outsider", Roles: []api.Role{api.RoleOfficer}})
		}, outsider},
		{"another calls for real", true, true, func(_ *records, _, _, other *phone) { other.lifts(false) }, outsider},
		{"the station stops", true, false, func(r *records, _, _, _ *phone) { _ = r.st[1].do(r.st[1].endCalls) }, "south ended"},
		{"the console is lost for too long", true, false, func(_ *records, _, petrova, _ *phone) {
			petrova.seat.Detach()
			time.Sleep(11 * time.Minute)
		}, "south ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inRecords(t, 1, func(r *records) {
				r.startAll()
				r.settle(5 * time.Second)
				weber, petrova, other := r.sit(0, "Weber", api.RoleOfficer), r.sit(1, "Petrova", api.RoleOfficer), r.sit(1, "Outsider", api.RoleOfficer)
				weber.lifts(c.drill)
				r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
				if c.speak {
					petrova.press("answer")
					r.within(time.Second, "they speak", r.callIs(0, api.CallActive))
				}
				c.end(r, weber, petrova, other)
				r.settle(10 * time.Second)
				for side := range 2 {
					if got := r.rungs(side); !c.drill && got[len(got)-1] != c.want {
						t.Errorf("side %d shows %q, want %q", side, got, c.want)
					}
					if got := r.endings(side, c.drill); !slices.Contains(got, c.want) || !slices.Contains(got, "north ended") && !slices.Contains(got, "south ended") {
						t.Errorf("side %d tells %q, want %q and an end without a name", side, got, c.want)
					}
				}
			})
		})
	}
}

// endings are the ends of the call, or the drill, in a side's record, with the persons that they name.
func (r *records) endings(side int, drill bool) (list []string) {
	r.t.Helper()
	for _, it := range r.page(side, api.RecordQuery{Kinds: []string{"call"}}).Items {
		for _, s := range it.Call.Steps {
			if it.Call.Drill != drill || s.Step != "ended" {
				continue
			}
			text := name(side, s.By) + " ended"
			if s.Who != "" {
				text += fmt.Sprintf(" %s (%s)", s.Who, s.Role)
			}
			list = append(list, text)
		}
	}
	return list
}
