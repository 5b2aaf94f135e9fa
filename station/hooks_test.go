package station

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/webhook"
)

// hornConfig is a configuration with one webhook.
const hornConfig = "[[webhook]]\nname = \"horn\"\nurl = \"https://192.0.2.7/hidden-token\"\nsecret = \"never to be shown to anybody\"\nevents = [\"ring\", \"missed\"]"

// TestWebhookConfig: what is doubtful is refused, and neither secret nor token is in what is said.
func TestWebhookConfig(t *testing.T) {
	cfg, err := parseConfig([]byte(hornConfig))
	if err != nil {
		t.Fatal(err)
	}
	if hooks := cfg.hooks(); len(hooks) != 1 || hooks[0].To() != "https://192.0.2.7" || string(hooks[0].Secret) != "never to be shown to anybody" {
		t.Errorf("hooks %v", hooks)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg.Webhooks); strings.Contains(text, "never to be shown") {
		t.Errorf("the secret is printed: %s", text)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"horn"`, `""`, "webhook.name is \"\""},
		{`"horn"`, `"The Horn"`, "webhook.name is"},
		{`https://`, `ftp://`, "webhook.url of horn cannot be asked"},
		{`https://192.0.2.7`, ``, "webhook.url of horn cannot be asked"},
		{`https://`, `https://user:pass@`, "names a user"},
		{`hidden-token`, `hidden-token#x`, "behind #"},
		{`never to be shown to anybody`, `hidden-short`, "webhook.secret of horn has 12 bytes, want 16 to 200"},
		{`never to be shown to anybody`, `never to be shown\nto anybody`, "all printable"},
		{`"missed"`, `"rings"`, `webhook.events of horn has "rings"`},
		{`"missed"`, `"ring"`, `webhook.events of horn has "ring"`},
		{`events =`, `event =`, "unknown key webhook.event"},
		{hornConfig, hornConfig + "\n" + hornConfig, `webhook.name "horn" stands twice`},
		{hornConfig, strings.Repeat(hornConfig+"\n", 17), "17 sections"},
	} {
		_, err := parseConfig([]byte(strings.Replace(hornConfig, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in place of %s: %v, want %q", c.new, c.old, err, c.want)
		} else if strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "pass") || strings.Contains(err.Error(), "never to") {
			t.Errorf("%s in place of %s: %v shows what may be secret", c.new, c.old, err)
		}
	}
}

// A horn is a webhook's server in memory.
type horn struct {
	mu   sync.Mutex
	told []webhook.Event
	at   []time.Time
}

func (h *horn) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	body, _ := io.ReadAll(r.Body)
	var ev webhook.Event
	if json.Unmarshal(body, &ev) == nil && r.Header.Get("Ringdown-Signature") == webhook.Signature([]byte("the horn's own secret"), body) {
		h.mu.Lock()
		h.told, h.at = append(h.told, ev), append(h.at, time.Now())
		h.mu.Unlock()
	}
	_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
}

// heard gives what it was told, without the line's own comings and goings.
func (h *horn) heard() (list []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ev := range h.told {
		if !strings.HasPrefix(ev.Event, "line-") {
			list = append(list, ev.Event)
		}
	}
	return list
}

func (h *horn) of(event string) (ev webhook.Event, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.told {
		if h.told[i].Event == event {
			ev, at = h.told[i], h.at[i]
		}
	}
	return ev, at
}

// badHooks are servers that must delay nothing.
var badHooks = map[string]func(net.Conn) bool{
	"hangs": func(c net.Conn) bool { _, _ = io.Copy(io.Discard, c); return true },
	"fails": func(c net.Conn) bool {
		_, _ = c.Read(make([]byte, 9000))
		_, _ = io.WriteString(c, "HTTP/1.1 500 No\r\n\r\n")
		return true
	},
	"refuses": func(net.Conn) bool { return false },
	"floods": func(c net.Conn) bool {
		go func() { _, _ = io.Copy(io.Discard, c) }()
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			_, err = io.WriteString(c, "X: "+strings.Repeat("y", 1000)+"\r\n")
		}
		return true
	},
}

func hookTo(name, host, secret string) webhook.Hook {
	return webhook.Hook{Name: name, URL: &url.URL{Scheme: "http", Host: host, Path: "/hidden-token"}, Secret: []byte(secret)}
}

// withHooks gives south a horn, and beside it a bad server.
func (w *world) withHooks(bad func(net.Conn) bool) *horn {
	h := new(horn)
	w.options = func(side int, o *Options) {
		if side != 1 {
			return
		}
		o.Hooks.Hooks = append(o.Hooks.Hooks, hookTo("horn", "horn", "the horn's own secret"))
		if bad != nil {
			o.Hooks.Hooks = append(o.Hooks.Hooks, hookTo("bad", "bad", "the bad one's secret"))
		}
		o.Hooks.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			if address == "horn:80" {
				go h.serve(theirs)
				return ours, nil
			}
			if bad == nil {
				return nil, errors.New("no such server")
			}
			go func() { defer func() { _ = theirs.Close() }(); bad(theirs) }()
			return ours, nil
		}
	}
	return h
}

