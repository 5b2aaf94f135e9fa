package bench

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
)

// A row is one line of what is printed: what was measured, the goal if there is one, and whether it was missed.
type row struct {
	what, measured, goal string
	missed               bool
}

// Print writes the numbers beside the goals, and says of each goal that was missed that it was.
func (r Result) Print(w io.Writer) error {
	fmt.Fprintf(w, "%s %s/%s, %d cores\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "what\tmeasured\tgoal")
	missed := 0
	for _, row := range append(r.lineRows(), r.recordRows()...) {
		if row.missed {
			missed++
			row.goal += ": MISSED"
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\n", row.what, row.measured, row.goal)
	}
	if err := tab.Flush(); err != nil || missed == 0 {
		return err
	}
	_, err := fmt.Fprintf(w, "\nGoals missed in this run: %d. A machine with other work beside misses goals that it meets alone.\n", missed)
	return err
}

// lineRows are about the line: ring, voice, cadence, lines a core.
func (r Result) lineRows() []row {
	return []row{
		{fmt.Sprintf("press to far ring, %d calls", r.Ring.N), r.Ring.most(), "median ≤ 15 ms, 99 % ≤ 25 ms", r.Ring.Median > 15 || r.Ring.P99 > 25},
		{fmt.Sprintf("press to the last of %d consoles' rings, %d calls", r.Consoles, r.RingLast.N), r.RingLast.most(), "≤ 100 ms", r.RingLast.Max > 100},
		{"heartbeat of a console, both ends", fmt.Sprintf("%.0f µs of CPU a second; of %d: %.1f %% of a core", r.Heartbeat, r.Consoles, r.Heartbeat*float64(r.Consoles)/1e4), "", false},
		{fmt.Sprintf("voice through both stations, %d packets", r.Voice.N), fmt.Sprintf("%s; %d lost", r.Voice.most(), r.VoiceLost), "median ≤ 15 ms", r.Voice.Median > 15},
		{"departure off the grid, idle", r.ResidueIdle.fine(), "", false},
		{"departure off the grid, speech", r.ResidueSpeech.fine(), "median as idle, to a factor of 2", !alike(r.ResidueIdle.Median, r.ResidueSpeech.Median)},
		{"idle lines a core, two paths, standard", fmt.Sprintf("%.0f (%.0f µs of CPU a second each, %d lines)", r.LinesPerCore, r.CPUPerLine, r.Lines), "≥ 1000", r.LinesPerCore < 1000},
		{"the machine's limit in this run", fmt.Sprintf("%.0f (%.2f µs to seal, send, receive and open a datagram)", r.LimitPerCore, r.Datagram), "", false},
		{"  share of that limit", fmt.Sprintf("%.0f %%", 100*r.LinesPerCore/r.LimitPerCore), "", false},
		{"memory of an idle line", fmt.Sprintf("%.1f kB", float64(r.MemoryLine)/1000), "≤ 100 kB", r.MemoryLine > 100_000},
	}
}

// heapNoise is by how much the heaps of two stations differ for other reasons than their records.
const heapNoise = 256 << 10

// recordRows are about text and the record.
func (r Result) recordRows() []row {
	h, room := r.History, 100*r.Text/r.TextRoom
	pages, searches := max(h.Newest, h.Oldest), max(h.Rare, h.Frequent)
	return []row{
		{fmt.Sprintf("message written to delivered, less the round trip, %d messages", r.Delivered.N), r.Delivered.most(), "median ≤ 40 ms", r.Delivered.Median > 40},
		{"text without a pause, standard", fmt.Sprintf("%.0f bytes of entries a second, %.0f %% of the room of %.0f", r.Text, room, r.TextRoom), "≥ 90 %", room < 90},
		{fmt.Sprintf("start of a station with %d entries", h.Entries), fmt.Sprintf("%.0f ms", h.Start), "≤ 2000 ms with 1,000,000", h.Start > 2000},
		{"  with its view made anew", fmt.Sprintf("%.0f ms", h.First), "", false},
		{"  page of 100, newest and oldest", fmt.Sprintf("%.1f ms, %.1f ms", h.Newest, h.Oldest), "≤ 50 ms with 1,000,000", pages > 50},
		{"  search, a rare word and a frequent one", fmt.Sprintf("%.1f ms, %.1f ms", h.Rare, h.Frequent), "≤ 100 ms with 1,000,000", searches > 100},
		{"  first report", fmt.Sprintf("%.0f ms", h.Report), "", false},
		{"  heap of the station", fmt.Sprintf("%.2f MB, with %d entries %.2f MB", float64(h.Heap)/1e6, h.Few, float64(h.HeapFew)/1e6), "does not grow", h.Heap > h.HeapFew+heapNoise},
	}
}

// most is a spread as people read it, fine one whose times are short.
func (s Spread) most() string {
	return fmt.Sprintf("median %.1f ms, 95 %% %.1f, 99 %% %.1f, most %.1f", s.Median, s.P95, s.P99, s.Max)
}

func (s Spread) fine() string {
	return fmt.Sprintf("median %.2f ms, 95 %% %.2f, 99 %% %.2f", s.Median, s.P95, s.P99)
}

// alike reports whether neither is more than twice the other.
func alike(a, b float64) bool { return a <= 2*b && b <= 2*a }
