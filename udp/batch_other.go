//go:build !linux || portable

package udp

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// A receiver is the reading half of a socket.
type receiver struct {
	c     *net.UDPConn
	local netip.AddrPort
	spare []byte // one byte longer than the longest buffer so far: shows that a datagram was longer
}

// A sender is the writing half of a socket.
type sender struct {
	c *net.UDPConn
}

// configure has nothing to set before the socket is bound.
func configure(syscall.RawConn, netip.Addr) error { return nil }

func (c *Conn) setup() error {
	c.in.c, c.in.local, c.out.c = c.c, c.local, c.c
	c.c.SetReadBuffer(BufferSize)
	c.c.SetWriteBuffer(BufferSize)
	if familyOf(c.local.Addr()) == v6 {
		ipv6.NewConn(c.c).SetTrafficClass(TrafficClass)
	} else {
		ipv4.NewConn(c.c).SetTOS(TrafficClass)
	}
	return nil
}

func (r *receiver) receive(bufs [][]byte, sizes []int, addrs []netip.AddrPort) (int, error) {
	if len(bufs) == 0 {
		return 0, nil
	}
	if len(r.spare) <= len(bufs[0]) {
		r.spare = make([]byte, len(bufs[0])+1)
	}
	n, addr, err := r.c.ReadFromUDPAddrPort(r.spare[:len(bufs[0])+1])
	if errors.Is(err, net.ErrClosed) {
		return 0, net.ErrClosed
	}
	if err != nil {
		return 0, &Error{Op: "receive", Name: r.local.String(), Found: reason(err), Err: err}
	}
	if n > len(bufs[0]) {
		n = 0
	}
	addrs[0], sizes[0] = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), copy(bufs[0], r.spare[:n])
	return 1, nil
}

func (s *sender) send(bufs [][]byte, addrs []netip.AddrPort) (int, error) {
	sent := 0
	var first error
	for i, buf := range bufs {
		s.c.SetWriteDeadline(time.Now().Add(SendPatience))
		_, err := s.c.WriteToUDPAddrPort(buf, addrs[i])
		switch {
		case err == nil:
			sent++
		case errors.Is(err, net.ErrClosed):
			return sent, net.ErrClosed
		case first == nil:
			first = &Error{Op: "send", Name: addrs[i].String(), Found: reason(err), Err: err}
		}
	}
	return sent, first
}
