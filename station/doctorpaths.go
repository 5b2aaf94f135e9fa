package station

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/udp"
)

// lossLimit is the loss, in permille, from which a path is worth a word.
const lossLimit = 100

// bindings looks for settings of [line.bind] and [line.quota] that no accord has a use for.
func (x *examination) bindings(lines []*accord.Line) {
	used := make(map[string]bool)
	for _, l := range lines {
		for _, p := range l.Paths() {
			used[string(p.Of(l.First).Address)] = true
		}
		if l.Pending != nil {
			for _, end := range l.Pending.Ends() {
				used[string(end.Address)] = true
			}
		}
	}
	for outside := range x.cfg.Line.Bind {
		if !used[outside] {
			x.warn(fmt.Sprintf("[line.bind] names %s, which no accord has as an address of this station.", outside),
				"Write the address as the accord has it, or take the line out of "+ConfigFile+".")
		}
	}
	for slug := range x.cfg.Line.Quota {
		if !slices.ContainsFunc(lines, func(l *accord.Line) bool { return l.Slug == slug }) {
			x.warn(fmt.Sprintf("[line.quota] names %q, and this station has no line of that name.", slug),
				"Write the name as \"ringdown status\" shows it, or take it out of "+ConfigFile+".")
		}
	}
}

// A patient is one path under examination.
type patient struct {
	name     string // "Line south, path 1 (fibre)"
	own, far accord.Endpoint
	opt      PathOptions
	seen     *api.Path // by the running station; nil if it does not run
}

// paths looks at each path's two ends, and whether two paths are really two.
func (x *examination) paths(l *accord.Line) {
	routes := make(map[string]string) // from what a path depends on to its name
	opts, err := (&held{cfg: x.cfg, line: l}).Paths(x.ctx, false)
	if err != nil {
		x.refused(err)
		return
	}
	for i, p := range l.Paths() {
		c := patient{name: fmt.Sprintf("Line %s, path %d (%s)", l.Slug, p.Number, p.Name),
			own: p.Of(l.First), far: p.Of(!l.First), opt: opts[i]}
		if s := x.line(l.Slug); s != nil && len(s.Paths) == len(opts) {
			c.seen = &s.Paths[i]
		}
		if f := judgeEnds(&c, isAttached); f.Severity != "" {
			x.add(f.Severity, c.name+": "+f.Text, f.Action)
		}
		if x.status == nil {
			x.port(&c, opts)
		}
		x.share(&c, routes)
		if c.seen != nil {
			x.heard(&c)
		}
	}
}

// judgeEnds says whether the two ends can find each other; attached reports whether an address
// is in a network that this machine is part of.
func judgeEnds(c *patient, attached func(netip.Addr) bool) (f Finding) {
	own, far := c.own.Address, c.far.Address
	ownIP, _ := own.IP()
	farIP, _ := far.IP()
	inside := own != "" && c.opt.Bind.Addr().IsUnspecified() // this machine does not have its own address
	hidden := farIP.IsValid() && isPrivate(farIP.Addr()) && !attached(farIP.Addr())
	switch {
	case own == "" && far == "":
		return Finding{Failure, "neither end has a fixed address, so neither can send the first datagram.",
			"Forward a UDP port at one of the two NATs, and amend that end to the NAT's outer address: ringdown amend."}
	case ownIP.IsValid() && farIP.IsValid() && ownIP.Addr().IsLoopback() != farIP.Addr().IsLoopback():
		return Finding{Failure, fmt.Sprintf("one of the ends %s and %s is an address that only its own machine can reach.", own, far),
			"Amend that end to an address that the other side can send to."}
	case own == "" && hidden:
		return Finding{Failure, fmt.Sprintf("both ends stand behind NATs: ours has no fixed address, and theirs, %s, belongs to a private network.", far),
			"Forward a UDP port at one of the two NATs, and amend that end to the NAT's outer address."}
	case ownIP.IsValid() && isPrivate(ownIP.Addr()) && (far == "" || farIP.IsValid() && !isPrivate(farIP.Addr())):
		return Finding{Failure, fmt.Sprintf("our end %s belongs to a private network, so the other side cannot send to it from outside.", own),
			"Forward a UDP port of the NAT to this machine, and amend our end to the NAT's outer address."}
	case inside && (far == "" || hidden):
		return Finding{Warning, fmt.Sprintf("both ends stand behind NATs: this machine does not have the address %s itself, and the other end %s.", own, elsewhere(far)),
			fmt.Sprintf("See that the NAT forwards UDP port %d to this machine: the path depends on it.", own.Port())}
	case inside:
		return Finding{Warning, fmt.Sprintf("this machine does not have the address %s itself, so it stands behind a NAT, or the name leads elsewhere.", own),
			fmt.Sprintf("See that the NAT forwards UDP port %d to this machine; name the inner address under [line.bind] if it has several.", own.Port())}
	case hidden:
		return Finding{Warning, fmt.Sprintf("the other end %s belongs to a private network that this machine is not part of.", far),
			"If no tunnel leads there, the other side must amend its end to its NAT's outer address."}
	}
	return f
}

