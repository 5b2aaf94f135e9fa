package message

import (
	"fmt"
	"strings"

	"ringdown/record"
)

// callOf gives the number of a call in the view, which it makes if it is new.
func (t *taking) callOf(id record.CallID) (n int64) {
	if !t.get("SELECT n FROM call WHERE id = ?", id[:])(&n) {
		t.do("INSERT INTO call VALUES (NULL, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)", id[:])
		t.get("SELECT n FROM call WHERE id = ?", id[:])(&n)
	}
	return n
}

// callStep takes in a step of a call.
func (t *taking) callStep(id entryID, e *record.Entry) {
	body, _ := e.Body.(record.CallStep) // of an erased one there is no step, but that it was
	n := t.callOf(e.Call)
	t.state.seq++
	t.do("INSERT INTO step VALUES (?, ?, ?, ?, ?, ?, ?, ?)", id, n, t.state.seq, body.Step, body.Reason, body.By, body.Count, body.Who)
	t.placeCall(n, id, e.Time)
	t.most("last", n, id)
	switch body.Step {
	case record.StepCalled:
		t.least("called", n, id)
		t.dateCall(n)
	case record.StepAnswered:
		t.least("answered", n, id)
	case record.StepEnded:
		t.least("ended", n, id)
	case record.StepCrossed:
		if id.own() {
			t.mergeCall(t.callOf(body.Other), n)
		}
	}
	for _, r := range e.About {
		t.points(id, e, r)
	}
	t.showCall(n)
}

// least and most keep the first and the last of what one side said of a call.
func (t *taking) least(column string, n int64, id entryID) {
	c := sided(column, id)
	t.do(fmt.Sprintf("UPDATE call SET %s = ? WHERE n = ? AND (%s = 0 OR %s > ?)", c, c, c), id, n, id)
}

func (t *taking) most(column string, n int64, id entryID) {
	c := sided(column, id)
	t.do(fmt.Sprintf("UPDATE call SET %s = ? WHERE n = ? AND %s < ?", c, c), id, n, id)
}

// placeCall gives a call its row, unless it has one or is part of another.
func (t *taking) placeCall(n int64, id entryID, at int64) {
	var pos, into int64
	t.get("SELECT pos, into_n FROM call WHERE n = ?", n)(&pos, &into)
	if pos != 0 || into != 0 {
		return
	}
	t.row(id, record.KindCall, at)
	t.do("UPDATE item SET ref = ?, matter = (SELECT matter FROM call WHERE n = ?) WHERE pos = ?", n, n, t.state.pos)
	t.do("UPDATE call SET pos = ? WHERE n = ?", t.state.pos, n)
}

// dateCall gives a call the time at which it was called, by whoever lifted.
func (t *taking) dateCall(n int64) {
	var pos, at int64
	if t.get("SELECT c.pos, e.at FROM call c JOIN entry e ON e.id = iif(called0 <> 0, called0, called1) WHERE n = ? AND c.pos <> 0", n)(&pos, &at) {
		t.do("UPDATE item SET at = ? WHERE pos = ?", at, pos)
		t.span(logItems, pos, at)
	}
}

// mergeCall makes a call that was given up a part of the one for which it was: by our own word
// alone, so that the other side cannot move what we have seen.
func (t *taking) mergeCall(gone, n int64) {
	var pos, into, other int64
	t.get("SELECT pos, into_n FROM call WHERE n = ?", gone)(&pos, &into)
	t.get("SELECT into_n FROM call WHERE n = ?", n)(&other)
	if gone == n || into != 0 || other != 0 || t.get("SELECT 1 FROM call WHERE into_n = ? AND into_n <> 0 LIMIT 1", gone)(new(int)) {
		return // one step, and no circles
	}
	t.do("UPDATE call SET into_n = ?, pos = 0 WHERE n = ?", n, gone)
	t.moveFilings(gone, n)
	if pos != 0 {
		t.touchCall(gone)
		t.unindex(pos)
		t.do("DELETE FROM item WHERE pos = ?", pos)
	}
}

// showCall makes the row of a call found by who was in it, and says that it is not as it was.
func (t *taking) showCall(n int64) {
	var into, pos int64
	var matter entryID
	t.get("SELECT into_n FROM call WHERE n = ?", n)(&into)
	if into != 0 {
		n = into
	}
	if !t.get("SELECT pos, matter FROM call WHERE n = ? AND pos <> 0", n)(&pos, &matter) {
		return
	}
	var names []string
	t.list(`SELECT who FROM call c JOIN step s ON s.id IN (called0, called1, answered0, answered1, ended0, ended1)
		WHERE c.n = ? AND who <> '' ORDER BY s.id`, []any{n}, func(scan func(...any) error) error {
		var who string
		err := scan(&who)
		names = append(names, who)
		return err
	})
	t.index(pos, record.KindCall, matter, strings.Join(names, "\n"))
	t.touchCall(n)
}

func (t *taking) touchCall(n int64) {
	var id []byte
	t.get("SELECT id FROM call WHERE n = ?", n)(&id)
	t.touch(callKey(record.CallID(id)))
}

// later is which of two entries is the later one, one of each log: by what each had seen of the other
// log, or if neither had seen the other, by the times that their authors give.
func (s *session) later(own, far entryID) (entryID, error) {
	if own == 0 || far == 0 {
		return max(own, far), nil
	}
	var atOwn, seenOwn, atFar, seenFar int64
	const query = "SELECT at, seen FROM entry WHERE id = ?"
	if _, err := s.one(query, []any{own}, &atOwn, &seenOwn); err != nil {
		return 0, err
	}
	if _, err := s.one(query, []any{far}, &atFar, &seenFar); err != nil {
		return 0, err
	}
	switch {
	case seenOwn > far.number():
		return own, nil
	case seenFar > own.number(), atFar > atOwn:
		return far, nil
	}
	return own, nil
}

func (t *taking) later(own, far entryID) (id entryID) {
	if t.err == nil {
		id, t.err = t.session.later(own, far)
	}
	return id
}
