package station

import (
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"ringdown/wire"
)

// A Conn is one bound local address, shared by every line that has a path
// from it. Package udp has the real one, package impair one in memory.
type Conn interface {
	// ReadBatch blocks until at least one datagram is here. It fills
	// bufs[i][:sizes[i]] and addrs[i] and says how many.
	ReadBatch(bufs [][]byte, sizes []int, addrs []netip.AddrPort) (int, error)
	// WriteBatch sends bufs[i] to addrs[i]. One address that fails stops no other.
	WriteBatch(bufs [][]byte, addrs []netip.AddrPort) (int, error)
	LocalAddr() netip.AddrPort
	Close() error
}

const (
	batchSize = 64

	// readBuffer is the room for one arriving datagram: one byte more than the
	// largest profile, so that anything longer shows.
	readBuffer = 641

	// burst and refill bound what one path may bring: refill times its cadence
	// for ever, and burst datagrams at once after the network held them back.
	// Beyond it a copy of a label costs a look-up and no decryption, so whoever
	// floods one path takes nothing from the others.
	burst  = 512
	refill = 4

	// pauseAfterError keeps a socket that fails at every read from taking a core.
	pauseAfterError = 100 * time.Millisecond
)

// A route is where datagrams with one label go. The socket's reader owns allowance.
type route struct {
	line *lineEnd
	path uint8
	size int

	perSecond float64
	allowance float64
	last      time.Time
}

// admit spends one datagram of the path's allowance.
func (r *route) admit(now time.Time) bool {
	r.allowance = min(burst, r.allowance+r.perSecond*now.Sub(r.last).Seconds())
	r.last = now
	if r.allowance < 1 {
		return false
	}
	r.allowance--
	return true
}

// A socket reads one local address and drops at once what belongs to no line.
type socket struct {
	conn   Conn
	labels atomic.Pointer[map[wire.Label]*route] // replaced whole, never changed

	strangers atomic.Uint64 // datagrams without a label of ours
	excess    atomic.Uint64 // datagrams beyond a path's allowance

	// Filled by the loop between flushes.
	out   [][]byte
	addrs []netip.AddrPort
}

// An arrival is one batch on its way from a reader to the loop.
type arrival struct {
	bufs   [batchSize][]byte
	sizes  [batchSize]int
	addrs  [batchSize]netip.AddrPort
	routes [batchSize]*route
	n      int
}

func newArrival() *arrival {
	a := new(arrival)
	room := make([]byte, batchSize*readBuffer)
	for i := range a.bufs {
		a.bufs[i] = room[i*readBuffer : (i+1)*readBuffer : (i+1)*readBuffer]
	}
	return a
}

var arrivals = sync.Pool{New: func() any { return newArrival() }}

func newSocket(c Conn) *socket {
	s := &socket{conn: c}
	s.labels.Store(&map[wire.Label]*route{})
	return s
}

// read runs until the socket is closed. Every datagram costs one look-up; only
// those that carry a label of ours, have the size of its line and are within its
// allowance reach the loop.
func (s *socket) read(now func() time.Time, to chan<- *arrival, done <-chan struct{}, log *slog.Logger) {
	for {
		a := arrivals.Get().(*arrival)
		n, err := s.conn.ReadBatch(a.bufs[:], a.sizes[:], a.addrs[:])
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			log.Warn("reading the line's socket", "address", s.conn.LocalAddr().String(), "error", err)
			select {
			case <-time.After(pauseAfterError):
			case <-done:
				return
			}
		}
		if a.n = n; s.sort(a, now()) == 0 {
			arrivals.Put(a)
			continue
		}
		select {
		case to <- a:
		case <-done:
			return
		}
	}
}

// sort looks up the batch's labels and says how many datagrams are ours.
func (s *socket) sort(a *arrival, now time.Time) (ours int) {
	labels := *s.labels.Load()
	for i := range a.n {
		a.routes[i] = nil
		var r *route
		if a.sizes[i] >= len(wire.Label{}) && a.sizes[i] < readBuffer {
			r = labels[wire.Label(a.bufs[i])]
		}
		switch {
		case r == nil || a.sizes[i] != r.size:
			s.strangers.Add(1)
		case !r.admit(now):
			s.excess.Add(1)
		default:
			a.routes[i] = r
			ours++
		}
	}
	return ours
}

// next returns room for one datagram to be sent at the next flush.
func (s *socket) next(size int, to netip.AddrPort) []byte {
	n := len(s.out)
	if n < cap(s.out) {
		s.out = s.out[:n+1]
	} else {
		s.out = append(s.out, nil)
	}
	if cap(s.out[n]) < size {
		s.out[n] = make([]byte, readBuffer)
	}
	s.out[n] = s.out[n][:size]
	s.addrs = append(s.addrs, to)
	return s.out[n]
}

// flush sends what next gave out since the last flush.
func (s *socket) flush() {
	if len(s.out) == 0 {
		return
	}
	// An address that cannot be reached is a silent path, and shows as one.
	_, _ = s.conn.WriteBatch(s.out, s.addrs)
	s.out, s.addrs = s.out[:0], s.addrs[:0]
}

// route adds or replaces one label.
func (s *socket) route(l wire.Label, r *route) {
	labels := maps.Clone(*s.labels.Load())
	labels[l] = r
	s.labels.Store(&labels)
}

// unroute removes one label.
func (s *socket) unroute(gone wire.Label) {
	s.keep(func(l wire.Label, _ *route) bool { return l != gone })
}

// forget removes every label of a line.
func (s *socket) forget(end *lineEnd) {
	s.keep(func(_ wire.Label, r *route) bool { return r.line != end })
}

func (s *socket) keep(wanted func(wire.Label, *route) bool) {
	labels := maps.Clone(*s.labels.Load())
	maps.DeleteFunc(labels, func(l wire.Label, r *route) bool { return !wanted(l, r) })
	s.labels.Store(&labels)
}
