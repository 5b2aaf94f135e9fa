//go:build unix

package accord

import (
	"os"
	"syscall"
)

// looseModes are the permissions that no private file may have.
const looseModes = 0o077

// flock waits until nobody else holds f, in this process or another. Closing f
// lets go; so does a crash.
func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
