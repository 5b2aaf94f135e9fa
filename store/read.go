package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A reader is the statements of those who only read.
type reader struct {
	get, keys       *sql.Stmt
	entries, hashes map[Log]*sql.Stmt
	all             []*sql.Stmt
}

func (r *reader) prepare(db *sql.DB) error {
	var err error
	prepare := func(query string) *sql.Stmt {
		st, e := db.Prepare(query)
		if e != nil {
			err = errors.Join(err, e)
			return nil
		}
		r.all = append(r.all, st)
		return st
	}
	r.get = prepare("SELECT sealed FROM setting WHERE key = ?")
	r.keys = prepare("SELECT key FROM setting WHERE key >= ? AND key < ? AND key >= '-' ORDER BY key LIMIT ?")
	r.entries, r.hashes = map[Log]*sql.Stmt{}, map[Log]*sql.Stmt{}
	for _, l := range []Log{Own, Far} {
		r.entries[l] = prepare("SELECT number, sealed FROM " + l.table("entry") + " WHERE number >= ? AND number < ? ORDER BY number LIMIT ?")
		r.hashes[l] = prepare("SELECT j.key, h.sealed FROM json_each(?) AS j CROSS JOIN " + l.table("hash") + " AS h ON h.number = j.value")
	}
	return err
}

func (r *reader) close() error { return closeAll(r.all) }

func (s *SQLite) Get(key string) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	leave, err := s.enter("reading a setting")
	if err != nil {
		return nil, err
	}
	defer leave()
	value, err := setting(s.reader.get, key)
	if err != nil {
		return nil, s.fault("reading a setting", err)
	}
	return value, nil
}

func (s *SQLite) Keys(prefix string, max int) ([]string, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	leave, err := s.enter("listing settings")
	if err != nil {
		return nil, err
	}
	defer leave()
	// No key has a character as high as 0x7f.
	rows, err := s.reader.keys.Query(prefix, prefix+"\x7f", max0(max))
	if err != nil {
		return nil, s.fault("listing settings", err)
	}
	defer rows.Close()
	var keys []string
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, s.fault("listing settings", fmt.Errorf("%w: a key: %w", ErrDamaged, err))
		}
		if strings.HasPrefix(key, prefix) && checkKey(key) == nil {
			keys = append(keys, key)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s.fault("listing settings", err)
	}
	return keys, nil
}

func (s *SQLite) Size(l Log) (int64, error) {
	if err := checkLog(l); err != nil {
		return 0, err
	}
	leave, err := s.enter("reading a length")
	if err != nil {
		return 0, err
	}
	defer leave()
	h, err := readHead(s.reader.get)
	if err != nil {
		return 0, s.fault("reading a length", err)
	}
	return h.log(l).entries, nil
}

func (s *SQLite) Entries(l Log, first int64, max, maxBytes int) ([][]byte, error) {
	if err := checkRange(l, first); err != nil {
		return nil, err
	}
	leave, err := s.enter("reading entries")
	if err != nil {
		return nil, err
	}
	defer leave()
	h, err := readHead(s.reader.get)
	if err != nil {
		return nil, s.fault("reading entries", err)
	}
	size := h.log(l).entries
	if first >= size {
		return nil, nil
	}
	end := min(size, first+int64(max0(max-1)+1))
	entries, err := s.readEntries(l, first, end, maxBytes)
	if err == nil && end > first+1 {
		err = s.reallyMissing(l, first, entries)
	}
	if err != nil {
		return nil, s.fault("reading entries", err)
	}
	return entries, nil
}

// reallyMissing looks alone for each entry that was missing among others. One that is found then shows that the
// file's order is damaged, which no repair of an entry mends.
func (s *SQLite) reallyMissing(l Log, first int64, entries [][]byte) error {
	for i, e := range entries {
		if e != nil {
			continue
		}
		n := first + int64(i)
		alone, err := s.readEntries(l, n, n+1, 0)
		if err != nil {
			return err
		}
		if alone[0] != nil {
			return fmt.Errorf("%w: entry %d is there, and not in its place", ErrDamaged, n)
		}
	}
	return nil
}

// readEntries reads from first to below end; what is not there is nil, and takes no bytes.
func (s *SQLite) readEntries(l Log, first, end int64, maxBytes int) ([][]byte, error) {
	rows, err := s.reader.entries[l].Query(first, end, end-first)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries [][]byte
	next := func() int64 { return first + int64(len(entries)) }
	for rows.Next() {
		var n int64
		var sealed sql.RawBytes
		if err := rows.Scan(&n, &sealed); err != nil {
			return nil, err
		}
		if n < next() || n >= end {
			continue // a damaged tree may give rows in any order
		}
		for next() < n {
			entries = append(entries, nil)
		}
		e := unseal(l.table("entry"), numbered(n), sealed)
		if len(entries) > 0 && len(e) > max0(maxBytes) {
			return entries, nil
		}
		maxBytes -= len(e)
		entries = append(entries, append([]byte(nil), e...))
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for next() < end {
		entries = append(entries, nil)
	}
	return entries, nil
}

func (s *SQLite) Hashes(l Log, indexes []int64) ([]Hash, error) {
	if err := checkLog(l); err != nil {
		return nil, err
	}
	for _, i := range indexes {
		if err := checkIndex(i); err != nil {
			return nil, err
		}
	}
	leave, err := s.enter("reading hashes")
	if err != nil {
		return nil, err
	}
	defer leave()
	hashes, err := s.readHashes(l, indexes)
	if err != nil {
		return nil, s.fault("reading hashes", err)
	}
	return hashes, nil
}

func (s *SQLite) readHashes(l Log, indexes []int64) ([]Hash, error) {
	list, err := json.Marshal(indexes)
	if err != nil {
		return nil, err
	}
	rows, err := s.reader.hashes[l].Query(string(list))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hashes, found := make([]Hash, len(indexes)), make([]bool, len(indexes))
	for rows.Next() {
		var i int
		var sealed sql.RawBytes
		if err := rows.Scan(&i, &sealed); err != nil {
			return nil, err
		}
		if h := unseal(l.table("hash"), numbered(indexes[i]), sealed); len(h) == HashSize {
			hashes[i], found[i] = Hash(h), true
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i, ok := range found {
		if !ok {
			return nil, &MissingError{Log: l, Hash: true, Number: indexes[i]}
		}
	}
	return hashes, nil
}
