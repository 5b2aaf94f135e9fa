package message

import (
	"hash/crc32"
	"strconv"
	"strings"

	"ringdown/record"
)

// What item.open says.
const (
	openNot  = 0
	openOurs = 1 // our message that they have yet to read: unheeded after a time
	openFar  = 2 // theirs that we have yet to read: unread, and chased after a time
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumOf is over what never changes of a message, so that what is shown is what was written.
func sumOf(id entryID, text string) int64 {
	return int64(crc32.Checksum([]byte(strconv.FormatInt(int64(id), 10)+"\n"+text), castagnoli))
}

// message takes in a message, with what it says of earlier ones.
func (t *taking) message(id entryID, e *record.Entry) {
	body, whole := e.Body.(record.Message)
	t.row(id, e.Kind, e.Time)
	t.do("INSERT INTO message VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0, 0, ?, '', ?, ?)", id, t.state.pos, !whole, sumOf(id, body.Text), body.Text)
	t.adding = id
	for _, r := range e.About {
		t.points(id, e, r)
	}
	t.adding = 0
	t.settle(id)
	t.indexMessage(id)
	t.touch(id.key())
}

// eraseMessage forgets the text.
func (t *taking) eraseMessage(id entryID) {
	t.do("UPDATE message SET erased = 1, text = '', sum = ? WHERE id = ?", sumOf(id, ""), id)
	t.settle(id)
	t.indexMessage(id)
	t.touch(id.key())
}

func (t *taking) attachment(id entryID, e *record.Entry) {
	if a, whole := e.Body.(record.Attachment); whole {
		t.do("INSERT INTO file VALUES (?, 0, ?, ?, ?)", id, a.Length, a.SHA256[:], a.Name)
	}
}

// carry gives a message its attachment.
func (t *taking) carry(id, file entryID) {
	t.do("UPDATE message SET files = files || ? WHERE id = ?", strconv.FormatInt(int64(file), 10)+" ", id)
	t.do("UPDATE file SET carrier = ? WHERE id = ? AND carrier = 0", id, file)
	if id != t.adding {
		t.indexMessage(id)
		t.touch(id.key())
	}
}

// answer does what a message says of another.
func (t *taking) answer(id entryID, relation record.Relation, to entryID) {
	switch {
	case relation == record.Answers:
		t.do("UPDATE message SET answers = ? WHERE id = ? AND (answers = 0 OR answers > ?)", to, id, to)
	case id.own() != to.own():
		return // only its author takes back or amends
	case relation == record.Retracts:
		t.do("UPDATE message SET retracts = ? WHERE id = ?", to, id)
		t.do("UPDATE message SET retracted = ? WHERE id = ? AND (retracted = 0 OR retracted > ?)", id, to, id)
		t.settleVersions(to)
	case relation == record.Amends:
		t.amend(id, to)
	}
	t.settle(id)
}

// amend makes a message a newer version of another.
func (t *taking) amend(id, to entryID) {
	var root entryID
	t.get("SELECT root FROM message WHERE id = ?", to)(&root)
	if root == 0 {
		root = to
		t.do("UPDATE message SET root = ? WHERE id = ?", root, root)
	}
	t.do("UPDATE message SET root = ? WHERE root = ? AND root <> 0", root, id) // versions of it that came before it
	t.do("UPDATE message SET root = ?, amends = ? WHERE id = ?", root, to, id)
	t.settleVersions(id)
}

// versionsTold is how many older versions Add names as changed.
const versionsTold = 8

// settleVersions settles a message and the newest of its versions.
func (t *taking) settleVersions(id entryID) {
	versions := []entryID{id}
	var root entryID
	t.get("SELECT root FROM message WHERE id = ?", id)(&root)
	if root != 0 {
		versions = append(versions, root)
		t.list("SELECT id FROM message WHERE root = ? AND root <> 0 ORDER BY id DESC LIMIT ?", []any{root, versionsTold}, scanInto(&versions))
		t.list("SELECT id FROM message WHERE root = ? AND root <> 0 AND retracted = 0 ORDER BY id DESC LIMIT 2", []any{root}, scanInto(&versions))
	}
	for _, v := range versions {
		t.settle(v)
		t.touch(v.key())
	}
}

func scanInto(ids *[]entryID) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var id entryID
		err := scan(&id)
		*ids = append(*ids, id)
		return err
	}
}

