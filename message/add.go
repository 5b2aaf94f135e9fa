package message

import (
	"errors"
	"fmt"
	"slices"

	"ringdown/record"
)

// Add takes in the next entries of one log, in their order, all or none; changed are the keys of
// items that are new or not as they were (of many older versions of one message, the newest). What
// was taken in before changes nothing, but that a missing entry (nil) is filled in when it comes, and a
// body that is erased is forgotten.
//
// It does not matter which log is added first.
func (v *View) Add(own bool, entries []*record.Entry) (changed []string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.write == nil {
		return nil, errors.New("message: add: the view is closed")
	}
	t := &taking{session: v.write, state: v.state, now: v.Now().UnixMilli(), changed: map[string]bool{}}
	err = t.within("BEGIN IMMEDIATE", func() error {
		if err := t.takeAll(own, entries); err != nil {
			return err
		}
		return t.writeState(t.state, v.state)
	})
	if err != nil {
		v.damaged = v.damaged || isDamage(err)
		return nil, named("add", err)
	}
	v.state = t.state
	return t.order, nil
}

// A taking is one transaction that adds. Its methods do nothing once one has failed.
type taking struct {
	*session
	state   state
	now     int64
	err     error
	adding  entryID // the message that is being taken in
	changed map[string]bool
	order   []string // the keys of changed
}

func (t *taking) takeAll(own bool, entries []*record.Entry) error {
	number := t.state.size(own)
	if i := slices.IndexFunc(entries, func(e *record.Entry) bool { return e != nil }); i >= 0 {
		number = entries[i].Number - int64(i)
	}
	for i, e := range entries {
		if n := number + int64(i); e != nil && e.Number != n || n > t.state.size(own) || n < 0 {
			return fmt.Errorf("%s: want entry %d next", Ref{own, n}, t.state.size(own))
		}
		t.take(idOf(own, number+int64(i)), e)
	}
	return t.err
}

// take takes in one entry, nil if it is missing.
func (t *taking) take(id entryID, e *record.Entry) {
	if id.number() < t.state.size(id.own()) {
		t.takeAgain(id, e)
		return
	}
	t.state.sizes[id&1]++
	if e == nil {
		t.do("INSERT INTO entry VALUES (?, 0, 0, ?, 0, 0)", id, t.now)
		return
	}
	t.do("INSERT INTO entry VALUES (?, ?, ?, ?, ?, 0)", id, e.Kind, e.Time, t.now, e.Seen.Size)
	t.content(id, e)
}

// takeAgain fills in what was missing, and forgets what is erased now.
func (t *taking) takeAgain(id entryID, e *record.Entry) {
	if e == nil {
		return
	}
	var kind record.Kind
	var at int64
	t.get("SELECT kind, at FROM entry WHERE id = ?", id)(&kind, &at)
	switch {
	case kind == 0:
		t.do("UPDATE entry SET kind = ?, at = ?, seen = ? WHERE id = ?", e.Kind, e.Time, e.Seen.Size, id)
		t.content(id, e)
	case kind != e.Kind || at != e.Time:
		t.fail(fmt.Errorf("%w: %s is of another record", ErrDamaged, id.ref()))
	case e.Body == nil && e.Kind == record.KindMessage:
		t.eraseMessage(id)
	}
}

func (t *taking) content(id entryID, e *record.Entry) {
	t.span(logOf(id), id.number(), e.Time)
	if id.own() {
		t.witness(e)
	}
	switch e.Kind {
	case record.KindMessage:
		t.message(id, e)
	case record.KindAttachment:
		t.attachment(id, e)
	case record.KindReceipt:
		t.receipt(id, e)
	case record.KindCall, record.KindDrill:
		t.callStep(id, e)
	case record.KindTest, record.KindPresence:
		t.turn(id, e)
	case record.KindMatter:
		t.matter(id, e)
	default:
		t.plain(id, e)
	}
	t.laterNow(id, e.Kind)
}

// plain are entries that stand for themselves.
func (t *taking) plain(id entryID, e *record.Entry) {
	var act, a, b int64
	var who, text string
	switch body := e.Body.(type) {
	case record.LineChange:
		a = int64(body.Path)
		if body.Up {
			b = 1
		}
	case record.AccordChange:
		a = int64(body.Serial)
	case record.Disclosure:
		act, text = int64(body.Act), body.To
		a, b = countRanges(body.Ranges)
		t.disclosure(id, e, body.Act)
	case record.Right:
		act, who, text = int64(body.Act), body.Who, body.Text
	}
	t.row(id, e.Kind, e.Time)
	t.do("UPDATE item SET act = ?, a = ?, b = ?, who = ?, text = ? WHERE pos = ?", act, a, b, who, text, t.state.pos)
	t.index(t.state.pos, e.Kind, 0, who+"\n"+text)
	t.touch(id.key())
}

func countRanges(ranges []record.Range) (bodies, headers int64) {
	for _, r := range ranges {
		if n := r.Last - r.First + 1; r.Bodies {
			bodies += n
		} else {
			headers += n
		}
	}
	return bodies, headers
}

