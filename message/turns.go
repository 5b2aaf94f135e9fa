package message

import (
	"database/sql"
	"encoding/json"
	"strings"

	"ringdown/api"
	"ringdown/record"
)

// A test and a proof of presence are made in turns: an entry begins it, and entries of both sides
// answer. They are one row, at the entry that began it.

// turn takes in one of these entries.
func (t *taking) turn(id entryID, e *record.Entry) {
	x := turnOf(id, e)
	if _, answers := e.Has(record.Answers); !answers {
		x.root = id
		t.row(id, e.Kind, e.Time)
	}
	paths, err := json.Marshal(x.paths)
	if err != nil {
		t.fail(err)
	}
	t.do("INSERT INTO turn VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)", id, x.kind, x.root, x.act, x.slot, x.drill, x.role, x.call[:], string(paths), x.who, x.text)
	for _, r := range e.About {
		t.points(id, e, r)
	}
	t.showTurns(x.root)
}

// A turn is a row of the table.
type turn struct {
	id, root, answers entryID
	kind              record.Kind
	act               uint8
	slot, at          int64
	drill             bool
	role              record.Role
	call              record.CallID
	paths             []api.RecordedPath
	who, text         string
}

// turnOf is what an entry says; of an erased one, what its header tells.
func turnOf(id entryID, e *record.Entry) turn {
	x := turn{id: id, kind: e.Kind, call: e.Call}
	switch body := e.Body.(type) {
	case record.Test:
		x.act, x.slot, x.who, x.text = uint8(body.Act), body.Slot, body.Who, body.Text
		x.paths = pathsOf(body.Paths)
	case record.Presence:
		x.act, x.drill, x.role, x.who, x.text = uint8(body.Act), body.Drill, body.Claim.Role, body.Who, body.Reason
	}
	return x
}

func pathsOf(paths []record.TestPath) (all []api.RecordedPath) {
	for _, p := range paths {
		all = append(all, api.RecordedPath{Number: int(p.Number), Up: p.Up, LossPermille: int(p.LossPermille), RTTms: int(p.RTTms)})
	}
	return all
}

// follow makes a turn part of what the turn that it answers belongs to, and with it what answers it in turn.
func (t *taking) follow(id, to entryID) {
	t.do("UPDATE turn SET answers = ? WHERE id = ?", to, id)
	var x, y turn
	if !t.readTurn(id, &x) || !t.readTurn(to, &y) || x.root != 0 || y.root == 0 || !x.follows(&y) {
		return
	}
	t.do("UPDATE turn SET root = ? WHERE id = ?", y.root, id)
	var next []entryID
	t.list("SELECT id FROM turn WHERE answers = ? AND answers <> 0 AND root = 0 ORDER BY id", []any{id}, scanInto(&next))
	for _, n := range next {
		t.follow(n, id)
	}
	t.showTurns(y.root)
}

func (t *taking) readTurn(id entryID, x *turn) bool {
	var call []byte
	found := t.get("SELECT id, root, kind, act, drill, call FROM turn WHERE id = ?", id)(&x.id, &x.root, &x.kind, &x.act, &x.drill, &call)
	copy(x.call[:], call)
	return found
}

// follows reports whether x may come after y: words are read back by the other side, and judged by the
// side that asked, which also may say that nobody read; a claim is judged by the other side, for the same call.
func (x *turn) follows(y *turn) bool {
	other, begins := x.id.own() != y.id.own(), y.root == y.id
	if x.kind == record.KindPresence {
		return other && begins && x.act > uint8(record.PresenceClaimed) && x.call == y.call && x.drill == y.drill
	}
	switch record.TestAct(x.act) {
	case record.TestReadBack:
		return other && begins
	case record.TestPassed:
		return other && record.TestAct(y.act) == record.TestReadBack
	case record.TestFailed:
		return other && record.TestAct(y.act) == record.TestReadBack || !other && begins
	}
	return false
}

// showTurns makes the row found by what was said, and says that it is not as it was.
func (t *taking) showTurns(root entryID) {
	var pos int64
	if root == 0 || !t.get("SELECT pos FROM entry WHERE id = ?", root)(&pos) || t.err != nil {
		return
	}
	all, err := t.turns(root)
	if err != nil {
		t.fail(err)
		return
	}
	var words []string
	for _, x := range all {
		words = append(words, x.who, x.text)
	}
	t.index(pos, all[0].kind, 0, strings.Join(words, "\n"))
	t.touch(root.key())
}

