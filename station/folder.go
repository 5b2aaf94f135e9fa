package station

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"time"

	"ringdown/accord"
	"ringdown/line"
	"ringdown/udp"
	"ringdown/wire"
)

// LineFromAccord makes the options of a line from its accord.
func LineFromAccord(ctx context.Context, cfg Config, l *accord.Line) (LineOptions, error) {
	return (&held{cfg: cfg, line: l}).options(ctx)
}

// options makes the line's options from what is held.
func (h *held) options(ctx context.Context) (LineOptions, error) {
	l := h.line
	terms := l.Accord.Terms()
	profile, err := wire.ParseProfile(terms.Profile)
	if err != nil {
		return LineOptions{}, err
	}
	paths, err := h.Paths(ctx)
	if err != nil {
		return LineOptions{}, err
	}
	words := l.Accord.Words()
	return LineOptions{
		Slug: l.Slug, Peer: l.Peer.String(), Words: words[:],
		Confirmed: l.Usable() == nil, Expires: terms.Expires.Time(),
		SaveFinal: h.saveFinal, Amendments: h, Paths: paths,
		Line: line.Config{Profile: profile, First: l.First, Hitless: terms.HoldBack == accord.Hitless,
			PairSecret: l.Secret.Bytes(), AccordDigest: l.Accord.Digest(),
			FarKey: l.PeerParty().Keys.Line(), Final: l.Final, CheckFinal: checkFinal(l)},
	}, nil
}

// checkFinal is for the second party; the first made the signature itself.
func checkFinal(l *accord.Line) func([]byte) error {
	if l.First {
		return nil
	}
	return l.Accord.CheckFinal
}

// LineCertificate makes the certificate that carries the line key through TLS. Only
// the key counts; the other side compares it with the accord. The dates span
// what ASN.1 can say, because clocks may be wrong.
func LineCertificate(key ed25519.PrivateKey) (tls.Certificate, error) {
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "ringdown line"},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("station: line certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// A held is the folder's side of a line: what it learns about its accord is
// written there. Safe for concurrent use.
type held struct {
	cfg Config

	mu   sync.Mutex
	line *accord.Line
}

// renew takes the line as it was just read from the folder.
func (h *held) renew(l *accord.Line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.line = l
}

func (h *held) saveFinal(sig []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.SaveFinal(sig)
}

func (h *held) Newest() uint32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.line.Amendments); n > 0 {
		return h.line.Amendments[n-1].Serial
	}
	return 0
}

func (h *held) After(serial uint32) [][]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.AmendmentsAfter(serial)
}

func (h *held) Pending() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.line.Pending == nil {
		return nil
	}
	return h.line.Pending.Text()
}

func (h *held) Countersign(proposal []byte) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.CountersignAmendment(proposal)
}

func (h *held) Apply(amendment []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.ApplyAmendment(amendment)
}

// Paths says how the paths stand now, and where each leaves from.
func (h *held) Paths(ctx context.Context) ([]PathOptions, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []PathOptions
	for _, p := range h.line.Paths() {
		own, far := p.Of(h.line.First), p.Of(!h.line.First)
		bind, err := h.cfg.bindFor(ctx, own.Address, far.Address)
		if err != nil {
			return nil, fmt.Errorf("station: line %s, path %d (%s): %w", h.line.Slug, p.Number, p.Name, err)
		}
		list = append(list, PathOptions{Number: p.Number, Name: p.Name, Bind: bind, Remote: string(far.Address), FarRoams: far.Roams})
	}
	return list, nil
}

// bindFor finds the local address that stands behind one of the accord: what
// [line.bind] says, else the address itself if this machine has it, else every
// address of the family, at the same port.
func (c Config) bindFor(ctx context.Context, own, far accord.Address) (netip.AddrPort, error) {
	if inside, ok := c.Line.Bind[string(own)]; ok {
		return netip.ParseAddrPort(inside)
	}
	addr, isIP := own.IP()
	if !isIP && own != "" {
		var err error
		if addr, err = udp.Resolve(ctx, string(own)); err != nil {
			addr = netip.AddrPortFrom(anyLike(far), own.Port()) // a name may come later; the port is known
		}
	}
	switch {
	case !addr.IsValid():
		return netip.AddrPortFrom(anyLike(far), own.Port()), nil
	case isOwn(addr.Addr()):
		return addr, nil
	case addr.Addr().Is6():
		return netip.AddrPortFrom(netip.IPv6Unspecified(), addr.Port()), nil
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), addr.Port()), nil
}

// anyLike is the wildcard of the far address's family, IPv4 if that is a name.
func anyLike(far accord.Address) netip.Addr {
	if addr, ok := far.IP(); ok && addr.Addr().Is6() {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// isOwn reports whether this machine has the address.
func isOwn(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	have, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range have {
		if n, ok := a.(*net.IPNet); ok {
			if b, ok := netip.AddrFromSlice(n.IP); ok && b.Unmap() == ip {
				return true
			}
		}
	}
	return false
}
