package station

import (
	"testing"
	"time"

	"ringdown/api"
)

// Who has the watch rings at once, whoever else is there after the plan's delay. A hand-over of the watch before the next call
// turns it round, and one while it rings counts at once.
func TestOfficerOnDutyRingsFirst(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(5 * time.Second)
		north := w.phone(0)
		first, second := w.sit(1, "Petrova", api.RoleOfficer), w.sit(1, "Lind", api.RoleOfficer)
		people := [2]api.Person{{ID: "id-Petrova", Name: "Petrova", Roles: []api.Role{api.RoleOfficer}}, {ID: "id-Lind", Name: "Lind", Roles: []api.Role{api.RoleOfficer}}}
		south := w.st[1]
		plan := api.RingPlan{Waves: []api.RingWave{{AfterS: 0, Who: "duty"}, {AfterS: 15, Who: "everybody"}}}
		if err := south.SetWatch(api.Anyone(), api.WatchSettings{Plan: plan, Periods: api.WatchPeriods{Here: 0, Grace: 5, Ahead: 30}}); err != nil {
			t.Fatal(err)
		}
		if err := south.WatchAct("take", people[0], api.WatchAct{}); err != nil {
			t.Fatal(err)
		}
		rings := func(when string, a, b int) {
			t.Helper()
			if first.ringCount() != a || second.ringCount() != b {
				t.Errorf("%s: Petrova's console was told to ring %d times, Lind's %d; want %d, %d", when, first.ringCount(), second.ringCount(), a, b)
			}
		}
		north.press("call")
		w.within(time.Second, "it rings", w.callIs(0, api.CallRinging))
		time.Sleep(14 * time.Second)
		rings("after 14 s", 1, 0)
		time.Sleep(2 * time.Second)
		rings("after 16 s", 1, 1)
		north.press("hangup")
		time.Sleep(time.Second)
		north.press("call")
		time.Sleep(5 * time.Second)
		rings("the second call", 2, 1)
		if err := south.WatchAct("take", people[1], api.WatchAct{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		rings("the watch is taken while it rings", 2, 2)
		first.do(api.ToStation{Type: "ready", Ready: false})
		second.do(api.ToStation{Type: "ready", Ready: false})
		north.press("hangup")
		time.Sleep(time.Second)
		first.do(api.ToStation{Type: "ready", Ready: true})
		north.press("call")
		time.Sleep(time.Second)
		rings("nobody on duty is there", 3, 2)
	})
}

// A drill goes through the waves as a call does: who has the watch, the deputies, everybody, each console told that it is a drill.
// A deputy takes it, fetches the principal, and all of that is a drill in both records. A real call that breaks into a drill
// begins with the first wave.
func TestADrillInWaves(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north := r.phone(0)
		bells := []*bells{r.bells(1, "Petrova"), r.bells(1, "Deputy"), r.bells(1, "Lind")}
		deputy := bells[1]
		plan := api.RingPlan{Deputies: []api.Officer{{Name: "Deputy"}}, Waves: []api.RingWave{{Who: "duty"}, {AfterS: 10, Who: "deputies"}, {AfterS: 20, Who: "everybody"}}}
		if err := r.st[1].SetWatch(api.Anyone(), api.WatchSettings{Plan: plan, Periods: api.WatchPeriods{Grace: 5, Ahead: 30}}); err != nil {
			t.Fatal(err)
		}
		r.act(1, "take", "Petrova", api.WatchAct{})
		told := func(when string, want ...string) {
			t.Helper()
			for i, b := range bells {
				if got := b.heardSo(); got != want[i] {
					t.Errorf("%s: console %d was told %q, want %q", when, i, got, want[i])
				}
			}
		}
		north.lifts(true)
		time.Sleep(9 * time.Second)
		told("the first wave", "drill", "", "")
		time.Sleep(2 * time.Second)
		told("the second wave", "drill", "drill", "")
		time.Sleep(10 * time.Second)
		told("the third wave", "drill", "drill", "drill")
		deputy.press("answer")
		r.within(time.Second, "they drill", r.callIs(0, api.CallActive))
		told("answered", "drill, silence", "drill, silence", "drill, silence")
		time.Sleep(2 * time.Second)
		deputy.do(api.ToStation{Type: "fetching", Slug: "line0", Minutes: 5})
		time.Sleep(2 * time.Second)
		ode := r.sit(1, "Ode", api.RolePrincipal)
		ode.joins(true)
		time.Sleep(2 * time.Second)
		deputy.press("present")
		time.Sleep(2 * time.Second)
		north.press("hangup")
		r.settle(10 * time.Second)
		checkToldAlike(r, true)
		want := "reached 3, ringing 1, ringing 2, ringing 3, answered, fetching, joined, present, ended"
		if got := r.tells(0); got != want {
			t.Errorf("of south north's record tells %s, want %s", got, want)
		}

		ode.seat.Detach()
		north.lifts(true)
		time.Sleep(12 * time.Second)
		north.lifts(false)
		time.Sleep(9 * time.Second)
		told("a real call", "drill, silence, drill, silence, call", "drill, silence, drill, silence", "drill, silence")
		time.Sleep(2 * time.Second)
		told("its second wave", "drill, silence, drill, silence, call", "drill, silence, drill, silence, call", "drill, silence")
	})
}
