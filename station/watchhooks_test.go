package station

import (
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

// TestHooksHearOfTheWatch: that nobody keeps the watch, or soon will, and that its officer is silent: each once, when it begins.
func TestHooksHearOfTheWatch(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.lines = 0
		h := w.withHooks(nil)
		w.start(1)
		n := 0
		hears := func(event, text string) {
			w.t.Helper()
			time.Sleep(time.Second)
			h.mu.Lock()
			defer h.mu.Unlock()
			if n++; len(h.told) != n || h.told[n-1].Event != event || !strings.HasPrefix(h.told[n-1].Text, text) {
				w.t.Fatalf("the horn was told %+v, want %s as number %d: %s", h.told, event, n, text)
			}
		}
		until := func(clock string) {
			at, err := time.Parse("2 15:04", clock)
			if err != nil {
				w.t.Fatal(err)
			}
			time.Sleep(time.Until(time.Date(2000, 1, at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)))
		}
		w.act(1, "take", "A", api.WatchAct{})
		until("1 01:05")
		hears("watch-silent", "A has the watch and has not answered")
		w.act(1, "here", "A", api.WatchAct{})
		w.act(1, "leave", "A", api.WatchAct{})
		hears("watch-gap", "Nobody has the watch since 01:05: it was left with nobody.")

		w.act(1, "take", "B", api.WatchAct{})
		set := api.WatchSettings{Roster: api.Roster{Zone: "UTC", Single: []api.SingleShift{}}, Periods: api.WatchPeriods{Grace: 5, Ahead: 30}}
		for _, d := range strings.Fields("saturday sunday") {
			set.Roster.Weekly = append(set.Roster.Weekly, api.WeeklyShift{Officer: api.Officer{Name: "B"}, Day: d, From: "00:00", To: "12:00"})
		}
		if err := w.st[1].SetWatch(api.Anyone(), set); err != nil {
			w.t.Fatal(err)
		}
		until("1 11:30")
		hears("watch-gap", "Nobody is on the roster from 12:00")
		until("1 12:10")
		w.act(1, "leave", "B", api.WatchAct{})
		hears("watch-gap", "Nobody has the watch, and nobody is on the roster")
		until("2 00:00")
		hears("watch-gap", "Nobody has the watch; B should have had it since 00:00")
	})
}
