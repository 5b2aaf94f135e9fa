package impair

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A Direction is one of the two ways through a [Forwarder].
type Direction int

const (
	AtoB Direction = iota
	BtoA
)

func (d Direction) String() string {
	if d == AtoB {
		return "a to b"
	}
	return "b to a"
}

// ForwarderConfig says where a [Forwarder] stands.
type ForwarderConfig struct {
	// AddrA and AddrB are the forwarder's own addresses, one for each side; port 0
	// lets the system choose. Station A takes AddrA for station B, and the other
	// way round.
	AddrA, AddrB netip.AddrPort

	// StationA and StationB are where the stations are. What comes from elsewhere
	// is dropped. A station without an address is where the first datagram on its
	// side comes from.
	StationA, StationB netip.AddrPort

	Seed       uint64 // of all chance
	AtoB, BtoA Settings
}

// A Sight is one datagram as it enters a [Forwarder], for whoever draws it.
type Sight struct {
	Direction Direction
	Number    uint64    // in its direction, from 0
	At        time.Time // when it entered
	Arrives   time.Time // when it will arrive, if it is not cut off on its way; zero if it is lost
}

// A Forwarder is one path between two stations, over real UDP sockets, with faults
// on it. Datagrams of any size pass unopened. It is safe for concurrent use.
type Forwarder struct {
	sides [2]*net.UDPConn // by the direction of what enters there
	addrs [2]netip.AddrPort
	alarm *alarm // rings when the next arrives; set under mu, and not once closed
	done  sync.WaitGroup

	mu       sync.Mutex
	stations [2]netip.AddrPort // who sends in each direction
	links    [2]*link
	sky      sky
	ring     time.Time  // when alarm is set for; zero: it is not set
	sights   chan Sight // nil: nobody watches
	closed   bool
}

// maxDatagram is the longest payload that UDP carries.
const maxDatagram = 1 << 16

// NewForwarder binds both sides and starts to carry.
func NewForwarder(cfg ForwarderConfig) (*Forwarder, error) {
	for _, s := range []Settings{cfg.AtoB, cfg.BtoA} {
		if err := s.Validate(); err != nil {
			return nil, err
		}
	}
	a, err := listenUDP(cfg.AddrA)
	if err != nil {
		return nil, err
	}
	b, err := listenUDP(cfg.AddrB)
	if err != nil {
		a.Close()
		return nil, err
	}
	alarm, err := newAlarm()
	if err != nil {
		a.Close()
		b.Close()
		return nil, err
	}
	f := &Forwarder{
		sides:    [2]*net.UDPConn{a, b},
		stations: [2]netip.AddrPort{unmap(cfg.StationA), unmap(cfg.StationB)},
		links: [2]*link{
			{seed: 2 * cfg.Seed, settings: cfg.AtoB},
			{seed: 2*cfg.Seed + 1, settings: cfg.BtoA},
		},
		alarm: alarm,
	}
	for d, c := range f.sides {
		f.addrs[d] = unmap(c.LocalAddr().(*net.UDPAddr).AddrPort())
		f.done.Go(func() { f.enter(Direction(d)) })
	}
	f.done.Go(f.carry)
	return f, nil
}

func listenUDP(addr netip.AddrPort) (*net.UDPConn, error) {
	if !addr.IsValid() || addr.Addr().IsUnspecified() {
		return nil, fmt.Errorf("impair: forwarder at %v: want one address", addr)
	}
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, fmt.Errorf("impair: forwarder: %w", err)
	}
	const buffer = 4 << 20 // as much of it as the system allows
	c.SetReadBuffer(buffer)
	c.SetWriteBuffer(buffer)
	return c, nil
}

// AddrA is where station A sends.
func (f *Forwarder) AddrA() netip.AddrPort { return f.addrs[AtoB] }

// AddrB is where station B sends.
func (f *Forwarder) AddrB() netip.AddrPort { return f.addrs[BtoA] }

