package station

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/line"
	"ringdown/message"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

// RecordOptions is what a station knows of a line's record before it runs.
type RecordOptions struct {
	Own, Far               *record.Party
	Sign, Cosign, CosignPQ record.Signer
	Rule                   record.Rule      // of disclosures, as the accord has it
	Accord                 []accord.Section // of the accord, for disclosures
	Parties                [2]string        // names, the first party's and the second's; empty: the station's and the line's

	// Dir is the line's folder: line-record.db, line-view.db, line-files and
	// line-disclosures are in it.
	Dir string

	// Quota is how many bytes the other side's part of the record may take; 0: as replica has it.
	Quota int64

	// Open opens the store; store.Open if nil.
	Open func(file string) (store.Store, error)
}

const (
	recordFile = "line-record.db"
	viewFile   = "line-view.db"
	filesDir   = "line-files"
)

// A clerk keeps the record of one line: it writes, numbers, exchanges and shows it. It has one
// goroutine, which may wait for the disk; the station's loop never waits for it, and
// hands it work through the inbox. What it has to send and to show it posts to the loop.
type clerk struct {
	s    *Station
	e    *lineEnd // for the loop alone
	slug string
	peer string
	opt  RecordOptions
	in   *inbox
	quit chan struct{}
	done chan struct{}

	shelf   shelf    // files that wait for their messages
	reports reporter // reads the record for its report

	// The clerk's goroutine owns all below.
	st       store.Store
	rep      *replica.Replica
	view     *message.View
	files    files
	session  uint64             // of the line, as far as the clerk has heard
	up       bool               // the line, likewise
	damage   error              // of the store, found while it was used
	aside    string             // a store that was set aside and not salvaged yet; empty: none
	broken   []message.OpenCall // calls that a crash ended, until their end is entered
	fresh    keyList
	gone     []string
	alarms   map[string]api.Notice // by what each is about
	dirty    bool                  // the state is new
	due      time.Time             // when the state changes by itself
	reported time.Time
	status   replica.Status
	shows    disclosures
	forks    map[string]time.Time // when the proofs of forks were found, by their ids
	claims   claims
	desk     trialDesk

	// now is what readers outside the goroutine see; nil until the record is open.
	now atomic.Pointer[recordNow]
}

// A recordNow is what page and search need, at one moment.
type recordNow struct {
	view   *message.View
	status replica.Status
}

// proofs says what can be shown for each entry.
func (r *recordNow) proofs() message.Proofs { return proofsOf(r.status) }

func proofsOf(st replica.Status) message.Proofs {
	return func(own bool, n int64) record.ProofState {
		l := st.Far
		if own {
			l = st.Own
		}
		switch {
		case n < l.Full:
			return record.ProofFull
		case n < l.Classical:
			return record.ProofClassical
		}
		return record.ProofNone
	}
}

// newClerk begins to keep a line's record.
func newClerk(s *Station, e *lineEnd, opt RecordOptions) *clerk {
	if opt.Open == nil {
		opt.Open = func(file string) (store.Store, error) { return store.Open(file) }
	}
	c := &clerk{s: s, e: e, slug: e.slug, peer: e.opt.Peer, opt: opt, in: newInbox(),
		quit: make(chan struct{}), done: make(chan struct{}), alarms: make(map[string]api.Notice),
		files: files{dir: filepath.Join(opt.Dir, filesDir)}}
	c.desk.first, c.desk.rules = e.opt.Line.First, e.rules
	s.clerks.Go(c.run)
	return c
}

// retire lets the clerk end; done is closed when it has.
func (c *clerk) retire() { close(c.quit) }

// run is the clerk's goroutine.
func (c *clerk) run() {
	defer close(c.done)
	if !c.opened() {
		return
	}
	defer c.close()
	c.catchUp()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		for _, j := range c.in.take() {
			j.run()
			if c.ending() {
				return
			}
		}
		now := c.s.opt.Now()
		c.rep.Advance(now)
		c.advanceTrials(now)
		c.report(now)
		if c.damage != nil {
			c.close()
			if !c.opened() {
				return
			}
		}
		timer.Reset(max(0, c.deadline().Sub(c.s.opt.Now())))
		select {
		case <-c.in.wake:
		case <-timer.C:
		case <-c.quit:
			return
		case <-c.s.done:
			return
		}
	}
}

func (c *clerk) ending() bool {
	select {
	case <-c.quit:
		return true
	case <-c.s.done:
		return true
	default:
		return false
	}
}

// deadline is when the clerk has something to do by itself.
func (c *clerk) deadline() time.Time {
	next := c.s.opt.Now().Add(time.Minute)
	if t := c.rep.Deadline(); !t.IsZero() && t.Before(next) {
		next = t
	}
	if c.desk.again.Before(next) {
		next = c.desk.again
	}
	again := c.reported.Add(reportEvery) // no report comes before
	switch {
	case c.dirty && again.Before(next):
		next = again
	case !c.due.IsZero() && c.due.Before(next):
		next = c.due
		if next.Before(again) {
			next = again
		}
	}
	return next
}

// The clerk as the loop uses it.

// lineUp says that a session of the line begins, lineDown that it is over.
func (c *clerk) lineUp(session uint64) {
	c.must(func() { c.session, c.up = session, true; c.desk.lineUp(c.s.opt.Now()); c.rep.LineUp(c.s.opt.Now()) })
}

func (c *clerk) lineDown() { c.must(func() { c.up = false; c.rep.LineDown(c.s.opt.Now()) }) }

