package station

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"ringdown/line"
)

// # Changes of address on the wire
//
// An amendment of the accord travels as messages of the entries' stream, each a kind byte and
// what follows:
//
//	1  proposal    a side's signed change of its own addresses
//	2  amendment   signed by both: the answer to 1, or one that the other side has missed
//	3  serial      4 bytes, big-endian: the newest amendment that the sender holds
//
// Whenever the line opens each side sends 3, then its proposal that is still
// pending. Whoever holds newer amendments than the other's 3 sends them. All of
// it may come twice: what is held already changes nothing.
const (
	kindProposal  = 1
	kindAmendment = 2
	kindSerial    = 3
)

// Amendments keeps a line's changes of address. Its methods touch the disk and
// may be called from any goroutine.
type Amendments interface {
	// Newest is the serial of the newest amendment in force; 0 for none.
	Newest() uint32
	// After gives the amendments in force after a serial.
	After(serial uint32) [][]byte
	// Pending is our own proposal that waits for the other's signature; nil for none.
	Pending() []byte
	// Countersign checks and signs the other's proposal and puts it in force.
	Countersign(proposal []byte) (amendment []byte, err error)
	// Apply puts in force what both have signed.
	Apply(amendment []byte) error
	// Paths is how the paths stand now.
	Paths(ctx context.Context) ([]PathOptions, error)
}

// offerAmendments says what we hold and what we propose.
func (e *lineEnd) offerAmendments() {
	if e.opt.Amendments == nil {
		return
	}
	serial := binary.BigEndian.AppendUint32([]byte{kindSerial}, e.opt.Amendments.Newest())
	e.sendMessage(serial)
	if p := e.opt.Amendments.Pending(); p != nil {
		e.sendMessage(append([]byte{kindProposal}, p...))
	}
}

func (e *lineEnd) sendMessage(msg []byte) {
	if err := e.line.SendMessage(line.StreamEntries, msg); err != nil {
		e.s.log.Warn("message to the other station not sent", "line", e.slug, "error", err)
	}
}

var errMessage = errors.New("station: message from the other station")

// farMessage takes one message of a stream. What it says is checked off the loop.
func (e *lineEnd) farMessage(st line.Stream, msg []byte) error {
	if e.opt.Amendments == nil || st != line.StreamEntries || len(msg) == 0 {
		return fmt.Errorf("%w: %d bytes on stream %s, want an amendment on entries", errMessage, len(msg), st)
	}
	kind, body := msg[0], append([]byte(nil), msg[1:]...)
	switch kind {
	case kindProposal:
		e.amend(func(a Amendments) ([]byte, error) { return a.Countersign(body) })
	case kindAmendment:
		e.amend(func(a Amendments) ([]byte, error) { return nil, a.Apply(body) })
	case kindSerial:
		if len(body) != 4 {
			return fmt.Errorf("%w: serial of %d bytes, want 4", errMessage, len(body))
		}
		for _, m := range e.opt.Amendments.After(binary.BigEndian.Uint32(body)) {
			e.sendMessage(append([]byte{kindAmendment}, m...))
		}
	default:
		return fmt.Errorf("%w: kind %d, want 1, 2 or 3", errMessage, kind)
	}
	return nil
}

// amend does one change off the loop, then moves the paths, then answers.
func (e *lineEnd) amend(change func(Amendments) (answer []byte, err error)) {
	var answer []byte
	var paths []PathOptions
	a := e.opt.Amendments
	e.s.background(func() (err error) {
		if answer, err = change(a); err != nil {
			return err
		}
		paths, err = a.Paths(context.Background())
		return err
	}, func(err error) {
		if e.closed {
			return
		}
		if err != nil {
			e.s.log.Warn("amendment refused", "line", e.slug, "error", err)
			return
		}
		e.move(paths)
		if answer != nil {
			e.sendMessage(append([]byte{kindAmendment}, answer...))
		}
	})
}

// move brings sockets and far addresses in line with the accord as amended.
func (e *lineEnd) move(paths []PathOptions) {
	for _, p := range paths {
		end := e.paths[p.Number]
		if end == nil {
			continue // amendments change addresses, never the number of paths
		}
		if p.Bind != end.opt.Bind {
			if err := e.rebind(end, p); err != nil {
				e.s.notice("failure", fmt.Sprintf("Path %d (%s) of line %s cannot use its new address: %s.", p.Number, p.Name, e.slug, err),
					"Give this machine the address, or name the local one under [line.bind] in station.toml.")
				continue
			}
		}
		if p.Remote != end.opt.Remote {
			e.setRemote(p)
		}
		end.opt = p
	}
	e.touch()
}

// rebind moves a path to another local address.
func (e *lineEnd) rebind(end *pathEnd, p PathOptions) error {
	k, err := e.s.bind(p.Bind)
	if err != nil {
		return err
	}
	for _, l := range e.line.Labels() {
		if l.Path == p.Number {
			end.sock.unroute(l.Label)
			k.route(l.Label, newRoute(e, l.Path, e.s.opt.Now()))
		}
	}
	end.sock = k
	e.s.unbindUnused()
	return nil
}

// setRemote sends a path to another far address, once that is resolved.
func (e *lineEnd) setRemote(p PathOptions) {
	var addr netip.AddrPort
	e.s.background(func() error {
		addr = e.s.resolve(context.Background(), p)
		return nil
	}, func(error) {
		if addr.IsValid() && !e.closed {
			e.line.SetRemote(e.s.opt.Now(), p.Number, addr)
		}
	})
}
