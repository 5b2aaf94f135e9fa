//go:build !linux

package impair

import "time"

// An alarm wakes one goroutine at a time that another may change.
type alarm struct {
	timer *time.Timer
	quit  chan struct{}
}

func newAlarm() (*alarm, error) {
	a := &alarm{timer: time.NewTimer(0), quit: make(chan struct{})}
	a.timer.Stop()
	return a, nil
}

// set lets the alarm ring after d, in place of when it was set for.
func (a *alarm) set(d time.Duration) { a.timer.Reset(d) }

// wait returns true when the alarm rings and false when it is closed.
func (a *alarm) wait() bool {
	select {
	case <-a.timer.C:
		return true
	case <-a.quit:
		return false
	}
}

// close ends wait. The alarm must not be set again.
func (a *alarm) close() {
	a.timer.Stop()
	close(a.quit)
}
