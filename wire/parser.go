package wire

import "encoding/binary"

// Chunks goes through the chunks of a body. It holds slices of the body and
// allocates nothing.
//
//	chunks, err := wire.Parse(body)
//	if err != nil {
//		return err // nothing of the body counts
//	}
//	for chunks.Next() {
//		switch chunks.Kind() {
//		case wire.KindVoice:
//			v := chunks.Voice()
//			…
//		}
//	}
type Chunks struct {
	chunk []byte // where Next stands
	rest  []byte // the chunks behind it, without padding
}

// Parse checks the whole of a body, so that it is acted on as a whole or not at
// all. Its error is a [MalformedError].
func Parse(body []byte) (Chunks, error) {
	var o order
	at := 0
	for at < len(body) && body[at] != 0 {
		n, err := checkChunk(body[at:], at, &o)
		if err != nil {
			return Chunks{}, err
		}
		at += n
	}
	for i, pad := range body[at:] {
		if pad != 0 {
			return Chunks{}, malformed("body", at+i, "padding", int(pad), "0 to the end")
		}
	}
	return Chunks{rest: body[:at]}, nil
}

// Next goes to the next chunk. It reports false when there is none.
func (c *Chunks) Next() bool {
	if len(c.rest) == 0 {
		c.chunk = nil
		return false
	}
	n := chunkSize(c.rest)
	c.chunk, c.rest = c.rest[:n:n], c.rest[n:]
	return true
}

// Kind is the kind of the chunk where Next stands. Each of the methods below is
// for chunks of its own kind only.
func (c *Chunks) Kind() Kind { return Kind(c.chunk[0]) }

// Signal is the signal and its version.
func (c *Chunks) Signal() (version uint32, s Signal) {
	return binary.BigEndian.Uint32(c.chunk[1:]), signalOf(c.chunk[5:])
}

// Hello is the hello.
func (c *Chunks) Hello() Hello {
	return Hello{Own: attemptOf(c.chunk[1:]), Far: attemptOf(c.chunk[13:])}
}

// Handshake is the piece of the handshake stream.
func (c *Chunks) Handshake() Handshake {
	return Handshake{
		Offset:   binary.BigEndian.Uint16(c.chunk[1:]),
		Received: binary.BigEndian.Uint16(c.chunk[3:]),
		Bytes:    c.chunk[HandshakeOverhead:],
	}
}

// Voice is the run of packets.
func (c *Chunks) Voice() Voice {
	v := voiceOf(c.chunk)
	return Voice{VoiceHeader: v, Packets: c.chunk[voiceOverhead+v.Count/2:]}
}

// voiceOf decodes the header of a voice chunk.
func voiceOf(c []byte) VoiceHeader {
	v := VoiceHeader{
		Talker: c[1] >> 4,
		Codec:  Codec(c[1] & 0xf),
		First:  binary.BigEndian.Uint16(c[2:]),
		Size:   c[4],
		Count:  c[5] >> 4,
	}
	count := int(v.Count)
	v.Ages[count-1] = c[5] & 0xf
	for i := 1; i < count; i++ {
		v.Ages[count-1-i] = c[voiceOverhead+(i-1)/2] >> (4 * (i & 1)) & 0xf
	}
	return v
}

// Ack is the acknowledgement.
func (c *Chunks) Ack() Ack { return ackOf(c.chunk) }

func ackOf(c []byte) Ack {
	a := Ack{Stream: Stream(c[1] >> 4), Count: int(c[1] & 0xf), Duplicates: c[2], Received: uint24(c[3:])}
	for i := range a.Count {
		r := c[AckOverhead+i*RangeSize:]
		a.Ranges[i] = Range{Gap: uint24(r), Length: uint24(r[3:])}
	}
	return a
}

// Data is the piece of a stream.
func (c *Chunks) Data() Data {
	return Data{Stream: Stream(c.chunk[1] >> 4), Offset: uint24(c.chunk[3:]), Bytes: c.chunk[DataOverhead:]}
}

// headSize is how many bytes of a chunk of kind k tell its size: from them
// [chunkSize] needs no more.
var headSize = [kinds]int{
	KindSignal: 1, KindHello: 1, KindHandshake: HandshakeOverhead,
	KindVoice: voiceOverhead, KindAck: AckOverhead, KindData: DataOverhead,
}

