package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"ringdown/api"
	"ringdown/people"
	"ringdown/web"
)

const closeLimit = 2 * time.Second // for saying goodbye to the consoles

// A Server serves the consoles of one station.
type Server struct {
	cfg Config
	st  Station
	log *slog.Logger

	sessions *sessions
	name     func() string // of the station; asked for once
	people   *people.Book
	steps    steps
	gate     *gate
	policy   *policy
	pages    map[string]page
	cert     *certificate
	voice    *voiceEngine
	clients  *registry
	tokens   tokens
	faults   faults

	failures *limiter[netip.Addr] // to enter
	doors    *limiter[netip.Addr] // log-ins and enrolments, begun and ended
	requests *limiter[digest]
	searches *limiter[digest]
	exports  *limiter[digest]
	warned   rate.Sometimes

	url       string
	socket    *localSocket
	listeners []net.Listener
	servers   []*http.Server
	ended     atomic.Bool
}

// New makes a server; nothing is opened before Start.
func New(cfg Config, st Station) *Server {
	if cfg.MaxConsoles == 0 {
		cfg.MaxConsoles = 200
	}
	if cfg.Pages == nil {
		cfg.Pages = web.Files
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.People == nil {
		cfg.People, _ = people.Open("", func(string, []byte) error { return nil }) // there is no such file
	}
	return &Server{
		cfg: cfg, st: st, people: cfg.People, name: sync.OnceValue(func() string { return st.Status().Name }), log: cfg.Log, tokens: tokens{standing: cfg.StandingLinks}, clients: newRegistry(cfg.MaxConsoles),
		failures: newLimiter[netip.Addr](failureRate, failureBurst),
		doors:    newLimiter[netip.Addr](failureRate, failureBurst),
		requests: newLimiter[digest](requestRate, requestBurst),
		searches: newLimiter[digest](searchRate, searchBurst),
		exports:  newLimiter[digest](exportRate, exportBurst),
		warned:   rate.Sometimes{First: 20, Interval: time.Second},
	}
}

// Start opens the listeners and serves in the background. When it returns nil,
// all of them answer; when it returns an error, none is left open.
func (s *Server) Start() error {
	err := s.start()
	if err != nil {
		_ = s.Close()
	}
	return err
}

func (s *Server) start() (err error) {
	if s.pages, err = loadPages(s.cfg.Pages); err != nil {
		return err
	}
	if s.sessions, err = openSessions(s.cfg.SessionFile); err != nil {
		return err
	}
	if s.cert, err = loadCertificate(s.cfg.CertFile, s.cfg.KeyFile); err != nil {
		return err
	}
	at, err := openWeb(s.cfg.Listen, s.cert)
	if err != nil {
		return err
	}
	s.listeners = at.listeners
	if err := s.setNames(at); err != nil {
		return err
	}
	if err := s.startVoice(at); err != nil {
		return err
	}
	if s.cfg.Socket != "" {
		if s.socket, err = listenLocal(s.cfg.Socket); err != nil {
			return err
		}
		s.serve(s.socket, s.localHandler())
	}
	for _, l := range s.listeners {
		s.serve(l, s.webHandler())
	}
	return nil
}

var originPattern = regexp.MustCompile(`^https?://[A-Za-z0-9.:\[\]-]+$`)

// setNames settles under which names the pages are reached.
func (s *Server) setNames(at *webAddress) error {
	scheme, name := "http", at.host
	if at.tls {
		scheme = "https"
	}
	names := s.cfg.Hosts
	if len(names) > 0 {
		name = names[0]
	}
	if at.host != "" {
		names = append([]string{at.host}, names...)
	}
	s.gate = newGate(scheme, at.port, names)
	for _, origin := range s.cfg.FrameAncestors {
		if !originPattern.MatchString(origin) {
			return fmt.Errorf("console: frame ancestor %q: want an origin, such as http://localhost:8000", origin)
		}
	}
	s.policy = newPolicy(s.cfg.FrameAncestors, at.tls)
	if _, _, err := net.SplitHostPort(name); err != nil {
		name = hostPort(name, at.port)
	}
	s.url = scheme + "://" + name
	return nil
}

func (s *Server) startVoice(at *webAddress) error {
	where, near := at.voice()
	if s.cfg.VoiceAddr != "" {
		udp, err := net.ResolveUDPAddr("udp", s.cfg.VoiceAddr)
		if err != nil {
			return fmt.Errorf("console: voice address %q: %w", s.cfg.VoiceAddr, err)
		}
		where, near = unmapped(udp.AddrPort()), false
	}
	var err error
	s.voice, err = newVoiceEngine(where, near, s.log)
	return err
}

// unmapped makes an address plain; no address is the wildcard of both families.
func unmapped(a netip.AddrPort) netip.AddrPort {
	if !a.Addr().IsValid() {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), a.Port())
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// serve serves one listener in the background.
func (s *Server) serve(l net.Listener, h http.Handler) {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		Protocols:         new(http.Protocols),
	}
	srv.Protocols.SetHTTP1(true) // WebSockets want it, and one protocol is less to attack than two
	s.servers = append(s.servers, srv)
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("console: listener ended", "at", l.Addr(), "error", err)
		}
	}()
}

