//go:build !linux && !darwin && !freebsd && !windows

package store

import "errors"

// free: there is no one way to ask this system.
func free(string) (int64, error) { return 0, errors.ErrUnsupported }
