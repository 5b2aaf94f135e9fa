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
	l.waits = append(l.waits, wait{size, now})
}

// Withheld reports whether the far side, which is there, has held back its
// co-signature for [WithheldAfter] or longer, and since when.
func (l *Log) Withheld(now time.Time) (since time.Time, is bool) {
	if len(l.waits) == 0 || now.Sub(l.waits[0].since) < WithheldAfter {
		return time.Time{}, false
	}
	return l.waits[0].since, true
}
