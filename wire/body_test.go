package wire

import (
	"bytes"
	"testing"
	"time"
)

// rebuild parses a body, which is a valid one, and builds it again from what it says.
func rebuild(t testing.TB, body []byte) []byte {
	t.Helper()
	chunks, err := Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	again := bytes.Repeat([]byte{0xee}, len(body))
	var b Builder
	b.Reset(again)
	for chunks.Next() {
		if room := b.Room(); !addAgain(&b, &chunks) {
			t.Fatalf("a %v that was parsed cannot be built with %d bytes left", chunks.Kind(), room)
		}
	}
	b.Finish()
	return again
}

func addAgain(b *Builder, c *Chunks) bool {
	switch c.Kind() {
	case KindSignal:
		version, s := c.Signal()
		return b.Signal(version, &s)
	case KindHello:
		return b.Hello(c.Hello())
	case KindHandshake:
		return b.Handshake(c.Handshake())
	case KindVoice:
		v := c.Voice()
		packets, ok := b.Voice(&v.VoiceHeader)
		for i := range int(v.Count) {
			packets = packets[copy(packets, v.Packet(i)):]
		}
		return ok && len(packets) == 0
	case KindAck:
		a := c.Ack()
		return b.Ack(&a)
	default:
		return b.Data(c.Data())
	}
}

