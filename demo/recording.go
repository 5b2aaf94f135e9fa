package demo

import (
	_ "embed"
	"slices"
)

// RecordedPacket is the size in bytes of every packet of [Recording]: 20 ms of Opus
// at a constant 24 kbit/s.
const RecordedPacket = 60

//go:embed voice/south.opus60
var south []byte

// Recording returns the voice that the demo's south console speaks: one Opus packet
// for each 20 ms, about a minute, to be played in a loop. The packets are shared and
// must not be written to.
func Recording() [][]byte {
	return slices.Collect(slices.Chunk(south, RecordedPacket))
}
