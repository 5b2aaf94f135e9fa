package station

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/message"

	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

// openAgain sets a damaged store aside and opens a new one with what could be read of it. damage is what was found.
func (c *clerk) openAgain(file string, now time.Time, damage error) error {
	aside, err := store.SetAside(file, now)
	if err != nil {
		return errors.Join(damage, err)
	}
	c.aside = aside
	if err := c.openStore(file, now); err != nil {
		return err // what was set aside is read when a store can be opened
	}
	c.salvage(now)
	return nil
}

// salvage takes from the store that was set aside what can be read of it into the new one.
func (c *clerk) salvage(now time.Time) {
	aside := c.aside
	c.aside = ""
	rest := store.Salvage(aside, store.Own, max(0, c.viewed()-mostSalvaged))
	lost := rest.Lost
	if err := c.rep.Adopt(now, rest); err != nil {
		lost = append(lost, err.Error())
	}
	text := fmt.Sprintf("The record with %s was damaged and is set aside as %s; it comes back from the other side.", c.peer, filepath.Base(aside))
	if len(lost) > 0 {
		text += fmt.Sprintf(" Of what was written here and not delivered, this could not be read: %s.", joined(lost))
	}
	c.alarm("set aside", text, "Test this machine's disk. Look whether what was last written stands in the record, and write again what does not.")
}

// blank reports whether the record holds nothing at all.
func (c *clerk) blank() bool {
	st := c.rep.Status()
	return st.Own.Size+st.Far.Size == 0 && len(st.Waiting) == 0
}

// leftAside is the newest store that was set aside. Beside a record that holds nothing, it may be that a crash came
// before it was read.
func leftAside(file string) string {
	list, _ := filepath.Glob(file + ".damaged-*") // it fails for a malformed pattern alone
	list = slices.DeleteFunc(list, func(name string) bool {
		return strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-shm") || strings.HasSuffix(name, "-journal")
	})
	if len(list) == 0 {
		return ""
	}
	return slices.Max(list)
}

// mostSalvaged is how many of our newest entries are read from a damaged store: those that the other
// side may not have yet.
const mostSalvaged = 10_000

// viewed is how much of our log the view knew, which is in a file of its own.
func (c *clerk) viewed() (own int64) {
	if view, err := message.Open(c.viewFile()); err == nil {
		own, _ = view.Sizes()
		_ = view.Close()
	}
	return own
}

// errNoView is returned when the record is well and what shows it is not.
var errNoView = errors.New("station: the view of the record cannot be written")

// begin loads what the clerk knows beside the record, and enters what a crash left open.
func (c *clerk) begin(now time.Time) (err error) {
	if err := c.loadIntents(); err != nil {
		return err
	}
	if err := c.loadTrials(now); err != nil {
		return err // of the store itself: a damaged entry is passed over
	}
	c.status = c.rep.Status()
	c.now.Store(&recordNow{c.view, c.status})
	c.catchUp()
	c.dirty, c.fresh, c.forks = true, keyList{all: true}, make(map[string]time.Time)
	if c.view == nil {
		return errNoView
	}
	if err := errors.Join(c.findAsked(), c.hearAgain(), c.findClaims()); err != nil {
		return err
	}
	if c.broken, err = c.view.OpenCalls(); err != nil {
		return err
	}
	steps, _ := c.waitingCalls()
	c.broken = append(c.broken, slices.DeleteFunc(steps, func(x message.OpenCall) bool { return slices.Contains(c.broken, x) })...)
	return c.enterBeginning(now)
}

// findAsked finds the disclosures for which the other side waits for our consent.
func (c *clerk) findAsked() error {
	theirs, err := c.view.Disclosures(mostIntents)
	for _, d := range theirs {
		if d.State == record.DisclosureAsked {
			c.shows.asked[d.Number] = true
		}
	}
	return err
}

// enterBeginning makes the entry with which every log begins: that the accord was signed.
func (c *clerk) enterBeginning(now time.Time) error {
	if c.status.Own.Size > 0 || len(c.status.Waiting) > 0 {
		return nil
	}
	return c.enterChange(now, record.AccordChange{Digest: c.e.opt.Line.AccordDigest, Rule: c.opt.Rule})
}

// enterChange enters what was signed. Its id follows from what it says, so that after the loss
// of a record it is known again when the entry comes back. Disclosures show such entries
// whole: there is nothing for the salt to hide.
func (c *clerk) enterChange(now time.Time, a record.AccordChange) error {
	said := sha256.Sum256(fmt.Appendf(nil, "ringdown accord entry 1\n%s %d %x", c.opt.Own.Origin, a.Serial, a.Digest))
	_, err := c.write(replica.Draft{ID: replica.ID(said[:16]), Time: now, Body: a})
	return err
}

// endCalls ends in the record what a crash ended, as soon as our log is whole: the end may have been
// entered before, and come back from the other side.
func (c *clerk) endCalls(now time.Time) {
	if len(c.broken) == 0 || c.view == nil || c.status.Standing != record.Stands {
		return
	}
	open, err := c.view.OpenCalls()
	if err != nil {
		c.viewFailed(err)
		return
	}
	steps, ended := c.waitingCalls()
	open = append(open, steps...)
	for _, x := range c.broken {
		if slices.Contains(open, x) && !ended[x] {
			c.endBroken(now, x)
		}
	}
	c.broken = nil
}

