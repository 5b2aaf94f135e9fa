package replica

import (
	"fmt"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// Chosen here: how far entries go ahead of their co-signatures. A single draft leaves at once;
// under load what waits is joined.
const (
	windowBytes    = 96 << 10
	windowMessages = 8
	resendAfter    = 15 * time.Second
)

// A sender is how far the far side has our log in this session.
type sender struct {
	known    bool  // where it stands
	sent     int64 // entries
	flights  []sentMessage
	bytes    int // of flights
	progress time.Time
	fresh    record.Batch // the newest, as it is in memory
}

type sentMessage struct {
	end   int64 // entries
	bytes int
}

func (s *sender) lose() { *s = sender{fresh: s.fresh} }

// restart goes on from where the far side says that it stands.
func (s *sender) restart(now time.Time, held, size int64) {
	*s = sender{known: true, sent: min(held, size), progress: now, fresh: s.fresh}
}

// acked takes what is co-signed out of what is under way.
func (s *sender) acked(now time.Time, size int64) {
	for len(s.flights) > 0 && s.flights[0].end <= size {
		s.bytes -= s.flights[0].bytes
		s.flights = s.flights[1:]
		s.progress = now
	}
	s.sent = max(s.sent, size)
}

func (s *sender) room() bool {
	return len(s.flights) == 0 || len(s.flights) < windowMessages && s.bytes < windowBytes-entriesSize
}

// remember keeps the newest batch, which is about to be sent.
func (s *sender) remember(b *record.Batch) {
	s.fresh = record.Batch{First: b.First, Entries: b.Entries}
}

// pump sends entries as far as there are any and the window is open.
func (r *Replica) pump(now time.Time) {
	s := &r.out
	for r.ses.met && s.known && s.sent < r.log.Tree().Size && s.room() {
		if st := r.log.Standing(); st != record.Stands && st != record.FarBehind {
			return
		}
		list, err := r.toSend(s.sent)
		if err != nil || len(list) == 0 {
			if err != nil {
				r.readFailed(now, err)
			}
			return
		}
		c, err := r.log.CheckpointAt(s.sent + int64(len(list)))
		if err != nil {
			r.readFailed(now, err)
			return
		}
		msg := encodeEntries(s.sent, list, c)
		if len(s.flights) == 0 {
			s.progress = now
		}
		s.sent += int64(len(list))
		s.flights = append(s.flights, sentMessage{s.sent, len(msg)})
		s.bytes += len(msg)
		r.send(false, msg)
	}
}

// toSend gives own entries from a number on, as many as fit a message.
func (r *Replica) toSend(first int64) ([][]byte, error) {
	if at := first - r.out.fresh.First; at >= 0 && at < int64(len(r.out.fresh.Entries)) {
		list, bytes := r.out.fresh.Entries[at:], 0
		for i, e := range list {
			if bytes += len(e); i > 0 && bytes > entriesSize || i == maxEntries {
				return list[:i], nil
			}
		}
		return list, nil
	}
	return r.readSound(store.Own, first, maxEntries, entriesSize)
}

// readFailed is about reading: it is tried again after a pause.
func (r *Replica) readFailed(now time.Time, err error) {
	if !isFault(err, ErrDamagedEntry) {
		r.storeFailed(now, err)
	}
}

// hearCosigned takes a co-signature of our log, and an allowance.
func (r *Replica) hearCosigned(now time.Time, body []byte) error {
	m := &reader{kind: kindCosigned, b: body}
	size, cosignature := m.uint(6), m.bytes(record.CosignatureSize)
	granted := m.allowance()
	if err := m.end(); err != nil {
		return err
	}
	r.allow(granted, size)
	before := r.log.Standing()
	if err := r.cosigned(now, size, cosignature); err != nil {
		return err
	}
	r.out.acked(now, size)
	if before == record.FarBehind {
		r.stand(now, before)
	} else {
		r.number(now)
	}
	r.store(now)
	return nil
}

// cosigned takes the far side's word that it holds our log to a size.
func (r *Replica) cosigned(now time.Time, size int64, cosignature []byte) error {
	before, standing := sizeOf(r.log.State().Cosigned), r.log.Standing()
	if size <= before && standing != record.FarBehind {
		return nil
	}
	if err := r.log.Cosigned(now, size, cosignature); err != nil {
		return err
	}
	if sizeOf(r.log.State().Cosigned) != before || standing != r.log.Standing() {
		r.keepState(now, true, 0)
		r.tellWithheld(now)
	}
	return nil
}

// tellWithheld tells when the far side begins to withhold its co-signature, or what comes before it, or ends.
func (r *Replica) tellWithheld(now time.Time) {
	since, _ := r.log.Withheld(now)
	if !since.Equal(r.withheld) {
		r.withheld = since
		r.cfg.Hooks.Changed()
	}
}

// advanceSender asks again where the far side stands when nothing was heard of what was sent, and
// looks whether a co-signature is withheld.
func (r *Replica) advanceSender(now time.Time) {
	r.tellWithheld(now)
	if r.unconfirmed() && !now.Before(r.out.progress.Add(resendAfter)) {
		r.out.progress = now
		r.again(now)
	}
}

// unconfirmed reports whether the far side was sent entries, in this session or before, and has not co-signed them.
func (r *Replica) unconfirmed() bool {
	return len(r.out.flights) > 0 || r.ses.met && r.out.sent > sizeOf(r.log.State().Cosigned)
}

// senderDeadline is when that is next.
func (r *Replica) senderDeadline() (next time.Time) {
	if r.unconfirmed() {
		next = r.out.progress.Add(resendAfter)
	}
	if r.withheld.IsZero() {
		next = earliest(next, r.log.WithheldAt())
	}
	return next
}

// hearEntries takes entries of the far side's log: all of a message or none. What is held already is
// left out.
func (r *Replica) hearEntries(now time.Time, body []byte) error {
	first, list, c, err := parseEntries(r.cfg.Far, body)
	if err != nil {
		return err
	}
	size := r.copy.Tree().Size
	switch {
	case r.copy.State().Fork != nil:
		return fmt.Errorf("replica: entries from %d on: %w", first, record.ErrFork)
	case c.Tree.Size <= size:
		if r.asks.repeats.take(now, 2, 32) {
			r.cosignCopy(now, false)
		}
		return nil
	case first > size:
		r.again(now)
		return fmt.Errorf("replica: entries from %d on: want from %d on", first, size)
	case r.disk.far != nil || r.disk.err != nil:
		return fmt.Errorf("replica: entries from %d on: the disk does not take the last ones yet", first)
	}
	return r.accept(now, list[size-first:], c)
}

// accept checks and writes entries, and co-signs when they are durable.
func (r *Replica) accept(now time.Time, list [][]byte, c *record.Checkpoint) error {
	batch, err := r.copy.Accept(list, c)
	switch {
	case isFault(err, record.ErrFork):
		r.keepFork(now, false)
		return err
	case isFault(err, record.ErrStanding):
		r.ses.refused = true
		return err
	case err != nil:
		return err
	}
	values, pulls := r.room.charge(batch), r.files.promised(batch)
	for _, p := range pulls {
		values[p.key()] = p.encode()
	}
	r.begin(now, store.Far, batch, values, func(now time.Time) {
		r.copy.Committed()
		r.room.charged()
		r.files.add(pulls)
		r.cosignCopy(now, true)
		r.added(false, batch)
		r.number(now)
		r.pull(now)
	})
	return nil
}

// cosignCopy tells the far side that its entries are durable here.
func (r *Replica) cosignCopy(now time.Time, changed bool) {
	c := r.copy.Newest()
	if changed || c != nil && c.Cosignature == nil {
		var err error
		if c, err = r.cosign(now); err != nil {
			return
		}
	}
	if c == nil {
		return
	}
	allow := r.room.grant(c.Tree.Size)
	r.copy.Allow(allow)
	r.send(false, message(kindCosigned).uint(c.Tree.Size, 6).bytes(c.Cosignature).allowance(allow))
}

// cosign co-signs the far side's log as it is durable here.
func (r *Replica) cosign(now time.Time) (*record.Checkpoint, error) {
	c, err := r.copy.Cosign(now)
	if err != nil {
		r.cfg.Hooks.Alarm("key", fmt.Sprintf("The other side's log cannot be co-signed: %v.", err), "Look at this station's keys.")
		return nil, err
	}
	r.cfg.Hooks.Alarm("key", "", "")
	r.keepState(now, false, lazily)
	return c, nil
}
