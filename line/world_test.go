package line

import (
	"container/heap"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"ringdown/wire"
)

// A world is two stations' ends of one line and a bad network between them, in
// virtual time. Nothing in it waits: events happen in their order.
type world struct {
	t      testing.TB
	now    time.Time
	random *rand.Rand
	events events
	serial int
	ends   [2]*end // 0 is the accord's first party
	links  [wire.MaxPath + 1][2]link
	tap    func(packet) // sees all that is sent
}

// A link is one direction of a path.
type link struct {
	delay, jitter   time.Duration
	loss, duplicate float64
	cut             bool
}

// A packet is a datagram on its way.
type packet struct {
	at       time.Time // sent
	end      int       // that sent it
	path     uint8
	from, to netip.AddrPort
	bytes    []byte
}

type event struct {
	at     time.Time
	serial int
	do     func()
}

type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].serial < e[j].serial
}
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// An end is one station, as far as a line needs one.
type end struct {
	w      *world
	number int
	cfg    Config
	line   *Line // nil: not running
	disk   Durable
	runs   int

	persistTakes, offloadTakes time.Duration
	broken                     bool // the disk refuses
	late                       func(now time.Time) time.Duration
	address                    [wire.MaxPath + 1]netip.AddrPort

	sent []packet // all, without the bytes

	state    State
	states   []State
	paths    map[uint8]PathState
	changes  []pathChange
	signals  []wire.Signal
	voices   []voicePacket
	messages []string
	restarts int
	finals   int
	persists int
	offloads int
	deaf     bool // keeps no voice
}

type pathChange struct {
	at    time.Time
	path  uint8
	state PathState
}

type voicePacket struct {
	at  time.Time
	seq uint32
	b   string
}

var keys = func() (k [2]ed25519.PrivateKey) {
	for i := range k {
		seed := sha256.Sum256([]byte{byte(i)})
		k[i] = ed25519.NewKeyFromSeed(seed[:])
	}
	return k
}()

// certificate is a self-signed one, long expired: dates do not count.
func certificate(t testing.TB, key ed25519.PrivateKey) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

var finalSignature = []byte("the first party's final signature")

type refusal string

func (r refusal) Error() string { return string(r) }

// newWorld makes two ends with paths between them that delay by 10 ms. Nothing
// runs yet.
func newWorld(t testing.TB, profile wire.Profile, paths int, seed uint64) *world {
	w := &world{t: t, now: time.Date(2026, 6, 29, 3, 0, 0, 0, time.UTC), random: rand.New(rand.NewPCG(seed, 1))}
	for i := range w.ends {
		e := &end{w: w, number: i, persistTakes: 3 * time.Millisecond, offloadTakes: time.Millisecond, paths: map[uint8]PathState{}}
		e.cfg = Config{
			Profile: profile, First: i == 0, PairSecret: [32]byte{1}, AccordDigest: [32]byte{2},
			Certificate: certificate(t, keys[i]), FarKey: keys[1-i].Public().(ed25519.PublicKey),
			Slot: profile.Tick * time.Duration(3+4*i) / 10,
		}
		if i == 0 {
			e.cfg.Final = finalSignature
		} else {
			e.cfg.CheckFinal = func(sig []byte) error {
				if string(sig) != string(finalSignature) {
					return refusal("not signed")
				}
				return nil
			}
		}
		for p := 1; p <= paths; p++ {
			e.address[p] = address(i, p)
			e.cfg.Paths = append(e.cfg.Paths, PathConfig{Number: uint8(p), Name: "path", Remote: address(1-i, p)})
			w.links[p][i] = link{delay: 10 * time.Millisecond}
		}
		w.ends[i] = e
	}
	t.Cleanup(func() {
		for _, e := range w.ends {
			e.stop()
		}
	})
	return w
}

func address(end, path int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(end), byte(path), 1}), 4000)
}

// start starts a station, anew if it ran before.
func (e *end) start() {
	e.w.t.Helper()
	e.stop()
	e.runs++
	e.disk.Own = Attempt{Incarnation: e.disk.Own.Incarnation + 1}
	e.cfg.Durable = e.disk
	e.state, e.paths = StateDown, map[uint8]PathState{}
	var err error
	if e.line, err = New(e.cfg, e, e.w.now); err != nil {
		e.w.t.Fatal(err)
	}
}

// stop kills a station: what is not on its disk is lost.
func (e *end) stop() {
	if e.line != nil {
		e.line.Close()
		e.line = nil
	}
	e.runs++ // what is under way belongs to a run that is over
}

// each sets both directions of some paths.
func (w *world) each(set func(l *link), paths ...int) {
	if len(paths) == 0 {
		for p := range w.links {
			paths = append(paths, p)
		}
	}
	for _, p := range paths {
		for d := range w.links[p] {
			set(&w.links[p][d])
		}
	}
}

func (w *world) after(d time.Duration, do func()) {
	w.serial++
	heap.Push(&w.events, event{w.now.Add(d), w.serial, do})
}

// run lets time pass.
func (w *world) run(d time.Duration) { w.until(d, func() bool { return false }) }

