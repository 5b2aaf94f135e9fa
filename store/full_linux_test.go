package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func init() { children["fill"] = fillDisk }

// TestFullDisk fills a small disk of its own, really: a file system in memory that only the
// child's mount namespace has. Where the system refuses to make one, TestFullFile is what there is.
func TestFullDisk(t *testing.T) {
	cmd := child(t, "fill", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if id := os.Geteuid(); id != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
	}
	out, err := cmd.Output()
	var exited interface{ ExitCode() int }
	if err != nil && !errors.As(err, &exited) || strings.Contains(string(out), notAllowed) {
		t.Logf("no disk of its own: %v %s", err, out)
		return
	}
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

const notAllowed = "mounting is not allowed"

// fillDisk does the test in a mount namespace of its own.
func fillDisk(dir string) error {
	err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err == nil {
		err = syscall.Mount("ringdown", dir, "tmpfs", 0, "size=1500k")
	}
	if err != nil {
		fmt.Println(notAllowed, err)
		return nil
	}
	for i, ballast := range []int{300 << 10, 1 << 20, 1400 << 10} {
		if err := fillSmall(filepath.Join(dir, fmt.Sprint(i)), ballast); err != nil {
			return fmt.Errorf("with %d bytes of ballast: %w", ballast, err)
		}
	}
	return nil
}

// fillSmall fills what the ballast leaves.
func fillSmall(dir string, ballast int) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file, weight := filepath.Join(dir, "full.db"), filepath.Join(dir, "ballast")
	s, err := Open(file)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := openFull(dir, file); err != nil { // while it is open elsewhere
		return err
	}
	if err := os.WriteFile(weight, make([]byte, ballast), 0o600); err != nil {
		fmt.Println("the ballast is too large:", err)
	}
	if err := fillUp(s, 100_000, func() { fmt.Println("full; making room:", os.Remove(weight)) }); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	return openFull(dir, file)
}

// openFull fills the disk to the last byte: what opens, makes or copies a store there says that there is no room, or
// does without.
func openFull(dir, file string) error {
	weight, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		return err
	}
	for n := 4096; n > 0; {
		if _, err := weight.Write(make([]byte, n)); err != nil {
			n /= 2
		}
	}
	defer func() { _, _ = weight.Close(), os.Remove(weight.Name()) }()
	s, err := Open(file)
	fmt.Println("opening on a full disk:", err)
	if err == nil {
		defer s.Close()
		if err := s.Backup(filepath.Join(dir, "backup.db")); !errors.Is(err, ErrFull) {
			return fmt.Errorf("a backup: found %w, want ErrFull", err)
		}
	} else if !errors.Is(err, ErrFull) {
		return fmt.Errorf("opening: found %w, want ErrFull", err)
	}
	if _, err := Open(filepath.Join(dir, "new.db")); !errors.Is(err, ErrFull) {
		return fmt.Errorf("making a store: found %w, want ErrFull", err)
	}
	for _, name := range []string{"new.db", ".new-new.db", "backup.db", ".new-backup.db"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is left over: %w", name, err)
		}
	}
	return nil
}
