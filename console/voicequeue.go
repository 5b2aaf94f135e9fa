package console

import "sync"

const voiceQueued = 32 // packets waiting for one browser: 640 ms of one talker

// A voicePacket is one packet of a far talker.
type voicePacket struct {
	talker, codec uint8
	number        uint32
	size          int
	bytes         [g711Bytes]byte
}

// A voiceQueue holds what waits for one browser. It never blocks who puts: when
// it is full the oldest goes, because late voice is worth the least. Nothing is
// allocated after it was made.
type voiceQueue struct {
	mu     sync.Mutex
	filled sync.Cond
	ring   [voiceQueued]voicePacket
	head   int // of the oldest
	length int
	closed bool
}

func newVoiceQueue() *voiceQueue {
	q := new(voiceQueue)
	q.filled.L = &q.mu
	return q
}

// put copies the packet. A size that no codec of ours makes is dropped.
func (q *voiceQueue) put(talker, codec uint8, number uint32, packet []byte) {
	if len(packet) == 0 || len(packet) > g711Bytes {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	if q.length == voiceQueued {
		q.head = (q.head + 1) % voiceQueued
		q.length--
	}
	v := &q.ring[(q.head+q.length)%voiceQueued]
	v.talker, v.codec, v.number = talker, codec, number
	v.size = copy(v.bytes[:], packet)
	q.length++
	q.filled.Signal()
}

// take waits for the oldest packet; false when the queue was closed.
func (q *voiceQueue) take(v *voicePacket) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.length == 0 && !q.closed {
		q.filled.Wait()
	}
	if q.closed {
		return false
	}
	*v = q.ring[q.head]
	q.head = (q.head + 1) % voiceQueued
	q.length--
	return true
}

func (q *voiceQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
}
