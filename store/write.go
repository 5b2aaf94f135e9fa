package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"
)

// A writer is the one connection that writes, with its statements.
type writer struct {
	conn                    *sql.Conn
	begin, commit, rollback *sql.Stmt
	get, add, change, drop  *sql.Stmt
	entry, hash             map[Log]*sql.Stmt // put a row in place
	entryAt, hashAt         map[Log]*sql.Stmt // read one
	all                     []*sql.Stmt
}

func newWriter(db *sql.DB) (*writer, error) {
	conn, err := db.Conn(background)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, entry: map[Log]*sql.Stmt{}, hash: map[Log]*sql.Stmt{}, entryAt: map[Log]*sql.Stmt{}, hashAt: map[Log]*sql.Stmt{}}
	prepare := func(query string) *sql.Stmt {
		st, e := conn.PrepareContext(background, query)
		if e != nil {
			err = errors.Join(err, e)
			return nil
		}
		w.all = append(w.all, st)
		return st
	}
	w.begin, w.commit, w.rollback = prepare("BEGIN IMMEDIATE"), prepare("COMMIT"), prepare("ROLLBACK")
	w.get = prepare("SELECT sealed FROM setting WHERE key = ?")
	w.add = prepare("INSERT INTO setting VALUES(?, ?)")
	w.change = prepare("UPDATE setting SET sealed = ? WHERE key = ?")
	w.drop = prepare("DELETE FROM setting WHERE key = ?")
	for _, l := range []Log{Own, Far} {
		w.entry[l] = prepare("INSERT OR REPLACE INTO " + l.table("entry") + " VALUES(?, ?)")
		w.hash[l] = prepare("INSERT OR REPLACE INTO " + l.table("hash") + " VALUES(?, ?)")
		w.entryAt[l] = prepare("SELECT sealed FROM " + l.table("entry") + " WHERE number = ?")
		w.hashAt[l] = prepare("SELECT sealed FROM " + l.table("hash") + " WHERE number = ?")
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// close gives the connection back. With a statement left, SQLite would keep it open, and keep the -wal.
func (w *writer) close() error { return errors.Join(closeAll(w.all), w.conn.Close()) }

func closeAll(statements []*sql.Stmt) error {
	var errs []error
	for _, st := range statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(errs...)
}

// enter keeps the store open until leave is called.
func (s *SQLite) enter(doing string) (leave func(), err error) {
	s.gate.RLock()
	if s.closed {
		s.gate.RUnlock()
		return nil, s.fault(doing, fs.ErrClosed)
	}
	return s.gate.RUnlock, nil
}

// lock is enter for the one who writes.
func (s *SQLite) lock(doing string) (unlock func(), err error) {
	leave, err := s.enter(doing)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	return func() { s.mu.Unlock(); leave() }, nil
}

// do runs fn in a transaction, if this handle may write.
func (s *SQLite) do(doing string, fn func(w *writer, h *head) error) error {
	unlock, err := s.lock(doing)
	if err != nil {
		return err
	}
	defer unlock()
	return s.fault(doing, s.writer.transaction(func(w *writer, h *head) error {
		if err := h.lease.admits(s.term); err != nil {
			return err
		}
		return fn(w, h)
	}))
}

// transaction runs fn between BEGIN and COMMIT, and writes the head if fn changed it. After any failure,
// that of COMMIT too, it rolls back, so that the connection is ready for the next; SQLite may have
// done so by itself, then there is nothing to do.
func (w *writer) transaction(fn func(w *writer, h *head) error) error {
	if _, err := w.begin.Exec(); err != nil {
		return err
	}
	err := w.headed(fn)
	if err == nil {
		_, err = w.commit.Exec()
	}
	if err != nil {
		_, _ = w.rollback.Exec()
	}
	return err
}

func (w *writer) headed(fn func(w *writer, h *head) error) error {
	before, err := readHead(w.get)
	if err != nil {
		return err
	}
	h := before
	if err := fn(w, &h); err != nil || h == before {
		return err
	}
	_, err = w.change.Exec(seal("setting", headKey, h.encode()), headKey)
	return err
}

// one reads the one sealed value that a statement finds; nil if it finds none.
func one(st *sql.Stmt, arg any) ([]byte, error) {
	var b []byte
	err := st.QueryRowContext(context.Background(), arg).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return b, err
}

// setting reads a setting; nil if there is none. A broken seal is damage: unlike an entry,
// it can be had from nobody.
func setting(get *sql.Stmt, key string) ([]byte, error) {
	sealed, err := one(get, key)
	if sealed == nil || err != nil {
		return nil, err
	}
	value := unseal("setting", key, sealed)
	if value == nil {
		return nil, fmt.Errorf("%w: setting %s is not what was written", ErrDamaged, key)
	}
	return value, nil
}

// set writes or deletes a setting, and counts.
func (w *writer) set(h *head, key string, value []byte) error {
	old, err := one(w.get, key)
	if err != nil {
		return err
	}
	if old != nil {
		h.count(old, -1)
	}
	if value == nil {
		_, err := w.drop.Exec(key)
		return err
	}
	sealed := seal("setting", key, value)
	h.count(sealed, 1)
	if old != nil {
		_, err = w.change.Exec(sealed, key)
	} else {
		_, err = w.add.Exec(key, sealed)
	}
	return err
}

func (w *writer) setAll(h *head, values map[string][]byte) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := w.set(h, key, values[key]); err != nil {
			return err
		}
	}
	return nil
}

