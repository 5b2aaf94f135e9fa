package station

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/record"
	"ringdown/replica"
)

// ruleTrials tells the clerk what the accord says of tests and of text. The loop runs it.
func (e *lineEnd) ruleTrials() {
	if e.clerk == nil {
		return
	}
	rules := e.rules
	e.clerk.must(func() {
		d := &e.clerk.desk
		d.rules, d.fresh, d.owed = rules, true, true
		d.agree(rules.Tests, e.s.opt.Now())
	})
}

// StartTest asks the other side to read two words back.
func (s *Station) StartTest(ctx context.Context, slug string, who api.Person, m api.StartTest) (w api.Written, err error) {
	k, err := s.keeper(slug)
	if err != nil {
		return w, err
	}
	err = k.ask(ctx, func() error {
		now := k.s.opt.Now()
		if x := k.desk.open(true, now); x != nil {
			return &api.Error{Code: "test-open", Text: fmt.Sprintf("A test of this side is under way since %s: %q waits to be read back by %s.", time.UnixMilli(x.At).UTC().Format("15:04:05 UTC"), x.Words, k.peer),
				Action: "Wait until it has ended: ten minutes at most."}
		}
		if !k.up {
			return &api.Error{Code: "line-down", Text: fmt.Sprintf("The line to %s is down, so nobody there can be asked.", k.peer), Action: "Look at its paths; try again when one is up."}
		}
		id, err := k.askTest(now, k.slotFor(now), k.s.named(who, m.Name))
		if err != nil {
			return unwritable(err)
		}
		w.Key = k.keyOf(id)
		k.advanceTrials(now) // whoever looks next sees it
		return nil
	})
	return w, err
}

// ReadBack enters what a person read of the words that the other side asks.
func (s *Station) ReadBack(ctx context.Context, slug string, who api.Person, m api.ReadBack) (w api.Written, err error) {
	k, err := s.keeper(slug)
	if err != nil {
		return w, err
	}
	err = k.ask(ctx, func() error {
		now := k.s.opt.Now()
		x := k.desk.open(false, now)
		if x == nil || x.Read != nobodyRead || m.Key != "" && m.Key != x.key() {
			return &api.Error{Code: "no-test", Text: fmt.Sprintf("No test of %s waits to be read back, or it is another by now.", k.peer), Action: "Look again; start one, if a test is due."}
		}
		d := replica.Draft{ID: replica.NewID(), Time: now, About: []record.Ref{{Relation: record.Answers, Other: true, Number: x.Number}},
			Body: record.Test{Act: record.TestReadBack, Who: k.s.named(who, m.Name), Text: strings.Join(strings.Fields(m.Words), " "), Paths: k.testPaths()}}
		if w, err = k.put(d); err != nil {
			return err
		}
		if _, numbered := k.rep.Number(d.ID); !numbered {
			k.waitTrial(d)
		}
		k.desk.fresh = true
		k.advanceTrials(now)
		return nil
	})
	return w, err
}
