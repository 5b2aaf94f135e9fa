package line

import (
	"time"

	"ringdown/wire"
)

// The three freights share the body of a frame. The signal is the line's own
// (line.go); voice and the streams are asked in turn, because the room that one
// does not need is the next one's, and what is left over is filled with repeats.
//
// The order of room: signal, new voice, one repeat of it, the handshake or else the
// streams' share, further repeats, and then the streams again.

// A voiceFreight carries the packets of all talkers, both ways.
type voiceFreight interface {
	// send takes one packet; it leaves as new with the next frame that is filled.
	send(talker uint8, c wire.Codec, packet []byte) error

	// plan says, before frame number is filled, what its chunks take: fresh bytes
	// for the new packets alone, and repeat bytes for them and one repeat of each
	// talker's. Both 0: nothing to say.
	plan(number uint64) (fresh, repeat int)

	// fill adds the chunks of frame number, of at most room bytes, new packets first,
	// and counts the new ones as sent.
	fill(number uint64, b *wire.Builder, room int)

	// heard notes that a datagram of frame number came by a path: called for every
	// datagram that is authentic and new on its path, copies of a known frame too, and
	// before receive. From it voice knows how much slower each path is.
	heard(now time.Time, path uint8, number uint64)

	// receive takes a chunk of frame number, once for each frame. A packet of age a
	// was new a ticks before; it is due when that frame would have come by the slowest
	// path relied on (first copy: now). Call play before the loop goes on.
	receive(now time.Time, number uint64, v wire.Voice)

	// holding is how long voice waits at present beyond the fastest path.
	holding() time.Duration

	// due is when play must be called next; false if nothing is held.
	due() (time.Time, bool)

	// play hands over what is due.
	play(now time.Time, h Handler)

	// reset forgets the far talkers: the far station runs anew.
	reset()
}

// A streamFreight carries the messages of both streams, both ways.
type streamFreight interface {
	// send queues a message, or returns ErrFull.
	send(s Stream, msg []byte) error

	// share is how many bytes of the next frame are the streams' by right: 0 if
	// they have nothing to say, and in every second frame, which voice may fill.
	share(now time.Time) int

	// fill adds chunks, acknowledgements first, of at most the room that is left.
	// rtt is the fastest path's.
	fill(now time.Time, rtt time.Duration, b *wire.Builder)

	// ack and data take chunks, once for each frame. They report false if the far
	// station acknowledges or sends what it cannot.
	ack(now time.Time, a wire.Ack) bool
	data(now time.Time, d wire.Data, h Handler) bool

	// reset drops all that waits, both ways: one of the two stations runs anew.
	reset()
}
