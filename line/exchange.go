package line

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"

	"ringdown/wire"
)

// alpn names the protocol inside TLS.
const alpn = "ringdown/1"

// maxFlights bounds what a side may say in one handshake. Both sides of a real
// one stay below 2,000 bytes without the final signature.
const maxFlights = 6144

// A Fault says why a handshake failed.
type Fault uint8

const (
	FaultNone        Fault = iota
	FaultTimeout           // not finished within 5 s
	FaultUnconfirmed       // finished here; the far station showed no keys within 5 s
	FaultCertificate       // the far certificate is not the one of the accord
	FaultDigest            // the far station holds another accord
	FaultIncarnation       // the far station names another run than the one that knocked
	FaultFinal             // the final signature does not verify
	FaultVersion           // the far station speaks another version
	FaultParameters        // the far parameters break their format
	FaultFlights           // what the far station sent of its handshake breaks its format
	FaultTLS               // TLS refused, for a reason of its own
	faultCount
)

var faultTexts = [faultCount]string{
	FaultNone:        "none",
	FaultTimeout:     "the handshake was not finished in time",
	FaultUnconfirmed: "the far station did not confirm the new keys",
	FaultCertificate: "the far certificate is not the accord's",
	FaultDigest:      "the far station holds another accord",
	FaultIncarnation: "the far station names another run than the one that knocked",
	FaultFinal:       "the final signature does not verify",
	FaultVersion:     "the far station speaks another version",
	FaultParameters:  "the far parameters break their format",
	FaultFlights:     "the far handshake breaks its format",
	FaultTLS:         "TLS refused the handshake",
}

func (f Fault) String() string {
	if f < faultCount {
		return faultTexts[f]
	}
	return fmt.Sprintf("fault %d", uint8(f))
}

// A faultError is a Fault as the TLS callbacks return it.
type faultError Fault

func (f faultError) Error() string { return "line: handshake: " + Fault(f).String() }

// An exchange is the TLS half of one handshake: what crypto/tls would do on a
// connection, as a function from bytes to bytes.
//
// What TLS writes travels as flights ([wire.AppendFlight]), because a reader must know
// to which of the encryption levels of RFC 9001 (4.1.3) bytes belong.
//
// Work on it runs off the line's goroutine, one piece at a time: run by [Handler.Offload],
// collected by the line. The lock is held only to hand over, never while TLS works.
type exchange struct {
	first          bool // TLS client
	farKey         ed25519.PublicKey
	own            parameters
	farIncarnation uint64 // that the far station must name; zero: any
	checkFinal     func([]byte) error
	derive         func(exported []byte) (*epoch, error)
	certificate    tls.Certificate

	mu        sync.Mutex
	state     exchangeState // guarded by mu
	abandoned bool          // guarded by mu: whoever works now closes conn

	// The rest belongs to the worker while state is exchangeWorking, else to the line.
	conn    *tls.QUICConn
	in      []byte // whole flights from the far side
	out     []byte // flights for the far side, all from the beginning
	far     parameters
	heard   bool // far is set
	done    bool
	fault   Fault
	suspect Fault  // what the far parameters will be refused for, if TLS gets that far
	epoch   *epoch // once done
}

type exchangeState uint8

const (
	exchangeIdle exchangeState = iota
	exchangeQueued
	exchangeWorking
	exchangeWorked // not yet collected
)

// config is that of TLS 1.3 with one key exchange, one certificate on each side,
// and nothing that outlives the handshake. What the standard verification would
// look at (names, dates, chains) means nothing here; VerifyConnection is in its
// place.
func (x *exchange) config() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		MaxVersion:             tls.VersionTLS13,
		CurvePreferences:       []tls.CurveID{tls.X25519MLKEM768},
		Certificates:           []tls.Certificate{x.certificate},
		NextProtos:             []string{alpn},
		ClientAuth:             tls.RequireAnyClientCert,
		InsecureSkipVerify:     true,
		VerifyConnection:       x.verify,
		SessionTicketsDisabled: true,
	}
}

// verify runs on both sides once the far certificate and its proof of the key
// are there. The comparison of keys is all that says who the far side is.
func (x *exchange) verify(cs tls.ConnectionState) error {
	if cs.Version != tls.VersionTLS13 || cs.CurveID != tls.X25519MLKEM768 || cs.NegotiatedProtocol != alpn || cs.DidResume {
		return faultError(FaultTLS)
	}
	if len(cs.PeerCertificates) != 1 {
		return faultError(FaultCertificate)
	}
	key, ok := cs.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok || !key.Equal(x.farKey) {
		return faultError(FaultCertificate)
	}
	return nil
}

// prepare takes in what came from the far side and returns the work to offload.
// The exchange must be idle.
func (x *exchange) prepare(in []byte) func() {
	x.in = append(x.in[:0], in...)
	x.mu.Lock()
	x.state = exchangeQueued
	x.mu.Unlock()
	return x.work
}

