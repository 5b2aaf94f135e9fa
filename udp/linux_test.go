//go:build linux && !portable

package udp

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The class is read off a datagram that arrived, as anybody on the path can.
func TestClassOnTheWire(t *testing.T) {
	for _, c := range []struct {
		addr               netip.AddrPort
		level, ask, answer int
	}{
		{loopback4, unix.IPPROTO_IP, unix.IP_RECVTOS, unix.IP_TOS},
		{loopback6, unix.IPPROTO_IPV6, unix.IPV6_RECVTCLASS, unix.IPV6_TCLASS},
	} {
		from, to := listen(t, c.addr), listen(t, c.addr)
		control(t, to, func(fd int) error { return unix.SetsockoptInt(fd, c.level, c.ask, 1) })
		out := newLoad(2, 320, to.LocalAddr())
		if _, err := from.WriteBatch(out.bufs, out.addrs); err != nil {
			t.Fatal(err)
		}
		for range out.bufs {
			oob := make([]byte, 64)
			_, n, _, _, err := to.c.ReadMsgUDP(make([]byte, 700), oob)
			if err != nil {
				t.Fatal(err)
			}
			ms, err := unix.ParseSocketControlMessage(oob[:n])
			if err != nil || len(ms) != 1 || int(ms[0].Header.Type) != c.answer {
				t.Fatalf("%v: control messages %v, %v", c.addr, ms, err)
			}
			if got := ms[0].Data[0]; got != 0xb8 {
				t.Errorf("%v: class %#x, want 0xb8: EF, not ECN-capable", c.addr, got)
			}
		}
	}
}

func control(t *testing.T, c *Conn, f func(fd int) error) {
	t.Helper()
	raw, err := c.c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var inner error
	if err := errors.Join(raw.Control(func(fd uintptr) { inner = f(int(fd)) }), inner); err != nil {
		t.Fatal(err)
	}
}

func TestSocketOptions(t *testing.T) {
	const defaultBuffer = 212992
	for _, c := range []struct {
		addr       netip.AddrPort
		level, opt int
		want       int
	}{
		{loopback4, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE},
		{loopback6, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE},
		{loopback6, unix.IPPROTO_IPV6, unix.IPV6_DONTFRAG, 1},
		{loopback6, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1},
		{loopback4, unix.SOL_SOCKET, unix.SO_REUSEADDR, 0},
		{loopback4, unix.SOL_SOCKET, unix.SO_REUSEPORT, 0},
	} {
		control(t, listen(t, c.addr), func(fd int) error {
			got, err := unix.GetsockoptInt(fd, c.level, c.opt)
			if got != c.want {
				t.Errorf("%v: option %d/%d is %d, want %d", c.addr, c.level, c.opt, got, c.want)
			}
			return err
		})
	}
	for _, opt := range []int{unix.SO_RCVBUF, unix.SO_SNDBUF} {
		control(t, listen(t, loopback4), func(fd int) error {
			got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, opt)
			if got <= defaultBuffer {
				t.Errorf("buffer %d is of %d bytes, no more than any socket has", opt, got)
			}
			return err
		})
	}
}

// A station talks to one other. Package net lets every UDP socket broadcast.
func TestNoBroadcast(t *testing.T) {
	out := newLoad(1, 320, netip.MustParseAddrPort("255.255.255.255:4400"))
	if n, err := listen(t, loopback4).WriteBatch(out.bufs, out.addrs); n != 0 || !errors.Is(err, syscall.EACCES) {
		t.Errorf("%d left to the broadcast address: %v, want %v", n, err, syscall.EACCES)
	}
}

// A local datagram socket stands for a network card that does not get rid of what
// it has: unlike UDP over loopback, its sender meets a full buffer.
func TestFullBufferIsGivenUp(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	near, far := unixConn(t, fds[0]), unixConn(t, fds[1])
	raw, err := near.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var s sender
	s.init(raw, near.SetWriteDeadline)

	out := newLoad(10000, 320, netip.AddrPort{}) // no address: the pair is connected
	start := time.Now()
	sent, err := s.send(out.bufs, out.addrs)
	if sent == 0 || sent == len(out.bufs) || !errors.Is(err, syscall.EAGAIN) {
		t.Fatalf("%d of %d left: %v", sent, len(out.bufs), err)
	}
	if took := time.Since(start); took < SendPatience {
		t.Errorf("given up after %v, want %v", took, SendPatience)
	}

	in := make([]byte, 700)
	for range sent {
		if _, err := far.Read(in); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.send(out.bufs[:5], out.addrs[:5]); n != 5 || err != nil {
		t.Errorf("after there was room again %d of 5 left: %v", n, err)
	}
}

func unixConn(t *testing.T, fd int) *net.UnixConn {
	t.Helper()
	f := os.NewFile(uintptr(fd), "")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.UnixConn)
}

// The kernel names the interface of a link-local address by number, Go by name.
func TestZones(t *testing.T) {
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	z := zones{names: map[uint32]string{}, ids: map[string]uint32{}}
	for _, i := range interfaces {
		want := netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(i.Name), 4400)
		var sa unix.RawSockaddrInet6
		if z.sockaddr(&sa, want); sa.Scope_id != uint32(i.Index) {
			t.Errorf("%s is number %d, want %d", i.Name, sa.Scope_id, i.Index)
		}
		if got := z.addr(&sa); got != want {
			t.Errorf("%v became %v", want, got)
		}
	}
	if got := z.id("no such interface"); got != 0 {
		t.Errorf("an interface that is not there is number %d", got)
	}
	if got := z.name(1 << 30); got != "1073741824" {
		t.Errorf("interface 1<<30 is called %q", got)
	}
}

func FuzzSockaddr(f *testing.F) {
	f.Add(loopback4.Addr().AsSlice(), uint16(1))
	f.Add(loopback6.Addr().AsSlice(), uint16(4400))
	f.Add([]byte{10: 0xff, 11: 0xff, 15: 1}, uint16(65535))
	f.Fuzz(func(t *testing.T, ip []byte, port uint16) {
		a, ok := netip.AddrFromSlice(ip)
		if !ok {
			return
		}
		var z zones
		sa := unix.RawSockaddrInet6{Scope_id: 9, Flowinfo: 9, Addr: [16]byte(bytes.Repeat([]byte{7}, 16))} // of an earlier datagram
		z.sockaddr(&sa, netip.AddrPortFrom(a, port))
		if sa.Family == unix.AF_INET6 && sa.Flowinfo != 0 {
			t.Errorf("%v has flow label %#x", a, sa.Flowinfo)
		}
		if got, want := z.addr(&sa), netip.AddrPortFrom(a.Unmap(), port); got != want {
			t.Errorf("%v became %v", want, got)
		}
	})
}