// standing is the version that stands in place of all others; 0: none.
const standing = "SELECT id FROM message WHERE root = ? AND root <> 0 AND retracted = 0 ORDER BY id DESC LIMIT 1"

// settle says anew whether somebody has yet to read a message: not one that was read, taken back
// or replaced, nor one that takes back another.
func (t *taking) settle(id entryID) {
	var pos int64
	var retracts, root, retracted, read, seen entryID
	var erased bool
	if !t.get("SELECT pos, retracts, root, retracted, read, seen, erased FROM message WHERE id = ?", id)(&pos, &retracts, &root, &retracted, &read, &seen, &erased) {
		return
	}
	open := openFar
	if id.own() {
		open = openOurs
	}
	newest := id
	if root != 0 {
		t.get(standing, root)(&newest)
	}
	if retracts != 0 || retracted != 0 || read != 0 || seen != 0 || erased || newest != id {
		open = openNot
	}
	t.setOpen(pos, open)
}

func (t *taking) setOpen(pos int64, open int) {
	var was int
	var matter entryID
	t.get("SELECT open, matter FROM item WHERE pos = ?", pos)(&was, &matter)
	if was == open {
		return
	}
	t.state.open[was]--
	t.state.open[open]++
	t.do("UPDATE item SET open = ? WHERE pos = ?", open, pos)
	if matter != 0 && (was == openFar || open == openFar) {
		t.do("UPDATE matter SET unread = unread + ? WHERE id = ?", one(open == openFar)-one(was == openFar), matter)
		t.touch(matter.key())
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// receipt takes in what a receipt says of the messages it answers.
func (t *taking) receipt(id entryID, e *record.Entry) {
	body, whole := e.Body.(record.Receipt)
	if !whole {
		return
	}
	t.do("UPDATE entry SET pos = ? WHERE id = ?", -int64(body.Rung), id) // a receipt is no row
	if body.Rung != record.Shown {
		t.do("INSERT INTO reader VALUES (?, ?)", id, body.Who)
	}
	for _, r := range e.About {
		t.points(id, e, r)
	}
}

// rung moves a message up, if the receipt is the other side's and the first.
func (t *taking) rung(id, to entryID) {
	if id.own() == to.own() {
		return
	}
	var rung int64
	t.get("SELECT -pos FROM entry WHERE id = ?", id)(&rung)
	column, known := rungColumns[record.Rung(rung)]
	var had entryID
	if !known || !t.get("SELECT "+column+" FROM message WHERE id = ?", to)(&had) || had != 0 && had < id {
		return
	}
	t.do("UPDATE message SET "+column+" = ? WHERE id = ?", id, to)
	t.touch(to.key())
	if record.Rung(rung) != record.Shown {
		t.settle(to)
		t.indexMessage(to)
	}
}

var rungColumns = map[record.Rung]string{record.Shown: "shown", record.Read: "read", record.Seen: "seen"}

// indexMessage makes a message found by its words, its files and its reader.
func (t *taking) indexMessage(id entryID) {
	var pos int64
	var matter entryID
	var text, files, reader, principal string
	if !t.get(`SELECT m.pos, matter, m.text, files, coalesce(r.who, ''), coalesce(p.who, '') FROM message m JOIN item i ON i.pos = m.pos
		LEFT JOIN reader r ON r.id = read LEFT JOIN reader p ON p.id = seen WHERE m.id = ?`, id)(&pos, &matter, &text, &files, &reader, &principal) {
		return
	}
	words := []string{text, reader, principal}
	for _, f := range fileIDs(files) {
		var name string
		t.get("SELECT name FROM file WHERE id = ?", f)(&name)
		words = append(words, name)
	}
	t.index(pos, record.KindMessage, matter, strings.Join(words, "\n"))
}

func fileIDs(files string) (ids []entryID) {
	for f := range strings.FieldsSeq(files) {
		if n, err := strconv.ParseInt(f, 10, 64); err == nil {
			ids = append(ids, entryID(n))
		}
	}
	return ids
}
