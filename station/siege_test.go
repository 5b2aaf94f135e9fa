package station

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/impair"
	"ringdown/line"
	"ringdown/wire"
)

// A logbook counts what a station logs.
type logbook struct {
	slog.Handler
	mu sync.Mutex
	n  int
}

func (b *logbook) Enabled(context.Context, slog.Level) bool { return true }

func (b *logbook) Handle(context.Context, slog.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	return nil
}

func (b *logbook) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

// TestFarMessagesDoNotFillTheLog: a far station that sends thousands of messages that mean
// nothing gets a few lines in the log.
func TestFarMessagesDoNotFillTheLog(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		var log logbook
		_ = w.st[1].do(func() { w.st[1].log = slog.New(&log) })
		_ = w.st[0].do(func() {
			for range 5000 {
				if err := w.st[0].lines["line0"].line.SendMessage(line.StreamEntries, []byte{9}); err != nil {
					t.Fatal(err)
				}
			}
		})
		time.Sleep(30 * time.Second)
		if n := log.count(); n == 0 || n > 3 {
			t.Errorf("%d lines in the log for 5000 messages, want 1 to 3", n)
		}
	})
}

// A screen counts the events of a line, and keeps the last.
type screen struct {
	mu    sync.Mutex
	lines int
	last  api.Line
}

func (s *screen) Send(e api.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Type == "line" {
		s.lines++
		s.last = *e.Line
	}
}

func (s *screen) Voice(_, _ uint8, _ uint32, _ []byte) {}
func (s *screen) Close(string)                         {}

// TestFlickeringSignal: a far station whose signal changes at every tick does not have every
// console draw at every tick; what it says last is shown soon.
func TestFlickeringSignal(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		var s screen
		if _, err := w.st[1].Attach(api.ToStation{Type: "attach", Kind: "command", Observe: true}, api.Anyone(), &s); err != nil {
			t.Fatal(err)
		}
		for i := range 1000 {
			_ = w.st[0].do(func() { w.st[0].lines["line0"].line.SetSignal(wire.Signal{Ready: uint8(i%7 + 1)}) })
			time.Sleep(20 * time.Millisecond)
		}
		_ = w.st[0].do(func() { w.st[0].lines["line0"].line.SetSignal(wire.Signal{Ready: 42}) })
		time.Sleep(500 * time.Millisecond)
		s.mu.Lock()
		defer s.mu.Unlock()
		if most := tellBurst + 21*tellPerSecond; s.lines < 20 || s.lines > most {
			t.Errorf("%d events in 20 s, want 20 to %d", s.lines, most)
		}
		if s.last.Far.Ready != 42 {
			t.Errorf("%d far consoles are shown, want the last word: 42", s.last.Far.Ready)
		}
	})
}

// TestDetachedHandleIsDumb: whatever is said by a connection that was detached in mid-call
// changes nothing, and far voice finds no console that is not there.
func TestDetachedHandleIsDumb(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.talk()
		south.seat.Detach()
		south.seat.Back()
		south.must(api.ToStation{Type: "ready", Ready: true})
		north.speak(0, 100)
		if c := w.line(1, 0).Call; c.State != api.CallHeld {
			t.Errorf("the call is %s, want held for a console that is gone", c.State)
		}
		north.press("hangup")
		w.within(time.Second, "it ends", w.callIs(1, api.CallEnded))
		time.Sleep(100 * time.Millisecond)
		if c := w.st[1].Status().Consoles; len(c) != 0 {
			t.Errorf("consoles %+v after the call, want none: it was detached", c)
		}
	})
}

// TestHangingNameIsItsLinesOwn: a far station whose name takes for ever to resolve delays the
// names of no other line.
func TestHangingNameIsItsLinesOwn(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.lines = 6
		w.change = func(side int, o *LineOptions) {
			for i := range o.Paths {
				o.Paths[i].Remote = fmt.Sprintf("%s-path%d.example:4400", o.Slug, i+1)
			}
		}
		asked := make(map[string]time.Time)
		var mu sync.Mutex
		w.resolve = func(ctx context.Context, name string, _ netip.AddrPort) (netip.AddrPort, error) {
			if strings.HasPrefix(name, "line0") {
				<-ctx.Done()
				return netip.AddrPort{}, ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			asked[name] = time.Now()
			return netip.AddrPort{}, nil
		}
		w.start(0)
		time.Sleep(time.Minute)
		begin := time.Now()
		if err := w.st[0].ResolveAgain(context.Background()); err != nil {
			t.Fatal(err)
		}
		for name, at := range asked {
			if d := at.Sub(begin); d < 0 || d > time.Second {
				t.Errorf("%s was looked up %v after the others", name, d)
			}
		}
		if len(asked) != 10 {
			t.Errorf("%d names were looked up, want 10", len(asked))
		}
	})
}

// TestRestsTellNothing: whoever makes a path lose nearly all does not learn from its rest,
// or from the end of it, whether there is a call.
func TestRestsTellNothing(t *testing.T) {
	for name, deed := range map[string]func(*world){
		"idle": func(*world) {},
		"call": func(w *world) { w.talk() },
		"call that begins in the rest": func(w *world) {
			go func() {
				time.Sleep(65 * time.Second)
				w.talk()
			}()
		},
	} {
		inWorld(t, 1, func(w *world) {
			o := w.observe(false)
			w.startBoth()
			w.open(3 * time.Second)
			begin := time.Now()
			w.net.Set(addr(0, 1), addr(1, 1), impair.Settings{Loss: 0.98})
			deed(w)
			time.Sleep(3 * time.Minute)
			after, length := o.rest(addr(0, 1), begin)
			if after < 30*time.Second || after > 50*time.Second || length < time.Minute || length > 61*time.Second {
				t.Errorf("%s: the path rests after %v for %v, want after 30 to 50 s, for 60 s", name, after, length)
			}
		})
	}
}

// rest finds the longest time in which nothing leaves an address.
func (o *observer) rest(from netip.Addr, since time.Time) (after, length time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	last := since
	for _, d := range o.seen {
		if d.from.Addr() != from || d.at.Before(since) {
			continue
		}
		if gap := d.at.Sub(last); gap > length {
			after, length = last.Sub(since), gap
		}
		last = d.at
	}
	return after, length
}
