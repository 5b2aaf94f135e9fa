package console

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

func TestLocalhostIsBothFamilies(t *testing.T) {
	s, _ := testServer(t, nil)
	if !strings.HasPrefix(s.URL(), "http://localhost:") {
		t.Errorf("the address is %q", s.URL())
	}
	for _, l := range s.listeners {
		if at := l.Addr().(*net.TCPAddr); !at.IP.IsLoopback() || at.Port != s.listeners[0].Addr().(*net.TCPAddr).Port {
			t.Errorf("listens at %v", at)
		}
	}
	if probe, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		probe.Close()
		if len(s.listeners) != 2 {
			t.Errorf("%d listeners; whoever had the other family's port would be given tokens", len(s.listeners))
		}
	}
}

func TestPortTakenOnOneFamily(t *testing.T) {
	taken, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Logf("no IPv6 here: %v", err)
		return
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	s := New(Config{Listen: "localhost:" + port, Pages: testPages}, newFakeStation())
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "[::1]:"+port) {
		t.Errorf("start: %v, want it refused for [::1]:%s", err, port)
		_ = s.Close()
	}
	free, err := net.Listen("tcp4", "127.0.0.1:"+port)
	if err != nil {
		t.Fatalf("a failed start keeps its port: %v", err)
	}
	free.Close()
}

func TestBadConfigurations(t *testing.T) {
	dir := t.TempDir()
	for want, cfg := range map[string]Config{
		"want host:port":         {Listen: "localhost"},
		"want 0 to 65535":        {Listen: "localhost:70000"},
		"want both or neither":   {Listen: "localhost:0", CertFile: "x"},
		"certificate":            {Listen: "localhost:0", CertFile: "/none", KeyFile: "/none"},
		"voice address":          {Listen: "localhost:0", VoiceAddr: "nowhere"},
		"want at most 106 bytes": {Listen: "localhost:0", Socket: filepath.Join(dir, strings.Repeat("x", 120))},
		"local socket":           {Listen: "localhost:0", Socket: filepath.Join(dir, "none", "s")},
	} {
		cfg.Pages = testPages
		s := New(cfg, newFakeStation())
		if err := s.Start(); err == nil || !strings.HasPrefix(err.Error(), "console: ") || !strings.Contains(err.Error(), strings.TrimSuffix(want, " bytes")) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
			_ = s.Close()
		}
	}
}

func TestSocketIsPrivate(t *testing.T) {
	s, _ := testServer(t, nil)
	info, err := os.Stat(s.cfg.Socket)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("the local socket: %v, mode %v, want a socket with 0600", err, info.Mode())
	}
	if _, err := os.Stat(s.cfg.Socket + "~"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its temporary name is left: %v", err)
	}
}

// A station that was killed leaves its socket; the next takes its place.
func TestSocketOfKilledStation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for _, name := range []string{path, path + "~"} {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		l.Close()
	}
	if _, err := api.Dial(path); err == nil {
		t.Fatal("a dead socket answers")
	} else if _, ok := errors.AsType[*api.UnreachableError](err); !ok {
		t.Errorf("a dead socket: %v, want an UnreachableError", err)
	}
	s, _ := testServer(t, func(c *Config) { c.Socket = path })
	if c, err := api.Dial(path); err != nil {
		t.Error(err)
	} else if _, err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a station that stopped left its socket: %v", err)
	}
}

func TestSocketInUseIsRespected(t *testing.T) {
	s, _ := testServer(t, nil)
	second := New(Config{Listen: "localhost:0", Socket: s.cfg.Socket, Pages: testPages}, newFakeStation())
	if err := second.Start(); err == nil || !strings.Contains(err.Error(), "running here already") {
		t.Errorf("a second station: %v", err)
	}
	if _, err := api.Dial(s.cfg.Socket); err != nil {
		t.Errorf("the first after it: %v", err)
	}
}

func TestSocketNeverReplacesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(Config{Listen: "localhost:0", Socket: path, Pages: testPages}, newFakeStation())
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("start: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "x" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

// certify writes a certificate for localhost and desk.example.
func certify(t *testing.T, certFile, keyFile string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial, DNSNames: []string{"localhost", "desk.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first := certify(t, certFile, keyFile)
	s, _ := testServer(t, func(c *Config) {
		c.Listen, c.CertFile, c.KeyFile, c.Hosts = "0.0.0.0:0", certFile, keyFile, []string{"desk.example"}
	})
	if !strings.HasPrefix(s.URL(), "https://desk.example:") {
		t.Errorf("the address is %q", s.URL())
	}
	b := newBrowser(t, s)
	shown := func() *x509.Certificate {
		t.Helper()
		b.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		return b.get("/").TLS.PeerCertificates[0]
	}
	if !shown().Equal(first) {
		t.Error("another certificate is shown")
	}
	link := path(t, s, "")
	got := b.get(link)
	if c := got.Cookies(); len(c) != 1 || !c[0].Secure || !strings.HasPrefix(c[0].Name, "__Host-ringdown-") || got.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("entering over TLS: %s, cookies %v", got.Status, c)
	}
	if got := b.get("/"); got.StatusCode != http.StatusOK {
		t.Errorf("after entering: %s", got.Status)
	}
	second := certify(t, certFile, keyFile)
	if got := b.request("POST", "/api/reload", "", nil); got.StatusCode != http.StatusNoContent {
		t.Errorf("reload: %s", got.Status)
	}
	if !shown().Equal(second) {
		t.Error("after a reload the old certificate is shown")
	}
	if err := os.WriteFile(keyFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := b.request("POST", "/api/reload", "", nil); errorOf(t, got).Code != "bad-certificate" {
		t.Errorf("reloading a broken key: %s\n%s", got.Status, got.text)
	}
	if !shown().Equal(second) {
		t.Error("a broken key took the certificate away")
	}
}

func TestPlainHTTPIsRefusedOnTLSPort(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certify(t, certFile, keyFile)
	s, _ := testServer(t, func(c *Config) { c.CertFile, c.KeyFile = certFile, keyFile })
	r, err := http.Get(strings.Replace(localURL(s), "https", "http", 1))
	if err == nil {
		defer r.Body.Close()
		if r.StatusCode != http.StatusBadRequest {
			t.Errorf("plain HTTP: %s", r.Status)
		}
	}
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}
	if conn, err := tls.Dial("tcp", s.listeners[0].Addr().String(), old); err == nil {
		conn.Close()
		t.Error("TLS 1.2 is accepted")
	}
}
