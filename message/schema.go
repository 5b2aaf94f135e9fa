package message

import "fmt"

// format is the version of the tables. A file of another is made anew.
const (
	format      = 4
	application = 0x52445657 // "RDVW"
)

// Entries are numbers of [entryID]; 0 is none. Times are Unix milliseconds. Whatever may be said
// twice or by both is kept so that the order of adding does not matter: the least or the
// greatest number of each side.
var schema = []string{
	// Every entry that was taken in. Kind 0: it was missing or unreadable.
	`CREATE TABLE entry (id INTEGER PRIMARY KEY, kind INTEGER, at INTEGER, added INTEGER, seen INTEGER, pos INTEGER)`,

	// References to entries that are not here yet.
	`CREATE TABLE later (target INTEGER, source INTEGER, relation INTEGER, PRIMARY KEY (target, source, relation)) WITHOUT ROWID`,

	// The timeline. open: 1 our message that they have yet to read, 2 theirs that we have. ref: the
	// entry, or the number of the call. The rest is by kind.
	`CREATE TABLE item (pos INTEGER PRIMARY KEY, kind INTEGER, ref INTEGER, at INTEGER, added INTEGER, matter INTEGER, open INTEGER,
		act INTEGER, a INTEGER, b INTEGER, who TEXT, text TEXT)`,
	`CREATE INDEX item_kind ON item (kind, pos)`,
	`CREATE INDEX item_matter ON item (matter, kind, pos) WHERE matter <> 0`,
	`CREATE INDEX item_unread ON item (pos) WHERE open = 2`,
	`CREATE INDEX item_unread_matter ON item (matter, pos) WHERE open = 2 AND matter <> 0`,
	`CREATE INDEX item_open ON item (open, added) WHERE open <> 0`,

	// Times between which all of 512 items (log 2) or entries (log 0 own, 1 far) lie.
	`CREATE TABLE block (log INTEGER, n INTEGER, low INTEGER, high INTEGER, PRIMARY KEY (log, n)) WITHOUT ROWID`,

	// Messages. root: the oldest of its versions, if there are several. seen: by the principal. sum: of what
	// never changes.
	`CREATE TABLE message (id INTEGER PRIMARY KEY, pos INTEGER, answers INTEGER, amends INTEGER, retracts INTEGER, root INTEGER,
		retracted INTEGER, shown INTEGER, read INTEGER, seen INTEGER, erased INTEGER, files TEXT, sum INTEGER, text TEXT)`,
	`CREATE INDEX message_standing ON message (root, id) WHERE root <> 0 AND retracted = 0`,
	`CREATE INDEX message_root ON message (root, id) WHERE root <> 0`,
	`CREATE TABLE reader (id INTEGER PRIMARY KEY, who TEXT)`,
	`CREATE TABLE file (id INTEGER PRIMARY KEY, carrier INTEGER, length INTEGER, sha256 BLOB, name TEXT)`,

	// Calls; 0 and 1 at the end of a name: our log, theirs. pos 0: no row of its own. ended: the last end;
	// alive: the last step by which it went on.
	`CREATE TABLE call (n INTEGER PRIMARY KEY, id BLOB, drill INTEGER, pos INTEGER, into_n INTEGER, matter INTEGER, called0 INTEGER, called1 INTEGER,
		answered0 INTEGER, answered1 INTEGER, ended0 INTEGER, ended1 INTEGER, alive0 INTEGER, alive1 INTEGER, filed0 INTEGER, filed1 INTEGER,
		last0 INTEGER, last1 INTEGER, UNIQUE (id, drill))`,
	`CREATE INDEX call_into ON call (into_n) WHERE into_n <> 0`,
	`CREATE INDEX call_open ON call (n) WHERE ended0 < alive0 AND into_n = 0`,
	`CREATE TABLE step (id INTEGER PRIMARY KEY, call INTEGER, seq INTEGER, step INTEGER, reason INTEGER, chosen INTEGER, speaks INTEGER,
		count INTEGER, role INTEGER, who TEXT)`,
	`CREATE INDEX step_call ON step (call, id & 1, id)`,
	`CREATE INDEX step_person ON step (call, id & 1, id) WHERE who <> ''`,
	// Turns of tests and proofs of presence. root: the entry that began it; 0: it is not known to belong
	// to one.
	`CREATE TABLE turn (id INTEGER PRIMARY KEY, kind INTEGER, root INTEGER, answers INTEGER, act INTEGER, slot INTEGER, drill INTEGER, role INTEGER,
		call BLOB, paths TEXT, who TEXT, text TEXT)`,
	`CREATE INDEX turn_root ON turn (root, act, id) WHERE root <> 0`,
	`CREATE INDEX turn_answers ON turn (answers) WHERE root = 0 AND answers <> 0`,

	// Entries about disclosures. list: 1 ours, 2 theirs that begin one. answers: an entry of the
	// other log.
	`CREATE TABLE disclosure (id INTEGER PRIMARY KEY, list INTEGER, act INTEGER, answers INTEGER)`,
	`CREATE INDEX disclosure_list ON disclosure (list, id)`,
	`CREATE INDEX disclosure_answers ON disclosure (answers, act, id)`,

	`CREATE TABLE filing (id INTEGER PRIMARY KEY, matter INTEGER)`,

	// Matters. rank orders the list: 0 open, 1 theirs and not yet acknowledged, 2 closed.
	`CREATE TABLE matter (id INTEGER PRIMARY KEY, title TEXT, acknowledged INTEGER, closed0 INTEGER, closed1 INTEGER,
		messages INTEGER, calls INTEGER, unread INTEGER, rank INTEGER, pos INTEGER)`,
	`CREATE INDEX matter_rank ON matter (rank, pos DESC)`,

	`CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER)`,
	fmt.Sprintf(`PRAGMA application_id = %d`, application),
	fmt.Sprintf(`PRAGMA user_version = %d`, format),
}

