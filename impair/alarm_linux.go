package impair

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// An alarm wakes one goroutine at a time that another may change. It is a timer of
// the kernel, because the Go runtime sleeps whole milliseconds when it has nothing
// else to do, and a forwarder would show that as jitter.
type alarm struct {
	fd    int
	timer *os.File // the same, for the runtime's poller
	rings [8]byte  // how often it rang, which nobody asks
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("impair: making a timer: %w", err)
	}
	return &alarm{fd: fd, timer: os.NewFile(uintptr(fd), "timerfd")}, nil
}

// set lets the alarm ring after d, in place of when it was set for.
func (a *alarm) set(d time.Duration) {
	d = max(d, 1) // 0 would switch it off
	unix.TimerfdSettime(a.fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}, nil)
}

// wait returns true when the alarm rings and false when it is closed.
func (a *alarm) wait() bool {
	_, err := a.timer.Read(a.rings[:])
	return err == nil
}

// close ends wait. The alarm must not be set again.
func (a *alarm) close() { a.timer.Close() }
