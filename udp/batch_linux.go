//go:build linux && !portable

package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An mmsghdr is the kernel's struct of this name: what recvmmsg and sendmmsg take
// an array of.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// A batch is the arrays both system calls need, made once for each direction. Every
// header points at the element of names and iovs with its own number.
type batch struct {
	hdrs  [MaxBatch]mmsghdr
	iovs  [MaxBatch]unix.Iovec
	names [MaxBatch]unix.RawSockaddrInet6 // the larger of the two families
	zones zones
}

func (b *batch) link() {
	for i := range b.hdrs {
		b.hdrs[i].hdr.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		b.hdrs[i].hdr.Iov = &b.iovs[i]
		b.hdrs[i].hdr.SetIovlen(1)
	}
	b.zones = zones{names: map[uint32]string{}, ids: map[string]uint32{}}
}

// point lets message i read from or write to buf.
func (b *batch) point(i int, buf []byte) {
	b.iovs[i].Base = unsafe.SliceData(buf)
	b.iovs[i].SetLen(len(buf))
}

// release forgets the caller's first n buffers.
func (b *batch) release(n int) {
	for i := range b.iovs[:n] {
		b.iovs[i].Base = nil
	}
}

// call is one recvmmsg or sendmmsg over messages from to to.
func (b *batch) call(trap, fd uintptr, from, to int) (int, syscall.Errno) {
	n, _, errno := unix.Syscall6(trap, fd, uintptr(unsafe.Pointer(&b.hdrs[from])), uintptr(to-from), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// A receiver is the reading half of a socket.
type receiver struct {
	batch
	raw   syscall.RawConn
	local netip.AddrPort
	read  func(fd uintptr) bool // = try, bound once: a method value made at each call would be allocated

	want, got int           // of the call in progress
	errno     syscall.Errno // how it failed, 0 if it did not
}

// A sender is the writing half of a socket.
type sender struct {
	batch
	raw      syscall.RawConn
	deadline func(time.Time) error // of the socket's writes
	write    func(fd uintptr) bool // = try, bound once

	next, end int           // messages still to send in the call in progress
	sent      int           // messages that left
	failed    int           // the first that did not; -1 if all did
	errno     syscall.Errno // and why
	waited    bool          // the deadline of this call is set
}

func (c *Conn) setup() error {
	raw, err := c.c.SyscallConn()
	if err != nil {
		return err
	}
	c.in.init(raw, c.local)
	c.out.init(raw, c.c.SetWriteDeadline)
	return nil
}

func (r *receiver) init(raw syscall.RawConn, local netip.AddrPort) {
	r.link()
	r.raw, r.local, r.read = raw, local, r.try
}

func (s *sender) init(raw syscall.RawConn, deadline func(time.Time) error) {
	s.link()
	s.raw, s.deadline, s.write = raw, deadline, s.try
}

func (r *receiver) receive(bufs [][]byte, sizes []int, addrs []netip.AddrPort) (int, error) {
	r.want, r.got, r.errno = min(len(bufs), MaxBatch), 0, 0
	if r.want == 0 {
		return 0, nil
	}
	for i, buf := range bufs[:r.want] {
		r.point(i, buf)
		r.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
	}
	err := r.raw.Read(r.read)
	r.release(r.want)
	if err == nil && r.errno != 0 {
		err = r.errno
	}
	if errors.Is(err, net.ErrClosed) {
		return 0, net.ErrClosed
	}
	if err != nil {
		return 0, &Error{Op: "receive", Name: r.local.String(), Found: reason(err), Err: err}
	}
	for i := range r.got {
		addrs[i] = r.zones.addr(&r.names[i])
		sizes[i] = int(r.hdrs[i].len)
		if r.hdrs[i].hdr.Flags&unix.MSG_TRUNC != 0 {
			sizes[i] = 0
		}
	}
	return r.got, nil
}

// try receives what is there; false says that nothing is, and asks to be called
// when the socket is readable.
func (r *receiver) try(fd uintptr) bool {
	for {
		r.got, r.errno = r.call(unix.SYS_RECVMMSG, fd, 0, r.want)
		if r.errno != unix.EINTR {
			return r.errno != unix.EAGAIN
		}
	}
}

func (s *sender) send(bufs [][]byte, addrs []netip.AddrPort) (int, error) {
	sent := 0
	var first error
	for len(bufs) > 0 {
		n := min(len(bufs), MaxBatch)
		err := s.part(bufs[:n], addrs[:n])
		sent += s.sent
		if errors.Is(err, net.ErrClosed) {
			return sent, net.ErrClosed
		}
		if first == nil {
			first = err
		}
		bufs, addrs = bufs[n:], addrs[n:]
	}
	return sent, first
}

// part sends at most MaxBatch messages.
func (s *sender) part(bufs [][]byte, addrs []netip.AddrPort) error {
	s.next, s.end, s.sent, s.failed, s.errno, s.waited = 0, len(bufs), 0, -1, 0, false
	for i, buf := range bufs {
		s.point(i, buf)
		s.hdrs[i].hdr.Namelen = s.zones.sockaddr(&s.names[i], addrs[i])
	}
	err := s.raw.Write(s.write)
	s.release(len(bufs))
	if s.waited {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			s.fail(unix.EAGAIN)
			err = nil
		}
		s.deadline(time.Time{})
	}
	if err != nil {
		return err
	}
	if s.failed < 0 {
		return nil
	}
	found := reason(s.errno)
	if s.errno == unix.EAGAIN {
		found = "send buffer full for " + SendPatience.String()
	}
	return &Error{Op: "send", Name: addrs[s.failed].String(), Found: found, Err: s.errno}
}

// try sends all messages not yet sent, steps over those that fail, and returns
// false when the send buffer is full, to be called when there is room.
func (s *sender) try(fd uintptr) bool {
	for s.next < s.end {
		n, errno := s.call(unix.SYS_SENDMMSG, fd, s.next, s.end)
		switch errno {
		case 0:
			s.next += n
			s.sent += n
		case unix.EINTR:
		case unix.EAGAIN:
			if !s.waited {
				s.waited = true
				s.deadline(time.Now().Add(SendPatience))
			}
			return false
		default:
			s.fail(errno)
			s.next++
		}
	}
	return true
}

// fail notes why the next message does not leave.
func (s *sender) fail(errno syscall.Errno) {
	if s.failed < 0 {
		s.failed, s.errno = s.next, errno
	}
}

// zones keeps the names of the interfaces that link-local addresses are on, so that
// an address needs neither look-up nor allocation. There are as many as interfaces.
type zones struct {
	names map[uint32]string
	ids   map[string]uint32
}

// addr reads the kernel's form of an address.
func (z *zones) addr(sa *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:])
	if sa.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(sa)).Addr), port)
	}
	a := netip.AddrFrom16(sa.Addr)
	if sa.Scope_id != 0 {
		a = a.WithZone(z.name(sa.Scope_id))
	}
	return netip.AddrPortFrom(a, port)
}