func (s *SQLite) Append(b *Batch) error {
	if err := b.check(); err != nil {
		return err
	}
	return s.do("appending", func(w *writer, h *head) error {
		again, err := h.log(b.Log).fits(b)
		if err != nil {
			return err
		}
		if again {
			return w.ends(b)
		}
		return w.append(h, b)
	})
}

func (w *writer) append(h *head, b *Batch) error {
	for i, e := range b.Entries {
		if err := w.putEntry(b.Log, b.First+int64(i), e); err != nil {
			return err
		}
	}
	for i, hash := range b.Hashes {
		if err := w.putHash(b.Log, b.HashAt+int64(i), hash); err != nil {
			return err
		}
	}
	log := h.log(b.Log)
	*log = log.with(b)
	return w.setAll(h, b.Set)
}

func (w *writer) putEntry(l Log, n int64, e []byte) error {
	_, err := w.entry[l].Exec(n, seal(l.table("entry"), numbered(n), e))
	return err
}

func (w *writer) putHash(l Log, i int64, h Hash) error {
	_, err := w.hash[l].Exec(i, seal(l.table("hash"), numbered(i), h[:]))
	return err
}

// ends says whether the log's last entries and hashes are those of the batch.
func (w *writer) ends(b *Batch) error {
	var entries [][]byte
	for i := range b.Entries {
		n := b.First + int64(i)
		sealed, err := one(w.entryAt[b.Log], n)
		if err != nil {
			return err
		}
		entries = append(entries, unseal(b.Log.table("entry"), numbered(n), sealed))
	}
	var hashes []Hash
	for i := range b.Hashes {
		n := b.HashAt + int64(i)
		sealed, err := one(w.hashAt[b.Log], n)
		if err != nil {
			return err
		}
		if h := unseal(b.Log.table("hash"), numbered(n), sealed); len(h) == HashSize {
			hashes = append(hashes, Hash(h))
		}
	}
	return same(b, entries, hashes)
}

func (s *SQLite) Set(values map[string][]byte) error {
	if err := checkSettings(values); err != nil {
		return err
	}
	return s.do("setting", func(w *writer, h *head) error { return w.setAll(h, values) })
}

func (s *SQLite) Repair(l Log, entries map[int64][]byte, hashes map[int64]Hash) error {
	if err := checkRepair(l, entries, hashes); err != nil {
		return err
	}
	return s.do("repairing", func(w *writer, h *head) error {
		if err := h.log(l).covers(l, entries, hashes); err != nil {
			return err
		}
		return w.repair(l, entries, hashes)
	})
}

func (w *writer) repair(l Log, entries map[int64][]byte, hashes map[int64]Hash) error {
	for n, e := range entries {
		if err := w.putEntry(l, n, e); err != nil {
			return err
		}
	}
	for i, h := range hashes {
		if err := w.putHash(l, i, h); err != nil {
			return err
		}
	}
	return nil
}

func (s *SQLite) Lease(holder string, now, until time.Time) error {
	if err := checkKey(holder); err != nil {
		return err
	}
	unlock, err := s.lock("leasing")
	if err != nil {
		return err
	}
	defer unlock()
	var taken lease
	err = s.writer.transaction(func(_ *writer, h *head) (err error) {
		taken, err = h.lease.take(s.term, holder, now, until)
		h.lease = taken
		return err
	})
	if err != nil {
		return s.fault("leasing", err)
	}
	s.term = taken.term
	return nil
}
