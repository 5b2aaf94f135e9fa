package station

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/console"
	"ringdown/people"
	"ringdown/udp"
)

// longestFolder is the longest path of a station's folder, in bytes: a local socket's path
// may have 107, and while it is made its name is one longer.
const longestFolder = 107 - len("/"+SocketName+"~")

// CheckFolder refuses a folder that cannot have a local socket.
func CheckFolder(dir string) error {
	if n := len(dir); n > longestFolder {
		return &api.Error{Code: "long-path", Text: fmt.Sprintf("The path %s has %d bytes; a station's folder may have %d, because the system's local sockets allow no more.", dir, n, longestFolder),
			Action: "Choose a folder with a shorter path."}
	}
	return nil
}

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
	dir  string
	lock io.Closer // of the folder: no other process runs its station
	cfg  Config
	log  *slog.Logger
	quit context.CancelFunc
	done chan struct{}
	err  error

	mu      sync.Mutex       // one reload at a time
	accords map[string]*held // as read from the folder; under mu
}

// DaemonOptions says what to run.
type DaemonOptions struct {
	Dir            string
	Version        string
	Recording      [][]byte // see [Options]
	FrameAncestors []string // see [console.Config]
	StandingLinks  bool     // see [console.Config]
	Log            *slog.Logger
}

