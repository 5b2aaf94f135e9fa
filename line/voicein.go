package line

import (
	"cmp"
	"slices"
	"time"

	"ringdown/wire"
)

const (
	// maxHold is the most that voice is held beyond the fastest path. A path that
	// is slower still is not relied on: its copies come too late either way.
	maxHold = 150 * time.Millisecond

	// holdRate is the least time in which the hold changes by a unit of time, so
	// that nobody hears it: 40 makes half a millisecond from packet to packet, and
	// the whole of maxHold in six seconds.
	holdRate = 40

	// farthestJump is how many frames the far station's number may be away from
	// those before, above it counts as a new beginning. It keeps time within int64.
	farthestJump = 1 << 31

	// repeatReach is how many packets of a talker a frame reaches back at most:
	// one that brings only older ones comes from a talker that began anew.
	repeatReach = ringPackets

	// heldPerTalker bounds the packets held. 150 ms are 8, and 16 more may come
	// at once.
	heldPerTalker = 32

	// A packet is 20 ms of speech. A talker is heard at most once every voiceEvery, with
	// room for clocks that differ, and for voiceBurst of packets that the network held
	// back: a far station cannot flood whoever listens.
	voiceEvery = 15 * time.Millisecond
	voiceBurst = 1500 * time.Millisecond
)

// A heldPacket waits for its instant.
type heldPacket struct {
	due    time.Time
	seq    uint32
	talker uint8
	codec  wire.Codec
	size   uint8
	data   [wire.MaxPacket]byte
}

// A talkerIn is what was heard of one far talker. The zero talkerIn heard nothing.
type talkerIn struct {
	any     bool
	highest int64       // number of the newest packet, extended
	frame   uint64      // newest frame with a packet of this talker
	seen    wire.Window // of extended numbers
	paid    time.Time   // until when voice was heard, at voiceEvery a packet
}

// voiceIn takes each packet once and says when it is due. It holds voice to the
// slowest path relied on, and knows that path by its baseline: how late, against the
// far station's own count of ticks, its fastest datagram of the last seconds came.
type voiceIn struct {
	tick    time.Duration
	hitless bool
	talkers []talkerIn

	any   bool
	epoch time.Time // what baselines count from: an arrival of frame ref
	ref   uint64
	paths [wire.MaxPath + 1]baseline // by number of the path

	held     time.Duration // the baseline voice is held to at present
	adjusted time.Time     // when held was last set: at each datagram

	slots []heldPacket // made when the first packet comes
	free  []uint8      // slots not in use
	queue []uint8      // slots in use, in the order in which they are due
}

func (v *voiceIn) heard(now time.Time, path uint8, number uint64) {
	if !v.any || v.distance(number) < -farthestJump || v.distance(number) > farthestJump {
		v.any, v.epoch, v.ref = true, now, number
		v.paths = [wire.MaxPath + 1]baseline{}
	}
	at := now.Sub(v.epoch)
	v.paths[path].arrive(at, v.tick, at-v.offset(number))
	v.adjust(now)
}

// distance is how many frames number is ahead of ref. Both have 48 bits.
func (v *voiceIn) distance(number uint64) int64 { return int64(number) - int64(v.ref) }

// offset is when frame number was sent, as the far station counts, after frame ref.
func (v *voiceIn) offset(number uint64) time.Duration {
	return time.Duration(v.distance(number)) * v.tick
}

// target is the baseline to hold voice to, and the fastest one. It reports false if
// no path is known well enough.
func (v *voiceIn) target(now time.Time) (slowest, fastest time.Duration, ok bool) {
	at := now.Sub(v.epoch)
	for i := range v.paths {
		if p := &v.paths[i]; p.relied(at) && (!ok || p.least < fastest) {
			fastest, ok = p.least, true
		}
	}
	slowest = fastest
	for i := range v.paths {
		if p := &v.paths[i]; p.relied(at) && p.least <= fastest+maxHold {
			slowest = max(slowest, p.least)
		}
	}
	return slowest, fastest, ok
}

// holding is how long voice waits at present beyond the fastest path that still brings
// anything: what it costs now, not what it cost before a cut.
func (v *voiceIn) holding() time.Duration {
	at := v.adjusted.Sub(v.epoch)
	var fastest time.Duration
	ok := false
	for i := range v.paths {
		if p := &v.paths[i]; p.known && at-p.good < silentAfter && (!ok || p.least < fastest) {
			fastest, ok = p.least, true
		}
	}
	if !ok || !v.hitless {
		return 0
	}
	return max(v.held-fastest, 0)
}

