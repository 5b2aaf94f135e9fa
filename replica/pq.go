package replica

import (
	"fmt"
	"time"

	"ringdown/record"
)

// Chosen here: how often at most the other side may have us sign with ML-DSA-44, and how
// long after a call its last entries are waited for.
const (
	pqAtMost    = 10 * time.Second
	afterCall   = 2 * time.Second
	afterFaults = time.Minute
)

// A pqRhythm is when we co-sign with the post-quantum key besides every ten minutes.
type pqRhythm struct {
	due   time.Time // zero: not asked for
	made  time.Time
	asked time.Time // of the far side
	not   time.Time // before then, after a fault
}

// AskPQ asks the far side to co-sign with ML-DSA-44 now: before a disclosure.
func (r *Replica) AskPQ(now time.Time) {
	r.now = now
	if sizeOf(r.log.State().CosignedPQ) < r.log.Tree().Size && !now.Before(r.pq.asked.Add(askAgain)) && r.ses.met {
		r.pq.asked = now
		r.send(false, message(kindAskPQ))
	}
}

// CallEnded says that a call is over: the other side's entries of it are co-signed soon.
func (r *Replica) CallEnded(now time.Time) {
	r.now = now
	r.pq.want(now.Add(afterCall))
}

// want has a co-signature made then, or when the last is ten seconds old.
func (p *pqRhythm) want(at time.Time) {
	if next := p.made.Add(pqAtMost); next.After(at) {
		at = next
	}
	if p.due.IsZero() || at.Before(p.due) {
		p.due = at
	}
}

func (r *Replica) hearAskPQ(now time.Time, body []byte) error {
	if len(body) > 0 {
		return malformed(kindAskPQ, "%d bytes after the end", len(body))
	}
	r.pq.want(now)
	r.advancePQ(now)
	return nil
}

func (r *Replica) newForPQ() bool {
	s := r.copy.State()
	return r.cfg.CosignPQ != nil && s.Fork == nil && sizeOf(s.Newest) > sizeOf(s.CosignedPQ)
}

// advancePQ co-signs when it is time.
func (r *Replica) advancePQ(now time.Time) {
	p := &r.pq
	if !p.due.IsZero() && !now.Before(p.due) && !r.newForPQ() {
		p.due = time.Time{} // there is nothing to co-sign
	}
	if !r.newForPQ() || now.Before(p.not) || !r.copy.DuePQ(now) && (p.due.IsZero() || now.Before(p.due)) {
		return
	}
	c, err := r.copy.CosignPQ(now)
	if err != nil {
		p.not = now.Add(afterFaults)
		r.cfg.Hooks.Alarm("key", fmt.Sprintf("The other side's log cannot be co-signed with the post-quantum key: %v.", err), "Look at this station's keys.")
		return
	}
	p.due, p.made = time.Time{}, now
	r.keepState(now, false, lazily)
	r.sendPQ(c)
}

func (r *Replica) sendPQ(c *record.Checkpoint) {
	r.send(true, message(kindCosignedPQ).uint(c.Tree.Size, 6).bytes(c.CosignaturePQ))
}

// resendPQ sends our newest again to a far side that does not hold it.
func (r *Replica) resendPQ(h *hello) {
	if c := r.copy.State().CosignedPQ; sizeOf(c) > h.full {
		r.sendPQ(c)
	}
}

func (r *Replica) pqDeadline() (next time.Time) {
	if !r.newForPQ() {
		return next
	}
	next = r.pq.due
	if last := r.copy.State().CosignedPQ; last != nil {
		next = earliest(next, record.CosignedAt(last.CosignaturePQ).Add(record.CosignPQEvery))
	} else {
		next = earliest(next, r.now)
	}
	if next.Before(r.pq.not) {
		return r.pq.not
	}
	return next
}

func (r *Replica) hearCosignedPQ(now time.Time, body []byte) error {
	m := &reader{kind: kindCosignedPQ, b: body}
	size, cosignature := m.uint(6), m.bytes(record.CosignaturePQSize)
	if err := m.end(); err != nil {
		return err
	}
	if size <= sizeOf(r.log.State().CosignedPQ) {
		return nil
	}
	if err := r.log.CosignedPQ(size, cosignature); err != nil {
		return err
	}
	r.keepState(now, true, 0)
	r.store(now)
	return nil
}
