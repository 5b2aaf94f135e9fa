package station

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringdown/api"
	"ringdown/console"
	"ringdown/impair"
	"ringdown/line"
	"ringdown/wire"
)

// A world is two whole stations, north (0) and south (1), joined by one line over two
// paths of a simulated network, in virtual time. North is the accord's first party.
type world struct {
	t   *testing.T
	net *impair.Network

	st    [2]*Station
	stop  [2]context.CancelFunc
	ended [2]chan error
	kept  [2]*memoryJournal

	profile wire.Profile
	hitless bool
	skew    [2]time.Duration
	drills  bool                           // "call" begins a drill
	lines   int                            // named "line0", "line1", …; 1 unless a test says otherwise
	change  func(side int, o *LineOptions) // what a test wants otherwise
	options func(side int, o *Options)     // likewise
	resolve func(context.Context, string, netip.AddrPort) (netip.AddrPort, error)
}

// memoryJournal outlives its station, as a disk would.
type memoryJournal struct {
	mu    sync.Mutex
	saved map[string]line.Durable
}

func (j *memoryJournal) Load(slug string) (line.Durable, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.saved[slug], nil
}

func (j *memoryJournal) Save(slug string, d line.Durable) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.saved[slug] = d
	return nil
}

// inWorld runs f in a bubble of virtual time with a world that is not yet started.
func inWorld(t *testing.T, seed uint64, f func(*world)) {
	t.Helper()
	beside(t)
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: impair.NewNetwork(seed), profile: wire.Standard, lines: 1}
		for i := range w.kept {
			w.kept[i] = &memoryJournal{saved: make(map[string]line.Durable)}
		}
		defer func() { _ = w.net.Close() }()
		defer w.killAll()
		f(w)
	})
}

// begun are the tests that are in a world, or are to be alone in theirs.
var begun sync.Map

// beside has a test run beside others that live in worlds of their own. A part of a test does not: what comes after its
// parts waits for them.
func beside(t *testing.T) {
	if _, again := begun.LoadOrStore(t, true); !again && !strings.Contains(t.Name(), "/") {
		t.Parallel()
	}
}

// alone keeps a test that counts what the process does from running beside others.
func alone(t *testing.T) { begun.Store(t, true) }

// addr is a side's address on a path: 10.0.PATH.SIDE.
func addr(side int, path uint8) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 0, path, byte(side + 1)})
}

const worldPort = 4400

var keys = sync.OnceValue(func() (k [2]ed25519.PrivateKey) {
	for i := range k {
		seed := sha256.Sum256([]byte{byte(i)})
		k[i] = ed25519.NewKeyFromSeed(seed[:])
	}
	return k
})

func (w *world) lineOptions(side, n int) LineOptions {
	cert, err := LineCertificate(keys()[side])
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := line.Config{Profile: w.profile, First: side == 0, Hitless: w.hitless,
		PairSecret: sha256.Sum256([]byte{'s', byte(n)}), AccordDigest: sha256.Sum256([]byte{'d', byte(n)}),
		Certificate: cert, FarKey: keys()[1-side].Public().(ed25519.PublicKey)}
	if side == 0 {
		cfg.Final = make([]byte, 64)
	} else {
		cfg.CheckFinal = func([]byte) error { return nil }
	}
	o := LineOptions{Slug: fmt.Sprint("line", n), Peer: [2]string{"South", "North"}[side], Confirmed: true, Line: cfg}
	for p := uint8(1); p <= 2; p++ {
		o.Paths = append(o.Paths, PathOptions{Number: p, Name: fmt.Sprint("path ", p),
			Bind: netip.AddrPortFrom(addr(side, p), worldPort), Remote: netip.AddrPortFrom(addr(1-side, p), worldPort).String()})
	}
	if w.change != nil {
		w.change(side, &o)
	}
	return o
}