// adjust moves the hold towards its target. Nothing can be let go before it came,
// so a hold below the fastest path is only a wrong one.
func (v *voiceIn) adjust(now time.Time) {
	slowest, fastest, ok := v.target(now)
	if !ok {
		return
	}
	since := now.Sub(v.adjusted)
	v.adjusted = now
	v.held += min(max(slowest-v.held, -since/holdRate), since/holdRate)
	v.held = min(max(v.held, fastest), fastest+maxHold)
}

// receive takes a chunk of a frame. What of it is new is due when the frame that
// first carried it would have come by the slowest path relied on.
func (v *voiceIn) receive(now time.Time, number uint64, c wire.Voice) {
	if int(c.Talker) >= len(v.talkers) {
		return
	}
	t := &v.talkers[c.Talker]
	first := t.place(number, c.First, int64(c.Count))
	for i := range int(c.Count) {
		if seq := first + int64(i); t.accept(seq) && t.afford(now) {
			v.hold(v.instant(now, number, c.Ages[i]), uint32(seq), &c, i)
		}
	}
}

// place extends the number of the first packet of a chunk. A chunk of a newer frame
// that reaches back further than repeats do comes from a talker that began anew:
// its numbers go on above all that were.
func (t *talkerIn) place(frame uint64, low uint16, count int64) int64 {
	if !t.any {
		t.any, t.highest, t.frame = true, 1<<16|int64(low), frame
	}
	first := wire.NearestNumber(t.highest, low)
	if frame > t.frame {
		t.frame = frame
		if first+count-1 < t.highest-repeatReach {
			first = (t.highest>>16+1)<<16 | int64(low)
		}
	}
	return first
}

func (t *talkerIn) accept(seq int64) bool {
	if seq < 0 || !t.seen.Accept(uint64(seq)) {
		return false
	}
	t.highest = max(t.highest, seq)
	return true
}

// afford counts a packet against the rate of speech. It reports false if there were too
// many.
func (t *talkerIn) afford(now time.Time) bool {
	if oldest := now.Add(-voiceBurst); t.paid.Before(oldest) {
		t.paid = oldest
	}
	if t.paid.After(now) {
		return false
	}
	t.paid = t.paid.Add(voiceEvery)
	return true
}

// instant is when a packet of an age in a frame is let go.
func (v *voiceIn) instant(now time.Time, number uint64, age uint8) time.Time {
	if !v.hitless || !v.any {
		return now
	}
	at := v.epoch.Add(v.held + v.offset(number) - time.Duration(age)*v.tick)
	if at.Before(now) {
		return now
	}
	if latest := now.Add(maxHold); at.After(latest) {
		return latest // only a far station that makes things up gets here
	}
	return at
}

// hold keeps the i-th packet of a chunk until it is due. A talker of whom too
// many are held loses the packet: no honest one has so many.
func (v *voiceIn) hold(due time.Time, seq uint32, c *wire.Voice, i int) {
	if v.slots == nil {
		v.makeSlots()
	}
	if len(v.free) == 0 {
		return
	}
	at := v.free[len(v.free)-1]
	v.free = v.free[:len(v.free)-1]
	p := &v.slots[at]
	p.due, p.seq, p.talker, p.codec, p.size = due, seq, c.Talker, c.Codec, c.Size
	copy(p.data[:], c.Packet(i))
	place, _ := slices.BinarySearchFunc(v.queue, p, func(slot uint8, p *heldPacket) int {
		return v.slots[slot].compare(p)
	})
	v.queue = slices.Insert(v.queue, place, at)
}

func (p *heldPacket) compare(q *heldPacket) int {
	return cmp.Or(p.due.Compare(q.due), cmp.Compare(p.talker, q.talker), cmp.Compare(p.seq, q.seq))
}

func (v *voiceIn) makeSlots() {
	n := heldPerTalker * len(v.talkers)
	v.slots = make([]heldPacket, n)
	v.free, v.queue = make([]uint8, n), make([]uint8, 0, n)
	for i := range v.free {
		v.free[i] = uint8(i)
	}
}

func (v *voiceIn) due() (time.Time, bool) {
	if len(v.queue) == 0 {
		return time.Time{}, false
	}
	return v.slots[v.queue[0]].due, true
}

func (v *voiceIn) play(now time.Time, h Handler) {
	for len(v.queue) > 0 {
		at := v.queue[0]
		p := &v.slots[at]
		if p.due.After(now) {
			return
		}
		v.queue = slices.Delete(v.queue, 0, 1)
		h.FarVoice(p.talker, p.codec, p.seq, p.data[:p.size])
		v.free = append(v.free, at)
	}
}

// reset forgets all that was heard: the far station runs anew.
func (v *voiceIn) reset() {
	*v = voiceIn{tick: v.tick, hitless: v.hitless, talkers: make([]talkerIn, len(v.talkers))}
}
