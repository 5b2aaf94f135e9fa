package station

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"ringdown/line"
)

// A logbook counts what a station logs.
type logbook struct {
	slog.Handler
	mu sync.Mutex
	n  int
}

func (b *logbook) Enabled(context.Context, slog.Level) bool { return true }

func (b *logbook) Handle(context.Context, slog.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	return nil
}

func (b *logbook) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

// TestFarMessagesDoNotFillTheLog: a far station that sends thousands of messages that mean
// nothing gets a few lines in the log.
func TestFarMessagesDoNotFillTheLog(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.startBoth()
		w.open(3 * time.Second)
		var log logbook
		_ = w.st[1].do(func() { w.st[1].log = slog.New(&log) })
		_ = w.st[0].do(func() {
			for range 5000 {
				if err := w.st[0].lines["line0"].line.SendMessage(line.StreamEntries, []byte{9}); err != nil {
					t.Fatal(err)
				}
			}
		})
		time.Sleep(30 * time.Second)
		if n := log.count(); n == 0 || n > 3 {
			t.Errorf("%d lines in the log for 5000 messages, want 1 to 3", n)
		}
	})
}
