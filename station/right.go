package station

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/webhook"
	"ringdown/wire"
)

// ownRight is our newest word on the right to call, numbered or not.
func (c *clerk) ownRight() *right {
	x := c.desk.Rights[0]
	for _, w := range c.rep.Status().Waiting {
		if body, ok := w.Draft.Body.(record.Right); ok {
			at := w.Draft.Time.UnixMilli()
			x = &right{At: at, Known: at, Act: body.Act, Who: body.Who, Text: body.Text}
		}
	}
	return x
}

// suspensions are those that are in force, theirs first.
func (c *clerk) suspensions(time.Time) []api.Suspension {
	list := []api.Suspension{}
	for i, x := range []*right{c.desk.Rights[1], c.ownRight()} {
		if x != nil && x.Act == record.RightSuspended {
			list = append(list, api.Suspension{By: sideName(i == 1), At: stamp(time.UnixMilli(x.At)), Known: stamp(time.UnixMilli(x.Known)), Who: x.Who, Reason: x.Text})
		}
	}
	return list
}

// mayWrite refuses text while the right to call is suspended and the accord does not let it pass.
func (c *clerk) mayWrite(now time.Time) error {
	if c.desk.rules.SuspendedText {
		return nil
	}
	for _, x := range c.suspensions(now) {
		return &api.Error{Code: "suspended", Text: fmt.Sprintf("The right to call is suspended by %s since %s, and the accord lets no text pass meanwhile.", c.sideWord(x.By), x.At.Format("15:04 UTC on 2 January")),
			Action: "Wait until it is restored, or use another channel."}
	}
	return nil
}

// sideWord names a side in a sentence.
func (c *clerk) sideWord(by string) string {
	if by == "us" {
		return "this side"
	}
	return c.peer
}

// Suspend suspends the right to call, with a reason that the other side is told.
func (s *Station) Suspend(ctx context.Context, slug string, who api.Person, m api.Suspend) (api.Written, error) {
	reason := strings.Join(strings.Fields(m.Reason), " ")
	if reason == "" {
		return api.Written{}, &api.Error{Code: "no-reason", Text: "A suspension needs a reason, which the other side is told.", Action: "Say why."}
	}
	if len(reason) > record.MaxWhy {
		return api.Written{}, &api.Error{Code: "too-long", Text: fmt.Sprintf("The reason has %d bytes; %d are the most.", len(reason), record.MaxWhy), Action: "Say it in fewer words, and the rest in a message."}
	}
	return s.setRight(ctx, slug, record.Right{Act: record.RightSuspended, Who: s.named(who, m.Name), Text: reason})
}

// Resume restores it, as far as this side has suspended it.
func (s *Station) Resume(ctx context.Context, slug string, who api.Person, m api.Resume) (api.Written, error) {
	return s.setRight(ctx, slug, record.Right{Act: record.RightRestored, Who: s.named(who, m.Name)})
}

func (s *Station) setRight(ctx context.Context, slug string, body record.Right) (w api.Written, err error) {
	k, err := s.keeper(slug)
	if err != nil {
		return w, err
	}
	err = k.ask(ctx, func() error {
		now := k.s.opt.Now()
		was := k.ownRight()
		suspended := was != nil && was.Act == record.RightSuspended
		switch {
		case body.Act == record.RightSuspended && suspended:
			return &api.Error{Code: "suspended", Text: fmt.Sprintf("This side has suspended the right to call already: %s.", was.Text), Action: "Restore it first, to give another reason."}
		case body.Act == record.RightRestored && !suspended:
			return &api.Error{Code: "not-suspended", Text: "This side has not suspended the right to call.", Action: "If the other side has, only they can restore it: write to them."}
		}
		w, err = k.put(replica.Draft{Time: now, Body: body})
		k.desk.fresh = true
		k.advanceTrials(now) // whoever looks next sees it
		return err
	})
	return w, err
}

// keeper is the record of a line, as its own side uses it.
func (s *Station) keeper(slug string) (keeper, error) {
	rec, err := s.Record(slug)
	if err != nil {
		return keeper{}, err
	}
	return rec.(keeper), nil
}

// A trialled is what the loop knows of tests and of the right to call.
type trialled struct {
	trials told
	heard  bool      // the clerk has said it in this run
	hooked [2]bool   // what hooks were told last: ours is suspended, theirs is
	asked  budget    // of what hooks are told of tests
	rights [2]budget // and of suspensions, ours and theirs
	missed budget    // and of tests that were missed
}

// Hooks are told of tests, and of the right to call, so often at most, whatever the other side asks and says: it shall
// not push the calls of other lines out of their queues.
const (
	hookTestBurst   = 4
	hookTestPerHour = 12

	hookRightBurst   = 8
	hookRightPerHour = 30
)

