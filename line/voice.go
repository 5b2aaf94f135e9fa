package line

import (
	"fmt"
	"time"

	"ringdown/wire"
)

// repeatFor is how long a packet is sent again and again: later it would come too
// late to be heard.
const repeatFor = 200 * time.Millisecond

// voice is the voice freight of a line, both ways. The line's loop owns it.
type voice struct {
	voiceOut
	voiceIn
}

var _ voiceFreight = (*voice)(nil)

func newVoice(p wire.Profile, hitless bool) *voice {
	return &voice{
		voiceOut: voiceOut{
			talkers: make([]*talkerOut, p.Talkers),
			maxAge:  uint64(min(repeatFor/p.Tick, wire.MaxAge)),
			maxSize: min(p.Body()-wire.VoiceChunk(1, 0), wire.MaxPacket),
		},
		voiceIn: voiceIn{
			tick:    p.Tick,
			hitless: hitless,
			talkers: make([]talkerIn, p.Talkers),
		},
	}
}

// A talkerOut is what one of our talkers said lately.
type talkerOut struct {
	oldest, next uint64 // numbers of the packets in ring: oldest to next-1
	ring         [ringPackets]outPacket
	picked       uint32 // the packets chosen for the frame being filled: bit i is oldest+i
}

// ringPackets is how many packets of a talker are kept. A console that was stuck
// may bring several at once; more than 320 ms of them are not worth sending.
const ringPackets = 16

// An outPacket is one packet, and how it has travelled.
type outPacket struct {
	codec wire.Codec
	size  uint8
	times uint8  // how often it was sent
	born  uint64 // frame in which it was first sent, or first could have been
	data  [wire.MaxPacket]byte
}

// voiceOut sends the packets of our talkers: each as soon as there is room, and
// again as often as there is room, for as long as it is worth hearing.
type voiceOut struct {
	talkers []*talkerOut // nil: never spoke
	maxAge  uint64       // frames
	maxSize int          // bytes of a packet
	frame   uint64       // newest frame filled or planned
	turn    int          // talker whose repeats go first
}

func (v *voiceOut) send(talker uint8, c wire.Codec, packet []byte) error {
	if int(talker) >= len(v.talkers) {
		return fmt.Errorf("line: voice: talker %d: want less than %d", talker, len(v.talkers))
	}
	if c < wire.CodecOpus || c > wire.CodecPCMA {
		return fmt.Errorf("line: voice: %s: want Opus, PCMU or PCMA", c)
	}
	if len(packet) == 0 || len(packet) > v.maxSize {
		return fmt.Errorf("line: voice: packet of %d bytes: want 1 to %d", len(packet), v.maxSize)
	}
	if v.talkers[talker] == nil {
		v.talkers[talker] = &talkerOut{}
	}
	t := v.talkers[talker]
	if t.next-t.oldest == ringPackets {
		t.oldest++
	}
	p := t.packet(t.next)
	t.next++
	p.codec, p.size, p.times, p.born = c, uint8(len(packet)), 0, v.frame+1
	copy(p.data[:], packet)
	return nil
}

// packet is the place of a packet.
func (t *talkerOut) packet(number uint64) *outPacket { return &t.ring[number%ringPackets] }

// expire forgets what is too old to be sent in a frame.
func (t *talkerOut) expire(frame, maxAge uint64) {
	for t.oldest < t.next && t.packet(t.oldest).born+maxAge < frame {
		t.oldest++
	}
}

// plan says what the voice of a frame takes: all that is new, and that with one
// repeat.
func (v *voiceOut) plan(number uint64) (fresh, repeat int) {
	v.begin(number)
	v.pick(0, maxBody)
	fresh = v.size()
	v.pick(1, maxBody)
	return fresh, v.size()
}

// maxBody is more room than any frame has.
const maxBody = wire.MaxSize

func (v *voiceOut) fill(number uint64, b *wire.Builder, room int) {
	v.begin(number)
	room = min(room, b.Room())
	for times := range uint8(v.maxAge) + 1 {
		v.pick(times, room)
	}
	for i, t := range v.talkers {
		if t != nil {
			t.fill(uint8(i), number, b)
		}
	}
	if len(v.talkers) > 0 {
		v.turn = (v.turn + 1) % len(v.talkers)
	}
}

// begin forgets what is too old for a frame, and what was chosen for another.
func (v *voiceOut) begin(number uint64) {
	v.frame = number
	for _, t := range v.talkers {
		if t != nil {
			t.expire(number, v.maxAge)
			t.picked = 0
		}
	}
}

// size is what the packets chosen so far take.
func (v *voiceOut) size() (n int) {
	for _, t := range v.talkers {
		if t != nil {
			n += t.size()
		}
	}
	return n
}

// pick chooses the packets that were sent so many times, as far as they fit with
// what was chosen before.
func (v *voiceOut) pick(times uint8, room int) {
	used := v.size()
	for i := range v.talkers {
		if t := v.talkers[(i+v.turn)%len(v.talkers)]; t != nil {
			used += t.pick(times, room-used)
		}
	}
}

// pick chooses packets of one talker and returns what they take. The oldest goes
// first, because it is the most urgent; of those that were repeated already, the
// newest, because the oldest would come too late.
func (t *talkerOut) pick(times uint8, room int) (used int) {
	n := t.next - t.oldest
	for i := range n {
		at := i
		if times > 1 {
			at = n - 1 - i
		}
		if t.packet(t.oldest+at).times != times {
			continue
		}
		before := t.size()
		t.picked |= 1 << at
		if more := t.size() - before; used+more <= room {
			used += more
		} else {
			t.picked &^= 1 << at
		}
	}
	return used
}

// size is what the chosen packets of t take.
func (t *talkerOut) size() (n int) {
	for from := t.oldest; from < t.next; {
		count := t.run(from)
		if count == 0 {
			from++
			continue
		}
		n += wire.VoiceChunk(count, int(t.packet(from).size))
		from += uint64(count)
	}
	return n
}

// run is how many chosen packets from one number on go into one chunk.
func (t *talkerOut) run(from uint64) (count int) {
	first := t.packet(from)
	for number := from; number < t.next && count < wire.MaxPackets; number++ {
		p := t.packet(number)
		if t.picked>>(number-t.oldest)&1 == 0 || p.size != first.size || p.codec != first.codec {
			break
		}
		count++
	}
	return count
}

// fill adds the chosen packets of t.
func (t *talkerOut) fill(talker uint8, frame uint64, b *wire.Builder) {
	for from := t.oldest; from < t.next; {
		count := t.run(from)
		if count == 0 {
			from++
			continue
		}
		t.fillRun(talker, frame, from, count, b)
		from += uint64(count)
	}
}

func (t *talkerOut) fillRun(talker uint8, frame, from uint64, count int, b *wire.Builder) {
	first := t.packet(from)
	h := wire.VoiceHeader{Talker: talker, Codec: first.codec, First: uint16(from), Size: first.size, Count: uint8(count)}
	for i := range count {
		p := t.packet(from + uint64(i))
		if p.times == 0 {
			p.born = frame
		}
		h.Ages[i] = uint8(frame - p.born)
	}
	packets, ok := b.Voice(&h)
	if !ok {
		return
	}
	for i := range count {
		p := t.packet(from + uint64(i))
		p.times++
		packets = packets[copy(packets, p.data[:p.size]):]
	}
}
