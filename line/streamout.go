package line

import (
	"slices"
	"time"

	"ringdown/wire"
)

const (
	positionMask = 1<<24 - 1

	// leastPiece is the least a stream cuts off what it has to send.
	leastPiece = 16

	// maxSegments bounds the pieces in flight.
	maxSegments = 1024
)

// A segment is a piece of a stream in flight: sent, and not acknowledged up to
// its end without a gap.
type segment struct {
	from, to int64
	first    time.Time // when it was first sent
	sent     time.Time // when it was last sent
	frame    uint64    // in which frame it was last sent
	times    uint8     // how often it was sent, at most 255
	acked    bool      // acknowledged, but something before it is not
	lost     bool      // to be sent again
}

// A sender sends one stream. Positions count from the start of the stream.
type sender struct {
	pace *pace // of both streams

	buf  []byte // from position base on; its first head bytes are acknowledged
	head int
	base int64     // everything before is acknowledged
	next int64     // first position never sent
	segs []segment // in flight, rising, without gaps from base to next

	duplicates uint8 // as last acknowledged
}

// queue takes a message, which is sent as frames have room.
func (s *sender) queue(msg []byte) error {
	if s.waiting()+messageHead+len(msg) > maxWaiting {
		return ErrFull
	}
	n := len(msg) - 1
	s.buf = append(s.buf, byte(n>>8), byte(n))
	s.buf = append(s.buf, msg...)
	return nil
}

// waiting is how many bytes are not acknowledged.
func (s *sender) waiting() int { return len(s.buf) - s.head }

// end is the position behind all that was queued.
func (s *sender) end() int64 { return s.base + int64(s.waiting()) }

// bytes are those between two positions, which are still here.
func (s *sender) bytes(from, to int64) []byte {
	at := s.head - int(s.base)
	return s.buf[at+int(from) : at+int(to)]
}

// wanted is how much room of a frame s could use now.
func (s *sender) wanted(now time.Time) (n int) {
	s.findLost(now)
	for i := range s.segs {
		if s.segs[i].lost {
			n += wire.DataOverhead + int(s.segs[i].to-s.segs[i].from)
		}
	}
	if fresh := s.fresh(); fresh > 0 {
		n += wire.DataOverhead + fresh
	}
	return n
}

// fresh is how many bytes never sent may be sent now.
func (s *sender) fresh() int {
	if len(s.segs) >= maxSegments {
		return 0
	}
	return int(min(s.end(), s.base+streamWindow) - s.next)
}

// fill adds to b what is lost, oldest first, and then what is new.
func (s *sender) fill(now time.Time, st Stream, b *wire.Builder) {
	s.findLost(now)
	for i := 0; i < len(s.segs); i++ {
		if s.segs[i].lost && !s.resend(now, i, st, b) {
			return
		}
	}
	for s.sendFresh(now, st, b) {
	}
}

// cut is how many of n bytes to send in the room that is left: 0 if none, because
// a small piece of much is not worth its header.
func cut(n int, b *wire.Builder) int {
	room := min(b.Room()-wire.DataOverhead, wire.MaxData)
	if room >= n {
		return n
	}
	if room < leastPiece {
		return 0
	}
	return room
}

// resend sends segment i again, or as much of it as there is room for.
func (s *sender) resend(now time.Time, i int, st Stream, b *wire.Builder) bool {
	seg := &s.segs[i]
	n := cut(int(seg.to-seg.from), b)
	if n == 0 {
		return false
	}
	if rest := seg.from + int64(n); rest < seg.to {
		if len(s.segs) >= maxSegments {
			return false
		}
		tail := *seg
		tail.from = rest
		s.segs = slices.Insert(s.segs, i+1, tail)
		seg = &s.segs[i]
		seg.to = rest
	}
	if !b.Data(wire.Data{Stream: st, Offset: uint32(seg.from) & positionMask, Bytes: s.bytes(seg.from, seg.to)}) {
		return false
	}
	seg.sent, seg.frame, seg.lost = now, s.pace.frame, false
	seg.times = uint8(min(int(seg.times)+1, 255))
	s.pace.resent++
	return true
}

