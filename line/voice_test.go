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
		sim := test.sim
		sim.hitless, sim.length = true, 10*time.Minute
		said, heard := sim.run(t)
		checkOnce(t, heard)
		got := float64(within(heard, test.late)) / float64(said*max(sim.talkers, 1))
		t.Logf("%s: %.3f %% of %d", test.name, 100*got, said)
		if got < test.least {
			t.Errorf("%s: %.3f %% within %v, want %.1f %%", test.name, 100*got, test.late, 100*test.least)
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

// A voiceBench is a sender and a receiver, fed by hand.
type voiceBench struct {
	t    testing.TB
	out  *voice
	in   *voice
	l    listener
	said uint32
	body []byte
	now  time.Duration // of the last frame received
}

func newVoiceBench(t testing.TB, p wire.Profile, hitless bool) *voiceBench {
	return &voiceBench{t: t, out: newVoice(p, hitless), in: newVoice(p, hitless), body: make([]byte, p.Body())}
}

// say sends one packet of a talker, whose first bytes count them.
func (v *voiceBench) say(talker uint8, size int) {
	v.t.Helper()
	packet := make([]byte, size)
	binary.BigEndian.PutUint32(packet, v.said)
	v.said++
	if err := v.out.send(talker, wire.CodecOpus, packet); err != nil {
		v.t.Fatal(err)
	}
}

// fill makes frame number and returns its chunks, which are valid until the next.
func (v *voiceBench) fill(number uint64) wire.Chunks {
	v.t.Helper()
	var b wire.Builder
	b.Reset(v.body)
	v.out.fill(number, &b, b.Room())
	b.Finish()
	chunks, err := wire.Parse(v.body)
	if err != nil {
		v.t.Fatal(err)
	}
	return chunks
}

// receive brings a frame in by a path, and its chunks if it is the first copy.
func (v *voiceBench) receive(at time.Duration, path uint8, number uint64, chunks wire.Chunks) {
	playUntil(v.in, at, &v.l)
	v.now, v.l.now = at, at
	now := simStart.Add(at)
	v.in.heard(now, path, number)
	for chunks.Next() {
		v.in.receive(now, number, chunks.Voice())
	}
	v.in.play(now, &v.l)
}

const tick20 = 20 * time.Millisecond

func TestFirstCopyIsPlayedAtOnce(t *testing.T) {
	ms := time.Millisecond
	sim := voiceSim{profile: wire.Standard, length: 10 * time.Second, paths: []simPath{{delay: 20 * ms}, {delay: 60 * ms}}}
	said, heard := sim.run(t)
	if len(heard) != said {
		t.Fatalf("%d of %d packets", len(heard), said)
	}
	for i, h := range heard {
		if want := time.Duration(i)*tick20 + 20*ms; h.at != want {
			t.Fatalf("packet %d was let go at %v, want %v", i, h.at, want)
		}
	}
}

func TestHoldIsTheSlowerPathsDelay(t *testing.T) {
	ms := time.Millisecond
	for _, test := range []struct{ fast, slow, want time.Duration }{
		{20 * ms, 60 * ms, 60 * ms},
		{20 * ms, 170 * ms, 170 * ms},
		{20 * ms, 171 * ms, 20 * ms}, // not relied on: it would cost more than it is worth
		{300 * ms, 310 * ms, 310 * ms},
	} {
		sim := voiceSim{profile: wire.Standard, hitless: true, length: 20 * time.Second,
			paths: []simPath{{delay: test.fast}, {delay: test.slow}}}
		_, heard := sim.run(t)
		for i, h := range heard {
			if want := time.Duration(i)*tick20 + test.want; i > 400 && h.at != want {
				t.Errorf("%v and %v: packet %d was let go at %v, want %v", test.fast, test.slow, i, h.at, want)
				break
			}
		}
	}
}

// checkPace checks that the time between packets, once some are through, is 20 ms
// give or take what the hold may change.
func checkPace(t *testing.T, heard []heardVoice) {
	t.Helper()
	for i := 101; i < len(heard); i++ {
		if d := heard[i].at - heard[i-1].at; heard[i].seq != heard[i-1].seq+1 || d < tick20-tick20/holdRate || d > tick20+tick20/holdRate {
			t.Errorf("packet %d follows %d after %v", heard[i].seq, heard[i-1].seq, d)
		}
	}
}

func TestHoldGoesAwaySlowlyAndLate(t *testing.T) {
	ms := time.Millisecond
	sim := voiceSim{profile: wire.Standard, hitless: true, length: 60 * time.Second,
		paths: []simPath{{delay: 20 * ms}, {delay: 60 * ms, cutAt: 20 * time.Second}}}
	said, heard := sim.run(t)
	if len(heard) != said {
		t.Fatalf("%d of %d packets", len(heard), said)
	}
	checkPace(t, heard)
	delay := func(at time.Duration) time.Duration {
		n := int(at / tick20)
		return heard[n].at - time.Duration(n)*tick20
	}
	if d := delay(29 * time.Second); d != 60*ms {
		t.Errorf("9 s after the slow path was cut, voice takes %v, want 60ms as before", d)
	}
	if d := delay(35 * time.Second); d != 20*ms {
		t.Errorf("15 s after the slow path was cut, voice takes %v, want 20ms", d)
	}
}

func TestHoldComesSlowly(t *testing.T) {
	ms := time.Millisecond
	sim := voiceSim{profile: wire.Standard, hitless: true, length: 30 * time.Second,
		paths: []simPath{{delay: 20 * ms}, {delay: 100 * ms, cutAt: 1, backAt: 10 * time.Second}}}
	said, heard := sim.run(t)
	if len(heard) != said {
		t.Fatalf("%d of %d packets", len(heard), said)
	}
	checkPace(t, heard)
	last := len(heard) - 1
	if d := heard[last].at - time.Duration(last)*tick20; d != 100*ms {
		t.Errorf("20 s after a slow path came up, voice takes %v, want 100ms", d)
	}
}

func TestCutOfBothPathsAndReturn(t *testing.T) {
	ms := time.Millisecond
	cut, back := 10*time.Second, 15*time.Second
	sim := voiceSim{profile: wire.Standard, hitless: true, length: 30 * time.Second, paths: []simPath{
		{delay: 20 * ms, cutAt: cut, backAt: back}, {delay: 60 * ms, cutAt: cut, backAt: back}}}
	said, heard := sim.run(t)
	checkOnce(t, heard)
	gap := int((back - cut) / tick20)
	if missing := said - len(heard); missing > gap || missing < gap-3 {
		t.Errorf("%d packets are missing, want those of the cut, %d, less three that were repeated", missing, gap)
	}
	last := len(heard) - 1
	if d := heard[last].at - time.Duration(said-1)*tick20; d != 60*ms {
		t.Errorf("after the cut, voice takes %v, want 60ms", d)
	}
}

func TestLatePacketsAreLetGoAtOnce(t *testing.T) {
	v := newVoiceBench(t, wire.Standard, true)
	var bodies [][]byte
	for f := range uint64(400) {
		v.say(0, 200) // no room for repeats
		v.fill(f)
		bodies = append(bodies, bytes.Clone(v.body))
	}
	for f, body := range bodies {
		if f == 300 || f == 302 {
			continue
		}
		v.receive(time.Duration(f)*tick20, 1, uint64(f), parse(t, body))
	}
	before := len(v.l.voice)
	late := v.now + 150*time.Millisecond
	v.receive(late, 1, 302, parse(t, bodies[302]))
	v.receive(late, 1, 300, parse(t, bodies[300]))
	v.receive(late, 1, 300, parse(t, bodies[300]))
	got := v.l.voice[before:]
	if len(got) != 2 || got[0].at != late || got[1].at != late || uint16(got[0].seq) != 302 || uint16(got[1].seq) != 300 {
		t.Errorf("two late packets were let go as %v", got)
	}
}

func TestTalkerThatBeginsAnewIsHeard(t *testing.T) {
	for _, before := range []int{30, 300, 3000, 40000, 70000} {
		v := newVoiceBench(t, wire.Standard, true)
		f := uint64(0)
		speak := func(n int) {
			for range n {
				v.say(0, 60)
				v.receive(time.Duration(f)*tick20, 1, f, v.fill(f))
				f++
			}
		}
		speak(before)
		v.out = newVoice(wire.Standard, true)
		v.l.voice = nil
		speak(100)
		checkOnceBench(t, v.l.voice)
		if n := len(v.l.voice); n < 100-repeatReach {
			t.Errorf("after %d packets, %d of the first 100 of a new beginning are heard, want at least %d", before, n, 100-repeatReach)
		}
	}
}

func checkOnceBench(t *testing.T, heard []heardVoice) {
	t.Helper()
	seen := make(map[uint32]bool)
	for _, h := range heard {
		if seen[h.seq] {
			t.Errorf("packet %d was let go twice", h.seq)
		}
		seen[h.seq] = true
	}
}

func TestPacketsTooOldAreNotSent(t *testing.T) {
	for _, p := range []wire.Profile{wire.Standard, wire.Wide, wire.Thin} {
		v := newVoiceBench(t, p, true)
		f := uint64(1)
		v.say(0, 60)
		for chunks := v.fill(f); chunks.Next(); chunks = v.fill(f) {
			if age := time.Duration(f-1) * p.Tick; age > repeatFor {
				t.Fatalf("%s: a packet is sent %v after it was said", p.Name, age)
			}
			f++
		}
		if age := time.Duration(f-1) * p.Tick; age < repeatFor-p.Tick {
			t.Errorf("%s: a packet is sent for %v only", p.Name, age)
		}
		// A line that could not send for a while does not send what was said then.
		v.say(0, 60)
		if chunks := v.fill(f + 1000); chunks.Next() {
			t.Errorf("%s: an old packet is sent", p.Name)
		}
	}
}

func TestThinCarriesThreeNewPackets(t *testing.T) {
	v := newVoiceBench(t, wire.Thin, true)
	for f := range uint64(20) {
		for range 3 {
			v.say(0, 60)
		}
		if fresh, repeat := v.out.plan(f); fresh != wire.VoiceChunk(3, 60) || repeat < fresh {
			t.Fatalf("frame %d plans %d and %d bytes", f, fresh, repeat)
		}
		v.receive(time.Duration(f)*wire.Thin.Tick, 1, f, v.fill(f))
	}
	playUntil(v.in, time.Minute, &v.l)
	if len(v.l.voice) != 60 {
		t.Errorf("%d packets of 60", len(v.l.voice))
	}
}

// New voice goes before repeats, and repeats are shared fairly.
func TestTwoTalkersShareAFrame(t *testing.T) {
	v := newVoiceBench(t, wire.Standard, true)
	counts := map[uint32]int{}
	for f := range uint64(200) {
		v.say(0, 60)
		v.say(1, 60)
		fresh := 0
		for chunks := v.fill(f); chunks.Next(); {
			c := chunks.Voice()
			for i := range int(c.Count) {
				counts[binary.BigEndian.Uint32(c.Packet(i))]++
				if c.Ages[i] == 0 {
					fresh++
				}
			}
		}
		if fresh != 2 {
			t.Fatalf("frame %d carries %d new packets, want 2", f, fresh)
		}
	}
	for n := range v.said - 4 {
		if counts[n] != 2 {
			t.Errorf("packet %d travels %d times, want twice", n, counts[n])
		}
	}
}
