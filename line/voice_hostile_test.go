package line

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"ringdown/wire"
)

func TestVoiceRefuses(t *testing.T) {
	v := newVoice(wire.Standard, true)
	for _, test := range []struct {
		name   string
		talker uint8
		codec  wire.Codec
		size   int
	}{
		{"a talker the profile does not carry", 2, wire.CodecOpus, 60},
		{"no codec", 0, 0, 60},
		{"an unknown codec", 0, 4, 60},
		{"no bytes", 0, wire.CodecOpus, 0},
		{"more than a frame holds", 0, wire.CodecOpus, 249},
	} {
		if err := v.send(test.talker, test.codec, make([]byte, test.size)); err == nil {
			t.Errorf("%s is accepted", test.name)
		}
	}
	if err := v.send(1, wire.CodecPCMA, make([]byte, 248)); err != nil {
		t.Errorf("the largest packet: %v", err)
	}
}

// A far station that makes things up costs a bounded memory and holds nothing longer
// than an honest one.
func TestHostileVoiceIsBounded(t *testing.T) {
	in := newVoice(wire.Standard, true)
	l := &listener{}
	r := rand.New(rand.NewPCG(1, 1))
	packets := make([]byte, wire.MaxPackets)
	for i := range 20000 {
		now := simStart.Add(time.Duration(i) * time.Millisecond)
		frame := r.Uint64N(1 << 48)
		if i%3 > 0 {
			frame = uint64(i)
		}
		in.heard(now, uint8(1+r.IntN(wire.MaxPath)), frame)
		h := wire.VoiceHeader{Talker: uint8(r.IntN(16)), Codec: wire.CodecOpus, First: uint16(r.Uint32()), Size: 1, Count: wire.MaxPackets}
		in.receive(now, frame, wire.Voice{VoiceHeader: h, Packets: packets})
		if n := len(in.queue); n > heldPerTalker*wire.Standard.Talkers {
			t.Fatalf("%d packets are held", n)
		}
		for _, slot := range in.queue {
			if d := in.slots[slot].due.Sub(now); d > maxHold {
				t.Fatalf("a packet is held for %v", d)
			}
		}
		in.play(now, l)
	}
	if cap(in.slots) > heldPerTalker*wire.Standard.Talkers {
		t.Errorf("room for %d packets", cap(in.slots))
	}
}

func TestVoiceAllocatesNothing(t *testing.T) {
	v := newVoiceBench(t, wire.Standard, true)
	packet := make([]byte, 60)
	h := &silentHandler{}
	f := uint64(0)
	step := func() {
		at := simStart.Add(time.Duration(f) * tick20)
		if err := v.out.send(0, wire.CodecOpus, packet); err != nil {
			t.Fatal(err)
		}
		v.out.plan(f)
		chunks := v.fill(f)
		v.in.heard(at, 1, f)
		v.in.heard(at.Add(time.Millisecond), 2, f)
		for chunks.Next() {
			v.in.receive(at, f, chunks.Voice())
		}
		v.in.due()
		v.in.play(at, h)
		f++
	}
	for range 100 {
		step()
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("%v allocations a frame, want none", n)
	}
	if h.voice == 0 {
		t.Error("nothing was let go")
	}
}

// Whatever is said, a frame is valid, new voice goes first and ages are right;
// whatever arrives of it, each packet is let go once, in time.
func FuzzVoice(f *testing.F) {
	f.Add([]byte("one and two and three"), uint8(0))
	f.Add(bytes.Repeat([]byte{0, 60, 9, 255}, 50), uint8(200))
	f.Fuzz(func(t *testing.T, script []byte, room uint8) {
		script = script[:min(len(script), maxScript)]
		v := newVoiceBench(t, wire.Wide, true)
		born := map[uint32]uint64{}
		for i, op := range script {
			number, now := uint64(i), simStart.Add(time.Duration(i)*tick20)
			for n := range op % 4 {
				v.say((op>>2+n)%4, 4+int(op>>4))
			}
			var b wire.Builder
			b.Reset(v.body)
			v.out.plan(number)
			v.out.fill(number, &b, int(room)*3)
			if b.Used() > int(room)*3 {
				t.Fatalf("%d bytes in a room of %d", b.Used(), int(room)*3)
			}
			b.Finish()
			if op >= 250 {
				continue // lost
			}
			v.in.heard(now, 1, number)
			for chunks := parse(t, v.body); chunks.Next(); {
				c := chunks.Voice()
				for i := range int(c.Count) {
					id := binary.BigEndian.Uint32(c.Packet(i))
					first, known := born[id]
					if !known {
						first = number - uint64(c.Ages[i])
						born[id] = first
					}
					if first+uint64(c.Ages[i]) != number {
						t.Fatalf("packet %d first went in frame %d; frame %d says it is %d old", id, first, number, c.Ages[i])
					}
				}
				v.in.receive(now, number, c)
			}
			v.in.play(now, &v.l)
		}
		playUntil(v.in, time.Hour, &v.l)
		seen := map[uint32]bool{}
		for _, h := range v.l.voice {
			id := binary.BigEndian.Uint32([]byte(h.packet))
			if seen[id] {
				t.Fatalf("packet %d was let go twice", id)
			}
			seen[id] = true
		}
		if len(seen) != len(born) {
			t.Fatalf("%d packets arrived, %d were let go", len(born), len(seen))
		}
	})
}