// sendFresh sends what was never sent.
func (s *sender) sendFresh(now time.Time, st Stream, b *wire.Builder) bool {
	n := cut(s.fresh(), b)
	if n <= 0 {
		return false
	}
	seg := segment{from: s.next, to: s.next + int64(n), first: now, sent: now, frame: s.pace.frame, times: 1}
	if !b.Data(wire.Data{Stream: st, Offset: uint32(seg.from) & positionMask, Bytes: s.bytes(seg.from, seg.to)}) {
		return false
	}
	s.segs = append(s.segs, seg)
	s.next = seg.to
	return true
}

// findLost marks what is to be sent again.
func (s *sender) findLost(now time.Time) {
	for i := range s.segs {
		if seg := &s.segs[i]; !seg.acked && !seg.lost {
			seg.lost = s.pace.lost(now, seg)
		}
	}
}

// ack takes an acknowledgement. It reports false, and changes nothing, if it
// acknowledges what was never sent.
func (s *sender) ack(now time.Time, a *wire.Ack) bool {
	received := wire.NearestPosition(s.base, a.Received)
	at := received
	for _, r := range a.Ranges[:a.Count] {
		at += int64(r.Gap) + int64(r.Length)
	}
	if received < 0 || at > s.next {
		return false
	}
	early := s.countDuplicates(a.Duplicates)
	s.mark(now, received, a, early)
	s.release(received)
	return true
}

// countDuplicates takes in how many pieces the far station has seen twice. It
// reports true if we turn out to repeat too early.
func (s *sender) countDuplicates(heard uint8) (early bool) {
	if n := int8(heard - s.duplicates); n > 0 {
		s.pace.needless += int(n)
		s.duplicates = heard
	}
	return s.pace.judge()
}

// mark notes which segments an acknowledgement covers.
func (s *sender) mark(now time.Time, received int64, a *wire.Ack, early bool) {
	from, to, n := int64(0), received, 0
	for i := range s.segs {
		seg := &s.segs[i]
		for seg.from >= to && n < a.Count {
			from = to + int64(a.Ranges[n].Gap)
			to = from + int64(a.Ranges[n].Length)
			n++
		}
		if seg.from >= from && seg.to <= to && !seg.acked {
			s.arrived(now, seg, early)
		}
	}
}

// arrived notes that a segment is acknowledged. Which copy of one sent more than
// once arrived is not known, so it measures nothing (Karn's rule), unless we have
// just heard that we repeat too early: then it was the first.
func (s *sender) arrived(now time.Time, seg *segment, early bool) {
	seg.acked, seg.lost = true, false
	if seg.times == 1 {
		s.pace.newest = max(s.pace.newest, seg.frame)
	}
	if seg.times == 1 || early || s.pace.rtt == 0 {
		s.pace.measure(now.Sub(seg.first))
	}
}

// release forgets what is acknowledged without a gap.
func (s *sender) release(received int64) {
	done := 0
	for done < len(s.segs) && s.segs[done].to <= received {
		done++
	}
	s.segs = slices.Delete(s.segs, 0, done)
	if received <= s.base {
		return
	}
	if len(s.segs) > 0 && s.segs[0].from < received {
		s.segs[0].from = received // only a far station that makes things up gets here
	}
	s.head += int(received - s.base)
	s.base = received
	s.compact()
}

// compact gives back the memory of what was acknowledged.
func (s *sender) compact() {
	if s.head < len(s.buf)/2 {
		return
	}
	s.buf, s.head = s.buf[:copy(s.buf, s.buf[s.head:])], 0
	if len(s.buf) == 0 && cap(s.buf) > keptBuffer {
		s.buf = nil
	}
	if len(s.segs) == 0 && cap(s.segs) > 64 {
		s.segs = nil
	}
}