// Whatever Parse accepts has one encoding; whatever it refuses, no Builder makes.
func FuzzParse(f *testing.F) {
	for _, v := range readVectors(f, "bodies.txt") {
		f.Add(v.bytes(f, "body"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		body := make([]byte, Wide.Body())
		copy(body, b)
		if _, err := Parse(body); err == nil {
			if again := rebuild(t, body); !bytes.Equal(again, body) {
				t.Fatalf("%x parses, but is built as %x", body, again)
			}
		}
	})
}

// Whatever a Builder adds, Parse reads back, and a refused chunk leaves no trace.
func FuzzBuild(f *testing.F) {
	f.Add(uint32(1), uint8(3), uint8(0), int64(5), uint64(1), uint16(0), uint8(0), uint8(1), uint8(60), uint8(4), uint32(0x3210), []byte("some bytes"))
	f.Add(uint32(9), uint8(drillBit|6), uint8(12), int64(5), uint64(1), uint16(0), uint8(0), uint8(1), uint8(60), uint8(4), uint32(0x3210), []byte{})
	f.Add(uint32(0), uint8(6), uint8(1), int64(-5), uint64(0), uint16(9), uint8(16), uint8(4), uint8(0), uint8(16), uint32(0x123), []byte{})
	f.Fuzz(func(t *testing.T, version uint32, step, reason uint8, at int64, incarnation uint64, offset uint16,
		talker, codec, size, count uint8, bits uint32, data []byte) {
		body := make([]byte, Standard.Body())
		var b Builder
		b.Reset(body)
		signal := Signal{Call: CallID{step}, Step: Step(step &^ drillBit), Drill: step&drillBit != 0, Reason: Reason(reason), Ready: size, At: [3]int64{at}}
		hello := Hello{Own: Attempt{incarnation, version}, Far: Attempt{uint64(step), uint32(reason)}}
		handshake := Handshake{Offset: offset, Received: uint16(bits), Bytes: data}
		voice := VoiceHeader{Talker: talker, Codec: Codec(codec), First: offset, Size: size, Count: count}
		for i := range min(int(count), MaxPackets) {
			voice.Ages[i] = uint8(bits>>(2*i)) & 15
		}
		ack := Ack{Stream: Stream(codec), Received: bits, Count: int(count), Ranges: [MaxRanges]Range{{bits >> 8, uint32(offset)}}}
		piece := Data{Stream: Stream(codec), Offset: bits, Bytes: data}
		want := 0
		for _, add := range []func() bool{
			func() bool { return b.Signal(version, &signal) },
			func() bool { return b.Hello(hello) },
			func() bool { return b.Handshake(handshake) },
			func() bool { _, ok := b.Voice(&voice); return ok },
			func() bool { return b.Ack(&ack) },
			func() bool { return b.Data(piece) },
		} {
			used := b.Used()
			if add() {
				want++
			} else if b.Used() != used {
				t.Fatal("a refused chunk took room")
			}
		}
		b.Finish()
		chunks, err := Parse(body)
		if err != nil {
			t.Fatalf("a built body is refused: %v", err)
		}
		for chunks.Next() {
			want--
		}
		if want != 0 {
			t.Fatalf("%d chunks more were added than are there", want)
		}
		if !bytes.Equal(rebuild(t, body), body) {
			t.Fatal("the body is built another way")
		}
	})
}

func FuzzSignal(f *testing.F) {
	f.Add(make([]byte, SignalSize))
	f.Add(append(bytes.Repeat([]byte{1}, 16), drillBit|6, 12, 0, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
	f.Add(append(bytes.Repeat([]byte{1}, 16), 3, 0, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < SignalSize {
			return
		}
		s := signalOf(b)
		if s.Check() != nil {
			return
		}
		again := make([]byte, SignalSize)
		s.put(again)
		if !bytes.Equal(again, b[:SignalSize]) {
			t.Fatalf("%x is written as %x", b[:SignalSize], again)
		}
	})
}

func FuzzPathHeader(f *testing.F) {
	for _, w := range []Word{
		ReportWord(Report{State: PathUp, Loss: 3, Spread: time.Millisecond}), ClockWord(1), ChallengeWord(Token{1}), ResponseWord(Token{2}),
	} {
		b := make([]byte, PathHeaderSize)
		h := PathHeader{Path: 3, From: FromSecond, Counter: 1, Hold: NoEcho, Word: w}
		h.Put(b)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		h, err := ParsePathHeader(b, b[0]&0x7f, Direction(b[0])&FromSecond)
		if err != nil {
			return
		}
		again := make([]byte, PathHeaderSize)
		h.Put(again)
		if !bytes.Equal(again, b[:PathHeaderSize]) {
			t.Fatalf("%x is written as %x", b[:PathHeaderSize], again)
		}
		if h.Word.Kind() == WordReport && ReportWord(h.Word.Report()) != h.Word {
			t.Fatalf("report %+v is written otherwise", h.Word.Report())
		}
	})
}

func FuzzFrameHeader(f *testing.F) {
	f.Add([]byte("0123456789"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseFrameHeader(b)
		if (err == nil) != (len(b) >= FrameHeaderSize) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err != nil {
			return
		}
		again := make([]byte, FrameHeaderSize)
		h.Put(again)
		if !bytes.Equal(again, b[:FrameHeaderSize]) {
			t.Fatalf("%x is written as %x", b[:FrameHeaderSize], again)
		}
	})
}

func FuzzFlights(f *testing.F) {
	f.Add(AppendFlight(AppendFlight(nil, LevelInitial, []byte("hello")), LevelHandshake, []byte("certificate")))
	f.Add([]byte{1, 0, 1, 0})
	f.Add([]byte{3, 0, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		rest, again := stream, []byte(nil)
		for {
			level, flight, left, err := NextFlight(rest)
			if flight == nil || err != nil {
				if !bytes.Equal(left, rest) {
					t.Fatal("an unfinished flight is taken off")
				}
				break
			}
			again, rest = AppendFlight(again, level, flight), left
		}
		if !bytes.Equal(append(again, rest...), stream) {
			t.Fatalf("%x is written as %x", stream, append(again, rest...))
		}
	})
}

// A stranger's bytes are refused, whatever they are; none opens by luck.
func FuzzOpen(f *testing.F) {
	for _, v := range readVectors(f, "datagrams.txt") {
		f.Add(v.bytes(f, "datagram"))
	}
	f.Fuzz(func(t *testing.T, datagram []byte) {
		_, opener := testPair(t)
		if len(datagram) >= LabelSize {
			copy(datagram, opener.label[:])
		}
		if _, err := opener.Open(make([]byte, len(datagram)), datagram); err != ErrRefused {
			t.Fatalf("%x: %v, want ErrRefused", datagram, err)
		}
	})
}

func TestPathHeaderRefuses(t *testing.T) {
	good := PathHeader{Path: 2, From: FromSecond, Counter: 1, Echo: 3, Hold: 4, Word: ClockWord(5)}
	for _, test := range []struct {
		name   string
		change func(h *PathHeader, b []byte)
	}{
		{"another path", func(h *PathHeader, b []byte) { h.Path = 1 }},
		{"another direction", func(h *PathHeader, b []byte) { h.From = FromFirst }},
		{"counter 0", func(h *PathHeader, b []byte) { h.Counter = 0 }},
		{"an echo of nothing", func(h *PathHeader, b []byte) { h.Hold = NoEcho }},
		{"no word", func(h *PathHeader, b []byte) { h.Word = Word{} }},
		{"an unknown word", func(h *PathHeader, b []byte) { h.Word = Word{kind: WordResponse + 1} }},
		{"a clock beyond 48 bits", func(h *PathHeader, b []byte) { h.Word = Word{WordClock, 1 << 48} }},
		{"a report without a state", func(h *PathHeader, b []byte) { h.Word = ReportWord(Report{}) }},
		{"a report of an unknown state", func(h *PathHeader, b []byte) { h.Word = ReportWord(Report{State: pathStates}) }},
		{"a loss of more than all", func(h *PathHeader, b []byte) { h.Word = ReportWord(Report{State: PathUp, Loss: 1001}) }},
		{"a report with a rest", func(h *PathHeader, b []byte) {
			h.Word = ReportWord(Report{State: PathUp})
			h.Word.bits |= 1
		}},
	} {
		b := make([]byte, PathHeaderSize)
		h := good
		test.change(&h, b)
		h.Put(b)
		if _, err := ParsePathHeader(b, 2, FromSecond); err == nil {
			t.Errorf("%s is accepted", test.name)
		}
	}
	b := make([]byte, PathHeaderSize)
	good.Put(b)
	if got, err := ParsePathHeader(b, 2, FromSecond); err != nil || got != good {
		t.Errorf("got %+v, %v, want %+v", got, err, good)
	}
	if _, err := ParsePathHeader(b[:PathHeaderSize-1], 2, FromSecond); err == nil {
		t.Error("19 bytes are accepted")
	}
}

func TestHold(t *testing.T) {
	for _, test := range []struct {
		d    time.Duration
		want uint16
	}{{-1, 0}, {0, 0}, {16 * time.Microsecond, 1}, {time.Second, 62500}, {2 * time.Second, NoEcho}} {
		if got := HoldOf(test.d); got != test.want {
			t.Errorf("HoldOf(%v) = %d, want %d", test.d, got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, near := range []int64{0, 5, 1 << 23, 1<<24 - 1, 1 << 24, 1<<40 + 12345} {
		for _, off := range []int64{0, 1, -1, 65536, -65536, 1<<23 - 1, -1 << 23} {
			if got := NearestPosition(near, uint32(near+off)&(positions-1)); got != near+off {
				t.Errorf("NearestPosition(%d, …) = %d, want %d", near, got, near+off)
			}
		}
		for _, off := range []int64{0, 1, -1, 1<<15 - 1, -1 << 15} {
			if got := NearestNumber(near, uint16(near+off)); got != near+off {
				t.Errorf("NearestNumber(%d, …) = %d, want %d", near, got, near+off)
			}
		}
	}
}

func TestBuilderKeepsToRoom(t *testing.T) {
	var b Builder
	if b.Data(Data{Stream: StreamBulk, Bytes: []byte{1}}) {
		t.Error("the zero Builder has room")
	}
	b.Reset(make([]byte, DataOverhead+4))
	if b.Data(Data{Stream: StreamBulk, Bytes: make([]byte, 5)}) || b.Used() != 0 {
		t.Error("a chunk larger than the body is added")
	}
	if !b.Data(Data{Stream: StreamBulk, Bytes: make([]byte, 4)}) || b.Room() != 0 {
		t.Error("a chunk that fits exactly is not added")
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{CallID{0xab, 0x01}.String(), "ab010000000000000000000000000000"},
		{StepHeld.String(), "held"}, {Step(99).String(), "step 99"},
		{Restarted.String(), "station restarted"}, {ReasonNone.String(), ""}, {Reason(99).String(), "reason 99"},
		{CodecPCMA.String(), "PCMA"}, {Codec(9).String(), "codec 9"},
		{StreamBulk.String(), "bulk"}, {Stream(9).String(), "stream 9"},
		{KindAck.String(), "acknowledgement"}, {Kind(9).String(), "kind 9"},
		{PathResting.String(), "resting"}, {PathState(9).String(), "path state 9"},
		{FromFirst.String(), "from first"}, {FromFirst.Opposite().String(), "from second"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
	if a, b := (Attempt{1, 9}), (Attempt{2, 0}); a.Compare(b) >= 0 || b.Compare(a) <= 0 || a.Compare(a) != 0 || (Attempt{1, 8}).Compare(a) >= 0 {
		t.Error("attempts are not ordered by incarnation, then number")
	}
}

func TestFlightsRefuse(t *testing.T) {
	for _, test := range []struct {
		name   string
		stream []byte
	}{
		{"early data", []byte{1, 0, 1, 0}},
		{"a level that TLS does not have", []byte{4, 0, 1, 0}},
		{"no bytes", []byte{0, 0, 0}},
		{"more than a stream holds", []byte{0, 0x3f, 0xfe}},
	} {
		if _, _, _, err := NextFlight(test.stream); err == nil {
			t.Errorf("a flight of %s is accepted", test.name)
		}
	}
	if _, flight, _, err := NextFlight([]byte{0, 0x3f, 0xfd, 1}); flight != nil || err != nil {
		t.Errorf("the beginning of the longest flight: %d bytes, %v", len(flight), err)
	}
}
