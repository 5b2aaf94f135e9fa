package record

import "time"

// Cosigned takes a co-signature of the far side for this log at a size: all before
// it is on the far disk.
func (l *Log) Cosigned(now time.Time, size int64, sig []byte) error {
	c, err := l.at(size)
	if err != nil {
		return err
	}
	c.Cosignature = sig
	if err := c.VerifyCosignature(l.cfg.Far); err != nil {
		return err
	}
	if l.standing == FarBehind && size >= sizeOf(l.state.Cosigned) {
		l.standing = Stands
	}
	if l.state.Cosigned == nil || size > l.state.Cosigned.Tree.Size {
		l.state.Cosigned = c
		l.keepBatch()
	}
	for len(l.waits) > 0 && l.waits[0].size <= size {
		l.waits = l.waits[1:]
	}
	l.stand(now)
	l.wait(now)
	return nil
}

// CosignedPQ takes the post-quantum co-signature.
func (l *Log) CosignedPQ(size int64, sig []byte) error {
	c, err := l.at(size)
	if err != nil {
		return err
	}
	c.CosignaturePQ = sig
	if err := c.VerifyCosignaturePQ(l.cfg.Far); err != nil {
		return err
	}
	if l.state.CosignedPQ == nil || size > l.state.CosignedPQ.Tree.Size {
		l.state.CosignedPQ = c
		l.keepBatch()
	}
	return nil
}

// keepBatch lets a batch that is being written not undo what arrived meanwhile.
func (l *Log) keepBatch() {
	if l.batch != nil {
		l.batch.State.Cosigned, l.batch.State.CosignedPQ = l.state.Cosigned, l.state.CosignedPQ
	}
}

// wait begins to time what is committed and not co-signed.
func (l *Log) wait(now time.Time) {
	size := l.edge.size
	newest := sizeOf(l.state.Cosigned)
	if n := len(l.waits); n > 0 {
		newest = l.waits[n-1].size
	}
	if l.standing == Unheard || l.standing == Forked || size <= newest || len(l.waits) >= maxWaits {
		return
	}
	l.waits = append(l.waits, wait{size, now, l.upFor(now)})
}

// stand begins to time how long the far side keeps this log from standing, or ends it. What we
// write ourselves is not its time.
func (l *Log) stand(now time.Time) {
	switch {
	case l.standing == Stands || l.standing == Forked:
		l.unstood = wait{}
	case l.unstood.since.IsZero() && l.batch == nil && !l.upSince.IsZero():
		l.unstood = wait{0, now, l.upFor(now)}
	}
}

// upFor is how long the line has been up in this run.
func (l *Log) upFor(now time.Time) time.Duration {
	if l.upSince.IsZero() {
		return l.upLast
	}
	return l.upLast + now.Sub(l.upSince)
}

// waited is what the far side is waited for the longest.
func (l *Log) waited() (w wait, is bool) {
	if len(l.waits) > 0 {
		w, is = l.waits[0], true
	}
	if u := l.unstood; !u.since.IsZero() && l.batch == nil && (!is || u.up < w.up) {
		return u, true
	}
	return w, is
}

// Withheld reports whether the far side, which is there, has for [WithheldAfter] or longer held
// back its co-signature, or what this log needs to stand; and since when. Nothing written since then
// is co-signed. Only time in which the line was up counts, and no loss of the line begins it anew.
func (l *Log) Withheld(now time.Time) (since time.Time, is bool) {
	w, is := l.waited()
	if !is || l.upFor(now)-w.up < WithheldAfter {
		return time.Time{}, false
	}
	return w.since, true
}

// WithheldAt is when that will be so, if nothing comes and the line stays up; zero if it is down,
// or nothing is waited for.
func (l *Log) WithheldAt() time.Time {
	w, is := l.waited()
	if !is || l.upSince.IsZero() {
		return time.Time{}
	}
	return l.upSince.Add(w.up + WithheldAfter - l.upLast)
}