// sockaddr writes the kernel's form of addr and returns its length: 0, which the
// kernel refuses, if there is no address.
func (z *zones) sockaddr(sa *unix.RawSockaddrInet6, addr netip.AddrPort) uint32 {
	a := addr.Addr().Unmap()
	*sa = unix.RawSockaddrInet6{}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], addr.Port())
	switch {
	case a.Is4():
		in4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		in4.Family, in4.Addr = unix.AF_INET, a.As4()
		return unix.SizeofSockaddrInet4
	case a.Is6():
		sa.Family, sa.Addr, sa.Scope_id = unix.AF_INET6, a.As16(), z.id(a.Zone())
		return unix.SizeofSockaddrInet6
	}
	return 0
}

func (z *zones) name(id uint32) string {
	name, ok := z.names[id]
	if !ok {
		name = strconv.FormatUint(uint64(id), 10)
		if i, err := net.InterfaceByIndex(int(id)); err == nil {
			name = i.Name
		}
		z.names[id] = name
	}
	return name
}

func (z *zones) id(name string) uint32 {
	if name == "" {
		return 0
	}
	id, ok := z.ids[name]
	if !ok {
		if i, err := net.InterfaceByName(name); err == nil {
			id = uint32(i.Index)
		} else if n, err := strconv.ParseUint(name, 10, 32); err == nil {
			id = uint32(n)
		} else {
			return 0 // not kept: the interface may come
		}
		z.ids[name] = id
	}
	return id
}
