package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ringdown/accord"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/station"
	"ringdown/store"
)

// A history is the life of the line before the demo begins. It is made as any history is: two
// replicas number, sign, exchange and co-sign entries, with the stations' own keys and in their
// own folders, so that everything which can be shown or disclosed of it holds. Only the clock is the
// story's.
//
// What fails is kept in err, and nothing is done from then on.
type history struct {
	ctx   context.Context // the demo's: nobody waits for a story that is no longer wanted
	start time.Time       // midnight, UTC, of the story's first day; the quiet days are before it
	now   time.Time
	err   error

	opened bool // the line has been up: tests are due from then on
	cut    bool // it is down now

	north, south *desk
}

const (
	// storyDays is how many whole days the story has before today, and quietDays how many there are before it.
	storyDays = 3
	quietDays = 11

	hop = 30 * time.Millisecond // from one station to the other
)

// storyStart is midnight of the first day of all.
func storyStart(now time.Time) time.Time {
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -storyDays-quietDays)
}

// makeHistory writes the story into the folders of both stations, which do not run yet.
func makeHistory(ctx context.Context, now time.Time, north, south *party) error {
	h := &history{ctx: ctx, now: storyStart(now)}
	h.start = h.now.AddDate(0, 0, quietDays)
	h.north, h.south = h.open(north), h.open(south)
	if h.err == nil {
		h.north.far, h.south.far = h.south, h.north
		h.tell(now)
	}
	return errors.Join(h.err, h.north.close(), h.south.close())
}

// A desk is one side while its history is made: what its station would be.
type desk struct {
	h      *history
	far    *desk
	people []string
	dir    string // of the line
	opt    *station.RecordOptions
	accord *accord.Accord
	first  bool // it is the accord's first party
	store  store.Store
	rep    *replica.Replica
	inbox  []func() error
}

// open opens a station's record. What it returns can be closed.
func (h *history) open(p *party) *desk {
	d := &desk{h: h}
	h.try(func() error {
		lines, err := p.home.Lines()
		if err != nil || len(lines) != 1 {
			return fmt.Errorf("%s has %d lines, want 1: %w", p.name, len(lines), err)
		}
		d.accord, d.first = lines[0].Accord, lines[0].First
		d.dir = filepath.Join(p.dir, "lines", lines[0].Slug)
		if d.opt, err = station.RecordOptionsOf(p.dir, lines[0], p.home.Keys()); err != nil {
			return err
		}
		if d.store, err = store.Open(filepath.Join(d.dir, station.RecordFile)); err != nil {
			return err
		}
		d.rep, err = replica.Open(replica.Config{Own: d.opt.Own, Far: d.opt.Far, Sign: d.opt.Sign, Cosign: d.opt.Cosign, CosignPQ: d.opt.CosignPQ,
			Store: d.store, Hooks: deskHooks{d}}, h.now)
		return err
	})
	return d
}

func (d *desk) close() (err error) {
	if d.rep != nil {
		err = d.rep.Close()
	}
	if d.store != nil {
		err = errors.Join(err, d.store.Close())
	}
	return err
}

// try does something unless the history has failed.
func (h *history) try(f func() error) {
	if h.err == nil {
		h.err = h.ctx.Err()
	}
	if h.err != nil {
		return
	}
	if err := f(); err != nil {
		h.err = fmt.Errorf("history, at %s: %w", h.now.Format(time.DateTime), err)
	}
}

// until lets the time pass. It does not run backwards.
func (h *history) until(t time.Time) {
	const mostSteps = 200 // of what replicas do by themselves meanwhile
	for range mostSteps {
		next := t
		for _, d := range h.desks() {
			if due := d.due(); due.Before(next) {
				next = due
			}
		}
		if next.After(h.now) {
			h.now = next
		}
		h.exchange()
		if !h.now.Before(t) || h.err != nil {
			return
		}
	}
	h.now = t
	h.exchange()
}

// due is when the desk's replica has something to do by itself.
func (d *desk) due() time.Time {
	if t := d.rep.Deadline(); !t.IsZero() && t.After(d.h.now) {
		return t
	}
	return d.h.now.Add(24 * time.Hour)
}

func (h *history) desks() []*desk { return []*desk{h.north, h.south} }

