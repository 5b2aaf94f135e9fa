package store

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
)

// DraftPrefix begins the keys of the settings that are salvaged: what was
// written and has no number yet.
const DraftPrefix = "draft/"

// A Salvaged is what could still be read of a damaged store.
type Salvaged struct {
	Drafts  map[string][]byte // settings with DraftPrefix, by key
	Entries map[int64][]byte  // by number
	Lost    []string          // a sentence for each thing that could not be read
}

// Salvage reads what it can of a damaged file, which is not open: drafts, and a log's
// entries from first on. Each of them is as it was written, or it is not there: a seal
// says so. It never fails; what it could not read it says.
func Salvage(file string, l Log, first int64) *Salvaged {
	v := &Salvaged{Drafts: map[string][]byte{}, Entries: map[int64][]byte{}}
	db, err := sql.Open("sqlite", dsn(file))
	if err != nil {
		v.lose("%s could not be opened: %v", file, err)
		return v
	}
	defer db.Close()
	v.settings(db)
	v.entries(db, l, first)
	return v
}

func (v *Salvaged) lose(format string, args ...any) {
	v.Lost = append(v.Lost, fmt.Sprintf(format, args...))
}

func (v *Salvaged) settings(db *sql.DB) {
	rows, err := db.Query("SELECT key, sealed FROM setting WHERE key >= ? AND key < ?", DraftPrefix, DraftPrefix+"\x7f")
	if err != nil {
		v.lose("drafts: %v", err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var sealed []byte
		if err := rows.Scan(&key, &sealed); err != nil {
			v.lose("a draft: %v", err)
			continue
		}
		if value := unseal("setting", key, sealed); value == nil {
			v.lose("draft %q is not what was written", key)
		} else {
			v.Drafts[key] = value
		}
	}
	if err := rows.Err(); err != nil {
		v.lose("drafts after %q: %v", slices.Max(append(slices.Collect(maps.Keys(v.Drafts)), "")), err)
	}
}

func (v *Salvaged) entries(db *sql.DB, l Log, first int64) {
	rows, err := db.Query("SELECT number, sealed FROM "+l.table("entry")+" WHERE number >= ?", first)
	if err != nil {
		v.lose("entries of log %s: %v", l, err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var sealed []byte
		if err := rows.Scan(&n, &sealed); err != nil {
			v.lose("an entry of log %s: %v", l, err)
			continue
		}
		if e := unseal(l.table("entry"), numbered(n), sealed); e == nil {
			v.lose("entry %d of log %s is not what was written", n, l)
		} else {
			v.Entries[n] = e
		}
	}
	if err := rows.Err(); err != nil {
		v.lose("entries of log %s: %v", l, err)
	}
}
