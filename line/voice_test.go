package line

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringdown/wire"
)

// A voiceSim is voice over some paths in virtual time.
type voiceSim struct {
	profile wire.Profile
	hitless bool
	paths   []simPath
	length  time.Duration
	seed    uint64
	size    int                 // of each packet; 0: 60
	say     func(frame int) int // packets before a frame; nil: as many as its time holds
	talkers int                 // 0: 1
	taken   int                 // room that others take of every second frame
}

// A simArrival is one datagram coming in.
type simArrival struct {
	at    time.Duration
	path  uint8
	frame int
}

// run says so much, and returns how many packets were said of each talker and
// what was let go.
func (s *voiceSim) run(t *testing.T) (said int, heard []heardVoice) {
	t.Helper()
	out, in := newVoice(s.profile, s.hitless), newVoice(s.profile, s.hitless)
	frames := int(s.length / s.profile.Tick)
	bodies := make([][]byte, frames)
	size := cmp.Or(s.size, 60)
	for f := range frames {
		n := int(s.profile.Tick / (20 * time.Millisecond))
		if s.say != nil {
			n = s.say(f)
		}
		for range n {
			for talker := range uint8(max(s.talkers, 1)) {
				packet := bytes.Repeat([]byte{talker}, size)
				binary.BigEndian.PutUint32(packet, uint32(said))
				if err := out.send(talker, wire.CodecOpus, packet); err != nil {
					t.Fatal(err)
				}
			}
			said++
		}
		bodies[f] = make([]byte, s.profile.Body())
		var b wire.Builder
		b.Reset(bodies[f])
		out.fill(uint64(f), &b, b.Room()-s.taken*(f%2))
		b.Finish()
	}
	l := &listener{}
	s.receive(t, in, bodies, l)
	return said, l.voice
}

// receive brings the frames to in over all paths.
func (s *voiceSim) receive(t *testing.T, in *voice, bodies [][]byte, l *listener) {
	t.Helper()
	var seen wire.Window
	for _, a := range s.arrivals(len(bodies)) {
		playUntil(in, a.at, l)
		l.now = a.at
		now := simStart.Add(a.at)
		in.heard(now, a.path, uint64(a.frame))
		if seen.Accept(uint64(a.frame)) {
			for chunks := parse(t, bodies[a.frame]); chunks.Next(); {
				in.receive(now, uint64(a.frame), chunks.Voice())
			}
			in.play(now, l)
		}
	}
	playUntil(in, s.length+time.Minute, l)
}

