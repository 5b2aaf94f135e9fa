package wire

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// The info strings of the key schedule. Behind those marked * follow two bytes:
// the direction (0x00 or 0x80) and the number of the path.
const (
	infoLabel    = "ringdown/1 label"    // *
	infoStart    = "ringdown/1 start"    // *
	infoTraffic  = "ringdown/1 traffic"  // salt of the traffic secret
	infoDatagram = "ringdown/1 datagram" // *
)

// ExporterLabel and [ExporterSize] are what to ask of the TLS exporter
// (RFC 8446, section 7.5). Its context is the accord's digest.
const (
	ExporterLabel = "EXPORTER-ringdown/1"
	ExporterSize  = 32
)

// A Schedule makes the labels and the start keys of a line.
type Schedule struct {
	root []byte // HKDF-Extract of the pair's secret, bound to the accord
}

// NewSchedule begins the key schedule of the line of an accord.
func NewSchedule(pairSecret, accordDigest *[32]byte) (*Schedule, error) {
	root, err := hkdf.Extract(sha256.New, pairSecret[:], accordDigest[:])
	if err != nil {
		return nil, fmt.Errorf("wire: key schedule: %w", err)
	}
	return &Schedule{root: root}, nil
}

// Label is the label of a path in a direction.
func (s *Schedule) Label(from Direction, path uint8) (l Label, err error) {
	return l, expand(l[:], s.root, infoLabel, from, path)
}

// Sealer makes the sealer of a path in a direction while there are no traffic
// keys: for knocks and for the first handshake.
func (s *Schedule) Sealer(from Direction, path uint8) (*Sealer, error) {
	return s.sealer(s.root, infoStart, from, path, StartLimit)
}

// Opener makes the opener of what [Schedule.Sealer] seals.
func (s *Schedule) Opener(from Direction, path uint8) (*Opener, error) {
	return s.opener(s.root, infoStart, from, path)
}

// A Traffic makes the keys of one epoch: what one TLS handshake agreed.
type Traffic struct {
	schedule *Schedule
	secret   []byte
}

// Traffic begins an epoch from what the TLS exporter gave, ExporterSize bytes.
// To be called only after the handshake is complete on this side: a server has
// secrets before it knows the client.
func (s *Schedule) Traffic(exported []byte) (*Traffic, error) {
	if len(exported) != ExporterSize {
		return nil, fmt.Errorf("wire: key schedule: exported secret of %d bytes: want %d", len(exported), ExporterSize)
	}
	salt, err := hkdf.Expand(sha256.New, s.root, infoTraffic, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("wire: key schedule: %w", err)
	}
	secret, err := hkdf.Extract(sha256.New, exported, salt)
	if err != nil {
		return nil, fmt.Errorf("wire: key schedule: %w", err)
	}
	return &Traffic{schedule: s, secret: secret}, nil
}

// Sealer makes the sealer of a path in a direction in this epoch.
func (t *Traffic) Sealer(from Direction, path uint8) (*Sealer, error) {
	return t.schedule.sealer(t.secret, infoDatagram, from, path, TrafficLimit)
}

// Opener makes the opener of what [Traffic.Sealer] seals.
func (t *Traffic) Opener(from Direction, path uint8) (*Opener, error) {
	return t.schedule.opener(t.secret, infoDatagram, from, path)
}

func (s *Schedule) sealer(secret []byte, info string, from Direction, path uint8, limit uint64) (*Sealer, error) {
	label, key, err := s.labelAndKey(secret, info, from, path)
	if err != nil {
		return nil, err
	}
	return NewSealer(&key, label, limit)
}

func (s *Schedule) opener(secret []byte, info string, from Direction, path uint8) (*Opener, error) {
	label, key, err := s.labelAndKey(secret, info, from, path)
	if err != nil {
		return nil, err
	}
	return NewOpener(&key, label)
}

func (s *Schedule) labelAndKey(secret []byte, info string, from Direction, path uint8) (l Label, key [KeySize]byte, err error) {
	if l, err = s.Label(from, path); err != nil {
		return l, key, err
	}
	return l, key, expand(key[:], secret, info, from, path)
}

// expand fills dst with HKDF-Expand of secret for one purpose, path and direction.
func expand(dst, secret []byte, info string, from Direction, path uint8) error {
	if path == 0 || path > MaxPath {
		return fmt.Errorf("wire: key schedule: path %d: want 1 to %d", path, MaxPath)
	}
	key, err := hkdf.Expand(sha256.New, secret, info+string([]byte{byte(from), path}), len(dst))
	if err != nil {
		return fmt.Errorf("wire: key schedule: %w", err)
	}
	copy(dst, key)
	return nil
}
