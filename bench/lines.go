package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"ringdown/station"
	"ringdown/udp"
	"ringdown/wire"
)

// A reloader makes a bare station one that consoles can use.
type reloader struct{ *station.Station }

func (reloader) Reload() error { return nil }

func (reloader) Backup(context.Context, string) error {
	return errors.New("bench: a bare station has no folder to keep")
}

// measureLines joins two stations by many idle lines and sees what they cost.
func measureLines(ctx context.Context, opt Options, r *Result) (err error) {
	rig, err := newRig()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rig.close()) }()
	before := inUse()
	if err := rig.add(opt.Lines); err != nil {
		return err
	}
	if err := rig.open(ctx, 60*time.Second); err != nil {
		return err
	}
	if err := pause(ctx, 6*time.Second); err != nil { // old keys and handshakes are gone by then
		return err
	}
	ends := float64(2 * opt.Lines)
	r.Lines, r.MemoryLine = opt.Lines, int(float64(inUse()-before)/ends)
	start, cpu := time.Now(), processCPU()
	if err := pause(ctx, 5*time.Second); err != nil {
		return err
	}
	used := (processCPU() - cpu).Seconds() / time.Since(start).Seconds()
	r.CPUPerLine = used / ends * 1e6
	r.LinesPerCore = ends / used
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inUse is the memory of heap and stacks that is reachable now.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// measureLimit seals, sends, receives and opens datagrams in batches and does nothing else.
func measureLimit(ctx context.Context, _ Options, r *Result) error {
	var secret, digest [32]byte
	_, _ = rand.Read(secret[:])
	schedule, err := wire.NewSchedule(&secret, &digest)
	if err != nil {
		return err
	}
	sealer, err := schedule.Sealer(wire.FromFirst, 1)
	if err != nil {
		return err
	}
	opener, err := schedule.Opener(wire.FromFirst, 1)
	if err != nil {
		return err
	}
	c, err := udp.Listen(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0))
	if err != nil {
		return err
	}
	defer c.Close()
	const batches = 2000
	b := newBatch(c.LocalAddr())
	cpu := processCPU()
	for range batches {
		if err := b.round(c, sealer, opener); err != nil {
			return fmt.Errorf("bench: the machine's limit: %w", err)
		}
	}
	r.Datagram = float64((processCPU() - cpu).Nanoseconds()) / 1e3 / (batches * udp.MaxBatch)
	r.LimitPerCore = 1e6 / r.Datagram / datagramsPerLine
	return ctx.Err()
}

// A batch is the room for one round of the limit.
type batch struct {
	plain    []byte
	out, in  [][]byte
	to, from []netip.AddrPort
	sizes    []int
}

func newBatch(to netip.AddrPort) *batch {
	n, size := udp.MaxBatch, wire.Standard.Size
	b := &batch{plain: make([]byte, wire.Standard.Plain()), sizes: make([]int, n), from: make([]netip.AddrPort, n)}
	for range n {
		b.out = append(b.out, make([]byte, size))
		b.in = append(b.in, make([]byte, size+1))
		b.to = append(b.to, to)
	}
	return b
}

func (b *batch) round(c *udp.Conn, s *wire.Sealer, o *wire.Opener) error {
	for _, d := range b.out {
		if err := s.Seal(d, b.plain); err != nil {
			return err
		}
	}
	if _, err := c.WriteBatch(b.out, b.to); err != nil {
		return err
	}
	for got := 0; got < len(b.out); {
		n, err := c.ReadBatch(b.in, b.sizes, b.from)
		if err != nil {
			return err
		}
		for i := range n {
			if _, err := o.Open(b.plain, b.in[i][:b.sizes[i]]); err != nil {
				return err
			}
		}
		got += n
	}
	return nil
}
