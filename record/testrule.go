package record

import (
	"strings"
	"time"
)

// The times of a test by people. They stand here because both stations, and whoever computes a report from
// the record, must come to the same result.
const (
	// TestAnswer is how long the asker waits until somebody has read the words back.
	TestAnswer = 10 * time.Minute

	// TestEarly and TestLate are how long before and after its agreed time a test counts for it. It is
	// early by what the clocks of the two may differ.
	TestEarly = 15 * time.Minute
	TestLate  = 30 * time.Minute
)

// TestOnTime reports whether an act at a time, by its author's clock, counts for the test that was agreed for
// slot. Both are Unix milliseconds.
func TestOnTime(slot, at int64) bool {
	return at >= slot-TestEarly.Milliseconds() && at < slot+TestLate.Milliseconds()
}

// SameWords reports whether what was read back is what was asked.
func SameWords(asked, read string) bool { return PlainWords(asked) == PlainWords(read) }

// PlainWords are the words of a test as they are compared: capitals and the number of spaces do not matter.
func PlainWords(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}
