package store

import (
	"math"

	"golang.org/x/sys/windows"
)

// free is the room in a folder's volume that we may use.
func free(dir string) (int64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var n uint64
	if err := windows.GetDiskFreeSpaceEx(name, &n, nil, nil); err != nil {
		return 0, err
	}
	return int64(min(n, math.MaxInt64)), nil
}
