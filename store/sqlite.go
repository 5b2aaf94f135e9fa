package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// What makes a file one of ours. A version stands in both halves of user_version, so that a
// flipped bit does not look like a newer format.
const (
	applicationID = 0x52444c31 // "RDL1"
	version       = 1
	userVersion   = version<<16 | version
)

// tables are the schema, in the order in which they are made. Open compares them
// with the file's, to the byte.
var tables = []struct{ name, sql string }{
	{"setting", "CREATE TABLE setting(key TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID"},
	{"own_entry", "CREATE TABLE own_entry(number INTEGER PRIMARY KEY, sealed BLOB NOT NULL)"},
	{"own_hash", "CREATE TABLE own_hash(number INTEGER PRIMARY KEY, sealed BLOB NOT NULL)"},
	{"far_entry", "CREATE TABLE far_entry(number INTEGER PRIMARY KEY, sealed BLOB NOT NULL)"},
	{"far_hash", "CREATE TABLE far_hash(number INTEGER PRIMARY KEY, sealed BLOB NOT NULL)"},
}

// Sizes chosen for a station with hundreds of lines: what matters is in the system's page cache anyway.
const (
	pageSize    = 4096
	cachePages  = 32      // of each connection
	walPages    = 1000    // checkpointed when the -wal has so many
	walLimit    = 4 << 20 // bytes that the -wal keeps after a checkpoint
	maxReaders  = 2       // connections beside the writer's
	idleReaders = 1
	idleFor     = time.Minute
	busyFor     = 5 * time.Second // waiting for another process
)

// A SQLite is a [Store] in one file.
type SQLite struct {
	file  string
	write *sql.DB // one connection, lent to writer
	read  *sql.DB

	// gate is held for reading by every call, and for writing by Close.
	gate   sync.RWMutex
	closed bool
	reader reader

	mu     sync.Mutex // one transaction at a time
	writer *writer
	term   int64 // of the lease that this handle took; 0: none
}

var background = context.Background()

// Open opens a store, and makes it if there is nothing at file. A file that is no store, or whose
// structure is broken, is [ErrDamaged]; one of a newer version is [ErrVersion].
func Open(file string) (*SQLite, error) {
	s := &SQLite{file: file}
	if err := s.open(); err != nil {
		return nil, errors.Join(s.fault("opening", err), s.Close())
	}
	return s, nil
}

func (s *SQLite) open() error {
	if err := ensure(s.file); err != nil {
		return err
	}
	var err error
	if s.write, err = sql.Open("sqlite", dsn(s.file)); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := s.inspect(); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", dsn(s.file)+"&_query_only=1"); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(maxReaders)
	s.read.SetMaxIdleConns(idleReaders)
	s.read.SetConnMaxIdleTime(idleFor)
	if s.writer, err = newWriter(s.write); err != nil {
		return err
	}
	return s.reader.prepare(s.read)
}

