package storetest_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ringdown/store"
	"ringdown/store/storetest"
)

// TestMemory keeps one store for each test.
func TestMemory(t *testing.T) {
	disks := map[string]*store.Memory{}
	storetest.Run(t, func(t *testing.T) storetest.Breakable {
		if disks[t.Name()] == nil {
			disks[t.Name()] = store.NewMemory()
		}
		return disks[t.Name()].Again()
	})
}

// A breakable is a file that is damaged from outside.
type breakable struct {
	*store.SQLite
	t    *testing.T
	file string
}

func TestSQLite(t *testing.T) {
	dir := t.TempDir()
	storetest.Run(t, func(t *testing.T) storetest.Breakable {
		file := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-"))
		s, err := store.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		return breakable{s, t, file}
	})
}

func (b breakable) Lose(l store.Log, number int64)    { b.lose(l, "entry", number) }
func (b breakable) LoseHash(l store.Log, index int64) { b.lose(l, "hash", index) }

func (b breakable) lose(l store.Log, what string, number int64) {
	b.t.Helper()
	db, err := sql.Open("sqlite", b.file)
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf("DELETE FROM %s_%s WHERE number = %d", l, what, number)); err != nil {
		b.t.Fatal(err)
	}
}
