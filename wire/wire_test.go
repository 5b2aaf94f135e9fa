package wire

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

func testSchedule(t testing.TB) *Schedule {
	t.Helper()
	s, err := NewSchedule(&[32]byte{1}, &[32]byte{2})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testPair(t testing.TB) (*Sealer, *Opener) {
	t.Helper()
	traffic, err := testSchedule(t).Traffic(make([]byte, ExporterSize))
	if err != nil {
		t.Fatal(err)
	}
	s, err := traffic.Sealer(FromFirst, 1)
	if err != nil {
		t.Fatal(err)
	}
	o, err := traffic.Opener(FromFirst, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

func TestProfiles(t *testing.T) {
	for _, test := range []struct {
		p    Profile
		body int
	}{{Standard, 254}, {Wide, 574}, {Thin, 254}} {
		if got, err := ParseProfile(test.p.Name); err != nil || got != test.p {
			t.Errorf("ParseProfile(%q) = %v, %v", test.p.Name, got, err)
		}
		if got := test.p.Body(); got != test.body {
			t.Errorf("%s has a body of %d bytes, want %d", test.p.Name, got, test.body)
		}
		if test.p.Size > MaxSize {
			t.Errorf("%s is larger than MaxSize", test.p.Name)
		}
	}
	if _, err := ParseProfile("Standard"); err == nil {
		t.Error("a profile nobody defined is found")
	}
}

// What the design asks of the room: see the package comment of line.
func TestRoom(t *testing.T) {
	for _, test := range []struct {
		what string
		need int
		room int
	}{
		{"standard: one Opus packet four times", VoiceChunk(4, 60), Standard.Body()},
		{"standard: two Opus talkers, each twice", 2 * VoiceChunk(2, 60), Standard.Body()},
		{"standard: four copies and an acknowledgement", VoiceChunk(4, 60) + AckOverhead, Standard.Body()},
		{"wide: four Opus talkers, each twice", 4 * VoiceChunk(2, 60), Wide.Body()},
		{"wide: G.711 three times", VoiceChunk(3, 160), Wide.Body()},
		{"thin: three Opus packets and a signal", VoiceChunk(3, 60) + SignalChunk, Thin.Body()},
	} {
		if test.need > test.room {
			t.Errorf("%s: %d bytes, have %d", test.what, test.need, test.room)
		}
	}
	if SignalSize > 48 {
		t.Errorf("a signal takes %d bytes, want at most 48", SignalSize)
	}
}

func TestSealOpen(t *testing.T) {
	sealer, opener := testPair(t)
	for _, p := range []Profile{Standard, Wide, Thin} {
		plain := make([]byte, p.Plain())
		rand.Read(plain)
		datagram := make([]byte, p.Size)
		if err := sealer.Seal(datagram, plain); err != nil {
			t.Fatal(err)
		}
		if l, ok := LabelOf(datagram); !ok || l != opener.label {
			t.Errorf("label %x, want %x", l, opener.label)
		}
		whole := bytes.Clone(datagram)
		got, err := opener.Open(make([]byte, MaxSize), datagram)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: opened beside: %v", p.Name, err)
		}
		if !bytes.Equal(datagram, whole) {
			t.Errorf("%s: opening beside changes the datagram", p.Name)
		}
		got, err = opener.Open(nil, datagram)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: opened in place: %v", p.Name, err)
		}
	}
}

func TestEveryBitIsSealed(t *testing.T) {
	sealer, opener := testPair(t)
	datagram := make([]byte, Standard.Size)
	if err := sealer.Seal(datagram, make([]byte, Standard.Plain())); err != nil {
		t.Fatal(err)
	}
	scratch := make([]byte, MaxSize)
	for bit := range 8 * len(datagram) {
		datagram[bit/8] ^= 1 << (bit % 8)
		if _, err := opener.Open(scratch, datagram); !errors.Is(err, ErrRefused) {
			t.Fatalf("with bit %d flipped: %v, want ErrRefused", bit, err)
		}
		datagram[bit/8] ^= 1 << (bit % 8)
	}
	for n := range datagram {
		if _, err := opener.Open(scratch, datagram[:n]); !errors.Is(err, ErrRefused) {
			t.Fatalf("cut to %d bytes: %v, want ErrRefused", n, err)
		}
	}
	if _, err := opener.Open(scratch, append(datagram, 0)); !errors.Is(err, ErrRefused) {
		t.Errorf("one byte longer: %v, want ErrRefused", err)
	}
}

// A datagram opens on its own path, in its own direction, in its own epoch, for
// its own accord and pair, and nowhere else.
func TestKeysDiffer(t *testing.T) {
	type place struct {
		name   string
		sealer *Sealer
		opener *Opener
	}
	var places []place
	must := func(s *Sealer, err error) *Sealer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mustOpen := func(o *Opener, err error) *Opener {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	for secret := range byte(2) {
		for digest := range byte(2) {
			schedule, err := NewSchedule(&[32]byte{secret}, &[32]byte{digest})
			if err != nil {
				t.Fatal(err)
			}
			first, err := schedule.Traffic(make([]byte, 32))
			if err != nil {
				t.Fatal(err)
			}
			second, err := schedule.Traffic(bytes.Repeat([]byte{1}, 32))
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range []Direction{FromFirst, FromSecond} {
				for path := uint8(1); path <= 2; path++ {
					places = append(places,
						place{"start", must(schedule.Sealer(d, path)), mustOpen(schedule.Opener(d, path))},
						place{"first epoch", must(first.Sealer(d, path)), mustOpen(first.Opener(d, path))},
						place{"second epoch", must(second.Sealer(d, path)), mustOpen(second.Opener(d, path))})
				}
			}
		}
	}
	labels := make(map[Label]bool)
	for _, p := range places {
		labels[p.opener.label] = true
		p.sealer.label, p.opener.label = Label{}, Label{} // so that the key alone decides
	}
	if want := len(places) / 3; len(labels) != want {
		t.Errorf("%d labels, want %d: one for each pair, accord, path and direction", len(labels), want)
	}
	datagram, scratch := make([]byte, Standard.Size), make([]byte, MaxSize)
	for i, from := range places {
		if err := from.sealer.Seal(datagram, make([]byte, Standard.Plain())); err != nil {
			t.Fatal(err)
		}
		for j, to := range places {
			_, err := to.opener.Open(scratch, datagram)
			if opened := err == nil; opened != (i == j) {
				t.Errorf("sealed at place %d (%s), tried at place %d (%s): opened is %v", i, from.name, j, to.name, opened)
			}
		}
	}
}

func TestKeyScheduleRefuses(t *testing.T) {
	s := testSchedule(t)
	for _, path := range []uint8{0, MaxPath + 1, 255} {
		if _, err := s.Label(FromFirst, path); err == nil {
			t.Errorf("path %d has a label", path)
		}
		if _, err := s.Sealer(FromFirst, path); err == nil {
			t.Errorf("path %d has a key", path)
		}
	}
	for _, n := range []int{0, 31, 33} {
		if _, err := s.Traffic(make([]byte, n)); err == nil {
			t.Errorf("%d exported bytes begin an epoch", n)
		}
	}
}

func TestKeyIsSpent(t *testing.T) {
	key := [KeySize]byte{1}
	s, err := NewSealer(&key, Label{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	dst, plain := make([]byte, Standard.Size), make([]byte, Standard.Plain())
	for range 3 {
		if err := s.Seal(dst, plain); err != nil {
			t.Fatal(err)
		}
	}
	clear(dst)
	if err := s.Seal(dst, plain); !errors.Is(err, ErrSpent) {
		t.Errorf("the fourth of three: %v, want ErrSpent", err)
	}
	if !bytes.Equal(dst, make([]byte, len(dst))) {
		t.Error("a spent key wrote something")
	}
	if TrafficLimit >= 1<<31 || StartLimit >= 1<<31 {
		t.Error("a limit is not far below 2^32")
	}
}

func TestSealRefusesWrongBuffer(t *testing.T) {
	sealer, opener := testPair(t)
	for _, n := range []int{Standard.Size - 1, Standard.Size + 1, 0} {
		if err := sealer.Seal(make([]byte, n), make([]byte, Standard.Plain())); err == nil {
			t.Errorf("sealed into %d bytes", n)
		}
	}
	datagram := make([]byte, Standard.Size)
	if err := sealer.Seal(datagram, make([]byte, Standard.Plain())); err != nil {
		t.Fatal(err)
	}
	if _, err := opener.Open(make([]byte, 10), datagram); err == nil {
		t.Error("opened into 10 bytes")
	}
}

// The datagram path under GODEBUG=fips140=only, in a process of its own.
func TestFIPS(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^(TestSealOpen|TestKeysDiffer|TestKeyIsSpent|TestVectors)$", "-test.v")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := bytes.Count(out, []byte("\n--- PASS: Test")); n != 4 {
		t.Errorf("%d tests passed under fips140=only, want 4\n%s", n, out)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	sealer, opener := testPair(t)
	plain, datagram, scratch := fullPlain(t), make([]byte, Standard.Size), make([]byte, MaxSize)
	forged := make([]byte, Standard.Size)
	copy(forged, opener.label[:])
	var b Builder
	for _, test := range []struct {
		name string
		f    func()
	}{
		{"fill", func() { fillBody(t, &b, plain[PathHeaderSize+FrameHeaderSize:]) }},
		{"seal", func() {
			if sealer.Seal(datagram, plain) != nil {
				t.Fatal("not sealed")
			}
		}},
		{"open beside and parse", func() {
			got, err := opener.Open(scratch, datagram)
			if err != nil {
				t.Fatal(err)
			}
			readPlain(t, got)
		}},
		{"open in place", func() {
			if sealer.Seal(datagram, plain) != nil {
				t.Fatal("not sealed")
			}
			if _, err := opener.Open(nil, datagram); err != nil {
				t.Fatal(err)
			}
		}},
		{"refuse", func() {
			if _, err := opener.Open(scratch, forged); err == nil {
				t.Fatal("opened")
			}
		}},
	} {
		if n := testing.AllocsPerRun(200, test.f); n != 0 {
			t.Errorf("%s: %v allocations, want none", test.name, n)
		}
	}
}

// fullPlain is a plaintext of a standard datagram with something of every kind.
func fullPlain(t testing.TB) []byte {
	plain := make([]byte, Standard.Plain())
	h := PathHeader{Path: 1, Counter: 7, Echo: 6, Hold: HoldOf(5 * time.Millisecond), Word: ClockWord(1_800_000_000_000)}
	h.Put(plain)
	FrameHeader{Number: 9, SignalEcho: 3}.Put(plain[PathHeaderSize:])
	fillBody(t, &Builder{}, plain[PathHeaderSize+FrameHeaderSize:])
	return plain
}

func fillBody(t testing.TB, b *Builder, body []byte) {
	b.Reset(body)
	s := Signal{Call: CallID{1}, Step: StepCalling, Ready: 2, At: [3]int64{1_800_000_000_000}}
	ok := b.Signal(4, &s) && b.Hello(Hello{Own: Attempt{3, 1}}) && b.Handshake(Handshake{Received: 17, Bytes: s.Call[:]})
	v := VoiceHeader{Talker: 1, Codec: CodecOpus, First: 100, Size: 20, Count: 3, Ages: [MaxPackets]uint8{2, 1, 0}}
	packets, voiced := b.Voice(&v)
	clear(packets)
	a := Ack{Stream: StreamEntries, Received: 1000, Count: 1, Ranges: [MaxRanges]Range{{Gap: 100, Length: 200}}}
	if !ok || !voiced || !b.Ack(&a) || !b.Data(Data{Stream: StreamBulk, Offset: 5, Bytes: s.Call[:]}) {
		t.Fatal("the body has no room")
	}
	b.Finish()
}

func readPlain(t testing.TB, plain []byte) (kinds int) {
	if _, err := ParsePathHeader(plain, 1, FromFirst); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseFrameHeader(plain[PathHeaderSize:]); err != nil {
		t.Fatal(err)
	}
	chunks, err := Parse(plain[PathHeaderSize+FrameHeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	for chunks.Next() {
		kinds++
		switch chunks.Kind() {
		case KindSignal:
			chunks.Signal()
		case KindHello:
			chunks.Hello()
		case KindHandshake:
			chunks.Handshake()
		case KindVoice:
			v := chunks.Voice()
			v.Packet(0)
		case KindAck:
			chunks.Ack()
		case KindData:
			chunks.Data()
		}
	}
	return kinds
}

func BenchmarkSeal(b *testing.B) {
	sealer, _ := testPair(b)
	sealer.left = 1 << 60
	dst, plain := make([]byte, Standard.Size), make([]byte, Standard.Plain())
	b.ReportAllocs()
	b.SetBytes(int64(len(dst)))
	for b.Loop() {
		if err := sealer.Seal(dst, plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	sealer, opener := testPair(b)
	datagram, scratch := make([]byte, Standard.Size), make([]byte, MaxSize)
	if err := sealer.Seal(datagram, fullPlain(b)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(datagram)))
	for b.Loop() {
		plain, err := opener.Open(scratch, datagram)
		if err != nil {
			b.Fatal(err)
		}
		readPlain(b, plain)
	}
}

func BenchmarkFill(b *testing.B) {
	var builder Builder
	body := make([]byte, Standard.Body())
	b.ReportAllocs()
	for b.Loop() {
		fillBody(b, &builder, body)
	}
}

// BenchmarkRefuse is what a stranger costs who knows the label but not the key.
func BenchmarkRefuse(b *testing.B) {
	_, opener := testPair(b)
	datagram, scratch := make([]byte, Standard.Size), make([]byte, MaxSize)
	copy(datagram, opener.label[:])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := opener.Open(scratch, datagram); err == nil {
			b.Fatal("opened")
		}
	}
}
