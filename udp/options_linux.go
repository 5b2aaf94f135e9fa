//go:build linux && !portable

package udp

import (
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// An option is one integer setting of a socket.
type option struct {
	name       string
	level, opt int
	value      int
}

var options4 = []option{
	{"SO_BROADCAST", unix.SOL_SOCKET, unix.SO_BROADCAST, 0},
	{"IP_TOS", unix.IPPROTO_IP, unix.IP_TOS, TrafficClass},
	{"IP_MTU_DISCOVER", unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE},
}

var options6 = []option{
	{"IPV6_TCLASS", unix.IPPROTO_IPV6, unix.IPV6_TCLASS, TrafficClass},
	{"IPV6_MTU_DISCOVER", unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE},
	{"IPV6_DONTFRAG", unix.IPPROTO_IPV6, unix.IPV6_DONTFRAG, 1},
}

// configure sets a new socket, before it is bound, as the package comment says.
func configure(rc syscall.RawConn, local netip.Addr) error {
	options := options4
	if familyOf(local) == v6 {
		options = options6
	}
	var failed error
	err := rc.Control(func(fd uintptr) {
		enlarge(int(fd), unix.SO_RCVBUFFORCE, unix.SO_RCVBUF)
		enlarge(int(fd), unix.SO_SNDBUFFORCE, unix.SO_SNDBUF)
		for _, o := range options {
			if err := unix.SetsockoptInt(int(fd), o.level, o.opt, o.value); err != nil && failed == nil {
				failed = fmt.Errorf("setting %s to %d: %w", o.name, o.value, err)
			}
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// enlarge asks for a buffer of BufferSize: past the system's limit, which needs a
// privilege, or else up to it.
func enlarge(fd, force, polite int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, BufferSize) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, polite, BufferSize)
	}
}
