package impair

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/netip"
	"sync"
	"time"
)

// A Network joins sockets in memory. It works in real time and in a bubble of
// testing/synctest, if it is made there: it blocks on nothing but its own condition
// variables, and keeps one timer and no goroutine. Links are perfect until
// [Network.Set].
//
// A datagram always arrives by way of the timer, even without any delay; so in
// virtual time it arrives when all that was to happen at the instant of its sending
// has happened.
type Network struct {
	seed uint64

	mu       sync.Mutex
	conns    map[netip.AddrPort]*MemConn
	links    map[ends]*link
	injected *link
	sky      sky
	alarm    *time.Timer // runs deliver
	ring     time.Time   // when alarm is set for; zero: it is not set
	nextPort uint16
	taps     []Tap
	closed   bool

	translate func(netip.AddrPort) netip.AddrPort
	inside    map[netip.AddrPort]netip.AddrPort // of each address that translate made, the one before

	tapMu sync.Mutex // held while a tap runs, after mu was given up
}

// ends name a link.
type ends struct{ from, to netip.Addr }

// A Tap sees one datagram at the instant it is sent, with the addresses it has on
// the wire. delivered is false if the network lost it then and there; a later cut
// may still lose it. b is the tap's during the call only. Taps run one at a time;
// one may call any method of the [Network], but send from no [MemConn].
type Tap func(at time.Time, from, to netip.AddrPort, b []byte, delivered bool)

// NewNetwork makes a network with nobody on it. All chance comes from seed.
func NewNetwork(seed uint64) *Network {
	return &Network{
		seed:     seed,
		conns:    map[netip.AddrPort]*MemConn{},
		links:    map[ends]*link{},
		injected: &link{},
		nextPort: 49152,
		inside:   map[netip.AddrPort]netip.AddrPort{},
	}
}

// Listen binds a socket to addr. Port 0 stands for a free one. There are no
// wildcards: a socket has one address.
func (n *Network) Listen(addr netip.AddrPort) (*MemConn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	addr = unmap(addr)
	if n.closed {
		return nil, fmt.Errorf("impair: listen %v: the network is closed", addr)
	}
	if !addr.IsValid() || addr.Addr().IsUnspecified() {
		return nil, fmt.Errorf("impair: listen %v: want one address", addr)
	}
	for addr.Port() == 0 {
		if p := netip.AddrPortFrom(addr.Addr(), n.nextPort); n.conns[p] == nil {
			addr = p
		}
		n.nextPort = max(n.nextPort+1, 49152)
	}
	if n.conns[addr] != nil {
		return nil, fmt.Errorf("impair: listen %v: address taken", addr)
	}
	c := &MemConn{n: n, local: addr}
	c.arrived.L = &n.mu
	n.conns[addr] = c
	return c, nil
}

// Set makes s the settings of the link between two addresses, in this direction.
// Addresses are those that the sockets are bound to, before any translation.
// Settings out of range are a mistake in the test: Set panics.
func (n *Network) Set(from, to netip.Addr, s Settings) {
	if err := s.Validate(); err != nil {
		panic(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link(from, to).set(s)
}

// SetBoth is Set in both directions.
func (n *Network) SetBoth(a, b netip.Addr, s Settings) {
	n.Set(a, b, s)
	n.Set(b, a, s)
}

// Counts returns what the link has done so far.
func (n *Network) Counts(from, to netip.Addr) Counts {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.link(from, to).counts
}

// Tap lets f see all that sockets send from now on; what is injected it does not see.
func (n *Network) Tap(f Tap) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taps = append(n.taps, f)
}

// Inject puts a datagram onto the wire that no socket sent. It arrives at once,
// whatever the settings.
func (n *Network) Inject(from, to netip.AddrPort, b []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if dest, ok := n.route(unmap(to)); ok && !n.closed {
		n.sky.send(time.Now(), n.injected, unmap(from), dest, b)
		n.setAlarm()
	}
}

// Translate puts a NAT before every socket whose address f changes: what it sends
// comes from f's address, what is sent to that address reaches it once it has sent
// something, and its own address cannot be reached. A new f, or nil, forgets all
// that went before, as a NAT does that was switched off and on. f must not call the
// Network.
func (n *Network) Translate(f func(from netip.AddrPort) netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.translate = f
	clear(n.inside)
}

// Close closes all sockets and drops what is in flight.
func (n *Network) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		c.shut()
	}
	if n.alarm != nil {
		n.alarm.Stop()
	}
	n.closed, n.sky = true, sky{}
	return nil
}

// link returns the link of two addresses, which need not have been set. Under mu.
func (n *Network) link(from, to netip.Addr) *link {
	key := ends{from.Unmap(), to.Unmap()}
	l := n.links[key]
	if l == nil {
		l = &link{seed: key.seed(n.seed)}
		n.links[key] = l
	}
	return l
}

// seed makes each link's chance its own, and the same in every run.
func (e ends) seed(network uint64) uint64 {
	h := fnv.New64a()
	binary.Write(h, binary.BigEndian, network)
	fmt.Fprintf(h, "%v %v", e.from, e.to)
	return h.Sum64()
}

// send puts one datagram on its way. Under mu.
func (n *Network) send(now time.Time, from, to netip.AddrPort, b []byte) (seen netip.AddrPort, delivered bool) {
	seen = from
	if n.translate != nil {
		if seen = unmap(n.translate(from)); seen != from {
			n.inside[seen] = from
		}
	}
	dest, ok := n.route(to)
	if !ok {
		return seen, false
	}
	_, delivered = n.sky.send(now, n.link(from.Addr(), dest.Addr()), seen, dest, b)
	return seen, delivered
}

// route finds the socket's address that to leads to, and false if a NAT keeps it
// from being reached. Under mu.
func (n *Network) route(to netip.AddrPort) (netip.AddrPort, bool) {
	if dest, ok := n.inside[to]; ok {
		return dest, true
	}
	return to, n.translate == nil || unmap(n.translate(to)) == to
}

// setAlarm sets the timer to the next arrival, if it is not already set for one as early. Under mu.
func (n *Network) setAlarm() {
	due, ok := n.sky.next()
	if !ok || !n.ring.IsZero() && !due.Before(n.ring) {
		return
	}
	n.ring = due
	if n.alarm == nil {
		n.alarm = time.AfterFunc(time.Until(due), n.deliver)
	} else {
		n.alarm.Reset(time.Until(due))
	}
}

// deliver hands over all that has arrived.
func (n *Network) deliver() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ring = time.Time{}
	for now := time.Now(); ; {
		f, arrived := n.sky.land(now)
		if f == nil {
			break
		}
		if c := n.conns[f.to]; arrived && c != nil && c.put(f) {
			f.link.counts.Carried++
		} else {
			f.link.counts.Lost++
			n.sky.recycle(f)
		}
	}
	n.setAlarm()
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