// start runs one side, for the first time or again.
func (w *world) start(side int) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	opt := Options{Name: [2]string{"North", "South"}[side], Journal: w.kept[side],
		Resolve: w.resolve,
		Listen:  func(a netip.AddrPort) (Conn, error) { return w.net.Listen(a) },
		Now:     func() time.Time { return time.Now().Add(w.skew[side]) }}
	if w.options != nil {
		w.options(side, &opt)
	}
	s := New(opt)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for n := range w.lines {
		if err := s.AddLine(w.lineOptions(side, n)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.st[side], w.stop[side], w.ended[side] = s, cancel, ended
}

func (w *world) startBoth() { w.start(0); w.start(1) }

// kill ends one side without a word.
func (w *world) kill(side int) {
	if w.st[side] == nil {
		return
	}
	w.st[side].Kill()
	<-w.ended[side]
	w.stop[side]()
	w.st[side] = nil
}

func (w *world) killAll() { w.kill(0); w.kill(1) }

// link sets both directions of a path.
func (w *world) link(path uint8, s impair.Settings) {
	w.net.SetBoth(addr(0, path), addr(1, path), s)
}

func (w *world) line(side, n int) api.Line {
	for _, l := range w.st[side].Status().Lines {
		if l.Slug == fmt.Sprint("line", n) {
			return l
		}
	}
	w.t.Fatalf("side %d has no line %d", side, n)
	return api.Line{}
}

// within waits in steps until ok, and fails after limit. It returns how long it took.
func (w *world) within(limit time.Duration, what string, ok func() bool) time.Duration {
	w.t.Helper()
	begin := time.Now()
	for !ok() {
		if time.Since(begin) > limit {
			w.t.Fatalf("%s: not within %v; north %s, south %s", what, limit, w.describe(0), w.describe(1))
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(begin)
}

func (w *world) describe(side int) string {
	if w.st[side] == nil {
		return "is not running"
	}
	l := w.line(side, 0)
	text := string(l.State)
	for _, p := range l.Paths {
		text += fmt.Sprintf(" [%d %s sent %d arrived %d]", p.Number, p.State, p.Sent, p.Arrived)
	}
	if l.Call != nil {
		text += fmt.Sprintf(" call %s %s %s %v", l.Call.State, l.Call.Held, l.Call.Reason, l.Call.Steps)
	}
	return text
}

func (w *world) isOpen() bool {
	for side := range w.st {
		for n := range w.lines {
			if s := w.line(side, n).State; s != api.LineOpen {
				return false
			}
		}
	}
	return true
}

func (w *world) open(limit time.Duration) time.Duration {
	w.t.Helper()
	return w.within(limit, "the line opens", w.isOpen)
}

// callIs reports whether a side's call is in a state.
func (w *world) callIs(side int, want api.CallState) func() bool {
	return func() bool {
		c := w.line(side, 0).Call
		return c != nil && c.State == want
	}
}

// A phone is a console that a test speaks through. Its bell sounds as soon as it is
// told to ring.
type phone struct {
	w    *world
	side int
	id   string
	seat console.Seat

	mu     sync.Mutex
	silent bool // never gives a receipt
	rings  []time.Time
	heard  map[uint32]time.Duration // packet number to how late it came
	order  []uint32
	closed string
}

func (p *phone) Send(e api.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Type != "ring" {
		return
	}
	if e.Ring {
		p.rings = append(p.rings, time.Now())
	}
	if !p.silent {
		go p.must(api.ToStation{Type: "ringing", Slug: e.Slug, On: e.Ring})
	}
}

// Voice notes a packet, whose first 12 bytes are its number and when it was spoken.
func (p *phone) Voice(_, _ uint8, _ uint32, packet []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := binary.BigEndian.Uint32(packet)
	at := time.Unix(0, int64(binary.BigEndian.Uint64(packet[4:])))
	if _, twice := p.heard[n]; twice {
		p.w.t.Errorf("packet %d was played twice", n)
	}
	p.heard[n] = time.Since(at)
	p.order = append(p.order, n)
}

func (p *phone) Close(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = reason
}

// phone attaches a ready console.
func (w *world) phone(side int) *phone {
	w.t.Helper()
	p := &phone{w: w, side: side, heard: make(map[uint32]time.Duration)}
	p.attach("")
	p.do(api.ToStation{Type: "ready", Ready: true})
	return p
}

func (p *phone) attach(id string) {
	p.w.t.Helper()
	var err error
	if p.seat, err = p.w.st[p.side].Attach(api.ToStation{Type: "attach", Console: id, Kind: "command"}, api.Anyone(), p); err != nil {
		p.w.t.Fatal(err)
	}
	p.id = p.seat.ID()
}

func (p *phone) do(m api.ToStation) {
	p.w.t.Helper()
	if err := p.seat.Do(m); err != nil {
		p.w.t.Fatalf("side %d: %s: %v", p.side, m.Type, err)
	}
}

// must is do for a goroutine that may outlive the station.
func (p *phone) must(m api.ToStation) { _ = p.seat.Do(m) }

func (p *phone) press(verb string) {
	p.w.t.Helper()
	p.do(api.ToStation{Type: verb, Slug: "line0", Drill: verb == "call" && p.w.drills})
}

// speak says n packets, 20 ms apart, beginning with a number. It never speaks at
// the very instant of a tick, where either could come first.
func (p *phone) speak(from, n uint32) {
	time.Sleep(slotStep / 2)
	packet := make([]byte, 60)
	for i := from; i < from+n; i++ {
		binary.BigEndian.PutUint32(packet, i)
		binary.BigEndian.PutUint64(packet[4:], uint64(time.Now().UnixNano()))
		p.seat.Voice(uint8(wire.CodecOpus), packet)
		time.Sleep(20 * time.Millisecond)
	}
}

// missing counts which of n packets never came, or came later than limit after they were spoken.
func (p *phone) missing(from, n uint32, limit time.Duration) (lost int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := from; i < from+n; i++ {
		if late, ok := p.heard[i]; !ok || late > limit {
			lost++
		}
	}
	return lost
}

func (p *phone) ringCount() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.rings)
}

// talk brings a call from north to south up.
func (w *world) talk() (north, south *phone) {
	w.t.Helper()
	north, south = w.phone(0), w.phone(1)
	north.press("call")
	w.within(2*time.Second, "it rings", w.callIs(0, api.CallRinging))
	south.press("answer")
	w.within(2*time.Second, "north is in the call", w.callIs(0, api.CallActive))
	w.within(2*time.Second, "south is in the call", w.callIs(1, api.CallActive))
	return north, south
}

// fewer is how many of a test's runs there are: all, or some with -short, as under the race detector.
func fewer(all, short int) int {
	if testing.Short() {
		return short
	}
	return all
}
