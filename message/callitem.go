package message

import (
	"database/sql"
	"slices"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// Bounds of what is shown of a call.
const (
	maxSteps  = 200 // of one side; of what is merged into it again
	maxMerged = 4
)

// A told is what both logs tell of a call.
type told struct {
	id              []byte
	drill           bool
	called, ended   [2]entryID // own, far
	answered, last  [2]entryID
	merged          []int64 // numbers of this call and those that were given up for it
	crossed, lifted bool    // lifted: by us
}

func (d *drawing) call(item *api.Item, n int64) error {
	t, err := d.told(n)
	if err != nil {
		return err
	}
	id := record.CallID(t.id)
	call := &api.RecordedCall{ID: id.String(), Drill: t.drill}
	item.Call, item.Key, item.By = call, CallKey(id, t.drill), side(t.lifted)
	if call.Steps, err = d.steps(t.merged, maxSteps, 0, 1); err != nil {
		return err
	}
	if err := d.ends(call, t); err != nil {
		return err
	}
	if err := d.answer(call, t); err != nil {
		return err
	}
	item.Proof = t.proof(d.p).String()
	return nil
}

func (d *drawing) told(n int64) (t told, err error) {
	found, err := d.one(`SELECT id, drill, called0, called1, iif(ended0 > alive0, ended0, 0), iif(ended1 > alive1, ended1, 0), answered0, answered1, last0, last1
		FROM call WHERE n = ?`, []any{n}, &t.id, &t.drill, &t.called[0], &t.called[1], &t.ended[0], &t.ended[1], &t.answered[0], &t.answered[1], &t.last[0], &t.last[1])
	if err != nil || !found {
		return t, missing(found, err, "call", n)
	}
	if len(t.id) != len(record.CallID{}) {
		return t, missing(false, nil, "id of call", n)
	}
	merged, err := d.ids("SELECT n FROM call WHERE into_n = ? AND into_n <> 0 ORDER BY n LIMIT ?", n, maxMerged)
	if err != nil {
		return t, err
	}
	t.merged, t.crossed = append([]int64{n}, merged...), len(merged) > 0
	t.lifted = t.liftedByUs()
	return t, d.lastOf(&t)
}

// liftedByUs says who called: whoever says so of himself, we first; else not the side that tells
// of it.
func (t *told) liftedByUs() bool {
	switch {
	case t.called[0] != 0:
		return true
	case t.called[1] != 0:
		return false
	}
	return t.last[0] == 0
}

// lastOf takes the newest entries of what was merged into account.
func (d *drawing) lastOf(t *told) error {
	for _, n := range t.merged[1:] {
		var last [2]entryID
		if _, err := d.one("SELECT last0, last1 FROM call WHERE n = ?", []any{n}, &last[0], &last[1]); err != nil {
			return err
		}
		t.last[0], t.last[1] = max(t.last[0], last[0]), max(t.last[1], last[1])
	}
	return nil
}

// proof is the least of all entries: what is co-signed covers all before it.
func (t *told) proof(p Proofs) record.ProofState {
	least := record.ProofFull
	for _, id := range t.last {
		if id != 0 {
			least = min(least, p(id.own(), id.number()))
		}
	}
	return least
}

// steps are the entries of calls as they were added, of each log (0 ours, 1 theirs) the first.
func (d *drawing) steps(calls []int64, limit int, logs ...int) ([]api.RecordedStep, error) {
	type numbered struct {
		seq int64
		api.RecordedStep
	}
	var all []numbered
	for _, n := range calls {
		for _, log := range logs {
			err := d.all(`SELECT s.id, seq, step, reason, speaks, count, role, who, at FROM step s JOIN entry e ON e.id = s.id
				WHERE call = ? AND s.id & 1 = ? ORDER BY s.id LIMIT ?`, []any{n, log, limit}, func(rows *sql.Rows) error {
				var id entryID
				var at, reason int64
				var step record.Step
				var role record.Role
				var s numbered
				err := rows.Scan(&id, &s.seq, &step, &reason, &s.Speaks, &s.Count, &role, &s.Who, &at)
				s.Key, s.By, s.At = id.key(), side(id.own()), timeOf(at)
				if step != 0 {
					s.Step = step.String()
				}
				if step == record.StepFetching {
					s.Count, s.Minutes = 0, s.Count
				}
				s.Reason, s.Role = reasonOf(reason), apiRoles[role]
				all = append(all, s)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(all, func(a, b numbered) int { return int(a.seq - b.seq) })
	steps := make([]api.RecordedStep, len(all))
	for i, s := range all {
		steps[i] = s.RecordedStep
	}
	return steps, nil
}

// apiRoles are the roles as the station's API names them.
var apiRoles = map[record.Role]api.Role{record.RoleOfficer: api.RoleOfficer, record.RolePrincipal: api.RolePrincipal, record.RoleObserver: api.RoleObserver}

func reasonOf(r int64) api.EndReason {
	if r == 0 {
		return ""
	}
	return api.EndReason(record.Reason(r).String())
}

// An end is one side's word that a call ended.
type end struct {
	id     entryID
	at     int64
	reason int64
	chosen record.By
}

// ends fills in the end: what the side says that chose it, else what was earlier.
func (d *drawing) ends(call *api.RecordedCall, t told) error {
	var best end
	for _, id := range t.ended {
		if id == 0 {
			continue
		}
		e := end{id: id}
		found, err := d.one("SELECT at, reason, chosen FROM step s JOIN entry e ON e.id = s.id WHERE s.id = ?", []any{id}, &e.at, &e.reason, &e.chosen)
		if err != nil || !found {
			return missing(found, err, "step", int64(id))
		}
		if best.id == 0 || e.before(best) {
			best = e
		}
	}
	if best.id == 0 {
		return nil
	}
	at := timeOf(best.at)
	call.Ended, call.Reason = &at, reasonOf(best.reason)
	switch best.chosen {
	case record.ByAuthor:
		call.EndedBy = side(best.id.own())
	case record.ByOther:
		call.EndedBy = side(!best.id.own())
	}
	return nil
}

func (e end) before(f end) bool {
	if mine, theirs := e.chosen == record.ByAuthor, f.chosen == record.ByAuthor; mine != theirs {
		return mine
	}
	return e.at < f.at
}

// answer fills in when the call was answered, and how long it was: by the clock of the side that
// answered, if that also said when it ended.
func (d *drawing) answer(call *api.RecordedCall, t told) error {
	who := 0 // the log of the side that was called
	if t.lifted {
		who = 1
	}
	if t.answered[who] == 0 && t.crossed {
		who = 1 - who
	}
	if t.answered[who] == 0 {
		return nil
	}
	var err error
	if call.Answered, err = d.timeOf(t.answered[who]); err != nil {
		return err
	}
	ended := call.Ended
	if t.ended[who] != 0 {
		if ended, err = d.timeOf(t.ended[who]); err != nil {
			return err
		}
	}
	if ended != nil {
		call.LengthMS = max(0, ended.Sub(*call.Answered).Milliseconds())
	}
	return nil
}

// maxEntries is how many entries CallEntries names of one side.
const maxEntries = 4096

// CallEntries names the entries of a call, in the order in which they were added; of one side at
// most 4096.
func (v *View) CallEntries(key string) (refs []Ref, err error) { return v.callEntries(key, 0, 1) }

// OwnCallEntries names those of our own log. The other side's, however many, cost nothing.
func (v *View) OwnCallEntries(key string) ([]Ref, error) { return v.callEntries(key, 0) }

func (v *View) callEntries(key string, logs ...int) (refs []Ref, err error) {
	id, drill, ok := parseCallKey(key)
	if !ok {
		return nil, nil
	}
	err = v.read("entries of "+key, func(s *session) error {
		var n int64
		if found, err := s.one("SELECT iif(into_n = 0, n, into_n) FROM call WHERE id = ? AND drill = ?", []any{id[:], drill}, &n); err != nil || !found {
			return err
		}
		d := drawing{session: s}
		t, err := d.told(n)
		if err != nil {
			return err
		}
		steps, err := d.steps(t.merged, maxEntries, logs...)
		for _, step := range steps {
			own, number, _ := ParseKey(step.Key)
			refs = append(refs, Ref{own, number})
		}
		return err
	})
	return refs, err
}

// An OpenCall is a call, or a drill, that our own log has not ended.
type OpenCall struct {
	ID    record.CallID
	Drill bool
}

// OpenCalls are the calls of which our own log has steps and after these no end: one that a restart ended may
// have rung anew.
func (v *View) OpenCalls() (open []OpenCall, err error) {
	err = v.read("open calls", func(s *session) error {
		const query = "SELECT id, drill FROM call WHERE ended0 < alive0 AND into_n = 0 ORDER BY n LIMIT 1000"
		return s.all(query, nil, func(rows *sql.Rows) error {
			var c OpenCall
			var id []byte
			if err := rows.Scan(&id, &c.Drill); err != nil {
				return err
			}
			copy(c.ID[:], id)
			open = append(open, c)
			return nil
		})
	})
	return open, err
}

// since is a time, or nil.
func since(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := timeOf(ms)
	return &t
}