// dsn names the file for the driver, with what every connection is set to.
func dsn(file string) string {
	path := filepath.ToSlash(file)
	if filepath.VolumeName(file) != "" {
		path = "/" + path
	}
	pragmas := url.Values{
		"mode":          {"rw"},
		"_busy_timeout": {fmt.Sprint(busyFor.Milliseconds())},
		"_txlock":       {"immediate"},
		"_synchronous":  {"FULL"},
		"_foreign_keys": {"0"},
		"_defensive":    {"1"},
		"_dqs":          {"0"},
		"_error_rc":     {"1"},
		"_pragma": {
			fmt.Sprintf("cache_size(%d)", cachePages),
			"cell_size_check(1)",
			"checkpoint_fullfsync(1)",
			"fullfsync(1)",
			fmt.Sprintf("journal_size_limit(%d)", walLimit),
			"mmap_size(0)",
			"secure_delete(1)",
			"trusted_schema(0)",
			fmt.Sprintf("wal_autocheckpoint(%d)", walPages),
		},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas.Encode()
}

// ensure makes the store unless something is there.
func ensure(file string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(file + "-wal"); err == nil {
			return fmt.Errorf("%w: found its -wal alone", ErrDamaged)
		}
		return create(file)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: found %s, want a file", ErrDamaged, info.Mode().Type())
	case info.Size() == 0:
		return fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	return checkWAL(file)
}

// create makes an empty store under another name, and gives it its name when it is whole and durable.
// A crash leaves nothing, or the whole store, and perhaps files ".new-NAME*", which the next one replaces.
func create(file string) error {
	dir, name := filepath.Split(file)
	temp := filepath.Join(dir, ".new-"+name)
	if err := touch(temp); err != nil {
		return err
	}
	err := build(temp)
	if err == nil {
		err = place(temp, file)
	}
	if err != nil {
		return errors.Join(err, remove(temp))
	}
	return nil
}

// touch makes an empty file that only we can read; SQLite gives -wal and -shm the same mode.
func touch(file string) error {
	if err := remove(file); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// suffixes are what SQLite appends to a file's name for the files beside it.
var suffixes = []string{"", "-wal", "-shm", "-journal"}

// build makes the schema in an empty file.
func build(file string) error {
	db, err := sql.Open("sqlite", dsn(file))
	if err != nil {
		return err
	}
	statements := []string{
		fmt.Sprintf("PRAGMA page_size=%d", pageSize),
		"PRAGMA journal_mode=WAL",
		"BEGIN IMMEDIATE",
		fmt.Sprintf("PRAGMA application_id=%d", applicationID),
		fmt.Sprintf("PRAGMA user_version=%d", userVersion),
	}
	for _, t := range tables {
		statements = append(statements, t.sql)
	}
	db.SetMaxOpenConns(1)
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	_, err = db.Exec("INSERT INTO setting VALUES(?, ?)", headKey, seal("setting", headKey, new(head).encode()))
	if err == nil {
		_, err = db.Exec("COMMIT")
	}
	return errors.Join(err, db.Close())
}

// place makes temp durable and gives it the name file.
func place(temp, file string) error {
	f, err := os.OpenFile(temp, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, file); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// Close lets go of the file, when what is under way is done. Nothing is lost without it.
func (s *SQLite) Close() error {
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	errs := []error{s.reader.close()}
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close()) // the last connection checkpoints, and removes the -wal
	}
	return s.fault("closing", errors.Join(errs...))
}

// Used counts the file and its -wal.
func (s *SQLite) Used() (int64, error) {
	var n int64
	for _, suffix := range suffixes {
		info, err := os.Stat(s.file + suffix)
		if errors.Is(err, fs.ErrNotExist) && suffix != "" {
			continue
		}
		if err != nil {
			return 0, s.fault("measuring", err)
		}
		n += info.Size()
	}
	return n, nil
}

// Free is the room in the file's file system that we may use.
func (s *SQLite) Free() (int64, error) {
	n, err := free(filepath.Dir(s.file))
	if err != nil {
		return 0, s.fault("measuring", err)
	}
	return n, nil
}

// Backup writes what is held at one instant, without the lease: whoever opens the copy may
// lease it. A crash leaves nothing at file; a file that is there is left alone.
func (s *SQLite) Backup(file string) error {
	leave, err := s.enter("backing up")
	if err != nil {
		return err
	}
	defer leave()
	if err := s.backup(file); err != nil {
		return s.fault("backing up to "+file, err)
	}
	return nil
}

func (s *SQLite) backup(file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fs.ErrExist
	}
	dir, name := filepath.Split(file)
	temp := filepath.Join(dir, ".new-"+name)
	if err := touch(temp); err != nil {
		return err
	}
	err := s.copyTo(temp)
	if err == nil {
		err = place(temp, file)
	}
	if err != nil {
		return errors.Join(err, remove(temp))
	}
	return nil
}

// copyTo writes a copy, in one read transaction of a connection of its own.
func (s *SQLite) copyTo(temp string) error {
	db, err := sql.Open("sqlite", dsn(s.file))
	if err != nil {
		return err
	}
	_, err = db.Exec("VACUUM INTO ?", temp)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	c := &SQLite{file: temp}
	err = c.open()
	if err == nil {
		err = c.writer.transaction(func(_ *writer, h *head) error {
			h.lease = lease{}
			return nil
		})
	}
	return errors.Join(err, c.Close())
}

// remove removes a store's files, as many as there are.
func remove(file string) error {
	var errs []error
	for _, suffix := range suffixes {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// table names one of a log's tables.
func (l Log) table(what string) string { return strings.Join([]string{string(l), what}, "_") }
