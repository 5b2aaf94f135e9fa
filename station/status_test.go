package station

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/impair"
	"ringdown/line"
)

// A listener keeps every event as JSON.
type listener struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *listener) Send(e api.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, _ := json.Marshal(e)
	l.text.Write(append(b, '\n'))
}
func (*listener) Voice(uint8, uint8, uint32, []byte) {}
func (*listener) Close(string)                       {}

var (
	anyTime = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"`)
	apiTime = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z"$`)
)

// TestWholeMilliseconds: every time that the API gives is UTC in whole milliseconds, whatever the
// clock counts in.
func TestWholeMilliseconds(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.skew = [2]time.Duration{123456789, 987654321}
		w.startBoth()
		l := new(listener)
		if _, err := w.st[0].Attach(api.ToStation{Type: "attach", Observe: true}, api.Anyone(), l); err != nil {
			t.Fatal(err)
		}
		w.open(5 * time.Second)
		north, _ := w.talk()
		w.link(1, impair.Settings{Cut: true})
		time.Sleep(3 * time.Second)
		north.press("hangup")
		time.Sleep(time.Second)
		w.st[0].post(func() { w.st[0].park(LineOptions{Slug: "west", Peer: "West"}) })
		status, err := json.Marshal(w.st[0].Status())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.st[0].RemoveLine("west"); err != nil {
			t.Fatal(err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		all := string(status) + l.text.String()
		for _, want := range []string{`"type":"quality"`, `"type":"station"`, `"type":"gone"`, `"step":"ended"`, `"state":"unconfirmed"`, `"state":"degraded"`} {
			if !strings.Contains(all, want) {
				t.Errorf("nothing of %s was seen", want)
			}
		}
		for _, at := range anyTime.FindAllString(all, -1) {
			if !apiTime.MatchString(at) {
				t.Errorf("a time is %s", at)
			}
		}
	})
}

// TestSince: since belongs to the state that is shown, degraded and open too, whether
// anybody looks meanwhile or not.
func TestSince(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		began := time.Now()
		w.startBoth()
		if l := w.line(0, 0); l.State != api.LineDown || !l.Since.Equal(stamp(began)) {
			t.Errorf("at first %s since %v, want down since %v", l.State, l.Since, began)
		}
		w.open(5 * time.Second)
		time.Sleep(time.Minute)
		change := func(link uint8, s impair.Settings, want api.LineState, within time.Duration) {
			t.Helper()
			at := time.Now()
			w.link(link, s)
			time.Sleep(10 * time.Second) // nobody looks
			l := w.line(0, 0)
			if took := l.Since.Sub(at); l.State != want || took < 0 || took > within {
				t.Errorf("%s since %v after the change, want %s within %v", l.State, took, want, within)
			}
		}
		change(1, impair.Settings{Cut: true}, api.LineDegraded, 1100*time.Millisecond)
		change(1, impair.Settings{}, api.LineOpen, 1100*time.Millisecond)
		change(2, impair.Settings{Cut: true}, api.LineDegraded, 1100*time.Millisecond)
		since := w.line(0, 0).Since
		time.Sleep(time.Minute)
		if got := w.line(0, 0).Since; !got.Equal(since) {
			t.Errorf("degraded since %v, and without a change since %v", since, got)
		}
		change(1, impair.Settings{Cut: true}, api.LineDown, 1100*time.Millisecond)
	})
}

// TestLineState: what people are shown of each state of the line and its paths.
func TestLineState(t *testing.T) {
	paths := func(s ...line.PathState) (list []line.PathStatus) {
		for _, p := range s {
			list = append(list, line.PathStatus{State: p})
		}
		return list
	}
	for _, c := range []struct {
		line.Status
		want api.LineState
	}{
		{line.Status{State: line.StateDown, Paths: paths(line.PathUp)}, api.LineDown},
		{line.Status{State: line.StateHalfSigned, Paths: paths(line.PathUp)}, api.LineHalfSigned},
		{line.Status{State: line.StateOpen, Paths: paths(line.PathUp, line.PathUp)}, api.LineOpen},
		{line.Status{State: line.StateOpen, Paths: paths(line.PathUp, line.PathSilent)}, api.LineDegraded},
		{line.Status{State: line.StateOpen, Paths: paths(line.PathResting, line.PathUp)}, api.LineDegraded},
		{line.Status{State: line.StateOpen, Paths: paths(line.PathUp, line.PathUnresolved)}, api.LineDegraded},
	} {
		if got := lineState(c.Status); got != c.want {
			t.Errorf("%v over %v is shown as %s, want %s", c.State, c.Paths, got, c.want)
		}
	}
}