// endBroken enters the end of a call that a crash ended.
func (c *clerk) endBroken(now time.Time, x message.OpenCall) {
	end := record.CallStep{Drill: x.Drill, Step: record.StepEnded, Reason: record.Restarted}
	_, _ = c.write(replica.Draft{Time: now, Call: x.ID, Body: end}) // write has said so
}

// endBefore ends a call that a crash ended before it goes on: its caller waited on, and it rings here anew.
func (c *clerk) endBefore(d replica.Draft) {
	step, ok := d.Body.(record.CallStep)
	x := message.OpenCall{ID: d.Call, Drill: step.Drill}
	if i := slices.Index(c.broken, x); ok && i >= 0 {
		c.broken = slices.Delete(c.broken, i, i+1)
		if step.Step != record.StepEnded {
			c.endBroken(d.Time, x)
		}
	}
}

// heardCrossed enters by our own word, too, that both sides lifted: the other side may have taken its call into ours
// before anything of it was heard here.
func (c *clerk) heardCrossed(entries []*record.Entry) {
	for _, e := range entries {
		step, ok := e.Body.(record.CallStep)
		if !ok || step.Step != record.StepCrossed {
			continue
		}
		d := replica.Draft{Call: e.Call, Body: record.CallStep{Drill: step.Drill, Step: record.StepCrossed, Other: step.Other}}
		c.must(func() {
			if slices.Contains(c.ownSteps(e.Call, step.Drill), record.StepCalled) && !c.overAlready(d) && len(c.ownSteps(step.Other, step.Drill)) == 0 {
				d.Time = c.s.opt.Now()
				c.write(d)
			}
		})
	}
}

// ownSteps are the steps of a call in our log, and those that wait for their numbers.
func (c *clerk) ownSteps(id record.CallID, drill bool) (steps []record.Step) {
	if c.view == nil {
		return nil
	}
	refs, err := c.view.OwnCallEntries(message.CallKey(id, drill))
	if err != nil {
		return nil
	}
	for _, ref := range refs {
		if e, err := c.rep.Entry(true, ref.Number); err == nil {
			if s, ok := e.Body.(record.CallStep); ok && e.Call == id {
				steps = append(steps, s.Step)
			}
		}
	}
	for _, w := range c.rep.Status().Waiting {
		if s, ok := w.Draft.Body.(record.CallStep); ok && w.Draft.Call == id && s.Drill == drill {
			steps = append(steps, s.Step)
		}
	}
	return steps
}

// overAlready reports whether d ends a call that our log has ended, or says of one that both lifted: again, or after its
// end, when the other side's word of it came late. After a restart the other side may still tell of a call, and it ends
// once more in what consoles see.
func (c *clerk) overAlready(d replica.Draft) bool {
	step, ok := d.Body.(record.CallStep)
	switch {
	case !ok:
		return false
	case step.Step == record.StepCrossed:
		return slices.Contains(c.ownSteps(d.Call, step.Drill), record.StepCrossed) || c.ended(message.OpenCall{ID: d.Call, Drill: step.Drill})
	case step.Step == record.StepEnded:
		return c.ended(message.OpenCall{ID: d.Call, Drill: step.Drill})
	}
	return false
}

// ended reports whether the newest step of a call in our log, or of those that wait for their numbers, is its end.
func (c *clerk) ended(x message.OpenCall) bool {
	if c.view == nil {
		return false
	}
	if steps, ended := c.waitingCalls(); slices.Contains(steps, x) {
		return ended[x]
	}
	refs, err := c.view.OwnCallEntries(message.CallKey(x.ID, x.Drill))
	if err != nil {
		return false
	}
	newest, over := int64(-1), false
	for _, ref := range refs {
		if ref.Number < newest {
			continue
		}
		if e, err := c.rep.Entry(true, ref.Number); err == nil {
			if step, ok := e.Body.(record.CallStep); ok {
				newest, over = ref.Number, step.Step == record.StepEnded
			}
		}
	}
	return over
}

// waitingCalls are the calls of which steps wait for their numbers, and of these the ones whose end does.
func (c *clerk) waitingCalls() (steps []message.OpenCall, ended map[message.OpenCall]bool) {
	ended = make(map[message.OpenCall]bool)
	for _, w := range c.rep.Status().Waiting {
		if s, ok := w.Draft.Body.(record.CallStep); ok {
			x := message.OpenCall{ID: w.Draft.Call, Drill: s.Drill}
			if !slices.Contains(steps, x) {
				steps = append(steps, x)
			}
			ended[x] = s.Step == record.StepEnded
		}
	}
	return steps, ended
}