func (x *exchange) work() {
	x.mu.Lock()
	run := x.state == exchangeQueued && !x.abandoned
	if run {
		x.state = exchangeWorking
	}
	x.mu.Unlock()
	if !run {
		return
	}
	if err := x.step(); err != nil && x.fault == FaultNone {
		x.fault = faultOf(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.state = exchangeWorked
	if x.abandoned {
		x.shut()
	}
}

func faultOf(err error) Fault {
	if f, ok := errors.AsType[faultError](err); ok {
		return Fault(f)
	}
	return FaultTLS
}

// idle reports whether new work may be prepared.
func (x *exchange) idle() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.state == exchangeIdle
}

// collect reports whether a piece of work has finished since the last collect;
// the results are then the line's to read.
func (x *exchange) collect() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state != exchangeWorked {
		return false
	}
	x.state = exchangeIdle
	return true
}

// lateness is the fault of an exchange that took too long.
func (x *exchange) lateness() Fault {
	if x.idle() && x.suspect != FaultNone {
		return x.suspect
	}
	return FaultTimeout
}

// abandon ends the exchange; its goroutine too, at once or when the work that runs
// is over.
func (x *exchange) abandon() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.abandoned = true
	if x.state != exchangeWorking {
		x.shut()
	}
}

// shut closes the TLS connection, and with it the goroutine that crypto/tls
// keeps for it.
func (x *exchange) shut() {
	if x.conn != nil {
		x.conn.Close()
		x.conn = nil
	}
}

// step starts TLS if it has not been, gives it what came, and takes what it
// answers.
func (x *exchange) step() error {
	if x.conn == nil {
		if err := x.start(); err != nil {
			return err
		}
	}
	if err := x.drain(); err != nil {
		return err
	}
	for in := x.in; len(in) > 0; {
		level, data, rest, err := wire.NextFlight(in)
		if err != nil || data == nil {
			return faultError(FaultFlights)
		}
		in = rest
		if err := x.conn.HandleData(tls.QUICEncryptionLevel(level), data); err != nil {
			return err
		}
		if err := x.drain(); err != nil {
			return err
		}
	}
	return nil
}

func (x *exchange) start() error {
	cfg := &tls.QUICConfig{TLSConfig: x.config()}
	if x.first {
		x.conn = tls.QUICClient(cfg)
	} else {
		x.conn = tls.QUICServer(cfg)
	}
	x.conn.SetTransportParameters(x.own.encode())
	return x.conn.Start(context.Background())
}

// drain takes every event that waits. The secrets of the levels are not used: the
// datagrams around the handshake are sealed already, and the server's come before
// its client is known.
func (x *exchange) drain() error {
	for {
		e := x.conn.NextEvent()
		switch e.Kind {
		case tls.QUICNoEvent:
			return nil
		case tls.QUICErrorEvent:
			return e.Err
		case tls.QUICWriteData:
			if err := x.write(e.Level, e.Data); err != nil {
				return err
			}
		case tls.QUICTransportParameters:
			if err := x.hear(e.Data); err != nil {
				return err
			}
		case tls.QUICHandshakeDone:
			if err := x.finish(); err != nil {
				return err
			}
		}
	}
}

func (x *exchange) write(level tls.QUICEncryptionLevel, data []byte) error {
	x.out = wire.AppendFlight(x.out, uint8(level), data)
	if len(x.out) > maxFlights {
		return fmt.Errorf("line: handshake: %d bytes to send, want at most %d", len(x.out), maxFlights)
	}
	return nil
}

// hear takes in the far parameters. What they name wrongly is only noted: TLS goes
// on, so that the far station comes to name the fault too, and finish refuses.
func (x *exchange) hear(b []byte) error {
	far, err := parseParameters(b, !x.first)
	if errors.Is(err, errVersion) {
		return faultError(FaultVersion)
	}
	if err != nil {
		return faultError(FaultParameters)
	}
	x.far, x.heard = far, true
	x.suspect = x.judge()
	return nil
}

// judge says what is wrong with the far parameters, the final signature apart.
func (x *exchange) judge() Fault {
	switch {
	case x.far.digest != x.own.digest:
		return FaultDigest
	case x.farIncarnation != 0 && x.far.incarnation != x.farIncarnation:
		return FaultIncarnation
	}
	return FaultNone
}

// finish runs once TLS has proven the far side and its words. Only now is the final
// signature looked at, so that a stranger cannot make us check signatures.
func (x *exchange) finish() error {
	switch {
	case !x.heard:
		return faultError(FaultParameters)
	case x.suspect != FaultNone:
		return faultError(x.suspect)
	case len(x.far.final) > 0 && x.checkFinal(x.far.final) != nil:
		return faultError(FaultFinal)
	}
	cs := x.conn.ConnectionState()
	secret, err := cs.ExportKeyingMaterial(wire.ExporterLabel, x.own.digest[:], wire.ExporterSize)
	if err != nil {
		return err
	}
	if x.epoch, err = x.derive(secret); err != nil {
		return err
	}
	clear(secret)
	x.done = true
	return nil
}
