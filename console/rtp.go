package console

import (
	"math/rand/v2"
	"time"

	"ringdown/wire"
)

const (
	opusBytes = 60  // 20 ms at 24 kbit/s, constant
	g711Bytes = 160 // 20 ms at 64 kbit/s
	frame     = 20 * time.Millisecond

	restAfter = time.Second            // without a packet for so long, a stream begins anew
	maxJump   = 250                    // packets: five seconds; a larger step is a new count
	maxLate   = 50                     // packets: one second; a browser would not play it
	yieldFree = 100 * time.Millisecond // silence after which a talker's stream may carry another
)

// unitsOf is how far the RTP timestamp moves in one packet of a codec; 0 for a
// codec that consoles do not know. (RFC 7587: Opus always counts at 48 kHz.)
func unitsOf(codec uint8) uint32 {
	switch wire.Codec(codec) {
	case wire.CodecOpus:
		return 960
	case wire.CodecPCMU, wire.CodecPCMA:
		return 160
	}
	return 0
}

// A stream numbers one RTP stream towards a browser. On the line every packet of
// a talker has a number; the stream keeps its gaps, so that the browser conceals
// what was lost and orders what comes late. When the count begins anew (another
// talker, another call, a rest), the stream goes on where it was: next sequence
// number, the time that has passed, and the marker, as after a silence.
//
// The zero stream is ready to use, for one goroutine.
type stream struct {
	begun  bool
	talker uint8
	codec  uint8
	first  uint32 // number on the line with which this count began
	newest uint32 // newest number on the line
	seq    uint16 // RTP, of newest
	stamp  uint32 // RTP, of newest
	at     time.Time
}

// next numbers a packet; ok is false for one that must not be sent.
func (s *stream) next(now time.Time, talker, codec uint8, number uint32) (seq uint16, stamp uint32, marker, ok bool) {
	units := unitsOf(codec)
	if units == 0 {
		return 0, 0, false, false
	}
	step := int32(number - s.newest)
	switch {
	case !s.begun:
		s.seq, s.stamp = uint16(rand.Uint32()), rand.Uint32()
	case talker != s.talker || codec != s.codec || step > maxJump || step < -maxJump || now.Sub(s.at) >= restAfter:
		passed := max(1, (now.Sub(s.at)+frame/2)/frame)
		s.seq, s.stamp = s.seq+1, s.stamp+uint32(passed)*units
	case step > 0:
		s.seq, s.stamp = s.seq+uint16(step), s.stamp+uint32(step)*units
		s.newest, s.at = number, now
		return s.seq, s.stamp, false, true
	default:
		inside := step >= -maxLate && step < 0 && int32(number-s.first) >= 0
		return s.seq - uint16(-step), s.stamp - uint32(-step)*units, false, inside
	}
	s.begun, s.talker, s.codec, s.first, s.newest, s.at = true, talker, codec, number, number, now
	return s.seq, s.stamp, true, true
}

// free says whether another talker may have the stream.
func (s *stream) free(now time.Time) bool { return !s.begun || now.Sub(s.at) >= yieldFree }

// choose finds the stream for a talker: the one that carries them; else one that
// is free, their own number first, so that a person stays in one place. nil if
// more people talk than the browser has streams.
func choose(streams []stream, now time.Time, talker uint8) *stream {
	for i := range streams {
		if s := &streams[i]; s.begun && s.talker == talker {
			return s
		}
	}
	for i := range streams {
		if s := &streams[(int(talker)+i)%len(streams)]; s.free(now) {
			return s
		}
	}
	return nil
}

// An intake passes a browser's packets on in the order in which they come. What
// comes after a newer one is dropped: the line numbers packets as they leave, so
// a late one would be heard in the wrong place. The zero intake is ready to use.
type intake struct {
	begun  bool
	newest uint16
}

func (i *intake) accept(seq uint16) bool {
	if i.begun && int16(seq-i.newest) <= 0 {
		return false
	}
	i.begun, i.newest = true, seq
	return true
}

// opusSpan is how long an Opus packet lasts (RFC 6716, 3.1 and 3.2), 0 if it is
// malformed.
func opusSpan(packet []byte) time.Duration {
	if len(packet) == 0 {
		return 0
	}
	one := opusFrame(packet[0] >> 3)
	switch packet[0] & 3 {
	case 0:
		return one
	case 3:
		if len(packet) < 2 {
			return 0
		}
		return one * time.Duration(packet[1]&0x3f)
	}
	return 2 * one
}

// opusFrame is the length of one frame in each of the 32 configurations.
func opusFrame(config byte) time.Duration {
	switch {
	case config < 12: // SILK
		return [4]time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond}[config%4]
	case config < 16: // hybrid
		return [2]time.Duration{10 * time.Millisecond, 20 * time.Millisecond}[config%2]
	}
	return [4]time.Duration{2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond}[config%4] // CELT
}
