package station

import (
	"strings"
	"testing"
	"time"

	"ringdown/store"
	"ringdown/wire"
)

// TestSustainedText: while one side writes without a pause, the entries that are delivered take nine
// tenths of the room that an idle line's frames have for streams.
func TestSustainedText(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		for range 1200 {
			r.say(0, "%s", strings.Repeat("a message of ", 16))
		}
		time.Sleep(5 * time.Second)
		const seconds = 10
		from := r.state(0).Own.Classical
		time.Sleep(seconds * time.Second)
		to := r.state(0).Own.Classical
		bytes := 0
		for _, e := range logOn(t, r.disk[0].Again(), store.Own)[from:to] {
			bytes += len(e)
		}
		room := float64(wire.Standard.Body()-wire.DataOverhead) / wire.Standard.Tick.Seconds()
		t.Logf("%d entries, %d bytes a second: %.0f %% of %.0f", to-from, bytes/seconds, 100*float64(bytes)/seconds/room, room)
		if float64(bytes)/seconds < 0.9*room {
			t.Errorf("%d bytes of entries a second, want nine tenths of %.0f", bytes/seconds, room)
		}
	})
}