// ensureSchema makes the tables in an empty file, and refuses a file that is not ours.
func (s *session) ensureSchema() error {
	var version, id, tables int
	for query, dest := range map[string]*int{"PRAGMA user_version": &version, "PRAGMA application_id": &id, "SELECT count(*) FROM sqlite_schema": &tables} {
		if _, err := s.one(query, nil, dest); err != nil {
			return err
		}
	}
	if version == format && id == application {
		return nil
	}
	if version != 0 || id != 0 || tables != 0 {
		return fmt.Errorf("%w: format %d of application %#x, want %d of %#x", ErrDamaged, version, id, format, application)
	}
	for _, statement := range schema {
		if err := s.exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// A state is what a view counts.
type state struct {
	sizes [2]int64 // entries taken in: own, far
	open  [3]int64 // items by their open; 0 is not used
	pos   int64    // of the newest item
	seq   int64    // steps of calls so far
	seen  int64    // far entries that our newest had seen
	had   int64    // own entries that the newest of these had seen
}

// each calls fn for every name and its place.
func (st *state) each(fn func(name string, value *int64) error) error {
	names := []string{"own", "far", "unheeded", "unread", "pos", "seq", "seen", "had"}
	for i, p := range []*int64{&st.sizes[0], &st.sizes[1], &st.open[1], &st.open[2], &st.pos, &st.seq, &st.seen, &st.had} {
		if err := fn(names[i], p); err != nil {
			return err
		}
	}
	return nil
}

func (st *state) size(own bool) int64 {
	if own {
		return st.sizes[0]
	}
	return st.sizes[1]
}

func (s *session) readState() (st state, err error) {
	err = st.each(func(name string, value *int64) error {
		_, err := s.one("SELECT value FROM state WHERE name = ?", []any{name}, value)
		return err
	})
	return st, err
}

// writeState writes what is not as it was.
func (s *session) writeState(st, was state) error {
	old := map[string]int64{}
	was.each(func(name string, value *int64) error { old[name] = *value; return nil })
	return st.each(func(name string, value *int64) error {
		if *value == old[name] {
			return nil
		}
		return s.exec("INSERT INTO state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, *value)
	})
}