// Start opens the station in a folder and begins to serve it. When it returns nil, the
// local socket and the page answer. It ends when ctx does; see [Daemon.Wait].
//
// A line that cannot be driven (its files are damaged, its ports taken) stands in the way of no
// other: it is a notice. Only if no line at all can be driven, Start fails.
func Start(ctx context.Context, opt DaemonOptions) (*Daemon, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	home, err := accord.Open(opt.Dir)
	if err != nil {
		return nil, err
	}
	if err := CheckFolder(opt.Dir); err != nil {
		return nil, err
	}
	cfg, err := LoadConfig(opt.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(opt.Dir)
	if err != nil {
		return nil, err
	}
	staff, err := openPeople(opt.Dir)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	d := &Daemon{home: home, dir: opt.Dir, lock: lock, cfg: cfg, log: opt.Log, done: make(chan struct{}), accords: make(map[string]*held)}
	d.Station = New(opt.station(home, cfg, staff))
	d.Console = console.New(opt.console(cfg, staff), d)
	ctx, d.quit = context.WithCancel(ctx)
	if err := d.start(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

func (opt DaemonOptions) station(home *accord.Home, cfg Config, staff *people.Book) Options {
	return Options{
		Name: home.Name().String(), Version: opt.Version, Recording: opt.Recording, Log: opt.Log, WatchDir: opt.Dir, Enrolled: takenFor(staff),
		MaxConsoles: cfg.Console.Most, Journal: &DiskJournal{Dir: opt.Dir}, Hooks: HookOptions{Hooks: cfg.hooks()},
		Listen: func(a netip.AddrPort) (Conn, error) { return udp.Listen(a) },
		Resolve: func(ctx context.Context, hostport string, local netip.AddrPort) (netip.AddrPort, error) {
			return udp.ResolveFor(ctx, local.Addr(), hostport)
		},
	}
}

func (opt DaemonOptions) console(cfg Config, staff *people.Book) console.Config {
	return console.Config{
		Listen: cfg.Console.Listen, Hosts: cfg.Console.Names,
		CertFile: cfg.Console.Certificate, KeyFile: cfg.Console.Key, VoiceAddr: cfg.Console.Voice,
		Socket: filepath.Join(opt.Dir, SocketName), SessionFile: filepath.Join(opt.Dir, "sessions"),
		FrameAncestors: opt.FrameAncestors, StandingLinks: opt.StandingLinks, MaxConsoles: cfg.Console.Most, People: staff, Log: opt.Log,
	}
}

// start runs the loop, adds the lines, opens the doors; what fails closes the rest.
func (d *Daemon) start(ctx context.Context) error {
	go func() {
		defer close(d.done)
		d.err = d.Station.Run(ctx)
	}()
	err := d.reload(ctx)
	if err == nil || d.drives() {
		if err = d.Console.Start(); err != nil {
			err = &ConsoleError{filepath.Join(d.dir, ConfigFile), err}
		}
	}
	if err != nil {
		return errors.Join(err, d.Stop())
	}
	go d.resolveNames(ctx)
	return nil
}

// A ConsoleError says why a station's page cannot be served.
type ConsoleError struct {
	File string // the configuration
	Err  error
}

func (e *ConsoleError) Error() string { return "station: the page cannot be served: " + e.Err.Error() }

func (e *ConsoleError) Unwrap() error { return e.Err }

// Hint says what a person can do.
func (e *ConsoleError) Hint() string {
	if errors.Is(e.Err, syscall.EADDRINUSE) {
		return "end the program that has the address, or set another under [console] in " + e.File
	}
	return "see [console] in " + e.File
}

// drives reports whether any line is of use, or waits for its words to be confirmed.
func (d *Daemon) drives() bool {
	for _, l := range d.Status().Lines {
		if l.State == api.LineUnconfirmed || d.bound(l.Slug) == nil {
			return true
		}
	}
	return false
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
	return errors.Join(d.err, d.Console.Close(), d.lock.Close())
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
		return reloadError(err)
	}
	return nil
}

// reloadError is what a person is told of lines that could not be taken over.
func reloadError(err error) *api.Error {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	e := &api.Error{Code: "reload", Text: "The station's folder was not taken over whole: " + text + ".", Action: "Mend what is named, then restart the station."}
	if h := Hint(err); h != "" {
		e.Action = sentence(h)
	}
	return e
}

// reload brings the lines in line with the folder, and shows what hinders it.
func (d *Daemon) reload(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines, err := d.home.Lines()
	errs := []error{err}
	for _, l := range lines {
		errs = append(errs, d.take(ctx, l))
	}
	for slug := range d.accords {
		if _, err := os.Lstat(filepath.Join(d.dir, "lines", slug)); errors.Is(err, fs.ErrNotExist) {
			delete(d.accords, slug)
			errs = append(errs, d.RemoveLine(slug))
		}
	}
	err = errors.Join(errs...)
	_ = d.do(func() { d.showFolder(err) })
	for slug, h := range d.accords {
		if h.now().Usable() == nil {
			err = errors.Join(err, d.bound(slug))
		}
	}
	return err
}

// showFolder shows what hinders the station from taking over its folder whole.
func (s *Station) showFolder(err error) {
	if err == nil {
		s.mended("folder")
		return
	}
	e := reloadError(err)
	s.notice("folder", "failure", e.Text, e.Action)
}

// take drives a line as it now is in the folder, or tells it what is new there.
func (d *Daemon) take(ctx context.Context, l *accord.Line) error {
	h := d.accords[l.Slug]
	if h != nil {
		old := h.now()
		if old.Accord.Digest() == l.Accord.Digest() && old.Usable() == nil {
			if err := h.renew(l); err != nil {
				return err
			}
			return d.offer(l.Slug)
		}
		delete(d.accords, l.Slug) // another accord of that name, or now its words are confirmed
		if old.Usable() == nil {
			if err := d.RemoveLine(l.Slug); err != nil {
				return err
			}
		}
	}
	return d.drive(ctx, l)
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
	if opt.Record, err = recordOptions(d.dir, l, d.home.Keys()); err != nil {
		return err
	}
	opt.Record.Quota = d.cfg.Line.quotaOf(l.Slug)
	if err := d.AddLine(opt); err != nil {
		return err
	}
	d.accords[l.Slug] = h
	return nil
}

// bound says why a line is heard at no local address; nil if it is.
func (s *Station) bound(slug string) error {
	return s.onLine(slug, func(e *lineEnd, _ time.Time) error { return e.bound() })
}

// offer tells the other side of our newest amendment and of what we propose, if the line is open, and looks
// at what is agreed now.
func (s *Station) offer(slug string) error {
	return s.onLine(slug, func(e *lineEnd, _ time.Time) error {
		if e.up {
			e.offerAmendments()
		} else if e.opt.Amendments != nil {
			e.doChore(chore{do: func(Amendments) ([][]byte, error) { return nil, nil }})
		}
		return nil
	})
}

// Dial finds the station that runs in dir. The error says what to do if none does.
func Dial(dir string) (*api.Client, error) {
	c, err := api.Dial(filepath.Join(dir, SocketName))
	switch {
	case err == nil:
		return c, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, &api.Error{Code: "forbidden", Text: fmt.Sprintf("The station in %s answers to its owner alone.", dir),
			Action: "Run the command as the user who runs the station."}
	}
	if _, err := accord.Open(dir); errors.Is(err, accord.ErrMissing) {
		return nil, err
	}
	return nil, &api.Error{Code: "not-running", Text: fmt.Sprintf("No station runs in %s.", dir), Action: "Start it with: ringdown serve " + dir}
}
