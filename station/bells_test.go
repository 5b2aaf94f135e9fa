package station

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

// tells are south's steps of the newest call in a side's record, in order, with their counts.
func (r *records) tells(side int) string {
	r.t.Helper()
	items := r.page(side, api.RecordQuery{Kinds: []string{"call"}}).Items
	if len(items) == 0 {
		return "no call"
	}
	var steps []string
	for _, s := range items[0].Call.Steps {
		text := s.Step
		if s.Count > 0 {
			text += fmt.Sprint(" ", s.Count)
		}
		if name(side, s.By) == "south" {
			steps = append(steps, text)
		}
	}
	return strings.Join(steps, ", ")
}

// The record says at how many consoles it rang, however late their receipts came: once they have settled, or when
// something comes after; and once more when more ring.
func TestTheRecordSaysHowManyRang(t *testing.T) {
	late := func(p *phone) { // its bell sounds when the test says so
		p.mu.Lock()
		defer p.mu.Unlock()
		p.silent = true
	}
	sounds := api.ToStation{Type: "ringing", Slug: "line0", On: true}
	inWaves := func(r *records) {
		plan := api.RingPlan{Waves: []api.RingWave{{Who: "duty"}, {AfterS: 15, Who: "everybody"}}}
		if err := r.st[1].SetWatch(api.Anyone(), api.WatchSettings{Plan: plan, Periods: api.WatchPeriods{Grace: 5, Ahead: 30}}); err != nil {
			r.t.Fatal(err)
		}
		r.act(1, "take", "0", api.WatchAct{})
	}
	for _, c := range []struct {
		name string
		play func(r *records, north *phone, south [3]*phone)
		want string
	}{
		{"it settles", func(r *records, north *phone, south [3]*phone) {
			late(south[2])
			north.press("call")
			r.within(time.Second, "two ring", func() bool { return r.line(0, 0).Call.Ringing == 2 })
			time.Sleep(900 * time.Millisecond)
			south[2].do(sounds)
			r.within(time.Second, "all ring", func() bool { return r.line(0, 0).Call.Ringing == 3 })
			time.Sleep(5 * time.Second)
			if got := r.tells(1); got != "reached 3, ringing 3" {
				t.Errorf("while it rings south tells %s", got)
			}
			south[0].press("answer")
		}, "reached 3, ringing 3, answered, ended"},
		{"answered at once", func(r *records, north *phone, south [3]*phone) {
			north.press("call")
			r.within(time.Second, "all ring", func() bool { return r.line(0, 0).Call.Ringing == 3 })
			south[0].press("answer")
		}, "reached 3, ringing 3, answered, ended"},
		{"declined at once", func(r *records, north *phone, south [3]*phone) {
			north.press("call")
			r.within(time.Second, "all ring", func() bool { return r.line(0, 0).Call.Ringing == 3 })
			south[0].press("decline")
		}, "reached 3, ringing 3, ended"},
		{"cancelled at once", func(r *records, north *phone, south [3]*phone) {
			north.press("call")
			r.within(time.Second, "all ring", func() bool { return r.line(0, 0).Call.Ringing == 3 })
		}, "reached 3, ringing 3, ended"},
		{"a second wave", func(r *records, north *phone, south [3]*phone) {
			inWaves(r)
			north.press("call")
			time.Sleep(14 * time.Second)
			if got := r.tells(0); got != "reached 3, ringing 1" {
				t.Errorf("before the second wave north tells %s", got)
			}
			time.Sleep(4 * time.Second)
			if got := r.tells(0); got != "reached 3, ringing 1, ringing 3" {
				t.Errorf("after the second wave north tells %s", got)
			}
			south[1].press("answer")
		}, "reached 3, ringing 1, ringing 3, answered, ended"},
		{"answered with the second wave", func(r *records, north *phone, south [3]*phone) {
			inWaves(r)
			north.press("call")
			r.within(16*time.Second, "all ring", func() bool { return r.line(0, 0).Call.Ringing == 3 })
			south[1].press("answer")
		}, "reached 3, ringing 1, ringing 3, answered, ended"},
		{"some fall silent, and ring again", func(r *records, north *phone, south [3]*phone) {
			north.press("call")
			for range 5 {
				time.Sleep(3 * time.Second)
				south[1].do(api.ToStation{Type: "ready", Ready: false})
				time.Sleep(3 * time.Second)
				south[1].do(api.ToStation{Type: "ready", Ready: true})
			}
		}, "reached 3, ringing 3, ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inRecords(t, 1, func(r *records) {
				r.startAll()
				r.settle(5 * time.Second)
				north := r.phone(0)
				var south [3]*phone
				for i := range south {
					south[i] = r.officerAt(1, fmt.Sprint(i))
				}
				c.play(r, north, south)
				if call := r.line(0, 0).Call; call.State != api.CallEnded {
					north.press("hangup")
				}
				r.settle(10 * time.Second)
				for side := range 2 {
					if got := r.tells(side); got != c.want {
						t.Errorf("side %d tells %s, want %s", side, got, c.want)
					}
				}
				r.same()
			})
		})
	}
}
