package station

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"ringdown/api"
)

const (
	// openAgain is how long a path waits whose local address cannot be used before it
	// tries again: a cable may be plugged in, another program may end.
	openAgain = 5 * time.Second

	// moveDelay is how long a path goes on as it was after its addresses were amended.
	// Within it the other side learns of the amendment over the old addresses.
	moveDelay = time.Second
)

// A pathEnd is one path's local side. The loop owns it.
type pathEnd struct {
	opt   PathOptions // as the path shall be
	sock  *socket     // it leaves from here; nil if its address cannot be used
	next  *socket     // heard as well, and used from the end of moveDelay on; nil unless it moves
	fault error       // why opt.Bind cannot be used; nil if it can
	far   string      // opt.Remote as the line was last told of it
	moves int         // counts, so that what an older move has posted comes to nothing
}

// newPathEnd opens the path's local address. A path without one is tried again
// while the others carry the line.
func (s *Station) newPathEnd(p PathOptions) *pathEnd {
	end := &pathEnd{opt: p, far: p.Remote}
	end.sock, end.fault = s.bind(p.Bind)
	return end
}

// bound says why none of the paths has a socket; nil if one has.
func (e *lineEnd) bound() error {
	var err error
	for _, p := range e.opt.Paths {
		end := e.paths[p.Number]
		if end.sock != nil {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("station: line %s, path %d (%s): %w", e.slug, p.Number, p.Name, end.fault)
		}
	}
	return err
}

// begin routes what arrives to the paths, resolves the names among the far
// addresses, and sees to the paths that have no socket.
func (e *lineEnd) begin() {
	for _, end := range e.paths {
		switch {
		case end.sock != nil:
			e.hear(end, end.sock)
		case end.fault != nil:
			e.later(end, openAgain, e.openPath)
		}
		if _, isName := literal(end.far); isName {
			e.setRemote(end)
		}
	}
}

// literal is an address that needs no resolver; isName says that one does.
func literal(remote string) (addr netip.AddrPort, isName bool) {
	if remote == "" {
		return addr, false
	}
	addr, err := netip.ParseAddrPort(remote)
	return addr, err != nil
}

// hear routes what arrives for a path at a socket.
func (e *lineEnd) hear(end *pathEnd, k *socket) {
	for _, l := range e.line.Labels() {
		if l.Path == end.opt.Number {
			k.route(l.Label, newRoute(e, l.Path, e.s.opt.Now()))
		}
	}
}

// leave routes nothing of a path to a socket any more.
func (e *lineEnd) leave(end *pathEnd, k *socket) {
	if k == nil {
		return
	}
	for _, l := range e.line.Labels() {
		if l.Path == end.opt.Number {
			k.unroute(l.Label)
		}
	}
	e.s.unbindUnused()
}

// later runs f in the loop after a while, unless the path has been moved since.
func (e *lineEnd) later(end *pathEnd, wait time.Duration, f func(*pathEnd)) {
	moves := end.moves
	time.AfterFunc(wait, func() {
		e.s.post(func() {
			if !e.closed && end.moves == moves {
				f(end)
			}
		})
	})
}

// openPath opens the local address that a path shall have. It is heard there at
// once; what it sends leaves from there once the path arrives.
func (e *lineEnd) openPath(end *pathEnd) {
	had := end.fault
	end.next, end.fault = e.s.bind(end.opt.Bind)
	if end.fault != nil && end.sock != nil && overlap(end.opt.Bind, end.sock.conn.LocalAddr()) {
		e.yield(end)
	}
	switch {
	case end.fault != nil:
		if had == nil {
			e.s.log.Warn("a path cannot use its address", "line", e.slug, "path", end.opt.Name, "error", end.fault)
		}
		e.later(end, openAgain, e.openPath)
	default:
		e.hear(end, end.next)
		if end.sock == nil || had != nil {
			e.arrive(end)
		}
	}
	e.touch()
}

// yield lets go of the address that a path leaves, because it excludes the new one.
func (e *lineEnd) yield(end *pathEnd) {
	old := end.sock.conn.LocalAddr()
	e.leave(end, end.sock)
	end.sock = nil
	if end.next, end.fault = e.s.bind(end.opt.Bind); end.fault == nil {
		return
	}
	if k, err := e.s.bind(old); err == nil {
		end.sock = k
		e.hear(end, k)
	}
}

// move brings the paths to where the accord, as amended, has them.
func (e *lineEnd) move(paths []PathOptions, delay time.Duration) {
	for _, p := range paths {
		end := e.paths[p.Number]
		if end == nil || end.opt == p {
			continue // an amendment changes addresses, never the number of paths
		}
		bind := end.opt.Bind
		end.opt = p
		end.moves++
		if p.Bind != bind || end.fault != nil {
			if end.next != end.sock {
				e.leave(end, end.next)
			}
			e.openPath(end)
		}
		e.later(end, delay, e.arrive)
	}
}

// arrive ends a move: the path leaves from its new address, and sends to the new
// address of the other side.
func (e *lineEnd) arrive(end *pathEnd) {
	if end.next != nil {
		if end.sock != end.next {
			e.leave(end, end.sock)
		}
		end.sock, end.next = end.next, nil
	}
	if end.far != end.opt.Remote {
		end.far = end.opt.Remote
		e.setRemote(end)
	}
	e.touch()
}

// setRemote tells the line where a path sends to, once that is resolved.
func (e *lineEnd) setRemote(end *pathEnd) {
	p := end.opt
	if addr, isName := literal(p.Remote); !isName {
		e.line.SetRemote(e.s.opt.Now(), p.Number, addr)
		e.s.byTime.fix(e)
		return
	}
	var addr netip.AddrPort
	e.s.background(func() error {
		addr = e.s.resolve(context.Background(), p)
		return nil
	}, func(error) {
		if addr.IsValid() && !e.closed && end.far == p.Remote {
			e.line.SetRemote(e.s.opt.Now(), p.Number, addr)
			e.s.byTime.fix(e)
		}
	})
}

// faults says which paths have no local address.
func (e *lineEnd) faults() (list []api.Notice) {
	for _, p := range e.opt.Paths {
		if end := e.paths[p.Number]; end.fault != nil {
			list = append(list, api.Notice{Severity: "failure",
				Text:   fmt.Sprintf("Path %d (%s) cannot use its local address: %v.", p.Number, p.Name, end.fault),
				Action: "Give this machine the address, end the program that has it, or name another under [line.bind] in " + ConfigFile + "; it is tried again by itself."})
		}
	}
	return list
}

// An OverlapError says that two of a station's own local addresses exclude each other: one
// of them is every address of this machine.
type OverlapError struct{ Want, Have netip.AddrPort }

func (e *OverlapError) Error() string {
	return fmt.Sprintf("station: local address %s cannot be used beside %s, which this station uses already: one of them is every address of this machine, at the same port", e.Want, e.Have)
}

// Hint says what a person can do.
func (e *OverlapError) Hint() string {
	return "name the one address of this machine that the path shall use under [line.bind] in " + ConfigFile
}

// overlaps looks for a socket of ours that excludes a local address.
func (s *Station) overlaps(addr netip.AddrPort) error {
	for have := range s.sockets {
		if overlap(addr, have) {
			return &OverlapError{addr, have}
		}
	}
	return nil
}

// overlap reports whether of two different local addresses one includes the other.
func overlap(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() && a.Port() != 0 && a.Addr().Is4() == b.Addr().Is4() &&
		a.Addr().IsUnspecified() != b.Addr().IsUnspecified()
}
