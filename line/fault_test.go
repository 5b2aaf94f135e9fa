package line

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"runtime"
	"testing"
	"time"

	"ringdown/wire"
)

// Each thing that can be wrong between two stations that own the pair's secret has
// its name, on the side that sees it, and opens nothing.
func TestFaultsAreNamed(t *testing.T) {
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		spoil func(w *world)
		who   int // that names it
		want  Fault
	}{
		{"server's key", func(w *world) { w.ends[1].cfg.Certificate = certificate(t, stranger) }, 0, FaultCertificate},
		{"client's key", func(w *world) { w.ends[0].cfg.Certificate = certificate(t, stranger) }, 1, FaultCertificate},
		{"client's key, as the client sees it", func(w *world) { w.ends[0].cfg.Certificate = certificate(t, stranger) }, 0, FaultUnconfirmed},
		{"final signature", func(w *world) { w.ends[0].cfg.Final = []byte("of another accord") }, 1, FaultFinal},
		{"silent TLS", func(w *world) { w.ends[1].offloadTakes = time.Hour }, 0, FaultTimeout},
	} {
		w := newWorld(t, wire.Standard, 2, 5)
		c.spoil(w)
		for _, e := range w.ends {
			e.start()
		}
		w.run(20 * time.Second)
		s := w.ends[c.who].line.Status(w.now)
		if s.Fault != c.want || s.Counts.Faults[c.want] < 2 {
			t.Errorf("%s: fault %q, counts %v; want %q each time", c.name, s.Fault, s.Counts.Faults, c.want)
		}
		for i, e := range w.ends {
			if e.state != StateDown || len(e.states) != 0 || len(e.signals) != 0 || e.finals != 0 {
				t.Errorf("%s: end %d: states %v, %d final signatures; want none", c.name, i, e.states, e.finals)
			}
		}
	}
}

// Another digest, incarnation or version inside a handshake that else is right is
// named by both sides. (The keys are bound to the digest too, so that over the line
// two accords never meet: here only the words inside differ.)
func TestParametersAreChecked(t *testing.T) {
	for _, c := range []struct {
		name           string
		spoil          func(client, server *exchange)
		client, server Fault
	}{
		{"nothing", func(_, _ *exchange) {}, FaultNone, FaultNone},
		{"digest", func(c, _ *exchange) { c.own.digest[5] ^= 1 }, FaultDigest, FaultDigest},
		{"client's run", func(c, _ *exchange) { c.own.incarnation++ }, FaultNone, FaultIncarnation},
		{"server's run", func(_, s *exchange) { s.own.incarnation++ }, FaultIncarnation, FaultNone},
		{"final from the server", func(_, s *exchange) { s.own.final = []byte("x") }, FaultParameters, FaultNone},
		{"no incarnation", func(_, s *exchange) { s.own.incarnation = 0 }, FaultParameters, FaultNone},
	} {
		w := newWorld(t, wire.Standard, 1, 5)
		for _, e := range w.ends {
			e.start()
		}
		client, server := w.ends[0].line.newExchange(1), w.ends[1].line.newExchange(1)
		c.spoil(client, server)
		shake(client, server)
		if got := client.verdict(); got != c.client {
			t.Errorf("%s: the client says %q, want %q", c.name, got, c.client)
		}
		if got := server.verdict(); got != c.server {
			t.Errorf("%s: the server says %q, want %q", c.name, got, c.server)
		}
		if ok := c.client == FaultNone && c.server == FaultNone; !ok && client.done && server.done {
			t.Errorf("%s: both sides are done", c.name)
		}
		client.abandon()
		server.abandon()
	}
}

