package store

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// What is no store is refused by name, and left as it is.
func TestOpenRefuses(t *testing.T) {
	_, whole := made(t, false)
	patched := func(at int, b ...byte) []byte {
		c := bytes.Clone(whole[""])
		copy(c[at:], b)
		return c
	}
	for name, c := range map[string]struct {
		files files
		want  error
	}{
		"an empty file":          {files{"": {}}, ErrDamaged},
		"a text":                 {files{"": bytes.Repeat([]byte("text "), 2000)}, ErrDamaged},
		"a short text":           {files{"": []byte("text")}, ErrDamaged},
		"a -wal alone":           {files{"-wal": {1, 2, 3}}, ErrDamaged},
		"another application":    {files{"": patched(68, 0, 0, 0, 0)}, ErrDamaged},
		"half a newer version":   {files{"": patched(60, 0, 1, 0, 2)}, ErrDamaged},
		"a newer version":        {files{"": patched(60, 0, 2, 0, 2)}, ErrVersion},
		"no version":             {files{"": patched(60, 0, 0, 0, 0)}, ErrVersion},
		"another schema":         {files{"": bytes.Replace(whole[""], []byte("far_hash(number"), []byte("far_hash(nambur"), 1)}, ErrDamaged},
		"a table under no name":  {files{"": bytes.Replace(whole[""], []byte("tablesetting"), []byte("tablesettinh"), 1)}, ErrDamaged},
		"settings that are gone": {files{"": bytes.ReplaceAll(whole[""], []byte("far/state"), []byte("fat/state"))}, ErrDamaged},
	} {
		file := filepath.Join(t.TempDir(), "record.db")
		c.files.write(t, file)
		s, err := Open(file)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), file) || strings.Count(err.Error(), "store:") != 1 {
			t.Errorf("%s: found %v, want %v with the file named once", name, err, c.want)
		}
		if err == nil {
			s.Close()
		}
		if suffix := ""; !bytes.Equal(readFiles(t, file)[suffix], c.files[suffix]) {
			t.Errorf("%s: was changed", name)
		}
	}
	none := filepath.Join(t.TempDir(), "none.db")
	db, err := sql.Open("sqlite", dsn(none))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); err == nil || taken(none) {
		t.Errorf("SQLite made a file by itself: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none", "record.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in no folder: found %v", err)
	}
}

// A store is made whole or not at all, is only ours, and leaves nothing beside it when it is closed.
func TestFilesOfAStore(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a %41?b#c&.db") // a name that a URL would read otherwise
	for _, left := range suffixes {
		if err := os.WriteFile(filepath.Join(dir, ".new-"+filepath.Base(file)+left), []byte("left by a crash"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(step(0)); err != nil {
		t.Fatal(err)
	}
	base := filepath.Base(file)
	if found := names(t, dir); !slices.Equal(found, []string{base, base + "-shm", base + "-wal"}) {
		t.Errorf("while it is open: found %q", found)
	}
	for _, name := range names(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v; want 0600", name, info.Mode(), err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if found := names(t, dir); !slices.Equal(found, []string{base}) {
		t.Errorf("after it was closed: found %q", found)
	}
}

// What is written is on the disk before it is said to be: these settings are what SQLite needs for that.
func TestPragmas(t *testing.T) {
	s := benchOpen(t, filepath.Join(t.TempDir(), "record.db"))
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "fullfsync": "1", "checkpoint_fullfsync": "1", "page_size": "4096",
		"cache_size": "32", "foreign_keys": "0", "cell_size_check": "1", "mmap_size": "0", "trusted_schema": "0",
		"busy_timeout": "5000", "wal_autocheckpoint": "1000", "journal_size_limit": "4194304", "query_only": "0", "secure_delete": "1",
	} {
		var writer, reader string
		if err := s.writer.conn.QueryRowContext(background, "PRAGMA "+pragma).Scan(&writer); err != nil || writer != want {
			t.Errorf("%s of the writer: found %q, %v; want %q", pragma, writer, err, want)
		}
		if pragma == "query_only" {
			want = "1"
		}
		if err := s.read.QueryRow("PRAGMA " + pragma).Scan(&reader); err != nil || reader != want {
			t.Errorf("%s of readers: found %q, %v; want %q", pragma, reader, err, want)
		}
	}
}

func TestSetAside(t *testing.T) {
	dir := t.TempDir()
	file, now := filepath.Join(dir, "record.db"), time.Date(2030, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	crashed := steps(t, 5)
	for _, want := range []string{"record.db.damaged-20300102T020405Z", "record.db.damaged-20300102T020405Z-2", "record.db.damaged-20300102T020405Z-3"} {
		crashed.write(t, file)
		aside, err := SetAside(file, now)
		if err != nil || aside != filepath.Join(dir, want) {
			t.Fatalf("found %s, %v; want %s", aside, err, want)
		}
		if _, err := os.Lstat(file + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the -wal stayed: %v", err)
		}
		for suffix, b := range crashed {
			if !bytes.Equal(readFiles(t, aside)[suffix], b) {
				t.Errorf("%s%s is not what it was", aside, suffix)
			}
		}
		if n := stepsOf(t, aside); n != 5 {
			t.Errorf("found %d steps in %s, want 5", n, aside)
		}
		s, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.Size(Own); n != 0 || err != nil {
			t.Errorf("the new store has %d entries, %v", n, err)
		}
		s.Close()
	}
	files{"-wal": crashed["-wal"]}.write(t, file) // as after a crash in the middle
	if aside, err := SetAside(file, now); err != nil || !bytes.Equal(readFiles(t, aside)["-wal"], crashed["-wal"]) {
		t.Errorf("a -wal alone: %v", err)
	}
	if _, err := SetAside(file, now); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: found %v", err)
	}
}

// What is erased is not left in a corner of the file.
func TestErasedIsGone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.db")
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("what was said in confidence")
	b := &Batch{Log: Own, Set: map[string][]byte{"draft/1": bytes.Repeat(secret, 500)}}
	for range 40 {
		b.Entries = append(b.Entries, bytes.Repeat(secret, 20+len(b.Entries)*20))
	}
	if err := s.Append(b); err != nil {
		t.Fatal(err)
	}
	erased := map[int64][]byte{}
	for n := range b.Entries {
		erased[int64(n)] = []byte("erased")
	}
	if err := errors.Join(s.Repair(Own, erased, nil), s.Set(map[string][]byte{"draft/1": nil}), s.Close()); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(readFiles(t, file)[""], secret[:10]); n > 0 {
		t.Errorf("found it %d times", n)
	}
}
