package line

import (
	"crypto/ed25519"
	"crypto/tls"
	"fmt"
	"net/netip"
	"time"

	"ringdown/wire"
)

// A Config is all that a line is told when it starts. What both stations must
// agree on (profile, digest, keys, paths) comes from the accord, never from a
// station's own configuration.
type Config struct {
	Profile      wire.Profile
	First        bool     // we are the accord's first party, and so the TLS client
	PairSecret   [32]byte // never sent, never in a file both hold in clear
	AccordDigest [32]byte

	Certificate tls.Certificate   // ours: Ed25519, self-signed
	FarKey      ed25519.PublicKey // of the far station's line certificate

	// Final is the first party's final signature over the accord; it travels in
	// every handshake. Nil on the second party.
	Final []byte

	// CheckFinal verifies what the first party sent as Final. It runs on the
	// goroutine that [Handler.Offload] gives. Nil on the first party.
	CheckFinal func(sig []byte) error

	// Durable is as last persisted, with Own.Incarnation raised for this run and
	// Own.Number 0.
	Durable Durable

	Paths []PathConfig

	// Hitless holds voice to the slowest path that is relied on, at most 150 ms
	// more than the fastest; otherwise the first copy is played.
	Hitless bool

	// Slot is this line's own place within the tick, from 0 to less than a tick,
	// so that the lines of one station do not send at the same instant.
	Slot time.Duration
}

// A PathConfig is one path as the accord names it, seen from this station.
type PathConfig struct {
	Number   uint8 // 1 to 8, as in the accord
	Name     string
	Remote   netip.AddrPort // invalid: not known yet
	FarRoams bool           // the far end may move, within the rules above
}

// An Attempt names one try to be heard by the other station. Attempts of one
// station only rise, over all its runs.
type Attempt = wire.Attempt

// Durable is what must be on disk before the line acts on it.
type Durable struct {
	// Own is the ceiling below which this run may number its attempts. It is
	// raised in blocks of [attemptBlock], so that a knock costs no write.
	Own Attempt

	// Far is the newest attempt accepted from the other station. What is not newer,
	// in this run or any later one, is dropped unanswered.
	Far Attempt
}

// A Handler hears of what the line decides. Its methods are called from within
// Receive, Advance, Offloaded and Persisted, and must not call back into the Line,
// except SetSignal and SendMessage.
type Handler interface {
	LineChanged(s State)
	PathChanged(number uint8, s PathState)

	// FarSignal is called once for each new version of the far station's signal.
	FarSignal(s wire.Signal)

	// FarVoice is called when a packet is due, for each seq of a talker at most
	// once. The packet is valid during the call only.
	FarVoice(talker uint8, c wire.Codec, seq uint32, packet []byte)

	FarMessage(s Stream, msg []byte)

	// FarRestarted is called when a finished handshake proves that the far station
	// runs anew, before anything else is heard of that run. Not for its first run
	// seen in ours.
	FarRestarted()

	// FinalReceived is called on the second party when the first finished handshake of
	// this run brought the verified final signature.
	FinalReceived(sig []byte)

	// Persist makes d durable; then, and not within this call, [Line.Persisted] is to be
	// called. The line never asks for a second one before the first is done.
	Persist(d Durable)

	// Offload runs work on another goroutine; then, on the line's own, [Line.Offloaded]
	// is to be called.
	Offload(work func())
}

// An Outbox provides the room for what is sent.
type Outbox interface {
	// Next returns the buffer, of the profile's size, for the next datagram, which
	// leaves on path for to. The line fills it before it asks for another.
	Next(path uint8, to netip.AddrPort) []byte
}

// A PathLabel says which path of this line the datagrams with a label belong to.
type PathLabel struct {
	Label wire.Label
	Path  uint8
}

// A Stream is one of the two reliable, ordered streams of messages.
type Stream = wire.Stream

// The streams.
const (
	StreamEntries = wire.StreamEntries
	StreamBulk    = wire.StreamBulk
)

// check refuses a configuration that no line can stand on.
func (c *Config) check() error {
	if c.Profile.Tick <= 0 || c.Profile.Size <= 0 {
		return fmt.Errorf("line: profile %q: no tick or no size", c.Profile.Name)
	}
	if len(c.Certificate.Certificate) != 1 || c.Certificate.PrivateKey == nil {
		return fmt.Errorf("line: certificate: %d certificates, want one with its private key", len(c.Certificate.Certificate))
	}
	if len(c.FarKey) != ed25519.PublicKeySize {
		return fmt.Errorf("line: far key: %d bytes, want %d", len(c.FarKey), ed25519.PublicKeySize)
	}
	if c.Durable.Own.Incarnation == 0 {
		return fmt.Errorf("line: own incarnation is 0, want it raised for this run")
	}
	if c.Slot < 0 || c.Slot >= c.Profile.Tick {
		return fmt.Errorf("line: slot %v, want at least 0 and less than the tick of %v", c.Slot, c.Profile.Tick)
	}
	if len(c.Final) > maxFinal {
		return fmt.Errorf("line: final signature: %d bytes, want at most %d", len(c.Final), maxFinal)
	}
	if !c.First && c.CheckFinal == nil {
		return fmt.Errorf("line: second party without a check of the final signature")
	}
	return c.checkPaths()
}

func (c *Config) checkPaths() error {
	if len(c.Paths) == 0 || len(c.Paths) > wire.MaxPath {
		return fmt.Errorf("line: %d paths, want 1 to %d", len(c.Paths), wire.MaxPath)
	}
	seen := [wire.MaxPath + 1]bool{}
	for _, p := range c.Paths {
		if p.Number < 1 || p.Number > wire.MaxPath {
			return fmt.Errorf("line: path %d: want a number from 1 to %d", p.Number, wire.MaxPath)
		}
		if seen[p.Number] {
			return fmt.Errorf("line: path %d is there twice", p.Number)
		}
		seen[p.Number] = true
	}
	return nil
}
