package station

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ringdown/api"
	"ringdown/line"
	"ringdown/message"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

// The replica's hooks, in the clerk's goroutine.

// Send gives a message to the line, if the session that it was meant for still runs.
func (c *clerk) Send(bulk bool, msg []byte) {
	stream, session := line.StreamEntries, c.session
	if bulk {
		stream = line.StreamBulk
	}
	c.s.post(func() {
		if c.e.closed || c.e.session != session || !c.e.up {
			return
		}
		if err := c.e.line.SendMessage(stream, msg); err != nil {
			c.e.complain(fmt.Errorf("station: message of the record not sent: %w", err))
		}
	})
}

// Added takes durable entries into the view.
func (c *clerk) Added(own bool, _ int64, entries []*record.Entry) {
	for _, e := range entries {
		if own {
			c.gone = append(c.gone, waitingKey(replica.ID(e.HeaderSalt)))
		}
		c.shows.heard(own, e)
		c.heardPresence(own, e)
	}
	c.heardSteps(own, entries)
	c.takeTrials(own, entries)
	c.look(own, entries)
	if !own {
		c.heardCrossed(entries)
	}
	c.dirty = true
}

// look adds entries to the view, unless it still lacks others before them: then catchUp takes them.
func (c *clerk) look(own bool, entries []*record.Entry) {
	if c.view == nil || len(entries) == 0 || entries[0].Number != c.seen(own) {
		return
	}
	changed, err := c.view.Add(own, entries)
	if err != nil {
		c.viewFailed(err)
		return
	}
	for _, key := range changed {
		c.fresh.add(key)
	}
}

// seen is how far the view has got in a log.
func (c *clerk) seen(own bool) int64 {
	mine, theirs := c.view.Sizes()
	if own {
		return mine
	}
	return theirs
}

// viewFailed has the view made anew at the next report: it holds nothing that the record does not.
func (c *clerk) viewFailed(err error) {
	c.s.log.Error("the view of the record is made anew", "line", c.slug, "error", err)
	c.now.Store(nil)
	_ = c.view.Close()
	c.view, c.dirty = nil, true
}

// renewView opens the view again. It reports false if it cannot be.
func (c *clerk) renewView(now time.Time) bool {
	if err := c.openView(); err != nil {
		c.view = nil
		c.alarm("view", "The record with "+c.peer+" cannot be shown: "+err.Error()+".", "Make room on the disk; nothing is lost.")
		c.due = now.Add(retryDisk)
		c.status = c.rep.Status()
		c.tellState(c.recordState(message.Pending{}))
		return false
	}
	c.alarm("view", "", "")
	c.fresh.all = true
	c.catchUp()
	return c.view != nil
}

// Changed says that the replica's state is new.
func (c *clerk) Changed() { c.dirty = true }

// File keeps an attachment; OpenFile reads it.
func (c *clerk) File(sum [32]byte, data []byte) error {
	c.fresh.all = true // whichever messages carry it
	return c.files.keep(sum, data)
}

func (c *clerk) OpenFile(sum [32]byte) ([]byte, error) { return c.files.read(sum) }

// Alarm shows a person something that is wrong with the record, until it is taken back.
func (c *clerk) Alarm(about, text, action string) {
	switch about {
	case "fork":
		action += c.proofAction(forkUs)
	case "far fork":
		action += c.proofAction(forkThem)
	}
	c.alarm(about, text, action)
}

func (c *clerk) alarm(about, text, action string) {
	was, shown := c.alarms[about]
	switch {
	case text == "" && !shown, text != "" && was.Text == text:
		return // nothing is new: a report that fails again is not made at once for that
	case text == "":
		delete(c.alarms, about)
	default:
		c.s.log.Warn(text, "line", c.slug, "action", action)
		c.alarms[about] = api.Notice{Severity: "failure", Text: text, Action: action}
	}
	c.dirty = true
}

// catchUp feeds the view with what it does not have, so that an entry comes after what it had seen.
func (c *clerk) catchUp() {
	const step = 256
	for range 2 * (c.sizes()/step + 2) {
		if c.view == nil {
			return
		}
		own, far := c.view.Sizes()
		st := c.rep.Status()
		if own >= st.Own.Size && far >= st.Far.Size || c.ending() {
			return
		}
		mine, err := c.rep.Entries(true, own, step)
		theirs, err2 := c.rep.Entries(false, far, step)
		if err != nil || err2 != nil {
			c.s.log.Error("the record cannot be read for its view", "line", c.slug, "error", err, "and", err2)
			return
		}
		c.merge(mine, theirs, own, far)
	}
}

// sizes is how many entries both logs have.
func (c *clerk) sizes() int64 {
	st := c.rep.Status()
	return st.Own.Size + st.Far.Size
}

// merge adds what was read of both logs in runs, each entry after what it had seen of the other log.
func (c *clerk) merge(mine, theirs []*record.Entry, own, far int64) {
	for len(mine)+len(theirs) > 0 {
		n := 0
		for n < len(mine) && mine[n].Seen.Size <= far {
			n++
		}
		if n > 0 {
			c.look(true, mine[:n])
			mine, own = mine[n:], own+int64(n)
		}
		m := 0
		for m < len(theirs) && theirs[m].Seen.Size <= own {
			m++
		}
		if m > 0 {
			c.look(false, theirs[:m])
			theirs, far = theirs[m:], far+int64(m)
		}
		if n+m == 0 {
			return // the rest waits for what is beyond this part
		}
	}
}