// Set makes s the settings of one direction.
func (f *Forwarder) Set(d Direction, s Settings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.links[d].set(s)
	return nil
}

// Settings returns the settings of one direction.
func (f *Forwarder) Settings(d Direction) Settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.links[d].settings
}

// Apply changes both directions as p says, or neither.
func (f *Forwarder) Apply(p Patch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var changed [2]Settings
	for d, l := range f.links {
		s, err := p.Apply(l.settings)
		if err != nil {
			return err
		}
		changed[d] = s
	}
	for d, l := range f.links {
		l.set(changed[d])
	}
	return nil
}

// Counts returns what one direction has done so far.
func (f *Forwarder) Counts(d Direction) Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.links[d].counts
}

// Watch lets fn see the datagrams that enter from now on, in a goroutine of its
// own, in place of the one that watched before; nil ends it. An fn that is slow
// misses some: the traffic never waits for it.
func (f *Forwarder) Watch(fn func(Sight)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sights != nil {
		close(f.sights)
		f.sights = nil
	}
	if fn == nil || f.closed {
		return
	}
	sights := make(chan Sight, 256)
	f.sights = sights
	f.done.Go(func() {
		for s := range sights {
			fn(s)
		}
	})
}

// Close ends the forwarder and waits for its goroutines, and for a watcher in the
// middle of a datagram. What is in flight is lost.
func (f *Forwarder) Close() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return net.ErrClosed
	}
	f.closed = true
	if f.sights != nil {
		close(f.sights)
		f.sights = nil
	}
	f.mu.Unlock()
	f.alarm.close()
	err := errors.Join(f.sides[AtoB].Close(), f.sides[BtoA].Close())
	f.done.Wait()
	return err
}

// enter takes in what the station of one side sends.
func (f *Forwarder) enter(d Direction) {
	b := make([]byte, maxDatagram)
	for {
		n, from, err := f.sides[d].ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			f.take(d, unmap(from), b[:n])
		}
	}
}

// take puts a datagram on its way, and out again at once if there is no delay.
func (f *Forwarder) take(d Direction, from netip.AddrPort, b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.stations[d].IsValid() {
		f.stations[d] = from
	}
	if f.closed || from != f.stations[d] {
		return
	}
	now := time.Now()
	number := f.links[d].counts.Seen
	due, _ := f.sky.send(now, f.links[d], netip.AddrPort{}, netip.AddrPort{}, b)
	f.show(Sight{Direction: d, Number: number, At: now, Arrives: due})
	f.leave(now)
}

// show passes on a sight if somebody watches who has time for it. Under mu.
func (f *Forwarder) show(s Sight) {
	select {
	case f.sights <- s:
	default:
	}
}

// leave sends on all that has arrived, and sets the alarm for what comes next. Under mu.
func (f *Forwarder) leave(now time.Time) {
	for {
		p, arrived := f.sky.land(now)
		if p == nil {
			break
		}
		if arrived && f.out(p) {
			p.link.counts.Carried++
		} else {
			p.link.counts.Lost++
		}
		f.sky.recycle(p)
	}
	if due, ok := f.sky.next(); ok && (f.ring.IsZero() || due.Before(f.ring)) {
		f.ring = due
		f.alarm.set(time.Until(due))
	}
}

// out hands a datagram to the station at its end, from the address it knows. Under mu.
func (f *Forwarder) out(p *flight) bool {
	far := BtoA
	if p.link == f.links[BtoA] {
		far = AtoB
	}
	if !f.stations[far].IsValid() {
		return false
	}
	_, err := f.sides[far].WriteToUDPAddrPort(p.b, f.stations[far])
	return err == nil
}

// carry lets out each datagram at its time.
func (f *Forwarder) carry() {
	for f.alarm.wait() {
		f.mu.Lock()
		f.ring = time.Time{}
		if !f.closed {
			f.leave(time.Now())
		}
		f.mu.Unlock()
	}
}
