package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
)

// An Error says which address was in trouble, what was found, and what a person can
// do about it.
type Error struct {
	Op     string // "listen", "send", "receive", "resolve"
	Name   string // the address, or the name that should have become one
	Found  string // what was found, in words
	Action string // one sentence: what can be done; empty if nothing is known
	Err    error  // the system's error, if there was one
}

func (e *Error) Error() string {
	return fmt.Sprintf("udp: %s %s: %s", e.Op, e.Name, e.Found)
}

// Unwrap returns the system's error.
func (e *Error) Unwrap() error { return e.Err }

// listenError puts into words why addr could not be bound.
func listenError(addr netip.AddrPort, err error) *Error {
	e := &Error{Op: "listen", Name: addr.String(), Found: reason(err), Err: err}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.Found = "port taken by another program"
		e.Action = "stop the other program, or choose another port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		e.Found = "address not on this machine, which has " + ownAddrs(familyOf(addr.Addr()))
		e.Action = "choose one of this machine's addresses, or 0.0.0.0 or [::] for all of them"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		e.Found = "permission denied"
		e.Action = "choose a port of 1024 or more, or give the program the right to bind lower ones"
	case errors.Is(err, syscall.EAFNOSUPPORT):
		e.Found = familyOf(addr.Addr()).String() + " is switched off on this machine"
		e.Action = "switch it on, or choose an address of the other family"
	}
	return e
}

// reason is what was said of err before package net put the operation and the
// addresses around it.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.Err
	}
	return err.Error()
}

// ownAddrs lists this machine's addresses of one family.
func ownAddrs(f family) string {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return "addresses that cannot be listed: " + err.Error()
	}
	var own []string
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && familyOf(p.Addr()) == f && !p.Addr().IsLinkLocalUnicast() {
			own = append(own, p.Addr().String())
		}
	}
	if len(own) == 0 {
		return "no " + f.String() + " address"
	}
	slices.Sort(own)
	return strings.Join(slices.Compact(own), ", ")
}
