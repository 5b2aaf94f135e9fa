package station

import (
	"errors"
	"testing"
	"time"

	"ringdown/message"
	"ringdown/record"
)

// TestViewBreaks: whatever the clerk does at the moment at which its view cannot be written, the
// station goes on, and the view is made anew.
func TestViewBreaks(t *testing.T) {
	moments := map[string]func(keeper){
		"a receipt":   func(k keeper) { _ = k.receipt([]string{"them/1"}, shownReceipt) },
		"a report":    func(k keeper) { k.dirty, k.reported = true, time.Time{}; k.report(time.Now()) },
		"a beginning": func(k keeper) { _ = k.begin(time.Now()) },
	}
	for name, moment := range moments {
		t.Run(name, func(t *testing.T) {
			inRecords(t, 1, func(r *records) {
				r.startAll()
				r.say(1, "before")
				r.settle(10 * time.Second)
				k, _ := r.of(0).(keeper)
				_ = k.ask(r.t.Context(), func() error {
					if name == "a receipt" {
						k.viewFailed(errors.New("no room"))
					} else {
						_ = k.view.Close()
						k.broken, k.view = []message.OpenCall{{ID: record.CallID{1}}}, closedView(t)
					}
					moment(k)
					return nil
				})
				r.within(10*time.Second, "the view again", func() bool { _, err := k.current(); return err == nil })
				if _, ok := r.item(0, "before"); !ok {
					t.Error("the view that was made anew has not what the record has")
				}
			})
		})
	}
}

// TestClosingWhatNeverOpened: a clerk may end while its record cannot be opened.
func TestClosingWhatNeverOpened(*testing.T) { new(clerk).close() }

// closedView is a view that has nothing and takes nothing.
func closedView(t *testing.T) *message.View {
	t.Helper()
	v, err := message.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	return v
}
