package station

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/store"
)

// backupFolder is a station's folder with a record, and an attachment larger than is read at once.
func backupFolder(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "n")
	if _, err := accord.Init(backedUp, dir, "North"); err != nil {
		t.Fatal(err)
	}
	line := filepath.Join(dir, "lines", "south")
	for name, text := range map[string]string{
		"running": "7\n", ".new-station": "half", "lines/south/invite": "invite", "lines/south/line-view.db": "derived", "lines/south/line-view.db-wal": "derived",
		"lines/south/line-files/" + strings.Repeat("a", 64): strings.Repeat("x", smallFile+1), "lines/south/line-record.db.damaged-1": "evidence", "sessions": "{}",
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	st, err := store.Open(filepath.Join(line, recordFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(st.Append(&store.Batch{Log: store.Own, Entries: [][]byte{[]byte("entry")}, Hashes: []store.Hash{{1}}}), st.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// listed is all files below a folder.
func listed(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			list = append(list, filepath.ToSlash(rel))
			if info, err := e.Info(); err != nil || info.Mode() != 0o600 {
				t.Errorf("%s has mode %v, %v", rel, info.Mode(), err)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func refusedAs(t *testing.T, what string, err error, code string) {
	t.Helper()
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != code || e.Text == "" || e.Action == "" {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestBackupAndRestore(t *testing.T) {
	dir := backupFolder(t)
	out := filepath.Join(t.TempDir(), "b")
	if err := BackupFolder(t.Context(), dir, out); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(out); err != nil || info.Mode() != 0o600 {
		t.Errorf("the backup has mode %v, %v", info.Mode(), err)
	}
	if got := listed(t, filepath.Dir(out)); !slices.Equal(got, []string{"b"}) {
		t.Errorf("beside the backup: %v", got)
	}
	to := filepath.Join(t.TempDir(), "new")
	r, err := Restore(t.Context(), out, to)
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != "North" || !slices.Equal(r.Lines, []string{"south"}) || r.Made.IsZero() {
		t.Errorf("restored: %+v", r)
	}
	want := slices.DeleteFunc(listed(t, dir), func(name string) bool {
		return name == "running" || name == "lock" || strings.Contains(name, ".new-") || strings.Contains(name, "view.db") || strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-shm")
	})
	if got := listed(t, to); !slices.Equal(got, want) || len(got) != r.Files {
		t.Errorf("restored is\n%v, want\n%v", got, want)
	}
	for _, name := range want {
		was, err1 := os.ReadFile(filepath.Join(dir, name))
		is, err2 := os.ReadFile(filepath.Join(to, name))
		if err := errors.Join(err1, err2); err != nil || string(was) != string(is) && !strings.HasSuffix(name, ".db") {
			t.Errorf("%s: %d bytes became %d, %v", name, len(was), len(is), err)
		}
	}
	st, err := store.Open(filepath.Join(to, "lines", "south", recordFile))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if e, err := st.Entries(store.Own, 0, 1, 100); err != nil || string(e[0]) != "entry" {
		t.Errorf("the record: %q, %v", e, err)
	}
}

func TestRestoreHarmsNothing(t *testing.T) {
	dir := backupFolder(t)
	out := filepath.Join(t.TempDir(), "b")
	if err := BackupFolder(t.Context(), dir, out); err != nil {
		t.Fatal(err)
	}
	there := listed(t, dir)
	_, err := Restore(t.Context(), out, dir)
	refusedAs(t, "over a station", err, "exists")
	if got := listed(t, dir); !slices.Equal(got, there) {
		t.Errorf("the station became %v", got)
	}
	empty := t.TempDir()
	if _, err := Restore(t.Context(), out, empty); err != nil {
		t.Errorf("into an empty folder: %v", err)
	}
	parent := t.TempDir()
	into := filepath.Join(parent, "new")
	_, err = Restore(t.Context(), out, filepath.Join(parent, strings.Repeat("x", 100)))
	refusedAs(t, "into a long path", err, "long-path")
	_, err = Restore(t.Context(), out, filepath.Join(parent, "no", "where"))
	refusedAs(t, "into no folder", err, "restore-failed")
	_, err = Restore(t.Context(), filepath.Join(parent, "none"), into)
	refusedAs(t, "from nothing", err, "restore-failed")
	_, err = Restore(t.Context(), parent, into)
	refusedAs(t, "from a folder", err, "bad-backup")
	_, err = Restore(t.Context(), out, out)
	refusedAs(t, "into a file", err, "restore-failed")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = Restore(stopped, out, into)
	refusedAs(t, "interrupted", err, "restore-failed")
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for what, bad := range map[string][]byte{
		"truncated": data[:len(data)/2], "changed": append(append([]byte{}, data[:len(data)/2]...), append([]byte{data[len(data)/2] ^ 1}, data[len(data)/2+1:]...)...),
		"of no station": packed(t, "a"), "with a file in the place of a folder": packed(t, "station", "a", "a/b"), "with a folder in the place of a file": packed(t, "a/b", "a"),
	} {
		other := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(other, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Restore(t.Context(), other, into)
		refusedAs(t, what, err, "bad-backup")
	}
	if got, err := os.ReadDir(parent); err != nil || len(got) != 0 {
		t.Errorf("refused restores have left %v, %v", got, err)
	}
}

func TestBackupHarmsNothing(t *testing.T) {
	dir := backupFolder(t)
	parent := t.TempDir()
	out := filepath.Join(parent, "b")
	if err := os.WriteFile(out, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	refusedAs(t, "over a file", BackupFolder(t.Context(), dir, out), "exists")
	if text, err := os.ReadFile(out); err != nil || string(text) != "mine" {
		t.Errorf("the file became %q, %v", text, err)
	}
	refusedAs(t, "into the station's folder", BackupFolder(t.Context(), dir, filepath.Join(dir, "b")), "inside")
	refusedAs(t, "into one of its folders", BackupFolder(t.Context(), dir, filepath.Join(dir, "keys", "b")), "inside")
	link := filepath.Join(parent, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	refusedAs(t, "into it by a link", BackupFolder(t.Context(), dir, filepath.Join(link, "b")), "inside")
	refusedAs(t, "into no folder", BackupFolder(t.Context(), dir, filepath.Join(parent, "no", "b")), "backup-failed")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	refusedAs(t, "interrupted", BackupFolder(stopped, dir, filepath.Join(parent, "c")), "backup-failed")
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "cert.pem")); err != nil {
		t.Fatal(err)
	}
	refusedAs(t, "with a link in it", BackupFolder(t.Context(), dir, filepath.Join(parent, "c")), "not-a-file")
	if err := BackupFolder(t.Context(), parent, filepath.Join(parent, "c")); !errors.Is(err, accord.ErrMissing) {
		t.Errorf("of no station: %v", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := BackupFolder(t.Context(), dir, filepath.Join(parent, "c")); err == nil || !strings.Contains(err.Error(), "runs the station in") {
		t.Errorf("of one that runs: %v", err)
	}
	if got, err := os.ReadDir(parent); err != nil || len(got) != 2 {
		t.Errorf("refused backups have left %v, %v", got, err)
	}
}

// A record that is damaged is backed up as it is, a socket is left out, and whoever has a record open is asked
// for its copy.
func TestBackupOfRecords(t *testing.T) {
	dir := backupFolder(t)
	out := filepath.Join(t.TempDir(), "b")
	if l, err := net.Listen("unix", filepath.Join(dir, SocketName)); err == nil {
		defer l.Close()
	}
	asked := ""
	copied := func(_ context.Context, slug, file string) (bool, error) {
		asked = slug
		return true, os.WriteFile(file, []byte("a copy"), 0o600)
	}
	if err := backup(t.Context(), dir, out, backedUp, copied); err != nil || asked != "south" {
		t.Fatalf("asked for %q, %v", asked, err)
	}
	to := filepath.Join(t.TempDir(), "new")
	if _, err := Restore(t.Context(), out, to); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(to, "lines", "south", recordFile)); err != nil || string(text) != "a copy" {
		t.Errorf("the record: %q, %v", text, err)
	}
	fails := func(context.Context, string, string) (bool, error) { return true, store.ErrFull }
	err := backup(t.Context(), dir, out+"2", backedUp, fails)
	refusedAs(t, "without room", err, "backup-failed")
	if err == nil || !strings.Contains(err.(*api.Error).Action, "Make room") {
		t.Errorf("without room: %+v", err)
	}
	record := filepath.Join(dir, "lines", "south", recordFile)
	if err := os.WriteFile(record, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := BackupFolder(t.Context(), dir, out+"3"); err != nil {
		t.Fatal(err)
	}
	to = filepath.Join(t.TempDir(), "new")
	if _, err := Restore(t.Context(), out+"3", to); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(to, "lines", "south", recordFile)); err != nil || string(text) != "no database" {
		t.Errorf("the damaged record: %q, %v", text, err)
	}
}

// TestBackupOfADamagedWAL: what a crash left in a -wal that is damaged is in the backup too, and the station that it is
// restored to finds the damage.
func TestBackupOfADamagedWAL(t *testing.T) {
	dir := backupFolder(t)
	record := filepath.Join(dir, "lines", "south", recordFile)
	crashWith(t, record, func(st store.Store) {
		if err := st.Set(map[string][]byte{store.DraftPrefix + "1": []byte("waits")}); err != nil {
			t.Fatal(err)
		}
	})
	flip(t, record+"-wal", 8, 1)
	out, to := filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "new")
	if err := BackupFolder(t.Context(), dir, out); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), out, to); err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(to, "lines", "south", recordFile)
	if _, err := store.Open(restored); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("opening what was restored: found %v", err)
	}
	if rest := store.Salvage(restored, store.Own, 0); string(rest.Drafts[store.DraftPrefix+"1"]) != "waits" {
		t.Errorf("salvaged %q, %q", rest.Drafts, rest.Lost)
	}
}

// crashWith leaves a record as a crash does after it was written to.
func crashWith(t *testing.T, file string, write func(store.Store)) {
	t.Helper()
	st, err := store.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	write(st)
	for _, suffix := range []string{"", "-wal"} {
		if err := copyTo(file+suffix, file+suffix+".crashed"); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if err := os.Rename(file+suffix+".crashed", file+suffix); err != nil {
			t.Fatal(err)
		}
	}
}
