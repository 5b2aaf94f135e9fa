package store

import (
	"database/sql"
	"fmt"
)

// inspect refuses a file that is not ours, whose schema is not this one, or whose settings are not all
// there and as they were written. The logs are for their trees to check: what Open does must not grow with them.
func (s *SQLite) inspect() error {
	for _, check := range []func(*sql.DB) error{checkFormat, checkSchema, checkJournal, checkSeals} {
		if err := check(s.write); err != nil {
			return err
		}
	}
	return nil
}

func checkFormat(db *sql.DB) error {
	var id, found int64
	if err := db.QueryRow("PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := db.QueryRow("PRAGMA user_version").Scan(&found); err != nil {
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

func checkSchema(db *sql.DB) error {
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema ORDER BY rowid")
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
func checkJournal(db *sql.DB) error {
	var mode string
	if err := db.QueryRow("PRAGMA journal_mode=WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("found journal mode %s, want wal: the file system cannot share memory", mode)
	}
	return nil
}

// checkSeals reads all settings, the head too, and counts them.
func checkSeals(db *sql.DB) error {
	rows, err := db.Query("SELECT key, sealed FROM setting")
	if err != nil {
		return err
	}
	defer rows.Close()
	var found int64
	var h head
	for last := ""; rows.Next(); found++ {
		var key string
		var sealed sql.RawBytes
		if err := rows.Scan(&key, &sealed); err != nil {
			return fmt.Errorf("%w: its settings: %w", ErrDamaged, err)
		}
		value := unseal("setting", key, sealed)
		if value == nil || key <= last {
			return fmt.Errorf("%w: setting %q is not what was written", ErrDamaged, key)
		}
		if last = key; key == headKey {
			if h, err = parseHead(value); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if found != h.settings+1 {
		return fmt.Errorf("%w: found %d settings, want %d", ErrDamaged, found-1, h.settings)
	}
	return nil
}