func elsewhere(far accord.Address) string {
	if far == "" {
		return "has no fixed address"
	}
	return "is " + string(far) + ", of a private network"
}

// carrierNAT is shared address space (RFC 6598).
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

func isPrivate(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLinkLocalUnicast() || carrierNAT.Contains(ip)
}

// isAttached reports whether an address is in a network of one of our interfaces.
func isAttached(ip netip.Addr) bool {
	have, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(have, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Masked().Contains(ip)
	})
}

// port tries the path's local address while no station has it.
func (x *examination) port(c *patient, all []PathOptions) {
	for _, other := range all {
		if overlap(c.opt.Bind, other.Bind) {
			x.refused(fmt.Errorf("%s: %w", c.name, &OverlapError{c.opt.Bind, other.Bind}))
			return
		}
	}
	s, err := udp.Listen(c.opt.Bind)
	if err != nil {
		x.fail(c.name+": "+err.Error()+".", sentence(Hint(err)))
		return
	}
	_ = s.Close()
	x.good("%s: the local address %s is free.", c.name, c.opt.Bind)
}

// A way is how the system would send to an address.
type way struct {
	device  string     // empty if not known
	gateway netip.Addr // invalid: none, or not known
	from    netip.Addr // invalid if not known
}

func (w way) String() string {
	switch {
	case w.device == "":
		return "from " + w.from.String()
	case !w.gateway.IsValid():
		return "through " + w.device
	}
	return "through " + w.device + " by " + w.gateway.String()
}

// share asks how the system would send to the far end, and whether it sends to another
// path's far end in the same way.
func (x *examination) share(c *patient, routes map[string]string) {
	if c.far.Address == "" {
		return
	}
	to, err := udp.ResolveFor(x.ctx, c.opt.Bind.Addr(), string(c.far.Address))
	if err != nil {
		x.fail(c.name+": "+err.Error()+".", "Correct the name, or ask the other side to amend its address.")
		return
	}
	w, err := wayTo(c.opt.Bind.Addr(), to.Addr())
	if err != nil {
		x.fail(fmt.Sprintf("%s: %s cannot be reached from here: %s.", c.name, c.far.Address, cause(err)),
			"Give this machine a route to it, or correct the address.")
		return
	}
	mine := fmt.Sprintf("path %d (%s)", c.opt.Number, c.opt.Name)
	if other := routes[w.String()]; other != "" {
		x.warn(fmt.Sprintf("%s leaves %s, as %s does: one fault cuts both.", c.name, w, other),
			"Give this machine a second way out, and let each path leave by its own; a second address on the same interface is not enough.")
	} else {
		routes[w.String()] = mine
		x.good("%s: %s is reached %s.", c.name, c.far.Address, w)
	}
	host := to.Addr().String()
	if other := routes[host]; other != "" {
		x.warn(fmt.Sprintf("%s leads to the address %s, as %s does: one fault there cuts both.", c.name, host, other),
			"Ask the other side for an address that is reached by another way.")
		return
	}
	routes[host] = mine
}

// heard says how the path is now.
func (x *examination) heard(c *patient) {
	s := c.seen
	far := fmt.Sprintf("See that no firewall stops UDP at %s here, and at %s there; then ask the other side to run \"ringdown doctor\".", s.Local, or(s.Remote, "their address"))
	switch s.State {
	case api.PathUp:
		x.loss(c)
	case api.PathUnresolved:
		if c.far.Address != "" {
			x.fail(fmt.Sprintf("%s: %s resolves to no address.", c.name, c.far.Address), "Mend this machine's resolver, or ask the other side to amend its end to an address.")
			return
		}
		x.warn(c.name+": nothing was heard yet, and only the other end can begin.", far)
	case api.PathResting:
		x.warn(fmt.Sprintf("%s has rested since %s: nearly all that was sent was lost. It is tried again by itself.", c.name, moment(s.Since)), far)
	default:
		x.fail(fmt.Sprintf("%s: nothing has been heard since %s.", c.name, moment(s.Since)), far)
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (x *examination) loss(c *patient) {
	in, out := c.seen.In, c.seen.Out
	lossy := false
	for _, d := range []struct {
		q    api.Quality
		what string
	}{{in, "of what the other side sends"}, {out, "of what we send"}} {
		if d.q.Known && d.q.LossPermille >= lossLimit {
			lossy = true
			x.warn(fmt.Sprintf("%s loses %d %% %s.", c.name, d.q.LossPermille/10, d.what), "Report it to whoever carries this path.")
		}
	}
	if !lossy {
		x.good("%s is up.", c.name)
	}
}
