package console

import (
	"testing"
	"time"
)

// A heard is one packet as it leaves for the browser.
type heard struct {
	seq    uint16
	stamp  uint32
	marker bool
}

func (s *stream) must(t *testing.T, now time.Time, talker, codec uint8, number uint32) heard {
	t.Helper()
	seq, stamp, marker, ok := s.next(now, talker, codec, number)
	if !ok {
		t.Fatalf("packet %d was dropped", number)
	}
	return heard{seq, stamp, marker}
}

func TestStreamKeepsGapsAndOrder(t *testing.T) {
	var s stream
	now := time.Now()
	first := s.must(t, now, 0, 1, 1<<32-2) // the count on the line wraps
	if !first.marker {
		t.Error("the first packet has no marker")
	}
	for _, step := range []uint32{1, 2, 5, 3, 4, 49} { // 3 and 4 come late
		if step == 49 {
			now = now.Add(800 * time.Millisecond)
		}
		want := heard{first.seq + uint16(step), first.stamp + 960*step, false}
		number := step - 2 // 1<<32-2 and step more
		if got := s.must(t, now, 0, 1, number); got != want {
			t.Errorf("step %d: %+v, want %+v", step, got, want)
		}
	}
	for what, number := range map[string]uint32{"a packet again": 47, "one from before the first": 1<<32 - 3} {
		if _, _, _, ok := s.next(now, 0, 1, number); ok {
			t.Errorf("%s was sent", what)
		}
	}
}

func TestStreamDropsWhatIsTooLate(t *testing.T) {
	var s stream
	now := time.Now()
	s.must(t, now, 0, 1, 1000)
	s.must(t, now, 0, 1, 1100)
	if _, _, _, ok := s.next(now, 0, 1, 1100-maxLate); !ok {
		t.Error("a packet late by a second was dropped")
	}
	if _, _, _, ok := s.next(now, 0, 1, 1100-maxLate-1); ok {
		t.Error("a packet later than that was sent")
	}
}

// What begins anew goes on where the stream was, by the time that has passed.
func TestStreamBeginsAnew(t *testing.T) {
	for _, c := range []struct {
		what          string
		after         time.Duration
		talker, codec uint8
		number        uint32
		passed        uint32 // RTP units
	}{
		{"another talker", 40 * time.Millisecond, 1, 1, 1001, 2 * 960},
		{"another talker at once", 0, 1, 1, 1001, 960},
		{"a jump forward", 21 * time.Millisecond, 0, 1, 1000 + maxJump + 1, 960},
		{"a jump back", 29 * time.Millisecond, 0, 1, 1000 - maxJump - 1, 960},
		{"another call after a rest", 10 * time.Second, 0, 1, 1001, 500 * 960},
		{"another codec", 20 * time.Millisecond, 0, 2, 1001, 160},
	} {
		var s stream
		now := time.Now()
		was := s.must(t, now, 0, 1, 1000)
		got := s.must(t, now.Add(c.after), c.talker, c.codec, c.number)
		if want := (heard{was.seq + 1, was.stamp + c.passed, true}); got != want {
			t.Errorf("%s: %+v, want %+v", c.what, got, want)
		}
		next := s.must(t, now.Add(c.after), c.talker, c.codec, c.number+1)
		if want := (heard{got.seq + 1, got.stamp + unitsOf(c.codec), false}); next != want {
			t.Errorf("%s, the packet after: %+v, want %+v", c.what, next, want)
		}
	}
}

func TestStreamRefusesUnknownCodec(t *testing.T) {
	var s stream
	if _, _, _, ok := s.next(time.Now(), 0, 9, 1); ok || s.begun {
		t.Error("a codec that no console knows was sent")
	}
}

func TestChoose(t *testing.T) {
	now := time.Now()
	streams := make([]stream, 2)
	use := func(talker uint8) int {
		s := choose(streams, now, talker)
		for i := range streams {
			if s == &streams[i] {
				s.next(now, talker, 1, uint32(now.UnixNano()))
				return i
			}
		}
		return -1
	}
	for i, step := range []struct {
		talker uint8
		pause  time.Duration
		want   int
	}{
		{1, 0, 1},  // their own place
		{0, 0, 0},  // their own place
		{2, 0, -1}, // both are taken
		{1, 0, 1},
		{1, yieldFree, 1}, // 0 pauses for a moment
		{2, 0, 0},         // and 2 takes the place
		{0, 0, -1},
	} {
		now = now.Add(step.pause)
		if got := use(step.talker); got != step.want {
			t.Errorf("step %d: talker %d is heard in stream %d, want %d", i, step.talker, got, step.want)
		}
	}
}

