package station

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
	"ringdown/store/storetest"
)

// A sight is one datagram as an observer of the network sees it.
type sight struct {
	at       time.Time
	from, to netip.AddrPort
	size     int
}

// An observer notes all that is sent. It may keep the bytes too.
type observer struct {
	mu    sync.Mutex
	seen  []sight
	bytes [][]byte // of each sight, if keep
	keep  bool
}

func (w *world) observe(keep bool) *observer {
	o := &observer{keep: keep}
	w.net.Tap(func(at time.Time, from, to netip.AddrPort, b []byte, _ bool) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.seen = append(o.seen, sight{at, from, to, len(b)})
		if o.keep {
			o.bytes = append(o.bytes, slices.Clone(b))
		}
	})
	return o
}

// sent is how many datagrams a side has sent.
func (o *observer) sent(side int) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.seen {
		if isSide(s.from, side) {
			n++
		}
	}
	return n
}

func isSide(a netip.AddrPort, side int) bool {
	b := a.Addr().As4()
	return b[0] == 10 && b[1] == 0 && b[3] == byte(side+1) && a.Port() == worldPort
}

// shape is what can be seen of each direction of each path from an instant on: the
// gaps between datagrams, and their sizes. The line's slot within the tick is
// random, so the first instant is the zero.
func (o *observer) shape(from time.Time, length time.Duration) map[string][]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := make(map[string]time.Time)
	shapes := make(map[string][]string)
	for _, s := range o.seen {
		if s.at.Before(from) {
			continue
		}
		way := s.from.String() + " → " + s.to.String()
		if first[way].IsZero() {
			first[way] = s.at
		}
		if d := s.at.Sub(first[way]); d < length {
			shapes[way] = append(shapes[way], fmt.Sprintf("%v %d", d, s.size))
		}
	}
	return shapes
}

// deeds are what may pass over a line, and must not show.
var deeds = map[string]func(*records){
	"idle":    func(*records) {},
	"ringing": func(r *records) { r.phone(1); r.phone(0).press("call") },
	"speech": func(r *records) {
		north, south := r.talk()
		go north.speak(0, 10000)
		go south.speak(0, 10000)
	},
	"silence": func(r *records) { r.talk() },
	"text":    func(r *records) { r.fill(0); r.fill(1) },
	"flooded": func(r *records) { r.flood() },
	"calls": func(r *records) {
		r.phone(1)
		north := r.phone(0)
		go func() {
			for range 60 {
				north.must(api.ToStation{Type: "call", Slug: "line0"})
				time.Sleep(700 * time.Millisecond)
				north.must(api.ToStation{Type: "hangup", Slug: "line0"})
				time.Sleep(700 * time.Millisecond)
			}
		}()
	},
	"messages":      func(r *records) { r.sayMany(0, 300, "message"); r.sayMany(1, 100, "answer") },
	"drill":         func(r *records) { r.convene(true) },
	"people joined": func(r *records) { r.convene(false) },
	"test and suspension": func(r *records) {
		r.startTest(0)
		r.within(5*time.Second, "it is asked", func() bool { return r.asks(1) != "" })
		r.readBack(1, r.asks(1))
		r.enterAs(1, replica.Draft{Time: time.Now(), Body: record.Right{Act: record.RightSuspended, Who: "nobody", Text: "we say so"}})
	},
	"watch": func(r *records) {
		r.phone(0)
		for i := range 20 {
			_ = r.st[i%2].WatchAct([]string{"take", "leave"}[i/2%2], weber, api.WatchAct{})
			time.Sleep(700 * time.Millisecond)
		}
	},
	"attachments": func(r *records) {
		r.sendFile(0, record.MaxAttachment, "the map")
		r.sendFile(1, 100_000, "the list")
	},
	"catch-up": func(r *records) {
		r.frozen[1].Store(true)
		r.sayMany(0, 300, "waits for the other side's disk")
		time.Sleep(20 * time.Second)
		r.frozen[1].Store(false)
	},
}

// convene has people on both sides speak, listen, ask for the principal and hand the call over.
func (r *records) convene(drill bool) {
	officer, second := r.sit(0, "Weber", api.RoleOfficer), r.sit(0, "Lind", api.RoleOfficer)
	far, observer := r.sit(1, "Petrova", api.RoleOfficer), r.sit(1, "Ode", api.RoleObserver)
	officer.do(api.ToStation{Type: "call", Slug: "line0", Drill: drill})
	r.within(time.Second, "it rings", r.callIs(0, api.CallRinging))
	far.press("answer")
	r.within(time.Second, "they speak", r.callIs(0, api.CallActive))
	go officer.speak(0, 10000)
	go far.speak(40000, 10000)
	second.joins(false)
	observer.joins(false)
	officer.press("ask-principal")
	time.Sleep(10 * time.Second)
	officer.do(api.ToStation{Type: "hand", Slug: "line0", To: second.id})
	go second.speak(20000, 10000)
}

