package report

import (
	"fmt"

	"ringdown/record"
)

// How much of each log is kept.
const (
	MostCalls   = 1 << 17 // of each log: at ten calls a day, 35 years
	MostChanges = 1 << 16 // of each path, likewise
	MostTests   = 1 << 16 // steps of tests: at six a day, 29 years
)

// MaxPaths is the highest number of a path.
const MaxPaths = 8

// A Builder takes in the two logs of a line, and makes reports of them. The zero Builder has taken in
// nothing yet. It is not safe for concurrent use.
type Builder struct {
	logs [2]ledger // the first party's, the second's
}

// A ledger is what one log says, as far as it counts here. Nothing in it depends on the other log.
type ledger struct {
	size   int64
	begun  int64 // time of the first entry
	newest int64 // time of the newest entry

	// word is the time of the newest entry that no station makes because it starts: until then
	// it was there.
	word     int64
	silences ring[span]

	paths [MaxPaths + 1]ring[change] // 0 is the line
	calls calls
	tests ring[testStep]
}

// A span is from one time to before another, in Unix milliseconds.
type span struct{ from, to int64 }

// A ring keeps the newest of what is added.
type ring[T any] struct{ list []T }

// add drops the older half when there are twice as many as are kept, so that adding stays cheap; kept gives
// exactly the newest.
func (r *ring[T]) add(v T, most int) {
	if len(r.list) == 2*most {
		r.list = append(r.list[:0], r.list[most:]...)
	}
	r.list = append(r.list, v)
}

func (r *ring[T]) kept(most int) []T { return r.list[max(0, len(r.list)-most):] }

func (r *ring[T]) last() (v T, ok bool) {
	if len(r.list) == 0 {
		return v, false
	}
	return r.list[len(r.list)-1], true
}

// Sizes is how many entries of each log were added: the numbers of the next ones.
func (b *Builder) Sizes() (first, second int64) { return b.logs[0].size, b.logs[1].size }

// Add takes in the next entry of the first party's log, or of the second's. The two logs may be
// added in any turn, with the same result. Only entries that both sides hold are to be added.
func (b *Builder) Add(first bool, e *record.Entry) error {
	l := &b.logs[logOf(first)]
	if e.Number != l.size {
		return fmt.Errorf("report: log %d: found entry %d, want %d", logOf(first)+1, e.Number, l.size)
	}
	l.add(e)
	return nil
}

func logOf(first bool) int {
	if first {
		return 0
	}
	return 1
}

func (l *ledger) add(e *record.Entry) {
	if l.size == 0 {
		l.begun = e.Time
	}
	l.size++
	l.newest = e.Time
	starting := false
	switch body := e.Body.(type) {
	case record.LineChange:
		l.change(e.Time, body)
		starting = body.Up
	case record.CallStep:
		l.calls.step(e, body)
		starting = body.Step == record.StepEnded && body.Reason == record.Restarted
	case record.Presence:
		l.calls.presence(e, body)
	case record.Test:
		l.test(e, body)
	}
	if !starting {
		l.word = e.Time
	}
}

// change takes in that a path came up or went down.
func (l *ledger) change(at int64, c record.LineChange) {
	r := &l.paths[c.Path]
	if was, ok := r.last(); ok && was.up && c.Up && l.word < at {
		l.silences.add(span{l.word, at}, MostChanges)
	}
	r.add(change{at, c.Up}, MostChanges)
}
