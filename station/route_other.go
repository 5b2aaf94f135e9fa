//go:build !linux

package station

import (
	"net"
	"net/netip"
)

// wayTo is known here only by the address that the system sends from.
func wayTo(from, to netip.Addr) (way, error) {
	local := &net.UDPAddr{IP: from.AsSlice()}
	c, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 9)))
	if err != nil {
		return way{}, err
	}
	defer c.Close()
	return way{from: c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()}, nil
}