// TestHooksDelayNoRing: when a webhook's server turns bad, the bell still sounds at the same instant after
// the press, to the nanosecond, and the good one beside it is told at that instant.
func TestHooksDelayNoRing(t *testing.T) {
	for name, bad := range badHooks {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 1, func(w *world) {
				var turned atomic.Bool
				h := w.withHooks(func(c net.Conn) bool {
					if turned.Load() {
						return bad(c)
					}
					_, _ = c.Read(make([]byte, 9000))
					_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
					return true
				})
				w.startBoth()
				w.open(5 * time.Second)
				start := time.Now()
				north, south := w.phone(0), w.phone(1)
				var after []time.Duration
				for i := range 8 {
					turned.Store(i >= 4)
					time.Sleep(time.Until(start.Add(time.Duration(i+1) * 10 * time.Second)))
					pressed := time.Now()
					north.press("call")
					w.within(time.Second, "it rings", func() bool { return south.ringCount() == i+1 })
					after = append(after, south.rings[i].Sub(pressed))
					time.Sleep(time.Second)
					if _, at := h.of("ring"); !at.Equal(south.rings[i]) {
						t.Errorf("the horn was told %v after the bell", at.Sub(south.rings[i]))
					}
					north.press("hangup")
				}
				for _, d := range after[4:] {
					if !slices.Contains(after[:4], d) {
						t.Errorf("the bell sounds after %v, before the server turned bad after %v", d, after[:4])
					}
				}
				w.killAll()
				time.Sleep(time.Minute) // the servers end
			})
		})
	}
}

// TestHooksHearOfCalls: each outcome of a call, once, in order.
func TestHooksHearOfCalls(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		h := w.withHooks(nil)
		w.startBoth()
		w.open(5 * time.Second)
		north, south := w.phone(0), w.phone(1)
		end := func(p *phone, verb string) {
			p.press(verb)
			w.within(2*time.Second, "it ends", func() bool { return w.callIs(0, api.CallEnded)() && w.callIs(1, api.CallEnded)() })
		}
		ring := func(from *phone) {
			from.press("call")
			w.within(2*time.Second, "it rings", w.callIs(from.side, api.CallRinging))
		}
		ring(north)
		south.press("answer")
		w.within(2*time.Second, "they speak", w.callIs(1, api.CallActive))
		end(north, "hangup")
		ring(north)
		end(north, "hangup")
		ring(north)
		end(south, "decline")
		ring(south)
		end(north, "decline")
		time.Sleep(time.Second)
		want := []string{"ring", "answered", "ended", "ring", "missed", "ring", "ended", "ended"}
		if got := h.heard(); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		ev, _ := h.of("missed")
		if ev.Station != "South" || ev.Line != "line0" || ev.Peer != "North" || ev.Text != "A call of North was not answered: cancelled." || len(ev.Call) != 32 {
			t.Errorf("told %+v", ev)
		}
	})
}

// TestHooksTellDrillsFromCalls: a drill is marked in every event, and in words.
func TestHooksTellDrillsFromCalls(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		h := w.withHooks(nil)
		w.startBoth()
		w.open(5 * time.Second)
		north, south := w.phone(0), w.phone(1)
		north.do(api.ToStation{Type: "call", Slug: "line0", Drill: true})
		w.within(2*time.Second, "it rings", w.callIs(0, api.CallRinging))
		south.press("answer")
		w.within(2*time.Second, "they speak", w.callIs(1, api.CallActive))
		north.press("hangup")
		time.Sleep(time.Second)
		for _, event := range []string{"ring", "answered", "ended"} {
			if ev, at := h.of(event); at.IsZero() || !ev.Drill || !strings.HasPrefix(ev.Text, "DRILL. ") {
				t.Errorf("%s: %+v", event, ev)
			}
		}
	})
}

// TestHooksInAFloodOfCalls: whoever calls and hangs up without end is heard of at most so often.
func TestHooksInAFloodOfCalls(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		h := w.withHooks(nil)
		w.startBoth()
		w.open(5 * time.Second)
		north := w.phone(0)
		w.phone(1)
		begin := time.Now()
		for time.Since(begin) < time.Minute {
			north.press("call")
			time.Sleep(100 * time.Millisecond)
			north.press("hangup")
			time.Sleep(100 * time.Millisecond)
		}
		if n := len(h.heard()); n < hookCallBurst || n > hookCallBurst+hookCallsPerMinute+1 {
			t.Errorf("the horn heard of %d, want about %d", n, hookCallBurst+hookCallsPerMinute)
		}
	})
}

// TestHookFailureIsShown: a hook that is not told is a notice, without its token, until it is.
func TestHookFailureIsShown(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.withHooks(badHooks["fails"])
		w.startBoth()
		w.open(5 * time.Second)
		time.Sleep(time.Second)
		list := w.st[1].Status().Notices
		if len(list) != 1 || list[0].Text != "The webhook bad at http://bad is not told: it answered 500 Internal Server Error." {
			t.Errorf("notices %+v", list)
		}
		for _, hook := range w.st[1].Webhooks() {
			if (hook.Failing == nil) != (hook.Name == "horn") || strings.Contains(fmt.Sprintf("%+v", hook), "hidden") {
				t.Errorf("webhook %+v", hook)
			}
		}
		for name, arrives := range map[string]bool{"horn": true, "bad": false} {
			if r, err := w.st[1].TestWebhook(w.t.Context(), name); err != nil || r.Arrived != arrives || r.Arrived == (r.Why != "") {
				t.Errorf("test of %s: %+v, %v", name, r, err)
			}
		}
		if _, err := w.st[1].TestWebhook(w.t.Context(), "lamp"); err == nil || !strings.Contains(err.(*api.Error).Action, `"horn", "bad"`) {
			t.Errorf("test of an unknown hook: %v", err)
		}
	})
}
