package impair

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A MemConn is a socket of a [Network]. It is safe for concurrent use.
type MemConn struct {
	n       *Network
	local   netip.AddrPort
	arrived sync.Cond // on n.mu

	// Under n.mu.
	unread []*flight // a queue: the first to be read is unread[head]
	head   int
	closed bool
}

var errNowhere = errors.New("impair: send: no address to send to")

// LocalAddr is the address that the socket is bound to.
func (c *MemConn) LocalAddr() netip.AddrPort { return c.local }

// ReadBatch waits for at least one datagram and returns how many it took: number i
// is bufs[i][:sizes[i]], from addrs[i]. One that is longer than its buffer is
// reported with size 0. After Close the error is [net.ErrClosed].
func (c *MemConn) ReadBatch(bufs [][]byte, sizes []int, addrs []netip.AddrPort) (int, error) {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	for len(c.unread) == c.head && !c.closed {
		c.arrived.Wait()
	}
	if c.closed {
		return 0, net.ErrClosed
	}
	k := min(len(bufs), len(c.unread)-c.head)
	for i := range k {
		f := c.unread[c.head]
		c.unread[c.head] = nil
		c.head++
		addrs[i], sizes[i] = f.from, 0
		if len(f.b) <= len(bufs[i]) {
			sizes[i] = copy(bufs[i], f.b)
		}
		c.n.sky.recycle(f)
	}
	return k, nil
}

// WriteBatch sends bufs[i] to addrs[i], in order, and returns how many left. What
// the network then loses has left.
func (c *MemConn) WriteBatch(bufs [][]byte, addrs []netip.AddrPort) (int, error) {
	sent := 0
	var first error
	for i, b := range bufs {
		switch err := c.write(b, unmap(addrs[i])); err {
		case nil:
			sent++
		case net.ErrClosed:
			return sent, err
		default:
			first = err
		}
	}
	return sent, first
}

func (c *MemConn) write(b []byte, to netip.AddrPort) error {
	if !to.IsValid() {
		return errNowhere
	}
	n := c.n
	n.mu.Lock()
	if c.closed {
		n.mu.Unlock()
		return net.ErrClosed
	}
	now := time.Now()
	from, delivered := n.send(now, c.local, to, b)
	n.setAlarm()
	taps := n.taps
	n.mu.Unlock()

	if len(taps) == 0 {
		return nil
	}
	n.tapMu.Lock()
	defer n.tapMu.Unlock()
	for _, tap := range taps {
		tap(now, from, to, b, delivered)
	}
	return nil
}

// Close ends the socket: its address is free, a ReadBatch that waits returns.
func (c *MemConn) Close() error {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.shut()
	return nil
}

// shut is Close under n.mu.
func (c *MemConn) shut() {
	c.closed = true
	c.unread, c.head = nil, 0
	delete(c.n.conns, c.local)
	c.arrived.Broadcast()
}

// put adds an arrival to the queue, or returns false if that is full. Under n.mu.
func (c *MemConn) put(f *flight) bool {
	if len(c.unread)-c.head >= MaxUnread {
		return false
	}
	if c.head == len(c.unread) || c.head >= MaxUnread {
		c.unread = c.unread[:copy(c.unread, c.unread[c.head:])]
		c.head = 0
	}
	c.unread = append(c.unread, f)
	c.arrived.Signal()
	return true
}
