//go:build !linux

package station

// clockSynchronised is not known on this system.
func clockSynchronised() (synced, known bool) { return false, false }
