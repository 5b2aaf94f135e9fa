package console

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
)

const (
	maxAddresses = 64 // sockets of one voice port
	voiceBuffer  = 1 << 20
)

// A voicePort is the one UDP port for the voice of all browsers: a socket for
// each address of the machine (or for the one configured), so that an answer
// leaves by the address that was asked. Addresses that come later are found
// when the next browser connects. It is pion's [ice.UDPMux].
type voicePort struct {
	logger logging.LeveledLogger
	wild   netip.Addr // the wildcard it was given; invalid if one address
	near   bool       // hears this machine only

	mu      sync.Mutex
	port    uint16
	sockets map[netip.Addr]*voiceSocket
	own     *ownAddresses
	closed  bool
}

var _ ice.UDPMux = (*voicePort)(nil)

// A voiceSocket is pion's mux on one address.
type voiceSocket struct {
	*ice.UDPMuxDefault
	addr net.Addr
}

// listenVoice opens the port. With near, datagrams from other machines are
// dropped unread.
func listenVoice(at netip.AddrPort, near bool, logger logging.LeveledLogger) (*voicePort, error) {
	p := &voicePort{logger: logger, near: near, port: at.Port(), sockets: make(map[netip.Addr]*voiceSocket), own: new(ownAddresses)}
	if !at.Addr().IsUnspecified() {
		return p, p.first([]netip.Addr{at.Addr()})
	}
	p.wild = at.Addr()
	addresses, err := p.wanted()
	if err != nil {
		return nil, err
	}
	return p, p.first(addresses)
}

// first opens the sockets. A port of the system's choice is chosen by the first
// address and may be taken on another; then it is chosen again.
func (p *voicePort) first(addresses []netip.Addr) error {
	const tries = 20
	p.own.set(addresses)
	free := p.port == 0
	for try := 1; ; try++ {
		err := p.openAll(addresses)
		if err == nil {
			return nil
		}
		p.closeAll()
		if !free || !errors.Is(err, syscall.EADDRINUSE) || try == tries {
			return fmt.Errorf("console: voice: %w", err)
		}
		p.port = 0
	}
}

func (p *voicePort) openAll(addresses []netip.Addr) error {
	for _, a := range addresses {
		if err := p.open(a); err != nil {
			return err
		}
	}
	return nil
}

func (p *voicePort) open(a netip.Addr) error {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, p.port)))
	if err != nil {
		return err
	}
	_ = conn.SetReadBuffer(voiceBuffer) // as much as the system allows
	_ = conn.SetWriteBuffer(voiceBuffer)
	p.port = conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	var packets net.PacketConn = conn
	if p.near {
		packets = &nearConn{UDPConn: conn, near: p.own.has}
	}
	p.sockets[a] = &voiceSocket{ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: p.logger, UDPConn: packets}), conn.LocalAddr()}
	return nil
}

func (p *voicePort) number() uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.port
}

// wanted are the addresses of the machine that the wildcard stands for.
func (p *voicePort) wanted() ([]netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("console: voice: addresses of this machine: %w", err)
	}
	var wanted []netip.Addr
	for _, one := range all {
		prefix, err := netip.ParsePrefix(one.String())
		if err != nil || prefix.Addr().IsLinkLocalUnicast() || p.wild.Is4() && !prefix.Addr().Is4() {
			continue
		}
		wanted = append(wanted, prefix.Addr())
	}
	slices.SortFunc(wanted, netip.Addr.Compare)
	wanted = slices.Compact(wanted)
	if len(wanted) == 0 {
		return nil, errors.New("console: voice: this machine has no address")
	}
	return wanted[:min(len(wanted), maxAddresses)], nil
}

// GetListenAddresses implements [ice.UDPMux]. It is asked for each browser that
// connects, and looks for new addresses first. An address that is gone keeps its
// socket, because it may come back, until there are too many.
func (p *voicePort) GetListenAddresses() []net.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := make(map[netip.Addr]bool)
	if p.wild.IsValid() && !p.closed {
		if wanted, err := p.wanted(); err == nil {
			p.own.set(wanted)
			p.follow(wanted, now)
		}
	}
	var addrs []net.Addr
	for _, a := range slices.SortedFunc(maps.Keys(p.sockets), netip.Addr.Compare) {
		if s := p.sockets[a]; (now[a] || len(now) == 0) && !s.IsClosed() {
			addrs = append(addrs, s.addr)
		}
	}
	return addrs
}

// follow needs mu. It opens what is new and marks what is there now.
func (p *voicePort) follow(wanted []netip.Addr, now map[netip.Addr]bool) {
	for _, a := range wanted {
		now[a] = true
		if s := p.sockets[a]; s == nil || s.IsClosed() { // pion closes a mux whose socket fails
			if err := p.open(a); err != nil {
				p.logger.Warnf("voice: %v", err)
			}
		}
	}
	for a, s := range p.sockets {
		if !now[a] && len(p.sockets) > maxAddresses {
			_ = s.Close()
			delete(p.sockets, a)
		}
	}
}

// GetConn implements [ice.UDPMux].
func (p *voicePort) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	at, ok := addr.(*net.UDPAddr)
	if !ok {
		return nil, fmt.Errorf("console: voice: %T is no UDP address", addr)
	}
	p.mu.Lock()
	s := p.sockets[at.AddrPort().Addr().Unmap()]
	p.mu.Unlock()
	if s == nil {
		return nil, fmt.Errorf("console: voice: no socket at %s", addr)
	}
	return s.GetConn(ufrag, s.addr)
}

// RemoveConnByUfrag implements [ice.UDPMux].
func (p *voicePort) RemoveConnByUfrag(ufrag string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sockets {
		s.RemoveConnByUfrag(ufrag)
	}
}

// Close implements [ice.UDPMux].
func (p *voicePort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.closeAll()
	return nil
}

func (p *voicePort) closeAll() {
	for _, s := range p.sockets {
		_ = s.Close()
	}
	clear(p.sockets)
}

// ownAddresses are the addresses of this machine, as last looked up.
type ownAddresses struct {
	mu  sync.RWMutex
	all map[netip.Addr]bool
}

func (o *ownAddresses) set(addresses []netip.Addr) {
	all := make(map[netip.Addr]bool, len(addresses))
	for _, a := range addresses {
		all[a] = true
	}
	o.mu.Lock()
	o.all = all
	o.mu.Unlock()
}

func (o *ownAddresses) has(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.IsLoopback() {
		return true
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.all[a]
}

// A nearConn hears this machine only. Pages on localhost need it to listen on
// more than the loopback address: some browsers send from no other than the
// address of the default route.
type nearConn struct {
	*net.UDPConn
	near func(netip.Addr) bool
}

// ReadFromAddrPort implements [ice.AddrPortReaderWriter].
func (c *nearConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil || c.near(from.Addr()) {
			return n, from, err
		}
	}
}

// ReadFrom implements [net.PacketConn].
func (c *nearConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	return n, net.UDPAddrFromAddrPort(from), err
}

// WriteToAddrPort implements [ice.AddrPortReaderWriter].
func (c *nearConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteToUDPAddrPort(b, to)
}
