package station

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

// present presses that the principal is there, and gives the rung that both ladders and both records then show.
func (w *witnesses) present(p *phone) string {
	w.t.Helper()
	p.press("present")
	w.settle(5 * time.Second)
	var rungs [2]string
	for side := range 2 {
		list := w.rungs(side)
		i := slices.IndexFunc(list, func(s string) bool { return strings.Contains(s, " present") })
		if i < 0 {
			w.t.Fatalf("side %d shows %q", side, list)
		}
		rungs[side] = list[i]
	}
	if rungs[0] != rungs[1] {
		w.t.Errorf("north shows %q, south %q", rungs[0], rungs[1])
	}
	return rungs[0]
}

// That the principal is there is said only from within the call; and it names nobody who has not shown to be in it: logged in
// at a console of the call, or by a key that was verified for it.
func TestWhoSaysThatThePrincipalIsThere(t *testing.T) {
	const unnamed, named = "north present (principal)", "north present A. Weber (principal)"
	on := func(verb string) api.ToStation { return api.ToStation{Type: verb, Slug: "line0"} }
	proves := func(w *witnesses) {
		w.claim(0, touched(w.t, w.soft[0], w.ask(0)))
		w.bothShow(0, "A. Weber verified ")
	}
	for _, c := range []struct {
		name string
		play func(w *witnesses, north *phone) string
		want string
	}{
		{"nobody has shown to be there", func(w *witnesses, north *phone) string { return w.present(north) }, unnamed},
		{"from outside", func(w *witnesses, north *phone) string {
			other := w.sit(0, "Lind", api.RoleOfficer)
			other.refused(on("present"), "not-in-call")
			other.joins(false)
			return w.present(other)
		}, unnamed},
		{"the principal is at a console outside", func(w *witnesses, north *phone) string {
			w.sit(0, "A. Weber", api.RolePrincipal).refused(on("present"), "not-in-call")
			return w.present(north)
		}, unnamed},
		{"the principal has joined", func(w *witnesses, north *phone) string {
			w.sit(0, "A. Weber", api.RolePrincipal).joins(false)
			return w.present(north)
		}, named},
		{"the key is verified", func(w *witnesses, north *phone) string { proves(w); return w.present(north) }, named},
		{"the key is refused", func(w *witnesses, north *phone) string {
			stranger, _ := newKey("a stranger")
			w.claim(0, touched(w.t, stranger, w.ask(0)))
			w.settled(5*time.Second, func() bool { return strings.Contains(w.shown(0, 0), "refused") })
			return w.present(north)
		}, unnamed},
		{"the key was verified for the call before", func(w *witnesses, north *phone) string {
			proves(w)
			north.press("hangup")
			w.within(2*time.Second, "it ends", w.callIs(1, api.CallEnded))
			time.Sleep(2 * time.Second)
			north.press("call")
			w.within(2*time.Second, "it rings", w.callIs(0, api.CallRinging))
			w.phone(1).press("answer")
			w.within(2*time.Second, "they speak", w.callIs(0, api.CallActive))
			return w.present(north)
		}, unnamed},
		{"another key is verified than of who has joined", func(w *witnesses, north *phone) string {
			proves(w)
			w.sit(0, "The deputy", api.RolePrincipal).joins(false)
			return w.present(north)
		}, unnamed},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWitnesses(t, 1, func(w *witnesses) {
				north, _ := w.talking()
				north.do(api.ToStation{Type: "fetching", Slug: "line0", Minutes: 5})
				if got := w.rungs(0); got[len(got)-1] != "north fetching A. Weber in 5" {
					t.Errorf("fetched: %q", got) // whom the accord names is whom they mean
				}
				if got := c.play(w, north); got != c.want {
					t.Errorf("they show %q, want %q", got, c.want)
				}
			})
		})
	}
}
