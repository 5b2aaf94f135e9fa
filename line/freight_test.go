package line

import (
	"math/rand/v2"
	"testing"
	"time"

	"ringdown/wire"
)

// simStart is when the simulations of the freights begin.
var simStart = time.Date(2026, 6, 29, 12, 0, 0, 0, time.UTC)

// maxScript bounds what a fuzzer makes the freights do, so that it does many things.
const maxScript = 1000

// A heardVoice is one packet as it was let go.
type heardVoice struct {
	at     time.Duration // since simStart
	talker uint8
	codec  wire.Codec
	seq    uint32
	packet string
}

// A listener is the part of a Handler that the freights call.
type listener struct {
	Handler
	now      time.Duration
	voice    []heardVoice
	messages [3][]string
}

func (l *listener) FarVoice(talker uint8, c wire.Codec, seq uint32, packet []byte) {
	l.voice = append(l.voice, heardVoice{l.now, talker, c, seq, string(packet)})
}

func (l *listener) FarMessage(s Stream, msg []byte) {
	l.messages[s] = append(l.messages[s], string(msg))
}

// A simPath is one path of a simulation.
type simPath struct {
	delay, jitter time.Duration
	loss          float64
	cutAt         time.Duration // since start; 0: never
	backAt        time.Duration
}

// arrival is when a datagram sent at a time comes, if it does. Every datagram
// draws the same numbers, whatever becomes of it: a cut changes nothing else.
func (p *simPath) arrival(sent time.Duration, r *rand.Rand) (time.Duration, bool) {
	lost, jitter := r.Float64() < p.loss, time.Duration(r.Float64()*float64(p.jitter))
	cut := p.cutAt > 0 && sent >= p.cutAt && (p.backAt == 0 || sent < p.backAt)
	return sent + p.delay + jitter, !lost && !cut
}

// parse is the body's chunks; a builder never makes any that are refused.
func parse(t testing.TB, body []byte) wire.Chunks {
	t.Helper()
	chunks, err := wire.Parse(body)
	if err != nil {
		t.Fatalf("a filled frame is refused: %v", err)
	}
	return chunks
}

// A silentHandler counts what the freights let go, and keeps nothing.
type silentHandler struct {
	Handler
	voice, messages int
}

func (h *silentHandler) FarVoice(uint8, wire.Codec, uint32, []byte) { h.voice++ }
func (h *silentHandler) FarMessage(Stream, []byte)                  { h.messages++ }
