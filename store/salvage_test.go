package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSalvage reads whole files, closed and crashed, and says that nothing is lost; then files with
// pages that are destroyed, and says what is.
func TestSalvage(t *testing.T) {
	for _, crashed := range []bool{false, true} {
		x, whole := made(t, crashed)
		file := filepath.Join(t.TempDir(), "record.db")
		whole.write(t, file)
		if drafts, entries := x.salvaged(t, file); drafts != 4 || entries != 32 {
			t.Errorf("crashed %v: salvaged %d drafts and %d entries, want 4 and 32", crashed, drafts, entries)
		}
		if v := Salvage(file, Far, 0); len(v.Lost) > 0 || len(v.Entries) != 48 {
			t.Errorf("crashed %v: found %d entries, lost %q", crashed, len(v.Entries), v.Lost)
		}
		for suffix, b := range whole {
			if !bytes.Equal(readFiles(t, file)[suffix], b) {
				t.Errorf("crashed %v: salvage changed the file%s", crashed, suffix)
			}
		}
		if _, err := os.Stat(file + "-shm"); err == nil {
			t.Error("salvage left a file behind")
		}
	}
}

func TestSalvageOfWreck(t *testing.T) {
	x, whole := made(t, false)
	file := filepath.Join(t.TempDir(), "record.db")
	lost := 0
	for page := 0; page < len(whole[""]); page += pageSize {
		b := bytes.Clone(whole[""])
		clear(b[page : page+pageSize])
		files{"": b}.write(t, file)
		drafts, entries := x.salvaged(t, file)
		v := Salvage(file, Own, 40)
		if (drafts < 4 || entries < 32) && len(v.Lost) == 0 {
			t.Errorf("page %d: %d drafts and %d entries are found, and nothing is said", page/pageSize, drafts, entries)
		}
		if page == 0 && (drafts != 4 || entries != 32) {
			t.Errorf("without page 1: found %d drafts and %d entries, want 4 and 32", drafts, entries)
		}
		lost += 32 - entries
	}
	if lost > 2*32 { // each entry is on one page, and few on two
		t.Errorf("lost %d entries with %d pages", lost, len(whole[""])/pageSize)
	}
}