// row adds a row of the timeline.
func (t *taking) row(id entryID, kind record.Kind, at int64) {
	t.state.pos++
	if t.state.pos == 1 || t.state.pos%partition == 0 {
		t.do(fmt.Sprintf(wordsSchema, wordsTable(t.state.pos)))
		t.do(fmt.Sprintf(termsSchema, wordsTable(t.state.pos)))
	}
	t.do("INSERT INTO item VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '', '')", t.state.pos, kind, id, at, t.now)
	t.do("UPDATE entry SET pos = ? WHERE id = ?", t.state.pos, id)
	t.span(logItems, t.state.pos, at)
}

// Logs of table block.
const (
	logItems  = 2
	blockSize = 512
)

func logOf(id entryID) int64 { return int64(id & 1) }

// span notes a time in its block.
func (t *taking) span(log, n, at int64) {
	t.do(`INSERT INTO block VALUES (?, ?, ?, ?) ON CONFLICT (log, n) DO UPDATE
		SET low = min(low, excluded.low), high = max(high, excluded.high)`, log, n/blockSize, at, at)
}

// witness uses what an own entry says to have seen: by our own clock, that was here by then, and so were
// our own entries that it had seen in its turn. So a view that is made anew does not take old messages
// for new ones.
func (t *taking) witness(e *record.Entry) {
	now := min(e.Seen.Size, t.state.size(false))
	if now <= t.state.seen {
		return
	}
	var theyHad int64
	t.get("SELECT seen FROM entry WHERE id = ?", idOf(false, now-1))(&theyHad)
	t.wasHere(false, t.state.seen, now, e.Time)
	t.state.seen = now
	if theyHad = min(theyHad, e.Number); theyHad > t.state.had {
		t.wasHere(true, t.state.had, theyHad, e.Time)
		t.state.had = theyHad
	}
}

// wasHere notes that the entries of a log from first on, before end, were here at a time.
func (t *taking) wasHere(own bool, first, end, at int64) {
	low, high := idOf(own, first), idOf(own, end-1)
	var added int64
	if t.get("SELECT added FROM entry WHERE id = ?", high)(&added); added <= at {
		return // and so were all before it
	}
	t.do("UPDATE item SET added = ? WHERE added > ? AND kind NOT IN (?, ?) AND pos IN (SELECT pos FROM entry WHERE id BETWEEN ? AND ? AND id & 1 = ?)",
		at, at, record.KindCall, record.KindDrill, low, high, low&1)
	t.do("UPDATE entry SET added = ? WHERE added > ? AND id BETWEEN ? AND ? AND id & 1 = ?", at, at, low, high, low&1)
}

// points resolves a reference: what is not here yet is done when it comes.
func (t *taking) points(id entryID, e *record.Entry, r record.Ref) {
	to := target(id.own(), r)
	var kind record.Kind
	if found := t.get("SELECT kind FROM entry WHERE id = ?", to)(&kind); !found || kind == 0 {
		t.do("INSERT INTO later VALUES (?, ?, ?)", to, id, r.Relation)
		return
	}
	t.relate(id, e.Kind, r.Relation, to, kind)
}

// laterNow does what waited for an entry.
func (t *taking) laterNow(id entryID, kind record.Kind) {
	type ref struct {
		source   entryID
		relation record.Relation
		kind     record.Kind
	}
	var refs []ref
	t.list("SELECT source, relation, kind FROM later JOIN entry ON id = source WHERE target = ? ORDER BY source", []any{id},
		func(scan func(...any) error) error {
			var r ref
			err := scan(&r.source, &r.relation, &r.kind)
			refs = append(refs, r)
			return err
		})
	for _, r := range refs {
		t.relate(r.source, r.kind, r.relation, id, kind)
	}
	if len(refs) > 0 {
		t.do("DELETE FROM later WHERE target = ?", id)
	}
}

// relate does what a reference means, if it means anything.
func (t *taking) relate(id entryID, kind record.Kind, relation record.Relation, to entryID, toKind record.Kind) {
	r := record.Ref{Relation: relation, Other: id.own() != to.own(), Number: to.number()}
	if !r.Fits(kind, toKind) {
		return
	}
	switch {
	case relation == record.Under:
		t.under(id, kind, to)
	case relation == record.Carries:
		t.carry(id, to)
	case kind == record.KindReceipt:
		t.rung(id, to)
	case kind == record.KindMessage:
		t.answer(id, relation, to)
	case kind == record.KindTest || kind == record.KindPresence:
		t.follow(id, to)
	}
}

func (t *taking) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *taking) do(query string, args ...any) {
	if t.err == nil {
		t.err = t.exec(query, args...)
	}
}

// get reads one row into what is given to the function it returns.
func (t *taking) get(query string, args ...any) func(dest ...any) (found bool) {
	return func(dest ...any) (found bool) {
		if t.err == nil {
			found, t.err = t.one(query, args, dest...)
		}
		return found && t.err == nil
	}
}

func (t *taking) list(query string, args []any, fn func(scan func(...any) error) error) {
	if t.err == nil {
		t.err = t.session.all(query, args, func(rows rows) error { return fn(rows.Scan) })
	}
}

// touch says that an item is not as it was.
func (t *taking) touch(key string) {
	if key != "" && !t.changed[key] {
		t.changed[key] = true
		t.order = append(t.order, key)
	}
}