// A keyList collects keys of items that consoles shall hear of.
type keyList struct {
	keys []string
	all  bool // too many to name
}

// mostKeys is how many items one event names.
const mostKeys = 100

func (l *keyList) add(key string) {
	switch {
	case l.all || slices.Contains(l.keys, key):
	case len(l.keys) == mostKeys:
		l.keys, l.all = nil, true
	default:
		l.keys = append(l.keys, key)
	}
}

// reportEvery is the least time between two reports of a record to the consoles: about a tick, so that what
// is delivered shows when it is.
const reportEvery = 20 * time.Millisecond

// report tells the loop, and through it the consoles, what is new.
func (c *clerk) report(now time.Time) {
	if !c.due.IsZero() && !now.Before(c.due) {
		c.dirty = true
	}
	if !c.dirty || now.Before(c.reported.Add(reportEvery)) {
		return
	}
	c.dirty, c.reported, c.due = false, now, time.Time{}
	if c.view == nil && !c.renewView(now) {
		return
	}
	was := c.status
	c.status = c.rep.Status()
	if errors.Is(c.status.Failure, store.ErrDamaged) {
		c.damage = c.status.Failure
		return
	}
	c.now.Store(&recordNow{c.view, c.status})
	if c.seen(true) < c.status.Own.Size || c.seen(false) < c.status.Far.Size {
		c.catchUp()
	}
	c.noteForks(now)
	c.endCalls(now)
	c.answerClaims()
	c.advanceDisclosures(now)
	c.moved(was)
	if c.view == nil {
		return
	}
	pending, err := c.view.Pending(now)
	if err != nil {
		c.viewFailed(err)
		return
	}
	if c.due.IsZero() || !pending.Next.IsZero() && pending.Next.Before(c.due) { // a disclosure may be due
		c.due = pending.Next
	}
	c.tellState(c.recordState(pending))
	c.tellItems(now)
}

// moved marks what has got further because the other side co-signed.
func (c *clerk) moved(was replica.Status) {
	c.movedIn(true, was.Own.Classical, c.status.Own.Classical)
	c.movedIn(true, was.Own.Full, c.status.Own.Full)
	c.movedIn(false, was.Far.Full, c.status.Far.Full)
	c.movedIn(false, was.Far.Classical, c.status.Far.Classical)
}

func (c *clerk) movedIn(own bool, from, to int64) {
	if to-from > mostKeys {
		c.fresh.all = true
		return
	}
	for n := from; n < to; n++ {
		c.fresh.add(message.Key(own, n))
	}
}

func (c *clerk) recordState(p message.Pending) api.RecordState {
	st := c.status
	r := api.RecordState{Standing: st.Standing.String(), Own: logged(st.Own), Far: logged(st.Far),
		Unread: p.Unread, Chased: p.Chased, Unheeded: p.Unheeded, Damaged: len(st.Damaged), FarFull: st.FarFull,
		Rule: c.opt.Rule.String()}
	if c.opt.Rule == record.RuleConsent {
		r.Asked = len(c.shows.asked)
	}
	for _, w := range st.Waiting {
		if w.Draft.Body.Kind() == record.KindMessage {
			r.Waiting++
		}
	}
	if !st.Withheld.IsZero() {
		since := stamp(st.Withheld)
		r.Withheld = &since
	}
	switch {
	case st.ForkFar != nil:
		r.Fork = "them"
	case st.ForkOwn != nil:
		r.Fork = "us"
	}
	return r
}

func logged(l replica.Logged) api.Logged {
	return api.Logged{Size: l.Size, Classical: l.Classical, Full: l.Full}
}

// tellState puts the record's state and alarms where the line's status shows them.
func (c *clerk) tellState(r api.RecordState) {
	list := c.notices(r)
	c.s.post(func() {
		c.e.record, c.e.recordNotices = &r, list
		c.e.touch()
	})
}

// tellItems sends consoles the items that are new or changed.
func (c *clerk) tellItems(now time.Time) {
	ev := api.Event{Type: "record", At: stamp(now), Slug: c.slug, Gone: c.gone, More: c.fresh.all || len(c.gone) > mostKeys}
	if ev.More {
		ev.Gone = nil
	} else if len(c.fresh.keys) > 0 {
		ev.Items = c.items(c.fresh.keys, now)
	}
	c.fresh, c.gone = keyList{}, nil
	if ev.More || len(ev.Items)+len(ev.Gone) > 0 {
		c.s.post(func() { c.s.tell(ev) })
	}
}

// items are those of the keys that stand in the timeline or wait.
func (c *clerk) items(keys []string, now time.Time) []api.Item {
	items, err := c.view.Items(slices.DeleteFunc(slices.Clone(keys), isWaiting), proofsOf(c.status), now)
	if err != nil {
		c.viewFailed(err)
	}
	for _, w := range waitingItems(c.status.Waiting) {
		if slices.Contains(keys, w.Key) {
			items = append(items, w)
		}
	}
	return items
}
