package accord

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// MaxPaths is how many paths a line can have.
const MaxPaths = 8

// MaxPathName is the length of the longest name of a path, in characters.
const MaxPathName = 24

// An Address is where datagrams are sent to: "192.0.2.1:7000",
// "[2001:db8::1]:7000" or "line.example.org:7000", each written in its one
// shortest, lower-case form.
type Address string

// ParseAddress checks s.
func ParseAddress(s string) (Address, error) {
	host, port, err := splitAddress(s)
	if err != nil {
		return "", err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || port[0] == '0' {
		return "", badAddress(s, "a port from 1 to 65535 after the last colon")
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return Address(s), checkIP(s, ip, port)
	}
	if s[0] == '[' {
		return "", badAddress(s, "an IPv6 address inside the brackets")
	}
	return Address(s), checkHost(s, host)
}

func badAddress(found, wanted string) *Refusal {
	return refuse(ErrAddress, "address", quoted(found), wanted).
		hint("write an address as 192.0.2.1:7000, [2001:db8::1]:7000 or line.example.org:7000")
}

// splitAddress cuts at the last colon and takes brackets off. (net.SplitHostPort does
// nearly this, but it is in package net.)
func splitAddress(s string) (host, port string, err error) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || i == len(s)-1 {
		return "", "", badAddress(s, "host:port")
	}
	host, port = s[:i], s[i+1:]
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if !ok || !strings.Contains(inner, ":") {
			return "", "", badAddress(s, "an IPv6 address inside the brackets")
		}
		return inner, port, nil
	}
	if strings.Contains(host, ":") {
		return "", "", badAddress(s, "brackets around an IPv6 address")
	}
	return host, port, nil
}

// checkIP refuses what is no address of one host, and what means another thing
// on another host.
func checkIP(s string, ip netip.Addr, port string) error {
	switch {
	case ip.Zone() != "":
		return badAddress(s, "an address without a zone: a zone means something on one host only")
	case ip.Is4In6():
		return badAddress(s, "the IPv4 address itself: "+quoted(ip.Unmap().String()+":"+port))
	case ip.IsUnspecified(), ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return badAddress(s, "the address of one host")
	}
	want := ip.String() + ":" + port
	if ip.Is6() {
		want = "[" + ip.String() + "]:" + port
	}
	if s != want {
		return badAddress(s, quoted(want))
	}
	return nil
}

// checkHost holds the rules for DNS names: RFC 1123 labels in lower case. A last
// label of digits (or of 0x…) is refused, because some resolvers take such
// names for IPv4 addresses.
func checkHost(s, host string) error {
	if len(host) > 253 {
		return badAddress(s, "a DNS name of at most 253 characters")
	}
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if len(l) < 1 || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return badAddress(s, "a DNS name: labels of a to z, 0 to 9 and inner hyphens, in lower case")
		}
	}
	last := labels[len(labels)-1]
	if last[0] >= '0' && last[0] <= '9' {
		return badAddress(s, "an IPv4 address in its usual form, or a DNS name whose last label begins with a letter")
	}
	return nil
}

// IP gives address and port if the host is an IP address, ok false if it is a
// name that must be resolved.
func (a Address) IP() (ap netip.AddrPort, ok bool) {
	ap, err := netip.ParseAddrPort(string(a))
	return ap, err == nil
}

// Host is the IP address or the DNS name, without brackets.
func (a Address) Host() string {
	host, _, _ := splitAddress(string(a))
	return host
}

// Port is the port; 0 only for the empty Address.
func (a Address) Port() uint16 {
	_, port, _ := splitAddress(string(a))
	n, _ := strconv.ParseUint(port, 10, 16)
	return uint16(n)
}

// An Endpoint is one party's end of one path, as the other party sees it: behind a NAT
// it is the outer address.
type Endpoint struct {
	// Address is where the other party sends to. Only an endpoint that roams may
	// have none: then it is learned from the first authentic datagram.
	Address Address
	// Roams: the address may change while the line is up.
	Roams bool
}

// ParseEndpoint reads what a person writes: "ADDRESS", "ADDRESS,roams" or "roams".
func ParseEndpoint(s string) (Endpoint, error) {
	if s == "roams" {
		return Endpoint{Roams: true}, nil
	}
	text, roams := strings.CutSuffix(s, ",roams")
	a, err := ParseAddress(text)
	if err != nil {
		return Endpoint{}, err
	}
	return Endpoint{a, roams}, nil
}

