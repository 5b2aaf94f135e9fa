package station

import (
	"slices"
	"time"

	"ringdown/api"
	"ringdown/call"
	"ringdown/record"
	"ringdown/wire"
)

// The ladder of a call has two kinds of rungs. Those of the machine (called to ended) travel in
// signals. Those of people (who asked, who is fetched, who joined) travel as entries of the
// record alone: ours stand in the ladder when they are written, the other side's when they
// are here. Who did what the machine tells of comes from the entries too.

// mostRungs is how many rungs of people a ladder shows of each side: the newest. The record has all.
const mostRungs = 24

// A did is a rung of the machine's that names a person.
type did struct {
	step record.Step
	by   string // "us" or "them"
}

// A person is what a station states of one.
type person struct {
	who  string
	role record.Role
}

// tales is what people have done in a call, on both sides.
type tales struct {
	rungs map[string][]api.Step   // of people, by "us" and "them", as they were written
	in    map[string][]api.Joined // who has joined on a side and not left, as its entries tell
	dids  map[did]person
}

func newTales() tales {
	return tales{make(map[string][]api.Step), make(map[string][]api.Joined), make(map[did]person)}
}

var personal = map[record.Step]bool{
	record.StepAsked: true, record.StepFetching: true, record.StepPresent: true,
	record.StepJoined: true, record.StepLeft: true, record.StepHanded: true,
}

var rolesOf = map[record.Role]api.Role{
	record.RoleOfficer: api.RoleOfficer, record.RolePrincipal: api.RolePrincipal, record.RoleObserver: api.RoleObserver,
}

// take notes one entry of the call.
func (t *tales) take(by string, at time.Time, s record.CallStep) {
	switch {
	case personal[s.Step]:
		rung := api.Step{Name: s.Step.String(), At: stamp(at), By: by, Who: s.Who, Role: rolesOf[s.Role], Speaks: s.Speaks, Minutes: int(s.Count)}
		list := append(t.rungs[by], rung)
		t.rungs[by] = list[max(0, len(list)-mostRungs):]
		t.comeOrGo(by, rung)
	case s.Step == record.StepCalled, s.Step == record.StepAnswered, s.Step == record.StepEnded:
		t.dids[did{s.Step, by}] = person{s.Who, s.Role}
	}
}

var machineSteps = map[call.Rung]record.Step{call.RungCalled: record.StepCalled, call.RungAnswered: record.StepAnswered, call.RungEnded: record.StepEnded}

// ladder is the machine's rungs and those of people in the order of time. ahead is how far the
// other side's clock stands ahead of ours: it decides the order, and changes no figure.
func (t *tales) ladder(machine []call.Step, ahead time.Duration) []api.Step {
	var before, during, after []api.Step
	for _, s := range machine {
		rung := api.Step{Name: s.Name.String(), At: stamp(s.At), By: side(s.By)}
		if d, ok := t.dids[did{machineSteps[s.Name], rung.By}]; ok {
			rung.Who, rung.Role = d.who, rolesOf[d.role]
		}
		switch {
		case s.Name == call.RungEnded:
			after = append(after, rung)
		case s.Name == call.RungHeld, s.Name == call.RungResumed:
			during = append(during, rung)
		default:
			before = append(before, rung)
		}
	}
	during = append(append(during, t.rungs["us"]...), t.rungs["them"]...)
	here := func(s api.Step) time.Time {
		if s.By == "them" {
			return s.At.Add(-ahead)
		}
		return s.At
	}
	slices.SortStableFunc(during, func(a, b api.Step) int { return here(a).Compare(here(b)) })
	return append(append(append(make([]api.Step, 0, len(before)+len(during)+len(after)), before...), during...), after...)
}

// mostJoined is of how many of a side this is known; beyond it who listens is forgotten first.
const mostJoined = 64

// comeOrGo notes who has joined, left or taken over. Each who speaks has the lowest number that is free, as in
// [lineEnd.join]; the first is who speaks for the side.
func (t *tales) comeOrGo(by string, s api.Step) {
	if s.Name == "asked" || s.Name == "fetching" || s.Name == "present" {
		return
	}
	list := slices.DeleteFunc(t.in[by], func(j api.Joined) bool { return j.Person == s.Who && j.Role == s.Role })
	if s.Name == "joined" {
		j := api.Joined{Side: by, Person: s.Who, Role: s.Role, Speaks: s.Speaks}
		if s.Speaks {
			j.Talker = freeTalker(func(n int) bool {
				return slices.ContainsFunc(list, func(o api.Joined) bool { return o.Talker == n })
			})
		}
		if list = append(list, j); len(list) > mostJoined {
			i := max(0, slices.IndexFunc(list, func(j api.Joined) bool { return !j.Speaks }))
			list = slices.Delete(list, i, i+1)
		}
	}
	t.in[by] = list
}

// freeTalker is the lowest number from 1 that is not taken.
func freeTalker(taken func(int) bool) int {
	n := 1
	for taken(n) {
		n++
	}
	return n
}

// A farStep is an entry of the other side's about a call.
type farStep struct {
	call wire.CallID
	at   time.Time
	step record.CallStep
}

// mostFarSteps is how many entries of one batch are looked at for the live call, the newest: when
// the logs catch up after days, the others are of calls long over.
const mostFarSteps = 64

// farSteps picks the steps of calls out of the other side's entries.
func farSteps(entries []*record.Entry) (list []farStep) {
	for _, e := range entries[max(0, len(entries)-mostFarSteps):] {
		if s, ok := e.Body.(record.CallStep); ok {
			list = append(list, farStep{wire.CallID(e.Call), time.UnixMilli(e.Time), s})
		}
	}
	return list
}

// farStepsAdded takes the other side's steps of the call that is shown. A drill's entry is
// no step of a real call, whatever its id.
func (e *lineEnd) farStepsAdded(list []farStep) {
	v := e.call.View()
	for _, f := range list {
		if (f.call == v.ID || f.call == v.Crossed) && !v.ID.IsZero() && f.step.Drill == v.Drill {
			e.tales.take("them", f.at, f.step)
			e.touch()
		}
	}
}

// heardSteps hands the loop what the clerk has got of calls.
func (c *clerk) heardSteps(own bool, entries []*record.Entry) {
	if own {
		return
	}
	if list := farSteps(entries); len(list) > 0 {
		c.s.post(func() {
			if !c.e.closed {
				c.e.farStepsAdded(list)
			}
		})
	}
}
