package station

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/disclose"
	"ringdown/store"
)

const toTheSecond = "2 January 2006 15:04:05"

// inProvable runs f with records that stand under a real accord, so that disclosures of them hold.
func inProvable(t *testing.T, f func(*records)) {
	t.Helper()
	inAgreed(t, 1, func(a *accordWorld) {
		for side := range a.disk {
			a.disk[side] = store.NewMemory()
			a.run(side)
		}
		r := &records{world: a.world, disk: a.disk}
		r.settle(time.Minute)
		f(r)
	})
}

// disclosed makes a disclosure, and gives what whoever verifies it is told.
func (r *records) disclosed(side int, n api.NewDisclosure) *disclose.Report {
	r.t.Helper()
	r.settle(time.Minute)
	d, err := r.of(side).Disclose(r.t.Context(), n)
	if err != nil {
		r.t.Fatalf("side %d: %+v: %v", side, n, err)
	}
	return r.made(side, d.ID)
}

// made waits for the file of a disclosure, and verifies it.
func (r *records) made(side int, id string) *disclose.Report {
	r.t.Helper()
	var file []byte
	var err error
	r.within(time.Minute, "the file is made", func() bool {
		file, err = r.of(side).DisclosureFile(r.t.Context(), id)
		return err == nil
	})
	report, err := disclose.Verify(file)
	if err != nil {
		r.t.Fatalf("side %d: %v", side, err)
	}
	return report
}

// refusesToDisclose wants a disclosure to be refused with these words.
func (r *records) refusesToDisclose(side int, n api.NewDisclosure, words ...string) {
	r.t.Helper()
	_, err := r.of(side).Disclose(r.t.Context(), n)
	refused, ok := errors.AsType[*api.Error](err)
	if !ok {
		r.t.Errorf("side %d: %+v: %v, want %q", side, n, err, words)
		return
	}
	for _, w := range words {
		if text := refused.Text + " " + refused.Action; !strings.Contains(text, w) || strings.Contains(text, "..") || strings.Contains(text, "disclose:") {
			r.t.Errorf("side %d: %+v: %q, want %q", side, n, text, w)
		}
	}
}

// TestDiscloseRange: all of a time is shown complete, also where one side wrote nothing in it, or neither did.
func TestDiscloseRange(t *testing.T) {
	inProvable(t, func(r *records) {
		begun := time.Now()
		pause := func() time.Time { r.settle(time.Minute); time.Sleep(10 * time.Minute); return time.Now() }
		r.say(0, "north alone")
		first := pause()
		r.say(1, "south alone")
		second := pause()
		third := pause()
		r.say(0, "north again")
		r.say(1, "south again")
		fourth := pause()
		for _, tt := range []struct {
			what        string
			from, until time.Time
			texts       []string
			none        []string // sides of which nothing is shown
		}{
			{"north's part", begun, first, []string{"north alone"}, []string{"South"}},
			{"south's part", first, second, []string{"south alone"}, []string{"North"}},
			{"a quiet time", second, third, nil, []string{"North", "South"}},
			{"all to now", begun, fourth, []string{"north alone", "north again", "south alone", "south again"}, nil},
			{"all of the day", begun, fourth.Add(10 * time.Hour), []string{"north alone", "north again", "south alone", "south again"}, nil},
			{"a time before the accord", begun.Add(-2 * time.Hour), begun.Add(-time.Hour), nil, []string{"North", "South"}},
		} {
			for side := range 2 {
				for _, anyway := range []bool{true, false} {
					report := r.disclosed(side, api.NewDisclosure{From: &tt.from, Until: &tt.until, Bodies: true, Anyway: anyway})
					if until := "until " + tt.until.UTC().Format(toTheSecond); report.Kind != disclose.KindRange || tt.until.Before(fourth) && !strings.Contains(report.Title, until) {
						t.Errorf("%s: kind %q, %q: want %q", tt.what, report.Kind, report.Title, until)
					}
					var texts []string
					for _, e := range report.Entries {
						if e.Text != "" {
							texts = append(texts, e.Text)
						}
					}
					if !slices.Equal(texts, tt.texts) {
						t.Errorf("%s, by side %d: texts %q, want %q", tt.what, side, texts, tt.texts)
					}
					proven := strings.Join(report.Proven, "\n")
					for _, party := range []string{"North", "South"} {
						silent := strings.Contains(proven, party+": there is no entry between") || strings.Contains(proven, party+": no entry followed")
						if want := slices.Contains(tt.none, party); silent != want {
							t.Errorf("%s, by side %d: that %s wrote nothing is proven: %t, want %t\n%s", tt.what, side, party, silent, want, proven)
						}
					}
				}
			}
		}
	})
}

