package station

import "golang.org/x/sys/unix"

// clockSynchronised asks the kernel whether a time service keeps the clock
// (adjtimex(2): STA_UNSYNC).
func clockSynchronised() (synced, known bool) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return false, false
	}
	return t.Status&unix.STA_UNSYNC == 0, true
}
