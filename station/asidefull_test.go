package station

import (
	"path/filepath"
	"testing"
	"time"

	"ringdown/store"
)

// TestAsideOnAFullDisk: a damaged record is set aside, and no new one can be opened at once: what waited in it
// is sent all the same.
func TestAsideOnAFullDisk(t *testing.T) {
	inRecordFiles(t, 1, func(r *records) {
		var faults []error // of the next openings of side 0
		change := r.change
		r.change = func(side int, o *LineOptions) {
			change(side, o)
			o.Record.Open = func(file string) (store.Store, error) {
				if side == 0 && len(faults) > 0 {
					err := faults[0]
					faults = faults[1:]
					return nil, err
				}
				return store.Open(file)
			}
		}
		r.startAll()
		r.say(0, "before")
		r.settle(20 * time.Second)
		r.kill(1)
		r.within(time.Minute, "the line down", func() bool { return !r.isOpenAt(0) })
		r.say(0, "waits")
		r.kill(0)
		faults = []error{store.ErrDamaged, store.ErrFull}
		r.startAll()
		r.settle(2 * time.Minute)
		if _, ok := r.item(1, "waits"); !ok {
			t.Errorf("what waited in the record that was set aside was not sent; notices %q", r.notices(0))
		}
	})
}

// The station is killed after its damaged record was set aside, and before it was read.
func TestKilledWhileSettingAside(t *testing.T) {
	inRecordFiles(t, 1, func(r *records) {
		r.startAll()
		r.say(0, "before")
		r.settle(20 * time.Second)
		r.kill(1)
		r.within(time.Minute, "the line down", func() bool { return !r.isOpenAt(0) })
		r.say(0, "waits")
		r.kill(0)
		if _, err := store.SetAside(filepath.Join(r.dir[0], recordFile), time.Now()); err != nil {
			t.Fatal(err)
		}
		r.startAll()
		r.settle(2 * time.Minute)
		if _, ok := r.item(1, "waits"); !ok {
			t.Errorf("what waited in the record that was set aside was not sent; notices %q", r.notices(0))
		}
	})
}
