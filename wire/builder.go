package wire

import "encoding/binary"

// A Builder fills the body of a frame chunk by chunk. Chunks must be added in
// rising order: of kind, then of talker or stream, then of number or position. A
// method that reports false has added nothing: the chunk does not fit, may not
// stand here, or is one a [Chunks] would refuse. The zero Builder has no room.
type Builder struct {
	body  []byte
	used  int
	order order
}

// Reset begins a body.
func (b *Builder) Reset(body []byte) { *b = Builder{body: body} }

// Room is how many bytes are left.
func (b *Builder) Room() int { return len(b.body) - b.used }

// Used is how many bytes are taken.
func (b *Builder) Used() int { return b.used }

// Finish pads what is left with zeros. The body is complete.
func (b *Builder) Finish() { clear(b.body[b.used:]) }

// add makes room for a chunk of size bytes and writes its kind.
func (b *Builder) add(size int, e extent) ([]byte, bool) {
	if size > b.Room() || !b.order.accept(e) {
		return nil, false
	}
	chunk := b.body[b.used : b.used+size]
	b.used += size
	chunk[0] = byte(e.kind)
	return chunk, true
}

// Signal adds a signal, if [Signal.Check] accepts it, and its version, which is
// at least 1.
func (b *Builder) Signal(version uint32, s *Signal) bool {
	if version == 0 || s.Check() != nil {
		return false
	}
	c, ok := b.add(SignalChunk, extent{kind: KindSignal})
	if ok {
		binary.BigEndian.PutUint32(c[1:], version)
		s.put(c[5:])
	}
	return ok
}

// Hello adds a hello.
func (b *Builder) Hello(h Hello) bool {
	if h.Own.Incarnation == 0 || h.Far.Incarnation == 0 && h.Far.Number != 0 {
		return false
	}
	c, ok := b.add(HelloChunk, extent{kind: KindHello})
	if ok {
		putAttempt(c[1:], h.Own)
		putAttempt(c[13:], h.Far)
	}
	return ok
}

// Handshake adds a piece of the handshake stream. A hello stands before it.
func (b *Builder) Handshake(h Handshake) bool {
	if len(h.Bytes) == 0 && h.Offset != 0 || int(h.Offset)+len(h.Bytes) > MaxHandshake || h.Received > MaxHandshake {
		return false
	}
	c, ok := b.add(HandshakeOverhead+len(h.Bytes), extent{kind: KindHandshake})
	if ok {
		binary.BigEndian.PutUint16(c[1:], h.Offset)
		binary.BigEndian.PutUint16(c[3:], h.Received)
		binary.BigEndian.PutUint16(c[5:], uint16(len(h.Bytes)))
		copy(c[HandshakeOverhead:], h.Bytes)
	}
	return ok
}

// Voice adds a voice chunk and returns the place for its packets, one behind
// the other, which the caller fills.
func (b *Builder) Voice(v *VoiceHeader) (packets []byte, ok bool) {
	if !v.valid() {
		return nil, false
	}
	count := int(v.Count)
	c, ok := b.add(VoiceChunk(count, int(v.Size)), v.extent())
	if !ok {
		return nil, false
	}
	c[1] = v.Talker<<4 | byte(v.Codec)
	binary.BigEndian.PutUint16(c[2:], v.First)
	c[4] = v.Size
	c[5] = v.Count<<4 | v.Ages[count-1]
	ages := c[voiceOverhead : voiceOverhead+count/2]
	clear(ages)
	for i := 1; i < count; i++ {
		ages[(i-1)/2] |= v.Ages[count-1-i] << (4 * (i & 1))
	}
	return c[voiceOverhead+count/2:], true
}

func (v *VoiceHeader) valid() bool {
	if v.Talker > MaxTalker || v.Codec == 0 || v.Codec >= codecs || v.Size == 0 || v.Count == 0 || v.Count > MaxPackets {
		return false
	}
	for i, age := range v.Ages {
		if age > MaxAge || i >= int(v.Count) && age != 0 || i > 0 && age > v.Ages[i-1] {
			return false
		}
	}
	return true
}

func (v *VoiceHeader) extent() extent {
	return extent{kind: KindVoice, id: v.Talker, start: uint32(v.First), length: uint32(v.Count), wrap: 1 << 16}
}

// Ack adds an acknowledgement.
func (b *Builder) Ack(a *Ack) bool {
	if !a.valid() {
		return false
	}
	c, ok := b.add(AckOverhead+a.Count*RangeSize, extent{kind: KindAck, id: uint8(a.Stream)})
	if !ok {
		return false
	}
	c[1] = byte(a.Stream)<<4 | byte(a.Count)
	c[2] = a.Duplicates
	putUint24(c[3:], a.Received)
	for i, r := range a.Ranges[:a.Count] {
		putUint24(c[AckOverhead+i*RangeSize:], r.Gap)
		putUint24(c[AckOverhead+i*RangeSize+3:], r.Length)
	}
	return true
}

func (a *Ack) valid() bool {
	if a.Stream == 0 || a.Stream >= streams || a.Received >= positions || a.Count < 0 || a.Count > MaxRanges {
		return false
	}
	var span uint32
	for _, r := range a.Ranges[:a.Count] {
		if r.Gap == 0 || r.Length == 0 || r.Gap >= positions || r.Length >= positions {
			return false
		}
		span += r.Gap + r.Length
	}
	return span < positions/2
}

// Data adds a piece of a stream.
func (b *Builder) Data(d Data) bool {
	n := len(d.Bytes)
	if d.Stream == 0 || d.Stream >= streams || d.Offset >= positions || n == 0 || n > MaxData {
		return false
	}
	c, ok := b.add(DataOverhead+n, d.extent())
	if ok {
		binary.BigEndian.PutUint16(c[1:], uint16(d.Stream)<<12|uint16(n))
		putUint24(c[3:], d.Offset)
		copy(c[DataOverhead:], d.Bytes)
	}
	return ok
}

func (d *Data) extent() extent {
	return extent{kind: KindData, id: uint8(d.Stream), start: d.Offset, length: uint32(len(d.Bytes)), wrap: positions}
}
