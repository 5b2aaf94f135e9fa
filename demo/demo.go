// Package demo is Ringdown on one machine: two stations, north and south, with an
// accord between them, two paths over real UDP sockets through a network that can be
// harmed, and a stage page that shows both consoles and the paths between them.
//
// Everything lives in a temporary folder that goes with the demo.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringdown/accord"
	"ringdown/impair"
	"ringdown/station"
)

// Options says how to show it.
type Options struct {
	JSON    bool // one JSON object a line in place of words
	History bool // begin with a few days behind it
	Live    bool // south speaks its microphone too
	Port    int  // of the stage; 0 is any
	Version string
	Out     io.Writer
}

// paths of the demo, as the accord names them, and how long each takes at first.
var paths = []struct {
	name  string
	delay time.Duration
}{
	{"fibre", 20 * time.Millisecond},
	{"satellite", 60 * time.Millisecond},
}

// A party is one of the two stations.
type party struct {
	name   string // "north": also its folder
	title  string // "North"
	dir    string
	home   *accord.Home
	daemon *station.Daemon
}

// Run shows the demo until ctx ends.
func Run(ctx context.Context, opt Options) (err error) {
	dir, err := os.MkdirTemp("", "ringdown-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	stageAt, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(opt.Port)))
	if err != nil {
		return fmt.Errorf("demo: the stage's address: %w", err)
	}
	defer stageAt.Close()
	wires, err := layWires()
	defer func() {
		for _, w := range wires {
			err = errors.Join(err, w.Close())
		}
	}()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	north := &party{name: "north", title: "North", dir: filepath.Join(dir, "north")}
	south := &party{name: "south", title: "South", dir: filepath.Join(dir, "south")}
	now := time.Now()
	agreed := now
	if opt.History {
		agreed = storyStart(now)
	}
	err = agree(agreed, north, south, wires)
	if err == nil && opt.History {
		err = makeHistory(ctx, now, north, south)
	}
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	s := &show{opt: opt, stageAt: stageAt, wires: wires}
	return s.run(ctx, north, south)
}

// layWires opens a forwarder for each path.
func layWires() ([]*wire, error) {
	var wires []*wire
	any := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	for i, p := range paths {
		delay := impair.Settings{Delay: p.delay}
		f, err := impair.NewForwarder(impair.ForwarderConfig{AddrA: any, AddrB: any, Seed: uint64(i), AtoB: delay, BtoA: delay})
		if err != nil {
			return wires, err
		}
		wires = append(wires, &wire{name: p.name, Forwarder: f})
	}
	return wires, nil
}

// agree makes both stations and the accord between them, as two operators would. Disclosures
// need consent, so that all there is to them can be tried.
func agree(now time.Time, north, south *party, wires []*wire) error {
	for _, p := range []*party{north, south} {
		var err error
		if p.home, err = accord.Init(now, p.dir, p.title); err != nil {
			return err
		}
	}
	var own []accord.OwnPath
	ends := make(map[uint8]accord.Endpoint)
	for i, w := range wires {
		n := uint8(i + 1)
		own = append(own, accord.OwnPath{Number: n, Name: w.name, End: accord.Endpoint{Address: accord.Address(w.AddrB().String())}})
		ends[n] = accord.Endpoint{Address: accord.Address(w.AddrA().String())}
	}
	invite, _, err := north.home.Invite(now, accord.InviteOptions{For: south.title, Paths: own, Terms: accord.Terms{Disclosure: accord.DisclosureConsent}})
	if err != nil {
		return err
	}
	accept, atSouth, err := south.home.Accept(now, invite, accord.AcceptOptions{Ends: ends})
	if err != nil {
		return err
	}
	atNorth, err := north.home.Conclude(now, accept)
	if err != nil {
		return err
	}
	words := atNorth.Accord.Words()
	spoken := strings.Join(words[:], " ")
	if _, err := north.home.Confirm(now, atNorth.Slug, spoken); err != nil {
		return err
	}
	if _, err := south.home.Confirm(now, atSouth.Slug, spoken); err != nil {
		return err
	}
	return errors.Join(configure(north, wires, (*impair.Forwarder).AddrB), configure(south, wires, (*impair.Forwarder).AddrA))
}

// configure writes the station.toml: any free ports, and for each path the local
// address that stands behind the forwarder's.
func configure(p *party, wires []*wire, outside func(*impair.Forwarder) netip.AddrPort) error {
	var b strings.Builder
	fmt.Fprintf(&b, "[console]\nlisten = \"localhost:0\"\n\n[line.bind]\n")
	for _, w := range wires {
		fmt.Fprintf(&b, "%q = \"127.0.0.1:0\"\n", outside(w.Forwarder).String())
	}
	return os.WriteFile(filepath.Join(p.dir, station.ConfigFile), []byte(b.String()), 0o600)
}

// A show is the running demo.
type show struct {
	opt     Options
	stageAt net.Listener
	wires   []*wire
}

func (s *show) run(ctx context.Context, north, south *party) (err error) {
	for _, p := range []*party{north, south} {
		if err := s.start(ctx, p); err != nil {
			return fmt.Errorf("demo: %s: %w", p.name, err)
		}
		defer func() { err = errors.Join(err, p.daemon.Stop()) }()
	}
	consoles := []string{north.daemon.Console.URL(), south.daemon.Console.URL()}
	info, err := s.invite(north, south)
	if err != nil {
		return err
	}
	stage := newStage(s.port(), consoles, info, s.wires)
	failed := make(chan error, 1)
	go func() { failed <- stage.serve(s.stageAt) }()
	if err := s.announce(north, south); err != nil {
		return err
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = s.stageAt.Close()
	}
	return err
}

func (s *show) port() int { return s.stageAt.Addr().(*net.TCPAddr).Port }

func (s *show) origin() string { return fmt.Sprintf("http://localhost:%d", s.port()) }

func (s *show) start(ctx context.Context, p *party) (err error) {
	opt := station.DaemonOptions{Dir: p.dir, Version: s.opt.Version, FrameAncestors: []string{s.origin()}, StandingLinks: true}
	if p.name == "south" && !s.opt.Live {
		opt.Recording = Recording()
	}
	p.daemon, err = station.Start(ctx, opt)
	return err
}

// invite makes the addresses under which the stage's frames open the consoles.
func (s *show) invite(north, south *party) (stageInfo, error) {
	next := map[string]string{"north": "/?name=north+desk", "south": "/?name=south+desk&voice=recorded&ready=1"}
	if s.opt.Live {
		next["south"] = "/?name=south+desk"
	}
	info := stageInfo{}
	for _, p := range []*party{north, south} {
		link, err := p.daemon.Console.Link(next[p.name])
		if err != nil {
			return info, err
		}
		if p == north {
			info.North = link
		} else {
			info.South = link
		}
	}
	for i, w := range s.wires {
		info.Paths = append(info.Paths, stagePath{Path: i + 1, Name: w.name})
	}
	return info, nil
}

// announce prints where everything is, each once it is ready.
func (s *show) announce(north, south *party) error {
	for _, p := range []*party{north, south} {
		link, err := p.daemon.Console.Link("/")
		if err != nil {
			return err
		}
		if err := s.say(map[string]string{"name": p.name, "console": link},
			fmt.Sprintf("%s's console alone:  %s\n", p.title, link)); err != nil {
			return err
		}
	}
	page := s.origin() + "/"
	return s.say(map[string]string{"name": "stage", "page": page}, fmt.Sprintf(`
The stage, with both consoles and the paths between them:

    %s

Press Ready on North's console, then Call; answer on South's, and cut a path while it speaks.
Or write: the message stands in both records, and the wire shows nothing of it.
Ctrl-C ends the demo and removes all it made.
`, page))
}

func (s *show) say(object map[string]string, words string) error {
	if s.opt.JSON {
		return json.NewEncoder(s.opt.Out).Encode(object)
	}
	_, err := io.WriteString(s.opt.Out, words)
	return err
}