// chunkSize is the size of the chunk at the start of b, whose kind is known and
// whose head is all there.
func chunkSize(b []byte) int {
	switch Kind(b[0]) {
	case KindSignal:
		return SignalChunk
	case KindHello:
		return HelloChunk
	case KindHandshake:
		return HandshakeOverhead + int(binary.BigEndian.Uint16(b[5:]))
	case KindVoice:
		return VoiceChunk(int(b[5]>>4), int(b[4]))
	case KindAck:
		return AckOverhead + int(b[1]&0xf)*RangeSize
	default:
		return DataOverhead + int(binary.BigEndian.Uint16(b[1:])&MaxData)
	}
}

// checkChunk checks the chunk at the start of b, which is at byte at of the
// body, and its place, and returns its size.
func checkChunk(b []byte, at int, o *order) (int, error) {
	kind := Kind(b[0])
	if kind >= kinds {
		return 0, malformed("body", at, "kind of chunk", int(kind), "1 to 6, or padding")
	}
	if len(b) < headSize[kind] {
		return 0, malformed(kind.String(), at, "bytes left", len(b), "the head of the chunk")
	}
	n := chunkSize(b)
	if len(b) < n {
		return 0, malformed(kind.String(), at, "bytes left", len(b), "the whole chunk")
	}
	e, err := checkContent(b[:n], at)
	if err != nil {
		return 0, err
	}
	if !o.accept(e) {
		return 0, malformed(kind.String(), at, "place after kind", int(o.last.kind), "each once and in order")
	}
	return n, nil
}

// checkContent checks the fields of one whole chunk.
func checkContent(c []byte, at int) (extent, error) {
	chunks := Chunks{chunk: c}
	switch kind := Kind(c[0]); kind {
	case KindSignal:
		return extent{kind: kind}, checkSignal(c, at)
	case KindHello:
		return extent{kind: kind}, checkHello(chunks.Hello(), at)
	case KindHandshake:
		return extent{kind: kind}, checkHandshake(chunks.Handshake(), at)
	case KindVoice:
		return checkVoice(c, at)
	case KindAck:
		a := chunks.Ack()
		if !a.valid() {
			return extent{}, malformed(kind.String(), at+1, "stream and ranges", int(c[1]), "a known stream, gaps and lengths of at least 1")
		}
		return extent{kind: kind, id: uint8(a.Stream)}, nil
	default:
		d := chunks.Data()
		if d.Stream == 0 || d.Stream >= streams || len(d.Bytes) == 0 {
			return extent{}, malformed(kind.String(), at+1, "stream and length", int(binary.BigEndian.Uint16(c[1:])), "a known stream, at least 1 byte")
		}
		return d.extent(), nil
	}
}

func checkSignal(c []byte, at int) error {
	if binary.BigEndian.Uint32(c[1:]) == 0 {
		return malformed("signal", at+1, "version", 0, "at least 1")
	}
	s := signalOf(c[5:])
	if s.Check() != nil {
		return malformed("signal", at+5, "step and reason", int(c[21])<<8|int(c[22]), "fields that go together")
	}
	return nil
}

func checkHello(h Hello, at int) error {
	if h.Own.Incarnation == 0 {
		return malformed("hello", at+1, "incarnation", 0, "at least 1")
	}
	if h.Far.Incarnation == 0 && h.Far.Number != 0 {
		return malformed("hello", at+21, "number of no attempt", int(h.Far.Number), "0")
	}
	return nil
}

func checkHandshake(h Handshake, at int) error {
	switch {
	case len(h.Bytes) == 0 && h.Offset != 0:
		return malformed("handshake", at+1, "offset of no bytes", int(h.Offset), "0")
	case int(h.Offset)+len(h.Bytes) > MaxHandshake:
		return malformed("handshake", at+1, "end of bytes", int(h.Offset)+len(h.Bytes), "at most 16384")
	case h.Received > MaxHandshake:
		return malformed("handshake", at+3, "received", int(h.Received), "at most 16384")
	}
	return nil
}

func checkVoice(c []byte, at int) (extent, error) {
	if c[5]>>4 == 0 {
		return extent{}, malformed("voice", at+5, "count of packets", 0, "at least 1")
	}
	v := voiceOf(c)
	if !v.valid() {
		return extent{}, malformed("voice", at+1, "talker and codec", int(c[1]), "a known codec, packets of at least 1 byte, rising ages")
	}
	if last := c[voiceOverhead+int(v.Count/2)-1]; v.Count&1 == 0 && last&0xf != 0 {
		return extent{}, malformed("voice", at+voiceOverhead+int(v.Count/2)-1, "unused half of a byte", int(last&0xf), "0")
	}
	return v.extent(), nil
}
