package console

import (
	"testing"
	"testing/synctest"
	"time"

	"ringdown/api"
)

// within says that something happened so long after start, to the millisecond.
func within(t *testing.T, start time.Time, want time.Duration, what string) {
	t.Helper()
	if took := time.Since(start); took < want || took > want+time.Millisecond {
		t.Errorf("%s after %v, want %v", what, took, want)
	}
}

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, open := memoryServer(t)
		p := open()
		p.send(api.ToStation{Type: "attach", Name: "Anna"})
		p.next("welcome")
		st.expect(t, "01 attach")
		time.Sleep(time.Hour) // a console that answers is never lost
		synctest.Wait()
		st.expectNothing(t)

		p.deaf.Store(true)
		start := time.Now() // the last pong was just now, at a whole number of pings
		st.expect(t, "01 lost")
		within(t, start, lostAfter, "lost")

		time.Sleep(2*time.Second + 100*time.Millisecond) // between two pings
		start = time.Now()
		p.send(api.ToStation{Type: "mute", On: true}) // any word will do
		st.expect(t, "01 back")
		within(t, start, 0, "back")
		st.expect(t, "01 mute")

		st.expect(t, "01 lost")
		within(t, start, lostAfter, "lost again")
		p.deaf.Store(false)
		st.expect(t, "01 back")
		within(t, start, lostAfter+150*time.Millisecond, "back by a pong")
	})
}

// A console whose network is gone is dropped before TCP notices, and its seat is
// kept for the grace period.
func TestSilentConsoleIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, open := memoryServer(t)
		p := open()
		p.deaf.Store(true)
		p.send(api.ToStation{Type: "attach"})
		start := time.Now()
		st.expect(t, "01 attach")
		st.expect(t, "01 lost")
		within(t, start, lostAfter, "lost")
		<-p.ended
		if took := time.Since(start); took < lostAfter+dropAfter || took > lostAfter+dropAfter+pingEvery {
			t.Errorf("dropped after %v, want %v", took, lostAfter+dropAfter)
		}
		start = time.Now()
		time.Sleep(grace - time.Millisecond)
		synctest.Wait()
		st.expectNothing(t)
		st.expect(t, "01 detach")
		within(t, start, grace, "detached")
	})
}

// A page that is loaded again within the grace period keeps its seat.
func TestReloadKeepsTheSeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, open := memoryServer(t)
		p := open()
		p.send(api.ToStation{Type: "attach"})
		id := p.next("welcome").Console
		st.expect(t, "01 attach")
		start := time.Now()
		_ = p.ws.CloseNow()
		st.expect(t, "01 lost")
		within(t, start, 0, "lost when disconnected")
		time.Sleep(grace - time.Second)
		again := open()
		again.send(api.ToStation{Type: "attach", Console: id})
		if got := again.next("welcome").Console; got != id {
			t.Errorf("the seat is %q, want %q as before", got, id)
		}
		st.expect(t, "01 attach")
		time.Sleep(time.Minute)
		synctest.Wait()
		st.expectNothing(t) // neither lost nor detached by the old connection
	})
}

// Voice counts as a sign of life while a page is busy, but not for long: nobody
// can act there.
func TestBusyPageThatSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, open := memoryServer(t)
		p := open()
		p.deaf.Store(true)
		p.send(api.ToStation{Type: "attach"})
		p.next("welcome")
		start := time.Now()
		st.expect(t, "01 attach")
		c := st.seat("01").currentSink().(*client)
		stop := make(chan struct{})
		go func() { // the microphone
			for {
				select {
				case <-time.After(frame):
					c.fromBrowser("audio/opus", opusPacket(60, 1))
				case <-stop:
					return
				}
			}
		}()
		st.expect(t, "01 lost")
		within(t, start, stuckAfter, "lost")
		time.Sleep(time.Second)
		synctest.Wait()
		st.expectNothing(t) // voice alone does not bring it back
		p.deaf.Store(false)
		st.expect(t, "01 back")
		close(stop)
	})
}

func TestObserverIsNoConsole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, open := memoryServer(t)
		p := open()
		p.deaf.Store(true)
		p.send(api.ToStation{Type: "attach", Observe: true})
		p.next("welcome")
		st.expect(t, "01 attach")
		time.Sleep(time.Hour)
		synctest.Wait()
		st.expectNothing(t)
		_ = p.ws.CloseNow()
		st.expect(t, "01 detach")
	})
}

func TestAttachMustCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, open := memoryServer(t)
		start := time.Now()
		p := open()
		<-p.ended
		if took := time.Since(start); took < attachLimit || took > attachLimit+pingEvery {
			t.Errorf("closed after %v, want %v", took, attachLimit)
		}
	})
}

// When the whole server closes, the station hears nothing of its consoles: its
// own end is under way.
func TestCloseTellsTheStationNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newFakeStation()
		s := New(Config{Pages: testPages}, st)
		s.sessions = &sessions{}
		l := newPipeListener()
		s.serve(l, s.localHandler())
		p := dialMemory(t, l)
		p.send(api.ToStation{Type: "attach"})
		p.next("welcome")
		st.expect(t, "01 attach")
		st.seat("01").currentSink().Send(api.Event{Type: "line", At: time.Now().UTC(), Line: &api.Line{Slug: "south"}})
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if e := p.next("line"); e.Line.Slug != "south" {
			t.Errorf("the last event is %+v", e)
		}
		if code := p.closed(); code != 1001 {
			t.Errorf("closed with %d, want 1001, going away", code)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		st.expectNothing(t)
	})
}
