package line

import (
	"slices"

	"ringdown/wire"
)

const (
	// maxSpans bounds the pieces beyond the first gap that a receiver keeps. One
	// that would make more is treated as lost.
	maxSpans = 256

	// ackRepeats is how often each piece of news is acknowledged: frames get lost.
	ackRepeats = 4

	// keptBuffer is the most memory a stream holds while it is idle.
	keptBuffer = 4 << 10
)

// A span is bytes received beyond a gap.
type span struct {
	from, to int64
	news     uint8 // how often it is still to be acknowledged
}

// A receiver puts one stream together again. Positions count from the start of
// the stream. The zero receiver is ready.
type receiver struct {
	buf      []byte // from position start on
	start    int64  // of the first message not delivered
	received int64  // nothing is missing before this; at least start
	spans    []span // beyond received, rising, never touching

	news       uint8 // how often received and duplicates are still to be acknowledged
	duplicates uint8 // chunks that brought nothing new, modulo 256
	turn       int   // span at which the next acknowledgement begins, if not all fit
}

// take keeps a piece of the stream. It reports false if no sender that keeps to the
// window could have sent it.
func (r *receiver) take(low uint32, b []byte) bool {
	from := wire.NearestPosition(r.received, low)
	to := from + int64(len(b))
	if from < 0 || to > r.received+streamWindow {
		return false
	}
	if from < r.received {
		if to <= r.received {
			r.duplicate(nil)
			return true
		}
		b, from = b[r.received-from:], r.received
	}
	r.insert(from, to, b)
	return true
}

// insert keeps the bytes from position from to position to, at or beyond received.
func (r *receiver) insert(from, to int64, b []byte) {
	// All spans in [i, j) touch the new one and become part of it.
	i, _ := slices.BinarySearchFunc(r.spans, from, func(s span, at int64) int { return int(s.to - at) })
	j := i
	for j < len(r.spans) && r.spans[j].from <= to {
		j++
	}
	if i < j && r.spans[i].from <= from && r.spans[i].to >= to {
		r.duplicate(&r.spans[i])
		return
	}
	if i == j && from > r.received && len(r.spans) == maxSpans {
		return
	}
	r.write(from, b)
	if i < j {
		from, to = min(from, r.spans[i].from), max(to, r.spans[j-1].to)
	}
	if from > r.received {
		r.spans = slices.Replace(r.spans, i, j, span{from, to, ackRepeats})
		return
	}
	r.spans = slices.Delete(r.spans, i, j)
	r.received, r.news = to, ackRepeats
}

// duplicate notes a piece that brought nothing new: its acknowledgement was lost.
func (r *receiver) duplicate(s *span) {
	r.duplicates++
	r.news = ackRepeats
	if s != nil {
		s.news = ackRepeats
	}
}

// write puts b where position from is in the buffer.
func (r *receiver) write(from int64, b []byte) {
	at := int(from - r.start)
	if need := at + len(b); need > len(r.buf) {
		r.buf = slices.Grow(r.buf, need-len(r.buf))[:need]
	}
	copy(r.buf[at:], b)
}

// deliver hands over every message that is complete. A message is valid during
// the call only.
func (r *receiver) deliver(f func(msg []byte)) {
	done := 0
	for {
		have := r.buf[done:min(len(r.buf), int(r.received-r.start))]
		if len(have) < messageHead {
			break
		}
		end := messageHead + int(have[0])<<8 + int(have[1]) + 1
		if len(have) < end {
			break
		}
		f(have[messageHead:end:end])
		done += end
	}
	if done == 0 {
		return
	}
	r.start += int64(done)
	r.buf = r.buf[:copy(r.buf, r.buf[done:])]
	if len(r.buf) == 0 && cap(r.buf) > keptBuffer {
		r.buf = nil
	}
}

// ackWanted is the room an acknowledgement would take now: 0 if there is no news.
func (r *receiver) ackWanted() int {
	n := r.newSpans()
	if n == 0 && r.news == 0 {
		return 0
	}
	return wire.AckOverhead + min(n, wire.MaxRanges)*wire.RangeSize
}

func (r *receiver) newSpans() (n int) {
	for i := range r.spans {
		if r.spans[i].news > 0 {
			n++
		}
	}
	return n
}

// fill acknowledges what is new, as much as there is room for.
func (r *receiver) fill(st Stream, b *wire.Builder) {
	fresh := r.newSpans()
	room := min((b.Room()-wire.AckOverhead)/wire.RangeSize, wire.MaxRanges)
	if b.Room() < wire.AckOverhead || r.news == 0 && (fresh == 0 || room == 0) {
		return
	}
	if fresh <= room || r.turn >= len(r.spans) {
		r.turn = 0
	}
	a := wire.Ack{Stream: st, Duplicates: r.duplicates, Received: uint32(r.received) & positionMask}
	r.fillRanges(&a, room)
	if b.Ack(&a) && r.news > 0 {
		r.news--
	}
}

// fillRanges adds to a the spans that are news, from turn on, room of them at most.
func (r *receiver) fillRanges(a *wire.Ack, room int) {
	at, first := r.received, r.turn
	r.turn = 0
	for i := first; i < len(r.spans); i++ {
		s := &r.spans[i]
		if s.news == 0 {
			continue
		}
		if a.Count == room {
			r.turn = i
			return
		}
		a.Ranges[a.Count] = wire.Range{Gap: uint32(s.from - at), Length: uint32(s.to - s.from)}
		a.Count++
		s.news--
		at = s.to
	}
}
