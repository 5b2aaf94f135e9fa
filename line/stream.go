package line

import (
	"errors"
	"fmt"
	"time"

	"ringdown/wire"
)

// What the streams hold at most.
const (
	// MaxMessage is the most bytes of one message of a stream.
	MaxMessage = 64 << 10

	// maxWaiting is how many bytes of a stream wait here, sent or not, until the
	// far station has them.
	maxWaiting = 256 << 10

	// streamWindow is how far a sender goes beyond what was acknowledged, and so
	// what a receiver must be ready to keep of pieces that arrive early.
	streamWindow = 64 << 10

	// streamShare is the room of every second frame that is the streams' by right,
	// while they have something to say: 1.3 kB/s at standard. In the frames between
	// voice repeats what it then left out.
	streamShare = 60

	// messageHead is the length before each message.
	messageHead = 2
)

// ErrFull is returned when so much waits on a stream that a message finds no
// room. It can be sent again later.
var ErrFull = errors.New("line: stream: 256 kB are waiting already")

// streams are the two reliable streams of a line, both ways. The line's loop owns
// them. Entries go before bulk wherever both have something to say.
type streams struct {
	pace pace
	out  [2]sender // by index
	in   [2]receiver
	odd  bool // the frame to be filled next is one with a share
}

var _ streamFreight = (*streams)(nil)

func newStreams(tick time.Duration) *streams {
	s := &streams{pace: pace{tick: tick}}
	s.reset()
	return s
}

// index is the place of a stream in the arrays of streams.
func index(st Stream) int { return int(st - StreamEntries) }

// stream is the stream of a place.
func stream(i int) Stream { return StreamEntries + Stream(i) }

func (s *streams) send(st Stream, msg []byte) error {
	if st != StreamEntries && st != StreamBulk {
		return fmt.Errorf("line: stream %d: want entries or bulk", st)
	}
	if len(msg) == 0 || len(msg) > MaxMessage {
		return fmt.Errorf("line: %s: message of %d bytes: want 1 to %d", st, len(msg), MaxMessage)
	}
	return s.out[index(st)].queue(msg)
}

func (s *streams) share(now time.Time) int {
	if !s.odd {
		return 0
	}
	return min(s.wanted(now), streamShare)
}

// wanted is how much room of a frame the streams could use now.
func (s *streams) wanted(now time.Time) (n int) {
	for i := range s.in {
		n += s.in[i].ackWanted()
		n += s.out[i].wanted(now)
	}
	return n
}

func (s *streams) fill(now time.Time, rtt time.Duration, b *wire.Builder) {
	s.odd = !s.odd
	s.pace.next(rtt)
	for i := range s.in {
		s.in[i].fill(stream(i), b)
	}
	for i := range s.out {
		s.out[i].fill(now, stream(i), b)
	}
}

func (s *streams) ack(now time.Time, a wire.Ack) bool {
	return s.out[index(a.Stream)].ack(now, &a)
}

func (s *streams) data(_ time.Time, d wire.Data, h Handler) bool {
	in := &s.in[index(d.Stream)]
	if !in.take(d.Offset, d.Bytes) {
		return false
	}
	in.deliver(func(msg []byte) { h.FarMessage(d.Stream, msg) })
	return true
}

func (s *streams) reset() {
	s.pace = pace{tick: s.pace.tick, patience: leastPatience}
	for i := range s.out {
		s.out[i] = sender{pace: &s.pace}
		s.in[i] = receiver{}
	}
}