// TestDiscloseRangeGoesOn: a range up to now is made though both logs go on before the other side is told of it, and then
// it ends where they went on.
func TestDiscloseRangeGoesOn(t *testing.T) {
	inProvable(t, func(r *records) {
		from, until := time.Now(), time.Now().Add(10*time.Hour)
		r.refusesToDisclose(0, api.NewDisclosure{From: &from, Until: &until}, "cannot be proven yet", "this station has written nothing since 1 January 2000 00:00:0", "one message is enough")
		time.Sleep(time.Minute)
		r.say(0, "to be shown")
		r.settle(time.Minute)
		r.refusesToDisclose(0, api.NewDisclosure{From: &from, Until: &until}, "South has written nothing since")
		r.refusesToDisclose(1, api.NewDisclosure{From: &from, Until: &until}, "this station has written nothing since")
		for side := range 2 {
			r.say(side, "to be shown")
		}
		r.refusesToDisclose(0, api.NewDisclosure{Entries: []string{"us/0"}}, "This cannot be proven: The file shows no entry beside", "Choose something else")
		r.settle(time.Minute)
		now := r.say(0, "just now")
		r.refusesToDisclose(0, api.NewDisclosure{Entries: []string{now}}, "This cannot be proven yet: "+now+" is not signed by both sides.", "Wait until it is delivered")
		r.settle(time.Minute)
		r.cut(true)
		r.within(time.Minute, "the line down", func() bool { return !r.isOpenAt(0) && !r.isOpenAt(1) })
		d, err := r.of(0).Disclose(r.t.Context(), api.NewDisclosure{From: &from, Until: &until})
		if err != nil || d.State != "waiting" {
			r.t.Fatalf("%+v, %v", d, err)
		}
		asked := time.Now()
		r.say(1, "not to be shown")
		r.cut(false)
		report := r.made(0, d.ID)
		if title := report.Title; len(report.Entries) == 0 || !strings.Contains(title, "until "+asked.UTC().Format(toTheSecond)) {
			t.Errorf("%q, with %d entries; asked at %v", title, len(report.Entries), asked)
		}
	})
}

// TestDiscloseContact: contact is a call that was answered and has ended; of another it is said why not, and what can be
// shown of it.
func TestDiscloseContact(t *testing.T) {
	inProvable(t, func(r *records) {
		north, south := r.phone(0), r.phone(1)
		newest := func() string {
			r.settle(time.Minute)
			return r.page(0, api.RecordQuery{Kinds: []string{"call"}, Limit: 1}).Items[0].Key
		}
		north.press("call")
		r.within(2*time.Second, "it rings", r.callIs(0, api.CallRinging))
		call := newest()
		r.refusesToDisclose(0, api.NewDisclosure{Contact: call}, "This call has not ended yet", "Wait until it has")
		north.press("hangup")
		if again := newest(); again != call {
			t.Errorf("the call is %s and then %s", call, again)
		}
		for side := range 2 {
			r.refusesToDisclose(side, api.NewDisclosure{Contact: call}, "This call was not answered", "Disclose the call itself, with its text")
			report := r.disclosed(side, api.NewDisclosure{Entries: []string{call}, Bodies: true})
			if !slices.ContainsFunc(report.Entries, func(e disclose.Entry) bool { return strings.Contains(e.Says, "ended, cancelled by") }) {
				t.Errorf("side %d: how the call ended is not among %+v", side, report.Entries)
			}
		}
		r.answer(north, south)
		call = newest()
		r.refusesToDisclose(0, api.NewDisclosure{Contact: call}, "This call has not ended yet")
		time.Sleep(11 * time.Minute)
		south.press("hangup")
		newest()
		for side := range 2 {
			report := r.disclosed(side, api.NewDisclosure{Contact: call})
			if report.Kind != disclose.KindContact || !strings.Contains(report.Title, "for 11 minutes") {
				t.Errorf("side %d: kind %q, %q", side, report.Kind, report.Title)
			}
		}
	})
}
