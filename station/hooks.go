package station

import (
	"context"
	"fmt"
	"net"
	"time"

	"ringdown/api"
	"ringdown/call"
	"ringdown/webhook"
	"ringdown/wire"
)

// HookOptions is what a station tells lamps, horns and pagers, and how it reaches them.
type HookOptions struct {
	Hooks []webhook.Hook
	Dial  func(ctx context.Context, network, address string) (net.Conn, error) // net.Dialer's if nil
}

// startHooks begins to serve the hooks. What they do costs the loop nothing but a lock.
func (s *Station) startHooks() *webhook.Sender {
	return webhook.New(s.opt.Hooks.Hooks, webhook.Options{Dial: s.opt.Hooks.Dial, Changed: func(h *webhook.Hook, st webhook.State) {
		s.post(func() { s.hookChanged(h, st) })
	}})
}

// hookChanged shows people a hook that does not arrive.
func (s *Station) hookChanged(h *webhook.Hook, st webhook.State) {
	if st.Failing.IsZero() {
		s.mended("webhook " + h.Name)
		return
	}
	s.notice("webhook "+h.Name, "warning", fmt.Sprintf("The webhook %s at %s is not told: %s.", h.Name, h.To(), st.Why),
		"Look at what stands behind it, then try it: on the page of the watch, or by ringdown webhook test "+h.Name+".")
}

// announce tells the hooks one thing that happened; e may be nil, and the rest of ev is filled in.
func (s *Station) announce(e *lineEnd, ev webhook.Event) {
	ev.At, ev.Station = s.opt.Now(), s.opt.Name
	if e != nil {
		ev.Line, ev.Peer = e.slug, e.opt.Peer
	}
	s.hooks.Tell(ev)
}

// A hookTold is what of a line the hooks were last told.
type hookTold struct {
	id       wire.CallID
	state    call.State
	answered bool
	lines    budget
	calls    budget
}

// The line's own comings and goings, and its calls, are told so often at most: a path that flaps shall not push
// calls out, and a side that calls without end not those of other lines.
const (
	hookCallBurst      = 30
	hookCallsPerMinute = 30

	hookLineBurst   = 10
	hookLinePerHour = 30
)

// ringWorth is how long a ring is worth a horn: no longer than it rings.
const ringWorth = 2 * time.Minute

// hookCall tells what has become of the call.
func (e *lineEnd) hookCall(v call.View) {
	h := &e.hookTold
	if v.ID.IsZero() || v.ID == h.id && v.State == h.state {
		return
	}
	if v.ID != h.id {
		*h = hookTold{id: v.ID, lines: h.lines, calls: h.calls}
	}
	h.state = v.State
	ev := webhook.Event{Call: v.ID.String(), Drill: v.Drill}
	peer := e.opt.Peer
	switch {
	case v.State == call.Incoming:
		ev.Event, ev.Text, ev.Worth = hookRing, peer+" calls.", ringWorth
	case v.State == call.Active && !h.answered:
		h.answered = true
		ev.Event, ev.Text = hookAnswered, "The call with "+peer+" is answered."
	case v.State == call.Ended && !h.answered && !v.Outgoing && v.Reason != wire.Declined:
		ev.Event, ev.Text = hookMissed, fmt.Sprintf("A call of %s was not answered: %s.", peer, v.Reason)
	case v.State == call.Ended:
		ev.Event, ev.Text = hookEnded, fmt.Sprintf("The call with %s has ended: %s.", peer, v.Reason)
	default:
		return
	}
	if v.Drill {
		ev.Text = "DRILL. " + ev.Text
	}
	if h.calls.spend(e.s.opt.Now(), hookCallsPerMinute/60., hookCallBurst) {
		e.s.announce(e, ev)
	}
}

// hookLine tells that the line is open or down.
func (e *lineEnd) hookLine(now time.Time, up bool) {
	if !e.hookTold.lines.spend(now, hookLinePerHour/3600., hookLineBurst) {
		return
	}
	ev := webhook.Event{Event: hookLineDown, Text: "The line to " + e.opt.Peer + " is down."}
	if up {
		ev = webhook.Event{Event: hookLineOpen, Text: "The line to " + e.opt.Peer + " is open."}
	}
	e.s.announce(e, ev)
}

// Webhooks shows how all hooks stand.
func (s *Station) Webhooks() []api.Webhook {
	list := []api.Webhook{}
	hooks, states := s.hooks.Hooks()
	for i, h := range hooks {
		st := states[i]
		w := api.Webhook{Name: h.Name, To: h.To(), Events: append([]string{}, h.Events...), Waiting: st.Waiting, Arrived: st.Arrived, Lost: st.Lost, Why: st.Why}
		if !st.Last.IsZero() {
			last := stamp(st.Last)
			w.Last = &last
		}
		if !st.Failing.IsZero() {
			since := stamp(st.Failing)
			w.Failing = &since
		}
		list = append(list, w)
	}
	return list
}

// TestWebhook tries one hook now, beside what waits for it.
func (s *Station) TestWebhook(ctx context.Context, name string) (api.WebhookResult, error) {
	r := api.WebhookResult{Name: name}
	begin := time.Now()
	err, known := s.hooks.Test(ctx, name, webhook.Event{At: s.opt.Now(), Station: s.opt.Name, Event: "test", Text: "This is a test of the webhook " + name + "."})
	if !known {
		have := "none: add a section [[webhook]] to " + ConfigFile + " and start the station again"
		if list := s.Webhooks(); len(list) > 0 {
			names := make([]string, len(list))
			for i, w := range list {
				names[i] = w.Name
			}
			have = quoted(names)
		}
		return r, &api.Error{Code: "no-such-webhook", Text: fmt.Sprintf("This station has no webhook %q.", name), Action: "It has " + have + "."}
	}
	r.TookMS = time.Since(begin).Milliseconds()
	if r.Arrived = err == nil; !r.Arrived {
		r.Why = err.Error()
	}
	return r, nil
}
