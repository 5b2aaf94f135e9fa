package webhook

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestArrival: one POST, signed over its exact bytes.
func TestArrival(t *testing.T) {
	inTown(t, func(w *town) {
		l := w.lamp("lamp:80", 204)
		s := New([]Hook{hookAt(t, "lamp", "http://lamp/token")}, Options{Dial: w.dial})
		defer s.Close()
		s.Tell(Event{At: w.start, Station: "North", Event: "ring", Line: "south", Peer: "South", Text: "South calls."})
		synctest.Wait()
		got := l.requests()
		if len(got) != 1 || got[0].after != 0 {
			t.Fatalf("told %d times, want once, at once", len(got))
		}
		if sig, want := got[0].header.Get("Ringdown-Signature"), Signature([]byte("a secret of this hook"), got[0].body); sig != want {
			t.Errorf("signature %q, want %q", sig, want)
		}
		if Signature([]byte("another secret of it"), got[0].body) == got[0].header.Get("Ringdown-Signature") {
			t.Error("the signature does not depend on the secret")
		}
		var e Event
		if err := json.Unmarshal(got[0].body, &e); err != nil || e.Event != "ring" || len(e.ID) != 32 || !e.At.Equal(w.start) || e.Peer != "South" {
			t.Errorf("body %s: %v", got[0].body, err)
		}
		if _, states := s.Hooks(); states[0].Arrived != 1 || states[0].Waiting != 0 || !states[0].Failing.IsZero() {
			t.Errorf("state %+v", states[0])
		}
	})
}

// TestOnlyWhatIsWanted: a hook with a list hears of nothing else.
func TestOnlyWhatIsWanted(t *testing.T) {
	inTown(t, func(w *town) {
		l := w.lamp("lamp:80", 200)
		h := hookAt(t, "lamp", "http://lamp/")
		h.Events = []string{"ring"}
		s := New([]Hook{h}, Options{Dial: w.dial})
		defer s.Close()
		for _, kind := range []string{"ring", "missed", "gap"} {
			s.Tell(Event{Event: kind})
		}
		synctest.Wait()
		if got := l.requests(); len(got) != 1 || got[0].header.Get("Ringdown-Event") != "ring" {
			t.Errorf("told %d times, want of the ring alone", len(got))
		}
	})
}

// afters are when tries began.
func afters(list []request) (at []time.Duration) {
	for _, r := range list {
		at = append(at, r.after)
	}
	return at
}

// TestTriesAgain: after 1, 2, 4 … 30 seconds, with the same id, and the same event arrives when the server is well.
func TestTriesAgain(t *testing.T) {
	inTown(t, func(w *town) {
		l := w.lamp("lamp:80", 503)
		var mu sync.Mutex
		var heard []State
		s := New([]Hook{hookAt(t, "lamp", "http://lamp/")}, Options{Dial: w.dial, Changed: func(_ *Hook, st State) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, st)
		}})
		defer s.Close()
		s.Tell(Event{Event: "missed"})
		time.Sleep(92 * time.Second)
		l.status.Store(200)
		time.Sleep(time.Minute)
		want := []time.Duration{0, 1, 3, 7, 15, 31, 61, 91, 121}
		for i := range want {
			want[i] *= time.Second
		}
		got := l.requests()
		if !slices.Equal(afters(got), want) {
			t.Errorf("tries %v, want %v", afters(got), want)
		}
		for _, r := range got[1:] {
			if string(r.body) != string(got[0].body) {
				t.Errorf("body %s, want the first one's: %s", r.body, got[0].body)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if len(heard) != 2 || heard[0].Why != "it answered 503 Service Unavailable" || !heard[1].Failing.IsZero() {
			t.Errorf("heard %+v, want that it fails, and that it is well", heard)
		}
	})
}

