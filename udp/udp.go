// Package udp sends and receives a station's datagrams, many at a time.
//
// A [Conn] is one UDP socket bound to one local address. All lines of a station
// that use this address share it. It has four methods in standard types
// ([Conn.ReadBatch], [Conn.WriteBatch], [Conn.LocalAddr], [Conn.Close]), so that a
// simulated network can stand in its place.
//
// # What a socket is set to
//
//   - Every datagram leaves with DSCP EF (46) and ECN not-ECT, whatever it
//     carries, so that the class shows nothing.
//   - A datagram is one packet or nothing: "don't fragment" is set, and what routers
//     report of the path's MTU is ignored, because anyone who knows the addresses
//     can forge such a report. All profiles fit the 1,280 bytes that every
//     IPv6 link carries.
//   - An IPv6 socket is for IPv6 only, so 0.0.0.0:4400 and [::]:4400 can both be bound.
//   - The address is not shared: a second program that binds it is refused.
//   - Nothing leaves to a broadcast address.
//   - Both buffers are [BufferSize] bytes, or the most the system allows.
//
// On Linux all of this holds or Listen fails, the buffers apart. On other systems
// the class is a wish, and fragments, MTU and broadcasts are as Go has them. The
// build tag "portable" makes Linux one of these, for tests.
//
// # What a caller can rely on
//
// On Linux up to [MaxBatch] datagrams cost one system call (recvmmsg, sendmmsg);
// golang.org/x/net has the same calls but allocates for the address of each
// datagram. On other systems a batch is a loop over single calls. Neither way
// allocates.
//
// A destination that cannot be reached fails alone: the rest of its batch leaves. A
// datagram that the system holds back is given up after [SendPatience] rather than
// sent late: at the next tick there is a newer one.
//
// What arrives is not checked in any way; the source address is whatever the sender
// wrote. Buffers keep what they held before beyond the size reported.
package udp

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	// MaxBatch is the most datagrams one call carries. Longer batches are taken in
	// parts by WriteBatch; ReadBatch returns with at most so many.
	MaxBatch = 64

	// BufferSize is what is asked for each of a socket's two buffers, in bytes: a
	// second's datagrams of some thousand lines.
	BufferSize = 4 << 20

	// TrafficClass is the byte that IPv4 calls TOS and IPv6 traffic class: DSCP EF
	// in the upper six bits (RFC 3246), ECN not-ECT in the lower two (RFC 3168).
	TrafficClass = 46 << 2

	// SendPatience is how long WriteBatch waits for room in a full send buffer.
	SendPatience = 5 * time.Millisecond
)

// A Conn is one socket. It is safe for concurrent use: one ReadBatch and one
// WriteBatch proceed at a time, independent of each other.
type Conn struct {
	c     *net.UDPConn
	local netip.AddrPort

	readMu sync.Mutex
	in     receiver // under readMu

	writeMu sync.Mutex
	out     sender // under writeMu
}

// Listen binds a socket to addr. Port 0 lets the system choose; 0.0.0.0 and ::
// stand for all addresses of their family. The error is an [*Error].
func Listen(addr netip.AddrPort) (*Conn, error) {
	addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	if !addr.IsValid() {
		return nil, &Error{Op: "listen", Name: addr.String(), Found: "no address given",
			Action: "name an address and a port, such as 0.0.0.0:4400"}
	}
	lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) error { return configure(rc, addr.Addr()) }}
	pc, err := lc.ListenPacket(context.Background(), familyOf(addr.Addr()).network(), addr.String())
	if err != nil {
		return nil, listenError(addr, err)
	}
	uc := pc.(*net.UDPConn)
	bound := uc.LocalAddr().(*net.UDPAddr).AddrPort()
	c := &Conn{c: uc, local: netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())}
	if err := c.setup(); err != nil {
		uc.Close()
		return nil, listenError(addr, err)
	}
	return c, nil
}

// LocalAddr is the bound address, with the port the system chose.
func (c *Conn) LocalAddr() netip.AddrPort { return c.local }

// Close ends the socket. A ReadBatch that waits returns [net.ErrClosed].
func (c *Conn) Close() error { return c.c.Close() }

// ReadBatch waits for at least one datagram and returns how many it took. Datagram
// i is bufs[i][:sizes[i]], from addrs[i]. A datagram longer than its buffer is
// reported with size 0, as if it had been empty: nobody shall act on the front half
// of one. The slices must be equally long; only [MaxBatch] elements are used.
//
// After Close the error is [net.ErrClosed]; any other error is the system's, and a
// caller may try again.
func (c *Conn) ReadBatch(bufs [][]byte, sizes []int, addrs []netip.AddrPort) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	return c.in.receive(bufs, sizes, addrs[:len(bufs)])
}

// WriteBatch sends bufs[i] to addrs[i], in order, and returns how many left. It
// tries all of them, whatever happens to one. The error is nil if all left; else it
// is an [*Error] of the first that did not. After Close it is [net.ErrClosed].
func (c *Conn) WriteBatch(bufs [][]byte, addrs []netip.AddrPort) (int, error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.out.send(bufs, addrs[:len(bufs)])
}

// A family is one of the two kinds of address. A socket speaks one of them.
type family int

const (
	v4 family = 4
	v6 family = 6
)

func familyOf(a netip.Addr) family {
	if a.Unmap().Is4() {
		return v4
	}
	return v6
}

// network is the family's name in package net, where a socket of "udp6" is for IPv6
// only.
func (f family) network() string {
	if f == v4 {
		return "udp4"
	}
	return "udp6"
}

func (f family) String() string {
	if f == v4 {
		return "IPv4"
	}
	return "IPv6"
}