// arrivals are all datagrams that come, in their order.
func (s *voiceSim) arrivals(frames int) (all []simArrival) {
	for i := range s.paths {
		r := rand.New(rand.NewPCG(s.seed, uint64(i)))
		for f := range frames {
			if at, ok := s.paths[i].arrival(time.Duration(f)*s.profile.Tick, r); ok {
				all = append(all, simArrival{at, uint8(i + 1), f})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b simArrival) int { return cmp.Compare(a.at, b.at) })
	return all
}

// playUntil lets go what is due before an instant, each at its own.
func playUntil(in *voice, until time.Duration, l *listener) {
	for {
		due, ok := in.due()
		if !ok || due.Sub(simStart) > until {
			return
		}
		l.now = due.Sub(simStart)
		in.play(due, l)
	}
}

// within counts the packets let go within d of when they were said: packet n at
// n times 20 ms.
func within(heard []heardVoice, d time.Duration) (n int) {
	for _, h := range heard {
		said := time.Duration(binary.BigEndian.Uint32([]byte(h.packet))) * 20 * time.Millisecond
		if h.at-said <= d {
			n++
		}
	}
	return n
}

func checkOnce(t *testing.T, heard []heardVoice) {
	t.Helper()
	type key struct {
		talker uint8
		seq    uint32
	}
	seen := make(map[key]bool)
	for _, h := range heard {
		if k := (key{h.talker, h.seq}); seen[k] {
			t.Errorf("talker %d packet %d was let go twice", h.talker, h.seq)
		} else {
			seen[k] = true
		}
		if uint16(h.seq) != uint16(binary.BigEndian.Uint32([]byte(h.packet))) {
			t.Errorf("packet %d brings the content of %d", h.seq, binary.BigEndian.Uint32([]byte(h.packet)))
		}
	}
}

func TestVoiceSurvivesLoss(t *testing.T) {
	ms := time.Millisecond
	for _, test := range []struct {
		name  string
		sim   voiceSim
		late  time.Duration
		least float64
	}{
		{"30 % on each of two", voiceSim{profile: wire.Standard, paths: []simPath{{delay: 10 * ms, loss: 0.3}, {delay: 10 * ms, loss: 0.3}}}, 100 * ms, 0.999},
		{"30 % on each of two, streams busy", voiceSim{profile: wire.Standard, taken: streamShare, paths: []simPath{{delay: 10 * ms, loss: 0.3}, {delay: 10 * ms, loss: 0.3}}}, 100 * ms, 0.999},
		{"50 % on one", voiceSim{profile: wire.Standard, paths: []simPath{{delay: 10 * ms, loss: 0.5}}}, 100 * ms, 0.92},
		{"none", voiceSim{profile: wire.Standard, paths: []simPath{{delay: 10 * ms}}}, 10 * ms, 1},
		{"wide, two talkers, 50 % on one", voiceSim{profile: wire.Wide, talkers: 2, paths: []simPath{{delay: 10 * ms, loss: 0.5}}}, 100 * ms, 0.92},
		{"thin, none", voiceSim{profile: wire.Thin, paths: []simPath{{delay: 10 * ms}}}, 70 * ms, 1},
	} {
		for _, hitless := range []bool{false, true} {
			sim := test.sim
			sim.hitless, sim.length = hitless, 10*time.Minute
			said, heard := sim.run(t)
			checkOnce(t, heard)
			got := float64(within(heard, test.late)) / float64(said*max(sim.talkers, 1))
			t.Logf("%s, hitless %v: %.3f %% of %d", test.name, hitless, 100*got, said)
			if got < test.least {
				t.Errorf("%s, hitless %v: %.3f %% within %v, want %.1f %%", test.name, hitless, 100*got, test.late, 100*test.least)
			}
		}
	}
}

func TestOneTalkerTravelsFourTimes(t *testing.T) {
	v := newVoice(wire.Standard, true)
	var b wire.Builder
	body := make([]byte, wire.Standard.Body())
	for f := range uint64(10) {
		if err := v.send(0, wire.CodecOpus, make([]byte, 60)); err != nil {
			t.Fatal(err)
		}
		b.Reset(body)
		v.fill(f, &b, b.Room())
		b.Finish()
	}
	chunks := parse(t, body)
	if !chunks.Next() || chunks.Kind() != wire.KindVoice {
		t.Fatal("no voice in the frame")
	}
	got := chunks.Voice()
	want := wire.VoiceHeader{Codec: wire.CodecOpus, First: 6, Size: 60, Count: 4, Ages: [wire.MaxPackets]uint8{3, 2, 1, 0}}
	if got.VoiceHeader != want {
		t.Errorf("frame 9 carries %+v, want %+v", got.VoiceHeader, want)
	}
	if chunks.Next() {
		t.Errorf("a second chunk, %v", chunks.Kind())
	}
}

func TestCutOfFasterPathIsInaudible(t *testing.T) {
	ms := time.Millisecond
	for _, jitter := range []bool{false, true} {
		sim := voiceSim{profile: wire.Standard, hitless: true, length: 40 * time.Second,
			paths: []simPath{{delay: 20 * ms}, {delay: 60 * ms}}}
		if jitter { // the console's packets do not keep to our ticks
			sim.say = func(f int) int { return [...]int{1, 0, 2, 1}[f%4] }
		}
		_, whole := sim.run(t)
		for n := range 10 {
			sim.paths[0].cutAt = 5*time.Second + time.Duration(n)*1337*ms
			said, cut := sim.run(t)
			if len(cut) != said {
				t.Errorf("cut at %v: %d of %d packets", sim.paths[0].cutAt, len(cut), said)
			}
			if i := firstDifference(whole, cut); i >= 0 {
				t.Errorf("cut at %v moves packet %d from %v to %v", sim.paths[0].cutAt, cut[i].seq, whole[i].at, cut[i].at)
			}
		}
	}
}

func firstDifference(a, b []heardVoice) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}
