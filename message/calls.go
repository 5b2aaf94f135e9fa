package message

import (
	"fmt"
	"strings"

	"ringdown/record"
)

// callOf gives the number of a call, or a drill, in the view, which it makes if it is new.
func (t *taking) callOf(id record.CallID, drill bool) (n int64) {
	const query = "SELECT n FROM call WHERE id = ? AND drill = ?"
	if !t.get(query, id[:], drill)(&n) {
		t.do("INSERT INTO call VALUES (NULL, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)", id[:], drill)
		t.get(query, id[:], drill)(&n)
	}
	return n
}

// callStep takes in a step of a call.
func (t *taking) callStep(id entryID, e *record.Entry) {
	body, _ := e.Body.(record.CallStep) // of an erased one there is no step, but that it was
	drill := e.Kind == record.KindDrill
	n := t.callOf(e.Call, drill)
	if id.own() && cameHere(body.Step) {
		t.comes(n, e)
	}
	t.state.seq++
	t.do("INSERT INTO step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", id, n, t.state.seq, body.Step, body.Reason, body.By, body.Speaks, body.Count, body.Role, body.Who)
	t.placeCall(n, id, e)
	t.most("last", n, id)
	if goesOn(body.Step) {
		t.most("alive", n, id)
	}
	switch body.Step {
	case record.StepCalled:
		t.least("called", n, id)
		t.dateCall(n)
	case record.StepAnswered:
		t.least("answered", n, id)
	case record.StepEnded:
		t.most("ended", n, id)
	case record.StepCrossed:
		if id.own() {
			t.mergeCall(t.callOf(body.Other, drill), n)
		}
	}
	for _, r := range e.About {
		t.points(id, e, r)
	}
	t.showCall(n)
}

// goesOn reports whether a step says that the call is not over, or is not over any more: it rings anew
// if a station was started again while it rang. Persons may still leave a call that has ended.
func goesOn(s record.Step) bool { return s >= record.StepCalled && s < record.StepEnded }

// cameHere reports whether a step of ours says that a call of the other side's was here.
func cameHere(s record.Step) bool { return s == record.StepReached || s == record.StepRinging }

// ringsAnew is how long after its end, in milliseconds, a call may ring that a restart had ended.
const ringsAnew = 5 * 60_000

// comes takes in that a call of the other side's is here, so it was not given up, whatever was said. If our log has ended it
// before, who called then and who answered is past, and with it what end of theirs we had seen; and if that was long ago,
// the other side has used its id again, and the row is where it rings now.
func (t *taking) comes(n int64, e *record.Entry) {
	t.do("UPDATE call SET into_n = 0 WHERE n = ?", n)
	var pos, ended int64
	if !t.get("SELECT c.pos, e.at FROM call c JOIN entry e ON e.id = ended0 WHERE n = ? AND ended0 > alive0", n)(&pos, &ended) {
		return
	}
	t.do("UPDATE call SET called0 = 0, answered0 = 0, ended1 = iif(ended1 < ?, 0, ended1) WHERE n = ?", idOf(false, e.Seen.Size), n)
	if pos != 0 && (e.Time < ended || e.Time > ended+ringsAnew) {
		t.unindex(pos)
		t.do("DELETE FROM item WHERE pos = ?", pos)
		t.do("UPDATE call SET pos = 0 WHERE n = ?", n)
	}
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
func (t *taking) placeCall(n int64, id entryID, e *record.Entry) {
	var pos, into int64
	t.get("SELECT pos, into_n FROM call WHERE n = ?", n)(&pos, &into)
	if pos != 0 || into != 0 {
		return
	}
	t.row(id, e.Kind, e.Time)
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
// alone, so that the other side cannot move what we have seen; and not if it was here, or comes here later.
func (t *taking) mergeCall(gone, n int64) {
	var pos, into, other int64
	t.get("SELECT pos, into_n FROM call WHERE n = ?", gone)(&pos, &into)
	t.get("SELECT into_n FROM call WHERE n = ?", n)(&other)
	if gone == n || into != 0 || other != 0 || t.get("SELECT 1 FROM call WHERE into_n = ? AND into_n <> 0 LIMIT 1", gone)(new(int)) {
		return // one step, and no circles
	}
	if t.get("SELECT 1 FROM step WHERE call = ? AND id & 1 = 0 AND step IN (?, ?) LIMIT 1", gone, record.StepReached, record.StepRinging)(new(int)) {
		return
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
	kind := record.KindCall
	var drill bool
	if !t.get("SELECT pos, matter, drill FROM call WHERE n = ? AND pos <> 0", n)(&pos, &matter, &drill) {
		return
	}
	if drill {
		kind = record.KindDrill
	}
	t.index(pos, kind, matter, strings.Join(t.personsOf(n), "\n"))
	t.touchCall(n)
}

// maxPersons is by how many persons of each side a call is found, beside those who called, answered and ended it.
const maxPersons = 16

func (t *taking) personsOf(n int64) (names []string) {
	add := func(scan func(...any) error) error {
		var who string
		err := scan(&who)
		names = append(names, who)
		return err
	}
	t.list(`SELECT who FROM call c JOIN step s ON s.id IN (called0, called1, answered0, answered1, ended0, ended1)
		WHERE c.n = ? AND who <> '' ORDER BY s.id`, []any{n}, add)
	for log := range 2 {
		t.list("SELECT who FROM step WHERE call = ? AND id & 1 = ? AND who <> '' ORDER BY id LIMIT ?", []any{n, log, maxPersons}, add)
	}
	return names
}

func (t *taking) touchCall(n int64) {
	var id []byte
	var drill bool
	if t.get("SELECT id, drill FROM call WHERE n = ?", n)(&id, &drill) && len(id) == len(record.CallID{}) {
		t.touch(CallKey(record.CallID(id), drill))
	}
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