// String writes what ParseEndpoint reads.
func (e Endpoint) String() string {
	switch {
	case !e.Roams:
		return string(e.Address)
	case e.Address == "":
		return "roams"
	}
	return string(e.Address) + ",roams"
}

// check holds the rules for one endpoint.
func (e Endpoint) check(thing string) error {
	if e.Address == "" {
		if e.Roams {
			return nil
		}
		return refuse(ErrTerms, thing, "no address", "an address, or an end that roams")
	}
	if _, err := ParseAddress(string(e.Address)); err != nil {
		return &Refusal{Thing: thing, Err: ErrTerms, Cause: err, Advice: HintOf(err)}
	}
	return nil
}

// A Path is one route between the parties, both ends known.
type Path struct {
	Number        uint8 // 1 to MaxPaths
	Name          string
	First, Second Endpoint
}

// Of gives the end of one side.
func (p Path) Of(first bool) Endpoint {
	if first {
		return p.First
	}
	return p.Second
}

// An OwnPath is a path as one party brings it into an invite.
type OwnPath struct {
	Number uint8
	Name   string
	End    Endpoint
}

// ParsePaths reads what a person writes for an invite, one "NAME=ENDPOINT" for
// each path, such as "fibre=192.0.2.1:7000" or "mobile=roams". The paths get
// their numbers by order.
func ParsePaths(texts []string) ([]OwnPath, error) {
	if len(texts) > MaxPaths {
		return nil, refuse(ErrTerms, "number of paths", fmt.Sprint(len(texts)), fmt.Sprint("1 to ", MaxPaths))
	}
	var ps []OwnPath
	for i, s := range texts {
		name, e, err := parseNamedEnd(s)
		if err != nil {
			return nil, err
		}
		ps = append(ps, OwnPath{uint8(i + 1), name, e})
	}
	return ps, nil
}

func parseNamedEnd(s string) (name string, e Endpoint, err error) {
	name, end, ok := strings.Cut(s, "=")
	if !ok {
		return "", e, refuse(ErrTerms, "path", quoted(s), "NAME=ADDRESS").
			hint("write a path as fibre=192.0.2.1:7000, or mobile=roams for an end without a fixed address")
	}
	e, err = ParseEndpoint(end)
	return name, e, err
}

// parse reads the same for paths that have their numbers already.
func (rs routes) parse(texts []string) (map[uint8]Endpoint, error) {
	var names []string
	for _, x := range rs {
		names = append(names, x.name)
	}
	out := map[uint8]Endpoint{}
	for _, s := range texts {
		name, e, err := parseNamedEnd(s)
		if err != nil {
			return nil, err
		}
		i := slices.Index(names, name)
		if i < 0 {
			return nil, refuse(ErrTerms, "path", quoted(name), fmt.Sprintf("one of %q", names)).
				hint("the invite names the paths; give this station's end of each by that name")
		}
		if _, twice := out[rs[i].number]; twice {
			return nil, refuse(ErrTerms, "path", quoted(name)+" twice", "one end of each path")
		}
		out[rs[i].number] = e
	}
	return out, nil
}

// routes are numbers and names of the paths; the ends stand apart.
type routes []route

type route struct {
	number uint8
	name   string
}

// check demands rising numbers and names that cannot be taken for each other.
func (rs routes) check() error {
	if len(rs) < 1 || len(rs) > MaxPaths {
		return refuse(ErrTerms, "number of paths", fmt.Sprint(len(rs)), fmt.Sprint("1 to ", MaxPaths))
	}
	last := uint8(0)
	for i, x := range rs {
		thing := fmt.Sprintf("path %d", x.number)
		if x.number <= last || x.number > MaxPaths {
			return refuse(ErrTerms, thing, fmt.Sprint("after number ", last), fmt.Sprint("rising numbers from 1 to ", MaxPaths))
		}
		last = x.number
		if err := checkName("name of "+thing, x.name, MaxPathName); err != nil {
			return err
		}
		for _, y := range rs[:i] {
			if Name(x.name).LooksLike(Name(y.name)) {
				return refuse(ErrTerms, "name of "+thing, quoted(x.name), fmt.Sprintf("one that cannot be taken for path %d, %q", y.number, y.name))
			}
		}
	}
	return nil
}

