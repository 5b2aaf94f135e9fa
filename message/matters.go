package message

import (
	"fmt"

	"ringdown/record"
)

// matter takes in an act on a matter.
func (t *taking) matter(id entryID, e *record.Entry) {
	act, title := actOf(e)
	if act == record.MatterFiled {
		t.callOf(e.Call, false)
	}
	t.row(id, e.Kind, e.Time)
	t.do("UPDATE item SET act = ?, text = ? WHERE pos = ?", act, title, t.state.pos)
	if act == record.MatterOpened {
		t.do("INSERT INTO matter VALUES (?, ?, 0, 0, 0, 0, 0, 0, ?, ?)", id, title, rankOf(id, 0, 0, 0), t.state.pos)
		t.do("UPDATE item SET matter = ? WHERE pos = ?", id, t.state.pos)
	}
	if act == record.MatterFiled {
		t.do("UPDATE item SET a = (SELECT n FROM call WHERE id = ? AND drill = 0) WHERE pos = ?", e.Call[:], t.state.pos)
	}
	for _, r := range e.About {
		t.points(id, e, r)
	}
	t.indexMatter(id)
	t.touch(id.key())
}

// actOf is what an entry does with a matter; of an erased one, as far as its header tells.
func actOf(e *record.Entry) (act record.MatterAct, title string) {
	if body, whole := e.Body.(record.Matter); whole {
		return body.Act, body.Title
	}
	if _, under := e.Has(record.Under); !under {
		return record.MatterOpened, ""
	}
	if !e.Call.IsZero() {
		return record.MatterFiled, ""
	}
	return 0, ""
}

// indexMatter makes an act on a matter found by its title.
func (t *taking) indexMatter(id entryID) {
	var pos int64
	var matter entryID
	var title string
	if t.get("SELECT i.pos, i.matter, coalesce(m.title, '') FROM entry e JOIN item i ON i.pos = e.pos LEFT JOIN matter m ON m.id = i.matter WHERE e.id = ?", id)(&pos, &matter, &title) {
		t.index(pos, record.KindMatter, matter, title)
	}
}

// under files an entry under the matter that another opened.
func (t *taking) under(id entryID, kind record.Kind, matter entryID) {
	if !t.get("SELECT 1 FROM matter WHERE id = ?", matter)(new(int)) {
		return // that entry did not open one
	}
	switch kind {
	case record.KindMessage:
		t.moveMessage(id, matter)
	case record.KindCall, record.KindDrill:
		var call int64
		t.get("SELECT call FROM step WHERE id = ?", id)(&call)
		t.file(call, id, matter)
	case record.KindMatter:
		t.act(id, matter)
	}
}

func (t *taking) moveMessage(id, matter entryID) {
	t.do("UPDATE item SET matter = ? WHERE pos = (SELECT pos FROM message WHERE id = ?)", matter, id)
	t.do("UPDATE matter SET messages = messages + 1, unread = unread + (SELECT open = 2 FROM item WHERE pos = (SELECT pos FROM message WHERE id = ?)) WHERE id = ?", id, matter)
	t.touch(matter.key())
	if id != t.adding {
		t.indexMessage(id)
	}
}

// act does what an entry says of a matter.
func (t *taking) act(id, matter entryID) {
	var pos, call int64
	var act record.MatterAct
	t.get("SELECT i.pos, i.act, i.a FROM entry e JOIN item i ON i.pos = e.pos WHERE e.id = ?", id)(&pos, &act, &call)
	t.do("UPDATE item SET matter = ? WHERE pos = ?", matter, pos)
	switch {
	case act == record.MatterAcknowledged && id.own() != matter.own():
		t.do("UPDATE matter SET acknowledged = ? WHERE id = ? AND (acknowledged = 0 OR acknowledged > ?)", id, matter, id)
	case act == record.MatterClosed:
		closed := sided("closed", id)
		t.do(fmt.Sprintf("UPDATE matter SET %s = ? WHERE id = ? AND (%s = 0 OR %s > ?)", closed, closed, closed), id, matter, id)
	case act == record.MatterFiled && call != 0:
		t.file(call, id, matter)
	}
	t.rank(matter)
	t.indexMatter(id)
	t.touch(matter.key())
}

// sided names the column of the side that wrote an entry.
func sided(column string, id entryID) string { return column + string('0'+rune(id&1)) }

// Ranks of matters in their list.
const (
	rankOpen   = 0
	rankTheirs = 1 // the other side's, not yet acknowledged: any number of them moves no other out of sight
	rankClosed = 2
)

func rankOf(id, acknowledged, closed0, closed1 entryID) int {
	switch {
	case closed0 != 0 || closed1 != 0:
		return rankClosed
	case !id.own() && acknowledged == 0:
		return rankTheirs
	}
	return rankOpen
}

func (t *taking) rank(matter entryID) {
	var acknowledged, closed0, closed1 entryID
	t.get("SELECT acknowledged, closed0, closed1 FROM matter WHERE id = ?", matter)(&acknowledged, &closed0, &closed1)
	t.do("UPDATE matter SET rank = ? WHERE id = ?", rankOf(matter, acknowledged, closed0, closed1), matter)
}

// file notes that an entry files a call. What each side said last is weighed by later.
func (t *taking) file(call int64, by, under entryID) {
	var into int64
	if t.get("SELECT into_n FROM call WHERE n = ? AND into_n <> 0", call)(&into) {
		call = into
	}
	t.do("INSERT OR REPLACE INTO filing VALUES (?, ?)", by, under)
	t.most("filed", call, by)
	var filed0, filed1, was entryID
	t.get("SELECT filed0, filed1, matter FROM call WHERE n = ?", call)(&filed0, &filed1, &was)
	t.moveCall(call, was, t.matterOf(t.later(filed0, filed1)))
	t.showCall(call)
}

func (t *taking) moveCall(call int64, was, matter entryID) {
	if matter == was {
		return
	}
	t.do("UPDATE call SET matter = ? WHERE n = ?", matter, call)
	const isCall = "(SELECT NOT drill FROM call WHERE n = ?)" // drills are filed, and not counted as calls
	t.do("UPDATE matter SET calls = calls - "+isCall+" WHERE id = ?", call, was)
	t.do("UPDATE matter SET calls = calls + "+isCall+" WHERE id = ?", call, matter)
	t.do("UPDATE item SET matter = ? WHERE pos = (SELECT pos FROM call WHERE n = ?)", matter, call)
	t.touch(was.key())
	t.touch(matter.key())
}

// moveFilings files a call as one that is now a part of it was.
func (t *taking) moveFilings(gone, call int64) {
	var matter entryID
	var filings [2]entryID
	t.get("SELECT matter, filed0, filed1 FROM call WHERE n = ?", gone)(&matter, &filings[0], &filings[1])
	t.moveCall(gone, matter, 0)
	for _, by := range filings {
		if by != 0 {
			t.file(call, by, t.matterOf(by))
		}
	}
}

// matterOf is the matter under which an entry files.
func (t *taking) matterOf(filing entryID) (matter entryID) {
	t.get("SELECT matter FROM filing WHERE id = ?", filing)(&matter)
	return matter
}
