package station

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/udp"
)

// Severity of a finding.
const (
	Good    = "ok"
	Warning = "warning"
	Failure = "failure"
)

// A Finding is one thing that the doctor looked at.
type Finding struct {
	Severity string `json:"severity"` // "ok", "warning" or "failure"
	Text     string `json:"text"`     // what is
	Action   string `json:"action,omitempty"`
}

// clockLimit is the difference of two stations' clocks that people are told of.
const clockLimit = 2 * time.Second

// Examine looks at a station's folder, at this machine and, if the station runs,
// at how its lines stand. It changes nothing. An error means that it could not look.
func Examine(ctx context.Context, dir string) ([]Finding, error) {
	x := &examination{ctx: ctx, dir: dir}
	cfg, err := LoadConfig(dir)
	if err != nil {
		x.fail(err.Error(), "Correct "+ConfigFile+"; ringdown init writes one with every setting explained.")
		return x.found, nil
	}
	x.cfg = cfg
	home, err := accord.Open(dir)
	if err != nil {
		x.refused(err)
		return x.found, nil
	}
	x.good("The folder holds the station %q; its keys are readable to its owner alone.", home.Name())
	x.clock()
	lines, err := home.Lines()
	if err != nil {
		x.refused(err)
	}
	if len(lines) == 0 {
		x.warn("There is no line yet.", "Begin an accord with ringdown invite, or answer one with ringdown accept.")
	}
	x.running()
	if x.status == nil {
		x.consolePort()
	}
	for _, l := range lines {
		x.accord(l)
		x.paths(l)
	}
	return x.found, ctx.Err()
}

type examination struct {
	ctx    context.Context
	dir    string
	cfg    Config
	status *api.Status // nil if the station does not run
	found  []Finding
}

func (x *examination) add(severity, text, action string) {
	x.found = append(x.found, Finding{severity, text, action})
}
func (x *examination) good(format string, args ...any) { x.add(Good, fmt.Sprintf(format, args...), "") }
func (x *examination) warn(text, action string)        { x.add(Warning, text, action) }
func (x *examination) fail(text, action string)        { x.add(Failure, text, action) }

// refused reports an error with what it says can be done.
func (x *examination) refused(err error) {
	x.fail(err.Error(), accord.HintOf(err))
}

// running asks the station itself, if it runs.
func (x *examination) running() {
	socket, err := SocketPath(x.dir)
	if err == nil {
		var c *api.Client
		if c, err = api.Dial(socket); err == nil {
			x.status, err = c.Status(x.ctx)
		}
	}
	if err != nil {
		x.status = nil
		x.warn("The station does not run.", "Start it with: ringdown serve "+x.dir)
		return
	}
	x.good("The station has run since %s.", x.status.Since.Format("2 January 15:04 UTC"))
	for _, n := range x.status.Notices {
		x.add(n.Severity, n.Text, n.Action)
	}
}

func (x *examination) consolePort() {
	l, err := net.Listen("tcp", x.cfg.Console.Listen)
	if err != nil {
		x.fail(fmt.Sprintf("The page's address %s cannot be used: %s.", x.cfg.Console.Listen, cause(err)),
			"End the program that has it, or set another console.listen in "+ConfigFile+".")
		return
	}
	_ = l.Close()
	x.good("The page's address %s is free.", x.cfg.Console.Listen)
}

// accord looks at what the folder says of one line.
func (x *examination) accord(l *accord.Line) {
	switch {
	case l.Usable() != nil:
		x.fail(fmt.Sprintf("Line %s: the twelve words are not confirmed here, so nothing is sent.", l.Slug),
			"Let "+l.Peer.String()+" read them to you by another channel, and run: ringdown confirm "+l.Slug)
	case l.HalfSigned():
		x.warn(fmt.Sprintf("Line %s is half-signed: it carries no call yet.", l.Slug),
			"The final signature comes with the first handshake after "+l.Peer.String()+" has concluded and runs.")
	default:
		x.good("Line %s: the accord with %s is signed by both and its words are confirmed.", l.Slug, l.Peer)
	}
	if l.Accord.Expired(time.Now()) {
		x.warn(fmt.Sprintf("Line %s: the accord should have been renewed by %s. Nothing stops.", l.Slug, l.Accord.Terms().Expires),
			"Make a new accord with "+l.Peer.String()+": ringdown invite.")
	}
	x.lineStands(l)
}

