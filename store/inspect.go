package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// inspect refuses a file that is not ours, whose schema is not this one, or whose settings are not all
// there and as they were written. The logs are for their trees to check: what Open does must not grow with them.
func (s *SQLite) inspect() error {
	conn, err := s.write.Conn(background)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := checkJournal(conn); err != nil {
		return err
	}
	// All of it at one instant: another process may be writing.
	if _, err := conn.ExecContext(background, "BEGIN"); err != nil {
		return err
	}
	err = checkFile(conn)
	if _, e := conn.ExecContext(background, "ROLLBACK"); err == nil {
		err = e
	}
	return err
}

func checkFile(conn *sql.Conn) error {
	if err := checkFormat(conn); err != nil {
		return err
	}
	if err := checkSchema(conn); err != nil {
		return err
	}
	h, err := checkSeals(conn)
	if err != nil {
		return err
	}
	return checkEnds(conn, h)
}

func checkFormat(conn *sql.Conn) error {
	var id, found int64
	if err := conn.QueryRowContext(background, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := conn.QueryRowContext(background, "PRAGMA user_version").Scan(&found); err != nil {
		return err
	}
	switch {
	case id != applicationID:
		return fmt.Errorf("%w: found application id %#x, want %#x", ErrDamaged, id, applicationID)
	case found>>16 != found&0xffff:
		return fmt.Errorf("%w: found version %#x, want %#x", ErrDamaged, found, userVersion)
	case found != userVersion:
		return fmt.Errorf("%w: found %d, want %d", ErrVersion, found&0xffff, version)
	}
	return nil
}

func checkSchema(conn *sql.Conn) error {
	rows, err := conn.QueryContext(background, "SELECT name, sql FROM sqlite_schema ORDER BY rowid")
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return fmt.Errorf("%w: its schema: %w", ErrDamaged, err)
		}
		if n >= len(tables) || name != tables[n].name || text != tables[n].sql {
			return fmt.Errorf("%w: found table %q in its schema", ErrDamaged, name)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n != len(tables) {
		return fmt.Errorf("%w: found %d tables, want %d", ErrDamaged, n, len(tables))
	}
	return nil
}

// checkJournal makes sure of the -wal: a file that was restored or handled by other hands may be without.
func checkJournal(conn *sql.Conn) error {
	var mode string
	if err := conn.QueryRowContext(background, "PRAGMA journal_mode=WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("found journal mode %s, want wal: the file system cannot share memory", mode)
	}
	return nil
}

// checkSeals reads all settings, the head too, and counts them.
func checkSeals(conn *sql.Conn) (h head, err error) {
	rows, err := conn.QueryContext(background, "SELECT key, sealed FROM setting")
	if err != nil {
		return h, err
	}
	defer rows.Close()
	var found head
	for last := ""; rows.Next(); {
		var key string
		var sealed sql.RawBytes
		if err := rows.Scan(&key, &sealed); err != nil {
			return h, fmt.Errorf("%w: its settings: %w", ErrDamaged, err)
		}
		value := unseal("setting", key, sealed)
		if value == nil || key <= last {
			return h, fmt.Errorf("%w: setting %q is not what was written", ErrDamaged, key)
		}
		if last = key; key != headKey {
			found.count(sealed, 1)
		} else if h, err = parseHead(value); err != nil {
			return h, err
		}
	}
	if err := rows.Err(); err != nil {
		return h, err
	}
	if found.settings != h.settings || found.seals != h.seals {
		return h, fmt.Errorf("%w: found %d settings, want %d as last written", ErrDamaged, found.settings, h.settings)
	}
	return h, nil
}

// checkEnds refuses a log that goes on after its end: then the settings, the head with them,
// are older than the log.
func checkEnds(conn *sql.Conn, h head) error {
	for table, end := range map[string]int64{
		Own.table("entry"): h.own.entries, Own.table("hash"): h.own.hashes,
		Far.table("entry"): h.far.entries, Far.table("hash"): h.far.hashes,
	} {
		if err := checkEnd(conn, table, end); err != nil {
			return err
		}
	}
	return nil
}

func checkEnd(conn *sql.Conn, table string, end int64) error {
	var n int64
	var sealed []byte
	err := conn.QueryRowContext(background, "SELECT number, sealed FROM "+table+" ORDER BY number DESC LIMIT 1").Scan(&n, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if n >= end && unseal(table, numbered(n), sealed) != nil {
		return fmt.Errorf("%w: %s goes on to %d, want it to end at %d", ErrDamaged, table, n, end-1)
	}
	return nil
}
