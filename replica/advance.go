package replica

import (
	"errors"
	"fmt"
	"time"

	"ringdown/record"
)

// FarMessage takes a message of the far station, of either stream. An error says what was
// refused of it; what it refuses has changed nothing.
func (r *Replica) FarMessage(now time.Time, bulk bool, msg []byte) error {
	r.now = now
	if !r.ses.up {
		return errors.New("replica: message of the far station while the line is down")
	}
	if len(msg) == 0 || len(msg) > 64<<10 {
		return fmt.Errorf("%w: %d bytes, want 1 to %d", errMessage, len(msg), 64<<10)
	}
	if want := msg[0] == kindCosignedPQ || msg[0] == kindBack || msg[0] == kindPiece; want != bulk {
		return malformed(msg[0], "on the wrong stream")
	}
	return r.hear(now, msg[0], msg[1:])
}

func (r *Replica) hear(now time.Time, kind byte, body []byte) error {
	switch kind {
	case kindHello:
		return r.hearHello(now, body)
	case kindEntries:
		return r.hearEntries(now, body)
	case kindCosigned:
		return r.hearCosigned(now, body)
	case kindCosignedPQ:
		return r.hearCosignedPQ(now, body)
	case kindWant:
		return r.hearWant(now, body)
	case kindBack:
		return r.hearBack(now, body)
	case kindWantFile:
		return r.hearWantFile(now, body)
	case kindPiece:
		return r.hearPiece(now, body)
	case kindAskPQ:
		return r.hearAskPQ(now, body)
	case kindFork:
		return r.hearFork(now, body)
	case kindRecall:
		return r.hearRecall(now, body)
	}
	return malformed(kind, "unknown")
}

// Advance does all that is due by itself.
func (r *Replica) Advance(now time.Time) {
	r.now = now
	if r.disk.err != nil && !now.Before(r.disk.retryAt) {
		if r.flush(now) {
			r.resume(now)
		}
	} else {
		r.store(now)
	}
	r.advanceSession(now)
	r.advanceSender(now)
	r.advanceCatchUp(now)
	r.advanceMend(now)
	r.advanceFiles(now)
	r.advancePQ(now)
	r.advanceScrub(now)
}

// resume goes on after the store failed: what came meanwhile was not taken.
func (r *Replica) resume(now time.Time) {
	if r.ses.unanswered {
		r.answerHello(now, r.ses.question)
	}
	if h := r.ses.pending; h != nil {
		if err := r.heard(now, h); err != nil && !errors.Is(err, record.ErrFork) {
			r.again(now)
		}
	}
	r.number(now)
	r.pull(now)
	r.again(now)
}

// Deadline is when [Replica.Advance] must be called next; zero: nothing is due by itself.
func (r *Replica) Deadline() time.Time {
	next := earliest(r.sessionDeadline(), r.senderDeadline())
	next = earliest(next, r.filesDeadline())
	next = earliest(next, r.pqDeadline())
	next = earliest(next, r.scrub.deadline())
	if r.log.Standing() == record.Behind {
		next = earliest(next, r.back.again)
	}
	if !r.mend.at.IsZero() {
		next = earliest(next, r.mend.at.Add(askAgain))
	}
	switch {
	case r.disk.err != nil:
		next = earliest(next, r.disk.retryAt)
	case r.disk.states[0] || r.disk.states[1]:
		next = earliest(next, r.disk.due)
	}
	return next
}

// earliest is the earlier of two times of which zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