// exchange carries messages until nobody has any more.
func (h *history) exchange() {
	const most = 1000
	for range most {
		busy := false
		for _, d := range h.desks() {
			h.try(func() error { d.rep.Advance(h.now); return nil })
			for _, hear := range d.take() {
				h.try(hear)
				busy = true
			}
		}
		if !busy || h.err != nil {
			return
		}
		h.now = h.now.Add(hop)
	}
	h.try(func() error { return fmt.Errorf("the stations did not come to rest within %d exchanges", most) })
}

func (d *desk) take() []func() error {
	list := d.inbox
	d.inbox = nil
	return list
}

// at sets the story's clock: a day, 0 the first of the story, those before it quiet, and a time of day in UTC.
func (h *history) at(day int, clock string) {
	h.try(func() error {
		layout := time.TimeOnly[:len(clock)]
		t, err := time.Parse(layout, clock)
		if err != nil {
			return err
		}
		t = h.start.AddDate(0, 0, day).Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second)
		if t.Before(h.now) {
			return fmt.Errorf("the story goes back to %s", t.Format(time.DateTime))
		}
		h.pass(t)
		return nil
	})
}

// after lets so much time pass.
func (h *history) after(d time.Duration) { h.try(func() error { h.until(h.now.Add(d)); return nil }) }

// lineUp and lineDown are what both stations see of the line as a whole and of its paths.
func (h *history) lineUp() {
	h.try(func() error {
		for _, d := range h.desks() {
			d.inbox = nil
			d.rep.LineUp(h.now)
		}
		h.exchange()
		return nil
	})
	h.path(1, true)
	h.path(2, true)
	h.path(0, true)
	h.opened, h.cut = true, false
}

func (h *history) lineDown() {
	h.try(func() error {
		for _, d := range h.desks() {
			d.rep.LineDown(h.now)
		}
		return nil
	})
	h.path(1, false)
	h.path(2, false)
	h.path(0, false)
	h.cut = true
}

// path is a change that both sides see, the second a little later.
func (h *history) path(n uint8, up bool) {
	for _, d := range h.desks() {
		d.writes(replica.Draft{Body: record.LineChange{Path: n, Up: up}})
		h.after(400 * time.Millisecond)
	}
}

// A mark names an entry that was written.
type mark struct {
	by *desk
	id replica.ID
}

// writes writes an entry now. It is exchanged at once if the line is up.
func (d *desk) writes(draft replica.Draft) mark {
	if draft.ID == (replica.ID{}) {
		rand.Read(draft.ID[:])
	}
	draft.Time = d.h.now
	d.h.try(func() error {
		_, err := d.rep.Write(d.h.now, draft)
		d.h.exchange()
		return err
	})
	return mark{d, draft.ID}
}

// refer makes a draft one about something that was written.
func (d *desk) refer(draft *replica.Draft, rel record.Relation, m mark) {
	if m.by == d {
		draft.To = append(draft.To, replica.DraftRef{Relation: rel, ID: m.id})
		return
	}
	d.h.try(func() error {
		n, err := m.number()
		draft.About = append(draft.About, record.Ref{Relation: rel, Other: true, Number: n})
		return err
	})
}

// number is that of what was written.
func (m mark) number() (int64, error) {
	n, ok := m.by.rep.Number(m.id)
	if !ok {
		return 0, fmt.Errorf("entry %s has no number", m.id)
	}
	return n, nil
}

// deskHooks are what the replica asks of its station.
type deskHooks struct{ *desk }

func (d deskHooks) Send(bulk bool, msg []byte) {
	far := d.far
	far.inbox = append(far.inbox, func() error { return far.rep.FarMessage(far.h.now, bulk, msg) })
}

func (d deskHooks) Added(bool, int64, []*record.Entry) {}

func (d deskHooks) Changed() {}

func (d deskHooks) File(sum [32]byte, data []byte) error { return d.keep(sum, data) }

func (d deskHooks) OpenFile(sum [32]byte) ([]byte, error) {
	return station.ReadAttachment(d.dir, sum)
}

// Alarm: in the story nothing goes wrong that a station must tell a person.
func (d deskHooks) Alarm(_, text, _ string) {
	if text != "" {
		d.h.try(func() error { return errors.New(text) })
	}
}

func (d *desk) keep(sum [32]byte, data []byte) error {
	return station.KeepAttachment(d.dir, sum, data)
}
