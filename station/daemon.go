package station

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/console"
	"ringdown/udp"
)

// SocketName is the local socket within a station's folder.
const SocketName = "ringdown.sock"

// resolvePeriod is how often the names in accords are looked up again.
const resolvePeriod = time.Minute

// A Daemon is a station in its folder: accords and keys from disk, real
// sockets, consoles. Make it with [Start].
type Daemon struct {
	*Station
	Console *console.Server

	home *accord.Home
	cfg  Config
	log  *slog.Logger
	quit context.CancelFunc
	done chan struct{}
	err  error

	mu     sync.Mutex       // one reload at a time
	driven map[string]*held // confirmed lines
}

// DaemonOptions says what to run.
type DaemonOptions struct {
	Dir            string
	Version        string
	Recording      [][]byte // see [Options]
	FrameAncestors []string // see [console.Config]
	Log            *slog.Logger
}

// Start opens the station in a folder and begins to serve it. When it returns nil, the
// local socket and the page answer. It ends when ctx does; see [Daemon.Wait].
func Start(ctx context.Context, opt DaemonOptions) (*Daemon, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	cfg, err := LoadConfig(opt.Dir)
	if err != nil {
		return nil, err
	}
	home, err := accord.Open(opt.Dir)
	if err != nil {
		return nil, err
	}
	d := &Daemon{home: home, cfg: cfg, log: opt.Log, done: make(chan struct{}), driven: make(map[string]*held)}
	d.Station = New(Options{
		Name: home.Name().String(), Version: opt.Version, Recording: opt.Recording, Log: opt.Log,
		MaxConsoles: cfg.Console.Most, Journal: &DiskJournal{Dir: opt.Dir},
		Listen: func(a netip.AddrPort) (Conn, error) { return udp.Listen(a) },
		Resolve: func(ctx context.Context, hostport string, local netip.AddrPort) (netip.AddrPort, error) {
			return udp.ResolveFor(ctx, local.Addr(), hostport)
		},
	})
	d.Console = console.New(console.Config{
		Listen: cfg.Console.Listen, Hosts: cfg.Console.Names,
		CertFile: cfg.Console.Certificate, KeyFile: cfg.Console.Key, VoiceAddr: cfg.Console.Voice,
		Socket: filepath.Join(opt.Dir, SocketName), SessionFile: filepath.Join(opt.Dir, "sessions"),
		FrameAncestors: opt.FrameAncestors, MaxConsoles: cfg.Console.Most, Log: opt.Log,
	}, d)
	ctx, d.quit = context.WithCancel(ctx)
	return d, d.start(ctx)
}

// start runs the loop, adds the lines, opens the doors; what fails closes the rest.
func (d *Daemon) start(ctx context.Context) error {
	go func() {
		defer close(d.done)
		d.err = d.Station.Run(ctx)
	}()
	err := d.reload(ctx)
	if err == nil {
		err = d.Console.Start()
	}
	if err != nil {
		d.quit()
		<-d.done
		return err
	}
	go d.resolveNames(ctx)
	return nil
}

func (d *Daemon) resolveNames(ctx context.Context) {
	tick := time.NewTicker(resolvePeriod)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if d.ResolveAgain(ctx) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// Wait returns when the station has ended its calls and closed everything.
func (d *Daemon) Wait() error {
	<-d.done
	return errors.Join(d.err, d.Console.Close())
}

// Stop ends the station politely and waits for it.
func (d *Daemon) Stop() error {
	d.quit()
	return d.Wait()
}

// Reload reads the folder again: accords concluded, confirmed, proposed to be
// amended or retired since.
func (d *Daemon) Reload() error {
	if err := d.reload(context.Background()); err != nil {
		return &api.Error{Code: "reload", Text: "The station's folder was not taken over whole: " + err.Error() + ".",
			Action: "Mend what it names, then reload again."}
	}
	return nil
}

func (d *Daemon) reload(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines, err := d.home.Lines()
	errs := []error{err}
	present := make(map[string]bool)
	for _, l := range lines {
		present[l.Slug] = true
		if h := d.driven[l.Slug]; h == nil {
			errs = append(errs, d.drive(ctx, l))
		} else {
			h.renew(l)
			errs = append(errs, d.offer(l.Slug))
		}
	}
	for slug := range d.driven {
		if !present[slug] {
			delete(d.driven, slug)
			errs = append(errs, d.RemoveLine(slug))
		}
	}
	return errors.Join(errs...)
}

// drive adds a line from its accord. One whose words are not confirmed is only shown.
func (d *Daemon) drive(ctx context.Context, l *accord.Line) error {
	h := &held{cfg: d.cfg, line: l}
	opt, err := h.options(ctx)
	if err != nil {
		return err
	}
	if opt.Line.Certificate, err = LineCertificate(d.home.Keys().LineKey()); err != nil {
		return err
	}
	if err := d.AddLine(ctx, opt); err != nil {
		return err
	}
	if opt.Confirmed {
		d.driven[l.Slug] = h
	}
	return nil
}

// offer tells the other side of our newest amendment and our pending proposal.
func (s *Station) offer(slug string) error {
	return s.onLine(slug, func(e *lineEnd, _ time.Time) error {
		if e.up {
			e.offerAmendments()
		}
		return nil
	})
}

// SocketPath is the local socket of the station in dir, and an error that says
// what to do if none runs there.
func SocketPath(dir string) (string, error) {
	name := filepath.Join(dir, SocketName)
	if _, err := os.Stat(name); err != nil {
		return "", &api.Error{Code: "not-running", Text: fmt.Sprintf("no station runs in %s", dir),
			Action: "start it with: ringdown serve " + dir}
	}
	return name, nil
}
