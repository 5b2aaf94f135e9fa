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
