package udp

import (
	"context"
	"net"
	"net/netip"
	"strconv"
)

// Resolve turns "host:port" into an address. A literal address needs no resolver. A
// name takes the first address the resolver gives. An address that is not one
// host's (unspecified, multicast, broadcast) is refused, wherever it came from: it
// is the far side that names it.
func Resolve(ctx context.Context, hostport string) (netip.AddrPort, error) {
	return resolve(ctx, hostport, "ip", "address")
}

// ResolveFor is [Resolve] for a path that leaves from local: only an address of the
// same family will do, since no other can be reached from there.
func ResolveFor(ctx context.Context, local netip.Addr, hostport string) (netip.AddrPort, error) {
	f := familyOf(local)
	network := "ip4"
	if f == v6 {
		network = "ip6"
	}
	addr, err := resolve(ctx, hostport, network, f.String()+" address")
	if err == nil && familyOf(addr.Addr()) != f {
		return netip.AddrPort{}, &Error{Op: "resolve", Name: hostport,
			Found:  "this is an " + familyOf(addr.Addr()).String() + " address, and the path leaves from " + local.String(),
			Action: "give both ends of a path addresses of one family"}
	}
	return addr, err
}

func resolve(ctx context.Context, hostport, network, wanted string) (netip.AddrPort, error) {
	refuse := func(found, action string, err error) (netip.AddrPort, error) {
		return netip.AddrPort{}, &Error{Op: "resolve", Name: hostport, Found: found, Action: action, Err: err}
	}
	host, service, err := net.SplitHostPort(hostport)
	if err != nil || host == "" {
		return refuse("not of the form host:port", "write it like 192.0.2.1:4400, [2001:db8::1]:4400 or line.example.org:4400", err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil || port == 0 {
		return refuse("port "+strconv.Quote(service)+" is not a number from 1 to 65535", "give the port as a number", nil)
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		found, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
		if err != nil {
			return refuse("the name has no "+wanted+": "+reason(err), "correct the name, or give an address in its place", err)
		}
		a = found[0]
	}
	if a = a.Unmap(); a.IsUnspecified() || a.IsMulticast() || a == broadcast {
		return refuse(a.String()+" is not the address of one host", "give the address of the other station", nil)
	}
	return netip.AddrPortFrom(a, uint16(port)), nil
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