func TestSalvageOfNothing(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, bytes.Repeat([]byte("no store\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(dir, "none"), dir, text} {
		if v := Salvage(file, Own, 0); len(v.Lost) == 0 || len(v.Drafts)+len(v.Entries) > 0 {
			t.Errorf("%s: found %d, lost %q", file, len(v.Drafts)+len(v.Entries), v.Lost)
		}
	}
}

// A draft that is gone stays gone, although its page still holds it.
func TestSalvageLeavesWhatIsFree(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.db")
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	const n = 50
	gone := map[string][]byte{}
	for i := range n {
		key := fmt.Sprintf("draft/%016d", i)
		gone[key] = nil
		if err := s.Set(map[string][]byte{key: text("draft", i, 300+200*i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Set(gone); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if v := Salvage(file, Own, 0); len(v.Drafts) > 0 || len(v.Lost) > 0 {
		t.Errorf("found %d drafts that are gone, lost %q", len(v.Drafts), v.Lost)
	}
	b := readFiles(t, file)[""]
	clear(b[32:40]) // the list of free pages
	files{"": b}.write(t, file)
	v := Salvage(file, Own, 0)
	if len(v.Drafts) > 0 || len(v.Lost) > 0 {
		t.Errorf("found %d drafts that are gone, lost %q", len(v.Drafts), v.Lost)
	}
}

// A -wal that is used again has older pages behind the newer ones.
func TestSalvageOfUsedWAL(t *testing.T) {
	file, copied := filepath.Join(t.TempDir(), "record.db"), filepath.Join(t.TempDir(), "copied.db")
	s := benchOpen(t, file)
	x := newSample()
	x.writeAll(t, s)
	if _, err := s.writer.conn.ExecContext(background, "PRAGMA wal_checkpoint(RESTART)"); err != nil {
		t.Fatal(err)
	}
	x.set(t, s, "draft/new", []byte("new"))
	x.set(t, s, fmt.Sprintf("draft/%016d", 7), nil)
	x.write(t, s, Own, 1)
	readFiles(t, file).write(t, copied)
	drafts, entries := x.salvaged(t, copied)
	if v := Salvage(copied, Own, 40); drafts != 4 || entries != 33 || len(v.Lost) > 0 {
		t.Errorf("salvaged %d drafts and %d entries, want 4 and 33; lost %q", drafts, entries, v.Lost)
	}

	// A transaction without its end did not happen: SQLite and salvage agree, wherever the -wal ends.
	x.set(t, s, "draft/large", text("large", 1, 9*pageSize))
	grown, both := readFiles(t, file), map[bool]int{}
	for frames := range 30 {
		files{"": grown[""], "-wal": grown["-wal"][:walHeader+frames*(frameHeader+pageSize)]}.write(t, copied)
		v := Salvage(copied, Own, 0)
		if len(v.Lost) > 0 {
			t.Errorf("after %d frames: lost %q", frames, v.Lost)
		}
		_, found := v.Drafts["draft/large"]
		s := benchOpen(t, copied)
		value, err := s.Get("draft/large")
		if err = errors.Join(err, s.Close()); err != nil || (value != nil) != found {
			t.Errorf("after %d frames: SQLite finds it: %v, %v; salvage: %v", frames, value != nil, err, found)
		}
		both[found]++
	}
	if both[true] == 0 || both[false] == 0 {
		t.Errorf("found it %d times, and %d times not", both[true], both[false])
	}
}

// Where the root of the settings is destroyed, their other pages are found.
func TestSalvageOfScatteredSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.db")
	s := benchOpen(t, file)
	x := newSample()
	const n = 100
	for i := range n {
		x.set(t, s, fmt.Sprintf("draft/%016d", i), text("draft", i, 300))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b := readFiles(t, file)[""]
	clear(b[(settingRoot-1)*pageSize : settingRoot*pageSize])
	files{"": b}.write(t, file)
	drafts, _ := x.salvaged(t, file)
	v := Salvage(file, Own, 0)
	if drafts < n*8/10 || !strings.Contains(strings.Join(v.Lost, "\n"), "the settings are damaged") {
		t.Errorf("found %d of %d, lost %q", drafts, n, v.Lost)
	}
}

// Of two heads the one that says more is the newer.
func TestSalvageOfTwoHeads(t *testing.T) {
	older, newer := &head{own: held{5, 9}}, &head{own: held{6, 11}}
	for _, order := range [][]*head{{older, newer}, {newer, older}} {
		s := new(settings)
		for _, h := range order {
			s.take(row{key: headKey, sealed: seal("setting", headKey, h.encode())})
		}
		if s.head.own != newer.own {
			t.Errorf("found %v, want %v", s.head.own, newer.own)
		}
	}
}

// Overflowing rows that lead in circles do not keep salvage for long.
func TestSalvageOfCircles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.db")
	b := make([]byte, 2*pageSize)
	b[0] = pageTableLeaf
	binary.BigEndian.PutUint16(b[3:], 500)
	for i := range 500 {
		binary.BigEndian.PutUint16(b[8+2*i:], 2000) // all the same cell
	}
	cell := append([]byte{0xc0 | 0x3f, 0xff, 0x00, 1}, make([]byte, 1500)...) // about a megabyte
	copy(b[2000:], cell)
	for i := 2000 + 4; i < pageSize; i += 1 {
		b[i] = 0
	}
	size, _ := varint(b[2000:])
	binary.BigEndian.PutUint32(b[2004+localSize(pageTableLeaf, int(size)):], 2)
	binary.BigEndian.PutUint32(b[pageSize:], 2) // a page that follows itself
	files{"": b}.write(t, file)
	w, err := openWreck(file)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	w.rows(1, func(row) {})
	if w.chained < 500 || w.chained > 2000 {
		t.Errorf("read %d pages, want a bounded number", w.chained)
	}
}

// FuzzSalvage: whatever the files hold, salvage ends, and gives only what has a seal.
func FuzzSalvage(f *testing.F) {
	_, closed := made(f, false)
	crashed := steps(f, 1)
	f.Add(closed[""][:4*pageSize], []byte(nil), uint16(0), byte(0))
	f.Add(crashed[""], crashed["-wal"], uint16(40), byte(1))
	f.Fuzz(func(t *testing.T, file, wal []byte, at uint16, flip byte) {
		if len(file) > 0 {
			file = bytes.Clone(file)
			file[int(at)%len(file)] ^= flip
		}
		name := filepath.Join(t.TempDir(), "record.db")
		files{"": file, "-wal": wal}.write(t, name)
		for n, e := range Salvage(name, Own, 0).Entries {
			if n < 0 || len(e) == 0 {
				t.Errorf("entry %d has %d bytes", n, len(e))
			}
		}
	})
}

// Salvage finds the settings where they are in every store: one that was made, and one that was backed up.
func TestSettingRoot(t *testing.T) {
	dir := t.TempDir()
	s := benchOpen(t, filepath.Join(dir, "record.db"))
	newSample().writeAll(t, s)
	if err := s.Backup(filepath.Join(dir, "backup.db")); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*SQLite{s, benchOpen(t, filepath.Join(dir, "backup.db"))} {
		var root int
		if err := s.read.QueryRow("SELECT rootpage FROM sqlite_schema WHERE name = 'setting'").Scan(&root); err != nil || root != settingRoot {
			t.Errorf("%s: found its root in page %d, %v; want %d", s.file, root, err, settingRoot)
		}
	}
}