// setTrials takes over what the clerk has found in the record. The loop runs it.
func (e *lineEnd) setTrials(t told) {
	if e.closed {
		return
	}
	was, now := e.trialled.trials, e.s.opt.Now()
	e.trialled.trials = t
	if !e.trialled.heard {
		e.hooked = [2]bool{t.suspendedBy("us") != nil, t.suspendedBy("them") != nil}
	}
	why := wire.ReasonNone
	if len(t.suspended) > 0 {
		why = wire.Suspended
	}
	e.refuseCalls(now, why)
	if e.trialled.heard {
		e.hookRights(now)
		e.hookTests(now, was.test, t.test)
	}
	e.trialled.heard = true
	e.touch()
	e.s.byTime.fix(e)
}

// suspendedBy is the suspension of a side; nil if there is none.
func (t *told) suspendedBy(by string) *api.Suspension {
	i := slices.IndexFunc(t.suspended, func(x api.Suspension) bool { return x.By == by })
	if i < 0 {
		return nil
	}
	return &t.suspended[i]
}

// hookRights tells what is suspended or restored, unlike when hooks were told last. What a flood keeps from them now they are told
// as soon as one may be told again.
func (e *lineEnd) hookRights(now time.Time) {
	for i, side := range [2]struct{ by, name string }{{"us", e.s.opt.Name}, {"them", e.opt.Peer}} {
		x := e.trials.suspendedBy(side.by)
		if (x != nil) == e.hooked[i] || !e.rights[i].spend(now, hookRightPerHour/3600., hookRightBurst) {
			continue
		}
		e.hooked[i] = x != nil
		if x != nil {
			e.s.announce(e, webhook.Event{Event: hookSuspended, Text: side.name + " has suspended the right to call: " + x.Reason})
		} else {
			e.s.announce(e, webhook.Event{Event: hookRestored, Text: side.name + " has restored the right to call."})
		}
	}
}

// hookTests tells what waits to be read back, and what was missed.
func (e *lineEnd) hookTests(now time.Time, was, is *api.LineTest) {
	for _, t := range is.Open {
		known := slices.ContainsFunc(was.Open, func(o api.OpenTest) bool { return o.Key == t.Key })
		if !known && t.By == "them" && e.trialled.asked.spend(now, hookTestPerHour/3600., hookTestBurst) {
			e.s.announce(e, webhook.Event{Event: hookTestDue, Text: e.opt.Peer + " tests the line: words wait to be read back.", Worth: record.TestAnswer})
		}
	}
	for _, slot := range is.Missed {
		if !slices.ContainsFunc(was.Missed, slot.Equal) && e.trialled.missed.spend(now, hookTestPerHour/3600., hookTestBurst) {
			e.s.announce(e, webhook.Event{Event: hookTestMissed, Text: fmt.Sprintf("The test of the line to %s that was due at %s UTC was missed.", e.opt.Peer, slot.Format("15:04"))})
		}
	}
}

// refuseCalls closes the line to new calls, either way, or opens it again. A call that is under way goes on.
func (e *lineEnd) refuseCalls(now time.Time, why wire.Reason) { e.call.Refuse(now, why) }

// trialNotices are what a person should know of tests and of the right to call.
func (e *lineEnd) trialNotices() (list []api.Notice) {
	for _, x := range e.trials.suspended {
		since := "since " + x.At.Format("15:04 UTC on 2 January")
		if x.Known.Sub(x.At).Abs() > misdated {
			since += ", as they say, and known here since " + x.Known.Format("15:04 UTC on 2 January")
		}
		n := api.Notice{Severity: "warning", Text: fmt.Sprintf("%s has suspended the right to call %s: %s", e.opt.Peer, since, ended(x.Reason)), Action: "Only they can restore it; "}
		if x.By == "us" {
			n.Text = fmt.Sprintf("This side has suspended the right to call %s: %s", since, ended(x.Reason))
			n.Action, n.Act = "Restore it when calls may pass again; ", "resume"
		}
		if e.rules.SuspendedText {
			n.Action += "text passes meanwhile."
		} else {
			n.Action += "text does not pass either, so use another channel."
		}
		list = append(list, n)
	}
	if t := e.trials.test; t != nil && len(t.Missed) > 0 {
		list = append(list, api.Notice{Severity: "warning", Text: fmt.Sprintf("The test of the line to %s that was due at %s was missed.", e.opt.Peer, t.Missed[len(t.Missed)-1].Format("15:04 UTC on 2 January")),
			Action: "Start one now; if nobody there reads it back, ask them by another channel who has the watch.", Act: "test"})
	}
	return list
}

// misdated is how far a side's time of a suspension may lie off before both are shown.
const misdated = 2 * time.Minute

// ended is a text that ends as a sentence does.
func ended(text string) string {
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
