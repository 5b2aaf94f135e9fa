package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings of our own. No caller's key has such a character.
const leaseKey = "!lease"

func heldKey(l Log) string { return "!" + string(l) }

// A writer is the one connection that writes, with its statements.
type writer struct {
	conn                    *sql.Conn
	begin, commit, rollback *sql.Stmt
	get, put, drop          *sql.Stmt
	entry, hash             map[Log]*sql.Stmt // put a row in place
	entryAt, hashAt         map[Log]*sql.Stmt // read one
}

func newWriter(db *sql.DB) (*writer, error) {
	conn, err := db.Conn(background)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, entry: map[Log]*sql.Stmt{}, hash: map[Log]*sql.Stmt{}, entryAt: map[Log]*sql.Stmt{}, hashAt: map[Log]*sql.Stmt{}}
	prepare := func(query string) *sql.Stmt {
		st, e := conn.PrepareContext(background, query)
		err = errors.Join(err, e)
		return st
	}
	w.begin, w.commit, w.rollback = prepare("BEGIN IMMEDIATE"), prepare("COMMIT"), prepare("ROLLBACK")
	w.get = prepare("SELECT sealed FROM setting WHERE key = ?")
	w.put = prepare("INSERT INTO setting VALUES(?, ?) ON CONFLICT DO UPDATE SET sealed = excluded.sealed")
	w.drop = prepare("DELETE FROM setting WHERE key = ?")
	for _, l := range []Log{Own, Far} {
		w.entry[l] = prepare("INSERT OR REPLACE INTO " + l.table("entry") + " VALUES(?, ?)")
		w.hash[l] = prepare("INSERT OR REPLACE INTO " + l.table("hash") + " VALUES(?, ?)")
		w.entryAt[l] = prepare("SELECT sealed FROM " + l.table("entry") + " WHERE number = ?")
		w.hashAt[l] = prepare("SELECT sealed FROM " + l.table("hash") + " WHERE number = ?")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return w, nil
}

// close gives the connection back. Its statements go with it.
func (w *writer) close() error { return w.conn.Close() }

// do runs fn in a transaction of a handle that may write.
func (s *SQLite) do(doing string, fn func(w *writer) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer == nil {
		return s.fault(doing, fs.ErrClosed)
	}
	if err := s.writer.transaction(fn); err != nil {
		return s.fault(doing, err)
	}
	return nil
}

// transaction runs fn between BEGIN and COMMIT. After any failure, that of COMMIT too, it rolls back, so that the
// connection is ready for the next; SQLite may have done so by itself, then there is nothing to do.
func (w *writer) transaction(fn func(w *writer) error) error {
	if _, err := w.begin.Exec(); err != nil {
		return err
	}
	err := fn(w)
	if err == nil {
		_, err = w.commit.Exec()
	}
	if err != nil {
		_, _ = w.rollback.Exec()
	}
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

func (w *writer) set(key string, value []byte) error {
	var err error
	if value == nil {
		_, err = w.drop.Exec(key)
	} else {
		_, err = w.put.Exec(key, seal("setting", key, value))
	}
	return err
}

func (w *writer) setAll(values map[string][]byte) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := w.set(key, values[key]); err != nil {
			return err
		}
	}
	return nil
}

// admit refuses a handle that may not write.
func (s *SQLite) admit(w *writer) error {
	l, err := w.lease()
	if err != nil {
		return err
	}
	return l.admits(s.term)
}

func (w *writer) lease() (lease, error) {
	b, err := setting(w.get, leaseKey)
	if b == nil || err != nil {
		return lease{}, err
	}
	return parseLease(string(b))
}

// String is the lease as it is stored: term, Unix milliseconds, holder.
func (l lease) String() string { return fmt.Sprintf("%d %d %s", l.term, l.until.UnixMilli(), l.holder) }

func parseLease(text string) (lease, error) {
	term, rest, _ := strings.Cut(text, " ")
	until, holder, _ := strings.Cut(rest, " ")
	n, err1 := strconv.ParseInt(term, 10, 64)
	ms, err2 := strconv.ParseInt(until, 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return lease{}, fmt.Errorf("%w: lease: %w", ErrDamaged, err)
	}
	return lease{n, time.UnixMilli(ms), holder}, nil
}

func holds(get *sql.Stmt, l Log) (held, error) {
	b, err := setting(get, heldKey(l))
	if b == nil || err != nil {
		return held{}, err
	}
	if len(b) != 16 {
		return held{}, fmt.Errorf("%w: the length of log %s has %d bytes, want 16", ErrDamaged, l, len(b))
	}
	return held{int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))}, nil
}

func (h held) encode() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(h.entries)), uint64(h.hashes))
}

func (s *SQLite) Append(b *Batch) error {
	if err := b.check(); err != nil {
		return err
	}
	return s.do("appending", func(w *writer) error {
		if err := s.admit(w); err != nil {
			return err
		}
		h, err := holds(w.get, b.Log)
		if err != nil {
			return err
		}
		again, err := h.fits(b)
		if err != nil {
			return err
		}
		if again {
			return w.ends(b)
		}
		return w.append(b, h)
	})
}

func (w *writer) append(b *Batch, h held) error {
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
	if after := h.with(b); after != h {
		if err := w.set(heldKey(b.Log), after.encode()); err != nil {
			return err
		}
	}
	return w.setAll(b.Set)
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
	return s.do("setting", func(w *writer) error {
		if err := s.admit(w); err != nil {
			return err
		}
		return w.setAll(values)
	})
}

func (s *SQLite) Repair(l Log, entries map[int64][]byte, hashes map[int64]Hash) error {
	if err := checkRepair(l, entries, hashes); err != nil {
		return err
	}
	return s.do("repairing", func(w *writer) error {
		if err := s.admit(w); err != nil {
			return err
		}
		h, err := holds(w.get, l)
		if err != nil {
			return err
		}
		if err := h.covers(l, entries, hashes); err != nil {
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
	var taken lease
	err := s.do("leasing", func(w *writer) error {
		l, err := w.lease()
		if err != nil {
			return err
		}
		if taken, err = l.take(s.term, holder, now, until); err != nil {
			return err
		}
		return w.set(leaseKey, []byte(taken.String()))
	})
	if err == nil {
		s.mu.Lock()
		s.term = taken.term
		s.mu.Unlock()
	}
	return err
}