// lineStands compares with what the running station sees.
func (x *examination) lineStands(l *accord.Line) {
	if x.status == nil {
		return
	}
	for _, s := range x.status.Lines {
		if s.Slug != l.Slug {
			continue
		}
		if s.State == api.LineDown {
			x.fail(fmt.Sprintf("Line %s is down since %s.", l.Slug, s.Since.Format("2 January 15:04 UTC")),
				"See the paths below; if they are right, ask "+l.Peer.String()+" to run ringdown doctor.")
		} else {
			x.good("Line %s is %s.", l.Slug, s.State)
		}
		if c := s.Clock; c != nil && (time.Duration(c.MS)*time.Millisecond).Abs() > clockLimit {
			x.warn(fmt.Sprintf("Line %s: %s's clock stands %v from ours.", l.Slug, l.Peer, time.Duration(c.MS)*time.Millisecond),
				"Compare both with a third clock; times in the record are their author's.")
		}
	}
}

// paths looks at each path's two ends, and whether two paths are really two.
func (x *examination) paths(l *accord.Line) {
	opts, err := (&held{cfg: x.cfg, line: l}).Paths(x.ctx, false)
	if err != nil {
		x.refused(err)
		return
	}
	routes := make(map[string]string) // the route's own address, to the path that uses it
	for i, p := range l.Paths() {
		own, far, opt := p.Of(l.First), p.Of(!l.First), opts[i]
		name := fmt.Sprintf("Line %s, path %d (%s)", l.Slug, p.Number, p.Name)
		x.ends(name, own, far, opt)
		if x.status == nil {
			x.port(name, opt.Bind)
		}
		route := x.route(name, opt, far)
		if other, ok := routes[route]; ok && route != "" {
			x.warn(fmt.Sprintf("%s leaves by the same route as path %s (from %s): one fault cuts both.", name, other, route),
				"Give this machine a second way out, and each path an address on its own.")
		} else if route != "" {
			routes[route] = fmt.Sprintf("%d (%s)", p.Number, p.Name)
		}
	}
}

// ends judges whether the two ends can find each other.
func (x *examination) ends(name string, own, far accord.Endpoint, opt PathOptions) {
	switch {
	case own.Address == "" && far.Address == "":
		x.fail(name+": neither end has a fixed address, so neither can send the first datagram.",
			"Forward a UDP port at one of the two NATs, and amend that end to the public address: ringdown amend.")
	case own.Address != "" && opt.Bind.Addr().IsUnspecified():
		x.warn(fmt.Sprintf("%s: this machine does not have the address %s itself, so it stands behind a NAT or a name.", name, own.Address),
			fmt.Sprintf("See that the NAT forwards UDP port %d to this machine; name the inner address under [line.bind] if it has several.", own.Address.Port()))
		if ip, ok := far.Address.IP(); ok && (far.Roams || isPrivate(ip.Addr())) {
			x.warn(name+": the other end seems to stand behind a NAT as well.", "One of the two NATs must forward a port; both that do is safest.")
		}
	}
}

func isPrivate(ip netip.Addr) bool { return ip.IsPrivate() || ip.IsLinkLocalUnicast() }

// port tries the path's local address while no station has it.
func (x *examination) port(name string, bind netip.AddrPort) {
	c, err := udp.Listen(bind)
	if err != nil {
		var u *udp.Error
		action := "End the program that has it."
		if errors.As(err, &u) && u.Action != "" {
			action = sentence(u.Action)
		}
		x.fail(name+": "+err.Error()+".", action)
		return
	}
	_ = c.Close()
	x.good("%s: the local address %s is free.", name, bind)
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// route asks the system how it would send to the far end. It returns the local address
// used, empty if that is not known.
func (x *examination) route(name string, opt PathOptions, far accord.Endpoint) string {
	if far.Address == "" {
		return ""
	}
	addr, err := udp.ResolveFor(x.ctx, opt.Bind.Addr(), string(far.Address))
	if err != nil {
		x.fail(name+": "+err.Error()+".", "Correct the name, or ask the other side to amend its address.")
		return ""
	}
	local := &net.UDPAddr{IP: opt.Bind.Addr().AsSlice()}
	c, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		x.fail(fmt.Sprintf("%s: %s cannot be reached from here: %s.", name, far.Address, cause(err)),
			"Give this machine a route to it, or correct the address.")
		return ""
	}
	defer c.Close()
	x.good("%s: there is a route to %s.", name, far.Address)
	return c.LocalAddr().(*net.UDPAddr).IP.String()
}

// cause is the system's word within a network error.
func cause(err error) string {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err.Error()
	}
	return err.Error()
}

// clock asks the system whether anything keeps its clock right.
func (x *examination) clock() {
	synced, known := clockSynchronised()
	switch {
	case !known:
	case synced:
		x.good("This machine's clock is kept by a time service.")
	default:
		x.warn("No time service keeps this machine's clock ("+time.Now().UTC().Format("2 January 2006 15:04:05 UTC")+" now).",
			"Run one (chrony, systemd-timesyncd). The line works without; times shown to people would be wrong.")
	}
}
