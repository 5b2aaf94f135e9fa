package accord

import (
	"errors"
	"fmt"
	"strconv"
)

// What can be wrong, each its own. A [Refusal] wraps exactly one of them.
var (
	// ErrForeign: the file is not one of ours, or is one of ours of another kind.
	ErrForeign = errors.New("is another kind of file")
	// ErrVersion: the file is of a version that this program does not know.
	ErrVersion = errors.New("is of an unknown version")
	// ErrChanged: the file differs, by as little as one byte, from what a station
	// writes, or a signature in it does not hold.
	ErrChanged = errors.New("is not as its station wrote it")
	// ErrWrongParty: the file is meant for, or comes from, someone else.
	ErrWrongParty = errors.New("is between other parties")
	// ErrExpired: the invite's own time is over.
	ErrExpired = errors.New("has expired")
	// ErrUsed: the invite was used before; one invite makes one accord.
	ErrUsed = errors.New("was used before")
	// ErrUnconfirmed: the twelve words of the line are not confirmed here.
	ErrUnconfirmed = errors.New("is not confirmed")
	// ErrWords: the words given are not the words of the accord.
	ErrWords = errors.New("are not the words of this accord")
	// ErrPermissions: others than the owner may read a private file.
	ErrPermissions = errors.New("can be read by others")
	// ErrExists: something is there already and is not overwritten.
	ErrExists = errors.New("is there already")
	// ErrMissing: a station, a line or a file that should be there is not.
	ErrMissing = errors.New("is not there")
	// ErrName: a name that cannot be printed, or could be taken for another.
	ErrName = errors.New("cannot be used as a name")
	// ErrAddress: not an address a datagram could be sent to.
	ErrAddress = errors.New("cannot be used as an address")
	// ErrTerms: terms or paths that no accord can have.
	ErrTerms = errors.New("cannot be agreed")
	// ErrCrossed: both sides proposed an amendment at the same time; the first
	// party's goes first.
	ErrCrossed = errors.New("crossed another proposal")
	// ErrUnapproved: the change needs a person here, who has not approved it.
	ErrUnapproved = errors.New("waits for a person")
	// ErrAnswered: people have given their verdict on the motion; it is not taken back.
	ErrAnswered = errors.New("was answered before")
	// ErrStale: the amendment does not follow the newest one held here.
	ErrStale = errors.New("does not follow the newest amendment")
	// ErrFork: two different amendments with one serial, both fully signed.
	ErrFork = errors.New("contradicts an amendment that both signed")
)

// A Refusal says what was refused and why, for a program ([errors.Is] with one
// of the errors above), for a log ([Refusal.Error]) and for a person
// ([Refusal.Hint]).
//
// Found may come from a stranger's file: it is escaped and cut short, so that
// printing it is safe. It never holds anything of a private file.
type Refusal struct {
	Thing  string // what was looked at: `invite file, line 7`
	Err    error  // one of the errors of this package
	Found  string // what was there; empty if there is nothing to show
	Wanted string // what should have been
	Advice string // what a person can do; empty if nothing
	Cause  error  // the error of the system below, if there was one
}

func (r *Refusal) Error() string {
	s := "accord: " + r.Thing + " " + r.Err.Error()
	if r.Found != "" {
		s += ": found " + r.Found
	}
	if r.Wanted != "" {
		if r.Found == "" {
			s += ":"
		} else {
			s += ","
		}
		s += " wanted " + r.Wanted
	}
	if r.Cause != nil {
		s += ": " + r.Cause.Error()
	}
	return s
}

// Unwrap gives the kind of the refusal, and the cause if there is one.
func (r *Refusal) Unwrap() []error {
	if r.Cause == nil {
		return []error{r.Err}
	}
	return []error{r.Err, r.Cause}
}

// Hint is one sentence on what a person can do, empty if there is nothing.
func (r *Refusal) Hint() string { return r.Advice }

// hint sets the advice where none was given yet.
func (r *Refusal) hint(format string, args ...any) *Refusal {
	if r.Advice == "" {
		r.Advice = fmt.Sprintf(format, args...)
	}
	return r
}

// refuse makes a Refusal. found is shown as it is: use quoted for what came
// from a file or a person.
func refuse(err error, thing, found, wanted string) *Refusal {
	return &Refusal{Thing: thing, Err: err, Found: found, Wanted: wanted}
}

// quoted makes any text safe to print and at most about 80 characters long.
func quoted(s string) string {
	const most = 80
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "…"
	}
	return strconv.QuoteToASCII(s)
}

// HintOf returns the hint of the first [Refusal] in err, empty if there is none.
func HintOf(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Hint()
	}
	return ""
}
