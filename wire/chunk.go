package wire

import (
	"cmp"
	"encoding/binary"
	"fmt"
)

// A Kind says what a chunk is. Chunks stand in a body in rising order of kind.
type Kind uint8

// The kinds. Kind 0 is no chunk: it and all behind it is padding.
const (
	KindSignal Kind = 1 + iota
	KindHello
	KindHandshake
	KindVoice
	KindAck
	KindData
	kinds
)

var kindNames = [kinds]string{"padding", "signal", "hello", "handshake", "voice", "acknowledgement", "data"}

func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// What each kind takes of a body besides its content.
const (
	SignalChunk       = 1 + 4 + SignalSize // all of it
	HelloChunk        = 25                 // all of it
	HandshakeOverhead = 7                  // before the bytes
	voiceOverhead     = 6                  // before the ages of all packets but the last: see VoiceChunk
	AckOverhead       = 6                  // before the ranges
	RangeSize         = 6                  // each range
	DataOverhead      = 6                  // before the bytes
)

// Limits of what chunks hold.
const (
	MaxHandshake = 1 << 14   // bytes of the handshake stream of one attempt
	MaxTalker    = 15        // highest number of a talker
	MaxPackets   = 15        // packets of one voice chunk
	MaxPacket    = 255       // bytes of one packet
	MaxAge       = 15        // frames from a packet's first to its last
	MaxRanges    = 15        // ranges of one acknowledgement
	MaxData      = 1<<12 - 1 // bytes of one data chunk
	positions    = 1 << 24   // of a stream: they wrap
)

// An Attempt numbers everything a station does before it is trusted: knocks and
// handshakes. Attempts of a station strictly rise, over restarts too.
type Attempt struct {
	Incarnation uint64 // of the station: rises with every start
	Number      uint32 // within the incarnation
}

// Compare orders attempts: by incarnation, then by number.
func (a Attempt) Compare(b Attempt) int {
	return cmp.Or(cmp.Compare(a.Incarnation, b.Incarnation), cmp.Compare(a.Number, b.Number))
}

// A Hello says which attempt a datagram belongs to.
type Hello struct {
	Own Attempt // the sender's; its incarnation is at least 1
	Far Attempt // the newest accepted from the far station; zero: none
}

// A Handshake is a piece of the sender's handshake stream, an acknowledgement
// of the far one, or both. It belongs to the attempts in the hello before it.
type Handshake struct {
	Offset   uint16 // of Bytes; 0 if there are none
	Received uint16 // bytes of the far stream received without a gap
	Bytes    []byte
}

// A Codec says what a voice packet is. Voice is never transcoded on the line.
type Codec uint8

// The codecs.
const (
	CodecOpus Codec = 1 + iota // 20 ms; constant 24 kbit/s makes 60 bytes
	CodecPCMU                  // G.711 µ-law, 20 ms: 160 bytes
	CodecPCMA                  // G.711 A-law, 20 ms: 160 bytes
	codecs
)

func (c Codec) String() string {
	switch c {
	case CodecOpus:
		return "Opus"
	case CodecPCMU:
		return "PCMU"
	case CodecPCMA:
		return "PCMA"
	}
	return fmt.Sprintf("codec %d", uint8(c))
}

// A VoiceHeader describes a run of packets of one talker with consecutive
// numbers, of one codec and one size.
type VoiceHeader struct {
	Talker uint8
	Codec  Codec
	First  uint16 // low 16 bits of the number of the first packet
	Size   uint8  // bytes of each packet: at least 1
	Count  uint8  // packets: 1 to MaxPackets

	// Ages says of each packet how many frames ago it was first sent: 0 is new in
	// this frame. No packet is older than the one before it. Behind Count: 0.
	Ages [MaxPackets]uint8
}

// Voice is a voice chunk: the header and Count times Size bytes.
type Voice struct {
	VoiceHeader
	Packets []byte
}

// Packet is the i-th packet.
func (v *Voice) Packet(i int) []byte {
	size := int(v.Size)
	return v.Packets[i*size : (i+1)*size : (i+1)*size]
}

// VoiceChunk is what a voice chunk of count packets of size bytes takes.
func VoiceChunk(count, size int) int { return voiceOverhead + count/2 + count*size }

// A Stream is one of the reliable streams of a line.
type Stream uint8

// The streams.
const (
	StreamEntries Stream = 1 + iota // entries of the record
	StreamBulk                      // attachments, behind the entries
	streams
)

func (s Stream) String() string {
	switch s {
	case StreamEntries:
		return "entries"
	case StreamBulk:
		return "bulk"
	}
	return fmt.Sprintf("stream %d", uint8(s))
}

// An Ack says what of a stream was received. Positions are the low 24 bits.
type Ack struct {
	Stream     Stream
	Duplicates uint8  // data chunks that brought nothing new, modulo 256
	Received   uint32 // position up to which there is no gap
	Count      int    // ranges in Ranges
	Ranges     [MaxRanges]Range
}

// A Range is bytes received beyond a gap.
type Range struct {
	Gap    uint32 // bytes not spoken of since the end of the range before, or since Received: at least 1
	Length uint32 // bytes received: at least 1
}

// Data is a piece of a stream.
type Data struct {
	Stream Stream
	Offset uint32 // position of the first byte, low 24 bits
	Bytes  []byte // 1 to MaxData
}

// NearestPosition is the position whose low 24 bits are given and which lies
// nearest to near. It may be negative: then the far station made it up.
func NearestPosition(near int64, low uint32) int64 {
	return near + int64(int32((low-uint32(near))<<8)>>8)
}

// NearestNumber is the number of a packet whose low 16 bits are given and which
// lies nearest to near.
func NearestNumber(near int64, low uint16) int64 {
	return near + int64(int16(low-uint16(near)))
}

func uint24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

func putUint24(b []byte, v uint32) { b[0], b[1], b[2] = byte(v>>16), byte(v>>8), byte(v) }

func putAttempt(b []byte, a Attempt) {
	binary.BigEndian.PutUint64(b, a.Incarnation)
	binary.BigEndian.PutUint32(b[8:], a.Number)
}

func attemptOf(b []byte) Attempt {
	return Attempt{binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])}
}

// An extent is what a chunk covers, for the order of chunks: of each kind and
// id (talker or stream) the bytes or packets from start on, modulo wrap.
type extent struct {
	kind   Kind
	id     uint8
	start  uint32
	length uint32
	wrap   uint32 // 0: only one chunk of this kind and id is allowed
}

// An order is the place a body has got to. The zero order is its beginning.
type order struct {
	last  extent // its start and length grow to all that kind and id covered
	hello bool
}

// accept moves to behind e and reports true, or false if e may not stand here.
func (o *order) accept(e extent) bool {
	if e.kind == KindHandshake && !o.hello {
		return false
	}
	if c := cmp.Or(cmp.Compare(e.kind, o.last.kind), cmp.Compare(e.id, o.last.id)); c < 0 {
		return false
	} else if c > 0 {
		o.last, o.hello = e, o.hello || e.kind == KindHello
		return true
	}
	if e.wrap == 0 {
		return false
	}
	from := (e.start - o.last.start) & (e.wrap - 1)
	if from < o.last.length || from+e.length > e.wrap/2 {
		return false
	}
	o.last.length = from + e.length
	return true
}