func BenchmarkVoice(b *testing.B) {
	v := newVoiceBench(b, wire.Standard, true)
	packet := make([]byte, 60)
	h := &silentHandler{}
	b.ReportAllocs()
	f := uint64(0)
	for b.Loop() {
		at := simStart.Add(time.Duration(f) * tick20)
		if err := v.out.send(0, wire.CodecOpus, packet); err != nil {
			b.Fatal(err)
		}
		v.out.plan(f)
		chunks := v.fill(f)
		v.in.heard(at, 1, f)
		for chunks.Next() {
			v.in.receive(at, f, chunks.Voice())
		}
		v.in.play(at, h)
		f++
	}
}

// A console that was stuck brings more at once than is worth sending.
func TestBurstKeepsTheNewest(t *testing.T) {
	v := newVoiceBench(t, wire.Standard, true)
	const burst = 3 * ringPackets
	for range burst {
		v.say(0, 60)
	}
	sent := map[uint32]bool{}
	for f := range uint64(10) {
		for chunks := v.fill(f); chunks.Next(); {
			c := chunks.Voice()
			for i := range int(c.Count) {
				n := binary.BigEndian.Uint32(c.Packet(i))
				if sent[n] = true; uint16(n) != c.First+uint16(i) {
					t.Fatalf("packet %d is sent as %d", n, c.First+uint16(i))
				}
			}
		}
	}
	for n := range uint32(burst) {
		if want := n >= burst-ringPackets; sent[n] != want {
			t.Errorf("packet %d of %d: sent is %v, want %v", n, burst, sent[n], want)
		}
	}
}

// Where there is room for one repeat only, talkers take turns.
func TestTalkersTakeTurnsToRepeat(t *testing.T) {
	v := newVoiceBench(t, wire.Standard, true)
	var repeats [2]int
	for f := range uint64(100) {
		v.say(0, 60)
		v.say(1, 60)
		var b wire.Builder
		b.Reset(v.body)
		v.out.fill(f, &b, b.Room()-streamShare)
		b.Finish()
		for chunks := parse(t, v.body); chunks.Next(); {
			c := chunks.Voice()
			repeats[c.Talker] += int(c.Count) - 1
		}
	}
	if repeats[0] < 45 || repeats[1] < 45 {
		t.Errorf("%d repeats of one talker and %d of the other, want about as many", repeats[0], repeats[1])
	}
}

// A frame number from the future, by a path that is not relied on, holds voice no
// longer than the slowest honest path would.
func TestMadeUpFrameNumberHoldsNothing(t *testing.T) {
	v := newVoiceBench(t, wire.Standard, true)
	f := uint64(1)
	for ; f < 200; f++ {
		v.say(0, 60)
		v.receive(time.Duration(f)*tick20, 1, f, v.fill(f))
	}
	playUntil(v.in, time.Duration(f)*tick20, &v.l)
	v.say(0, 200)
	v.receive(time.Duration(f)*tick20, 2, f+5000, v.fill(f+1))
	due, ok := v.in.due()
	if d := due.Sub(simStart) - time.Duration(f)*tick20; !ok || d > maxHold {
		t.Errorf("held for %v, %v, want at most %v", d, ok, maxHold)
	}
	v.in.heard(simStart.Add(time.Hour), 1, 1<<47)
	if v.in.offset(1<<47) != 0 {
		t.Errorf("after a jump of the frame number, times count from %d, want from %d", v.in.ref, uint64(1<<47))
	}
}
