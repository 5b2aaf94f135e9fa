package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"ringdown/api"
	"ringdown/line"
	"ringdown/station"
	"ringdown/udp"
	"ringdown/wire"
)

// A rig is two stations, joined by lines over loopback.
type rig struct {
	first, second *station.Station
	stop          context.CancelFunc
	ended         chan error
	ports         [2]netip.AddrPort // of the first station and the second
	leaving       *departures       // of the first station
	folders       [2]string         // where records are kept; empty: none are
}

// memory keeps what a station would keep on disk.
type memory struct{}

func (memory) Load(string) (line.Durable, error) { return line.Durable{}, nil }
func (memory) Save(string, line.Durable) error   { return nil }

func newRig() (*rig, error) {
	r := &rig{ended: make(chan error, 2), leaving: new(departures)}
	var err error
	if r.ports[0], err = freePort(); err != nil {
		return nil, err
	}
	if r.ports[1], err = freePort(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.first = r.run(ctx, func(a netip.AddrPort) (station.Conn, error) {
		c, err := udp.Listen(a)
		r.leaving.Conn = c
		return r.leaving, err
	})
	r.second = r.run(ctx, func(a netip.AddrPort) (station.Conn, error) { return udp.Listen(a) })
	return r, nil
}

func (r *rig) run(ctx context.Context, listen func(netip.AddrPort) (station.Conn, error)) *station.Station {
	s := station.New(station.Options{Name: "bench", Journal: memory{}, Listen: listen})
	go func() { r.ended <- s.Run(ctx) }()
	return s
}

// freePort finds a UDP port of this machine that nobody has.
func freePort() (netip.AddrPort, error) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("bench: %w", err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort(), nil
}

func (r *rig) close() error {
	r.stop()
	return errors.Join(<-r.ended, <-r.ended)
}

// A lineKey is one side's line certificate, for every line of a rig.
type lineKey struct {
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

func newLineKey() (k lineKey, err error) {
	k.public, k.private, err = ed25519.GenerateKey(rand.Reader)
	return k, err
}

// add joins the two stations by lines named 0 to n-1, each with two paths.
func (r *rig) add(n int) error {
	a, err := newLineKey()
	if err != nil {
		return err
	}
	b, err := newLineKey()
	if err != nil {
		return err
	}
	for i := range n {
		var pair, digest [32]byte
		_, _ = rand.Read(pair[:])
		_, _ = rand.Read(digest[:])
		if err := r.addEnd(r.first, i, true, a, b.public, pair, digest); err != nil {
			return err
		}
		if err := r.addEnd(r.second, i, false, b, a.public, pair, digest); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) addEnd(s *station.Station, i int, first bool, own lineKey, far ed25519.PublicKey, pair, digest [32]byte) error {
	cert, err := station.LineCertificate(own.private)
	if err != nil {
		return err
	}
	bind, remote := r.ports[0], r.ports[1]
	cfg := line.Config{Profile: wire.Standard, First: first, PairSecret: pair, AccordDigest: digest, Certificate: cert, FarKey: far}
	if first {
		cfg.Final = make([]byte, ed25519.SignatureSize)
	} else {
		bind, remote = remote, bind
		cfg.CheckFinal = func([]byte) error { return nil }
	}
	opt := station.LineOptions{Slug: fmt.Sprint(i), Peer: "bench", Confirmed: true, Line: cfg}
	for p := range uint8(2) {
		opt.Paths = append(opt.Paths, station.PathOptions{Number: p + 1, Name: fmt.Sprint("path ", p+1), Bind: bind, Remote: remote.String()})
	}
	if opt.Record, err = r.records(first, digest); err != nil {
		return err
	}
	return s.AddLine(opt)
}

// open waits until every line of both stations is open over all its paths.
func (r *rig) open(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if allOpen(r.first.Status()) && allOpen(r.second.Status()) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("bench: not every line opened within %v: %w", limit, ctx.Err())
		}
	}
}

func allOpen(st api.Status) bool {
	for _, l := range st.Lines {
		if l.State != api.LineOpen {
			return false
		}
	}
	return true
}
