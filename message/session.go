package message

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"
)

// ErrDamaged says that the view's file is not what this package wrote. Close the view and open it
// again: it is then made anew, and wants all entries.
var ErrDamaged = errors.New("message: the view is damaged")

// A session is one connection, with the statements that were used on it. One goroutine uses it
// at a time.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	runs  int // of statements, so far
}

// maxStatements bounds what a session keeps ready.
const maxStatements = 200

func openSession(db *sql.DB) (*session, error) {
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (s *session) stmt(query string) (*sql.Stmt, error) {
	s.runs++
	if st := s.stmts[query]; st != nil {
		return st, nil
	}
	if len(s.stmts) >= maxStatements {
		s.forget()
	}
	st, err := s.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("%w: in %q", err, query)
	}
	s.stmts[query] = st
	return st, nil
}

func (s *session) forget() {
	for query, st := range s.stmts {
		st.Close()
		delete(s.stmts, query)
	}
}

func (s *session) exec(query string, args ...any) error {
	st, err := s.stmt(query)
	if err != nil {
		return err
	}
	_, err = st.Exec(args...)
	return err
}

// one reads one row; found is false if there is none.
func (s *session) one(query string, args []any, dest ...any) (found bool, err error) {
	err = s.all(query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(dest...)
	})
	return found, err
}

// all calls scan for each row. It must not use the session.
func (s *session) all(query string, args []any, scan func(*sql.Rows) error) error {
	st, err := s.stmt(query)
	if err != nil {
		return err
	}
	rows, err := st.Query(args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err) // a column that is not what we wrote
		}
	}
	return rows.Err()
}

// ids reads a column of numbers.
func (s *session) ids(query string, args ...any) (all []int64, err error) {
	err = s.all(query, args, func(rows *sql.Rows) error {
		var n int64
		err := rows.Scan(&n)
		all = append(all, n)
		return err
	})
	return all, err
}

// within runs fn in a transaction, which is undone if fn fails.
func (s *session) within(begin string, fn func() error) (err error) {
	if err := s.exec(begin); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.exec("ROLLBACK") // may have happened already
		}
	}()
	if err := fn(); err != nil {
		return err
	}
	return s.exec("COMMIT")
}

func (s *session) close() error {
	s.forget()
	return s.conn.Close()
}

// isDamage reports whether an error speaks of the file, and not of the disk or of us.
func isDamage(err error) bool {
	if e := new(sqlite.Error); errors.As(err, &e) {
		code := e.Code() & 0xFF
		return code == sqlitecode.SQLITE_CORRUPT || code == sqlitecode.SQLITE_NOTADB
	}
	return errors.Is(err, ErrDamaged)
}

// named puts the package's name before an error, and says if the file is at fault.
func named(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrDamaged):
		return err
	case isDamage(err):
		return fmt.Errorf("%w: %s: %w", ErrDamaged, what, err)
	}
	return fmt.Errorf("message: %s: %w", what, err)
}

// Files that SQLite keeps beside a database.
var besides = []string{"", "-wal", "-shm", "-journal"}

func removeFile(file string) error {
	for _, suffix := range besides {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// source is the database's name for the driver.
func source(file string, pragmas ...string) string {
	q := url.Values{}
	for _, p := range append(pragmas, "busy_timeout(10000)", "cache_size(-4096)", "temp_store(MEMORY)", "foreign_keys(0)", "trusted_schema(0)") {
		q.Add("_pragma", p)
	}
	if file == "" {
		return "file::memory:?" + q.Encode()
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: file}).String() + "?" + q.Encode()
}

type rows = *sql.Rows
