package station

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// wayTo asks the kernel how it would send from one address to another
// (rtnetlink(7), RTM_GETROUTE); from may be a wildcard. It sends nothing.
func wayTo(from, to netip.Addr) (way, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return way{}, os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	kernel := &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}
	if err := syscall.Sendto(fd, routeRequest(from, to), 0, kernel); err != nil {
		return way{}, os.NewSyscallError("sendto", err)
	}
	reply := make([]byte, 8192)
	n, _, err := syscall.Recvfrom(fd, reply, 0)
	if err != nil {
		return way{}, os.NewSyscallError("recvfrom", err)
	}
	return parseRoute(reply[:n])
}

// routeRequest is a message header, a route header and the addresses as attributes.
func routeRequest(from, to netip.Addr) []byte {
	family, bits := byte(syscall.AF_INET), byte(32)
	if to.Is6() {
		family, bits = syscall.AF_INET6, 128
	}
	given := !from.IsUnspecified() && from.Is4() == to.Is4()
	header := make([]byte, syscall.SizeofRtMsg)
	header[0], header[1] = family, bits
	if given {
		header[2] = bits
	}
	b := binary.NativeEndian.AppendUint32(nil, 0) // length, below
	b = binary.NativeEndian.AppendUint16(b, syscall.RTM_GETROUTE)
	b = binary.NativeEndian.AppendUint16(b, syscall.NLM_F_REQUEST)
	b = append(b, make([]byte, 8)...) // sequence number and port of the sender
	b = append(b, header...)
	b = appendAttribute(b, syscall.RTA_DST, to)
	if given {
		b = appendAttribute(b, syscall.RTA_SRC, from)
	}
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	return b
}

func appendAttribute(b []byte, kind uint16, a netip.Addr) []byte {
	bytes := a.AsSlice()
	b = binary.NativeEndian.AppendUint16(b, uint16(syscall.SizeofRtAttr+len(bytes)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	return append(b, bytes...)
}

// parseRoute reads the kernel's reply.
func parseRoute(reply []byte) (w way, err error) {
	messages, err := syscall.ParseNetlinkMessage(reply)
	if err != nil || len(messages) == 0 {
		return w, fmt.Errorf("station: the kernel's reply about a route has %d bytes that cannot be understood", len(reply))
	}
	m := messages[0]
	if m.Header.Type == syscall.NLMSG_ERROR && len(m.Data) >= 4 {
		return w, syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
	}
	attributes, err := syscall.ParseNetlinkRouteAttr(&m)
	if err != nil {
		return w, fmt.Errorf("station: the kernel's reply about a route: %w", err)
	}
	for _, a := range attributes {
		switch a.Attr.Type {
		case syscall.RTA_OIF:
			if len(a.Value) == 4 {
				w.device = deviceName(int(binary.NativeEndian.Uint32(a.Value)))
			}
		case syscall.RTA_GATEWAY:
			w.gateway, _ = netip.AddrFromSlice(a.Value)
		case syscall.RTA_PREFSRC:
			w.from, _ = netip.AddrFromSlice(a.Value)
		}
	}
	if w.device == "" {
		return w, errors.New("station: the kernel's reply about a route names no interface")
	}
	return w, nil
}

func deviceName(index int) string {
	if i, err := net.InterfaceByIndex(index); err == nil {
		return i.Name
	}
	return fmt.Sprint("interface ", index)
}
