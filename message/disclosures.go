package message

import (
	"database/sql"
	"fmt"
	"time"

	"ringdown/record"
)

// A Disclosure is one that the other side wants or has made.
type Disclosure struct {
	Number int64 // of their entry that asks for it, or says that it was made without asking
	At     time.Time
	To     string
	State  record.DisclosureAct // made, else our first answer, else asked
}

// Whose disclosures a row of the table is listed among.
const (
	listNot    = iota // theirs, and it answers
	listOurs          // an entry of ours about any
	listTheirs        // theirs, and it begins one
)

// disclosure takes in an entry about a disclosure. What it answers, if anything, is the other side's.
func (t *taking) disclosure(id entryID, e *record.Entry, act record.DisclosureAct) {
	list, answers := listTheirs, entryID(0)
	if ref, is := e.Has(record.Answers); is {
		list, answers = listNot, target(id.own(), ref)
	}
	if id.own() {
		list = listOurs
	}
	t.do("INSERT INTO disclosure VALUES (?, ?, ?, ?)", id, list, act, answers)
}

// Disclosures are those of the other side, the newest first, at most max.
func (v *View) Disclosures(max int) ([]Disclosure, error) {
	return v.disclosures("d.list = ? ORDER BY d.id DESC LIMIT ?", listTheirs, max)
}

// Disclosure is the one that an entry of theirs begins; found is false if it begins none.
func (v *View) Disclosure(number int64) (d Disclosure, found bool, err error) {
	list, err := v.disclosures("d.id = ? AND d.list = ?", idOf(false, number), listTheirs)
	if err != nil || len(list) == 0 {
		return d, false, err
	}
	return list[0], true, nil
}

const answersToIt = "FROM disclosure a WHERE a.answers = d.id"

var selectDisclosures = fmt.Sprintf(`SELECT d.id, d.act, e.at, i.text,
	(SELECT coalesce(min(a.id), 0) %[1]s AND a.act = %[2]d), (SELECT coalesce(min(a.id), 0) %[1]s AND a.act = %[3]d),
	EXISTS (SELECT 1 %[1]s AND EXISTS (SELECT 1 FROM disclosure m WHERE m.answers = a.id AND m.act = %[4]d))
	FROM disclosure d JOIN entry e ON e.id = d.id JOIN item i ON i.pos = e.pos WHERE `,
	answersToIt, record.DisclosureConsented, record.DisclosureRefused, record.DisclosureMade)

func (v *View) disclosures(which string, args ...any) (list []Disclosure, err error) {
	err = v.read("disclosures", func(s *session) error {
		return s.all(selectDisclosures+which, args, func(rows *sql.Rows) error {
			var d Disclosure
			var id, agreed, refused entryID
			var at int64
			var made bool
			err := rows.Scan(&id, &d.State, &at, &d.To, &agreed, &refused, &made)
			d.Number, d.At = id.number(), timeOf(at)
			switch {
			case made:
				d.State = record.DisclosureMade
			case agreed != 0 && (refused == 0 || agreed < refused):
				d.State = record.DisclosureConsented
			case refused != 0:
				d.State = record.DisclosureRefused
			}
			list = append(list, d)
			return err
		})
	})
	return list, err
}

// OwnDisclosures are the numbers of our newest entries about disclosures, the newest first, at most max.
func (v *View) OwnDisclosures(max int) (numbers []int64, err error) {
	err = v.read("our disclosures", func(s *session) error {
		ids, err := s.ids("SELECT id FROM disclosure WHERE list = ? ORDER BY id DESC LIMIT ?", listOurs, max)
		for _, id := range ids {
			numbers = append(numbers, entryID(id).number())
		}
		return err
	})
	return numbers, err
}

// AnswerTo is the number of their first entry that agrees to what an entry of ours asks, or refuses it; found is false
// if there is none.
func (v *View) AnswerTo(number int64) (answer int64, found bool, err error) {
	err = v.read("answer to a disclosure", func(s *session) error {
		var first entryID
		for _, act := range []record.DisclosureAct{record.DisclosureConsented, record.DisclosureRefused} {
			ids, err := s.ids("SELECT id FROM disclosure WHERE answers = ? AND act = ? ORDER BY id LIMIT 1", idOf(true, number), act)
			if err != nil {
				return err
			}
			if len(ids) > 0 && (first == 0 || entryID(ids[0]) < first) {
				first = entryID(ids[0])
			}
		}
		answer, found = first.number(), first != 0
		return nil
	})
	return answer, found, err
}