// freeze lets a test make the disks refuse to write.
func (r *records) freeze() {
	r.put = func(side int, st store.Store) store.Store {
		return &storetest.Faulty{Store: st, Choose: func(c storetest.Call) storetest.When {
			if r.frozen[side].Load() && (c.Method == "Append" || c.Method == "Set") {
				return storetest.Before
			}
			return storetest.Never
		}}
	}
}

// TestContentNeverShows: the instants and sizes of all that a station sends are the same,
// one by one, whatever passes over the line.
func TestContentNeverShows(t *testing.T) {
	const length = 4 * time.Minute // more than one change of keys
	shapes := make(map[string]map[string][]string)
	for name, deed := range deeds {
		inRecords(t, 1, func(r *records) {
			r.freeze()
			o := r.observe(false)
			r.startAll()
			time.Sleep(time.Second)
			begin := time.Now()
			deed(r)
			time.Sleep(length + time.Second)
			shapes[name] = o.shape(begin, length)
			if moved := r.state(1).Far.Size; moved < 4 || name == "catch-up" && moved < 300 {
				t.Errorf("%s: %d entries came over", name, moved)
			}
			r.killAll()
		})
	}
	idle := shapes["idle"]
	if len(idle) != 4 {
		t.Fatalf("an idle line shows %d ways, want 4", len(idle))
	}
	for name, got := range shapes {
		for way, list := range idle {
			if len(list) != int(length/(20*time.Millisecond)) {
				t.Fatalf("%s: %d datagrams, want one at each of %d ticks", way, len(list), length/(20*time.Millisecond))
			}
			if !slices.Equal(got[way], list) {
				t.Errorf("%s differs from idle on %s: %s", name, way, firstDifference(got[way], list))
			}
		}
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("datagram %d at %s, want %s", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("%d datagrams, want %d", len(got), len(want))
}

// flood sends a station its peer's datagrams again and again, and garbage.
func (w *world) flood() {
	o := w.observe(true)
	time.AfterFunc(time.Second, func() {
		seen, bytes := o.recorded()
		for round := range 50 {
			for i, s := range seen {
				w.net.Inject(s.from, s.to, bytes[i])
				if round%5 == 0 {
					w.net.Inject(s.from, s.to, w.garbage(round*len(seen)+i, len(bytes[i])))
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

// recorded gives all that was seen until now, and ends the keeping.
func (o *observer) recorded() ([]sight, [][]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keep = false
	return slices.Clone(o.seen[:len(o.bytes)]), slices.Clone(o.bytes)
}

// all gives everything that was seen until now.
func (o *observer) all() []sight {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.seen)
}

// garbage is n bytes that open under no key.
func (w *world) garbage(seed, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1103515245 + 12345
		b[i] = byte(seed >> 16)
	}
	return b
}

// TestStrangersGetNothing: random, truncated, lengthened, changed and replayed bytes get
// no answer, change no state, and open no line, while a station has no session and
// while it has one.
func TestStrangersGetNothing(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		o := w.observe(true)
		w.startBoth()
		w.open(3 * time.Second)
		w.talk()
		time.Sleep(5 * time.Second)
		w.killAll()
		recorded, bytes := o.recorded()

		// Each side alone, started again: it knocks, once a second on each path, and
		// nothing that an attacker sends changes that.
		for side := range 2 {
			w.start(side)
			time.Sleep(5 * time.Second)
			quiet := o.sent(side)
			time.Sleep(20 * time.Second)
			quiet = o.sent(side) - quiet
			before := o.sent(side)
			stranger := netip.MustParseAddrPort("203.0.113.9:9")
			for i, s := range recorded {
				if !isSide(s.to, side) {
					continue
				}
				for _, b := range [][]byte{bytes[i], bytes[i][:len(bytes[i])/2], append(slices.Clone(bytes[i]), 0), w.changed(bytes[i], i), w.garbage(i, len(bytes[i]))} {
					w.net.Inject(s.from, s.to, b)
					w.net.Inject(stranger, s.to, b)
				}
			}
			time.Sleep(20 * time.Second)
			if attacked := o.sent(side) - before; attacked > quiet+1 {
				t.Errorf("side %d sent %d datagrams while attacked, %d in the same time before", side, attacked, quiet)
			}
			for _, s := range o.all() {
				if s.to == stranger {
					t.Fatalf("side %d answered a stranger with %d bytes", side, s.size)
				}
			}
			l := w.line(side, 0)
			if l.State != api.LineDown || l.Far.Known || l.Call != nil {
				t.Errorf("side %d: line %s, far known %v, call %v; want down, unknown, none", side, l.State, l.Far.Known, l.Call)
			}
			for _, p := range l.Paths {
				if p.State != api.PathKnocking {
					t.Errorf("side %d: path %d is %s, want knocking", side, p.Number, p.State)
				}
			}
			w.kill(side)
		}

		// And the two still find each other.
		w.startBoth()
		w.open(4 * time.Second)
	})
}

// changed flips one bit.
func (w *world) changed(b []byte, i int) []byte {
	c := slices.Clone(b)
	c[i%len(c)] ^= 1 << (i % 8)
	return c
}

// TestOnePathGainsNothing: who reads path 1 and writes what he likes into both directions of
// path 1 and path 2 makes nobody hear, ring or send anything new.
func TestOnePathGainsNothing(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		o := w.observe(true)
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.talk()
		go north.speak(0, 400)
		time.Sleep(2 * time.Second)
		before := w.line(1, 0)
		seen, bytes := o.recorded()
		for i, s := range seen {
			if s.from.Addr() != addr(0, 1) {
				continue
			}
			w.net.Inject(netip.AddrPortFrom(addr(0, 2), worldPort), netip.AddrPortFrom(addr(1, 2), worldPort), bytes[i]) // onto path 2
			w.net.Inject(netip.AddrPortFrom(addr(1, 1), worldPort), netip.AddrPortFrom(addr(0, 1), worldPort), bytes[i]) // back at its sender
			w.net.Inject(s.from, s.to, bytes[i])                                                                         // again
			if i%50 == 0 {
				time.Sleep(20 * time.Millisecond)
			}
		}
		time.Sleep(8 * time.Second)
		after := w.line(1, 0)
		if a, b := before.Call.ID, after.Call.ID; a != b || after.Call.State != api.CallActive {
			t.Errorf("the call is %s %s, was %s", b, after.Call.State, a)
		}
		if lost := south.missing(0, 400, never); lost != 0 {
			t.Errorf("%d packets lost", lost)
		}
		for i, p := range after.Paths {
			if got, most := p.Arrived-before.Paths[i].Arrived, uint64(50*20); got > most {
				t.Errorf("path %d counts %d datagrams as authentic, want at most %d", p.Number, got, most)
			}
		}
	})
}

// TestTroubleStaysOnItsLine: a flood on one line's labels costs another line, on the same
// sockets, nothing.
func TestTroubleStaysOnItsLine(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.lines = 2
		o := w.observe(true)
		w.startBoth()
		w.open(3 * time.Second)
		north, south := w.talk() // on line 0
		labels := w.labelsOf(1, 1)
		seen, bytes := o.recorded()
		var flood []int
		for i := range bytes {
			if isSide(seen[i].to, 1) && labels[string(bytes[i][:8])] {
				flood = append(flood, i)
			}
		}
		if len(flood) == 0 {
			t.Fatal("nothing was sent on line 1")
		}
		go func() {
			for range 500 {
				for i := range 40 {
					n := flood[i%len(flood)]
					w.net.Inject(seen[n].from, seen[n].to, bytes[n])
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		north.speak(0, 250)
		time.Sleep(time.Second)
		if lost := south.missing(0, 250, 40*time.Millisecond); lost != 0 {
			t.Errorf("%d packets of line 0 lost or late", lost)
		}
		var excess uint64
		_ = w.st[1].do(func() {
			for _, k := range w.st[1].sockets {
				excess += k.excess.Load()
			}
		})
		if excess == 0 {
			t.Error("no datagram was refused for its path's allowance")
		}
	})
}

// labelsOf gives the labels of what a side receives on one line.
func (w *world) labelsOf(side, n int) map[string]bool {
	labels := make(map[string]bool)
	_ = w.st[side].do(func() {
		for _, l := range w.st[side].lines[fmt.Sprint("line", n)].line.Labels() {
			labels[string(l.Label[:])] = true
		}
	})
	return labels
}
