package station

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// A disk that takes no more stops a backup and a restore, and neither leaves anything. A limit on the size of
// files stands for the disk; it holds for a whole process, so this test runs itself in another.
func TestBackupOnAFullDisk(t *testing.T) {
	const inside = "RINGDOWN_TEST_FULL_DISK"
	if os.Getenv(inside) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestBackupOnAFullDisk$")
		cmd.Env = append(os.Environ(), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	dir := backupFolder(t)
	parent := t.TempDir()
	whole := filepath.Join(parent, "b")
	if err := BackupFolder(t.Context(), dir, whole); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	for _, room := range []uint64{0, 1, 100, 5000, 40000, smallFile} {
		limitFiles(t, room)
		err := BackupFolder(t.Context(), dir, filepath.Join(parent, "c"))
		_, err2 := Restore(t.Context(), whole, filepath.Join(parent, "new"))
		limitFiles(t, 1<<62)
		if err == nil || err2 == nil {
			t.Errorf("with room for files of %d bytes: backup %v, restore %v", room, err, err2)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) != 1 {
			t.Errorf("with room for files of %d bytes %v was left, %v", room, left, err)
		}
	}
}

// limitFiles lets this process write no file beyond a size.
func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit)
	if limit.Cur = min(size, limit.Max); err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	}
	if err != nil {
		t.Fatal(err)
	}
}