func TestIntakeDropsWhatIsLate(t *testing.T) {
	var in intake
	for _, c := range []struct {
		seq  uint16
		want bool
	}{{65534, true}, {65535, true}, {65535, false}, {1, true}, {0, false}, {2, true}, {100, true}, {99, false}} {
		if got := in.accept(c.seq); got != c.want {
			t.Errorf("packet %d: %v, want %v", c.seq, got, c.want)
		}
	}
}

// RFC 6716, table 2 and section 3.2.
func TestOpusSpan(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		config, code byte
		more         []byte
		want         time.Duration
	}{
		{0, 0, nil, 10 * ms}, {1, 0, nil, 20 * ms}, {2, 0, nil, 40 * ms}, {3, 0, nil, 60 * ms},
		{11, 0, nil, 60 * ms}, {12, 0, nil, 10 * ms}, {13, 0, nil, 20 * ms}, {15, 0, nil, 20 * ms},
		{16, 0, nil, 2500 * time.Microsecond}, {19, 0, nil, 20 * ms}, {31, 0, nil, 20 * ms}, {30, 0, nil, 10 * ms},
		{30, 1, nil, 20 * ms}, {30, 2, nil, 20 * ms}, {31, 1, nil, 40 * ms},
		{31, 3, []byte{1}, 20 * ms}, {30, 3, []byte{0xc2}, 20 * ms}, {31, 3, []byte{0}, 0}, {31, 3, nil, 0},
	} {
		if got := opusSpan(append([]byte{c.config<<3 | c.code}, c.more...)); got != c.want {
			t.Errorf("configuration %d, code %d, % x: %v, want %v", c.config, c.code, c.more, got, c.want)
		}
	}
	if opusSpan(nil) != 0 {
		t.Error("no packet lasts some time")
	}
}

func TestVoiceQueueDropsTheOldest(t *testing.T) {
	q := newVoiceQueue()
	for number := range uint32(voiceQueued + 3) {
		q.put(0, 1, number, opusPacket(60, byte(number)))
	}
	q.put(0, 1, 99, nil)
	q.put(0, 1, 99, make([]byte, g711Bytes+1))
	var v voicePacket
	for number := uint32(3); number < voiceQueued+3; number++ {
		if !q.take(&v) || v.number != number || v.size != 60 || v.bytes[1] != byte(number) {
			t.Fatalf("took %d with %d bytes, want %d with 60", v.number, v.size, number)
		}
	}
	q.close()
	if q.take(&v) {
		t.Error("a closed queue gives a packet")
	}
	q.put(0, 1, 1, opusPacket(60, 1))
	if q.length != 0 {
		t.Error("a closed queue takes a packet")
	}
}

// Whatever the station sends: sequence numbers never repeat within reach, time
// stamps keep step with them, and nothing panics.
func FuzzStream(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 0, 1, 2, 0, 1, 1, 9, 200})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var s stream
		now := time.Unix(0, 0)
		number := uint32(0)
		newest, begun := uint16(0), false
		for ; len(steps) >= 4; steps = steps[4:] {
			number += uint32(int32(int8(steps[2])))
			now = now.Add(time.Duration(steps[3]) * 10 * time.Millisecond)
			seq, stamp, marker, ok := s.next(now, steps[0]%3, steps[1]%5, number)
			if !ok {
				continue
			}
			if marker && begun && seq != newest+1 {
				t.Fatalf("a new count begins at %d after %d", seq, newest)
			}
			if ahead := int16(seq - newest); begun && (ahead > maxJump || ahead < -maxLate) {
				t.Fatalf("from %d to %d", newest, seq)
			}
			if s.stamp-stamp != uint32(s.seq-seq)*unitsOf(s.codec) {
				t.Fatalf("packet %d has stamp %d where %d has %d", seq, stamp, s.seq, s.stamp)
			}
			newest, begun = s.seq, true
		}
	})
}