// TestFreshEventShortensThePause: but no server is asked twice within a second.
func TestFreshEventShortensThePause(t *testing.T) {
	inTown(t, func(w *town) {
		l := w.lamp("lamp:80", 500)
		s := New([]Hook{hookAt(t, "lamp", "http://lamp/")}, Options{Dial: w.dial})
		defer s.Close()
		s.Tell(Event{Event: "missed"})
		time.Sleep(20 * time.Second) // tried at 0, 1, 3, 7, 15; next at 31
		s.Tell(Event{Event: "ring"})
		synctest.Wait()
		s.Tell(Event{Event: "ring"})
		time.Sleep(500 * time.Millisecond)
		if n := len(l.requests()); n != 6 {
			t.Errorf("%d tries by now, want 6: the sixth at once", n)
		}
		time.Sleep(time.Second)
		if got := afters(l.requests()); len(got) != 7 || got[6]-got[5] != time.Second {
			t.Errorf("tries %v, want the seventh one second after the sixth", got)
		}
	})
}

// TestRefusedOnce: what the server does not want is not sent again.
func TestRefusedOnce(t *testing.T) {
	inTown(t, func(w *town) {
		l := w.lamp("lamp:80", 404)
		s := New([]Hook{hookAt(t, "lamp", "http://lamp/")}, Options{Dial: w.dial})
		defer s.Close()
		s.Tell(Event{Event: "ring"})
		time.Sleep(time.Minute)
		l.status.Store(200)
		s.Tell(Event{Event: "answered"})
		time.Sleep(time.Minute)
		got := l.requests()
		if len(got) != 2 {
			t.Fatalf("%d tries, want one of each event", len(got))
		}
		var e Event
		if err := json.Unmarshal(got[1].body, &e); err != nil || e.Event != "answered" || e.Lost != 1 {
			t.Errorf("the second: %s, want that one was lost", got[1].body)
		}
	})
}

// TestDropsTheOldest: a full queue loses its oldest events, and says how many.
func TestDropsTheOldest(t *testing.T) {
	inTown(t, func(w *town) {
		l := w.lamp("lamp:80", 500)
		s := New([]Hook{hookAt(t, "lamp", "http://lamp/")}, Options{Dial: w.dial})
		defer s.Close()
		for i := range MostWaiting + 10 {
			s.Tell(Event{Event: "ring", Text: fmt.Sprint(i)})
		}
		if _, states := s.Hooks(); states[0].Waiting != MostWaiting || states[0].Lost != 10 {
			t.Errorf("state %+v, want %d waiting and 10 lost", states[0], MostWaiting)
		}
		l.status.Store(200)
		time.Sleep(5 * time.Second)
		got := l.requests()
		var e Event
		for i, r := range got {
			if json.Unmarshal(r.body, &e) == nil && i > 0 && e.Text == "10" && e.Lost != 10 {
				t.Errorf("the first to arrive says %d were lost, want 10", e.Lost)
			}
		}
		if err := json.Unmarshal(got[len(got)-1].body, &e); err != nil || e.Text != fmt.Sprint(MostWaiting+9) || e.Lost != 0 {
			t.Errorf("the last: %s, want event %d, and no further loss", got[len(got)-1].body, MostWaiting+9)
		}
	})
}

// TestTooOld: an event is dropped when it is worth nothing any more.
func TestTooOld(t *testing.T) {
	inTown(t, func(w *town) {
		l := w.lamp("lamp:80", 500)
		s := New([]Hook{hookAt(t, "lamp", "http://lamp/")}, Options{Dial: w.dial})
		defer s.Close()
		s.Tell(Event{Event: "ring", Worth: 2 * time.Minute})
		s.Tell(Event{Event: "missed"})
		time.Sleep(3 * time.Minute)
		l.status.Store(200)
		time.Sleep(time.Minute)
		last := l.requests()
		var e Event
		if err := json.Unmarshal(last[len(last)-1].body, &e); err != nil || e.Event != "missed" || e.Lost != 1 {
			t.Errorf("the last: %s, want what was missed, and that the ring was lost", last[len(last)-1].body)
		}
	})
}