func (rs routes) write(w *writer) {
	for _, x := range rs {
		w.line("path", strconv.Itoa(int(x.number)), x.name)
	}
}

// readRoutes takes the lines that begin with "path"; there is at least one.
func readRoutes(r *reader) routes {
	var rs routes
	for len(rs) == 0 || r.peek("path ") {
		f := r.words("path", 2)
		rs = append(rs, route{uint8(r.number(f[0], MaxPaths)), f[1]})
	}
	r.wrap(rs.check())
	return rs
}

// saltSize is the length of the salt over a party's ends.
const saltSize = 16

// ends are one party's ends of all paths, in the order of the routes. The salt
// lets a disclosure show the rest of an accord: without it a hidden address
// could be found from its digest by trying all of them.
type ends struct {
	salt []byte
	list []end
}

type end struct {
	number uint8
	Endpoint
}

func newEnds(list []end) ends {
	e := ends{make([]byte, saltSize), list}
	rand.Read(e.salt)
	return e
}

// check demands one end for each route, in its order.
func (e *ends) check(rs routes) error {
	for i, x := range rs {
		thing := fmt.Sprintf("end of path %d (%s)", x.number, x.name)
		if i >= len(e.list) || e.list[i].number != x.number {
			return refuse(ErrTerms, thing, "none", "one for every path, in their order")
		}
		if err := e.list[i].check(thing); err != nil {
			return err
		}
	}
	if len(e.list) > len(rs) {
		return refuse(ErrTerms, "ends", fmt.Sprint(len(e.list)), fmt.Sprintf("one for each of %d paths", len(rs)))
	}
	return nil
}

func (e *ends) write(w *writer) {
	w.line("salt")
	w.block(e.salt)
	for _, x := range e.list {
		mode, address := "fixed", string(x.Address)
		if x.Roams {
			mode = "roams"
		}
		if address == "" {
			address = "-"
		}
		w.line("end", strconv.Itoa(int(x.number)), mode, address)
	}
}

func (e *ends) read(r *reader) {
	r.words("salt", 0)
	e.salt = r.block(saltSize)
	for r.peek("end ") {
		f := r.words("end", 3)
		x := end{uint8(r.number(f[0], MaxPaths)), Endpoint{Address(f[2]), f[1] == "roams"}}
		if f[2] == "-" {
			x.Address = ""
		}
		if f[1] != "roams" && f[1] != "fixed" {
			r.fail(f[1], `"fixed" or "roams"`)
		}
		if r.err == nil {
			r.wrap(x.check("end of a path"))
		}
		e.list = append(e.list, x)
	}
}

// join makes the paths of two parties' ends, and refuses those that cannot work:
//
//   - a path needs an address at one end at least, or nobody can knock first;
//   - the two ends are two addresses;
//   - no two paths have both addresses in common: such paths would fail together,
//     and the second would only look like safety.
func join(rs routes, first, second *ends) ([]Path, error) {
	if err := first.check(rs); err != nil {
		return nil, err
	}
	if err := second.check(rs); err != nil {
		return nil, err
	}
	var ps []Path
	for i, x := range rs {
		p := Path{x.number, x.name, first.list[i].Endpoint, second.list[i].Endpoint}
		thing := fmt.Sprintf("path %d (%s)", p.Number, p.Name)
		if p.First.Address == "" && p.Second.Address == "" {
			return nil, refuse(ErrTerms, thing, "no address at either end", "an address at one end at least")
		}
		if p.First.Address == p.Second.Address {
			return nil, refuse(ErrTerms, thing, quoted(string(p.First.Address))+" at both ends", "two addresses")
		}
		for _, q := range ps {
			if p.First.Address == q.First.Address && p.Second.Address == q.Second.Address && p.First.Address != "" && p.Second.Address != "" {
				return nil, refuse(ErrTerms, thing, fmt.Sprintf("the addresses of path %d", q.Number), "a route of its own").
					hint("two paths between the same addresses fail together: give one of them another address, or leave it out")
			}
		}
		ps = append(ps, p)
	}
	return ps, nil
}