// Close ends all connections and removes the local socket. The station is told
// nothing of its consoles any more. What was sent to a console before is still
// delivered, if it takes it at once.
func (s *Server) Close() error {
	if s.ended.Swap(true) {
		return nil
	}
	s.clients.close()
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	var all sync.WaitGroup
	s.clients.each(func(c *client) {
		all.Go(func() { c.farewell(ctx) })
	})
	all.Wait()
	var errs []error
	for _, srv := range s.servers {
		errs = append(errs, srv.Close())
	}
	for _, l := range s.listeners {
		_ = l.Close() // in case no server had it yet
	}
	if s.socket != nil {
		errs = append(errs, s.socket.remove())
	}
	if s.voice != nil {
		errs = append(errs, s.voice.port.Close())
	}
	return errors.Join(errs...)
}

// farewell ends a connection, politely until ctx is over. It does not wait for
// one that hangs in the station.
func (c *client) farewell(ctx context.Context) {
	c.shut(websocket.StatusGoingAway, "the station stops")
	select {
	case <-c.done:
		return
	case <-ctx.Done():
		c.cut()
	}
	select {
	case <-c.done:
	case <-time.After(closeLimit):
	}
}

func (s *Server) closing() bool { return s.ended.Load() }

// URL is where the pages are: "http://localhost:8400". Valid after Start.
func (s *Server) URL() string { return s.url }

// VoicePort is the UDP port of the browsers' voice. Valid after Start.
func (s *Server) VoicePort() uint16 { return s.voice.port.number() }

// NewToken makes an entry token: valid once, for 15 minutes.
func (s *Server) NewToken() string { return s.tokens.make(time.Now(), false) }

// Link makes a one-time address that lets a browser in and leads it to next, a
// local path with query such as "/?ready=1"; empty means "/". Valid after Start.
func (s *Server) Link(next string) (string, error) { return s.link(next, false) }

func (s *Server) link(next string, kiosk bool) (string, error) {
	if _, err := localPath(next); err != nil {
		return "", err
	}
	q := url.Values{"token": {s.tokens.make(time.Now(), kiosk)}}
	if next != "" {
		q.Set("next", next)
	}
	return s.url + "/enter?" + q.Encode(), nil
}

// status is the station's status with this package's notices.
func (s *Server) status() api.Status { return s.withNotices(s.st.Status()) }

func (s *Server) withNotices(status api.Status) api.Status {
	own := s.faults.notices(time.Now())
	status.Notices = append(status.Notices[:len(status.Notices):len(status.Notices)], own...)
	return status
}
