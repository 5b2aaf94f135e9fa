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

// options makes the options of a line from its accord.
func (h *held) options(ctx context.Context) (LineOptions, error) {
	l := h.now()
	terms := l.Accord.Terms()
	profile, err := wire.ParseProfile(terms.Profile)
	if err != nil {
		return LineOptions{}, err
	}
	paths, err := h.Paths(ctx, false)
	if err != nil {
		return LineOptions{}, err
	}
	words := l.Accord.Words()
	return LineOptions{
		Slug: l.Slug, Peer: l.Peer.String(), Words: words[:],
		Confirmed: l.Usable() == nil, Expires: terms.Expires.Time(),
		SaveFinal: h.saveFinal, Amendments: h, Agreed: h.Agreed(), Paths: paths,
		Line: line.Config{Profile: profile, First: l.First, Hitless: terms.HoldBack == accord.Hitless,
			PairSecret: l.Secret.Bytes(), AccordDigest: l.Accord.Digest(),
			FarKey: l.PeerParty().Keys.Line(), Final: ownFinal(l), CheckFinal: checkFinal(l)},
	}, nil
}

// ownFinal is for the first party, which made the signature. The second, even where it has
// kept it, says nothing of it: a handshake that does is refused.
func ownFinal(l *accord.Line) []byte {
	if l.First {
		return l.Final
	}
	return nil
}

// checkFinal is for the second party.
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

// renew takes the line as it is in the folder now. What was read a moment ago may be older than what was
// written here since, so it is read once more where nobody writes meanwhile.
func (h *held) renew(l *accord.Line) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.line = l
	return l.Refresh()
}

// now is a copy of the line as it stands; nothing in it is changed any more.
func (h *held) now() *accord.Line {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := *h.line
	return &l
}

func (h *held) saveFinal(sig []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.line.SaveFinal(sig)
}

func (h *held) Newest() uint32 {
	l := h.now()
	if n := len(l.Amendments); n > 0 {
		return l.Amendments[n-1].Serial
	}
	return 0
}

func (h *held) After(serial uint32) [][]byte { return h.now().AmendmentsAfter(serial) }

func (h *held) Digest(serial uint32) (digest [32]byte, ok bool) {
	for _, m := range h.now().Amendments {
		if m.Serial == serial {
			return m.Digest(), true
		}
	}
	return digest, false
}

func (h *held) Pending() []byte {
	if p := h.now().Pending; p != nil {
		return p.Text()
	}
	return nil
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

// Paths says how the paths stand, and where each leaves from.
func (h *held) Paths(ctx context.Context, proposed bool) ([]PathOptions, error) {
	l := h.now()
	var change map[uint8]accord.Endpoint
	if proposed && l.Pending != nil {
		change = l.Pending.Ends()
	}
	var list []PathOptions
	for _, p := range l.Paths() {
		own, far := p.Of(l.First), p.Of(!l.First)
		if end, ok := change[p.Number]; ok {
			own = end
		}
		bind, err := h.cfg.bindFor(ctx, own.Address, far.Address)
		if err != nil {
			return nil, fmt.Errorf("station: line %s, path %d (%s): %w", l.Slug, p.Number, p.Name, err)
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
		addr = resolveOwn(ctx, own, far)
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

// resolveTime bounds how long a station that starts waits for a resolver. No line needs one:
// a name that gives nothing leaves a path that is heard at every address.
const resolveTime = 2 * time.Second

// resolveOwn looks up a name of this station's own, of the far address's family if
// that is known; nothing if it gives none.
func resolveOwn(ctx context.Context, own, far accord.Address) netip.AddrPort {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	if ip, ok := far.IP(); ok {
		addr, _ := udp.ResolveFor(ctx, ip.Addr(), string(own))
		return addr
	}
	addr, _ := udp.Resolve(ctx, string(own))
	return addr
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