// turns are the entry that began it and what counts of what came after: what was first read back, or was
// judged, and the first judgement.
func (s *session) turns(root entryID) ([]turn, error) {
	begun, err := s.turnWhere("t.id = ?", root)
	if err != nil || begun == nil {
		return nil, missing(begun != nil, err, "turn", int64(root))
	}
	if begun.kind == record.KindPresence {
		judged, err := s.firstOf(root, uint8(record.PresenceVerified), uint8(record.PresenceRefused))
		return listed(begun, judged), err
	}
	read, err := s.firstOf(root, uint8(record.TestReadBack))
	if err != nil {
		return nil, err
	}
	result, err := s.firstOf(root, uint8(record.TestPassed), uint8(record.TestFailed))
	if err != nil || result == nil {
		return listed(begun, read), err
	}
	if result.answers == root {
		return listed(begun, result, read), nil // read too late
	}
	judged, err := s.turnWhere("t.id = ?", result.answers)
	return listed(begun, judged, result), err
}

func listed(turns ...*turn) (all []turn) {
	for _, x := range turns {
		if x != nil {
			all = append(all, *x)
		}
	}
	return all
}

// firstOf gives the first turn with one of the acts, or nil.
func (s *session) firstOf(root entryID, acts ...uint8) (first *turn, err error) {
	for _, act := range acts {
		x, err := s.turnWhere("root = ? AND act = ?", root, act)
		if err != nil {
			return nil, err
		}
		if x != nil && (first == nil || x.id < first.id) {
			first = x
		}
	}
	return first, nil
}

// turnWhere gives the first turn of a condition, or nil.
func (s *session) turnWhere(condition string, args ...any) (x *turn, err error) {
	err = s.all(`SELECT t.id, root, answers, t.kind, act, slot, drill, role, call, paths, who, text, at FROM turn t JOIN entry e ON e.id = t.id
		WHERE root <> 0 AND `+condition+" ORDER BY t.id LIMIT 1", args, func(rows *sql.Rows) error {
		x = new(turn)
		var call, paths []byte
		if err := rows.Scan(&x.id, &x.root, &x.answers, &x.kind, &x.act, &x.slot, &x.drill, &x.role, &call, &paths, &x.who, &x.text, &x.at); err != nil {
			return err
		}
		copy(x.call[:], call)
		return json.Unmarshal(paths, &x.paths)
	})
	return x, err
}

// test fills in the item of a test.
func (d *drawing) test(item *api.Item, root entryID) error {
	all, err := d.turns(root)
	if err != nil {
		return err
	}
	asked := all[0]
	test := &api.RecordedTest{Who: asked.who, Text: asked.text, Paths: asked.paths, Slot: since(asked.slot), Steps: []api.RecordedTestStep{}}
	if asked.act != 0 {
		test.Act = record.TestAct(asked.act).String()
	}
	for _, x := range all[1:] {
		act := record.TestAct(x.act)
		test.Steps = append(test.Steps, api.RecordedTestStep{Key: x.id.key(), Act: act.String(), By: side(x.id.own()), At: timeOf(x.at), Who: x.who, Text: x.text, Paths: x.paths})
		if act != record.TestReadBack {
			test.Result = act.String()
		}
		if act != record.TestReadBack || test.Result == "" {
			test.Act = act.String()
		}
	}
	item.Test, item.Proof = test, d.leastProof(all)
	return nil
}

// presence fills in the item of a claim of presence.
func (d *drawing) presence(item *api.Item, root entryID) error {
	all, err := d.turns(root)
	if err != nil {
		return err
	}
	claim := all[0]
	p := &api.RecordedPresence{Call: CallKey(claim.call, claim.drill), Drill: claim.drill, Who: claim.who, Role: apiRoles[claim.role]}
	if claim.act != 0 {
		p.Act = record.PresenceAct(claim.act).String()
	}
	for _, x := range all[1:] {
		p.Act, p.Who, p.Reason, p.Judged, p.At = record.PresenceAct(x.act).String(), x.who, x.text, x.id.key(), since(x.at)
	}
	item.Presence, item.Proof = p, d.leastProof(all)
	return nil
}

func (d *drawing) leastProof(all []turn) string {
	least := record.ProofFull
	for _, x := range all {
		least = min(least, d.p(x.id.own(), x.id.number()))
	}
	return least.String()
}