// enterAccord enters the amendments that are in force and not yet in our log. The loop runs it.
func (e *lineEnd) enterAccord() {
	if e.clerk == nil || e.opt.Amendments == nil {
		return
	}
	c, a := e.clerk, e.opt.Amendments
	c.must(func() {
		if c.view == nil {
			return
		}
		for serial := c.entered() + 1; serial <= a.Newest(); serial++ {
			digest, ok := a.Digest(serial)
			if !ok {
				continue
			}
			_ = c.enterChange(c.s.opt.Now(), record.AccordChange{Serial: serial, Digest: digest}) // write has said so
		}
	})
}

// entered is the serial of the newest amendment that our log has or shall have.
func (c *clerk) entered() (newest uint32) {
	for _, w := range c.rep.Status().Waiting {
		if a, ok := w.Draft.Body.(record.AccordChange); ok {
			newest = max(newest, a.Serial)
		}
	}
	q := api.RecordQuery{Kinds: []string{"accord"}, Limit: 200}
	for {
		p, err := c.view.Page(q, proofsOf(c.status), c.s.opt.Now())
		if err != nil {
			c.viewFailed(err)
			return math.MaxUint32 - 1 // not known: nothing is entered
		}
		for _, it := range p.Items { // the newest first, and ours rise
			if it.By == "us" {
				return max(newest, it.Serial)
			}
		}
		if q.Before = p.Next; q.Before == 0 {
			return newest
		}
	}
}

// withheld says by our log's standing what the other side does not give.
var withheld = map[string]string{
	record.Stands.String():    "it was sent, and their signature is missing",
	record.Unheard.String():   "their station has not said how much of our record it holds",
	record.Behind.String():    "their station has not given back all that it holds of our record",
	record.FarBehind.String(): "their station has lost some of our record, and has not confirmed that it has it again",
}

func (c *clerk) whyWithheld(standing string) string {
	if !c.up {
		return "it did not while the line was up, and the line is down"
	}
	return withheld[standing]
}

// notices are what a person should know of the record.
func (c *clerk) notices(r api.RecordState) []api.Notice {
	list := []api.Notice{}
	for _, about := range slices.Sorted(maps.Keys(c.alarms)) {
		list = append(list, c.alarms[about])
	}
	if r.Withheld != nil {
		list = append(list, api.Notice{Severity: "warning",
			Text:   fmt.Sprintf("%s has co-signed nothing that was written here since %s: %s.", c.peer, r.Withheld.Format("15:04:05 UTC"), c.whyWithheld(r.Standing)),
			Action: "Nothing since then counts as delivered. Ask them by voice whether their station is well."})
	}
	if r.Damaged > 0 {
		list = append(list, api.Notice{Severity: "warning",
			Text:   fmt.Sprintf("%d entries of the record with %s are damaged on this disk and being fetched again from the other side.", r.Damaged, c.peer),
			Action: "Test this machine's disk. Nothing is lost while the other side has them."})
	}
	return append(list, c.roomNotices()...)
}

// roomNotices say when the room runs out that the other side has here, or that we have there.
func (c *clerk) roomNotices() (list []api.Notice) {
	add := func(severity, text string) {
		list = append(list, api.Notice{Severity: severity, Text: text, Action: fmt.Sprintf(
			"Give line %s more than %d MiB under [line.quota] in %s and start the station again, or ask %s what fills it.",
			c.slug, cmp.Or(c.opt.Quota, replica.DefaultQuota)>>20, ConfigFile, c.peer)})
	}
	switch f := c.status.Filled; {
	case f.Entries == replica.Full && f.Calls == replica.Full:
		add("failure", "The room on this disk for what "+c.peer+" writes is full: nothing more of it is taken, and of its calls nothing is written down.")
	case f.Entries == replica.Full:
		add("failure", "The room on this disk for what "+c.peer+" writes is full: no more of it is taken but its calls.")
	case f.Entries == replica.Little:
		add("warning", "Of the room on this disk for what "+c.peer+" writes, less than a tenth is left; when it is full, no more of it is taken but its calls.")
	}
	switch c.status.Filled.Files {
	case replica.Full:
		add("failure", "The room on this disk for the files of "+c.peer+" is full: no more of them are fetched.")
	case replica.Little:
		add("warning", "Of the room on this disk for the files of "+c.peer+", less than a tenth is left; when it is full, no more of them are fetched.")
	}
	if c.status.FarFull {
		list = append(list, api.Notice{Severity: "warning",
			Text:   "The station of " + c.peer + " has no room for more of what is written here: it waits on this disk, but for calls.",
			Action: "Ask " + c.peer + " to give this line more room; what waits is sent by itself then."})
	}
	return list
}

// close ends the work on the record, as far as it was begun.
func (c *clerk) close() {
	c.now.Store(nil)
	var errs []error
	if c.rep != nil {
		errs = append(errs, c.rep.Close())
	}
	if c.st != nil {
		errs = append(errs, c.st.Close())
	}
	if c.view != nil {
		errs = append(errs, c.view.Close())
	}
	c.rep, c.st, c.view = nil, nil, nil
	for _, err := range errs {
		if err != nil {
			c.s.log.Warn("closing the record", "line", c.slug, "error", err)
		}
	}
}

func joined(list []string) string {
	const most = 5
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", quoted(list[:most]), len(list)-most)
	}
	return quoted(list)
}
