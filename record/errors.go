package record

import (
	"errors"
	"fmt"
)

// What is wrong, as a kind of fault. Every error of this package that speaks of
// bytes or of a state is a [*Refusal] with one of them.
var (
	// By whoever made the bytes.
	ErrMalformed    = errors.New("not the one encoding")
	ErrNumber       = errors.New("wrong number")
	ErrSeen         = errors.New("claims to have seen what was never so")
	ErrAbout        = errors.New("refers to what it cannot refer to")
	ErrSignature    = errors.New("signature does not hold")
	ErrProof        = errors.New("proof does not hold")
	ErrInconsistent = errors.New("signed tree does not fit its entries")
	ErrFork         = errors.New("two histories are signed")
	ErrLimit        = errors.New("more than is allowed")

	// By nobody: the time is not right for it.
	ErrStanding = errors.New("where this station stands is not known yet")
	ErrBusy     = errors.New("a batch is being written")

	// By our own disk or keys.
	ErrStore = errors.New("what is stored does not fit what was signed")
)

// A Refusal says what was refused, what was found, and what would have been
// right. It wraps its kind of fault.
type Refusal struct {
	Fault error  // one of the errors above
	What  string // the thing and, where it has one, its number
	Found string
	Want  string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("record: %s: %v: %s: want %s", r.What, r.Fault, r.Found, r.Want)
}

func (r *Refusal) Unwrap() error { return r.Fault }

func refuse(fault error, what, found, want string) error {
	return &Refusal{Fault: fault, What: what, Found: found, Want: want}
}
