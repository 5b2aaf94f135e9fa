package message

import (
	"encoding/hex"
	"fmt"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// clockSlack is a difference between times that may be the clocks'.
const clockSlack = time.Minute

// Items are the items with those keys, as they are now; one that is no row of the timeline is left out.
func (v *View) Items(keys []string, p Proofs, now time.Time) (items []api.Item, err error) {
	err = v.read("items", func(s *session) error {
		var found []int64
		for _, key := range keys {
			pos, err := s.posOf(key)
			if err != nil {
				return err
			}
			if pos > 0 {
				found = append(found, pos)
			}
		}
		items, err = v.items(s, found, p, now)
		return err
	})
	return items, err
}

// posOf is the row that a key names, or the entry with that key is part of.
func (s *session) posOf(key string) (pos int64, err error) {
	if id, drill, ok := parseCallKey(key); ok {
		_, err = s.one("SELECT iif(c.into_n = 0, c.pos, i.pos) FROM call c LEFT JOIN call i ON i.n = c.into_n WHERE c.id = ? AND c.drill = ?", []any{id[:], drill}, &pos)
		return pos, err
	}
	own, number, ok := ParseKey(key)
	if !ok {
		return 0, nil
	}
	_, err = s.one(`SELECT coalesce((SELECT iif(c.into_n = 0, c.pos, i.pos) FROM step s JOIN call c ON c.n = s.call LEFT JOIN call i ON i.n = c.into_n WHERE s.id = e.id),
		(SELECT b.pos FROM turn t JOIN entry b ON b.id = t.root WHERE t.id = e.id),
		(SELECT m.pos FROM file f JOIN message m ON m.id = f.carrier WHERE f.id = e.id), max(e.pos, 0)) FROM entry e WHERE id = ?`, []any{idOf(own, number)}, &pos)
	return pos, err
}

// A drawing makes items of rows.
type drawing struct {
	*session
	view *View
	p    Proofs
	now  time.Time
}

func (v *View) items(s *session, found []int64, p Proofs, now time.Time) ([]api.Item, error) {
	d := drawing{s, v, p, now}
	items := make([]api.Item, 0, len(found))
	for _, pos := range found {
		item, err := d.item(pos)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// A row is a row of table item.
type row struct {
	kind      record.Kind
	ref       entryID // of a call its number
	at, added int64
	matter    entryID
	open      int
	act, a, b int64
	who, text string
}

func (d *drawing) item(pos int64) (item api.Item, err error) {
	var r row
	found, err := d.one("SELECT kind, ref, at, added, matter, open, act, a, b, who, text FROM item WHERE pos = ?", []any{pos},
		&r.kind, &r.ref, &r.at, &r.added, &r.matter, &r.open, &r.act, &r.a, &r.b, &r.who, &r.text)
	if err != nil || !found {
		return item, missing(found, err, "item", pos)
	}
	item = api.Item{Position: pos, Kind: r.kind.String(), At: timeOf(r.at), Matter: r.matter.key()}
	if r.kind == record.KindDrill {
		item.Kind = record.KindCall.String()
	}
	if r.kind == record.KindCall || r.kind == record.KindDrill {
		return item, d.call(&item, int64(r.ref))
	}
	item.Key, item.By, item.Proof = r.ref.key(), side(r.ref.own()), d.p(r.ref.own(), r.ref.number()).String()
	if item.MisdatedMS, err = d.misdated(r.ref); err != nil {
		return item, err
	}
	switch r.kind {
	case record.KindMessage:
		err = d.message(&item, &r)
	case record.KindMatter:
		err = d.matter(&item, &r)
	case record.KindLine:
		item.Path, item.Up = int(r.a), r.b == 1
	case record.KindAccord:
		item.Serial = uint32(r.a)
	case record.KindDisclosure:
		item.To, item.Bodies, item.Headers = r.text, r.a, r.b
		if r.act != 0 {
			item.Act = record.DisclosureAct(r.act).String()
		}
	case record.KindTest:
		err = d.test(&item, r.ref)
	case record.KindPresence:
		err = d.presence(&item, r.ref)
	case record.KindRight:
		item.Right = &api.RecordedRight{Who: r.who, Text: r.text}
		if r.act != 0 {
			item.Act = record.RightAct(r.act).String()
		}
	}
	return item, err
}

// missing is the error of a row that must be there.
func missing(found bool, err error, what string, n int64) error {
	if err == nil && !found {
		return fmt.Errorf("%w: %s %d is missing", ErrDamaged, what, n)
	}
	return err
}

func timeOf(ms int64) time.Time { return time.UnixMilli(min(ms, lastShown)).UTC() }

// lastShown is the last second of the year 9999: JSON can say no later time, and the other side may date its
// entries so.
const lastShown = 253402300799000

// misdated is how far the time of one of their entries is outside what our own clock says of it: after our
// newest entry that it had seen, and before it was here. Of our own, our clock is all we have.
func (d *drawing) misdated(id entryID) (int64, error) {
	if id.own() {
		return 0, nil
	}
	h := record.Header{}
	var added, before int64
	if _, err := d.one("SELECT at, added, seen FROM entry WHERE id = ?", []any{id}, &h.Time, &added, &h.Seen.Size); err != nil {
		return 0, err
	}
	var seen *record.Header
	if found, err := d.one("SELECT at FROM entry WHERE id = ? AND kind <> 0", []any{idOf(true, h.Seen.Size-1)}, &before); err != nil {
		return 0, err
	} else if found && h.Seen.Size > 0 {
		seen = &record.Header{Time: before}
	}
	w := record.WindowOf(seen, nil)
	w.Before = timeOf(added)
	if off := w.Misdated(&h); off.Abs() > clockSlack {
		return off.Milliseconds(), nil
	}
	return 0, nil
}

func (d *drawing) message(item *api.Item, r *row) error {
	var answers, amends, retracts, root, retracted, newest entryID
	var got rungs
	var files string
	var sum int64
	found, err := d.one("SELECT answers, amends, retracts, root, retracted, shown, read, seen, erased, files, sum, text FROM message WHERE id = ?", []any{r.ref},
		&answers, &amends, &retracts, &root, &retracted, &got.shown, &got.read, &got.seen, &item.Erased, &files, &sum, &item.Text)
	if err != nil || !found {
		return missing(found, err, "message", int64(r.ref))
	}
	if sum != sumOf(r.ref, item.Text) {
		return fmt.Errorf("%w: the text of %s is not as it was written", ErrDamaged, r.ref.ref())
	}
	if root != 0 {
		if _, err := d.one(standing, []any{root}, &newest); err != nil {
			return err
		}
	}
	item.Answers, item.Amends, item.Retracts, item.RetractedBy = answers.key(), amends.key(), retracts.key(), retracted.key()
	if newest > r.ref {
		item.AmendedBy = newest.key()
	}
	if item.Files, err = d.files(files); err != nil {
		return err
	}
	item.Ladder, err = d.ladder(r, got)
	return err
}

// rungs are the receipts of a message.
type rungs struct{ shown, read, seen entryID }

func (d *drawing) ladder(r *row, got rungs) (*api.Ladder, error) {
	l := &api.Ladder{Stage: api.StageDelivered}
	if r.ref.own() && d.p(true, r.ref.number()) == record.ProofNone {
		l.Stage = api.StageOnLine
	}
	for _, rung := range []struct {
		stage api.Stage
		by    entryID
		at    **time.Time
		who   *string
	}{{api.StageShown, got.shown, &l.ShownAt, new(string)}, {api.StageRead, got.read, &l.ReadAt, &l.ReadBy}, {api.StageSeen, got.seen, &l.SeenAt, &l.SeenBy}} {
		if rung.by == 0 {
			continue
		}
		l.Stage = rung.stage
		at, err := d.timeOf(rung.by)
		if err != nil {
			return nil, err
		}
		*rung.at = at
		if _, err := d.one("SELECT who FROM reader WHERE id = ?", []any{rung.by}, rung.who); err != nil {
			return nil, err
		}
	}
	l.Chased = r.open != openNot && d.now.Sub(timeOf(r.added)) >= ChasedAfter
	return l, nil
}

// timeOf is the time of an entry.
func (d *drawing) timeOf(id entryID) (*time.Time, error) {
	var at int64
	found, err := d.one("SELECT at FROM entry WHERE id = ?", []any{id}, &at)
	if err != nil || !found {
		return nil, missing(found, err, "entry", int64(id))
	}
	t := timeOf(at)
	return &t, nil
}

func (d *drawing) files(list string) (files []api.File, err error) {
	for _, id := range fileIDs(list) {
		f := api.File{Key: id.key()}
		var sum []byte
		found, err := d.one("SELECT length, sha256, name FROM file WHERE id = ?", []any{id}, &f.Length, &sum, &f.Name)
		if err != nil {
			return nil, err
		}
		if found && len(sum) == 32 {
			f.SHA256 = hex.EncodeToString(sum)
			f.Here = d.view.Here != nil && d.view.Here([32]byte(sum))
		}
		files = append(files, f)
	}
	return files, nil
}

func (d *drawing) matter(item *api.Item, r *row) error {
	if r.act != 0 {
		item.Act = record.MatterAct(r.act).String()
	}
	_, err := d.one("SELECT title FROM matter WHERE id = ?", []any{r.matter}, &item.Title)
	return err
}
