package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ringdown/api"
	"ringdown/console"
)

// heartbeats is how long consoles are watched that do nothing.
const heartbeats = 5 * time.Second

// A post is a console at the end of a real connection: it notes when it was told to ring, and
// answers the station's pings.
type post struct {
	*api.Conn
	rings chan time.Time
}

// attend attaches a ready console over the local socket. It stays until ctx ends.
func attend(ctx context.Context, socket string) (*post, error) {
	c, err := api.Dial(socket)
	if err != nil {
		return nil, err
	}
	conn, err := c.Attach(ctx, api.ToStation{Kind: "command"})
	if err != nil {
		return nil, err
	}
	d := &post{conn, make(chan time.Time, 1)}
	go func() {
		for {
			e, err := conn.Next(ctx)
			if err != nil {
				return
			}
			if e.Type == "ring" && e.Ring {
				d.rings <- time.Now()
			}
		}
	}()
	return d, conn.Do(ctx, api.ToStation{Type: "ready", Ready: true})
}

// measureConsoles rings a station at which many consoles are ready.
func measureConsoles(ctx context.Context, opt Options, r *Result) (err error) {
	rig, err := newRig()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rig.close()) }()
	dir, err := os.MkdirTemp("", "ringdown-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := rig.add(1); err != nil {
		return err
	}
	if err := rig.open(ctx, 20*time.Second); err != nil {
		return err
	}
	socket := filepath.Join(dir, "s")
	server := console.New(console.Config{Listen: "localhost:0", Socket: socket, MaxConsoles: opt.Consoles}, reloader{rig.second})
	if err := server.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	near, err := newPhone(reloader{rig.first})
	if err != nil {
		return err
	}
	alone, err := idleCPU(ctx)
	if err != nil {
		return err
	}
	posts := make([]*post, opt.Consoles)
	for i := range posts {
		if posts[i], err = attend(ctx, socket); err != nil {
			return err
		}
		defer posts[i].Close()
	}
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	all, err := idleCPU(ctx)
	if err != nil {
		return err
	}
	r.Consoles, r.Heartbeat = opt.Consoles, max(0, all-alone)/float64(opt.Consoles)
	return ringAll(ctx, opt, near, posts, r)
}

// idleCPU is how many µs of CPU a second this process takes while nobody does anything.
func idleCPU(ctx context.Context) (float64, error) {
	before := processCPU()
	err := pause(ctx, heartbeats)
	return float64((processCPU() - before).Microseconds()) / heartbeats.Seconds(), err
}

// ringAll calls again and again, and notes when the last console was told to ring.
func ringAll(ctx context.Context, opt Options, near *phone, posts []*post, r *Result) error {
	var last []time.Duration
	for range opt.Calls {
		if err := pause(ctx, callEvery); err != nil {
			return err
		}
		pressed := time.Now()
		if err := near.seat.Do(api.ToStation{Type: "call", Slug: benchLine}); err != nil {
			return err
		}
		var took time.Duration
		for i, d := range posts {
			select {
			case at := <-d.rings:
				took = max(took, at.Sub(pressed))
			case <-time.After(10 * time.Second):
				return fmt.Errorf("bench: console %d of %d was not told to ring within 10 s", i+1, len(posts))
			}
		}
		last = append(last, took)
		if err := near.seat.Do(api.ToStation{Type: "hangup", Slug: benchLine}); err != nil {
			return err
		}
	}
	r.RingLast = spreadOf(last)
	return nil
}