// wicked are servers that do not mean well. Each gets a connection on which a request was read.
var wicked = map[string]func(c net.Conn, wrote *atomic.Int64){
	"hangs":       func(c net.Conn, _ *atomic.Int64) { _, _ = io.Copy(io.Discard, c) },
	"never reads": func(c net.Conn, _ *atomic.Int64) { time.Sleep(30 * time.Second) },
	"closes":      func(net.Conn, *atomic.Int64) {},
	"endless headers": func(c net.Conn, wrote *atomic.Int64) {
		flood(c, "HTTP/1.1 200 OK\r\n", "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", wrote)
	},
	"endless first line": func(c net.Conn, wrote *atomic.Int64) { flood(c, "HTTP/1.1 ", "2000000000000000000", wrote) },
	"endless interim answers": func(c net.Conn, wrote *atomic.Int64) {
		flood(c, "", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", wrote)
	},
	"endless failure": func(c net.Conn, wrote *atomic.Int64) {
		flood(c, "HTTP/1.1 500 No\r\n\r\n", strings.Repeat("z", 500), wrote)
	},
	"a byte a second": func(c net.Conn, _ *atomic.Int64) {
		for _, err := io.WriteString(c, "H"); err == nil; _, err = io.WriteString(c, "T") {
			time.Sleep(time.Second)
		}
	},
	"rubbish": func(c net.Conn, _ *atomic.Int64) { _, _ = io.WriteString(c, "\x1b[2J\u202ehello\r\n\r\n") },
}

func flood(c net.Conn, head, more string, wrote *atomic.Int64) {
	n, err := io.WriteString(c, head)
	wrote.Add(int64(n))
	for err == nil {
		n, err = io.WriteString(c, more)
		wrote.Add(int64(n))
	}
}

// TestWickedServers: none delays another hook or the caller by an instant, costs more than a little
// reading, or holds a try longer than its limit.
func TestWickedServers(t *testing.T) {
	for name, serve := range wicked {
		t.Run(name, func(t *testing.T) {
			inTown(t, func(w *town) {
				var wrote, open atomic.Int64
				w.at("bad:80", func(c net.Conn) {
					open.Add(1)
					defer open.Add(-1)
					if name != "never reads" {
						read := make([]byte, 4096)
						_, _ = c.Read(read)
						go func() { _, _ = io.Copy(io.Discard, c) }()
					}
					serve(c, &wrote)
				})
				l := w.lamp("lamp:80", 200)
				s := New([]Hook{hookAt(t, "bad", "http://bad/hidden-token"), hookAt(t, "lamp", "http://lamp/")}, Options{Dial: w.dial})
				for range 1000 {
					s.Tell(Event{Event: "ring", Worth: time.Minute})
				}
				if w.since() != 0 {
					t.Errorf("telling took %v, want no time", w.since())
				}
				time.Sleep(100 * time.Millisecond)
				for _, r := range l.requests() {
					if r.after != 0 {
						t.Fatalf("the lamp was told after %v, want at once", r.after)
					}
				}
				time.Sleep(2 * time.Minute)
				_, states := s.Hooks()
				bad := states[0]
				if bad.Failing.IsZero() || bad.Arrived != 0 || bad.Lost != 1000 || bad.Waiting != 0 {
					t.Errorf("state %+v, want failing, all 1000 lost", bad)
				}
				if strings.Contains(bad.Why, "hidden") || strings.ContainsAny(bad.Why, "\x1b\u202e\r\n") || len(bad.Why) > 400 {
					t.Errorf("why: %q", bad.Why)
				}
				if per := wrote.Load() / int64(w.calls()); per > 64<<10 {
					t.Errorf("it could write %d bytes a try, want at most 64 kB", per)
				}
				before := w.since()
				s.Close()
				if took := w.since() - before; took != 0 {
					t.Errorf("closing took %v, want none", took)
				}
				time.Sleep(time.Minute) // the servers end
			})
		})
	}
}

// TestHangIsLimited: a try at a server that hangs ends after five seconds.
func TestHangIsLimited(t *testing.T) {
	inTown(t, func(w *town) {
		var mu sync.Mutex
		var at []time.Duration
		w.at("bad:80", func(c net.Conn) {
			mu.Lock()
			at = append(at, w.since())
			mu.Unlock()
			_, _ = io.Copy(io.Discard, c)
		})
		s := New([]Hook{hookAt(t, "bad", "http://bad/")}, Options{Dial: w.dial})
		defer s.Close()
		s.Tell(Event{Event: "ring"})
		time.Sleep(23 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if want := []time.Duration{0, 6 * time.Second, 13 * time.Second, 22 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("tries %v, want %v", at, want)
		}
		if _, states := s.Hooks(); states[0].Why != "no answer within 5s" {
			t.Errorf("why %q", states[0].Why)
		}
	})
}

// TestEndlessBody: an answer that never ends has arrived, and little of it is read.
func TestEndlessBody(t *testing.T) {
	inTown(t, func(w *town) {
		var wrote atomic.Int64
		w.at("bad:80", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			flood(c, "HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("z", 500), &wrote)
		})
		s := New([]Hook{hookAt(t, "bad", "http://bad/")}, Options{Dial: w.dial})
		defer s.Close()
		s.Tell(Event{Event: "ring"})
		synctest.Wait()
		if _, states := s.Hooks(); states[0].Arrived != 1 || wrote.Load() > 32<<10 {
			t.Errorf("state %+v, %d bytes written; want one arrival, at most 32 kB", states[0], wrote.Load())
		}
	})
}

// TestRedirects: within the host a POST is led on; to another, or as a GET, it is not.
func TestRedirects(t *testing.T) {
	for _, c := range []struct {
		name, to string
		status   int
		arrives  bool
	}{
		{"same host", "/on", 307, true},
		{"same host, whole", "http://lamp/on", 308, true},
		{"as a page", "/on", 302, false},
		{"as a page, 303", "/on", 303, false},
		{"another host", "http://elsewhere/on", 307, false},
		{"another port", "http://lamp:81/on", 307, false},
		{"another scheme", "https://lamp/on", 307, false},
		{"round and round", "/", 307, false},
		{"nowhere", "%zz", 307, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inTown(t, func(w *town) {
				var got []string
				w.at("lamp:80", speaks(func(out http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					if r.URL.Path == "/on" {
						got = append(got, r.Method+" "+fmt.Sprint(len(body) > 0)+" "+fmt.Sprint(r.Header.Get("Ringdown-Signature") != ""))
						return
					}
					out.Header().Set("Location", c.to)
					out.WriteHeader(c.status)
				}))
				stranger := w.lamp("elsewhere:80", 200)
				s := New([]Hook{hookAt(t, "lamp", "http://lamp/")}, Options{Dial: w.dial})
				defer s.Close()
				s.Tell(Event{Event: "ring", Worth: time.Second})
				time.Sleep(10 * time.Second)
				_, states := s.Hooks()
				if arrived := states[0].Arrived == 1; arrived != c.arrives || arrived != (len(got) == 1) {
					t.Errorf("arrived %v, got %v, why %q; want arrived %v", arrived, got, states[0].Why, c.arrives)
				}
				if c.arrives && got[0] != "POST true true" {
					t.Errorf("led on as %q, want a POST with body and signature", got[0])
				}
				for _, address := range w.dialled {
					if address != "lamp:80" {
						t.Errorf("%s was dialled", address)
					}
				}
				if len(stranger.requests()) > 0 {
					t.Error("a stranger was told")
				}
			})
		})
	}
}

// TestTest: one try, at once, even while the hook's queue is stuck; nobody's secret is in its error.
func TestTest(t *testing.T) {
	inTown(t, func(w *town) {
		l := w.lamp("lamp:80", 200)
		s := New([]Hook{hookAt(t, "lamp", "http://lamp/"), hookAt(t, "gone", "http://gone/hidden-token")}, Options{Dial: w.dial})
		defer s.Close()
		if err, known := s.Test(w.t.Context(), "lamp", Event{Event: "test", Text: "A test."}); err != nil || !known || len(l.requests()) != 1 {
			t.Errorf("test: %v, known %v", err, known)
		}
		err, known := s.Test(w.t.Context(), "gone", Event{Event: "test"})
		if err == nil || !known || strings.Contains(err.Error(), "hidden") {
			t.Errorf("test of what is gone: %v, known %v", err, known)
		}
		if _, known := s.Test(w.t.Context(), "horn", Event{}); known {
			t.Error("an unknown hook is known")
		}
	})
}