func (c *clerk) farRestarted(session uint64) {
	c.must(func() { c.session = session; c.rep.FarRestarted(c.s.opt.Now()) })
}

// farMessage takes one message of the other side. msg is the clerk's from now on.
func (c *clerk) farMessage(st line.Stream, msg []byte) {
	c.in.hear(len(msg), func() {
		if err := c.rep.FarMessage(c.s.opt.Now(), st == line.StreamBulk, msg); err != nil {
			c.s.post(func() { c.e.complain(err) })
		}
	}, func() { c.rep.Overrun(c.s.opt.Now()) })
}

// enter writes an entry that the station makes of itself.
func (c *clerk) enter(d replica.Draft) {
	c.must(func() {
		if c.overAlready(d) {
			return
		}
		c.endBefore(d)
		c.write(d)
	})
}

// write writes drafts in the clerk's goroutine.
func (c *clerk) write(drafts ...replica.Draft) ([]replica.ID, error) {
	ids, err := c.rep.Write(c.s.opt.Now(), drafts...)
	if errors.Is(err, replica.ErrNotDurable) {
		return nil, err // it is held, and the replica's own alarm lasts as long as that
	}
	if err != nil {
		c.alarm("write", "An entry of the record with "+c.peer+" was not written: "+err.Error()+".", "Look at this station's disk.")
		return nil, err
	}
	c.alarm("write", "", "")
	for _, id := range ids {
		if _, numbered := c.rep.Number(id); !numbered {
			c.fresh.add(waitingKey(id))
		}
	}
	c.dirty = true
	return ids, nil
}

func (c *clerk) must(run func()) {
	if !c.in.put(run) {
		c.s.log.Error("the record cannot keep up: work was dropped", "line", c.slug)
	}
}

// ask runs f in the clerk's goroutine and waits for it.
func (c *clerk) ask(ctx context.Context, f func() error) error {
	answer := make(chan error, 1)
	if !c.in.put(func() {
		if c.view == nil {
			answer <- c.notOpen()
			return
		}
		answer <- f()
	}) {
		return &api.Error{Code: "busy", Text: "The record of the line with " + c.peer + " has too much to do.", Action: "Try again in a moment."}
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return &api.Error{Code: "cancelled", Text: "The answer was not waited for; what was asked may still be done.", Action: "Look at the record."}
	case <-c.done:
		return errStopped
	}
}

func (c *clerk) notOpen() error {
	return &api.Error{Code: "not-open", Text: "The record with " + c.peer + " is not open yet.", Action: "Look at the notices of the line; it is tried again by itself."}
}

// opened opens the record, as often as it takes. It reports false if the clerk shall end.
func (c *clerk) opened() bool {
	for {
		err := c.open(c.s.opt.Now())
		if err == nil {
			c.alarm("open", "", "")
			return true
		}
		c.alarm("open", fmt.Sprintf("The record with %s cannot be opened: %v.", c.peer, err), "Mend what is named; messages are kept by nobody until then.")
		c.tellState(api.RecordState{Standing: record.Unheard.String()})
		select {
		case <-time.After(retryDisk):
		case <-c.quit:
			return false
		case <-c.s.done:
			return false
		}
	}
}

// open opens store, replica and view. A store whose structure is damaged is set aside, and what can be read of
// it is kept; the rest comes back from the other side.
func (c *clerk) open(now time.Time) error {
	file := filepath.Join(c.opt.Dir, recordFile)
	err := c.damage
	if c.damage = nil; err == nil {
		err = c.openStore(file, now)
	}
	if errors.Is(err, store.ErrDamaged) {
		err = c.openAgain(file, now, err)
	} else if err == nil {
		if c.aside == "" && c.blank() {
			c.aside = leftAside(file)
		}
		if c.aside != "" {
			c.salvage(now)
		}
	}
	if err != nil {
		return err
	}
	if err = c.openView(); err == nil {
		err = c.begin(now)
	}
	if err != nil {
		c.close()
		return err
	}
	if c.up {
		c.rep.LineUp(now)
	}
	return nil
}

func (c *clerk) openView() (err error) {
	if c.view, err = message.Open(c.viewFile()); err != nil {
		return err
	}
	c.view.Now, c.view.Here = c.s.opt.Now, c.files.has
	st := c.rep.Status()
	if c.seen(true) <= st.Own.Size && c.seen(false) <= st.Far.Size {
		return nil
	}
	// The record is an older one: what the view has beyond it may come to be something else.
	if err := errors.Join(c.view.Close(), c.removeView()); err != nil {
		return err
	}
	return c.openView()
}

// removeView deletes the view's files: it is made anew.
func (c *clerk) removeView() error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(c.viewFile() + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// viewFile is empty in tests that keep their stores in memory.
func (c *clerk) viewFile() string {
	if c.opt.Dir == "" {
		return ""
	}
	return filepath.Join(c.opt.Dir, viewFile)
}

func (c *clerk) openStore(file string, now time.Time) (err error) {
	if c.st, err = c.opt.Open(file); err != nil {
		return err
	}
	c.rep, err = replica.Open(replica.Config{Own: c.opt.Own, Far: c.opt.Far, Sign: c.opt.Sign, Cosign: c.opt.Cosign, CosignPQ: c.opt.CosignPQ,
		Store: c.st, Hooks: c, Quota: c.opt.Quota}, now)
	if err != nil {
		return errors.Join(err, c.st.Close())
	}
	return nil
}
