package message

import (
	"database/sql"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// maxMatters is how many matters are listed. Closed ones, and theirs that we have not acknowledged,
// come last: whatever the other side opens, no other matter leaves the list for it.
const maxMatters = 1000

// Matters are the matters: open ones first, the newest first.
func (v *View) Matters() (list []api.Matter, err error) {
	list = []api.Matter{}
	err = v.read("matters", func(s *session) error {
		var closed [][2]entryID
		err := s.all(`SELECT m.id, title, e.at, coalesce(a.at, 0), closed0, closed1, messages, calls, unread
			FROM matter m JOIN entry e ON e.id = m.id LEFT JOIN entry a ON a.id = acknowledged ORDER BY rank, m.pos DESC LIMIT ?`, []any{maxMatters}, func(rows *sql.Rows) error {
			var m api.Matter
			var id entryID
			var c [2]entryID
			var at, acknowledged int64
			err := rows.Scan(&id, &m.Title, &at, &acknowledged, &c[0], &c[1], &m.Messages, &m.Calls, &m.Unread)
			m.Key, m.By, m.Opened, m.Acknowledged = id.key(), side(id.own()), timeOf(at), since(acknowledged)
			list, closed = append(list, m), append(closed, c)
			return err
		})
		if err != nil {
			return err
		}
		for i := range list {
			if err := s.closing(&list[i], closed[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// closing fills in who closed a matter first: neither can close again what it has seen closed.
func (s *session) closing(m *api.Matter, closed [2]entryID) error {
	if closed[0] == 0 && closed[1] == 0 {
		return nil
	}
	last, err := s.later(closed[0], closed[1])
	if err != nil {
		return err
	}
	first := closed[0] + closed[1] - last
	if first == 0 {
		first = last
	}
	var at int64
	_, err = s.one("SELECT at FROM entry WHERE id = ?", []any{first}, &at)
	m.Closed, m.ClosedBy = since(at), side(first.own())
	return err
}

// Pending is what waits for a person.
type Pending struct {
	Unread   int // their messages that nobody here has marked read
	Chased   int // of these, those here for ChasedAfter
	Unheeded int // ours that nobody there has marked read for ChasedAfter

	// Next is when one of these changes by itself; zero: not by itself.
	Next time.Time
}

// Pending counts what waits. Times count from when an entry was added here, whatever its author says.
func (v *View) Pending(now time.Time) (p Pending, err error) {
	err = v.read("pending", func(s *session) error {
		st, err := s.readState()
		if err != nil {
			return err
		}
		limit := now.Add(-ChasedAfter).UnixMilli()
		p.Unread = int(st.open[openFar])
		for open, late := range map[int]*int{openOurs: &p.Unheeded, openFar: &p.Chased} {
			var recent, first int64
			if _, err := s.one("SELECT count(*), coalesce(min(added), 0) FROM item WHERE open = ? AND open <> 0 AND added > ?", []any{open, limit}, &recent, &first); err != nil {
				return err
			}
			*late = int(st.open[open] - recent)
			if next := timeOf(first).Add(ChasedAfter); first != 0 && (p.Next.IsZero() || next.Before(p.Next)) {
				p.Next = next
			}
		}
		return nil
	})
	return p, err
}

// Unshown are those of the other side's messages among keys for which we owe a receipt that they
// were shown: not taken back, and no receipt by us yet.
func (v *View) Unshown(keys []string) ([]Ref, error) {
	return v.owed(keys, "shown = 0 AND read = 0 AND seen = 0")
}

// Unmarked is the same for marking them read; what the principal has seen is read.
func (v *View) Unmarked(keys []string) ([]Ref, error) { return v.owed(keys, "read = 0 AND seen = 0") }

// Unseen is the same for marking them seen by the principal.
func (v *View) Unseen(keys []string) ([]Ref, error) { return v.owed(keys, "seen = 0") }

func (v *View) owed(keys []string, unless string) (refs []Ref, err error) {
	err = v.read("receipts owed", func(s *session) error {
		for _, key := range keys {
			own, number, ok := ParseKey(key)
			if !ok || own {
				continue
			}
			found, err := s.one("SELECT 1 FROM message WHERE id = ? AND retracted = 0 AND erased = 0 AND "+unless, []any{idOf(own, number)}, new(int))
			if err != nil {
				return err
			}
			if found {
				refs = append(refs, Ref{own, number})
			}
		}
		return nil
	})
	return refs, err
}

// Entry reads a key, and says whether the view has that entry.
func (v *View) Entry(key string) (own bool, number int64, ok bool) {
	own, number, ok = ParseKey(key)
	if ok {
		mine, theirs := v.Sizes()
		ok = own && number < mine || !own && number < theirs
	}
	return own, number, ok
}

// A Span is entries of one log, from First to Last. There are none if First is the greater.
type Span struct{ First, Last int64 }

// Empty reports whether there are none.
func (s Span) Empty() bool { return s.First > s.Last }

// Between is, of each log, the least part that has all entries whose authors give a time from from
// on and before to, and that begins after an entry from before and ends before one from after: an
// author's clock may have been turned. A log that has none of that time gives an empty span, behind
// the last entry from before. A zero time is no bound.
func (v *View) Between(from, to time.Time) (own, far Span, err error) {
	f := filter{}
	if !from.IsZero() {
		f.from = max(1, from.UnixMilli())
	}
	if !to.IsZero() {
		f.to = max(1, to.UnixMilli())
	}
	err = v.read("entries between", func(s *session) error {
		st, err := s.readState()
		if err != nil {
			return err
		}
		if own, err = f.span(s, true, st.size(true)); err == nil {
			far, err = f.span(s, false, st.size(false))
		}
		return err
	})
	return own, far, err
}

// span is the part of a log of size entries.
func (f filter) span(s *session, own bool, size int64) (Span, error) {
	f.rising = true
	first, err := f.endOf(s, own, 0, size)
	if err != nil {
		return Span{}, err
	}
	f.rising = false
	last, err := f.endOf(s, own, 0, size)
	if err != nil {
		return Span{}, err
	}
	if first < 0 {
		first = size
	}
	before, after := int64(-1), int64(-1)
	if f.from > 0 {
		if before, err = (&filter{to: f.from}).endOf(s, own, 0, first); err != nil {
			return Span{}, err
		}
	}
	if f.to > 0 {
		if after, err = (&filter{from: f.to, rising: true}).endOf(s, own, max(last, before)+1, size); err != nil {
			return Span{}, err
		}
	}
	if after < 0 {
		after = size
	}
	return Span{before + 1, after - 1}, nil
}

// endOf is the first or last number of a log, from first on and before end, with a time of the filter; -1: none.
func (f *filter) endOf(s *session, own bool, first, end int64) (int64, error) {
	id := idOf(own, 0)
	blocks, err := f.blocks(s, logOf(id), first, end, maxNumber)
	if err != nil {
		return -1, err
	}
	to := f.to
	if to == 0 {
		to = maxNumber
	}
	for _, n := range blocks {
		found, err := s.ids("SELECT id FROM entry WHERE id BETWEEN ? AND ? AND id & 1 = ? AND kind <> 0 AND at >= ? AND at < ? ORDER BY id "+f.order()+" LIMIT 1",
			idOf(own, max(first, n*blockSize)), idOf(own, min(end, (n+1)*blockSize)-1), id&1, f.from, to)
		if err != nil || len(found) > 0 {
			return entryID(append(found, 0)[0]).number(), err
		}
	}
	return -1, nil
}

// A WaitingRef is a reference to what still waits itself.
type WaitingRef struct {
	Relation record.Relation
	ID       string
}

// WaitingItem is the item of what is written and has no number yet. Its attachments are not
// among its Files: they have no keys.
func WaitingItem(id string, at time.Time, body record.Body, about []record.Ref, waiting ...WaitingRef) api.Item {
	item := api.Item{Key: "waiting/" + id, Kind: body.Kind().String(), By: us, At: at.UTC(), Proof: record.ProofNone.String()}
	for _, r := range about {
		setAbout(&item, r.Relation, target(true, r).key())
	}
	for _, r := range waiting {
		setAbout(&item, r.Relation, "waiting/"+r.ID)
	}
	switch body := body.(type) {
	case record.Message:
		item.Text, item.Ladder = body.Text, &api.Ladder{Stage: api.StageWaiting}
	case record.Matter:
		item.Act, item.Title = body.Act.String(), body.Title
	case record.LineChange:
		item.Path, item.Up = int(body.Path), body.Up
	case record.AccordChange:
		item.Serial = body.Serial
	case record.Disclosure:
		item.Act, item.To = body.Act.String(), body.To
		item.Bodies, item.Headers = countRanges(body.Ranges)
	case record.Test:
		item.Test = &api.RecordedTest{Act: body.Act.String(), Slot: since(body.Slot), Who: body.Who, Text: body.Text, Paths: pathsOf(body.Paths), Steps: []api.RecordedTestStep{}}
	case record.Right:
		item.Act, item.Right = body.Act.String(), &api.RecordedRight{Who: body.Who, Text: body.Text}
	}
	return item
}

func setAbout(item *api.Item, relation record.Relation, key string) {
	message := item.Kind == record.KindMessage.String()
	switch {
	case relation == record.Under:
		item.Matter = key
	case message && relation == record.Answers:
		item.Answers = key
	case message && relation == record.Amends:
		item.Amends = key
	case message && relation == record.Retracts:
		item.Retracts = key
	}
}
