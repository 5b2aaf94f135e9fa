// Package bench measures what people are promised: how fast the far side rings, how
// late a voice comes, how many lines a core holds, what a long record costs. It runs two whole stations in one
// process over real UDP sockets on loopback, so the network adds next to nothing,
// and it measures the machine's own limit in the same run: on a shared machine only
// the ratio of the two means anything.
package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Options says how much to measure.
type Options struct {
	Lines  int           // idle lines, at least 1
	Calls  int           // calls, at least 1
	Speech time.Duration // of one talker, at least a second

	Consoles int // at one station, at least 1

	Messages int           // one after the other, at least 1
	Text     time.Duration // of messages without a pause, at least a second
	Entries  int           // of the record with which a station is started, at least 1,000
}

// A Result is what was measured.
type Result struct {
	// Ring is from the press of Call to the far console's ring event.
	Ring Spread `json:"ring"`

	// Voice is from a packet's arrival at one station to its departure for the console
	// at the other, without hold-back.
	Voice     Spread `json:"voice"`
	VoiceLost int    `json:"voice_lost"` // packets that never came

	// ResidueIdle and ResidueSpeech are how far datagrams left from the tick's grid, on the real
	// clock, while nothing was said and while somebody spoke. In virtual time both are zero
	// (TestContentNeverShows); here the scheduler adds its own.
	ResidueIdle   Spread `json:"residue_idle"`
	ResidueSpeech Spread `json:"residue_speech"`

	// RingLast is from the press of Call to the ring event at the last of Consoles consoles of the far
	// station, each with a connection of its own. Heartbeat is the CPU that these connections take
	// while nothing happens, both ends of them: four pings a second each.
	Consoles  int     `json:"consoles"`
	RingLast  Spread  `json:"ring_last"`
	Heartbeat float64 `json:"heartbeat_cpu_us"` // µs of CPU a second for one console

	Lines        int     `json:"lines"`           // idle lines of two paths at standard, both ends here
	CPUPerLine   float64 `json:"cpu_per_line_us"` // µs of CPU a second for one end of one idle line
	LinesPerCore float64 `json:"lines_per_core"`
	MemoryLine   int     `json:"memory_per_line"` // bytes of heap and stacks for one end of one idle line

	// Datagram is the cost of one datagram when nothing but the machine limits it: seal,
	// send, receive, open, in batches. LimitPerCore is how many lines that would leave a core.
	Datagram     float64 `json:"datagram_us"`
	LimitPerCore float64 `json:"limit_per_core"`

	// Delivered is from the request to write a message to the event that says that it is on both disks, less
	// the line's round trip.
	Delivered Spread `json:"delivered"`

	// Text is how many bytes of entries a second are delivered while one side writes without a pause, and
	// TextRoom how many bytes of streams the frames of an idle line carry. What an entry needs beside
	// its bytes (its length, signatures, the far side's co-signatures) is on the line, and in neither.
	Text     float64 `json:"text_bytes_per_s"`
	TextRoom float64 `json:"text_room_bytes_per_s"`

	History History `json:"history"`
}

// A Spread is a distribution of times, in milliseconds.
type Spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median_ms"`
	P95    float64 `json:"p95_ms"`
	P99    float64 `json:"p99_ms"`
	Max    float64 `json:"max_ms"`
}

func spreadOf(times []time.Duration) Spread {
	if len(times) == 0 {
		return Spread{}
	}
	slices.Sort(times)
	at := func(q float64) float64 {
		return float64(times[min(len(times)-1, int(q*float64(len(times))))]) / float64(time.Millisecond)
	}
	return Spread{N: len(times), Median: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(1)}
}

// datagramsPerLine is what one idle line of two paths at standard sends a second,
// and what it receives.
const datagramsPerLine = 2 * 50

// Run measures everything, one after the other.
func Run(ctx context.Context, opt Options) (Result, error) {
	if opt.Lines < 1 || opt.Calls < 1 || opt.Speech < time.Second {
		return Result{}, fmt.Errorf("bench: %d lines, %d calls, %v of speech: want at least 1, 1 and 1s", opt.Lines, opt.Calls, opt.Speech)
	}
	if opt.Consoles < 1 {
		return Result{}, fmt.Errorf("bench: %d consoles: want at least 1", opt.Consoles)
	}
	if opt.Messages < 1 || opt.Text < time.Second || opt.Entries < leastEntries {
		return Result{}, fmt.Errorf("bench: %d messages, %v of text, %d entries: want at least 1, 1s and %d", opt.Messages, opt.Text, opt.Entries, leastEntries)
	}
	var r Result
	for _, step := range []func(context.Context, Options, *Result) error{measureLimit, measureCalls, measureConsoles, measureRecord, measureHistory, measureLines} {
		if err := step(ctx, opt, &r); err != nil {
			return r, err
		}
		if err := ctx.Err(); err != nil {
			return r, err
		}
	}
	return r, nil
}
