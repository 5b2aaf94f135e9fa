package wire

import (
	"encoding/binary"
	"fmt"
	"time"
)

// A Profile is what the accord fixes of the datagrams of one line. Both
// stations send exactly this size at exactly this cadence.
type Profile struct {
	Name    string        // as written in the accord
	Tick    time.Duration // one datagram leaves on each path at every tick
	Size    int           // bytes of every datagram
	Talkers int           // voices one side may send at once; their numbers are 0 to Talkers-1
}

// The profiles there are.
var (
	// Standard carries one or two Opus talkers a side: 16 kB/s a path and direction.
	Standard = Profile{Name: "standard", Tick: 20 * time.Millisecond, Size: 320, Talkers: 2}

	// Wide carries G.711, or four Opus talkers a side: 32 kB/s a path and direction.
	Wide = Profile{Name: "wide", Tick: 20 * time.Millisecond, Size: 640, Talkers: 4}

	// Thin carries one Opus talker a side and no G.711: 5.3 kB/s a path and direction.
	Thin = Profile{Name: "thin", Tick: 60 * time.Millisecond, Size: 320, Talkers: 1}
)

// ParseProfile finds the profile of a name.
func ParseProfile(name string) (Profile, error) {
	for _, p := range []Profile{Standard, Wide, Thin} {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("wire: profile %q: want standard, wide or thin", name)
}

// Plain is the size of the plaintext of every datagram: both headers and the body.
func (p Profile) Plain() int { return p.Size - Overhead }

// Body is the size of the body of every datagram: the room for chunks.
func (p Profile) Body() int { return p.Plain() - PathHeaderSize - FrameHeaderSize }

// MaxSize is the size of the largest datagram of any profile: 640 bytes.
const MaxSize = 640

// A Direction says which party of the accord sent a datagram.
type Direction uint8

// The directions. Their values are the high bit of the path byte.
const (
	FromFirst  Direction = 0x00 // sent by the accord's first party
	FromSecond Direction = 0x80 // sent by its second party
)

// Opposite is the other direction.
func (d Direction) Opposite() Direction { return d ^ FromSecond }

func (d Direction) String() string {
	if d == FromFirst {
		return "from first"
	}
	return "from second"
}

// MaxPath is the highest number of a path; the lowest is 1.
const MaxPath = 8

// LabelSize is the size of a [Label] in bytes.
const LabelSize = 8

// A Label is the first 8 bytes of a datagram. It is fixed for a path and a
// direction and looks random to who lacks the pair's secret.
type Label [LabelSize]byte

// LabelOf is the label of a datagram. It reports false for a datagram too short
// to be one of any profile.
func LabelOf(datagram []byte) (Label, bool) {
	if len(datagram) < Overhead {
		return Label{}, false
	}
	return Label(datagram[:LabelSize]), true
}

// putUint48 writes the low 48 bits of v.
func putUint48(b []byte, v uint64) {
	binary.BigEndian.PutUint16(b, uint16(v>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(v))
}

func uint48(b []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(b))<<32 | uint64(binary.BigEndian.Uint32(b[2:]))
}

// max48 is the largest number that 6 bytes hold.
const max48 = 1<<48 - 1
