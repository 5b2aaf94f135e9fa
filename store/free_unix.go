//go:build linux || darwin || freebsd

package store

import (
	"math"

	"golang.org/x/sys/unix"
)

// free is the room in a folder's file system for one who is not root.
func free(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	blocks, size := max(int64(s.Bavail), 0), max(int64(s.Bsize), 1)
	return min(blocks, math.MaxInt64/size) * size, nil
}