// until lets time pass until something holds, and says how long it took; or for
// at most d, and then false.
func (w *world) until(d time.Duration, holds func() bool) (took time.Duration, ok bool) {
	begin, end := w.now, w.now.Add(d)
	for !holds() {
		if !w.step(end) {
			w.now = end
			return d, holds()
		}
	}
	return w.now.Sub(begin), true
}

// step does what is next, if that is before end.
func (w *world) step(end time.Time) bool {
	next, who := end, -1
	for i, e := range w.ends {
		if e.line == nil {
			continue
		}
		due := e.line.Deadline()
		if e.late != nil {
			due = due.Add(e.late(due))
		}
		if due.Before(w.now) {
			due = w.now
		}
		if due.Before(next) {
			next, who = due, i
		}
	}
	if len(w.events) > 0 && !w.events[0].at.After(next) && w.events[0].at.Before(end) {
		ev := heap.Pop(&w.events).(event)
		w.now = ev.at
		ev.do()
		return true
	}
	if who < 0 {
		return false
	}
	w.now = next
	w.ends[who].advance()
	return true
}

// An outbox keeps what a line sends in one Advance.
type outbox struct {
	e       *end
	packets []packet
}

func (o *outbox) Next(path uint8, to netip.AddrPort) []byte {
	b := make([]byte, o.e.cfg.Profile.Size)
	o.packets = append(o.packets, packet{at: o.e.w.now, end: o.e.number, path: path, from: o.e.address[path], to: to, bytes: b})
	return b
}

func (e *end) advance() {
	o := outbox{e: e}
	e.line.Advance(e.w.now, &o)
	if due := e.line.Deadline(); !due.After(e.w.now) && e.late == nil {
		e.w.t.Fatalf("after Advance at %v the deadline is %v", e.w.now, due)
	}
	for _, p := range o.packets {
		e.sent = append(e.sent, packet{at: p.at, path: p.path, to: p.to})
		e.w.carry(p)
	}
}

// carry takes a packet over the network.
func (w *world) carry(p packet) {
	if w.tap != nil {
		w.tap(p)
	}
	l := &w.links[p.path][p.end]
	lost, again, jitter := w.random.Float64() < l.loss, w.random.Float64() < l.duplicate, w.random.Float64()
	if lost || l.cut {
		return
	}
	delay := l.delay + time.Duration(jitter*float64(l.jitter))
	w.after(delay, func() { w.deliver(p) })
	if again {
		w.after(delay+time.Duration(w.random.Int64N(int64(30*time.Millisecond))), func() { w.deliver(p) })
	}
}

// deliver hands a packet to whoever has its address, as a station does: by label.
func (w *world) deliver(p packet) {
	for _, e := range w.ends {
		for path := range e.address {
			if e.address[path].IsValid() && e.address[path] == p.to {
				e.receive(p.from, p.bytes)
				return
			}
		}
	}
}

func (e *end) receive(from netip.AddrPort, b []byte) {
	label, ok := wire.LabelOf(b)
	if e.line == nil || !ok {
		return
	}
	for _, l := range e.line.Labels() {
		if l.Label == label {
			e.line.Receive(e.w.now, l.Path, from, append([]byte(nil), b...))
		}
	}
}

// The Handler of a station.

func (e *end) LineChanged(s State) {
	e.state = s
	e.states = append(e.states, s)
}

func (e *end) PathChanged(number uint8, s PathState) {
	e.paths[number] = s
	e.changes = append(e.changes, pathChange{e.w.now, number, s})
}

func (e *end) FarSignal(s wire.Signal)         { e.signals = append(e.signals, s) }
func (e *end) FarMessage(s Stream, msg []byte) { e.messages = append(e.messages, string(msg)) }
func (e *end) FarRestarted()                   { e.restarts++ }
func (e *end) FinalReceived(sig []byte)        { e.finals++ }

func (e *end) FarVoice(talker uint8, c wire.Codec, seq uint32, b []byte) {
	if !e.deaf {
		e.voices = append(e.voices, voicePacket{e.w.now, seq, string(b)})
	}
}

func (e *end) Persist(d Durable) {
	e.persists++
	run := e.runs
	e.w.after(e.persistTakes, func() {
		if run != e.runs || e.broken {
			return
		}
		e.disk = d
		e.line.Persisted(e.w.now)
	})
}

func (e *end) Offload(work func()) {
	if x := e.line.hs.x; x.state != exchangeQueued || x.conn == nil && len(x.out) > 0 {
		e.w.t.Error("TLS works before it is on its own goroutine")
	}
	e.offloads++
	run := e.runs
	e.w.after(e.offloadTakes, func() {
		work()
		if run == e.runs {
			e.line.Offloaded(e.w.now)
		}
	})
}

// begin starts both stations and waits until the line is open.
func (w *world) begin() {
	w.t.Helper()
	for _, e := range w.ends {
		e.start()
	}
	if _, ok := w.until(5*time.Second, w.open); !ok {
		w.t.Fatalf("the line did not open: %v, %v", w.ends[0].line.Status(w.now), w.ends[1].line.Status(w.now))
	}
}

func (w *world) open() bool { return w.ends[0].state == StateOpen && w.ends[1].state == StateOpen }
