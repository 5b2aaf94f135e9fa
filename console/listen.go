package console

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/netutil"
)

const (
	maxConnections = 1024 // TCP, at once
	maxSocketPath  = 107  // bytes: what the system can hold, less its final zero
)

// A webAddress is where the pages are served.
type webAddress struct {
	listeners []net.Listener
	host      string // as browsers name it; empty for a wildcard
	addr      netip.Addr
	port      uint16
	tls       bool
}

// openWeb listens at host:port. Loopback is plain HTTP; all else needs a
// certificate, because there the session cookie and the voice's keys travel.
func openWeb(listen string, cert *certificate) (*webAddress, error) {
	host, portText, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("console: listen address %q: want host:port, such as localhost:8400", listen)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("console: listen address %q: port is %q, want 0 to 65535", listen, portText)
	}
	w := &webAddress{host: host, port: uint16(port), tls: cert.given()}
	if !w.isLocalhost() {
		return w, w.openOne(listen, cert)
	}
	w.host, w.addr = "localhost", netip.AddrFrom4([4]byte{127, 0, 0, 1})
	return w, w.openLocalhost(cert)
}

func (w *webAddress) isLocalhost() bool {
	return strings.EqualFold(w.host, "localhost") || w.host == "127.0.0.1" || w.host == "::1"
}

// voice is where the browsers' voice goes if nothing else is configured. A
// browser on this machine may not use the loopback address for voice at all, so
// there every address listens, to this machine only.
func (w *webAddress) voice() (at netip.AddrPort, near bool) {
	if w.addr.IsLoopback() {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), 0), true
	}
	return netip.AddrPortFrom(w.addr, 0), false
}

func (w *webAddress) openOne(listen string, cert *certificate) error {
	tcp, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return fmt.Errorf("console: listen address %q: %w", listen, err)
	}
	w.addr = unmapped(tcp.AddrPort()).Addr()
	if !w.addr.IsLoopback() && !cert.given() {
		return fmt.Errorf("console: listen address %q is reached from other machines: want a TLS certificate and its key, or localhost", listen)
	}
	l, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	w.take(l, cert)
	if w.addr.IsUnspecified() {
		w.host = ""
	}
	return nil
}

// openLocalhost listens on both families. A link says "localhost", which a
// browser may read as either; were one left free, another user of this machine
// could listen there and be given the token.
func (w *webAddress) openLocalhost(cert *certificate) error {
	const tries = 20
	free := w.port == 0
	for try := 1; ; try++ {
		err := w.openBoth(cert)
		if err == nil {
			return nil
		}
		for _, l := range w.listeners {
			_ = l.Close()
		}
		w.listeners = nil
		if !free || !errors.Is(err, syscall.EADDRINUSE) || try == tries {
			return fmt.Errorf("console: %w", err)
		}
		w.port = 0
	}
}

func (w *webAddress) openBoth(cert *certificate) error {
	four, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(w.port)})
	if err != nil {
		return err
	}
	w.take(four, cert)
	six, err := net.ListenTCP("tcp6", &net.TCPAddr{IP: net.IPv6loopback, Port: int(w.port)})
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		return nil // no IPv6 here
	}
	if err != nil {
		return err
	}
	w.take(six, cert)
	return nil
}

func (w *webAddress) take(l net.Listener, cert *certificate) {
	w.port = l.Addr().(*net.TCPAddr).AddrPort().Port()
	l = netutil.LimitListener(l, maxConnections)
	if cert.given() {
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: cert.get, NextProtos: []string{"http/1.1"}})
	}
	w.listeners = append(w.listeners, l)
}

// A certificate is the console's TLS certificate; its zero value stands for none.
type certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

func loadCertificate(certFile, keyFile string) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	if (certFile == "") != (keyFile == "") {
		return nil, fmt.Errorf("console: certificate file is %q and key file is %q: want both or neither", certFile, keyFile)
	}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("console: certificate: %w", err)
	}
	return c, nil
}

func (c *certificate) given() bool { return c.certFile != "" }

// load reads the files; with an error the certificate stays what it was.
func (c *certificate) load() error {
	if !c.given() {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.current.Store(&pair)
	return nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// A localSocket is a Unix socket that only its owner can reach.
type localSocket struct {
	*net.UnixListener
	path string
	own  os.FileInfo // so that another station's socket is never removed
}

// listenLocal makes the socket at path. One that a killed station left is
// replaced; one that answers is respected. The socket is made under another name
// and moved, so that at no moment others can reach it.
func listenLocal(path string) (*localSocket, error) {
	temp := path + "~"
	if len(temp) > maxSocketPath {
		return nil, fmt.Errorf("console: local socket %s: path has %d bytes, want at most %d", path, len(path), maxSocketPath-1)
	}
	if err := yieldPath(path); err != nil {
		return nil, err
	}
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("console: local socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: temp, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("console: local socket: %w", err)
	}
	l.SetUnlinkOnClose(false)
	s := &localSocket{UnixListener: l, path: path}
	err = errors.Join(os.Chmod(temp, 0o600), os.Rename(temp, path))
	if err == nil {
		s.own, err = os.Lstat(path)
	}
	if err != nil {
		_ = l.Close()
		_ = os.Remove(temp)
		return nil, fmt.Errorf("console: local socket: %w", err)
	}
	return s, nil
}

// yieldPath refuses a path that is in use.
func yieldPath(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("console: local socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("console: local socket %s: found a file that is no socket", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = conn.Close()
		return fmt.Errorf("console: local socket %s: a station is running here already", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("console: local socket: %w", err)
	}
	return nil
}

// remove takes the socket away, if it is still ours.
func (s *localSocket) remove() error {
	if now, err := os.Lstat(s.path); err != nil || !os.SameFile(now, s.own) {
		return nil
	}
	return os.Remove(s.path)
}