// Nothing but the hybrid key exchange is spoken: a client that offers X25519 alone gets no
// further, and a connection that came about otherwise is refused on both sides.
func TestOnlyTheHybridKeyExchange(t *testing.T) {
	w := newWorld(t, wire.Standard, 1, 5)
	for _, e := range w.ends {
		e.start()
	}
	client, server := w.ends[0].line.newExchange(1), w.ends[1].line.newExchange(1)
	defer client.abandon()
	defer server.abandon()
	weak := client.config()
	weak.CurvePreferences = []tls.CurveID{tls.X25519}
	client.conn = tls.QUICClient(&tls.QUICConfig{TLSConfig: weak})
	client.conn.SetTransportParameters(client.own.encode())
	if err := client.conn.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	shake(client, server)
	if client.done || server.done || server.verdict() != FaultTLS {
		t.Errorf("X25519 alone: client done %v, server done %v, server says %q; want neither, and %q",
			client.done, server.done, server.verdict(), FaultTLS)
	}

	cert, err := x509.ParseCertificate(server.certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	good := tls.ConnectionState{Version: tls.VersionTLS13, CurveID: tls.X25519MLKEM768, NegotiatedProtocol: alpn,
		PeerCertificates: []*x509.Certificate{cert}}
	if err := client.verify(good); err != nil {
		t.Errorf("a connection as it should be: %v", err)
	}
	for name, spoil := range map[string]func(*tls.ConnectionState){
		"another version":      func(cs *tls.ConnectionState) { cs.Version = tls.VersionTLS12 },
		"another key exchange": func(cs *tls.ConnectionState) { cs.CurveID = tls.X25519 },
		"another protocol":     func(cs *tls.ConnectionState) { cs.NegotiatedProtocol = "h3" },
		"resumed":              func(cs *tls.ConnectionState) { cs.DidResume = true },
		"no certificate":       func(cs *tls.ConnectionState) { cs.PeerCertificates = nil },
	} {
		bad := good
		spoil(&bad)
		if client.verify(bad) == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

// shake passes the flights to and fro until nobody has more to say.
func shake(client, server *exchange) {
	sides := [2]*exchange{client, server}
	given := [2]int{}
	for i, idle := 0, 0; idle < 2; i = 1 - i {
		x, from := sides[i], sides[1-i]
		in := from.out[given[i]:]
		given[i] = len(from.out)
		before := len(x.out)
		if x.fault == FaultNone && !x.done && (len(in) > 0 || before == 0 && i == 0) {
			x.prepare(in)()
			x.collect()
		}
		if len(x.out) == before && len(in) == 0 {
			idle++
		} else {
			idle = 0
		}
	}
}

// verdict is the fault of an exchange, found or only suspected.
func (x *exchange) verdict() Fault {
	if x.fault == FaultNone {
		return x.suspect
	}
	return x.fault
}

// Two stations with another secret, or another accord, are strangers: nothing opens.
func TestStrangersHearNothing(t *testing.T) {
	for _, spoil := range []func(*Config){
		func(c *Config) { c.PairSecret[0] ^= 1 },
		func(c *Config) { c.AccordDigest[0] ^= 1 },
	} {
		w := newWorld(t, wire.Standard, 2, 5)
		spoil(&w.ends[0].cfg)
		for _, e := range w.ends {
			e.start()
		}
		w.run(20 * time.Second)
		for i, e := range w.ends {
			if len(e.states) != 0 || len(e.changes) != 0 || len(e.sent) > 60 {
				t.Errorf("end %d: states %v, path changes %v, %d datagrams", i, e.states, e.changes, len(e.sent))
			}
		}
	}
}

func TestHalfSigned(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 5)
	w.ends[0].cfg.Final = nil
	for _, e := range w.ends {
		e.start()
	}
	w.run(3 * time.Second)
	for i, e := range w.ends {
		if e.state != StateHalfSigned {
			t.Errorf("end %d is %v without the final signature", i, e.state)
		}
	}
	w.ends[0].cfg.Final = finalSignature
	w.ends[0].start()
	w.run(3 * time.Second)
	if !w.open() || w.ends[1].finals != 1 {
		t.Errorf("with the signature: %v, %v; received %d times, want 1", w.ends[0].state, w.ends[1].state, w.ends[1].finals)
	}
}

// Nothing is sent before the disk has the numbers, and nothing new is heard.
func TestDiskThatRefuses(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 5)
	w.ends[0].broken = true
	for _, e := range w.ends {
		e.start()
	}
	w.run(10 * time.Second)
	if n := len(w.ends[0].sent); n != 0 {
		t.Errorf("%d datagrams left without a number on disk", n)
	}

	w = newWorld(t, wire.Standard, 2, 5)
	w.ends[0].start()
	w.run(time.Second)
	w.ends[0].broken = true
	w.ends[1].start()
	w.run(10 * time.Second)
	if got := w.ends[0].changes; len(got) != 0 {
		t.Errorf("attempts are heard that are not on disk: %v", got)
	}
}

// Numbers of attempts rise, whatever happens, and a knock costs no write.
func TestAttemptsRise(t *testing.T) {
	w := newWorld(t, wire.Standard, 2, 5)
	e := w.ends[0]
	last := Attempt{}
	w.tap = func(p packet) {
		a := e.line.attempts.own
		if a.Compare(last) < 0 {
			t.Fatalf("attempt %v after %v", a, last)
		}
		if a.Compare(e.disk.Own) > 0 {
			t.Fatalf("attempt %v is sent, but %v is on disk", a, e.disk.Own)
		}
		last = a
	}
	for range 3 {
		e.start()
		w.run(3 * time.Hour)
	}
	if e.persists > 12 {
		t.Errorf("%d writes for %d s of knocking", e.persists, 3*3*3600)
	}
}

// Handshakes end with their goroutine, whatever becomes of them.
func TestNoGoroutineStays(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, takes := range []time.Duration{0, 30 * time.Millisecond, 3 * time.Second, time.Hour} {
		w := newWorld(t, wire.Standard, 2, 5)
		w.each(func(l *link) { l.loss = 0.3 })
		for _, e := range w.ends {
			e.offloadTakes = takes
			e.start()
		}
		for i := range 20 {
			w.run(time.Duration(i) * 30 * time.Millisecond)
			w.ends[i%2].start()
		}
		w.run(10 * time.Second)
		for _, e := range w.ends {
			e.stop()
		}
		for range 10000 { // the last works finish late
			if !w.step(w.now.Add(2 * time.Hour)) {
				break
			}
		}
	}
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// An exchange that is given up while it works ends as soon as it can.
func TestAbandonedWhileItWorks(t *testing.T) {
	w := newWorld(t, wire.Standard, 1, 5)
	for _, e := range w.ends {
		e.start()
	}
	client, server := w.ends[0].line.newExchange(1), w.ends[1].line.newExchange(1)
	working, abandoned, ended := make(chan bool), make(chan bool), make(chan bool)
	server.checkFinal = func([]byte) error {
		working <- true
		<-abandoned
		return nil
	}
	var in []byte // flights for the server
	for range 2 {
		client.prepare(server.out)()
		client.collect()
		in = client.out[len(in):]
		if client.done {
			break
		}
		server.prepare(in)()
		server.collect()
	}
	go func() {
		server.prepare(in)()
		close(ended)
	}()
	<-working
	server.abandon()
	close(abandoned)
	<-ended
	if server.conn != nil {
		t.Error("TLS is still there")
	}
	client.abandon()
}

// A far station acknowledges what was not sent, or sends more than a handshake is.
func TestHandshakeChunksAreChecked(t *testing.T) {
	hs := handshake{out: make([]byte, 100)}
	for _, c := range []struct {
		h  wire.Handshake
		ok bool
	}{
		{wire.Handshake{Received: 100}, true},
		{wire.Handshake{Received: 101}, false},
		{wire.Handshake{Offset: maxFlights - 1, Bytes: []byte{1}}, true},
		{wire.Handshake{Offset: maxFlights - 1, Bytes: []byte{1, 2}}, false},
		{wire.Handshake{Offset: wire.MaxHandshake - 1, Bytes: []byte{1}}, false},
	} {
		if got := hs.take(&c.h); got != c.ok {
			t.Errorf("%d bytes at %d, %d received: taken %v, want %v", len(c.h.Bytes), c.h.Offset, c.h.Received, got, c.ok)
		}
	}
}
