//go:build unix

package station

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of an open file, if nobody has it. Closing the file lets
// go; so does a crash.
func tryLock(f *os.File) (taken bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
